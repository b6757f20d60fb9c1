//! Rules about the value of one tag: envelope, step, walk, rate, domain.

use std::collections::VecDeque;

use tapglass_model::{Quality, SECOND};

use super::Scene;
use crate::plant::clock::{Moment, span};
use crate::plant::reading::Reading;
use crate::plant::{Interval, Truth};
use crate::rules::evaluate::Notes;
use crate::rules::program::NodeId;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::rules::write::Written;
use crate::site::TagId;

/// The value stays in [low, high].
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Lower limit; `None` is none.
    pub low: Option<NodeId>,
    /// Upper limit.
    pub high: Option<NodeId>,
    /// Judged when written.
    pub on_write: bool,
    /// Judged when observed.
    pub on_observation: bool,
    /// Advise when a limit would be reached within so long.
    pub predict: Option<i64>,
    /// The recent past, for the prediction.
    pub trend: Trend,
}

impl Envelope {
    fn limits(&self, scene: &Scene<'_>, notes: &mut Notes) -> (Interval, Interval) {
        let mut limit = |node: Option<NodeId>, none: f64| {
            node.map_or(Interval::exact(none), |node| scene.view.quantity(node, notes))
        };
        (
            limit(self.low, f64::NEG_INFINITY),
            limit(self.high, f64::INFINITY),
        )
    }

    /// A value is written.
    pub fn written(&self, scene: &Scene<'_>, written: &Written, notes: &mut Notes) -> Verdict {
        let (low, high) = self.limits(scene, notes);
        let value = written.reading.value;
        match within(value, low, high, written.reading.tolerance) {
            Truth::True => Verdict::Good,
            Truth::Unknown => Verdict::Unknown,
            Truth::False => Verdict::Violated(
                Cause::new(What::WrittenOutside, Some(written.tag))
                    .value(shown(value))
                    .before(written.before.usable().number())
                    .limit(Limit::Band(low.low, high.high)),
            ),
        }
    }

    /// Is the observed value outside? While the alarm stands it must come back by the deadband.
    pub fn observed(
        &self,
        scene: &Scene<'_>,
        tag: TagId,
        deadband: f64,
        standing: bool,
        notes: &mut Notes,
    ) -> (Truth, Cause) {
        let (low, high) = self.limits(scene, notes);
        let value = scene.view.observed(tag, notes);
        let tolerance = scene.view.tag(tag).observed.tolerance;
        let margin = if standing { -deadband } else { tolerance };
        let cause = Cause::new(What::ObservedOutside, Some(tag))
            .value(shown(value))
            .limit(Limit::Band(low.low, high.high));
        (within(value, low, high, margin).not(), cause)
    }

    /// Will it leave its band soon? Asked for each new value.
    pub fn predicted(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Option<(Truth, Cause)> {
        let ahead = self.predict?;
        let value = scene.view.observed(tag, notes).number()?;
        self.trend.add(scene.view.now, value);
        let (low, high) = self.limits(scene, notes);
        let (low, high) = (low.low, high.high);
        if value <= low || value >= high {
            return Some((Truth::False, Cause::new(What::WillLeave { within: 0 }, Some(tag))));
        }
        let Some(rate) = self.trend.steady() else {
            return Some((Truth::False, Cause::new(What::WillLeave { within: 0 }, Some(tag))));
        };
        let distance = if rate > 0.0 { high - value } else { low - value };
        let seconds = distance / rate;
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let (within, soon) = (
            (seconds * SECOND as f64) as i64,
            seconds * SECOND as f64 <= ahead as f64,
        );
        let cause = Cause::new(What::WillLeave { within }, Some(tag))
            .value(Some(value))
            .limit(Limit::Band(low, high));
        Some(((seconds.is_finite() && soon).into(), cause))
    }
}

/// Is a value in a band whose ends may not be known exactly?
fn within(value: Interval, low: Interval, high: Interval, tolerance: f64) -> Truth {
    if value.nan || low.nan || high.nan {
        return Truth::Unknown;
    }
    // A hair of binary fraction counts as inside.
    let slack = |limit: f64| {
        if limit.is_finite() {
            tolerance + limit.abs() * 1e-9
        } else {
            0.0
        }
    };
    if value.low >= low.high - slack(low.high) && value.high <= high.low + slack(high.low) {
        Truth::True
    } else if value.high < low.low - slack(low.low) || value.low > high.high + slack(high.high) {
        Truth::False
    } else {
        Truth::Unknown
    }
}

/// The number to show: the value itself, or the end that is certain of one known in part.
fn shown(value: Interval) -> Option<f64> {
    if value.is_not_a_number() {
        return Some(f64::NAN);
    }
    value.number().or_else(|| {
        value
            .says_something()
            .then_some(value.low)
            .filter(|low| low.is_finite())
    })
}

/// The last few samples, to see a steady slope.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    samples: VecDeque<(Moment, f64)>,
}

