//! Screen 3: the control log. One row for each operation: request, answer and read-back are joined.

use ratatui::layout::Rect;
use tapglass_model::snapshot::{ReadBack, Snapshot, WriteLine};
use tapglass_model::{MILLISECOND, Outcome};

use crate::lists::{self, first_row};
use crate::model::{Model, TimeFormat};
use crate::paint::{Canvas, cols, rows};
use crate::text::{age, clock, clock_ms, count, day, same_day, thousands};
use crate::theme::{Caps, Role};
use crate::view::table::{Column, Table, left, wide};
use crate::view::{TALL, WIDE, matrix, write};

const NARROW: &[Column] = &[
    left("UTC", 8, 0),
    left("BY", 9, 0),
    left("TO", 5, 3),
    left("COMMAND", 8, 2),
    wide("POINT", 9),
    left("OLD -> NEW", 15, 0),
    left("RESULT", 7, 0),
    left("RB", 3, 1),
    left("RULES", 6, 0),
];

const BROAD: &[Column] = &[
    left("UTC", 12, 0),
    left("BY", 17, 0),
    left("TO", 8, 3),
    left("PROTO", 7, 5),
    left("COMMAND", 22, 2),
    wide("POINT", 12),
    left("OLD -> NEW", 17, 0),
    left("ANSWER", 13, 0),
    left("RB", 9, 1),
    left("RULES", 8, 0),
];

/// Paints the body.
pub(crate) fn writes(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let tall = body.height >= TALL;
    let list_height = if tall { body.height / 2 } else { body.height };
    let list = rows(body, 0, list_height);
    if body.width >= WIDE {
        let title = format!("Writes and commands, newest first: {}", totals(snapshot));
        let inner = canvas.pane(list, &title, false);
        table(canvas, inner, snapshot, model, true);
    } else {
        let text = format!("newest first: {}", totals(snapshot));
        canvas.put_cut(list, 1, 0, list.width.saturating_sub(1), &text, Role::Plain);
        table(
            canvas,
            rows(list, 1, list.height.saturating_sub(1)),
            snapshot,
            model,
            !tall,
        );
    }
    if !tall {
        return;
    }
    let below = rows(body, list_height, body.height - list_height);
    if body.width >= WIDE {
        let half = body.width / 2;
        matrix::who_writes_what(canvas, cols(below, 0, half), snapshot);
        let inner = canvas.pane(cols(below, half, body.width - half), "Selected write", false);
        let lines = write::detail(snapshot, model, inner.width.saturating_sub(2), canvas.caps);
        lines.paint_with(canvas, inner, 0, "Enter");
    } else {
        canvas.heading(below, 0, "Selected write", "");
        let inner = rows(below, 1, below.height.saturating_sub(1));
        let lines = write::detail(snapshot, model, inner.width.saturating_sub(2), canvas.caps);
        lines.paint_with(canvas, inner, 0, "Enter");
    }
}

fn totals(snapshot: &Snapshot) -> String {
    let totals = &snapshot.write_totals;
    let mut text = count(totals.total, "write");
    for (number, words) in [
        (totals.refused, "refused"),
        (totals.unanswered, "not answered"),
        (totals.from_new, "from new hosts"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {} {words}", thousands(number)));
        }
    }
    text
}

fn table(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model, with_legend: bool) {
    let broad = area.width >= 126;
    let table = Table::new(if broad { BROAD } else { NARROW }, 1, area.width);
    table.titles(canvas, area, 0);
    if model.time == TimeFormat::Relative {
        table.cell(canvas, area, 0, 0, "AGO", Role::Strong);
    }
    let lines = lists::writes(snapshot, model);
    let list = rows(area, 1, area.height.saturating_sub(1));
    if lines.is_empty() {
        empty(canvas, list, snapshot);
        return;
    }
    let spare = usize::from(list.height).saturating_sub(lines.len());
    let legend: u16 = if with_legend && spare >= 4 { 3 } else { 0 };
    let list = rows(list, 0, list.height - legend);
    let at = lists::position(&lines, model.selection.write.as_ref(), |write| Some(write.id));
    let first = first_row(at, lines.len(), usize::from(list.height));
    for (offset, write) in lines
        .iter()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        write_row(canvas, list, row, &table, write, snapshot, model, broad);
        if first + offset == at {
            canvas.put(list, 0, row, canvas.caps.pointer(), Role::Plain);
            canvas.style_row(list, row, Role::Selected);
        }
    }
    if legend > 0 {
        for (row, text) in [
            "RESULT ok/exc n/SUCCESS/Good is the device's answer; ---- means none was seen.",
            "RB read back: rb= equal, rb# different, rb? not read yet. - nothing to read.",
            "RULES alarms it raised; allow: rules judged it; none: no rule watches it.",
        ]
        .into_iter()
        .enumerate()
        {
            let row = area
                .height
                .saturating_sub(3)
                .saturating_add(u16::try_from(row).unwrap_or(0));
            canvas.put_cut(area, 1, row, area.width.saturating_sub(1), text, Role::Plain);
        }
    }
}

