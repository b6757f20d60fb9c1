//! Select before operate: on the points, and on the association that selected them.

use tapglass_model::{Action, SECOND, Severity};

use crate::plant::clock::{Moment, NEVER, span};
use crate::plant::pairs::{PairId, Pairs};
use crate::plant::tags::Why;
use crate::rules::evaluate::Notes;
use crate::rules::tally::Tally;
use crate::rules::verdict::{Cause, SelectFault, Verdict, What};
use crate::rules::write::{Write, Written};
use crate::site::{DeviceId, SelectBeforeOperate, TagId};

/// A select that waits for its operate.
#[derive(Clone, Debug)]
struct Select {
    pair: PairId,
    devices: Vec<DeviceId>,
    fingerprint: u64,
    sequence: Option<u8>,
    at: Moment,
    frame: u64,
    tags: Vec<TagId>,
}

/// The selects of all associations.
#[derive(Clone, Debug, Default)]
pub struct Selects {
    pending: Vec<Select>,
    /// Tags of selects whose place was taken by another before they were operated.
    replaced: Vec<TagId>,
}

/// How an operate stands to the selects of its association.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selected {
    /// The action needs none.
    #[default]
    NotAsked,
    /// A select with the same content and the sequence number before was seen so long ago.
    Matches {
        /// Nanoseconds.
        age: i64,
    },
    /// There is none that fits.
    Fault(SelectFault),
    /// It may have passed unseen.
    Unseen,
}

/// Selects that can wait; a master has one for each outstation.
const WAITING: usize = 256;
/// After this a select is not waited for by any outstation.
const FORGOTTEN: i64 = 120 * SECOND;
/// A select is looked for this far back before its absence means anything.
const LOOK_BACK: i64 = 10 * SECOND;

impl Selects {
    /// Takes a command, and says how it stands to what was selected before.
    pub fn take(&mut self, write: &Write, pairs: &Pairs) -> Selected {
        match write.action {
            Action::Select => {
                // A new select takes the place of the old (IEEE 1815-2012 4.4.3), which then is never operated; unless
                // it is the same once more.
                self.pending.retain(|select| {
                    let other = select.pair != write.pair || select.devices != write.devices;
                    let retried = select.sequence.is_some()
                        && select.sequence == write.sequence
                        && select.fingerprint == write.fingerprint;
                    if !other && !retried && self.replaced.len() < WAITING {
                        self.replaced.extend(&select.tags);
                    }
                    other
                });
                if self.pending.len() == WAITING {
                    self.pending.remove(0);
                }
                self.pending.push(Select {
                    pair: write.pair,
                    devices: write.devices.clone(),
                    fingerprint: write.fingerprint,
                    sequence: write.sequence,
                    at: write.at,
                    frame: write.frame,
                    tags: write.tags.iter().map(|written| written.tag).collect(),
                });
                Selected::NotAsked
            }
            Action::DirectOperate | Action::DirectOperateNoReply => Selected::Fault(SelectFault::Direct),
            Action::Operate => self.operate(write, pairs),
            _ => Selected::NotAsked,
        }
    }

    fn operate(&mut self, write: &Write, pairs: &Pairs) -> Selected {
        let found = self
            .pending
            .iter()
            .position(|select| select.pair == write.pair && select.devices == write.devices);
        let Some(place) = found else {
            let from = write.at.saturating_sub(LOOK_BACK);
            let unseen = pairs.started() == NEVER
                || from < pairs.started()
                || pairs.everything.overlap(from, write.at)
                || pairs
                    .get(write.pair)
                    .is_none_or(|pair| pair.blind[0].overlap(from, write.at));
            return if unseen {
                Selected::Unseen
            } else {
                Selected::Fault(SelectFault::Missing)
            };
        };
        let select = self.pending.remove(place);
        if select.fingerprint != write.fingerprint {
            return Selected::Fault(SelectFault::Different);
        }
        if let (Some(selected), Some(operated)) = (select.sequence, write.sequence)
            && (selected + 1) & 15 != operated
        {
            return Selected::Fault(SelectFault::Sequence);
        }
        Selected::Matches {
            age: span(select.at, write.at),
        }
    }

    /// The device refused the select in this frame: nothing is selected.
    pub fn rejected(&mut self, frame: u64) {
        self.pending.retain(|select| select.frame != frame);
    }

    /// Selects that nobody will operate any more: their tags, once for each.
    pub fn expire(&mut self, now: Moment) -> Vec<TagId> {
        let mut tags = std::mem::take(&mut self.replaced);
        self.pending.retain(|select| {
            let gone = span(select.at, now) > FORGOTTEN;
            if gone {
                tags.extend(&select.tags);
            }
            !gone
        });
        tags
    }

    /// True when a select waits.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.pending.is_empty() || !self.replaced.is_empty()
    }
}

/// The rule for one point.
#[derive(Clone, Debug)]
pub struct Sbo {
    /// Whether direct operate is allowed.
    pub need: SelectBeforeOperate,
    /// A select is good for so long.
    pub timeout: i64,
    /// Selects that are never operated: more than this an hour.
    pub orphans_per_hour: u32,
    orphans: Tally,
}

const HOUR: i64 = 3_600 * SECOND;

impl Sbo {
    /// A point that was never selected.
    #[must_use]
    pub const fn new(need: SelectBeforeOperate, timeout: i64, orphans_per_hour: u32) -> Self {
        Self {
            need,
            timeout,
            orphans_per_hour,
            orphans: Tally::new(HOUR),
        }
    }

    /// The point is operated.
    pub fn operated(&self, written: &Written, selected: Selected, notes: &mut Notes) -> Verdict {
        let fault = match selected {
            Selected::NotAsked => return Verdict::Skip,
            Selected::Unseen => {
                notes.why = Some((Why::Blind, written.tag));
                return Verdict::Unknown;
            }
            Selected::Fault(SelectFault::Direct) if self.need == SelectBeforeOperate::Matching => {
                return Verdict::Good;
            }
            Selected::Matches { age } if age <= self.timeout => return Verdict::Good,
            Selected::Matches { .. } => SelectFault::Late,
            Selected::Fault(fault) => fault,
        };
        Verdict::Violated(
            Cause::new(What::Unselected { fault }, Some(written.tag))
                .value(written.reading.value.number())
                .before(written.before.usable().number()),
        )
    }

    /// A select of the point was never operated.
    pub fn orphaned(&mut self, now: Moment, tag: TagId) -> Verdict {
        self.orphans.happened(now);
        let (count, ..) = self.orphans.count(now);
        if count > self.orphans_per_hour {
            Verdict::Violated(Cause::new(What::OrphanSelects { count }, Some(tag)).severity(Severity::Low))
        } else {
            Verdict::Good
        }
    }

    /// It is written, not operated.
    #[must_use]
    pub const fn asks(write: &Write) -> bool {
        matches!(
            write.action,
            Action::Operate | Action::DirectOperate | Action::DirectOperateNoReply
        )
    }
}
