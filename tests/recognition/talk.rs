//! A conversation made by hand, and what is found in it.

use std::net::{IpAddr, Ipv4Addr};

use tapglass::capture::{Frame, LinkType};
use tapglass::conversation::{Context, Conversation};
use tapglass::flow::FlowLimits;
use tapglass::model::{CaptureTime, Station};
use tapglass::pipeline::{Handler, Hint, Pipeline};
use tapglass::proto::{Anomaly, Answer, Blind, Direction, Limits, Message, Operation, Wants};
use tapglass::recognise::{Seen, Traffic};

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// Protocol, sender, function code and frame of each message.
    pub(crate) messages: Vec<(&'static str, &'static str, u32, u64)>,
    /// Protocol and transport of each conversation that was opened.
    pub(crate) opened: Vec<(&'static str, Option<&'static str>)>,
    /// Protocol and reason of each blind spot.
    pub(crate) blind: Vec<(&'static str, &'static str)>,
    /// Names of protocols that are not decoded, with their frames.
    pub(crate) others: Vec<(&'static str, u64)>,
    /// Security and identity that was stated.
    pub(crate) said: Vec<(&'static str, String)>,
    /// Frames of conversations that were closed.
    pub(crate) closed: Vec<(&'static str, u64)>,
    /// Conversations without any name.
    pub(crate) unrecognised: u64,
}

impl Found {
    /// Function codes of a protocol's messages from one side.
    pub(crate) fn functions(&self, protocol: &str, from: &str) -> Vec<u32> {
        self.messages
            .iter()
            .filter(|(name, side, ..)| *name == protocol && *side == from)
            .map(|(_, _, code, _)| *code)
            .collect()
    }
}

impl Handler for Found {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: true,
        }
    }
    fn opened(&mut self, conversation: &Conversation) {
        self.opened.push((conversation.protocol, conversation.transport));
    }
    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        self.messages.push((
            context.conversation.protocol,
            message.from.name(),
            message.function.map_or(0, |function| function.code),
            message.frame,
        ));
    }
    fn operation(&mut self, _: &Context<'_>, _: &Operation<'_>) {}
    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}
    fn anomaly(&mut self, _: &Context<'_>, _: &Anomaly<'_>) {}
    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        self.blind
            .push((context.conversation.protocol, blind.reason.name()));
    }
    fn identity(&mut self, _: &Context<'_>, _: Direction, _: Station, key: &'static str, value: &str) {
        self.said.push((key, value.to_owned()));
    }
    fn closed(&mut self, conversation: &Conversation, _: CaptureTime, traffic: Traffic) {
        self.closed.push((conversation.protocol, traffic.frames));
    }
    fn recognised(&mut self, seen: Seen) {
        self.others.push((seen.protocol, seen.traffic.frames));
    }
}

/// Frames of one conversation.
pub(crate) struct Talk {
    ports: [u16; 2],
    sequence: [u32; 2],
    udp: bool,
    pub(crate) frames: Vec<Vec<u8>>,
}

pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

impl Talk {
    /// A TCP conversation, joined in the middle.
    pub(crate) fn middle(server_port: u16) -> Self {
        Self {
            ports: [50_123, server_port],
            sequence: [1_000, 2_000],
            udp: false,
            frames: Vec::new(),
        }
    }

    /// A TCP conversation from its start.
    pub(crate) fn tcp(server_port: u16) -> Self {
        let mut talk = Self::middle(server_port);
        talk.segment(CLIENT, 0x02, &[]);
        talk.segment(SERVER, 0x12, &[]);
        talk
    }

    /// A conversation over UDP.
    pub(crate) fn udp(server_port: u16) -> Self {
        Self {
            udp: true,
            ..Self::middle(server_port)
        }
    }

    /// One segment or datagram.
    pub(crate) fn say(&mut self, side: usize, payload: &[u8]) -> &mut Self {
        self.segment(side, 0x18, payload)
    }