/// Samples that must agree before a slope is believed.
const STEADY: usize = 6;

impl Trend {
    fn add(&mut self, at: Moment, value: f64) {
        if self.samples.len() == STEADY {
            self.samples.pop_front();
        }
        self.samples.push_back((at, value));
    }

    /// Units per second, when all samples go the same way.
    #[allow(clippy::cast_precision_loss)]
    fn steady(&self) -> Option<f64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let length = span(first.0, last.0);
        if self.samples.len() < STEADY || length <= 0 {
            return None;
        }
        let rising = last.1 > first.1;
        let agrees = self
            .samples
            .iter()
            .zip(self.samples.iter().skip(1))
            .all(|(a, b)| (b.1 > a.1) == rising && b.1 != a.1);
        agrees.then(|| (last.1 - first.1) / (length as f64 / SECOND as f64))
    }
}

/// One write changes the value by at most `step`.
#[derive(Clone, Debug)]
pub struct Step {
    /// Engineering units.
    pub step: f64,
}

impl Step {
    /// A value is written.
    pub fn written(&self, scene: &Scene<'_>, written: &Written, notes: &mut Notes) -> Verdict {
        let state = scene.view.tag(written.tag);
        // The newer of the two: after an accepted write, the value that was read before is no reference any more.
        let observed = state
            .observed_at(scene.view.now, scene.view.pairs)
            .ok()
            .filter(|_| state.observed.quality == Quality::Good);
        let commanded = state.commanded_now().ok();
        let reference = match (observed, commanded) {
            (Some(_), Some((value, _))) if state.commanded_at > state.seen => Some((value, &state.commanded)),
            (Some((value, _)), _) => Some((value, &state.observed)),
            (None, Some((value, _))) => Some((value, &state.commanded)),
            (None, None) => None,
        };
        let Some((reference, reading)) = reference else {
            if let Err(why) = state.observed_at(scene.view.now, scene.view.pairs) {
                notes.why.get_or_insert((why, written.tag));
            }
            return Verdict::Unknown;
        };
        let change = written
            .reading
            .value
            .calculate(crate::site::Operator::Subtract, reference)
            .absolute();
        let tolerance = rounding(&written.reading) + rounding(reading);
        let limit = self.step + tolerance + self.step.abs() * 1e-9;
        if change.nan {
            Verdict::Unknown
        } else if change.high <= limit {
            Verdict::Good
        } else if change.low > limit {
            Verdict::Violated(
                Cause::new(What::Step { by: change.low }, Some(written.tag))
                    .value(shown(written.reading.value))
                    .before(reference.number())
                    .limit(Limit::One(self.step)),
            )
        } else {
            Verdict::Unknown
        }
    }
}

/// Half a step of a whole number is more than rounding: the difference of two whole numbers is exact. Only the last
/// place of a binary fraction counts here.
fn rounding(reading: &Reading) -> f64 {
    let size = reading.value.low.abs().max(reading.value.high.abs());
    if reading.tolerance <= size * 1e-6 {
        reading.tolerance
    } else {
        0.0
    }
}

/// Accepted writes within a window stay within `limit` of each other.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Engineering units.
    pub limit: f64,
    /// Nanoseconds.
    pub window: i64,
    lowest: VecDeque<(Moment, f64)>,
    highest: VecDeque<(Moment, f64)>,
}

/// Turning points kept for each side; beyond this the oldest are given up, which only shortens the window.
const TURNS: usize = 32;

impl Walk {
    /// A walk without a past.
    #[must_use]
    pub const fn new(limit: f64, window: i64) -> Self {
        Self {
            limit,
            window,
            lowest: VecDeque::new(),
            highest: VecDeque::new(),
        }
    }

    /// A write was accepted.
    pub fn accepted(&mut self, now: Moment, written: &Written) -> Verdict {
        let Some(value) = written.reading.value.number().filter(|value| value.is_finite()) else {
            return Verdict::Unknown;
        };
        extend(&mut self.lowest, now, value, self.window, |old, new| old >= new);
        extend(&mut self.highest, now, value, self.window, |old, new| old <= new);
        let (Some(low), Some(high)) = (self.lowest.front(), self.highest.front()) else {
            return Verdict::Good;
        };
        let by = high.1 - low.1;
        if by > self.limit + 2.0 * rounding(&written.reading) + self.limit.abs() * 1e-9 {
            Verdict::Violated(
                Cause::new(
                    What::Walk {
                        by,
                        window: self.window,
                    },
                    Some(written.tag),
                )
                .value(Some(value))
                .before(written.before.usable().number())
                .limit(Limit::One(self.limit)),
            )
        } else {
            Verdict::Good
        }
    }
}

