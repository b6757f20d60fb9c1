//! Frames through the whole pipeline. The script is about segments, so that reassembly is exercised: see [`Wire::step`].

use std::net::Ipv4Addr;

use tapglass::capture::{Frame, LinkType};
use tapglass::conversation::Context;
use tapglass::engine::{Engine, Options};
use tapglass::flow::FlowLimits;
use tapglass::link;
use tapglass::model::CaptureTime;
use tapglass::pipeline::{Handler, Pipeline};
use tapglass::proto::{Anomaly, Answer, Blind, Limits, Message, Operation, Wants};
use tapglass::records::{Captures, write_anomaly, write_blind_spot, write_message};
use tapglass::site::Site;
use tapglass::watch::{Tap, Watcher};

use super::counting::bounded;
use super::script::{Step, steps};
use super::streams;

/// Bytes that the pipeline may hold whatever the input.
const FIXED: usize = 4 << 20;
/// Bytes for each byte of input: see [`streams`]; records repeat who talks with whom.
const FACTOR: usize = 2_000;

/// Server ports of the conversations of a script.
const PORTS: [u16; 4] = [502, 20_000, 4_840, 20_000];

/// Segments of a few conversations.
#[derive(Default)]
pub struct Wire {
    /// Next sequence number of each direction of each conversation.
    next: [[u32; 2]; 4],
    /// A segment that comes after the next one.
    delayed: Option<Vec<u8>>,
    at: i64,
    /// Frames with their times.
    pub frames: Vec<(CaptureTime, Vec<u8>)>,
}

impl Wire {
    /// Adds what a step says. Bit 0 of the control octet is the direction; bits 1 to 3 are what happens: data in order, a
    /// hole of 7 bytes before them, an overlap of 5 bytes, a segment that comes after the next one, RST, FIN, SYN, or a
    /// whole frame as it stands; bits 4 and 5 are the conversation, of which the last is UDP; bits 6 and 7 let time pass.
    pub fn step(&mut self, step: Step<'_>) {
        let direction = usize::from(step.control & 1);
        let conversation = usize::from((step.control >> 4) & 3);
        self.at += [1_000_000, 30_000_000, 1_100_000_000, 20_000_000_000][usize::from(step.control >> 6)];
        let bytes = &step.bytes[..step.bytes.len().min(60_000)];
        let action = (step.control >> 1) & 7;
        if action == 7 {
            return self.frames.push((CaptureTime(self.at), bytes.to_vec()));
        }
        if conversation == 3 {
            let frame = packet(17, conversation, direction, bytes);
            return self.frames.push((CaptureTime(self.at), frame));
        }
        let sequence = self.next[conversation][direction];
        let (sequence, flags) = match action {
            1 => (sequence.wrapping_add(7), 0x18),
            2 => (sequence.wrapping_sub(5), 0x18),
            4 => (sequence, 0x04),
            5 => (sequence, 0x19),
            6 => (sequence, 0x02),
            _ => (sequence, 0x18),
        };
        let consumed = u32::try_from(bytes.len()).expect("short") + u32::from(flags & 3 != 0);
        self.next[conversation][direction] = sequence.wrapping_add(consumed);
        let mut tcp = sequence.to_be_bytes().to_vec();
        tcp.extend(self.next[conversation][1 - direction].to_be_bytes());
        tcp.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        tcp.extend_from_slice(bytes);
        let frame = packet(6, conversation, direction, &tcp);
        if action == 3 && self.delayed.is_none() {
            self.delayed = Some(frame);
            return;
        }
        self.frames.push((CaptureTime(self.at), frame));
        if let Some(delayed) = self.delayed.take() {
            self.frames.push((CaptureTime(self.at), delayed));
        }
    }
}

