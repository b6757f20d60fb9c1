//! From whole messages to records: pairing answers with requests, telling the sink, remembering.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use tapglass_model::{CaptureTime, Outcome, Station};
use tapglass_proto::{BlindReason, Body, Direction, Function, Message, Status};

use crate::application::{Application, Header};
use crate::body::{Content, MessageBody};
use crate::context::Context;
use crate::fault::Fault;
use crate::frame::{FrameType, Greeting};
use crate::learn;
use crate::lift;
use crate::names;
use crate::security::{Mode, Policy, is_signature};
use crate::services::{self, Role, id};
use crate::session::Conversation;
use crate::whole::Whole;

/// Buffers that are kept for the next request instead of being allocated anew.
const SPARE: usize = 8;
/// A buffer larger than this is not kept.
const SPARE_BYTES: usize = 64 << 10;

/// A request that waits for its answer.
#[derive(Debug)]
pub(crate) struct Asked {
    /// The client's number, which the answer repeats.
    request: u32,
    /// The channel; 0 when it had no number yet.
    channel: u32,
    /// Who asked; only the other side can answer.
    from: Direction,
    /// Frame of the request.
    pub(crate) frame: u64,
    at: CaptureTime,
    /// Type id of the request.
    pub(crate) code: u32,
    /// The session that it belongs to.
    pub(crate) session: Option<u32>,
    /// The operation that it was told as, 0 for none.
    pub(crate) transaction: u64,
    /// Its parameters, for services whose answer does not repeat what was asked.
    pub(crate) parameters: Vec<u8>,
}

impl Asked {
    /// Name of the service that was asked for.
    pub(crate) fn service(&self) -> &'static str {
        services::find(self.code).map_or("unknown", |(service, _)| service.name)
    }
}

/// The requests and answers of one connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// In the order of their frames. A Publish request waits long, so age says nothing.
    asked: VecDeque<Asked>,
    /// Bytes of all kept parameters.
    held: usize,
    spare: Vec<Vec<u8>>,
    transactions: u64,
    /// The session of the last request.
    likely: Option<u32>,
    /// Outcomes of the points of one answer.
    pub(crate) outcomes: Vec<(Outcome, Status<'static>)>,
    /// Requests that were given up, and when the first was.
    given_up: Option<(u64, CaptureTime)>,
    /// Services that were said not to be decoded.
    not_decoded: BTreeSet<u32>,
    told_unpaired: bool,
    seen_request: bool,
}

impl Exchange {
    pub(crate) fn new() -> Self {
        Self {
            asked: VecDeque::new(),
            held: 0,
            spare: Vec::new(),
            transactions: 0,
            likely: None,
            outcomes: Vec::new(),
            given_up: None,
            not_decoded: BTreeSet::new(),
            told_unpaired: false,
            seen_request: false,
        }
    }

