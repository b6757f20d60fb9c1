//! What stood on the wire: whole messages, what breaks the protocol, and what could not be seen.

use alloc::string::String;
use core::fmt;

use tapglass_model::{CaptureTime, Station};

use crate::json::Writer;
use crate::{Direction, Fields, Transport};

/// The word in the record's `kind`: `request`, `response`, `exception`, `unsolicited`, `confirm`, `link`, `hello` ...
pub type MessageKind = &'static str;

/// A function or service: the number on the wire and its name in the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// Code on the wire.
    pub code: u32,
    /// Name in the standard; for an unknown code a text that says so.
    pub name: &'a str,
}

/// A status on the wire: exception code, control status, OPC UA status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// Code on the wire.
    pub code: u32,
    /// Name in the standard.
    pub name: &'a str,
}

/// Which bytes of a message came in which frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The carrying frame, from 1.
    pub frame: u64,
    /// Offset in that frame.
    pub offset: u32,
    /// How many bytes.
    pub length: u32,
}

/// The protocol's own part of a message.
pub trait Body {
    /// Writes the members of the object that the record names after the protocol (records.md section 3), not its braces.
    fn json(&self, out: &mut Writer<'_>);
    /// Adds the decoded tree; byte ranges count in [`Message::bytes`].
    fn fields(&self, out: &mut Fields);
    /// One line for lists: what the message asks or says, such as `write register 100 = 1150`.
    fn summary(&self, out: &mut String);
    /// What detections ask of it.
    fn marks(&self) -> Marks {
        Marks::default()
    }
}

/// What detections ask of a message beside its function and status, as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The device that is asked or that answers.
    pub station: Option<Station>,
    /// What the function leaves open: the sub-function of Modbus diagnostics or the type of an encapsulated interface; the
    /// variation of the first authentication object of a DNP3 authentication; of OPC UA [`Marks::FOREIGN_SERVICE`] or
    /// [`Marks::OTHER_VERSION`].
    pub subfunction: Option<u16>,
    /// First address that is asked for (Modbus).
    pub address: Option<u16>,
    /// Internal indications of an outstation, the first octet high (IEEE 1815-2012 4.2.2.6).
    pub indications: u16,
    /// The receiver is to confirm it (DNP3).
    pub confirm: bool,
}

impl Marks {
    /// The service is not one of OPC UA's own namespace.
    pub const FOREIGN_SERVICE: u16 = 1;
    /// The protocol version is not 0 (OPC 10000-6 7.1.2.3).
    pub const OTHER_VERSION: u16 = 2;
}

/// One application message as it stood on the wire.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// Capture time of the frame that completed it.
    pub at: CaptureTime,
    /// Number of that frame.
    pub frame: u64,
    /// Where its bytes came from, in order; never empty.
    pub pieces: &'a [Piece],
    /// Who sent it.
    pub from: Direction,
    /// The station behind the network address that it is from or for; `None` when it speaks for no station, as a gateway
    /// does that says that nobody answers behind it (MODBUS V1.1b3 7, exceptions 0A and 0B).
    pub station: Option<Station>,
    /// How it travels.
    pub transport: Transport,
    /// What it is.
    pub kind: MessageKind,
    /// Its function or service, where it has one.
    pub function: Option<Function<'a>>,
    /// Its status, where it has one.
    pub status: Option<Status<'a>>,
    /// Frame of the request that it answers.
    pub response_to: Option<u64>,
    /// Nanoseconds since that request.
    pub latency: Option<i64>,
    /// Names of what is odd about it; the details were given to [`Sink::anomaly`](crate::Sink::anomaly).
    pub anomalies: &'a [&'static str],
    /// All of its bytes as they stood in the stream.
    pub bytes: &'a [u8],
    /// The protocol's part.
    pub body: &'a dyn Body,
}

/// Bytes that break the protocol.
#[derive(Clone, Copy)]
pub struct Anomaly<'a> {
    /// Capture time.
    pub at: CaptureTime,
    /// Frame.
    pub frame: u64,
    /// Who sent them.
    pub from: Direction,
    /// A stable name in snake case, such as `crc_mismatch`.
    pub name: &'static str,
    /// One sentence: what is wrong and where.
    pub text: fmt::Arguments<'a>,
    /// The bytes, at most the first 64 of them are printed.
    pub bytes: &'a [u8],
}

/// Why something was not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum BlindReason {
    /// Bytes of the stream are missing from the capture.
    Gap,
    /// The capture starts inside the conversation.
    StartInMiddle,
    /// Bytes were passed over until the next message could be recognised.
    Resynchronised,
    /// The content is encrypted.
    Encrypted,
    /// Only one direction of the conversation is in the capture.
    OneDirection,
    /// A limit was reached and the oldest was given up.
    Limit,
    /// The frame was cut when it was captured.
    Truncated,
    /// The message is recognised and not decoded by this version.
    NotDecoded,
    /// The capture itself lost frames.
    CaptureDrop,
    /// The capture file is damaged or cut off.
    Damaged,
    /// No frame at all was captured for an unusually long time.
    Silence,
    /// The times of the capture run backwards.
    TimeBackwards,
}

impl BlindReason {
    /// The word of records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::StartInMiddle => "start_in_the_middle",
            Self::Resynchronised => "resynchronised",
            Self::Encrypted => "encrypted",
            Self::OneDirection => "one_direction",
            Self::Limit => "limit",
            Self::Truncated => "truncated",
            Self::NotDecoded => "not_decoded",
            Self::CaptureDrop => "capture_drop",
            Self::Damaged => "damaged",
            Self::Silence => "silence",
            Self::TimeBackwards => "time_backwards",
        }
    }
}

/// A stretch that was not seen.
#[derive(Clone, Copy)]
pub struct Blind<'a> {
    /// From when.
    pub from: CaptureTime,
    /// Until when.
    pub until: CaptureTime,
    /// Frame at which it was noticed.
    pub frame: u64,
    /// Whose bytes, where one side's.
    pub direction: Option<Direction>,
    /// How many bytes, where known.
    pub bytes: Option<u64>,
    /// Why.
    pub reason: BlindReason,
    /// One sentence for people.
    pub text: fmt::Arguments<'a>,
}
