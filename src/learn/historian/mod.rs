//! Exports of historians: a time in the first column and a column for each tag, or a row for each value.

mod cells;
mod columns;
mod time;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use tapglass_model::CaptureTime;

use cells::Cells;
pub use columns::{Column, Survey, site_of};
pub use time::TimeForm;

/// A longer line is no row of values.
const LONGEST_LINE: u64 = 4 << 20;
/// Columns that are read.
const MOST_COLUMNS: usize = 20_000;
/// Lines from which forms are told.
const LOOKED_AT: usize = 2_000;
/// Tags of a file with a row for each value.
const MOST_NAMES: usize = 20_000;

/// Why a file cannot be read.
#[derive(Debug)]
pub struct HistorianError {
    path: PathBuf,
    text: String,
}

impl std::fmt::Display for HistorianError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.text)
    }
}

impl std::error::Error for HistorianError {}

/// What the columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// A column for each tag.
    Wide,
    /// The columns of tag and value.
    Long(usize, usize),
}

/// A file whose form is known.
#[derive(Clone, Debug)]
pub struct Historian {
    path: PathBuf,
    cells: Cells,
    layout: Layout,
    time: TimeForm,
    /// Names of the columns; in long form, of the tags, in order of first sight.
    pub names: Vec<String>,
    /// Columns of the file that are tags, with their places in `names`.
    places: Vec<(usize, usize)>,
}

/// What was read beside the values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Rows with a time.
    pub rows: u64,
    /// Lines without a time, or with one before that of the line above.
    pub skipped: u64,
    /// Cells without a number.
    pub empty: u64,
}

impl Historian {
    /// Looks at a file. Columns named in `ignore` are not tags.
    ///
    /// # Errors
    ///
    /// When it cannot be read, has no header, or no time in its first column.
    pub fn open(path: &Path, ignore: &[String]) -> Result<Self, HistorianError> {
        let fail = |text: &str| HistorianError {
            path: path.to_path_buf(),
            text: text.to_owned(),
        };
        let mut lines = Lines::open(path)?;
        let first = lines.next()?.ok_or_else(|| fail("it is empty"))?;
        let cells = Cells::of(&first);
        let header: Vec<String> = cells.split(&first).map(|cell| cell.trim().to_owned()).collect();
        let mut rows: Vec<Vec<String>> = Vec::new();
        while rows.len() < LOOKED_AT
            && let Some(line) = lines.next()?
        {
            rows.push(cells.split(&line).map(|cell| cell.trim().to_owned()).collect());
        }
        let times: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.first())
            .map(String::as_str)
            .collect();
        let time = TimeForm::of(&times).ok_or_else(|| {
            fail("its first column is no time; known are ISO 8601, day/month/year, month/day/year and seconds or milliseconds since 1970")
        })?;
        let layout = layout(&header, &rows, cells);
        let mut found = Self {
            path: path.to_path_buf(),
            cells,
            layout,
            time,
            names: Vec::new(),
            places: Vec::new(),
        };
        if layout == Layout::Wide {
            for (column, name) in header.iter().enumerate().skip(1).take(MOST_COLUMNS) {
                if name.is_empty()
                    || ignore.iter().any(|ignored| ignored == name)
                    || found.names.contains(name)
                {
                    continue;
                }
                found.places.push((column, found.names.len()));
                found.names.push(name.clone());
            }
        } else {
            found.names_of_rows(ignore)?;
        }
        if found.names.is_empty() {
            return Err(fail("no column beside the time has a name"));
        }
        Ok(found)
    }

    /// In long form, the names stand in the rows.
    fn names_of_rows(&mut self, ignore: &[String]) -> Result<(), HistorianError> {
        let Layout::Long(name, _) = self.layout else {
            return Ok(());
        };
        let mut known = std::collections::BTreeSet::new();
        let mut lines = Lines::open(&self.path)?;
        let _ = lines.next()?;
        while let Some(line) = lines.next()? {
            if let Some(cell) = self.cells.split(&line).nth(name) {
                let cell = cell.trim();
                if !cell.is_empty()
                    && known.len() < MOST_NAMES
                    && !ignore.iter().any(|ignored| ignored == cell)
                    && known.insert(cell.to_owned())
                {
                    self.names.push(cell.to_owned());
                }
            }
        }
        Ok(())
    }

    /// Calls `visit` for every row, in order of the file: its time, its number from 1, and its values by their place in
    /// [`Historian::names`].
    ///
    /// # Errors
    ///
    /// When the file cannot be read any more.
    pub fn each(
        &self,
        mut visit: impl FnMut(CaptureTime, u64, &[(usize, f64)]),
    ) -> Result<Read, HistorianError> {
        let mut read = Read::default();
        let mut lines = Lines::open(&self.path)?;
        let _ = lines.next()?;
        let places: std::collections::BTreeMap<&str, usize> = self
            .names
            .iter()
            .enumerate()
            .map(|(place, name)| (name.as_str(), place))
            .collect();
        let mut values: Vec<(usize, f64)> = Vec::new();
        let mut last: Option<CaptureTime> = None;
        while let Some(line) = lines.next()? {
            if line.trim().is_empty() {
                continue;
            }
            let mut cells = self.cells.split(&line);
            let at = cells.next().and_then(|cell| self.time.read(cell.trim()));
            let Some(at) = at.filter(|at| last.is_none_or(|last| last <= *at)) else {
                read.skipped += 1;
                continue;
            };
            // A row of values is complete when the time goes on.
            if self.layout != Layout::Wide && last.is_some_and(|last| last < at) && !values.is_empty() {
                read.rows += 1;
                visit(last.unwrap_or(at), read.rows, &values);
                values.clear();
            }
            last = Some(at);
            match self.layout {
                Layout::Wide => {
                    values.clear();
                    let mut wanted = self.places.iter().peekable();
                    for (column, cell) in (1..).zip(cells) {
                        if let Some((_, place)) = wanted.next_if(|wanted| wanted.0 == column) {
                            match self.cells.number(&cell) {
                                Some(number) => values.push((*place, number)),
                                None => read.empty += 1,
                            }
                        }
                    }
                    read.rows += 1;
                    visit(at, read.rows, &values);
                }
                Layout::Long(name, value) => {
                    let mut row = cells;
                    // The time was taken already, so the others stand one before.
                    let cells: Vec<_> = row.by_ref().take(name.max(value)).collect();
                    let of = |column: usize| column.checked_sub(1).and_then(|place| cells.get(place));
                    let place = of(name).and_then(|cell| places.get(cell.trim()));
                    match (place, of(value).and_then(|cell| self.cells.number(cell))) {
                        (Some(place), Some(number)) => values.push((*place, number)),
                        _ => read.empty += 1,
                    }
                }
            }
        }
        if self.layout != Layout::Wide
            && !values.is_empty()
            && let Some(at) = last
        {
            read.rows += 1;
            visit(at, read.rows, &values);
        }
        Ok(read)
    }
}

