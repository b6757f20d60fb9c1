//! Cells become bytes, and only those that changed: an unchanged screen costs nothing.
//!
//! What is sent: cursor positions (CUP), erase to the end of a row (EL), and the SGR parameters 0, 1, 4, 7, 30-37,
//! 40-47, 90-97. With 256 colours also 38;5;n. Nothing else, so that a terminal from 1985 can follow.

use std::io::Write as _;
use std::ops::Range;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::theme::Colour;

/// A gap of this many cells is cheaper to send again than to jump over.
const SHORT_GAP: u16 = 4;

/// The style that the terminal has now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pen {
    modifier: Modifier,
    foreground: Color,
    background: Color,
}

/// Sends the difference between two frames.
#[derive(Debug)]
pub struct Painter {
    colour: Colour,
    shown: Buffer,
    /// Where the terminal's cursor is, when it is known.
    cursor: Option<(u16, u16)>,
    pen: Pen,
    /// The next frame sends every cell.
    all: bool,
    bytes: Vec<u8>,
}

impl Painter {
    /// A painter for a screen of `columns` and `rows`, whose content is not known yet.
    #[must_use]
    pub fn new(colour: Colour, columns: u16, rows: u16) -> Self {
        Self {
            colour,
            shown: Buffer::empty(Rect::new(0, 0, columns, rows)),
            cursor: None,
            pen: Pen::default(),
            all: true,
            bytes: Vec::new(),
        }
    }

