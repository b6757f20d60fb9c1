//! What became of a command: what it leaves in the image, what rules make of it, and what its alarms say now.

use std::sync::Arc;

use tapglass_model::{Outcome, Quality, QualityReasons};
use tapglass_proto::Status;

use super::answer::Entry;
use super::step::{Evidence, On};
use super::{Engine, Output};
use crate::plant::reading::Reading;
use crate::rules::judge::{Confirmed, Trigger};
use crate::rules::write::{Write, Written};
use crate::site::TagId;

impl Engine {
    /// What became of a command.
    pub(super) fn settle(
        &mut self,
        entry: &Entry,
        outcome: Outcome,
        frame: Option<u64>,
        status: Option<Status<'_>>,
        each: &[(Outcome, Status<'_>)],
    ) {
        let write = &entry.write;
        let of = |written: &Written| {
            each.get(written.position as usize)
                .map_or(outcome, |(outcome, _)| *outcome)
        };
        self.amend(entry, outcome, frame, status, each);
        self.screens.answered(write, outcome, &of);
        for (position, record) in entry.records.iter().enumerate() {
            let mut record = record.clone();
            let (outcome, status) = each
                .get(position)
                .map_or((outcome, status), |(outcome, status)| (*outcome, Some(*status)));
            record.settle(outcome, frame, status);
            self.outputs.push(Output::Operation(Box::new(record)));
        }
        if write.action == tapglass_model::Action::Select {
            if outcome == Outcome::Rejected || each.iter().any(|(outcome, _)| *outcome == Outcome::Rejected) {
                self.selects.rejected(write.frame);
            }
            return;
        }
        if !write.action.commands() {
            self.watch_answer(write, outcome);
            return;
        }
        let refused: Vec<TagId> = write
            .tags
            .iter()
            .filter(|written| of(written) == Outcome::Rejected)
            .map(|written| written.tag)
            .collect();
        if !refused.is_empty() {
            self.judge_all(&refused, On::Write, Trigger::Rejected(write));
            self.report_findings(Evidence::default());
        }
        let taken = |written: &&Written| {
            matches!(
                of(written),
                Outcome::Accepted | Outcome::Pending | Outcome::Unanswered | Outcome::Unacknowledged
            )
        };
        let tags: Vec<TagId> = write
            .tags
            .iter()
            .filter(taken)
            .map(|written| written.tag)
            .collect();
        if outcome != Outcome::Rejected {
            self.take_registers(entry);
        }
        if tags.is_empty() {
            return;
        }
        let confirmed = if matches!(outcome, Outcome::Accepted | Outcome::Pending) {
            Confirmed::Yes
        } else {
            Confirmed::No
        };
        self.accept(write, &tags, confirmed, entry);
    }

    /// The registers of an accepted command are what the device holds now.
    fn take_registers(&mut self, entry: &Entry) {
        for device in &entry.write.devices {
            let Some(tables) = self.binding.devices.get_mut(device.0 as usize) else {
                continue;
            };
            for write in &entry.registers {
                if let Some(table) = tables.registers_mut(write.table) {
                    table.image.write(write.register, write.and, write.or);
                }
            }
        }
    }

    /// `cmd()` of these tags is what was written.
    fn accept(&mut self, write: &Arc<Write>, tags: &[TagId], confirmed: Confirmed, entry: &Entry) {
        let mut whole = Arc::clone(write);
        if write.tags.iter().any(|written| written.torn) {
            // A part of a value becomes the whole that the device now holds.
            let mut held = (**write).clone();
            for written in &mut held.tags {
                written.reading = self.held(written, entry).unwrap_or(written.reading);
            }
            whole = Arc::new(held);
        }
        self.accept_as_written(&whole, tags, confirmed);
    }

    /// The same for values that are whole.
    pub(super) fn accept_as_written(&mut self, write: &Arc<Write>, tags: &[TagId], confirmed: Confirmed) {
        self.step += 1;
        self.scratch.touched.clear();
        for written in write.tags.iter().filter(|written| tags.contains(&written.tag)) {
            let reading = written.reading;
            let Some(state) = self.tags.get_mut(written.tag.0 as usize) else {
                continue;
            };
            state.remember(self.step, self.now, &self.pairs);
            state.commanded = reading;
            if confirmed == Confirmed::No {
                state.commanded.quality = state.commanded.quality.and(Quality::Uncertain);
                state.commanded.reasons = state.commanded.reasons.with(QualityReasons::UNANSWERED);
            }
            state.commanded_at = self.now;
            self.scratch.touched.push(written.tag);
        }
        let conversation = self
            .pairs
            .get(write.pair)
            .map(|pair| Arc::clone(&pair.conversation));
        let evidence = Evidence {
            write: Some(write),
            conversation: conversation.as_ref(),
            frame: Some(write.frame),
            between: None,
        };
        self.judge_all(tags, On::Accept, Trigger::Accepted(write, confirmed));
        self.report_findings(evidence);
        self.reconsider(Evidence::default());
        self.look_at(self.rules.timers.next());
    }

    fn held(&self, written: &Written, entry: &Entry) -> Option<Reading> {
        if !written.torn {
            return None;
        }
        let coding = self.codings.get(written.tag.0 as usize)?;
        let table = entry.registers.first()?.table;
        let tag = self.site.tags.get(written.tag.0 as usize)?;
        let registers = self
            .binding
            .devices
            .get(tag.device.0 as usize)?
            .registers(table)?;
        let start = registers
            .covered(
                entry.registers.first()?.register,
                u16::try_from(entry.registers.len()).ok()?,
            )
            .find(|covered| covered.tag == written.tag)?;
        let (words, length) = registers.registers(start);
        Some(coding.registers_read(&words[..length]))
    }

    fn amend(
        &mut self,
        entry: &Entry,
        outcome: Outcome,
        frame: Option<u64>,
        status: Option<Status<'_>>,
        each: &[(Outcome, Status<'_>)],
    ) {
        if entry.raised.is_empty() {
            return;
        }
        let at = self.clock.wire(self.now);
        for (place, tag) in &entry.raised {
            let position = tag
                .and_then(|tag| entry.write.of(tag))
                .map(|written| written.position as usize);
            // An alarm about no single point is about the command as a whole, which was refused when all of it was.
            let (outcome, status) = match position.and_then(|position| each.get(position)) {
                Some((outcome, status)) => (*outcome, Some(*status)),
                None if !each.is_empty() && each.iter().all(|(outcome, _)| *outcome == Outcome::Rejected) => {
                    (Outcome::Rejected, each.first().map(|(_, status)| *status))
                }
                None => (outcome, status),
            };
            let status = status.map(|status| (status.code, status.name.to_owned()));
            self.book.answered(
                &[*place],
                at,
                frame,
                outcome,
                status,
                &mut self.scratch.transitions,
            );
        }
        self.tell();
    }
}
