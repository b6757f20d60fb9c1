//! MQTT 3.1, 3.1.1 and 5.

use super::super::bytes::byte;
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static MQTT: Recogniser = Recogniser {
    name: "mqtt",
    title: "MQTT",
    industrial: true,
    ports: &[1883],
    test,
};

/// CONNECT names the protocol; other packets fit the registered port when their lengths fill the segment.
fn test(look: &Look<'_>) -> Likeness {
    if !look.tcp() {
        return Likeness::No;
    }
    let bytes = look.bytes;
    let Some((_, at)) = remaining(bytes) else {
        return Likeness::No;
    };
    let body = bytes.get(at..).unwrap_or_default();
    if byte(bytes, 0) == Some(0x10) {
        let named = body.starts_with(b"\x00\x04MQTT") || body.starts_with(b"\x00\x06MQIsdp");
        return Likeness::Is.when(named);
    }
    let mut rest = bytes;
    let mut packets = 0;
    while !rest.is_empty() {
        let Some((length, at)) = remaining(rest) else {
            return Likeness::No;
        };
        let flags_fit = byte(rest, 0).is_some_and(|first| match first >> 4 {
            3 => first & 6 != 6,
            6 | 8 | 10 => first & 15 == 2,
            0 | 15 => false,
            _ => first & 15 == 0,
        });
        if !flags_fit {
            return Likeness::No;
        }
        packets += 1;
        match rest.get(at + length..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    Likeness::Fits.when(packets > 0)
}

/// The variable length (MQTT 2.2.3) and where the packet's body starts.
fn remaining(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0_usize;
    for at in 0..4 {
        let byte = byte(bytes, at + 1)?;
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((length, at + 2));
        }
    }
    None
}
