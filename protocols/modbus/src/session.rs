//! One conversation: its streams, and what the decoder remembers between messages.

use tapglass_model::{CaptureTime, MILLISECOND, SECOND};
use tapglass_proto::{
    Anomaly, Assembly, Blind, BlindReason, Chunk, Direction, Limits, Session, Sink, Step, Transport, Window,
};

use crate::pending::Waiting;
use crate::wire::{self, Belief, Front};
use crate::{ascii, rtu};

/// Servers give up a message whose rest does not come; after this long a new message is one, not the rest of the old.
const BYTE_TIMEOUT: i64 = 500 * MILLISECOND;
/// For so long after lost bytes an answer may belong to a request that was lost.
const EXCUSED: i64 = 5 * SECOND;

/// How messages are cut out of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// MBAP header (TCP 3.1.3).
    Mbap,
    /// RTU frames with CRC (SL 2.5.1).
    Rtu,
    /// ASCII frames with LRC (SL 2.5.2).
    Ascii,
}

impl Framing {
    /// The framing of a stream.
    const fn of(transport: Transport) -> Self {
        match transport {
            Transport::RtuOverTcp => Self::Rtu,
            Transport::AsciiOverTcp => Self::Ascii,
            _ => Self::Mbap,
        }
    }

    /// The framing of one datagram: over UDP any of the three is in use. One that fits none is a damaged one of the kind
    /// that was there `before`.
    fn of_datagram(before: Self, bytes: &[u8], from: Direction) -> Self {
        if bytes.first() == Some(&b':') && matches!(ascii::front(bytes).0, ascii::Front::Frame(_)) {
            return Self::Ascii;
        }
        // Fields of RTU frames often look like a header; a good CRC is no chance.
        if rtu::fills(bytes, from) {
            return Self::Rtu;
        }
        match wire::believable(bytes) {
            Belief::Yes => Self::Mbap,
            _ if rtu::crc_fits(bytes) => Self::Rtu,
            _ if !matches!(wire::front(bytes), Front::No(_)) => Self::Mbap,
            _ => before,
        }
    }
}

/// State of one conversation.
#[derive(Clone)]
pub(crate) struct ModbusSession {
    streams: [Assembly; 2],
    pub(crate) state: State,
}
#[derive(Clone)]
pub(crate) struct State {
    pub(crate) transport: Transport,
    pub(crate) framing: Framing,
    pub(crate) limits: Limits,
    pub(crate) waiting: Waiting,
    /// The next message of a direction must be looked for.
    lost: [bool; 2],
    /// Bytes passed over since, and when it began.
    skipped: [(u64, CaptureTime); 2],
    /// When the message that waits for its rest began.
    begun: [CaptureTime; 2],
    /// Messages from client and server.
    pub(crate) spoken: [u64; 2],
    /// Until then an answer to nothing is no wonder; `None` as long as the start of the conversation was not seen.
    pub(crate) excused: Option<CaptureTime>,
    pub(crate) next_operation: u64,
}

/// Where a piece of work stands: the chunk, and whether nothing more will come.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) chunk: &'a Chunk<'a>,
    pub(crate) last: bool,
    /// The message at the front is given up: what is there is all there will be.
    pub(crate) abandoned: bool,
}

impl ModbusSession {
    pub(crate) fn new(limits: Limits, transport: Transport, middle: bool) -> Self {
        Self {
            streams: [Assembly::new(), Assembly::new()],
            state: State {
                transport,
                framing: Framing::of(transport),
                limits,
                waiting: Waiting::default(),
                lost: [middle; 2],
                skipped: [(0, CaptureTime(0)); 2],
                begun: [CaptureTime(0); 2],
                spoken: [0; 2],
                excused: (!middle).then_some(CaptureTime(0)),
                next_operation: 1,
            },
        }
    }

    /// Steps through what waits in a direction for the last time, then forgets it.
    fn finish(&mut self, direction: Direction, at: CaptureTime, frame: u64, out: &mut dyn Sink) {
        let Self {
            streams: [client, server],
            state,
        } = self;
        let stream = if direction == Direction::FromClient {
            client
        } else {
            server
        };
        if stream.waiting() == 0 {
            return;
        }
        let chunk = Chunk {
            at,
            frame,
            carried_by: frame,
            offset: 0,
            direction,
            bytes: &[],
        };
        let work = Work {
            chunk: &chunk,
            last: true,
            abandoned: false,
        };
        let left = stream.finish(|window| state.step(window, work, out)) as u64;
        state.skip(direction, left, at);
    }
}

