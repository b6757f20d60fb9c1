//! One conversation: framing, finding the next message after lost bytes, pairing answers with requests.

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{
    Anomaly, Assembly, Blind, BlindReason, Chunk, Direction, Function, Limits, Message, Session, Sink,
    Status, Step, Transport, Window,
};

use crate::body::ModbusBody;
use crate::lift::{self, Moment};
use crate::pdu::Pdu;
use crate::pending::{Pending, Waiting, digest};
use crate::wire::{self, Belief, Front};
use crate::{names, rtu};

/// State of one conversation.
pub(crate) struct ModbusSession {
    streams: [Assembly; 2],
    state: State,
}

struct State {
    transport: Transport,
    limits: Limits,
    waiting: Waiting,
    /// The next message of a direction must be looked for.
    lost: [bool; 2],
    /// Bytes passed over since, and when it began.
    skipped: [(u64, CaptureTime); 2],
    next_operation: u64,
}

impl ModbusSession {
    pub(crate) fn new(limits: Limits, transport: Transport, middle: bool) -> Self {
        Self {
            streams: [Assembly::new(), Assembly::new()],
            state: State {
                transport,
                limits,
                waiting: Waiting::default(),
                lost: [middle; 2],
                skipped: [(0, CaptureTime(0)); 2],
                next_operation: 1,
            },
        }
    }

    fn stream(&mut self, direction: Direction) -> &mut Assembly {
        let [client, server] = &mut self.streams;
        match direction {
            Direction::FromClient => client,
            Direction::FromServer => server,
        }
    }
}

impl Session for ModbusSession {
    fn feed(&mut self, chunk: &Chunk<'_>, out: &mut dyn Sink) {
        let Self {
            streams: [client, server],
            state,
        } = self;
        let stream = if chunk.direction == Direction::FromClient {
            client
        } else {
            server
        };
        // While the next message is looked for, bytes that only might begin one do not stand against a segment that does.
        if stream.waiting() > 0 && state.is_lost(chunk.direction) && wire::fills(chunk.bytes) {
            let dropped = stream.clear() as u64;
            state.skip(chunk.direction, dropped, chunk.at);
        }
        stream.feed(chunk, |window| state.step(window, chunk, out));
        if state.transport == Transport::Udp {
            // A datagram is whole or damaged; nothing of it waits for the next one.
            let left = stream.clear();
            if left > 0 {
                out.anomaly(&Anomaly {
                    at: chunk.at,
                    frame: chunk.frame,
                    from: chunk.direction,
                    name: "message_too_short",
                    text: format_args!("the datagram ends {left} bytes into a message"),
                    bytes: chunk.bytes,
                });
            }
        }
    }

    fn gap(
        &mut self,
        direction: Direction,
        _missing: Option<u64>,
        at: CaptureTime,
        _frame: u64,
        _out: &mut dyn Sink,
    ) {
        let waiting = self.stream(direction).clear() as u64;
        self.state.lose(direction, at);
        self.state.skip(direction, waiting, at);
        self.state.waiting.doubt();
    }

    fn close(&mut self, at: CaptureTime, out: &mut dyn Sink) {
        for direction in [Direction::FromClient, Direction::FromServer] {
            let waiting = self.stream(direction).clear() as u64;
            let state = &mut self.state;
            state.skip(direction, waiting, at);
            state.report_skipped(direction, at, 0, "the conversation ends inside a message", out);
        }
    }
}

impl State {
    fn is_lost(&self, direction: Direction) -> bool {
        let [client, server] = self.lost;
        if direction == Direction::FromClient {
            client
        } else {
            server
        }
    }

    fn lose(&mut self, direction: Direction, at: CaptureTime) {
        if let Some(lost) = self.lost.get_mut(direction.index()) {
            *lost = true;
        }
        self.skip(direction, 0, at);
    }

    fn skip(&mut self, direction: Direction, count: u64, at: CaptureTime) {
        if let Some((skipped, since)) = self.skipped.get_mut(direction.index()) {
            if *skipped == 0 {
                *since = at;
            }
            *skipped += count;
        }
    }

