//! Help over the body: this screen first, then everywhere, from the table of keys.

use ratatui::layout::Rect;
use tapglass_model::snapshot::Snapshot;

use crate::keys::{self, Action, Binding};
use crate::model::{Help, Model};
use crate::paint::{Canvas, rows};
use crate::text::columns;
use crate::theme::Role;

/// Columns of one list, and of the keys in it.
const COLUMN: u16 = 39;
const KEYS: u16 = 8;

/// Paints the box, never larger than the body.
pub(crate) fn help(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model, help: &Help) {
    let two = body.width >= 2 * COLUMN + 2;
    let width = if two { 2 * COLUMN + 2 } else { body.width };
    let area = Rect::new(body.x + (body.width - width) / 2, body.y, width, body.height);
    canvas.clear(area);
    let title = if help.search.is_empty() {
        format!("HELP: {}", model.screen.name())
    } else {
        format!("HELP: {} /{}_", model.screen.name(), help.search)
    };
    let inner = canvas.pane(area, &title, false);
    let list = rows(inner, 0, inner.height.saturating_sub(1));
    let last = inner.height.saturating_sub(1);
    let promise = "Tapglass only listens: no key can send anything to the plant.";
    canvas.put_cut(
        inner,
        1,
        last,
        inner.width.saturating_sub(1),
        promise,
        Role::Plain,
    );

    let lines = content(snapshot, model, &help.search);
    let height = usize::from(list.height).max(1);
    let lists = if two { 2 } else { 1 };
    let furthest = lines.len().saturating_sub(height * lists);
    let first = usize::from(help.scroll).min(furthest);
    for (position, (keys, text)) in lines.iter().skip(first).take(height * lists).enumerate() {
        let column = u16::try_from(position / height).unwrap_or(0) * COLUMN;
        let row = u16::try_from(position % height).unwrap_or(0);
        let room = COLUMN.min(inner.width).saturating_sub(1);
        if keys.is_empty() {
            canvas.put_cut(list, column + 1, row, room, text, Role::Strong);
            continue;
        }
        canvas.put_cut(list, column + 1, row, KEYS, keys, Role::Plain);
        let text_at = column + 1 + KEYS + 1;
        canvas.put_cut(
            list,
            text_at,
            row,
            room.saturating_sub(KEYS + 1),
            text,
            Role::Plain,
        );
    }
    let hidden = lines.len().saturating_sub(first + height * lists);
    if hidden > 0 {
        let text = format!(" {hidden} more, Down ");
        let start = inner
            .width
            .saturating_sub(u16::try_from(columns(&text)).unwrap_or(0));
        canvas.put(inner, start, last, &text, Role::Strong);
    }
    if lines.iter().all(|(keys, _)| keys.is_empty()) {
        canvas.put_cut(
            list,
            1,
            2,
            inner.width.saturating_sub(2),
            "No key matches.",
            Role::Plain,
        );
    }
}

/// Keys and words; headings have no keys.
fn content(snapshot: &Snapshot, model: &Model, search: &str) -> Vec<(String, String)> {
    let replay = keys::is_replay(snapshot);
    let mut lines = vec![(String::new(), String::from("THIS SCREEN"))];
    let entry = |binding: &Binding| {
        let text = keys::disabled(binding.action, snapshot).unwrap_or_else(|| binding.help.to_owned());
        (binding.label.to_owned(), text)
    };
    let found = |line: &(String, String)| {
        let wanted = search.to_lowercase();
        wanted.is_empty()
            || line.0.to_lowercase().contains(&wanted)
            || line.1.to_lowercase().contains(&wanted)
    };
    let here = keys::holding(model.screen, replay);
    lines.extend(
        here.filter(|binding| !binding.place.is_everywhere())
            .map(entry)
            .filter(found),
    );
    lines.push((String::new(), String::from("EVERYWHERE")));
    let everywhere = keys::holding(model.screen, replay)
        .filter(|binding| binding.place.is_everywhere() && !matches!(binding.action, Action::Show(_)));
    lines.extend(everywhere.map(entry).filter(found));
    lines.extend(Some((String::from("1..7"), String::from("the screens"))).filter(found));
    lines
}
