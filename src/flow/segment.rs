//! What goes into a stream, and what comes out of it.

use tapglass_model::CaptureTime;

use super::history::Kept;
use crate::link::Mark;

/// What the link and network layers tell about a sender, frame by frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// Network card.
    pub mac: Option<[u8; 6]>,
    /// Time to live.
    pub ttl: u8,
}

/// One segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Sequence number of the first byte (of the SYN, when it has one).
    pub sequence: u32,
    /// SYN flag.
    pub syn: bool,
    /// FIN flag.
    pub fin: bool,
    /// Urgent pointer, 0 when nothing is urgent: so many bytes from the sequence number on, the last of them urgent.
    pub urgent: u16,
    /// The data.
    pub bytes: &'a [u8],
    /// Bytes of data behind those that were cut off when the frame was captured.
    pub missing: u32,
    /// When.
    pub at: CaptureTime,
    /// Frame number.
    pub frame: u64,
    /// Where the data starts in the frame.
    pub offset: u32,
    /// Who.
    pub sender: Sender,
    /// What tells a copy of the packet from the packet sent again.
    pub mark: Mark,
}

/// Why bytes are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The segments that carried them were not captured.
    Uncaptured,
    /// The segments that carried them were cut off when they were captured.
    CutOff,
}

/// What comes out, in order.
#[derive(Clone, Copy, Debug)]
pub enum Delivery<'a> {
    /// The next bytes.
    Data {
        /// When they became deliverable.
        at: CaptureTime,
        /// Frame that made them so.
        frame: u64,
        /// Frame that carried them.
        carried_by: u64,
        /// Where in that frame.
        offset: u32,
        /// Who sent that frame.
        sender: Sender,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// Bytes are missing.
    Gap {
        /// How many; `None` when the sequence numbers jumped.
        missing: Option<u64>,
        /// When the last byte before the hole was seen.
        from: CaptureTime,
        /// When the first byte behind it was seen.
        until: CaptureTime,
        /// Frame behind the hole.
        frame: u64,
        /// Why.
        why: Missing,
    },
    /// Bytes that are not the ones delivered for their place in the stream, or have no place in it.
    Other(&'a Other),
}

/// How a segment differs from the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It carries other bytes than were delivered for the same sequence numbers. Which of them the receiver took depends
    /// on its stack, on what reached it, and on checksums.
    Conflict {
        /// How many bytes differ.
        differing: u32,
        /// Frame that carried the first content.
        first_frame: u64,
        /// Time to live of that frame.
        first_ttl: u8,
    },
    /// It fills a hole that was given up.
    Late,
    /// Its sequence numbers are far from the stream, and nothing else confirms them.
    Astray,
    /// One byte is urgent data: some receivers take it out of the stream (RFC 6093 3).
    Urgent,
}

/// A segment that differs from the stream, and what was delivered around its place.
#[derive(Clone, Debug)]
pub struct Other {
    /// How it differs.
    pub difference: Difference,
    /// Sequence number of its first byte.
    pub sequence: u32,
    /// Bytes of the stream whose place it takes.
    pub replaces: u32,
    /// The segment's bytes.
    pub bytes: Vec<u8>,
    /// Capture time.
    pub at: CaptureTime,
    /// Frame that carried it.
    pub frame: u64,
    /// Where in that frame.
    pub offset: u32,
    /// Who sent it.
    pub sender: Sender,
    /// What is remembered goes back to the start of the connection, which was seen.
    pub from_start: bool,
    /// What was delivered before, at and behind its place, in order, as far as it is remembered.
    pub around: Vec<Kept>,
}
