//! Decoders, fed with the steps of a script: bit 0 of the control octet is the direction, bit 1 a hole before the bytes
//! (of a length that bit 2 tells or keeps secret), bits 3 and 4 let time pass.

use tapglass::model::CaptureTime;
use tapglass::proto::json::Writer;
use tapglass::proto::{
    Anomaly, Answer, Blind, Chunk, Direction, Fields, Limits, Message, Operation, Points, Sink, Transport,
    Wants,
};
use tapglass::registry;

use super::counting::bounded;
use super::script::{Numbers, Step, steps};

/// Modbus/TCP.
pub fn modbus_tcp(data: &[u8]) {
    stream("modbus", Transport::Tcp, data);
}

/// Modbus over UDP.
pub fn modbus_udp(data: &[u8]) {
    stream("modbus", Transport::Udp, data);
}

/// Modbus RTU and ASCII frames over TCP: the first octet says which.
pub fn modbus_serial(data: &[u8]) {
    let Some((&first, data)) = data.split_first() else {
        return;
    };
    let transport = if first & 1 == 0 {
        Transport::RtuOverTcp
    } else {
        Transport::AsciiOverTcp
    };
    stream("modbus", transport, data);
}

/// DNP3 over TCP.
pub fn dnp3_tcp(data: &[u8]) {
    stream("dnp3", Transport::Tcp, data);
}

/// DNP3 over UDP.
pub fn dnp3_udp(data: &[u8]) {
    stream("dnp3", Transport::Udp, data);
}

/// OPC UA.
pub fn opcua(data: &[u8]) {
    stream("opcua", Transport::Tcp, data);
}

/// Bytes that a decoder may hold whatever the input: hash tables and lists have a first size.
const FIXED: usize = 1 << 20;
/// Bytes for each byte of input. A bit of a packed DNP3 object becomes some thirty bytes of JSON in a list that grows by
/// doubling.
const FACTOR: usize = 1_000;

fn stream(protocol: &str, transport: Transport, data: &[u8]) {
    let place = registry::by_name(protocol).expect("a protocol of this name");
    probe(place, transport, data);
    let whole = bounded(data.len(), FIXED, FACTOR, || decode(place, transport, data, None));
    // A datagram is one piece by nature.
    if transport != Transport::Udp {
        let cut = decode(place, transport, data, Some(Numbers::of(data)));
        // While the next Modbus message is looked for, a segment that holds whole messages is better evidence than its
        // bytes alone, since the header is weak: there, and only there, cutting may matter.
        let known = if protocol == "modbus" {
            whole.sure().min(cut.sure())
        } else {
            whole.found.len().max(cut.found.len())
        };
        let differs = |place: &usize| whole.found.get(*place) != cut.found.get(*place);
        if let Some(place) = (0..known).find(differs) {
            let bytes: Vec<Step<'_>> = steps(data).collect();
            panic!(
                "another cutting of the stream gives other messages, from number {place}:\nwhole {:?}\ncut   {:?}\n{bytes:02x?}",
                whole.found.get(place),
                cut.found.get(place)
            );
        }
    }
}

/// Recognising must not depend on luck either.
fn probe(place: usize, transport: Transport, data: &[u8]) {
    let as_seen = match transport {
        Transport::Udp => Transport::Udp,
        _ => Transport::Tcp,
    };
    for step in steps(data).take(4) {
        let first = registry::PROTOCOLS[place].probe(step.bytes, as_seen);
        assert_eq!(first, registry::PROTOCOLS[place].probe(step.bytes, as_seen));
    }
}

