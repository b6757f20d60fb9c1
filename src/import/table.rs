//! CSV with named columns and the place of every cell.

use crate::site::cells::{self, Cell};

use super::ImportError;

/// Rows under a header.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    header: Vec<String>,
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// Reads the rows below the first one that names all of `needed`. Lines before it that begin with a mark of `comments` are
    /// left out.
    pub(super) fn read(text: &str, needed: &[&str], comments: &[char]) -> Result<Self, ImportError> {
        let bare = without_comments(text, needed, comments);
        let mut rows = cells::rows(&bare)
            .map_err(|(line, column, what)| ImportError::new(Some((line, column)), what))?
            .into_iter();
        let header: Vec<String> = rows
            .next()
            .unwrap_or_default()
            .iter()
            .map(|cell| column_name(&cell.text))
            .collect();
        for name in needed {
            if !header.contains(&column_name(name)) {
                return Err(ImportError::new(
                    Some((1, 1)),
                    format!("no column is called `{name}`; export the list again with its header line"),
                ));
            }
        }
        Ok(Self {
            header,
            rows: rows.collect(),
        })
    }

    /// The cell of a column; `None` where the column or the cell is missing or empty.
    pub(super) fn cell<'a>(&self, row: &'a [Cell], column: &str) -> Option<&'a Cell> {
        let wanted = column_name(column);
        let place = self.header.iter().position(|name| *name == wanted)?;
        row.get(place).filter(|cell| !cell.text.is_empty())
    }

    /// The text of a column, empty where there is none.
    pub(super) fn text<'a>(&self, row: &'a [Cell], column: &str) -> &'a str {
        self.cell(row, column).map_or("", |cell| cell.text.as_str())
    }

    /// Where a row begins.
    pub(super) fn place(row: &[Cell]) -> (u32, u32) {
        row.first().map_or((0, 0), |cell| (cell.line, cell.column))
    }
}

/// Names of columns differ in case, blanks and underscores from version to version.
fn column_name(text: &str) -> String {
    text.trim_start_matches(['\'', '#'])
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The text with lines emptied that are comments, so that all others keep their number.
fn without_comments(text: &str, needed: &[&str], comments: &[char]) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut below = false;
    for line in text.split_inclusive('\n') {
        let named = column_name(line);
        let is_header = !below && needed.iter().all(|name| named.contains(&column_name(name)));
        let comment = !is_header && line.trim_start().starts_with(comments);
        if below && !comment || is_header {
            bare.push_str(line);
        } else if line.ends_with('\n') {
            // Before the header nothing is data.
            bare.push('\n');
        }
        below |= is_header;
    }
    bare
}
