//! A measurement does not repeat an earlier stretch, exact on its values.
//!
//! Runs of one value count once, so that a stretch is found again whatever polls it; what stands still is `frozen`. Every
//! eighth window of eight values is remembered by a rolling hash, so that a change costs a few nanoseconds: a stretch that
//! comes again meets one of them within eight values, and is then compared value by value, backwards and onwards.

use crate::plant::clock::{Moment, span};
use crate::rules::verdict::{Cause, Verdict, What};
use crate::site::TagId;

/// Values in a window; shorter ones repeat by chance.
const WINDOW: usize = 8;
/// Every so many changes a window is remembered.
const STRIDE: u64 = 8;
/// Matches of this many further values confirm a lag.
const CONFIRMED: u32 = 2;
/// Below this entropy, in bits for each step, everything repeats.
const POOR: f64 = 0.2;
/// Steps from which the entropy is believed.
const LEARNED: u32 = 40;
/// More than this many bits for each step cannot be told from so few steps.
const RICH: f64 = 1.0 / 256.0;
/// Places for counting steps.
const COUNTS: usize = 1024;
/// Base of the rolling hash.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// Longest stretch that is compared: more is not needed by any entropy that is not poor.
const LONGEST: u64 = 512;

/// A window of the past by its hash.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// Thirty-two bits of its hash; the lowest say where it is kept.
    hash: u32,
    /// Number of its last value, from 1; 0 is none.
    place: u32,
}

/// The past of one signal.
#[derive(Clone, Debug)]
pub struct Replay {
    /// How many changes are remembered; a power of two.
    horizon: usize,
    /// Fingerprints of the last values, at their number modulo the horizon.
    past: Vec<u32>,
    /// Changes so far.
    count: u64,
    /// Rolling hash of the last window.
    hash: u64,
    /// Remembered windows, each at the place of its hash; a power of two.
    marks: Vec<Mark>,
    /// When they were, by number.
    times: Vec<Moment>,
    /// The last value and its fingerprint.
    last: f64,
    print: u32,
    /// How often each step came, for the entropy of a step.
    counts: Vec<(u32, u32)>,
    /// Mean chance that a random earlier step from the same value goes the same way.
    collision: f64,
    /// Mean chance that a random earlier step has the same height: a ramp is no surprise though each value is new.
    evenness: f64,
    /// Steps that went into both.
    steps: u32,
    /// The lag of the match that is growing, how long it is, and when the earlier stretch was.
    lag: u64,
    matched: u32,
    earlier: Moment,
    /// A match was reported and has not ended.
    reported: bool,
    /// Entropy of a step that was learned before.
    known: Option<f64>,
}

impl Replay {
    /// Nothing seen yet; about `horizon` changes will be remembered.
    #[must_use]
    pub fn new(horizon: usize) -> Self {
        Self {
            horizon: horizon.max(64).next_power_of_two(),
            past: Vec::new(),
            count: 0,
            hash: 0,
            marks: Vec::new(),
            times: Vec::new(),
            last: f64::NAN,
            print: 0,
            counts: Vec::new(),
            collision: 0.0,
            evenness: 0.0,
            steps: 0,
            lag: 0,
            matched: 0,
            earlier: 0,
            reported: false,
            known: None,
        }
    }

    /// With the entropy of a step that was learned on other days: it holds until this day has shown its own.
    #[must_use]
    pub const fn known(mut self, entropy: Option<f64>) -> Self {
        self.known = entropy;
        self
    }

    /// A gap: a match does not go on over it.
    pub fn forget(&mut self) {
        self.lag = 0;
        self.matched = 0;
    }

    /// Bits of entropy of one step, given the value before.
    #[must_use]
    pub fn entropy(&self) -> Option<f64> {
        (self.steps >= LEARNED)
            .then(|| -self.collision.max(self.evenness).clamp(RICH, 1.0).log2())
            .or(self.known)
    }

