//! A command is not reversed too soon or too often.

use std::collections::VecDeque;

use crate::plant::clock::{Moment, span};
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::site::TagId;

/// A command is not reversed too soon or too often.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Shortest time between opposite commands.
    pub min_gap: Option<i64>,
    /// At most so many commands ...
    pub max: Option<u32>,
    /// ... in this window.
    pub window: i64,
    /// Repeats of the same state count too.
    pub count_same: bool,
    /// Time, value and frame of the last commands.
    past: VecDeque<(Moment, f64, u64)>,
}

/// Commands remembered for each tag.
const COMMANDS: usize = 17;

impl Cycle {
    /// A tag that was never commanded.
    #[must_use]
    pub const fn new(min_gap: Option<i64>, max: Option<u32>, window: i64, count_same: bool) -> Self {
        Self {
            min_gap,
            max,
            window,
            count_same,
            past: VecDeque::new(),
        }
    }

    /// It is commanded, or was seen to move to a state to which no command was seen.
    pub fn moved(&mut self, now: Moment, tag: TagId, value: f64, frame: u64) -> Verdict {
        let last = self.past.back().copied();
        let same = last.is_some_and(|last| last.1 == value);
        if same && !self.count_same {
            return Verdict::Good;
        }
        if self.past.len() == COMMANDS {
            self.past.pop_front();
        }
        self.past.push_back((now, value, frame));
        let cause = |what| {
            Cause::new(what, Some(tag))
                .value(Some(value))
                .before(last.map(|last| last.1))
        };
        if let (Some(gap), Some(last)) = (self.min_gap, last)
            && !same
            && span(last.0, now) < gap
        {
            let after = span(last.0, now);
            return Verdict::Violated(cause(What::Reversed { after }));
        }
        let count = self
            .past
            .iter()
            .filter(|command| span(command.0, now) < self.window)
            .count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match self.max {
            // A ring of 16 cannot count further; more than that is too many anyway.
            Some(max) if count > max.min(16) => Verdict::Violated(
                cause(What::TooOften {
                    count,
                    window: self.window,
                })
                .limit(Limit::One(f64::from(max))),
            ),
            _ => Verdict::Good,
        }
    }

    /// Was it seen to move to a state to which the last command did not lead, and after it?
    #[must_use]
    pub fn is_news(&self, now: Moment, value: f64) -> bool {
        self.past
            .back()
            .is_some_and(|last| last.1 != value && last.0 <= now)
    }

    /// The device refused the command: it was none.
    pub fn rejected(&mut self, frame: u64) {
        self.past.retain(|command| command.2 != frame);
    }
}
