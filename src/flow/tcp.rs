//! One direction of a TCP connection: its bytes in order, each once, holes said (RFC 9293 3.4, 3.10).

mod again;

use tapglass_model::{CaptureTime, MILLISECOND, SECOND};

use super::FlowLimits;
use super::compare;
use super::history::{Delivered, History, Place};
use super::segment::{Delivery, Difference, Missing, Segment, Sender};
use crate::link::Mark;

/// A hole that the receiver has acknowledged was lost by the capture. The segment may still come late when the mirror
/// swaps frames, so a little patience is due.
const SWAPPED: i64 = 200 * MILLISECOND;
/// So many segments behind a hole that was acknowledged end the patience sooner.
const SWAPPED_SEGMENTS: usize = 8;
/// Without the other direction nobody acknowledges; a retransmission comes within a second or so.
const ONE_WAY: i64 = SECOND;
/// A sender gives up after a while; so do we.
const LONGEST: i64 = 15 * SECOND;
/// A reset may be so far ahead of what was seen.
const RESET_ROOM: i32 = 1 << 20;
/// A jump further than any window that OT equipment uses is a new start, not a hole.
const JUMP: i32 = 64 << 20;
/// A receiver that expects bytes within this of a jumped segment confirms the jump: the largest window without scaling.
const CONFIRMED: i32 = 1 << 16;

/// A segment that waits for one before it.
#[derive(Clone, Debug)]
struct Held {
    sequence: u32,
    bytes: Vec<u8>,
    missing: u32,
    at: CaptureTime,
    frame: u64,
    offset: u32,
    sender: Sender,
    mark: Mark,
}

impl Held {
    fn segment(&self) -> Segment<'_> {
        Segment {
            sequence: self.sequence,
            syn: false,
            fin: false,
            urgent: 0,
            bytes: &self.bytes,
            missing: self.missing,
            at: self.at,
            frame: self.frame,
            offset: self.offset,
            sender: self.sender,
            mark: self.mark,
        }
    }
}

/// One direction.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    started: bool,
    /// The connection's start was seen.
    pub opened: bool,
    /// Everything up to the FIN is delivered, or the connection was reset.
    pub closed: bool,
    next: u32,
    /// Highest acknowledgement that the receiver sent.
    acknowledged: Option<u32>,
    /// Its last one.
    last_acknowledged: u32,
    fin: Option<u32>,
    /// First data of the connection that a SYN has asked for on a live one; it counts once the other side agrees.
    pub asked: Option<u32>,
    held: Vec<Held>,
    held_bytes: usize,
    last: CaptureTime,
    /// The last delivery in the history.
    kept: Place,
    /// The bytes at `next` were cut off when they were captured, up to here.
    cut: Option<u32>,
    /// The last hole that was skipped although nobody has acknowledged it: from, until.
    left: Option<(u32, u32)>,
    /// Where a segment far from the stream has ended.
    jumped: Option<u32>,
    /// Digests of the last segments that differed from the stream.
    others: Vec<[u8; 20]>,
    /// Data was seen.
    pub spoke: bool,
    /// Nobody reads it, so nothing of it is kept to be compared.
    pub unread: bool,
}

/// `a - b` as the sequence space understands it.
pub(super) const fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

pub(super) fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

impl Stream {
    /// True when a segment waits for one before it.
    #[must_use]
    pub const fn waits(&self) -> bool {
        !self.held.is_empty()
    }

    /// Bytes of those segments.
    #[must_use]
    pub const fn waiting_bytes(&self) -> usize {
        self.held_bytes
    }

    /// True when the start of the connection was not seen.
    #[must_use]
    pub const fn joined_in_middle(&self) -> bool {
        !self.opened
    }

    /// True when a reset with this sequence number can be from the sender: receivers drop others (RFC 5961 3.2), and a
    /// forged one must not blind us. Some room is left for segments that the capture lost.
    #[must_use]
    pub const fn accepts_reset(&self, sequence: u32) -> bool {
        let ahead = distance(sequence, self.next);
        !self.started || (ahead >= 0 && ahead <= RESET_ROOM)
    }

