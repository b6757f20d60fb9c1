//! HART-IP (FieldComm HCF_SPEC-085).

use super::super::bytes::{big16, byte};
use super::super::{Likeness, Recogniser};

pub(in super::super) static HART_IP: Recogniser = Recogniser {
    name: "hart_ip",
    title: "HART-IP",
    industrial: true,
    ports: &[5094],
    // Version 1 or 2, a message type and id that exist, and the length of the whole message.
    test: |look| {
        let bytes = look.bytes;
        let fits = matches!(byte(bytes, 0), Some(1 | 2))
            && matches!(byte(bytes, 1), Some(0..=2 | 15))
            && matches!(byte(bytes, 2), Some(0..=4 | 128))
            && big16(bytes, 6).map(usize::from) == Some(bytes.len());
        Likeness::Fits.when(fits)
    },
};
