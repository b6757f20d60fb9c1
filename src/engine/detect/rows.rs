//! The detections that one message, operation, anomaly or statement matches.

use tapglass_model::{Action, Outcome, SECOND, Station};
use tapglass_proto::{Anomaly, Direction, Marks, Message, Operation};

use super::raise::Sight;
use super::{Engine, REMEMBERED, index, notice, sweep};
use crate::conversation::Context;
use crate::plant::clock::span;
use crate::rules::detections::{self, Detection, Sender};

/// A flood of requests is one within this time.
const FLOOD: i64 = 60 * SECOND;
/// Addresses of DNP3 that reach every outstation (IEEE 1815-2012 9.2.4.1.4).
const BROADCAST: u16 = 0xfffd;

/// Tells functions with their first address apart.
fn asked(message: &Message<'_>, marks: &Marks) -> (u64, u64) {
    let code = message.function.map_or(0, |function| u64::from(function.code));
    let address = u64::from(marks.address.unwrap_or(0));
    (code, code << 16 | address)
}

/// Does a message match, as far as the table has not looked?
fn matches(detection: &Detection, protocol: usize, message: &Message<'_>, marks: &Marks) -> bool {
    let code = message.function.map_or(0, |function| function.code);
    let status = message.status.map(|status| status.code);
    let kind = if detection.kinds.is_empty() {
        message.kind != "link"
    } else {
        detection.kinds.iter().any(|kind| kind == message.kind)
    };
    kind && (detection.functions.is_empty() || detection.functions.contains(&code))
        && !detection.other_functions.contains(&code)
        && (detection.subfunctions.is_empty()
            || marks
                .subfunction
                .is_some_and(|code| detection.subfunctions.contains(&code)))
        && (detection.statuses.is_empty() || status.is_some_and(|code| detection.statuses.contains(&code)))
        && (detection.other_statuses.is_empty()
            || status.is_some_and(|code| !detection.other_statuses.contains(&code)))
        && (!detection.refused || index::refuses(protocol, message, marks))
        && (detection.indications == 0 || marks.indications & detection.indications != 0)
        && (!detection.confirm || marks.confirm)
        && (detection.stations == (0, 0) || {
            let (from, to) = detection.stations;
            matches!(
                marks.station,
                Some(Station::Link { master, outstation })
                    if (from..=to).contains(&outstation) || (from..=to).contains(&master)
            )
        })
}

/// Does an operation match?
fn done(detection: &Detection, protocol: &str, operation: &Operation<'_>) -> bool {
    detection
        .protocol
        .as_deref()
        .is_none_or(|known| known == protocol)
        && (detection.actions.is_empty()
            || detection
                .actions
                .iter()
                .any(|action| action == operation.action.name()))
        && (detection.functions.is_empty() || detection.functions.contains(&operation.function.code))
        && (detection.words.is_empty()
            || detection
                .words
                .iter()
                .any(|word| operation.detail.contains(word.as_str())))
        && (!detection.broadcast
            || match operation.station {
                // Over TCP, unit 0 is the device itself and answers; on a serial line nobody does.
                Station::Unit(unit) => unit == 0 && operation.outcome == Outcome::Unacknowledged,
                Station::Link { outstation, .. } => outstation >= BROADCAST,
                Station::Server => false,
            })
}

impl Engine {
    #[cold]
    pub(super) fn looked(&mut self, context: &Context<'_>, message: &Message<'_>, slot: usize, notice: u8) {
        let protocol = index::place(context.conversation.protocol);
        self.frames_of(message.frame);
        let marks = &message.body.marks();
        let sight = Sight::new(context, message.frame, marks.station);
        if notice & notice::ROWS != 0 {
            let numbers: Vec<u16> = self
                .detect
                .index
                .of(protocol, message, marks)
                .iter()
                .copied()
                .filter(|number| {
                    detections::all()
                        .get(usize::from(*number))
                        .is_some_and(|detection| matches(detection, protocol, message, marks))
                })
                .collect();
            let (function, address) = asked(message, marks);
            for number in numbers {
                let note = message
                    .status
                    .map(|status| status.name)
                    .or_else(|| message.function.map(|function| function.name))
                    .unwrap_or_default();
                self.sighted(number, sight.told(note).apart(function, address));
            }
        }
        if notice & notice::FLOOD != 0 {
            self.flood(protocol, slot, sight);
        }
        if notice & notice::NEW_UNIT != 0 {
            self.new_unit(slot, sight);
        }
        if notice & notice::REPORTS != 0 {
            self.noticed("dnp3-unsolicited-storm", sight);
        }
        if notice & notice::INDICATIONS != 0 {
            self.indicated(marks, sight);
        }
    }

