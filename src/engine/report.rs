//! Values that devices report.

use tapglass_model::{Action, PointAddress, Station, Table};
use tapglass_proto::{Direction, Observation, Operation, Origin, Points};

use super::Engine;
use super::events::Events;
use super::observe::{Observer, refresh};
use super::step::Evidence;
use crate::conversation::Context;
use crate::plant::clock::{Moment, NEVER};
use crate::plant::learn::Rhythm;
use crate::plant::pairs::{PairId, Target};
use crate::site::{DeviceId, Protocol, TagId};

impl Engine {
    pub(super) fn report(
        &mut self,
        context: &Context<'_>,
        slot: usize,
        target: &Target,
        operation: &Operation<'_>,
        moment: Moment,
    ) {
        debug_assert!(operation.action == Action::Report);
        if self.options.raw_points {
            self.raw.report(context, operation, self.now);
        }
        if self.options.operations {
            self.record_report(context, target, operation);
        }
        let Some(pair) = self.pairs.pair_of(slot) else {
            return;
        };
        if target.devices().is_empty() {
            return;
        }
        self.step += 1;
        self.scratch.touched.clear();
        if operation.origin == Origin::Event {
            self.first_event(pair, target);
        }
        for device in target.devices() {
            match operation.points {
                Points::Each(points) if operation.origin == Origin::Event => {
                    let events = Events {
                        slot,
                        pair,
                        operation,
                        moment,
                    };
                    self.events(*device, points, events);
                }
                _ => self.report_of(*device, pair, operation, moment),
            }
        }
        self.judge_report(slot, operation.frame);
    }

    /// Judges what a report has touched.
    pub(super) fn judge_report(&mut self, slot: usize, frame: u64) {
        if self.options.trend > 0 {
            self.screens.sample(&self.scratch.touched, &self.tags, self.now);
        }
        if self.scratch.touched.is_empty() {
            self.happened = NEVER;
            return;
        }
        let conversation = self
            .pairs
            .open(slot)
            .map(|open| std::sync::Arc::clone(&open.conversation));
        self.changed(Evidence {
            write: None,
            conversation: conversation.as_ref(),
            frame: Some(frame),
            between: None,
        });
        self.happened = NEVER;
    }

    /// From its first event on, a pair reports what changes: what was polled before holds until then.
    fn first_event(&mut self, id: PairId, target: &Target) {
        let Some(pair) = self.pairs.get_mut(id) else {
            return;
        };
        if std::mem::replace(&mut pair.events, true) {
            return;
        }
        for device in target.devices() {
            let dnp3 = self
                .site
                .devices
                .get(device.0 as usize)
                .is_some_and(|device| device.protocol == Protocol::Dnp3);
            let Some(tables) = self.binding.devices.get(device.0 as usize).filter(|_| dnp3) else {
                continue;
            };
            for tag in &tables.tags {
                if let Some(state) = self.tags.get_mut(tag.0 as usize)
                    && state.seen != NEVER
                    && !state.changes_unreported
                    && state.reported_by.is_none()
                {
                    state.reported_by = Some(id);
                }
            }
        }
    }