    fn segment(&mut self, side: usize, flags: u8, payload: &[u8]) -> &mut Self {
        let mut bytes = vec![
            2,
            0,
            0,
            0,
            0,
            u8::from(side == 0),
            2,
            0,
            0,
            0,
            0,
            u8::from(side == 1),
            8,
            0,
        ];
        let header: u16 = if self.udp { 8 } else { 20 };
        let length = 20 + header + u16::try_from(payload.len()).unwrap();
        bytes.extend([0x45, 0]);
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 64, if self.udp { 17 } else { 6 }, 0, 0]);
        let address = |side: usize| [10, 0, 0, if side == 0 { 1 } else { 2 }];
        bytes.extend(address(side));
        bytes.extend(address(1 - side));
        bytes.extend(self.ports[side].to_be_bytes());
        bytes.extend(self.ports[1 - side].to_be_bytes());
        if self.udp {
            bytes.extend((length - 20).to_be_bytes());
            bytes.extend([0, 0]);
        } else {
            bytes.extend(self.sequence[side].to_be_bytes());
            bytes.extend(self.sequence[1 - side].to_be_bytes());
            bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
            self.sequence[side] += u32::try_from(payload.len()).unwrap() + u32::from(flags & 2 > 0);
        }
        bytes.extend(payload);
        self.frames.push(bytes);
        self
    }

    /// What the pipeline finds, expecting protocols at these ports.
    pub(crate) fn found_with(&self, hints: Vec<Hint>) -> Found {
        let mut pipeline = Pipeline::new(hints, FlowLimits::default(), Limits::default());
        let mut found = Found::default();
        for (number, bytes) in (1..).zip(&self.frames) {
            pipeline.frame(
                &Frame {
                    number,
                    at: CaptureTime(i64::try_from(number).unwrap() * 1_000_000),
                    link_type: LinkType::ETHERNET,
                    interface: 0,
                    wire_length: u32::try_from(bytes.len()).unwrap(),
                    bytes,
                },
                &mut found,
            );
        }
        pipeline.finish(&mut found);
        found.unrecognised = pipeline.counters().unrecognised;
        found
    }

    /// What the pipeline finds.
    pub(crate) fn found(&self) -> Found {
        self.found_with(Vec::new())
    }
}

/// A hint that names a port.
pub(crate) fn hint(protocol: &str, port: u16) -> Hint {
    Hint {
        ip: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2))),
        port,
        protocol: tapglass::registry::by_name(protocol).unwrap(),
    }
}

/// A Modbus request: write one register.
pub(crate) fn modbus_write(transaction: u16, register: u16, value: u16) -> Vec<u8> {
    let mut bytes = transaction.to_be_bytes().to_vec();
    bytes.extend([0, 0, 0, 6, 1, 6]);
    bytes.extend(register.to_be_bytes());
    bytes.extend(value.to_be_bytes());
    bytes
}

/// DNP3 checksum (IEEE 1815-2012 9.2.4.1.6).
fn dnp3_checksum(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa6bc } else { crc >> 1 };
        }
    }
    (!crc).to_le_bytes()
}

/// A DNP3 direct operate of one relay, in one frame.
pub(crate) fn dnp3_operate(sequence: u8) -> Vec<u8> {
    let user = [
        0xc0 | sequence,
        0xc0 | sequence & 15,
        5,
        12,
        1,
        0x28,
        1,
        0,
        7,
        0,
        0x41,
        1,
        0xe8,
        3,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ];
    let mut bytes = vec![
        0x05,
        0x64,
        5 + u8::try_from(user.len()).unwrap(),
        0xc4,
        4,
        0,
        3,
        0,
    ];
    bytes.extend(dnp3_checksum(&bytes));
    for block in user.chunks(16) {
        bytes.extend(block);
        bytes.extend(dnp3_checksum(block));
    }
    bytes
}

/// An OPC UA Hello.
pub(crate) fn opcua_hello() -> Vec<u8> {
    let url = b"opc.tcp://10.0.0.2:4840";
    let mut bytes = b"HELF".to_vec();
    bytes.extend((32 + u32::try_from(url.len()).unwrap()).to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    for number in [65_536_u32, 65_536, 0, 0, u32::try_from(url.len()).unwrap()] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend(url);
    bytes
}

/// The start of an OPC UA message whose header says that megabytes follow.
pub(crate) fn opcua_endless() -> Vec<u8> {
    let mut bytes = b"MSGF".to_vec();
    bytes.extend(60_000_000_u32.to_le_bytes());
    bytes.extend([1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0xa1, 2]);
    bytes
}

impl Talk {
    /// The frames as a capture.
    pub(crate) fn file(&self) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut writer =
            tapglass::capture::write::PcapWriter::new(file.reopen().unwrap(), LinkType::ETHERNET, 262_144)
                .unwrap();
        for (number, bytes) in (1..).zip(&self.frames) {
            writer
                .frame(&Frame {
                    number,
                    at: CaptureTime(i64::try_from(number).unwrap() * 1_000_000),
                    link_type: LinkType::ETHERNET,
                    interface: 0,
                    wire_length: u32::try_from(bytes.len()).unwrap(),
                    bytes,
                })
                .unwrap();
        }
        writer.finish().unwrap();
        file
    }
}
