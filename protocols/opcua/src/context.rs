//! What a conversation is handed with every call.

use core::fmt;

use tapglass_proto::model::CaptureTime;
use tapglass_proto::{Anomaly, Blind, BlindReason, Direction, Keys, Sink};

use crate::memory::Memory;

/// Bytes of a message that an anomaly shows: channel, token and sequence headers and a type id of four bytes.
const SHOWN: usize = 28;

/// The server's memory, the sink, and the frame that is being read.
pub(crate) struct Context<'a> {
    pub(crate) memory: &'a mut Memory,
    /// Keys to read what is encrypted with, where somebody gave any.
    pub(crate) keys: Option<&'a dyn Keys>,
    pub(crate) out: &'a mut dyn Sink,
    pub(crate) at: CaptureTime,
    pub(crate) frame: u64,
}

impl Context<'_> {
    /// Reports bytes that break the protocol. Of a message only the headers and the type id are shown: what proves the
    /// session follows them.
    pub(crate) fn anomaly(
        &mut self,
        from: Direction,
        name: &'static str,
        bytes: &[u8],
        text: fmt::Arguments<'_>,
    ) {
        self.out.anomaly(&Anomaly {
            at: self.at,
            frame: self.frame,
            from,
            name,
            text,
            bytes: bytes.get(..bytes.len().min(SHOWN)).unwrap_or_default(),
        });
    }

    /// Reports something that was not seen, from `since` until now.
    pub(crate) fn blind(
        &mut self,
        direction: Option<Direction>,
        reason: BlindReason,
        since: CaptureTime,
        bytes: Option<u64>,
        text: fmt::Arguments<'_>,
    ) {
        self.out.blind(&Blind {
            from: since,
            until: self.at,
            frame: self.frame,
            direction,
            bytes,
            reason,
            text,
        });
    }
}
