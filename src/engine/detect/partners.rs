//! Who talks with whom, at first sight: public addresses, other ports, changed roles, many targets, other protocols.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use tapglass_model::SECOND;
use tapglass_proto::Direction;

use super::raise::Sight;
use super::{Engine, REMEMBERED};
use crate::conversation::{Context, Conversation};
use crate::plant::bind::Hasher;
use crate::plant::clock::{NEVER, span};
use crate::recognise::{Ends, Seen};
use crate::rules::detections;
use crate::site::Protocol;

/// Commands without any other message before a client is one that only writes.
pub(super) const WRITES: u32 = 10;
/// Clients that begin with the capture poll what they always poll.
const BEGINNING: i64 = 120 * SECOND;
/// Registered ports: Modbus and its secure form, DNP3 and its secure form, OPC UA and its secure form.
const PORTS: [(&str, &[u16]); 3] = [
    ("modbus", &[502, 802]),
    ("dnp3", &[20_000, 19_999]),
    ("opcua", &[4_840, 4_843]),
];

/// Who was seen in which role.
#[derive(Clone, Debug, Default)]
pub(super) struct Partners {
    /// Who talked with whom before: there is nothing new about them.
    known: HashSet<(IpAddr, IpAddr, u16, &'static str), Hasher>,
    servers: HashSet<(IpAddr, &'static str), Hasher>,
    clients: HashSet<(IpAddr, &'static str), Hasher>,
    /// Industrial protocols that a client speaks, a bit for each place in [`Partners::names`].
    spoken: HashMap<IpAddr, u64, Hasher>,
    names: Vec<&'static str>,
    /// Clients whose protocols were not counted because there was no room to remember them.
    pub(super) forgotten: u64,
}

impl Partners {
    /// One more protocol of a client; how many it speaks when this one is new.
    fn speaks(&mut self, ip: IpAddr, protocol: &'static str) -> Option<u32> {
        let place = self
            .names
            .iter()
            .position(|known| *known == protocol)
            .unwrap_or_else(|| {
                self.names.push(protocol);
                self.names.len() - 1
            });
        if place >= 64 || (self.spoken.len() >= REMEMBERED && !self.spoken.contains_key(&ip)) {
            self.forgotten += 1;
            return None;
        }
        let known = self.spoken.entry(ip).or_default();
        let new = *known & 1 << place == 0;
        *known |= 1 << place;
        new.then(|| known.count_ones())
    }
}

/// An address of the internet: none of those for private use, documentation, one link or a group.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_documentation()
                // Shared between a provider and its customers (RFC 6598), benchmarks (RFC 2544), reserved.
                || (a == 100 && b & 0xc0 == 64)
                || (a == 198 && b & 0xfe == 18)
                || a == 0
                || a >= 240)
        }
        // Only global unicast, without the prefix for documentation (RFC 4291 2.4, RFC 3849).
        IpAddr::V6(ip) => {
            let [first, second, ..] = ip.segments();
            first & 0xe000 == 0x2000 && !(first == 0x2001 && second == 0x0db8)
        }
    }
}

impl Engine {
    /// A conversation is recognised: what it says by its ends alone.
    pub fn opened(&mut self, conversation: &Conversation) {
        let ends = conversation;
        let (client, server) = (ends.client.ip, ends.server.ip);
        let protocol = ends.protocol;
        let known = &mut self.detect.partners.known;
        let pair = (client, server, ends.server.port, protocol);
        if known.contains(&pair) {
            return;
        }
        if known.len() < 2 * REMEMBERED {
            known.insert(pair);
        }
        let context = Context {
            conversation,
            mac: None,
            ttl: 0,
            from_client: true,
        };
        let sight = Sight::new(&context, 0, None).not_followed();
        if is_public(client) || is_public(server) {
            let outside = if is_public(client) { client } else { server };
            let note = outside.to_string();
            self.noticed("public-address", sight.told(&note));
        }
        if server.is_multicast() || server == IpAddr::from([255; 4]) {
            self.noticed("multicast", sight);
        }
        let registered = PORTS
            .iter()
            .any(|(name, ports)| *name == protocol && ports.contains(&ends.server.port));
        if !registered && !self.site_names(server, ends.server.port, protocol) {
            let note = format!("port {}", ends.server.port);
            self.noticed("other-port", sight.told(&note));
        }
        if conversation.transport.is_none() {
            match protocol {
                "modbus" => self.noticed("modbus-unprotected", sight),
                "dnp3" => self.noticed("dnp3-unprotected", sight),
                _ => {}
            }
        }
        self.roles(conversation, sight);
        if self.detect.partners.speaks(client, protocol) >= Some(3) {
            self.noticed("many-protocols", sight);
        }
        let started = self.pairs.started();
        if started != NEVER && span(started, self.now) > BEGINNING {
            self.noticed("many-targets", sight);
        }
    }

