//! What the tests share: building frames, and a sink that writes down what it is told.
#![allow(dead_code)] // Each test file uses its own part.
#![allow(clippy::unwrap_used)] // A test may fail loudly, also in what it shares.

pub(crate) mod wire;

use tapglass_dnp3::DNP3;
use tapglass_proto::json::Writer;
use tapglass_proto::model::{CaptureTime, Station};
use tapglass_proto::{
    Anomaly, Answer, Blind, Chunk, Direction, Fields, Limits, Message, Operation, Points, Protocol, Server,
    SessionId, Sink, Transport, Wants,
};

pub(crate) const MASTER: Direction = Direction::FromClient;
pub(crate) const OUTSTATION: Direction = Direction::FromServer;

/// The checksum bit by bit, as the standard draws it: shares nothing with the decoder.
pub(crate) fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut rest = 0_u16;
    for byte in bytes {
        rest ^= u16::from(*byte);
        for _ in 0..8 {
            rest = if rest & 1 == 1 {
                rest >> 1 ^ 0xa6bc
            } else {
                rest >> 1
            };
        }
    }
    (!rest).to_le_bytes()
}

/// A link frame.
pub(crate) fn frame(control: u8, destination: u16, source: u16, user_data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x05, 0x64, u8::try_from(user_data.len() + 5).unwrap(), control];
    frame.extend(destination.to_le_bytes());
    frame.extend(source.to_le_bytes());
    frame.extend(checksum(&frame));
    for block in user_data.chunks(16) {
        frame.extend(block);
        frame.extend(checksum(block));
    }
    frame
}

/// The link frames of a fragment, the first with transport sequence number `sequence`.
pub(crate) fn frames(
    control: u8,
    destination: u16,
    source: u16,
    fragment: &[u8],
    sequence: u8,
    each: usize,
) -> Vec<Vec<u8>> {
    let segments: Vec<&[u8]> = fragment.chunks(each.clamp(1, 249)).collect();
    segments
        .iter()
        .enumerate()
        .map(|(nth, segment)| {
            let mut octet = sequence.wrapping_add(nth as u8) & 0x3f;
            octet |= if nth == 0 { 0x40 } else { 0 };
            octet |= if nth + 1 == segments.len() { 0x80 } else { 0 };
            let mut user_data = vec![octet];
            user_data.extend(*segment);
            frame(control, destination, source, &user_data)
        })
        .collect()
}

/// One frame from master 1 to outstation 10.
pub(crate) fn request(fragment: &[u8]) -> Vec<u8> {
    frames(0xc4, 10, 1, fragment, 0, 249).concat()
}

/// One frame from outstation 10 to master 1.
pub(crate) fn response(fragment: &[u8]) -> Vec<u8> {
    frames(0x44, 1, 10, fragment, 0, 249).concat()
}

pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) frame: u64,
    pub(crate) from: Direction,
    pub(crate) kind: &'static str,
    pub(crate) function: String,
    pub(crate) response_to: Option<u64>,
    pub(crate) anomalies: Vec<&'static str>,
    pub(crate) length: usize,
    pub(crate) json: String,
    pub(crate) summary: String,
    pub(crate) fields: Vec<String>,
}

