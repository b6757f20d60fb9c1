//! Segments for a place of the stream that is past, and bytes that receivers read differently.

use sha1::{Digest as _, Sha1};

use super::{Stream, distance, length};
use crate::flow::compare::{self, compare};
use crate::flow::history::History;
use crate::flow::segment::{Delivery, Difference, Segment};

/// Differing segments of one direction that are remembered, so that a copy of one is not another.
const OTHERS: usize = 4;

impl Stream {
    /// The first `known` bytes of a segment stand for a part of the stream that is past.
    pub(super) fn again(
        &mut self,
        sequence: u32,
        segment: &Segment<'_>,
        known: u32,
        history: &mut History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        if known == 0 {
            return;
        }
        let whole = known == length(segment.bytes);
        let alive = whole
            && known == 1
            && distance(sequence, self.next) == -1
            && (self.acknowledged.is_none() || self.has_acknowledged(self.next));
        if alive || self.unread {
            // A keep-alive repeats a byte that was acknowledged long ago, or has anything in its place (RFC 9293 3.8.4).
            history.counts.repeated += 1;
            return;
        }
        let compared = compare(history, self.kept, (self.next, self.opened), sequence, segment);
        history.counts.uncompared += u64::from(compared.forgotten > 0);
        if compared.differing == 0 && compared.late == 0 {
            if compared.copy {
                history.counts.copies += 1;
            } else {
                history.counts.repeated += u64::from(whole);
            }
            return;
        }
        let bytes = segment.bytes.get(..known as usize).unwrap_or(segment.bytes);
        if self.is_known(sequence, bytes) {
            history.counts.repeated += 1;
            return;
        }
        let difference = if compared.differing > 0 {
            history.counts.conflicts += 1;
            Difference::Conflict {
                differing: compared.differing,
                first_frame: compared.first.0,
                first_ttl: compared.first.1,
            }
        } else {
            history.counts.late += 1;
            Difference::Late
        };
        let part = Segment { bytes, ..*segment };
        let other = compare::other(history, (self.kept, self.opened), sequence, &part, difference);
        deliver(Delivery::Other(&other));
        compare::fill(history, self.kept, sequence, &part);
    }

    /// True when the same differing segment was handed on before; if not, it is remembered.
    pub(super) fn is_known(&mut self, sequence: u32, bytes: &[u8]) -> bool {
        // Whoever could make two contents with one digest could hide the second, so it is a cryptographic one.
        let digest = Sha1::new()
            .chain_update(sequence.to_be_bytes())
            .chain_update(bytes)
            .finalize()
            .into();
        if self.others.contains(&digest) {
            return true;
        }
        if self.others.len() == OTHERS {
            self.others.remove(0);
        }
        self.others.push(digest);
        false
    }

    /// Hands on how the stream looks to a receiver that takes the urgent byte out of it.
    #[cold]
    pub(super) fn urgent(
        &mut self,
        sequence: u32,
        segment: &Segment<'_>,
        history: &History,
        deliver: &mut impl FnMut(Delivery<'_>),
    ) {
        // The pointer leads to the byte behind the urgent one (RFC 793), whatever RFC 1122 says.
        let place = usize::from(segment.urgent).saturating_sub(1);
        if place >= segment.bytes.len() {
            return;
        }
        let mut other = compare::other(
            history,
            (self.kept, self.opened),
            sequence,
            segment,
            Difference::Urgent,
        );
        other.bytes.remove(place);
        deliver(Delivery::Other(&other));
    }
}
