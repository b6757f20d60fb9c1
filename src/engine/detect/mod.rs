//! Detections that need no site: what is suspicious on the wire whatever the plant.
//!
//! Ordinary traffic pays one lookup in a small table for each message, and a few counts kept with its conversation.
//! What the table names is looked at more closely in [`rows`]; occurrences are counted in [`count`]; [`raise`] makes
//! alarms of them. What the protocols' messages alone do not show is in [`partners`] and [`writer`].

mod count;
mod index;
mod partners;
mod raise;
mod rows;
mod sweep;
mod writer;

use std::net::IpAddr;

use hashbrown::HashMap;

use tapglass_proto::{Direction, Message};

use super::Engine;
use crate::conversation::Context;
use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, NEVER};
use crate::rules::detections;
use crate::rules::set::RuleSet;
use count::Counters;
use index::Index;
use sweep::Units;

/// Requests that nobody answered before it is a flood, by protocol; a master with a dead device asks less often.
const UNANSWERED: [u32; index::PROTOCOLS] = [500, 32, 500];
/// Statements of identity, indications and hosts remembered each; what comes later is not compared.
const REMEMBERED: usize = 8_192;

/// Everything that the detections remember.
#[derive(Debug)]
pub(super) struct Detect {
    index: Index,
    counters: Counters,
    /// By the place of the conversation in the engine.
    talks: Vec<Talk>,
    /// Indications last seen of each outstation, by server and link address.
    indications: HashMap<(IpAddr, u16), u16, Hasher>,
    statements: raise::Statements,
    partners: partners::Partners,
    writers: writer::Writers,
    /// What could not be remembered because there was too much.
    forgotten: u64,
}

/// What is kept with each conversation.
#[derive(Clone, Debug)]
struct Talk {
    number: u32,
    /// Requests since the last answer, and when the first of them came.
    waiting: u32,
    since: Moment,
    /// Messages of the client, and those of them that wrote.
    asked: u32,
    wrote: u32,
    /// Indications of the last answer.
    indications: u16,
    units: Units,
}

impl Talk {
    const fn new(number: u32) -> Self {
        Self {
            number,
            waiting: 0,
            since: NEVER,
            asked: 0,
            wrote: 0,
            indications: 0,
            units: Units::new(),
        }
    }
}

/// Why a message is looked at more closely.
#[derive(Clone, Copy, Debug, Default)]
struct Notice {
    rows: bool,
    flood: bool,
    new_unit: bool,
    indications: bool,
}

impl Notice {
    const fn any(self) -> bool {
        self.rows || self.flood || self.new_unit || self.indications
    }
}

impl Detect {
    pub(super) fn new(rules: &RuleSet) -> Self {
        Self {
            index: Index::new(detections::all(), rules),
            counters: Counters::default(),
            talks: Vec::new(),
            indications: HashMap::default(),
            statements: HashMap::default(),
            partners: partners::Partners::default(),
            writers: writer::Writers::default(),
            forgotten: 0,
        }
    }

    /// What could not be counted or compared because there was too much of it.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten + self.counters.refused
    }

    fn talk(&mut self, slot: usize, number: u32) -> &mut Talk {
        if slot >= self.talks.len() {
            self.talks.resize(slot + 1, Talk::new(u32::MAX));
        }
        let talk = &mut self.talks[slot];
        if talk.number != number {
            *talk = Talk::new(number);
        }
        talk
    }

    /// Counts a message, and says whether anything about it is to be looked at.
    #[inline]
    fn listen(
        &mut self,
        slot: usize,
        number: u32,
        protocol: usize,
        message: &Message<'_>,
        now: Moment,
    ) -> Notice {
        let marks = &message.marks;
        let code = message.function.map_or(0, |function| function.code);
        let reporting = self.index.indications;
        let class = index::class(protocol, message);
        let rows = self.index.any(protocol, class, code);
        let talk = self.talk(slot, number);
        let mut notice = Notice {
            rows,
            ..Notice::default()
        };
        if message.from == Direction::FromClient {
            talk.asked = talk.asked.saturating_add(1);
            // What only confirms is not answered.
            if protocol != index::DNP3 || code != 0 {
                if talk.waiting == 0 {
                    talk.since = now;
                }
                talk.waiting += 1;
                notice.flood = talk.waiting >= UNANSWERED[protocol];
            }
            notice.new_unit = protocol == index::MODBUS && talk.units.ask(marks.station);
        } else {
            talk.waiting = 0;
            if protocol == index::MODBUS {
                talk.units.answer(marks.station, message.status);
            }
            if protocol == index::DNP3 {
                let now = marks.indications & reporting;
                notice.indications = now != talk.indications;
                talk.indications = now;
            }
        }
        notice
    }
}

impl Engine {
    /// Looks at a message for what is suspicious whatever the plant: call after [`Engine::message`].
    #[inline]
    pub fn look(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let Some(protocol) = index::place(context.conversation.protocol) else {
            return;
        };
        let slot = self.pairs.slot(context.conversation);
        let notice = self
            .detect
            .listen(slot, context.conversation.number, protocol, message, self.now);
        if notice.any() {
            self.looked(context, message, protocol, slot, notice);
        }
    }

    /// What could not be counted or compared because there was too much of it.
    #[must_use]
    pub const fn detections_forgotten(&self) -> u64 {
        self.detect.forgotten()
    }
}
