//! What is known of each tag: commanded, observed, how old, how it arrives.

use tapglass_model::{CaptureTime, Quality, SECOND};

use super::Interval;
use super::clock::{FOREVER, Moment, NEVER, span};
use super::learn::Period;
use super::pairs::{PairId, Pairs};
use super::reading::Reading;

/// The state of one tag. What a poll without news touches comes first and fits a cache line: of most polls there is
/// nothing else to remember.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct TagState {
    /// When it was last seen to be what it is.
    pub seen: Moment,
    /// The observation before that.
    pub seen_before: Moment,
    /// How many observations there were.
    pub samples: u64,
    /// The usual time between two observations.
    pub period: Period,
    /// Stated age from which it is stale; 0 is not stated.
    max_age: i64,
    /// Reports of it may have been lost since it was last seen.
    pub shadowed: bool,
    /// A rule waits for the next look at it.
    pub awaited: bool,
    /// It was reported as an event at least once.
    pub has_events: bool,
    /// It was seen to change without an event, so it is only polled.
    pub changes_unreported: bool,
    /// The pair that reports it by exception; `None` when it is polled.
    pub reported_by: Option<PairId>,
    /// The pair that brought it last.
    pub brought_by: PairId,
    /// Last read or reported.
    pub observed: Reading,
    /// When the observed value was last seen to differ from the one before.
    pub changed: Moment,
    /// The device's own time of the observed value, and the setting of its clock under which it was given.
    pub source: Option<(CaptureTime, u32)>,
    /// Last accepted as a write.
    pub commanded: Reading,
    /// When.
    pub commanded_at: Moment,
    /// What it was before the step in which it last changed.
    pub before: Reading,
    /// That step.
    pub before_step: u64,
    /// What the write that is being judged would make of it.
    pub candidate: Reading,
    /// The step in which that holds.
    pub candidate_step: u64,
    /// The last event of the past: the report that brought it, what it says, and the device's time of it.
    pub late: (u64, Reading, CaptureTime),
    /// Half of it was written; until then the rest may follow.
    pub torn_until: Moment,
}

/// Why nothing can be said of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It was never seen.
    Never,
    /// It is too old.
    Stale,
    /// The device says that it is wrong.
    Bad,
    /// It is not a number, or only a part of it is known.
    Partial,
    /// The capture was blind.
    Blind,
    /// The traffic that carries it is encrypted.
    Encrypted,
    /// Not enough of the past was seen.
    History,
    /// The rule reads no value that could be unknown, and still cannot be decided.
    Other,
}

impl Why {
    /// What is to be said of the tag, after its name.
    #[must_use]
    pub const fn said(self) -> &'static str {
        match self {
            Self::Never => "was never seen",
            Self::Stale => "is too old",
            Self::Bad => "is marked bad by its device",
            Self::Partial => "is known only in part",
            Self::Blind => "may have changed in a gap of the capture",
            Self::Encrypted => "is encrypted",
            Self::History => "was not watched for long enough",
            Self::Other => "does not decide it",
        }
    }

    /// In a few words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never seen",
            Self::Stale => "stale",
            Self::Bad => "bad quality",
            Self::Partial => "known only in part",
            Self::Blind => "gap in the capture",
            Self::Encrypted => "encrypted",
            Self::History => "not enough of the past was seen",
            Self::Other => "cannot be decided",
        }
    }
}

/// Before the rhythm of a tag is known, a value of so long ago is still taken.
const UNLEARNED: i64 = 300 * SECOND;

impl TagState {
    /// A tag of which nothing is known.
    #[must_use]
    pub fn new(max_age: Option<i64>, poll: Option<i64>) -> Self {
        Self {
            observed: Reading::default(),
            seen: NEVER,
            seen_before: NEVER,
            changed: NEVER,
            source: None,
            samples: 0,
            period: poll.map_or_else(Period::default, Period::stated),
            reported_by: None,
            brought_by: PairId(u32::MAX),
            has_events: false,
            changes_unreported: false,
            shadowed: false,
            awaited: false,
            commanded: Reading::default(),
            commanded_at: NEVER,
            before: Reading::default(),
            before_step: 0,
            candidate: Reading::default(),
            candidate_step: 0,
            late: (0, Reading::default(), CaptureTime(0)),
            torn_until: NEVER,
            max_age: max_age.unwrap_or(0),
        }
    }

