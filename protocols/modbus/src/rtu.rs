//! RTU frames over TCP: no length, a CRC at the end (SL 2.5.1).

use tapglass_proto::Direction;

use crate::shape::{self, Own};

/// Longest RTU frame: unit id, 253 bytes of data unit, CRC (SL 2.5.1.1).
pub(crate) const LONGEST: usize = 256;

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0_u16; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u16;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                value >> 1 ^ 0xa001
            } else {
                value >> 1
            };
            bit += 1;
        }
        #[allow(clippy::indexing_slicing)] // evaluated by the compiler, index < 256
        {
            table[index] = value;
        }
        index += 1;
    }
    table
}

/// CRC-16/MODBUS (SL 6.2.2).
pub(crate) fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| add(crc, *byte))
}

const fn add(crc: u16, byte: u8) -> u16 {
    let index = ((crc ^ byte as u16) & 0xff) as usize;
    match TABLE.split_at(index).1 {
        [entry, ..] => crc >> 8 ^ *entry,
        [] => 0,
    }
}

/// True when the bytes end with the right CRC, low byte first.
pub(crate) fn crc_fits(frame: &[u8]) -> bool {
    let Some((body, end)) = frame.split_last_chunk::<2>() else {
        return false;
    };
    frame.len() >= 4 && crc(body) == u16::from_le_bytes(*end)
}

/// What stands at the front of a stream of RTU frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// A frame of so many bytes with a good CRC.
    Frame(usize),
    /// It may become one with at least so many bytes.
    More(usize),
    /// None; the function and its counts make so many bytes, whose CRC is wrong, where they tell.
    No(Option<usize>),
}

/// Unit id before the data unit and CRC behind it.
const AROUND: usize = 3;
/// Shortest frame: unit id, function, CRC.
const SHORTEST: usize = 4;

/// The length that the function and its counts give the frame.
fn length(bytes: &[u8], from: Direction) -> Own {
    match shape::own(bytes.get(1..).unwrap_or_default(), from) {
        Own::Exactly(length) => Own::Exactly(length + AROUND),
        Own::Needs(need) => Own::Needs(need + 1),
        Own::Unknown => Own::Unknown,
    }
}

/// The shortest beginning that is a frame: a CRC that runs over its own two bytes becomes 0.
fn shortest(bytes: &[u8]) -> Option<usize> {
    let mut crc = 0xffff;
    for (at, byte) in bytes.iter().take(LONGEST).enumerate() {
        crc = add(crc, *byte);
        if crc == 0 && at + 1 >= SHORTEST {
            return Some(at + 1);
        }
    }
    None
}

/// Length of the frame at the front, when it has the length that its function gives it and a good CRC.
pub(crate) fn regular(bytes: &[u8], from: Direction) -> Option<usize> {
    match length(bytes, from) {
        Own::Exactly(length) if bytes.get(..length).is_some_and(crc_fits) => Some(length),
        _ => None,
    }
}

/// Does the function say that the frame at the front goes on behind these bytes?
pub(crate) fn is_cut(bytes: &[u8], from: Direction) -> bool {
    match length(bytes, from) {
        Own::Exactly(length) | Own::Needs(length) => bytes.len() < length && length <= LONGEST,
        Own::Unknown => false,
    }
}

/// Is the whole of a segment one regular frame, or a row of them? On a serial line silence ends a frame (SL 2.5.1.1);
/// here the end of a segment stands for it.
pub(crate) fn fills(segment: &[u8], from: Direction) -> bool {
    let mut rest = segment;
    while !rest.is_empty() {
        match regular(rest, from) {
            Some(length) => rest = rest.get(length..).unwrap_or_default(),
            None => return false,
        }
    }
    !segment.is_empty()
}

/// Looks for a frame at the front, first as long as its function says, then whatever ends with a good CRC. `last` says
/// that nothing more will come.
pub(crate) fn front(bytes: &[u8], from: Direction, last: bool) -> Front {
    let expected = length(bytes, from);
    let (wrong, need) = match expected {
        Own::Exactly(length) => match bytes.get(..length) {
            Some(frame) if crc_fits(frame) => return Front::Frame(length),
            Some(_) => (Some(length), None),
            None if length <= LONGEST => (None, Some(length)),
            None => (None, None),
        },
        Own::Needs(need) => (None, Some(need)),
        Own::Unknown => (None, Some(bytes.len() + 1)),
    };
    if let (Some(need), false) = (need, last) {
        // A vendor's function tells no length; its frame ends with the first good CRC.
        if expected == Own::Unknown {
            if let Some(found) = shortest(bytes) {
                return Front::Frame(found);
            }
            if bytes.len() >= LONGEST {
                return Front::No(None);
            }
        }
        return Front::More(need);
    }
    irregular(bytes, from).map_or(Front::No(wrong), Front::Frame)
}

/// A frame that has not the length of its function: a wrong guess of who speaks, an answer of another size that ends
/// with the segment. Any good CRC further on would be found by chance too often.
fn irregular(bytes: &[u8], from: Direction) -> Option<usize> {
    regular(bytes, from.turned())
        .or_else(|| (bytes.len() <= LONGEST && crc_fits(bytes)).then_some(bytes.len()))
}

/// Where in lost bytes the next frame may start: a regular one if there is any, else the first place that may become one.
pub(crate) fn next(bytes: &[u8], from: Direction, last: bool) -> usize {
    let mut hope = None;
    for at in 1..bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        if regular(rest, from).is_some() {
            return at;
        }
        if hope.is_none() && !matches!(front(rest, from, last), Front::No(_)) {
            hope = Some(at);
        }
    }
    hope.unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_of_the_standard_example() {
        // SL 6.2.2: the frame 02 07 has the CRC 0x1241, sent 41 12.
        assert_eq!(crc(&[0x02, 0x07]), 0x1241);
        assert!(crc_fits(&[0x02, 0x07, 0x41, 0x12]));
    }

    #[test]
    fn frames_at_the_front() {
        let (client, server) = (Direction::FromClient, Direction::FromServer);
        let cases: [(&[u8], Direction, Front); 7] = [
            // Report Server ID: four bytes.
            (&[0x01, 0x11, 0xc0, 0x2c], client, Front::Frame(4)),
            // Read Holding Registers, cut and whole.
            (&[0x01, 0x03, 0x00, 0x00], client, Front::More(8)),
            (
                &[0x01, 0x03, 0x00, 0x00, 0x00, 0x0a, 0xc5, 0xcd],
                client,
                Front::Frame(8),
            ),
            // The same with a wrong CRC.
            (
                &[0x01, 0x03, 0x00, 0x00, 0x00, 0x0a, 0xc5, 0xcc],
                client,
                Front::No(Some(8)),
            ),
            // An exception.
            (&[0x01, 0x83, 0x02, 0xc0, 0xf1], server, Front::Frame(5)),
            // A vendor's function: wait for a CRC that fits.
            (&[0x01, 0x64, 0x00], client, Front::More(4)),
            (&[0x01], server, Front::More(2)),
        ];
        for (bytes, from, expected) in cases {
            assert_eq!(front(bytes, from, false), expected, "{bytes:02x?}");
        }
    }
}
