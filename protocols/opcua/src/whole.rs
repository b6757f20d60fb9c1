//! One whole message as it came off the stream, its chunks put together.

use alloc::vec::Vec;

use tapglass_proto::{Direction, Piece, model::CaptureTime};

use crate::frame::FrameType;
use crate::security::{AsymmetricHeader, Mode, Policy, SequenceHeader};

/// Where a part of the body stands in the bytes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// First byte in the body.
    pub(crate) body: usize,
    /// The same byte in the message.
    pub(crate) raw: usize,
    /// How many bytes.
    pub(crate) length: usize,
}

/// A message with what the frames around its body say.
#[derive(Clone, Copy)]
pub(crate) struct Whole<'a> {
    /// Who sent it.
    pub(crate) from: Direction,
    /// Where the bytes came from.
    pub(crate) pieces: &'a [Piece],
    /// All bytes, with every header.
    pub(crate) bytes: &'a [u8],
    /// What the frames are.
    pub(crate) kind: FrameType,
    /// The secure channel, where the frame belongs to one.
    pub(crate) channel: Option<u32>,
    /// The security token, where the header carries one.
    pub(crate) token: Option<u32>,
    /// The sequence header of the last chunk, where it is readable.
    pub(crate) sequence: Option<SequenceHeader>,
    /// How many chunks there were.
    pub(crate) chunks: u32,
    /// The channel's policy.
    pub(crate) policy: Policy,
    /// The channel's mode.
    pub(crate) mode: Mode,
    /// The security header of OPN.
    pub(crate) open: Option<AsymmetricHeader<'a>>,
    /// The readable part: from the type id to the end without signature.
    pub(crate) body: &'a [u8],
    /// Where the body stands in the bytes.
    pub(crate) spans: &'a [Span],
    /// Bytes of the message that were not kept because it is too large.
    pub(crate) dropped: u64,
}

impl Whole<'_> {
    /// True when its chunks were decrypted with keys that somebody gave.
    pub(crate) fn is_decrypted(&self) -> bool {
        self.kind != FrameType::Open && self.mode == Mode::SignAndEncrypt && self.sequence.is_some()
    }

    /// Where a range of the body stands in the bytes of the message.
    pub(crate) fn raw_range(&self, start: usize, length: usize) -> (usize, usize) {
        let end = start.saturating_add(length);
        let raw = |at: usize| {
            let after = self.spans.partition_point(|span| span.body <= at);
            let span = after.checked_sub(1).and_then(|place| self.spans.get(place));
            span.map_or(at, |span| span.raw + (at - span.body).min(span.length))
        };
        let first = raw(start);
        // The end belongs to the byte before it, or a header between two chunks would be counted in.
        let last = if length == 0 { first } else { raw(end - 1) + 1 };
        (first, last.saturating_sub(first))
    }
}

/// A message of which not all chunks are here.
#[derive(Clone, Debug)]
pub(crate) struct Partial {
    pub(crate) kind: FrameType,
    pub(crate) channel: u32,
    pub(crate) token: Option<u32>,
    pub(crate) sequence: Option<SequenceHeader>,
    pub(crate) chunks: u32,
    pub(crate) since: CaptureTime,
    pub(crate) bytes: Vec<u8>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) body: Vec<u8>,
    pub(crate) spans: Vec<Span>,
    /// Bytes that were not kept.
    pub(crate) dropped: u64,
}

impl Partial {
    /// How many bytes were received, kept or not.
    pub(crate) fn received(&self) -> u64 {
        self.bytes.len() as u64 + self.dropped
    }

    /// Adds a chunk whose body stands at `at` in it. What does not fit into `limit` bytes is counted and not kept.
    pub(crate) fn add(&mut self, bytes: &[u8], at: usize, body: &[u8], pieces: &[Piece], limit: usize) {
        self.chunks = self.chunks.saturating_add(1);
        if self.dropped > 0 || self.bytes.len() + bytes.len() > limit {
            self.dropped += bytes.len() as u64;
            return;
        }
        self.spans.push(Span {
            body: self.body.len(),
            raw: self.bytes.len() + at,
            length: body.len(),
        });
        self.bytes.extend_from_slice(bytes);
        self.body.extend_from_slice(body);
        self.pieces.extend_from_slice(pieces);
    }
}
