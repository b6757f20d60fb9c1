//! The highest unacknowledged alarm, on every screen, at every size, held or not.

use ratatui::layout::Rect;
use tapglass_model::Severity;
use tapglass_model::snapshot::{Alarm, AlarmState, Snapshot};

use crate::lists;
use crate::paint::Canvas;
use crate::text::{clock, columns};
use crate::theme::{Caps, Role};

/// The state with its mark: an unacknowledged alarm has a star, a returned one a wave.
pub(crate) fn state(alarm: &Alarm, caps: Caps) -> String {
    if alarm.future {
        return String::from("future");
    }
    let mark = match alarm.state {
        AlarmState::Unacknowledged => caps.sign("*", "\u{2022}"),
        AlarmState::Returned => caps.sign("~", "\u{b7}"),
        _ => "",
    };
    format!("{}{mark}", alarm.state.word())
}

/// What the flag of an alarm looks like.
pub(crate) fn role(alarm: &Alarm) -> Role {
    if alarm.future {
        return Role::Plain;
    }
    match alarm.state {
        AlarmState::Unacknowledged | AlarmState::Acknowledged => Role::Alarm(alarm.severity),
        AlarmState::Returned => Role::Returned(alarm.severity),
        _ => Role::Plain,
    }
}

/// Paints the banner.
pub(crate) fn banner(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let waiting = lists::waiting(snapshot);
    let Some(first) = waiting.first() else {
        quiet(canvas, area, snapshot);
        return;
    };
    let width = area.width;
    let others = if waiting.len() > 1 {
        format!("  1 of {}, ]", waiting.len())
    } else {
        String::from("  ]")
    };
    let others_width = u16::try_from(others.len()).unwrap_or(0);
    let others_width = if width >= 60 { others_width } else { 0 };
    let room = width.saturating_sub(others_width);
    let flag = format!(
        "{} {}",
        canvas.caps.severity(first.severity),
        state(first, canvas.caps)
    );
    // The whole row is the alarm's: it must be seen from across the room.
    let row_role = if first.severity == Severity::Medium {
        Role::Plain
    } else {
        role(first)
    };
    let end = canvas.put(area, 0, 0, &flag, role(first));
    let text = sentence(first, snapshot, usize::from(room.saturating_sub(end)));
    let end = canvas.put_cut(
        area,
        end,
        0,
        room.saturating_sub(end),
        &format!(" {text}"),
        row_role,
    );
    if end < width && row_role != Role::Plain {
        canvas.put(area, end, 0, &" ".repeat(usize::from(width - end)), row_role);
    }
    if others_width > 0 {
        canvas.put(area, room, 0, &others, row_role);
    }
}

/// The alarm in one line, with less in it where there is less room.
fn sentence(alarm: &Alarm, snapshot: &Snapshot, room: usize) -> String {
    let load = &snapshot.alarm_load;
    let mut text = if load.flood && room >= 45 {
        format!("FLOOD {} in 10 min, first: {} ", load.ten_minutes, alarm.point)
    } else if load.flood {
        format!("FLOOD {}: {} ", load.ten_minutes, alarm.point)
    } else if room >= 45 {
        format!("{} {} ", clock(alarm.first_time), alarm.point)
    } else {
        format!("{} ", alarm.point)
    };
    text.push_str(&alarm.title);
    let mut add = |part: String| {
        if columns(&text) + columns(&part) < room {
            text.push_str(&part);
        }
    };
    if !alarm.value.is_empty() {
        add(format!(", {}", alarm.value));
    }
    let by = if alarm.by_full.is_empty() {
        &alarm.by
    } else {
        &alarm.by_full
    };
    if !by.is_empty() {
        let new = if alarm.by_new { " NEW" } else { "" };
        add(format!(", by {by}{new}"));
    }
    if alarm.first_out && alarm.group > 0 {
        add(format!(", first out of group {}", alarm.group));
    }
    text
}

/// No alarm waits: said together with whether one could have.
fn quiet(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let rules = &snapshot.rules;
    let watched = if rules.total() == 0 {
        String::from("and no rule is loaded")
    } else {
        format!("{} of {} rules can fire", rules.can_fire(), rules.total())
    };
    let capture = &snapshot.capture;
    let seen = if capture.complete {
        String::from("everything was seen")
    } else if capture.reason.is_empty() {
        String::from("not everything was seen")
    } else {
        format!("not everything was seen: {}", capture.reason)
    };
    let text = format!(" No alarm waits; {watched}; {seen}.");
    canvas.put_cut(area, 0, 0, area.width, &text, Role::Plain);
}
