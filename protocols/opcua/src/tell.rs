//! Telling the sink: one record for each message, and what it says of who speaks.

use alloc::string::ToString;

use tapglass_model::Station;
use tapglass_proto::{BlindReason, Body, Direction, Function, Message, Status};

use crate::application::Application;
use crate::body::{Content, MessageBody};
use crate::certificate::Thumbprint;
use crate::context::Context;
use crate::fault::Fault;
use crate::frame::{FrameType, Greeting, HEADER};
use crate::lift;
use crate::names;
use crate::pending::Asked;
use crate::security::Policy;
use crate::services::{Role, id};
use crate::session::Conversation;
use crate::whole::Whole;
use crate::x509::Stated;

/// What is odd about one message.
#[derive(Default)]
pub(crate) struct Odd {
    names: [&'static str; 5],
    count: usize,
}

impl Odd {
    pub(crate) fn add(&mut self, name: &'static str) {
        if let Some(place) = self.names.get_mut(self.count) {
            *place = name;
            self.count += 1;
        }
    }

    pub(crate) fn names(&self) -> &[&'static str] {
        self.names.get(..self.count).unwrap_or_default()
    }
}

/// What is said of a message beside its body.
#[derive(Default)]
pub(crate) struct Said<'a> {
    pub(crate) function: Option<Function<'static>>,
    pub(crate) status: Option<u32>,
    pub(crate) asked: Option<&'a Asked>,
    pub(crate) anomalies: &'a [&'static str],
}

impl Conversation {
    /// Tells the sink of one message.
    pub(crate) fn tell(
        &self,
        context: &mut Context<'_>,
        whole: &Whole<'_>,
        said: &Said<'_>,
        content: Content<'_>,
    ) {
        let kind = match (whole.kind, &content) {
            (FrameType::Hello, _) => "hello",
            (FrameType::Acknowledge, _) => "acknowledge",
            (FrameType::Error, _) => "error",
            (FrameType::ReverseHello, _) => "reverse_hello",
            (FrameType::Open, _) => "open",
            (FrameType::Close, _) => "close",
            (FrameType::Message, Content::Service { message, .. }) => match message.role {
                Role::Request => "request",
                Role::Response | Role::Fault => "response",
            },
            (FrameType::Message, _) if whole.from == Direction::FromClient => "request",
            (FrameType::Message, _) => "response",
        };
        let status = said.status.map(|code| Status {
            code,
            name: names::status(code),
        });
        let body = MessageBody {
            whole,
            content,
            memory: context.memory,
            depth: self.limits.depth,
        };
        context.out.message(&Message {
            at: context.at,
            frame: context.frame,
            pieces: whole.pieces,
            from: whole.from,
            station: Some(Station::Server),
            transport: self.transport,
            kind,
            function: said.function,
            status,
            response_to: said.asked.map(|asked| asked.frame),
            latency: said.asked.map(|asked| context.at.since(asked.at)),
            anomalies: said.anomalies,
            bytes: whole.bytes,
            body: &body as &dyn Body,
        });
    }

    /// HEL, ACK, ERR or RHE.
    pub(crate) fn greeting(
        &mut self,
        context: &mut Context<'_>,
        whole: &Whole<'_>,
        greeting: Result<Option<Greeting<'_>>, Fault>,
    ) {
        let mut odd = Odd::default();
        let greeting = match greeting {
            Ok(greeting) => greeting,
            Err(fault) => {
                odd.add("malformed_body");
                let letters = whole.kind.letters();
                context.anomaly(
                    whole.from,
                    "malformed_body",
                    whole.bytes,
                    format_args!("{letters} cannot be read to its end: {fault}"),
                );
                None
            }
        };
        let end = greeting.map_or(whole.bytes.len(), |greeting| HEADER + greeting.length());
        let left = whole.bytes.len().saturating_sub(end);
        if left > 0 {
            odd.add("bytes_after_body");
            let letters = whole.kind.letters();
            context.anomaly(
                whole.from,
                "bytes_after_body",
                whole.bytes,
                format_args!("{left} bytes follow {letters}"),
            );
        }
        let said = Said {
            status: match greeting {
                Some(Greeting::Error { code, .. }) => Some(code),
                _ => None,
            },
            anomalies: odd.names(),
            ..Said::default()
        };
        self.tell(context, whole, &said, Content::Greeting(greeting));
    }

