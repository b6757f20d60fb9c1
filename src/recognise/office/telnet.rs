//! Telnet: its option negotiation (RFC 854), else text at its port.

use super::super::bytes::{byte, text};
use super::super::{Likeness, Recogniser};

pub(in super::super) static TELNET: Recogniser = Recogniser {
    name: "telnet",
    title: "Telnet",
    industrial: false,
    ports: &[23],
    test: |look| {
        let negotiates = byte(look.bytes, 0) == Some(0xff)
            && matches!(byte(look.bytes, 1), Some(0xfa..=0xfe))
            && byte(look.bytes, 2).is_some_and(|option| option < 50);
        Likeness::Fits.when(look.tcp() && (negotiates || text(look.bytes)))
    },
};
