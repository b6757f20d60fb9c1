//! `tapglass check --csv`: rules over exports of a historian.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use tapglass_model::{CaptureTime, Severity};

use super::output::Output;
use super::{Exit, verdict};
use crate::alarm::Alarm;
use crate::engine::{Engine, Options, Output as Said};
use crate::learn::historian::Historian;
use crate::records::Captures;
use crate::records::alarm::write_alarm;
use crate::site::{Site, TagId};

/// Opens exports.
pub(super) fn open(files: &[PathBuf], ignore: &[String]) -> Result<Vec<Historian>, String> {
    files
        .iter()
        .map(|file| Historian::open(file, ignore).map_err(|error| error.to_string()))
        .collect()
}

/// How the alarms are shown.
pub(super) struct Ask {
    pub(super) json: bool,
    pub(super) long: bool,
    pub(super) fail_on: Severity,
    pub(super) allow_incomplete: bool,
}

/// Checks exports against a site, whose tags are found by the names of the columns.
pub(super) fn check(files: &[PathBuf], ignore: &[String], site: Site, ask: &Ask) -> Exit {
    let exports = match open(files, ignore) {
        Ok(exports) => exports,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    let captures = Captures::new(files.iter().map(|file| file.display().to_string()).collect());
    let mut run = Run {
        engine: Engine::new(site, Options::default()),
        alarms: BTreeMap::new(),
        rows: 0,
        skipped: 0,
        time: None,
        unknown: Vec::new(),
    };
    for (number, export) in exports.iter().enumerate() {
        if let Err(error) = run.file(number, export) {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    }
    run.conclude(&captures, ask)
}

struct Run {
    engine: Engine,
    alarms: BTreeMap<u64, Arc<Alarm>>,
    rows: u64,
    skipped: u64,
    time: Option<(CaptureTime, CaptureTime)>,
    /// Columns without a tag.
    unknown: Vec<String>,
}

impl Run {
    fn file(&mut self, number: usize, export: &Historian) -> Result<(), String> {
        let tags: Vec<Option<TagId>> = export
            .names
            .iter()
            .map(|name| self.engine.site().tag_named(name))
            .collect();
        for (name, tag) in export.names.iter().zip(&tags) {
            if tag.is_none() && !self.unknown.contains(name) {
                self.unknown.push(name.clone());
            }
        }
        let mut row: Vec<(TagId, f64)> = Vec::new();
        let read = export
            .each(|at, place, values| {
                row.clear();
                row.extend(
                    values
                        .iter()
                        .filter_map(|(place, value)| Some(((*tags.get(*place)?)?, *value))),
                );
                // Rows are numbered as frames are: the number says in which file they are.
                self.engine.row(at, Captures::number(number, place), &row);
                self.time = Some(
                    self.time
                        .map_or((at, at), |(from, until)| (from.min(at), until.max(at))),
                );
                self.take();
            })
            .map_err(|error| error.to_string())?;
        self.rows += read.rows;
        self.skipped += read.skipped;
        Ok(())
    }

    fn take(&mut self) {
        for said in self.engine.drain() {
            if let Said::Alarm(transition) = said {
                self.alarms.insert(transition.alarm.number, transition.alarm);
            }
        }
    }

    fn conclude(mut self, captures: &Captures, ask: &Ask) -> Exit {
        if let Some((_, last)) = self.time {
            self.engine.finish(last);
            self.take();
        }
        let mut alarms: Vec<&Arc<Alarm>> = self.alarms.values().collect();
        alarms.sort_by(|a, b| {
            (a.first_time, std::cmp::Reverse(a.severity), &a.rule, a.number).cmp(&(
                b.first_time,
                std::cmp::Reverse(b.severity),
                &b.rule,
                b.number,
            ))
        });
        let mut output = Output::new(false);
        for alarm in &alarms {
            if ask.json {
                write_alarm(&mut output.bytes, captures, alarm);
            } else {
                verdict::print_alarm(&mut output.bytes, captures, alarm, ask.long);
            }
            output.record();
        }
        let text = self.summary(alarms.iter().filter(|alarm| !alarm.advice).count());
        if ask.json {
            eprint!("{text}");
        } else {
            output.bytes.extend_from_slice(text.as_bytes());
        }
        output.flush();
        if output.closed {
            return output.exit();
        }
        let worst = alarms
            .iter()
            .filter(|alarm| !alarm.advice)
            .map(|alarm| alarm.severity)
            .max();
        if worst >= Some(ask.fail_on) {
            Exit::Alarm
        } else if (self.skipped > 0 || !self.unknown.is_empty()) && !ask.allow_incomplete {
            Exit::Incomplete
        } else {
            Exit::Nothing
        }
    }

    fn summary(&self, alarms: usize) -> String {
        let mut text = String::new();
        if let Some((from, until)) = self.time {
            let _ = writeln!(text, "{} rows from {from} to {until}, {alarms} alarms", self.rows);
        } else {
            text.push_str("no row has a time\n");
        }
        if self.skipped > 0 {
            let _ = writeln!(
                text,
                "not seen: {} lines have no time, or one before that of the line above",
                self.skipped
            );
        }
        if !self.unknown.is_empty() {
            let shown: Vec<&str> = self.unknown.iter().take(10).map(String::as_str).collect();
            let _ = writeln!(
                text,
                "not checked: {} columns are no tags of the site: {}{}",
                self.unknown.len(),
                shown.join(", "),
                if self.unknown.len() > shown.len() {
                    ", ..."
                } else {
                    ""
                }
            );
        }
        text
    }
}
