//! The last frames with what was decoded in them, for the frame screen.

use std::collections::VecDeque;
use std::fmt::Write as _;

use tapglass_model::snapshot::{DecodedFrame, FieldLine, FrameLine, Piece};
use tapglass_model::{CaptureTime, Severity};
use tapglass_proto::{Field, Fields, Message};

use super::headers;
use crate::capture::{Frame, LinkType};
use crate::conversation::Context;
use crate::records::frame_number;

/// Frames that are kept; older ones are read again from the capture when they are asked for.
const KEPT: usize = 4_096;
/// Their bytes together.
const KEPT_BYTES: usize = 16 << 20;
/// Lines before and after the selected frame.
const AROUND: usize = 40;

/// A message as it was decoded.
#[derive(Clone)]
struct Kept {
    protocol: &'static str,
    kind: &'static str,
    from_client: bool,
    summary: String,
    fields: Vec<Field>,
    pieces: Vec<tapglass_proto::Piece>,
    /// The whole message, when it came in more than one frame.
    bytes: Vec<u8>,
    response_to: Option<u64>,
    latency: Option<i64>,
    answered_by: Option<u64>,
    answer: String,
}
#[derive(Clone)]
struct Entry {
    number: u64,
    at: CaptureTime,
    link_type: LinkType,
    wire_length: u32,
    bytes: Vec<u8>,
    messages: Vec<Kept>,
    marks: Vec<Severity>,
}

/// The frames that are at hand.
#[derive(Clone, Default)]
pub struct Frames {
    entries: VecDeque<Entry>,
    held: usize,
}

impl Frames {
    /// Keeps a frame.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.held += frame.bytes.len();
        self.entries.push_back(Entry {
            number: frame.number,
            at: frame.at,
            link_type: frame.link_type,
            wire_length: frame.wire_length,
            bytes: frame.bytes.to_vec(),
            messages: Vec::new(),
            marks: Vec::new(),
        });
        while self.entries.len() > KEPT || self.held > KEPT_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.held -= oldest.bytes.len();
        }
    }

    /// Keeps a message with the frame that completed it.
    pub fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let mut fields = Fields::new();
        message.body.fields(&mut fields);
        let mut summary = String::new();
        message.body.summary(&mut summary);
        if let Some(request) = message.response_to
            && let Some(asked) = self.find_mut(request)
            && let Some(kept) = asked.messages.iter_mut().find(|kept| kept.answered_by.is_none())
        {
            kept.answered_by = Some(message.frame);
            kept.latency = message.latency;
            kept.answer = message
                .status
                .map_or_else(String::new, |status| status.name.to_owned());
        }
        let whole = message.pieces.len() > 1;
        let kept = Kept {
            protocol: context.conversation.protocol,
            kind: message.kind,
            from_client: context.from_client,
            summary,
            fields: fields.into_vec(),
            pieces: message.pieces.to_vec(),
            bytes: if whole { message.bytes.to_vec() } else { Vec::new() },
            response_to: message.response_to,
            latency: message.latency,
            answered_by: None,
            answer: String::new(),
        };
        if let Some(entry) = self.find_mut(message.frame) {
            entry.messages.push(kept);
        }
    }

    /// Marks frames that prove an alarm.
    pub fn mark(&mut self, frame: u64, severity: Severity) {
        if let Some(entry) = self.find_mut(frame)
            && !entry.marks.contains(&severity)
        {
            entry.marks.push(severity);
            entry.marks.sort_by_key(|severity| std::cmp::Reverse(*severity));
        }
    }

    /// True when the frame is at hand.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.place(number).is_some()
    }

    /// Number of the newest frame.
    #[must_use]
    pub fn newest(&self) -> Option<u64> {
        self.entries.back().map(|entry| entry.number)
    }

    fn place(&self, number: u64) -> Option<usize> {
        self.entries
            .binary_search_by_key(&number, |entry| entry.number)
            .ok()
    }

    fn find_mut(&mut self, number: u64) -> Option<&mut Entry> {
        let place = self.place(number)?;
        self.entries.get_mut(place)
    }

    /// The frames around one, or the newest ones.
    #[must_use]
    pub fn lines(
        &self,
        around: Option<u64>,
        name: &dyn Fn(std::net::IpAddr) -> Option<String>,
    ) -> Vec<FrameLine> {
        let place = around
            .and_then(|number| self.place(number))
            .unwrap_or(self.entries.len().saturating_sub(1));
        let first = place.saturating_sub(AROUND);
        self.entries
            .iter()
            .skip(first)
            .take(2 * AROUND + 1)
            .map(|entry| entry.line(name))
            .collect()
    }

    /// One frame to the last byte.
    #[must_use]
    pub fn decoded(&self, number: u64) -> Option<DecodedFrame> {
        let entry = self.entries.get(self.place(number)?)?;
        Some(entry.decoded())
    }
}

