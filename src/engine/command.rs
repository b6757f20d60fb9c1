//! What somebody tells a device: commands, selects, and everything else that is not a report.

use std::sync::Arc;

use tapglass_model::{Action, Outcome, PointAddress, Station, Table, Value};
use tapglass_proto::{Observation, Operation, Points};

use super::Engine;
use super::answer::{Entry, RegisterWrite};
use super::step::{Evidence, On};
use crate::conversation::Context;
use crate::plant::bind;
use crate::plant::clock::Moment;
use crate::plant::image::masked;
use crate::plant::pairs::Target as Devices;
use crate::records::operation::{Actor, Target};
use crate::rules::judge::Trigger;
use crate::rules::kinds::sbo::Selected;
use crate::rules::write::{Write, Written};
use crate::site::{Bits, DeviceId, TagId};

/// Registers that one message can write (FC 23 writes 121, FC 16 writes 123).
const REGISTERS: usize = 256;

impl Engine {
    pub(super) fn command(
        &mut self,
        context: &Context<'_>,
        slot: usize,
        target: &Devices,
        operation: &Operation<'_>,
        moment: Moment,
    ) {
        if operation.repeats {
            // The same request again before any answer is no new command.
            self.pending
                .repeated(context.conversation.number, operation.transaction, self.now);
            return;
        }
        let Some(pair) = self.pairs.pair_of(slot) else {
            return;
        };
        self.step += 1;
        let certificate = self.pairs.get(pair).and_then(|pair| pair.certificate);
        let who = self
            .principals
            .who(&self.site, context, &operation.actor, certificate);
        let devices = target.devices();
        let mut write = Write {
            at: moment,
            frame: operation.frame,
            action: operation.action,
            function: (operation.function.code, operation.function.name.to_owned()),
            who,
            actor: Arc::new(self.actor(context, operation)),
            target: Arc::new(self.target(context, devices, operation.station)),
            pair,
            devices: devices.to_vec(),
            tags: Vec::new(),
            untagged: 0,
            outcome: operation.outcome,
            sequence: operation.sequence,
            fingerprint: 0,
            detail: operation.detail.to_owned(),
        };
        let mut registers = Vec::new();
        let points = match operation.action {
            action if action.commands() || action == Action::Select => {
                self.points_of(&mut write, devices, operation, &mut registers)
            }
            _ => 0,
        };
        write.untagged = points.saturating_sub(u32::try_from(write.tags.len()).unwrap_or(u32::MAX));
        for written in &write.tags {
            if let Some(state) = self.tags.get_mut(written.tag.0 as usize) {
                state.candidate = written.reading;
                state.candidate_step = self.step;
            }
        }
        let selected = self.selects.take(&write, &self.pairs);
        if self.selects.waits() {
            self.arm_selects();
        }
        let raised = self.judge_command(&write, selected, slot);
        self.await_answer(context, operation, write, registers, raised);
        self.look_at(self.rules.timers.next());
    }

    pub(super) fn judge_command(
        &mut self,
        write: &Write,
        selected: Selected,
        slot: usize,
    ) -> Vec<(u64, Option<TagId>)> {
        let conversation = self.pairs.open(slot).map(|open| Arc::clone(&open.conversation));
        let evidence = Evidence {
            write: Some(write),
            conversation: conversation.as_ref(),
            frame: Some(write.frame),
        };
        if write.action.commands() {
            self.rules.count_commands(write);
        }
        let tags: Vec<TagId> = write.tags.iter().map(|written| written.tag).collect();
        if !tags.is_empty() {
            self.judge_all(&tags, On::Write, Trigger::Write(write, selected));
        }
        let mut raised = self.report_findings(evidence);
        raised.extend(self.watch_command(write, evidence));
        if write.action.commands() {
            self.screens.written(write, &self.clock);
        }
        raised
    }

