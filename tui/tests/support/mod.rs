//! Painting for tests: text and style as one readable page.
#![allow(dead_code)] // Each test file uses a part.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use tapglass_model::snapshot::Snapshot;
use tapglass_tui::{Caps, Colour, Glyphs, Model, render};

pub(crate) mod random;

pub(crate) const ASCII: Caps = Caps {
    glyphs: Glyphs::Ascii,
    colour: Colour::Mono,
};
pub(crate) const COLOURED: Caps = Caps {
    glyphs: Glyphs::Utf8,
    colour: Colour::Ansi16,
};

pub(crate) fn paint(snapshot: &Snapshot, model: &Model, caps: Caps, columns: u16, rows: u16) -> Buffer {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    render(snapshot, model, caps, area, &mut buffer);
    buffer
}

/// The rows as text, blanks at their ends kept.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area;
    (area.top()..area.bottom())
        .map(|y| {
            (area.left()..area.right())
                .map(|x| buffer[(x, y)].symbol())
                .collect()
        })
        .collect()
}

/// The text, and below it where it is styled: the text alone would hide half of what is to be kept.
pub(crate) fn page(buffer: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buffer) {
        out.push_str(row.trim_end());
        out.push('\n');
    }
    out.push_str("styles\n");
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for x in buffer.area.left()..buffer.area.right() {
            let cell = &buffer[(x, y)];
            let style = style_name(cell.fg, cell.bg, cell.modifier);
            match runs.last_mut() {
                Some((_, end, name)) if *end + 1 == x && *name == style => *end = x,
                _ if style.is_empty() => {}
                _ => runs.push((x, x, style)),
            }
        }
        if !runs.is_empty() {
            let runs: Vec<String> = runs
                .iter()
                .map(|(start, end, name)| format!("{start}-{end} {name}"))
                .collect();
            out.push_str(&format!("  {y}: {}\n", runs.join(", ")));
        }
    }
    out
}

fn style_name(fg: Color, bg: Color, modifier: Modifier) -> String {
    let mut words = Vec::new();
    if fg != Color::Reset {
        words.push(format!("{fg}").to_lowercase());
    }
    if bg != Color::Reset {
        words.push(format!("on {bg}").to_lowercase());
    }
    for (flag, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::REVERSED, "reverse"),
        (Modifier::UNDERLINED, "underline"),
    ] {
        if modifier.contains(flag) {
            words.push(word.to_owned());
        }
    }
    words.join(" ")
}
