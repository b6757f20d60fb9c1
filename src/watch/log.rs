//! The control log: the last writes and commands with their answers, for the screens.

use std::collections::VecDeque;
use std::net::IpAddr;

use tapglass_model::snapshot::ReadBack;
use tapglass_model::{Outcome, Severity};

use crate::engine::Engine;
use crate::records::operation::{Actor, OperationRecord, Scaled};
use crate::site::{Site, TagId};

/// Entries that are kept.
const KEPT: usize = 500;
/// Of these, so many are watched for being read back: it is looked at with each frame.
const WATCHED: usize = 64;
/// Two floats that went over the wire and back may differ in the last digits.
const SAME: f64 = 1e-6;

/// One write or command on one point.
#[derive(Clone)]
pub struct Entry {
    /// Number in order of the capture, from 1.
    pub id: u64,
    /// What was asked and answered.
    pub record: OperationRecord,
    /// Its tag.
    pub tag: Option<TagId>,
    /// Whether it was read back.
    pub read_back: ReadBack,
}

/// The log, newest first.
#[derive(Clone, Default)]
pub struct WriteLog {
    entries: VecDeque<Entry>,
    next: u64,
    /// Ids of entries that wait for being read back, oldest first.
    waiting: VecDeque<u64>,
    /// Refused by a device.
    pub refused: u64,
    /// Answered by nobody.
    pub unanswered: u64,
    /// From somebody whom the site does not name.
    pub from_new: u64,
}

impl WriteLog {
    /// Adds a command with its answer.
    pub fn push(&mut self, site: &Site, record: OperationRecord) {
        // Asking, subscribing and logging on change nothing in the process.
        if matches!(
            record.action,
            "subscribe" | "browse" | "identify" | "login" | "diagnose" | "report"
        ) {
            return;
        }
        self.next += 1;
        match record.outcome {
            Outcome::Rejected => self.refused += 1,
            Outcome::Unanswered => self.unanswered += 1,
            _ => {}
        }
        if record.actor.name.is_none() {
            self.from_new += 1;
        }
        let tag = record.tag.as_deref().and_then(|name| site.tag_named(name));
        // A relay command and a refused write leave nothing that could be read back.
        let readable = tag
            .and_then(|tag| site.tag(tag))
            .is_some_and(|tag| tag.crob.states.is_empty())
            && record.outcome == Outcome::Accepted
            && matches!(record.value, Scaled::Number(_) | Scaled::Bool(_));
        let read_back = if readable {
            if self.waiting.len() == WATCHED {
                self.waiting.pop_front();
            }
            self.waiting.push_back(self.next);
            ReadBack::Waiting
        } else {
            ReadBack::None
        };
        self.entries.push_front(Entry {
            id: self.next,
            record,
            tag,
            read_back,
        });
        self.entries.truncate(KEPT);
    }

    /// Looks whether written values were read back. To be called after each frame: the first value that is seen after a
    /// write decides, and not one that somebody else has written since.
    #[inline]
    pub fn read_back(&mut self, engine: &Engine) {
        if !self.waiting.is_empty() {
            self.look(engine);
        }
    }

    fn look(&mut self, engine: &Engine) {
        let Self {
            entries,
            waiting,
            next,
            ..
        } = self;
        waiting.retain(|id| {
            let place = usize::try_from(*next - id).unwrap_or(usize::MAX);
            let Some(entry) = entries.get_mut(place) else {
                return false;
            };
            let Some(view) = entry.tag.and_then(|tag| engine.tag(tag)) else {
                return false;
            };
            if view.age.is_none() || engine.wire(view.state.seen) <= entry.record.time {
                return true;
            }
            let written = match entry.record.value {
                Scaled::Number(number) => number,
                Scaled::Bool(bit) => f64::from(u8::from(bit)),
                _ => return false,
            };
            let Some(seen) = view.state.observed.value.number() else {
                return true;
            };
            let same = (seen - written).abs() <= view.state.observed.tolerance + SAME * written.abs();
            entry.read_back = if same {
                ReadBack::Equal
            } else {
                ReadBack::Different
            };
            false
        });
    }

    /// The entries, newest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// All that were logged, also those no longer kept.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.next
    }

    /// A name for a narrow column.
    #[must_use]
    pub fn short_name(&self, site: &Site, actor: &Actor) -> String {
        let _ = site;
        actor.name.clone().unwrap_or_else(|| short_address(actor.ip))
    }
}

/// The end of an address, which tells hosts of one network apart.
#[must_use]
pub(super) fn short_address(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => {
            let [.., last] = v4.octets();
            format!(".{last}")
        }
        IpAddr::V6(v6) => {
            let [.., last] = v6.segments();
            format!(":{last:x}")
        }
    }
}

/// Alarms that a command raised, by the frame of its request.
#[must_use]
pub(super) fn alarms_of(engine: &Engine, frame: u64) -> Vec<(u64, Severity)> {
    engine
        .alarms()
        .filter(|alarm| alarm.severity > Severity::Low)
        .filter(|alarm| {
            alarm
                .operation
                .as_ref()
                .is_some_and(|operation| operation.frame == frame)
        })
        .map(|alarm| (alarm.number, alarm.severity))
        .collect()
}
