//! Who takes what the decoders find.

use std::net::IpAddr;

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{Anomaly, Answer, Blind, Direction, Message, Operation, Sink, Wants};

use crate::conversation::{Context, Conversation};
use crate::recognise::{Seen, Traffic};

/// Takes what is found in the conversations, in capture order.
pub trait Handler {
    /// What it will read.
    fn wants(&self) -> Wants;
    /// False when nobody looks at reported values.
    fn wants_reports(&self) -> bool {
        true
    }
    /// A frame is about to be read: time goes on.
    fn frame(&mut self, at: CaptureTime, number: u64) {
        let _ = (at, number);
    }
    /// A conversation was recognised.
    fn opened(&mut self, conversation: &Conversation) {
        let _ = conversation;
    }
    /// A message.
    fn message(&mut self, context: &Context<'_>, message: &Message<'_>);
    /// An operation.
    fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>);
    /// An answer.
    fn answer(&mut self, context: &Context<'_>, answer: &Answer<'_>);
    /// Bytes that break the protocol.
    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>);
    /// A stretch of a conversation that was not seen.
    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>);
    /// A stretch of the whole capture that was not seen, in no single conversation.
    fn unseen(&mut self, blind: &Blind<'_>) {
        let _ = blind;
    }
    /// A statement of identity.
    fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        let _ = (context, of, station, key, value);
    }
    /// A conversation is over; `traffic` is what it carried.
    fn closed(&mut self, conversation: &Conversation, at: CaptureTime, traffic: Traffic) {
        let _ = (conversation, at, traffic);
    }
    /// Somebody tries to open a TCP connection, whether or not anybody answers.
    fn connects(&mut self, from: IpAddr, to: IpAddr, port: u16, at: CaptureTime, frame: u64) {
        let _ = (from, to, port, at, frame);
    }
    /// A conversation of another protocol, which is recognised and not decoded, is over.
    fn recognised(&mut self, seen: Seen) {
        let _ = seen;
    }
}

/// Passes what a decoder finds on to a handler, together with the conversation.
pub(super) struct Scope<'a, H> {
    pub(super) handler: &'a mut H,
    pub(super) context: Context<'a>,
    /// Messages from client and server so far: a direction that stays at 0 was not captured.
    pub(super) spoken: &'a mut [u64; 2],
    /// What is odd about the frame that is read.
    pub(super) mark: Option<&'static str>,
}

/// Adds a name to those of a message's anomalies, and hands the message to `take`.
pub(super) fn marked(message: &Message<'_>, name: &'static str, take: impl FnOnce(&Message<'_>)) {
    let mut anomalies = message.anomalies.to_vec();
    anomalies.push(name);
    take(&Message {
        anomalies: &anomalies,
        ..*message
    });
}

impl<H: Handler> Sink for Scope<'_, H> {
    fn wants(&self) -> Wants {
        self.handler.wants()
    }

    fn wants_reports(&self) -> bool {
        self.handler.wants_reports()
    }

    fn message(&mut self, message: &Message<'_>) {
        let [client, server] = &mut *self.spoken;
        match message.from {
            Direction::FromClient => *client += 1,
            Direction::FromServer => *server += 1,
        }
        // What follows of the message, its operations and oddities, comes from the same end.
        self.context.from_client = message.from == Direction::FromClient;
        match self.mark {
            None => self.handler.message(&self.context, message),
            Some(name) => marked(message, name, |message| {
                self.handler.message(&self.context, message)
            }),
        }
    }

    fn operation(&mut self, operation: &Operation<'_>) {
        self.handler.operation(&self.context, operation);
    }

    fn answer(&mut self, answer: &Answer<'_>) {
        self.handler.answer(&self.context, answer);
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) {
        self.handler.anomaly(&self.context, anomaly);
    }

    fn blind(&mut self, blind: &Blind<'_>) {
        self.handler.blind(&self.context, blind);
    }

    fn identity(&mut self, of: Direction, station: Station, key: &'static str, value: &str) {
        self.handler.identity(&self.context, of, station, key, value);
    }
}
