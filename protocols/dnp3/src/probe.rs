//! Is it DNP3, and who sent it?

use tapglass_proto::{Cursor, Direction, Glance, Probe, Transport};

use crate::application;
use crate::crc;
use crate::link::{self, Header};
use crate::transport::Octet;

/// Looks at the first bytes of a segment or datagram. A start with a header whose checksum is right is one in 2^32 of
/// what chance gives: no port is needed.
pub(crate) fn probe(bytes: &[u8], transport: Transport) -> Probe {
    let front = bytes.get(..2).unwrap_or(bytes);
    if link::START.starts_with(front) && bytes.len() < link::HEADER {
        return Probe::unsure(transport);
    }
    if bytes.starts_with(&link::START)
        && let Ok(header) = Header::read(bytes)
    {
        return Probe::yes(transport, Some(sender(header, bytes)));
    }
    // Joined in the middle of a frame, or behind a damaged one: the next segment starts better.
    let mut at = link::next_start(bytes, 1);
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.len() >= link::HEADER
            && let Ok(header) = Header::read(rest)
        {
            // With the block behind it right as well, chance is out of the question: junk in front must not hide a frame.
            let block = header.user_data().min(link::BLOCK);
            let checked = rest.get(link::HEADER..link::HEADER + block + 2);
            return if block > 0 && checked.is_some_and(crc::holds) {
                Probe::yes(transport, Some(sender(header, rest)))
            } else {
                Probe::unsure(transport)
            };
        }
        at = link::next_start(bytes, at + 1);
    }
    Probe::NO
}

/// How a segment with a frame at its front begins.
pub(crate) const FIRST: [u8; 1] = [link::START[0]];

/// Can a segment that begins like this be DNP3? Frames begin with 05 64; a later start is only looked for elsewhere.
#[inline]
pub(crate) fn glance(bytes: &[u8]) -> Glance {
    let front = bytes.get(..2).unwrap_or(bytes);
    if link::START.starts_with(front) {
        Glance::Strong
    } else {
        Glance::No
    }
}

/// The DIR bit, unless the frame carries a function that only the other side sends: then the function decides.
fn sender(header: Header, bytes: &[u8]) -> Direction {
    let function = || {
        let mut cursor = Cursor::new(bytes.get(link::HEADER..)?);
        let octet = Octet(cursor.u8("transport header").ok()?);
        let _control = cursor.u8("application control").ok()?;
        let code = cursor.u8("function code").ok()?;
        (header.carries_user_data() && header.user_data() >= 3 && octet.is_first()).then_some(code)
    };
    function()
        .and_then(application::sender_of)
        .unwrap_or(header.direction())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapglass_proto::Verdict;

    /// REQUEST_LINK_STATUS from 3 to 4.
    const STATUS: [u8; 10] = [0x05, 0x64, 0x05, 0xc9, 0x04, 0x00, 0x03, 0x00, 0xb6, 0x20];

    #[test]
    fn a_good_header_is_enough_and_tells_the_sender() {
        let found = probe(&STATUS, Transport::Tcp);
        assert_eq!(found, Probe::yes(Transport::Tcp, Some(Direction::FromClient)));
        // The same behind half of another frame is only a hint.
        let mut bytes = [0x11; 15];
        bytes[5..].copy_from_slice(&STATUS);
        assert_eq!(probe(&bytes, Transport::Udp).verdict, Verdict::Unsure);
    }

    #[test]
    fn too_few_bytes_leave_it_open_and_others_close_it() {
        for bytes in [&[][..], &[0x05], &[0x05, 0x64, 0x05]] {
            assert_eq!(
                probe(bytes, Transport::Tcp).verdict,
                Verdict::Unsure,
                "{bytes:02x?}"
            );
        }
        let mut damaged = STATUS;
        damaged[4] ^= 1;
        for bytes in [&[0x05, 0x65][..], b"GET / HTTP/1.1\r\n", &damaged] {
            assert_eq!(probe(bytes, Transport::Tcp).verdict, Verdict::No, "{bytes:02x?}");
        }
    }
}
