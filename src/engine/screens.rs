//! What screens and summaries read: tags, alarms, rules, and the people's side of alarms.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::{CaptureTime, Outcome, Station};

use super::Engine;
use crate::alarm::{Alarm, Book, Load, Shelf};
use crate::plant::clock::{Clock, Moment, NEVER};
use crate::plant::tags::{TagState, Why};
use crate::records::operation::Actor;
use crate::rules::coverage::{Coverage, RuleState};
use crate::rules::info::RuleInfo;
use crate::rules::write::{Write, Written};
use crate::site::{Site, TagId};

use super::points::RawPoint;

/// The last write on a tag.
#[derive(Clone, Debug)]
pub struct LastWrite {
    /// When it was requested.
    pub at: CaptureTime,
    /// By whom.
    pub actor: Arc<Actor>,
    /// The site does not know them, or they are not who their address says.
    pub foreign: bool,
    /// The value, where it is a number.
    pub value: Option<f64>,
    /// What became of it.
    pub outcome: Outcome,
    /// Frame of the request.
    pub frame: u64,
}

/// Writes remembered for each tag.
const WRITES: usize = 4;

/// Totals of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Commands requested.
    pub requested: u64,
    /// Commands accepted.
    pub accepted: u64,
    /// Commands refused.
    pub rejected: u64,
    /// Commands whose answer was not seen.
    pub unanswered: u64,
    /// Commands to which no answer is expected.
    pub unacknowledged: u64,
}

/// What is kept for people only.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    writes: Vec<VecDeque<LastWrite>>,
    trends: Vec<VecDeque<(Moment, f64)>>,
    samples: usize,
    pub(super) totals: Totals,
}

impl Kept {
    pub(super) fn new(site: &Site, samples: usize) -> Self {
        Self {
            writes: vec![VecDeque::new(); site.tags.len()],
            trends: if samples > 0 {
                vec![VecDeque::new(); site.tags.len()]
            } else {
                Vec::new()
            },
            samples,
            totals: Totals::default(),
        }
    }

    pub(super) fn sample(&mut self, tags: &[TagId], states: &[TagState], now: Moment) {
        for tag in tags {
            let (Some(trend), Some(state)) =
                (self.trends.get_mut(tag.0 as usize), states.get(tag.0 as usize))
            else {
                continue;
            };
            let Some(value) = state.observed.usable().number() else {
                continue;
            };
            if trend.len() == self.samples {
                trend.pop_front();
            }
            trend.push_back((now, value));
        }
    }

    pub(super) fn written(&mut self, write: &Write, clock: &Clock) {
        self.totals.requested += 1;
        for written in &write.tags {
            let Some(writes) = self.writes.get_mut(written.tag.0 as usize) else {
                continue;
            };
            if writes.len() == WRITES {
                writes.pop_back();
            }
            writes.push_front(LastWrite {
                at: clock.wire(write.at),
                actor: Arc::clone(&write.actor),
                foreign: !write.who.is_genuine(),
                value: written.reading.value.number(),
                outcome: write.outcome,
                frame: write.frame,
            });
        }
    }

    pub(super) fn answered(&mut self, write: &Write, outcome: Outcome, of: &dyn Fn(&Written) -> Outcome) {
        if !write.action.commands() {
            return;
        }
        match outcome {
            Outcome::Accepted | Outcome::Pending => self.totals.accepted += 1,
            Outcome::Rejected => self.totals.rejected += 1,
            Outcome::Unanswered => self.totals.unanswered += 1,
            Outcome::Unacknowledged => self.totals.unacknowledged += 1,
            Outcome::Requested => {}
        }
        for written in &write.tags {
            let last = self
                .writes
                .get_mut(written.tag.0 as usize)
                .and_then(|writes| writes.iter_mut().find(|last| last.frame == write.frame));
            if let Some(last) = last {
                last.outcome = of(written);
            }
        }
    }
}

/// One tag as a screen shows it.
#[derive(Clone, Copy, Debug)]
pub struct TagView<'a> {
    /// The tag.
    pub id: TagId,
    /// All that is known of it.
    pub state: &'a TagState,
    /// Nanoseconds since it was seen.
    pub age: Option<i64>,
    /// The age from which it is stale.
    pub max_age: i64,
    /// Why nothing can be said of its observed value; `None` when it is fresh and usable.
    pub why: Option<Why>,
    /// The last writes, newest first.
    pub writes: &'a VecDeque<LastWrite>,
    /// Samples of the recent past, oldest first; the times are the engine's moments.
    pub trend: Option<&'a VecDeque<(Moment, f64)>>,
}

/// One rule as a screen or summary shows it.
#[derive(Clone, Copy, Debug)]
pub struct RuleView<'a> {
    /// What is fixed about it.
    pub info: &'a RuleInfo,
    /// What it has seen.
    pub coverage: &'a Coverage,
    /// Whether it can fire.
    pub state: RuleState,
    /// The input that keeps it from firing, and why.
    pub because: Option<(Why, TagId)>,
}

