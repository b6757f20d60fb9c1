//! Who talks with whom: conversations and devices with their counts and identities, bounded.

mod beside;
mod device;
mod news;
mod pace;
mod talk;
mod touched;
mod weakness;
mod write;

use std::collections::BTreeMap;
use std::net::IpAddr;

use tapglass_model::{Action, CaptureTime, Outcome, Station};
use tapglass_proto::{Blind, BlindReason, Direction, Message, Operation};

use crate::conversation::{Context, Conversation};
use crate::recognise::{Ends, Seen, Traffic};

pub use beside::Beside;
pub use device::Device;
use device::{Behind, StationSeen};
pub use news::Wanted;
pub use talk::Talk;
pub use weakness::weakness_text;

/// Conversations that are listed one by one; further ones are counted only.
const CONVERSATIONS: usize = 10_000;
/// Devices that are listed.
const DEVICES: usize = 10_000;
/// Stations that are told apart behind one address; Modbus has 248 unit ids, DNP3 gateways a few hundred outstations.
const STATIONS: usize = 1024;

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

    /// Conversations of protocols that are recognised and not decoded.
    pub fn others(&self) -> impl Iterator<Item = &Seen> {
        self.others.iter()
    }

    /// Office protocols and TLS by address, and whether the address serves or uses them.
    #[must_use]
    pub fn services(&self) -> BTreeMap<IpAddr, Vec<(&'static str, bool)>> {
        let mut by_address = BTreeMap::<IpAddr, Vec<(&'static str, bool)>>::new();
        for other in self.others.iter().filter(|seen| !seen.industrial) {
            let Ends::Network(conversation) = &other.ends else {
                continue;
            };
            for (party, serves) in [(conversation.client, false), (conversation.server, true)] {
                let services = by_address.entry(party.ip).or_default();
                if let Err(place) = services.binary_search(&(other.protocol, serves)) {
                    services.insert(place, (other.protocol, serves));
                }
            }
        }
        by_address
    }

    /// Time of the latest message.
    #[must_use]
    pub const fn now(&self) -> CaptureTime {
        self.now
    }

    /// What is not listed because the lists are full; none while they hold everybody.
    #[must_use]
    pub fn shortfall(&self) -> Option<String> {
        (self.unlisted + self.unlisted_messages > 0).then(|| {
            format!(
                "The list of hosts is full: {} later conversations and some of their hosts are not listed. Rules watch them all.",
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
        self.talks.insert(conversation.number, Talk::new(conversation));
    }

    /// A message was heard.
    pub fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        self.now = self.now.max(message.at);
        let conversation = context.conversation;
        if let Some(talk) = self.talks.get_mut(&conversation.number) {
            talk.hears(message);
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
                device.speaks(message.at, message.frame, context.mac.or(party.mac));
                if !asks {
                    device.serves_at(party.port);
                }
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
        let commands = commands(operation.action);
        if let Some(talk) = self.talks.get_mut(&conversation.number) {
            if commands {
                talk.written.add(operation);
            } else if operation.action == Action::Report {
                talk.read.add(operation);
            }
        }
        if commands {
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
        if !device.behind.contains_key(&behind) {
            device.news = true;
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
        let secures = key.starts_with("security") || key.starts_with("user");
        if let Some(talk) = self.talks.get_mut(&conversation.number) {
            if secures {
                talk.secures(key, value);
            } else if key.starts_with("certificate") {
                talk.certifies(of, key, value);
            }
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
            device.says(key, value);
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
                talk.secures("encrypted", "yes");
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
                device.uses(party.mac);
                if of == Direction::FromServer {
                    device.serves_at(party.port);
                }
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
            talk.news = true;
            // Of one that cannot be read nothing tells the time but this.
            if talk.messages == [0, 0] && talk.transport.is_some() {
                talk.seen = (talk.seen.0.min(at), talk.seen.1.max(at));
            }
        }
    }

    /// A conversation of a protocol that is not decoded is over.
    pub fn recognised(&mut self, seen: Seen) {
        if seen.industrial
            && let Ends::Network(conversation) = &seen.ends
        {
            for of in [Direction::FromClient, Direction::FromServer] {
                let party = party(conversation, of);
                if let Some(device) = self.device(party.ip, seen.seen.0) {
                    device.seen = (device.seen.0.min(seen.seen.0), device.seen.1.max(seen.seen.1));
                    device.frame = device.frame.max(seen.frame);
                    device.uses(party.mac);
                    device.takes_part(role_name(seen.protocol, of), seen.protocol);
                    if of == Direction::FromServer {
                        device.serves_at(party.port);
                    }
                }
            }
        }
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
        Some(self.devices.entry(ip).or_insert_with(|| Device::new(at)))
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
