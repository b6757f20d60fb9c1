//! The transport of a replay.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{CaptureTime, Severity};

/// Where a replay stands. The cursor's time is the snapshot's `as_of`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replay {
    /// First frame of the capture.
    pub start: CaptureTime,
    /// Last frame, once it is known.
    pub end: CaptureTime,
    /// Running, paused, at the end.
    pub playback: Playback,
    /// Seconds of capture for each second of the clock.
    pub speed: f64,
    /// Frame at the cursor.
    pub frame: u64,
    /// All frames, once they are counted.
    pub frames: Option<u64>,
    /// Gaps longer than this many nanoseconds are skipped; `None` when none are.
    pub idle_skip: Option<i64>,
    /// The next alarm after the cursor, where it is known.
    pub next_alarm: Option<CaptureTime>,
    /// The capture from start to end in columns of equal time. Any number; 240 suit the widest screens.
    pub columns: Vec<TimelineColumn>,
    /// Digest of the file, shortened, such as `sha256 9b0e..41`; may be empty.
    pub digest: String,
}

/// Whether the cursor moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Playback {
    /// Stands still.
    #[default]
    Paused,
    /// Moves with the clock.
    Playing,
    /// Reached the last frame.
    AtEnd,
}

/// One column of the timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimelineColumn {
    /// The highest severity of the alarms in it.
    pub alarm: Option<Severity>,
    /// Writes and commands in it.
    pub writes: u32,
    /// Packets in it.
    pub packets: u32,
}
