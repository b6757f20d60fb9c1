//! IPv4 and IPv6 headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Fragment, Link, NoPacket, Packet};

const TCP: u8 = 6;
const UDP: u8 = 17;
/// An IPv6 packet has a handful of extension headers at most; more are an attempt to hide something.
const MOST_EXTENSIONS: usize = 8;

/// Reads the IP header at `at`.
pub(super) fn ip(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    match bytes.get(at).map(|first| first >> 4) {
        Some(4) => ipv4(bytes, at, link),
        Some(6) => ipv6(bytes, at, link),
        Some(_) => Err(NoPacket::Malformed("the IP version is neither 4 nor 6")),
        None => Err(NoPacket::Short("IP header")),
    }
}

fn ipv4(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some((header, _)) = rest.split_first_chunk::<20>() else {
        return Err(NoPacket::Short("IPv4 header"));
    };
    let [
        first,
        _,
        l0,
        l1,
        i0,
        i1,
        f0,
        f1,
        ttl,
        protocol,
        _,
        _,
        s0,
        s1,
        s2,
        s3,
        d0,
        d1,
        d2,
        d3,
    ] = *header;
    let header_length = usize::from(first & 15) * 4;
    if header_length < 20 {
        return Err(NoPacket::Malformed("the IPv4 header length is less than 20"));
    }
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    // Length 0 is what a sender with segmentation offload leaves in a packet that it hands to its network card.
    let end = if total == 0 { rest.len() } else { total };
    if end < header_length {
        return Err(NoPacket::Malformed(
            "the IPv4 total length is less than its header",
        ));
    }
    let flags = u16::from_be_bytes([f0, f1]);
    let offset = u32::from(flags & 0x1fff) * 8;
    let more = flags & 0x2000 != 0;
    let fragment = (offset > 0 || more).then(|| Fragment {
        id: u32::from(u16::from_be_bytes([i0, i1])),
        offset,
        more,
    });
    finish(
        bytes,
        link,
        IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
        ttl,
        protocol,
        fragment,
        at + header_length,
        at + end,
    )
}

fn ipv6(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some((header, _)) = rest.split_first_chunk::<40>() else {
        return Err(NoPacket::Short("IPv6 header"));
    };
    let [_, _, _, _, l0, l1, mut next, hops, addresses @ ..] = *header;
    let (source, destination) = addresses.split_at(16);
    let address = |part: &[u8]| {
        <[u8; 16]>::try_from(part).map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |octets| {
            IpAddr::V6(Ipv6Addr::from(octets))
        })
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let end = if length == 0 {
        bytes.len()
    } else {
        at + 40 + length
    };
    let mut here = at + 40;
    let mut fragment = None;
    for _ in 0..MOST_EXTENSIONS {
        let size = match next {
            // Hop-by-hop, routing, destination options: length in units of 8 beyond the first 8 (RFC 8200 4.3).
            0 | 43 | 60 => bytes.get(here + 1).map(|units| 8 + 8 * usize::from(*units)),
            // Authentication header: length in units of 4 less 2 (RFC 4302 2.2).
            51 => bytes.get(here + 1).map(|units| 8 + 4 * usize::from(*units)),
            44 => {
                let part = bytes
                    .get(here..here + 8)
                    .and_then(|part| <[u8; 8]>::try_from(part).ok());
                if let Some([_, _, o0, o1, i0, i1, i2, i3]) = part {
                    let field = u16::from_be_bytes([o0, o1]);
                    fragment = Some(Fragment {
                        id: u32::from_be_bytes([i0, i1, i2, i3]),
                        offset: u32::from(field & 0xfff8),
                        more: field & 1 == 1,
                    });
                }
                part.map(|_| 8)
            }
            _ => break,
        };
        let (Some(size), Some(following)) = (size, bytes.get(here)) else {
            return Err(NoPacket::Short("IPv6 extension header"));
        };
        next = *following;
        here += size;
    }
    finish(
        bytes,
        link,
        address(source),
        address(destination),
        hops,
        next,
        fragment,
        here,
        end,
    )
}

#[allow(clippy::too_many_arguments)] // the fields of two header formats in one place
fn finish(
    bytes: &[u8],
    link: Link,
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    protocol: u8,
    fragment: Option<Fragment>,
    start: usize,
    end: usize,
) -> Result<Packet<'_>, NoPacket> {
    if protocol != TCP && protocol != UDP {
        return Err(NoPacket::OtherTransport(protocol));
    }
    let here = end.min(bytes.len());
    let Some(payload) = bytes.get(start..here) else {
        return Err(NoPacket::Short("IP payload"));
    };
    Ok(Packet {
        source_mac: link.source,
        destination_mac: link.destination,
        vlans: link.vlans,
        source,
        destination,
        ttl,
        protocol,
        fragment,
        payload,
        offset: u32::try_from(start).unwrap_or(u32::MAX),
        missing: u32::try_from(end - here).unwrap_or(u32::MAX),
    })
}
