//! One conversation: the streams of both directions cut into link frames, with nothing passed over in silence.

use alloc::vec::Vec;
use core::fmt;
use core::mem;

use tapglass_proto::model::CaptureTime;
use tapglass_proto::{
    Anomaly, Assembly, Blind, BlindReason, Chunk, Direction, Limits, Session, Sink, Step, Transport, Window,
};

use crate::answer::Outcomes;
use crate::frames::Carried;
use crate::link::{self, Blocks, Header, NoHeader};
use crate::memory::Memory;
use crate::pairing::Pairing;
use crate::transport::Reassembly;

/// A fragment that is spread over this many bytes of stream cannot fit: 64 segments of the smallest size, after which
/// the sequence numbers come again and a hole would not show in them.
const SEQUENCE_CYCLE: u64 = 64 * 13;

/// A conversation between masters and outstations over one connection or pair of UDP ports.
#[derive(Clone)]
pub struct Dnp3Session {
    pub(crate) limits: Limits,
    pub(crate) transport: Transport,
    pub(crate) sides: [Side; 2],
    pub(crate) reassembly: Reassembly,
    pub(crate) pairing: Pairing,
    pub(crate) memory: Memory,
    /// How many transactions were given out.
    pub(crate) transactions: u64,
    /// The user data of the present frame, to use the memory again.
    pub(crate) user_data: Vec<u8>,
    /// What is odd about the present message.
    pub(crate) notes: Vec<&'static str>,
    pub(crate) outcomes: Outcomes,
}

/// The stream of one direction.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    assembly: Assembly,
    skipped: Skipped,
    /// Where the next byte belongs.
    place: Place,
    /// Bytes of this stream were never seen: what does not fit is no fault of its sender.
    pub(crate) has_holes: bool,
    /// The DIR bit of the first frame, and whether a different one was reported.
    pub(crate) direction_bit: Option<(bool, bool)>,
}

/// Where a byte of a stream belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A frame starts.
    Frame,
    /// Anywhere: the conversation was joined in its middle.
    Middle,
    /// Anywhere: bytes are missing before it.
    AfterGap,
}

/// Bytes that were passed over since the last good frame.
#[derive(Clone, Copy, Debug, Default)]
struct Skipped {
    bytes: u64,
    since: CaptureTime,
    /// The frame that carried the last of them.
    frame: u64,
}

/// What made bytes deliverable: time, frame, and which stream they are of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub(crate) at: CaptureTime,
    pub(crate) frame: u64,
    pub(crate) direction: Direction,
}

impl Arrival {
    /// Bytes of this arrival that break the protocol.
    pub(crate) fn anomaly(
        &self,
        name: &'static str,
        text: fmt::Arguments<'_>,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) {
        out.anomaly(&Anomaly {
            at: self.at,
            frame: self.frame,
            from: self.direction,
            name,
            text,
            bytes,
        });
    }

    /// Something that was not seen or not understood.
    pub(crate) fn blind(
        &self,
        reason: BlindReason,
        bytes: Option<u64>,
        text: fmt::Arguments<'_>,
        out: &mut dyn Sink,
    ) {
        out.blind(&Blind {
            from: self.at,
            until: self.at,
            frame: self.frame,
            direction: Some(self.direction),
            bytes,
            reason,
            text,
        });
    }
}

impl Dnp3Session {
    /// A conversation of which nothing was seen yet; `middle` when it began before the capture.
    pub(crate) fn new(limits: Limits, transport: Transport, middle: bool) -> Self {
        let side = || Side {
            assembly: Assembly::new(),
            skipped: Skipped::default(),
            place: if middle { Place::Middle } else { Place::Frame },
            has_holes: middle,
            direction_bit: None,
        };
        Self {
            limits,
            transport,
            sides: [side(), side()],
            reassembly: Reassembly::default(),
            pairing: Pairing::new(limits.open_requests),
            memory: Memory::default(),
            transactions: 0,
            user_data: Vec::new(),
            notes: Vec::new(),
            outcomes: Outcomes::new(),
        }
    }

