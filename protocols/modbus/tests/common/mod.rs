//! What the tests share: building frames, and a sink that writes down what it is told.
#![allow(dead_code)] // Each test file uses its own part.
#![allow(clippy::unwrap_used)] // A test may fail loudly, also in what it shares.

use tapglass_modbus::Modbus;
use tapglass_proto::json::Writer;
use tapglass_proto::model::{CaptureTime, MILLISECOND, Station};
use tapglass_proto::{
    Anomaly, Answer, Blind, Chunk, Direction, Fields, Limits, Message, Operation, Points, Protocol, Server,
    SessionId, Sink, Transport, Wants,
};

pub(crate) const CLIENT: Direction = Direction::FromClient;
pub(crate) const SERVER: Direction = Direction::FromServer;

/// Bytes from hexadecimal digits; anything else is for the reader.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// A message with an MBAP header.
pub(crate) fn tcp(transaction: u16, unit: u8, data_unit: &[u8]) -> Vec<u8> {
    let mut message = transaction.to_be_bytes().to_vec();
    message.extend([0, 0]);
    message.extend(u16::try_from(data_unit.len() + 1).unwrap().to_be_bytes());
    message.push(unit);
    message.extend(data_unit);
    message
}

/// The CRC bit by bit, as the standard draws it: shares nothing with the decoder.
pub(crate) fn crc(bytes: &[u8]) -> [u8; 2] {
    let mut rest = 0xffff_u16;
    for byte in bytes {
        rest ^= u16::from(*byte);
        for _ in 0..8 {
            rest = if rest & 1 == 1 {
                rest >> 1 ^ 0xa001
            } else {
                rest >> 1
            };
        }
    }
    rest.to_le_bytes()
}

/// An RTU frame.
pub(crate) fn rtu(unit: u8, data_unit: &[u8]) -> Vec<u8> {
    let mut frame = vec![unit];
    frame.extend(data_unit);
    frame.extend(crc(&frame));
    frame
}

/// An ASCII frame.
pub(crate) fn ascii(unit: u8, data_unit: &[u8]) -> Vec<u8> {
    let mut bytes = vec![unit];
    bytes.extend(data_unit);
    let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    bytes.push(sum.wrapping_neg());
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    format!(":{digits}\r\n").into_bytes()
}

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) frame: u64,
    pub(crate) from: Direction,
    pub(crate) station: Option<Station>,
    pub(crate) kind: &'static str,
    pub(crate) function: u32,
    pub(crate) response_to: Option<u64>,
    pub(crate) anomalies: Vec<&'static str>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: String,
    pub(crate) summary: String,
    pub(crate) fields: Vec<String>,
    pub(crate) uncovered: Vec<u32>,
}