/// Three columns of which one holds names and another numbers.
fn layout(header: &[String], rows: &[Vec<String>], cells: Cells) -> Layout {
    let place = |words: &[&str]| {
        header.iter().position(|name| {
            let name = name.to_lowercase();
            words.iter().any(|word| name == *word)
        })
    };
    let name = place(&[
        "tag", "tagname", "tag name", "tag_name", "name", "point", "variable", "item", "signal",
    ]);
    let value = place(&["value", "val", "vvalue", "reading"]);
    match (name, value) {
        (Some(name), Some(value)) if name > 0 && value > 0 => {
            let texts = rows
                .iter()
                .filter_map(|row| row.get(name))
                .filter(|cell| cells.number(cell).is_none())
                .count();
            if texts * 2 > rows.len() || rows.is_empty() {
                return Layout::Long(name, value);
            }
            Layout::Wide
        }
        _ => Layout::Wide,
    }
}

/// Lines of bounded length.
struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, HistorianError> {
        let fail = |error: std::io::Error| HistorianError {
            path: path.to_path_buf(),
            text: error.to_string(),
        };
        Ok(Self {
            path: path.to_path_buf(),
            reader: BufReader::new(File::open(path).map_err(fail)?),
        })
    }

    fn next(&mut self) -> Result<Option<String>, HistorianError> {
        let mut bytes = Vec::new();
        let read = self
            .reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| HistorianError {
                path: self.path.clone(),
                text: error.to_string(),
            })?;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == LONGEST_LINE {
            return Err(HistorianError {
                path: self.path.clone(),
                text: "a line is longer than four megabytes: this is no table".to_owned(),
            });
        }
        let text = String::from_utf8_lossy(&bytes);
        Ok(Some(
            text.trim_end_matches(['\n', '\r'])
                .trim_start_matches('\u{feff}')
                .to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests;
