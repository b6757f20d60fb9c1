//! What is usual, learned with a few words of memory.

use tapglass_model::{MILLISECOND, SECOND};

use super::clock::{Moment, NEVER, span};

/// The usual time between two events: about three of four are not longer. The first gap is taken as it is; after that
/// each gap moves the estimate by a share of itself, so that a burst or a pause does not carry it away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    nanoseconds: i64,
    gaps: u32,
}

impl Period {
    /// A period that somebody stated.
    #[must_use]
    pub const fn stated(nanoseconds: i64) -> Self {
        Self {
            nanoseconds,
            gaps: u32::MAX,
        }
    }

    /// A period that was learned before; it goes on learning.
    #[must_use]
    pub const fn learned(nanoseconds: i64) -> Self {
        Self { nanoseconds, gaps: 8 }
    }

    /// One more gap.
    pub fn learn(&mut self, gap: i64) {
        if gap < 0 {
            return;
        }
        if self.gaps < 2 {
            // The smaller of the first two: a capture may start with a pause, or with a burst that the third gap mends.
            self.nanoseconds = if self.gaps == 0 {
                gap
            } else {
                self.nanoseconds.max(gap)
            };
        } else if self.gaps == u32::MAX {
            return;
        } else if gap > self.nanoseconds {
            // Up three times as fast as down: the estimate settles where one gap of four is longer.
            self.nanoseconds += (self.nanoseconds / 4).min(gap - self.nanoseconds) + 1;
        } else {
            self.nanoseconds -= (self.nanoseconds / 12).min(self.nanoseconds - gap);
        }
        self.gaps = self.gaps.saturating_add(1).min(u32::MAX - 1);
    }

    /// The usual gap, once at least `gaps` were seen.
    #[must_use]
    pub const fn known(&self, gaps: u32) -> Option<i64> {
        if self.gaps >= gaps {
            Some(self.nanoseconds)
        } else {
            None
        }
    }

    /// How many gaps it is learned from.
    #[must_use]
    pub const fn gaps(&self) -> u32 {
        self.gaps
    }
}

/// Messages closer together than this belong to one exchange; only the pauses between exchanges are a rhythm.
const EXCHANGE: i64 = 500 * MILLISECOND;

/// How regularly something is heard.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// When it was heard first.
    pub first: Moment,
    /// When it was heard last.
    pub last: Moment,
    /// Start of the exchange that is going on.
    started: Moment,
    /// The usual time from one exchange to the next.
    pub period: Period,
    /// The longest pause, forgotten slowly.
    pub longest: i64,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            first: NEVER,
            last: NEVER,
            started: NEVER,
            period: Period::default(),
            longest: 0,
        }
    }
}

impl Rhythm {
    /// It was heard now.
    pub fn hear(&mut self, now: Moment) {
        if now < self.last {
            return;
        }
        if self.last == NEVER {
            self.first = now;
            self.started = now;
        } else if span(self.last, now) >= EXCHANGE {
            let pause = span(self.started, now);
            self.period.learn(pause);
            self.longest = (self.longest - self.longest / 256).max(pause);
            self.started = now;
        }
        self.last = now;
    }

    /// True when it was never heard.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.last == NEVER
    }

    /// Still heard: within three of its periods, or five seconds (site-and-rules 1.3).
    #[must_use]
    pub fn alive(&self, now: Moment) -> bool {
        self.last != NEVER && now <= self.alive_until()
    }

    /// Until when it counts as alive without being heard.
    #[must_use]
    pub fn alive_until(&self) -> Moment {
        if self.last == NEVER {
            return NEVER;
        }
        // Until the rhythm is known, half a minute is not yet silence.
        let allowed = self
            .period
            .known(3)
            .map_or(30 * SECOND, |period| period.saturating_mul(3).max(5 * SECOND));
        self.last.saturating_add(allowed)
    }

    /// Time in which nothing could be heard does not count as silence.
    pub fn shift(&mut self, by: i64) {
        if self.last != NEVER {
            self.last = self.last.saturating_add(by);
            self.started = self.started.saturating_add(by);
        }
    }
}
