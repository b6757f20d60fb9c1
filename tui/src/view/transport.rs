//! The transport of a replay: the whole capture in one row, and where the cursor stands.

use ratatui::layout::Rect;
use tapglass_model::snapshot::{Playback, Replay, Snapshot, TimelineColumn};
use tapglass_model::{CaptureTime, SECOND};

use crate::paint::Canvas;
use crate::text::{clock_ms, span, thousands};
use crate::theme::Role;

/// Where the line of the timeline begins and how long it is.
fn line(area: Rect) -> (u16, u16) {
    (6, area.width.saturating_sub(12))
}

/// Hours and minutes.
fn minute(at: CaptureTime) -> String {
    let (_, _, _, hour, minute, ..) = at.civil();
    format!("{hour:02}:{minute:02}")
}

/// The timeline: the highest alarm of a column, else a dot where something was written.
pub(crate) fn timeline(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let Some(replay) = &snapshot.replay else {
        return;
    };
    let (start, width) = line(area);
    let bar = canvas.caps.sign("|", "\u{2502}");
    canvas.put(area, 0, 0, &minute(replay.start), Role::Plain);
    canvas.put(area, start - 1, 0, bar, Role::Ink);
    canvas.put(area, start.saturating_add(width), 0, bar, Role::Ink);
    canvas.put(
        area,
        start.saturating_add(width).saturating_add(1),
        0,
        &minute(replay.end),
        Role::Plain,
    );
    for (position, column) in regroup(&replay.columns, usize::from(width)).iter().enumerate() {
        let x = start.saturating_add(u16::try_from(position).unwrap_or(u16::MAX));
        if let Some(severity) = column.alarm {
            let sign: String = canvas.caps.severity(severity).chars().take(1).collect();
            canvas.put(area, x, 0, &sign, Role::Alarm(severity));
        } else if column.writes > 0 {
            canvas.put(area, x, 0, canvas.caps.sign(".", "\u{b7}"), Role::Plain);
        }
    }
}

/// The row under the timeline: the cursor's mark in its column, and its place in words.
pub(crate) fn cursor(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, below_line: bool) {
    let Some(replay) = &snapshot.replay else {
        return;
    };
    if !below_line {
        let text = words(snapshot, replay, usize::from(area.width).saturating_sub(2));
        canvas.put_cut(area, 1, 0, area.width.saturating_sub(1), &text, Role::Strong);
        return;
    }
    let (start, width) = line(area);
    let at = start.saturating_add(column_of(snapshot.as_of, replay, width));
    canvas.put(area, at, 0, canvas.caps.sign("^", "\u{25b2}"), Role::Strong);
    // The words stand on the side of the mark that has more room.
    let right = at.saturating_add(2);
    let (room_left, room_right) = (at.saturating_sub(2), area.width.saturating_sub(right));
    let text = words(snapshot, replay, usize::from(room_left.max(room_right)));
    if room_right >= room_left {
        canvas.put_cut(area, right, 0, room_right, &text, Role::Strong);
    } else {
        canvas.put_right(area, 1, 0, room_left, &text, Role::Strong);
    }
}

/// `12:03:51.204  frame 18402 of 91 220  x1  PAUSED  next alarm in 5:22`, as much as has room.
fn words(snapshot: &Snapshot, replay: &Replay, room: usize) -> String {
    let mut text = clock_ms(snapshot.as_of);
    let state = match replay.playback {
        Playback::Paused => "PAUSED",
        Playback::Playing => "PLAYING",
        Playback::AtEnd => "AT END",
    };
    let frame = match replay.frames {
        Some(total) => format!("frame {} of {}", replay.frame, thousands(total)),
        None => format!("frame {}", replay.frame),
    };
    let mut parts = vec![format!("x{} {state}", replay.speed), frame];
    if let Some(next) = replay
        .next_alarm
        .map(|at| at.since(snapshot.as_of))
        .filter(|wait| *wait >= 0)
    {
        parts.push(format!("next alarm in {}", span(next / SECOND)));
    }
    if let Some(idle) = replay.idle_skip {
        parts.push(format!("gaps over {} are skipped", crate::text::age(idle)));
    }
    for part in parts {
        if text.len() + part.len() + 3 <= room {
            text.push_str("   ");
            text.push_str(&part);
        }
    }
    text
}

