//! Rules about the order and number of commands: cycle, count, sequence.

use std::collections::VecDeque;

use super::Scene;
use crate::plant::Truth;
use crate::plant::clock::{FOREVER, Moment, span};
use crate::plant::pairs::PairId;
use crate::rules::evaluate::Notes;
use crate::rules::pattern::Pattern;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::rules::write::{Write, Written};
use crate::site::{DeviceId, Distinct, EventKind, TagId};

/// A command is not reversed too soon or too often.
#[derive(Clone, Debug)]
pub struct Cycle {
    /// Shortest time between opposite commands.
    pub min_gap: Option<i64>,
    /// At most so many commands ...
    pub max: Option<u32>,
    /// ... in this window.
    pub window: i64,
    /// Repeats of the same state count too.
    pub count_same: bool,
    /// Time, value and frame of the last commands.
    past: VecDeque<(Moment, f64, u64)>,
}

/// Commands remembered for each tag.
const COMMANDS: usize = 17;

impl Cycle {
    /// A tag that was never commanded.
    #[must_use]
    pub const fn new(min_gap: Option<i64>, max: Option<u32>, window: i64, count_same: bool) -> Self {
        Self {
            min_gap,
            max,
            window,
            count_same,
            past: VecDeque::new(),
        }
    }

    /// It is commanded, or was seen to move to a state to which no command was seen.
    pub fn moved(&mut self, now: Moment, tag: TagId, value: f64, frame: u64) -> Verdict {
        let last = self.past.back().copied();
        let same = last.is_some_and(|last| last.1 == value);
        if same && !self.count_same {
            return Verdict::Good;
        }
        if self.past.len() == COMMANDS {
            self.past.pop_front();
        }
        self.past.push_back((now, value, frame));
        let cause = |what| {
            Cause::new(what, Some(tag))
                .value(Some(value))
                .before(last.map(|last| last.1))
        };
        if let (Some(gap), Some(last)) = (self.min_gap, last)
            && !same
            && span(last.0, now) < gap
        {
            let after = span(last.0, now);
            return Verdict::Violated(cause(What::Reversed { after }));
        }
        let count = self
            .past
            .iter()
            .filter(|command| span(command.0, now) < self.window)
            .count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match self.max {
            // A ring of 16 cannot count further; more than that is too many anyway.
            Some(max) if count > max.min(16) => Verdict::Violated(
                cause(What::TooOften {
                    count,
                    window: self.window,
                })
                .limit(Limit::One(f64::from(max))),
            ),
            _ => Verdict::Good,
        }
    }

    /// Was it seen to move to a state to which the last command did not lead?
    #[must_use]
    pub fn is_news(&self, value: f64) -> bool {
        self.past.back().is_some_and(|last| last.1 != value)
    }

    /// The device refused the command: it was none.
    pub fn rejected(&mut self, frame: u64) {
        self.past.retain(|command| command.2 != frame);
    }
}

/// Not more than `max` events in a window.
#[derive(Clone, Debug)]
pub struct Count {
    /// The event.
    pub on: Pattern,
    /// Count tags (or devices), not events.
    pub distinct: Option<Distinct>,
    /// Allowed number.
    pub max: u32,
    /// Window.
    pub window: i64,
    /// Counted for each principal.
    pub per_principal: bool,
    /// For each principal (or once), oldest first.
    past: Vec<(Option<PairId>, VecDeque<Happened>)>,
}

/// One event that counts: time, tag and device.
type Happened = (Moment, TagId, DeviceId);

/// Events remembered for each principal.
const EVENTS: usize = 65;
/// Principals counted apart; the one that was quiet longest is forgotten first.
const COUNTED: usize = 64;

impl Count {
    /// A count of nothing.
    #[must_use]
    pub const fn new(
        on: Pattern,
        distinct: Option<Distinct>,
        max: u32,
        window: i64,
        per_principal: bool,
    ) -> Self {
        Self {
            on,
            distinct,
            max,
            window,
            per_principal,
            past: Vec::new(),
        }
    }

