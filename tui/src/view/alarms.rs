//! Screen 2: what needs an action now.

use ratatui::layout::Rect;
use tapglass_model::SECOND;
use tapglass_model::snapshot::{Alarm, Snapshot};

use crate::keys;
use crate::lists::{self, first_row};
use crate::model::{Model, TimeFormat};
use crate::paint::{Canvas, cols, rows};
use crate::text::{age, clock, clock_ms, day, same_day};
use crate::theme::Role;
use crate::update::alarm_position;
use crate::view::table::{Column, Table, left, right, wide};
use crate::view::{TALL, WIDE, alarm, banner, transport};

const NARROW: &[Column] = &[
    left("P", 2, 0),
    left("STATE", 6, 0),
    left("UTC", 8, 2),
    left("POINT/ASSET", 11, 0),
    wide("CONDITION", 19),
    left("VALUE / LIMIT", 17, 0),
    left("BY", 5, 3),
    right("N", 3, 4),
];

const BROAD: &[Column] = &[
    left("P", 2, 0),
    left("STATE", 7, 0),
    left("UTC", 12, 0),
    left("1ST", 3, 4),
    left("POINT/ASSET", 13, 0),
    wide("CONDITION", 24),
    left("VALUE / LIMIT", 19, 0),
    left("BY", 16, 3),
    left("RULE", 14, 2),
    right("N", 4, 1),
    right("AGE", 4, 5),
];

/// Paints the body.
pub(crate) fn alarms(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let replay = keys::is_replay(snapshot);
    let wide = body.width >= WIDE;
    let tall = body.height >= TALL;
    let mut body = body;
    if wide && tall && replay && snapshot.replay.is_some() {
        let title = transport::pane_title(snapshot, body.width);
        let inner = canvas.pane(rows(body, 0, 7), &title, false);
        transport::pane(canvas, inner, snapshot);
        body = rows(body, 7, body.height - 7);
    }
    // Heights depend on the terminal alone, as widths do: a list that grows must not push the text away.
    let list_height = match body.height {
        0..14 => body.height,
        14..24 => (body.height + 5) / 3,
        _ => body.height * 2 / 5,
    };
    let list = rows(body, 0, list_height);
    let below = rows(body, list_height, body.height - list_height);
    if wide {
        let inner = canvas.pane(list, &format!("Alarms: {}", summary(snapshot)), false);
        table(canvas, inner, snapshot, model);
    } else {
        let text = format!("{} | {}", summary(snapshot), load(snapshot));
        canvas.put_cut(list, 1, 0, list.width.saturating_sub(1), &text, Role::Plain);
        table(
            canvas,
            rows(list, 1, list.height.saturating_sub(1)),
            snapshot,
            model,
        );
    }
    if below.height == 0 {
        return;
    }
    if wide {
        let right_width = (below.width * 3 / 8).min(64);
        let pane = cols(below, 0, below.width - right_width);
        let inner = canvas.pane(pane, "Selected alarm", false);
        detail(canvas, inner, snapshot, model);
        let side = cols(below, below.width - right_width, right_width);
        if replay {
            let inner = canvas.pane(side, "Around the cursor", false);
            around(canvas, inner, snapshot);
        } else {
            let inner = canvas.pane(side, "Alarm load", false);
            load_page(canvas, inner, snapshot);
        }
    } else if replay && below.height >= 14 {
        let near = below.height / 3;
        canvas.rule(below, 0);
        detail(canvas, rows(below, 1, below.height - near - 1), snapshot, model);
        let frames = rows(below, below.height - near, near);
        canvas.heading(frames, 0, "around the cursor", "");
        around(canvas, rows(frames, 1, near.saturating_sub(1)), snapshot);
    } else {
        canvas.rule(below, 0);
        detail(canvas, rows(below, 1, below.height - 1), snapshot, model);
    }
}

fn detail(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    let width = area.width.saturating_sub(2);
    let full = alarm::detail(snapshot, model, width, canvas.caps);
    let lines = if full.len() > usize::from(area.height) {
        alarm::summary(snapshot, model, width, canvas.caps)
    } else {
        full
    };
    // Here Down moves in the list; the rest is one key away and the hint says which.
    lines.paint_with(canvas, area, 0, "Enter");
}

