//! A table for people: columns as wide as what they hold, and lines below a row for what needs more room.

use std::fmt::Write as _;

/// Widest line.
const WIDTH: usize = 100;
/// Columns are not made narrower than this.
const NARROWEST: usize = 8;
/// Between two columns.
const GAP: usize = 2;
/// Before the lines below a row.
const INDENT: usize = 4;

/// Rows of cells with further lines below each.
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<(Vec<String>, Vec<String>)>,
}

impl Table {
    pub(super) const fn new(head: Vec<&'static str>) -> Self {
        Self {
            head,
            rows: Vec::new(),
        }
    }

    /// Adds a row, and what is said below it.
    pub(super) fn row(&mut self, cells: Vec<String>, below: Vec<String>) {
        let plain = |list: Vec<String>| list.iter().map(|text| plain(text)).collect();
        self.rows.push((plain(cells), plain(below)));
    }

    /// The table as text.
    pub(super) fn text(&self) -> String {
        let widths = self.widths();
        let mut out = String::new();
        let head: Vec<String> = self.head.iter().map(|cell| (*cell).to_owned()).collect();
        line(&mut out, &head, &widths);
        for (cells, below) in &self.rows {
            line(&mut out, cells, &widths);
            for text in below {
                wrapped(&mut out, text);
            }
        }
        out
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.head.iter().map(|cell| width(cell)).collect();
        for (cells, _) in &self.rows {
            for (cell, widest) in cells.iter().zip(&mut widths) {
                *widest = (*widest).max(width(cell));
            }
        }
        let room = WIDTH.saturating_sub(GAP * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            // The last of the widest gives way: addresses stand in front.
            match widths.iter_mut().max_by_key(|width| **width) {
                Some(widest) if *widest > NARROWEST => *widest -= 1,
                _ => break,
            }
        }
        widths
    }
}

/// Columns that a character takes; an overestimate for those beyond the alphabets.
const fn columns(character: char) -> usize {
    if character >= '\u{1100}' { 2 } else { 1 }
}

fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Without what could move the cursor or turn the direction of text: names come from the wire.
fn plain(text: &str) -> String {
    let hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    text.chars()
        .map(|character| if hidden(character) { '?' } else { character })
        .collect()
}

fn line(out: &mut String, cells: &[String], widths: &[usize]) {
    let begin = out.len();
    for (place, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if place > 0 {
            out.push_str(&" ".repeat(GAP));
        }
        let cell = cut(cell, *width);
        let rest = width.saturating_sub(self::width(&cell));
        let _ = write!(out, "{cell}{}", " ".repeat(rest));
    }
    out.truncate(begin + out.get(begin..).map_or(0, |line| line.trim_end().len()));
    out.push('\n');
}

/// A cell that is too long ends with three dots.
fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 3;
    for character in text.chars() {
        used += columns(character);
        if used > room {
            break;
        }
        kept.push(character);
    }
    kept.push_str("...");
    kept
}

/// A line below a row, broken between words; a word that is too long is broken anywhere.
fn wrapped(out: &mut String, text: &str) {
    let room = WIDTH - INDENT;
    let mut used = 0;
    let begin = |out: &mut String, used: &mut usize| {
        if *used > 0 {
            out.push('\n');
        }
        out.push_str(&" ".repeat(INDENT));
        *used = 0;
    };
    begin(out, &mut used);
    for word in text.split_whitespace() {
        let gap = usize::from(used > 0);
        if used > 0 && used + gap + width(word) > room {
            begin(out, &mut used);
        } else if gap > 0 {
            out.push(' ');
            used += 1;
        }
        for character in word.chars() {
            if used + columns(character) > room {
                begin(out, &mut used);
            }
            out.push(character);
            used += columns(character);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_line_up_and_long_cells_are_cut() {
        let mut table = Table::new(vec!["NAME", "ROLE"]);
        table.row(
            vec!["a".to_owned(), "server".to_owned()],
            vec!["below it".to_owned()],
        );
        table.row(vec!["plc\u{1b}[31m".to_owned(), "x".repeat(200)], Vec::new());
        let text = table.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "NAME      ROLE");
        assert_eq!(lines[1], "a         server");
        assert_eq!(lines[2], "    below it");
        assert!(lines[3].starts_with("plc?[31m  xxx") && lines[3].ends_with("x..."));
        assert_eq!(lines[3].len(), WIDTH);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_a_screen(
            cells in prop::collection::vec(prop::collection::vec("\\PC{0,80}", 5), 0..6),
            below in "[\\PC\u{1b} ]{0,300}",
        ) {
            let mut table = Table::new(vec!["A", "B", "C", "D", "E"]);
            for row in cells {
                table.row(row, vec![below.clone()]);
            }
            for line in table.text().lines() {
                prop_assert!(width(line) <= WIDTH, "{line}");
                prop_assert!(!line.chars().any(char::is_control));
            }
        }
    }
}
