//! Steps come in order and in time.

use super::Scene;
use crate::plant::Truth;
use crate::plant::clock::{FOREVER, Moment, span};
use crate::rules::evaluate::Notes;
use crate::rules::pattern::Pattern;
use crate::rules::verdict::{Cause, Verdict, What};
use crate::rules::write::{Write, Written};
use crate::site::{EventKind, TagId};

/// Steps come in order and in time.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The steps.
    pub steps: Box<[Pattern]>,
    /// An event that may not come before the first step.
    pub forbid_first: Option<Pattern>,
    /// Time for each step.
    pub deadline: i64,
    /// Steps done.
    done: usize,
    /// All steps were done since the first.
    complete: bool,
    /// When the last was done.
    at: Moment,
}

impl Sequence {
    /// A sequence that has not begun.
    #[must_use]
    pub fn new(steps: Vec<Pattern>, forbid_first: Option<Pattern>, deadline: i64) -> Self {
        Self {
            steps: steps.into_boxed_slice(),
            forbid_first,
            deadline,
            done: 0,
            complete: false,
            at: 0,
        }
    }

    /// A command is given.
    pub fn written(&mut self, scene: &Scene<'_>, write: &Write, notes: &mut Notes) -> Verdict {
        let now = write.at;
        let matched = |pattern: &Pattern, written: &Written| {
            pattern.takes(write.action)
                && pattern
                    .matches(written.tag, written.reading.value, written.reading.tolerance)
                    .is_true()
        };
        let mut verdict = Verdict::Skip;
        for written in &write.tags {
            let undoes = |pattern: &Pattern| {
                pattern.takes(write.action)
                    && pattern.concerns(written.tag)
                    && pattern
                        .matches(written.tag, written.reading.value, written.reading.tolerance)
                        .is_false()
            };
            self.undo(undoes);
            if self.done == 0
                && !self.complete
                && self
                    .forbid_first
                    .as_ref()
                    .is_some_and(|pattern| matched(pattern, written))
            {
                match self.first_already_holds(scene, notes) {
                    Truth::True => self.done = 1,
                    Truth::Unknown => return Verdict::Unknown,
                    Truth::False => {
                        return Verdict::Violated(
                            Cause::new(What::OutOfSequence, Some(written.tag))
                                .value(written.reading.value.number()),
                        );
                    }
                }
            }
            let step = self.steps.iter().position(|pattern| matched(pattern, written));
            verdict = self.step(step, written.tag, now, notes, verdict);
        }
        verdict
    }

    /// An observed value has changed.
    pub fn changed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let state = scene.view.tag(tag);
        let value = scene.view.observed(tag, notes);
        let undoes = |pattern: &Pattern| {
            pattern.kind() == EventKind::Change
                && pattern.concerns(tag)
                && pattern.matches(tag, value, state.observed.tolerance).is_false()
        };
        self.undo(undoes);
        if !scene
            .before(tag)
            .is_some_and(|before| before.usable().says_something())
        {
            return Verdict::Skip;
        }
        let step = self.steps.iter().position(|pattern| {
            pattern.kind() == EventKind::Change
                && pattern.matches(tag, value, state.observed.tolerance).is_true()
        });
        self.step(step, tag, scene.view.now, notes, Verdict::Skip)
    }

    /// Has a step been missed? Asked when its time is over.
    pub fn overdue(&mut self, now: Moment, notes: &mut Notes) -> Verdict {
        if self.done == 0 || self.done >= self.steps.len() {
            return Verdict::Skip;
        }
        let due = self.at.saturating_add(self.deadline);
        if now < due {
            notes.again_at(due);
            return Verdict::Skip;
        }
        let step = u32::try_from(self.done + 1).unwrap_or(u32::MAX);
        let tag = self.steps[self.done].tags().next();
        self.done = 0;
        Verdict::Violated(Cause::new(
            What::StepMissed {
                step,
                after: span(self.at, now),
            },
            tag,
        ))
    }

    /// What was done is undone: the steps must come again when the last is taken back or the first does not hold any
    /// more. (A command that is a first step can be a pulse, which ends before the next step comes; an observed state
    /// cannot.)
    fn undo(&mut self, undoes: impl Fn(&Pattern) -> bool) {
        let first = self.steps.first().filter(|step| undoes(step));
        let last = self.steps.last().is_some_and(&undoes);
        if self.complete && (first.is_some() || last) {
            self.complete = false;
        }
        if self.done > 0 && first.is_some_and(|step| step.kind() == EventKind::Change) {
            self.done = 0;
        }
    }

    fn step(
        &mut self,
        step: Option<usize>,
        tag: TagId,
        now: Moment,
        notes: &mut Notes,
        otherwise: Verdict,
    ) -> Verdict {
        let Some(step) = step else {
            return otherwise;
        };
        if step == self.done || step == 0 {
            self.done = step + 1;
            self.at = now;
            self.complete = false;
            if self.done == self.steps.len() {
                self.done = 0;
                self.complete = true;
            } else if self.deadline != FOREVER {
                notes.again_at(now.saturating_add(self.deadline));
            }
            Verdict::Good
        } else if self.done > 0 && step > self.done {
            Verdict::Violated(Cause::new(What::OutOfSequence, Some(tag)))
        } else {
            otherwise
        }
    }

    /// A capture can begin after the first step: is what it waits for already so?
    fn first_already_holds(&self, scene: &Scene<'_>, notes: &mut Notes) -> Truth {
        let Some(first) = self.steps.first() else {
            return Truth::True;
        };
        let mut held = Truth::False;
        for tag in first.tags() {
            let value = scene.view.present(tag, notes);
            if !value.says_something() {
                held = held.or(Truth::Unknown);
                continue;
            }
            let tolerance = scene.view.tag(tag).observed.tolerance;
            held = held.or(first.matches(tag, value, tolerance));
        }
        held
    }
}
