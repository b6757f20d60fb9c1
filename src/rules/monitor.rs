//! The memory of temporal operators: constant size, constant time (site-and-rules section 2).

use std::collections::VecDeque;

use tapglass_model::SECOND;

use super::pattern::Pattern;
use super::program::NodeId;
use super::trace::Trace;
use crate::plant::clock::{FOREVER, Moment, NEVER, span};
use crate::plant::{Interval, Truth};
use crate::site::TagId;

/// Points of a signal kept for windows; when there are more, neighbours melt.
const POINTS: usize = 256;
/// Times of events kept for `count`.
const EVENTS: usize = 64;

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
    },
    /// `held(p, duration)`
    Held {
        /// p
        inner: NodeId,
        /// Nanoseconds.
        duration: i64,
        /// The past of p.
        trace: Trace,
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
        /// Nanoseconds.
        duration: i64,
        /// When it happened, oldest first.
        times: VecDeque<Moment>,
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
    pub const fn once(inner: NodeId, duration: i64) -> Self {
        Self::Once {
            inner,
            duration,
            trace: Trace::new(Truth::Unknown),
        }
    }

    /// `held(p, duration)`
    #[must_use]
    pub const fn held(inner: NodeId, duration: i64) -> Self {
        Self::Held {
            inner,
            duration,
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
            duration,
            times: VecDeque::new(),
        }
    }
}

/// One stretch of a signal that stands still from a moment on; `None` while it is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    at: Moment,
    value: Option<f64>,
}

/// The past of a signal: constant from each point to the next.
#[derive(Clone, Debug, Default)]
pub struct Past {
    points: VecDeque<Point>,
}

/// Number and when it will be another though nothing new is heard.
pub type Told = Option<(f64, Moment)>;

impl Past {
    /// From `at` on the signal is `value`. What lies further back than `duration` is forgotten.
    pub fn set(&mut self, at: Moment, value: Option<f64>, duration: i64) {
        let value = value.filter(|number| number.is_finite());
        match self.points.back_mut() {
            Some(last) if last.value == value => {}
            Some(last) if last.at == at => last.value = value,
            _ => self.points.push_back(Point { at, value }),
        }
        // The point before the window still tells the value at its start.
        let start = at.saturating_sub(duration);
        while self.points.len() > 2 && self.points.get(1).is_some_and(|next| next.at <= start) {
            self.points.pop_front();
        }
        if self.points.len() > POINTS {
            self.melt();
        }
    }

    /// Joins the two neighbours that lie closest together; the later one stands for both, so that windows shift by
    /// at most that much.
    fn melt(&mut self) {
        let closest = (1..self.points.len() - 1)
            .min_by_key(|place| span(self.points[place - 1].at, self.points[*place].at));
        if let Some(place) = closest {
            let removed = self.points.remove(place);
            if let (Some(removed), Some(before)) = (removed, self.points.get_mut(place - 1)) {
                // Keep what reaches further out, for minimum and maximum.
                if let (Some(a), Some(b)) = (before.value, removed.value)
                    && b.abs() > a.abs()
                {
                    before.value = Some(b);
                }
            }
        }
    }

    /// Stretches of the window with their start, end and value.
    fn stretches(&self, from: Moment, until: Moment) -> impl Iterator<Item = (Moment, Moment, Option<f64>)> {
        self.points.iter().enumerate().filter_map(move |(place, point)| {
            let end = self
                .points
                .get(place + 1)
                .map_or(until, |next| next.at)
                .min(until);
            let start = point.at.max(from);
            // The last point counts even when it has just begun.
            (end > start || (place + 1 == self.points.len() && end >= start)).then_some((
                start,
                end,
                point.value,
            ))
        })
    }

    /// The smallest or greatest known value of the window; unknown stretches are passed over.
    #[must_use]
    pub fn extreme(&self, now: Moment, duration: i64, pick: fn(f64, f64) -> f64) -> Told {
        let from = now.saturating_sub(duration);
        let mut found: Option<(f64, Moment)> = None;
        for (_, end, value) in self.stretches(from, now) {
            let Some(value) = value else { continue };
            found = Some(match found {
                Some((best, until)) if pick(best, value) == best && best != value => (best, until),
                _ => (value, end),
            });
        }
        found.map(|(value, end)| {
            let leaves = if end >= now {
                FOREVER
            } else {
                end.saturating_add(duration)
            };
            (value, leaves)
        })
    }

    /// The mean over time of the known stretches of the window.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // durations of years in nanoseconds, as weights
    pub fn average(&self, now: Moment, duration: i64) -> Told {
        let from = now.saturating_sub(duration);
        let (mut sum, mut weight, mut last) = (0.0, 0.0, None);
        for (start, end, value) in self.stretches(from, now) {
            let Some(value) = value else { continue };
            let length = span(start, end) as f64;
            sum += value * length;
            weight += length;
            last = Some(value);
        }
        let mean = if weight > 0.0 { sum / weight } else { last? };
        // It moves with every moment; a sixteenth of the window is as often as anybody needs to know.
        let again = if self.points.len() > 1 {
            now.saturating_add((duration / 16).max(1))
        } else {
            FOREVER
        };
        Some((mean, again))
    }

    /// The slope over the window, in units per second: from the value at its start to the value now.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn rate(&self, now: Moment, duration: i64) -> Told {
        let last = self.points.back()?;
        let value = last.value?;
        let from = now.saturating_sub(duration);
        // The first known stretch without an unknown one after it.
        let mut start = None;
        for (begin, _, known) in self.stretches(from, now) {
            match known {
                Some(before) => {
                    start.get_or_insert((begin, before));
                }
                None => start = None,
            }
        }
        let (begin, before) = start?;
        let length = span(begin, now);
        if length < duration / 4 || length <= 0 {
            return None;
        }
        let slope = (value - before) / (length as f64 / SECOND as f64);
        let again = if slope == 0.0 && last.at <= from {
            FOREVER
        } else {
            now.saturating_add((duration / 8).max(1))
        };
        Some((slope, again))
    }
}

/// How many of `times` lie in the window; with the moment at which the oldest of them leaves it.
#[must_use]
pub fn counted(times: &VecDeque<Moment>, now: Moment, duration: i64) -> (usize, Moment) {
    let since = now.saturating_sub(duration);
    let outside = times.partition_point(|time| *time <= since);
    let leaves = times
        .get(outside)
        .map_or(FOREVER, |oldest| oldest.saturating_add(duration));
    (times.len() - outside, leaves)
}

/// One more event; the oldest is given up when there are too many, which only makes a count smaller than it is.
pub fn happened(times: &mut VecDeque<Moment>, now: Moment, duration: i64) {
    while times.front().is_some_and(|oldest| span(*oldest, now) >= duration) {
        times.pop_front();
    }
    if times.len() == EVENTS {
        times.pop_front();
    }
    times.push_back(now);
}

/// True when a count can be more than `counted` says.
#[must_use]
pub fn overflows(count: usize) -> bool {
    count >= EVENTS
}
