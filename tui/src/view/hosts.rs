//! Screen 4: who talks to whom.

use ratatui::layout::Rect;
use tapglass_model::snapshot::{Host, Snapshot};

use crate::lists::{self, first_row};
use crate::model::{Model, TimeFormat};
use crate::paint::{Canvas, rows};
use crate::text::{age, clock, day, same_day};
use crate::theme::Role;
use crate::view::lines::Lines;
use crate::view::table::{Column, Table, left, right, wide};

const COLUMNS: &[Column] = &[
    wide("ADDRESS", 16),
    left("NAME", 9, 0),
    left("ROLE", 10, 3),
    left("PROTOCOL", 11, 4),
    left("SINCE", 8, 5),
    right("RD/s", 6, 2),
    right("WRITES", 6, 0),
    right("EXC", 4, 1),
];

/// Paints the body.
pub(crate) fn hosts(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let lines = lists::hosts(snapshot, model);
    let table = Table::new(COLUMNS, 3, body.width);
    table.titles(canvas, body, 0);
    let half = if body.height >= 14 {
        body.height / 2
    } else {
        body.height
    };
    let list = rows(body, 1, half.saturating_sub(1));
    if lines.is_empty() {
        let text = if snapshot.hosts.is_empty() {
            "No host is listed yet. Who wrote what is on screen 3."
        } else {
            "No host is listed with this filter. Esc clears it."
        };
        canvas.put_cut(list, 3, 1, list.width.saturating_sub(3), text, Role::Plain);
        return;
    }
    let at = lists::position(&lines, model.selection.host.as_ref(), |host| Some(host.id));
    let first = first_row(at, lines.len(), usize::from(list.height));
    for (offset, host) in lines
        .iter()
        .skip(first)
        .take(usize::from(list.height))
        .enumerate()
    {
        let row = u16::try_from(offset).unwrap_or(u16::MAX);
        host_row(canvas, list, row, &table, host, snapshot, model);
        if first + offset == at {
            canvas.put(list, 2, row, canvas.caps.pointer(), Role::Plain);
            canvas.style_cells(list, 2, row, list.width, Role::Selected);
        }
    }
    if half == body.height {
        return;
    }
    let below = rows(body, half, body.height - half);
    let name = lines.get(at).map_or("", |host| host.address.as_str());
    canvas.heading(below, 0, &format!("CONVERSATIONS of {name}"), "");
    let page = detail(snapshot, model, below.width.saturating_sub(2));
    page.paint_with(canvas, rows(below, 1, below.height.saturating_sub(2)), 0, "Enter");
    let text = "Names come from the site, never from DNS: nothing is sent to the network.";
    canvas.put_cut(
        below,
        1,
        below.height - 1,
        below.width.saturating_sub(1),
        text,
        Role::Plain,
    );
}

fn host_row(
    canvas: &mut Canvas<'_>,
    area: Rect,
    row: u16,
    table: &Table,
    host: &Host,
    snapshot: &Snapshot,
    model: &Model,
) {
    match host.alarm {
        Some(severity) => {
            canvas.put(
                area,
                0,
                row,
                canvas.caps.severity(severity),
                Role::Alarm(severity),
            );
        }
        None if host.new => {
            canvas.put(area, 0, row, "N", Role::Strong);
        }
        None => {}
    }
    let since = match model.time {
        TimeFormat::Relative => age(snapshot.as_of.since(host.first_seen)),
        TimeFormat::Utc if same_day(host.first_seen, snapshot.as_of) => clock(host.first_seen),
        TimeFormat::Utc => day(host.first_seen),
    };
    let name = match (host.name.is_empty(), host.new) {
        (true, true) => "? NEW",
        (true, false) => "?",
        (false, _) => &host.name,
    };
    let reads = host
        .reads_per_second
        .map_or_else(|| String::from("-"), |rate| format!("{rate:.1}"));
    for (column, text) in [
        host.address.as_str(),
        name,
        &host.role,
        &host.protocols,
        &since,
        &reads,
        &host.writes.to_string(),
        &host.exceptions.to_string(),
    ]
    .into_iter()
    .enumerate()
    {
        table.cell(canvas, area, row, column, text, Role::Plain);
    }
}

/// The page of the selected host.
pub(crate) fn detail(snapshot: &Snapshot, model: &Model, width: u16) -> Lines {
    let mut lines = Lines::new(width);
    let rows = lists::hosts(snapshot, model);
    let at = lists::position(&rows, model.selection.host.as_ref(), |host| Some(host.id));
    let Some(host) = rows.get(at) else {
        lines.text("No host is selected.", Role::Plain);
        return lines;
    };
    let new = if host.new {
        "   NEW: not in the site, or first seen after learning"
    } else {
        ""
    };
    lines.line(format!("{} {}{new}", host.address, host.name), Role::Strong);
    if !host.mac.is_empty() {
        lines.field("MAC", &host.mac);
    }
    for conversation in &host.conversations {
        lines.text(conversation, Role::Plain);
    }
    if host.conversations.is_empty() {
        lines.text("Its conversations are not listed yet.", Role::Plain);
    }
    lines
}
