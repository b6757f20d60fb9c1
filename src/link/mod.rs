//! From a captured frame to an IP packet: Ethernet, VLAN tags, cooked captures, loopback, raw IP.

mod ethernet;
mod ip;

use std::net::IpAddr;

use crate::capture::{Frame, LinkType};

/// Why a frame brings no TCP segment or UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPacket {
    /// Another protocol than IP, by its EtherType (ARP, GOOSE, LLDP ...).
    NotIp(u16),
    /// IP, but neither TCP nor UDP.
    OtherTransport(u8),
    /// The frame ends inside a header.
    Short(&'static str),
    /// A header contradicts itself.
    Malformed(&'static str),
    /// A link type that is not read here.
    LinkType(LinkType),
}

/// VLAN ids, outermost first; deeper tags than four are not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vlans {
    ids: [u16; 4],
    count: u8,
}

impl Vlans {
    fn push(&mut self, id: u16) {
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

/// An IP packet with TCP or UDP in it, borrowed from the frame.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Sender's network card, where the link layer has one.
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
    /// 6 is TCP, 17 is UDP.
    pub protocol: u8,
    /// A piece of a larger packet.
    pub fragment: Option<Fragment>,
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
pub fn packet<'a>(frame: &Frame<'a>) -> Result<Packet<'a>, NoPacket> {
    match frame.link_type {
        LinkType::ETHERNET => ethernet::ethernet(frame.bytes),
        LinkType::LINUX_SLL => ethernet::cooked(frame.bytes),
        LinkType::LINUX_SLL2 => ethernet::cooked_2(frame.bytes),
        LinkType::NULL | LinkType::LOOP => ethernet::loopback(frame.bytes),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::IPV4 | LinkType::IPV6 => {
            ip::ip(frame.bytes, 0, Link::default())
        }
        other => Err(NoPacket::LinkType(other)),
    }
}

/// What the link layer tells about a packet.
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    source: Option<[u8; 6]>,
    destination: Option<[u8; 6]>,
    vlans: Vlans,
}
