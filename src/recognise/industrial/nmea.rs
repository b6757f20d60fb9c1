//! NMEA 0183 sentences over UDP, as ships carry them (IEC 61162-1, and IEC 61162-450 with its prefix).

use super::super::bytes::{contains, text};
use super::super::{Likeness, Recogniser};

pub(in super::super) static NMEA: Recogniser = Recogniser {
    name: "nmea",
    title: "NMEA 0183 (IEC 61162)",
    industrial: true,
    ports: &[],
    test: |look| {
        let bytes = look.bytes;
        let prefixed = bytes.starts_with(b"UdPbC\0") && contains(bytes, b"\\", 64);
        // A talker and a sentence, fields behind commas, a checksum behind a star, and the end of the line.
        let sentence = matches!(bytes.first(), Some(b'$' | b'!'))
            && text(bytes)
            && bytes.ends_with(b"\r\n")
            && bytes
                .get(1..5)
                .is_some_and(|address| address.iter().all(u8::is_ascii_uppercase));
        Likeness::Is.when(prefixed || sentence)
    },
};