    /// The tags of all points, in order of the message; returns how many points there are.
    fn points_of(
        &mut self,
        write: &mut Write,
        devices: &[DeviceId],
        operation: &Operation<'_>,
        registers: &mut Vec<RegisterWrite>,
    ) -> u32 {
        let mut count = 0;
        let mut print = Fingerprint::default();
        match operation.points {
            Points::None => {}
            Points::Registers { table, first, bytes } => {
                for (position, word) in (0_u16..).zip(bytes.chunks_exact(2).take(REGISTERS)) {
                    let value = u16::from_be_bytes([word[0], word[1]]);
                    registers.push(RegisterWrite {
                        table,
                        register: first.saturating_add(position),
                        and: 0,
                        or: value,
                    });
                }
                count = u32::try_from(registers.len()).unwrap_or(0);
            }
            Points::Mask { register, and, or } => {
                registers.push(RegisterWrite {
                    table: Table::Holding,
                    register,
                    and,
                    or,
                });
                count = 1;
            }
            Points::Bits {
                table,
                first,
                count: bits,
                bytes,
            } => {
                count = u32::from(bits);
                for device in devices {
                    self.bits_of(write, *device, (table, first, bits), bytes);
                }
            }
            Points::Each(points) => {
                let Self { binding, codings, .. } = self;
                let mut found: Vec<(u32, TagId, crate::plant::reading::Reading)> = Vec::new();
                points.each(&mut |observation: &Observation<'_>| {
                    print.observation(observation);
                    for device in devices {
                        let Some(tables) = binding.devices.get(device.0 as usize) else {
                            continue;
                        };
                        let mut add = |tag: TagId| {
                            if let Some(coding) = codings.get(tag.0 as usize) {
                                let reading = coding.value_read(
                                    &observation.value,
                                    observation.quality,
                                    observation.reasons,
                                );
                                found.push((count, tag, reading));
                            }
                        };
                        match observation.address {
                            PointAddress::Indexed { table, index, .. } => {
                                if let Some(points) = tables.points(table) {
                                    points.covered(index, 1).for_each(|(_, tag)| add(tag));
                                }
                            }
                            PointAddress::Node { node, attribute } => {
                                tables.nodes.find(&node, attribute, &mut add);
                            }
                        }
                    }
                    count += 1;
                });
                for (position, tag, reading) in found {
                    self.add_written(write, position, tag, reading, false, count == 1);
                }
            }
        }
        for register in &*registers {
            print.add(
                u64::from(register.register) << 32 | u64::from(register.and) << 16 | u64::from(register.or),
            );
        }
        if !registers.is_empty() {
            for device in devices {
                self.registers_of(write, *device, registers);
            }
        }
        write.fingerprint = print.0;
        count
    }

    fn add_written(
        &self,
        write: &mut Write,
        position: u32,
        tag: TagId,
        reading: crate::plant::reading::Reading,
        torn: bool,
        alone: bool,
    ) {
        let Some(state) = self.tags.get(tag.0 as usize) else {
            return;
        };
        let before = state
            .newest_reading(self.now, &self.pairs)
            .copied()
            .unwrap_or_default();
        let differs = !before.usable().says_something() || !before.usable().same(reading.value);
        write.tags.push(Written {
            tag,
            position,
            reading,
            before,
            torn,
            counts: alone || differs,
        });
    }

    fn bits_of(
        &self,
        write: &mut Write,
        device: DeviceId,
        (table, first, count): (Table, u16, u16),
        bytes: &[u8],
    ) {
        let Some(points) = self
            .binding
            .devices
            .get(device.0 as usize)
            .and_then(|tables| tables.points(table))
        else {
            return;
        };
        for (index, tag) in points.covered(u32::from(first), u32::from(count)) {
            let offset = index as usize - usize::from(first);
            let (Some(byte), Some(coding)) = (bytes.get(offset / 8), self.codings.get(tag.0 as usize)) else {
                continue;
            };
            let reading = coding.bit_read(byte >> (offset % 8) & 1 != 0);
            let position = u32::try_from(offset).unwrap_or(u32::MAX);
            self.add_written(write, position, tag, reading, false, count == 1);
        }
    }

    /// The tags that registers touch: whole, in part, or bit by bit.
    fn registers_of(&self, write: &mut Write, device: DeviceId, writes: &[RegisterWrite]) {
        let (Some(first), Some(last)) = (writes.first(), writes.last()) else {
            return;
        };
        let Some(table) = self
            .binding
            .devices
            .get(device.0 as usize)
            .and_then(|tables| tables.registers(first.table))
        else {
            return;
        };
        let count = last.register.saturating_sub(first.register).saturating_add(1);
        let entries: Vec<bind::Entry> = table.covered(first.register, count).collect();
        for entry in &entries {
            let (Some(state), Some(coding)) = (
                self.tags.get(entry.tag.0 as usize),
                self.codings.get(entry.tag.0 as usize),
            ) else {
                continue;
            };
            let fresh = state.observed_at(self.now, &self.pairs).is_ok()
                || state.commanded_now().is_ok()
                || state.torn_until > self.now;
            let (image, length) = table.registers(*entry);
            let mut words = image;
            let mut whole = true;
            let mut untouched = [(0, 0); 4];
            for (place, register) in (entry.start..entry.end).take(length).enumerate() {
                let held = if fresh { image[place] } else { (0, 0) };
                untouched[place] = held;
                match register.checked_sub(first.register).map(usize::from) {
                    Some(offset) if offset < writes.len() => {
                        let write = &writes[offset];
                        words[place] = masked(held, write.and, write.or);
                    }
                    // The rest of a half-written value may follow, and meanwhile nothing is known of it; or this is the
                    // rest, and the other half was written just before.
                    _ => match self.pending.just_written(device, first.table, register, self.now) {
                        Some(word) => words[place] = word,
                        None => {
                            whole = false;
                            words[place] = (0, 0);
                        }
                    },
                }
            }
            let reading = coding.registers_read(&words[..length]);
            let kept = writes
                .get(usize::from(entry.start.saturating_sub(first.register)))
                .filter(|_| entry.start >= first.register)
                .map_or(0, |write| write.and);
            let before = coding.registers_read(&untouched[..length]);
            if self.is_untouched_field(entry.tag, &reading, &before, kept) {
                continue;
            }
            let alone = entries.len() == 1;
            let position = u32::from(entry.start.saturating_sub(first.register));
            self.add_written(write, position, entry.tag, reading, !whole, alone);
        }
    }

    /// A field of bits that shares its register with others is not written when it stays what it is.
    fn is_untouched_field(
        &self,
        tag: TagId,
        after: &crate::plant::reading::Reading,
        before: &crate::plant::reading::Reading,
        kept: u16,
    ) -> bool {
        let bits = self.site.tags.get(tag.0 as usize).and_then(|tag| tag.bits);
        let Some(Bits { low, high }) = bits else {
            return false;
        };
        let field = (u32::MAX >> (31 - u32::from(high.saturating_sub(low)).min(31)))
            .checked_shl(u32::from(low))
            .unwrap_or(0);
        // A mask that keeps every bit of the field does not write it, whatever the field holds.
        u32::from(kept) & field == field
            || (before.value.number().is_some() && before.value.same(after.value))
    }

    fn actor(&self, context: &Context<'_>, operation: &Operation<'_>) -> Actor {
        let client = &context.conversation.client;
        Actor {
            name: self
                .principals
                .at(client.ip)
                .and_then(|principal| self.site.principals.get(principal.0 as usize))
                .map(|principal| principal.name.clone()),
            mac: context.mac.filter(|_| context.from_client).or(client.mac),
            ip: client.ip,
            port: client.port,
            link: operation.actor.link,
            application: operation.actor.application.map(str::to_owned),
            user: operation.actor.user.map(str::to_owned),
        }
    }

    pub(super) fn target(&self, context: &Context<'_>, devices: &[DeviceId], station: Station) -> Target {
        let server = &context.conversation.server;
        let name = match devices {
            [device] => self
                .site
                .devices
                .get(device.0 as usize)
                .map(|device| device.name.clone()),
            _ => None,
        };
        let (unit, link) = match station {
            Station::Server => (None, None),
            Station::Unit(unit) => (Some(unit), None),
            Station::Link { outstation, .. } => (None, Some(outstation)),
        };
        Target {
            name,
            mac: server.mac,
            ip: server.ip,
            port: server.port,
            unit,
            link,
        }
    }

    fn await_answer(
        &mut self,
        context: &Context<'_>,
        operation: &Operation<'_>,
        write: Write,
        registers: Vec<RegisterWrite>,
        raised: Vec<(u64, Option<TagId>)>,
    ) {
        let records = if self.options.operations || self.options.commands {
            self.records_of_command(context, &write, operation)
        } else {
            Vec::new()
        };
        let entry = Entry {
            write: Arc::new(write),
            registers,
            raised,
            records,
            at: self.now,
            unanswered: false,
        };
        let expects = operation.outcome == Outcome::Requested && operation.transaction != 0;
        if expects {
            self.wait(context.conversation.number, operation.transaction, entry);
        } else {
            self.settle_unconfirmed(entry, operation.outcome);
        }
    }
}

/// What a select and its operate must have in common.
#[derive(Default)]
struct Fingerprint(u64);

impl Fingerprint {
    fn add(&mut self, part: u64) {
        self.0 = (self.0 ^ part)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }

    fn observation(&mut self, observation: &Observation<'_>) {
        match observation.address {
            PointAddress::Indexed { table, index, .. } => {
                self.add(u64::from(table as u8) << 32 | u64::from(index));
            }
            PointAddress::Node { .. } => self.add(1),
        }
        match observation.value {
            Value::Control(block) => {
                self.add(u64::from(block.code) << 8 | u64::from(block.count));
                self.add(u64::from(block.on_ms) << 32 | u64::from(block.off_ms));
            }
            ref value => self.add(value.number().map_or(2, f64::to_bits)),
        }
    }
}
