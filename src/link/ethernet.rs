//! Ethernet II with its tags, Linux cooked captures, BSD loopback, and what an EtherType announces.

use super::{Link, NoPacket, Packet, ip, redundancy, tunnel, word};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// 802.1Q, 802.1ad, and the two older values for the outer tag.
const TAGS: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
/// Smallest EtherType; smaller numbers are the length of an IEEE 802.3 frame.
const SMALLEST_TYPE: u16 = 0x0600;
/// Header of 802.2 with SNAP that announces an EtherType (RFC 1042).
const SNAP: [u8; 6] = [0xaa, 0xaa, 3, 0, 0, 0];
/// Tags deeper than this are not believed.
const MOST_TAGS: usize = 8;

/// The Ethernet frame as captured. `whole` is false when its end was cut off.
///
/// The way of an ordinary packet through this folder is one piece of code, so that a packet is written once, where it is
/// wanted; tags, tunnels, extension headers and fragments leave it.
#[inline(always)]
#[allow(clippy::inline_always)] // measured
pub(super) fn outermost(bytes: &[u8], whole: bool) -> Result<Packet<'_>, NoPacket> {
    let redundancy = if whole && bytes.ends_with(&[0x88, 0xfb]) {
        prp_sequence(bytes)
    } else {
        None
    };
    read(
        bytes,
        0,
        Link {
            redundancy,
            ..Link::default()
        },
    )
}

/// An Ethernet frame at `at`, inside a tunnel.
pub(super) fn ethernet(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    read(bytes, at, link)
}

#[cold]
fn prp_sequence(bytes: &[u8]) -> Option<u16> {
    let mut start = 14;
    while word(bytes, start - 2).is_some_and(|kind| TAGS.contains(&kind)) {
        start += 4;
    }
    redundancy::prp(bytes, start)
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured
fn read(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    let Some(header) = bytes.get(at..).and_then(|rest| rest.first_chunk::<14>()) else {
        return Err(NoPacket::Short("Ethernet header"));
    };
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
    let link = Link {
        source: Some([s0, s1, s2, s3, s4, s5]),
        destination: Some([d0, d1, d2, d3, d4, d5]),
        ..link
    };
    let kind = u16::from_be_bytes([t0, t1]);
    if kind == IPV4 {
        return ip::read(bytes, at + 14, link);
    }
    by_type(bytes, at + 14, kind, link)
}

/// Goes on after an EtherType, through any tags.
#[inline(never)]
pub(super) fn by_type(bytes: &[u8], at: usize, kind: u16, link: Link) -> Result<Packet<'_>, NoPacket> {
    if kind == IPV4 || kind == IPV6 {
        return ip::ip(bytes, at, link);
    }
    tagged(bytes, at, kind, link)
}

fn tagged(bytes: &[u8], mut at: usize, mut kind: u16, mut link: Link) -> Result<Packet<'_>, NoPacket> {
    for _ in 0..MOST_TAGS {
        if TAGS.contains(&kind) {
            let (Some(tag), Some(next)) = (word(bytes, at), word(bytes, at + 2)) else {
                return Err(NoPacket::Short("VLAN tag"));
            };
            link.vlans.push(tag & 0x0fff);
            kind = next;
            at += 4;
        } else if kind == redundancy::HSR {
            let Some((sequence, next)) = redundancy::hsr(bytes, at) else {
                return Err(NoPacket::Short("HSR tag"));
            };
            link.redundancy = Some(sequence);
            kind = next;
            at += 6;
        } else {
            break;
        }
    }
    match kind {
        IPV4 | IPV6 => ip::ip(bytes, at, link),
        tunnel::MPLS | tunnel::MPLS_MULTICAST => tunnel::mpls(bytes, at, link.inside()?),
        tunnel::PPPOE => tunnel::pppoe(bytes, at, link.inside()?),
        other if TAGS.contains(&other) || other == redundancy::HSR => {
            Err(NoPacket::TooDeep("more than 8 tags in front of each other"))
        }
        length if length < SMALLEST_TYPE => snap(bytes, at, length, link),
        other => Err(NoPacket::NotIp(other)),
    }
}

/// An IEEE 802.3 frame: its length stands where the EtherType would.
fn snap(bytes: &[u8], at: usize, length: u16, link: Link) -> Result<Packet<'_>, NoPacket> {
    match (bytes.get(at..at + 6), word(bytes, at + 6)) {
        (Some(header), Some(kind)) if header == SNAP && kind >= SMALLEST_TYPE => {
            by_type(bytes, at + 8, kind, link)
        }
        _ => Err(NoPacket::NotIp(length)),
    }
}

/// Linux cooked capture, version 1: packet type, ARP type, address length, address (8), protocol.
pub(super) fn cooked(bytes: &[u8]) -> Result<Packet<'_>, NoPacket> {
    let (Some(length), Some(kind)) = (word(bytes, 4), word(bytes, 14)) else {
        return Err(NoPacket::Short("Linux cooked header"));
    };
    let source = bytes
        .get(6..12)
        .filter(|_| length == 6)
        .and_then(|mac| <[u8; 6]>::try_from(mac).ok());
    by_type(
        bytes,
        16,
        kind,
        Link {
            source,
            ..Link::default()
        },
    )
}

/// Linux cooked capture, version 2: protocol, reserved, interface, ARP type, packet type, address length, address (8).
pub(super) fn cooked_2(bytes: &[u8]) -> Result<Packet<'_>, NoPacket> {
    let (Some(kind), Some(length)) = (word(bytes, 0), bytes.get(11)) else {
        return Err(NoPacket::Short("Linux cooked header"));
    };
    let source = bytes
        .get(12..18)
        .filter(|_| *length == 6)
        .and_then(|mac| <[u8; 6]>::try_from(mac).ok());
    by_type(
        bytes,
        20,
        kind,
        Link {
            source,
            ..Link::default()
        },
    )
}

/// BSD loopback: the address family in either byte order, then IP. The version tells which IP it is.
pub(super) fn loopback(bytes: &[u8]) -> Result<Packet<'_>, NoPacket> {
    match bytes.get(4).map(|first| first >> 4) {
        Some(4 | 6) => ip::ip(bytes, 4, Link::default()),
        Some(_) => Err(NoPacket::NotIp(0)),
        None => Err(NoPacket::Short("loopback header")),
    }
}
