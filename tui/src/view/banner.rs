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
        format!(" 1 of {} ]", waiting.len())
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

/// The alarm in one line: the fullest of the forms that has room. Who did it goes last.
fn sentence(alarm: &Alarm, snapshot: &Snapshot, room: usize) -> String {
    let load = &snapshot.alarm_load;
    let when = format!("{} ", clock(alarm.first_time));
    let flood = if load.flood {
        format!("FLOOD {} in 10 min, first: ", load.ten_minutes)
    } else {
        String::new()
    };
    let what = format!("{} {}", alarm.point, alarm.title);
    let value = if alarm.value.is_empty() {
        String::new()
    } else {
        format!(", {}", alarm.value)
    };
    let new = if alarm.by_new { " NEW" } else { "" };
    let by = |name: &str| {
        if name.is_empty() {
            String::new()
        } else {
            format!(", by {name}{new}")
        }
    };
    let full = by(if alarm.by_full.is_empty() {
        &alarm.by
    } else {
        &alarm.by_full
    });
    let short = by(&alarm.by);
    let group = if alarm.first_out && alarm.group > 0 {
        format!(", first out of group {}", alarm.group)
    } else {
        String::new()
    };
    let short_flood = if load.flood {
        format!("FLOOD {}: ", load.ten_minutes)
    } else {
        String::new()
    };
    [
        format!("{flood}{when}{what}{value}{full}{group}"),
        format!("{flood}{when}{what}{value}{full}"),
        format!("{flood}{what}{value}{full}"),
        format!("{flood}{what}{value}{short}"),
        format!("{short_flood}{what}{value}{short}"),
        format!("{short_flood}{what}{short}"),
    ]
    .into_iter()
    .find(|text| columns(text) < room)
    .unwrap_or_else(|| format!("{short_flood}{what}"))
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
