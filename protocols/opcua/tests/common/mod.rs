//! Conversations made by hand, and a sink that writes down what a decoder says of them.
#![allow(dead_code)] // Each test file uses a part of it.

use tapglass_model::{CaptureTime, Station, address_text};
use tapglass_opcua::OpcUa;
use tapglass_proto::json::Writer;
use tapglass_proto::{
    Anomaly, Answer, Blind, Chunk, Direction, Field, Fields, Limits, Message, Operation, Points, Protocol,
    Server, SessionId, Sink, Transport, Wants,
};

pub(crate) const CLIENT: Direction = Direction::FromClient;
pub(crate) const SERVER: Direction = Direction::FromServer;
pub(crate) const NAMESPACE_0: &str = "http://opcfoundation.org/UA/";

/// Writes down everything as one line of text each.
#[derive(Default)]
pub(crate) struct Notes {
    pub(crate) lines: Vec<String>,
    /// The decoded trees, one line for each field.
    pub(crate) fields: Vec<String>,
}

impl Notes {
    /// The lines that begin so.
    pub(crate) fn of(&self, kind: &str) -> Vec<&str> {
        let lines = self.lines.iter().map(String::as_str);
        lines.filter(|line| line.starts_with(kind)).collect()
    }

    /// The only line that begins so.
    pub(crate) fn one(&self, kind: &str) -> &str {
        let lines = self.of(kind);
        assert_eq!(lines.len(), 1, "{kind}: {:#?}", self.lines);
        lines[0]
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
        let mut json = vec![];
        Writer::new(&mut json).object(|out| message.body.json(out));
        let mut summary = String::new();
        message.body.summary(&mut summary);
        let mut fields = Fields::new();
        message.body.fields(&mut fields);
        let fields = fields.into_vec();
        let readable = !json.windows(16).any(|part| part == b"\"encrypted\":true");
        if readable && message.anomalies.is_empty() {
            assert_covered(message.bytes, &fields);
        }
        for field in fields {
            let end = field.start as usize + field.length as usize;
            assert!(
                end <= message.bytes.len(),
                "{field:?} of {} bytes",
                message.bytes.len()
            );
            let raw = &message.bytes[field.start as usize..end];
            self.fields.push(format!(
                "{} = {} {raw:02x?} {}",
                field.name, field.text, field.clause
            ));
        }
        let pieces: usize = message.pieces.iter().map(|piece| piece.length as usize).sum();
        assert_eq!(pieces, message.bytes.len());
        self.lines.push(format!(
            "message {} {} {} {} {:?} {} {}",
            message.from.name(),
            message.kind,
            message.function.map_or("-", |function| function.name),
            message.status.map_or("-", |status| status.name),
            message.anomalies,
            summary,
            String::from_utf8(json).expect("JSON is UTF-8"),
        ));
    }

    fn operation(&mut self, operation: &Operation<'_>) {
        let mut line = format!(
            "operation {} {} app={} user={} #{} {:?} [{}]",
            operation.action,
            operation.outcome.name(),
            operation.actor.application.unwrap_or("-"),
            operation.actor.user.unwrap_or("-"),
            operation.transaction,
            operation.origin,
            operation.detail,
        );
        if let Points::Each(points) = operation.points {
            points.each(&mut |point| {
                line += &format!(
                    " {}={:?}/{}/{}",
                    address_text(&point.address),
                    point.value,
                    point.quality.name(),
                    point.reasons
                );
            });
        }
        self.lines.push(line);
    }

    fn answer(&mut self, answer: &Answer<'_>) {
        let each: Vec<_> = answer
            .each
            .iter()
            .map(|(outcome, status)| format!("{} {}", outcome.name(), status.name))
            .collect();
        self.lines.push(format!(
            "answer #{} {} {} {each:?}",
            answer.transaction,
            answer.outcome.name(),
            answer.status.map_or("-", |status| status.name)
        ));
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) {
        self.lines.push(format!(
            "anomaly {} {}: {}",
            anomaly.from.name(),
            anomaly.name,
            anomaly.text
        ));
    }

    fn blind(&mut self, blind: &Blind<'_>) {
        self.lines.push(format!(
            "blind {} {:?}: {}",
            blind.reason.name(),
            blind.bytes,
            blind.text
        ));
    }

    fn identity(&mut self, of: Direction, _station: Station, key: &'static str, value: &str) {
        self.lines.push(format!("identity {} {key}={value}", of.name()));
    }
}

