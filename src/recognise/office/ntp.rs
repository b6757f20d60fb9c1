//! NTP (RFC 5905 7.3).

use super::super::bytes::byte;
use super::super::{Likeness, Recogniser};

pub(in super::super) static NTP: Recogniser = Recogniser {
    name: "ntp",
    title: "NTP",
    industrial: false,
    ports: &[123],
    test: |look| {
        let fits = look.bytes.len() >= 12
            && byte(look.bytes, 0).is_some_and(|first| matches!(first >> 3 & 7, 1..=4) && first & 7 > 0);
        Likeness::Fits.when(look.udp() && fits)
    },
};