    fn site_names(&self, server: IpAddr, port: u16, protocol: &str) -> bool {
        self.site.devices.iter().any(|device| {
            device.host == Some(server)
                && device.port.is_none_or(|known| known == port)
                && match device.protocol {
                    Protocol::Modbus => protocol == "modbus",
                    Protocol::Dnp3 => protocol == "dnp3",
                    Protocol::OpcUa => protocol == "opcua",
                    // An export of a historian has no servers.
                    Protocol::Historian => false,
                }
        })
    }

    /// A server that asks others, or a client that answers.
    fn roles(&mut self, conversation: &Conversation, sight: Sight<'_>) {
        let protocol = conversation.protocol;
        let partners = &mut self.detect.partners;
        if partners.servers.len() + partners.clients.len() >= 2 * REMEMBERED {
            self.detect.forgotten += 1;
            return;
        }
        let (client, server) = (conversation.client.ip, conversation.server.ip);
        partners.servers.insert((server, protocol));
        partners.clients.insert((client, protocol));
        if client != server && partners.servers.contains(&(client, protocol)) {
            self.noticed("role-reversed", sight);
        }
    }

    /// A client has sent nothing but commands.
    pub(super) fn writes_only(&mut self, slot: usize, sight: Sight<'_>) {
        let unseen = self
            .pairs
            .pair_of(slot)
            .and_then(|pair| self.pairs.get(pair))
            // Another connection may read; and where only requests are captured, little is known.
            .is_none_or(|pair| pair.open > 1 || pair.heard[Direction::FromServer.index()].is_silent());
        if !unseen {
            self.noticed("client-only-writes", sight.of_server());
        }
    }

    /// A conversation that is recognised and not decoded is over.
    pub(in crate::engine) fn partner_recognised(&mut self, seen: &Seen) {
        let Ends::Network(conversation) = &seen.ends else {
            return;
        };
        let industrial = crate::recognise::is_industrial(seen.protocol);
        if industrial && self.detect.partners.speaks(conversation.client.ip, seen.protocol) >= Some(3) {
            self.talk_alarm("many-protocols", None, seen, conversation);
        }
        let numbers: Vec<u16> = self.detect.index.talks.to_vec();
        for number in numbers {
            let fits = detections::all()
                .get(usize::from(number))
                .is_some_and(|detection| detection.talks.iter().any(|talk| talk == seen.protocol));
            if fits {
                self.talk_alarm("", Some(number), seen, conversation);
            }
        }
    }

    /// Remote access and file transfer matter where one end is a device of the control network.
    fn talk_alarm(&mut self, name: &str, number: Option<u16>, seen: &Seen, conversation: &Conversation) {
        let known = |ip: IpAddr| {
            self.site.devices.iter().any(|device| device.host == Some(ip))
                || ["modbus", "dnp3", "opcua"]
                    .iter()
                    .any(|protocol| self.detect.partners.servers.contains(&(ip, *protocol)))
        };
        if number.is_some() && !known(conversation.client.ip) && !known(conversation.server.ip) {
            return;
        }
        self.frames_of(seen.frame);
        let context = Context {
            conversation,
            mac: None,
            ttl: 0,
            from_client: true,
        };
        let sight = Sight::new(&context, seen.frame, None)
            .told(seen.title)
            .not_followed();
        match number {
            Some(number) => self.sighted(number, sight),
            None => self.noticed(name, sight),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_internet_are_told_from_others() {
        for (ip, public) in [
            ("8.8.8.8", true),
            ("10.0.0.1", false),
            ("172.16.3.4", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("192.0.2.7", false),
            ("100.64.0.1", false),
            ("169.254.1.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2a00:1450::1", true),
            ("2001:db8::1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
            ("::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
    }

    #[test]
    fn protocols_are_counted_once_each() {
        let mut partners = Partners::default();
        let ip = IpAddr::from([10, 0, 0, 9]);
        for (protocol, count) in [
            ("modbus", Some(1)),
            ("modbus", None),
            ("dnp3", Some(2)),
            ("s7comm", Some(3)),
            ("dnp3", None),
        ] {
            assert_eq!(partners.speaks(ip, protocol), count, "{protocol}");
        }
    }
}