    /// A command is given.
    pub fn written(&mut self, scene: &Scene<'_>, write: &Write) -> Verdict {
        if !self.on.takes(write.action) {
            return Verdict::Skip;
        }
        let mut any = false;
        let mut unknown = false;
        for written in write.tags.iter().filter(|written| written.counts) {
            match self
                .on
                .matches(written.tag, written.reading.value, written.reading.tolerance)
            {
                Truth::True => {
                    any = true;
                    self.add(scene, write.at, written.tag, Some(write.pair));
                }
                Truth::Unknown => unknown = true,
                Truth::False => {}
            }
        }
        match (any, unknown) {
            (true, _) => self.verdict(write.at, Some(write.pair)),
            (false, true) => Verdict::Unknown,
            (false, false) => Verdict::Skip,
        }
    }

    /// An observed value has changed.
    pub fn changed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        if self.on.kind() != EventKind::Change {
            return Verdict::Skip;
        }
        let state = scene.view.tag(tag);
        // What appears for the first time, or after having been unknown, has not changed.
        if !scene
            .before(tag)
            .is_some_and(|before| before.usable().says_something())
        {
            return Verdict::Skip;
        }
        let value = scene.view.observed(tag, notes);
        match self.on.matches(tag, value, state.observed.tolerance) {
            Truth::True => {
                self.add(scene, scene.view.now, tag, None);
                self.verdict(scene.view.now, None)
            }
            Truth::Unknown => Verdict::Unknown,
            Truth::False => Verdict::Skip,
        }
    }

    fn add(&mut self, scene: &Scene<'_>, now: Moment, tag: TagId, pair: Option<PairId>) {
        let key = if self.per_principal { pair } else { None };
        let device = scene.device_of(tag);
        let place = self
            .past
            .iter()
            .position(|past| past.0 == key)
            .unwrap_or_else(|| {
                if self.past.len() == COUNTED {
                    let oldest = (0..self.past.len())
                        .min_by_key(|place| self.past[*place].1.back().map(|event| event.0))
                        .unwrap_or(0);
                    self.past.remove(oldest);
                }
                self.past.push((key, VecDeque::new()));
                self.past.len() - 1
            });
        let events = &mut self.past[place].1;
        while events
            .front()
            .is_some_and(|event| span(event.0, now) >= self.window)
        {
            events.pop_front();
        }
        if let Some(distinct) = self.distinct {
            events.retain(|event| match distinct {
                Distinct::Tag => event.1 != tag,
                Distinct::Device => event.2 != device,
            });
        }
        if events.len() == EVENTS {
            events.pop_front();
        }
        events.push_back((now, tag, device));
    }

    fn verdict(&self, now: Moment, pair: Option<PairId>) -> Verdict {
        let key = if self.per_principal { pair } else { None };
        let Some((_, events)) = self.past.iter().find(|past| past.0 == key) else {
            return Verdict::Good;
        };
        let inside = || events.iter().filter(|event| span(event.0, now) < self.window);
        let count = u32::try_from(inside().count()).unwrap_or(u32::MAX);
        if count <= self.max.min(64) {
            return Verdict::Good;
        }
        let mut tags = Vec::new();
        for event in inside() {
            if !tags.contains(&event.1) {
                tags.push(event.1);
            }
        }
        let last = tags.last().copied();
        Verdict::Violated(
            Cause::new(
                What::Count {
                    count,
                    window: self.window,
                    tags,
                },
                last,
            )
            .value(Some(f64::from(count)))
            .limit(Limit::One(f64::from(self.max))),
        )
    }
}

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
        if !scene
            .before(tag)
            .is_some_and(|before| before.usable().says_something())
        {
            return Verdict::Skip;
        }
        let value = scene.view.observed(tag, notes);
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
