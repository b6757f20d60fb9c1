//! What a temporal operator remembers of a condition: its truth now and when it last had each truth.

use crate::plant::Truth;
use crate::plant::clock::{Moment, NEVER};

/// The past of one condition, as far as `once` and `held` ask for it. A condition is constant between two updates.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// Its truth since the last update.
    now: Truth,
    /// Since when it has that truth.
    begun: Moment,
    /// For each truth: the end of the last stretch in which the condition had it (that moment itself not included).
    until: [Moment; 3],
}

impl Trace {
    /// A condition that is `now` and has no past.
    #[must_use]
    pub const fn new(now: Truth) -> Self {
        Self {
            now,
            begun: NEVER,
            until: [NEVER; 3],
        }
    }

    /// Its truth since the last update.
    #[must_use]
    pub const fn now(&self) -> Truth {
        self.now
    }

    /// From `at` on it is `truth`.
    pub fn set(&mut self, truth: Truth, at: Moment) {
        if truth != self.now {
            // What lasted no time was not: a deadline and a report at one moment are one change.
            if at > self.begun {
                self.until[self.now as usize] = at;
            }
            self.now = truth;
            self.begun = at;
        }
    }

    /// It was `truth` at `at` alone: a window that is open at its far end has left it when its duration has passed.
    pub fn was(&mut self, truth: Truth, at: Moment) {
        self.until[truth as usize] = at;
    }

    /// Had it this truth at some moment after `since`, up to and including `at`? And, when it had: until when that will
    /// be so if nothing changes.
    fn had(&self, truth: Truth, present: Truth, since: Moment) -> bool {
        // What it was until now counts up to now: that moment is after `since` for every positive duration.
        present == truth || self.now == truth || self.until[truth as usize] > since
    }

    /// `once(p, duration)` at `at`, where p is `present` at that moment; and when to ask again.
    #[must_use]
    pub fn once(&self, present: Truth, duration: i64, at: Moment) -> (Truth, Option<Moment>) {
        self.some(Truth::True, present, duration, at)
    }

    /// `held(p, duration)` at `at`: true when p was true at every moment of the duration.
    #[must_use]
    pub fn held(&self, present: Truth, duration: i64, at: Moment) -> (Truth, Option<Moment>) {
        let (opposite, again) = self.some(Truth::False, present, duration, at);
        (opposite.not(), again)
    }

    fn some(&self, wanted: Truth, present: Truth, duration: i64, at: Moment) -> (Truth, Option<Moment>) {
        let since = at.saturating_sub(duration);
        let expires = |truth: Truth| {
            let end = if self.now == truth && present != truth {
                at
            } else {
                self.until[truth as usize]
            };
            (present != truth).then(|| end.saturating_add(duration))
        };
        if self.had(wanted, present, since) {
            (Truth::True, expires(wanted))
        } else if self.had(Truth::Unknown, present, since) {
            (Truth::Unknown, expires(Truth::Unknown))
        } else {
            (Truth::False, None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const F: Truth = Truth::False;
    const U: Truth = Truth::Unknown;
    const T: Truth = Truth::True;

    fn verdicts(trace: &[(i64, Truth)], ask: impl Fn(&Trace, Truth, i64) -> Truth) -> Vec<Truth> {
        let mut state = Trace::new(trace[0].1);
        trace
            .iter()
            .map(|&(at, truth)| {
                let verdict = ask(&state, truth, at);
                state.set(truth, at);
                assert_eq!(
                    ask(&state, truth, at),
                    verdict,
                    "asking again after the update at {at}"
                );
                verdict
            })
            .collect()
    }

    #[test]
    fn an_end_counts_until_the_duration_has_passed_and_not_at_that_moment() {
        let trace = [(0, F), (2, T), (3, F), (7, F), (8, F)];
        let once = verdicts(&trace, |state, now, at| state.once(now, 5, at).0);
        assert_eq!(once, [F, T, T, T, F]);
    }

    #[test]
    fn what_was_unknown_keeps_held_unknown_but_false_wins() {
        let trace = [
            (0, T),
            (1, U),
            (2, T),
            (5, T),
            (7, T),
            (8, F),
            (9, U),
            (13, T),
            (14, T),
        ];
        let held = verdicts(&trace, |state, now, at| state.held(now, 5, at).0);
        assert_eq!(held, [T, U, U, U, T, F, F, F, U]);
    }

    #[test]
    fn says_when_the_verdict_will_change() {
        let mut state = Trace::new(F);
        state.set(T, 10);
        state.set(F, 20);
        assert_eq!(state.once(F, 5, 21), (T, Some(25)));
        assert_eq!(state.once(F, 5, 25), (F, None));
        assert_eq!(state.held(T, 5, 21), (F, Some(26)), "p has just become true");
    }
}