    /// True when these bytes were not delivered before: the connection goes on although it seemed to be over.
    #[must_use]
    pub const fn goes_on(&self, sequence: u32) -> bool {
        self.started && distance(sequence, self.next) >= 0
    }

    /// True when this SYN opens another connection than the one that is followed.
    #[must_use]
    pub const fn is_new_connection(&self, sequence: u32) -> bool {
        self.started && sequence.wrapping_add(1) != self.next && (self.spoke || self.closed)
    }

    /// True when it is open, and no SYN asks for another connection in its place.
    #[must_use]
    #[inline]
    pub const fn is_settled(&self) -> bool {
        !self.closed && self.asked.is_none()
    }

    /// Takes the receiver's acknowledgement.
    #[inline]
    pub fn acknowledge(&mut self, number: u32) {
        self.last_acknowledged = number;
        if self.acknowledged.is_none_or(|known| distance(number, known) > 0) {
            self.acknowledged = Some(number);
        }
    }

    /// Takes a segment.
    #[inline]
    pub fn push(
        &mut self,
        segment: &Segment<'_>,
        limits: &FlowLimits,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        let mut sequence = segment.sequence;
        if segment.syn {
            if !self.started {
                self.started = true;
                self.opened = true;
                self.next = sequence.wrapping_add(1);
            } else if !self.spoke && sequence.wrapping_add(1) != self.next {
                // A second SYN before any data: which of the two counts is shown by the data.
                self.asked = Some(sequence.wrapping_add(1));
            }
            sequence = sequence.wrapping_add(1);
        }
        if !segment.bytes.is_empty() {
            if !self.started {
                self.started = true;
                self.next = sequence;
            }
            if sequence == self.next && self.held.is_empty() {
                self.deliver(segment, history, deliver);
            } else {
                self.push_elsewhere(sequence, segment, limits, history, deliver);
            }
            if segment.urgent > 0 {
                self.urgent(sequence, segment, history, deliver);
            }
        }
        if segment.fin {
            if self.cut.is_some() && self.cut == Some(sequence) && self.held.is_empty() {
                self.pass_cut(segment.at, segment.frame, history, deliver);
            }
            let end = length(segment.bytes).wrapping_add(segment.missing);
            self.fin = Some(sequence.wrapping_add(end));
        }
        if self.fin.is_some() && self.fin == Some(self.next) {
            self.closed = true;
        }
    }

    /// The common case: the next bytes.
    #[inline]
    fn deliver(
        &mut self,
        segment: &Segment<'_>,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        self.spoke = true;
        self.last = segment.at;
        if !self.unread {
            self.kept = history.keep(
                self.kept,
                &Delivered {
                    sequence: self.next,
                    frame: segment.frame,
                    at: segment.at,
                    offset: segment.offset,
                    sender: segment.sender,
                    mark: segment.mark,
                    bytes: segment.bytes,
                },
            );
        }
        self.next = self.next.wrapping_add(length(segment.bytes));
        self.cut = (segment.missing > 0).then(|| self.next.wrapping_add(segment.missing));
        deliver(Delivery::Data {
            at: segment.at,
            frame: segment.frame,
            carried_by: segment.frame,
            offset: segment.offset,
            sender: segment.sender,
            bytes: segment.bytes,
        });
    }

    /// A segment that is not simply the next one.
    #[cold]
    fn push_elsewhere(
        &mut self,
        sequence: u32,
        segment: &Segment<'_>,
        limits: &FlowLimits,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        let ahead = distance(sequence, self.next);
        if !(-JUMP..=JUMP).contains(&ahead) {
            return self.jump(sequence, segment, history, deliver);
        }
        if ahead <= 0 {
            if let Some((from, until)) = self.left
                && from == sequence
                && until != sequence.wrapping_add(length(segment.bytes))
                && !self.has_acknowledged(self.next)
            {
                // The stream goes on where it stood: what was ahead of it is not confirmed by anyone. A segment that fills
                // the hole exactly is the lost one, late.
                return self.start_again(sequence, segment, history, deliver);
            }
            let known = ahead.unsigned_abs().min(length(segment.bytes));
            self.again(sequence, segment, known, history, deliver);
            let fresh = segment.bytes.get(known as usize..).unwrap_or_default();
            if fresh.is_empty() {
                return;
            }
            // Part of it is known: the first content stands, as most receivers keep it.
            let offset = segment.offset.saturating_add(known);
            self.deliver(
                &Segment {
                    bytes: fresh,
                    offset,
                    ..*segment
                },
                history,
                deliver,
            );
            return self.drain(Some((segment.at, segment.frame)), history, deliver);
        }
        self.hold(sequence, segment, history);
        if self.held_bytes > limits.waiting_bytes
            || self.held.len() > limits.waiting_segments
            || history.waiting > limits.all_waiting_bytes
        {
            self.skip_hole(history, deliver);
        } else {
            self.check(segment.at, true, history, deliver);
        }
    }

