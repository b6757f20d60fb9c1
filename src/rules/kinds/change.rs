//! How far a value moves: in one write, in many, and in a second.

use std::collections::VecDeque;

use tapglass_model::{Quality, SECOND};

use super::Scene;
use super::value::shown;
use crate::plant::clock::{Moment, span};
use crate::plant::reading::Reading;
use crate::rules::evaluate::Notes;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::rules::write::Written;
use crate::site::TagId;

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
    lowest: VecDeque<Turn>,
    highest: VecDeque<Turn>,
}

/// An extremum of the accepted values between two moments.
#[derive(Clone, Copy, Debug)]
struct Turn {
    from: Moment,
    until: Moment,
    value: f64,
}

/// Turning points kept for each side. Beyond this the two neighbours that lie closest together in time become one with
/// the more extreme value: no extremum is lost, and one can count a sixteenth of the window longer than it should.
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
        let by = high.value - low.value;
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
fn extend(deque: &mut VecDeque<Turn>, now: Moment, value: f64, window: i64, covered: fn(f64, f64) -> bool) {
    while deque.back().is_some_and(|last| covered(last.value, value)) {
        deque.pop_back();
    }
    deque.push_back(Turn {
        from: now,
        until: now,
        value,
    });
    while deque
        .front()
        .is_some_and(|first| span(first.until, now) >= window)
    {
        deque.pop_front();
    }
    if deque.len() > TURNS {
        let closest = deque
            .iter()
            .zip(deque.iter().skip(1))
            .enumerate()
            .min_by_key(|(_, (older, newer))| span(older.from, newer.until))
            .map(|(place, _)| place);
        if let Some(place) = closest
            && let Some(newer) = deque.remove(place + 1)
            && let Some(older) = deque.get_mut(place)
        {
            older.until = newer.until;
        }
    }
}

/// A change that comes within so many times the time of the one before goes on with it.
const RESTS: i64 = 4;

/// The observed value changes by at most `rate` in a second.
#[derive(Clone, Debug)]
pub struct Rate {
    /// Engineering units per second.
    pub rate: f64,
    /// The device's time of the last sample.
    source: Option<i64>,
    /// The last change was too fast.
    fast: bool,
    /// The time that the last change took.
    pace: i64,
    /// Value, resolution and time of the last change.
    last: Option<(f64, f64, Moment)>,
}

impl Rate {
    /// A rate without a past.
    #[must_use]
    pub const fn new(rate: f64) -> Self {
        Self {
            rate,
            source: None,
            fast: false,
            pace: 0,
            last: None,
        }
    }

    /// The value has changed.
    #[allow(clippy::cast_precision_loss)]
    pub fn observed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let state = scene.view.tag(tag);
        let Some(value) = scene.view.observed(tag, notes).number() else {
            self.last = None;
            self.fast = false;
            return Verdict::Unknown;
        };
        if scene.before(tag).is_none() && self.last.is_some() {
            // Only seen again.
            return Verdict::Skip;
        }
        let tolerance = state.observed.tolerance;
        let source = state.source.map(|source| source.0.0);
        let source_before = std::mem::replace(&mut self.source, source);
        let last = self.last.replace((value, tolerance, state.seen));
        let Some((before, before_tolerance, at)) = last else {
            return Verdict::Unknown;
        };
        // A value that is read more often than its device takes it stands still in between: it moves from change to
        // change. After a longer rest it moved since it was last read, and that is no second time of what was before.
        let moving = span(at, state.seen);
        let sample = span(at.max(state.seen_before.min(state.seen)), state.seen);
        let goes_on = moving <= self.pace.max(sample).saturating_mul(RESTS);
        let captured = if goes_on { moving } else { sample };
        self.pace = captured;
        let taken = match (source_before, source) {
            (Some(before), Some(now)) if goes_on => now.saturating_sub(before),
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
        let fast = rate > self.rate * (1.0 + 1e-9);
        let second = std::mem::replace(&mut self.fast, fast) && goes_on;
        if !fast || !second {
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