    /// A message that cannot be read.
    pub(crate) fn encrypted(&mut self, context: &mut Context<'_>, whole: &Whole<'_>) {
        let mut said = Said::default();
        if whole.kind == FrameType::Open {
            said.function = Some(match whole.from {
                Direction::FromClient => Function {
                    code: id::OPEN_REQUEST,
                    name: "OpenSecureChannelRequest",
                },
                Direction::FromServer => Function {
                    code: id::OPEN_RESPONSE,
                    name: "OpenSecureChannelResponse",
                },
            });
            self.tell(context, whole, &said, Content::Encrypted);
            self.identify_channel(context, whole);
            return;
        }
        self.tell(context, whole, &said, Content::Encrypted);
        let size = whole.bytes.len() as u64 + whole.dropped;
        self.hidden.add(context.at, whole.from, size);
        let direction = self.sender(whole.from);
        let doubtful = self.way(direction).doubtful;
        let channel = self.channels.get(whole.channel.unwrap_or(0));
        // What is read first in the middle of a connection may be the end of a message and no encryption.
        if channel.policy == Policy::Unknown && channel.unreadable < 2 {
            return;
        }
        let first = !core::mem::replace(&mut channel.told_encrypted, true);
        let (id, policy) = (channel.id, channel.policy.name());
        let token = whole.token.unwrap_or(0);
        if let Some(keys) = context.keys.filter(|keys| !keys.is_empty()) {
            // A key that was not tried is no wrong key: the next message tells.
            if doubtful || !self.decryption.tell(id, token) {
                channel.told_encrypted = !first;
                return;
            }
            let why = match keys.find(id, token, 0) {
                Some(_) => "the keys given for it do not fit",
                None => "no key is given for it",
            };
            context.blind(
                None,
                BlindReason::Encrypted,
                context.at,
                None,
                format_args!("token {token} of channel {id} is encrypted and {why}: its messages are counted and not read"),
            );
        } else if first {
            match policy {
                Some(policy) => context.blind(
                    None,
                    BlindReason::Encrypted,
                    context.at,
                    None,
                    format_args!(
                        "channel {id} is encrypted with {policy}: its messages are counted and not read"
                    ),
                ),
                None => context.blind(
                    None,
                    BlindReason::Encrypted,
                    context.at,
                    None,
                    format_args!(
                        "channel {id} was opened before the capture and its messages cannot be read"
                    ),
                ),
            }
        }
        if !first {
            return;
        }
        context.out.identity(
            Direction::FromServer,
            Station::Server,
            "security_mode",
            "SignAndEncrypt",
        );
    }

    /// What an OPN says of policy and certificates.
    pub(crate) fn identify_channel(&mut self, context: &mut Context<'_>, whole: &Whole<'_>) {
        let Some(open) = whole.open else { return };
        if let Some(policy) = Policy::of(open.policy).name() {
            context
                .out
                .identity(Direction::FromServer, Station::Server, "security_policy", policy);
        }
        // The sender shows its own certificate and names that of the other side.
        let own = open
            .certificate
            .filter(|chain| !chain.is_empty())
            .map(Thumbprint::of);
        let others = open
            .thumbprint
            .and_then(|thumbprint| thumbprint.try_into().ok())
            .map(Thumbprint);
        for (of, thumbprint) in [(whole.from, own), (whole.from.turned(), others)] {
            if let Some(thumbprint) = thumbprint {
                let text = thumbprint.to_string();
                context.out.identity(of, Station::Server, "certificate", &text);
            }
        }
        if let Some(stated) = open.certificate.and_then(Stated::of) {
            let until = stated.until.to_string();
            let trouble = stated.trouble(context.at);
            let issuer = if stated.self_signed {
                "itself"
            } else {
                &stated.issuer
            };
            for (key, value) in [
                ("certificate_subject", stated.subject.as_str()),
                ("certificate_issuer", issuer),
                ("certificate_until", &until),
                ("certificate_validity", trouble.unwrap_or("valid")),
                ("certificate_key", &stated.key),
                ("certificate_hash", stated.hash),
            ] {
                if !value.is_empty() {
                    context.out.identity(whole.from, Station::Server, key, value);
                }
            }
        }
    }

    /// Says how a channel is protected when it is used for more than finding servers, which needs no protection
    /// (OPC 10000-4 5.5.1).
    pub(crate) fn say_mode(
        &mut self,
        context: &mut Context<'_>,
        whole: &Whole<'_>,
        message: &Application<'_>,
    ) {
        let Some(mode) = whole.mode.name() else { return };
        let discovery = message.service.is_none_or(|service| {
            matches!(
                service.name,
                "GetEndpoints" | "FindServers" | "FindServersOnNetwork"
            )
        });
        if whole.kind != FrameType::Message || discovery {
            return;
        }
        let channel = self.channels.get(whole.channel.unwrap_or(0));
        if channel.told_mode != whole.mode {
            channel.told_mode = whole.mode;
            context
                .out
                .identity(Direction::FromServer, Station::Server, "security_mode", mode);
        }
    }

    /// A message that its sender gave up.
    pub(crate) fn aborted(&mut self, context: &mut Context<'_>, whole: &Whole<'_>) {
        let error = Greeting::read_error(&mut tapglass_proto::Cursor::new(whole.body)).ok();
        let asked = self.exchange.pending.take(whole);
        let status = match error {
            Some(Greeting::Error { code, .. }) => Some(code),
            _ => None,
        };
        let said = Said {
            status,
            asked: asked.as_ref(),
            ..Said::default()
        };
        self.tell(context, whole, &said, Content::Aborted(error));
        if let Some(asked) = asked {
            lift::aborted(context, &asked, status);
            self.exchange.pending.recycle(asked);
        }
    }
}
