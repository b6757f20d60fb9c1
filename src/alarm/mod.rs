//! Alarms: life cycle, delays, deduplication and the text an operator acts on.

mod advice;
mod book;
mod exposed;
mod incident;
mod people;
mod raise;
mod references;
mod sentence;
mod text;
mod title;
mod unusual;

use std::sync::Arc;

use tapglass_model::{CaptureTime, Outcome, Severity};

pub(crate) use book::{Again, Key, Nature};
pub use book::{Book, Load};
pub(crate) use raise::Occasion;
pub use references::{requirements, techniques};
pub use text::number;
pub(crate) use text::{address_of, duration};

use crate::conversation::Conversation;
use crate::plant::clock::Moment;
use crate::records::operation::{Actor, Target};
use crate::rules::verdict::Limit;
use crate::site::{DeviceId, TagId};

/// An alarm after something happened to it.
#[derive(Clone, Debug)]
pub struct Transition {
    /// What happened.
    pub change: Change,
    /// When, on the capture's clock.
    pub at: CaptureTime,
    /// The alarm as it is now.
    pub alarm: Arc<Alarm>,
}

/// What happened to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It is new.
    Raised,
    /// It happened again. Told at the second, fourth, eighth ... time, so that a flood stays readable.
    Repeated,
    /// The device's answer or another alarm has changed its severity or text.
    Amended,
    /// Its condition is gone, or it has not happened again.
    Returned,
    /// A person or the design of the site has moved it: acknowledged, shelved, suppressed.
    Moved,
}

/// The place of an alarm in its life cycle (ISA-18.2, IEC 62682).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Active, and nobody has acknowledged it.
    Unacknowledged,
    /// Active and acknowledged.
    Acknowledged,
    /// Not active any more, and nobody has acknowledged it.
    Returned,
    /// Put away by a person until a stated time.
    Shelved,
    /// Put away by design: its rule is not armed.
    Suppressed,
    /// Neither active nor waiting for anybody.
    Normal,
}

impl State {
    /// The word of records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unacknowledged => "unacknowledged",
            Self::Acknowledged => "acknowledged",
            Self::Returned => "returned",
            Self::Shelved => "shelved",
            Self::Suppressed => "suppressed",
            Self::Normal => "normal",
        }
    }
}

/// The command that raised an alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaisedBy {
    /// The word of its action.
    pub action: &'static str,
    /// Code and name of its function or service.
    pub function: (u32, String),
    /// Canonical address of the point.
    pub point: String,
    /// Frame of the request.
    pub frame: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// Status on the wire, where the device gave one.
    pub status: Option<(u32, String)>,
}

/// A person's decision to put an alarm away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Until when.
    pub until: CaptureTime,
    /// Why, and the initials of whoever decided it.
    pub reason: String,
}

/// One alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// The same for the same input.
    pub number: u64,
    /// Id of its rule.
    pub rule: String,
    /// The word of the rule's kind.
    pub kind: &'static str,
    /// What is wrong, in a few words.
    pub title: String,
    /// How urgent it is, after all arithmetic.
    pub severity: Severity,
    /// Its place in the life cycle.
    pub state: State,
    /// When it was raised first.
    pub first_time: CaptureTime,
    /// When it last happened.
    pub last_time: CaptureTime,
    /// How often since `first_time`.
    pub count: u64,
    /// The device it is about.
    pub asset: String,
    /// The tags it is about, the most important first.
    pub tags: Vec<String>,
    /// The same by their places.
    pub tag_ids: Vec<TagId>,
    /// The devices it is about.
    pub devices: Vec<DeviceId>,
    /// Who did it.
    pub actor: Option<Arc<Actor>>,
    /// The site does not know who did it, or it is not who its address says.
    pub actor_is_foreign: bool,
    /// To whom.
    pub target: Option<Arc<Target>>,
    /// The command that raised it.
    pub operation: Option<RaisedBy>,
    /// The value before, in the tag's unit.
    pub before: Option<f64>,
    /// The value that is wrong.
    pub value: Option<f64>,
    /// The smallest and greatest such value so far.
    pub extremes: Option<(f64, f64)>,
    /// The limit that was passed.
    pub limit: Limit,
    /// The tag's unit.
    pub unit: String,
    /// One sentence that an operator can act on.
    pub explanation: String,
    /// What happens when nobody acts.
    pub consequence: String,
    /// What to do now, in order.
    pub response: Vec<String>,
    /// MITRE ATT&CK for ICS ids (v19).
    pub techniques: Vec<String>,
    /// IEC 62443-3-3 requirements.
    pub requirements: Vec<&'static str>,
    /// The frames that carried it: request, answer, and those of repetitions up to a few.
    pub frames: Vec<u64>,
    /// Names the capture in which it was noticed, when no frame shows it.
    pub seen_in: u64,
    /// Number of its incident, from 1: alarms that share a principal or a device within two minutes.
    pub incident: u32,
    /// The first of its incident: the others may be its consequences.
    pub first_out: bool,
    /// It rests on a value that is uncertain or may be outdated.
    pub uncertain: bool,
    /// It only says that a rule could not be checked.
    pub advice: bool,
    /// The four fixed lines: headline, who, why, check.
    pub lines: [String; 4],
    /// The conversation that shows it.
    pub conversation: Option<Arc<Conversation>>,
    /// Where it is put away.
    pub shelf: Option<Shelf>,
    /// The parts of its severity, to do the arithmetic again when one changes.
    pub(crate) arithmetic: Arithmetic,
    /// The engine's moment of `first_time`.
    pub(crate) first: Moment,
    /// The engine's moment of `last_time`.
    pub(crate) last: Moment,
    /// It stands as long as a condition does; else it is an event.
    pub(crate) standing: bool,
    /// The explanation without the device's answer.
    pub(crate) what: String,
    /// The line "who" without the device's answer.
    pub(crate) who: String,
    /// The headline without its severity.
    pub(crate) headline: String,
}

impl Alarm {
    /// The id of records: stable for the same input.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:016x}", self.number)
    }

    /// True while it is wrong now.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(
            self.state,
            State::Unacknowledged | State::Acknowledged | State::Shelved
        )
    }
}

/// How a severity comes about (site-and-rules 1.7).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arithmetic {
    pub(crate) base: Severity,
    /// +1: the one who wrote may not.
    pub(crate) foreign: bool,
    /// +1: another kind of rule says the same.
    pub(crate) corroborated: bool,
    /// -1: the device refused all of them.
    pub(crate) rejected: bool,
    /// The device took one.
    pub(crate) accepted: bool,
}

impl Arithmetic {
    /// The severity. What is for the journal only is not made an alarm by circumstances.
    pub(crate) fn severity(self) -> Severity {
        if self.base == Severity::Low {
            return Severity::Low;
        }
        let mut severity = self.base;
        if self.foreign {
            severity = severity.raised();
        }
        if self.corroborated {
            severity = severity.raised();
        }
        if self.rejected {
            severity = severity.lowered();
        }
        severity
    }
}
