//! IPv4 and IPv6 headers, and what their protocol number announces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Fragment, Link, Mark, NoPacket, Packet, ethernet, tunnel};

const TCP: u8 = 6;
const UDP: u8 = 17;
/// An IPv6 packet has a handful of extension headers at most; more are an attempt to hide something.
const MOST_EXTENSIONS: usize = 8;

/// IP protocol numbers of tunnels.
mod carries {
    pub(super) const IPV4: u8 = 4;
    pub(super) const IPV6: u8 = 41;
    pub(super) const GRE: u8 = 47;
    /// RFC 3378.
    pub(super) const ETHERNET: u8 = 97;
    /// RFC 4023.
    pub(super) const MPLS: u8 = 137;
}

/// What an IP header says about what follows it.
pub(super) struct Header {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) ttl: u8,
    pub(super) mark: Mark,
}

/// Reads the IP header at `at`, behind a tag or inside a tunnel.
#[inline(never)]
pub(super) fn ip(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    read(bytes, at, link)
}

/// Reads the IP header at `at`.
#[inline(always)]
#[allow(clippy::inline_always)] // measured
pub(super) fn read(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    match bytes.get(at).map(|first| first >> 4) {
        Some(4) => ipv4(bytes, at, link),
        Some(6) => ipv6(bytes, at, link),
        Some(_) => Err(NoPacket::Malformed("the IP version is neither 4 nor 6")),
        None => Err(NoPacket::Short("IP header")),
    }
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured
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
    let id = u16::from_be_bytes([i0, i1]);
    let mark = match (link.redundancy, id) {
        (Some(sequence), _) => Mark::Redundancy(sequence),
        (None, 0) => Mark::None,
        (None, id) => Mark::Identification(id),
    };
    let header = Header {
        source: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        destination: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
        ttl,
        mark,
    };
    if flags & 0x3fff != 0 {
        let fragment = Fragment {
            id: u32::from(id),
            offset: u32::from(flags & 0x1fff) * 8,
            more: flags & 0x2000 != 0,
        };
        return piece(
            bytes,
            at + header_length,
            at + end,
            protocol,
            fragment,
            &header,
            link,
        );
    }
    let (start, end) = (at + header_length, at + end);
    if protocol == TCP {
        return transport(bytes, start, end, protocol, None, &header, link);
    }
    after_header(bytes, start, end, protocol, &header, link)
}

#[inline(never)]
fn ipv6(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    let rest = bytes.get(at..).unwrap_or_default();
    let Some((header, _)) = rest.split_first_chunk::<40>() else {
        return Err(NoPacket::Short("IPv6 header"));
    };
    let [_, _, _, _, l0, l1, next, ttl, addresses @ ..] = *header;
    let (source, destination) = addresses.split_at(16);
    let address = |part: &[u8]| {
        <[u8; 16]>::try_from(part).map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |octets| {
            IpAddr::V6(Ipv6Addr::from(octets))
        })
    };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    // Length 0 stands for a jumbogram (RFC 2675) or for a packet that the sender's network card was to divide.
    let end = if length == 0 {
        bytes.len()
    } else {
        at + 40 + length
    };
    let header = Header {
        source: address(source),
        destination: address(destination),
        ttl,
        mark: link.redundancy.map_or(Mark::None, Mark::Redundancy),
    };
    after_header(bytes, at + 40, end, next, &header, link)
}

/// What follows an IP header (for IPv6, any of its headers) at `start` and goes on until `end`, which may lie beyond what
/// was captured.
#[inline(never)]
pub(super) fn after_header<'a>(
    bytes: &'a [u8],
    start: usize,
    end: usize,
    protocol: u8,
    header: &Header,
    link: Link,
) -> Result<Packet<'a>, NoPacket> {
    match protocol {
        TCP => transport(bytes, start, end, protocol, None, header, link),
        UDP => {
            if let Some(inner) = tunnel::udp(bytes, start, end, link) {
                return inner;
            }
            transport(bytes, start, end, protocol, None, header, link)
        }
        _ => other(bytes, start, end, protocol, header, link),
    }
}

