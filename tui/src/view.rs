//! Painting: a picture of the plant and the state of the keyboard become cells. Pure, so every screen is a test.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tapglass_model::snapshot::Snapshot;

use crate::keys;
use crate::model::{Model, Screen};
use crate::paint::{Canvas, rows};
use crate::theme::{Caps, Role};

mod alarm;
mod alarms;
mod banner;
mod chart;
mod footer;
mod frame;
mod gauge;
mod header;
mod health;
mod help;
mod hosts;
mod lines;
mod matrix;
mod point;
mod process;
mod rules;
mod table;
mod transport;
mod write;
mod writes;

#[cfg(test)]
pub(crate) use footer::entries as footer_entries;

/// Below this, only the banner is worth its place.
const SMALLEST: (u16, u16) = (40, 10);
/// From this width on, details stand at the right.
const WIDE: u16 = 110;
/// From this many rows of body on, details stand at the bottom: thirty rows less those around the body.
const TALL: u16 = 24;

/// Paints everything into `area` of `buffer`; whatever their sizes, nothing outside the buffer is touched.
pub fn render(snapshot: &Snapshot, model: &Model, caps: Caps, area: Rect, buffer: &mut Buffer) {
    let area = area.intersection(buffer.area);
    let mut canvas = Canvas::new(buffer, caps);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small(&mut canvas, area, snapshot);
        return;
    }
    header::header(&mut canvas, rows(area, 0, 1), snapshot, model);
    header::screens(&mut canvas, rows(area, 1, 1), model);
    let replay = keys::is_replay(snapshot);
    let bar = has_bar(snapshot, area.height);
    let below = if bar { 4 } else { 3 };
    let body = rows(area, 2, area.height - 2 - below);
    let bottom = area.height - below;
    paint_body(&mut canvas, body, snapshot, model);
    banner::banner(&mut canvas, rows(area, bottom, 1), snapshot);
    if bar {
        transport::timeline(&mut canvas, rows(area, bottom + 1, 1), snapshot);
    }
    let message_row = rows(area, area.height - 2, 1);
    if !footer::message(&mut canvas, message_row, snapshot, model) && replay {
        transport::cursor(&mut canvas, message_row, snapshot, bar);
    }
    footer::keys(&mut canvas, rows(area, area.height - 1, 1), snapshot, model);
}

/// The timeline has a row of its own where the body can spare one.
fn has_bar(snapshot: &Snapshot, height: u16) -> bool {
    keys::is_replay(snapshot) && height >= 16
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot) {
    let (columns, rows_needed) = SMALLEST;
    let text = format!("too small: {columns}x{rows_needed} needed");
    canvas.put_cut(area, 0, 0, area.width, &text, Role::Strong);
    banner::banner(canvas, rows(area, 1, 1), snapshot);
}

fn paint_body(canvas: &mut Canvas<'_>, body: Rect, newest: &Snapshot, model: &Model) {
    let snapshot = model.shown(newest);
    match model.screen {
        Screen::Frame => frame::frame(canvas, body, snapshot, model),
        Screen::Health => health::health(canvas, body, snapshot, model),
        _ if model.open => detail_page(canvas, body, snapshot, model),
        Screen::Process => process::process(canvas, body, snapshot, model),
        Screen::Alarms => alarms::alarms(canvas, body, snapshot, model),
        Screen::Writes => writes::writes(canvas, body, snapshot, model),
        Screen::Hosts => hosts::hosts(canvas, body, snapshot, model),
        Screen::Rules => rules::rules(canvas, body, snapshot, model),
    }
    if let Some(help) = &model.help {
        help::help(canvas, body, snapshot, model, help);
    }
}

/// The detail of the selected row over the whole body.
fn detail_page(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let lines = detail(snapshot, model, body.width.saturating_sub(2), canvas.caps);
    lines.paint(canvas, body, model.detail_scroll);
}

fn detail(snapshot: &Snapshot, model: &Model, width: u16, caps: Caps) -> lines::Lines {
    match model.screen {
        Screen::Process => point::detail(snapshot, model, width, caps),
        Screen::Alarms => alarm::detail(snapshot, model, width, caps),
        Screen::Writes => write::detail(snapshot, model, width, caps),
        Screen::Hosts => hosts::detail(snapshot, model, width),
        Screen::Rules => rules::detail(snapshot, model, width),
        Screen::Health => health::page_above(snapshot, width),
        Screen::Frame => lines::Lines::new(width),
    }
}

/// How far the open detail, or the health page, can be scrolled.
pub(crate) fn furthest_line(snapshot: &Snapshot, model: &Model) -> usize {
    let width = model.size.0.saturating_sub(2);
    let lines = detail(snapshot, model, width, Caps::default()).len();
    let around = if has_bar(snapshot, model.size.1) { 6 } else { 5 };
    let body = model.size.1.saturating_sub(around);
    let room = match model.screen {
        Screen::Health => health::room(snapshot, width, body),
        _ => body,
    };
    lines.saturating_sub(usize::from(room))
}
