//! The site of a historian: its columns are the tags.

use std::fmt::Write as _;

use super::super::text::{cell, comment, quoted};
use super::super::write::{Files, Learning};
use super::{Historian, HistorianError};

/// Gaps between rows that are looked at.
const GAPS: usize = 5_000;

/// What one column holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Values.
    pub values: u64,
    /// Values that differ from the one before.
    pub changes: u64,
    /// Values that are more than the one before.
    pub rises: u64,
    /// Only whole numbers.
    pub whole: bool,
    /// Smallest and largest.
    pub range: Option<(f64, f64)>,
    last: Option<f64>,
}

/// What the files hold.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Every column of every file, in order of first sight.
    pub columns: Vec<Column>,
    /// The usual time between two rows, nanoseconds.
    pub gap: i64,
    /// Rows.
    pub rows: u64,
    /// Lines that could not be read.
    pub skipped: u64,
}

impl Survey {
    /// Reads files through once.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub fn of(files: &[Historian]) -> Result<Self, HistorianError> {
        let mut survey = Self::default();
        let mut gaps: Vec<i64> = Vec::new();
        for file in files {
            let places: Vec<usize> = file.names.iter().map(|name| survey.place(name)).collect();
            let mut last = None;
            let columns = &mut survey.columns;
            let read = file.each(|at, _, values| {
                if let Some(before) = last.replace(at)
                    && gaps.len() < GAPS
                {
                    gaps.push(at.0.saturating_sub(before.0));
                }
                for (place, value) in values {
                    if let Some(column) = places.get(*place).and_then(|place| columns.get_mut(*place)) {
                        column.take(*value);
                    }
                }
            })?;
            survey.rows += read.rows;
            survey.skipped += read.skipped;
        }
        gaps.retain(|gap| *gap > 0);
        gaps.sort_unstable();
        survey.gap = gaps.get(gaps.len() / 2).copied().unwrap_or(0);
        Ok(survey)
    }

    fn place(&mut self, name: &str) -> usize {
        self.columns
            .iter()
            .position(|column| column.name == name)
            .unwrap_or_else(|| {
                self.columns.push(Column {
                    name: name.to_owned(),
                    whole: true,
                    ..Column::default()
                });
                self.columns.len() - 1
            })
    }
}

impl Column {
    fn take(&mut self, value: f64) {
        self.values += 1;
        self.whole &= value.fract() == 0.0;
        if let Some(last) = self.last {
            self.changes += u64::from(last.to_bits() != value.to_bits());
            self.rises += u64::from(last < value);
        }
        self.last = Some(value);
        self.range = Some(match self.range {
            None => (value, value),
            Some((low, high)) => (low.min(value), high.max(value)),
        });
    }

    fn role(&self) -> (&'static str, String) {
        let span = self.range.map_or(0.0, |(low, high)| high - low);
        if self.changes == 0 {
            ("", "never changed".to_owned())
        } else if self.whole && span <= 8.0 {
            ("", "a few whole numbers: a state".to_owned())
        } else if self.changes >= 8 && self.rises * 20 >= self.changes * 19 {
            ("", "counts up".to_owned())
        } else {
            ("pv", "a measurement".to_owned())
        }
    }
}

/// plant.toml and tags.csv of what the files hold. `resolution` is the step to which exports round.
#[must_use]
pub fn site_of(survey: &Survey, learning: &Learning, resolution: Option<f64>) -> Files {
    let mut plant = String::from(
        "# Learned from exports of a historian by `tapglass learn --csv`: to be reviewed. Units, roles and safe limits are the\n\
         # plant's knowledge and cannot be learned; nothing here is a safe limit. What is usual stands in baseline.toml.\n",
    );
    for capture in &learning.captures {
        let _ = writeln!(plant, "# from {}", comment(capture));
    }
    let _ = writeln!(
        plant,
        "\n[site]\nname = {}\n\n[device.historian]\nproto = \"historian\"\n# {} rows",
        quoted(&learning.name),
        survey.rows
    );
    let mut tags = String::from("name,at,role,res,desc\n");
    for column in &survey.columns {
        let (role, why) = column.role();
        let description = format!(
            "{why}; {} values, changed {} times",
            column.values, column.changes
        );
        let cells = [
            column.name.as_str(),
            &format!("historian/{}", column.name),
            role,
            &resolution
                .filter(|_| !column.whole)
                .map_or_else(String::new, |resolution| resolution.to_string()),
            &description,
        ]
        .map(cell);
        let _ = writeln!(tags, "{}", cells.join(","));
    }
    Files {
        plant,
        tags,
        counts: [1, 0, survey.columns.len()],
    }
}
