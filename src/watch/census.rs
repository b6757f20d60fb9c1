//! Who talks with whom: conversations and devices with their counts and identities, bounded.

use std::collections::BTreeMap;
use std::net::IpAddr;

use tapglass_model::{Action, CaptureTime, Station};
use tapglass_proto::{Blind, BlindReason, Direction, Message, Operation};

use crate::conversation::{Context, Conversation, mac_text};
use crate::records::{Captures, write_line};

/// Conversations that are listed one by one; further ones are counted only.
const CONVERSATIONS: usize = 10_000;
/// Devices that are listed.
const DEVICES: usize = 10_000;
/// Functions that are counted one by one in a conversation.
const FUNCTIONS: usize = 64;

/// One conversation.
#[derive(Debug)]
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
    frame: u64,
}

/// One address.
#[derive(Debug)]
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
    frame: u64,
}

/// How often something happens, in capture time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    since: Option<CaptureTime>,
    count: u32,
    last: Option<(CaptureTime, f64)>,
}

impl Pace {
    /// Over how long it is measured, in nanoseconds.
    const SPAN: i64 = 10_000_000_000;

    fn happens(&mut self, at: CaptureTime) {
        let since = *self.since.get_or_insert(at);
        let passed = at.since(since);
        if passed >= Self::SPAN {
            self.last = Some((at, f64::from(self.count) * 1e9 / nanoseconds(passed)));
            self.since = Some(at);
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Times a second, lately; none when it never happened for long enough to tell.
    #[must_use]
    pub fn per_second(&self, now: CaptureTime) -> Option<f64> {
        let (at, pace) = self.last?;
        let stopped = now.since(at) >= Self::SPAN * 3;
        Some(if stopped { 0.0 } else { pace })
    }
}

/// Everybody who was heard.
#[derive(Debug, Default)]
pub struct Census {
    talks: BTreeMap<u32, Talk>,
    devices: BTreeMap<IpAddr, Device>,
    /// Conversations that are counted but not listed.
    pub unlisted: u64,
    /// Messages of addresses that are not listed.
    pub unlisted_messages: u64,
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
                frame: 0,
            },
        );
    }

    /// A message was heard.
    pub fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let conversation = context.conversation;
        if let Some(talk) = self.talks.get_mut(&conversation.number) {
            talk.seen = (talk.seen.0.min(message.at), talk.seen.1.max(message.at));
            talk.frame = message.frame;
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
            if !device.roles.contains(&role) {
                device.roles.push(role);
            }
            if !device.protocols.contains(&conversation.protocol) {
                device.protocols.push(conversation.protocol);
            }
        }
    }

    /// A point, a station or a server was commanded, or reported its values.
    pub fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        let conversation = context.conversation;
        if commands(operation.action) {
            for ip in [conversation.client.ip, conversation.server.ip] {
                if let Some(device) = self.device(ip, operation.at) {
                    device.writes += 1;
                }
            }
        }
        let text = match operation.station {
            Station::Server => return,
            other => other.to_string(),
        };
        if let Some(device) = self.device(conversation.server.ip, operation.at)
            && device.stations.len() < 256
            && !device.stations.contains(&text)
        {
            device.stations.push(text);
        }
    }

    /// Somebody says who it is.
    pub fn identity(&mut self, context: &Context<'_>, of: Direction, key: &'static str, value: &str) {
        let conversation = context.conversation;
        if key.starts_with("security") || key == "user" {
            if let Some(talk) = self.talks.get_mut(&conversation.number) {
                talk.security.insert(key, value.to_owned());
            }
            return;
        }
        let party = if of == Direction::FromClient {
            conversation.client
        } else {
            conversation.server
        };
        if let Some(device) = self.devices.get_mut(&party.ip) {
            device.identity.insert(key, value.to_owned());
        }
    }

    /// A stretch of a conversation was not seen.
    pub fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        if let Some(talk) = self.talks.get_mut(&context.conversation.number) {
            talk.complete = false;
            if blind.reason == BlindReason::Encrypted {
                talk.security.insert("encrypted", "yes".to_owned());
            }
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
            frame: 0,
        }))
    }

    /// Writes the `conversation` records.
    pub fn write_conversations(&self, out: &mut Vec<u8>, captures: &Captures) {
        for talk in self.talks.values().filter(|talk| talk.messages != [0, 0]) {
            let captures_only = captures.without_frame(talk.frame);
            write_line(out, captures, "conversation", talk.seen.1, captures_only, |out| {
                out.members(talk.conversation.members());
                out.key("first_seen").time(talk.seen.0);
                out.key("last_seen").time(talk.seen.1);
                let [client, server] = talk.messages;
                out.key("client_messages").u64(client);
                out.key("server_messages").u64(server);
                let [client, server] = talk.bytes;
                out.key("client_bytes").u64(client);
                out.key("server_bytes").u64(server);
                out.key("functions").object(|out| {
                    for (name, count) in &talk.functions {
                        out.key(name).u64(*count);
                    }
                });
                if !talk.security.is_empty() {
                    out.key("security").object(|out| {
                        for (name, value) in &talk.security {
                            out.key(name).string(value);
                        }
                    });
                }
                out.key("complete").bool(talk.complete);
            });
        }
    }

    /// Writes the `device` records; `name` gives the site's name of an address.
    pub fn write_devices(
        &self,
        out: &mut Vec<u8>,
        captures: &Captures,
        name: &dyn Fn(IpAddr) -> Option<String>,
    ) {
        for (ip, device) in &self.devices {
            let captures_only = captures.without_frame(device.frame);
            write_line(out, captures, "device", device.seen.1, captures_only, |out| {
                if let Some(name) = name(*ip) {
                    out.key("name").string(&name);
                }
                if let Some(mac) = device.mac {
                    out.key("mac").string(&mac_text(mac));
                }
                out.key("ip").display(ip);
                out.key("roles")
                    .array(|out| device.roles.iter().for_each(|role| out.string(role)));
                out.key("protocols")
                    .array(|out| device.protocols.iter().for_each(|name| out.string(name)));
                if !device.stations.is_empty() {
                    out.key("stations")
                        .array(|out| device.stations.iter().for_each(|name| out.string(name)));
                }
                if !device.identity.is_empty() {
                    out.key("identity").object(|out| {
                        for (key, value) in &device.identity {
                            out.key(key).string(value);
                        }
                    });
                }
                out.key("first_seen").time(device.seen.0);
                out.key("last_seen").time(device.seen.1);
            });
        }
    }
}

/// A span as a number to calculate with; its rounding is far below what a screen shows.
#[expect(clippy::cast_precision_loss, reason = "spans of seconds to days")]
const fn nanoseconds(span: i64) -> f64 {
    span as f64
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
