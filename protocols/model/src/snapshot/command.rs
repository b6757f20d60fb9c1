//! What the person at the keyboard wishes. Nothing here can reach the plant.

use alloc::string::String;
use alloc::vec::Vec;

use crate::CaptureTime;

/// A wish of the screens to the engine.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Stop the cursor of a replay.
    Pause,
    /// Let it run.
    Play,
    /// Pause when it runs, run when it is paused, from the start when it is at the end.
    TogglePlay,
    /// Move by frames, back when negative, and pause.
    Step {
        /// How many.
        frames: i64,
    },
    /// Put the cursor at this time.
    SeekTime(CaptureTime),
    /// Put the cursor at this frame.
    SeekFrame(u64),
    /// Put the cursor at the next alarm.
    NextAlarm,
    /// Put the cursor at the alarm before.
    PreviousAlarm,
    /// Double the speed.
    SpeedUp,
    /// Halve the speed.
    SpeedDown,
    /// Set the speed.
    SetSpeed(f64),
    /// Move the cursor by this many nanoseconds, back when negative.
    JumpBy(i64),
    /// Decode this frame into [`Snapshot::frame`](super::Snapshot::frame), list the frames around it, and keep
    /// doing so until another one is asked for. The cursor of a replay stays.
    SelectFrame(u64),
    /// Let the list of frames follow the cursor or the newest frame again.
    FollowFrames,
    /// Record that somebody has seen these alarms. Kept by Tapglass only.
    Acknowledge {
        /// The alarms.
        ids: Vec<u64>,
        /// What the person adds.
        note: String,
    },
    /// Put these alarms away for a time.
    Shelve {
        /// The alarms.
        ids: Vec<u64>,
        /// For how long, nanoseconds.
        duration: i64,
        /// Why.
        reason: String,
    },
    /// Take these alarms off the shelf.
    Unshelve {
        /// The alarms.
        ids: Vec<u64>,
    },
    /// The person holds the display (true) or lets it go on (false); the capture goes on.
    Hold(bool),
    /// The screens are closing.
    Quit,
}
