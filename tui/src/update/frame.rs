//! Keys of the frame screen, and the ways to it.

use std::sync::Arc;

use tapglass_model::snapshot::{Command, DecodedFrame, Snapshot};

use crate::keys::{self, Action};
use crate::lists::{self, ProcessRow};
use crate::model::{Model, Pane, Screen};
use crate::tree;
use crate::update::moves::step;
use crate::update::{Effect, selected_alarm, show};

const ROW: usize = 16;

/// Asks for a frame and keeps it on the screen.
pub(crate) fn pin(model: &mut Model, number: u64) -> Vec<Effect> {
    model.frame = Some(number);
    model.selection.field = None;
    model.selection.byte = 0;
    model.pane = Pane::Tree;
    vec![Effect::Send(Command::SelectFrame(number))]
}

/// Shows the frame of the selected alarm, write or point.
pub(crate) fn decode(model: &mut Model, newest: &Arc<Snapshot>) -> Vec<Effect> {
    let shown = model.shown(newest);
    let (what, frame) = match model.screen {
        Screen::Alarms => {
            let alarm = selected_alarm(model, shown);
            let frame = alarm
                .and_then(|alarm| alarm.proof.first())
                .map(|proof| proof.frame);
            ("alarm", frame)
        }
        Screen::Writes => {
            let rows = lists::writes(shown, model);
            let at = lists::position(&rows, model.selection.write.as_ref(), |write| Some(write.id));
            ("write", rows.get(at).map(|write| write.request_frame))
        }
        _ => {
            let point = selected_point(model, shown);
            let write = shown
                .writes
                .iter()
                .find(|write| write.point_id.is_some() && write.point_id == point);
            ("write on this point", write.map(|write| write.request_frame))
        }
    };
    match frame {
        Some(number) if number > 0 => {
            show(model, Screen::Frame);
            pin(model, number)
        }
        _ => {
            model.note = format!("decode: no frame is known for a {what}");
            Vec::new()
        }
    }
}

/// The point under the cursor of the process screen.
pub(crate) fn selected_point(model: &Model, shown: &Snapshot) -> Option<u64> {
    let ids: Vec<u64> = lists::process(shown, model)
        .iter()
        .filter_map(|row| match row {
            ProcessRow::Point(point) => Some(point.id),
            ProcessRow::Heading(_) => None,
        })
        .collect();
    let at = lists::position(&ids, model.selection.point.as_ref(), |id| Some(*id));
    ids.get(at).copied()
}

/// The next or the previous frame. On the frame screen a pinned frame gives way to its neighbour; everywhere
/// else, and while the frame screen follows, the cursor of the replay moves.
pub(crate) fn other_frame(model: &mut Model, next: bool, newest: &Arc<Snapshot>) -> Vec<Effect> {
    let replay = keys::is_replay(newest);
    if replay && (model.screen != Screen::Frame || model.frame.is_none()) {
        let frames = if next { 1 } else { -1 };
        return vec![Effect::Send(Command::Step { frames })];
    }
    let shown = model.shown(newest);
    let here = model
        .frame
        .or_else(|| shown.frame.as_ref().map(|frame| frame.number))
        .or_else(|| shown.frames.last().map(|line| line.number));
    let Some(here) = here else {
        model.note = String::from("no frame has been seen");
        return Vec::new();
    };
    let mut listed = shown.frames.iter().map(|line| line.number);
    let neighbour = if next {
        listed.find(|number| *number > here)
    } else {
        listed.rfind(|number| *number < here)
    };
    let beyond = if next {
        here.saturating_add(1)
    } else {
        here.saturating_sub(1).max(1)
    };
    // The newest listed frame of a live capture is the last there is; asking beyond it would show nothing.
    if neighbour.is_none() && !replay && next {
        model.note = String::from("this is the newest frame");
        return Vec::new();
    }
    pin(model, neighbour.unwrap_or(beyond))
}

/// From a request to its answer and back.
pub(crate) fn follow_answer(model: &mut Model, newest: &Arc<Snapshot>) -> Vec<Effect> {
    match decoded(model, newest).and_then(|frame| frame.pair) {
        Some(number) => pin(model, number),
        None => {
            model.note = String::from("no frame answers this one, as far as was seen");
            Vec::new()
        }
    }
}

/// The decoded frame, when it is the one that was asked for.
pub(crate) fn decoded<'a>(model: &Model, snapshot: &'a Snapshot) -> Option<&'a DecodedFrame> {
    let wanted = |frame: &&DecodedFrame| model.frame.is_none_or(|number| number == frame.number);
    snapshot.frame.as_ref().filter(wanted)
}

