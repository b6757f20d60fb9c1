//! Requests and their answers: pairing them, and handing each to what learns from it and lifts it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use tapglass_model::Outcome;
use tapglass_proto::{BlindReason, Direction, Function, Status};

use crate::application::{Application, Header};
use crate::body::Content;
use crate::context::Context;
use crate::frame::FrameType;
use crate::learn;
use crate::lift;
use crate::pending::{Asked, Pending};
use crate::security::{Mode, Policy, is_signature};
use crate::services::{Role, id};
use crate::session::Conversation;
use crate::tell::{Odd, Said};
use crate::whole::Whole;

/// The requests and answers of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) pending: Pending,
    transactions: u64,
    /// The session of the last request.
    likely: Option<u32>,
    /// Outcomes of the points of one answer.
    outcomes: Vec<(Outcome, Status<'static>)>,
    /// Services that were said not to be decoded.
    not_decoded: BTreeSet<u32>,
    told_unpaired: bool,
}

impl Conversation {
    /// A readable message of a service.
    pub(crate) fn service(&mut self, context: &mut Context<'_>, direction: Direction, whole: &mut Whole<'_>) {
        let depth = self.limits.depth;
        let mut message = Application::read(whole.body, whole.from, depth);
        let possible = message
            .sender()
            .is_none_or(|sender| self.agrees(direction, sender, whole));
        self.find_signature(whole, &mut message);
        let mut odd = Odd::default();
        self.check_agreed(context, whole, &mut odd);
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
        } else if left > 0 && (whole.kind != FrameType::Open || whole.policy == Policy::None) {
            odd.add("bytes_after_body");
            context.anomaly(
                whole.from,
                "bytes_after_body",
                whole.bytes,
                format_args!("{left} bytes follow {name}"),
            );
        }
        if !message.is_decoded() {
            self.say_not_decoded(context, whole, &message);
        }
        match message.role {
            _ if !possible => self.impossible(context, whole, &message, odd),
            Role::Request => self.request(context, whole, &message, &odd),
            Role::Response | Role::Fault => self.response(context, whole, &message, &odd),
        }
        if whole.kind == FrameType::Open {
            self.identify_channel(context, whole);
        } else if possible {
            self.say_mode(context, whole, &message);
        }
        if context.memory.names.take_full() {
            context.blind(
                None,
                BlindReason::Limit,
                context.at,
                None,
                format_args!(
                    "more nodes are browsed than are remembered: the oldest are shown without their names"
                ),
            );
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
        if left == 0
            || message.fault.is_some()
            || whole.mode == Mode::SignAndEncrypt
            || !matches!(whole.policy, Policy::Unknown | Policy::Other)
            || !is_signature(left)
        {
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
        let code = message.known_code();
        let session = self.session_of(context, message);
        if session.is_some() {
            self.exchange.likely = session;
        }
        learn::request(context, session, whole.mode, message, self.limits.depth);
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
        self.exchange.pending.push(context, asked, parameters);
    }

    /// The session of a request; one that was never seen to be created is remembered by its token alone.
    fn session_of(&self, context: &mut Context<'_>, message: &Application<'_>) -> Option<u32> {
        let Header::Request(header) = message.header else {
            return None;
        };
        if header.token.is_null() {
            return None;
        }
        if let Some(known) = context.memory.session_of(header.token, self.exchange.likely) {
            return Some(known);
        }
        // Garbage must not make sessions.
        if message.fault.is_some() {
            return None;
        }
        let key = context.memory.add_session(header.token);
        // Where only the client's side is captured, its unanswered CreateSession still tells who it is.
        let create = self
            .exchange
            .pending
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
        let asked = self.exchange.pending.take(whole);
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
            self.exchange.pending.recycle(asked);
        }
    }

    /// The first answer whose request is not in the capture is said to have no names.
    fn say_unpaired(&mut self, context: &mut Context<'_>, whole: &Whole<'_>) {
        if self.exchange.told_unpaired {
            return;
        }
        self.exchange.told_unpaired = true;
        let reason = if self.incomplete {
            BlindReason::StartInMiddle
        } else {
            BlindReason::Gap
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
