//! A measurement does not repeat an earlier stretch: rolling hash of the last changes, exact on raw values.
//!
//! Runs of one value count once, so that a stretch is found again whatever polls it; what stands still is `frozen`.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::HashMap;

use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, span};
use crate::rules::verdict::{Cause, Verdict, What};
use crate::site::TagId;

/// The last window of a signal by its hash.
#[derive(Clone, Debug)]
pub struct Replay {
    /// How many changes are remembered.
    horizon: usize,
    /// The last values: number and time.
    past: VecDeque<(u64, Moment)>,
    /// Changes so far.
    count: u64,
    /// How often each value came, and how often each value came after each: for the entropy of a step.
    seen: HashMap<u64, u32, Hasher>,
    hasher: Hasher,
    /// Mean chance that a random earlier step from the same value goes the same way.
    collision: f64,
    /// Mean chance that a random earlier step has the same height: a ramp is no surprise though each value is new.
    evenness: f64,
    /// Steps that went into it.
    steps: u64,
    /// Places of earlier windows of `LEAST` changes by their hash.
    windows: HashMap<u64, u64, Hasher>,
    /// The lag of the match that is growing, and how long it is.
    lag: u64,
    matched: u32,
    /// A match was reported and has not ended.
    reported: bool,
}

/// The least window; shorter ones repeat by chance.
const LEAST: usize = 8;
/// Matches of this many consecutive samples confirm a lag.
const CONFIRMED: u32 = 3;
/// Below this entropy, in bits for each step, everything repeats.
const POOR: f64 = 0.2;
/// Steps from which the entropy is believed.
const LEARNED: u64 = 40;

impl Replay {
    /// Nothing seen yet; `horizon` changes will be remembered.
    #[must_use]
    pub fn new(horizon: usize) -> Self {
        Self {
            horizon: horizon.max(64),
            past: VecDeque::new(),
            count: 0,
            seen: HashMap::default(),
            hasher: Hasher::default(),
            collision: 0.0,
            evenness: 0.0,
            steps: 0,
            windows: HashMap::default(),
            lag: 0,
            matched: 0,
            reported: false,
        }
    }

    /// The past does not count any more: a gap.
    pub fn forget(&mut self) {
        self.lag = 0;
        self.matched = 0;
    }

    /// Bits of entropy of one step, given the value before.
    #[must_use]
    pub fn entropy(&self) -> Option<f64> {
        (self.steps >= LEARNED).then(|| {
            // Of n steps, chances below 1/n cannot be seen.
            #[allow(clippy::cast_precision_loss)]
            let least = 1.0 / self.steps as f64;
            -self.collision.max(self.evenness).clamp(least, 1.0).log2()
        })
    }

