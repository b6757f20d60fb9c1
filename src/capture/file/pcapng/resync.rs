//! Finding the next sound block after damage.
//!
//! A block is believed when its type is known and its length stands at both of its ends: 64 bits that random
//! bytes would have to hit.

use super::block::{self, Body};
use super::{
    ENHANCED_PACKET, INTERFACE, NAMES, OLD_PACKET, Pcapng, SECRETS, SECTION_HEADER, SIMPLE_PACKET, STATISTICS,
};
use crate::capture::file::Attempt;

/// Longest block that is looked for; a longer one is passed over with the damage.
const MAX_FOUND: usize = 1024 * 1024;
/// Bytes that are searched before they are let go of.
const STRIDE: usize = 64 * 1024;

/// What a place looks like.
enum Look {
    /// A sound block, in big-endian order when true.
    Block(bool),
    /// A block if so many bytes follow.
    Perhaps(usize),
    No,
}

impl Pcapng {
    /// Gives up the block at the start of `rest`, which starts at an unknown place or ends at one.
    pub(in crate::capture::file) fn lose(&mut self, rest: &[u8]) {
        self.lost = true;
        if let Some(swapped) = block::section_order(rest) {
            self.begin_section(swapped);
            return;
        }
        // Frames count on the number of an interface: keep it if its first fields can still be read.
        let head = Body::new(rest, self.swapped);
        if head.u32(0) == Some(INTERFACE) && rest.len() >= 16 {
            let _ = self.interface(head.slice(8, 16));
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
                Look::Block(swapped) => {
                    self.lost = false;
                    if swapped != self.swapped && block::section_order(here).is_none() {
                        // The header of this section is among what was lost.
                        self.begin_section(swapped);
                    }
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

/// Looks at a place, with the byte order of the section first.
fn look(here: &[u8], swapped: bool) -> Look {
    if let Some(order) = block::section_order(here) {
        return look_in(Body::new(here, order));
    }
    match look_in(Body::new(here, swapped)) {
        Look::No => look_in(Body::new(here, !swapped)),
        other => other,
    }
}

fn look_in(here: Body<'_>) -> Look {
    let (Some(kind), Some(length)) = (here.u32(0), here.u32(4)) else {
        return Look::No;
    };
    let least = match kind {
        SECTION_HEADER if block::section_order(here.bytes()).is_some() => 28,
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
        Some(trailer) if trailer == length => Look::Block(here.swapped()),
        Some(_) => Look::No,
        None => Look::Perhaps(used),
    }
}
