//! Not more than so many events in a window: fan-out over tags or devices, storms of one principal.

use std::collections::VecDeque;

use super::Scene;
use crate::plant::Truth;
use crate::plant::clock::{Moment, span};
use crate::plant::pairs::PairId;
use crate::rules::evaluate::Notes;
use crate::rules::pattern::Pattern;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::rules::write::Write;
use crate::site::{DeviceId, Distinct, EventKind, TagId};

/// Not more than `max` events in a window.
#[derive(Clone, Debug)]
pub struct Count {
    /// The event.
    pub on: Pattern,
    /// Count tags (or devices), not events.
    pub distinct: Option<Distinct>,
    /// Allowed number.
    pub max: u32,
    /// Window.
    pub window: i64,
    /// Counted for each principal.
    pub per_principal: bool,
    /// For each principal (or once), oldest first.
    past: Vec<(Option<PairId>, VecDeque<Happened>)>,
}

/// One event that counts: time, tag and device.
type Happened = (Moment, TagId, DeviceId);

/// Events remembered for each principal.
const EVENTS: usize = 65;
/// Principals counted apart; the one that was quiet longest is forgotten first.
const COUNTED: usize = 64;

impl Count {
    /// A count of nothing.
    #[must_use]
    pub const fn new(
        on: Pattern,
        distinct: Option<Distinct>,
        max: u32,
        window: i64,
        per_principal: bool,
    ) -> Self {
        Self {
            on,
            distinct,
            max,
            window,
            per_principal,
            past: Vec::new(),
        }
    }

    /// A command is given.
    pub fn written(&mut self, scene: &Scene<'_>, write: &Write) -> Verdict {
        if !self.on.takes(write.action) {
            return Verdict::Skip;
        }
        let mut any = false;
        let mut unknown = false;
        for written in write.tags.iter().filter(|written| written.counts) {
            match self
                .on
                .matches(written.tag, written.reading.value, written.reading.tolerance)
            {
                Truth::True => {
                    any = true;
                    self.add(scene, write.at, written.tag, Some(write.pair));
                }
                Truth::Unknown => unknown = true,
                Truth::False => {}
            }
        }
        match (any, unknown) {
            (true, _) => self.verdict(write.at, Some(write.pair)),
            (false, true) => Verdict::Unknown,
            (false, false) => Verdict::Skip,
        }
    }

    /// An observed value has changed.
    pub fn changed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        if self.on.kind() != EventKind::Change {
            return Verdict::Skip;
        }
        let state = scene.view.tag(tag);
        // What appears for the first time, or after having been unknown, has not changed.
        if !scene
            .before(tag)
            .is_some_and(|before| before.usable().says_something())
        {
            return Verdict::Skip;
        }
        let value = scene.view.observed(tag, notes);
        match self.on.matches(tag, value, state.observed.tolerance) {
            Truth::True => {
                self.add(scene, scene.view.now, tag, None);
                self.verdict(scene.view.now, None)
            }
            Truth::Unknown => Verdict::Unknown,
            Truth::False => Verdict::Skip,
        }
    }

    fn add(&mut self, scene: &Scene<'_>, now: Moment, tag: TagId, pair: Option<PairId>) {
        let key = if self.per_principal { pair } else { None };
        let device = scene.device_of(tag);
        let place = self
            .past
            .iter()
            .position(|past| past.0 == key)
            .unwrap_or_else(|| {
                if self.past.len() == COUNTED {
                    let oldest = (0..self.past.len())
                        .min_by_key(|place| self.past[*place].1.back().map(|event| event.0))
                        .unwrap_or(0);
                    self.past.remove(oldest);
                }
                self.past.push((key, VecDeque::new()));
                self.past.len() - 1
            });
        let events = &mut self.past[place].1;
        while events
            .front()
            .is_some_and(|event| span(event.0, now) >= self.window)
        {
            events.pop_front();
        }
        if let Some(distinct) = self.distinct {
            events.retain(|event| match distinct {
                Distinct::Tag => event.1 != tag,
                Distinct::Device => event.2 != device,
            });
        }
        if events.len() == EVENTS {
            events.pop_front();
        }
        events.push_back((now, tag, device));
    }

    fn verdict(&self, now: Moment, pair: Option<PairId>) -> Verdict {
        let key = if self.per_principal { pair } else { None };
        let Some((_, events)) = self.past.iter().find(|past| past.0 == key) else {
            return Verdict::Good;
        };
        let inside = || events.iter().filter(|event| span(event.0, now) < self.window);
        let count = u32::try_from(inside().count()).unwrap_or(u32::MAX);
        if count <= self.max.min(64) {
            return Verdict::Good;
        }
        let mut tags = Vec::new();
        for event in inside() {
            if !tags.contains(&event.1) {
                tags.push(event.1);
            }
        }
        let last = tags.last().copied();
        Verdict::Violated(
            Cause::new(
                What::Count {
                    count,
                    window: self.window,
                    tags,
                },
                last,
            )
            .value(Some(f64::from(count)))
            .limit(Limit::One(f64::from(self.max))),
        )
    }
}
