//! Was everything seen?

use alloc::string::String;
use alloc::vec::Vec;

/// Every counter that says what was not seen, and the sentence that sums it up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Frames received.
    pub frames: u64,
    /// Bytes received.
    pub bytes: u64,
    /// What was lost or not understood, by place: kernel, interface, our queue, truncated, not IP ...
    pub losses: Vec<Loss>,
    /// Streams that are open.
    pub streams: u64,
    /// Gaps in streams.
    pub gaps: u64,
    /// Frames cut off by the capture.
    pub truncated: u64,
    /// Share of requests seen of all that must have been sent, in percent, where it can be told.
    pub requests_seen: Option<f64>,
    /// Share of answers seen, in percent.
    pub answers_seen: Option<f64>,
    /// Each protocol.
    pub protocols: Vec<ProtocolHealth>,
    /// Points with a value that is not stale.
    pub points_fresh: u32,
    /// All points.
    pub points: u32,
    /// Nanoseconds behind the wire; `None` in a replay.
    pub lag: Option<i64>,
    /// Memory in use, bytes.
    pub memory: Option<u64>,
    /// Memory allowed, bytes.
    pub memory_limit: Option<u64>,
    /// Seconds since the start.
    pub uptime: Option<u64>,
    /// Further lines, label and text, such as `CLOCK` and `NTP synchronised, offset 2 ms`.
    pub more: Vec<(String, String)>,
    /// What makes the picture incomplete, one thing a line, each with the screen that shows it; empty when nothing does.
    pub exceptions: Vec<String>,
}

/// What was lost at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loss {
    /// Where, such as `kernel drops`.
    pub place: String,
    /// How many.
    pub count: u64,
    /// The share of all frames, in percent, where it is known.
    pub percent: Option<f64>,
    /// What is worth adding, such as `last 03:11:20`.
    pub detail: String,
    /// This makes the picture incomplete when it is not zero.
    pub counts: bool,
}

/// One protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtocolHealth {
    /// Its name, as engineers write it.
    pub name: String,
    /// Messages decoded.
    pub messages: u64,
    /// Messages with errors.
    pub errors: u64,
    /// Functions or objects that are not known.
    pub unknown: u64,
    /// Channels that are encrypted: who and when is seen, not what.
    pub encrypted: u32,
    /// The last error, such as `length 0 (frame 771)`.
    pub last_error: String,
}