    /// Changes that a stretch must have, so that a chance match is not to be expected: (2 log2 N + 20) / h.
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
        let horizon = self.past.len().max(2) as f64;
        Some(
            ((2.0 * horizon.log2() + 20.0) / entropy)
                .ceil()
                .max(WINDOW as f64) as u32,
        )
    }

    /// The fingerprint of value number `number`, if it is remembered.
    fn value(&self, number: u64) -> Option<u32> {
        let oldest = self.count.saturating_sub(self.past.len() as u64);
        if number <= oldest || number > self.count {
            return None;
        }
        #[allow(clippy::cast_possible_truncation)]
        self.past.get(number as usize & (self.horizon - 1)).copied()
    }

    /// The value has changed to `raw`.
    pub fn changed(&mut self, now: Moment, tag: TagId, raw: f64) -> Verdict {
        if raw.to_bits() == self.last.to_bits() {
            return Verdict::Skip;
        }
        let print = fingerprint(raw);
        self.learn(raw, print);
        self.last = raw;
        self.print = print;
        self.push(print);
        self.extend(now);
        // Looking at the entropy is worth it only when something repeats.
        if self.lag == 0 {
            return if self.steps < LEARNED {
                Verdict::Unknown
            } else {
                Verdict::Good
            };
        }
        self.verdict(now, tag, raw)
    }

    #[allow(clippy::cast_possible_truncation)]
    fn push(&mut self, value: u32) {
        let leaving = self
            .value(self.count.saturating_sub(WINDOW as u64 - 1))
            .filter(|_| self.count >= WINDOW as u64)
            .unwrap_or(0);
        self.count += 1;
        let place = self.count as usize & (self.horizon - 1);
        if self.past.len() < self.horizon {
            // Grows with the signal; place 0 is used when the ring is full.
            if self.past.len() <= place {
                self.past
                    .resize((place + 1).next_power_of_two().min(self.horizon), 0);
            }
        }
        self.past[place] = value;
        self.hash = self
            .hash
            .wrapping_sub(u64::from(leaving).wrapping_mul(POWER))
            .wrapping_mul(BASE)
            .wrapping_add(u64::from(value));
    }

    /// What is usual: learned from every fourth step.
    fn learn(&mut self, raw: f64, value: u32) {
        if self.last.is_nan() || self.count & 3 != 0 && self.steps >= LEARNED {
            return;
        }
        if self.counts.is_empty() {
            self.counts = vec![(0, 0); COUNTS];
        }
        let before = self.print;
        let came = self.step(before, 1);
        let same = self.step(before.rotate_left(16) ^ value, 2);
        // In single precision, so that the last bits of a calculated ramp do not count as surprise.
        #[allow(clippy::cast_possible_truncation)]
        let height = ((raw - self.last) as f32).to_bits() >> 6;
        let even = self.step(height, 3);
        self.steps = self.steps.saturating_add(1);
        let share = 1.0 / f64::from(self.steps.min(1024));
        let chance = if came == 0 {
            0.0
        } else {
            f64::from(same.min(came)) / f64::from(came)
        };
        self.collision += share * (chance - self.collision);
        let chance = f64::from(even) / f64::from(self.steps.min(4096));
        self.evenness += share * (chance.min(1.0) - self.evenness);
    }

    /// Counts a key; how often it came before. A key that takes another's place begins anew.
    fn step(&mut self, key: u32, salt: u32) -> u32 {
        let mixed = mix(u64::from(key) | u64::from(salt) << 32);
        #[allow(clippy::cast_possible_truncation)]
        let (place, check) = (mixed as usize & (COUNTS - 1), (mixed >> 32) as u32);
        let entry = &mut self.counts[place];
        if entry.0 == check {
            entry.1 = entry.1.saturating_add(1);
            entry.1 - 1
        } else {
            *entry = (check, 1);
            0
        }
    }

    /// Does the match go on, or does another begin?
    #[allow(clippy::cast_possible_truncation)]
    fn extend(&mut self, now: Moment) {
        if self.lag != 0 {
            if self.value(self.count - self.lag) == self.value(self.count) {
                self.matched += 1;
                return;
            }
            self.lag = 0;
            self.matched = 0;
            self.reported = false;
        }
        if self.count < WINDOW as u64 {
            return;
        }
        let hash = (mix(self.hash) >> 32) as u32;
        if let Some(mark) = self.marks.get(hash as usize & self.marks.len().wrapping_sub(1))
            && mark.place != 0
            && mark.hash == hash
        {
            self.begin(mark.place);
        }
        if self.lag == 0 && self.count.is_multiple_of(STRIDE) {
            self.mark(hash, now);
        }
    }

    /// Remembers the last window.
    #[allow(clippy::cast_possible_truncation)]
    fn mark(&mut self, hash: u32, now: Moment) {
        let number = (self.count / STRIDE) as usize;
        let most = (self.horizon / STRIDE as usize).next_power_of_two() * 2;
        if number * 2 > self.marks.len() && self.marks.len() < most {
            // The table grows with the signal, and stays half empty.
            let longer = (self.marks.len() * 2).max(32);
            let marks = std::mem::replace(&mut self.marks, vec![Mark::default(); longer]);
            for mark in marks.into_iter().filter(|mark| mark.place != 0) {
                self.marks[mark.hash as usize & (longer - 1)] = mark;
            }
        }
        let length = self.marks.len();
        self.marks[hash as usize & (length - 1)] = Mark {
            hash,
            place: self.count as u32,
        };
        let slot = number & (most / 2 - 1);
        if self.times.len() <= slot {
            self.times.resize(slot + 1, 0);
        }
        self.times[slot] = now;
    }

    /// A window that was seen before has come: how far back does it agree?
    fn begin(&mut self, place: u32) {
        // Numbers are kept in 32 bits; the place is the last one that ends so.
        let lag = self.count.wrapping_sub(u64::from(place)) & 0xffff_ffff;
        if lag < WINDOW as u64 || lag >= self.count {
            return;
        }
        let mut matched = 0;
        while matched < lag.min(LONGEST) {
            let number = self.count - matched;
            let (Some(new), Some(old)) = (
                self.value(number),
                number.checked_sub(lag).and_then(|old| self.value(old)),
            ) else {
                break;
            };
            if new != old {
                break;
            }
            matched += 1;
        }
        if matched >= WINDOW as u64 {
            self.lag = lag;
            self.matched = u32::try_from(matched).unwrap_or(u32::MAX);
            #[allow(clippy::cast_possible_truncation)]
            let slot = ((self.count - lag) / STRIDE) as usize & (self.horizon / STRIDE as usize - 1);
            self.earlier = self.times.get(slot).copied().unwrap_or(0);
        }
    }

    fn verdict(&mut self, now: Moment, tag: TagId, raw: f64) -> Verdict {
        let Some(needed) = self.needed() else {
            return Verdict::Unknown;
        };
        // A stretch cannot be told from its own period.
        if self.matched < needed.saturating_add(CONFIRMED) || u64::from(needed) > self.lag {
            return Verdict::Good;
        }
        if self.reported {
            return Verdict::Skip;
        }
        // The stretch that proves it, however long the match has grown: constant work for each change.
        let length = u64::from(needed.saturating_add(CONFIRMED)).min(self.lag);
        let mut distinct: Vec<u32> = (0..length)
            .filter_map(|back| self.value(self.count - back))
            .collect();
        distinct.sort_unstable();
        distinct.dedup();
        if (distinct.len() as u64) < (length * 3 / 4).min(12) {
            return Verdict::Good;
        }
        self.reported = true;
        Verdict::Violated(
            Cause::new(
                What::Replay {
                    samples: self.matched,
                    ago: span(self.earlier, now),
                },
                Some(tag),
            )
            .value(Some(raw)),
        )
    }
}

/// BASE to the power of WINDOW - 1: the weight of the value that leaves the window.
const POWER: u64 = {
    let mut power = 1_u64;
    let mut left = WINDOW - 1;
    while left > 0 {
        power = power.wrapping_mul(BASE);
        left -= 1;
    }
    power
};

/// Thirty-two bits that stand for a value: two values share them once in four milliards.
#[allow(clippy::cast_possible_truncation)]
const fn fingerprint(value: f64) -> u32 {
    (mix(value.to_bits()) >> 32) as u32
}

/// A good mixture of all bits (the finaliser of `SplitMix64`).
const fn mix(value: u64) -> u64 {
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}