fn summary(snapshot: &Snapshot) -> String {
    let now = || snapshot.alarms.iter().filter(|alarm| !alarm.future);
    let active = now().filter(|alarm| alarm.state.is_active()).count();
    let waiting = snapshot.unacknowledged.total();
    let future = snapshot.alarms.iter().filter(|alarm| alarm.future).count();
    let mut text = format!("{active} active, {waiting} not acknowledged");
    if snapshot.alarm_load.shelved > 0 {
        text.push_str(&format!(", {} shelved", snapshot.alarm_load.shelved));
    }
    if future > 0 {
        text.push_str(&format!(", {future} after the cursor"));
    }
    text
}

fn load(snapshot: &Snapshot) -> String {
    let load = &snapshot.alarm_load;
    if load.flood {
        format!("FLOOD {} in 10 min", load.ten_minutes)
    } else {
        format!("10 min: {}, flood >10", load.ten_minutes)
    }
}

fn load_page(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let load = &snapshot.alarm_load;
    let flood = if load.flood { "YES" } else { "no" };
    for (row, (label, number, remark)) in [
        (
            "last 10 min",
            load.ten_minutes.to_string(),
            "target 1, flood above 10",
        ),
        ("last hour", load.hour.to_string(), "target 6"),
        ("last day", load.day.to_string(), "target 144"),
        ("flood", flood.to_owned(), "begins >10, ends <5 in 10 min"),
        ("shelved", load.shelved.to_string(), ""),
        ("standing >24 h", load.standing.to_string(), ""),
    ]
    .into_iter()
    .enumerate()
    {
        let row = u16::try_from(row).unwrap_or(0);
        canvas.put(area, 1, row, label, Role::Plain);
        canvas.put_right(area, 16, row, 6, &number, Role::Strong);
        canvas.put_cut(area, 24, row, area.width.saturating_sub(25), remark, Role::Plain);
    }
    if area.height > 8 {
        let text = "Counted are alarms that were annunciated here.";
        canvas.put_cut(area, 1, 7, area.width.saturating_sub(2), text, Role::Plain);
    }
}

/// Frames before and after the cursor, the frame at the cursor marked.
fn around(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let cursor = snapshot.replay.as_ref().map_or(0, |replay| replay.frame);
    let height = usize::from(area.height);
    let at = snapshot
        .frames
        .iter()
        .rposition(|line| line.number <= cursor)
        .unwrap_or(0);
    let first = at
        .saturating_sub(height / 2)
        .min(snapshot.frames.len().saturating_sub(height));
    for (offset, line) in snapshot.frames.iter().skip(first).take(height).enumerate() {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        let here = first + offset == at;
        let pointer = if here { canvas.caps.pointer() } else { " " };
        let marks: Vec<&str> = line
            .marks
            .iter()
            .map(|severity| canvas.caps.severity(*severity))
            .collect();
        let text = format!(
            "{pointer}{} {} {} > {}  {}",
            clock_ms(line.at),
            marks.join(" "),
            line.from,
            line.to,
            line.summary
        );
        let role = if here { Role::Strong } else { Role::Plain };
        canvas.put_cut(area, 0, row, area.width, &text, role);
    }
    if snapshot.frames.is_empty() {
        canvas.put_cut(area, 1, 0, area.width, "No frames are listed.", Role::Plain);
    }
}

