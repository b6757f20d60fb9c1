//! Commands that wait for their answer: accepted, refused, or never answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hashbrown::HashMap;

use tapglass_model::{MILLISECOND, Outcome, SECOND, Table};
use tapglass_proto::Answer;

use super::step::Evidence;
use super::{Engine, Output};
use crate::conversation::Context;
use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, span};
use crate::plant::image::masked;
use crate::records::operation::OperationRecord;
use crate::rules::built_in;
use crate::rules::timer::Due;
use crate::rules::verdict::{Cause, What};
use crate::rules::write::Write;
use crate::site::{DeviceId, TagId};

/// After this a command counts as not answered (site-and-rules 1.3).
const NO_REPLY: i64 = 2 * SECOND;
/// After this an answer is not waited for any more; until then a late one still tells.
const FORGOTTEN: i64 = 60 * SECOND;
/// Commands are looked at together, at most so often.
const TICK: i64 = 50 * MILLISECOND;
/// Commands that wait; the oldest is given up first, as if it had not been answered.
const WAITING: usize = 4_096;
/// The halves of a value must be written within this time.
pub(super) const COHERENCE: i64 = 250 * MILLISECOND;
/// Registers remembered as just written.
const RECENT: usize = 512;

/// One register as a command states it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RegisterWrite {
    pub(super) table: Table,
    pub(super) register: u16,
    /// AND mask; 0 for a plain write.
    pub(super) and: u16,
    /// OR mask; the value of a plain write.
    pub(super) or: u16,
}

/// One command that waits.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) write: Arc<Write>,
    pub(super) registers: Vec<RegisterWrite>,
    /// The alarms that it raised, with their tags.
    pub(super) raised: Vec<(u64, Option<TagId>)>,
    pub(super) records: Vec<OperationRecord>,
    pub(super) at: Moment,
    /// The time for an answer is over.
    pub(super) unanswered: bool,
}

/// A register that was just written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recent {
    pub(super) device: DeviceId,
    pub(super) table: Table,
    pub(super) register: u16,
    pub(super) word: (u16, u16),
    pub(super) at: Moment,
}

impl Entry {
    /// When it is to be looked at.
    const fn due(&self) -> Moment {
        self.at
            .saturating_add(if self.unanswered { FORGOTTEN } else { NO_REPLY })
    }
}

/// All commands that wait.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    numbers: HashMap<(u32, u64), u64, Hasher>,
    entries: BTreeMap<u64, ((u32, u64), Entry)>,
    next: u64,
    /// A deadline for the next of them is set.
    watched: bool,
    pub(super) recent: VecDeque<Recent>,
    /// Tags of which a part was written, with the command that did.
    pub(super) torn: Vec<(TagId, Arc<Write>)>,
}

impl Pending {
    /// The same request was sent again.
    pub(super) fn repeated(&mut self, conversation: u32, transaction: u64, now: Moment) {
        if let Some(number) = self.numbers.get(&(conversation, transaction))
            && let Some((_, entry)) = self.entries.get_mut(number)
        {
            entry.at = now;
        }
    }

    /// The register, if it was written so shortly ago that it can be the other half of a value.
    pub(super) fn just_written(
        &self,
        device: DeviceId,
        table: Table,
        register: u16,
        now: Moment,
    ) -> Option<(u16, u16)> {
        self.recent
            .iter()
            .rev()
            .take_while(|recent| span(recent.at, now) <= COHERENCE)
            .find(|recent| recent.device == device && recent.table == table && recent.register == register)
            .map(|recent| recent.word)
            .filter(|word| word.1 == 0xffff)
    }

    fn remember(&mut self, devices: &[DeviceId], registers: &[RegisterWrite], now: Moment) {
        for device in devices {
            for write in registers {
                if self.recent.len() == RECENT {
                    self.recent.pop_front();
                }
                self.recent.push_back(Recent {
                    device: *device,
                    table: write.table,
                    register: write.register,
                    word: masked((0, 0), write.and, write.or),
                    at: now,
                });
            }
        }
    }
}

impl Engine {
    /// What a command leaves behind whether or not it will be answered.
    fn requested(&mut self, entry: &Entry) {
        let now = self.now;
        self.pending.remember(&entry.write.devices, &entry.registers, now);
        for written in &entry.write.tags {
            // The rest has come: the value is whole.
            self.pending.torn.retain(|(tag, _)| *tag != written.tag);
            if written.torn {
                self.pending.torn.push((written.tag, Arc::clone(&entry.write)));
                if let Some(state) = self.tags.get_mut(written.tag.0 as usize) {
                    state.torn_until = now.saturating_add(COHERENCE);
                }
                self.rules
                    .timers
                    .add(now.saturating_add(COHERENCE), Due::Torn(written.tag.0));
            }
        }
    }