/// Every byte of a message belongs to a field without parts.
fn assert_covered(bytes: &[u8], fields: &[Field]) {
    let mut covered = vec![false; bytes.len()];
    for (place, field) in fields.iter().enumerate() {
        let below = fields.get(place + 1);
        if below.is_none_or(|below| below.depth <= field.depth) {
            let start = field.start as usize;
            covered[start..start + field.length as usize].fill(true);
        }
    }
    let bare = covered.iter().position(|covered| !covered);
    assert_eq!(bare, None, "a byte of {bytes:02x?} is in no field of {fields:#?}");
}

/// One server under observation.
pub(crate) struct Tap {
    pub(crate) server: Box<dyn Server>,
    pub(crate) notes: Notes,
    frame: u64,
}

impl Tap {
    pub(crate) fn new() -> Self {
        Self::with(Limits::default())
    }

    pub(crate) fn with(limits: Limits) -> Self {
        Self {
            server: OpcUa.server(limits),
            notes: Notes::default(),
            frame: 0,
        }
    }

    pub(crate) fn open(&mut self) -> SessionId {
        self.server.open(Transport::Tcp, false)
    }

    pub(crate) fn join(&mut self) -> SessionId {
        self.server.open(Transport::Tcp, true)
    }

    pub(crate) fn feed(&mut self, session: SessionId, direction: Direction, bytes: &[u8]) {
        self.frame += 1;
        let chunk = Chunk {
            at: CaptureTime(self.frame as i64 * 1_000_000),
            frame: self.frame,
            carried_by: self.frame,
            offset: 54,
            direction,
            bytes,
        };
        self.server.feed(session, &chunk, &mut self.notes);
    }

    pub(crate) fn gap(&mut self, session: SessionId, direction: Direction) {
        let at = CaptureTime(self.frame as i64 * 1_000_000);
        self.server
            .gap(session, direction, Some(100), at, self.frame, &mut self.notes);
    }

    pub(crate) fn close(&mut self, session: SessionId) {
        let at = CaptureTime(self.frame as i64 * 1_000_000);
        self.server.close(session, at, &mut self.notes);
    }
}

/// Bytes that are written as the standard encodes them.
#[derive(Clone, Default)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn u8(self, value: u8) -> Self {
        self.raw(&[value])
    }

    pub(crate) fn u32(self, value: u32) -> Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn i64(self, value: i64) -> Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn f64(self, value: f64) -> Self {
        self.raw(&value.to_le_bytes())
    }

    /// A String or ByteString.
    pub(crate) fn string(self, text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        self.u32(text.len() as u32).raw(text)
    }

    /// A null String, ByteString or array.
    pub(crate) fn null(self) -> Self {
        self.u32(u32::MAX)
    }

    /// A numeric NodeId in four bytes.
    pub(crate) fn numeric(self, namespace: u8, id: u16) -> Self {
        self.u8(1).u8(namespace).raw(&id.to_le_bytes())
    }

    /// A NodeId with a text.
    pub(crate) fn node(self, namespace: u16, id: &str) -> Self {
        self.u8(3).raw(&namespace.to_le_bytes()).string(id)
    }

    /// An ExtensionObject without body.
    pub(crate) fn nothing(self) -> Self {
        self.raw(&[0, 0, 0])
    }

    /// An ExtensionObject with a binary body.
    pub(crate) fn structure(self, id: u16, body: Bytes) -> Self {
        self.numeric(0, id).u8(1).string(body.0)
    }

    /// ReadValueId of a Value.
    pub(crate) fn read_value_id(self, namespace: u16, id: &str) -> Self {
        self.node(namespace, id).u32(13).null().raw(&[0, 0]).null()
    }

    /// A DataValue that holds a Double and nothing else.
    pub(crate) fn double(self, value: f64) -> Self {
        // 0x01: a value; 0x0b: Double
        self.raw(&[0x01, 0x0b]).f64(value)
    }

    /// A DataValue that holds a list of texts and a Good status.
    pub(crate) fn texts(self, texts: &[&str]) -> Self {
        // 0x01: a value; 0x8c: array of String
        let start = self.raw(&[0x01, 0x8c]).u32(texts.len() as u32);
        texts.iter().fold(start, |bytes, text| bytes.string(text))
    }

    /// An ApplicationDescription of that URI.
    pub(crate) fn application(self, uri: &str) -> Self {
        self.string(uri)
            .string("urn:product")
            .raw(&[0x02])
            .string("a name")
            .u32(1)
            .null()
            .null()
            .null()
    }
}

/// A frame of that type around the bytes.
pub(crate) fn frame(letters: &str, rest: Bytes) -> Vec<u8> {
    let size = 8 + rest.0.len() as u32;
    Bytes::new().raw(letters.as_bytes()).u32(size).raw(&rest.0).0
}

