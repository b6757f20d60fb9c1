//! Text of labelled paragraphs: the details of a point, an alarm, a write, a rule.

use ratatui::layout::Rect;

use crate::paint::Canvas;
use crate::text::{columns, wrap};
use crate::theme::Role;

/// Columns of a label and the gap after it.
const LABEL: u16 = 9;

/// Lines wrapped to a width.
pub(crate) struct Lines {
    width: u16,
    lines: Vec<Vec<(String, Role)>>,
}

impl Lines {
    pub(crate) fn new(width: u16) -> Self {
        Self {
            width,
            lines: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Columns there are.
    pub(crate) fn width(&self) -> u16 {
        self.width
    }

    /// One line as it is.
    pub(crate) fn line(&mut self, text: impl Into<String>, role: Role) {
        self.lines.push(vec![(text.into(), role)]);
    }

    /// One line of several stretches.
    pub(crate) fn spans(&mut self, spans: Vec<(String, Role)>) {
        self.lines.push(spans);
    }

    /// An empty line, but never two of them.
    pub(crate) fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(Vec::new());
        }
    }

    /// A paragraph from edge to edge.
    pub(crate) fn text(&mut self, text: &str, role: Role) {
        for line in wrap(text, usize::from(self.width)) {
            self.line(line, role);
        }
    }

    /// A paragraph beside its label; nothing when the text is empty.
    pub(crate) fn field(&mut self, label: &str, text: &str) {
        self.field_as(label, text, Role::Plain);
    }

    /// As [`Lines::field`], the text in a role.
    pub(crate) fn field_as(&mut self, label: &str, text: &str, role: Role) {
        let room = usize::from(self.width.saturating_sub(LABEL)).max(8);
        let label_width = usize::from(LABEL);
        for (position, line) in wrap(text, room).into_iter().enumerate() {
            let label = if position == 0 { label } else { "" };
            let pad = label_width.saturating_sub(columns(label)).max(1);
            self.lines.push(vec![
                (format!("{label}{}", " ".repeat(pad)), Role::Strong),
                (line, role),
            ]);
        }
    }

    /// A list beside its label.
    pub(crate) fn list<T: AsRef<str>>(&mut self, label: &str, texts: impl IntoIterator<Item = T>) {
        for (position, text) in texts.into_iter().enumerate() {
            self.field(if position == 0 { label } else { "" }, text.as_ref());
        }
    }

    /// Paints from line `first` on, one column in from both edges, and says when there is more.
    pub(crate) fn paint(&self, canvas: &mut Canvas<'_>, area: Rect, first: u16) {
        self.paint_with(canvas, area, first, "Down");
    }

    /// As [`Lines::paint`], with the key that shows the rest.
    pub(crate) fn paint_with(&self, canvas: &mut Canvas<'_>, area: Rect, first: u16, key: &str) {
        let height = usize::from(area.height);
        let furthest = self.lines.len().saturating_sub(height);
        let first = usize::from(first).min(furthest);
        for (row, line) in self.lines.iter().skip(first).take(height).enumerate() {
            let row = u16::try_from(row).unwrap_or(u16::MAX);
            let mut column = 1;
            for (text, role) in line {
                let room = area.width.saturating_sub(column);
                column = canvas.put_cut(area, column, row, room, text, *role);
            }
        }
        let hidden = self.lines.len().saturating_sub(first + height);
        if hidden > 0 && area.height > 1 {
            let text = format!(" {} more lines, {key} ", hidden + 1);
            let width = u16::try_from(text.len()).unwrap_or(0);
            let start = area.width.saturating_sub(width);
            canvas.clear(crate::paint::rows(area, area.height - 1, 1));
            canvas.put(area, start, area.height - 1, &text, Role::Strong);
        }
    }
}
