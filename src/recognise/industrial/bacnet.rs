//! BACnet/IP (ASHRAE 135 annex J).

use super::super::bytes::{big16, byte};
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static BACNET: Recogniser = Recogniser {
    name: "bacnet",
    title: "BACnet/IP",
    industrial: true,
    ports: &[47_808],
    test,
};

/// Type 0x81, a function that exists, the datagram's own length; behind it version 1 of the network layer.
fn test(look: &Look<'_>) -> Likeness {
    let bytes = look.bytes;
    if !look.udp() || byte(bytes, 0) != Some(0x81) {
        return Likeness::No;
    }
    let Some(function @ 0..=12) = byte(bytes, 1) else {
        return Likeness::No;
    };
    if big16(bytes, 2).map(usize::from) != Some(bytes.len()) {
        return Likeness::No;
    }
    let network = match function {
        4 => 10,
        9..=11 => 4,
        _ => return Likeness::Fits,
    };
    Likeness::Is.when(byte(bytes, network) == Some(1))
}
