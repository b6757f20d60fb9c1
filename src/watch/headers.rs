//! The headers below the protocol, as lines of the decoded tree.

use std::net::SocketAddr;

use tapglass_model::snapshot::FieldLine;

use crate::capture::{Frame, LinkType};
use crate::conversation::mac_text;
use crate::link::{self, NoPacket, Packet};

/// What the headers of a frame say.
#[derive(Default)]
pub(super) struct Headers {
    pub(super) source: Option<SocketAddr>,
    pub(super) destination: Option<SocketAddr>,
    pub(super) fields: Vec<FieldLine>,
    /// One line, for frames without a message.
    pub(super) summary: String,
    pub(super) problem: String,
}

fn line(depth: u8, name: &str, text: String, start: u32, length: u32, clause: &str) -> FieldLine {
    FieldLine {
        depth,
        name: name.to_owned(),
        text,
        start,
        length,
        clause: clause.to_owned(),
        ..FieldLine::default()
    }
}

/// Reads the headers.
pub(super) fn read(frame: &Frame<'_>) -> Headers {
    match link::packet(frame) {
        Ok(packet) => of_packet(frame, &packet),
        Err(why) => none(why),
    }
}

fn none(why: NoPacket) -> Headers {
    let summary = match why {
        NoPacket::NotIp(kind) => format!("{} (EtherType {kind:#06x})", ether_type(kind)),
        NoPacket::OtherTransport(protocol) => format!("IP protocol {protocol}"),
        NoPacket::Short(what) => format!("the frame ends inside the {what}"),
        NoPacket::Malformed(what) => what.to_owned(),
        NoPacket::TooDeep(what) => what.to_owned(),
        NoPacket::LinkType(kind) => format!("link type {} is not read", kind.0),
    };
    Headers {
        problem: format!("No TCP or UDP in this frame: {summary}."),
        summary,
        ..Headers::default()
    }
}

/// Protocols beside IP that are met in plants.
const fn ether_type(kind: u16) -> &'static str {
    match kind {
        0x0806 => "ARP",
        0x88b8 => "GOOSE",
        0x88ba => "Sampled Values",
        0x8892 => "Profinet",
        0x88a4 => "EtherCAT",
        0x88cc => "LLDP",
        0x88f7 => "PTP",
        0x88fb => "PRP supervision",
        _ => "not IP",
    }
}

fn of_packet(frame: &Frame<'_>, packet: &Packet<'_>) -> Headers {
    let mut fields = Vec::new();
    let ip_length = packet.offset;
    if packet.tunnels > 0 {
        let shortest = if packet.source.is_ipv4() { 20 } else { 40 };
        let text = match packet.tunnels {
            1 => "one, with all that stands before the packet inside".to_owned(),
            more => format!("{more} within each other, with all that stands before the innermost packet"),
        };
        let length = ip_length.saturating_sub(shortest);
        fields.push(line(0, "Tunnel", text, 0, length, ""));
    } else if frame.link_type == LinkType::ETHERNET
        && let (Some(source), Some(destination)) = (packet.source_mac, packet.destination_mac)
    {
        let mut text = format!("{} > {}", mac_text(source), mac_text(destination));
        for id in packet.vlans.as_slice() {
            text.push_str(&format!("  VLAN {id}"));
        }
        let tags = u32::try_from(packet.vlans.as_slice().len()).unwrap_or(0) * 4;
        fields.push(line(0, "Ethernet", text, 0, 14 + tags, "IEEE 802.3"));
    }
    let start = fields.last().map_or(0, |before: &FieldLine| before.length);
    let (name, clause) = if packet.source.is_ipv4() {
        ("IPv4", "RFC 791")
    } else {
        ("IPv6", "RFC 8200")
    };
    let text = format!("{} > {}   TTL {}", packet.source, packet.destination, packet.ttl);
    fields.push(line(
        0,
        name,
        text,
        start,
        ip_length.saturating_sub(start),
        clause,
    ));
    let bytes = packet.payload;
    let word = |at: usize| match bytes.get(at..at + 2) {
        Some([high, low]) => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    let long = |at: usize| u32::from(word(at)) << 16 | u32::from(word(at + 2));
    let (source, destination) = (word(0), word(2));
    let mut summary = String::new();
    if packet.protocol == 6 {
        let flags = bytes.get(13).copied().unwrap_or(0);
        let names: Vec<&str> = [(2, "SYN"), (16, "ACK"), (8, "PSH"), (1, "FIN"), (4, "RST")]
            .into_iter()
            .filter(|(bit, _)| flags & bit != 0)
            .map(|(_, name)| name)
            .collect();
        let header = u32::from(bytes.get(12).copied().unwrap_or(0) >> 4) * 4;
        let size = packet.payload.len() as u64 - u64::from(header).min(packet.payload.len() as u64);
        let text = format!(
            "{source} > {destination}  seq {}  ack {}  [{}]  {size} bytes",
            long(4),
            long(8),
            names.join(" ")
        );
        fields.push(line(0, "TCP", text, ip_length, header, "RFC 9293"));
        summary = format!("TCP {source} > {destination} [{}] {size} bytes", names.join(" "));
    } else if packet.protocol == 17 {
        let size = packet.payload.len().saturating_sub(8);
        fields.push(line(
            0,
            "UDP",
            format!("{source} > {destination}  {size} bytes"),
            ip_length,
            8,
            "RFC 768",
        ));
        summary = format!("UDP {source} > {destination} {size} bytes");
    }
    Headers {
        source: Some(SocketAddr::new(packet.source, source)),
        destination: Some(SocketAddr::new(packet.destination, destination)),
        fields,
        summary,
        problem: String::new(),
    }
}
