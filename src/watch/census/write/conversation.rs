//! The `conversation` record.

use tapglass_proto::json::Writer;

use super::super::touched::Touched;
use super::super::weakness::{facts, weaknesses};
use super::super::{Beside, Talk};
use super::{pairs, seen, strings};
use crate::conversation::mac_text;
use crate::recognise::{Ends, Seen, Traffic};
use crate::records::{Captures, write_line};

fn traffic(out: &mut Writer<'_>, traffic: Traffic) {
    // Unknown while the conversation goes on, and of a second one in the same flow.
    if traffic.frames > 0 {
        out.key("frames").u64(traffic.frames);
        out.key("bytes").u64(traffic.bytes);
    }
}

/// Writes the record of a conversation that is decoded or known to be encrypted.
pub(in super::super) fn write_talk(out: &mut Vec<u8>, captures: &Captures, beside: &Beside<'_>, talk: &Talk) {
    let captures_only = captures.without_frame(talk.frame);
    write_line(out, captures, "conversation", talk.seen.1, captures_only, |out| {
        out.members(talk.conversation.members());
        if let Some(transport) = talk.transport {
            out.key("transport").string(transport);
        }
        seen(out, talk.seen);
        traffic(out, talk.traffic);
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
        points(out, talk);
        security(out, talk);
        if let Some((from, to, allowed)) = beside.zones(talk) {
            out.key("zones").object(|out| {
                out.key("from").string(from.unwrap_or("outside"));
                out.key("to").string(to.unwrap_or("outside"));
                out.key("allowed").bool(allowed);
            });
        }
        out.key("decoded").bool(talk.messages != [0, 0]);
        out.key("complete").bool(talk.complete);
    });
}

fn points(out: &mut Writer<'_>, talk: &Talk) {
    let (read, written) = (&talk.read, &talk.written);
    if read.is_empty() && written.is_empty() {
        return;
    }
    let list = |out: &mut Writer<'_>, key: &str, touched: &Touched| {
        if !touched.is_empty() {
            out.key(key).array(|out| touched.each(|point| out.string(point)));
        }
    };
    out.key("points").object(|out| {
        list(out, "read", read);
        list(out, "written", written);
        if read.has_more() || written.has_more() {
            out.key("more").bool(true);
        }
    });
}

fn security(out: &mut Writer<'_>, talk: &Talk) {
    if let Some(authentication) = talk.authentication() {
        out.key("authentication").string(authentication);
    }
    if let Some(encryption) = talk.encryption() {
        out.key("encryption").string(encryption);
    }
    if !talk.security.is_empty() {
        pairs(out.key("security"), talk.security.iter());
    }
    let [client, server] = &talk.certificates;
    if !client.is_empty() || !server.is_empty() {
        out.key("certificates").object(|out| {
            for (end, certificate) in [("client", client), ("server", server)] {
                if certificate.is_empty() {
                    continue;
                }
                out.key(end).object(|out| {
                    for (key, value) in certificate {
                        let key = key.strip_prefix("certificate_").unwrap_or("sha1");
                        out.key(key).string(value);
                    }
                });
            }
        });
    }
    let found = talk.weaknesses();
    if !found.is_empty() {
        strings(out.key("weaknesses"), found.into_iter());
    }
}

impl Talk {
    /// What is weak about how it is protected, in words that do not change.
    #[must_use]
    pub fn weaknesses(&self) -> Vec<&'static str> {
        let [client, server] = &self.certificates;
        weaknesses(facts(&self.security).chain(facts(client)).chain(facts(server)))
    }
}

/// Writes the record of a conversation that is recognised and not decoded.
pub(super) fn write_other(out: &mut Vec<u8>, captures: &Captures, other: &Seen) {
    let captures_only = captures.without_frame(other.frame);
    write_line(
        out,
        captures,
        "conversation",
        other.seen.1,
        captures_only,
        |out| {
            match &other.ends {
                Ends::Network(conversation) => {
                    out.members(conversation.members());
                    out.key("transport").string(if conversation.ip_protocol == 6 {
                        "tcp"
                    } else {
                        "udp"
                    });
                }
                Ends::Link {
                    source,
                    destination,
                    vlans,
                } => {
                    for (key, mac) in [("client", source), ("server", destination)] {
                        out.key(key).object(|out| out.key("mac").string(&mac_text(*mac)));
                    }
                    if !vlans.is_empty() {
                        out.key("vlan")
                            .array(|out| vlans.iter().for_each(|id| out.u64(u64::from(*id))));
                    }
                    out.key("protocol").string(other.protocol);
                    out.key("transport").string("ethernet");
                }
            }
            out.key("name").string(other.title);
            seen(out, other.seen);
            traffic(out, other.traffic);
            if let Some(facts) = &other.tls {
                facts.json(out.key("tls"));
            }
            if let Some(secret) = other.secret {
                strings(out.key("weaknesses"), std::iter::once(secret.name()));
            }
            out.key("decoded").bool(false);
        },
    );
}
