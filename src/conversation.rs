//! Who talks with whom: the two ends of a conversation in the roles of its protocol.

use std::net::IpAddr;
use std::sync::OnceLock;

use base64::Engine as _;
use sha1::{Digest as _, Sha1};
use tapglass_proto::json::Writer;

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
#[derive(Clone, Debug)]
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
    /// What carries it, where that is not the protocol's own framing: `tls`.
    pub transport: Option<&'static str>,
    /// The members of a record that say all this, written once.
    members: OnceLock<Vec<u8>>,
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

/// A network card's address as text.
#[must_use]
pub fn mac_text(mac: [u8; 6]) -> String {
    let [a, b, c, d, e, f] = mac;
    format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
}

impl Party {
    /// Writes the object that records use for an end.
    pub fn json(&self, out: &mut Writer<'_>) {
        out.object(|out| {
            if let Some(mac) = self.mac {
                out.key("mac").string(&mac_text(mac));
            }
            out.key("ip").display(self.ip);
            out.key("port").u64(u64::from(self.port));
        });
    }
}

impl Conversation {
    /// A conversation between two ends.
    #[must_use]
    pub const fn new(
        number: u32,
        protocol: &'static str,
        ip_protocol: u8,
        client: Party,
        server: Party,
        vlans: Vec<u16>,
    ) -> Self {
        Self {
            number,
            protocol,
            ip_protocol,
            client,
            server,
            vlans,
            transport: None,
            members: OnceLock::new(),
        }
    }

    /// The Community ID v1 with seed 0: the same text for both directions and in every tool.
    #[must_use]
    pub fn community_id(&self) -> String {
        let octets = |ip: IpAddr| match ip {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        let mut ends = [
            (octets(self.client.ip), self.client.port),
            (octets(self.server.ip), self.server.port),
        ];
        ends.sort();
        let [(low, low_port), (high, high_port)] = ends;
        let mut hash = Sha1::new();
        hash.update([0, 0]);
        hash.update(low);
        hash.update(high);
        hash.update([self.ip_protocol, 0]);
        hash.update(low_port.to_be_bytes());
        hash.update(high_port.to_be_bytes());
        format!(
            "1:{}",
            base64::engine::general_purpose::STANDARD.encode(hash.finalize())
        )
    }

    /// The members `flow`, `client`, `server`, `vlan` and `protocol` of every record of this conversation, without braces.
    #[must_use]
    pub fn members(&self) -> &[u8] {
        self.members.get_or_init(|| {
            let mut bytes = Vec::new();
            let mut out = Writer::new(&mut bytes);
            out.key("flow").string(&self.community_id());
            self.client.json(out.key("client"));
            self.server.json(out.key("server"));
            if !self.vlans.is_empty() {
                out.key("vlan")
                    .array(|out| self.vlans.iter().for_each(|id| out.u64(u64::from(*id))));
            }
            out.key("protocol").string(self.protocol);
            bytes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn party(ip: &str, port: u16) -> Party {
        Party {
            mac: None,
            ip: ip.parse().unwrap(),
            port,
        }
    }

    #[test]
    fn community_ids_are_those_of_the_specification() {
        // The baseline examples of the Community ID specification, seed 0.
        let tcp = |client, server| Conversation::new(0, "modbus", 6, client, server, vec![]).community_id();
        assert_eq!(
            tcp(party("128.232.110.120", 34855), party("66.35.250.204", 80)),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
        );
        assert_eq!(
            tcp(party("66.35.250.204", 80), party("128.232.110.120", 34855)),
            "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
        );
    }
}
