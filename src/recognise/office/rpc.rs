//! Remote procedure calls: DCE/RPC (which classic OPC uses), ONC RPC, Java RMI.

use super::super::bytes::{big32, byte, little16};
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static DCE_RPC: Recogniser = Recogniser {
    name: "dce_rpc",
    title: "DCE/RPC (classic OPC, WMI)",
    industrial: false,
    ports: &[135],
    // Version 5.0, a packet type that exists, little-endian data, and the fragment's own length.
    test: |look| {
        let bytes = look.bytes;
        let fits = look.tcp()
            && bytes.starts_with(&[5, 0])
            && byte(bytes, 2).is_some_and(|kind| kind <= 19)
            && bytes.get(4..8) == Some(&[0x10, 0, 0, 0])
            && little16(bytes, 8).is_some_and(|length| usize::from(length) >= 16);
        Likeness::Is.when(fits)
    },
};

pub(in super::super) static SUN_RPC: Recogniser = Recogniser {
    name: "onc_rpc",
    title: "ONC RPC",
    industrial: false,
    ports: &[111, 2049],
    test: onc,
};

/// Call or reply, RPC version 2 (RFC 5531 9).
fn onc(look: &Look<'_>) -> Likeness {
    let at = if look.tcp() { 4 } else { 0 };
    let fits = match big32(look.bytes, at + 4) {
        Some(0) => {
            big32(look.bytes, at + 8) == Some(2)
                && big32(look.bytes, at + 12).is_some_and(|program| (100_000..400_000).contains(&program))
        }
        Some(1) => return Likeness::Fits.when(big32(look.bytes, at + 8).is_some_and(|state| state <= 1)),
        _ => false,
    };
    Likeness::Is.when(fits)
}

pub(in super::super) static JAVA_RMI: Recogniser = Recogniser {
    name: "java_rmi",
    title: "Java RMI",
    industrial: false,
    ports: &[1099],
    test: |look| {
        let opens = look.bytes.starts_with(b"JRMI") && matches!(byte(look.bytes, 6), Some(0x4b..=0x4d));
        Likeness::Is.when(look.tcp() && opens)
    },
};
