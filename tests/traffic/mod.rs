//! Captures taken apart into TCP segments, changed and put together again, and what is decoded of them.

#![allow(dead_code, clippy::unwrap_used)] // each test program uses a part; a test may fail loudly

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use tapglass::capture::{Frame, LinkType, Next, Source, open};
use tapglass::conversation::Context;
use tapglass::flow::FlowLimits;
use tapglass::link;
use tapglass::model::CaptureTime;
use tapglass::pipeline::{Handler, Pipeline};
use tapglass::proto::json::Writer;
use tapglass::proto::{Anomaly, Answer, Blind, BlindReason, Direction, Limits, Message, Operation, Wants};

pub(crate) mod talk;

/// One end of a connection.
pub(crate) type End = (IpAddr, u16);

/// A frame; of those with a plain TCP segment the segment can be changed.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) at: CaptureTime,
    pub(crate) link_type: LinkType,
    /// The frame, or its headers up to the TCP payload.
    pub(crate) head: Vec<u8>,
    pub(crate) wire_length: u32,
    pub(crate) segment: Option<Segment>,
}

/// What can be changed of a TCP segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) sequence: u32,
    pub(crate) flags: u8,
    pub(crate) payload: Vec<u8>,
    /// Where IP and TCP headers start in the frame.
    ip: usize,
    tcp: usize,
}

impl Segment {
    /// Both ends in a fixed order: the same for both directions.
    pub(crate) fn flow(&self) -> (End, End) {
        (self.from.min(self.to), self.from.max(self.to))
    }
}

impl Packet {
    fn new(frame: &Frame<'_>) -> Self {
        let segment = segment(frame);
        let head = segment.as_ref().map_or(frame.bytes, |(start, segment)| {
            &frame.bytes[..*start - segment.payload.len()]
        });
        Self {
            at: frame.at,
            link_type: frame.link_type,
            head: head.to_vec(),
            wire_length: frame.wire_length,
            segment: segment.map(|(_, segment)| segment),
        }
    }

    /// The same segment with other bytes at another place of the stream.
    pub(crate) fn with(&self, sequence: u32, payload: &[u8]) -> Self {
        let mut packet = self.clone();
        if let Some(segment) = &mut packet.segment {
            segment.sequence = sequence;
            segment.payload = payload.to_vec();
        }
        packet
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.segment.as_ref().map_or(&[], |segment| &segment.payload)
    }

    /// The frame's bytes and its length on the wire.
    pub(crate) fn bytes(&self) -> (Vec<u8>, u32) {
        let mut bytes = self.head.clone();
        let Some(segment) = &self.segment else {
            return (bytes, self.wire_length);
        };
        bytes.extend_from_slice(&segment.payload);
        let ip = bytes.len() - segment.ip;
        let (place, length) = if bytes[segment.ip] >> 4 == 4 {
            (segment.ip + 2, ip)
        } else {
            (segment.ip + 4, ip - 40)
        };
        bytes[place..place + 2].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        bytes[segment.tcp + 4..segment.tcp + 8].copy_from_slice(&segment.sequence.to_be_bytes());
        bytes[segment.tcp + 13] = segment.flags;
        let length = u32::try_from(bytes.len()).unwrap();
        (bytes, length)
    }
}

/// The segment of a frame that is whole and has nothing special about it, and where its payload ends.
fn segment(frame: &Frame<'_>) -> Option<(usize, Segment)> {
    let packet = link::packet(frame).ok()?;
    let ip_header = match packet.source {
        IpAddr::V4(_) => 20,
        IpAddr::V6(_) => 40,
    };
    let tcp = packet.offset as usize;
    let ip = tcp.checked_sub(ip_header)?;
    let plain = match packet.source {
        IpAddr::V4(_) => *frame.bytes.get(ip)? == 0x45,
        IpAddr::V6(_) => *frame.bytes.get(ip)? >> 4 == 6 && *frame.bytes.get(ip + 6)? == 6,
    };
    let whole = packet.fragment.is_none() && packet.missing == 0 && packet.protocol == 6;
    let header = packet.payload.get(..20)?;
    let length = usize::from(header[12] >> 4) * 4;
    let payload = packet.payload.get(length..)?;
    let in_place = frame.bytes.get(tcp..tcp + 20) == Some(header);
    (plain && whole && in_place).then(|| {
        let port = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
        let segment = Segment {
            from: (packet.source, port(0)),
            to: (packet.destination, port(2)),
            sequence: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            flags: header[13],
            payload: payload.to_vec(),
            ip,
            tcp,
        };
        (tcp + length + payload.len(), segment)
    })
}