    /// The screen has another size now; the next frame sends everything.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.shown = Buffer::empty(Rect::new(0, 0, columns, rows));
        self.all = true;
    }

    /// Something else wrote on the screen; the next frame sends everything.
    pub fn forget(&mut self) {
        self.all = true;
    }

    /// The area of the frames.
    #[must_use]
    pub fn area(&self) -> Rect {
        self.shown.area
    }

    /// The bytes that turn the shown frame into `next`; empty when they are equal.
    pub fn frame(&mut self, next: &Buffer) -> &[u8] {
        self.bytes.clear();
        if self.all {
            self.bytes.extend_from_slice(b"\x1b[0m\x1b[H\x1b[2J");
            self.cursor = Some((0, 0));
            self.pen = Pen::default();
            self.shown.reset();
            self.all = false;
        }
        let area = self.shown.area.intersection(next.area);
        for y in area.top()..area.bottom() {
            self.row(next, y, area);
        }
        self.shown.clone_from(next);
        &self.bytes
    }

    fn row(&mut self, next: &Buffer, y: u16, area: Rect) {
        let content = |buffer: &Buffer| {
            (area.left()..area.right())
                .rev()
                .find(|x| buffer.cell((*x, y)).is_some_and(|cell| !is_blank(cell)))
                .map_or(area.left(), |x| x + 1)
        };
        let (end, end_before) = (content(next), content(&self.shown));
        let mut x = area.left();
        while x < end {
            let Some(cell) = next.cell((x, y)) else {
                break;
            };
            let width = cell_width(cell);
            let changed = (x..x.saturating_add(width).min(area.right()))
                .any(|column| next.cell((column, y)) != self.shown.cell((column, y)));
            if changed {
                self.go_to(next, x, y);
                self.print(cell);
                // After the last column the cursor waits on it or stands on the next row: terminals differ.
                let after = x.saturating_add(width);
                self.cursor = (after < area.right()).then_some((after, y));
            }
            x = x.saturating_add(width);
        }
        // Three bytes clear what the last frame had further to the right.
        if end_before > end {
            if end_before - end <= 3 {
                for x in end..end_before {
                    self.go_to(next, x, y);
                    self.print(&Cell::default());
                    self.cursor = (x + 1 < area.right()).then_some((x + 1, y));
                }
            } else {
                self.go_to(next, end, y);
                self.set_pen(Pen::default());
                self.bytes.extend_from_slice(b"\x1b[K");
            }
        }
    }

    fn go_to(&mut self, next: &Buffer, x: u16, y: u16) {
        match self.cursor {
            Some(here) if here == (x, y) => return,
            Some((column, row)) if row == y && column < x => {
                if x - column > SHORT_GAP || !self.again(next, column..x, y) {
                    let _ = write!(self.bytes, "\x1b[{}C", x - column);
                }
            }
            Some((_, row))
                if row.checked_add(1) == Some(y) && x < SHORT_GAP && self.same_pen(next, 0..x, y) =>
            {
                self.bytes.extend_from_slice(b"\r\n");
                self.again(next, 0..x, y);
            }
            _ => {
                let _ = match (x, y) {
                    (0, 0) => write!(self.bytes, "\x1b[H"),
                    (0, _) => write!(self.bytes, "\x1b[{}H", u32::from(y) + 1),
                    _ => write!(self.bytes, "\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1),
                };
            }
        }
        self.cursor = Some((x, y));
    }

    /// Sends cells again that the terminal already shows, when that needs no other style.
    fn again(&mut self, next: &Buffer, columns: Range<u16>, y: u16) -> bool {
        if !self.same_pen(next, columns.clone(), y) {
            return false;
        }
        for cell in columns.filter_map(|x| next.cell((x, y))) {
            self.bytes.extend_from_slice(cell.symbol().as_bytes());
        }
        true
    }

    fn same_pen(&self, next: &Buffer, mut columns: Range<u16>, y: u16) -> bool {
        columns.all(|x| {
            next.cell((x, y))
                .is_some_and(|cell| cell.symbol().len() == 1 && self.shows(cell))
        })
    }

    fn print(&mut self, cell: &Cell) {
        if !self.shows(cell) {
            self.set_pen(self.pen_of(cell));
        }
        let symbol = cell.symbol();
        self.bytes.extend_from_slice(if symbol.is_empty() {
            b" "
        } else {
            symbol.as_bytes()
        });
    }

    /// True when the cell looks right with the pen as it is; bold and foreground do not show on a blank.
    fn shows(&self, cell: &Cell) -> bool {
        let visible = Modifier::UNDERLINED | Modifier::REVERSED;
        self.pen_of(cell) == self.pen
            || (cell.symbol() == " "
                && self.pen.background == self.shown_colour(cell.bg)
                && !self.pen.modifier.union(cell.modifier).intersects(visible))
    }

    /// The style of a cell, without what this terminal cannot show. A blank has only what shows on a blank.
    fn pen_of(&self, cell: &Cell) -> Pen {
        let kept = Modifier::BOLD | Modifier::UNDERLINED | Modifier::REVERSED;
        let mut pen = Pen {
            modifier: cell.modifier & kept,
            foreground: self.shown_colour(cell.fg),
            background: self.shown_colour(cell.bg),
        };
        if cell.symbol() == " " && !pen.modifier.intersects(Modifier::UNDERLINED | Modifier::REVERSED) {
            pen.foreground = Color::Reset;
            pen.modifier = Modifier::empty();
        }
        pen
    }

    fn shown_colour(&self, colour: Color) -> Color {
        match (self.colour, colour) {
            (Colour::Mono, _) | (_, Color::Rgb(..)) | (Colour::Ansi16, Color::Indexed(_)) => Color::Reset,
            (_, colour) => colour,
        }
    }

    fn set_pen(&mut self, pen: Pen) {
        if pen == self.pen {
            return;
        }
        let mut parameters: Vec<u8> = Vec::new();
        let mut before = self.pen;
        // There is no parameter that takes bold away and that every terminal knows: start from nothing.
        let lost = !(before.modifier - pen.modifier).is_empty()
            || (pen.foreground == Color::Reset && before.foreground != Color::Reset)
            || (pen.background == Color::Reset && before.background != Color::Reset);
        if lost {
            // Without a parameter it is 0, and one byte shorter.
            before = Pen::default();
            if pen == before {
                self.bytes.extend_from_slice(b"\x1b[m");
                self.pen = pen;
                return;
            }
            parameters.extend_from_slice(b";0");
        }
        for (flag, parameter) in [
            (Modifier::BOLD, b";1"),
            (Modifier::UNDERLINED, b";4"),
            (Modifier::REVERSED, b";7"),
        ] {
            if pen.modifier.contains(flag) && !before.modifier.contains(flag) {
                parameters.extend_from_slice(parameter);
            }
        }
        if pen.foreground != before.foreground {
            colour_parameter(&mut parameters, pen.foreground, false);
        }
        if pen.background != before.background {
            colour_parameter(&mut parameters, pen.background, true);
        }
        self.bytes.extend_from_slice(b"\x1b[");
        self.bytes
            .extend_from_slice(parameters.get(1..).unwrap_or_default());
        self.bytes.push(b'm');
        self.pen = pen;
    }
}

