//! Rules about what does not happen: frozen measurements, silence, hearts that stop.

use std::collections::VecDeque;

use tapglass_model::{Quality, SECOND};

use super::Scene;
use crate::plant::Truth;
use crate::plant::clock::{Moment, NEVER, span};
use crate::plant::learn::Period;
use crate::plant::tags::Why;
use crate::rules::evaluate::Notes;
use crate::rules::verdict::{Cause, What};
use crate::site::TagId;

/// A measurement that usually moves does not stand still.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// For at least this long, where the site says; else learned.
    pub lasting: Option<i64>,
    /// The tag that drives it, and how far it must have moved.
    pub driver: Option<(TagId, f64)>,
    /// How often it changed.
    changes: u64,
    /// Samples at the first change.
    first: u64,
    /// Samples at the last change.
    sampled: u64,
    /// When it changed last.
    at: Moment,
    /// The longest run of one value, forgotten slowly.
    longest: i64,
    /// The longest run that was learned on other days.
    known: i64,
    /// The usual time from change to change.
    usual: Period,
    /// The driver at the last change.
    driven: Option<f64>,
    /// The last values, to see whether it moves over many or only flickers between neighbours.
    values: VecDeque<u64>,
}

/// Without a word of the site, a minute and a half is the least that is called frozen.
const LEAST: i64 = 90 * SECOND;
/// Values remembered to see how many there are.
const RECENT: usize = 16;
/// Changes that must be seen before standing still means anything.
const CHANGES: u64 = 20;

impl Frozen {
    /// A measurement that was never seen.
    #[must_use]
    pub fn new(lasting: Option<i64>, driver: Option<(TagId, f64)>) -> Self {
        Self {
            lasting,
            driver,
            changes: 0,
            first: 0,
            sampled: 0,
            at: NEVER,
            longest: 0,
            known: 0,
            usual: Period::default(),
            driven: None,
            values: VecDeque::new(),
        }
    }

    /// With the longest run of one value that was learned on other days.
    #[must_use]
    pub fn known(mut self, longest: Option<i64>) -> Self {
        self.known = longest.unwrap_or(0).max(0);
        self
    }

    /// The longest run of one value, nanoseconds.
    #[must_use]
    pub const fn longest(&self) -> i64 {
        self.longest
    }

    /// It has changed.
    pub fn changed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) {
        let state = scene.view.tag(tag);
        let now = scene.view.now;
        let Some(before) = scene.before(tag) else {
            return;
        };
        if state.observed.quality != Quality::Good || !before.usable().says_something() {
            // A repaired or first value begins anew.
            self.at = now;
            self.sampled = state.samples;
        } else {
            if self.at != NEVER {
                let run = span(self.at, now);
                self.longest = (self.longest - self.longest / 512).max(run);
                self.usual.learn(run);
            }
            if self.changes == 0 {
                self.first = state.samples;
            }
            self.changes += 1;
            if self.values.len() == RECENT {
                self.values.pop_front();
            }
            if let Some(number) = state.observed.value.number() {
                self.values.push_back(number.to_bits());
            }
            self.at = now;
            self.sampled = state.samples;
        }
        self.driven = self
            .driver
            .and_then(|(driver, _)| scene.view.observed(driver, &mut Notes::default()).number());
        if self.changes >= CHANGES {
            // The exact limit is worked out when it is needed; it is not shorter than this.
            notes.again_at(now.saturating_add(self.lasting.unwrap_or(LEAST)));
        }
    }

    /// How many different values there were lately.
    fn distinct(&self) -> usize {
        let mut known = [0; RECENT];
        let mut count = 0;
        for value in &self.values {
            if !known.iter().take(count).any(|other| other == value)
                && let Some(place) = known.get_mut(count)
            {
                *place = *value;
                count += 1;
            }
        }
        count
    }

    /// How long it may stand still; `None` while nothing can be said.
    fn limit(&self) -> Option<i64> {
        if self.changes < CHANGES {
            return None;
        }
        // At least one sample of five must have been another value than the one before.
        if self.sampled.saturating_sub(self.first) > self.changes.saturating_mul(5) {
            return None;
        }
        // What flickers between two or three neighbouring steps of its resolution comes to rest by itself.
        if self.lasting.is_none() && self.distinct() * 2 < RECENT {
            return None;
        }
        let usual = self.usual.known(8)?;
        let least = self.lasting.unwrap_or(LEAST);
        Some(
            least
                .max(self.longest.max(self.known).saturating_mul(2))
                .max(usual.saturating_mul(12)),
        )
    }

    /// Does it stand still?
    pub fn check(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> (Truth, Cause) {
        let state = scene.view.tag(tag);
        let now = scene.view.now;
        let lasting = if self.at == NEVER { 0 } else { span(self.at, now) };
        let cause = Cause::new(What::Frozen { lasting }, Some(tag)).value(state.observed.value.number());
        if self.changes < CHANGES {
            return (Truth::Unknown, cause);
        }
        let least = self.lasting.unwrap_or(LEAST);
        if lasting < least {
            // Most often asked right after a change: then nothing has to be worked out.
            notes.again_at(self.at.saturating_add(least));
            return (Truth::False, cause);
        }
        let Some(limit) = self.limit() else {
            return (Truth::Unknown, cause);
        };
        let due = self.at.saturating_add(limit);
        if now < due {
            notes.again_at(due);
            return (Truth::False, cause);
        }
        let value = scene.view.observed(tag, notes);
        if !value.says_something() {
            notes.again_at(now.saturating_add(limit));
            return (Truth::Unknown, cause);
        }
        if state.observed.quality != Quality::Good || state.shadowed {
            notes.why.get_or_insert((Why::Blind, tag));
            notes.again_at(now.saturating_add(limit));
            return (Truth::Unknown, cause);
        }
        let device = scene.device_of(tag);
        if scene.view.pairs.reports_unseen(device, self.at, now) && state.by_exception() {
            notes.why.get_or_insert((Why::Blind, tag));
            notes.again_at(now.saturating_add(limit));
            return (Truth::Unknown, cause);
        }
        // A polled value must have been looked at often, not just be old.
        if !state.by_exception() && state.samples < self.sampled + 10 {
            notes.again_at(now.saturating_add(limit / 4 + 1));
            return (Truth::Unknown, cause);
        }
        // At the end of its range, or at rest at 0, a measurement may well stand still.
        let at_rest = value.number().is_some_and(|number| {
            number == 0.0
                || scene
                    .site
                    .tags
                    .get(tag.0 as usize)
                    .and_then(|tag| tag.range)
                    .is_some_and(|(low, high)| number <= low || number >= high)
        });
        if at_rest {
            return (Truth::False, cause);
        }
        if let Some((driver, distance)) = self.driver {
            let present = scene.view.observed(driver, notes).number();
            let moved = match (self.driven, present) {
                (Some(then), Some(now)) => (now - then).abs() > distance,
                _ => {
                    notes.again_at(now.saturating_add(limit));
                    return (Truth::Unknown, cause);
                }
            };
            if !moved {
                notes.again_at(now.saturating_add(limit / 4 + 1));
                return (Truth::False, cause);
            }
        }
        (Truth::True, cause)
    }
}

