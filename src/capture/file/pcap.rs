//! The pcap format: a header of 24 bytes, then records.

use tapglass_model::CaptureTime;

use super::{Attempt, Fault, Interface, LinkType, Located, frame_limit};

/// Bytes of the file header.
pub(super) const FILE_HEADER: usize = 24;

/// Time stamps in microseconds.
const MICROSECONDS: u32 = 0xa1b2_c3d4;
/// Time stamps in nanoseconds.
const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Alexey Kuznetzov's modified form: microseconds, eight more bytes in each record header.
const KUZNETZOV: u32 = 0xa1b2_cd34;
/// Bit of the link-type field: the upper four bits count the 16-bit words of the frame check sequence.
const FCS_PRESENT: u32 = 0x0400_0000;

/// In which order a record says captured length and length on the wire.
///
/// Versions before 2.3 say the latter first, 2.3 was written both ways.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    Either,
    WireFirst,
}

/// Reads the records of a pcap file.
#[derive(Clone)]
pub(super) struct Pcap {
    swapped: bool,
    /// Nanoseconds of one unit of the time stamp's second field.
    unit: i64,
    record_header: usize,
    lengths: Lengths,
    limit: u32,
    fcs: u32,
    interface: Interface,
}

impl Pcap {
    /// True when `start` can only be the start of a pcap file.
    pub(super) fn is_magic(start: [u8; 4]) -> bool {
        let known = |magic| matches!(magic, MICROSECONDS | NANOSECONDS | KUZNETZOV);
        known(u32::from_le_bytes(start)) || known(u32::from_be_bytes(start))
    }

    /// Reads the file header; the version, when it is not one that is known.
    pub(super) fn new(header: &[u8; FILE_HEADER]) -> Result<Self, (u16, u16)> {
        let field = |at: usize| {
            let bytes = header
                .get(at..at + 4)
                .and_then(|bytes| bytes.first_chunk())
                .copied()
                .unwrap_or_default();
            u32::from_le_bytes(bytes)
        };
        let swapped = !matches!(field(0), MICROSECONDS | NANOSECONDS | KUZNETZOV);
        let order = |value: u32| if swapped { value.swap_bytes() } else { value };
        let magic = order(field(0));
        let version = order(field(4));
        // Two 16-bit fields: the first one is the lower half once the order is little-endian.
        let (major, minor) = if swapped {
            ((version >> 16) as u16, version as u16)
        } else {
            (version as u16, (version >> 16) as u16)
        };
        if major != 2 {
            return Err((major, minor));
        }
        let snap = order(field(16));
        let link = order(field(20));
        let fcs = if link & FCS_PRESENT == 0 {
            0
        } else {
            (link >> 28) * 2
        };
        Ok(Self {
            swapped,
            unit: if magic == NANOSECONDS { 1 } else { 1_000 },
            record_header: if magic == KUZNETZOV { 24 } else { 16 },
            lengths: match minor {
                0..=2 => Lengths::WireFirst,
                3 => Lengths::Either,
                _ => Lengths::CapturedFirst,
            },
            limit: frame_limit(snap),
            fcs,
            interface: Interface::plain(LinkType(link & 0xffff), snap),
        })
    }

    pub(super) fn interface(&self) -> &Interface {
        &self.interface
    }

    /// Takes the record at the start of `rest`.
    #[inline]
    pub(super) fn attempt(&mut self, rest: &[u8]) -> Attempt {
        let Some(header) = rest.first_chunk::<16>() else {
            return Attempt::Need(self.record_header);
        };
        let field = |at: usize| {
            let [a, b, c, d] = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            let value = u32::from_le_bytes([a, b, c, d]);
            if self.swapped { value.swap_bytes() } else { value }
        };
        let (mut captured, mut wire) = (field(8), field(12));
        if self.lengths != Lengths::CapturedFirst && (self.lengths == Lengths::WireFirst || captured > wire) {
            (captured, wire) = (wire, captured);
        }
        if captured > self.limit {
            return Attempt::Broken(Box::new(Fault::FrameLength {
                captured,
                limit: self.limit,
            }));
        }
        let used = self.record_header + captured as usize;
        if rest.len() < used {
            return Attempt::Need(used);
        }
        let located = Located {
            number: 0,
            // At most 4,294,967,295 s and as many milliseconds: within the range of the type.
            at: CaptureTime(i64::from(field(0)) * 1_000_000_000 + i64::from(field(4)) * self.unit),
            link_type: self.interface.link_type,
            interface: 0,
            wire_length: wire.max(captured),
            start: self.record_header,
            length: captured as usize,
        };
        let located = if self.fcs == 0 {
            located
        } else {
            located.without_fcs(self.fcs)
        };
        Attempt::Frame(located, used)
    }
}
