//! ANSI C12.22: meters over networks (IEEE 1703), ACSE units.

use super::super::bytes::byte;
use super::super::{Likeness, Recogniser};

pub(in super::super) static C1222: Recogniser = Recogniser {
    name: "c1222",
    title: "ANSI C12.22",
    industrial: true,
    ports: &[1153],
    // [APPLICATION 0], then the application context or the called title.
    test: |look| {
        let bytes = look.bytes;
        let inner = match byte(bytes, 1) {
            Some(0x81) => 3,
            Some(0x82) => 4,
            Some(0..=0x7f) => 2,
            _ => return Likeness::No,
        };
        Likeness::Fits
            .when(byte(bytes, 0) == Some(0x60) && matches!(byte(bytes, inner), Some(0xa1 | 0xa2 | 0xa6)))
    },
};
