//! What somebody tells a device: commands, selects, and everything else that is not a report.

use std::sync::Arc;

use tapglass_model::{Action, Outcome, PointAddress, Station, Table, Value};
use tapglass_proto::{Observation, Operation, Points};

use super::Engine;
use super::answer::{Entry, RegisterWrite};
use super::step::{Evidence, On};
use crate::conversation::Context;
use crate::plant::clock::Moment;
use crate::plant::pairs::Target as Devices;
use crate::records::operation::{Actor, Target};
use crate::rules::judge::Trigger;
use crate::rules::kinds::sbo::Selected;
use crate::rules::write::Write;
use crate::site::{DeviceId, TagId};

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
            repeated: Vec::new(),
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
            between: None,
        };
        if write.action.commands() {
            self.rules.count_commands(write);
        }
        let tags: Vec<TagId> = write
            .tags
            .iter()
            .chain(&write.repeated)
            .map(|written| written.tag)
            .collect();
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
            Points::None | Points::Range { .. } => {}
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
