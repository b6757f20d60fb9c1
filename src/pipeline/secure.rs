//! A flow inside TLS: followed as a conversation of its protocol where the port tells which, and never read.

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{Blind, BlindReason, Direction};

use super::Shared;
use super::ends::Ends;
use super::flow::{App, Flow};
use super::handler::Handler;
use super::hints::Hinted;
use super::identify::{Candidate, Care, Held, Told};
use super::search::Search;
use super::session;
use crate::conversation::{Context, Conversation};
use crate::flow::Delivery;
use crate::recognise::tls::{Fed, Stream};
use crate::recognise::{self, Seen, TLS_PLACE, recogniser};
use crate::registry::PROTOCOLS;

/// Such a flow.
#[derive(Clone)]
pub(super) struct Secure {
    stream: Stream,
    /// The conversation, where the port says whose it is.
    conversation: Option<Conversation>,
    /// Whether a port says whose it is was looked up.
    judged: bool,
    /// Its blind spot was reported.
    told: bool,
    /// The capture starts inside it.
    middle: bool,
    since: CaptureTime,
    /// Is it something else after all?
    candidate: Candidate,
}

impl Secure {
    pub(super) fn begin(opened: bool) -> Self {
        Self {
            stream: Stream::default(),
            conversation: None,
            judged: false,
            told: false,
            middle: !opened,
            since: CaptureTime::default(),
            candidate: Candidate::default(),
        }
    }

    /// The flow is over.
    pub(super) fn close<H: Handler>(mut self, flow: &Flow, at: CaptureTime, handler: &mut H) {
        if self.conversation.is_some() {
            self.tell((at, flow.last_frame), handler);
        }
        match &self.conversation {
            Some(conversation) => handler.closed(conversation, at, flow.traffic),
            None => {
                let Some(recogniser) = recogniser(TLS_PLACE) else {
                    return;
                };
                let client_is_low = self.client_is_low(&flow.ends, None);
                let conversation = flow
                    .ends
                    .conversation(flow.ends.number, recogniser.name, client_is_low);
                let facts = self.stream.facts();
                handler.recognised(Seen {
                    protocol: recogniser.name,
                    title: recogniser.title,
                    ends: recognise::Ends::Network(Box::new(conversation)),
                    seen: flow.seen,
                    frame: flow.last_frame,
                    traffic: flow.traffic,
                    tls: (!facts.is_empty()).then(|| facts.clone()),
                    industrial: false,
                    secret: None,
                });
            }
        }
    }

    fn client_is_low(&self, ends: &Ends, server_is_low: Option<bool>) -> bool {
        let content = self.stream.client().map(|side| (side == 0, true));
        let at_port = || recogniser(TLS_PLACE).and_then(|tls| super::search::side_with(ends, tls.ports));
        ends.client_is_low(content, server_is_low.or_else(at_port))
    }

    /// Says once that nothing of it is seen, and what its handshake says.
    fn tell<H: Handler>(&mut self, (at, frame): (CaptureTime, u64), handler: &mut H) {
        let Some(conversation) = &self.conversation else {
            return;
        };
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        let context = Context {
            conversation,
            mac: None,
            ttl: 0,
            from_client: true,
        };
        let facts = self.stream.facts();
        let joined = if self.middle {
            "; the capture starts inside it"
        } else {
            ""
        };
        handler.blind(
            &context,
            &Blind {
                from: self.since,
                until: at,
                frame,
                direction: None,
                bytes: None,
                reason: BlindReason::Encrypted,
                text: format_args!(
                    "the conversation is inside {}: its messages cannot be read{joined}",
                    facts.summary()
                ),
            },
        );
        let mut pairs = facts.pairs();
        if pairs.is_empty() {
            pairs.push(("version", "TLS".to_owned()));
        }
        for (key, value) in pairs {
            handler.identity(
                &context,
                Direction::FromServer,
                Station::Server,
                security_key(key),
                &value,
            );
        }
    }
}

