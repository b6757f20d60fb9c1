//! The cells of a CSV file for other readers: tag lists and historian exports.

use super::csv_reader;
use super::diagnostic::Problems;
use super::source::Sources;

/// A cell and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// The rows of a text, without empty ones.
///
/// # Errors
///
/// Line, column and what is wrong, where quotes are.
pub(crate) fn rows(text: &str) -> Result<Vec<Vec<Cell>>, (u32, u32, String)> {
    let mut sources = Sources::default();
    let file = sources.add(String::new(), text.to_owned());
    let mut problems = Problems::default();
    let sheet = csv_reader::sheet(file, text, &mut problems);
    if let Some(problem) = problems.finish(&sources).into_iter().next() {
        return Err((
            problem.line,
            problem.column,
            format!("{}: {}", problem.message, problem.help),
        ));
    }
    // Cells stand in the order of the text, so each is found from the one before.
    let mut at = Cursor::default();
    Ok(sheet
        .rows
        .into_iter()
        .map(|row| {
            row.into_iter()
                .map(|cell| {
                    let (line, column) = at.reach(text, cell.span.start);
                    Cell {
                        text: cell.text,
                        line,
                        column,
                    }
                })
                .collect()
        })
        .collect())
}

/// A place that moves on through a text.
#[derive(Default)]
struct Cursor {
    offset: usize,
    line: u32,
    column: u32,
}

impl Cursor {
    /// Line and column of a later place, both from 1.
    fn reach(&mut self, text: &str, offset: usize) -> (u32, u32) {
        for letter in text.get(self.offset..offset).unwrap_or("").chars() {
            if letter == '\n' {
                self.line = self.line.saturating_add(1);
                self.column = 0;
            } else {
                self.column = self.column.saturating_add(1);
            }
        }
        self.offset = self.offset.max(offset);
        (self.line + 1, self.column + 1)
    }
}
