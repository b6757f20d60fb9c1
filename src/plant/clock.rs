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
/// Pauses of the whole capture from this length on are looked at.
const PAUSE: i64 = SECOND;
/// Before it is known what is usual, a pause of this length may mean that the capture was blind.
const UNKNOWN: i64 = 12 * SECOND;
/// A shorter pause never does.
const LEAST: i64 = 3 * SECOND;
/// A capture that has run for so long without pauses is a busy one.
const BUSY: i64 = 60 * SECOND;
/// A pause that is unusual in a busy capture.
const BREAK: i64 = 5 * SECOND;
/// How many pauses tell what is usual.
const USUAL: usize = 16;

/// Turns capture time into the engine's time.
#[derive(Clone, Debug)]
pub struct Clock {
    now: Moment,
    /// What is added to capture time, because the capture's clock was set back.
    offset: i64,
    started: bool,
    /// When the capture began.
    began: Moment,
    /// The last pauses of the whole capture.
    pauses: [i64; USUAL],
    count: usize,
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
            began: 0,
            pauses: [0; USUAL],
            count: 0,
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

    /// What is added to capture time to get moments: more than 0 once the capture's clock was set back.
    #[must_use]
    pub const fn offset(&self) -> i64 {
        self.offset
    }

    /// Time has come to `at`. Returns the silence that ends with it, if it is unusual.
    pub fn advance(&mut self, at: CaptureTime) -> Option<Silence> {
        let moment = self.moment(at);
        let passed = moment.saturating_sub(self.now);
        if (0..PAUSE).contains(&passed) && self.started {
            self.now = moment;
            return None;
        }
        self.jump(moment, passed)
    }

    #[cold]
    fn jump(&mut self, moment: Moment, passed: i64) -> Option<Silence> {
        if !self.started {
            self.started = true;
            self.began = moment;
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
        self.is_unusual(passed).then_some(silence)
    }

    /// Is a pause longer than those that are usual? Four times the usual one, and not like the one before: when most
    /// hosts have stopped, the few that are left set another pace, and the second of their pauses is usual.
    fn is_unusual(&mut self, passed: i64) -> bool {
        let known = self.count.min(USUAL);
        let before = match self.count {
            0 => 0,
            count => self.pauses[(count - 1) % USUAL],
        };
        let threshold = if known < 4 {
            let busy = span(self.began, self.now) >= BUSY.saturating_add(passed);
            if busy { BREAK } else { UNKNOWN }
        } else {
            let mut sorted = self.pauses;
            let sorted = &mut sorted[..known];
            sorted.sort_unstable();
            sorted[known / 2].saturating_mul(4).max(LEAST)
        };
        self.pauses[self.count % USUAL] = passed;
        self.count += 1;
        passed > threshold && before < passed / 2
    }
}
