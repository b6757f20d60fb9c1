//! A buffer that cannot be painted outside its edges, however small the terminal is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::{clean, columns, cut};
use crate::theme::{Caps, Role};

/// Paints cleaned text into areas that are cut to the buffer first.
pub(crate) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    /// What the terminal can show.
    pub(crate) caps: Caps,
}

impl<'a> Canvas<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, caps: Caps) -> Self {
        Self { buffer, caps }
    }

    /// Paints `text` at `column` and `row` of `area`, cut at its right edge, and returns the column after it.
    pub(crate) fn put(&mut self, area: Rect, column: u16, row: u16, text: &str, role: Role) -> u16 {
        self.put_style(area, column, row, text, self.caps.style(role))
    }

    /// As [`Canvas::put`], the text first cut to `width` columns with a `>` where something is missing.
    pub(crate) fn put_cut(
        &mut self,
        area: Rect,
        column: u16,
        row: u16,
        width: u16,
        text: &str,
        role: Role,
    ) -> u16 {
        let width = width.min(area.width.saturating_sub(column));
        let cleaned = clean(text, self.caps.glyphs);
        let fitting = cut(&cleaned, usize::from(width));
        self.put_style(area, column, row, &fitting, self.caps.style(role))
    }

    /// As [`Canvas::put_cut`], against the right edge of `width` columns.
    pub(crate) fn put_right(
        &mut self,
        area: Rect,
        column: u16,
        row: u16,
        width: u16,
        text: &str,
        role: Role,
    ) {
        let cleaned = clean(text, self.caps.glyphs);
        let fitting = cut(&cleaned, usize::from(width));
        let used = u16::try_from(columns(&fitting)).unwrap_or(width);
        let start = column.saturating_add(width.saturating_sub(used));
        self.put_style(area, start, row, &fitting, self.caps.style(role));
    }

    fn put_style(&mut self, area: Rect, column: u16, row: u16, text: &str, style: Style) -> u16 {
        let area = area.intersection(self.buffer.area);
        if column >= area.width || row >= area.height {
            return column;
        }
        let cleaned = clean(text, self.caps.glyphs);
        let room = usize::from(area.width - column);
        let (x, y) = (area.x.saturating_add(column), area.y.saturating_add(row));
        let (end, _) = self.buffer.set_stringn(x, y, &*cleaned, room, style);
        end.saturating_sub(area.x)
    }

    /// Gives a row the style of a role, keeping its text.
    pub(crate) fn style_row(&mut self, area: Rect, row: u16, role: Role) {
        if row < area.height {
            let line = Rect::new(area.x, area.y.saturating_add(row), area.width, 1);
            self.buffer
                .set_style(line.intersection(self.buffer.area), self.caps.style(role));
        }
    }

    /// Gives `width` cells the style of a role, keeping their text.
    pub(crate) fn style_cells(&mut self, area: Rect, column: u16, row: u16, width: u16, role: Role) {
        if row < area.height {
            let cells = Rect::new(
                area.x.saturating_add(column),
                area.y.saturating_add(row),
                width.min(area.width.saturating_sub(column)),
                1,
            );
            self.buffer
                .set_style(cells.intersection(self.buffer.area), self.caps.style(role));
        }
    }

    /// A row of ink from edge to edge.
    pub(crate) fn rule(&mut self, area: Rect, row: u16) {
        let ink = self.caps.sign("-", "\u{2500}").repeat(usize::from(area.width));
        self.put(area, 0, row, &ink, Role::Ink);
    }

    /// A row of ink with a title at the left and a remark at the right.
    pub(crate) fn heading(&mut self, area: Rect, row: u16, left: &str, right: &str) {
        self.rule(area, row);
        let dash = self.caps.sign("-- ", "\u{2500}\u{2500} ");
        let room = area.width.saturating_sub(4);
        let title = format!("{left} ");
        self.put(area, 0, row, dash, Role::Ink);
        let end = self.put_cut(area, 3, row, room, &title, Role::Strong);
        let wanted = u16::try_from(columns(right))
            .unwrap_or(u16::MAX)
            .saturating_add(5);
        if !right.is_empty() && end.saturating_add(wanted) <= area.width {
            let start = area.width - wanted;
            self.put(area, start, row, &format!(" {right} "), Role::Plain);
        }
    }

    /// Empties an area.
    pub(crate) fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// A frame with a title; returns what is inside.
    pub(crate) fn pane(&mut self, area: Rect, title: &str, focused: bool) -> Rect {
        if area.width < 4 || area.height < 3 {
            return area;
        }
        let (corner, flat, side) = if self.caps.ascii() {
            (["+", "+", "+", "+"], "-", "|")
        } else {
            (
                ["\u{250c}", "\u{2510}", "\u{2514}", "\u{2518}"],
                "\u{2500}",
                "\u{2502}",
            )
        };
        let [top_left, top_right, bottom_left, bottom_right] = corner;
        let line = flat.repeat(usize::from(area.width - 2));
        let (right, bottom) = (area.width - 1, area.height - 1);
        self.put(area, 0, 0, &format!("{top_left}{line}{top_right}"), Role::Ink);
        self.put(
            area,
            0,
            bottom,
            &format!("{bottom_left}{line}{bottom_right}"),
            Role::Ink,
        );
        for row in 1..bottom {
            self.put(area, 0, row, side, Role::Ink);
            self.put(area, right, row, side, Role::Ink);
        }
        if !title.is_empty() {
            let mark = if focused { self.caps.pointer() } else { "" };
            let room = area.width.saturating_sub(4);
            self.put_cut(area, 2, 0, room, &format!(" {mark}{title} "), Role::Strong);
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }
}

/// The rows of an area from `top`, `height` of them.
pub(crate) fn rows(area: Rect, top: u16, height: u16) -> Rect {
    let top = top.min(area.height);
    Rect::new(
        area.x,
        area.y.saturating_add(top),
        area.width,
        height.min(area.height - top),
    )
}

/// The columns of an area from `left`, `width` of them.
pub(crate) fn cols(area: Rect, left: u16, width: u16) -> Rect {
    let left = left.min(area.width);
    Rect::new(
        area.x.saturating_add(left),
        area.y,
        width.min(area.width - left),
        area.height,
    )
}
