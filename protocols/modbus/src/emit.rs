//! From a framed message to what the engine is told: pairing, oddities, records, operations.

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{
    Anomaly, Blind, BlindReason, Chunk, Direction, Function, Message, Sink, Status, Window,
};

use crate::body::ModbusBody;
use crate::lift::{self, Moment};
use crate::names;
use crate::oddity::{Flaws, Oddity};
use crate::pdu::Pdu;
use crate::pending::{Match, Pending, digest};
use crate::session::{Framing, State};
use crate::umas::{self, Umas};

/// A message cut out of the stream.
#[derive(Clone)]
pub(crate) struct Framed<'a> {
    pub(crate) framing: Framing,
    /// None in RTU and ASCII frames.
    pub(crate) transaction: Option<u16>,
    pub(crate) unit: u8,
    pub(crate) data_unit: &'a [u8],
    /// The whole message as it stood in the stream.
    pub(crate) bytes: &'a [u8],
    /// What is odd about its framing.
    pub(crate) odd: Flaws,
}

impl State {
    /// A whole message.
    pub(crate) fn message(
        &mut self,
        mut framed: Framed<'_>,
        window: Window<'_>,
        chunk: &Chunk<'_>,
        out: &mut dyn Sink,
    ) {
        let from = chunk.direction;
        let mut pdu = Pdu::parse(framed.data_unit, from, core::mem::take(&mut framed.odd));
        let moment = Moment {
            at: chunk.at,
            frame: chunk.frame,
        };
        let matched = match from {
            Direction::FromClient => Match::None,
            Direction::FromServer => self.waiting.take(framed.transaction, framed.unit, &pdu, chunk.at),
        };
        let (credible, reuses) = match from {
            Direction::FromClient => (true, self.reuses(&framed, chunk.at)),
            Direction::FromServer => (self.judge_answer(&matched, &mut pdu, chunk.at), false),
        };
        if let Some(spoken) = self.spoken.get_mut(from.index()) {
            *spoken += 1;
        }
        let request = matched.request();
        let body = ModbusBody {
            framing: framed.framing,
            transaction: framed.transaction,
            unit: framed.unit,
            pdu: &pdu,
            from,
            address: pdu
                .address
                .or_else(|| request.and_then(|request| request.address)),
            quantity: pdu
                .quantity
                .or_else(|| request.and_then(|request| request.quantity)),
            asked: request.and_then(|request| request.umas),
            reuses,
            data_unit: framed.data_unit,
            bytes: framed.bytes,
        };
        self.tell(&body, request, window, chunk, out);
        let operations = out.wants().operations;
        match from {
            Direction::FromClient => self.remember(&body, moment, operations, out),
            Direction::FromServer if operations => {
                lift::response(&body, request, credible, moment, out);
            }
            Direction::FromServer => {}
        }
    }

    /// The message and what is odd about it.
    fn tell(
        &self,
        body: &ModbusBody<'_>,
        request: Option<&Pending>,
        window: Window<'_>,
        chunk: &Chunk<'_>,
        out: &mut dyn Sink,
    ) {
        let (pdu, from) = (body.pdu, body.from);
        let names;
        let anomalies: &[&str] = if pdu.odd.is_empty() {
            &[]
        } else {
            names = pdu.odd.names();
            &names
        };
        out.message(&Message {
            at: chunk.at,
            frame: chunk.frame,
            pieces: &window.pieces(body.bytes.len()),
            from,
            station: (!lift::of_gateway(pdu)).then_some(Station::Unit(body.unit)),
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
            response_to: request.map(|request| request.frame),
            latency: request.map(|request| chunk.at.since(request.at)),
            anomalies,
            bytes: body.bytes,
            body,
        });
        let code = if pdu.is_exception {
            pdu.code | 0x80
        } else {
            pdu.code
        };
        for oddity in body.pdu.odd.iter() {
            out.anomaly(&Anomaly {
                at: chunk.at,
                frame: chunk.frame,
                from,
                name: oddity.name(),
                text: format_args!(
                    "unit {}, function {code} {}: {oddity}",
                    body.unit,
                    names::function(pdu.code)
                ),
                bytes: body.bytes,
            });
        }
    }

    /// Does another request with this transaction identifier still wait? Clients that send one identifier for ever do so
    /// as soon as they pipeline, so it is no anomaly; but their answers are told apart by function, address and order
    /// only, which the reader should know.
    fn reuses(&self, framed: &Framed<'_>, at: CaptureTime) -> bool {
        // Without an answer from the other side it is not known what is still open.
        let [_, answers] = self.spoken;
        if answers == 0 {
            return false;
        }
        let Some(earlier) = framed
            .transaction
            .and_then(|transaction| self.waiting.reused(transaction, framed.unit, at))
        else {
            return false;
        };
        let known = framed.data_unit.len().min(earlier.head.len());
        let repeats = usize::from(earlier.length) == framed.data_unit.len()
            && framed.data_unit.get(..known) == earlier.head.get(..known);
        !repeats
    }

    /// What is odd about an answer, where it is known what was asked. Says whether its content may be believed: a
    /// second answer, or one to nothing, changes nothing.
    fn judge_answer(&mut self, matched: &Match, pdu: &mut Pdu<'_>, at: CaptureTime) -> bool {
        let differs = |request: &Pending| Oddity::FunctionDiffers {
            asked: request.code,
            frame: request.frame,
        };
        if self.excused.is_none() {
            // The capture starts inside the conversation: requests before it are not known.
            self.excuse(at);
        }
        let [requests, _] = self.spoken;
        let unknown = requests == 0 || self.excused.is_some_and(|until| at < until);
        let (oddity, credible) = match *matched {
            Match::Open(_) => return true,
            Match::Misfit(request) if request.doubtful => return false,
            Match::Misfit(request) if request.code != pdu.code => (differs(&request), false),
            Match::Misfit(request) => (Oddity::DoesNotFit(request.frame), false),
            Match::Late(request) => (Oddity::Late(request.frame), true),
            Match::Answered(frame) => (Oddity::Duplicate(frame), false),
            Match::OtherFunction(request) => (differs(&request), false),
            Match::None => (Oddity::WithoutRequest, unknown),
        };
        if !unknown {
            pdu.odd.add(oddity);
        }
        credible
    }

    /// Keeps what is needed to understand the answer.
    fn remember(&mut self, body: &ModbusBody<'_>, moment: Moment, operations: bool, out: &mut dyn Sink) {
        let data_unit = body.data_unit;
        let length = u16::try_from(data_unit.len()).unwrap_or(u16::MAX);
        // Only commands can be repeated with an effect; reads need no digest.
        let digest = if body.pdu.writes() { digest(data_unit) } else { 0 };
        let earlier = if body.pdu.writes() {
            self.waiting
                .repeated(body.transaction, body.unit, length, digest)
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
        let umas = (body.pdu.code == umas::FUNCTION)
            .then(|| Umas::parse(body.pdu.data.unwrap_or_default(), None))
            .flatten()
            .map(|umas| umas.asked());
        let request = Pending {
            transaction: body.transaction,
            unit: body.unit,
            code: body.pdu.code,
            address: body.pdu.address,
            quantity: body.pdu.quantity,
            umas,
            head,
            length,
            digest,
            at: moment.at,
            frame: moment.frame,
            operation,
            doubtful: false,
        };
        if let Some(dropped) = self.waiting.push(request, self.limits.open_requests) {
            self.excuse(moment.at);
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