fn cell_width(cell: &Cell) -> u16 {
    u16::try_from(crate::text::columns(cell.symbol()))
        .unwrap_or(1)
        .max(1)
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " "
        && cell.bg == Color::Reset
        && !cell
            .modifier
            .intersects(Modifier::UNDERLINED | Modifier::REVERSED)
}

fn colour_parameter(parameters: &mut Vec<u8>, colour: Color, background: bool) {
    let (base, number) = match colour {
        Color::Black => (30, 0),
        Color::Red => (30, 1),
        Color::Green => (30, 2),
        Color::Yellow => (30, 3),
        Color::Blue => (30, 4),
        Color::Magenta => (30, 5),
        Color::Cyan => (30, 6),
        Color::Gray => (30, 7),
        Color::DarkGray => (90, 0),
        Color::LightRed => (90, 1),
        Color::LightGreen => (90, 2),
        Color::LightYellow => (90, 3),
        Color::LightBlue => (90, 4),
        Color::LightMagenta => (90, 5),
        Color::LightCyan => (90, 6),
        Color::White => (90, 7),
        Color::Indexed(number) => {
            let _ = write!(parameters, ";{};5;{number}", if background { 48 } else { 38 });
            return;
        }
        Color::Reset | Color::Rgb(..) => return,
    };
    // Bright backgrounds (100-107) are not known everywhere; the dark one of the same hue is.
    let code = if background { 40 + number } else { base + number };
    let _ = write!(parameters, ";{code}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Style;

    fn buffer(lines: &[&str]) -> Buffer {
        Buffer::with_lines(lines.iter().copied())
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).replace('\x1b', "^")
    }

    #[test]
    fn an_unchanged_frame_costs_nothing() {
        let mut painter = Painter::new(Colour::Mono, 6, 2);
        let frame = buffer(&["one   ", "two   "]);
        assert_eq!(text(painter.frame(&frame)), "^[0m^[H^[2Jone\r\ntwo");
        assert_eq!(painter.frame(&frame), b"");
        assert_eq!(text(painter.frame(&buffer(&["one   ", "twO   "]))), "^[2;3HO");
        assert_eq!(text(painter.frame(&buffer(&["      ", "twO   "]))), "^[H   ");
        painter.forget();
        assert!(painter.frame(&frame).len() > 10);
    }

    #[test]
    fn attributes_survive_without_colour() {
        let mut frame = buffer(&["ab"]);
        frame.set_style(
            Rect::new(0, 0, 1, 1),
            Style::new()
                .fg(Color::Red)
                .bg(Color::Yellow)
                .add_modifier(Modifier::BOLD | Modifier::REVERSED),
        );
        let mut painter = Painter::new(Colour::Mono, 2, 1);
        assert_eq!(text(painter.frame(&frame)), "^[0m^[H^[2J^[1;7ma^[mb");
        let mut painter = Painter::new(Colour::Ansi16, 2, 1);
        assert_eq!(text(painter.frame(&frame)), "^[0m^[H^[2J^[1;7;31;43ma^[mb");
    }

    #[test]
    fn short_gaps_are_sent_again_and_long_rests_erased() {
        let mut painter = Painter::new(Colour::Ansi16, 12, 1);
        painter.frame(&buffer(&["abcdefghijkl"]));
        assert_eq!(text(painter.frame(&buffer(&["Abcdefghijkl"]))), "^[HA");
        assert_eq!(text(painter.frame(&buffer(&["abcD        "]))), "^[HabcD^[K");
    }

    #[test]
    fn wide_characters_keep_the_columns() {
        let mut painter = Painter::new(Colour::Mono, 6, 1);
        assert_eq!(text(painter.frame(&buffer(&["日a   "]))), "^[0m^[H^[2J日a");
        assert_eq!(text(painter.frame(&buffer(&["日b   "]))), "^[1;3Hb");
        assert_eq!(text(painter.frame(&buffer(&["xyb   "]))), "^[Hxy");
    }
}
