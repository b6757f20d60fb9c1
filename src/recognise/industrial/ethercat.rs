//! EtherCAT carried in UDP (IEC 61158-4-12).

use super::super::bytes::little16;
use super::super::{Likeness, Recogniser};

pub(in super::super) static ETHERCAT_UDP: Recogniser = Recogniser {
    name: "ethercat",
    title: "EtherCAT",
    industrial: true,
    ports: &[34_980],
    test: |look| Likeness::Fits.when(look.udp() && frame(look.bytes)),
};

/// 11 bits of length, a reserved bit, and a type: 1 commands, 4 network variables, 5 mailbox.
pub(in super::super) fn frame(bytes: &[u8]) -> bool {
    little16(bytes, 0).is_some_and(|header| {
        matches!(header >> 12, 1 | 4 | 5) && usize::from(header & 0x7ff) + 2 <= bytes.len()
    })
}