    pub(crate) fn side(&mut self, direction: Direction) -> &mut Side {
        let [client, server] = &mut self.sides;
        match direction {
            Direction::FromClient => client,
            Direction::FromServer => server,
        }
    }

    /// Takes one link frame from the front of the stream, or passes over what is none.
    fn step(&mut self, window: Window<'_>, arrival: Arrival, is_last: bool, out: &mut dyn Sink) -> Step {
        let bytes = window.bytes;
        if !bytes.starts_with(&link::START) {
            if *bytes == link::START[..1] && !is_last {
                return Step::Need(2);
            }
            let next = link::next_start(bytes, 1);
            let stray = bytes.get(..next).unwrap_or_default();
            return self.stray(stray, arrival, out);
        }
        if bytes.len() < link::HEADER {
            return self.incomplete(link::HEADER, bytes, arrival, is_last, out);
        }
        let header = match Header::read(bytes) {
            Ok(header) => header,
            Err(fault) => return self.no_header(fault, bytes, arrival, out),
        };
        match link::check_blocks(header, bytes) {
            Blocks::Until(end) => self.incomplete(end, bytes, arrival, is_last, out),
            Blocks::Wrong(at) => {
                let frame = bytes.get(..header.frame()).unwrap_or(bytes);
                let text = format_args!(
                    "the checksum of the block at byte {at} of a link frame from {} to {} is wrong",
                    header.source, header.destination
                );
                arrival.anomaly("link_crc_mismatch", text, link::evidence(frame), out);
                // Where bytes were lost inside the frame, the next one starts before this one's end.
                self.pass_over(bytes, link::HEADER, arrival)
            }
            Blocks::Whole => {
                let length = header.frame();
                self.resynchronised(arrival, out);
                let side = self.side(arrival.direction);
                side.place = Place::Frame;
                self.frame(
                    header,
                    &Carried {
                        arrival,
                        bytes: bytes.get(..length).unwrap_or_default(),
                        pieces: &window.pieces(length),
                    },
                    out,
                );
                Step::Take(length)
            }
        }
    }

    /// Bytes where a frame should start.
    fn stray(&mut self, bytes: &[u8], arrival: Arrival, out: &mut dyn Sink) -> Step {
        let side = self.side(arrival.direction);
        if side.place == Place::Frame && side.skipped.bytes == 0 {
            let text = format_args!("a link frame should start here with 0x0564");
            arrival.anomaly("link_start_missing", text, bytes, out);
        }
        self.skip(bytes.len(), arrival)
    }

    /// A start without a header behind it.
    fn no_header(&mut self, fault: NoHeader, bytes: &[u8], arrival: Arrival, out: &mut dyn Sink) -> Step {
        let header = bytes.get(..link::HEADER).unwrap_or(bytes);
        match fault {
            NoHeader::Length(length) => {
                let text =
                    format_args!("a link header says LENGTH {length}, which does not even cover itself");
                arrival.anomaly("link_length_invalid", text, header, out);
            }
            // Among bytes that are passed over anyway, 0x0564 is as likely as any two octets.
            NoHeader::Checksum => {
                let side = self.side(arrival.direction);
                if side.place == Place::Frame && side.skipped.bytes == 0 {
                    let text = format_args!("the checksum of a link header is wrong");
                    arrival.anomaly("link_crc_mismatch", text, header, out);
                }
            }
        }
        self.pass_over(bytes, link::START.len(), arrival)
    }

    /// A frame of which only the front is here.
    fn incomplete(
        &mut self,
        need: usize,
        bytes: &[u8],
        arrival: Arrival,
        is_last: bool,
        out: &mut dyn Sink,
    ) -> Step {
        if !is_last {
            return Step::Need(need);
        }
        if !self.side(arrival.direction).has_holes {
            let text = format_args!(
                "{} bytes of a link frame are here, and the rest never came",
                bytes.len()
            );
            arrival.anomaly("link_frame_truncated", text, link::evidence(bytes), out);
        }
        self.pass_over(bytes, link::START.len(), arrival)
    }

    /// Passes over the front of `bytes` up to where the next frame could start, at `from` or later.
    fn pass_over(&mut self, bytes: &[u8], from: usize, arrival: Arrival) -> Step {
        self.skip(link::next_start(bytes, from), arrival)
    }

