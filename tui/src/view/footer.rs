//! The message line and the keys that work here. Both say only what is true now.

use ratatui::layout::Rect;
use tapglass_model::snapshot::Snapshot;

use crate::keys::{self, Action, Binding};
use crate::lists::{self, ProcessRow};
use crate::model::{Model, Prompt, PromptKind, Screen};
use crate::paint::Canvas;
use crate::text::{clean, columns};
use crate::theme::Role;
use crate::update::matching_commands;

/// Always at the right end: whoever is lost finds these two.
const ALWAYS: &str = "? help  q quit ";

/// The keys of the current screen for a row of `width` columns, without the two at the right end.
pub(crate) fn entries(snapshot: &Snapshot, model: &Model, width: u16) -> Vec<&'static Binding> {
    let room = usize::from(width).saturating_sub(ALWAYS.len() + 1);
    let mut used = 1;
    let mut entries = Vec::new();
    for binding in keys::holding(model.screen, keys::is_replay(snapshot)) {
        let always = matches!(binding.action, Action::Help | Action::Quit);
        // What is off here stays in the help, with the reason; the footer has no room for it.
        if binding.footer.is_empty() || always || keys::disabled(binding.action, snapshot).is_some() {
            continue;
        }
        let needed = binding.footer.len() + 2;
        if used + needed <= room {
            used += needed;
            entries.push(binding);
        }
    }
    entries
}

/// The bottom row.
pub(crate) fn keys(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    if let Some(prompt) = &model.prompt {
        let text = match prompt.kind {
            PromptKind::Quit => " y quits   any other key stays",
            PromptKind::Command => " Enter does it   Tab completes   Esc cancels",
            PromptKind::Filter { .. } => " Enter keeps the filter   Esc cancels   !text leaves out",
            PromptKind::Note { .. } => " Enter acknowledges   Esc cancels",
            PromptKind::Shelve { .. } => " Enter shelves   Esc cancels",
        };
        canvas.put_cut(area, 0, 0, area.width, text, Role::Plain);
        return;
    }
    if model.help.is_some() {
        canvas.put_cut(
            area,
            0,
            0,
            area.width,
            " type to search   Up Down scroll   Esc closes",
            Role::Plain,
        );
        return;
    }
    let mut column = 1;
    if model.open && model.screen != Screen::Frame {
        column = canvas.put(area, column, 0, "Esc back  Up Down scroll  ", Role::Strong);
    }
    let end = area
        .width
        .saturating_sub(u16::try_from(ALWAYS.len()).unwrap_or(0));
    for binding in entries(snapshot, model, area.width) {
        if model.open
            && matches!(
                binding.action,
                Action::Open | Action::Filter | Action::AbnormalOnly
            )
        {
            continue;
        }
        let width = u16::try_from(binding.footer.len()).unwrap_or(u16::MAX);
        if column.saturating_add(width) >= end {
            continue;
        }
        column = canvas
            .put(area, column, 0, binding.footer, Role::Plain)
            .saturating_add(2);
    }
    canvas.put(area, end, 0, ALWAYS, Role::Plain);
}

/// The message line; false when there is nothing to say, and a replay may use the row.
pub(crate) fn message(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) -> bool {
    if let Some(prompt) = &model.prompt {
        paint_prompt(canvas, area, prompt, keys::is_replay(snapshot));
        return true;
    }
    let row = |canvas: &mut Canvas<'_>, text: &str, role| {
        canvas.put_cut(area, 1, 0, area.width.saturating_sub(1), text, role);
        true
    };
    if !model.note.is_empty() {
        return row(canvas, &model.note, Role::Strong);
    }
    if let Some(held) = &model.held {
        let new = snapshot
            .alarms
            .iter()
            .filter(|alarm| !held.snapshot.alarms.iter().any(|old| old.id == alarm.id))
            .count();
        let writes = snapshot
            .write_totals
            .total
            .saturating_sub(held.snapshot.write_totals.total);
        let text = format!("HOLD +{new} new alarms, +{writes} writes. Space lets the display go on.");
        return row(canvas, &text, Role::Strong);
    }
    if model.screen == Screen::Alarms && lists::folds(model.shown(snapshot), model) {
        let text = "FLOOD: one row for each incident. ! lists every alarm that waits.";
        return row(canvas, text, Role::Strong);
    }
    if let Some(text) = hidden_rows(snapshot, model) {
        return row(canvas, &text, Role::Strong);
    }
    if keys::is_replay(snapshot) && area.width < 110 {
        return false;
    }
    let mut text = String::new();
    let mut left = snapshot.messages.len();
    for sentence in &snapshot.messages {
        let needed = columns(sentence) + if text.is_empty() { 0 } else { 2 };
        if !text.is_empty() && columns(&text) + needed + 12 > usize::from(area.width) {
            break;
        }
        if !text.is_empty() {
            text.push_str("  ");
        }
        text.push_str(sentence);
        left -= 1;
    }
    if left > 0 && columns(&text) + 12 <= usize::from(area.width) {
        text.push_str(&format!("  +{left} more, 7"));
    }
    if text.is_empty() {
        return false;
    }
    row(canvas, &text, Role::Plain)
}