fn table(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    let broad = area.width >= 126;
    let table = Table::new(if broad { BROAD } else { NARROW }, 0, area.width);
    table.titles(canvas, area, 0);
    if model.time == TimeFormat::Relative {
        table.cell(canvas, area, 0, 2, "AGO", Role::Strong);
    }
    let lines = lists::alarms(snapshot, model);
    let list = rows(area, 1, area.height.saturating_sub(1));
    if lines.is_empty() {
        let text = if snapshot.alarms.is_empty() {
            "No alarm so far. 6 Rules says what is watched, 7 Health whether all was seen."
        } else {
            "No alarm is listed with this filter. Esc clears it."
        };
        canvas.put_cut(list, 2, 0, list.width.saturating_sub(2), text, Role::Plain);
        return;
    }
    let at = alarm_position(&lines, model, snapshot);
    let first = first_row(at, lines.len(), usize::from(list.height));
    for (offset, alarm) in lines
        .iter()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        alarm_row(canvas, list, row, &table, alarm, snapshot, model, broad);
        if first + offset == at {
            canvas.put(list, 2, row, canvas.caps.pointer(), Role::Plain);
            canvas.style_cells(list, 2, row, list.width, Role::Selected);
        } else if model.marked.contains(&alarm.id) {
            canvas.put(list, 2, row, "v", Role::Strong);
        }
    }
    let hidden = lines.len().saturating_sub(usize::from(list.height));
    if hidden > 0 {
        let text = format!(" {} of {} ", at + 1, lines.len());
        let width = u16::try_from(text.len()).unwrap_or(0);
        canvas.put(area, area.width.saturating_sub(width), 0, &text, Role::Strong);
    }
}

#[allow(clippy::too_many_arguments)] // A row needs its place, its table and its times; a struct would only rename them.
fn alarm_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    row: u16,
    table: &Table,
    alarm: &Alarm,
    snapshot: &Snapshot,
    model: &Model,
    broad: bool,
) {
    let caps = canvas.caps;
    let ago = age(snapshot.as_of.since(alarm.first_time));
    let when = match model.time {
        TimeFormat::Relative if !alarm.future => ago.clone(),
        _ if !same_day(alarm.first_time, snapshot.as_of) => day(alarm.first_time),
        _ if broad => clock_ms(alarm.first_time),
        _ => clock(alarm.first_time),
    };
    let folded = lists::folded_into(snapshot, model, alarm);
    let title = if folded > 0 {
        format!("+{folded} more: {}", alarm.title)
    } else {
        alarm.title.clone()
    };
    let flag = caps.severity(alarm.severity);
    let flag_role = banner::role(alarm);
    let state = banner::state(alarm, caps);
    let state_role = if alarm.state.is_unacknowledged() && !alarm.future {
        flag_role
    } else {
        Role::Plain
    };
    let point = if alarm.point.is_empty() {
        &alarm.asset
    } else {
        &alarm.point
    };
    let count = if alarm.count > 1 {
        alarm.count.to_string()
    } else {
        String::from("1")
    };
    let by = match (alarm.by.is_empty(), alarm.by_new) {
        (true, _) => String::from("-"),
        (false, true) if broad => format!(
            "{} NEW",
            if alarm.by_full.is_empty() {
                &alarm.by
            } else {
                &alarm.by_full
            }
        ),
        (false, _) if broad && !alarm.by_full.is_empty() => alarm.by_full.clone(),
        (false, _) => alarm.by.clone(),
    };
    let first_out = if alarm.first_out { "1st" } else { "" };
    let overdue = alarm.respond_within.is_some_and(|limit| {
        alarm.state.is_unacknowledged()
            && !alarm.future
            && snapshot.as_of.since(alarm.first_time) > i64::from(limit) * SECOND
    });
    let age_text = if alarm.future {
        String::from("-")
    } else if overdue {
        format!("{ago}!")
    } else {
        ago
    };
    let cells: Vec<(&str, Role)> = if broad {
        vec![
            (flag, flag_role),
            (&state, state_role),
            (&when, Role::Plain),
            (first_out, Role::Plain),
            (point, Role::Plain),
            (&title, Role::Plain),
            (&alarm.value, Role::Plain),
            (&by, Role::Plain),
            (&alarm.rule, Role::Plain),
            (&count, Role::Plain),
            (&age_text, Role::Plain),
        ]
    } else {
        vec![
            (flag, flag_role),
            (&state, state_role),
            (&when, Role::Plain),
            (point, Role::Plain),
            (&title, Role::Plain),
            (&alarm.value, Role::Plain),
            (&by, Role::Plain),
            (&count, Role::Plain),
        ]
    };
    for (column, (text, role)) in cells.into_iter().enumerate() {
        table.cell(canvas, area, row, column, text, role);
    }
}