/// An Ethernet frame with IPv4; `payload` starts behind the ports.
fn packet(protocol: u8, conversation: usize, direction: usize, payload: &[u8]) -> Vec<u8> {
    let server = (Ipv4Addr::new(10, 0, 0, 20), PORTS[conversation]);
    let client = (
        Ipv4Addr::new(10, 0, 0, 10),
        50_000 + u16::try_from(conversation).expect("small"),
    );
    let (from, to) = if direction == 0 {
        (client, server)
    } else {
        (server, client)
    };
    let mut ports = from.1.to_be_bytes().to_vec();
    ports.extend(to.1.to_be_bytes());
    if protocol == 17 {
        let length = u16::try_from(payload.len() + 8).unwrap_or(u16::MAX);
        ports.extend(length.to_be_bytes());
        ports.extend([0, 0]);
    }
    let length = u16::try_from(20 + ports.len() + payload.len()).unwrap_or(u16::MAX);
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    frame.extend(length.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend(from.0.octets());
    frame.extend(to.0.octets());
    frame.extend(ports);
    frame.extend_from_slice(payload);
    frame
}

/// The whole pipeline: records, and once more with the rules behind it.
pub fn pipeline(data: &[u8]) {
    let mut wire = Wire::default();
    for step in steps(data) {
        wire.step(step);
    }
    let bytes: usize = wire.frames.iter().map(|(_, frame)| frame.len() + 64).sum();
    let first = bounded(bytes, FIXED, FACTOR, || {
        let mut records = Records::default();
        run(&wire, &mut records);
        records.0
    });
    let mut again = Records::default();
    run(&wire, &mut again);
    assert!(first == again.0, "the same frames give other records");
    for line in first.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(line);
        assert!(parsed.is_ok(), "not JSON: {}", String::from_utf8_lossy(line));
    }
    let options = Options {
        operations: true,
        ..Options::default()
    };
    let mut watcher = Watcher::new(Engine::new(Site::default(), options), Silent);
    run(&wire, &mut watcher);
    if let Some((last, _)) = wire.frames.last() {
        watcher.engine.finish(*last);
    }
    let captures = Captures::new(vec!["capture".to_owned()]);
    for said in watcher.engine.drain() {
        if let tapglass::engine::Output::Operation(record) = said {
            let mut line = Vec::new();
            record.write(&mut line, &captures);
            let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(&line);
            assert!(parsed.is_ok(), "not JSON: {}", String::from_utf8_lossy(&line));
        }
    }
}

fn run(wire: &Wire, handler: &mut impl Handler) {
    let mut pipeline = Pipeline::new(Vec::new(), FlowLimits::default(), Limits::default());
    for ((at, bytes), number) in wire.frames.iter().zip(1..) {
        let frame = Frame {
            number,
            at: *at,
            link_type: LinkType::ETHERNET,
            interface: 0,
            wire_length: u32::try_from(bytes.len()).expect("short"),
            bytes,
        };
        pipeline.frame(&frame, handler);
    }
    pipeline.finish(handler);
}

struct Silent;

impl Tap for Silent {
    fn message(&mut self, _: &Context<'_>, _: &Message<'_>) {}
    fn anomaly(&mut self, _: &Context<'_>, _: &Anomaly<'_>) {}
    fn blind(&mut self, _: &Context<'_>, _: &Blind<'_>) {}
}

/// Every record as a line.
struct Records(Vec<u8>, Captures);

impl Default for Records {
    fn default() -> Self {
        Self(Vec::new(), Captures::new(vec!["capture".to_owned()]))
    }
}

impl Handler for Records {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: true,
        }
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        streams::check(message);
        write_message(&mut self.0, &self.1, context, message);
    }

    fn operation(&mut self, _: &Context<'_>, _: &Operation<'_>) {}

    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}

    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        write_anomaly(&mut self.0, &self.1, context, anomaly);
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        write_blind_spot(&mut self.0, &self.1, Some(context), blind);
    }
}

/// Link and network headers: the first octet chooses the link type, the rest is the frame.
pub fn link(data: &[u8]) {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let types = [
        LinkType::ETHERNET,
        LinkType::LINUX_SLL,
        LinkType::LINUX_SLL2,
        LinkType::NULL,
        LinkType::LOOP,
        LinkType::RAW,
        LinkType::IPV4,
        LinkType::IPV6,
    ];
    let frame = Frame {
        number: 1,
        at: CaptureTime(0),
        link_type: types[usize::from(first) % types.len()],
        interface: 0,
        wire_length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        bytes,
    };
    let found = bounded(bytes.len(), 1 << 12, 4, || link::packet(&frame));
    if let Ok(packet) = found {
        let start = packet.offset as usize;
        let stands = bytes.get(start..start + packet.payload.len());
        assert_eq!(
            stands,
            Some(packet.payload),
            "the payload is not where it is said to be"
        );
    }
}
