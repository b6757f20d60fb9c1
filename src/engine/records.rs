//! One record for each point of an operation, when records are wanted.

use std::sync::Arc;

use tapglass_model::{Outcome, PointAddress, Quality, QualityReasons, Table, address_text};
use tapglass_proto::{Observation, Operation, Points};

use super::{Engine, Output};
use crate::conversation::{Context, Conversation};
use crate::plant::clock::NEVER;
use crate::plant::image::masked;
use crate::plant::pairs::Target as Devices;
use crate::plant::reading::Reading;
use crate::records::operation::{Actor, OperationRecord, Raw, Scaled, Target};
use crate::rules::write::Write;
use crate::site::{DeviceId, TagId};

/// What all records of one message have in common.
struct Common {
    record: OperationRecord,
}

/// One point of a message, with its tag if it has one.
struct Point {
    address: String,
    tag: Option<TagId>,
    raw: Raw,
    reading: Option<Reading>,
    /// Quality and reasons as the message gives them, for a point without a tag.
    plain: Option<f64>,
    quality: (Quality, QualityReasons),
    /// The status of the point itself.
    status: Option<(u32, String)>,
}

impl Engine {
    /// Records of what a device reports.
    pub(super) fn record_report(
        &mut self,
        context: &Context<'_>,
        target: &Devices,
        operation: &Operation<'_>,
    ) {
        let devices = target.devices();
        let actor = self.reporter(context, operation);
        let common = self.common(
            context,
            operation,
            Arc::new(actor),
            Arc::new(self.target(context, devices, operation.station)),
        );
        for point in self.points(devices, operation) {
            let record = self.record(&common, point, true);
            self.outputs.push(Output::Operation(Box::new(record)));
        }
    }

    /// Records of a command, to be completed by its answer.
    pub(super) fn records_of_command(
        &mut self,
        context: &Context<'_>,
        write: &Write,
        operation: &Operation<'_>,
    ) -> Vec<OperationRecord> {
        let common = self.common(
            context,
            operation,
            Arc::clone(&write.actor),
            Arc::clone(&write.target),
        );
        let points = self.points(&write.devices, operation);
        if points.is_empty() {
            return vec![common.record];
        }
        points
            .into_iter()
            .map(|point| self.record(&common, point, false))
            .collect()
    }

    fn conversation(&mut self, context: &Context<'_>) -> Arc<Conversation> {
        let slot = self.pairs.slot(context.conversation);
        self.pairs.open(slot).map_or_else(
            || Arc::new(context.conversation.clone()),
            |open| Arc::clone(&open.conversation),
        )
    }

    /// Who is told: the client of the conversation.
    fn reporter(&self, context: &Context<'_>, operation: &Operation<'_>) -> Actor {
        let client = &context.conversation.client;
        Actor {
            name: self
                .principals
                .at(client.ip)
                .and_then(|principal| self.site.principals.get(principal.0 as usize))
                .map(|principal| principal.name.clone()),
            mac: client.mac,
            ip: client.ip,
            port: client.port,
            link: operation.actor.link,
            application: operation.actor.application.map(str::to_owned),
            user: operation.actor.user.map(str::to_owned),
        }
    }

    fn common(
        &mut self,
        context: &Context<'_>,
        operation: &Operation<'_>,
        actor: Arc<Actor>,
        target: Arc<Target>,
    ) -> Common {
        Common {
            record: OperationRecord {
                time: operation.at,
                frame: operation.frame,
                frames: vec![operation.frame],
                conversation: self.conversation(context),
                action: operation.action.name(),
                actor,
                target,
                point: String::new(),
                tag: None,
                raw: None,
                value: Scaled::None,
                unit: String::new(),
                quality: None,
                previous: None,
                outcome: match operation.outcome {
                    // What waits for an answer is not yet a record.
                    Outcome::Requested => Outcome::Unanswered,
                    outcome => outcome,
                },
                status: None,
                detail: operation.detail.to_owned(),
            },
        }
    }

    fn record(&self, common: &Common, point: Point, reported: bool) -> OperationRecord {
        let mut record = common.record.clone();
        record.point = point.address;
        record.raw = Some(point.raw);
        record.status = point.status;
        let (value, quality) = match point.reading {
            Some(reading) => (scaled(&reading), (reading.quality, reading.reasons)),
            None => (point.plain.map_or(Scaled::None, Scaled::Number), point.quality),
        };
        record.value = match (&record.raw, value) {
            (Some(Raw::Bool(bit)), Scaled::Number(number)) if number == f64::from(u8::from(*bit)) => {
                Scaled::Bool(*bit)
            }
            (_, value) => value,
        };
        if reported {
            record.quality = Some(quality);
        }
        if let Some(id) = point.tag
            && let (Some(tag), Some(state)) =
                (self.site.tags.get(id.0 as usize), self.tags.get(id.0 as usize))
        {
            record.tag = Some(tag.name.clone());
            record.unit.clone_from(&tag.unit);
            let (known, at) = if reported || state.seen >= state.commanded_at {
                (&state.observed, state.seen)
            } else {
                (&state.commanded, state.commanded_at)
            };
            record.previous = known
                .value
                .number()
                .filter(|_| at != NEVER)
                .map(|value| (value, self.clock.wire(at)));
        }
        record
    }

