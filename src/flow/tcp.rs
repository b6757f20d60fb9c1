//! One direction of a TCP connection: its bytes in order, each once, holes said (RFC 9293 3.4, 3.10).

use tapglass_model::{CaptureTime, MILLISECOND, SECOND};

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
    /// The data.
    pub bytes: &'a [u8],
    /// When.
    pub at: CaptureTime,
    /// Frame number.
    pub frame: u64,
    /// Where the data starts in the frame.
    pub offset: u32,
    /// Who.
    pub sender: Sender,
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
    },
}

/// A segment that waits for one before it.
#[derive(Debug)]
struct Held {
    sequence: u32,
    bytes: Vec<u8>,
    at: CaptureTime,
    frame: u64,
    offset: u32,
    sender: Sender,
}

/// One direction.
#[derive(Debug, Default)]
pub struct Stream {
    started: bool,
    /// The connection's start was seen.
    pub opened: bool,
    /// Everything up to the FIN is delivered, or the connection was reset.
    pub closed: bool,
    next: u32,
    /// Highest acknowledgement that the receiver sent.
    acknowledged: Option<u32>,
    fin: Option<u32>,
    /// First data of the connection that a SYN has asked for on a live one; it counts once the other side agrees.
    pub asked: Option<u32>,
    held: Vec<Held>,
    held_bytes: usize,
    last: CaptureTime,
    /// Segments without anything new.
    pub repeated: u64,
    /// Segments that came before one that stands before them.
    pub out_of_order: u64,
    /// Holes skipped.
    pub gaps: u64,
    /// Data was seen.
    pub spoke: bool,
}

/// `a - b` as the sequence space understands it.
const fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b).cast_signed()
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

