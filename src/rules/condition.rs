//! From a condition to an alarm: delays on both sides, so that one odd sample neither raises nor clears (1.7).

use crate::plant::Truth;
use crate::plant::clock::{FOREVER, Moment, span};

/// How long a violation must last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelay {
    /// So many nanoseconds.
    Time(i64),
    /// It must be seen in two samples.
    Samples {
        /// Samples of what it is about, so far.
        seen: u64,
        /// When no second sample comes because only changes are reported: the time in which one would have come.
        grace: i64,
    },
}

/// Where a condition stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// No violation.
    #[default]
    Quiet,
    /// Violated, not yet for long enough.
    Pending {
        /// Since.
        since: Moment,
        /// Samples at that moment.
        samples: u64,
    },
    /// The alarm stands.
    Active {
        /// Violated since.
        since: Moment,
        /// Good since; `None` while it is violated or cannot be told.
        good: Option<Moment>,
    },
}

/// What a condition does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing new.
    Still,
    /// Its alarm is to be raised; violated since.
    Raise(Moment),
    /// Its alarm stands and the violation was seen again.
    Again(Moment),
    /// Its alarm returns.
    Return,
}

/// A condition with its delays.
#[derive(Clone, Copy, Debug, Default)]
pub struct Condition {
    standing: Standing,
}

impl Condition {
    /// Where it stands.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// True while its alarm stands.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.standing, Standing::Active { .. })
    }

    /// Nothing is known of it any more; true when its alarm stood.
    pub fn reset(&mut self) -> bool {
        let active = self.is_active();
        self.standing = Standing::Quiet;
        active
    }

    /// It is (not) violated now. Also says when to look again.
    pub fn update(&mut self, violated: Truth, now: Moment, on: OnDelay, off: i64) -> (Step, Moment) {
        match (self.standing, violated) {
            (Standing::Quiet, Truth::True) => {
                let samples = match on {
                    OnDelay::Time(delay) if delay <= 0 => {
                        self.standing = Standing::Active {
                            since: now,
                            good: None,
                        };
                        return (Step::Raise(now), FOREVER);
                    }
                    OnDelay::Time(_) => 0,
                    OnDelay::Samples { seen, .. } => seen,
                };
                self.standing = Standing::Pending { since: now, samples };
                (Step::Still, now.saturating_add(wait(on)))
            }
            (Standing::Pending { since, samples }, Truth::True) => {
                let due = match on {
                    OnDelay::Time(delay) => span(since, now) >= delay,
                    OnDelay::Samples { seen, grace } => seen > samples || span(since, now) >= grace,
                };
                if due {
                    self.standing = Standing::Active { since, good: None };
                    (Step::Raise(since), FOREVER)
                } else {
                    (Step::Still, since.saturating_add(wait(on)))
                }
            }
            (Standing::Pending { .. }, _) => {
                self.standing = Standing::Quiet;
                (Step::Still, FOREVER)
            }
            (Standing::Active { since, good }, Truth::True) => {
                self.standing = Standing::Active { since, good: None };
                (
                    if good.is_some() {
                        Step::Again(now)
                    } else {
                        Step::Again(since)
                    },
                    FOREVER,
                )
            }
            (Standing::Active { since, good }, Truth::False) => {
                let good = good.unwrap_or(now);
                if span(good, now) >= off {
                    self.standing = Standing::Quiet;
                    return (Step::Return, FOREVER);
                }
                self.standing = Standing::Active {
                    since,
                    good: Some(good),
                };
                (Step::Still, good.saturating_add(off))
            }
            (Standing::Active { since, .. }, Truth::Unknown) => {
                // Neither good nor bad: it stands, and being good begins anew.
                self.standing = Standing::Active { since, good: None };
                (Step::Still, FOREVER)
            }
            (Standing::Quiet, _) => (Step::Still, FOREVER),
        }
    }
}

const fn wait(on: OnDelay) -> i64 {
    match on {
        OnDelay::Time(delay) => delay,
        OnDelay::Samples { grace, .. } => grace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Truth = Truth::True;
    const F: Truth = Truth::False;
    const U: Truth = Truth::Unknown;

    #[test]
    fn one_odd_sample_does_not_raise_and_two_do() {
        let mut condition = Condition::default();
        let on = |seen| OnDelay::Samples { seen, grace: 100 };
        assert_eq!(condition.update(T, 0, on(1), 60), (Step::Still, 100));
        assert_eq!(condition.update(F, 10, on(2), 60).0, Step::Still);
        assert_eq!(condition.update(T, 20, on(3), 60).0, Step::Still);
        assert_eq!(
            condition.update(T, 30, on(3), 60).0,
            Step::Still,
            "the same sample, looked at again"
        );
        assert_eq!(condition.update(T, 40, on(4), 60).0, Step::Raise(20));
    }

    #[test]
    fn a_value_that_is_reported_once_raises_when_another_would_have_come() {
        let mut condition = Condition::default();
        let on = OnDelay::Samples { seen: 1, grace: 100 };
        assert_eq!(condition.update(T, 0, on, 60), (Step::Still, 100));
        assert_eq!(condition.update(T, 99, on, 60).0, Step::Still);
        assert_eq!(condition.update(T, 100, on, 60).0, Step::Raise(0));
    }

    #[test]
    fn returns_only_after_the_off_delay_without_a_break() {
        let mut condition = Condition::default();
        let on = OnDelay::Time(0);
        assert_eq!(condition.update(T, 0, on, 60).0, Step::Raise(0));
        assert_eq!(condition.update(F, 10, on, 60), (Step::Still, 70));
        assert_eq!(condition.update(U, 50, on, 60).0, Step::Still);
        assert_eq!(condition.update(F, 60, on, 60), (Step::Still, 120));
        assert_eq!(condition.update(T, 70, on, 60).0, Step::Again(70));
        assert_eq!(condition.update(F, 80, on, 60).0, Step::Still);
        assert_eq!(condition.update(F, 140, on, 60).0, Step::Return);
    }
}