    /// The points of an operation: each tag once, then what has no tag.
    fn points(&self, devices: &[DeviceId], operation: &Operation<'_>) -> Vec<Point> {
        match operation.points {
            Points::None | Points::Range { .. } => Vec::new(),
            Points::Registers { table, first, bytes } => {
                let words: Vec<(u16, u16)> = bytes
                    .chunks_exact(2)
                    .map(|word| (u16::from_be_bytes([word[0], word[1]]), 0xffff))
                    .collect();
                self.registers(devices, table, first, &words)
            }
            Points::Mask { register, and, or } => {
                let held = devices
                    .first()
                    .and_then(|device| self.binding.devices.get(device.0 as usize))
                    .and_then(|tables| tables.registers(Table::Holding))
                    .map_or((0, 0), |table| table.image.register(register));
                let mut points = self.registers(devices, Table::Holding, register, &[masked(held, and, or)]);
                for point in &mut points {
                    point.raw = Raw::Mask(and, or);
                }
                points
            }
            Points::Bits {
                table,
                first,
                count,
                bytes,
            } => {
                let mut points = Vec::new();
                for offset in 0..count {
                    let Some(byte) = bytes.get(usize::from(offset) / 8) else {
                        break;
                    };
                    let bit = byte >> (offset % 8) & 1 != 0;
                    let index = u32::from(first) + u32::from(offset);
                    let tags = self.tags_at(devices, table, index);
                    self.one(&mut points, &tags, |engine, tag| Point {
                        address: format!("{}:{index}", table.name()),
                        tag,
                        raw: Raw::Bool(bit),
                        reading: tag
                            .and_then(|tag| engine.codings.get(tag.0 as usize))
                            .map(|coding| coding.bit_read(bit)),
                        plain: Some(f64::from(u8::from(bit))),
                        quality: (Quality::Good, QualityReasons::none()),
                        status: None,
                    });
                }
                points
            }
            Points::Each(each) => {
                let mut points = Vec::new();
                each.each(&mut |observation: &Observation<'_>| {
                    let tags = match observation.address {
                        PointAddress::Indexed { table, index, .. } => self.tags_at(devices, table, index),
                        PointAddress::Node { node, attribute } => {
                            let mut tags = Vec::new();
                            for device in devices {
                                if let Some(tables) = self.binding.devices.get(device.0 as usize) {
                                    tables.nodes.find(&node, attribute, &mut |tag| tags.push(tag));
                                }
                            }
                            tags
                        }
                    };
                    self.one(&mut points, &tags, |engine, tag| Point {
                        address: address_text(&observation.address),
                        tag,
                        raw: Raw::new(&observation.value),
                        reading: tag
                            .and_then(|tag| engine.codings.get(tag.0 as usize))
                            .map(|coding| {
                                coding.value_read(
                                    &observation.value,
                                    observation.quality,
                                    observation.reasons,
                                )
                            }),
                        plain: observation.value.number(),
                        quality: (observation.quality, observation.reasons),
                        status: observation
                            .status
                            .map(|status| (status.code, status.name.to_owned())),
                    });
                });
                points
            }
        }
    }

    fn one(&self, points: &mut Vec<Point>, tags: &[TagId], make: impl Fn(&Self, Option<TagId>) -> Point) {
        if tags.is_empty() {
            points.push(make(self, None));
        }
        points.extend(tags.iter().map(|tag| make(self, Some(*tag))));
    }

    fn tags_at(&self, devices: &[DeviceId], table: Table, index: u32) -> Vec<TagId> {
        devices
            .iter()
            .filter_map(|device| self.binding.devices.get(device.0 as usize))
            .filter_map(|tables| tables.points(table))
            .flat_map(|points| points.covered(index, 1).map(|(_, tag)| tag))
            .collect()
    }

    /// Registers: one point for each tag that is whole, then each register without a tag.
    fn registers(&self, devices: &[DeviceId], table: Table, first: u16, words: &[(u16, u16)]) -> Vec<Point> {
        let mut points = Vec::new();
        let mut named = vec![false; words.len()];
        let count = u16::try_from(words.len()).unwrap_or(u16::MAX);
        for device in devices {
            let Some(registers) = self
                .binding
                .devices
                .get(device.0 as usize)
                .and_then(|tables| tables.registers(table))
            else {
                continue;
            };
            for entry in registers.covered(first, count) {
                let Some(start) = entry.start.checked_sub(first).map(usize::from) else {
                    continue;
                };
                let end = usize::from(entry.end - first);
                let Some(own) = words.get(start..end) else {
                    continue;
                };
                named[start..end].fill(true);
                let tag = self.site.tags.get(entry.tag.0 as usize);
                points.push(Point {
                    address: tag.map_or_else(String::new, crate::alarm::address_of),
                    tag: Some(entry.tag),
                    raw: match own {
                        [(word, _)] => Raw::Unsigned(u64::from(*word)),
                        several => Raw::Registers(several.iter().map(|word| word.0).collect()),
                    },
                    reading: self
                        .codings
                        .get(entry.tag.0 as usize)
                        .map(|coding| coding.registers_read(own)),
                    plain: None,
                    quality: (Quality::Good, QualityReasons::none()),
                    status: None,
                });
            }
        }
        for ((word, named), offset) in words.iter().zip(named).zip(0_u16..) {
            if !named {
                points.push(Point {
                    address: format!("{}:{}", table.name(), u32::from(first) + u32::from(offset)),
                    tag: None,
                    raw: Raw::Unsigned(u64::from(word.0)),
                    reading: None,
                    plain: (word.1 == 0xffff).then(|| f64::from(word.0)),
                    quality: (Quality::Good, QualityReasons::none()),
                    status: None,
                });
            }
        }
        points
    }
}

fn scaled(reading: &Reading) -> Scaled {
    let value = reading.value;
    if value.is_not_a_number() {
        return Scaled::Number(f64::NAN);
    }
    match value.number() {
        Some(number) => Scaled::Number(number),
        None if value.says_something() => Scaled::Between(value.low, value.high),
        None => Scaled::None,
    }
}