impl Stream {
    /// True when a segment waits for one before it.
    #[must_use]
    pub const fn waits(&self) -> bool {
        !self.held.is_empty()
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

    /// Takes the receiver's acknowledgement.
    #[inline]
    pub fn acknowledge(&mut self, number: u32) {
        if self.acknowledged.is_none_or(|known| distance(number, known) > 0) {
            self.acknowledged = Some(number);
        }
    }

    /// Takes a segment.
    #[inline]
    pub fn push(
        &mut self,
        segment: &Segment<'_>,
        limits: &super::FlowLimits,
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
                self.deliver(segment, deliver);
            } else {
                self.push_elsewhere(sequence, segment, limits, deliver);
            }
        }
        if segment.fin {
            self.fin = Some(sequence.wrapping_add(length(segment.bytes)));
        }
        if self.fin.is_some() && self.fin == Some(self.next) {
            self.closed = true;
        }
    }

    /// The common case: the next bytes.
    fn deliver(&mut self, segment: &Segment<'_>, deliver: &mut impl FnMut(Delivery<'_>)) {
        self.spoke = true;
        self.last = segment.at;
        self.next = self.next.wrapping_add(length(segment.bytes));
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
        limits: &super::FlowLimits,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        let ahead = distance(sequence, self.next);
        if !(-JUMP..=JUMP).contains(&ahead) {
            self.skip_all(deliver);
            let (from, until, frame) = (self.last, segment.at, segment.frame);
            deliver(Delivery::Gap {
                missing: None,
                from,
                until,
                frame,
            });
            self.gaps += 1;
            self.next = sequence;
            self.fin = None;
            return self.deliver(segment, deliver);
        }
        if ahead <= 0 {
            let known = ahead.unsigned_abs() as usize;
            let Some(fresh) = segment.bytes.get(known..).filter(|fresh| !fresh.is_empty()) else {
                self.repeated += 1;
                return;
            };
            // Part of it is known: the first content stands, as most receivers keep it.
            let offset = segment.offset.saturating_add(ahead.unsigned_abs());
            self.deliver(
                &Segment {
                    bytes: fresh,
                    offset,
                    ..*segment
                },
                deliver,
            );
            return self.drain(Some((segment.at, segment.frame)), deliver);
        }
        self.hold(sequence, segment);
        if self.held_bytes > limits.waiting_bytes || self.held.len() > limits.waiting_segments {
            self.skip_hole(deliver);
        } else {
            self.check(segment.at, true, deliver);
        }
    }

    /// Keeps a segment until what stands before it comes.
    fn hold(&mut self, sequence: u32, segment: &Segment<'_>) {
        self.out_of_order += 1;
        let ahead = distance(sequence, self.next);
        let place = self
            .held
            .partition_point(|held| distance(held.sequence, self.next) < ahead);
        let covered = |held: &Held| {
            distance(sequence, held.sequence) >= 0
                && distance(
                    sequence.wrapping_add(length(segment.bytes)),
                    held.sequence.wrapping_add(length(&held.bytes)),
                ) <= 0
        };
        let before = place.checked_sub(1).and_then(|before| self.held.get(before));
        if before.is_some_and(covered) || self.held.get(place).is_some_and(covered) {
            self.repeated += 1;
            return;
        }
        self.held_bytes += segment.bytes.len();
        self.held.insert(
            place,
            Held {
                sequence,
                bytes: segment.bytes.to_vec(),
                at: segment.at,
                frame: segment.frame,
                offset: segment.offset,
                sender: segment.sender,
            },
        );
    }

    /// Skips the hole when it will not be filled any more. `both` is false when the other direction was never seen.
    pub fn check(&mut self, now: CaptureTime, both: bool, deliver: &mut impl FnMut(Delivery<'_>)) {
        while let Some(first) = self.held.first() {
            let waited = now.since(first.at);
            let acknowledged = self
                .acknowledged
                .is_some_and(|number| distance(number, first.sequence) >= 0);
            let lost = if acknowledged {
                waited >= SWAPPED || self.held.len() >= SWAPPED_SEGMENTS
            } else if self.acknowledged.is_none() || !both {
                waited >= ONE_WAY
            } else {
                waited >= LONGEST
            };
            if !lost {
                return;
            }
            self.skip_hole(deliver);
        }
    }

    /// Skips every hole: the connection is over.
    pub fn skip_all(&mut self, deliver: &mut impl FnMut(Delivery<'_>)) {
        while self.waits() {
            self.skip_hole(deliver);
        }
    }

    /// Skips to the first waiting segment.
    fn skip_hole(&mut self, deliver: &mut impl FnMut(Delivery<'_>)) {
        let Some(first) = self.held.first() else { return };
        let missing = u64::from(distance(first.sequence, self.next).unsigned_abs());
        let (from, until, frame) = (self.last, first.at, first.frame);
        // A stream that is joined in the middle has no "before" to be missing from.
        let from = if self.spoke { from } else { until };
        self.next = first.sequence;
        self.gaps += 1;
        deliver(Delivery::Gap {
            missing: Some(missing),
            from,
            until,
            frame,
        });
        self.drain(None, deliver);
    }

    /// Delivers what waits and is next now. Bytes behind a filled hole were completed by the frame that filled it; those
    /// behind a skipped hole by their own.
    fn drain(&mut self, filled_by: Option<(CaptureTime, u64)>, deliver: &mut impl FnMut(Delivery<'_>)) {
        while let Some(first) = self.held.first() {
            let ahead = distance(first.sequence, self.next);
            if ahead > 0 {
                break;
            }
            let held = self.held.remove(0);
            self.held_bytes -= held.bytes.len();
            let known = ahead.unsigned_abs();
            let Some(fresh) = held.bytes.get(known as usize..).filter(|fresh| !fresh.is_empty()) else {
                continue;
            };
            self.spoke = true;
            let (at, frame) = filled_by.unwrap_or((held.at, held.frame));
            self.last = at;
            self.next = self.next.wrapping_add(length(fresh));
            deliver(Delivery::Data {
                at,
                frame,
                carried_by: held.frame,
                offset: held.offset.saturating_add(known),
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