impl Engine {
    /// The present moment on the capture's clock.
    #[must_use]
    pub fn now(&self) -> CaptureTime {
        self.clock.wire(self.now)
    }

    /// The capture's time of one of the engine's moments.
    #[must_use]
    pub fn wire(&self, moment: Moment) -> CaptureTime {
        self.clock.wire(moment)
    }

    /// A tag.
    #[must_use]
    pub fn tag(&self, id: TagId) -> Option<TagView<'_>> {
        let state = self.tags.get(id.0 as usize)?;
        Some(TagView {
            id,
            state,
            age: state.age(self.now),
            max_age: state.max_age(),
            why: self.why(id, state),
            writes: self.screens.writes.get(id.0 as usize)?,
            trend: self.screens.trends.get(id.0 as usize),
        })
    }

    fn why(&self, id: TagId, state: &TagState) -> Option<Why> {
        let encrypted = || {
            self.site
                .tags
                .get(id.0 as usize)
                .is_some_and(|tag| self.pairs.of_device(tag.device).any(|pair| pair.encrypted))
        };
        match state.observed_at(self.now, &self.pairs) {
            Ok(_) => None,
            Err(Why::Never | Why::Stale) if encrypted() => Some(Why::Encrypted),
            Err(why) => Some(why),
        }
    }

    /// All tags in the order of the site.
    pub fn tags(&self) -> impl Iterator<Item = TagView<'_>> {
        (0_u32..)
            .take(self.tags.len())
            .filter_map(|number| self.tag(TagId(number)))
    }

    /// The alarms in the order in which they were raised.
    pub fn alarms(&self) -> impl DoubleEndedIterator<Item = &Arc<Alarm>> {
        self.book.list()
    }

    /// The book of alarms.
    #[must_use]
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// How many alarms there were.
    #[must_use]
    pub fn load(&self) -> Load {
        self.book.load(self.now)
    }

    /// Totals of the run.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.screens.totals
    }

    /// All rules, written ones first, built-in ones last.
    pub fn rules(&self) -> impl Iterator<Item = RuleView<'_>> {
        (0_u32..)
            .zip(self.rules.infos.iter().zip(&self.rules.coverage))
            .map(|(number, (info, coverage))| {
                let (state, because) = self.rule_state(number, info, coverage);
                RuleView {
                    info,
                    coverage,
                    state,
                    because,
                }
            })
    }

    fn rule_state(
        &self,
        number: u32,
        info: &RuleInfo,
        coverage: &Coverage,
    ) -> (RuleState, Option<(Why, TagId)>) {
        if info.disabled {
            return (RuleState::Off, None);
        }
        if info.error.is_some() {
            return (RuleState::Error, None);
        }
        let first = self
            .rules
            .instances
            .partition_point(|instance| instance.rule < number);
        let own = || {
            self.rules.instances[first..]
                .iter()
                .take_while(|instance| instance.rule == number)
        };
        // The worst of its tags, but one that can fire is enough to be armed.
        let mut worst: Option<(RuleState, (Why, TagId))> = None;
        let mut any = false;
        for instance in own() {
            let blind = instance.inputs.iter().find_map(|tag| {
                let state = self.tags.get(tag.0 as usize)?;
                if state.commanded_at != NEVER {
                    return None;
                }
                self.why(*tag, state).map(|why| (why, *tag))
            });
            match blind {
                None => any = true,
                Some((why, tag)) => {
                    let state = match why {
                        Why::Never => RuleState::Never,
                        Why::Encrypted => RuleState::Blind,
                        _ => RuleState::Stale,
                    };
                    if worst.is_none_or(|(before, _)| state < before) {
                        worst = Some((state, (why, tag)));
                    }
                }
            }
        }
        match worst {
            Some((state, because)) if !any => (state, Some(because)),
            _ if coverage.evaluated == 0 => (RuleState::Idle, None),
            _ => (RuleState::Armed, None),
        }
    }

    /// Points without a tag, by server and station (only with [`Options::raw_points`](super::Options::raw_points)).
    pub fn raw_points(&self, visit: &mut dyn FnMut(IpAddr, Station, RawPoint)) {
        self.raw.each(visit);
    }

    /// A person has seen an alarm; false when there is no such alarm.
    pub fn acknowledge(&mut self, number: u64) -> bool {
        let at = self.clock.wire(self.now);
        let known = self.book.acknowledge(number, at, &mut self.scratch.transitions);
        self.tell();
        known
    }

    /// A person puts an alarm away, for at most eight hours; false when there is no such alarm.
    pub fn shelve(&mut self, number: u64, until: CaptureTime, reason: &str) -> bool {
        let at = self.clock.wire(self.now);
        let shelf = Shelf {
            until,
            reason: reason.to_owned(),
        };
        let known = self
            .book
            .shelve(number, shelf, self.now, at, &mut self.scratch.transitions);
        self.tell();
        known
    }

    /// A person takes an alarm back from the shelf.
    pub fn unshelve(&mut self, number: u64) -> bool {
        let at = self.clock.wire(self.now);
        let known = self.book.take_back(number, at, &mut self.scratch.transitions);
        self.tell();
        known
    }
}
