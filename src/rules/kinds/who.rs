//! Rules about who writes and when: writers, limit-write, schedule, bypass.

use tapglass_model::{SECOND, Severity};

use super::Scene;
use crate::plant::Truth;
use crate::plant::clock::{Moment, NEVER, span};
use crate::rules::evaluate::Notes;
use crate::rules::program::NodeId;
use crate::rules::verdict::{Cause, Verdict, What};
use crate::rules::write::{Write, Written};
use crate::site::{PrincipalId, TagId};

/// Only these principals write.
#[derive(Clone, Debug)]
pub struct Writers {
    /// Who may.
    pub allowed: Box<[PrincipalId]>,
}

impl Writers {
    /// A value is written. An address that is allowed and not genuine is a violation too.
    #[must_use]
    pub fn written(&self, write: &Write, written: &Written) -> Verdict {
        if may(&self.allowed, write) {
            Verdict::Good
        } else {
            Verdict::Violated(numbers(
                Cause::new(What::Writer { who: write.who }, Some(written.tag)),
                written,
            ))
        }
    }
}

fn may(allowed: &[PrincipalId], write: &Write) -> bool {
    write.who.is_genuine()
        && write
            .who
            .principal
            .is_some_and(|principal| allowed.contains(&principal))
}

fn numbers(cause: Cause, written: &Written) -> Cause {
    cause
        .value(written.reading.value.number())
        .before(written.before.usable().number())
}

/// Any write to a protected setting is reported.
#[derive(Clone, Debug)]
pub struct LimitWrite {
    /// Except by these.
    pub except: Box<[PrincipalId]>,
}

impl LimitWrite {
    /// A value is written.
    #[must_use]
    pub fn written(&self, write: &Write, written: &Written) -> Verdict {
        if may(&self.except, write) {
            Verdict::Good
        } else {
            Verdict::Violated(numbers(Cause::new(What::Protected, Some(written.tag)), written))
        }
    }
}

/// Writes only while a condition holds.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// The condition.
    pub allowed: NodeId,
}

impl Schedule {
    /// A value is written.
    pub fn written(&self, scene: &Scene<'_>, written: &Written, notes: &mut Notes) -> Verdict {
        match scene.view.truth(self.allowed, notes) {
            Truth::True => Verdict::Good,
            Truth::Unknown => Verdict::Unknown,
            Truth::False => {
                Verdict::Violated(numbers(Cause::new(What::OffSchedule, Some(written.tag)), written))
            }
        }
    }
}

/// A bypass that is set is reported; one that stays set for too long is reported again.
#[derive(Clone, Debug)]
pub struct Bypass {
    /// Longest allowed bypass.
    pub longest: Option<i64>,
    /// Since when it is set.
    since: Moment,
    /// When it was last written to be set.
    written: Moment,
    /// The other bypasses of the same area: more than one at a time takes the protection away.
    pub others: Box<[TagId]>,
}

impl Bypass {
    /// A bypass without a past.
    #[must_use]
    pub fn new(longest: Option<i64>, others: Vec<TagId>) -> Self {
        Self {
            longest,
            since: NEVER,
            written: NEVER,
            others: others.into_boxed_slice(),
        }
    }

    /// It is written.
    pub fn written(&mut self, scene: &Scene<'_>, written: &Written, notes: &mut Notes) -> Verdict {
        let set = is_set(written.reading.value);
        match set {
            Truth::False => Verdict::Good,
            Truth::Unknown => Verdict::Unknown,
            Truth::True => {
                self.written = scene.view.now;
                notes.why = None;
                Verdict::Violated(numbers(self.is_set(scene, written.tag), written))
            }
        }
    }

    /// The device refused to set it: what shows it set later was not this.
    pub fn rejected(&mut self) {
        self.written = NEVER;
    }

    /// It is seen to be set, by a key switch or on a way that is not in the capture, when no write explains it.
    pub fn observed(&self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let was = scene.before(tag).map(|before| is_set(before.usable()));
        let value = scene.view.observed(tag, notes);
        if was != Some(Truth::False) || !is_set(value).is_true() {
            return Verdict::Skip;
        }
        let since = scene.view.tag(tag).seen_before.saturating_sub(WRITTEN_BEFORE);
        if self.written != NEVER && self.written >= since {
            return Verdict::Skip;
        }
        Verdict::Violated(self.is_set(scene, tag).value(value.number()).before(Some(0.0)))
    }

    /// Set, together with how many others of its protection.
    fn is_set(&self, scene: &Scene<'_>, tag: TagId) -> Cause {
        let others = self
            .others
            .iter()
            .filter(|tag| is_set(scene.view.present(**tag, &mut Notes::default())).is_true())
            .count();
        let together = u32::try_from(others + 1).unwrap_or(u32::MAX);
        let cause = Cause::new(What::BypassSet { together }, Some(tag));
        if together > 1 {
            cause.severity(Severity::Critical)
        } else {
            cause
        }
    }

    /// Is it set for too long? Asked when it changes and when the time is over.
    pub fn stays(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> (Truth, Cause) {
        let now = scene.view.now;
        let set = is_set(scene.view.present(tag, notes));
        match set {
            Truth::True if self.since == NEVER => self.since = now,
            Truth::False => self.since = NEVER,
            _ => {}
        }
        let lasting = if self.since == NEVER {
            0
        } else {
            span(self.since, now)
        };
        let cause = Cause::new(What::BypassStays { lasting }, Some(tag)).value(Some(1.0));
        let too_long = match self.longest {
            Some(longest) if self.since != NEVER => {
                if lasting < longest {
                    notes.again_at(self.since.saturating_add(longest));
                }
                lasting >= longest
            }
            _ => false,
        };
        (too_long.into(), cause)
    }
}

/// A bypass that was written so long before it is seen to be set was set by that write.
const WRITTEN_BEFORE: i64 = 10 * SECOND;

/// A bypass is set by any number but 0.
fn is_set(value: crate::plant::Interval) -> Truth {
    value.compare(
        crate::site::Comparison::NotEqual,
        crate::plant::Interval::exact(0.0),
        0.0,
    )
}
