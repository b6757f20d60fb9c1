//! The last bytes of all streams, so that a segment sent again can be compared with what was delivered.
//!
//! All streams share two rings, one of records and one of bytes; each stream holds the place of its last record, and each
//! record the place of the one before it. What is forgotten is always the oldest of all, whichever stream it belongs to,
//! so a busy connection shortens the memory of quiet ones. A segment that comes again after its bytes are forgotten is
//! counted as one that could not be compared. Together the rings are 2 MB, which is seconds of a busy control network;
//! streams in which no protocol is recognised are not kept.

use tapglass_model::CaptureTime;

use super::segment::Sender;
use crate::link::Mark;

/// Records kept, a power of two; of 56 bytes each.
const RECORDS: usize = 1 << 14;
/// Bytes kept, a power of two.
const BYTES: usize = 1 << 20;
/// A delivery longer than this is not kept: no packet is longer.
const LONGEST: usize = 1 << 16;

/// A place in the history; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place(u64);

/// What is known of one delivery.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    before: Place,
    /// Where the bytes stand, counted from the start of all bytes.
    position: u64,
    /// Sequence number of the first byte.
    pub sequence: u32,
    /// How many bytes.
    pub length: u32,
    /// Frame that carried them.
    pub frame: u64,
    /// Capture time.
    pub at: CaptureTime,
    /// Where in the frame.
    pub offset: u32,
    /// Time to live.
    pub ttl: u8,
    /// What tells a copy of the packet from the packet sent again.
    pub mark: Mark,
    /// Nothing was delivered: these bytes were missing.
    pub hole: bool,
}

impl Record {
    /// Nothing was delivered before it.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.before.0 == 0
    }
}

/// A delivery with its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Sequence number of the first byte.
    pub sequence: u32,
    /// Frame that carried the bytes.
    pub frame: u64,
    /// Where in the frame.
    pub offset: u32,
    /// The bytes; empty for a hole.
    pub bytes: Vec<u8>,
    /// Bytes that were missing here.
    pub hole: u32,
}

/// What happened in all streams, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Segments without anything new.
    pub repeated: u64,
    /// The same packet captured twice.
    pub copies: u64,
    /// Segments that came before one that stands before them.
    pub out_of_order: u64,
    /// Holes skipped.
    pub gaps: u64,
    /// Bytes in those holes, as far as known.
    pub gap_bytes: u64,
    /// Segments with other bytes than were delivered for their place.
    pub conflicts: u64,
    /// Segments that came after their hole was given up.
    pub late: u64,
    /// Segments far from their stream that nothing confirmed.
    pub astray: u64,
    /// Segments sent again after the bytes of their place were forgotten.
    pub uncompared: u64,
}

/// The memory of all streams.
#[derive(Default)]
pub struct History {
    /// What happened.
    pub counts: Counts,
    /// Bytes that wait for a missing segment, in all streams.
    pub waiting: usize,
    records: Vec<Record>,
    /// Records written so far.
    written: u64,
    bytes: Vec<u8>,
    /// Bytes written so far, with those left free at the end of the ring.
    head: u64,
}

/// A delivery to be remembered.
#[derive(Clone, Copy, Debug)]
pub struct Delivered<'a> {
    /// Sequence number of the first byte.
    pub sequence: u32,
    /// Frame that carried it.
    pub frame: u64,
    /// Capture time.
    pub at: CaptureTime,
    /// Where in the frame.
    pub offset: u32,
    /// Who sent it.
    pub sender: Sender,
    /// What tells a copy of the packet from the packet sent again.
    pub mark: Mark,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl History {
    /// Remembers a delivery that follows the one at `before`.
    #[inline]
    pub fn keep(&mut self, before: Place, delivered: &Delivered<'_>) -> Place {
        let length = delivered.bytes.len();
        if length > LONGEST {
            return before;
        }
        if self.bytes.is_empty() {
            self.bytes = vec![0; BYTES];
        }
        let mut position = self.head;
        let mut start = index(position, BYTES);
        if start + length > BYTES {
            // A delivery is not divided: the rest of the ring stays free.
            position += (BYTES - start) as u64;
            start = 0;
        }
        if let Some(place) = self.bytes.get_mut(start..start + length) {
            place.copy_from_slice(delivered.bytes);
        }
        self.head = position + length as u64;
        self.write(Record {
            before,
            position,
            sequence: delivered.sequence,
            length: u32::try_from(length).unwrap_or(0),
            frame: delivered.frame,
            at: delivered.at,
            offset: delivered.offset,
            ttl: delivered.sender.ttl,
            mark: delivered.mark,
            hole: false,
        })
    }

    /// Remembers that bytes were missing.
    pub fn keep_hole(&mut self, before: Place, sequence: u32, length: u32, at: CaptureTime) -> Place {
        self.write(Record {
            before,
            position: self.head,
            sequence,
            length,
            frame: 0,
            at,
            offset: 0,
            ttl: 0,
            mark: Mark::None,
            hole: true,
        })
    }

    #[inline]
    fn write(&mut self, record: Record) -> Place {
        let start = index(self.written, RECORDS);
        match self.records.get_mut(start) {
            Some(place) => *place = record,
            None => self.records.push(record),
        }
        self.written += 1;
        Place(self.written)
    }

    /// What is at a place, unless it is forgotten.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<(&Record, &[u8])> {
        let number = place.0.checked_sub(1)?;
        if self.written - number > RECORDS as u64 {
            return None;
        }
        let record = self.records.get(index(number, RECORDS))?;
        if record.hole {
            return Some((record, &[]));
        }
        if self.head - record.position > BYTES as u64 {
            return None;
        }
        let start = index(record.position, BYTES);
        let bytes = self.bytes.get(start..start + record.length as usize)?;
        Some((record, bytes))
    }

    /// A hole was filled late: it is none any more.
    pub fn filled(&mut self, place: Place) {
        if let Some(number) = place.0.checked_sub(1)
            && self.written - number <= RECORDS as u64
            && let Some(record) = self.records.get_mut(index(number, RECORDS))
        {
            record.length = 0;
        }
    }

    /// The deliveries of a stream from the last one backwards, each with its place.
    pub fn back(&self, last: Place) -> impl Iterator<Item = (Place, &Record, &[u8])> {
        let mut place = last;
        std::iter::from_fn(move || {
            let here = place;
            let (record, bytes) = self.at(here)?;
            place = record.before;
            Some((here, record, bytes))
        })
    }
}

/// A running number as an index of a ring whose size is a power of two.
const fn index(number: u64, size: usize) -> usize {
    #[allow(clippy::cast_possible_truncation)] // less than `size`
    let index = (number & (size as u64 - 1)) as usize;
    index
}
