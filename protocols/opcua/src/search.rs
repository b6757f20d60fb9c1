//! Finding the next message after a hole, or in the middle of a connection.

use tapglass_proto::model::CaptureTime;
use tapglass_proto::{BlindReason, Cursor, Direction};

use crate::application::begins_like_a_message;
use crate::channel::Channels;
use crate::context::Context;
use crate::frame::{CHANNEL_HEADER, FrameType, Front, Greeting, HEADER, Header};
use crate::security::AsymmetricHeader;

/// The largest frame that is believed without having seen what was negotiated. Nearly all stacks use 64 KiB.
const PLAUSIBLE: usize = 1 << 20;
/// Where security policies of the standard begin, and what companies use instead.
const POLICY_BEGINNINGS: [&[u8]; 2] = [b"http", b"urn:"];

/// A search for the next header.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    reason: BlindReason,
    since: Option<CaptureTime>,
    passed: u64,
}

/// What the bytes at the front are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A believable header.
    Here,
    /// None in so many bytes.
    After(usize),
    /// So many bytes in total are needed to tell.
    Need(usize),
}

/// Is this a header?
enum Belief {
    Yes,
    No,
    /// So many bytes from its start are needed to tell.
    Need(usize),
}

impl Search {
    pub(crate) const fn new(reason: BlindReason) -> Self {
        Self {
            reason,
            since: None,
            passed: 0,
        }
    }

    /// The search looks at its first bytes.
    pub(crate) fn begin(&mut self, at: CaptureTime) {
        self.since.get_or_insert(at);
    }

    /// So many bytes belong to no message.
    pub(crate) fn passed(&mut self, bytes: u64) {
        self.passed += bytes;
    }

    /// Says what was passed over, with `more` bytes that are still held.
    pub(crate) fn report(self, context: &mut Context<'_>, from: Direction, more: u64) {
        let bytes = self.passed + more;
        if bytes > 0 {
            context.blind(
                Some(from),
                self.reason,
                self.since.unwrap_or(context.at),
                Some(bytes),
                format_args!("{bytes} bytes belong to no message whose beginning is here"),
            );
        }
    }

    /// Looks for a header in the bytes.
    pub(crate) fn look(bytes: &[u8], channels: &Channels, negotiated: Option<usize>) -> Found {
        for at in 0..bytes.len() {
            let here = bytes.get(at..).unwrap_or_default();
            match believe(here, channels, negotiated) {
                Belief::No => {}
                Belief::Yes if at == 0 => return Found::Here,
                Belief::Need(need) if at == 0 => return Found::Need(need),
                // It is looked at again when it has come to the front.
                Belief::Yes | Belief::Need(_) => return Found::After(at),
            }
        }
        Found::After(bytes.len())
    }
}

/// Four letters and a plausible size are 40 bits of evidence against chance, and none against a message inside a
/// message. So what follows must fit as well.
fn believe(bytes: &[u8], channels: &Channels, negotiated: Option<usize>) -> Belief {
    let largest = negotiated.unwrap_or(PLAUSIBLE);
    let header = match Header::read(bytes, largest) {
        Front::Strange(_) => return Belief::No,
        Front::TooShort => return Belief::Need(HEADER),
        Front::Header(header) => header,
    };
    if !header.kind.has_channel() {
        // All of it is small, and its lengths must add up.
        let Some(frame) = bytes.get(..header.size) else {
            return Belief::Need(header.size);
        };
        let mut cursor = Cursor::new(frame);
        let whole = cursor.take(HEADER, "header").is_ok()
            && Greeting::read(&mut cursor, header.kind).is_ok()
            && cursor.is_empty();
        return if whole { Belief::Yes } else { Belief::No };
    }
    let Some(id) = bytes.get(HEADER..CHANNEL_HEADER) else {
        return Belief::Need(CHANNEL_HEADER);
    };
    let id = id.iter().rev().fold(0_u32, |id, byte| id << 8 | u32::from(*byte));
    if header.kind != FrameType::Open {
        if id == 0 {
            return Belief::No;
        }
        if channels.may_be(id) {
            return Belief::Yes;
        }
        // Another channel than the known one must show that it can be read: token, sequence header, type id.
        return match bytes.get(..CHANNEL_HEADER + 16) {
            Some(frame) if begins_like_a_message(frame.get(CHANNEL_HEADER + 12..).unwrap_or_default()) => {
                Belief::Yes
            }
            Some(_) => Belief::No,
            None => Belief::Need(CHANNEL_HEADER + 16),
        };
    }
    // A channel header and the four bytes that a policy begins with.
    let Some(policy) = bytes.get(CHANNEL_HEADER..CHANNEL_HEADER + 8) else {
        return Belief::Need(CHANNEL_HEADER + 8);
    };
    let stated = POLICY_BEGINNINGS.iter().any(|begin| policy.ends_with(begin));
    let null = policy.starts_with(&[0xff; 4]);
    if !(stated || null) {
        return Belief::No;
    }
    match bytes.get(..header.size) {
        Some(frame) => {
            let mut cursor = Cursor::new(frame.get(CHANNEL_HEADER..).unwrap_or_default());
            match AsymmetricHeader::read(&mut cursor) {
                Ok(_) => Belief::Yes,
                Err(_) => Belief::No,
            }
        }
        None => Belief::Need(header.size),
    }
}
