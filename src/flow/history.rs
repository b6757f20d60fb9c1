//! The last bytes of all streams, so that a segment sent again can be compared with what was delivered.
//!
//! All streams share two rings, one of records and one of bytes; each stream holds the place of its last record, and each
//! record the place of the one before it. The rings grow until they reach back far enough, or to their bound of 4 MB and
//! 4 MB. What is forgotten is always the oldest of all, whichever stream it belongs to, so a busy connection shortens the
//! memory of quiet ones. A segment that comes again after its bytes are forgotten is counted as one that could not be
//! compared. Streams in which no protocol is recognised are not kept.

use tapglass_model::{CaptureTime, SECOND};

use super::segment::Sender;
use crate::link::Mark;

/// Records kept at first and at the most, powers of two; of 56 bytes each.
const RECORDS: [usize; 2] = [1 << 10, 1 << 16];
/// Bytes kept at first and at the most, powers of two.
const BYTES: [usize; 2] = [1 << 16, 4 << 20];
/// How far back the rings should reach: senders repeat a segment after a second, then two, then four (RFC 6298).
const REACH: i64 = 10 * SECOND;
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
#[derive(Clone, Default)]
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
    /// Bytes before this one were forgotten before the ring grew: there is room for them now, and they are gone.
    floor: u64,
    /// When the present lap of the ring of bytes began.
    lap: CaptureTime,
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
        let mut position = self.head;
        let mut start = index(position, self.bytes.len());
        if start + length > self.bytes.len() {
            (position, start) = self.next_lap(position, start, length, delivered.at);
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
        let mut start = index(self.written, self.records.len());
        let oldest = self.records.get(start).map_or(record.at, |oldest| oldest.at);
        if record.at.since(oldest) < REACH && self.records.len() < RECORDS[1] {
            start = self.more_records(&record);
        }
        if let Some(place) = self.records.get_mut(start) {
            *place = record;
        }
        self.written += 1;
        Place(self.written)
    }

    /// A delivery is not divided: what is left at the end of the ring of bytes stays free. The position and index of the
    /// next lap, for which the ring may have grown.
    #[cold]
    fn next_lap(&mut self, position: u64, start: usize, length: usize, at: CaptureTime) -> (u64, usize) {
        let size = self.bytes.len();
        let wanted = length.next_power_of_two().max(size * 2);
        if size == 0 || length > size || at.since(self.lap) < REACH && size < BYTES[1] {
            let mut grown = vec![0; wanted.max(BYTES[0])];
            // What is remembered keeps its position. It is one whole lap at the most, in two parts.
            let lap = position - start as u64;
            let parts = [(lap, 0, start), (lap.saturating_sub(size as u64), start, size)];
            for (from, first, last) in parts {
                let target = index(from + first as u64, grown.len());
                if let (Some(place), Some(kept)) = (
                    grown.get_mut(target..target + (last - first)),
                    self.bytes.get(first..last),
                ) {
                    place.copy_from_slice(kept);
                }
            }
            self.bytes = grown;
            self.floor = self.floor.max(position.saturating_sub(size as u64));
        }
        self.lap = at;
        let size = self.bytes.len();
        let start = index(position, size);
        if start + length > size {
            return (position + (size - start) as u64, 0);
        }
        (position, start)
    }

    /// Makes room for more records; the index of the next one.
    #[cold]
    fn more_records(&mut self, filler: &Record) -> usize {
        let size = self.records.len();
        // Places that hold nothing yet count as old: to write them forgets nothing.
        let empty = Record {
            at: filler.at.plus(-2 * REACH),
            ..*filler
        };
        let mut grown = vec![empty; (size * 2).max(RECORDS[0])];
        for number in self.written.saturating_sub(size as u64)..self.written {
            let target = index(number, grown.len());
            if let (Some(place), Some(kept)) = (grown.get_mut(target), self.records.get(index(number, size)))
            {
                *place = *kept;
            }
        }
        self.records = grown;
        index(self.written, self.records.len())
    }

    /// What is at a place, unless it is forgotten.
    #[must_use]
    pub fn at(&self, place: Place) -> Option<(&Record, &[u8])> {
        let number = place.0.checked_sub(1)?;
        if self.written - number > self.records.len() as u64 {
            return None;
        }
        let record = self.records.get(index(number, self.records.len()))?;
        if record.hole {
            return Some((record, &[]));
        }
        if self.head - record.position > self.bytes.len() as u64 || record.position < self.floor {
            return None;
        }
        let start = index(record.position, self.bytes.len());
        let bytes = self.bytes.get(start..start + record.length as usize)?;
        Some((record, bytes))
    }

    /// A hole was filled late: it is none any more.
    pub fn filled(&mut self, place: Place) {
        if let Some(number) = place.0.checked_sub(1)
            && self.written - number <= self.records.len() as u64
            && let place = index(number, self.records.len())
            && let Some(record) = self.records.get_mut(place)
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

/// A running number as an index of a ring whose size is a power of two, or 0 as long as it has none.
const fn index(number: u64, size: usize) -> usize {
    #[allow(clippy::cast_possible_truncation)] // less than `size`
    let index = (number & (size as u64).saturating_sub(1)) as usize;
    index
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Remembers deliveries of these lengths, a second apart, and gives back what is left of them, the last first.
    fn kept_of(lengths: &[usize]) -> Vec<(u64, Vec<u8>)> {
        let mut history = History::default();
        let mut last = Place::default();
        for (number, length) in lengths.iter().enumerate() {
            let delivered = Delivered {
                sequence: 0,
                frame: number as u64,
                at: CaptureTime(number as i64 * SECOND),
                offset: 54,
                sender: Sender::default(),
                mark: Mark::None,
                bytes: &vec![number as u8; *length],
            };
            last = history.keep(last, &delivered);
        }
        history
            .back(last)
            .map(|(_, record, kept)| (record.frame, kept.to_vec()))
            .collect()
    }

    #[test]
    fn what_was_forgotten_stays_forgotten_when_the_ring_grows() {
        let lengths = [
            1, 1, 1, 1, 1, 1359, 7, 5, 155, 24, 63_981, 1, 1, 1, 60_000, 1, 60_000, 614, 2232, 2691,
        ];
        for (number, kept) in kept_of(&lengths) {
            assert_eq!(kept, vec![number as u8; lengths[number as usize]], "{number}");
        }
    }

    proptest! {
        /// Whatever is still remembered is what was delivered, and the last deliveries always are.
        #[test]
        fn what_is_remembered_is_what_was_delivered(
            lengths in prop::collection::vec(prop_oneof![1_usize..40, 1_usize..3_000, 60_000_usize..65_536], 1..400),
            pause in prop_oneof![Just(1_i64), Just(SECOND / 100), Just(SECOND)],
        ) {
            let mut history = History::default();
            let mut last = Place::default();
            let mut sequence = 0_u32;
            let bytes = |number: usize, length: usize| -> Vec<u8> {
                (0..length).map(|place| (place * 7 + number * 31) as u8).collect()
            };
            for (number, length) in lengths.iter().enumerate() {
                let delivered = Delivered {
                    sequence,
                    frame: number as u64,
                    at: CaptureTime(number as i64 * pause),
                    offset: 54,
                    sender: Sender::default(),
                    mark: Mark::None,
                    bytes: &bytes(number, *length),
                };
                last = history.keep(last, &delivered);
                sequence = sequence.wrapping_add(*length as u32);
            }
            let mut back = 0;
            for (_, record, kept) in history.back(last) {
                let number = lengths.len() - 1 - back;
                prop_assert_eq!(record.frame, number as u64);
                prop_assert_eq!(kept, bytes(number, lengths[number]), "{} of {}", number, lengths.len());
                back += 1;
            }
            let recent: usize = lengths.iter().rev().take(back + 1).sum();
            let reached = back == lengths.len() || recent > BYTES[0] / 2;
            prop_assert!(reached, "only {} of {}", back, lengths.len());
            if pause == 1 {
                let recent: usize = lengths.iter().rev().take(back + 1).sum();
                // The ring grows with each lap, and what it had forgotten before stays so.
                let all = lengths.iter().sum::<usize>().min(BYTES[1]);
                prop_assert!(back == lengths.len() || recent > all / 4, "{} of {} bytes remembered", recent, all);
            }
            prop_assert!(history.bytes.len() <= BYTES[1] && history.records.len() <= RECORDS[1]);
        }
    }
}