    /// The age from which a polled value is stale: stated, or three usual periods and a second.
    #[must_use]
    pub fn max_age(&self) -> i64 {
        if self.max_age != 0 {
            return self.max_age;
        }
        self.period.known(2).map_or(UNLEARNED, |period| {
            period.saturating_mul(3).saturating_add(SECOND).max(5 * SECOND)
        })
    }

    /// Until when the observed value counts, if nothing more is heard.
    #[must_use]
    pub fn fresh_until(&self, pairs: &Pairs) -> Moment {
        if self.seen == NEVER {
            return NEVER;
        }
        let aged = self.seen.saturating_add(self.max_age());
        if self.max_age != 0 {
            return aged;
        }
        match self.reported_by.and_then(|pair| pairs.get(pair)) {
            // Reported by exception: it holds as long as its association lives.
            Some(pair) => aged.max(pair.heard[1].alive_until()),
            None => aged,
        }
    }

    /// What may be concluded from the observed value at `now`, and until when.
    pub fn observed_at(&self, now: Moment, pairs: &Pairs) -> Result<(Interval, Moment), Why> {
        if self.seen == NEVER {
            return Err(Why::Never);
        }
        let until = self.fresh_until(pairs);
        if now > until {
            return Err(Why::Stale);
        }
        match self.observed.quality {
            Quality::Bad => Err(Why::Bad),
            Quality::Unknown => Err(Why::Never),
            _ if !self.observed.value.says_something() => Err(Why::Partial),
            _ => Ok((self.observed.value, until)),
        }
    }

    /// What may be concluded from the last accepted command; it does not age.
    pub fn commanded_now(&self) -> Result<(Interval, Moment), Why> {
        if self.commanded_at == NEVER {
            Err(Why::Never)
        } else if !self.commanded.value.says_something() {
            Err(Why::Partial)
        } else {
            Ok((self.commanded.value, FOREVER))
        }
    }

    /// Observed if fresh, else commanded (site-and-rules 1.6).
    pub fn present(&self, now: Moment, pairs: &Pairs) -> Result<(Interval, Moment), Why> {
        match self.observed_at(now, pairs) {
            Ok(value) => Ok(value),
            Err(why) => self.commanded_now().map_err(|_| why),
        }
    }

    /// The reading behind [`TagState::present`].
    #[must_use]
    pub fn present_reading(&self, now: Moment, pairs: &Pairs) -> Option<&Reading> {
        if self.observed_at(now, pairs).is_ok() {
            Some(&self.observed)
        } else if self.commanded_now().is_ok() {
            Some(&self.commanded)
        } else {
            None
        }
    }

    /// The newest that is known of it: what was read or accepted last.
    #[must_use]
    pub fn newest_reading(&self, now: Moment, pairs: &Pairs) -> Option<&Reading> {
        if self.commanded_at > self.seen && self.commanded_now().is_ok() {
            Some(&self.commanded)
        } else {
            self.present_reading(now, pairs)
        }
    }

    /// Nanoseconds since it was seen.
    #[must_use]
    pub fn age(&self, now: Moment) -> Option<i64> {
        (self.seen != NEVER).then(|| span(self.seen, now))
    }

    /// Remembers what it was before this step, once.
    pub fn remember(&mut self, step: u64, now: Moment, pairs: &Pairs) {
        if self.before_step != step {
            self.before_step = step;
            self.before = self.present_reading(now, pairs).copied().unwrap_or_default();
        }
    }

    /// True when the observed value is reported by exception.
    #[must_use]
    pub const fn by_exception(&self) -> bool {
        self.reported_by.is_some()
    }
}
