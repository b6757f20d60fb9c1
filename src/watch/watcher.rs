//! Everything that listens to the decoders: the engine, the counts, and what is kept for people.

use std::collections::BTreeMap;
use std::net::IpAddr;

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{Anomaly, Answer, Blind, Direction, Message, Operation, Wants};

use super::{Census, Frames};
use crate::capture::Frame;
use crate::conversation::{Context, Conversation};
use crate::engine::Engine;
use crate::pipeline::Handler;
use crate::recognise::{Seen, Traffic};

/// What was heard, counted.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Time of the first frame.
    pub first: Option<CaptureTime>,
    /// Latest time of a frame.
    pub last: Option<CaptureTime>,
    /// Number of the last frame.
    pub frame: u64,
    /// Messages by protocol.
    pub messages: Vec<(&'static str, u64)>,
    /// Operations by action.
    pub operations: BTreeMap<&'static str, u64>,
    /// Anomalies by protocol.
    pub anomalies: BTreeMap<&'static str, u64>,
    /// The last anomaly of each protocol, in words.
    pub last_anomaly: BTreeMap<&'static str, String>,
    /// Blind spots by reason.
    pub blind_spots: BTreeMap<&'static str, u64>,
}

/// Takes records that are printed as they come.
pub trait Tap {
    /// A message.
    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let _ = (context, message);
    }
    /// Bytes that break the protocol.
    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        let _ = (context, anomaly);
    }
    /// Something done to points, or values reported.
    fn operation(&mut self, operation: &Operation<'_>) {
        let _ = operation;
    }
    /// What was not seen.
    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        let _ = (context, blind);
    }
    /// What was not seen of the whole capture.
    fn unseen(&mut self, blind: &Blind<'_>) {
        let _ = blind;
    }
}

/// Nobody reads along.
#[derive(Clone)]
pub struct Nobody;

impl Tap for Nobody {}

/// The engine and what stands beside it.
#[derive(Clone)]
pub struct Watcher<T> {
    /// Process image, rules, alarms.
    pub engine: Engine,
    /// What was heard.
    pub counts: Counts,
    /// Devices and conversations, when somebody asks for them.
    pub census: Option<Census>,
    /// The last frames, when there is a screen.
    pub frames: Option<Frames>,
    /// Reads along.
    pub tap: T,
    /// Messages are read along.
    pub messages: bool,
}

impl<T: Tap> Watcher<T> {
    /// A watcher around an engine.
    pub fn new(engine: Engine, tap: T) -> Self {
        Self {
            engine,
            counts: Counts::default(),
            census: None,
            frames: None,
            tap,
            messages: false,
        }
    }

    /// To be called with each frame before the pipeline reads it, when frames are kept.
    pub fn keep(&mut self, frame: &Frame<'_>) {
        if let Some(frames) = &mut self.frames {
            frames.frame(frame);
        }
    }

    /// The site's name of an address.
    #[must_use]
    pub fn name(&self, ip: IpAddr) -> Option<String> {
        site_name(&self.engine, ip)
    }
}

/// The site's name of an address: a device at it, else a principal.
#[must_use]
pub fn site_name(engine: &Engine, ip: IpAddr) -> Option<String> {
    let site = engine.site();
    let device = site
        .devices
        .iter()
        .find(|device| device.host == Some(ip))
        .map(|device| device.name.clone());
    device.or_else(|| {
        site.principals
            .iter()
            .find(|principal| principal.ips.contains(&ip))
            .map(|principal| principal.name.clone())
    })
}

impl<T: Tap> Handler for Watcher<T> {
    fn wants(&self) -> Wants {
        Wants {
            messages: self.messages || self.frames.is_some(),
            operations: true,
        }
    }

    fn frame(&mut self, at: CaptureTime, number: u64) {
        let counts = &mut self.counts;
        counts.first.get_or_insert(at);
        counts.last = Some(counts.last.map_or(at, |last| last.max(at)));
        counts.frame = number;
        self.engine.advance(at);
    }

    fn opened(&mut self, conversation: &Conversation) {
        if let Some(census) = &mut self.census {
            census.opened(conversation);
        }
        self.engine.opened(conversation);
    }

    fn wants_reports(&self) -> bool {
        self.census.is_some() || self.engine.wants_reports()
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let protocol = context.conversation.protocol;
        match self
            .counts
            .messages
            .iter_mut()
            // The same text nearly always stands at the same place, which costs less to see than that it is the same.
            .find(|(name, _)| std::ptr::eq(name.as_ptr(), protocol.as_ptr()) || *name == protocol)
        {
            Some((_, count)) => *count += 1,
            None => self.counts.messages.push((protocol, 1)),
        }
        self.engine.look(context, message);
        if self.messages {
            self.tap.message(context, message);
        }
        if let Some(census) = &mut self.census {
            census.message(context, message);
        }
        if let Some(frames) = &mut self.frames {
            frames.message(context, message);
        }
    }

    fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        if operation.action != tapglass_model::Action::Report {
            *self.counts.operations.entry(operation.action.name()).or_default() += 1;
        }
        if let Some(census) = &mut self.census {
            census.operation(context, operation);
        }
        self.tap.operation(operation);
        self.engine.operation(context, operation);
    }

    fn answer(&mut self, context: &Context<'_>, answer: &Answer<'_>) {
        self.engine.answer(context, answer);
    }

    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        let protocol = context.conversation.protocol;
        *self.counts.anomalies.entry(protocol).or_default() += 1;
        let frame = crate::records::frame_number(anomaly.frame);
        self.counts.last_anomaly.insert(
            protocol,
            format!("{} (frame {frame})", anomaly.name.replace('_', " ")),
        );
        self.engine.anomaly(context, anomaly);
        self.tap.anomaly(context, anomaly);
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        *self.counts.blind_spots.entry(blind.reason.name()).or_default() += 1;
        if let Some(census) = &mut self.census {
            census.blind(context, blind);
        }
        self.engine.blind(Some(context), blind);
        self.tap.blind(context, blind);
    }

    fn unseen(&mut self, blind: &Blind<'_>) {
        *self.counts.blind_spots.entry(blind.reason.name()).or_default() += 1;
        self.engine.blind(None, blind);
        self.tap.unseen(blind);
    }

    fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        if let Some(census) = &mut self.census {
            census.identity(context, of, station, key, value);
        }
        self.engine.identity(context, of, station, key, value);
    }

    fn closed(&mut self, conversation: &Conversation, at: CaptureTime, traffic: Traffic) {
        if let Some(census) = &mut self.census {
            census.closed(conversation, at, traffic);
        }
        self.engine.conversation_closed(conversation.number, true, at);
    }

    fn connects(&mut self, from: IpAddr, to: IpAddr, port: u16, at: CaptureTime, frame: u64) {
        self.engine.connects(from, to, port, at, frame);
    }

    fn recognised(&mut self, seen: Seen) {
        self.engine.recognised(&seen);
        if let Some(census) = &mut self.census {
            census.recognised(seen);
        }
    }
}