    /// A command waits for its answer.
    pub(super) fn wait(&mut self, conversation: u32, transaction: u64, entry: Entry) {
        self.requested(&entry);
        if self.pending.entries.len() >= WAITING
            && let Some((_, (key, oldest))) = self.pending.entries.pop_first()
        {
            self.pending.numbers.remove(&key);
            if !oldest.unanswered {
                self.settle(&oldest, Outcome::Unanswered, None, None, &[]);
            }
        }
        let key = (conversation, transaction);
        self.pending.next += 1;
        let number = self.pending.next;
        if let Some(before) = self.pending.numbers.insert(key, number) {
            // A transaction number that comes again replaces the one that was never answered.
            if let Some((_, old)) = self.pending.entries.remove(&before)
                && !old.unanswered
            {
                self.settle(&old, Outcome::Unanswered, None, None, &[]);
            }
        }
        self.pending.entries.insert(number, (key, entry));
        self.watch_pending();
    }

    /// A command to which no answer is expected, or that is already decided.
    pub(super) fn settle_unconfirmed(&mut self, entry: Entry, outcome: Outcome) {
        self.requested(&entry);
        let outcome = if outcome == Outcome::Requested {
            Outcome::Unacknowledged
        } else {
            outcome
        };
        self.settle(&entry, outcome, None, None, &[]);
    }

    /// The answer has come.
    pub(super) fn answered(&mut self, context: &Context<'_>, answer: &Answer<'_>) {
        let key = (context.conversation.number, answer.transaction);
        let Some(number) = self.pending.numbers.remove(&key) else {
            return;
        };
        let Some((_, entry)) = self.pending.entries.remove(&number) else {
            return;
        };
        self.settle(
            &entry,
            answer.outcome,
            Some(answer.frame),
            answer.status,
            answer.each,
        );
        if answer.echo_differs {
            self.echo_differs(context, &entry.write, answer);
        }
    }

    fn echo_differs(&mut self, context: &Context<'_>, write: &Write, answer: &Answer<'_>) {
        let Some(rule) = self.rules.rule(built_in::id::SANITY) else {
            return;
        };
        let tag = write.tags.first().map(|written| written.tag);
        let mut cause = Cause::new(What::EchoDiffers, tag);
        if let Some(written) = write.tags.first() {
            cause = cause
                .value(written.reading.value.number())
                .before(written.before.usable().number());
        }
        let slot = self.pairs.slot(context.conversation);
        let conversation = self.pairs.open(slot).map(|open| Arc::clone(&open.conversation));
        self.raise_built_in(
            rule,
            &cause,
            &write.devices,
            Evidence {
                write: Some(write),
                conversation: conversation.as_ref(),
                frame: Some(answer.frame),
                between: None,
            },
        );
    }

    /// Commands have waited for their answer long enough. One deadline serves them all, so that a flood of commands does
    /// not become a flood of deadlines.
    pub(super) fn overdue(&mut self) {
        self.pending.watched = false;
        let now = self.now;
        let due: Vec<u64> = self
            .pending
            .entries
            .iter()
            .filter(|(_, (_, entry))| now >= entry.due())
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            let Some((key, entry)) = self.pending.entries.get_mut(&number) else {
                continue;
            };
            if entry.unanswered {
                let key = *key;
                self.pending.entries.remove(&number);
                if self.pending.numbers.get(&key) == Some(&number) {
                    self.pending.numbers.remove(&key);
                }
                continue;
            }
            let settled = entry.clone();
            entry.unanswered = true;
            entry.records.clear();
            self.settle(&settled, Outcome::Unanswered, None, None, &[]);
        }
        self.watch_pending();
    }

    /// The next command that may have waited long enough is looked after.
    fn watch_pending(&mut self) {
        if self.pending.watched {
            return;
        }
        let next = self.pending.entries.values().map(|(_, entry)| entry.due()).min();
        if let Some(due) = next {
            self.pending.watched = true;
            let due = due.max(self.now.saturating_add(TICK));
            self.rules.timers.add(due, Due::Writes);
            self.look_at(due);
        }
    }

    /// The capture ends: what waits will not be answered in it.
    pub(super) fn finish_pending(&mut self) {
        while let Some((_, (key, entry))) = self.pending.entries.pop_first() {
            self.pending.numbers.remove(&key);
            if !entry.unanswered {
                // Its answer may have come right after the end: nothing is concluded for the process.
                for record in &entry.records {
                    let mut record = record.clone();
                    record.settle(Outcome::Unanswered, None, None);
                    self.outputs.push(Output::Operation(Box::new(record)));
                }
            }
        }
    }
}
