//! Is this OPC UA?

use tapglass_proto::{Cursor, Direction, Glance, Probe, Transport};

use crate::application::Application;
use crate::frame::{CHANNEL_HEADER, FrameType, Front, Header};
use crate::security::{AsymmetricHeader, Policy};

/// No chunk of a first segment is larger; servers negotiate tens of megabytes at most.
const LARGEST: usize = 64 << 20;

/// Looks at the first bytes of a segment.
pub(crate) fn probe(bytes: &[u8], transport: Transport) -> Probe {
    if transport != Transport::Tcp {
        return Probe::NO;
    }
    match Header::read(bytes, LARGEST) {
        Front::Strange(_) => Probe::NO,
        Front::TooShort => Probe::unsure(Transport::Tcp),
        Front::Header(header) => Probe::yes(Transport::Tcp, sender(header, bytes)),
    }
}

/// The first letters of the message types HEL, ACK, ERR, RHE, OPN, CLO and MSG.
pub(crate) const FIRST: &[u8] = b"HAEROCM";

/// Can a segment that begins like this be OPC UA? A message type (HEL, ACK, ERR, RHE, OPN, CLO, MSG) and a chunk type.
#[inline]
pub(crate) fn glance(bytes: &[u8]) -> Glance {
    match bytes {
        [
            b'H' | b'A' | b'E' | b'R' | b'O' | b'C' | b'M',
            _,
            _,
            b'F' | b'C' | b'A',
            ..,
        ] => Glance::Strong,
        _ if bytes.len() < 4 => Glance::Strong,
        _ => Glance::No,
    }
}

/// Who must have sent the frame: by its type, or by the type id of a readable OPN.
///
/// A single MSG does not decide: ports and who connected are better evidence, and the session itself turns a
/// conversation whose messages keep saying otherwise.
fn sender(header: Header, bytes: &[u8]) -> Option<Direction> {
    if header.kind != FrameType::Open {
        return header.kind.sender();
    }
    let mut cursor = Cursor::new(bytes.get(..header.size.min(bytes.len()))?);
    cursor.take(CHANNEL_HEADER, "header").ok()?;
    let open = AsymmetricHeader::read(&mut cursor).ok()?;
    if !Policy::of(open.policy).leaves_open_readable() {
        return None;
    }
    cursor.take(8, "sequence header").ok()?;
    Application::read(cursor.rest(), Direction::FromClient, 4).sender()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapglass_proto::Verdict;

    #[test]
    fn recognises_frames_and_their_senders() {
        let mut hello = b"HELF\x20\x00\x00\x00".to_vec();
        hello.resize(32, 0);
        // MSG F 30 bytes, channel 1, token 1, sequence 2, request 2, then 01 00 7a 02: 0x027a = 634, ReadResponse
        let read = b"MSGF\x1e\x00\x00\x00\x01\0\0\0\x01\0\0\0\x02\0\0\0\x02\0\0\0\x01\x00\x7a\x02\0\0";
        for (bytes, verdict, sender) in [
            (&hello[..], Verdict::Yes, Some(Direction::FromClient)),
            (read, Verdict::Yes, None),
            (b"MSGF", Verdict::Unsure, None),
            (b"H", Verdict::Unsure, None),
            (b"GET / HTTP/1.1\r\n", Verdict::No, None),
            (b"HELO mail.example\r\n", Verdict::No, None),
            (b"\x00\x01\x00\x00\x00\x06", Verdict::No, None),
        ] {
            let found = probe(bytes, Transport::Tcp);
            assert_eq!((found.verdict, found.sender), (verdict, sender), "{bytes:?}");
        }
        assert_eq!(probe(&hello, Transport::Udp).verdict, Verdict::No);
    }
}
