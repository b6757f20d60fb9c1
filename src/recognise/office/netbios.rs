//! NetBIOS over TCP and UDP (RFC 1002).

use super::super::bytes::{big16, byte};
use super::super::{Likeness, Recogniser};

pub(in super::super) static NETBIOS_NAME: Recogniser = Recogniser {
    name: "netbios_name",
    title: "NetBIOS name service",
    industrial: false,
    ports: &[137],
    test: |look| {
        let one = (2..6).map(|word| big16(look.bytes, word * 2).unwrap_or(u16::MAX));
        Likeness::Fits.when(look.udp() && look.bytes.len() >= 12 && one.into_iter().all(|count| count <= 64))
    },
};

pub(in super::super) static NETBIOS_DATAGRAM: Recogniser = Recogniser {
    name: "netbios_datagram",
    title: "NetBIOS datagrams",
    industrial: false,
    ports: &[138],
    test: |look| Likeness::Fits.when(look.udp() && matches!(byte(look.bytes, 0), Some(0x10..=0x16))),
};

pub(in super::super) static NETBIOS_SESSION: Recogniser = Recogniser {
    name: "netbios_session",
    title: "NetBIOS session",
    industrial: false,
    ports: &[139],
    test: |look| {
        let fits = matches!(byte(look.bytes, 0), Some(0 | 0x81..=0x85))
            && big16(look.bytes, 2).is_some_and(|length| usize::from(length) + 4 >= look.bytes.len());
        Likeness::Fits.when(look.tcp() && fits)
    },
};
