//! A key changes the model and may wish something of the engine. Nothing here draws.

use std::sync::Arc;

use tapglass_model::snapshot::{Alarm, AlarmState, Command, Snapshot};
use tapglass_model::{SECOND, Severity};

use crate::key::Key;
use crate::keys::{self, Action};
use crate::lists;
use crate::model::{Held, Help, Model, Pane, Prompt, PromptKind, Screen, TimeFormat};

mod frame;
mod moves;
mod prompt;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use frame::{decoded, selected_point};
pub(crate) use moves::alarm_position;
pub(crate) use words::matching as matching_commands;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The source has been silent for this many seconds.
    Silent(u64),
}

/// What has to be done about it.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Pass a wish to the source.
    Send(Command),
    /// Draw every cell again.
    Redraw,
    /// Give the terminal back to the shell until it continues us.
    Suspend,
    /// Leave.
    Quit,
}

/// Changes the model. `newest` is the picture on the screen, so that a key never hits a row that was not yet seen.
pub fn update(model: &mut Model, message: Message, newest: &Arc<Snapshot>) -> Vec<Effect> {
    match message {
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Message::Silent(seconds) => {
            model.silent = seconds;
            Vec::new()
        }
        Message::Key(Key::Other | Key::CursorAt(..)) => Vec::new(),
        Message::Key(key) => press(model, key, newest),
    }
}

fn press(model: &mut Model, key: Key, newest: &Arc<Snapshot>) -> Vec<Effect> {
    model.note.clear();
    if key == Key::Ctrl('c') {
        return vec![Effect::Send(Command::Quit), Effect::Quit];
    }
    if key == Key::Ctrl('l') {
        return vec![Effect::Redraw];
    }
    if model.prompt.is_some() {
        return prompt::press(model, key, newest);
    }
    if let Some(help) = &mut model.help {
        if press_in_help(help, key) {
            model.help = None;
        }
        return Vec::new();
    }
    match keys::action(key, model.screen, keys::is_replay(newest)) {
        Some(action) => act(model, action, newest),
        None => {
            model.note = format!("{key} does nothing on this screen; ? shows the keys");
            Vec::new()
        }
    }
}

/// Keys inside help are text to search; true closes it.
fn press_in_help(help: &mut Help, key: Key) -> bool {
    match key {
        Key::Esc | Key::Enter | Key::Function(1) => return true,
        Key::Backspace if help.search.is_empty() => return true,
        Key::Char('?') => return true,
        Key::Backspace => {
            help.search.pop();
            help.scroll = 0;
        }
        Key::Char(character) if help.search.len() < 40 => {
            help.search.push(character);
            help.scroll = 0;
        }
        Key::Up => help.scroll = help.scroll.saturating_sub(1),
        Key::Down => help.scroll = help.scroll.saturating_add(1).min(60),
        Key::PageUp => help.scroll = help.scroll.saturating_sub(10),
        Key::PageDown => help.scroll = help.scroll.saturating_add(10).min(60),
        Key::Home => help.scroll = 0,
        _ => {}
    }
    false
}