/// The column of a moment in a line of `width`.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
pub(crate) fn column_of(at: CaptureTime, replay: &Replay, width: u16) -> u16 {
    let length = replay.end.since(replay.start);
    if length <= 0 || width == 0 {
        return 0;
    }
    let share = (at.since(replay.start) as f64 / length as f64).clamp(0.0, 1.0);
    ((share * f64::from(width)) as u16).min(width - 1)
}

/// Columns grouped or spread to `width`; the highest alarm of a group wins.
pub(crate) fn regroup(all: &[TimelineColumn], width: usize) -> Vec<TimelineColumn> {
    let total = all.len();
    let start = |column: usize| column * total / width.max(1);
    (0..width)
        .map(|column| {
            let from = start(column);
            let to = start(column + 1).max(from + 1).min(total);
            if column > 0 && start(column - 1) == from {
                let packets = all.get(from).map_or(0, |one| one.packets);
                return TimelineColumn {
                    packets,
                    ..TimelineColumn::default()
                };
            }
            let group = all.get(from..to).unwrap_or_default();
            TimelineColumn {
                alarm: group.iter().filter_map(|one| one.alarm).max(),
                writes: group.iter().fold(0, |sum, one| sum.saturating_add(one.writes)),
                packets: group.iter().fold(0, |sum, one| sum.saturating_add(one.packets)),
            }
        })
        .collect()
}

/// The three rows of the wide timeline: alarms, writes, packets. Uses what height there is.
pub(crate) fn pane(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let Some(replay) = &snapshot.replay else {
        return;
    };
    let label = 10;
    let width = area.width.saturating_sub(label).saturating_sub(1);
    let grouped = regroup(&replay.columns, usize::from(width));
    let most = grouped
        .iter()
        .map(|column| column.packets)
        .max()
        .unwrap_or(0)
        .max(1);
    for (row, name) in ["alarms", "writes", "packets"].into_iter().enumerate() {
        let row = u16::try_from(row).unwrap_or(0);
        canvas.put(area, 1, row, name, Role::Plain);
        canvas.put(area, label - 1, row, canvas.caps.sign("|", "\u{2502}"), Role::Ink);
    }
    for (position, column) in grouped.iter().enumerate() {
        let x = label.saturating_add(u16::try_from(position).unwrap_or(u16::MAX));
        if let Some(severity) = column.alarm {
            let sign: String = canvas.caps.severity(severity).chars().take(1).collect();
            canvas.put(area, x, 0, &sign, Role::Alarm(severity));
        }
        if column.writes > 0 {
            canvas.put(area, x, 1, canvas.caps.sign(".", "\u{b7}"), Role::Plain);
        }
        if column.packets > 0 {
            let much = column.packets.saturating_mul(2) > most;
            let sign = if much {
                canvas.caps.sign("|", "\u{2588}")
            } else {
                canvas.caps.sign(".", "\u{2584}")
            };
            canvas.put(area, x, 2, sign, Role::Plain);
        }
    }
    canvas.rule(crate::paint::cols(area, label, width), 3);
    let at = label.saturating_add(column_of(snapshot.as_of, replay, width));
    canvas.put(area, at, 3, canvas.caps.sign("^", "\u{25b2}"), Role::Strong);
    let words = words(snapshot, replay, usize::from(area.width).saturating_sub(2));
    canvas.put_cut(area, 1, 4, area.width.saturating_sub(2), &words, Role::Plain);
}

/// Title of the wide timeline.
pub(crate) fn pane_title(snapshot: &Snapshot, width: u16) -> String {
    let Some(replay) = &snapshot.replay else {
        return String::from("Timeline");
    };
    let columns = i64::from(width.saturating_sub(13)).max(1);
    let each = replay.end.since(replay.start) / SECOND / columns;
    let each = if each == 0 {
        String::from("less than 1 s")
    } else {
        format!("{each} s")
    };
    format!(
        "Timeline of {}: {} .. {}, one column is {each}",
        snapshot.source,
        minute(replay.start),
        minute(replay.end)
    )
}
