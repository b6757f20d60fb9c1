//! Not more than so many events in a window: fan-out over tags or devices, storms of one principal.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::Scene;
use crate::plant::Truth;
use crate::plant::clock::{Moment, span};
use crate::plant::principals::Who;
use crate::rules::evaluate::Notes;
use crate::rules::pattern::Pattern;
use crate::rules::tally::Tally;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::rules::write::Write;
use crate::site::{DeviceId, Distinct, EventKind, PrincipalId, TagId};

/// Whose events are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// Everybody's.
    Site,
    /// Those of a principal, whichever devices it talks to and from whichever of its addresses.
    Principal(PrincipalId),
    /// Those of an address that the site does not know.
    Address(IpAddr),
}

impl Whose {
    fn of(per_principal: bool, who: Who, ip: IpAddr) -> Self {
        match who.principal {
            _ if !per_principal => Self::Site,
            Some(principal) => Self::Principal(principal),
            None => Self::Address(ip),
        }
    }
}

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
    past: Vec<(Whose, Past)>,
}

/// One event that counts: time, tag and device.
type Happened = (Moment, TagId, DeviceId);

/// What happened of late.
#[derive(Clone, Debug)]
struct Past {
    /// All of it.
    tally: Tally,
    /// The last events, or the last of each tag or device, to count those and to name them.
    events: VecDeque<Happened>,
}

/// Events remembered for each principal, to name their tags.
const EVENTS: usize = 65;
/// Tags or devices that can be told apart for each principal.
const TOLD_APART: usize = 4_096;
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
        let whose = Whose::of(self.per_principal, write.who, write.actor.ip);
        for written in write.tags.iter().filter(|written| written.counts) {
            match self
                .on
                .matches(written.tag, written.reading.value, written.reading.tolerance)
            {
                Truth::True => {
                    any = true;
                    self.add(scene, write.at, written.tag, whose);
                }
                Truth::Unknown => unknown = true,
                Truth::False => {}
            }
        }
        match (any, unknown) {
            (true, _) => self.verdict(write.at, whose),
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
                self.add(scene, scene.view.now, tag, Whose::Site);
                self.verdict(scene.view.now, Whose::Site)
            }
            Truth::Unknown => Verdict::Unknown,
            Truth::False => Verdict::Skip,
        }
    }

    fn add(&mut self, scene: &Scene<'_>, now: Moment, tag: TagId, whose: Whose) {
        let device = scene.device_of(tag);
        let place = self
            .past
            .iter()
            .position(|past| past.0 == whose)
            .unwrap_or_else(|| {
                if self.past.len() == COUNTED {
                    let oldest = (0..self.past.len())
                        .min_by_key(|place| self.past[*place].1.tally.last())
                        .unwrap_or(0);
                    self.past.remove(oldest);
                }
                let past = Past {
                    tally: Tally::new(self.window),
                    events: VecDeque::new(),
                };
                self.past.push((whose, past));
                self.past.len() - 1
            });
        let past = &mut self.past[place].1;
        past.tally.happened(now);
        let events = &mut past.events;
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
        let room = match self.distinct {
            Some(_) => TOLD_APART.min(self.max as usize + 1),
            None => EVENTS,
        };
        if events.len() == room {
            events.pop_front();
        }
        events.push_back((now, tag, device));
    }

    fn verdict(&self, now: Moment, whose: Whose) -> Verdict {
        let Some((_, Past { tally, events })) = self.past.iter().find(|past| past.0 == whose) else {
            return Verdict::Good;
        };
        let inside = || events.iter().filter(|event| span(event.0, now) < self.window);
        let count = match self.distinct {
            Some(_) => u32::try_from(inside().count()).unwrap_or(u32::MAX),
            None => tally.count(now).0,
        };
        if count <= self.max {
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