    /// Says how much was passed over, once the next message is found or the conversation ends.
    fn report_skipped(
        &mut self,
        direction: Direction,
        at: CaptureTime,
        frame: u64,
        why: &str,
        out: &mut dyn Sink,
    ) {
        let Some(place) = self.skipped.get_mut(direction.index()) else {
            return;
        };
        let (count, since) = core::mem::take(place);
        if count > 0 {
            out.blind(&Blind {
                from: since,
                until: at,
                frame,
                direction: Some(direction),
                bytes: Some(count),
                reason: BlindReason::Resynchronised,
                text: format_args!("{count} bytes were passed over: {why}"),
            });
        }
    }

    fn step(&mut self, window: Window<'_>, chunk: &Chunk<'_>, out: &mut dyn Sink) -> Step {
        if self.transport == Transport::RtuOverTcp {
            return self.step_rtu(window, chunk, out);
        }
        let direction = chunk.direction;
        let bytes = window.bytes;
        let header = match wire::front(bytes) {
            Front::Header(header) => header,
            Front::More => return Step::Need(bytes.len() + 1),
            Front::No(why) => {
                if !self.is_lost(direction) {
                    self.lose(direction, chunk.at);
                    out.anomaly(&Anomaly {
                        at: chunk.at,
                        frame: chunk.frame,
                        from: direction,
                        name: "not_a_modbus_header",
                        text: format_args!(
                            "no Modbus/TCP header stands where the next message must start: {why}"
                        ),
                        bytes,
                    });
                }
                return self.pass_over(bytes, chunk);
            }
        };
        if self.is_lost(direction) {
            let fills = bytes.len() == chunk.bytes.len() && wire::fills(bytes);
            match wire::believable(bytes) {
                _ if fills => {}
                Belief::Yes => {}
                Belief::More => return Step::Need(bytes.len() + 1),
                Belief::No => return self.pass_over(bytes, chunk),
            }
        }
        let Some(message) = bytes.get(..header.total) else {
            return Step::Need(header.total);
        };
        if let Some(lost) = self.lost.get_mut(direction.index()) {
            *lost = false;
        }
        self.report_skipped(
            direction,
            chunk.at,
            chunk.frame,
            "no message could be recognised before this one",
            out,
        );
        let (unit, pdu) = (
            message.get(6).copied().unwrap_or(0),
            message.get(7..).unwrap_or_default(),
        );
        self.message(
            Some(header.transaction),
            unit,
            pdu,
            message,
            7,
            window,
            chunk,
            out,
        );
        Step::Take(header.total)
    }

    fn step_rtu(&mut self, window: Window<'_>, chunk: &Chunk<'_>, out: &mut dyn Sink) -> Step {
        let direction = chunk.direction;
        match rtu::front(window.bytes, direction) {
            rtu::Front::More(need) => Step::Need(need.max(window.bytes.len() + 1)),
            rtu::Front::Frame(length) => {
                self.report_skipped(
                    direction,
                    chunk.at,
                    chunk.frame,
                    "no frame with a good CRC stands there",
                    out,
                );
                let frame = window.bytes.get(..length).unwrap_or_default();
                let pdu = frame.get(1..length.saturating_sub(2)).unwrap_or_default();
                let unit = frame.first().copied().unwrap_or(0);
                self.message(None, unit, pdu, frame, 1, window, chunk, out);
                Step::Take(length)
            }
            rtu::Front::No => {
                if self
                    .skipped
                    .get(direction.index())
                    .is_some_and(|(count, _)| *count == 0)
                {
                    out.anomaly(&Anomaly {
                        at: chunk.at,
                        frame: chunk.frame,
                        from: direction,
                        name: "crc_mismatch",
                        text: format_args!("no RTU frame with a good CRC starts here"),
                        bytes: window.bytes,
                    });
                }
                self.skip(direction, 1, chunk.at);
                Step::Take(1)
            }
        }
    }

    /// Goes to the next place where a header could start.
    fn pass_over(&mut self, bytes: &[u8], chunk: &Chunk<'_>) -> Step {
        let next = (1..bytes.len())
            .find(|&at| !matches!(wire::front(bytes.get(at..).unwrap_or_default()), Front::No(_)))
            .unwrap_or(bytes.len());
        self.skip(chunk.direction, next as u64, chunk.at);
        Step::Take(next)
    }

