//! The pcapng format: sections of blocks, each block with its length at both ends.

mod block;
mod interface;
mod options;
mod packet;
mod resync;

pub use block::{Name, Secrets};
pub use interface::Interface;

use tapglass_model::CaptureTime;

use self::block::Body;
use self::interface::Clock;
use super::{Attempt, Counters, Fault};

/// Block types.
pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAMES: u32 = 4;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
/// A systemd journal entry.
const JOURNAL: u32 = 9;
const SECRETS: u32 = 10;
/// Blocks of a vendor's own; the second kind is not copied by programs that do not know it.
const CUSTOM: u32 = 0xbad;
const CUSTOM_UNCOPIED: u32 = 0x4000_0bad;

/// The byte-order mark of a section, as its writer sees it.
const BYTE_ORDER: u32 = 0x1a2b_3c4d;
/// Longest block that is believed; Wireshark has the same limit.
const MAX_BLOCK: u32 = 16 * 1024 * 1024;
/// Type, length, and the fields of an interface that every one of them has.
const INTERFACE_HEAD: usize = 16;
/// The fields of a packet and its two lengths.
const PACKET_HEAD: usize = 32;
/// Bytes of options that a packet block can have.
const MAX_PACKET_OPTIONS: u32 = 256 * 1024;

/// Takes secrets as they come: their kind and their bytes.
pub(super) type OnSecrets = Box<dyn FnMut(u32, &[u8]) + Send>;

/// Reads the blocks of a pcapng file.
#[derive(Default)]
pub(super) struct Pcapng {
    /// The section is written in big-endian order.
    swapped: bool,
    /// Sections begun.
    sections: u32,
    /// Interfaces of the sections before this one.
    before: usize,
    /// Interfaces of all sections, and the clock of each.
    interfaces: Vec<Interface>,
    clocks: Vec<Clock>,
    /// Time of the last packet block, for those that have none.
    last: CaptureTime,
    /// Looking for the next sound block.
    lost: bool,
    secrets: Vec<Secrets>,
    /// Bytes that they hold, with what each costs besides.
    secrets_bytes: usize,
    /// Who is told of them as they come.
    on_secrets: Option<OnSecrets>,
    names: Vec<Name>,
    /// Frames lost before a packet, as the packets themselves say.
    dropped_between: u64,
    untimed: u64,
    unknown_blocks: u64,
}

impl Pcapng {
    pub(super) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    pub(super) fn secrets(&self) -> &[Secrets] {
        &self.secrets
    }

    /// The same state, with nobody who is told of secrets to come.
    pub(super) fn fork(&self) -> Self {
        Self {
            swapped: self.swapped,
            sections: self.sections,
            before: self.before,
            interfaces: self.interfaces.clone(),
            clocks: self.clocks.clone(),
            last: self.last,
            lost: self.lost,
            secrets: self.secrets.clone(),
            secrets_bytes: self.secrets_bytes,
            on_secrets: None,
            names: self.names.clone(),
            dropped_between: self.dropped_between,
            untimed: self.untimed,
            unknown_blocks: self.unknown_blocks,
        }
    }

    /// Tells `take` of all secrets to come.
    pub(super) fn on_secrets(&mut self, take: OnSecrets) {
        self.on_secrets = Some(take);
    }

    pub(super) fn names(&self) -> &[Name] {
        &self.names
    }

    /// Adds what the capture itself says about losses.
    pub(super) fn count(&self, counters: &mut Counters) {
        let kernel = self
            .interfaces
            .iter()
            .map(|interface| interface.dropped_by_kernel)
            .fold(0, u64::saturating_add);
        counters.dropped_by_kernel = kernel.max(self.dropped_between);
        counters.dropped_by_interface = self
            .interfaces
            .iter()
            .map(|interface| interface.dropped_by_interface)
            .fold(0, u64::saturating_add);
        counters.untimed_frames = self.untimed;
        counters.unknown_blocks = self.unknown_blocks;
    }

    /// Takes the block at the start of `rest`; `last` when nothing comes after `rest`.
    #[inline]
    pub(super) fn attempt(&mut self, rest: &[u8], last: bool) -> Attempt {
        if let Some(head) = rest.first_chunk::<PACKET_HEAD>()
            && self.number(head, 0) == ENHANCED_PACKET
            && !self.lost
        {
            return self.enhanced_packet(rest, head);
        }
        self.other(rest, last)
    }

    /// The number at a place of a block's fixed first bytes.
    #[inline]
    fn number(&self, head: &[u8; PACKET_HEAD], at: usize) -> u32 {
        let number = u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if self.swapped { number.swap_bytes() } else { number }
    }

    /// Every block but the common one.
    #[cold]
    fn other(&mut self, rest: &[u8], last: bool) -> Attempt {
        if self.lost {
            return self.search(rest, last);
        }
        let Some(start) = rest.get(..12) else {
            return Attempt::Need(12);
        };
        let section = block::section_order(start);
        let head = Body::new(start, section.unwrap_or(self.swapped));
        let kind = head.u32(0).unwrap_or_default();
        if kind == SECTION_HEADER && section.is_none() {
            return Attempt::Broken(Box::new(Fault::ByteOrder));
        }
        // What is made of a damaged block must not depend on how much of it happens to be at hand.
        let least = match kind {
            INTERFACE => INTERFACE_HEAD,
            ENHANCED_PACKET => PACKET_HEAD,
            _ => 12,
        };
        if rest.len() < least {
            return Attempt::Need(least);
        }
        let length = head.u32(4).unwrap_or_default();
        if !block::is_length(length) {
            return Attempt::Broken(Box::new(Fault::BlockLength { length }));
        }
        let used = length as usize;
        let Some(whole) = rest.get(..used) else {
            return Attempt::Need(used);
        };
        let whole = Body::new(whole, head.swapped());
        let trailer = whole.u32(used - 4).unwrap_or_default();
        if trailer != length {
            return Attempt::Broken(Box::new(Fault::BlockTrailer { length, trailer }));
        }
        let body = whole.slice(8, used - 4);
        let result = match kind {
            SECTION_HEADER => self.section(body),
            INTERFACE => self.interface(body),
            STATISTICS => self.statistics(body),
            NAMES => self.name_resolution(body),
            SECRETS => self.decryption_secrets(body),
            SIMPLE_PACKET => return self.simple_packet(body, used),
            OLD_PACKET => return self.old_packet(body, used),
            JOURNAL | CUSTOM | CUSTOM_UNCOPIED => {
                self.unknown_blocks += 1;
                return Attempt::Listed(used);
            }
            ENHANCED_PACKET => Err(Fault::BlockFields {
                block: "enhanced packet block",
            }),
            _ => {
                self.unknown_blocks += 1;
                Ok(())
            }
        };
        match result {
            Ok(()) => Attempt::Passed(used),
            Err(fault) => Attempt::Flawed(Box::new(fault), used),
        }
    }

    /// Begins a section.
    fn section(&mut self, body: Body<'_>) -> Result<(), Fault> {
        self.begin_section(body.swapped());
        let (Some(major), Some(minor)) = (body.u16(4), body.u16(6)) else {
            return Err(Fault::BlockFields {
                block: "section header",
            });
        };
        // 1.2 is written by some programs and means the same.
        if major == 1 && matches!(minor, 0 | 2) {
            Ok(())
        } else {
            Err(Fault::Version { major, minor })
        }
    }

    fn begin_section(&mut self, swapped: bool) {
        self.swapped = swapped;
        self.sections = self.sections.saturating_add(1);
        self.before = self.interfaces.len();
    }
}
