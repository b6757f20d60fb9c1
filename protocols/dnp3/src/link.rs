//! Link frames: start, header and blocks of 16 octets, each with its checksum (IEEE 1815-2012 9.2.4).

use alloc::vec::Vec;

use tapglass_proto::{Cursor, Direction, Function};

use crate::{application, crc, names};

/// The two octets that every frame starts with.
pub(crate) const START: [u8; 2] = [0x05, 0x64];
/// The header with its checksum.
pub(crate) const HEADER: usize = 10;
/// The most user data between two checksums.
pub(crate) const BLOCK: usize = 16;
/// A full block with its checksum.
const CHECKED_BLOCK: usize = BLOCK + 2;
/// What LENGTH counts besides the user data: control, destination and source.
const COUNTED_HEADER: u8 = 5;

/// Destinations from here on are broadcasts, to which nobody answers (9.2.5.3).
const FIRST_BROADCAST: u16 = 0xfffd;
/// The self-address: whoever hears it answers with its own address (9.2.5.2).
pub(crate) const SELF: u16 = 0xfffc;

/// True for a destination to which no answer is sent.
pub(crate) const fn is_broadcast(address: u16) -> bool {
    address >= FIRST_BROADCAST
}

/// Link functions of a primary station that decide something here.
pub(crate) mod function {
    /// Frame counts start anew.
    pub(crate) const RESET_LINK_STATES: u8 = 0;
    /// User data that the other link layer acknowledges.
    pub(crate) const CONFIRMED_USER_DATA: u8 = 3;
    /// User data that is not acknowledged, the usual one.
    pub(crate) const UNCONFIRMED_USER_DATA: u8 = 4;
}

/// A header whose checksum is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// LENGTH: 5 and the octets of user data.
    pub(crate) length: u8,
    /// CONTROL: DIR, PRM, FCB, FCV or DFC, and the function.
    pub(crate) control: u8,
    /// DESTINATION.
    pub(crate) destination: u16,
    /// SOURCE.
    pub(crate) source: u16,
}

/// Why ten octets are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoHeader {
    /// The checksum is wrong.
    Checksum,
    /// The checksum is right, and LENGTH is below 5.
    Length(u8),
}

impl Header {
    /// Reads the header at the front of `bytes`, which start with 0x0564 and are at least ten.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, NoHeader> {
        let Some(&[_, _, length, control, d0, d1, s0, s1, ..]) = bytes.first_chunk::<HEADER>() else {
            return Err(NoHeader::Checksum);
        };
        if !bytes.get(..HEADER).is_some_and(crc::holds) {
            return Err(NoHeader::Checksum);
        }
        if length < COUNTED_HEADER {
            return Err(NoHeader::Length(length));
        }
        Ok(Self {
            length,
            control,
            destination: u16::from_le_bytes([d0, d1]),
            source: u16::from_le_bytes([s0, s1]),
        })
    }

    /// DIR: true from a master.
    pub(crate) const fn is_from_master(self) -> bool {
        self.control & 0x80 != 0
    }

    /// Who sent the frame by its DIR bit.
    pub(crate) const fn direction(self) -> Direction {
        if self.is_from_master() {
            Direction::FromClient
        } else {
            Direction::FromServer
        }
    }

    /// PRM: true from the station that starts a link transaction.
    pub(crate) const fn is_primary(self) -> bool {
        self.control & 0x40 != 0
    }

    /// FCB, the frame count bit.
    pub(crate) const fn count_bit(self) -> bool {
        self.control & 0x20 != 0
    }

    /// FCV of a primary station: the frame count bit means something. DFC of a secondary: no more user data, please.
    pub(crate) const fn count_valid(self) -> bool {
        self.control & 0x10 != 0
    }

    /// The function code; its meaning depends on PRM.
    pub(crate) const fn function(self) -> u8 {
        self.control & 0x0f
    }

    /// The function with its name.
    pub(crate) fn named_function(self) -> Function<'static> {
        Function {
            code: u32::from(self.function()),
            name: names::link_function(self.is_primary(), self.function()),
        }
    }

    /// True for the two functions whose user data goes up to the transport function.
    pub(crate) const fn carries_user_data(self) -> bool {
        self.is_primary()
            && matches!(
                self.function(),
                function::CONFIRMED_USER_DATA | function::UNCONFIRMED_USER_DATA
            )
    }

    /// How many octets of user data follow.
    pub(crate) fn user_data(self) -> usize {
        usize::from(self.length.saturating_sub(COUNTED_HEADER))
    }

    /// How long the frame is with all its checksums.
    pub(crate) fn frame(self) -> usize {
        let user_data = self.user_data();
        HEADER + user_data + 2 * user_data.div_ceil(BLOCK)
    }
}

/// What the blocks of a frame say, as far as they are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocks {
    /// All are here and right.
    Whole,
    /// Those that are here are right; the next is complete with so many octets of the frame.
    Until(usize),
    /// The block that starts at this octet of the frame is wrong.
    Wrong(usize),
}

/// Checks the blocks behind `header` that are complete in `bytes`, which start at the frame's first octet.
pub(crate) fn check_blocks(header: Header, bytes: &[u8]) -> Blocks {
    let mut left = header.user_data();
    let mut at = HEADER;
    while left > 0 {
        let end = at + left.min(BLOCK) + 2;
        match bytes.get(at..end) {
            None => return Blocks::Until(end),
            Some(block) if !crc::holds(block) => return Blocks::Wrong(at),
            Some(_) => {}
        }
        left -= left.min(BLOCK);
        at = end;
    }
    Blocks::Whole
}