/// Rows that a filter hides are always announced.
fn hidden_rows(snapshot: &Snapshot, model: &Model) -> Option<String> {
    if (model.filter.is_empty() || model.screen == Screen::Frame) && !model.abnormal_only {
        return None;
    }
    let shown = model.shown(snapshot);
    let everything = Model::default();
    let points = |model: &Model| {
        let rows = lists::process(shown, model);
        rows.iter()
            .filter(|row| matches!(row, ProcessRow::Point(..)))
            .count()
    };
    let (listed, total) = match model.screen {
        Screen::Process => (points(model), points(&everything)),
        Screen::Alarms => (
            lists::alarms(shown, model).len(),
            lists::alarms(shown, &everything).len(),
        ),
        Screen::Writes => (lists::writes(shown, model).len(), shown.writes.len()),
        Screen::Hosts => (lists::hosts(shown, model).len(), shown.hosts.len()),
        Screen::Rules => (lists::rules(shown, model).len(), shown.rules.list.len()),
        Screen::Frame | Screen::Health => return None,
    };
    let mut why = String::new();
    if model.abnormal_only {
        why.push_str("! only");
    }
    if !model.filter.is_empty() {
        if !why.is_empty() {
            why.push_str(" and ");
        }
        why.push('/');
        why.push_str(&model.filter);
    }
    Some(format!("{listed} of {total} rows: {why}. Esc shows all."))
}

fn paint_prompt(canvas: &mut Canvas<'_>, area: Rect, prompt: &Prompt, replay: bool) {
    let before = match &prompt.kind {
        PromptKind::Filter { .. } => String::from("/"),
        PromptKind::Command => String::from(":"),
        PromptKind::Note { question, .. } => format!("{question}: "),
        PromptKind::Shelve { question, .. } => format!("{question}: "),
        PromptKind::Quit => String::from("Stop monitoring and quit? y/N "),
    };
    let typed = clean(&prompt.text, canvas.caps.glyphs).into_owned();
    // What is being typed stays in sight: a long text loses its beginning.
    let room = usize::from(area.width).saturating_sub(3).max(1);
    let whole: Vec<char> = format!("{before}{typed}").chars().collect();
    let skip = whole.len().saturating_sub(room);
    let visible: String = whole.into_iter().skip(skip).collect();
    let column = canvas.put(area, 1, 0, &visible, Role::Strong);
    let column = canvas.put(area, column, 0, "_", Role::Selected);
    if prompt.kind == PromptKind::Command {
        let mut hints = String::new();
        let mut found = matching_commands(&prompt.text).peekable();
        let first = found.next();
        match (first, found.peek()) {
            (Some((name, what)), None) => hints = format!("{name}: {what}"),
            (Some((name, _)), Some(_)) => {
                if prompt.text.is_empty() {
                    hints.push_str(if replay { "12:09  f18402  " } else { "f18402  " });
                }
                hints.push_str(name);
                for (name, _) in found {
                    hints.push(' ');
                    hints.push_str(name);
                }
            }
            (None, _) => {}
        }
        let room = area.width.saturating_sub(column.saturating_add(3));
        canvas.put_cut(area, column.saturating_add(3), 0, room, &hints, Role::Plain);
    }
}