/// Monotonic deque: what a newer value covers is dropped, so that the front is the extremum of the window.
fn extend(
    deque: &mut VecDeque<(Moment, f64)>,
    now: Moment,
    value: f64,
    window: i64,
    covered: fn(f64, f64) -> bool,
) {
    while deque.back().is_some_and(|last| covered(last.1, value)) {
        deque.pop_back();
    }
    deque.push_back((now, value));
    while deque.front().is_some_and(|first| span(first.0, now) >= window) || deque.len() > TURNS {
        deque.pop_front();
    }
}

/// The observed value changes by at most `rate` in a second.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Engineering units per second.
    pub rate: f64,
    /// The device's time of the last sample.
    source: Option<i64>,
    /// Number of the last sample that was too fast.
    fast: u64,
    /// Value and time of the last sample that was used.
    last: Option<(f64, f64, Moment)>,
}

impl Rate {
    /// A rate without a past.
    #[must_use]
    pub const fn new(rate: f64) -> Self {
        Self {
            rate,
            source: None,
            fast: 0,
            last: None,
        }
    }

    /// The value has changed.
    #[allow(clippy::cast_precision_loss)]
    pub fn observed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let state = scene.view.tag(tag);
        let Some(value) = scene.view.observed(tag, notes).number() else {
            self.last = None;
            return Verdict::Unknown;
        };
        if scene.before(tag).is_none() && self.last.is_some() {
            // Only seen again.
            return Verdict::Skip;
        }
        let tolerance = state.observed.tolerance;
        let source = state.source.map(|source| source.0.0);
        // What was read again without a change moved the start of this step.
        let from = self
            .last
            .map(|last| (last.0, last.1, last.2.max(state.seen_before.min(state.seen))));
        let source_before = std::mem::replace(&mut self.source, source);
        self.last = Some((value, tolerance, state.seen));
        let Some((before, before_tolerance, at)) = from else {
            return Verdict::Unknown;
        };
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
        let poll = state.period.known(2).unwrap_or(0);
        if length <= 0 || (length < poll / 2 && source.is_none()) {
            return Verdict::Skip;
        }
        // Half a step of resolution on either side is no movement.
        let change = (value - before).abs() - tolerance - before_tolerance;
        let rate = change / (length as f64 / SECOND as f64);
        if rate <= self.rate * (1.0 + 1e-9) {
            return Verdict::Good;
        }
        let second = self.fast != 0 && state.samples == self.fast + 1;
        self.fast = state.samples;
        if !second {
            return Verdict::Good;
        }
        Verdict::Violated(
            Cause::new(
                What::Rate {
                    rate: (value - before) / (length as f64 / SECOND as f64),
                },
                Some(tag),
            )
            .value(Some(value))
            .before(Some(before))
            .limit(Limit::One(self.rate)),
        )
    }
}

/// A written value is one of those allowed.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Allowed values; empty is any.
    pub allowed: Box<[f64]>,
    /// Allowed transitions; empty is any.
    pub transitions: Box<[(f64, f64)]>,
    /// Bits that a write may change.
    pub bits: Option<u64>,
}

impl Domain {
    /// A value is written.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn written(&self, written: &Written) -> Verdict {
        let value = written.reading.value;
        let equal = |a: Interval, b: f64| {
            a.compare(
                crate::site::Comparison::Equal,
                Interval::exact(b),
                written.reading.tolerance,
            )
        };
        let cause = |what| {
            Verdict::Violated(
                Cause::new(what, Some(written.tag))
                    .value(shown(value))
                    .before(written.before.usable().number()),
            )
        };
        let mut verdict = Truth::True;
        if !self.allowed.is_empty() {
            let listed = self
                .allowed
                .iter()
                .fold(Truth::False, |found, allowed| found.or(equal(value, *allowed)));
            if listed.is_false() {
                return cause(What::NotAllowed);
            }
            verdict = verdict.and(listed);
        }
        let before = written.before.usable();
        if !self.transitions.is_empty() {
            let stays = before.compare(crate::site::Comparison::Equal, value, written.reading.tolerance);
            let listed = self.transitions.iter().fold(stays, |found, (from, to)| {
                found.or(equal(before, *from).and(equal(value, *to)))
            });
            if listed.is_false() {
                return cause(What::Transition);
            }
            verdict = verdict.and(listed);
        }
        if let Some(allowed) = self.bits {
            match (value.number(), before.number()) {
                (Some(new), Some(old)) if new >= 0.0 && old >= 0.0 => {
                    let bits = (new as u64 ^ old as u64) & !allowed;
                    if bits != 0 {
                        return cause(What::ForbiddenBits { bits });
                    }
                }
                _ => verdict = verdict.and(Truth::Unknown),
            }
        }
        match verdict {
            Truth::True => Verdict::Good,
            _ => Verdict::Unknown,
        }
    }
}
