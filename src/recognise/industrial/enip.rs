//! EtherNet/IP: the encapsulation (CIP volume 2, chapter 2) and its cyclic data.

use super::super::bytes::{little16, little32};
use super::super::{Likeness, Look, Recogniser};

pub(in super::super) static ENIP: Recogniser = Recogniser {
    name: "enip",
    title: "EtherNet/IP",
    industrial: true,
    ports: &[44_818],
    test: encapsulation,
};

pub(in super::super) static CIP_IO: Recogniser = Recogniser {
    name: "cip_io",
    title: "EtherNet/IP cyclic data",
    industrial: true,
    ports: &[2222],
    test: cyclic,
};

/// Command, length of the data, session, status, sender context, options: the length must be that of the segment.
fn encapsulation(look: &Look<'_>) -> Likeness {
    let bytes = look.bytes;
    let header = || {
        let command = little16(bytes, 0)?;
        let length = usize::from(little16(bytes, 2)?);
        let status = little32(bytes, 8)?;
        let options = little32(bytes, 20)?;
        let known = matches!(command, 0 | 0x04 | 0x63..=0x66 | 0x6f | 0x70 | 0x72 | 0x73);
        let whole = bytes.len() == length + 24;
        // A unit may go on in the next segment, or another may follow.
        let part = bytes.len() >= 24;
        let good = known && status < 0x100 && options == 0 && length <= 65_511;
        Some(match (command, good, whole && good, part) {
            (0x6f | 0x70, _, true, _) => carries(bytes),
            (0x65, _, true, _) => Likeness::Is.when(length == 4),
            // Lists are asked for without data.
            (0x04 | 0x63 | 0x64, _, true, _) => Likeness::Is,
            (_, true, _, true) => Likeness::Fits,
            _ => Likeness::No,
        })
    };
    header().unwrap_or(Likeness::No)
}

/// Interface 0, a timeout, and items: a request or answer, not zeros.
fn carries(bytes: &[u8]) -> Likeness {
    let items = little16(bytes, 30);
    let refused = bytes.len() == 24;
    let fits = little32(bytes, 24) == Some(0) && items.is_some_and(|items| (2..=4).contains(&items));
    if refused {
        Likeness::Fits
    } else {
        Likeness::Is.when(fits)
    }
}

/// A sequenced address item and a connected data item whose length ends with the datagram.
fn cyclic(look: &Look<'_>) -> Likeness {
    let bytes = look.bytes;
    let items = || {
        let length = usize::from(little16(bytes, 16)?);
        let fits = little16(bytes, 0)? == 2
            && matches!(
                (little16(bytes, 2)?, little16(bytes, 4)?),
                (0x8002, 8) | (0x00a1, 4)
            )
            && little16(bytes, 14)? == 0x00b1
            && length + 18 <= bytes.len();
        Some(fits)
    };
    Likeness::Is.when(look.udp() && items().unwrap_or(false))
}
