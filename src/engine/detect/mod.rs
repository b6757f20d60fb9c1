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
use crate::conversation::{Context, Conversation};
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
    /// Place of its protocol.
    protocol: usize,
    /// So many requests without an answer are a flood.
    unanswered: u32,
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

/// Why a message is looked at more closely: bits, 0 for nearly every message.
mod notice {
    /// The table names detections.
    pub(super) const ROWS: u8 = 1;
    /// Many requests wait.
    pub(super) const FLOOD: u8 = 2;
    /// A unit is asked for the first time.
    pub(super) const NEW_UNIT: u8 = 4;
    /// Indications have changed.
    pub(super) const INDICATIONS: u8 = 8;
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

    /// The first message of a conversation.
    #[cold]
    fn first(
        &mut self,
        slot: usize,
        conversation: &Conversation,
        message: &Message<'_>,
        now: Moment,
    ) -> u8 {
        if slot >= self.talks.len() {
            self.talks.resize(slot + 1, Talk::new(conversation));
        }
        let Some(talk) = self.talks.get_mut(slot) else {
            return 0;
        };
        *talk = Talk::new(conversation);
        talk.listen(&self.index, message, now)
    }
}

impl Talk {
    fn new(conversation: &Conversation) -> Self {
        let protocol = index::place(conversation.protocol);
        Self {
            number: conversation.number,
            protocol,
            unanswered: UNANSWERED.get(protocol).copied().unwrap_or(u32::MAX),
            waiting: 0,
            since: NEVER,
            asked: 0,
            wrote: 0,
            indications: 0,
            units: Units::new(),
        }
    }

    /// Counts a message, and says what about it is to be looked at.
    #[inline]
    fn listen(&mut self, index: &Index, message: &Message<'_>, now: Moment) -> u8 {
        let marks = &message.marks;
        let code = message.function.map_or(0, |function| function.code);
        let class = index::class(self.protocol, message);
        let mut notice = u8::from(index.any(self.protocol, class, code)) * notice::ROWS;
        if message.from == Direction::FromClient {
            self.asked = self.asked.saturating_add(1);
            if self.protocol == index::MODBUS {
                let new = self.units.ask(marks.station);
                // The first of a conversation is no news.
                if new && self.asked > 1 {
                    notice |= notice::NEW_UNIT;
                }
            }
            // What only confirms is not answered.
            if code != 0 || self.protocol != index::DNP3 {
                if self.waiting == 0 {
                    self.since = now;
                }
                self.waiting = self.waiting.saturating_add(1);
                if self.waiting >= self.unanswered {
                    notice |= notice::FLOOD;
                }
            }
        } else {
            self.waiting = 0;
            if self.protocol == index::MODBUS {
                self.units.answer(marks.station, message.status);
            } else if self.protocol == index::DNP3 {
                let now = marks.indications & index.indications;
                if now != self.indications {
                    self.indications = now;
                    notice |= notice::INDICATIONS;
                }
            }
        }
        notice
    }
}

impl Engine {
    /// Looks at a message for what is suspicious whatever the plant: call after [`Engine::message`].
    #[inline]
    pub fn look(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let slot = self.pairs.slot(context.conversation);
        let Detect { talks, index, .. } = &mut self.detect;
        let notice = match talks.get_mut(slot) {
            Some(talk) if talk.number == context.conversation.number => talk.listen(index, message, self.now),
            _ => self.detect.first(slot, context.conversation, message, self.now),
        };
        if notice != 0 {
            self.looked(context, message, slot, notice);
        }
    }

    /// What could not be counted or compared because there was too much of it.
    #[must_use]
    pub const fn detections_forgotten(&self) -> u64 {
        self.detect.forgotten()
    }
}
