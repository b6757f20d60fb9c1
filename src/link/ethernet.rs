//! Ethernet II with VLAN tags, Linux cooked captures, BSD loopback.

use super::{Link, NoPacket, Packet, ip};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// 802.1Q, 802.1ad, and the two older values for the outer tag.
const TAGS: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
/// Tags deeper than this are not believed.
const MOST_TAGS: usize = 8;

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).map(|pair| {
        u16::from_be_bytes([
            pair.first().copied().unwrap_or(0),
            pair.get(1).copied().unwrap_or(0),
        ])
    })
}

pub(super) fn ethernet(bytes: &[u8]) -> Result<Packet<'_>, NoPacket> {
    let Some((header, _)) = bytes.split_first_chunk::<14>() else {
        return Err(NoPacket::Short("Ethernet header"));
    };
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
    let link = Link {
        source: Some([s0, s1, s2, s3, s4, s5]),
        destination: Some([d0, d1, d2, d3, d4, d5]),
        ..Link::default()
    };
    by_type(bytes, 14, u16::from_be_bytes([t0, t1]), link)
}

/// Goes on after an EtherType, through any VLAN tags.
fn by_type(bytes: &[u8], mut at: usize, mut kind: u16, mut link: Link) -> Result<Packet<'_>, NoPacket> {
    if kind == IPV4 || kind == IPV6 {
        return ip::ip(bytes, at, link);
    }
    for _ in 0..MOST_TAGS {
        if !TAGS.contains(&kind) {
            break;
        }
        let (Some(tag), Some(next)) = (word(bytes, at), word(bytes, at + 2)) else {
            return Err(NoPacket::Short("VLAN tag"));
        };
        link.vlans.push(tag & 0x0fff);
        kind = next;
        at += 4;
    }
    match kind {
        IPV4 | IPV6 => ip::ip(bytes, at, link),
        other => Err(NoPacket::NotIp(other)),
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
