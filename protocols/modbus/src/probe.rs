//! Is this Modbus, and who speaks?

use tapglass_proto::{Direction, Glance, Probe, Transport, Verdict};

use crate::shape::{self, Own};
use crate::wire::{self, Belief, Front, PREFIX};
use crate::{ascii, rtu};

/// Looks at the first bytes of a segment or datagram.
pub(crate) fn probe(bytes: &[u8], transport: Transport) -> Probe {
    let believed = |sender, sound| Probe {
        verdict: Verdict::Yes,
        sender,
        certain: false,
        sound,
        transport,
    };
    // The other framings have a check sum, which is the stronger evidence: an RTU frame with address 0 has zeros where
    // MBAP has them.
    if bytes.first() == Some(&b':') {
        let probe = ascii_frames(bytes, transport);
        if probe.verdict != Verdict::No {
            return probe;
        }
    }
    if let Some(sender) = rtu_frames(bytes) {
        return Probe {
            transport: serial(transport, Transport::RtuOverTcp),
            ..believed(sender, true)
        };
    }
    match wire::believable(bytes) {
        Belief::Yes => {
            // A byte pattern of eight is weak evidence on its own; what follows must not contradict it.
            let Front::Header(header) = wire::front(bytes) else {
                return Probe::NO;
            };
            let rest = bytes.get(header.total()..).unwrap_or_default();
            let body = bytes.get(PREFIX..header.total()).unwrap_or_default();
            let fits = shape::fits(body, body.len());
            // A function that does not exist is believed only when whole messages fill the segment.
            if (fits && !chains(rest) && !is_command_or_read(body)) || (!fits && !wire::fills(bytes)) {
                return Probe::NO;
            }
            // A whole message without the fields that its function has is no evidence.
            if body.len() < 3 && !matches!(body.first(), Some(7 | 11 | 12 | 17 | 0x80..)) {
                return Probe::NO;
            }
            believed(sender(body), is_sound(body))
        }
        Belief::More if bytes.len() > PREFIX => believed(None, false),
        Belief::More => Probe::unsure(transport),
        Belief::No if wire::fills(bytes) => believed(None, false),
        Belief::No if transport == Transport::Tcp && begins_rtu(bytes) => {
            Probe::unsure(Transport::RtuOverTcp)
        }
        Belief::No => Probe::NO,
    }
}

/// Do headers stand one behind the other up to the end?
fn chains(mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        match wire::front(rest) {
            Front::Header(header) => rest = rest.get(header.total()..).unwrap_or_default(),
            Front::More => break,
            Front::No(_) => return false,
        }
    }
    true
}

/// A data unit whose shape leaves little to chance: what stands behind it must not hide it.
fn is_command_or_read(body: &[u8]) -> bool {
    let known = matches!(body.first(), Some(1..=6 | 15 | 16 | 22 | 23));
    known && body.len() >= 5 && shape::fits(body, body.len())
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
            if bytes.len() <= SHORT && plausible(*code) {
                Glance::Weak
            } else {
                Glance::No
            }
        }
        _ => Glance::Strong,
    }
}

/// A data unit in which no number is one that its function never has (V1.1b3 6 and 7): chance rarely makes one.
fn is_sound(body: &[u8]) -> bool {
    let word = |at: usize| match body.get(at..) {
        Some([high, low, ..]) => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    let Some(&code) = body.first() else { return false };
    match code {
        0x80.. => plausible(code) && matches!(body.get(1), Some(1..=11)),
        // Coils and discrete inputs: a request, or a response of at least one byte.
        1 | 2 => (body.len() == 5 && matches!(word(3), 1..=2_000)) || counts(body),
        3 | 4 => {
            (body.len() == 5 && matches!(word(3), 1..=125)) || counts(body) && body.len().is_multiple_of(2)
        }
        5 => matches!(word(3), 0 | 0xff00),
        15 => matches!(word(3), 1..=1_968),
        16 => matches!(word(3), 1..=123),
        _ => plausible(code),
    }
}

/// A byte count that is not 0 and ends where the data unit ends.
fn counts(body: &[u8]) -> bool {
    body.get(1)
        .is_some_and(|count| *count > 0 && usize::from(*count) + 2 == body.len())
}

/// May a segment be the start of an RTU frame, the rest of which comes in the next one? Units go to 247 (SL 2.2).
fn begins_rtu(bytes: &[u8]) -> bool {
    let [0..=247, code, ..] = bytes else { return false };
    plausible(*code)
        && [Direction::FromClient, Direction::FromServer]
            .into_iter()
            .any(|from| rtu::is_cut(bytes, from))
}

/// Datagrams keep the name of their transport whatever is in them.
const fn serial(transport: Transport, over_tcp: Transport) -> Transport {
    match transport {
        Transport::Udp => Transport::Udp,
        _ => over_tcp,
    }
}

fn ascii_frames(bytes: &[u8], transport: Transport) -> Probe {
    let transport = serial(transport, Transport::AsciiOverTcp);
    let mut rest = bytes;
    let mut said = None;
    while !rest.is_empty() {
        let (front, decoded) = ascii::front(rest);
        match front {
            ascii::Front::Frame(length) => {
                let unit = decoded.content().get(1..).unwrap_or_default();
                if !shape::fits(unit, unit.len()) && !unit.first().is_some_and(|code| plausible(*code)) {
                    return Probe::NO;
                }
                said = said.or_else(|| Some(sender(unit)));
                rest = rest.get(length..).unwrap_or_default();
            }
            // What is cut off is no evidence against what stands before it.
            ascii::Front::More => break,
            ascii::Front::WrongSum(_) | ascii::Front::No(..) => return Probe::NO,
        }
    }
    said.map_or(Probe::unsure(transport), |sender| Probe {
        verdict: Verdict::Yes,
        sender,
        certain: false,
        sound: true,
        transport,
    })
}

/// A function that somebody uses, whatever its length.
const fn plausible(code: u8) -> bool {
    matches!(code & 0x7f, 1..=8 | 11 | 12 | 15..=17 | 20..=24 | 43 | 90)
}

/// RTU frames one behind the other that fill the segment, each with a good CRC; says who sent them, where they tell.
fn rtu_frames(bytes: &[u8]) -> Option<Option<Direction>> {
    let mut rest = bytes;
    let mut said = None;
    while !rest.is_empty() {
        let code = rest.get(1).copied().unwrap_or(0);
        let found = [Direction::FromClient, Direction::FromServer]
            .into_iter()
            .find_map(|from| rtu::regular(rest, from))
            .or_else(|| (rest.len() <= rtu::LONGEST && rtu::crc_fits(rest)).then_some(rest.len()));
        match found {
            Some(length) if plausible(code) => {
                said = said.or_else(|| sender(rest.get(1..length.saturating_sub(2)).unwrap_or_default()));
                rest = rest.get(length..).unwrap_or_default();
            }
            _ => return None,
        }
    }
    (!bytes.is_empty()).then_some(said)
}

/// Who must have sent a data unit, where its shape tells.
pub(crate) fn sender(unit: &[u8]) -> Option<Direction> {
    if unit.first().is_some_and(|code| code & 0x80 != 0) {
        return Some(Direction::FromServer);
    }
    let is = |from| matches!(shape::own(unit, from), Own::Exactly(length) if length == unit.len());
    match (is(Direction::FromClient), is(Direction::FromServer)) {
        (true, false) => Some(Direction::FromClient),
        (false, true) => Some(Direction::FromServer),
        _ => None,
    }
}
