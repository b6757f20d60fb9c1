//! The memory of temporal operators: constant size, constant time (site-and-rules section 2).

use tapglass_model::SECOND;

use super::past::Past;
use super::pattern::Pattern;
use super::program::NodeId;
use super::tally::Tally;
use super::trace::Trace;
use crate::plant::clock::{FOREVER, Moment, NEVER};
use crate::plant::{Interval, Truth};
use crate::site::TagId;

/// One temporal operator.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// What it remembers.
    pub memory: Memory,
    /// The tags that change it.
    pub tags: Box<[TagId]>,
    /// When it is to be looked at next without a change of its tags.
    pub due: Moment,
}

impl Monitor {
    /// A monitor without a past.
    #[must_use]
    pub fn new(memory: Memory, tags: Vec<TagId>) -> Self {
        Self {
            memory,
            tags: tags.into_boxed_slice(),
            due: FOREVER,
        }
    }
}

/// What a temporal operator remembers.
#[derive(Clone, Debug)]
pub enum Memory {
    /// `once(p, duration)`
    Once {
        /// p
        inner: NodeId,
        /// Nanoseconds.
        duration: i64,
        /// The past of p.
        trace: Trace,
        /// An edge in p can make it true for an instant.
        momentary: bool,
    },
    /// `held(p, duration)`
    Held {
        /// p
        inner: NodeId,
        /// Nanoseconds.
        duration: i64,
        /// The past of p.
        trace: Trace,
        /// An edge in p can make it true for an instant.
        momentary: bool,
    },
    /// `since(p, q)`
    Since {
        /// p, which holds ever since
        ever: NodeId,
        /// q, which happened
        happened: NodeId,
        /// The verdict at the last update.
        verdict: Truth,
    },
    /// `rose(p)` or `fell(p)`
    Edge {
        /// p
        inner: NodeId,
        /// The truth that p comes to.
        to: Truth,
        /// p at the last update.
        last: Truth,
        /// The step in which the edge was.
        step: u64,
    },
    /// `changed(TAG, duration)`
    Changed {
        /// The tag.
        tag: TagId,
        /// Nanoseconds.
        duration: i64,
        /// Its last known value.
        last: Interval,
        /// When it changed.
        at: Moment,
        /// Since when it is known without a break.
        known: Moment,
    },
    /// `rate`, `min`, `max`, `avg`
    Signal {
        /// The tag.
        tag: TagId,
        /// What is asked of it.
        of: Statistic,
        /// Nanoseconds; for the rate, twice the usual time between samples at least.
        duration: i64,
        /// Its past.
        past: Past,
    },
    /// `count(event, duration)`
    Count {
        /// The event.
        pattern: Pattern,
        /// When it happened.
        tally: Tally,
    },
}

/// What is asked of the past of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Statistic {
    Rate,
    Minimum,
    Maximum,
    Average,
}

impl Memory {
    /// `once(p, duration)`
    #[must_use]
    pub const fn once(inner: NodeId, duration: i64, momentary: bool) -> Self {
        Self::Once {
            inner,
            duration,
            momentary,
            trace: Trace::new(Truth::Unknown),
        }
    }

    /// `held(p, duration)`
    #[must_use]
    pub const fn held(inner: NodeId, duration: i64, momentary: bool) -> Self {
        Self::Held {
            inner,
            duration,
            momentary,
            trace: Trace::new(Truth::Unknown),
        }
    }

    /// `since(p, q)`: whether q happened before the capture began nobody can tell.
    #[must_use]
    pub const fn since(ever: NodeId, happened: NodeId) -> Self {
        Self::Since {
            ever,
            happened,
            verdict: Truth::Unknown,
        }
    }

    /// `rose(p)`
    #[must_use]
    pub const fn rose(inner: NodeId) -> Self {
        Self::edge(inner, Truth::True)
    }

    /// `fell(p)`
    #[must_use]
    pub const fn fell(inner: NodeId) -> Self {
        Self::edge(inner, Truth::False)
    }

    const fn edge(inner: NodeId, to: Truth) -> Self {
        Self::Edge {
            inner,
            to,
            last: Truth::Unknown,
            step: 0,
        }
    }

    /// `changed(TAG, duration)`
    #[must_use]
    pub const fn changed(tag: TagId, duration: i64) -> Self {
        Self::Changed {
            tag,
            duration,
            last: Interval::EVERYTHING,
            at: NEVER,
            known: FOREVER,
        }
    }

    /// `rate(TAG)`
    #[must_use]
    pub fn rate(tag: TagId) -> Self {
        Self::signal(tag, Statistic::Rate, 10 * SECOND)
    }

    /// `min(TAG, duration)`
    #[must_use]
    pub fn minimum(tag: TagId, duration: i64) -> Self {
        Self::signal(tag, Statistic::Minimum, duration)
    }

    /// `max(TAG, duration)`
    #[must_use]
    pub fn maximum(tag: TagId, duration: i64) -> Self {
        Self::signal(tag, Statistic::Maximum, duration)
    }

    /// `avg(TAG, duration)`
    #[must_use]
    pub fn average(tag: TagId, duration: i64) -> Self {
        Self::signal(tag, Statistic::Average, duration)
    }

    fn signal(tag: TagId, of: Statistic, duration: i64) -> Self {
        Self::Signal {
            tag,
            of,
            duration,
            past: Past::default(),
        }
    }

    /// `count(event, duration)`
    #[must_use]
    pub const fn count(pattern: Pattern, duration: i64) -> Self {
        Self::Count {
            pattern,
            tally: Tally::new(duration),
        }
    }
}
