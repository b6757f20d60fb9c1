//! Two listeners on one decoding: what the decoders find is handed to both.

use std::net::IpAddr;

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{Anomaly, Answer, Blind, Direction, Message, Operation, Wants};

use crate::conversation::{Context, Conversation};
use crate::pipeline::Handler;
use crate::recognise::{Seen, Traffic};

/// Hands everything to the first, then to the second: two sites are held against the same messages with it.
pub struct Both<'a, A, B>(pub &'a mut A, pub &'a mut B);

impl<A: Handler, B: Handler> Handler for Both<'_, A, B> {
    fn wants(&self) -> Wants {
        let (first, second) = (self.0.wants(), self.1.wants());
        Wants {
            messages: first.messages || second.messages,
            operations: first.operations || second.operations,
        }
    }

    fn wants_reports(&self) -> bool {
        self.0.wants_reports() || self.1.wants_reports()
    }

    fn frame(&mut self, at: CaptureTime, number: u64) {
        self.0.frame(at, number);
        self.1.frame(at, number);
    }

    fn opened(&mut self, conversation: &Conversation) {
        self.0.opened(conversation);
        self.1.opened(conversation);
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        self.0.message(context, message);
        self.1.message(context, message);
    }

    fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        self.0.operation(context, operation);
        self.1.operation(context, operation);
    }

    fn answer(&mut self, context: &Context<'_>, answer: &Answer<'_>) {
        self.0.answer(context, answer);
        self.1.answer(context, answer);
    }

    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        self.0.anomaly(context, anomaly);
        self.1.anomaly(context, anomaly);
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        self.0.blind(context, blind);
        self.1.blind(context, blind);
    }

    fn unseen(&mut self, blind: &Blind<'_>) {
        self.0.unseen(blind);
        self.1.unseen(blind);
    }

    fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        self.0.identity(context, of, station, key, value);
        self.1.identity(context, of, station, key, value);
    }

    fn closed(&mut self, conversation: &Conversation, at: CaptureTime, traffic: Traffic) {
        self.0.closed(conversation, at, traffic);
        self.1.closed(conversation, at, traffic);
    }

    fn connects(&mut self, from: IpAddr, to: IpAddr, port: u16, at: CaptureTime, frame: u64) {
        self.0.connects(from, to, port, at, frame);
        self.1.connects(from, to, port, at, frame);
    }

    fn recognised(&mut self, seen: Seen) {
        self.0.recognised(seen.clone());
        self.1.recognised(seen);
    }
}