/// Does what the table says. Also used by the command line, so that both ways are one.
fn act(model: &mut Model, action: Action, newest: &Arc<Snapshot>) -> Vec<Effect> {
    if let Some(reason) = keys::disabled(action, newest) {
        model.note = reason;
        return Vec::new();
    }
    let mut effects = Vec::new();
    let send = |command| vec![Effect::Send(command)];
    match action {
        Action::Show(screen) => show(model, screen),
        Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last
        | Action::NextMatch
        | Action::PreviousMatch => moves::go(model, action, newest),
        Action::Left | Action::Right => frame::sideways(model, action == Action::Right, newest),
        Action::Open if model.screen == Screen::Frame => return frame::follow_answer(model, newest),
        Action::Open => {
            model.open = !model.open;
            model.detail_scroll = 0;
        }
        Action::Back => return back(model),
        Action::NextPane => {
            model.pane = match model.pane {
                Pane::Tree => {
                    frame::byte_of_field(model, newest);
                    Pane::Bytes
                }
                Pane::Bytes => {
                    frame::field_of_byte(model, newest);
                    Pane::Tree
                }
            };
        }
        Action::Filter => {
            let before = std::mem::take(&mut model.filter);
            ask(model, PromptKind::Filter { before });
        }
        Action::Command => ask(model, PromptKind::Command),
        Action::Help => model.help = Some(Help::default()),
        Action::AbnormalOnly => model.abnormal_only = !model.abnormal_only,
        Action::Hold => {
            let held = model.held.is_none();
            model.held = held.then(|| Held {
                snapshot: Arc::clone(newest),
            });
            effects = send(Command::Hold(held));
        }
        Action::PlayPause => effects = send(Command::TogglePlay),
        Action::NextAlarm | Action::PreviousAlarm => {
            return other_alarm(model, action == Action::NextAlarm, newest);
        }
        Action::NextFrame | Action::PreviousFrame => {
            return frame::other_frame(model, action == Action::NextFrame, newest);
        }
        Action::Faster => effects = send(Command::SpeedUp),
        Action::Slower => effects = send(Command::SpeedDown),
        Action::BackTenSeconds => effects = send(Command::JumpBy(-10 * SECOND)),
        Action::OnTenSeconds => effects = send(Command::JumpBy(10 * SECOND)),
        Action::Acknowledge => return acknowledge(model, newest),
        Action::Mark => mark(model, newest),
        Action::Shelve => shelve(model, newest),
        Action::Unshelve => return unshelve(model, newest),
        Action::Decode => return frame::decode(model, newest),
        Action::ByHost | Action::ByPoint => filter_by_write(model, action == Action::ByHost, newest),
        Action::Order => {
            let by_time = !lists::by_time(newest, model);
            model.by_time = Some(by_time);
            model.note = String::from(if by_time {
                "order: by time"
            } else {
                "order: not acknowledged first, then by priority"
            });
        }
        Action::TimeFormat => {
            model.time = match model.time {
                TimeFormat::Utc => TimeFormat::Relative,
                TimeFormat::Relative => TimeFormat::Utc,
            };
            model.note = String::from(match model.time {
                TimeFormat::Utc => "times in UTC",
                TimeFormat::Relative => "times as how long ago",
            });
        }
        Action::Redraw => effects.push(Effect::Redraw),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Quit if keys::is_replay(newest) => return quit(),
        Action::Quit => ask(model, PromptKind::Quit),
        Action::Stop => return quit(),
    }
    effects
}

fn quit() -> Vec<Effect> {
    vec![Effect::Send(Command::Quit), Effect::Quit]
}

fn ask(model: &mut Model, kind: PromptKind) {
    model.prompt = Some(Prompt {
        kind,
        text: String::new(),
    });
}

/// Changes the screen. A filter belongs to the screen it was typed on: hidden rows must not come as a surprise.
fn show(model: &mut Model, screen: Screen) {
    if model.screen != screen {
        model.filter.clear();
        model.abnormal_only = false;
    }
    model.screen = screen;
    model.open = false;
    model.detail_scroll = 0;
    model.help = None;
}

/// One step back. It never quits.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.open {
        model.open = false;
    } else if !model.filter.is_empty() {
        model.filter.clear();
    } else if model.abnormal_only {
        model.abnormal_only = false;
    } else if !model.marked.is_empty() {
        model.marked.clear();
    } else if model.screen == Screen::Frame && model.frame.is_some() {
        model.frame = None;
        model.selection.field = None;
        return vec![Effect::Send(Command::FollowFrames)];
    } else {
        model.note = String::from("nothing to go back from; q quits");
    }
    Vec::new()
}

/// The alarm that is selected, or that stands first.
fn selected_alarm<'a>(model: &Model, snapshot: &'a Snapshot) -> Option<&'a Alarm> {
    let rows = lists::alarms(snapshot, model);
    rows.get(moves::alarm_position(&rows, model, snapshot)).copied()
}

fn other_alarm(model: &mut Model, next: bool, newest: &Arc<Snapshot>) -> Vec<Effect> {
    if keys::is_replay(newest) {
        model.selection.alarm = None;
        let command = if next {
            Command::NextAlarm
        } else {
            Command::PreviousAlarm
        };
        return vec![Effect::Send(command)];
    }
    let from_elsewhere = model.screen != Screen::Alarms;
    show(model, Screen::Alarms);
    let shown = Arc::clone(newest);
    let rows: Vec<&Alarm> = lists::alarms(model.shown(&shown), model);
    let here = moves::alarm_position(&rows, model, &shown);
    let waits = |position: &usize| {
        rows.get(*position)
            .is_some_and(|alarm| alarm.state.is_unacknowledged())
    };
    let found = if from_elsewhere {
        (0..rows.len()).find(waits)
    } else if next {
        (here + 1..rows.len()).find(waits)
    } else {
        (0..here).rev().find(waits)
    };
    match found.and_then(|position| rows.get(position)) {
        Some(alarm) => model.selection.alarm = Some(alarm.id),
        None if rows.iter().any(|alarm| alarm.state.is_unacknowledged()) => {
            model.note = format!("no {} alarm waits", if next { "further" } else { "earlier" });
        }
        None => model.note = String::from("no alarm waits to be acknowledged"),
    }
    Vec::new()
}

