//! RTU frames over TCP: no length, a CRC at the end (SL 2.5.1).

use tapglass_proto::Direction;

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

/// The shortest beginning that is a frame: a CRC that runs over its own two bytes becomes 0.
fn shortest(bytes: &[u8]) -> Option<usize> {
    let mut crc = 0xffff;
    for (at, byte) in bytes.iter().take(LONGEST).enumerate() {
        crc = add(crc, *byte);
        if crc == 0 && at >= 3 {
            return Some(at + 1);
        }
    }
    None
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
    /// None.
    No,
}

/// Length that the function and its counts give a frame; `None` when they cannot tell (yet).
fn length(bytes: &[u8], from: Direction) -> Result<usize, Option<usize>> {
    let code = bytes.get(1).copied().ok_or(Some(2))?;
    // At which byte the count stands and what it is added to, unit id and CRC included.
    let counted = |at: usize, fixed: usize| {
        bytes
            .get(at)
            .map(|count| fixed + usize::from(*count))
            .ok_or(Some(at + 1))
    };
    let request = from == Direction::FromClient;
    match code {
        0x80..=0xff => Ok(5),
        1..=4 if request => Ok(8),
        1..=4 => counted(2, 5),
        5 | 6 => Ok(8),
        7 if request => Ok(4),
        7 => Ok(5),
        8 => Ok(8),
        11 if request => Ok(4),
        11 => Ok(8),
        12 | 17 if request => Ok(4),
        12 | 17 => counted(2, 5),
        15 | 16 if request => counted(6, 9),
        15 | 16 => Ok(8),
        20 | 21 => counted(2, 5),
        22 => Ok(10),
        23 if request => counted(10, 13),
        23 => counted(2, 5),
        24 if request => Ok(6),
        24 => match (bytes.get(2), bytes.get(3)) {
            (Some(high), Some(low)) => Ok(6 + usize::from(u16::from_be_bytes([*high, *low]))),
            _ => Err(Some(4)),
        },
        43 if request => Ok(7),
        _ => Err(None),
    }
}

/// Length of the frame at the front, when it has the length that its function gives it and a good CRC.
pub(crate) fn regular(bytes: &[u8], from: Direction) -> Option<usize> {
    length(bytes, from)
        .ok()
        .filter(|&length| bytes.get(..length).is_some_and(crc_fits))
}

/// Looks for a frame at the front, first as long as its function says, then whatever ends with a good CRC.
pub(crate) fn front(bytes: &[u8], from: Direction) -> Front {
    let expected = length(bytes, from);
    if let Ok(expected) = expected
        && let Some(frame) = bytes.get(..expected)
        && crc_fits(frame)
    {
        return Front::Frame(expected);
    }
    match expected {
        Err(Some(need)) => return Front::More(need),
        Ok(expected) if bytes.len() < expected && expected <= LONGEST => return Front::More(expected),
        _ => {}
    }
    // A response to something else, a vendor's function, or a wrong guess of the direction.
    if let Some(found) = shortest(bytes) {
        return Front::Frame(found);
    }
    if bytes.len() < LONGEST && expected.is_err() {
        Front::More(bytes.len() + 1)
    } else {
        Front::No
    }
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
    fn four_byte_requests_are_frames() {
        // Report Server ID: 01 11 c0 2c.
        assert_eq!(
            front(&[0x01, 0x11, 0xc0, 0x2c], Direction::FromClient),
            Front::Frame(4)
        );
    }
}
