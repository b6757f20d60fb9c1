//! One observed value: what it changes of its tag.

use tapglass_model::{CaptureTime, Quality, QualityReasons};
use tapglass_proto::{Observation, Origin};

use crate::plant::clock::{Moment, NEVER, span};
use crate::plant::device_clock::DeviceClock;
use crate::plant::pairs::{PairId, Pairs};
use crate::plant::reading::{Coding, Reading};
use crate::plant::tags::TagState;
use crate::site::TagId;

/// What the observations of one message have in common.
pub(super) struct Observer<'a> {
    pub(super) tags: &'a mut [TagState],
    pub(super) codings: &'a [Coding],
    pub(super) pairs: &'a Pairs,
    pub(super) touched: &'a mut Vec<TagId>,
    pub(super) now: Moment,
    /// When the values were on the wire: earlier than now when they waited for a missing segment.
    pub(super) at: Moment,
    pub(super) step: u64,
    pub(super) pair: PairId,
    pub(super) origin: Origin,
    /// The device's own clock, where its events carry time and may be old (DNP3).
    pub(super) clock: Option<&'a mut DeviceClock>,
}

/// What became of an observation.
pub(super) enum Taken {
    /// It is the present value, or says nothing.
    Yes,
    /// Its tag has changed in this step already: nothing was taken, the step must be judged before.
    Again,
    /// It is an event of the past, of this time.
    Late(Reading, CaptureTime),
}

impl Observer<'_> {
    /// Something newer is already known of the tag.
    pub(super) fn is_old(&self, tag: TagId) -> bool {
        self.tags
            .get(tag.0 as usize)
            .is_some_and(|state| state.seen > self.at)
    }

    /// A value with its own type.
    pub(super) fn observation(&mut self, tag: TagId, observation: &Observation<'_>) -> Taken {
        if self.at < self.now && self.is_old(tag) {
            return Taken::Yes;
        }
        let Some(coding) = self.codings.get(tag.0 as usize) else {
            return Taken::Yes;
        };
        let reading = coding.value_read(&observation.value, observation.quality, observation.reasons);
        self.timed(tag, reading, observation.source_time)
    }

    fn timed(&mut self, tag: TagId, reading: Reading, source: Option<CaptureTime>) -> Taken {
        let event = self.origin == Origin::Event;
        let Some(state) = self.tags.get_mut(tag.0 as usize) else {
            return Taken::Yes;
        };
        if event && state.before_step == self.step && !state.observed.same(&reading) {
            return Taken::Again;
        }
        let mut stamp = source.map(|source| (source, 0));
        if let Some(clock) = &mut self.clock {
            stamp = source.map(|source| (source, clock.epoch()));
            if event && let Some(source) = source {
                let older = match state.source {
                    Some((known, epoch)) if epoch == clock.epoch() => source < known,
                    _ => state.seen != NEVER && clock.before(source, state.seen),
                };
                clock.learn(self.at, source);
                if older {
                    // A buffered event of the past never overwrites what is newer (site-and-rules 1.3).
                    return Taken::Late(reading, source);
                }
            }
        }
        if event {
            // Of two who are told of it, the one that is told sooner says whether it still holds.
            let period = |pair: PairId| {
                self.pairs.get(pair).map_or(Moment::MAX, |pair| {
                    pair.heard[1].period.known(3).unwrap_or(Moment::MAX)
                })
            };
            let keep = state.reported_by.is_some_and(|known| {
                known != self.pair
                    && self
                        .pairs
                        .get(known)
                        .is_some_and(|pair| pair.heard[1].alive(self.now))
                    && period(known) < period(self.pair)
            });
            if !keep {
                state.reported_by = Some(self.pair);
            }
            state.has_events = true;
        } else if self.clock.is_some() {
            self.polled(tag, &reading);
        }
        let Some(state) = self.tags.get_mut(tag.0 as usize) else {
            return Taken::Yes;
        };
        state.source = stamp;
        self.reading(tag, reading);
        Taken::Yes
    }

    /// A static value of a device that also sends events (DNP3 classes 1 to 3): between two polls it holds, because a
    /// change would have been reported; unless it was seen to change without.
    fn polled(&mut self, tag: TagId, reading: &Reading) {
        let Some(state) = self.tags.get_mut(tag.0 as usize) else {
            return;
        };
        if state.has_events {
            return;
        }
        let known = state.seen != NEVER && !state.shadowed;
        if known && !state.observed.same(reading) {
            state.changes_unreported = true;
        }
        let reports = self.pairs.get(self.pair).is_some_and(|pair| pair.events);
        if state.changes_unreported {
            state.reported_by = None;
        } else if reports {
            state.reported_by = Some(self.pair);
        }
    }

    /// A reading; only what differs is touched.
    pub(super) fn reading(&mut self, tag: TagId, reading: Reading) {
        if self.at < self.now && self.is_old(tag) {
            return;
        }
        let Some(state) = self.tags.get_mut(tag.0 as usize) else {
            return;
        };
        state.brought_by = self.pair;
        if state.observed.same(&reading) {
            if refresh(state, self.at) {
                self.touched.push(tag);
            }
            return;
        }
        state.remember(self.step, self.now, self.pairs);
        state.observed = reading;
        state.changed = self.now;
        refresh(state, self.at);
        self.touched.push(tag);
    }

    /// The device refused to give it: what was read before is no value any more, until the next read that succeeds
    /// (site-and-rules 1.3). Only for whoever reads it: what another client is refused, who may have asked for too much,
    /// says nothing of a value that this one still gets, and nobody blinds a rule by asking so that he is refused.
    pub(super) fn refused(&mut self, tag: TagId) -> bool {
        if self.at < self.now && self.is_old(tag) {
            return false;
        }
        let Some(state) = self.tags.get_mut(tag.0 as usize) else {
            return false;
        };
        let known = state.observed.reasons.contains(QualityReasons::REFUSED);
        if known || state.seen == NEVER || state.brought_by != self.pair {
            return false;
        }
        state.remember(self.step, self.now, self.pairs);
        state.observed.quality = Quality::Bad;
        state.observed.reasons = state.observed.reasons.with(QualityReasons::REFUSED);
        state.changed = self.now;
        self.touched.push(tag);
        true
    }
}

/// The tag was seen to be what it was. True when that is news, because it had become stale or doubtful.
pub(super) fn refresh(state: &mut TagState, now: Moment) -> bool {
    let gap = span(state.seen, now);
    let news = state.seen == NEVER || gap > state.max_age() || state.shadowed || state.awaited;
    if gap > 0 {
        state.seen_before = state.seen;
        if state.seen != NEVER {
            state.period.learn(gap);
        }
        state.seen = now;
        state.samples += 1;
    }
    state.shadowed = false;
    state.awaited = false;
    news
}
