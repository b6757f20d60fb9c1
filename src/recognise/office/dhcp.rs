//! DHCP and BOOTP (RFC 2131): the magic cookie.

use super::super::{Likeness, Recogniser};

pub(in super::super) static DHCP: Recogniser = Recogniser {
    name: "dhcp",
    title: "DHCP",
    industrial: false,
    ports: &[67, 68],
    test: |look| {
        let cookie = look.bytes.get(236..240) == Some(&[0x63, 0x82, 0x53, 0x63]);
        Likeness::Is.when(look.udp() && cookie && matches!(look.bytes.first(), Some(1 | 2)))
    },
};