/// A tag is heard of regularly; a heartbeat must also beat.
#[derive(Clone, Debug)]
pub struct Silence {
    /// Longest silence; `None` is learned.
    pub longest: Option<i64>,
    /// It must change, not only be seen.
    pub heartbeat: bool,
    /// The usual time from beat to beat.
    usual: Period,
    /// The longest time from beat to beat, forgotten slowly.
    slowest: i64,
    /// The last beat.
    at: Moment,
}

impl Silence {
    /// Nothing heard yet.
    #[must_use]
    pub fn new(longest: Option<i64>, heartbeat: bool) -> Self {
        Self {
            longest,
            heartbeat,
            usual: Period::default(),
            slowest: 0,
            at: NEVER,
        }
    }

    /// It has changed.
    pub fn changed(&mut self, now: Moment, notes: &mut Notes) {
        if self.at != NEVER {
            let gap = span(self.at, now);
            self.usual.learn(gap);
            self.slowest = (self.slowest - self.slowest / 256).max(gap);
        }
        self.at = now;
        notes.again_at(now.saturating_add(SECOND));
    }

    /// Time in which nothing could be heard does not count.
    pub fn shift(&mut self, by: i64) {
        if self.at != NEVER {
            self.at = self.at.saturating_add(by);
        }
    }

    /// Is it silent?
    pub fn check(&self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> (Truth, Cause) {
        let state = scene.view.tag(tag);
        let now = scene.view.now;
        let (last, usual, slowest) = if self.heartbeat {
            (self.at, self.usual.known(8), self.slowest)
        } else {
            (state.seen, state.period.known(8), 0)
        };
        let limit = match (self.longest, usual) {
            (Some(longest), _) => longest,
            (None, Some(usual)) => usual
                .saturating_mul(5)
                .saturating_add(2 * SECOND)
                .max(slowest.saturating_mul(2)),
            (None, None) => {
                return (
                    Truth::Unknown,
                    Cause::new(What::Silent { lasting: 0, usual: 0 }, Some(tag)),
                );
            }
        };
        let usual = usual.unwrap_or(0);
        if last == NEVER {
            // Never heard is a matter of coverage, not an alarm.
            notes.why.get_or_insert((Why::Never, tag));
            return (
                Truth::Unknown,
                Cause::new(What::Silent { lasting: 0, usual }, Some(tag)),
            );
        }
        // What was not seen cannot have been silent: the time runs from the end of a gap at least.
        let device = scene.device_of(tag);
        let gap = scene.view.pairs.last_gap(device);
        let last = last.max(gap.min(now));
        let lasting = span(last, now);
        let stuck = self.heartbeat && span(state.seen, now) < lasting / 2;
        let cause = Cause::new(
            if stuck {
                What::Stuck { lasting }
            } else {
                What::Silent { lasting, usual }
            },
            Some(tag),
        )
        .value(state.observed.value.number());
        if lasting < limit {
            notes.again_at(last.saturating_add(limit));
            return (Truth::False, cause);
        }
        if scene.view.blind {
            notes.why.get_or_insert((Why::Blind, tag));
            return (Truth::Unknown, cause);
        }
        (Truth::True, cause)
    }
}
