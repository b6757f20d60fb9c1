//! Frames, and one of them decoded to the last byte.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{CaptureTime, Severity};

/// One frame in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLine {
    /// Frame number, from 1.
    pub number: u64,
    /// Capture time.
    pub at: CaptureTime,
    /// Sender: a name of the site or the address.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// Bytes on the wire.
    pub length: u32,
    /// What it says, in one line, such as `Modbus unit 1  write register 100 = 1150`.
    pub summary: String,
    /// Alarms that it raised or proves.
    pub marks: Vec<Severity>,
}

/// One frame decoded. For a message that came in several frames, the headers of the last one and then the
/// message as it was put together: [`DecodedFrame::pieces`] says what came from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodedFrame {
    /// Frame number.
    pub number: u64,
    /// Capture time.
    pub at: CaptureTime,
    /// Bytes on the wire, which may be more than were captured.
    pub length: u32,
    /// Sender with port, such as `10.20.1.66:49732`.
    pub from: String,
    /// Receiver with port.
    pub to: String,
    /// The bytes that the fields point into.
    pub bytes: Vec<u8>,
    /// The decoded tree, parents before children.
    pub fields: Vec<FieldLine>,
    /// How the message became an operation and which checks it passed; the byte ranges are empty here.
    pub meaning: Vec<FieldLine>,
    /// Which frames the bytes came from; empty when all came from this one.
    pub pieces: Vec<Piece>,
    /// The frame that answers this request, or that asked for this answer.
    pub pair: Option<u64>,
    /// One sentence on it, such as `Answer echoes the value: the device accepted the write.`
    pub note: String,
    /// Why it could not be decoded further; empty when it could.
    pub problem: String,
}

/// One line of the decoded tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldLine {
    /// How deep in the tree, 0 is the root.
    pub depth: u8,
    /// The name, as the specification writes it.
    pub name: String,
    /// The value in words.
    pub text: String,
    /// First byte in [`DecodedFrame::bytes`].
    pub start: u32,
    /// How many bytes.
    pub length: u32,
    /// The clause of the standard; empty when the parent's holds.
    pub clause: String,
    /// How urgent what is wrong with it is.
    pub mark: Option<Severity>,
    /// What is wrong with it, such as `ABOVE MAX 900`.
    pub mark_text: String,
}

/// A stretch of bytes and the frame that carried it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// First byte in [`DecodedFrame::bytes`].
    pub start: u32,
    /// How many bytes.
    pub length: u32,
    /// Frame that carried them.
    pub frame: u64,
}
