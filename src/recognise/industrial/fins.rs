//! FINS of Omron controllers, over UDP and TCP.

use super::super::bytes::{big32, byte};
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static FINS: Recogniser = Recogniser {
    name: "fins",
    title: "Omron FINS",
    industrial: true,
    ports: &[9600],
    test,
};

fn test(look: &Look<'_>) -> Likeness {
    let bytes = look.bytes;
    if look.tcp() {
        // "FINS", length, command 0 to 6, error code.
        let fits = bytes.starts_with(b"FINS")
            && big32(bytes, 4).is_some_and(|length| (8..=4096).contains(&length))
            && big32(bytes, 8).is_some_and(|command| command <= 6);
        return Likeness::Is.when(fits);
    }
    // Control field: request 0x80, answer 0xc0, with or without an answer wanted; reserved 0; gateway count.
    let fits = matches!(byte(bytes, 0), Some(0x80 | 0x81 | 0xc0 | 0xc1))
        && byte(bytes, 1) == Some(0)
        && byte(bytes, 2).is_some_and(|count| count <= 7)
        && bytes.len() >= 12
        && matches!(byte(bytes, 10), Some(1..=7 | 0x20..=0x23 | 0x26));
    Likeness::Fits.when(fits)
}
