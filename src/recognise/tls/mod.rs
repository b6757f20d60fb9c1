//! TLS: recognised on any port, its handshake read, its content not.

mod certificate;
mod facts;
mod hello;
mod stream;
mod suites;

pub use facts::Facts;
pub use stream::{Fed, Stream};

use super::bytes::{big16, byte};
use super::{Likeness, Look, Recogniser};

/// Ports that are registered for TLS with something in it.
const PORTS: &[u16] = &[
    443, 465, 563, 636, 802, 853, 989, 990, 993, 995, 3269, 4843, 5061, 6514, 8443, 8883, 19_999,
];

pub(super) static TLS: Recogniser = Recogniser {
    name: "tls",
    title: "TLS",
    industrial: false,
    ports: PORTS,
    test,
};

/// Record types: change of cipher, alert, handshake, application data, heartbeat (RFC 8446 B.1, RFC 6520).
const TYPES: std::ops::RangeInclusive<u8> = 0x14..=0x18;
/// Longest fragment of a record with its expansion (RFC 5246 6.2.3).
const LONGEST: usize = (1 << 14) + 2048;
/// Bytes of a record header.
const HEADER: usize = 5;

/// Type and length of the record whose header stands here.
fn header(bytes: &[u8]) -> Option<(u8, usize)> {
    let kind = byte(bytes, 0).filter(|kind| TYPES.contains(kind))?;
    // SSL 3.0 to TLS 1.3; the last says 3.3 in its records.
    let version = byte(bytes, 1) == Some(3) && byte(bytes, 2).is_some_and(|minor| minor <= 4);
    let length = usize::from(big16(bytes, 3)?);
    (version && (1..=LONGEST).contains(&length)).then_some((kind, length))
}

/// A hello is proof. Other records must stand one behind the other up to the end of the segment; one that goes on beyond it
/// fits only a registered port.
fn test(look: &Look<'_>) -> Likeness {
    if !look.tcp() {
        return Likeness::No;
    }
    let Some((kind, length)) = header(look.bytes) else {
        return Likeness::No;
    };
    if kind == 0x16 && matches!(byte(look.bytes, 5), Some(1 | 2)) {
        let whole = super::bytes::big32(look.bytes, 5).map(|word| (word & 0x00ff_ffff) as usize);
        let version = byte(look.bytes, 9) == Some(3);
        return Likeness::Is.when(version && whole.is_some_and(|whole| (38..=1 << 17).contains(&whole)));
    }
    let mut rest = look.bytes.get(HEADER + length..);
    let mut records = 1;
    while let Some(after) = rest {
        if after.len() < HEADER {
            // The segment ends with a record, or within the next header.
            return if after.is_empty() || records > 1 {
                Likeness::Is
            } else {
                Likeness::Fits
            };
        }
        let Some((_, length)) = header(after) else {
            return Likeness::No;
        };
        records += 1;
        rest = after.get(HEADER + length..);
    }
    if records > 1 { Likeness::Is } else { Likeness::Fits }
}

#[cfg(test)]
mod tests;