/// Up and down in the tree or in the bytes; n and N from match to match.
pub(crate) fn vertical(model: &mut Model, action: Action, snapshot: &Snapshot, page: usize) {
    let Some(frame) = decoded(model, snapshot) else {
        model.note = String::from("no frame is decoded; d on an alarm or a write opens one");
        return;
    };
    if matches!(action, Action::NextMatch | Action::PreviousMatch) {
        return search(model, frame, action == Action::NextMatch);
    }
    if model.pane == Pane::Bytes {
        let here = model.selection.byte;
        let last = frame.bytes.len().saturating_sub(1);
        model.selection.byte = match action {
            Action::Up => here.checked_sub(ROW).unwrap_or(here),
            Action::Down if here + ROW <= last => here + ROW,
            Action::PageUp => here.saturating_sub(ROW * page),
            Action::PageDown => here.saturating_add(ROW * page),
            Action::First => 0,
            Action::Last => last,
            _ => here,
        }
        .min(last);
        return;
    }
    let lines = tree::tree(frame, model);
    let visible: Vec<usize> = (0..lines.len())
        .filter(|position| lines.get(*position).is_some_and(|line| !line.hidden))
        .collect();
    let selected = tree::selected(frame, model).unwrap_or(0);
    let here = visible
        .iter()
        .position(|position| *position == selected)
        .unwrap_or(0);
    model.selection.field = visible.get(step(action, here, visible.len(), page)).copied();
}

fn search(model: &mut Model, frame: &DecodedFrame, forward: bool) {
    if model.filter.is_empty() {
        model.note = String::from("/ first, then n goes from match to match");
        return;
    }
    let lines = tree::tree(frame, model);
    let here = tree::selected(frame, model).unwrap_or(0);
    let matches = |position: &usize| {
        lines.get(*position).is_some_and(|line| {
            let text = line.field.map_or("", |field| &field.text);
            let mark = line.field.map_or("", |field| &field.mark_text);
            lists::passes(&model.filter, &[line.name, text, mark])
        })
    };
    let found = if forward {
        (here + 1..lines.len()).chain(0..=here).find(matches)
    } else {
        (0..here).rev().chain((here..lines.len()).rev()).find(matches)
    };
    match found {
        Some(position) => {
            model.pane = Pane::Tree;
            model.selection.field = Some(position);
        }
        None => model.note = format!("{} is not in this frame", model.filter),
    }
}

/// Left and right: fold and unfold, or one byte.
pub(crate) fn sideways(model: &mut Model, right: bool, newest: &Arc<Snapshot>) {
    let held = model.held.clone();
    let shown: &Snapshot = held.as_ref().map_or(newest, |held| &held.snapshot);
    let Some(frame) = decoded(model, shown) else {
        model.note = String::from("no frame is decoded; d on an alarm or a write opens one");
        return;
    };
    if model.pane == Pane::Bytes {
        let last = frame.bytes.len().saturating_sub(1);
        let here = model.selection.byte;
        model.selection.byte = if right {
            here.saturating_add(1)
        } else {
            here.saturating_sub(1)
        }
        .min(last);
        return;
    }
    let lines = tree::tree(frame, model);
    let selected = tree::selected(frame, model).unwrap_or(0);
    let root = (0..=selected)
        .rev()
        .find(|position| lines.get(*position).is_some_and(|line| line.depth == 0));
    let Some((position, line)) = root.and_then(|position| lines.get(position).map(|line| (position, line)))
    else {
        return;
    };
    if line.folds && line.folded == right {
        let name = line.name.to_owned();
        if !model.turned.remove(&name) {
            model.turned.insert(name);
        }
    } else if !line.folds {
        model.note = String::from("nothing to fold here");
    }
    if !right {
        model.selection.field = Some(position);
    }
}

/// Puts the byte cursor on the selected field before the bytes take over.
pub(crate) fn byte_of_field(model: &mut Model, newest: &Arc<Snapshot>) {
    let shown = model.shown(newest);
    let Some(frame) = decoded(model, shown) else {
        return;
    };
    if let Some(field) = tree::selected(frame, model).and_then(|position| frame.fields.get(position)) {
        model.selection.byte = tree::range(field).start.min(frame.bytes.len().saturating_sub(1));
    }
}

/// Selects the field under the byte cursor before the tree takes over.
pub(crate) fn field_of_byte(model: &mut Model, newest: &Arc<Snapshot>) {
    let shown = model.shown(newest);
    if let Some(frame) = decoded(model, shown) {
        model.selection.field = tree::selected(frame, model);
    }
}
