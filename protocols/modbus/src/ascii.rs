//! ASCII frames: a colon, two hexadecimal characters for each byte, LRC, CR and LF (SL 2.5.2).

use crate::shape;

/// Bytes of a frame: unit id, data unit, LRC.
const BYTES: usize = 1 + shape::LONGEST + 1;
/// Characters of the longest frame: colon, two for each byte, CR and LF (SL 2.5.2.1: 513).
const LONGEST: usize = 1 + 2 * BYTES + 2;

/// A decoded frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoded {
    bytes: [u8; BYTES],
    length: usize,
}

impl Decoded {
    /// Unit id and data unit, without the LRC.
    pub(crate) fn content(&self) -> &[u8] {
        self.bytes
            .get(..self.length.saturating_sub(1))
            .unwrap_or_default()
    }
}

/// What stands at the front of a stream of ASCII frames.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Front {
    /// A frame of so many characters with a good LRC.
    Frame(usize),
    /// So many characters that are a frame but for the LRC.
    WrongSum(usize),
    /// So many characters that are none: why.
    No(usize, &'static str),
    /// More are needed.
    More,
}

const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'F' => Some(character - b'A' + 10),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// The LRC: bytes added without carry, as two's complement (SL 6.2.1).
pub(crate) fn lrc(bytes: &[u8]) -> u8 {
    bytes
        .iter()
        .fold(0_u8, |sum, byte| sum.wrapping_add(*byte))
        .wrapping_neg()
}

/// Looks at the front; of a frame the content is decoded.
pub(crate) fn front(text: &[u8]) -> (Front, Decoded) {
    let mut decoded = Decoded {
        bytes: [0; BYTES],
        length: 0,
    };
    (read(text, &mut decoded), decoded)
}

fn read(text: &[u8], decoded: &mut Decoded) -> Front {
    if text.first() != Some(&b':') {
        let junk = text.iter().position(|byte| *byte == b':').unwrap_or(text.len());
        return Front::No(junk, "a frame starts with a colon");
    }
    let mut at = 1;
    loop {
        match (text.get(at), text.get(at + 1)) {
            (None, _) => return Front::More,
            (Some(b'\r'), None) => return Front::More,
            // The line feed can be replaced by function 8, sub-function 3; only a colon begins something new.
            (Some(b'\r'), Some(b':')) => return closed(at + 1, decoded),
            (Some(b'\r'), Some(_)) => return closed(at + 2, decoded),
            (Some(b':'), _) => return Front::No(at, "a frame ends with CR and LF"),
            (Some(_), _) if at + 2 > LONGEST => {
                return Front::No(at, "a frame has 513 characters at the most");
            }
            (Some(&high), low) => {
                let (Some(high), Some(low)) = (digit(high), low.map(|low| digit(*low))) else {
                    return if digit(high).is_some() {
                        Front::More
                    } else {
                        Front::No(at, "a character is no hexadecimal digit")
                    };
                };
                let (Some(low), Some(place)) = (low, decoded.bytes.get_mut(decoded.length)) else {
                    return Front::No(at + 1, "a character is no hexadecimal digit");
                };
                *place = high << 4 | low;
                decoded.length += 1;
                at += 2;
            }
        }
    }
}

/// The frame ends here.
fn closed(end: usize, decoded: &Decoded) -> Front {
    let bytes = decoded.bytes.get(..decoded.length).unwrap_or_default();
    match bytes.split_last() {
        Some((sum, content)) if content.len() >= 2 => {
            if lrc(content) == *sum {
                Front::Frame(end)
            } else {
                Front::WrongSum(end)
            }
        }
        _ => Front::No(end, "a frame has a unit id, a function and an LRC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;
    use alloc::vec;

    #[test]
    fn lrc_of_a_known_frame() {
        // Read Holding Registers of unit 1, address 0, one register.
        assert_eq!(lrc(&[0x01, 0x03, 0x00, 0x00, 0x00, 0x01]), 0xfb);
    }

    #[test]
    fn frames_at_the_front() {
        let cases: [(&[u8], &str); 10] = [
            (b":010300000001FB\r\n", "frame 17"),
            (b":010300000001fb\r\n:01", "frame 17"),
            (b":010300000001FB\r;", "frame 17"),
            (b":010300000001FB\r:", "frame 16"),
            (b":010300000001FA\r\n", "sum 17"),
            (b":010300000001FB\r", "more"),
            (b":0103000", "more"),
            (b":0103:010300000001FB\r\n", "no 5"),
            (b"xx:01", "no 2"),
            (b":01G3", "no 3"),
        ];
        for (text, expected) in cases {
            let found = match front(text).0 {
                Front::Frame(length) => format!("frame {length}"),
                Front::WrongSum(length) => format!("sum {length}"),
                Front::No(length, _) => format!("no {length}"),
                Front::More => "more".into(),
            };
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let endless = [b'0'; 600];
        let mut text = vec![b':'];
        text.extend_from_slice(&endless);
        assert!(matches!(front(&text).0, Front::No(511.., _)));
    }
}
