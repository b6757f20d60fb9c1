//! S7comm and S7comm-plus of Siemens controllers, in COTP data units.

use super::super::bytes::byte;
use super::super::{Likeness, Recogniser};
use super::cotp::data;

pub(in super::super) static S7COMM: Recogniser = Recogniser {
    name: "s7comm",
    title: "S7comm",
    industrial: true,
    ports: &[102],
    // Protocol id 0x32; ROSCTR is job, acknowledgement, acknowledgement with data, or user data.
    test: |look| {
        let told = data(look).is_some_and(|data| {
            byte(data, 0) == Some(0x32) && byte(data, 1).is_none_or(|kind| matches!(kind, 1..=3 | 7))
        });
        Likeness::Is.when(told)
    },
};

pub(in super::super) static S7COMM_PLUS: Recogniser = Recogniser {
    name: "s7comm_plus",
    title: "S7comm-plus",
    industrial: true,
    ports: &[102],
    // Protocol id 0x72; version 1 to 3, or 0xfe and 0xff for keep-alive and system events.
    test: |look| {
        let told = data(look).is_some_and(|data| {
            byte(data, 0) == Some(0x72)
                && byte(data, 1).is_none_or(|version| matches!(version, 1..=3 | 0xfe | 0xff))
        });
        Likeness::Is.when(told)
    },
};
