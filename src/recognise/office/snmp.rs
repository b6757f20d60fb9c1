//! SNMP versions 1, 2c and 3 (RFC 3416, RFC 3412).

use super::super::bytes::byte;
use super::super::{Likeness, Recogniser};

pub(in super::super) static SNMP: Recogniser = Recogniser {
    name: "snmp",
    title: "SNMP",
    industrial: false,
    ports: &[161, 162],
    // A sequence that starts with the version: 0, 1 or 3.
    test: |look| {
        let bytes = look.bytes;
        let inner = match byte(bytes, 1) {
            Some(0x81) => 3,
            Some(0x82) => 4,
            Some(0..=0x7f) => 2,
            _ => return Likeness::No,
        };
        let version = bytes.get(inner..inner + 4);
        let fits = byte(bytes, 0) == Some(0x30)
            && version.is_some_and(|version| matches!(version, [2, 1, 0 | 1, 4] | [2, 1, 3, 0x30]));
        Likeness::Is.when(look.udp() && fits)
    },
};