/// HEL with 64 KiB buffers.
pub(crate) fn hello() -> Vec<u8> {
    frame(
        "HELF",
        Bytes::new()
            .u32(0)
            .u32(65_536)
            .u32(65_536)
            .u32(0)
            .u32(0)
            .string("opc.tcp://plc:4840"),
    )
}

/// ACK with 64 KiB buffers.
pub(crate) fn acknowledge() -> Vec<u8> {
    frame("ACKF", Bytes::new().u32(0).u32(65_536).u32(65_536).u32(0).u32(0))
}

/// One side of a channel: counts sequence numbers.
pub(crate) struct Side {
    pub(crate) channel: u32,
    pub(crate) sequence: u32,
    /// The token that proves the session, an id of namespace 1.
    pub(crate) token: u16,
}

impl Side {
    pub(crate) fn new(channel: u32) -> Self {
        Self {
            channel,
            sequence: 0,
            token: 0,
        }
    }

    fn next(&mut self) -> u32 {
        self.sequence += 1;
        self.sequence
    }

    /// OPN without security.
    pub(crate) fn open(&mut self, channel: u32, request: u32, body: Bytes) -> Vec<u8> {
        let sequence = self.next();
        let rest = Bytes::new()
            .u32(channel)
            .string("http://opcfoundation.org/UA/SecurityPolicy#None")
            .null()
            .null()
            .u32(sequence)
            .u32(request);
        frame("OPNF", rest.raw(&body.0))
    }

    /// One chunk with its sequence header.
    pub(crate) fn chunk(&mut self, letters: &str, request: u32, body: &[u8]) -> Vec<u8> {
        let sequence = self.next();
        let rest = Bytes::new().u32(self.channel).u32(1).u32(sequence).u32(request);
        frame(letters, rest.raw(body))
    }

    /// A service message in one chunk.
    pub(crate) fn message(&mut self, request: u32, body: Bytes) -> Vec<u8> {
        self.chunk("MSGF", request, &body.0)
    }

    /// A service message in chunks of at most `size` bytes.
    pub(crate) fn chunks(&mut self, request: u32, body: &Bytes, size: usize) -> Vec<u8> {
        let count = body.0.len().div_ceil(size);
        let parts = body.0.chunks(size).enumerate();
        parts
            .flat_map(|(place, part)| {
                let letters = if place + 1 == count { "MSGF" } else { "MSGC" };
                self.chunk(letters, request, part)
            })
            .collect()
    }

    /// Type id and header of a request.
    pub(crate) fn request(&self, code: u16) -> Bytes {
        Bytes::new()
            .numeric(0, code)
            .numeric(1, self.token)
            .i64(133_000_000_000_000_000)
            .u32(7)
            .u32(0)
            .null()
            .u32(10_000)
            .nothing()
    }
}

/// Type id and header of a response.
pub(crate) fn response(code: u16, result: u32) -> Bytes {
    Bytes::new()
        .numeric(0, code)
        .i64(133_000_000_000_000_000)
        .u32(7)
        .u32(result)
        .u8(0)
        .null()
        .nothing()
}

/// A client and a server that speak with each other.
pub(crate) struct Pair {
    pub(crate) session: SessionId,
    pub(crate) client: Side,
    pub(crate) server: Side,
    pub(crate) request: u32,
}

impl Pair {
    /// From Hello to an open channel.
    pub(crate) fn connect(tap: &mut Tap, channel: u32) -> Self {
        let session = tap.open();
        let mut pair = Self::joined(session, channel);
        tap.feed(session, CLIENT, &hello());
        tap.feed(session, SERVER, &acknowledge());
        // 446: version 0, issue, mode 1 None, nonce "", one hour
        let ask = pair
            .client
            .request(446)
            .u32(0)
            .u32(0)
            .u32(1)
            .null()
            .u32(3_600_000);
        let ask = pair.client.open(0, 1, ask);
        tap.feed(session, CLIENT, &ask);
        // 449: version 0, channel, token 1, created, one hour, nonce ""
        let open = response(449, 0)
            .u32(0)
            .u32(channel)
            .u32(1)
            .i64(1)
            .u32(3_600_000)
            .null();
        let open = pair.server.open(channel, 1, open);
        tap.feed(session, SERVER, &open);
        pair
    }

    /// A pair whose beginning is not captured.
    pub(crate) fn joined(session: SessionId, channel: u32) -> Self {
        Self {
            session,
            client: Side::new(channel),
            server: Side::new(channel),
            request: 1,
        }
    }