    /// The requests that wait, the latest first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().rev()
    }

    /// The request that an answer belongs to.
    fn take(&mut self, answer: &Whole<'_>) -> Option<Asked> {
        let request = answer.sequence?.request;
        let place = self.asked.iter().rposition(|asked| {
            asked.request == request
                && asked.from != answer.from
                && (asked.channel == 0 || Some(asked.channel) == answer.channel)
        })?;
        let asked = self.asked.remove(place)?;
        self.held = self.held.saturating_sub(asked.parameters.len());
        Some(asked)
    }

    /// Keeps what is no longer needed for the next request.
    fn recycle(&mut self, asked: Asked) {
        let mut buffer = asked.parameters;
        if self.spare.len() < SPARE && buffer.capacity() > 0 && buffer.capacity() <= SPARE_BYTES {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Remembers a request; gives up the oldest ones when there are too many.
    fn push(&mut self, context: &mut Context<'_>, mut asked: Asked, parameters: &[u8]) {
        let limits = context.memory.limits();
        // A number that is used again while it waits ends the wait for the earlier one.
        let again = self.asked.iter().position(|known| known.request == asked.request);
        if let Some(place) = again {
            self.give_up(context, place);
        }
        while !self.asked.is_empty()
            && (self.asked.len() >= limits.open_requests.max(1)
                || self.held + parameters.len() > limits.message_bytes)
        {
            self.give_up(context, 0);
        }
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.extend_from_slice(parameters);
        self.held += buffer.len();
        asked.parameters = buffer;
        self.asked.push_back(asked);
    }

    fn give_up(&mut self, context: &mut Context<'_>, place: usize) {
        let Some(asked) = self.asked.remove(place) else {
            return;
        };
        self.held = self.held.saturating_sub(asked.parameters.len());
        // One side of a connection alone would give up every request: the first is told, the sum at the end.
        match &mut self.given_up {
            Some((count, _)) => *count += 1,
            None => {
                self.given_up = Some((1, context.at));
                let name = asked.service();
                context.blind(
                    Some(Direction::FromServer),
                    BlindReason::Limit,
                    asked.at,
                    None,
                    format_args!(
                        "a {name} request waits too long for its answer and is given up; more may follow"
                    ),
                );
            }
        }
        self.recycle(asked);
    }

    /// The connection is over.
    pub(crate) fn close(&mut self, context: &mut Context<'_>) {
        if let Some((count, since)) = self.given_up.take()
            && count > 1
        {
            context.blind(
                Some(Direction::FromServer),
                BlindReason::Limit,
                since,
                None,
                format_args!("{count} requests were given up without an answer"),
            );
        }
    }
}

/// What is odd about one message.
#[derive(Default)]
struct Odd {
    names: [&'static str; 3],
    count: usize,
}

impl Odd {
    fn add(&mut self, name: &'static str) {
        if let Some(place) = self.names.get_mut(self.count) {
            *place = name;
            self.count += 1;
        }
    }

    fn names(&self) -> &[&'static str] {
        self.names.get(..self.count).unwrap_or_default()
    }
}

/// What is said of a message beside its body.
#[derive(Default)]
struct Said<'a> {
    function: Option<Function<'static>>,
    status: Option<u32>,
    asked: Option<&'a Asked>,
    anomalies: &'a [&'static str],
}

