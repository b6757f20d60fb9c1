//! The control log: one line for each operation, with its answer and its read-back.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{CaptureTime, Outcome, Severity};

/// One write or command.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteLine {
    /// The same for the same write in every snapshot.
    pub id: u64,
    /// When it was requested.
    pub at: CaptureTime,
    /// Who, short: the end of the address and the site's name, such as `.20 HMI-1`.
    pub by: String,
    /// Who, in full, such as `10.20.1.20 HMI-1`.
    pub by_full: String,
    /// That writer is not known to the site.
    pub by_new: bool,
    /// The device, such as `PLC-1`.
    pub to: String,
    /// Protocol as engineers write it.
    pub protocol: String,
    /// What was asked, short, such as `write 6` or `operate`.
    pub command: String,
    /// What was asked, in full, such as `6 write single register`.
    pub command_full: String,
    /// The point, or a range such as `40200+16`.
    pub point: String,
    /// The point, when it is one of the picture.
    pub point_id: Option<u64>,
    /// Old and new value with unit, such as `800 -> 1150 mm`; only the new one when the old is not known.
    pub change: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The answer in the protocol's words: `ok`, `exc 2`, `SUCCESS`, `TIMEOUT`, `Good`; `----` when none was seen.
    pub result: String,
    /// Nanoseconds from request to answer.
    pub latency: Option<i64>,
    /// Whether a later read returned the written value.
    pub read_back: ReadBack,
    /// What the rules say.
    pub verdict: Verdict,
    /// Each check with its result.
    pub checks: Vec<CheckLine>,
    /// Frame of the request; 0 when not known.
    pub request_frame: u64,
    /// Frame of the answer.
    pub answer_frame: Option<u64>,
    /// Frame of the read-back.
    pub read_back_frame: Option<u64>,
    /// Values on the wire and scale, such as `raw 0x0320 -> 0x047e, scale x1, u16`; may be empty.
    pub raw: String,
}

impl Default for WriteLine {
    fn default() -> Self {
        Self {
            id: 0,
            at: CaptureTime::default(),
            by: String::new(),
            by_full: String::new(),
            by_new: false,
            to: String::new(),
            protocol: String::new(),
            command: String::new(),
            command_full: String::new(),
            point: String::new(),
            point_id: None,
            change: String::new(),
            outcome: Outcome::Requested,
            result: String::new(),
            latency: None,
            read_back: ReadBack::default(),
            verdict: Verdict::default(),
            checks: Vec::new(),
            request_frame: 0,
            answer_frame: None,
            read_back_frame: None,
            raw: String::new(),
        }
    }
}

/// Whether a later read returned the written value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadBack {
    /// This kind of command has no value to read back, or it was refused.
    #[default]
    None,
    /// Not read yet.
    Waiting,
    /// Read back equal.
    Equal,
    /// Read back different.
    Different,
}

/// What the rules say about a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Alarms that it raised: identifier and severity. Empty with `checked` true means allowed.
    pub alarms: Vec<(u64, Severity)>,
    /// At least one rule judged it.
    pub checked: bool,
    /// Something that the verdict depends on was not seen.
    pub incomplete: bool,
}

/// One check of one write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckLine {
    /// What was checked, such as `range 200..900 mm`.
    pub name: String,
    /// `Some(true)` passed, `Some(false)` failed, `None` could not be checked.
    pub passed: Option<bool>,
    /// The value that decided it, or why it could not be checked.
    pub detail: String,
}

/// Totals above the control log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteTotals {
    /// All writes and commands of the capture, or of today when live.
    pub total: u64,
    /// Refused by a device.
    pub refused: u64,
    /// Answered by nobody.
    pub unanswered: u64,
    /// From writers that the site does not know.
    pub from_new: u64,
}
