//! Who talks with whom: conversations and devices with their counts and identities, bounded.

mod pace;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use tapglass_model::{Action, CaptureTime, Outcome, Station};
use tapglass_proto::{Blind, BlindReason, Direction, Message, Operation};

use crate::conversation::{Context, Conversation};
use crate::recognise::{Seen, Traffic};

use pace::Pace;

/// Conversations that are listed one by one; further ones are counted only.
const CONVERSATIONS: usize = 10_000;
/// Devices that are listed.
const DEVICES: usize = 10_000;
/// Functions that are counted one by one in a conversation.
const FUNCTIONS: usize = 64;
/// Stations that are told apart behind one address; Modbus has 248 unit ids, DNP3 gateways a few hundred outstations.
const STATIONS: usize = 1024;
/// Different values of one kind of security that are kept for an address.
const SECURITY: usize = 8;

/// One conversation.
#[derive(Clone, Debug)]
pub struct Talk {
    /// Its two ends.
    pub conversation: Conversation,
    /// First and last message.
    pub seen: (CaptureTime, CaptureTime),
    /// Messages of client and server.
    pub messages: [u64; 2],
    /// Bytes of these messages, also of those that cannot be read.
    pub bytes: [u64; 2],
    /// Exceptions and refusals among the answers.
    pub refusals: u64,
    /// Uses of each function.
    pub functions: BTreeMap<String, u64>,
    /// Security as negotiated.
    pub security: BTreeMap<&'static str, String>,
    /// Nothing of it was missed.
    pub complete: bool,
    /// What carries it, in the word of messages.
    pub transport: Option<&'static str>,
    /// What it carried, once it is over.
    pub traffic: Traffic,
    frame: u64,
}

impl Talk {
    /// There was a message, or it is known to be there although nothing of it can be read.
    #[must_use]
    pub fn was_heard(&self) -> bool {
        self.messages != [0, 0] || self.conversation.transport.is_some()
    }
}

/// Who stands behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Behind {
    /// Modbus unit id.
    Unit(u8),
    /// DNP3 link address.
    Link(u16),
    /// OPC UA server at this port.
    Port(u16),
}

/// What is known of a station behind an address.
#[derive(Clone, Debug)]
struct StationSeen {
    role: &'static str,
    protocol: &'static str,
    identity: BTreeMap<&'static str, String>,
    seen: (CaptureTime, CaptureTime),
}

/// One address.
#[derive(Clone, Debug)]
pub struct Device {
    /// Network card that it used last.
    pub mac: Option<[u8; 6]>,
    /// Roles in the words of the protocols.
    pub roles: Vec<&'static str>,
    /// Protocols.
    pub protocols: Vec<&'static str>,
    /// Units and link addresses behind it.
    pub stations: Vec<String>,
    /// What it says of itself.
    pub identity: BTreeMap<&'static str, String>,
    /// First and last message.
    pub seen: (CaptureTime, CaptureTime),
    /// How often it reads or is read.
    pub reads: Pace,
    /// Writes and commands that it sent or got.
    pub writes: u64,
    /// Exceptions and refusals that it sent or got.
    pub refusals: u64,
    /// Authentication and encryption in use, by kind.
    security: BTreeMap<&'static str, BTreeSet<String>>,
    behind: BTreeMap<Behind, StationSeen>,
    frame: u64,
}

/// Everybody who was heard.
#[derive(Clone, Debug, Default)]
pub struct Census {
    talks: BTreeMap<u32, Talk>,
    /// Conversations of protocols that are recognised and not decoded.
    others: Vec<Seen>,
    devices: BTreeMap<IpAddr, Device>,
    /// Conversations that are counted but not listed.
    pub unlisted: u64,
    /// Messages of addresses that are not listed.
    pub unlisted_messages: u64,
    /// Time of the latest message.
    now: CaptureTime,
}

impl Device {
    fn takes_part(&mut self, role: &'static str, protocol: &'static str) {
        if !self.roles.contains(&role) {
            self.roles.push(role);
        }
        if !self.protocols.contains(&protocol) {
            self.protocols.push(protocol);
        }
    }

    fn secures(&mut self, key: &'static str, value: &str) {
        let values = self.security.entry(key).or_default();
        if values.len() < SECURITY && !values.contains(value) {
            values.insert(value.to_owned());
        }
    }
}

/// One end of a conversation by its role.
const fn party(conversation: &Conversation, of: Direction) -> crate::conversation::Party {
    match of {
        Direction::FromClient => conversation.client,
        Direction::FromServer => conversation.server,
    }
}

impl Census {
    /// The conversations, in order of first sight.
    pub fn talks(&self) -> impl Iterator<Item = &Talk> {
        self.talks.values()
    }

    /// The devices by address.
    pub fn devices(&self) -> impl Iterator<Item = (&IpAddr, &Device)> {
        self.devices.iter()
    }