    fn skip(&mut self, count: usize, arrival: Arrival) -> Step {
        let skipped = &mut self.side(arrival.direction).skipped;
        if skipped.bytes == 0 {
            skipped.since = arrival.at;
        }
        skipped.bytes += count as u64;
        skipped.frame = arrival.frame;
        Step::Take(count)
    }

    /// Says how many bytes were passed over before this moment.
    fn resynchronised(&mut self, arrival: Arrival, out: &mut dyn Sink) {
        let side = self.side(arrival.direction);
        let skipped = mem::take(&mut side.skipped);
        if skipped.bytes == 0 {
            return;
        }
        let reason = match side.place {
            Place::Middle => BlindReason::StartInMiddle,
            Place::Frame | Place::AfterGap => BlindReason::Resynchronised,
        };
        out.blind(&Blind {
            from: skipped.since,
            until: arrival.at,
            frame: if arrival.frame == 0 {
                skipped.frame
            } else {
                arrival.frame
            },
            direction: Some(arrival.direction),
            bytes: Some(skipped.bytes),
            reason,
            text: format_args!("{} bytes belong to no whole link frame", skipped.bytes),
        });
    }

    /// The bytes that wait for more will get none: looks for frames inside them once more.
    fn finish_stream(
        &mut self,
        at: CaptureTime,
        frame: Option<u64>,
        direction: Direction,
        out: &mut dyn Sink,
    ) {
        let mut assembly = mem::take(&mut self.side(direction).assembly);
        let mut last = Arrival {
            at,
            frame: frame.unwrap_or(0),
            direction,
        };
        assembly.finish(|window| {
            // The end of a conversation has no frame of its own; its last bytes have.
            if frame.is_none() {
                last.frame = window
                    .pieces(window.bytes.len())
                    .last()
                    .map_or(0, |piece| piece.frame);
            }
            self.step(window, last, true, out)
        });
        self.side(direction).assembly = assembly;
        self.resynchronised(last, out);
    }

    /// Gives up the fragments that one stream has begun.
    fn drop_fragments(
        &mut self,
        at: CaptureTime,
        frame: Option<u64>,
        direction: Direction,
        out: &mut dyn Sink,
    ) {
        while let Some(partial) = self.reassembly.take_side(direction.index()) {
            let arrival = Arrival {
                at,
                frame: frame.unwrap_or_else(|| partial.pieces.last().map_or(0, |piece| piece.frame)),
                direction,
            };
            self.incomplete_fragment(
                arrival,
                "transport_incomplete",
                "nothing more comes",
                &partial,
                out,
            );
        }
    }
}

impl Session for Dnp3Session {
    fn feed(&mut self, chunk: &Chunk<'_>, out: &mut dyn Sink) {
        let arrival = Arrival {
            at: chunk.at,
            frame: chunk.frame,
            direction: chunk.direction,
        };
        let mut assembly = mem::take(&mut self.side(chunk.direction).assembly);
        assembly.feed(chunk, |window| self.step(window, arrival, false, out));
        self.side(chunk.direction).assembly = assembly;
        // A frame never spans datagrams.
        if self.transport == Transport::Udp {
            self.finish_stream(chunk.at, Some(chunk.frame), chunk.direction, out);
        }
    }

    fn gap(
        &mut self,
        direction: Direction,
        missing: Option<u64>,
        at: CaptureTime,
        frame: u64,
        out: &mut dyn Sink,
    ) {
        self.side(direction).has_holes = true;
        self.finish_stream(at, Some(frame), direction, out);
        self.side(direction).place = Place::AfterGap;
        // A short hole shows in the sequence numbers; a long one can hide a whole cycle of them.
        if missing.is_none_or(|missing| missing >= SEQUENCE_CYCLE) {
            self.drop_fragments(at, Some(frame), direction, out);
        }
    }

    fn close(&mut self, at: CaptureTime, out: &mut dyn Sink) {
        for direction in [Direction::FromClient, Direction::FromServer] {
            self.finish_stream(at, None, direction, out);
            self.drop_fragments(at, None, direction, out);
        }
    }
}
