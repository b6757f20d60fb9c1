//! A state does not change to and fro: a feedback that chatters is a loose contact, a command that is repeated by somebody,
//! or values that are not the device's.

use std::collections::VecDeque;

use super::Scene;
use crate::plant::clock::{Moment, span};
use crate::rules::evaluate::Notes;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::site::TagId;

/// Not more than `max` changes of an observed state in a window.
#[derive(Clone, Debug)]
pub struct Chatter {
    /// Allowed number.
    pub max: u32,
    /// Window.
    pub window: i64,
    /// When the state changed last, oldest first.
    past: VecDeque<Moment>,
}

/// Changes remembered: one more than any rule can allow.
const CHANGES: usize = 65;

impl Chatter {
    /// A state that has not changed yet.
    #[must_use]
    pub const fn new(max: u32, window: i64) -> Self {
        Self {
            max,
            window,
            past: VecDeque::new(),
        }
    }

    /// The tag was observed, and something about it has changed.
    pub fn changed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        // What appears for the first time, or after having been unknown, has not changed.
        let before = scene.before(tag).and_then(|before| before.usable().number());
        let Some(before) = before else {
            return Verdict::Skip;
        };
        match scene.view.observed(tag, notes).number() {
            Some(value) if value == before => Verdict::Skip,
            Some(value) => self.moved(scene.view.now, tag, before, value),
            None => Verdict::Unknown,
        }
    }

    fn moved(&mut self, now: Moment, tag: TagId, before: f64, value: f64) -> Verdict {
        while self.past.front().is_some_and(|at| span(*at, now) >= self.window) {
            self.past.pop_front();
        }
        if self.past.len() == CHANGES {
            self.past.pop_front();
        }
        self.past.push_back(now);
        let count = u32::try_from(self.past.len()).unwrap_or(u32::MAX);
        if count <= self.max {
            return Verdict::Good;
        }
        let what = What::Chatters {
            count,
            window: self.window,
        };
        Verdict::Violated(
            Cause::new(what, Some(tag))
                .value(Some(value))
                .before(Some(before))
                .limit(Limit::One(f64::from(self.max))),
        )
    }
}

#[cfg(test)]
mod tests {
    use tapglass_model::SECOND;

    use super::*;

    #[test]
    fn more_changes_than_allowed_within_the_window_are_too_many() {
        for (what, every, changes, violated) in [
            ("as many as allowed", 1, 3, false),
            ("one more", 1, 4, true),
            ("one more, but the first is a window ago", 4, 4, false),
            ("one more, the first just within the window", 3, 4, true),
            ("far more than are remembered", 0, 500, true),
        ] {
            let mut chatter = Chatter::new(3, 12 * SECOND);
            let mut last = Verdict::Skip;
            for change in 0..changes {
                last = chatter.moved(change * every * SECOND, TagId(0), 0.0, 1.0);
            }
            assert_eq!(matches!(last, Verdict::Violated(_)), violated, "{what}");
            assert!(chatter.past.len() <= CHANGES, "{what}");
        }
    }
}
