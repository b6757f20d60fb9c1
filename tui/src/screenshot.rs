//! A screen as text, without a terminal.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tapglass_model::snapshot::Snapshot;

use crate::model::{Model, Screen};
use crate::theme::{Caps, Colour, Glyphs};
use crate::view::render;

/// The text of a screen, one line for each row, blanks at the ends of rows left out.
#[must_use]
pub fn screenshot(snapshot: &Snapshot, screen: Screen, width: u16, height: u16, glyphs: Glyphs) -> String {
    let mut model = Model::new(screen);
    model.size = (width, height);
    screenshot_with(snapshot, &model, width, height, glyphs)
}

/// The text of a screen in a given state of the keyboard.
#[must_use]
pub fn screenshot_with(
    snapshot: &Snapshot,
    model: &Model,
    width: u16,
    height: u16,
    glyphs: Glyphs,
) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let caps = Caps {
        glyphs,
        colour: Colour::Mono,
    };
    render(snapshot, model, caps, area, &mut buffer);
    let mut text = String::new();
    for y in 0..height {
        let mut row = String::new();
        let mut x = 0;
        while x < width {
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            row.push_str(if symbol.is_empty() { " " } else { symbol });
            x = x.saturating_add(u16::try_from(crate::text::columns(symbol)).unwrap_or(1).max(1));
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}