impl Session for ModbusSession {
    #[inline]
    fn feed(&mut self, chunk: &Chunk<'_>, out: &mut dyn Sink) {
        let Self {
            streams: [client, server],
            state,
        } = self;
        let from = chunk.direction;
        let stream = if from == Direction::FromClient {
            client
        } else {
            server
        };
        let work = Work {
            chunk,
            last: false,
            abandoned: false,
        };
        let before = stream.waiting();
        if state.transport == Transport::Udp {
            state.framing = Framing::of_datagram(state.framing, chunk.bytes, from);
            state.found(from);
        } else if before > 0 && state.gives_up(stream.held(), chunk) {
            let abandoned = Work {
                last: true,
                abandoned: true,
                ..work
            };
            let left = stream.finish(|window| state.step(window, abandoned, out)) as u64;
            state.skip(from, left, chunk.at);
        }
        stream.feed(chunk, |window| state.step(window, work, out));
        let waits = stream.waiting();
        if waits > 0 {
            if state.transport == Transport::Udp {
                // A datagram is whole or damaged; nothing of it waits for the next one.
                let last = Work { last: true, ..work };
                let left = stream.finish(|window| state.step(window, last, out));
                state.cut_datagram(left, chunk, out);
            } else if before == 0 || waits < before + chunk.bytes.len() {
                state.begin(from, chunk.at);
            }
        }
    }

    fn gap(
        &mut self,
        direction: Direction,
        _missing: Option<u64>,
        at: CaptureTime,
        frame: u64,
        out: &mut dyn Sink,
    ) {
        self.finish(direction, at, frame, out);
        self.state.lose(direction, at);
        self.state.waiting.doubt();
    }

    fn close(&mut self, at: CaptureTime, out: &mut dyn Sink) {
        for direction in [Direction::FromClient, Direction::FromServer] {
            self.finish(direction, at, 0, out);
            self.state
                .report_skipped(direction, at, 0, "the conversation ends inside a message", out);
        }
    }
}

impl State {
    pub(crate) fn is_lost(&self, direction: Direction) -> bool {
        let [client, server] = self.lost;
        if direction == Direction::FromClient {
            client
        } else {
            server
        }
    }

    /// The next message of a direction is known to start here.
    pub(crate) fn found(&mut self, direction: Direction) {
        if let Some(lost) = self.lost.get_mut(direction.index()) {
            *lost = false;
        }
    }

    pub(crate) fn lose(&mut self, direction: Direction, at: CaptureTime) {
        if let Some(lost) = self.lost.get_mut(direction.index()) {
            *lost = true;
        }
        self.excuse(at);
        self.skip(direction, 0, at);
    }

    /// Requests may have been lost.
    pub(crate) fn excuse(&mut self, at: CaptureTime) {
        self.excused = Some(at.plus(EXCUSED));
    }

    fn begin(&mut self, direction: Direction, at: CaptureTime) {
        if let Some(begun) = self.begun.get_mut(direction.index()) {
            *begun = at;
        }
    }

    pub(crate) fn skip(&mut self, direction: Direction, count: u64, at: CaptureTime) {
        if let Some((skipped, since)) = self.skipped.get_mut(direction.index()) {
            if *skipped == 0 {
                *since = at;
            }
            *skipped += count;
        }
    }

    /// Nothing was passed over since the last message.
    pub(crate) fn in_step(&self, direction: Direction) -> bool {
        let [client, server] = &self.skipped;
        let (count, _) = if direction == Direction::FromClient {
            client
        } else {
            server
        };
        *count == 0
    }

    /// Says how much was passed over, once the next message is found or the conversation ends.
    pub(crate) fn report_skipped(
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
        if place.0 > 0 {
            let (count, since) = core::mem::take(place);
            self.excuse(at);
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

    /// Does a new segment show that the rest of the waiting message will not come?
    fn gives_up(&self, held: &[u8], chunk: &Chunk<'_>) -> bool {
        let from = chunk.direction;
        match self.framing {
            // A colon begins a frame wherever it stands.
            Framing::Ascii => false,
            Framing::Rtu => rtu::fills(chunk.bytes, from),
            // While the next message is looked for, bytes that only might begin one do not stand against a segment that
            // does.
            Framing::Mbap if self.is_lost(from) => wire::fills(chunk.bytes),
            Framing::Mbap => {
                let [client, server] = self.begun;
                let begun = if from == Direction::FromClient {
                    client
                } else {
                    server
                };
                let known = wire::length_is_sure(held, from);
                (!known || chunk.at.since(begun) > BYTE_TIMEOUT) && wire::begins(chunk.bytes)
            }
        }
    }

    fn cut_datagram(&mut self, left: usize, chunk: &Chunk<'_>, out: &mut dyn Sink) {
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

    pub(crate) fn step(&mut self, window: Window<'_>, work: Work<'_>, out: &mut dyn Sink) -> Step {
        match self.framing {
            Framing::Mbap => self.step_mbap(window, work, out),
            Framing::Rtu => self.step_rtu(window, work, out),
            Framing::Ascii => self.step_ascii(window, work, out),
        }
    }
}