/// Extension headers of IPv6, and tunnels.
fn other<'a>(
    bytes: &'a [u8],
    mut start: usize,
    end: usize,
    mut protocol: u8,
    header: &Header,
    link: Link,
) -> Result<Packet<'a>, NoPacket> {
    for _ in 0..MOST_EXTENSIONS {
        if header.source.is_ipv4() {
            break;
        }
        let size = match protocol {
            // Hop-by-hop, routing, destination options, mobility, HIP, shim6: length in units of 8 beyond the first 8
            // (RFC 8200 4.3, RFC 6564).
            0 | 43 | 60 | 135 | 139 | 140 => bytes.get(start + 1).map(|units| 8 + 8 * usize::from(*units)),
            // Authentication header: length in units of 4 less 2 (RFC 4302 2.2).
            51 => bytes.get(start + 1).map(|units| 8 + 4 * usize::from(*units)),
            44 => {
                let part = bytes.get(start..).and_then(|rest| rest.first_chunk::<8>());
                let Some([next, _, o0, o1, i0, i1, i2, i3]) = part.copied() else {
                    return Err(NoPacket::Short("IPv6 fragment header"));
                };
                let field = u16::from_be_bytes([o0, o1]);
                let fragment = Fragment {
                    id: u32::from_be_bytes([i0, i1, i2, i3]),
                    offset: u32::from(field & 0xfff8),
                    more: field & 1 == 1,
                };
                // A fragment header around a whole packet changes nothing (RFC 6946).
                if fragment.more || fragment.offset > 0 {
                    return piece(bytes, start + 8, end, next, fragment, header, link);
                }
                Some(8)
            }
            _ => break,
        };
        let (Some(size), Some(next)) = (size, bytes.get(start)) else {
            return Err(NoPacket::Short("IPv6 extension header"));
        };
        protocol = *next;
        start += size;
    }
    let inner = bytes.get(..end.min(bytes.len())).unwrap_or(bytes);
    match protocol {
        TCP | UDP => after_header(bytes, start, end, protocol, header, link),
        carries::IPV4 | carries::IPV6 => ip(inner, start, link.inside()?),
        carries::GRE => tunnel::gre(inner, start, link.inside()?),
        // Two bytes of version 3 and reserved bits.
        carries::ETHERNET => ethernet::ethernet(inner, start + 2, link.inside()?),
        carries::MPLS => tunnel::mpls(inner, start, link.inside()?),
        0 | 43 | 44 | 51 | 60 | 135 | 139 | 140 if header.source.is_ipv6() => {
            Err(NoPacket::TooDeep("more than 8 IPv6 extension headers"))
        }
        protocol => Err(NoPacket::OtherTransport(protocol)),
    }
}

/// A piece of a fragmented packet: what it carries is read once it is whole.
#[cold]
fn piece<'a>(
    bytes: &'a [u8],
    start: usize,
    end: usize,
    protocol: u8,
    fragment: Fragment,
    header: &Header,
    link: Link,
) -> Result<Packet<'a>, NoPacket> {
    let read = match protocol {
        TCP | UDP | carries::GRE | carries::IPV4 | carries::IPV6 | carries::ETHERNET | carries::MPLS => true,
        // Only the first piece of an IPv6 packet says truly what follows (RFC 8200 4.5).
        _ => header.source.is_ipv6(),
    };
    if !read {
        return Err(NoPacket::OtherTransport(protocol));
    }
    transport(bytes, start, end, protocol, Some(fragment), header, link)
}

#[inline(always)]
#[allow(clippy::inline_always)] // measured
fn transport<'a>(
    bytes: &'a [u8],
    start: usize,
    end: usize,
    protocol: u8,
    fragment: Option<Fragment>,
    header: &Header,
    link: Link,
) -> Result<Packet<'a>, NoPacket> {
    let here = end.min(bytes.len());
    let Some(payload) = bytes.get(start..here) else {
        return Err(NoPacket::Short("IP payload"));
    };
    Ok(Packet {
        source_mac: link.source,
        destination_mac: link.destination,
        vlans: link.vlans,
        source: header.source,
        destination: header.destination,
        ttl: header.ttl,
        protocol,
        fragment,
        mark: header.mark,
        tunnels: link.tunnels,
        payload,
        offset: u32::try_from(start).unwrap_or(u32::MAX).saturating_add(link.base),
        missing: u32::try_from(end - here).unwrap_or(u32::MAX),
    })
}
