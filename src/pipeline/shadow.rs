//! A second reading of a stretch of a stream, with bytes that were not delivered there.
//!
//! Two decoders read the same stretch, one as it was delivered and one as it would be with the other bytes. What only the
//! second finds is what a receiver that took the other bytes would have acted on; it is handed on, marked. Both go on for a
//! while with what is delivered next, since a message may end there.

use tapglass_model::Station;
use tapglass_proto::{
    Anomaly, Answer, Blind, Chunk, Direction, Limits, Message, Operation, Protocol, Server, SessionId, Sink,
    Transport, Wants,
};

use super::handler::{Handler, marked};
use crate::conversation::Context;
use crate::flow::{Kept, Other};

/// Bytes that are delivered next and read along.
const FOLLOWS: usize = 16 << 10;
/// Messages of the delivered reading that are remembered to be told apart, in bytes.
const REMEMBERED: usize = 64 << 10;
/// A second reading holds no more than this of an unfinished message.
const LIMITS: Limits = Limits {
    open_requests: 64,
    message_bytes: 64 << 10,
    remembered: 64,
    depth: 32,
};
/// Operations of second readings have numbers of their own, so that no answer is taken for theirs.
const TRANSACTIONS: u64 = 1 << 62;

/// A decoder of one reading.
#[derive(Clone)]
struct Reading {
    server: Box<dyn Server>,
    session: SessionId,
}

impl Reading {
    fn new(protocol: &dyn Protocol, transport: Transport, middle: bool) -> Self {
        let mut server = protocol.server(LIMITS);
        let session = server.open(transport, middle);
        Self { server, session }
    }

    fn feed(&mut self, chunk: &Chunk<'_>, out: &mut dyn Sink) {
        self.server.feed(self.session, chunk, out);
    }

    fn gap(&mut self, missing: u32, chunk: &Chunk<'_>, out: &mut dyn Sink) {
        let missing = Some(u64::from(missing));
        self.server
            .gap(self.session, chunk.direction, missing, chunk.at, chunk.frame, out);
    }

    /// Feeds a part of what was delivered: `from..until` counted from the first byte of `kept`.
    fn kept(&mut self, kept: &Kept, (from, until): (usize, usize), chunk: &Chunk<'_>, out: &mut dyn Sink) {
        if kept.hole > 0 {
            return self.gap(kept.hole, chunk, out);
        }
        let Some(bytes) = kept.bytes.get(from..until.min(kept.bytes.len())) else {
            return;
        };
        if !bytes.is_empty() {
            let chunk = Chunk {
                carried_by: kept.frame,
                offset: kept.offset.saturating_add(u32::try_from(from).unwrap_or(0)),
                bytes,
                ..*chunk
            };
            self.feed(&chunk, out);
        }
    }
}

/// Both readings.
#[derive(Clone)]
pub(super) struct Shadow {
    pub(super) direction: Direction,
    name: &'static str,
    delivered: Reading,
    changed: Reading,
    /// Messages that the delivered reading has found and the changed one has not.
    expected: Vec<Vec<u8>>,
    expected_bytes: usize,
    follows: usize,
    number: u64,
}

