//! From a captured frame to an IP packet: Ethernet, tags, cooked captures, loopback, raw IP, and what is carried in tunnels.

mod ethernet;
mod ip;
mod redundancy;
mod tunnel;

use std::net::IpAddr;

use crate::capture::{Frame, LinkType};

/// Tunnels within tunnels that are followed. A mirror adds one or two to what the plant itself uses; more are an attempt
/// to hide something, or a loop.
pub const MOST_TUNNELS: u8 = 8;

/// Why a frame brings no TCP segment or UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPacket {
    /// Another protocol than IP, by its EtherType (ARP, GOOSE, LLDP ...).
    NotIp(u16),
    /// IP, but neither TCP nor UDP nor a tunnel that is read.
    OtherTransport(u8),
    /// The frame ends inside a header.
    Short(&'static str),
    /// A header contradicts itself.
    Malformed(&'static str),
    /// More layers than are followed.
    TooDeep(&'static str),
    /// A link type that is not read here.
    LinkType(LinkType),
}

/// VLAN ids, outermost first, those around a tunnel before those inside; deeper tags than eight are not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vlans {
    ids: [u16; 8],
    count: u8,
}

impl Vlans {
    /// A priority tag (id 0) names no VLAN (IEEE 802.1Q 6.9).
    fn push(&mut self, id: u16) {
        if id == 0 {
            return;
        }
        if let Some(place) = self.ids.get_mut(usize::from(self.count)) {
            *place = id;
            self.count += 1;
        }
    }

    /// The ids.
    #[must_use]
    pub fn as_slice(&self) -> &[u16] {
        self.ids.get(..usize::from(self.count)).unwrap_or_default()
    }
}

/// A piece of a fragmented IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Identification that the pieces share.
    pub id: u32,
    /// Where this piece stands, in bytes.
    pub offset: u32,
    /// More pieces follow.
    pub more: bool,
}

/// What tells a copy of a packet from the packet sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Nothing does: IPv6, or IPv4 with identification 0 (RFC 6864 allows it where fragmenting is forbidden).
    #[default]
    None,
    /// IPv4 identification.
    Identification(u16),
    /// Sequence number of an HSR tag or PRP trailer (IEC 62439-3): the same in both copies.
    Redundancy(u16),
}

/// An IP packet with TCP or UDP in it, borrowed from the frame; of nested packets the innermost.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Sender's network card, where the link layer has one: that of the innermost Ethernet frame.
    pub source_mac: Option<[u8; 6]>,
    /// Receiver's network card.
    pub destination_mac: Option<[u8; 6]>,
    /// VLAN tags.
    pub vlans: Vlans,
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// 6 is TCP, 17 is UDP. A piece of a fragmented packet may also belong to a tunnel.
    pub protocol: u8,
    /// A piece of a larger packet.
    pub fragment: Option<Fragment>,
    /// What tells a copy of it from the packet sent again.
    pub mark: Mark,
    /// Tunnels around it.
    pub tunnels: u8,
    /// What follows the IP headers.
    pub payload: &'a [u8],
    /// Where in the frame that starts.
    pub offset: u32,
    /// Bytes of the payload that were cut off when the frame was captured.
    pub missing: u32,
}

/// Finds the packet in a frame.
///
/// # Errors
/// Says why there is none.
#[inline]
pub fn packet<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, NoPacket> {
    match frame.link_type {
        LinkType::ETHERNET => {
            // A trailer at the end of a frame that was cut is gone.
            let whole = frame.wire_length as usize <= frame.bytes.len();
            ethernet::outermost(frame.bytes, whole)
        }
        LinkType::LINUX_SLL => ethernet::cooked(frame.bytes),
        LinkType::LINUX_SLL2 => ethernet::cooked_2(frame.bytes),
        LinkType::NULL | LinkType::LOOP => ethernet::loopback(frame.bytes),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::IPV4 | LinkType::IPV6 => {
            ip::ip(frame.bytes, 0, Link::default())
        }
        other => Err(NoPacket::LinkType(other)),
    }
}

/// Goes on with a packet whose pieces have been put together: `payload` is all that follows its IP header.
///
/// # Errors
/// Says why there is no TCP segment or UDP datagram in it.
pub fn whole<'a>(piece: &Packet<'_>, payload: &'a [u8]) -> Result<Packet<'a>, NoPacket> {
    let link = Link {
        source: piece.source_mac,
        destination: piece.destination_mac,
        vlans: piece.vlans,
        tunnels: piece.tunnels,
        base: piece.offset,
        redundancy: match piece.mark {
            Mark::Redundancy(sequence) => Some(sequence),
            _ => None,
        },
    };
    let header = ip::Header {
        source: piece.source,
        destination: piece.destination,
        ttl: piece.ttl,
        mark: piece.mark,
    };
    ip::after_header(payload, 0, payload.len(), piece.protocol, &header, link)
}

/// What the link layer, and the tunnels, tell about a packet.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    source: Option<[u8; 6]>,
    destination: Option<[u8; 6]>,
    vlans: Vlans,
    tunnels: u8,
    /// What to add to a place in the bytes to get the place in the frame.
    base: u32,
    /// Sequence number of an HSR tag or PRP trailer.
    redundancy: Option<u16>,
}

impl Link {
    /// One tunnel further inside.
    fn inside(self) -> Result<Self, NoPacket> {
        let tunnels = self.tunnels + 1;
        if tunnels > MOST_TUNNELS {
            return Err(NoPacket::TooDeep("more than 8 tunnels within each other"));
        }
        Ok(Self { tunnels, ..self })
    }
}

/// The 16-bit number at a place.
fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*pair))
}
