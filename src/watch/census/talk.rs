//! What is known of a conversation.

use std::collections::BTreeMap;

use tapglass_model::CaptureTime;
use tapglass_proto::{Direction, Message};

use super::touched::Touched;
use crate::conversation::Conversation;
use crate::recognise::Traffic;

/// Functions that are counted one by one in a conversation.
const FUNCTIONS: usize = 64;
/// Longest list of users of one conversation.
const USERS: usize = 256;

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
    /// What the certificates of client and server say.
    pub(super) certificates: [BTreeMap<&'static str, String>; 2],
    /// Points that were read.
    pub(super) read: Touched,
    /// Points that were written or commanded.
    pub(super) written: Touched,
    pub(super) frame: u64,
    /// Something but counts and times has changed since it was told.
    pub(super) news: bool,
    /// When it was told last.
    pub(super) told: Option<CaptureTime>,
}

impl Talk {
    pub(super) fn new(conversation: &Conversation) -> Self {
        Self {
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
            certificates: [BTreeMap::new(), BTreeMap::new()],
            read: Touched::default(),
            written: Touched::default(),
            frame: 0,
            news: true,
            told: None,
        }
    }

    /// There was a message, or it is known to be there although nothing of it can be read.
    #[must_use]
    pub fn was_heard(&self) -> bool {
        self.messages != [0, 0] || self.conversation.transport.is_some()
    }

    pub(super) fn hears(&mut self, message: &Message<'_>) {
        self.seen = (self.seen.0.min(message.at), self.seen.1.max(message.at));
        self.frame = message.frame;
        self.transport = self.transport.or(Some(message.transport.name()));
        if let Some(count) = self.messages.get_mut(message.from.index()) {
            *count += 1;
        }
        if let Some(bytes) = self.bytes.get_mut(message.from.index()) {
            *bytes += message.bytes.len() as u64;
        }
        if message.kind == "exception" {
            self.refusals += 1;
        }
        let Some(function) = message.function else {
            return;
        };
        let room = self.functions.len() < FUNCTIONS;
        if let Some(count) = self.functions.get_mut(function.name) {
            *count += 1;
        } else if room {
            self.functions.insert(function.name.to_owned(), 1);
            self.news = true;
        }
    }

    /// Who logs on, or how messages are protected.
    pub(super) fn secures(&mut self, key: &'static str, value: &str) {
        let Some(known) = self.security.get_mut(key) else {
            self.security.insert(key, value.to_owned());
            self.news = true;
            return;
        };
        if known == value || known.split(", ").any(|one| one == value) {
            return;
        }
        // Several users of one connection are told together; of the rest the last counts.
        if !key.starts_with("user") {
            value.clone_into(known);
            self.news = true;
        } else if known.len() + value.len() < USERS {
            known.push_str(", ");
            known.push_str(value);
            self.news = true;
        }
    }

    /// What the certificate of one end says.
    pub(super) fn certifies(&mut self, of: Direction, key: &'static str, value: &str) {
        if let Some(facts) = self.certificates.get_mut(of.index())
            && facts.get(key).is_none_or(|known| known != value)
        {
            facts.insert(key, value.to_owned());
            self.news = true;
        }
    }

    /// How the ends make themselves known to each other; `None` where it is not seen.
    #[must_use]
    pub fn authentication(&self) -> Option<&str> {
        if let Some(token) = self.security.get("user_token") {
            return Some(token);
        }
        let decoded = self.messages != [0, 0];
        match self.conversation.protocol {
            "opcua" => None,
            "dnp3"
                if self
                    .functions
                    .keys()
                    .any(|name| name.starts_with("AUTHENTICATE_RE")) =>
            {
                Some("dnp3_secure_authentication")
            }
            _ if self.inside_tls() => Some("tls"),
            _ => decoded.then_some("none"),
        }
    }

    /// What keeps its content secret; `None` where it is not seen.
    #[must_use]
    pub fn encryption(&self) -> Option<&'static str> {
        if self.inside_tls() {
            return Some("tls");
        }
        match self.security.get("security_mode").map(String::as_str) {
            Some("SignAndEncrypt") => Some("opcua"),
            _ if self.messages == [0, 0] => None,
            _ => Some("none"),
        }
    }

    /// Every point that was read or reported, runs of them as one.
    pub fn each_read(&self, tell: impl FnMut(&str)) {
        self.read.each(tell);
    }

    /// Every point that was written or commanded, runs of them as one.
    pub fn each_written(&self, tell: impl FnMut(&str)) {
        self.written.each(tell);
    }

    fn inside_tls(&self) -> bool {
        self.conversation.transport == Some("tls")
    }
}