    fn report_of(&mut self, device: DeviceId, pair: PairId, operation: &Operation<'_>, moment: Moment) {
        let Some(tables) = self.binding.devices.get_mut(device.0 as usize) else {
            return;
        };
        let buffers = self
            .site
            .devices
            .get(device.0 as usize)
            .is_some_and(|device| device.protocol == Protocol::Dnp3);
        let mut observer = Observer {
            tags: &mut self.tags,
            codings: &self.codings,
            pairs: &self.pairs,
            touched: &mut self.scratch.touched,
            now: self.now,
            at: moment,
            step: self.step,
            pair,
            origin: operation.origin,
            clock: self.clocks.get_mut(device.0 as usize).filter(|_| buffers),
        };
        match operation.points {
            Points::None | Points::Mask { .. } => {}
            Points::Range { table, first, count } => {
                let Some(registers) = tables.registers_mut(table) else {
                    if let Some(points) = tables.points(table) {
                        for (_, tag) in points.covered(u32::from(first), u32::from(count)) {
                            observer.refused(tag);
                        }
                    }
                    return;
                };
                let mut any = false;
                for entry in registers.covered(first, count) {
                    any |= observer.refused(entry.tag);
                }
                if any {
                    registers.image.expect(first, count);
                }
            }
            Points::Registers { table, first, bytes } => {
                let Some(registers) = tables.registers_mut(table) else {
                    return;
                };
                let count = u16::try_from(bytes.len() / 2).unwrap_or(u16::MAX);
                let end = first.saturating_add(count);
                // A block that waited for a missing segment does not overwrite what was read meanwhile.
                if moment < observer.now
                    && registers
                        .covered(first, count)
                        .any(|entry| observer.is_old(entry.tag))
                {
                    return;
                }
                let changed = registers.image.read(first, bytes);
                for entry in registers.covered(first, count) {
                    // A value of which only a part was read is no value.
                    if entry.start < first || entry.end > end {
                        continue;
                    }
                    if changed {
                        if let Some(coding) = observer.codings.get(entry.tag.0 as usize) {
                            let (words, length) = registers.registers(entry);
                            let reading = coding.registers_read(&words[..length]);
                            observer.reading(entry.tag, reading);
                        }
                    } else if let Some(state) = observer.tags.get_mut(entry.tag.0 as usize) {
                        state.brought_by = observer.pair;
                        if refresh(state, observer.at) {
                            observer.touched.push(entry.tag);
                        }
                    }
                }
            }
            Points::Bits {
                table,
                first,
                count,
                bytes,
            } => {
                let Some(points) = tables.points(table) else {
                    return;
                };
                for (index, tag) in points.covered(u32::from(first), u32::from(count)) {
                    let offset = index as usize - usize::from(first);
                    let Some(byte) = bytes.get(offset / 8) else {
                        break;
                    };
                    if let Some(coding) = observer.codings.get(tag.0 as usize) {
                        let reading = coding.bit_read(byte >> (offset % 8) & 1 != 0);
                        observer.reading(tag, reading);
                    }
                }
            }
            Points::Each(points) => {
                points.each(&mut |observation: &Observation<'_>| match observation.address {
                    PointAddress::Indexed { table, index, .. } => {
                        if matches!(table, Table::Input | Table::Holding) {
                            return;
                        }
                        if let Some(points) = tables.points(table) {
                            for (_, tag) in points.covered(index, 1) {
                                observer.observation(tag, observation);
                            }
                        }
                    }
                    PointAddress::Node { node, attribute } => {
                        tables.nodes.find(&node, attribute, &mut |tag: TagId| {
                            observer.observation(tag, observation);
                        });
                    }
                })
            }
        }
    }

    /// Reports of these tags may have been lost: of one pair, or of all.
    pub(super) fn shadow(&mut self, pair: Option<PairId>) {
        for state in &mut self.tags {
            if state.reported_by.is_some() && (pair.is_none() || state.reported_by == pair) {
                state.shadowed = true;
            }
        }
    }

    /// Something was heard of a conversation.
    pub(super) fn hear(&mut self, slot: usize, from: Direction, station: Option<Station>, now: Moment) {
        let Some(id) = self.pairs.pair_of(slot) else {
            return;
        };
        let Some(pair) = self.pairs.get_mut(id) else {
            return;
        };
        let server = from == Direction::FromServer;
        if server && station.is_none() {
            // A gateway that says that nobody answers behind it is not the device.
            return;
        }
        let first = pair.heard.iter().all(Rhythm::is_silent);
        let rhythm = &mut pair.heard[from.index()];
        let revived = server && !rhythm.is_silent() && !rhythm.alive(now);
        rhythm.hear(now);
        // Requests alone do not bring back a device that answers them no more.
        let tells = server || pair.heard[1].is_silent();
        let (shared, silent) = (pair.shared && !pair.heard[1].is_silent(), pair.silent && tells);
        if first || !pair.watched {
            self.watch_pair(id, first);
        }
        if shared {
            if let (true, Some(station)) = (server, station) {
                let device = self.pairs.hear_station(slot, station, now);
                self.heard_again(id, device.as_slice());
            }
        } else if silent {
            self.all_heard_again(id);
        }
        if revived {
            // Values that are reported by exception count again.
            self.step += 1;
            self.scratch.touched.clear();
            for (number, state) in (0..).zip(&self.tags) {
                if state.reported_by == Some(id) {
                    self.scratch.touched.push(TagId(number));
                }
            }
            self.reconsider(Evidence::default());
        }
    }
}
