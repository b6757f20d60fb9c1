//! Tunnels: GRE, ERSPAN, MPLS, PPPoE, VXLAN, Geneve. Each hands on to the packet inside.

use super::ethernet::{by_type, ethernet};
use super::{Link, NoPacket, Packet, ip, word};

/// EtherType of unicast MPLS (RFC 3032).
pub(super) const MPLS: u16 = 0x8847;
/// EtherType of MPLS with labels that the upstream router assigned (RFC 5332).
pub(super) const MPLS_MULTICAST: u16 = 0x8848;
/// EtherType of a PPPoE session (RFC 2516).
pub(super) const PPPOE: u16 = 0x8864;
/// Ethernet in GRE or Geneve (RFC 7637).
const BRIDGED: u16 = 0x6558;
/// PPP in GRE (RFC 2637).
const PPP: u16 = 0x880b;
/// ERSPAN type I and II.
const ERSPAN_2: u16 = 0x88be;
/// ERSPAN type III.
const ERSPAN_3: u16 = 0x22eb;
/// Label stacks deeper than this are not believed.
const MOST_LABELS: usize = 16;
/// Route entries of a GRE header that are passed over.
const MOST_ROUTES: usize = 16;

/// UDP ports of tunnels.
mod port {
    pub(super) const VXLAN: u16 = 4789;
    /// What Linux used before the port was registered.
    pub(super) const VXLAN_LINUX: u16 = 8472;
    pub(super) const VXLAN_GPE: u16 = 4790;
    pub(super) const GENEVE: u16 = 6081;
}

/// GRE (RFC 2784, RFC 2890; routing as in RFC 1701; version 1 as in RFC 2637).
pub(super) fn gre(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    let (Some(flags), Some(kind)) = (word(bytes, at), word(bytes, at + 2)) else {
        return Err(NoPacket::Short("GRE header"));
    };
    let has = |bit: u16| flags & bit != 0;
    let (checksum, routing, key, sequence) = (has(0x8000), has(0x4000), has(0x2000), has(0x1000));
    let count = |present: bool| if present { 4 } else { 0 };
    let mut here = at + 4 + count(key) + count(sequence);
    match flags & 7 {
        0 => here += count(checksum || routing),
        1 if kind == PPP => return ppp(bytes, here + count(has(0x0080)), link),
        _ => return Err(NoPacket::Malformed("the GRE version is neither 0 nor 1")),
    }
    if routing {
        here = after_routes(bytes, here)?;
    }
    match kind {
        BRIDGED => ethernet(bytes, here, link),
        // Type I has no header of its own, and no sequence number in front of it.
        ERSPAN_2 if !sequence => ethernet(bytes, here, link),
        ERSPAN_2 | ERSPAN_3 => erspan(bytes, here, link),
        PPP => ppp(bytes, here, link),
        kind => by_type(bytes, here, kind, link),
    }
}

/// Passes over source route entries: family, offset, length, and that many bytes; an entry of length 0 is the last.
fn after_routes(bytes: &[u8], mut at: usize) -> Result<usize, NoPacket> {
    for _ in 0..MOST_ROUTES {
        let Some(length) = bytes.get(at + 3) else {
            return Err(NoPacket::Short("GRE routing"));
        };
        at += 4 + usize::from(*length);
        if *length == 0 {
            return Ok(at);
        }
    }
    Err(NoPacket::TooDeep("more than 16 GRE route entries"))
}

/// ERSPAN type II and III: what a switch mirrors to a distant place.
fn erspan(bytes: &[u8], at: usize, mut link: Link) -> Result<Packet<'_>, NoPacket> {
    let (Some(first), Some(second)) = (word(bytes, at), word(bytes, at + 2)) else {
        return Err(NoPacket::Short("ERSPAN header"));
    };
    match first >> 12 {
        1 => {
            // The switch took the tag off and says here what it was; value 3 means that it is still in the frame.
            if matches!((second >> 11) & 3, 1 | 2) {
                link.vlans.push(first & 0x0fff);
            }
            ethernet(bytes, at + 8, link)
        }
        2 => {
            let Some(last) = word(bytes, at + 10) else {
                return Err(NoPacket::Short("ERSPAN header"));
            };
            let subheader = if last & 1 == 1 { 8 } else { 0 };
            let here = at + 12 + subheader;
            match (last >> 10) & 0x1f {
                2 => ip::ip(bytes, here, link),
                _ => ethernet(bytes, here, link),
            }
        }
        _ => Err(NoPacket::Malformed("the ERSPAN version is neither 1 nor 2")),
    }
}

/// A label stack, then IP, or an Ethernet frame of a pseudowire with or without control word. Nothing says which.
pub(super) fn mpls(bytes: &[u8], mut at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    let mut bottom = false;
    for _ in 0..MOST_LABELS {
        let Some(third) = bytes.get(at + 2).filter(|_| bytes.len() >= at + 4) else {
            return Err(NoPacket::Short("MPLS label"));
        };
        bottom = third & 1 == 1;
        at += 4;
        if bottom {
            break;
        }
    }
    if !bottom {
        return Err(NoPacket::TooDeep("more than 16 MPLS labels"));
    }
    match bytes.get(at).map(|first| first >> 4) {
        Some(4 | 6) => ip::ip(bytes, at, link).or_else(|why| likelier(ethernet(bytes, at, link), why)),
        // RFC 4385 3: the control word starts with four zero bits. So do the cards of many makers.
        Some(0) => ethernet(bytes, at + 4, link).or_else(|why| likelier(ethernet(bytes, at, link), why)),
        // An associated channel: tests of the path (RFC 4385 5).
        Some(1) => ethernet(bytes, at, link).map_err(|_| NoPacket::NotIp(MPLS)),
        Some(_) => ethernet(bytes, at, link),
        None => Err(NoPacket::Short("MPLS payload")),
    }
}