    /// What is not listed because the lists are full; none while they hold everybody.
    #[must_use]
    pub fn shortfall(&self) -> Option<String> {
        (self.unlisted + self.unlisted_messages > 0).then(|| {
            format!(
                "Hosts is full: {} later conversations and some of their hosts are not listed. Rules watch them all.",
                self.unlisted
            )
        })
    }

    /// A conversation was recognised.
    pub fn opened(&mut self, conversation: &Conversation) {
        if self.talks.len() >= CONVERSATIONS {
            self.unlisted += 1;
            return;
        }
        self.talks.insert(
            conversation.number,
            Talk {
                conversation: conversation.clone(),
                seen: (CaptureTime(i64::MAX), CaptureTime(i64::MIN)),
                messages: [0; 2],
                bytes: [0; 2],
                refusals: 0,
                functions: BTreeMap::new(),
                security: BTreeMap::new(),
                complete: true,
                transport: conversation.transport,
                traffic: Traffic::default(),
                frame: 0,
            },
        );
    }

    /// A message was heard.
    pub fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        self.now = self.now.max(message.at);
        let conversation = context.conversation;
        if let Some(talk) = self.talks.get_mut(&conversation.number) {
            talk.seen = (talk.seen.0.min(message.at), talk.seen.1.max(message.at));
            talk.frame = message.frame;
            talk.transport = talk.transport.or(Some(message.transport.name()));
            if let Some(count) = talk.messages.get_mut(message.from.index()) {
                *count += 1;
            }
            if let Some(bytes) = talk.bytes.get_mut(message.from.index()) {
                *bytes += message.bytes.len() as u64;
            }
            if message.kind == "exception" {
                talk.refusals += 1;
            }
            if let Some(function) = message.function {
                let room = talk.functions.len() < FUNCTIONS;
                if let Some(count) = talk.functions.get_mut(function.name) {
                    *count += 1;
                } else if room {
                    talk.functions.insert(function.name.to_owned(), 1);
                }
            }
        }
        let asks = message.from == Direction::FromClient;
        let ends = [
            (conversation.client, Direction::FromClient),
            (conversation.server, Direction::FromServer),
        ];
        for (party, role) in ends {
            let sends = role == message.from;
            let role = role_name(conversation.protocol, role);
            let Some(device) = self.device(party.ip, message.at) else {
                continue;
            };
            if sends {
                device.seen = (device.seen.0.min(message.at), device.seen.1.max(message.at));
                device.mac = context.mac.or(device.mac).or(party.mac);
                device.frame = message.frame;
            }
            if message.kind == "exception" {
                device.refusals += 1;
            }
            if asks && message.function.is_some_and(|function| is_read(function.name)) {
                device.reads.happens(message.at);
            }
            device.takes_part(role, conversation.protocol);
        }
    }

    /// A point, a station or a server was commanded, or reported its values.
    pub fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        if operation.outcome == Outcome::Rejected && operation.action == Action::Report {
            // Nobody need be there: a gateway refuses for a unit that does not exist.
            return;
        }
        let conversation = context.conversation;
        if commands(operation.action) {
            for ip in [conversation.client.ip, conversation.server.ip] {
                if let Some(device) = self.device(ip, operation.at) {
                    device.writes += 1;
                }
            }
        }
        self.station(conversation, operation.station, operation.at);
    }

    /// A station was heard of: who stands behind the two addresses?
    fn station(&mut self, conversation: &Conversation, station: Station, at: CaptureTime) {
        let server = match station {
            Station::Server => return,
            Station::Unit(unit) => Behind::Unit(unit),
            Station::Link { master, outstation } => {
                self.behind(conversation, Direction::FromClient, Behind::Link(master), at);
                Behind::Link(outstation)
            }
        };
        self.behind(conversation, Direction::FromServer, server, at);
        if let Some(device) = self.devices.get_mut(&conversation.server.ip)
            && device.stations.len() < 256
        {
            let text = station.to_string();
            if !device.stations.contains(&text) {
                device.stations.push(text);
            }
        }
    }

    fn behind(
        &mut self,
        conversation: &Conversation,
        of: Direction,
        behind: Behind,
        at: CaptureTime,
    ) -> Option<&mut StationSeen> {
        let device = self.device(party(conversation, of).ip, at)?;
        if device.behind.len() >= STATIONS && !device.behind.contains_key(&behind) {
            return None;
        }
        let station = device.behind.entry(behind).or_insert_with(|| StationSeen {
            role: role_name(conversation.protocol, of),
            protocol: conversation.protocol,
            identity: BTreeMap::new(),
            seen: (at, at),
        });
        station.seen = (station.seen.0.min(at), station.seen.1.max(at));
        Some(station)
    }

    /// Somebody says who it is.
    pub fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        let conversation = context.conversation;
        let secures = key.starts_with("security") || key == "user";
        if secures && let Some(talk) = self.talks.get_mut(&conversation.number) {
            talk.security.insert(key, value.to_owned());
        }
        let at = self.now;
        if secures {
            for ip in [conversation.client.ip, conversation.server.ip] {
                if let Some(device) = self.device(ip, at) {
                    device.secures(key, value);
                }
            }
            return;
        }
        if let Some(device) = self.device(party(conversation, of).ip, at) {
            device.identity.insert(key, value.to_owned());
        }
        let behind = match (station, of) {
            (Station::Unit(unit), _) => Behind::Unit(unit),
            (Station::Link { master, .. }, Direction::FromClient) => Behind::Link(master),
            (Station::Link { outstation, .. }, Direction::FromServer) => Behind::Link(outstation),
            (Station::Server, Direction::FromServer) => Behind::Port(conversation.server.port),
            (Station::Server, Direction::FromClient) => return,
        };
        self.station(conversation, station, at);
        if let Some(station) = self.behind(conversation, of, behind, at) {
            station.identity.insert(key, value.to_owned());
        }
    }

    /// A stretch of a conversation was not seen.
    pub fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        self.now = self.now.max(blind.until);
        let conversation = context.conversation;
        let encrypted = blind.reason == BlindReason::Encrypted;
        if let Some(talk) = self.talks.get_mut(&conversation.number) {
            talk.complete = false;
            talk.frame = talk.frame.max(blind.frame);
            if encrypted {
                talk.seen = (talk.seen.0.min(blind.from), talk.seen.1.max(blind.until));
                talk.security.insert("encrypted", "yes".to_owned());
            }
        }
        if !encrypted {
            return;
        }
        // Of a conversation that cannot be read this is all that tells who takes part.
        for of in [Direction::FromClient, Direction::FromServer] {
            let party = party(conversation, of);
            if let Some(device) = self.device(party.ip, blind.from) {
                device.seen = (device.seen.0.min(blind.from), device.seen.1.max(blind.until));
                device.mac = device.mac.or(party.mac);
                device.takes_part(role_name(conversation.protocol, of), conversation.protocol);
                device.secures("encrypted", "yes");
                device.frame = device.frame.max(blind.frame);
            }
        }
    }

    /// A conversation is over.
    pub fn closed(&mut self, conversation: &Conversation, at: CaptureTime, traffic: Traffic) {
        if let Some(talk) = self.talks.get_mut(&conversation.number) {
            talk.traffic = traffic;
            // Of one that cannot be read nothing tells the time but this.
            if talk.messages == [0, 0] && talk.transport.is_some() {
                talk.seen = (talk.seen.0.min(at), talk.seen.1.max(at));
            }
        }
    }

    /// A conversation of a protocol that is not decoded is over.
    pub fn recognised(&mut self, seen: Seen) {
        if self.others.len() >= CONVERSATIONS {
            self.unlisted += 1;
        } else {
            self.others.push(seen);
        }
    }

    fn device(&mut self, ip: IpAddr, at: CaptureTime) -> Option<&mut Device> {
        if !self.devices.contains_key(&ip) && self.devices.len() >= DEVICES {
            self.unlisted_messages += 1;
            return None;
        }
        Some(self.devices.entry(ip).or_insert_with(|| Device {
            mac: None,
            roles: Vec::new(),
            protocols: Vec::new(),
            stations: Vec::new(),
            identity: BTreeMap::new(),
            seen: (at, at),
            reads: Pace::default(),
            writes: 0,
            refusals: 0,
            security: BTreeMap::new(),
            behind: BTreeMap::new(),
            frame: 0,
        }))
    }
}