impl Shadow {
    /// Reads what was delivered around the place of a differing segment, and the same with the segment.
    pub(super) fn new<H: Handler>(
        protocol: &dyn Protocol,
        transport: Transport,
        direction: Direction,
        other: &Other,
        (name, number): (&'static str, u64),
        context: Context<'_>,
        handler: &mut H,
    ) -> Self {
        let middle = !other.from_start;
        let mut shadow = Self {
            direction,
            name,
            delivered: Reading::new(protocol, transport, middle),
            changed: Reading::new(protocol, transport, middle),
            expected: Vec::new(),
            expected_bytes: 0,
            follows: FOLLOWS,
            number,
        };
        let chunk = Chunk {
            at: other.at,
            frame: other.frame,
            carried_by: other.frame,
            offset: other.offset,
            direction,
            bytes: &other.bytes,
        };
        let mut listen = Listen(&mut shadow.expected, &mut shadow.expected_bytes);
        for kept in &other.around {
            shadow.delivered.kept(kept, (0, usize::MAX), &chunk, &mut listen);
        }
        let mut pass = Pass {
            handler,
            context,
            expected: &mut shadow.expected,
            name,
            number,
            passing: false,
        };
        // Where the segment starts and ends within each delivery.
        let within = |kept: &Kept, sequence: u32| {
            usize::try_from(sequence.wrapping_sub(kept.sequence).cast_signed()).unwrap_or(0)
        };
        let end = other.sequence.wrapping_add(other.replaces);
        for kept in &other.around {
            let before = within(kept, other.sequence);
            if before > 0 && (kept.hole == 0 || before >= kept.hole as usize) {
                shadow.changed.kept(kept, (0, before), &chunk, &mut pass);
            }
        }
        shadow.changed.feed(&chunk, &mut pass);
        for kept in &other.around {
            let behind = within(kept, end);
            let starts_behind = end.wrapping_sub(kept.sequence).cast_signed() <= 0;
            if starts_behind || kept.hole == 0 {
                shadow.changed.kept(kept, (behind, usize::MAX), &chunk, &mut pass);
            }
        }
        shadow
    }

    /// Reads what is delivered next; false when it is enough.
    pub(super) fn follow<H: Handler>(
        &mut self,
        chunk: &Chunk<'_>,
        context: Context<'_>,
        handler: &mut H,
    ) -> bool {
        self.follows = self.follows.saturating_sub(chunk.bytes.len());
        let mut listen = Listen(&mut self.expected, &mut self.expected_bytes);
        self.delivered.feed(chunk, &mut listen);
        let mut pass = Pass {
            handler,
            context,
            expected: &mut self.expected,
            name: self.name,
            number: self.number,
            passing: false,
        };
        self.changed.feed(chunk, &mut pass);
        self.follows > 0
    }
}

/// Remembers the messages of the delivered reading.
struct Listen<'a>(&'a mut Vec<Vec<u8>>, &'a mut usize);

impl Sink for Listen<'_> {
    fn wants(&self) -> Wants {
        Wants {
            messages: false,
            operations: false,
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        if *self.1 + message.bytes.len() <= REMEMBERED {
            *self.1 += message.bytes.len();
            self.0.push(message.bytes.to_vec());
        }
    }

    fn operation(&mut self, _: &Operation<'_>) {}

    fn answer(&mut self, _: &Answer<'_>) {}

    fn anomaly(&mut self, _: &Anomaly<'_>) {}

    fn blind(&mut self, _: &Blind<'_>) {}
}

/// Hands on what only the changed reading finds.
struct Pass<'a, H> {
    handler: &'a mut H,
    context: Context<'a>,
    expected: &'a mut Vec<Vec<u8>>,
    name: &'static str,
    number: u64,
    /// The last message was handed on, so what follows from it is too.
    passing: bool,
}

impl<H: Handler> Sink for Pass<'_, H> {
    fn wants(&self) -> Wants {
        self.handler.wants()
    }

    fn message(&mut self, message: &Message<'_>) {
        let known = self.expected.iter().position(|bytes| bytes == message.bytes);
        self.passing = known.is_none();
        match known {
            Some(known) => {
                self.expected.remove(known);
            }
            None => marked(message, self.name, |message| {
                self.handler.message(&self.context, message);
            }),
        }
    }

    fn operation(&mut self, operation: &Operation<'_>) {
        if !self.passing {
            return;
        }
        let transaction = match operation.transaction {
            0 => 0,
            own => TRANSACTIONS | (self.number & 0xffff_ffff) << 24 | own & 0x00ff_ffff,
        };
        let operation = Operation {
            transaction,
            ..*operation
        };
        self.handler.operation(&self.context, &operation);
    }

    /// What answers what is not known to this reading.
    fn answer(&mut self, _: &Answer<'_>) {}

    fn anomaly(&mut self, _: &Anomaly<'_>) {}

    fn blind(&mut self, _: &Blind<'_>) {}

    fn identity(&mut self, _: Direction, _: Station, _: &'static str, _: &str) {}
}