#[allow(clippy::too_many_arguments)] // A row needs its place, its table and its times; a struct would only rename them.
fn write_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    row: u16,
    table: &Table,
    write: &WriteLine,
    snapshot: &Snapshot,
    model: &Model,
    broad: bool,
) {
    let caps = canvas.caps;
    let when = match model.time {
        TimeFormat::Relative => age(snapshot.as_of.since(write.at)),
        TimeFormat::Utc if !same_day(write.at, snapshot.as_of) => day(write.at),
        TimeFormat::Utc if broad => clock_ms(write.at),
        TimeFormat::Utc => clock(write.at),
    };
    let mut change = arrow(&write.change, caps);
    let room = table
        .place(if broad { 6 } else { 5 })
        .map_or(0, |(_, width)| usize::from(width));
    if crate::text::columns(&change) > room {
        change = write.change.replace(" -> ", "->");
    }
    let answer = match write.latency {
        Some(latency) if broad => format!("{} {} ms", write.result, latency / MILLISECOND),
        _ => result(write),
    };
    let actor = actor(write, broad);
    let worst = write.verdict.alarms.iter().map(|(_, severity)| *severity).max();
    let verdict_role = worst.map_or(Role::Plain, Role::Alarm);
    let verdict = verdict(write, caps, 2);
    let cells: &[(&str, Role)] = if broad {
        &[
            (&when, Role::Plain),
            (&actor, Role::Plain),
            (&write.to, Role::Plain),
            (&write.protocol, Role::Plain),
            (&write.command_full, Role::Plain),
            (&write.point, Role::Plain),
            (&change, Role::Plain),
            (&answer, Role::Plain),
            (read_back_words(write), Role::Plain),
            (&verdict, verdict_role),
        ]
    } else {
        &[
            (&when, Role::Plain),
            (&actor, Role::Plain),
            (&write.to, Role::Plain),
            (&write.command, Role::Plain),
            (&write.point, Role::Plain),
            (&change, Role::Plain),
            (&answer, Role::Plain),
            (read_back(write), Role::Plain),
            (&verdict, verdict_role),
        ]
    };
    for (column, (text, role)) in cells.iter().enumerate() {
        table.cell(canvas, area, row, column, text, *role);
    }
}

fn empty(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let text = if snapshot.writes.is_empty() {
        "No write or command was seen so far."
    } else {
        "No write is listed with this filter. Esc clears it."
    };
    canvas.put_cut(area, 3, 1, area.width.saturating_sub(3), text, Role::Plain);
    if snapshot.writes.is_empty() && !snapshot.capture.complete {
        let text = "The capture is not complete: writes may have been missed, see 7 Health.";
        canvas.put_cut(area, 3, 2, area.width.saturating_sub(3), text, Role::Strong);
    }
}

/// Who wrote, short or in full, and whether the site knows it.
pub(crate) fn actor(write: &WriteLine, full: bool) -> String {
    let name = if full && !write.by_full.is_empty() {
        &write.by_full
    } else {
        &write.by
    };
    if write.by_new {
        format!("{name} NEW")
    } else {
        name.clone()
    }
}

/// The answer, or the sign that none was seen.
fn result(write: &WriteLine) -> String {
    if !write.result.is_empty() {
        return write.result.clone();
    }
    String::from(match write.outcome {
        Outcome::Accepted => "ok",
        Outcome::Pending => "later",
        Outcome::Rejected => "refused",
        Outcome::Unacknowledged => "no ans.",
        Outcome::Requested | Outcome::Unanswered => "----",
    })
}

/// `rb=` equal, `rb#` different, `rb?` not read yet.
pub(crate) fn read_back(write: &WriteLine) -> &'static str {
    match write.read_back {
        ReadBack::None => "-",
        ReadBack::Waiting => "rb?",
        ReadBack::Equal => "rb=",
        ReadBack::Different => "rb#",
    }
}

fn read_back_words(write: &WriteLine) -> &'static str {
    match write.read_back {
        ReadBack::None => "-",
        ReadBack::Waiting => "not yet",
        ReadBack::Equal => "equal",
        ReadBack::Different => "DIFFERENT",
    }
}

/// The alarms of a write, worst first, at most `most` of them; `allow` when rules judged it and none fired.
pub(crate) fn verdict(write: &WriteLine, caps: Caps, most: usize) -> String {
    let mut severities: Vec<_> = write
        .verdict
        .alarms
        .iter()
        .map(|(_, severity)| *severity)
        .collect();
    severities.sort_by(|a, b| b.cmp(a));
    if severities.is_empty() {
        let text = match (write.verdict.checked, write.verdict.incomplete) {
            (_, true) => "allow?",
            (true, false) => "allow",
            (false, false) => "none",
        };
        return String::from(text);
    }
    let shown: Vec<&str> = severities
        .iter()
        .take(most)
        .map(|severity| caps.severity(*severity))
        .collect();
    let more = if severities.len() > most { "+" } else { "" };
    format!("{}{more}", shown.join(" "))
}

/// A change with the arrow that the terminal has.
pub(crate) fn arrow(change: &str, caps: Caps) -> String {
    if caps.ascii() {
        return change.to_owned();
    }
    change.replace("->", "\u{25ba}")
}