    #[allow(clippy::too_many_arguments)] // the parts of one message, split by two framings
    fn message(
        &mut self,
        transaction: Option<u16>,
        unit: u8,
        data_unit: &[u8],
        bytes: &[u8],
        pdu_at: usize,
        window: Window<'_>,
        chunk: &Chunk<'_>,
        out: &mut dyn Sink,
    ) {
        let from = chunk.direction;
        let pdu = Pdu::parse(data_unit, from);
        let moment = Moment {
            at: chunk.at,
            frame: chunk.frame,
        };
        let wants = out.wants();
        let request = match from {
            Direction::FromClient => None,
            Direction::FromServer => self.waiting.take(transaction.unwrap_or(0), unit, &pdu, chunk.at),
        };
        let body = ModbusBody {
            transaction,
            unit,
            pdu,
            from,
            address: pdu
                .address
                .or_else(|| request.as_ref().and_then(|request| request.address)),
            quantity: pdu
                .quantity
                .or_else(|| request.as_ref().and_then(|request| request.quantity)),
            bytes,
            pdu_at,
        };
        let anomaly = pdu.fault.map(|fault| [fault.name()]);
        let code = if pdu.is_exception {
            pdu.code | 0x80
        } else {
            pdu.code
        };
        out.message(&Message {
            at: chunk.at,
            frame: chunk.frame,
            pieces: &window.pieces(bytes.len()),
            from,
            transport: self.transport,
            kind: match (pdu.is_exception, from) {
                (true, _) => "exception",
                (false, Direction::FromClient) => "request",
                (false, Direction::FromServer) => "response",
            },
            function: Some(Function {
                code: u32::from(pdu.code),
                name: names::function(pdu.code),
            }),
            status: pdu.exception.map(|code| Status {
                code: u32::from(code),
                name: names::exception(code),
            }),
            response_to: request.as_ref().map(|request| request.frame),
            latency: request.as_ref().map(|request| chunk.at.since(request.at)),
            anomalies: anomaly.as_ref().map_or(&[], |names| names),
            bytes,
            body: &body,
        });
        if let Some(fault) = pdu.fault {
            out.anomaly(&Anomaly {
                at: chunk.at,
                frame: chunk.frame,
                from,
                name: fault.name(),
                text: format_args!("function {code} {}: {fault}", names::function(pdu.code)),
                bytes,
            });
        }
        match from {
            Direction::FromClient => self.remember(&body, data_unit, moment, wants.operations, out),
            Direction::FromServer if wants.operations => lift::response(&body, request.as_ref(), moment, out),
            Direction::FromServer => {}
        }
    }

    /// Keeps what is needed to understand the answer.
    fn remember(
        &mut self,
        body: &ModbusBody<'_>,
        data_unit: &[u8],
        moment: Moment,
        operations: bool,
        out: &mut dyn Sink,
    ) {
        let transaction = body.transaction.unwrap_or(0);
        let length = u16::try_from(data_unit.len()).unwrap_or(u16::MAX);
        // Only commands can be repeated with an effect; reads need no digest.
        let digest = if body.pdu.writes() { digest(data_unit) } else { 0 };
        let earlier = if body.pdu.writes() {
            self.waiting
                .repeated(transaction, body.unit, length, digest)
                .map(|request| request.operation)
        } else {
            None
        };
        let number = earlier.unwrap_or(self.next_operation);
        let operation = if operations {
            lift::request(body, moment, number, earlier.is_some(), out)
        } else {
            0
        };
        if earlier.is_some() {
            return;
        }
        self.next_operation += 1;
        let mut head = [0; 7];
        for (to, from) in head.iter_mut().zip(data_unit) {
            *to = *from;
        }
        let dropped = self.waiting.push(
            Pending {
                transaction,
                unit: body.unit,
                code: body.pdu.code,
                address: body.pdu.address,
                quantity: body.pdu.quantity,
                head,
                length,
                digest,
                at: moment.at,
                frame: moment.frame,
                operation,
                doubtful: false,
            },
            self.limits.open_requests,
        );
        if let Some(dropped) = dropped {
            out.blind(&Blind {
                from: dropped.at,
                until: moment.at,
                frame: moment.frame,
                direction: Some(Direction::FromClient),
                bytes: None,
                reason: BlindReason::Limit,
                text: format_args!(
                    "more than {} requests wait for an answer; the one of frame {} to {} is given up",
                    self.limits.open_requests,
                    dropped.frame,
                    Station::Unit(dropped.unit)
                ),
            });
        }
    }
}