    /// True when the receiver has said that it has everything before `number`.
    fn has_acknowledged(&self, number: u32) -> bool {
        self.acknowledged
            .is_some_and(|known| distance(known, number) >= 0)
    }

    /// Sequence numbers far from the stream. One packet proves nothing: anyone can send it, and the receiver drops it.
    fn jump(
        &mut self,
        sequence: u32,
        segment: &Segment<'_>,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        let expected = self.acknowledged.is_some()
            && (-CONFIRMED..=CONFIRMED).contains(&distance(self.last_acknowledged, sequence));
        if !expected && self.jumped != Some(sequence) {
            if self.is_known(sequence, segment.bytes) {
                history.counts.repeated += 1;
                return;
            }
            self.jumped = Some(sequence.wrapping_add(length(segment.bytes)));
            history.counts.astray += 1;
            let nothing = (Place::default(), false);
            let other = compare::other(history, nothing, sequence, segment, Difference::Astray);
            return deliver(Delivery::Other(&other));
        }
        self.skip_all(history, deliver);
        self.acknowledged = self.acknowledged.map(|_| self.last_acknowledged);
        self.start_again(sequence, segment, history, deliver);
    }

    /// The stream goes on at another place.
    fn start_again(
        &mut self,
        sequence: u32,
        segment: &Segment<'_>,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        deliver(Delivery::Gap {
            missing: None,
            from: self.last,
            until: segment.at,
            frame: segment.frame,
            why: Missing::Uncaptured,
        });
        history.counts.gaps += 1;
        self.next = sequence;
        self.fin = None;
        self.left = None;
        self.jumped = None;
        self.kept = Place::default();
        self.deliver(segment, history, deliver);
    }

    /// Keeps a segment until what stands before it comes.
    fn hold(&mut self, sequence: u32, segment: &Segment<'_>, history: &mut History) {
        history.counts.out_of_order += 1;
        let ahead = distance(sequence, self.next);
        let place = self
            .held
            .partition_point(|held| distance(held.sequence, self.next) <= ahead);
        // The same bytes again bring nothing; other bytes for the same place are kept and compared when their time comes.
        let covered = |held: &Held| {
            let skipped = distance(sequence, held.sequence);
            let Ok(skipped) = usize::try_from(skipped) else {
                return false;
            };
            held.bytes
                .get(skipped..)
                .is_some_and(|rest| rest.starts_with(segment.bytes))
        };
        let before = place.checked_sub(1).and_then(|before| self.held.get(before));
        if let Some(held) = before.filter(|held| covered(held)) {
            if compare::is_copy(segment.mark, (held.mark, held.at), segment.at) {
                history.counts.copies += 1;
            } else {
                history.counts.repeated += 1;
            }
            return;
        }
        self.held_bytes += segment.bytes.len();
        history.waiting += segment.bytes.len();
        self.held.insert(
            place,
            Held {
                sequence,
                bytes: segment.bytes.to_vec(),
                missing: segment.missing,
                at: segment.at,
                frame: segment.frame,
                offset: segment.offset,
                sender: segment.sender,
                mark: segment.mark,
            },
        );
    }

    /// Skips the hole when it will not be filled any more. `both` is false when the other direction was never seen.
    pub fn check(
        &mut self,
        now: CaptureTime,
        both: bool,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        while let Some(first) = self.held.first() {
            // A stream that goes on before the hole is alive: the segment behind it may be anyone's.
            let waited = now.since(first.at.max(self.last));
            let lost = if self.cut == Some(first.sequence) {
                true
            } else if self.has_acknowledged(first.sequence) {
                now.since(first.at) >= SWAPPED || self.held.len() >= SWAPPED_SEGMENTS
            } else if self.acknowledged.is_none() || !both {
                waited >= ONE_WAY
            } else {
                waited >= LONGEST
            };
            if !lost {
                return;
            }
            self.skip_hole(history, deliver);
        }
    }

    /// Skips every hole: the connection is over.
    pub fn skip_all(&mut self, history: &mut History, deliver: &mut impl FnMut(Delivery<'_>)) {
        while self.waits() {
            self.skip_hole(history, deliver);
        }
        if self.cut.is_some() {
            self.pass_cut(self.last, 0, history, deliver);
        }
    }

    /// Nothing comes in the place of bytes that were cut off.
    fn pass_cut(
        &mut self,
        until: CaptureTime,
        frame: u64,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        if let Some(end) = self.cut.take() {
            self.pass(end, until, frame, Missing::CutOff, history, deliver);
        }
    }

    /// Goes on behind missing bytes.
    fn pass(
        &mut self,
        end: u32,
        until: CaptureTime,
        frame: u64,
        why: Missing,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        let missing = distance(end, self.next).max(0).unsigned_abs();
        // A stream that is joined in the middle has no "before" to be missing from.
        let from = if self.spoke { self.last } else { until };
        self.left = (!self.has_acknowledged(end)).then_some((self.next, end));
        self.kept = history.keep_hole(self.kept, self.next, missing, until);
        self.next = end;
        self.cut = None;
        history.counts.gaps += 1;
        history.counts.gap_bytes += u64::from(missing);
        deliver(Delivery::Gap {
            missing: Some(u64::from(missing)),
            from,
            until,
            frame,
            why,
        });
    }

    /// Skips to the first waiting segment.
    fn skip_hole(&mut self, history: &mut History, deliver: &mut impl FnMut(Delivery<'_>)) {
        let Some(first) = self.held.first() else { return };
        let (end, until, frame) = (first.sequence, first.at, first.frame);
        let why = if self.cut == Some(end) {
            Missing::CutOff
        } else {
            Missing::Uncaptured
        };
        self.pass(end, until, frame, why, history, deliver);
        self.drain(None, history, deliver);
    }

    /// Delivers what waits and is next now. Bytes behind a filled hole were completed by the frame that filled it; those
    /// behind a skipped hole by their own.
    fn drain(
        &mut self,
        filled_by: Option<(CaptureTime, u64)>,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        while let Some(first) = self.held.first() {
            let ahead = distance(first.sequence, self.next);
            if ahead > 0 {
                break;
            }
            let held = self.held.remove(0);
            self.held_bytes -= held.bytes.len();
            history.waiting = history.waiting.saturating_sub(held.bytes.len());
            let known = ahead.unsigned_abs().min(length(&held.bytes));
            self.again(held.sequence, &held.segment(), known, history, deliver);
            let Some(fresh) = held.bytes.get(known as usize..).filter(|fresh| !fresh.is_empty()) else {
                continue;
            };
            self.spoke = true;
            let (at, frame) = filled_by.unwrap_or((held.at, held.frame));
            let offset = held.offset.saturating_add(known);
            self.last = at;
            self.kept = history.keep(
                self.kept,
                &Delivered {
                    sequence: self.next,
                    frame: held.frame,
                    at: held.at,
                    offset,
                    sender: held.sender,
                    mark: held.mark,
                    bytes: fresh,
                },
            );
            self.next = self.next.wrapping_add(length(fresh));
            self.cut = (held.missing > 0).then(|| self.next.wrapping_add(held.missing));
            deliver(Delivery::Data {
                at,
                frame,
                carried_by: held.frame,
                offset,
                sender: held.sender,
                bytes: fresh,
            });
        }
        if self.fin == Some(self.next) {
            self.closed = true;
        }
    }
}

#[cfg(test)]
#[path = "tcp_tests.rs"]
mod tests;