/// Writes everything down.
#[derive(Default)]
pub(crate) struct Notebook {
    pub(crate) messages: Vec<Seen>,
    pub(crate) operations: Vec<String>,
    pub(crate) answers: Vec<String>,
    pub(crate) anomalies: Vec<(&'static str, u64, String, usize)>,
    pub(crate) blind: Vec<(&'static str, Option<u64>)>,
    pub(crate) identities: Vec<(&'static str, String)>,
}

impl Notebook {
    pub(crate) fn functions(&self) -> Vec<&str> {
        self.messages
            .iter()
            .map(|message| message.function.as_str())
            .collect()
    }

    pub(crate) fn anomaly_names(&self) -> Vec<&str> {
        self.anomalies.iter().map(|anomaly| anomaly.0).collect()
    }

    /// Bytes that some message, blind spot or anomaly of the transport function accounts for.
    pub(crate) fn explained(&self) -> u64 {
        let messages: usize = self.messages.iter().map(|message| message.length).sum();
        let blind: u64 = self.blind.iter().filter_map(|(_, bytes)| *bytes).sum();
        let segments: usize = self
            .anomalies
            .iter()
            .filter(|(name, ..)| name.starts_with("transport_"))
            .map(|(.., length)| length)
            .sum();
        messages as u64 + blind + segments as u64
    }
}

impl Sink for Notebook {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: true,
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        let mut json = Vec::new();
        Writer::new(&mut json).object(|out| message.body.json(out));
        let json = String::from_utf8(json).unwrap();
        assert!(is_json(&json), "{json}");
        let mut fields = Fields::new();
        message.body.fields(&mut fields);
        let fields = fields.into_vec();
        check_tree(&fields, message.bytes.len());
        let mut summary = String::new();
        message.body.summary(&mut summary);
        let carried: u32 = message.pieces.iter().map(|piece| piece.length).sum();
        assert_eq!(carried as usize, message.bytes.len());
        assert!(!message.pieces.is_empty());
        self.messages.push(Seen {
            frame: message.frame,
            from: message.from,
            kind: message.kind,
            function: message.function.unwrap().name.to_string(),
            response_to: message.response_to,
            anomalies: message.anomalies.to_vec(),
            length: message.bytes.len(),
            json,
            summary,
            fields: fields
                .iter()
                .map(|field| {
                    format!(
                        "{}{}: {} @{}+{}",
                        "  ".repeat(field.depth.into()),
                        field.name,
                        field.text,
                        field.start,
                        field.length
                    )
                })
                .collect(),
        });
    }

    fn operation(&mut self, operation: &Operation<'_>) {
        let mut text = format!(
            "{} {} #{}{}",
            operation.action,
            operation.outcome.name(),
            operation.transaction,
            if operation.repeats { " again" } else { "" },
        );
        if operation.action.name() == "report" {
            text.push_str(&format!(" {:?}", operation.origin));
        }
        if !operation.detail.is_empty() {
            text.push_str(&format!(" [{}]", operation.detail));
        }
        if let Points::Each(points) = operation.points {
            points.each(&mut |point| {
                text.push_str(&format!("; {} {:?}", point.address, point.value));
                if point.quality.name() != "good" || !point.reasons.is_empty() {
                    text.push_str(&format!(" {} ({})", point.quality.name(), point.reasons));
                }
                if let Some(time) = point.source_time {
                    text.push_str(&format!(" at {time}"));
                }
                if let Some(status) = point.status {
                    text.push_str(&format!(" {}", status.name));
                }
            });
        }
        assert_eq!(
            operation.actor.link.is_some(),
            matches!(operation.station, Station::Link { .. })
        );
        self.operations.push(text);
    }

    fn answer(&mut self, answer: &Answer<'_>) {
        let each: Vec<_> = answer.each.iter().map(|(_, status)| status.name).collect();
        self.answers.push(format!(
            "#{} {}{}{}{}",
            answer.transaction,
            answer.outcome.name(),
            answer
                .status
                .map(|status| format!(" {}", status.name))
                .unwrap_or_default(),
            if each.is_empty() {
                String::new()
            } else {
                format!(" {each:?}")
            },
            if answer.echo_differs { " echo differs" } else { "" },
        ));
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) {
        self.anomalies.push((
            anomaly.name,
            anomaly.frame,
            anomaly.text.to_string(),
            anomaly.bytes.len(),
        ));
    }

    fn blind(&mut self, blind: &Blind<'_>) {
        assert!(blind.from <= blind.until && !blind.text.to_string().is_empty());
        self.blind.push((blind.reason.name(), blind.bytes));
    }

    fn identity(&mut self, of: Direction, _: Station, key: &'static str, value: &str) {
        assert_eq!(of, OUTSTATION);
        self.identities.push((key, value.to_string()));
    }
}

/// Every field lies in its parent, the leaves have every octet of the message, and each root names its clause.
fn check_tree(fields: &[tapglass_proto::Field], length: usize) {
    let mut parents: Vec<(usize, usize)> = Vec::new();
    let mut is_covered = vec![false; length];
    for (nth, field) in fields.iter().enumerate() {
        let place = (field.start as usize, (field.start + field.length) as usize);
        let depth = usize::from(field.depth);
        assert!(depth <= parents.len(), "{field:?}");
        parents.truncate(depth);
        let parent = parents.last().copied().unwrap_or((0, length));
        assert!(
            parent.0 <= place.0 && place.1 <= parent.1,
            "{field:?} in {parent:?}"
        );
        assert!(depth > 0 || !field.clause.is_empty(), "{field:?}");
        parents.push(place);
        if fields.get(nth + 1).is_none_or(|next| next.depth <= field.depth) {
            is_covered[place.0..place.1].fill(true);
        }
    }
    let missing = is_covered.iter().position(|covered| !covered);
    assert_eq!(missing, None, "octets that no field has: {fields:#?}");
}

/// A conversation that is being watched.
pub(crate) struct Watch {
    server: Box<dyn Server>,
    session: SessionId,
    pub(crate) frame: u64,
    pub(crate) notes: Notebook,
}

impl Watch {
    pub(crate) fn new(transport: Transport) -> Self {
        Self::with(transport, false, Limits::default())
    }

    pub(crate) fn with(transport: Transport, middle: bool, limits: Limits) -> Self {
        let mut server = DNP3.server(limits);
        let session = server.open(transport, middle);
        Self {
            server,
            session,
            frame: 0,
            notes: Notebook::default(),
        }
    }

    /// The next segment or datagram, one millisecond after the last.
    pub(crate) fn feed(&mut self, direction: Direction, bytes: &[u8]) -> &mut Self {
        self.frame += 1;
        let chunk = Chunk {
            at: CaptureTime(self.frame as i64 * 1_000_000),
            frame: self.frame,
            carried_by: self.frame,
            offset: 54,
            direction,
            bytes,
        };
        self.server.feed(self.session, &chunk, &mut self.notes);
        self
    }

    pub(crate) fn gap(&mut self, direction: Direction, missing: Option<u64>) -> &mut Self {
        let at = CaptureTime(self.frame as i64 * 1_000_000);
        self.server.gap(
            self.session,
            direction,
            missing,
            at,
            self.frame + 1,
            &mut self.notes,
        );
        self
    }

    pub(crate) fn close(&mut self) -> &mut Notebook {
        let at = CaptureTime(self.frame as i64 * 1_000_000);
        self.server.close(self.session, at, &mut self.notes);
        &mut self.notes
    }
}

/// Watches whole segments and closes.
pub(crate) fn watch(segments: &[(Direction, Vec<u8>)]) -> Notebook {
    let mut watch = Watch::new(Transport::Tcp);
    for (direction, bytes) in segments {
        watch.feed(*direction, bytes);
    }
    std::mem::take(watch.close())
}

/// True for one JSON value without duplicate keys in an object.
pub(crate) fn is_json(text: &str) -> bool {
    let mut rest = text.as_bytes();
    value(&mut rest).is_some() && rest.is_empty()
}

fn take(rest: &mut &[u8], sign: u8) -> Option<()> {
    let (first, after) = rest.split_first()?;
    (*first == sign).then(|| *rest = after)
}

fn value(rest: &mut &[u8]) -> Option<()> {
    match rest.first()? {
        b'{' => {
            let mut keys = Vec::new();
            items(rest, b'{', b'}', &mut |rest| {
                keys.push(string(rest)?);
                take(rest, b':')?;
                value(rest)
            })?;
            let count = keys.len();
            keys.sort();
            keys.dedup();
            (keys.len() == count).then_some(())
        }
        b'[' => items(rest, b'[', b']', &mut value),
        b'"' => string(rest).map(|_| ()),
        _ => {
            let end = rest
                .iter()
                .position(|byte| b",]}".contains(byte))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let word = std::str::from_utf8(word).ok()?;
            *rest = after;
            (matches!(word, "true" | "false" | "null") || word.parse::<f64>().is_ok_and(f64::is_finite))
                .then_some(())
        }
    }
}

fn items(
    rest: &mut &[u8],
    open: u8,
    close: u8,
    item: &mut dyn FnMut(&mut &[u8]) -> Option<()>,
) -> Option<()> {
    take(rest, open)?;
    if take(rest, close).is_some() {
        return Some(());
    }
    loop {
        item(rest)?;
        if take(rest, close).is_some() {
            return Some(());
        }
        take(rest, b',')?;
    }
}

fn string(rest: &mut &[u8]) -> Option<Vec<u8>> {
    take(rest, b'"')?;
    let mut end = 0;
    while *rest.get(end)? != b'"' {
        if rest[end] < 0x20 {
            return None;
        }
        end += if rest[end] == b'\\' { 2 } else { 1 };
    }
    let (text, after) = rest.split_at(end);
    *rest = &after[1..];
    Some(text.to_vec())
}