impl Conversation {
    /// Tells the sink of one message.
    fn tell(&self, context: &mut Context<'_>, whole: &Whole<'_>, said: &Said<'_>, content: Content<'_>) {
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
        let channel = self.channels.get(whole.channel.unwrap_or(0));
        if channel.told_encrypted {
            return;
        }
        channel.told_encrypted = true;
        let id = channel.id;
        match channel.policy.name() {
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
                format_args!("channel {id} was opened before the capture and its messages cannot be read"),
            ),
        }
        context.out.identity(
            Direction::FromServer,
            Station::Server,
            "security_mode",
            "SignAndEncrypt",
        );
    }

    /// What an OPN says of policy and certificates.
    fn identify_channel(&mut self, context: &mut Context<'_>, whole: &Whole<'_>) {
        let Some(open) = whole.open else { return };
        if let Some(policy) = Policy::of(open.policy).name() {
            context
                .out
                .identity(Direction::FromServer, Station::Server, "security_policy", policy);
        }
        if let Some(thumbprint) = open.thumbprint.filter(|thumbprint| thumbprint.len() == 20) {
            let mut text = alloc::string::String::with_capacity(40);
            for byte in thumbprint {
                use core::fmt::Write as _;
                let _ = write!(text, "{byte:02x}");
            }
            // The sender names the certificate of the other side.
            context
                .out
                .identity(whole.from.turned(), Station::Server, "certificate", &text);
        }
    }

    /// A message that its sender gave up.
    pub(crate) fn aborted(&mut self, context: &mut Context<'_>, whole: &Whole<'_>) {
        let error = Greeting::read_error(&mut tapglass_proto::Cursor::new(whole.body)).ok();
        let asked = self.exchange.take(whole);
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
            self.exchange.recycle(asked);
        }
    }

    /// A readable message of a service.
    pub(crate) fn service(&mut self, context: &mut Context<'_>, direction: Direction, mut whole: Whole<'_>) {
        let depth = self.limits.depth;
        let mut message = Application::read(whole.body, whole.from, depth);
        let possible = message
            .sender()
            .is_none_or(|sender| self.agrees(direction, sender, &mut whole));
        self.find_signature(&mut whole, &mut message);
        let mut odd = Odd::default();
        let name = message.name();
        let left = message.body.len().saturating_sub(message.end);
        if let Some(fault) = message.fault {
            // What was cut off here was said to be cut off already.
            if whole.dropped == 0 {
                odd.add("malformed_body");
                context.anomaly(
                    whole.from,
                    "malformed_body",
                    whole.bytes,
                    format_args!("{name} cannot be read to its end: {fault}"),
                );
            }
        } else if left > 0 {
            odd.add("bytes_after_body");
            context.anomaly(
                whole.from,
                "bytes_after_body",
                whole.bytes,
                format_args!("{left} bytes follow {name}"),
            );
        }
        if !message.is_decoded() {
            self.say_not_decoded(context, &whole, &message);
        }
        match message.role {
            _ if !possible => self.impossible(context, &whole, &message, odd),
            Role::Request => self.request(context, &whole, &message, &odd),
            Role::Response | Role::Fault => self.response(context, &whole, &message, &odd),
        }
        if whole.kind == FrameType::Open {
            self.identify_channel(context, &whole);
        }
        let forgotten = context.memory.take_forgotten();
        if forgotten > 0 {
            context.blind(
                None,
                BlindReason::Limit,
                context.at,
                None,
                format_args!(
                    "{forgotten} monitored items are forgotten: more are watched than are remembered"
                ),
            );
        }
    }

    /// In a channel that was opened before the capture, bytes after a whole message give a signature away.
    fn find_signature<'a>(&mut self, whole: &mut Whole<'a>, message: &mut Application<'a>) {
        let left = message.body.len().saturating_sub(message.end);
        if left == 0 || message.fault.is_some() || whole.policy != Policy::Unknown || !is_signature(left) {
            return;
        }
        let channel = self.channels.get(whole.channel.unwrap_or(0));
        channel.signature = left;
        channel.mode = Mode::Sign;
        whole.mode = Mode::Sign;
        whole.body = whole.body.get(..message.end).unwrap_or_default();
        message.body = whole.body;
    }

    fn say_not_decoded(&mut self, context: &mut Context<'_>, whole: &Whole<'_>, message: &Application<'_>) {
        let code = message.code();
        let known = message.service.map(|service| service.name);
        // One notice for each service; both directions have the same one.
        let key = message.service.map_or(code, |service| service.request.code);
        if self.exchange.not_decoded.len() >= self.limits.open_requests
            || !self.exchange.not_decoded.insert(key)
        {
            return;
        }
        let bytes = Some(whole.bytes.len() as u64);
        match known {
            Some(name) => context.blind(
                Some(whole.from),
                BlindReason::NotDecoded,
                context.at,
                bytes,
                format_args!("the parameters of {name} are not decoded by this version"),
            ),
            None => context.blind(
                Some(whole.from),
                BlindReason::NotDecoded,
                context.at,
                bytes,
                format_args!("type id {code} names no service of OPC 10000-4"),
            ),
        }
    }

    /// A request from the server, or an answer from the client: nobody acts on it, so it is shown and nothing else.
    fn impossible(
        &self,
        context: &mut Context<'_>,
        whole: &Whole<'_>,
        message: &Application<'_>,
        mut odd: Odd,
    ) {
        let (name, from) = (message.name(), whole.from.name());
        odd.add("wrong_direction");
        context.anomaly(
            whole.from,
            "wrong_direction",
            whole.bytes,
            format_args!("the {from} sends {name}, which only the other side may send"),
        );
        let said = Said {
            function: Some(function(message)),
            status: message.result(),
            anomalies: odd.names(),
            ..Said::default()
        };
        let content = Content::Service {
            message,
            asked: None,
            session: None,
        };
        self.tell(context, whole, &said, content);
    }

    fn request(
        &mut self,
        context: &mut Context<'_>,
        whole: &Whole<'_>,
        message: &Application<'_>,
        odd: &Odd,
    ) {
        self.exchange.seen_request = true;
        let code = message.known_code();
        let session = self.session_of(context, message);
        if session.is_some() {
            self.exchange.likely = session;
        }
        learn::request(context, session, message, self.limits.depth);
        let said = Said {
            function: Some(function(message)),
            anomalies: odd.names(),
            ..Said::default()
        };
        let content = Content::Service {
            message,
            asked: None,
            session,
        };
        self.tell(context, whole, &said, content);
        let transaction = self.exchange.transactions + 1;
        let told = lift::request(context, message, session, transaction, self.limits.depth);
        if told {
            self.exchange.transactions = transaction;
        }
        // Nobody answers CloseSecureChannel (OPC 10000-4 5.6.3.1).
        if whole.kind == FrameType::Close {
            return;
        }
        let asked = Asked {
            request: whole.sequence.map_or(0, |header| header.request),
            channel: whole
                .channel
                .filter(|_| whole.kind != FrameType::Open)
                .unwrap_or(0),
            from: whole.from,
            frame: context.frame,
            at: context.at,
            code,
            session,
            transaction: if told { transaction } else { 0 },
            parameters: Vec::new(),
        };
        let parameters = match code {
            // Its answer names the subscription by itself.
            id::PUBLISH_REQUEST => &[],
            _ if !message.is_decoded() || message.fault.is_some() => &[],
            _ => message.parameters(),
        };
        self.exchange.push(context, asked, parameters);
    }

    /// The session of a request; one that was never seen to be created is remembered by its token alone.
    fn session_of(&self, context: &mut Context<'_>, message: &Application<'_>) -> Option<u32> {
        let Header::Request(header) = message.header else {
            return None;
        };
        if header.token.is_null() || message.fault.is_some() {
            return None;
        }
        if let Some(known) = context.memory.session_of(header.token, self.exchange.likely) {
            return Some(known);
        }
        let key = context.memory.add_session(header.token);
        // Where only the client's side is captured, its unanswered CreateSession still tells who it is.
        let create = self
            .exchange
            .waiting()
            .find(|asked| asked.code == id::CREATE_SESSION_REQUEST);
        if let Some(create) = create {
            learn::application(context.memory, key, &create.parameters, self.limits.depth);
        }
        Some(key)
    }

    fn response(
        &mut self,
        context: &mut Context<'_>,
        whole: &Whole<'_>,
        message: &Application<'_>,
        odd: &Odd,
    ) {
        let asked = self.exchange.take(whole);
        let mut session = asked.as_ref().and_then(|asked| asked.session);
        if asked.is_none() {
            self.say_unpaired(context, whole);
        }
        let depth = self.limits.depth;
        if message.known_code() == id::CREATE_SESSION_RESPONSE {
            session = learn::created_session(context, message, asked.as_ref(), depth);
        } else {
            learn::response(context, session, message, asked.as_ref(), depth);
        }
        let said = Said {
            function: Some(function(message)),
            status: message.result(),
            asked: asked.as_ref(),
            anomalies: odd.names(),
        };
        let content = Content::Service {
            message,
            asked: asked.as_ref(),
            session,
        };
        self.tell(context, whole, &said, content);
        lift::response(context, message, asked.as_ref(), session, depth);
        if let Some(asked) = asked {
            lift::answer(context, message, &asked, &mut self.exchange.outcomes, depth);
            learn::after_response(context, message, &asked);
            self.exchange.recycle(asked);
        }
    }

    /// The first answer whose request is not in the capture is said to have no names.
    fn say_unpaired(&mut self, context: &mut Context<'_>, whole: &Whole<'_>) {
        if self.exchange.told_unpaired {
            return;
        }
        self.exchange.told_unpaired = true;
        let reason = if self.exchange.seen_request {
            BlindReason::StartInMiddle
        } else {
            BlindReason::OneDirection
        };
        context.blind(
            Some(whole.from.turned()),
            reason,
            context.at,
            None,
            format_args!("the request of an answer is not in the capture, so that its values have no nodes; more may follow"),
        );
    }
}

fn function(message: &Application<'_>) -> Function<'static> {
    Function {
        code: message.code(),
        name: message.name(),
    }
}
