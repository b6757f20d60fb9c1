//! The second pass: the engine watches the points that were found.

use tapglass_model::{CaptureTime, SECOND, Severity};

use super::historian::{Historian, HistorianError, Survey};
use crate::engine::{Engine, Options};
use crate::plant::clock::{Moment, NEVER, span};
use crate::site::{Learned, OnUnknown, Rule, RuleKind, RuleSource, Site, TagId};

/// Changes that all tags together may keep, sixteen bytes each.
const BUDGET: usize = 8_000_000;
/// Changes that are kept of one tag at most.
const MOST: usize = 20_000;
/// A longer pause between frames is no part of an ordinary day: captures of several days have nights between them.
const PAUSE: i64 = 60 * SECOND;

/// The site with rules that watch every tag and everybody who asks, beside those that its roles bring.
#[must_use]
pub fn watch(mut site: Site) -> Site {
    site.rules
        .retain(|rule| matches!(rule.kind, RuleKind::Frozen { .. } | RuleKind::Replay { .. }));
    let history = (BUDGET / site.tags.len().max(1)).clamp(64, MOST);
    let watched: Vec<Learned> = site
        .tag_ids()
        .map(|(tag, _)| Learned::Watch { tag, history })
        .chain([Learned::Listen])
        .collect();
    site.rules.extend(watched.into_iter().map(|learned| Rule {
        id: "learn".to_owned(),
        kind: RuleKind::Baseline(learned),
        source: RuleSource::Learned,
        severity: Severity::Low,
        when: None,
        on_unknown: OnUnknown::Quiet,
        on_delay: None,
        off_delay: None,
        why: String::new(),
        check: String::new(),
        consequence: String::new(),
        attack: Vec::new(),
        owner: String::new(),
        moc: String::new(),
        disabled: false,
        tests: Vec::new(),
        location: crate::site::Location::default(),
    }));
    site
}

/// Stretches of time without a long pause.
#[derive(Clone, Debug)]
pub struct Stretches {
    /// Begin and end of each.
    pub list: Vec<(Moment, Moment)>,
    /// The longest pause within one, nanoseconds.
    pause: i64,
}

impl Stretches {
    /// None yet; `pause` is the longest that belongs to one stretch.
    #[must_use]
    pub const fn new(pause: i64) -> Self {
        Self {
            list: Vec::new(),
            pause,
        }
    }

    /// Something was heard now.
    pub fn hear(&mut self, now: Moment) {
        match self.list.last_mut() {
            Some(last) if span(last.1, now) <= self.pause => last.1 = last.1.max(now),
            _ => self.list.push((now, now)),
        }
    }

    /// How long all of them are together, nanoseconds.
    #[must_use]
    pub fn length(&self) -> i64 {
        self.list.iter().map(|(from, until)| span(*from, *until)).sum()
    }

    /// The moment by which one part of so many was over.
    #[must_use]
    pub fn passed(&self, parts: i64) -> Moment {
        let mut left = self.length() / parts.max(1);
        for (from, until) in &self.list {
            let length = span(*from, *until);
            if length >= left {
                return from.saturating_add(left);
            }
            left -= length;
        }
        NEVER
    }
}

/// An engine that watches, and the time that it watched.
#[derive(Debug)]
pub struct Learner {
    /// The engine.
    pub engine: Engine,
    /// When it heard something.
    pub stretches: Stretches,
}

impl Learner {
    /// Nothing watched yet.
    #[must_use]
    pub fn new(site: Site) -> Self {
        Self::with_pause(site, PAUSE)
    }

    /// The same where samples are further apart: `pause` is the longest time between two of them, nanoseconds.
    #[must_use]
    pub fn with_pause(site: Site, pause: i64) -> Self {
        Self {
            engine: Engine::new(watch(site), Options::default()),
            stretches: Stretches::new(pause),
        }
    }

    /// Learns from exports of a historian; `survey` is of the same files.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub fn of_exports(site: Site, files: &[Historian], survey: &Survey) -> Result<Self, HistorianError> {
        let mut learner = Self::with_pause(site, survey.gap.saturating_mul(4).max(PAUSE));
        let mut last = None;
        for file in files {
            let tags: Vec<Option<TagId>> = file
                .names
                .iter()
                .map(|name| learner.engine.site().tag_named(name))
                .collect();
            let mut row: Vec<(TagId, f64)> = Vec::new();
            file.each(|at, number, values| {
                row.clear();
                row.extend(
                    values
                        .iter()
                        .filter_map(|(place, value)| Some(((*tags.get(*place)?)?, *value))),
                );
                learner.engine.row(at, number, &row);
                learner.stretches.hear(learner.engine.moment_now());
                drop(learner.engine.drain());
                last = Some(at);
            })?;
        }
        learner.finish(last);
        Ok(learner)
    }

    /// All that was to be heard was heard.
    pub fn finish(&mut self, last: Option<CaptureTime>) {
        if let Some(last) = last {
            self.engine.finish(last);
        }
        drop(self.engine.drain());
    }
}
