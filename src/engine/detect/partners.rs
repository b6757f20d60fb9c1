//! Who talks with whom, at first sight: groups, other ports, changed roles, many targets, file transfer.

use std::net::IpAddr;

use hashbrown::HashSet;

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
        let numbers: Vec<u16> = self.detect.index.talks.to_vec();
        for number in numbers {
            let fits = detections::all()
                .get(usize::from(number))
                .is_some_and(|detection| detection.talks.iter().any(|talk| talk == seen.protocol));
            if fits {
                self.talk_alarm(number, seen, conversation);
            }
        }
    }

    /// Remote access and file transfer matter where one end is a device of the control network.
    fn talk_alarm(&mut self, number: u16, seen: &Seen, conversation: &Conversation) {
        let known = |ip: IpAddr| {
            self.site.devices.iter().any(|device| device.host == Some(ip))
                || ["modbus", "dnp3", "opcua"]
                    .iter()
                    .any(|protocol| self.detect.partners.servers.contains(&(ip, *protocol)))
        };
        if !known(conversation.client.ip) && !known(conversation.server.ip) {
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
        self.sighted(number, sight);
    }
}
