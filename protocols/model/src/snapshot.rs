//! What the screens show: one immutable picture of the plant at one moment of capture time.
//!
//! The engine fills a [`Snapshot`] at most four times a second and only when something changed; the screens
//! swap it in and never lock the engine. Everything is owned plain data. What the engine does not know stays at
//! its default: an empty text, an empty list or `None` is shown as "not known", never as zero.
//!
//! The other direction is [`Command`]: what the person at the keyboard wishes. No command can reach the plant.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::{CaptureTime, Severity};

mod alarms;
mod command;
mod frames;
mod health;
mod hosts;
mod points;
mod replay;
mod rules;
mod writes;

pub use alarms::{Alarm, AlarmLoad, AlarmState, ProofFrame};
pub use command::Command;
pub use frames::{DecodedFrame, FieldLine, FrameLine, Piece};
pub use health::{Health, Loss, ProtocolHealth};
pub use hosts::Host;
pub use points::{Bucket, Group, LastWrite, Limits, Point, Reading};
pub use replay::{Playback, Replay, TimelineColumn};
pub use rules::{RuleLine, RuleState, Rules};
pub use writes::{CheckLine, ReadBack, Verdict, WriteLine, WriteTotals};

/// Where the screens get their pictures from and where the wishes go.
///
/// Neither call may block: the screens call both between two key presses.
pub trait Source {
    /// The newest picture, when there is a newer one than at the last call.
    ///
    /// A live source publishes at least once a second, even when only the time moved on: three seconds of
    /// silence are shown as `NOT LIVE`.
    fn snapshot(&mut self) -> Option<Arc<Snapshot>>;

    /// Passes a wish on. A wish that cannot be granted is answered in [`Snapshot::messages`].
    fn send(&mut self, command: Command);
}

/// Everything that one screenful can need, as it stood at [`Snapshot::as_of`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// Short name of the site, such as `SITE-7`; empty when the capture is read without a site.
    pub site: String,
    /// What the site is, for wide terminals, such as `Water and feeder 12`.
    pub site_title: String,
    /// Live, replay or demonstration.
    pub mode: Mode,
    /// Interface or file name, such as `eth1` or `12-attack.pcapng`.
    pub source: String,
    /// Capture time of the picture: in a replay the cursor.
    pub as_of: CaptureTime,
    /// Whether everything was seen.
    pub capture: Capture,
    /// Unacknowledged alarms, future ones not counted.
    pub unacknowledged: Counts,
    /// Why acknowledging and shelving are not possible, in a few words such as `off in replay`; empty when they are.
    pub acknowledge_off: String,
    /// The points by unit or device, in the order of the site file: tags keep their row.
    pub groups: Vec<Group>,
    /// Points that the site or the capture names and that were never received.
    pub points_never_received: u32,
    /// The alarm list, in any order; the screen sorts it.
    pub alarms: Vec<Alarm>,
    /// How many alarms there were, and whether there is a flood.
    pub alarm_load: AlarmLoad,
    /// Writes and commands, newest first; the newest few hundred are enough.
    pub writes: Vec<WriteLine>,
    /// Totals above the list of writes.
    pub write_totals: WriteTotals,
    /// Who talks.
    pub hosts: Vec<Host>,
    /// Frames around the cursor (replay), around the selected frame, or the newest (live), in frame order.
    pub frames: Vec<FrameLine>,
    /// The frame that was asked for with [`Command::SelectFrame`], decoded; as long as none is asked for, the frame
    /// at the cursor of a replay that stands still, and `None` where decoding one would cost too much.
    pub frame: Option<DecodedFrame>,
    /// What is watched and what is blind.
    pub rules: Rules,
    /// What was not seen.
    pub health: Health,
    /// The transport of a replay or a demonstration; `None` when live.
    pub replay: Option<Replay>,
    /// Sentences for the message line, the most important first: why something is blind, what came of a command.
    pub messages: Vec<String>,
}

/// What feeds the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A mirrored port, now.
    #[default]
    Live,
    /// A capture file.
    Replay,
    /// The capture that comes with the program.
    Demo,
}

/// The state of the capture in one glance; details are in [`Health`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capture {
    /// False as soon as anything was lost, cut off or unreadable. The default is `false`: silence is earned.
    pub complete: bool,
    /// Frames lost by the kernel, the interface or our own queues.
    pub drops: u64,
    /// The share of frames lost, in percent, where it is known.
    pub drop_percent: Option<f64>,
    /// Gaps in streams.
    pub gaps: u64,
    /// Why the picture is not complete, in a few words such as `1 encrypted channel`; empty when it is.
    pub reason: String,
}

/// A number for each priority that is annunciated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Priority 1.
    pub critical: u32,
    /// Priority 2.
    pub high: u32,
    /// Priority 3.
    pub medium: u32,
}

impl Counts {
    /// The number for a severity; 0 for low, which is never annunciated.
    #[must_use]
    pub const fn of(self, severity: Severity) -> u32 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => 0,
        }
    }

    /// Counts one more of a severity; low is not counted.
    pub const fn add(&mut self, severity: Severity) {
        let number = match severity {
            Severity::Critical => &mut self.critical,
            Severity::High => &mut self.high,
            Severity::Medium => &mut self.medium,
            Severity::Low => return,
        };
        *number = number.saturating_add(1);
    }

    /// All of them together.
    #[must_use]
    pub const fn total(self) -> u32 {
        self.critical
            .saturating_add(self.high)
            .saturating_add(self.medium)
    }
}
