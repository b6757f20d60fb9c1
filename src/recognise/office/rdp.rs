//! RDP (MS-RDPBCGR 2.2.1.1): a COTP connection request with a cookie or a negotiation.

use super::super::bytes::{byte, contains};
use super::super::industrial::cotp::{cotp, data};
use super::super::{Likeness, Recogniser};

pub(in super::super) static RDP: Recogniser = Recogniser {
    name: "rdp",
    title: "RDP",
    industrial: false,
    ports: &[3389],
    test: |look| {
        let asks = cotp(look).is_some_and(|cotp| {
            // Negotiation request (1), answer (2) or failure (3): 8 bytes at the end of a connection unit.
            let tail = cotp.len().checked_sub(8).and_then(|at| cotp.get(at..));
            let negotiates = tail
                .is_some_and(|tail| matches!(byte(tail, 0), Some(1..=3)) && tail.get(2..4) == Some(&[8, 0]));
            matches!(byte(cotp, 1), Some(0xd0 | 0xe0)) && (negotiates || contains(cotp, b"mstshash=", 64))
        });
        // The MCS connect of T.125, [APPLICATION 101] and 102.
        let connects =
            data(look).is_some_and(|data| data.starts_with(&[0x7f, 0x65]) || data.starts_with(&[0x7f, 0x66]));
        Likeness::Is.when(asks || connects)
    },
};