/// Appends the user data of a whole frame to `out`, without its checksums.
pub(crate) fn user_data(frame: &[u8], out: &mut Vec<u8>) {
    for block in frame.get(HEADER..).unwrap_or_default().chunks(CHECKED_BLOCK) {
        if let Some((data, _)) = block.split_last_chunk::<2>() {
            out.extend_from_slice(data);
        }
    }
}

/// Where the checksums of the blocks of so many octets of user data stand in their frame.
pub(crate) fn block_ends(user_data: usize) -> impl Iterator<Item = usize> {
    (0..user_data.div_ceil(BLOCK)).map(move |nth| {
        let before = nth * CHECKED_BLOCK;
        HEADER + before + (user_data - nth * BLOCK).min(BLOCK)
    })
}

/// Where octet `nth` of the user data stands in its frame.
pub(crate) const fn place_of(nth: usize) -> usize {
    HEADER + nth + 2 * (nth / BLOCK)
}

/// Frames to be shown with an anomaly: only the first header where a password or a key could stand behind it, which
/// are never written.
pub(crate) fn evidence(frames: &[u8]) -> &[u8] {
    let mut rest = frames;
    while let Some(header) = header_of(rest) {
        let (frame, after) = rest.split_at(header.frame().min(rest.len()));
        if may_be_secret(frame.get(HEADER..).unwrap_or_default()) {
            return frames.get(..HEADER).unwrap_or(frames);
        }
        rest = after;
    }
    frames
}

/// True for user data with its checksums in which an object with a password or a key could begin.
fn may_be_secret(user_data: &[u8]) -> bool {
    // Transport header, application control, function.
    let authenticates = matches!(
        user_data,
        [octet, _, application::function::AUTHENTICATE_FILE, ..] if octet & 0x40 != 0
    );
    // Group and variation, anywhere; a checksum can stand between them.
    let mut apart = user_data.windows(4).skip(BLOCK - 1).step_by(CHECKED_BLOCK);
    authenticates
        || user_data
            .windows(2)
            .any(|pair| matches!(pair, [70, 2] | [120, 6 | 13]))
        || apart.any(|around| matches!(around, [70, _, _, 2] | [120, _, _, 6 | 13]))
}

/// Where the next start could be, at `from` or later: a whole start, or its first half at the very end.
pub(crate) fn next_start(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == START[0]))
    {
        at += found;
        match bytes.get(at + 1) {
            Some(second) if *second != START[1] => at += 1,
            _ => return at,
        }
    }
    bytes.len()
}

/// The header of the frame at the front of `raw`, whose checksums were checked before.
pub(crate) fn header_of(raw: &[u8]) -> Option<Header> {
    let mut cursor = Cursor::new(raw.get(2..)?);
    Some(Header {
        length: cursor.u8("LENGTH").ok()?,
        control: cursor.u8("CONTROL").ok()?,
        destination: cursor.u16_le("DESTINATION").ok()?,
        source: cursor.u16_le("SOURCE").ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn reads_a_header_aloud() {
        // 05 64 start, 11 = 5 + 12 octets of user data, c4 = DIR PRM UNCONFIRMED_USER_DATA, ff ff to everybody,
        // 03 00 from 3, d0 d0 checksum.
        let header = Header::read(&[0x05, 0x64, 0x11, 0xc4, 0xff, 0xff, 0x03, 0x00, 0xd0, 0xd0]).unwrap();
        assert!(header.is_from_master() && header.is_primary() && header.carries_user_data());
        assert!(!header.count_bit() && !header.count_valid());
        assert_eq!((header.destination, header.source), (0xffff, 3));
        assert!(is_broadcast(header.destination) && !is_broadcast(SELF));
        assert_eq!((header.user_data(), header.frame()), (12, 10 + 12 + 2));
        assert_eq!(header.named_function().name, "UNCONFIRMED_USER_DATA");
    }

    #[test]
    fn refuses_a_length_that_does_not_cover_the_header() {
        let mut bytes = vec![0x05, 0x64, 0x04, 0xc4, 0x01, 0x00, 0x03, 0x00];
        let check = crc::checksum(&bytes);
        bytes.extend_from_slice(&check.to_le_bytes());
        assert_eq!(Header::read(&bytes), Err(NoHeader::Length(4)));
        bytes[3] = 0xc0;
        assert_eq!(Header::read(&bytes), Err(NoHeader::Checksum));
    }

    #[test]
    fn knows_where_user_data_stands_between_the_checksums() {
        let header = |length| Header {
            length,
            control: 0xc4,
            destination: 1,
            source: 2,
        };
        assert_eq!(header(5).frame(), 10);
        assert_eq!(header(5 + 16).frame(), 28);
        assert_eq!(header(5 + 17).frame(), 31);
        assert_eq!(header(255).frame(), 292);
        assert_eq!((place_of(0), place_of(15), place_of(16)), (10, 25, 28));
    }

    #[test]
    fn finds_a_start_and_half_of_one_at_the_end() {
        assert_eq!(next_start(&[1, 5, 5, 0x64, 9], 0), 2);
        assert_eq!(next_start(&[1, 5, 6, 5], 0), 3);
        assert_eq!(next_start(&[1, 2, 3], 0), 3);
        assert_eq!(next_start(&[], 0), 0);
    }
}
