//! Moving the selection: it follows the item, never the number of the row.

use std::sync::Arc;

use tapglass_model::snapshot::{Alarm, Snapshot};

use crate::keys::Action;
use crate::lists::{self, ProcessRow};
use crate::model::{Model, Screen};
use crate::update::frame;
use crate::view;

/// Moves the selection of the screen, or scrolls the open detail.
pub(crate) fn go(model: &mut Model, action: Action, newest: &Arc<Snapshot>) {
    let held = model.held.clone();
    let shown: &Snapshot = held.as_ref().map_or(newest, |held| &held.snapshot);
    if model.open && model.screen != Screen::Frame {
        model.detail_scroll = scroll(
            model.detail_scroll,
            action,
            view::furthest_line(shown, model),
            model.page(),
        );
        return;
    }
    let page = model.page();
    match model.screen {
        Screen::Process => {
            let ids: Vec<u64> = lists::process(shown, model)
                .iter()
                .filter_map(|row| match row {
                    ProcessRow::Point(point) => Some(point.id),
                    ProcessRow::Heading(_) => None,
                })
                .collect();
            model.selection.point = moved(&ids, model.selection.point.as_ref(), action, page);
        }
        Screen::Alarms => {
            let rows = lists::alarms(shown, model);
            let ids: Vec<u64> = rows.iter().map(|alarm| alarm.id).collect();
            let here = ids.get(alarm_position(&rows, model, shown)).copied();
            model.selection.alarm = moved(&ids, here.as_ref(), action, page);
        }
        Screen::Writes => {
            let ids: Vec<u64> = lists::writes(shown, model).iter().map(|write| write.id).collect();
            let chosen = moved(&ids, model.selection.write.as_ref(), action, page);
            // Back at the top, the cursor follows the newest write again.
            model.selection.write = chosen.filter(|_| action != Action::First);
        }
        Screen::Hosts => {
            let ids: Vec<u64> = lists::hosts(shown, model).iter().map(|host| host.id).collect();
            model.selection.host = moved(&ids, model.selection.host.as_ref(), action, page);
        }
        Screen::Rules => {
            let ids: Vec<String> = lists::rules(shown, model)
                .iter()
                .map(|rule| rule.id.clone())
                .collect();
            model.selection.rule = moved(&ids, model.selection.rule.as_ref(), action, page);
        }
        Screen::Frame => frame::vertical(model, action, shown, page),
        Screen::Health => {
            let furthest = view::furthest_line(shown, model);
            model.selection.health = scroll(model.selection.health, action, furthest, page);
        }
    }
}

/// Where the cursor stands in the list of alarms. Until somebody moves it, a replay shows the alarm at its cursor.
pub(crate) fn alarm_position(rows: &[&Alarm], model: &Model, snapshot: &Snapshot) -> usize {
    if model.selection.alarm.is_none() && lists::by_time(snapshot, model) {
        return rows.iter().rposition(|alarm| !alarm.future).unwrap_or(0);
    }
    lists::position(rows, model.selection.alarm.as_ref(), |alarm| Some(alarm.id))
}

/// The item after a move.
fn moved<I: Clone + PartialEq>(ids: &[I], selected: Option<&I>, action: Action, page: usize) -> Option<I> {
    let here = lists::position(ids, selected, |id| Some(id.clone()));
    ids.get(step(action, here, ids.len(), page)).cloned()
}

/// The position after a move in a list of `total`.
pub(crate) fn step(action: Action, here: usize, total: usize, page: usize) -> usize {
    let last = total.saturating_sub(1);
    match action {
        Action::Up | Action::PreviousMatch => here.saturating_sub(1),
        Action::Down | Action::NextMatch => here.saturating_add(1),
        Action::PageUp => here.saturating_sub(page),
        Action::PageDown => here.saturating_add(page),
        Action::First => 0,
        Action::Last => last,
        _ => here,
    }
    .min(last)
}

/// The first line after scrolling a text that can be moved by `furthest` lines.
fn scroll(here: u16, action: Action, furthest: usize, page: usize) -> u16 {
    u16::try_from(step(action, usize::from(here), furthest + 1, page)).unwrap_or(u16::MAX)
}
