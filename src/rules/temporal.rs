//! Asking temporal operators: what they remember, together with what holds now.

use super::evaluate::{Notes, View};
use super::monitor::{Memory, Monitor, Statistic};
use super::program::MonitorId;
use crate::plant::clock::{FOREVER, Moment, NEVER};
use crate::plant::tags::Why;
use crate::plant::{Interval, Truth};
use crate::site::TagId;

impl View<'_> {
    #[allow(clippy::cast_precision_loss)] // counts up to 64
    pub(super) fn temporal(&self, id: MonitorId, notes: &mut Notes) -> Answer {
        let Some(monitor) = self.monitors.get(id.0 as usize) else {
            return Answer::Truth(Truth::Unknown);
        };
        match &monitor.memory {
            Memory::Once {
                inner,
                duration,
                trace,
                ..
            } => {
                let present = self.truth(*inner, notes);
                let (verdict, again) = trace.once(present, *duration, self.now);
                Answer::Truth(past(notes, verdict, again, monitor))
            }
            Memory::Held {
                inner,
                duration,
                trace,
                ..
            } => {
                let present = self.truth(*inner, notes);
                let (verdict, again) = trace.held(present, *duration, self.now);
                Answer::Truth(past(notes, verdict, again, monitor))
            }
            Memory::Since {
                ever,
                happened,
                verdict,
            } => {
                let happened = self.truth(*happened, notes);
                let ever = self.truth(*ever, notes);
                let verdict = happened.or(ever.and(*verdict));
                Answer::Truth(past(notes, verdict, None, monitor))
            }
            Memory::Edge {
                inner,
                to,
                last,
                step,
            } => {
                let present = self.truth(*inner, notes);
                let edge = *step == self.step || (present == *to && *last == to.not());
                Answer::Truth(edge.into())
            }
            Memory::Changed {
                tag,
                duration,
                at,
                known,
                ..
            } => Answer::Truth(self.changed(*tag, *duration, *at, *known, notes)),
            Memory::Signal {
                tag,
                of,
                duration,
                past,
            } => {
                let told = match of {
                    Statistic::Rate => past.rate(self.now, self.slope_window(*tag, *duration)),
                    Statistic::Minimum => past.extreme(self.now, *duration, f64::min),
                    Statistic::Maximum => past.extreme(self.now, *duration, f64::max),
                    Statistic::Average => past.average(self.now, *duration),
                };
                // A value that is not fresh says nothing about its past up to now.
                let present = self.observed(*tag, notes);
                match told {
                    Some((number, again)) if present.says_something() => {
                        notes.again_at(again);
                        Answer::Quantity(Interval::exact(number))
                    }
                    _ => Answer::Quantity(notes.unknown(Why::History, *tag)),
                }
            }
            Memory::Count { tally, .. } => {
                let (count, next) = tally.quantity(self.now);
                notes.again_at(next);
                Answer::Quantity(count)
            }
        }
    }

    /// The window of a slope: long enough for four samples, so that the resolution of one does not look like a slope.
    #[must_use]
    pub fn slope_window(&self, tag: TagId, least: i64) -> i64 {
        self.tag(tag)
            .period
            .known(2)
            .map_or(least, |period| period.saturating_mul(4).max(least))
    }

    fn changed(&self, tag: TagId, duration: i64, at: Moment, known: Moment, notes: &mut Notes) -> Truth {
        let since = self.now.saturating_sub(duration);
        if at != NEVER && at > since {
            notes.again_at(at.saturating_add(duration));
            return Truth::True;
        }
        if known > since {
            notes.unknown(Why::History, tag);
            if known != FOREVER {
                notes.again_at(known.saturating_add(duration));
            }
            return Truth::Unknown;
        }
        Truth::False
    }
}

/// What a temporal operator says.
pub(super) enum Answer {
    Truth(Truth),
    Quantity(Interval),
}

fn past(notes: &mut Notes, verdict: Truth, again: Option<Moment>, monitor: &Monitor) -> Truth {
    if let Some(moment) = again {
        notes.again_at(moment);
    }
    if verdict.is_unknown()
        && let Some(tag) = monitor.tags.first()
    {
        notes.why.get_or_insert((Why::History, *tag));
    }
    verdict
}