/// The second reading when it finds a packet, else why the first has failed.
fn likelier(second: Result<Packet<'_>, NoPacket>, why: NoPacket) -> Result<Packet<'_>, NoPacket> {
    second.map_err(|_| why)
}

/// PPPoE: version and type, code, session, length, then PPP.
pub(super) fn pppoe(bytes: &[u8], at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    let (Some(head), Some(length)) = (word(bytes, at), word(bytes, at + 4)) else {
        return Err(NoPacket::Short("PPPoE header"));
    };
    if head != 0x1100 {
        return Err(NoPacket::Malformed(
            "the PPPoE version, type or code is not that of a session",
        ));
    }
    let end = (at + 6 + usize::from(length)).min(bytes.len());
    ppp(bytes.get(..end).unwrap_or(bytes), at + 6, link)
}

/// PPP (RFC 1661): an address and control field that may be left out, a protocol number whose first zero byte may be.
fn ppp(bytes: &[u8], mut at: usize, link: Link) -> Result<Packet<'_>, NoPacket> {
    if word(bytes, at) == Some(0xff03) {
        at += 2;
    }
    let (protocol, size) = match bytes.get(at) {
        Some(first) if first & 1 == 1 => (u16::from(*first), 1),
        Some(_) => match word(bytes, at) {
            Some(protocol) => (protocol, 2),
            None => return Err(NoPacket::Short("PPP protocol")),
        },
        None => return Err(NoPacket::Short("PPP protocol")),
    };
    match protocol {
        0x0021 | 0x0057 => ip::ip(bytes, at + size, link),
        0x0281 | 0x0283 => mpls(bytes, at + size, link),
        _ => Err(NoPacket::NotIp(PPPOE)),
    }
}

/// The packet inside a UDP datagram, when port and content both are those of a tunnel. Anything may be sent to any port,
/// so a datagram whose content does not fit stays what it is.
#[inline]
pub(super) fn udp(
    bytes: &[u8],
    start: usize,
    end: usize,
    link: Link,
) -> Option<Result<Packet<'_>, NoPacket>> {
    let destination = word(bytes, start + 2)?;
    match destination {
        port::VXLAN | port::VXLAN_LINUX | port::VXLAN_GPE | port::GENEVE => {
            by_port(bytes, start, end, destination, link)
        }
        _ => None,
    }
}

#[cold]
fn by_port(
    bytes: &[u8],
    start: usize,
    end: usize,
    destination: u16,
    link: Link,
) -> Option<Result<Packet<'_>, NoPacket>> {
    let length = usize::from(word(bytes, start + 4)?);
    let end = if length >= 8 { end.min(start + length) } else { end };
    let bytes = bytes.get(..end.min(bytes.len()))?;
    let at = start + 8;
    let [flags, second, b2, b3, b4, b5, b6, last] = *bytes.get(at..)?.first_chunk::<8>()?;
    let inside = link.inside();
    // Receivers ignore reserved bits (RFC 7348 5, RFC 8926 3.4), so traffic behind them must be seen; they are evidence
    // against a tunnel all the same, and then only a whole IP packet inside is evidence enough for one.
    let mut odd = false;
    let read = match destination {
        port::GENEVE => {
            if flags >> 6 != 0 {
                return None;
            }
            odd = second & 0x3f != 0 || last != 0;
            let here = at + 8 + usize::from(flags & 0x3f) * 4;
            match (u16::from_be_bytes([b2, b3]), inside) {
                (BRIDGED, Ok(link)) => ethernet(bytes, here, link),
                (0x0800 | 0x86dd, Ok(link)) => ip::ip(bytes, here, link),
                (BRIDGED | 0x0800 | 0x86dd, Err(why)) => return Some(Err(why)),
                _ => return None,
            }
        }
        port::VXLAN_GPE if flags & 0x04 != 0 => {
            // Next protocol given (draft-ietf-nvo3-vxlan-gpe 3.1), version 0.
            if flags & 0xf0 != 0 || second != 0 || b2 != 0 || last != 0 {
                return None;
            }
            match (b3, inside) {
                (1 | 2, Ok(link)) => ip::ip(bytes, at + 8, link),
                (3, Ok(link)) => ethernet(bytes, at + 8, link),
                (5, Ok(link)) => mpls(bytes, at + 8, link),
                (1 | 2 | 3 | 5, Err(why)) => return Some(Err(why)),
                _ => return None,
            }
        }
        _ => {
            // The network identifier is valid (RFC 7348 5); with a group policy its bits and number are allowed.
            if flags & 0x08 == 0 {
                return None;
            }
            let policy = flags & 0x80 != 0;
            odd = flags & 0x77 != 0
                || last != 0
                || !policy && (second != 0 || b2 != 0 || b3 != 0)
                || policy && second & 0xb7 != 0;
            let _ = (b4, b5, b6);
            match inside {
                Ok(link) => ethernet(bytes, at + 8, link),
                Err(why) => return Some(Err(why)),
            }
        }
    };
    match read {
        Err(_) if odd => None,
        // A header that contradicts itself is no header: the datagram speaks for itself.
        Err(NoPacket::Malformed(_) | NoPacket::Short(_)) => None,
        // Nor does a length belong to a tunnelled frame that is longer than its datagram; a cut frame may end anywhere.
        Ok(packet) if packet.missing > 0 && end <= bytes.len() => None,
        read => Some(read),
    }
}