    /// Many requests wait for their answers.
    fn flood(&mut self, protocol: usize, slot: usize, sight: Sight<'_>) {
        let now = self.now;
        let Some(talk) = self.detect.talks.get_mut(slot) else {
            return;
        };
        let fast = span(talk.since, now) <= FLOOD;
        talk.waiting = 0;
        // Where the other direction is not captured, nothing ever seems to be answered.
        let heard = self
            .pairs
            .pair_of(slot)
            .and_then(|pair| self.pairs.get(pair))
            .is_some_and(|pair| !pair.heard[Direction::FromServer.index()].is_silent());
        if fast && heard {
            let name = match protocol {
                index::MODBUS => "modbus-request-flood",
                index::DNP3 => "dnp3-request-flood",
                _ => "opcua-request-flood",
            };
            self.noticed(name, sight);
        }
    }

    /// A unit is asked for the first time in its conversation.
    fn new_unit(&mut self, slot: usize, sight: Sight<'_>) {
        let Some(units) = self
            .detect
            .talks
            .get_mut(slot)
            .and_then(|talk| talk.units.as_mut())
        else {
            return;
        };
        // The one that is asked now may still answer.
        if units.silent() <= sweep::SILENT {
            return;
        }
        units.forgive();
        let answers = self
            .pairs
            .pair_of(slot)
            .and_then(|pair| self.pairs.get(pair))
            .is_some_and(|pair| !pair.heard[Direction::FromServer.index()].is_silent());
        if answers {
            self.noticed("modbus-unit-sweep", sight.of_server());
        }
    }

    /// The indications of an outstation are others than in its last answer.
    fn indicated(&mut self, marks: &Marks, sight: Sight<'_>) {
        let Some(Station::Link { outstation, .. }) = marks.station else {
            return;
        };
        let server = sight.context.conversation.server.ip;
        let known = &mut self.detect.indications;
        let key = (server, outstation);
        if known.len() >= REMEMBERED && !known.contains_key(&key) {
            self.detect.forgotten += 1;
            return;
        }
        let before = known.insert(key, marks.indications);
        let new = marks.indications & !before.unwrap_or(0);
        let numbers: Vec<u16> = self.detect.index.reports.to_vec();
        for number in numbers {
            if detections::all()
                .get(usize::from(number))
                .is_some_and(|detection| {
                    detection.indications & new != 0 && (before.is_some() || !detection.anew)
                })
            {
                self.sighted(number, sight);
            }
        }
    }

    /// Bytes that break the protocol.
    pub fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        self.frames_of(anomaly.frame);
        let numbers: Vec<u16> = self.detect.index.of_anomaly(anomaly.name).collect();
        if numbers.is_empty() {
            return;
        }
        let name = anomaly.name.replace('_', " ");
        let sight = Sight::new(context, anomaly.frame, None).told(&name);
        for number in numbers {
            let fits = detections::all()
                .get(usize::from(number))
                .is_some_and(|detection| {
                    detection
                        .protocol
                        .as_deref()
                        .is_none_or(|protocol| protocol == context.conversation.protocol)
                        && detection.from.is_none_or(|sender| {
                            (sender == Sender::Client) == (anomaly.from == Direction::FromClient)
                        })
                });
            if fits {
                self.sighted(number, sight);
            }
        }
    }

    /// A device is told something.
    pub(in crate::engine) fn look_at_operation(
        &mut self,
        context: &Context<'_>,
        slot: usize,
        operation: &Operation<'_>,
    ) {
        let sight = Sight::new(context, operation.frame, Some(operation.station)).by(operation.actor);
        let mut place = 0;
        while let Some(number) = self.detect.index.operations.get(place).copied() {
            place += 1;
            let fits = detections::all()
                .get(usize::from(number))
                .is_some_and(|detection| done(detection, context.conversation.protocol, operation));
            if fits {
                let note = if operation.detail.is_empty() {
                    operation.function.name
                } else {
                    operation.detail
                };
                self.sighted(number, sight.told(note));
            }
        }
        if changes(operation.action) {
            self.look_at_writer(context, slot, operation, sight);
        }
    }

    /// Frame numbers of alarms name the capture that is read.
    pub(super) fn frames_of(&mut self, frame: u64) {
        self.seen_in = frame - crate::records::frame_number(frame);
    }
}

/// What changes the process or the device.
const fn changes(action: Action) -> bool {
    action.commands()
        || matches!(
            action,
            Action::Select
                | Action::Call
                | Action::Configure
                | Action::Restart
                | Action::Start
                | Action::Stop
                | Action::Program
                | Action::SetTime
        )
}
