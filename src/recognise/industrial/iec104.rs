//! IEC 60870-5-104: telecontrol over TCP.

use super::super::bytes::{byte, little16};
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static IEC104: Recogniser = Recogniser {
    name: "iec104",
    title: "IEC 60870-5-104",
    industrial: true,
    ports: &[2404],
    test,
};

/// The units must fill the segment one behind the other (IEC 60870-5-104 5.1). A unit with data, a start or test function,
/// or several units are proof; a lone acknowledgement fits only the registered port.
fn test(look: &Look<'_>) -> Likeness {
    if !look.tcp() {
        return Likeness::No;
    }
    let (mut rest, mut units, mut proof) = (look.bytes, 0, false);
    while !rest.is_empty() {
        let Some(length) = byte(rest, 1).map(usize::from) else {
            break;
        };
        if byte(rest, 0) != Some(0x68) || !(4..=253).contains(&length) {
            return Likeness::No;
        }
        match unit(rest, length) {
            Some(proves) => proof |= proves,
            None => return Likeness::No,
        }
        units += 1;
        rest = rest.get(length + 2..).unwrap_or_default();
    }
    match (units, proof) {
        (0, _) => Likeness::No,
        (1, false) => Likeness::Fits,
        _ => Likeness::Is,
    }
}

/// Is this a unit? `Some(true)` when it is beyond chance.
fn unit(bytes: &[u8], length: usize) -> Option<bool> {
    let Some(control) = byte(bytes, 2) else {
        return Some(false);
    };
    match control & 3 {
        // U: exactly one function, the rest is 0.
        3 => {
            let one = matches!(control, 0x07 | 0x0b | 0x13 | 0x23 | 0x43 | 0x83);
            let zero = bytes.get(3..6).is_none_or(|rest| rest == [0, 0, 0]);
            (one && zero && length == 4).then_some(true)
        }
        // S: only a receive number.
        1 => (control == 1 && byte(bytes, 3).unwrap_or(0) == 0 && length == 4).then_some(false),
        // I: an ASDU with a type that exists, a cause that exists, and a station that is not 0.
        _ => {
            let kind = byte(bytes, 6)?;
            let cause = byte(bytes, 8).map(|cause| cause & 0x3f);
            let known = matches!(kind, 1..=40 | 45..=51 | 58..=64 | 70 | 81..=95 | 100..=107 | 110..=113 | 120..=127)
                || kind >= 128;
            let fits = length >= 12
                && known
                && byte(bytes, 7).is_none_or(|count| count & 0x7f > 0)
                && cause.is_none_or(|cause| matches!(cause, 1..=47))
                && little16(bytes, 10).is_none_or(|station| station != 0)
                && byte(bytes, 4)? & 1 == 0;
            fits.then_some(kind < 128)
        }
    }
}