/// The key of a conversation's security for what a handshake says.
fn security_key(key: &'static str) -> &'static str {
    match key {
        "version" => "security_version",
        "offered_version" => "security_offered_version",
        "cipher_suite" => "security_cipher_suite",
        "server_name" => "security_server_name",
        "alpn" => "security_alpn",
        "offered_alpn" => "security_offered_alpn",
        "client_certificate_request" => "security_client_certificate_request",
        "server_certificate" => "security_server_certificate",
        "client_certificate" => "security_client_certificate",
        _ => "security_resumed",
    }
}

/// A flow turned out to be TLS; `front` are the first bytes of it.
pub(super) fn start<H: Handler>(
    flow: &mut Flow,
    shared: &mut Shared,
    low: bool,
    front: &[u8],
    first: (CaptureTime, u64),
    handler: &mut H,
) {
    let App::Secure(secure) = &mut flow.app else {
        return;
    };
    secure.since = first.0;
    secure.stream.feed(usize::from(!low), front);
    flow.named = Some(TLS_PLACE);
    shared.counters.recognised.named(TLS_PLACE, flow.traffic);
    agree(flow, shared, first, handler);
}

/// Makes it a conversation of a protocol as soon as both ends agree on TLS, where a port says whose it is.
fn agree<H: Handler>(flow: &mut Flow, shared: &mut Shared, here: (CaptureTime, u64), handler: &mut H) {
    let App::Secure(secure) = &mut flow.app else {
        return;
    };
    if flow.named == Some(TLS_PLACE) && secure.stream.is_agreed() && !secure.judged {
        secure.judged = true;
        let ends = &flow.ends;
        let (low_end, high_end) = ((ends.low.ip, ends.low.port), (ends.high.ip, ends.high.port));
        let hinted = Hinted::new(&shared.hints, low_end, high_end, true);
        if let Some(index) = hinted.first()
            && let Some(protocol) = PROTOCOLS.get(index)
        {
            let client_is_low = secure.client_is_low(ends, hinted.server_is_low(index));
            let mut conversation = ends.conversation(ends.number, protocol.name(), client_is_low);
            conversation.transport = Some("tls");
            shared.counters.conversations += 1;
            handler.opened(&conversation);
            secure.conversation = Some(conversation);
            shared.counters.recognised.unnamed(TLS_PLACE, flow.traffic);
            flow.named = None;
        }
    }
    secure.tell_when_sealed(here, handler);
}

impl Secure {
    fn tell_when_sealed<H: Handler>(&mut self, here: (CaptureTime, u64), handler: &mut H) {
        let facts = self.stream.facts();
        // In TLS 1.3 nothing is in the clear after the server's hello.
        let known = facts.version.is_some_and(|version| version >= 0x0304) || self.stream.is_sealed();
        if known || self.middle {
            self.tell(here, handler);
        }
    }
}

/// The next bytes of a flow inside TLS.
pub(super) fn deliver<H: Handler>(
    flow: &mut Flow,
    shared: &mut Shared,
    low: bool,
    opened: bool,
    delivery: &Delivery<'_>,
    handler: &mut H,
) {
    let App::Secure(secure) = &mut flow.app else {
        return;
    };
    let side = usize::from(!low);
    let Delivery::Data {
        at,
        frame,
        carried_by,
        offset,
        sender,
        bytes,
    } = *delivery
    else {
        secure.stream.gap(side);
        return;
    };
    let transport = flow.ends.transport();
    let told = secure
        .candidate
        .look(low, bytes, transport, &flow.hinted, Care::Suspect(None));
    let fed = secure.stream.feed(side, bytes);
    match told {
        Told::Nothing => {}
        Told::Hold => secure.candidate.held.push(Held {
            low,
            at,
            frame,
            carried_by,
            offset,
            sender,
            bytes: bytes.to_vec(),
        }),
        Told::Known(identified) => {
            let held = std::mem::take(&mut secure.candidate.held);
            let first = held.first().map_or((at, frame), |held| (held.at, held.frame));
            leave(flow, at, handler);
            shared.second = shared.second.wrapping_sub(1);
            let number = shared.second;
            let found = session::open(
                &flow.ends,
                &flow.hinted,
                shared,
                number,
                &identified,
                opened,
                first,
                handler,
            );
            if let Some(mut open) = found {
                session::replay(&mut open, shared, &held, handler);
                open.take_later(shared, low, delivery, handler);
                flow.app = App::Open(open);
            }
            return;
        }
    }
    match fed {
        Fed::Records => agree(flow, shared, (at, frame), handler),
        Fed::Broken => {
            // Not TLS any more: from here on it may be anything.
            let mut search = Search::default();
            search.inherit(std::mem::take(&mut secure.candidate));
            leave(flow, at, handler);
            flow.app = App::Unknown(Box::new(search));
            if told == Told::Nothing {
                super::search::deliver(flow, shared, low, opened, delivery, handler);
            }
        }
    }
}

/// Ends what is known of the flow as TLS.
fn leave<H: Handler>(flow: &mut Flow, at: CaptureTime, handler: &mut H) {
    if let App::Secure(secure) = std::mem::replace(&mut flow.app, App::Over) {
        let named = secure.conversation.is_none();
        secure.close(flow, at, handler);
        if named {
            // It stays counted as TLS; what follows counts anew.
            flow.named = None;
        }
    }
}
