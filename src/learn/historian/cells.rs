//! Cells of a line.

use std::borrow::Cow;

/// How a file separates its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cells {
    separator: char,
}

impl Cells {
    /// The separator of a header: the one that occurs most.
    pub(super) fn of(header: &str) -> Self {
        let separator = [',', ';', '\t']
            .into_iter()
            .rev()
            .max_by_key(|separator| header.matches(*separator).count())
            .unwrap_or(',');
        Self { separator }
    }

    /// The cells of a line; quotes around a cell are taken off.
    pub(super) fn split(self, line: &str) -> impl Iterator<Item = Cow<'_, str>> {
        let mut rest = Some(line);
        std::iter::from_fn(move || {
            let text = rest?;
            let lead = text.len() - text.trim_start_matches(' ').len();
            if let Some(inside) = text.get(lead..).and_then(|text| text.strip_prefix('"')) {
                let mut end = inside.len();
                let mut letters = inside.char_indices().peekable();
                while let Some((at, letter)) = letters.next() {
                    if letter != '"' {
                        continue;
                    }
                    if letters.next_if(|next| next.1 == '"').is_none() {
                        end = at;
                        break;
                    }
                }
                let cell = inside.get(..end).unwrap_or("");
                rest = inside
                    .get(end..)
                    .and_then(|after| after.split_once(self.separator))
                    .map(|after| after.1);
                return Some(if cell.contains("\"\"") {
                    Cow::Owned(cell.replace("\"\"", "\""))
                } else {
                    Cow::Borrowed(cell)
                });
            }
            let (cell, after) = match text.split_once(self.separator) {
                Some((cell, after)) => (cell, Some(after)),
                None => (text, None),
            };
            rest = after;
            Some(Cow::Borrowed(cell))
        })
    }

    /// The number of a cell, also a state as historians write it.
    pub(super) fn number(self, cell: &str) -> Option<f64> {
        let text = cell.trim();
        let number: Option<f64> = if self.separator != ',' && text.contains(',') && !text.contains('.') {
            // Where cells are not separated by commas, the comma is that of decimals.
            text.replace(',', ".").parse().ok()
        } else {
            text.parse().ok()
        };
        number
            .filter(|number| number.is_finite())
            .or_else(|| match text.to_ascii_lowercase().as_str() {
                "true" | "on" | "open" | "running" => Some(1.0),
                "false" | "off" | "closed" | "stopped" => Some(0.0),
                _ => None,
            })
    }
}
