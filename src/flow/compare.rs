//! A segment that comes again, compared with what was delivered for its place.

use tapglass_model::{CaptureTime, MILLISECOND};

use super::history::{History, Kept, Place};
use super::segment::{Difference, Other, Segment};
use super::tcp::{distance, length};
use crate::link::Mark;

/// Copies that a mirror makes of one packet come within this time; no sender repeats a segment so soon under the same
/// identification (RFC 6298 2.4 asks for a second, stacks wait 200 ms at least).
const COPIES: i64 = 50 * MILLISECOND;
/// Copies over the two ways of a redundant network (IEC 62439-3: EntryForgetTime is 400 ms).
const REDUNDANT_COPIES: i64 = 400 * MILLISECOND;
/// Deliveries of a stream that are looked at, from the last one back: what an attacker can cost is bounded. No window of a
/// control network holds so many segments.
const LOOKED_AT: usize = 2_048;
/// Bytes before and behind the place of a differing segment that are handed on with it.
const AROUND: u32 = 16 << 10;

/// What a comparison with the delivered bytes shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Compared {
    /// Bytes that differ.
    pub(super) differing: u32,
    /// Frame and time to live of the first content, where bytes differ.
    pub(super) first: (u64, u8),
    /// Bytes that nothing was delivered for.
    pub(super) late: u32,
    /// Bytes that are not remembered any more.
    pub(super) forgotten: u32,
    /// The same packet captured twice.
    pub(super) copy: bool,
}

/// True when two packets with the same content are one packet that was captured twice.
pub(super) fn is_copy(mark: Mark, first: (Mark, CaptureTime), at: CaptureTime) -> bool {
    let window = match mark {
        Mark::None => return false,
        Mark::Identification(_) => COPIES,
        Mark::Redundancy(_) => REDUNDANT_COPIES,
    };
    mark == first.0 && at.since(first.1).abs() <= window
}

/// Compares a segment with the deliveries before `last`. The delivered stream ends at `end`: what lies behind it is not
/// compared. Before the first delivery of a stream whose opening was not seen there may have been bytes.
pub(super) fn compare(
    history: &History,
    last: Place,
    (end, opened): (u32, bool),
    sequence: u32,
    segment: &Segment<'_>,
) -> Compared {
    let mut result = Compared::default();
    let known = distance(end, sequence)
        .max(0)
        .unsigned_abs()
        .min(length(segment.bytes));
    let mut left = known;
    let mut at_start = false;
    for (_, record, bytes) in history.back(last).take(LOOKED_AT) {
        if left == 0 {
            break;
        }
        // What of the record lies within the segment, counted from the start of the segment.
        let start = distance(record.sequence, sequence);
        let stop = start.saturating_add_unsigned(record.length);
        let from = start.max(0).unsigned_abs();
        let until = stop.max(0).unsigned_abs().min(known);
        if from < until {
            left = left.saturating_sub(until - from);
            if record.hole {
                result.late += until - from;
            } else {
                let skipped = from.saturating_add_signed(-start) as usize;
                let count = (until - from) as usize;
                let delivered = bytes.get(skipped..skipped + count).unwrap_or_default();
                let again = segment
                    .bytes
                    .get(from as usize..until as usize)
                    .unwrap_or_default();
                let differing = delivered.iter().zip(again).filter(|(a, b)| a != b).count();
                if differing > 0 {
                    result.differing += u32::try_from(differing).unwrap_or(u32::MAX);
                    result.first = (record.frame, record.ttl);
                } else if start == 0 && record.length == length(segment.bytes) {
                    result.copy = is_copy(segment.mark, (record.mark, record.at), segment.at);
                }
            }
        }
        at_start = record.is_first();
        if start <= 0 {
            break;
        }
    }
    if at_start && !opened {
        result.late += left;
    } else {
        result.forgotten = left;
    }
    result
}

/// Marks the holes that a segment fills completely as filled.
pub(super) fn fill(history: &mut History, last: Place, sequence: u32, segment: &Segment<'_>) {
    let mut filled = [Place::default(); 8];
    let holes = history.back(last).take(LOOKED_AT).filter(|(_, record, _)| {
        record.hole
            && record.length > 0
            && distance(record.sequence, sequence) >= 0
            && distance(record.sequence, sequence).saturating_add_unsigned(record.length)
                <= distance(sequence.wrapping_add(length(segment.bytes)), sequence)
    });
    for (slot, (place, ..)) in filled.iter_mut().zip(holes.take(8)) {
        *slot = place;
    }
    for place in filled {
        history.filled(place);
    }
}

/// A differing segment with what was delivered around its place.
pub(super) fn other(
    history: &History,
    (last, opened): (Place, bool),
    sequence: u32,
    segment: &Segment<'_>,
    difference: Difference,
) -> Other {
    let mut around = Vec::new();
    let mut from_start = false;
    let count = length(segment.bytes);
    for (_, record, bytes) in history.back(last).take(LOOKED_AT) {
        let start = distance(record.sequence, sequence);
        let behind = start.saturating_sub_unsigned(count);
        if behind > AROUND.cast_signed() {
            continue;
        }
        around.push(Kept {
            sequence: record.sequence,
            frame: record.frame,
            offset: record.offset,
            bytes: bytes.to_vec(),
            hole: if record.hole { record.length } else { 0 },
        });
        if start <= -AROUND.cast_signed() {
            break;
        }
        from_start = record.is_first();
    }
    around.reverse();
    Other {
        difference,
        sequence,
        replaces: count,
        bytes: segment.bytes.to_vec(),
        at: segment.at,
        frame: segment.frame,
        offset: segment.offset,
        sender: segment.sender,
        from_start: from_start && opened,
        around,
    }
}
