//! SLMP, the MELSEC communication protocol of Mitsubishi controllers: binary 3E and 4E frames.

use super::super::bytes::{byte, little16};
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static SLMP: Recogniser = Recogniser {
    name: "slmp",
    title: "SLMP (MELSEC)",
    industrial: true,
    ports: &[5000, 5001, 5002, 5006, 5007, 5008, 5010],
    test,
};

/// Subheader, access route (network, station, module, multidrop), and the length of the rest.
fn test(look: &Look<'_>) -> Likeness {
    let bytes = look.bytes;
    let route = match (byte(bytes, 0), byte(bytes, 1)) {
        (Some(0x50 | 0xd0), Some(0)) => 2,
        (Some(0x54 | 0xd4), Some(0)) if little16(bytes, 4) == Some(0) => 6,
        _ => return Likeness::No,
    };
    let module = little16(bytes, route + 2).is_some_and(|module| matches!(module, 0x03d0..=0x03e3 | 0x03ff));
    let whole =
        little16(bytes, route + 5).is_some_and(|length| usize::from(length) + route + 7 == bytes.len());
    Likeness::Is.when(module && whole)
}