fn acknowledge(model: &mut Model, newest: &Arc<Snapshot>) -> Vec<Effect> {
    let shown = model.shown(newest);
    let waiting = |alarm: &&Alarm| alarm.state.is_unacknowledged() && !alarm.future;
    let chosen: Vec<&Alarm> = if model.marked.is_empty() {
        selected_alarm(model, shown).into_iter().filter(waiting).collect()
    } else {
        let marked = |alarm: &&Alarm| model.marked.contains(&alarm.id);
        shown.alarms.iter().filter(marked).filter(waiting).collect()
    };
    let Some(first) = chosen.first() else {
        model.note = String::from("nothing to acknowledge here");
        return Vec::new();
    };
    let ids: Vec<u64> = chosen.iter().map(|alarm| alarm.id).collect();
    let question = if chosen.len() == 1 {
        format!("acknowledge {}, note", first.point)
    } else {
        format!("acknowledge {} alarms, note", chosen.len())
    };
    if chosen.iter().any(|alarm| alarm.severity == Severity::Critical) {
        ask(model, PromptKind::Note { ids, question });
        return Vec::new();
    }
    send_acknowledge(model, ids, String::new())
}

fn send_acknowledge(model: &mut Model, ids: Vec<u64>, note: String) -> Vec<Effect> {
    model.marked.clear();
    model.selection.alarm = None;
    model.note = String::from("acknowledged in Tapglass only; the control system does not know of it");
    vec![Effect::Send(Command::Acknowledge { ids, note })]
}

fn mark(model: &mut Model, newest: &Arc<Snapshot>) {
    let shown = model.shown(newest);
    let Some(id) = selected_alarm(model, shown).map(|alarm| alarm.id) else {
        model.note = String::from("no alarm to mark");
        return;
    };
    if !model.marked.remove(&id) {
        model.marked.insert(id);
    }
    moves::go(model, Action::Down, newest);
    model.note = format!("{} marked, a acknowledges them", model.marked.len());
}

fn shelve(model: &mut Model, newest: &Arc<Snapshot>) {
    let shown = model.shown(newest);
    let Some(alarm) = selected_alarm(model, shown).filter(|alarm| !alarm.future) else {
        model.note = String::from("no alarm to shelve");
        return;
    };
    let longest = if alarm.severity == Severity::Critical {
        "1h"
    } else {
        "8h"
    };
    let question = format!(
        "shelve {}: how long (15m, at most {longest}) and why",
        alarm.point
    );
    let ids = vec![alarm.id];
    ask(model, PromptKind::Shelve { ids, question });
}

fn unshelve(model: &mut Model, newest: &Arc<Snapshot>) -> Vec<Effect> {
    let shown = model.shown(newest);
    match selected_alarm(model, shown) {
        Some(alarm) if alarm.state == AlarmState::Shelved => {
            let ids = vec![alarm.id];
            model.note = String::from("taken off the shelf");
            vec![Effect::Send(Command::Unshelve { ids })]
        }
        _ => {
            model.note = String::from("unshelve: this alarm is not on the shelf");
            Vec::new()
        }
    }
}

fn filter_by_write(model: &mut Model, by_host: bool, newest: &Arc<Snapshot>) {
    let shown = model.shown(newest);
    let rows = lists::writes(shown, model);
    let at = lists::position(&rows, model.selection.write.as_ref(), |write| Some(write.id));
    let Some(write) = rows.get(at) else {
        model.note = String::from("no write is listed");
        return;
    };
    let text = if by_host {
        write.by_full.split(' ').next().unwrap_or_default()
    } else {
        &write.point
    };
    if text.is_empty() {
        model.note = String::from("nothing known to filter by");
        return;
    }
    let filter = text.to_owned();
    model.selection.write = Some(write.id);
    model.filter = filter;
}