    /// A request.
    pub(crate) fn ask(&mut self, tap: &mut Tap, code: u16, parameters: Bytes) -> u32 {
        self.request += 1;
        let body = self.client.request(code).raw(&parameters.0);
        let bytes = self.client.message(self.request, body);
        tap.feed(self.session, CLIENT, &bytes);
        self.request
    }

    /// The answer to a request.
    pub(crate) fn tell(&mut self, tap: &mut Tap, request: u32, code: u16, result: u32, parameters: Bytes) {
        let bytes = self
            .server
            .message(request, response(code, result).raw(&parameters.0));
        tap.feed(self.session, SERVER, &bytes);
    }

    /// A request and its answer.
    pub(crate) fn talk(&mut self, tap: &mut Tap, asked: (u16, Bytes), told: (u16, Bytes)) {
        let request = self.ask(tap, asked.0, asked.1);
        self.tell(tap, request, told.0, 0, told.1);
    }

    /// CreateSession with that token, and ActivateSession with a user.
    pub(crate) fn log_on(&mut self, tap: &mut Tap, application: &str, token: u16, user: &str) {
        self.client.token = 0;
        let create = Bytes::new()
            .application(application)
            .null()
            .string("opc.tcp://plc:4840")
            .string("my session")
            .string("a nonce")
            .null()
            .f64(60_000.0)
            .u32(0);
        // session id ns=1;i=500, the token, timeout, nonce, certificate, no endpoints, no certificates, no signature
        let created = Bytes::new()
            .numeric(1, 500)
            .numeric(1, token)
            .f64(60_000.0)
            .null()
            .null()
            .null()
            .null()
            .null()
            .null()
            .u32(0);
        self.talk(tap, (461, create), (464, created));
        self.client.token = token;
        let identity = Bytes::new()
            .string("policy")
            .string(user)
            .string("hunter2")
            .null();
        let activate = Bytes::new()
            .null()
            .null()
            .null()
            .null()
            .structure(324, identity)
            .null()
            .null();
        let activated = Bytes::new().null().null().null();
        self.talk(tap, (467, activate), (470, activated));
    }

    /// Reads the namespace array.
    pub(crate) fn read_namespaces(&mut self, tap: &mut Tap, uris: &[&str]) {
        // 631: max age 0, timestamps 2 both, one node: i=2255, Value
        let read = Bytes::new()
            .f64(0.0)
            .u32(2)
            .u32(1)
            .numeric(0, 2255)
            .u32(13)
            .null()
            .raw(&[0, 0])
            .null();
        let result = Bytes::new().u32(1).texts(uris).null();
        self.talk(tap, (631, read), (634, result));
    }

    /// Writes a Double to a node of namespace 2.
    pub(crate) fn write(&mut self, tap: &mut Tap, node: &str, value: f64) -> u32 {
        let write = Bytes::new().u32(1).node(2, node).u32(13).null().double(value);
        self.ask(tap, 673, write)
    }

    /// Creates a subscription.
    pub(crate) fn subscribe(&mut self, tap: &mut Tap, subscription: u32) {
        let create = Bytes::new().f64(500.0).u32(60).u32(20).u32(0).u8(1).u8(0);
        let created = Bytes::new().u32(subscription).f64(500.0).u32(60).u32(20);
        self.talk(tap, (787, create), (790, created));
    }

    /// Watches a node of namespace 2 under a client handle.
    pub(crate) fn watch(&mut self, tap: &mut Tap, subscription: u32, node: &str, handle: u32, item: u32) {
        let create = Bytes::new()
            .u32(subscription)
            .u32(2)
            .u32(1)
            .read_value_id(2, node)
            .u32(2)
            .u32(handle)
            .f64(500.0)
            .nothing()
            .u32(1)
            .u8(1);
        let created = Bytes::new()
            .u32(1)
            .u32(0)
            .u32(item)
            .f64(500.0)
            .u32(1)
            .nothing()
            .null();
        self.talk(tap, (751, create), (754, created));
    }

    /// A Publish request and its answer with one changed Double.
    pub(crate) fn publish(&mut self, tap: &mut Tap, subscription: u32, handle: u32, value: f64) {
        let changed = Bytes::new().u32(1).u32(handle).double(value).null();
        self.notify(tap, subscription, Bytes::new().u32(1).structure(811, changed));
    }

    /// A Publish request and its answer with those notifications.
    pub(crate) fn notify(&mut self, tap: &mut Tap, subscription: u32, notifications: Bytes) {
        let published = Bytes::new()
            .u32(subscription)
            .null()
            .u8(0)
            .u32(1)
            .i64(133_000_000_000_000_000)
            .raw(&notifications.0)
            .null()
            .null();
        self.talk(tap, (826, Bytes::new().null()), (829, published));
    }
}
