//! Routable GOOSE and Sampled Values (IEC 61850-8-1 annex, formerly IEC TR 61850-90-5): session units over UDP.

use super::super::bytes::{big16, byte};
use super::super::{Likeness, Recogniser};

pub(in super::super) static R_GOOSE: Recogniser = Recogniser {
    name: "r_goose",
    title: "Routable GOOSE (IEC 61850)",
    industrial: true,
    ports: &[102],
    // CLTP unit data (length 1, UD 0x40), then a session identifier: A0 tunnelled, A1 GOOSE, A2 Sampled Values, A3
    // management; behind its length the common session header, 0x80.
    test: |look| {
        let bytes = look.bytes;
        let told = look.udp()
            && byte(bytes, 0) == Some(1)
            && byte(bytes, 1) == Some(0x40)
            && matches!(byte(bytes, 2), Some(0xa0..=0xa3))
            && big16(bytes, 3).is_some()
            && byte(bytes, 4) == Some(0x80);
        Likeness::Is.when(told)
    },
};
