//! Who talks with whom: the two ends of a conversation in the roles of its protocol.

use std::net::IpAddr;

/// One end of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Party {
    /// Network card, where the link layer has one.
    pub mac: Option<[u8; 6]>,
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
}

/// A conversation whose protocol and roles are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Number in order of first sight in the capture, from 0; never used again.
    pub number: u32,
    /// The protocol: `modbus`, `dnp3`, `opcua`.
    pub protocol: &'static str,
    /// TCP is 6, UDP is 17.
    pub ip_protocol: u8,
    /// Who asks.
    pub client: Party,
    /// Who answers.
    pub server: Party,
    /// VLAN ids, outermost first.
    pub vlans: Vec<u16>,
}

/// A conversation as one frame of it shows it: an address can be forged, a network card or hop count tells.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The conversation.
    pub conversation: &'a Conversation,
    /// Network card that sent the frame which completed the message.
    pub mac: Option<[u8; 6]>,
    /// Time to live (IPv4) or hop limit (IPv6) of that frame.
    pub ttl: u8,
    /// True when the frame was sent by the client.
    pub from_client: bool,
}
