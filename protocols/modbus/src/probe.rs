//! Is this Modbus, and who speaks?

use tapglass_proto::{Direction, Glance, Probe, Transport, Verdict};

use crate::rtu;
use crate::wire::{self, Belief, Front};

/// Looks at the first bytes of a segment or datagram.
pub(crate) fn probe(bytes: &[u8], transport: Transport) -> Probe {
    match wire::believable(bytes) {
        Belief::Yes => {
            // A byte pattern of eight is weak evidence on its own; what follows must not contradict it.
            let Front::Header(header) = wire::front(bytes) else {
                return Probe::NO;
            };
            let rest = bytes.get(header.total..).unwrap_or_default();
            let body = bytes.get(7..header.total).unwrap_or_default();
            let fits = body
                .first()
                .is_some_and(|code| wire::shape_fits(*code, body.len(), body));
            // A function that does not exist is believed only when whole messages fill the segment.
            if (fits && !chains(rest) && !is_command_or_read(body)) || (!fits && !wire::fills(bytes)) {
                return Probe::NO;
            }
            // A whole message without the fields that its function has is no evidence.
            if body.len() < 3 && !matches!(body.first(), Some(7 | 11 | 12 | 17 | 0x80..)) {
                return Probe::NO;
            }
            return Probe {
                verdict: Verdict::Yes,
                sender: sender(body),
                certain: false,
                transport,
            };
        }
        Belief::More if bytes.len() >= 2 => {
            if bytes.len() >= 8 {
                return Probe {
                    verdict: Verdict::Yes,
                    sender: None,
                    certain: false,
                    transport,
                };
            }
            return Probe::unsure(transport);
        }
        Belief::More => return Probe::unsure(transport),
        Belief::No if wire::fills(bytes) => return Probe::yes(transport, None),
        Belief::No => {}
    }
    if transport == Transport::Tcp && rtu_stands_here(bytes) {
        return Probe::yes(Transport::RtuOverTcp, None);
    }
    Probe::NO
}

/// Do headers stand one behind the other up to the end?
fn chains(mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        match wire::front(rest) {
            Front::Header(header) => rest = rest.get(header.total..).unwrap_or_default(),
            Front::More => break,
            Front::No(_) => return false,
        }
    }
    true
}

/// A data unit whose shape leaves little to chance: what stands behind it must not hide it.
fn is_command_or_read(body: &[u8]) -> bool {
    let known = matches!(body.first(), Some(1..=6 | 15 | 16 | 22 | 23));
    known
        && body.len() >= 5
        && body
            .first()
            .is_some_and(|code| wire::shape_fits(*code, body.len(), body))
}

/// Can a segment that begins like this be Modbus? The protocol identifier and the high byte of the length are 0 or 1; RTU and
/// ASCII frames are short.
#[inline]
pub(crate) fn glance(bytes: &[u8]) -> Glance {
    /// Longest RTU frame (SL 2.5.1) with a few bytes to spare; several in one segment are rare.
    const SHORT: usize = 600;
    match bytes {
        [_, _, 0, 0, 0 | 1, ..] => Glance::Strong,
        [b':', ..] => Glance::Weak,
        [_, code, ..] if bytes.len() > 4 => {
            if bytes.len() <= SHORT && plausible(code & 0x7f) {
                Glance::Weak
            } else {
                Glance::No
            }
        }
        _ => Glance::Strong,
    }
}

/// Functions that are believed in an RTU frame, which has no header to judge.
const fn plausible(code: u8) -> bool {
    matches!(code, 1..=8 | 11 | 12 | 15..=17 | 20..=24 | 43 | 90)
}

/// RTU frames one behind the other that fill the segment, each with a good CRC.
fn rtu_stands_here(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while !rest.is_empty() {
        let code = rest.get(1).copied().unwrap_or(0) & 0x7f;
        let found = [Direction::FromClient, Direction::FromServer]
            .into_iter()
            .find_map(|from| rtu::regular(rest, from))
            .or_else(|| rtu::crc_fits(rest).then_some(rest.len()));
        match found {
            Some(length) if plausible(code) => rest = rest.get(length..).unwrap_or_default(),
            _ => return false,
        }
    }
    !bytes.is_empty()
}

/// Who must have sent a data unit, where its shape tells.
pub(crate) fn sender(body: &[u8]) -> Option<Direction> {
    let length = body.len();
    let byte = |at: usize| body.get(at).copied().map_or(usize::MAX >> 1, usize::from);
    let (request, response) = match byte(0) {
        0x81..=0xff => return Some(Direction::FromServer),
        1..=4 => (length == 5, length == 2 + byte(1) && byte(1) > 0),
        15 | 16 => (length == 6 + byte(5), length == 5),
        23 => (length == 10 + byte(9), length == 2 + byte(1)),
        12 | 17 => (length == 1, length > 1),
        7 => (length == 1, length == 2),
        11 => (length == 1, length == 5),
        24 => (length == 3, length >= 5),
        _ => return None,
    };
    match (request, response) {
        (true, false) => Some(Direction::FromClient),
        (false, true) => Some(Direction::FromServer),
        _ => None,
    }
}
