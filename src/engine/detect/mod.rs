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

use tapglass_model::{SECOND, Station};
use tapglass_proto::{Direction, Marks, Message};

use super::Engine;
use crate::conversation::{Context, Conversation};
use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, NEVER, span};
use crate::rules::detections;
use crate::rules::set::RuleSet;
use count::Counters;
use index::Index;
use sweep::Units;

/// Requests that nobody answered before it is a flood, by protocol; a master with a dead device asks less often.
const UNANSWERED: [u32; index::PROTOCOLS] = [500, 32, 500];
/// Statements of identity, indications and hosts remembered each; what comes later is not compared.
const REMEMBERED: usize = 8_192;

/// UNSOLICITED_RESPONSE (IEEE 1815-2012 4.4).
const UNSOLICITED: u32 = 130;
/// A storm of them: within this time so many.
const STORM: (i64, u32) = (10 * SECOND, 100);

/// No answer yet: the group of all outstations does not answer.
const NOBODY: u32 = u32::MAX;

/// Everything that the detections remember.
#[derive(Clone, Debug)]
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
    /// Outstation and indications of the last answer; [`NOBODY`] before the first.
    indications: u32,
    /// Unsolicited responses within a time, and when it began.
    reports: u32,
    reports_since: Moment,
    /// Units are watched once one of them did not answer.
    units: Option<Box<Units>>,
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
    /// Many unsolicited responses came in a short time.
    pub(super) const REPORTS: u8 = 16;
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
        self.forgotten + self.counters.refused + self.writers.forgotten
    }

    /// The first message of a conversation.
    #[cold]
    fn first(&mut self, slot: usize, conversation: &Conversation, message: &Message<'_>, now: Moment) -> u8 {
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
            indications: NOBODY,
            reports: 0,
            reports_since: NEVER,
            units: None,
        }
    }

    /// Counts a message, and says what about it is to be looked at.
    #[inline(always)] // of each message
    fn listen(&mut self, index: &Index, message: &Message<'_>, now: Moment) -> u8 {
        let code = message.function.map_or(0, |function| function.code);
        // What a body says costs a call; of Modbus it is asked only where units do not answer.
        let marks = match self.protocol {
            index::MODBUS => Marks::default(),
            index::OPCUA if message.from == Direction::FromServer => Marks::default(),
            _ => message.body.marks(),
        };
        let class = index::class(self.protocol, message, &marks);
        let mut notice = u8::from(index.any(self.protocol, class, code)) * notice::ROWS;
        if message.from == Direction::FromClient {
            self.asked = self.asked.saturating_add(1);
            // What only confirms is not answered.
            if code != 0 || self.protocol != index::DNP3 {
                if self.waiting == 0 {
                    self.since = now;
                } else if self.protocol == index::MODBUS {
                    notice |= self.asks_another(message);
                }
                self.waiting = self.waiting.saturating_add(1);
                if self.waiting >= self.unanswered {
                    notice |= notice::FLOOD;
                }
            }
        } else {
            self.waiting = 0;
            match self.protocol {
                index::MODBUS if self.units.is_some() || message.status.is_some() => {
                    notice |= self.unit_answers(message)
                }
                index::DNP3 => {
                    notice |= self.indicates(&marks, index.indications);
                    if code == UNSOLICITED {
                        notice |= self.reports(now);
                    }
                }
                _ => {}
            }
        }
        notice
    }

    /// A unit is asked while another has not answered.
    #[cold]
    fn asks_another(&mut self, message: &Message<'_>) -> u8 {
        let units = self.units.get_or_insert_default();
        u8::from(units.ask(message.body.marks().station)) * notice::NEW_UNIT
    }

    /// A unit answers, or its gateway says that it does not.
    #[cold]
    fn unit_answers(&mut self, message: &Message<'_>) -> u8 {
        let station = message.body.marks().station;
        if message
            .status
            .is_some_and(|status| sweep::UNREACHABLE.contains(&status.code))
        {
            let units = self.units.get_or_insert_default();
            return u8::from(units.ask(station)) * notice::NEW_UNIT;
        }
        if let Some(units) = &mut self.units {
            units.answer(station);
        }
        0
    }

    /// One more unsolicited response.
    fn reports(&mut self, now: Moment) -> u8 {
        if self.reports_since == NEVER || span(self.reports_since, now) > STORM.0 {
            self.reports_since = now;
            self.reports = 0;
        }
        self.reports += 1;
        if self.reports < STORM.1 {
            return 0;
        }
        self.reports = 0;
        notice::REPORTS
    }

    fn indicates(&mut self, marks: &Marks, reported: u16) -> u8 {
        let outstation = match marks.station {
            Some(Station::Link { outstation, .. }) => outstation,
            _ => 0,
        };
        let now = u32::from(outstation) << 16 | u32::from(marks.indications & reported);
        let new = now != self.indications;
        self.indications = now;
        u8::from(new) * notice::INDICATIONS
    }
}

impl Engine {
    /// As [`Engine::message`], and looks at the message for what is suspicious whatever the plant.
    #[inline]
    pub fn look(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let moment = self.moment(message.at);
        let slot = self.pairs.slot(context.conversation);
        self.hear(slot, message.from, message.station, moment);
        self.watch_card(context, message.from, slot, moment);
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