/// The messages and operations of a script; `cuts` cuts every piece further.
fn decode(place: usize, transport: Transport, data: &[u8], mut cuts: Option<Numbers>) -> Notes {
    let mut server = registry::PROTOCOLS[place].server(Limits::default());
    let session = server.open(transport, data.first().is_some_and(|first| first & 0x80 != 0));
    let mut notes = Notes::default();
    if data.first().is_some_and(|first| first & 0x80 != 0) {
        notes.lost();
    }
    let mut at = CaptureTime(1_000_000_000);
    for (step, frame) in steps(data).zip(1_u64..) {
        let direction = if step.control & 1 == 0 {
            Direction::FromClient
        } else {
            Direction::FromServer
        };
        at = at.plus(1_000_000 << (10 * ((step.control >> 3) & 3)));
        if step.control & 2 != 0 {
            let missing = (step.control & 4 != 0).then_some(u64::from(step.control) * 16);
            notes.lost();
            server.gap(session, direction, missing, at, frame, &mut notes);
        }
        let (mut rest, mut offset) = (step.bytes, 54);
        while !rest.is_empty() {
            let length = match &mut cuts {
                Some(cuts) => 1 + cuts.below(rest.len().min(24)),
                None => rest.len(),
            };
            let (bytes, after) = rest.split_at(length);
            let chunk = Chunk {
                at,
                frame,
                carried_by: frame,
                offset,
                direction,
                bytes,
            };
            server.feed(session, &chunk, &mut notes);
            offset += u32::try_from(length).expect("short");
            rest = after;
        }
    }
    server.close(session, at, &mut notes);
    notes
}

/// Writes down what is found and looks at everything.
#[derive(Default)]
struct Notes {
    found: Vec<String>,
    /// What was found before the decoder had to look for the next message.
    sure: Option<usize>,
}

impl Notes {
    fn lost(&mut self) {
        self.sure.get_or_insert(self.found.len());
    }

    fn sure(&self) -> usize {
        self.sure.unwrap_or(usize::MAX).min(self.found.len())
    }
}

impl Sink for Notes {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: true,
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        // Where the lengths or counts of a Modbus message disagree, the decoder looks where the segment ends.
        if !message.anomalies.is_empty() {
            self.lost();
        }
        let said = check(message);
        let function = message
            .function
            .map(|function| (function.code, function.name.to_owned()));
        self.found.push(format!(
            "{} {} {} {function:?} {:?} {:?} {:?} {said}",
            message.frame,
            message.from.name(),
            message.kind,
            message.status.map(|status| status.code),
            message.response_to,
            message.anomalies,
        ));
    }

    fn operation(&mut self, operation: &Operation<'_>) {
        let mut points = String::new();
        if let Points::Each(each) = operation.points {
            each.each(&mut |observation| {
                use std::fmt::Write as _;
                let _ = write!(points, " {} {:?}", observation.address, observation.value);
            });
        }
        self.found.push(format!("{:?} {points}", operation.action));
    }

    fn answer(&mut self, answer: &Answer<'_>) {
        self.found.push(format!("{:?}", answer.outcome));
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) {
        assert!(!anomaly.name.is_empty());
        if matches!(anomaly.name, "not_a_modbus_header" | "crc_mismatch") {
            self.lost();
        }
        std::hint::black_box(anomaly.text.to_string());
    }

    fn blind(&mut self, blind: &Blind<'_>) {
        assert!(
            blind.from <= blind.until,
            "a blind spot that ends before it begins"
        );
        std::hint::black_box(blind.text.to_string());
    }
}

/// Looks at a message from all sides and gives its JSON.
pub fn check(message: &Message<'_>) -> String {
    assert!(!message.pieces.is_empty(), "a message that came from nowhere");
    let mut fields = Fields::new();
    message.body.fields(&mut fields);
    let length = message.bytes.len() as u64;
    for field in fields.into_vec() {
        let end = u64::from(field.start) + u64::from(field.length);
        assert!(end <= length, "{} ends at {end} of {length}", field.name);
    }
    let mut summary = String::new();
    message.body.summary(&mut summary);
    let mut json = Vec::new();
    let mut writer = Writer::new(&mut json);
    writer.object(|writer| message.body.json(writer));
    let json = String::from_utf8(json).expect("JSON is UTF-8");
    let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_str(&json);
    assert!(parsed.is_ok(), "not JSON: {json}");
    json
}
