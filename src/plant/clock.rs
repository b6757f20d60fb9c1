//! The engine's time: capture time that never runs backwards.

use tapglass_model::{CaptureTime, MILLISECOND, SECOND};

/// Nanoseconds of the engine's time. Differences are true durations; the wire time of a moment is [`Clock::wire`].
pub type Moment = i64;

/// Before everything.
pub const NEVER: Moment = i64::MIN;
/// After everything.
pub const FOREVER: Moment = i64::MAX;

/// Nanoseconds from `earlier` to `later`; very long when `earlier` is [`NEVER`].
#[must_use]
pub const fn span(earlier: Moment, later: Moment) -> i64 {
    later.saturating_sub(earlier)
}

/// A capture whose clock goes back by less than this shows frames out of order; by more, its clock was set.
const OUT_OF_ORDER: i64 = 200 * MILLISECOND;
/// A capture without a frame for so long may have been blind, unless it is often so quiet. (A historian that is left
/// alone with its polls every ten seconds is not blindness.)
const QUIET: i64 = 12 * SECOND;
/// How many long silences tell what is usual.
const USUAL: usize = 16;

/// Turns capture time into the engine's time.
#[derive(Clone, Debug)]
pub struct Clock {
    now: Moment,
    /// What is added to capture time, because the capture's clock was set back.
    offset: i64,
    started: bool,
    /// The last long silences of the whole capture.
    silences: [i64; USUAL],
    silent: usize,
    /// A silence longer than this is not usual.
    threshold: i64,
}

/// A stretch in which the capture had no frame at all and usually would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// From the last frame before.
    pub from: Moment,
    /// To the first frame after.
    pub until: Moment,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            now: 0,
            offset: 0,
            started: false,
            silences: [0; USUAL],
            silent: 0,
            threshold: QUIET,
        }
    }
}

impl Clock {
    /// The present moment.
    #[must_use]
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// True once a time was seen.
    #[must_use]
    pub const fn started(&self) -> bool {
        self.started
    }

    /// The moment of a capture time, not later than now for one that lies back a little.
    #[must_use]
    pub const fn moment(&self, at: CaptureTime) -> Moment {
        at.0.saturating_add(self.offset)
    }

    /// What the capture's clock showed at a moment.
    #[must_use]
    pub const fn wire(&self, moment: Moment) -> CaptureTime {
        CaptureTime(moment.saturating_sub(self.offset))
    }

    /// Time has come to `at`. Returns the silence that ends with it, if it is unusual.
    pub fn advance(&mut self, at: CaptureTime) -> Option<Silence> {
        let moment = self.moment(at);
        let passed = moment.saturating_sub(self.now);
        if (0..=QUIET).contains(&passed) && self.started {
            self.now = moment;
            return None;
        }
        self.jump(moment, passed)
    }

    #[cold]
    fn jump(&mut self, moment: Moment, passed: i64) -> Option<Silence> {
        if !self.started {
            self.started = true;
            self.now = moment;
            return None;
        }
        if passed < 0 {
            if passed < -OUT_OF_ORDER {
                // The clock was set back: time goes on from where it was.
                self.offset = self.offset.saturating_sub(passed);
            }
            return None;
        }
        let silence = Silence {
            from: self.now,
            until: moment,
        };
        self.now = moment;
        let unusual = passed > self.threshold;
        self.silences[self.silent % USUAL] = passed;
        self.silent += 1;
        if self.silent >= 4 {
            let mut sorted = self.silences;
            let known = &mut sorted[..self.silent.min(USUAL)];
            known.sort_unstable();
            // Three times what is usual; a capture of slow polls is not blind between them.
            self.threshold = known[known.len() / 2].saturating_mul(3).max(QUIET);
        }
        unusual.then_some(silence)
    }
}