    /// Changes that a window must have, so that a chance match is not to be expected: (2 log2 N + 20) / h.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    fn needed(&self) -> Option<u32> {
        let entropy = self.entropy()?;
        if entropy < POOR {
            return None;
        }
        let horizon = (self.past.len().max(2)) as f64;
        Some(((2.0 * horizon.log2() + 20.0) / entropy).ceil().max(LEAST as f64) as u32)
    }

    /// The value has changed to `raw`.
    pub fn changed(&mut self, now: Moment, tag: TagId, raw: f64) -> Verdict {
        let value = raw.to_bits();
        if let Some(&(before, _)) = self.past.back() {
            if before == value {
                return Verdict::Skip;
            }
            self.learn(before, value);
        }
        if self.past.len() == self.horizon {
            self.past.pop_front();
        }
        self.past.push_back((value, now));
        self.count += 1;
        self.extend(value);
        let verdict = self.verdict(now, tag, raw);
        self.index();
        verdict
    }

    #[allow(clippy::cast_precision_loss)]
    fn learn(&mut self, before: u64, value: u64) {
        if self.seen.len() > self.horizon.saturating_mul(3) {
            // Bounded: begin anew, the mean stays.
            self.seen.clear();
        }
        let step = self.hasher.hash_one((before, value));
        let from = self.hasher.hash_one(before);
        let came = self.seen.get(&from).copied().unwrap_or(0);
        let same = self.seen.get(&step).copied().unwrap_or(0);
        let chance = if came == 0 {
            0.0
        } else {
            f64::from(same) / f64::from(came)
        };
        self.steps += 1;
        let share = 1.0 / (self.steps.min(1024) as f64);
        self.collision += share * (chance - self.collision);
        // In single precision, so that the last bits of a calculated ramp do not count as surprise.
        #[allow(clippy::cast_possible_truncation)]
        let height = (f64::from_bits(value) - f64::from_bits(before)) as f32;
        let height = self.hasher.hash_one((u8::MAX, height.to_bits() >> 6));
        let same = self.seen.get(&height).copied().unwrap_or(0);
        #[allow(clippy::cast_precision_loss)]
        let chance = f64::from(same) / self.steps.max(1) as f64;
        self.evenness += share * (chance - self.evenness);
        *self.seen.entry(height).or_insert(0) += 1;
        *self.seen.entry(from).or_insert(0) += 1;
        *self.seen.entry(step).or_insert(0) += 1;
    }

    /// Does the match go on, or does another begin?
    fn extend(&mut self, value: u64) {
        let earlier = |lag: u64| {
            let place = usize::try_from(lag).ok()?;
            let at = self.past.len().checked_sub(1)?.checked_sub(place)?;
            self.past.get(at).map(|sample| sample.0)
        };
        if self.lag != 0 && earlier(self.lag) == Some(value) {
            self.matched += 1;
            return;
        }
        self.lag = 0;
        self.matched = 0;
        self.reported = false;
        // A new match begins with a whole window that was seen before.
        if let Some(hash) = self.window()
            && let Some(place) = self.windows.get(&hash)
        {
            let lag = self.count - place;
            let real = (0..LEAST).all(|back| {
                let at = self.past.len().checked_sub(1 + back);
                let before = at.and_then(|at| at.checked_sub(usize::try_from(lag).unwrap_or(usize::MAX)));
                match (at, before) {
                    (Some(at), Some(before)) => self.past[at].0 == self.past[before].0,
                    _ => false,
                }
            });
            if real && lag >= LEAST as u64 {
                self.lag = lag;
                self.matched = LEAST as u32;
            }
        }
    }

    /// The hash of the last `LEAST` changes.
    fn window(&self) -> Option<u64> {
        let start = self.past.len().checked_sub(LEAST)?;
        let mut window = [0; LEAST];
        for (place, sample) in window.iter_mut().zip(self.past.range(start..)) {
            *place = sample.0;
        }
        Some(self.hasher.hash_one(window))
    }

    fn index(&mut self) {
        let Some(hash) = self.window() else {
            return;
        };
        if self.windows.len() > self.horizon {
            let oldest = self.count.saturating_sub(self.past.len() as u64);
            self.windows.retain(|_, place| *place > oldest);
        }
        // The newest place of a window wins; while a match grows the earlier one is kept.
        if self.lag == 0 {
            self.windows.insert(hash, self.count);
        }
    }

    fn verdict(&mut self, now: Moment, tag: TagId, raw: f64) -> Verdict {
        let Some(needed) = self.needed() else {
            return Verdict::Unknown;
        };
        if self.lag == 0 || self.matched < needed.saturating_add(CONFIRMED - 1) {
            return Verdict::Good;
        }
        if u64::from(needed) > self.lag {
            // A stretch cannot be told from its own period.
            return Verdict::Good;
        }
        if self.reported {
            return Verdict::Skip;
        }
        // The window that proves it, however long the match has grown: constant work for each change.
        let length = (needed.saturating_add(CONFIRMED) as usize).min(self.past.len());
        let mut distinct: Vec<u64> = self
            .past
            .range(self.past.len() - length..)
            .map(|sample| sample.0)
            .collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() < (length * 3 / 4).min(12) {
            return Verdict::Good;
        }
        self.reported = true;
        let before = self
            .past
            .len()
            .checked_sub(1)
            .and_then(|last| last.checked_sub(usize::try_from(self.lag).unwrap_or(usize::MAX)))
            .map_or(now, |at| self.past[at].1);
        Verdict::Violated(
            Cause::new(
                What::Replay {
                    samples: self.matched,
                    ago: span(before, now),
                },
                Some(tag),
            )
            .value(Some(raw)),
        )
    }
}
