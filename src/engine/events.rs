//! Events that a device has kept: several of one point in one message, and such as are older than what is known.

use tapglass_model::{CaptureTime, PointAddress, Table};
use tapglass_proto::{EachPoint, Observation, Operation};

use super::Engine;
use super::observe::{Observer, Taken};
use super::step::Evidence;
use crate::plant::clock::{Moment, NEVER};
use crate::plant::device_clock::DeviceClock;
use crate::plant::pairs::PairId;
use crate::plant::reading::Reading;
use crate::rules::judge::Trigger;
use crate::rules::kinds::Kind;
use crate::site::{DeviceId, Protocol, TagId};

/// One report of events.
#[derive(Clone, Copy)]
pub(super) struct Events<'a> {
    pub(super) slot: usize,
    pub(super) pair: PairId,
    pub(super) operation: &'a Operation<'a>,
    /// When it was on the wire.
    pub(super) moment: Moment,
}

/// When the events of one report happened.
struct Times<'a> {
    /// Names the report, for what it says of the past.
    report: u64,
    points: &'a dyn EachPoint,
    /// From the device's clock to the capture's.
    delay: Option<i64>,
    /// The newest event of the step.
    newest: Option<CaptureTime>,
}

impl Times<'_> {
    /// The moment of an event, never later than now.
    fn moment(&self, source: Option<CaptureTime>, now: Moment) -> Moment {
        match (source, self.delay) {
            (Some(source), Some(delay)) => source.0.saturating_add(delay).min(now),
            _ => now,
        }
    }
}

impl Engine {
    /// Takes the events of a device in their order. What one message says of one point at different times is judged one
    /// after the other: a breaker that opens and closes between two polls has moved twice.
    pub(super) fn events(&mut self, device: DeviceId, points: &dyn EachPoint, events: Events<'_>) {
        let buffers = self
            .site
            .devices
            .get(device.0 as usize)
            .is_some_and(|device| device.protocol == Protocol::Dnp3);
        let mut times = Times {
            report: self.step,
            points,
            delay: None,
            newest: None,
        };
        let mut found = std::mem::take(&mut self.scratch.found);
        points.each(&mut |observation: &Observation<'_>| {
            found.clear();
            self.tags_of(device, &observation.address, &mut found);
            for tag in &found {
                self.event(*tag, observation, device, events, buffers, &mut times);
            }
        });
        self.scratch.found = found;
        let quickest = self.clocks.get(device.0 as usize).and_then(DeviceClock::shortest);
        times.delay = times.delay.or(quickest);
        self.happened = times.moment(times.newest, self.now);
    }

    /// From the device's clock to the capture's: by the quickest report of late or by the newest event of this one. Asked
    /// only where one message tells more than one time of a point.
    #[cold]
    fn find_delay(&self, device: DeviceId, times: &mut Times<'_>) {
        if times.delay.is_some() {
            return;
        }
        let mut newest: Option<CaptureTime> = None;
        times.points.each(&mut |observation: &Observation<'_>| {
            newest = newest.max(observation.source_time);
        });
        let own = newest.map(|newest| self.now.saturating_sub(newest.0));
        let quickest = self.clocks.get(device.0 as usize).and_then(DeviceClock::shortest);
        times.delay = own.into_iter().chain(quickest).min();
    }

    fn tags_of(&self, device: DeviceId, address: &PointAddress<'_>, found: &mut Vec<TagId>) {
        let Some(tables) = self.binding.devices.get(device.0 as usize) else {
            return;
        };
        match *address {
            PointAddress::Indexed {
                table: Table::Input | Table::Holding,
                ..
            } => {}
            PointAddress::Indexed { table, index, .. } => {
                if let Some(points) = tables.points(table) {
                    found.extend(points.covered(index, 1).map(|(_, tag)| tag));
                }
            }
            PointAddress::Node { node, attribute } => {
                tables
                    .nodes
                    .find(&node, attribute, &mut |tag: TagId| found.push(tag));
            }
        }
    }

    fn event(
        &mut self,
        tag: TagId,
        observation: &Observation<'_>,
        device: DeviceId,
        events: Events<'_>,
        buffers: bool,
        times: &mut Times<'_>,
    ) {
        for _ in 0..2 {
            let mut observer = Observer {
                tags: &mut self.tags,
                codings: &self.codings,
                pairs: &self.pairs,
                touched: &mut self.scratch.touched,
                now: self.now,
                at: events.moment,
                step: self.step,
                pair: events.pair,
                origin: events.operation.origin,
                clock: self.clocks.get_mut(device.0 as usize).filter(|_| buffers),
            };
            match observer.observation(tag, observation) {
                Taken::Yes => {
                    times.newest = times.newest.max(observation.source_time);
                    return;
                }
                Taken::Late(reading, source) => {
                    self.find_delay(device, times);
                    self.late(tag, reading, source, events, times);
                    return;
                }
                // It has changed in this step already: that is judged first.
                Taken::Again => {
                    self.find_delay(device, times);
                    self.next_step(events, times);
                }
            }
        }
    }

    fn next_step(&mut self, events: Events<'_>, times: &mut Times<'_>) {
        let newest = times.newest.take();
        self.happened = times.moment(newest, self.now);
        self.judge_report(events.slot, events.operation.frame);
        self.step += 1;
    }

    /// An event that is older than what is known: it never overwrites that, but what is counted is counted
    /// (site-and-rules 1.3). The first of a message tells only where the point stood then: the poll that overtook it
    /// has already shown one change.
    fn late(
        &mut self,
        tag: TagId,
        reading: Reading,
        source: CaptureTime,
        events: Events<'_>,
        times: &mut Times<'_>,
    ) {
        let report = times.report;
        let Some(state) = self.tags.get_mut(tag.0 as usize) else {
            return;
        };
        let earlier = std::mem::replace(&mut state.late, (report, reading, source));
        if earlier.0 != report || earlier.2 > source || earlier.1.same(&reading) {
            return;
        }
        self.next_step(events, times);
        let Some(state) = self.tags.get_mut(tag.0 as usize) else {
            return;
        };
        let kept = (state.observed, state.before, state.before_step, state.changed);
        (state.observed, state.before, state.before_step, state.changed) =
            (reading, earlier.1, self.step, self.now);
        self.happened = times.moment(Some(source), self.now);
        let mut queue = std::mem::take(&mut self.scratch.queue);
        queue.clear();
        queue.extend_from_slice(self.rules.on_change.of(tag));
        for number in &queue {
            let counts = self
                .rules
                .instances
                .get(*number as usize)
                .is_some_and(|instance| matches!(instance.kind, Kind::Count(_) | Kind::Cycle(_)));
            if counts {
                self.judge_one(*number, Trigger::Changed(&[tag]));
            }
        }
        self.scratch.queue = queue;
        self.happened = NEVER;
        if let Some(state) = self.tags.get_mut(tag.0 as usize) {
            (state.observed, state.before, state.before_step, state.changed) = kept;
        }
        if self.scratch.findings.is_empty() {
            return;
        }
        let conversation = self
            .pairs
            .open(events.slot)
            .map(|open| std::sync::Arc::clone(&open.conversation));
        self.report_findings(Evidence {
            between: None,
            write: None,
            conversation: conversation.as_ref(),
            frame: Some(events.operation.frame),
        });
    }
}
