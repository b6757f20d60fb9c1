//! The frame count bit and the answers of the link layer (IEEE 1815-2012 9.2.4.1.3, 9.2.6).

use alloc::vec::Vec;
use core::mem;

use super::{Ends, GivenUp, Pairing, Sent};

/// What one station of a pair, as the primary one, last said to the other.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkState {
    /// The last frame whose frame count bit means something.
    frame: Vec<u8>,
    /// Its frame count bit; a reset sets it back.
    count_bit: Option<bool>,
    /// The last frame that waits for an answer of the link layer.
    asked: Option<Sent>,
}

/// What a frame count bit says of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    /// It toggled, or nothing is known of the frame before.
    New,
    /// The same frame again: its acknowledgement was lost, and the receiver drops it (9.2.7).
    Again,
    /// It did not toggle in another frame: the receiver takes it for a repetition and drops it.
    Unexpected,
}

impl Pairing {
    fn link(
        &mut self,
        ends: Ends,
        from_master: bool,
        change: impl FnOnce(&mut LinkState),
    ) -> Option<GivenUp> {
        self.pair(ends, |pair| {
            let [outstation, master] = &mut pair.links;
            change(if from_master { master } else { outstation });
        })
    }

    /// Follows the frame count bit of a frame in which it is valid.
    pub(crate) fn link_count(
        &mut self,
        ends: Ends,
        from_master: bool,
        count_bit: bool,
        frame: &[u8],
    ) -> (Count, Option<GivenUp>) {
        let mut count = Count::New;
        let lost = self.link(ends, from_master, |link| {
            if link.count_bit == Some(count_bit) {
                count = if link.frame == frame {
                    Count::Again
                } else {
                    Count::Unexpected
                };
            }
            link.count_bit = Some(count_bit);
            link.frame.clear();
            link.frame.extend_from_slice(frame);
        });
        (count, lost)
    }

    /// RESET_LINK_STATES: the next frame has its frame count bit set.
    pub(crate) fn link_reset(&mut self, ends: Ends, from_master: bool) -> Option<GivenUp> {
        self.link(ends, from_master, |link| {
            link.frame.clear();
            link.count_bit = Some(false);
        })
    }

    /// A frame that the other link layer answers.
    pub(crate) fn link_asks(&mut self, ends: Ends, from_master: bool, sent: Sent) -> Option<GivenUp> {
        self.link(ends, from_master, |link| link.asked = Some(sent))
    }

    /// The frame that a secondary station answers.
    pub(crate) fn link_answers(&mut self, ends: Ends, from_master: bool) -> Option<Sent> {
        let [outstation, master] = &mut self.pairs.get_mut(&ends)?.links;
        // The answer goes back to whom asked.
        let link = if from_master { outstation } else { master };
        mem::take(&mut link.asked)
    }
}