/// Writes everything down.
#[derive(Default)]
pub(crate) struct Notebook {
    pub(crate) messages: Vec<Seen>,
    pub(crate) operations: Vec<String>,
    pub(crate) answers: Vec<String>,
    pub(crate) anomalies: Vec<(&'static str, u64, String)>,
    pub(crate) blind: Vec<(&'static str, Option<u64>)>,
    pub(crate) identities: Vec<(&'static str, String)>,
}

impl Notebook {
    pub(crate) fn bytes(&self) -> Vec<&[u8]> {
        self.messages.iter().map(|message| &message.bytes[..]).collect()
    }

    pub(crate) fn anomaly_names(&self) -> Vec<&'static str> {
        self.anomalies.iter().map(|anomaly| anomaly.0).collect()
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
        let mut fields = Fields::new();
        message.body.fields(&mut fields);
        let fields = fields.into_vec();
        let mut covered = vec![false; message.bytes.len()];
        for (place, field) in fields.iter().enumerate() {
            let (start, end) = (field.start as usize, (field.start + field.length) as usize);
            assert!(end <= message.bytes.len(), "{field:?}");
            let leaf = fields.get(place + 1).is_none_or(|next| next.depth <= field.depth);
            if leaf && field.name != "Anomaly" {
                covered[start..end].fill(true);
            }
        }
        let mut summary = String::new();
        message.body.summary(&mut summary);
        let carried: u32 = message.pieces.iter().map(|piece| piece.length).sum();
        assert_eq!(carried as usize, message.bytes.len());
        assert!(!message.pieces.is_empty());
        self.messages.push(Seen {
            frame: message.frame,
            from: message.from,
            kind: message.kind,
            station: message.station,
            function: message.function.unwrap().code,
            response_to: message.response_to,
            anomalies: message.anomalies.to_vec(),
            bytes: message.bytes.to_vec(),
            json: String::from_utf8(json).unwrap(),
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
            uncovered: (0..)
                .zip(covered)
                .filter(|(_, is)| !is)
                .map(|(at, _)| at)
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
        if !operation.detail.is_empty() {
            text.push_str(&format!(" [{}]", operation.detail));
        }
        match operation.points {
            Points::None | Points::Each(_) => {}
            Points::Registers { table, first, bytes } => {
                text.push_str(&format!(" {}:{first} {bytes:02x?}", table.name()));
            }
            Points::Bits {
                table,
                first,
                count,
                bytes,
            } => text.push_str(&format!(" {}:{first}+{count} {bytes:02x?}", table.name())),
            Points::Range { table, first, count } => {
                text.push_str(&format!(" {}:{first}+{count}", table.name()));
            }
            Points::Mask { register, and, or } => {
                text.push_str(&format!(" holding:{register} and {and:04x} or {or:04x}"));
            }
        }
        self.operations.push(text);
    }

    fn answer(&mut self, answer: &Answer<'_>) {
        self.answers.push(format!(
            "#{} {}{}{}",
            answer.transaction,
            answer.outcome.name(),
            answer
                .status
                .map(|status| format!(" {}", status.name))
                .unwrap_or_default(),
            if answer.echo_differs { " echo differs" } else { "" },
        ));
    }

    fn anomaly(&mut self, anomaly: &Anomaly<'_>) {
        self.anomalies
            .push((anomaly.name, anomaly.frame, anomaly.text.to_string()));
    }

    fn blind(&mut self, blind: &Blind<'_>) {
        self.blind.push((blind.reason.name(), blind.bytes));
    }

    fn identity(
        &mut self,
        of: Direction,
        _station: tapglass_proto::model::Station,
        key: &'static str,
        value: &str,
    ) {
        assert_eq!(of, SERVER);
        self.identities.push((key, value.to_owned()));
    }
}

/// One conversation: chunks go in with their own frame numbers and times a millisecond apart.
pub(crate) struct Talk {
    server: Box<dyn Server>,
    session: SessionId,
    pub(crate) book: Notebook,
    pub(crate) frame: u64,
    pub(crate) at: CaptureTime,
}

impl Talk {
    pub(crate) fn over(transport: Transport) -> Self {
        Self::with(transport, Limits::default(), false)
    }

    pub(crate) fn with(transport: Transport, limits: Limits, middle: bool) -> Self {
        let mut server = Modbus.server(limits);
        let session = server.open(transport, middle);
        Self {
            server,
            session,
            book: Notebook::default(),
            frame: 0,
            at: CaptureTime(1_000_000_000),
        }
    }

    pub(crate) fn say(&mut self, direction: Direction, bytes: &[u8]) -> &mut Self {
        self.frame += 1;
        self.at = self.at.plus(MILLISECOND);
        let chunk = Chunk {
            at: self.at,
            frame: self.frame,
            carried_by: self.frame,
            offset: 54,
            direction,
            bytes,
        };
        self.server.feed(self.session, &chunk, &mut self.book);
        self
    }

    pub(crate) fn ask(&mut self, bytes: &[u8]) -> &mut Self {
        self.say(CLIENT, bytes)
    }

    pub(crate) fn reply(&mut self, bytes: &[u8]) -> &mut Self {
        self.say(SERVER, bytes)
    }

    pub(crate) fn wait(&mut self, nanoseconds: i64) -> &mut Self {
        self.at = self.at.plus(nanoseconds);
        self
    }

    pub(crate) fn gap(&mut self, direction: Direction) -> &mut Self {
        self.server
            .gap(self.session, direction, None, self.at, self.frame, &mut self.book);
        self
    }

    pub(crate) fn close(&mut self) -> &Notebook {
        self.server.close(self.session, self.at, &mut self.book);
        &self.book
    }
}