impl Entry {
    fn frame(&self) -> Frame<'_> {
        Frame {
            number: self.number,
            at: self.at,
            link_type: self.link_type,
            interface: 0,
            wire_length: self.wire_length,
            bytes: &self.bytes,
        }
    }

    fn line(&self, name: &dyn Fn(std::net::IpAddr) -> Option<String>) -> FrameLine {
        let headers = headers::read(&self.frame());
        let mut summary = String::new();
        for message in &self.messages {
            if !summary.is_empty() {
                summary.push_str(" | ");
            }
            let _ = write!(summary, "{} {}", protocol_name(message.protocol), message.summary);
        }
        if summary.is_empty() {
            summary.clone_from(&headers.summary);
        }
        let end = |address: Option<std::net::SocketAddr>| {
            address.map_or_else(String::new, |address| {
                name(address.ip()).unwrap_or_else(|| address.ip().to_string())
            })
        };
        FrameLine {
            number: frame_number(self.number),
            at: self.at,
            from: end(headers.source),
            to: end(headers.destination),
            length: self.wire_length,
            summary,
            marks: self.marks.clone(),
        }
    }

    fn decoded(&self) -> DecodedFrame {
        let headers = headers::read(&self.frame());
        let mut decoded = DecodedFrame {
            number: frame_number(self.number),
            at: self.at,
            length: self.wire_length,
            from: headers
                .source
                .map_or_else(String::new, |address| address.to_string()),
            to: headers
                .destination
                .map_or_else(String::new, |address| address.to_string()),
            bytes: self.bytes.clone(),
            fields: headers.fields,
            problem: headers.problem,
            ..DecodedFrame::default()
        };
        for message in &self.messages {
            message.add_to(&mut decoded);
        }
        if self.messages.is_empty() && decoded.problem.is_empty() {
            decoded.note = "No message of Modbus, DNP3 or OPC UA ends in this frame.".to_owned();
        }
        decoded
    }
}

impl Kept {
    fn add_to(&self, decoded: &mut DecodedFrame) {
        // A message of one frame is shown in place; one of several behind the frame, with where its bytes came from.
        let base = if self.bytes.is_empty() {
            self.pieces.first().map_or(0, |piece| piece.offset)
        } else {
            let base = u32::try_from(decoded.bytes.len()).unwrap_or(u32::MAX);
            decoded.bytes.extend_from_slice(&self.bytes);
            let mut start = base;
            for piece in &self.pieces {
                decoded.pieces.push(Piece {
                    start,
                    length: piece.length,
                    frame: frame_number(piece.frame),
                });
                start = start.saturating_add(piece.length);
            }
            base
        };
        for field in &self.fields {
            decoded.fields.push(FieldLine {
                depth: field.depth,
                name: field.name.clone(),
                text: field.text.clone(),
                start: base.saturating_add(field.start),
                length: field.length,
                clause: field.clause.to_owned(),
                mark: None,
                mark_text: String::new(),
            });
        }
        let pair = self.answered_by.or(self.response_to).map(frame_number);
        if decoded.pair.is_none() {
            decoded.pair = pair;
        }
        let milliseconds = self.latency.map(|latency| latency / 1_000_000);
        decoded.note = match (self.from_client, pair, milliseconds) {
            (true, Some(frame), Some(milliseconds)) => {
                let status = if self.answer.is_empty() {
                    String::new()
                } else {
                    format!(" with {}", self.answer)
                };
                format!("Answered in frame {frame} after {milliseconds} ms{status}.")
            }
            (false, Some(frame), Some(milliseconds)) => {
                format!("Answers frame {frame} after {milliseconds} ms.")
            }
            (true, None, _) if self.kind == "request" => "No answer has been seen.".to_owned(),
            _ => std::mem::take(&mut decoded.note),
        };
    }
}

/// A protocol's name as engineers write it.
#[must_use]
pub fn protocol_name(protocol: &str) -> &'static str {
    match protocol {
        "modbus" => "Modbus",
        "dnp3" => "DNP3",
        "opcua" => "OPC UA",
        _ => "?",
    }
}
