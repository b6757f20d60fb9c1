//! What a conversation is handed with every call.

use core::fmt;

use tapglass_proto::model::CaptureTime;
use tapglass_proto::{Anomaly, Blind, BlindReason, Direction, Sink};

use crate::memory::Memory;

/// The server's memory, the sink, and the frame that is being read.
pub(crate) struct Context<'a> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) out: &'a mut dyn Sink,
    pub(crate) at: CaptureTime,
    pub(crate) frame: u64,
}

impl Context<'_> {
    /// Reports bytes that break the protocol.
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
            bytes,
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
