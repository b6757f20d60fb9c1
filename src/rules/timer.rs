//! Deadlines in capture time, in an order that does not depend on anything else.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::plant::clock::{FOREVER, Moment};

/// What is due. The order is that in which things due at one moment are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// Commands without their answer.
    Writes,
    /// The rest of a half-written value.
    Torn(u32),
    /// A temporal operator.
    Monitor(u32),
    /// A rule.
    Instance(u32),
    /// A client and a device that may have fallen silent.
    Pair(u32),
    /// Selects that nobody operates.
    Selects,
    /// Reporting that was switched off.
    Blocked(u32),
    /// A client and a device that talk for the first time.
    Boundary(u32),
}

/// All deadlines.
#[derive(Clone, Debug, Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Moment, Due)>>,
}

impl Timers {
    /// Adds a deadline. One that is not needed any more is recognised by its owner when it comes.
    pub fn add(&mut self, at: Moment, due: Due) {
        if at != FOREVER {
            self.heap.push(Reverse((at, due)));
        }
    }

    /// The next deadline.
    #[must_use]
    pub fn next(&self) -> Moment {
        self.heap.peek().map_or(FOREVER, |entry| entry.0.0)
    }

    /// Takes the next deadline, if it is not after `now`.
    pub fn pop(&mut self, now: Moment) -> Option<(Moment, Due)> {
        if self.next() > now {
            return None;
        }
        self.heap.pop().map(|entry| entry.0)
    }

    /// How many deadlines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// True when nothing is due, ever.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}
