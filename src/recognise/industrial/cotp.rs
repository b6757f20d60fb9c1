//! ISO transport on TCP (RFC 1006 TPKT, ISO 8073 COTP), which carries S7comm, MMS and RDP.

use super::super::bytes::{big16, byte};
use super::super::{Likeness, Look, Recogniser};

/// Seen when nothing but connection requests and confirms is in the capture.
pub(in super::super) static COTP: Recogniser = Recogniser {
    name: "cotp",
    title: "ISO transport on TCP (S7comm, MMS or RDP)",
    industrial: true,
    ports: &[102],
    test,
};

fn test(look: &Look<'_>) -> Likeness {
    let connects = cotp(look).is_some_and(|cotp| matches!(byte(cotp, 1), Some(0xd0 | 0xe0 | 0x80 | 0xf0)));
    Likeness::Perhaps.when(connects)
}

/// The COTP unit behind a TPKT header, from its length indicator.
pub(in super::super) fn cotp<'a>(look: &Look<'a>) -> Option<&'a [u8]> {
    let bytes = look.bytes;
    // RFC 1006 6: version 3, reserved 0, length with the header.
    if !look.tcp() || byte(bytes, 0) != Some(3) || byte(bytes, 1) != Some(0) {
        return None;
    }
    let length = usize::from(big16(bytes, 2)?);
    let indicator = usize::from(byte(bytes, 4)?);
    if length < 7 || indicator < 2 || indicator + 5 > length {
        return None;
    }
    // What stands behind a whole unit is another one.
    if bytes.len() > length && byte(bytes, length) != Some(3) {
        return None;
    }
    bytes.get(4..length.min(bytes.len()))
}

/// What a COTP data unit (DT, 0xf0) carries.
pub(in super::super) fn data<'a>(look: &Look<'a>) -> Option<&'a [u8]> {
    let cotp = cotp(look)?;
    if byte(cotp, 0) != Some(2) || byte(cotp, 1)? & 0xf0 != 0xf0 {
        return None;
    }
    cotp.get(3..)
}
