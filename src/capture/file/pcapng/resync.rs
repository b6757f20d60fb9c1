//! Finding the next sound block after damage.
//!
//! A block is believed when its type is known and its length stands at both of its ends: 64 bits that random
//! bytes would have to hit.

use super::block::{self, Body};
use super::{
    BYTE_ORDER, ENHANCED_PACKET, INTERFACE, INTERFACE_HEAD, NAMES, OLD_PACKET, Pcapng, SECRETS,
    SECTION_HEADER, SIMPLE_PACKET, STATISTICS,
};
use crate::capture::file::Attempt;

/// Longest block that is looked for; a longer one is passed over with the damage.
const MAX_FOUND: usize = 1024 * 1024;
/// Bytes that are searched before they are let go of.
const STRIDE: usize = 64 * 1024;

/// What a place looks like.
enum Look {
    Block,
    /// A block if so many bytes follow.
    Perhaps(usize),
    No,
}

impl Pcapng {
    /// Gives up the block at the start of `rest`, which starts at an unknown place or ends at one.
    pub(in crate::capture::file) fn lose(&mut self, rest: &[u8]) {
        self.lost = true;
        let head = Body::new(rest, self.swapped);
        if head.u32(0) == Some(SECTION_HEADER) {
            // What follows needs the byte order: the mark is near enough to one of the two.
            let mark = rest.get(8..12).unwrap_or_default();
            let alike = |order: [u8; 4]| mark.iter().zip(order).filter(|(a, b)| **a == *b).count();
            self.begin_section(alike(BYTE_ORDER.to_be_bytes()) > alike(BYTE_ORDER.to_le_bytes()));
            return;
        }
        // Frames count on the number of an interface: keep it if its first fields can still be read.
        if head.u32(0) == Some(INTERFACE) && rest.len() >= INTERFACE_HEAD {
            let _ = self.interface(head.slice(8, INTERFACE_HEAD));
        }
    }

    pub(in crate::capture::file) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Looks for a sound block in `rest`; `last` when nothing comes after it.
    pub(super) fn search(&mut self, rest: &[u8], last: bool) -> Attempt {
        let mut at = 0;
        while let Some(here) = rest.get(at..)
            && here.len() >= 12
        {
            match look(here, self.swapped) {
                Look::Block => {
                    self.lost = false;
                    return Attempt::Resumed(at);
                }
                Look::Perhaps(need) if !last => {
                    return if at == 0 {
                        Attempt::Need(need)
                    } else {
                        Attempt::Passed(at)
                    };
                }
                Look::Perhaps(_) | Look::No => at += 1,
            }
            if at == STRIDE {
                return Attempt::Passed(at);
            }
        }
        if at == 0 {
            Attempt::Need(12)
        } else {
            Attempt::Passed(at)
        }
    }
}

/// Looks at a place. Only a section header is looked for in the other byte order: three bytes beside a block of
/// one order stands one of the other.
fn look(here: &[u8], swapped: bool) -> Look {
    let section = block::section_order(here);
    let here = Body::new(here, section.unwrap_or(swapped));
    let (Some(kind), Some(length)) = (here.u32(0), here.u32(4)) else {
        return Look::No;
    };
    let least = match kind {
        SECTION_HEADER if section.is_some() => 28,
        INTERFACE | SECRETS => 20,
        OLD_PACKET | ENHANCED_PACKET => 32,
        SIMPLE_PACKET => 16,
        STATISTICS => 24,
        NAMES => 12,
        _ => return Look::No,
    };
    let used = length as usize;
    if used < least || used > MAX_FOUND || !block::is_length(length) {
        return Look::No;
    }
    match here.u32(used - 4) {
        Some(trailer) if trailer == length => Look::Block,
        Some(_) => Look::No,
        None => Look::Perhaps(used),
    }
}