/// The frames of a capture.
pub(crate) fn read(path: &Path) -> Vec<Packet> {
    let mut source = open(path).unwrap();
    let mut packets = Vec::new();
    loop {
        match source.next() {
            Next::Frame(frame) => packets.push(Packet::new(&frame)),
            Next::Idle => {}
            Next::End(_) => return packets,
        }
    }
}

/// A message as it was decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) protocol: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) function: u32,
    pub(crate) bytes: Vec<u8>,
    /// Everything that the record says but frames and times.
    pub(crate) says: String,
    /// Frames that carried it, by their place in the list.
    pub(crate) frames: Vec<usize>,
}

impl Found {
    /// What cannot depend on other messages.
    pub(crate) fn itself(&self) -> (End, End, &'static str, &[u8]) {
        (self.from, self.to, self.protocol, &self.bytes)
    }
}

/// All that was decoded.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) messages: Vec<Found>,
    pub(crate) actions: Vec<(u64, String)>,
    pub(crate) anomalies: Vec<(u64, &'static str)>,
    pub(crate) blind: BTreeMap<&'static str, usize>,
    /// Holes that were said of each direction, and one where the beginning was missed.
    pub(crate) holes: BTreeMap<(End, End), usize>,
}

impl Heard {
    pub(crate) fn blind(&self, reason: BlindReason) -> usize {
        self.blind.get(reason.name()).copied().unwrap_or(0)
    }

    /// Is a message with these bytes among them?
    pub(crate) fn has(&self, bytes: &[u8]) -> bool {
        self.messages.iter().any(|message| message.bytes == bytes)
    }

    /// Is there an operation of this kind?
    pub(crate) fn did(&self, action: &str) -> usize {
        self.actions.iter().filter(|(_, found)| found == action).count()
    }
}

impl Handler for Heard {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: true,
        }
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let ends = context.conversation;
        let (client, server) = (
            (ends.client.ip, ends.client.port),
            (ends.server.ip, ends.server.port),
        );
        let (from, to) = match message.from {
            Direction::FromClient => (client, server),
            Direction::FromServer => (server, client),
        };
        let mut json = Vec::new();
        Writer::new(&mut json).object(|writer| message.body.json(writer));
        let mut frames: Vec<usize> = message
            .pieces
            .iter()
            .map(|piece| usize::try_from(piece.frame).unwrap() - 1)
            .collect();
        frames.dedup();
        self.messages.push(Found {
            from,
            to,
            protocol: ends.protocol,
            kind: message.kind,
            function: message.function.map_or(u32::MAX, |function| function.code),
            bytes: message.bytes.to_vec(),
            says: format!(
                "{} {:?} {:?} {}",
                message.from.name(),
                message.status.map(|status| status.code),
                message.anomalies,
                String::from_utf8(json).unwrap()
            ),
            frames,
        });
    }

    fn operation(&mut self, _: &Context<'_>, operation: &Operation<'_>) {
        self.actions
            .push((operation.frame, operation.action.name().to_owned()));
    }

    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}

    fn anomaly(&mut self, _: &Context<'_>, anomaly: &Anomaly<'_>) {
        self.anomalies.push((anomaly.frame, anomaly.name));
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        *self.blind.entry(blind.reason.name()).or_default() += 1;
        if !matches!(blind.reason, BlindReason::Gap | BlindReason::StartInMiddle) {
            return;
        }
        let ends = context.conversation;
        let (client, server) = (
            (ends.client.ip, ends.client.port),
            (ends.server.ip, ends.server.port),
        );
        if blind.direction != Some(Direction::FromServer) {
            *self.holes.entry((client, server)).or_default() += 1;
        }
        if blind.direction != Some(Direction::FromClient) {
            *self.holes.entry((server, client)).or_default() += 1;
        }
    }
}

/// Decodes frames.
pub(crate) fn decode(packets: &[Packet]) -> Heard {
    let mut heard = Heard::default();
    let mut pipeline = Pipeline::new(Vec::new(), FlowLimits::default(), Limits::default());
    for (packet, number) in packets.iter().zip(1..) {
        let (bytes, wire_length) = packet.bytes();
        let frame = Frame {
            number,
            at: packet.at,
            link_type: packet.link_type,
            interface: 0,
            wire_length,
            bytes: &bytes,
        };
        pipeline.frame(&frame, &mut heard);
    }
    pipeline.finish(&mut heard);
    heard
}

/// Numbers that depend on nothing but their seed (xorshift64).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next one below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
