//! CODESYS: the runtime's programming protocol, versions 2 and 3.

use super::super::bytes::{byte, little32};
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static CODESYS: Recogniser = Recogniser {
    name: "codesys",
    title: "CODESYS",
    industrial: true,
    ports: &[
        1200, 1217, 1740, 1741, 1742, 1743, 2455, 11_740, 11_741, 11_742, 11_743,
    ],
    test,
};

/// Version 3 over TCP starts with the magic number 00 01 17 e8 and a length; over UDP with the datagram header 0xc5, whose
/// hop field is never 0. Version 2 starts with 0xbbbb and a length.
fn test(look: &Look<'_>) -> Likeness {
    let bytes = look.bytes;
    if look.udp() {
        let fits =
            byte(bytes, 0) == Some(0xc5) && bytes.len() >= 12 && byte(bytes, 1).is_some_and(|hops| hops != 0);
        return Likeness::Fits.when(fits);
    }
    if bytes.starts_with(&[0x00, 0x01, 0x17, 0xe8]) {
        return Likeness::Is.when(little32(bytes, 4).is_some_and(|length| (8..=0x2_0000).contains(&length)));
    }
    Likeness::Fits.when(bytes.starts_with(&[0xbb, 0xbb]) && bytes.len() >= 6)
}