/// True for the name of a function that reads; the protocols write it in their own letters.
fn is_read(function: &str) -> bool {
    function
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("read"))
}

/// True for what changes the plant or a device, in contrast to looking.
const fn commands(action: Action) -> bool {
    !matches!(
        action,
        Action::Report
            | Action::Identify
            | Action::Diagnose
            | Action::Login
            | Action::Browse
            | Action::Subscribe
            | Action::Other
    )
}

/// The role of an end in its protocol's words.
const fn role_name(protocol: &str, role: Direction) -> &'static str {
    match (protocol.as_bytes(), role) {
        (b"dnp3", Direction::FromClient) => "master",
        (b"dnp3", Direction::FromServer) => "outstation",
        (_, Direction::FromClient) => "client",
        (_, Direction::FromServer) => "server",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Party;

    #[test]
    fn a_list_that_is_full_says_so() {
        let party = Party {
            mac: None,
            ip: IpAddr::from([10, 0, 0, 1]),
            port: 502,
        };
        let mut census = Census::default();
        for number in 0..10_000 {
            census.opened(&Conversation::new(number, "modbus", 6, party, party, Vec::new()));
        }
        assert_eq!(census.shortfall(), None);
        census.opened(&Conversation::new(10_000, "modbus", 6, party, party, Vec::new()));
        let said = census.shortfall().unwrap_or_default();
        assert!(said.contains("1 later conversation"), "{said}");
    }
}
