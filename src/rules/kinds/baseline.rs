//! Nothing that was not learned: usual values, usual pace, usual writers. The same code watches to learn, so that what is
//! learned and what is checked are the same quantities.

use tapglass_model::{SECOND, Severity};

use super::Scene;
use super::value::shown;
use crate::plant::Truth;
use crate::plant::clock::{Moment, span};
use crate::plant::history::History;
use crate::rules::evaluate::Notes;
use crate::rules::verdict::{Cause, Limit, Unusual, Verdict, What};
use crate::rules::write::{Write, Written};
use crate::site::{TagId, TagLimits};

/// A single step counts when it is so many times faster than the learned limit; slower ones must come twice in a row,
/// because the largest of many noisy differences is always a little exceeded by that of more.
const ABRUPT: f64 = 2.0;

/// What was learned of one tag, or what is being learned.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The limits.
    pub limits: TagLimits,
    /// What is watched to learn from, when that is what is done.
    pub history: Option<Box<History>>,
    /// The device's time of the last sample.
    source: Option<i64>,
    /// Value, tolerance and time of the last sample.
    last: Option<(f64, f64, Moment)>,
    /// Number of the last sample that was too fast.
    fast: u64,
}

/// How fast a value moved.
#[derive(Clone, Copy, Debug)]
struct Pace {
    value: f64,
    before: f64,
    /// Units a second, rounding taken off.
    rate: f64,
}

impl Baseline {
    /// A rule with learned limits.
    #[must_use]
    pub const fn new(limits: TagLimits) -> Self {
        Self {
            limits,
            history: None,
            source: None,
            last: None,
            fast: 0,
        }
    }

    /// A watch that keeps up to `changes` changes.
    #[must_use]
    pub fn watch(tag: TagId, changes: usize) -> Self {
        let mut watch = Self::new(TagLimits {
            tag,
            range: None,
            gradient: None,
            writers: None,
            device_writers: Vec::new(),
        });
        watch.history = Some(Box::new(History::new(changes)));
        watch
    }

    /// A value is written: by somebody usual, and a usual one?
    pub fn written(&mut self, scene: &Scene<'_>, write: &Write, written: &Written) -> Verdict {
        let value = written.reading.value;
        if let Some(history) = &mut self.history {
            history.written(
                scene.view.now,
                write.who.principal,
                write.function.0,
                value.number(),
            );
            return Verdict::Skip;
        }
        let numbers = |cause: Cause| cause.value(shown(value)).before(written.before.usable().number());
        // Whoever is no principal of the site, or not really one, has an alarm of its own already.
        if let Some(writers) = &self.limits.writers
            && let Some(principal) = write.who.principal.filter(|_| write.who.is_genuine())
        {
            let of = writers.iter().find(|known| known.0 == principal);
            let unusual = match of {
                None => Some(Unusual::Writer),
                Some((_, functions)) if !functions.is_empty() && !functions.contains(&write.function.0) => {
                    Some(Unusual::WriteFunction(write.function.0))
                }
                Some(_) => None,
            };
            if let Some(unusual) = unusual {
                let mut cause = numbers(Cause::new(What::Unusual(unusual), Some(written.tag)));
                // A new tag of somebody who writes others of this device is less of a surprise.
                if unusual == Unusual::Writer && !self.limits.device_writers.contains(&principal) {
                    cause = cause.severity(Severity::Medium);
                }
                return Verdict::Violated(cause);
            }
        }
        let Some((low, high)) = self.limits.range else {
            return Verdict::Good;
        };
        match value.inside(low, high, written.reading.tolerance) {
            Truth::True => Verdict::Good,
            Truth::Unknown => Verdict::Unknown,
            Truth::False => Verdict::Violated(
                numbers(Cause::new(What::Unusual(Unusual::Written), Some(written.tag)))
                    .limit(Limit::Band(low, high)),
            ),
        }
    }

    /// The observed value has changed: too fast?
    pub fn moved(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let state = scene.view.tag(tag);
        let pace = self.pace(scene, tag, notes);
        if let Some(history) = &mut self.history {
            if let Some(value) = scene.view.observed(tag, notes).number() {
                history.changed(state.seen, value);
            }
            if let Some(pace) = pace {
                history.moved(state.seen, pace.rate);
            }
            return Verdict::Skip;
        }
        let (Some(limit), Some(pace)) = (self.limits.gradient, pace) else {
            return Verdict::Skip;
        };
        if pace.rate <= limit * (1.0 + 1e-9) {
            return Verdict::Good;
        }
        let again = self.fast != 0 && state.samples == self.fast + 1;
        self.fast = state.samples;
        if !again && pace.rate <= limit * ABRUPT {
            return Verdict::Good;
        }
        Verdict::Violated(
            Cause::new(What::Unusual(Unusual::Pace { rate: pace.rate }), Some(tag))
                .value(Some(pace.value))
                .before(Some(pace.before))
                .limit(Limit::One(limit)),
        )
    }

    /// Is the observed value unusual? While the alarm stands it must come back by the deadband.
    pub fn observed(
        &self,
        scene: &Scene<'_>,
        tag: TagId,
        deadband: f64,
        standing: bool,
        notes: &mut Notes,
    ) -> (Truth, Cause) {
        let cause = Cause::new(What::Unusual(Unusual::Observed), Some(tag));
        let Some((low, high)) = self.limits.range else {
            return (Truth::False, cause);
        };
        let value = scene.view.observed(tag, notes);
        let margin = if standing {
            -deadband
        } else {
            scene.view.tag(tag).observed.tolerance + low.abs().max(high.abs()) * 1e-9
        };
        (
            value.inside(low, high, margin).not(),
            cause.value(shown(value)).limit(Limit::Band(low, high)),
        )
    }

    /// How fast the value moved since the sample before.
    #[allow(clippy::cast_precision_loss)]
    fn pace(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Option<Pace> {
        let state = scene.view.tag(tag);
        let Some(value) = scene.view.observed(tag, notes).number() else {
            self.last = None;
            return None;
        };
        if scene.before(tag).is_none() && self.last.is_some() {
            // Only seen again.
            return None;
        }
        let tolerance = state.observed.tolerance;
        let source = state.source.map(|source| source.0.0);
        // What was read again without a change moved the start of this step.
        let from = self
            .last
            .map(|last| (last.0, last.1, last.2.max(state.seen_before.min(state.seen))));
        let source_before = std::mem::replace(&mut self.source, source);
        self.last = Some((value, tolerance, state.seen));
        let (before, before_tolerance, at) = from?;
        let captured = span(at, state.seen);
        let taken = match (source_before, source) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => captured,
        };
        // A device whose clock was set between two samples does not change the pace of the process.
        let length = if taken >= captured / 4 && taken > 0 {
            taken
        } else {
            captured
        };
        // Two readers who ask one after the other make no step of its own: the usual time between samples is the least.
        let length = length.max(state.period.known(2).unwrap_or(0));
        if length <= 0 {
            return None;
        }
        let change = ((value - before).abs() - tolerance - before_tolerance).max(0.0);
        Some(Pace {
            value,
            before,
            rate: change / (length as f64 / SECOND as f64),
        })
    }
}
