//! Alarms with the text that an operator acts on.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::{CaptureTime, Severity};

/// One alarm.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The same for the same alarm in every snapshot.
    pub id: u64,
    /// Its urgency; low ones belong to the journal and are not listed.
    pub severity: Severity,
    /// Its place in the life cycle.
    pub state: AlarmState,
    /// It lies after the cursor of a replay: listed, not counted.
    pub future: bool,
    /// When it was raised first.
    pub first_time: CaptureTime,
    /// When it last happened.
    pub last_time: CaptureTime,
    /// How often since `first_time`.
    pub count: u32,
    /// Identifier of its rule, such as `WTP-SP-001`.
    pub rule: String,
    /// File and line of the rule, such as `rules.toml:12`; empty for built-in rules.
    pub rule_place: String,
    /// What is wrong, without the point, such as `setpoint above safe max`.
    pub title: String,
    /// The point or device it is about.
    pub point: String,
    /// The point it is about, when it is one of the picture.
    pub point_id: Option<u64>,
    /// The device it is about.
    pub asset: String,
    /// Value and limit with unit, such as `1150 / 900 mm`.
    pub value: String,
    /// Who did it, short, such as `.66` or `HMI-1`; empty when nobody did.
    pub by: String,
    /// Who did it, in full, such as `10.20.1.66`.
    pub by_full: String,
    /// That writer is not known to the site.
    pub by_new: bool,
    /// The first of its group: the others may be its consequences.
    pub first_out: bool,
    /// Number of its incident; 0 when it stands alone.
    pub group: u32,
    /// What happened: cause, with the value before.
    pub cause: String,
    /// What it does to the process.
    pub effect: String,
    /// What to do now, one step a line.
    pub response: Vec<String>,
    /// Seconds in which the response is due, where the rule says so.
    pub respond_within: Option<u32>,
    /// The four fixed lines (headline, who, why, check), as the engine prints them elsewhere; may be empty.
    pub lines: Vec<String>,
    /// Frames that prove it.
    pub proof: Vec<ProofFrame>,
    /// MITRE ATT&CK for ICS techniques, such as `T0836 Modify Parameter`.
    pub techniques: Vec<String>,
    /// Until when it is shelved and why, or who acknowledged it, in words; empty otherwise.
    pub note: String,
    /// What it depended on was not seen completely.
    pub incomplete: bool,
}

impl Default for Alarm {
    fn default() -> Self {
        Self {
            id: 0,
            severity: Severity::Medium,
            state: AlarmState::default(),
            future: false,
            first_time: CaptureTime::default(),
            last_time: CaptureTime::default(),
            count: 1,
            rule: String::new(),
            rule_place: String::new(),
            title: String::new(),
            point: String::new(),
            point_id: None,
            asset: String::new(),
            value: String::new(),
            by: String::new(),
            by_full: String::new(),
            by_new: false,
            first_out: false,
            group: 0,
            cause: String::new(),
            effect: String::new(),
            response: Vec::new(),
            respond_within: None,
            lines: Vec::new(),
            proof: Vec::new(),
            techniques: Vec::new(),
            note: String::new(),
            incomplete: false,
        }
    }
}

/// Where an alarm stands in its life cycle (the states of ISA-18.2, as OPC 10000-9 models them too).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmState {
    /// Active, nobody has acknowledged it.
    #[default]
    Unacknowledged,
    /// No longer active, nobody has acknowledged it.
    Returned,
    /// Active and acknowledged.
    Acknowledged,
    /// Put away by a person until a stated time.
    Shelved,
    /// Put away by design: device out of service, maintenance window.
    Suppressed,
    /// Its rule is switched off.
    OutOfService,
    /// Neither active nor waiting for anybody.
    Normal,
}

impl AlarmState {
    /// The word on the screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unacknowledged => "UNACK",
            Self::Returned => "RTNUN",
            Self::Acknowledged => "ACKED",
            Self::Shelved => "SHELV",
            Self::Suppressed => "SUPP",
            Self::OutOfService => "OOS",
            Self::Normal => "NORM",
        }
    }

    /// The word in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unacknowledged => "unacknowledged",
            Self::Returned => "returned",
            Self::Acknowledged => "acknowledged",
            Self::Shelved => "shelved",
            Self::Suppressed => "suppressed",
            Self::OutOfService => "out_of_service",
            Self::Normal => "normal",
        }
    }

    /// True while somebody has to acknowledge it.
    #[must_use]
    pub const fn is_unacknowledged(self) -> bool {
        matches!(self, Self::Unacknowledged | Self::Returned)
    }

    /// True while the condition stands.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Unacknowledged | Self::Acknowledged)
    }
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A frame that proves an alarm, and what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProofFrame {
    /// Frame number.
    pub frame: u64,
    /// Its capture time, where it is at hand.
    pub at: Option<CaptureTime>,
    /// What it shows, such as `request: write single register 100 = 1150`.
    pub text: String,
}

/// How many alarms there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmLoad {
    /// Annunciated in the last ten minutes.
    pub ten_minutes: u32,
    /// Annunciated in the last hour.
    pub hour: u32,
    /// Annunciated in the last day.
    pub day: u32,
    /// Shelved now.
    pub shelved: u32,
    /// Active for more than a day.
    pub standing: u32,
    /// More than ten in ten minutes, until fewer than five.
    pub flood: bool,
}
