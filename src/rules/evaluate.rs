//! Evaluating a condition: three-valued, over intervals, without changing anything.

use tapglass_model::{Quality, SECOND};

use super::monitor::Monitor;
use super::program::{Node, NodeId, Program};
use super::temporal::Answer;
use super::windows::Windows;
use crate::plant::clock::{FOREVER, Moment, NEVER};
use crate::plant::pairs::Pairs;
use crate::plant::tags::{TagState, Why};
use crate::plant::{Interval, Truth};
use crate::site::{Comparison, TagId};

/// Everything a condition can read, at one moment.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The conditions.
    pub program: &'a Program,
    /// The memory of temporal operators.
    pub monitors: &'a [Monitor],
    /// The tags.
    pub tags: &'a [TagState],
    /// Who talks.
    pub pairs: &'a Pairs,
    /// Time windows of the site.
    pub windows: &'a Windows,
    /// The moment.
    pub now: Moment,
    /// The number of this step: one transaction or one deadline.
    pub step: u64,
    /// The whole capture is blind at this moment: no value can be relied on.
    pub blind: bool,
}

/// What else came out of an evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Notes {
    /// When the result may change though nothing new is heard.
    pub again: Moment,
    /// A value was used that its device marks as uncertain.
    pub uncertain: bool,
    /// A value was used that may have changed unseen, because reports of it may have been lost.
    pub shadowed: bool,
    /// Why something was unknown, and of which tag.
    pub why: Option<(Why, TagId)>,
    /// The next look at the values it reads is awaited, also when it shows nothing new.
    pub waits: bool,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            again: FOREVER,
            uncertain: false,
            shadowed: false,
            why: None,
            waits: false,
        }
    }
}

impl Notes {
    /// The result may change at `moment`.
    pub fn again_at(&mut self, moment: Moment) {
        self.again = self.again.min(moment);
    }

    pub(super) fn unknown(&mut self, why: Why, tag: TagId) -> Interval {
        self.why.get_or_insert((why, tag));
        Interval::EVERYTHING
    }
}

impl<'a> View<'a> {
    /// The state of a tag; a tag that the site does not have cannot be compiled into a condition.
    #[must_use]
    pub fn tag(&self, tag: TagId) -> &'a TagState {
        &self.tags[tag.0 as usize]
    }

    /// The value the write of this step would give a tag.
    #[must_use]
    pub fn candidate(&self, tag: TagId) -> Option<Interval> {
        let state = self.tag(tag);
        (state.candidate_step == self.step).then_some(state.candidate.value)
    }

    fn read(
        &self,
        tag: TagId,
        notes: &mut Notes,
        reading: Result<(Interval, Moment), Why>,
        observed: bool,
    ) -> Interval {
        if self.blind {
            return notes.unknown(Why::Blind, tag);
        }
        match reading {
            Ok((value, until)) => {
                let state = self.tag(tag);
                if until != FOREVER {
                    notes.again_at(until.saturating_add(1));
                }
                if observed {
                    notes.uncertain |= state.observed.quality == Quality::Uncertain;
                    notes.shadowed |= state.shadowed;
                } else {
                    notes.uncertain |= state.commanded.quality == Quality::Uncertain;
                }
                value
            }
            Err(why) => notes.unknown(why, tag),
        }
    }

    /// A bare tag: what is being written, else observed if fresh, else commanded.
    pub fn present(&self, tag: TagId, notes: &mut Notes) -> Interval {
        if let Some(candidate) = self.candidate(tag) {
            return candidate;
        }
        let state = self.tag(tag);
        match state.observed_at(self.now, self.pairs) {
            Err(_) if state.commanded_at != NEVER => self.commanded(tag, notes),
            reading => self.read(tag, notes, reading, true),
        }
    }

    /// The observed value.
    pub fn observed(&self, tag: TagId, notes: &mut Notes) -> Interval {
        let reading = self.tag(tag).observed_at(self.now, self.pairs);
        self.read(tag, notes, reading, true)
    }

    fn commanded(&self, tag: TagId, notes: &mut Notes) -> Interval {
        if let Some(candidate) = self.candidate(tag) {
            return candidate;
        }
        let reading = self.tag(tag).commanded_now();
        self.read(tag, notes, reading, false)
    }

    /// The value before this step.
    fn previous(&self, tag: TagId, notes: &mut Notes) -> Interval {
        let state = self.tag(tag);
        if state.before_step == self.step {
            let value = state.before.usable();
            if value.says_something() {
                return value;
            }
            return notes.unknown(Why::Never, tag);
        }
        let reading = state.present(self.now, self.pairs);
        self.read(tag, notes, reading, true)
    }

    /// Is it true?
    pub fn truth(&self, node: NodeId, notes: &mut Notes) -> Truth {
        match self.program.node(node) {
            Node::Truth(truth) => truth.into(),
            Node::Good(tag) => self.good(tag, notes),
            Node::Forced(tag) => self.forced(tag, notes),
            Node::Monitor(id) => match self.temporal(id, notes) {
                Answer::Truth(truth) => truth,
                Answer::Quantity(quantity) => nonzero(quantity),
            },
            Node::Window(index) => {
                let (open, until) = self.windows.open(index, self.now);
                notes.again_at(until);
                open.into()
            }
            Node::Compare(sign, a, b, tag) => self.compare(sign, a, b, tag, notes),
            Node::Within(a, low, high, tag) => {
                let tolerance = tag.map_or(0.0, |tag| self.tag(tag).observed.tolerance);
                self.quantity(a, notes).inside(low, high, tolerance)
            }
            Node::Not(a) => self.truth(a, notes).not(),
            Node::And(a, b) => match self.truth(a, notes) {
                Truth::False => Truth::False,
                first => first.and(self.truth(b, notes)),
            },
            Node::Or(a, b) => match self.truth(a, notes) {
                Truth::True => Truth::True,
                first => first.or(self.truth(b, notes)),
            },
            Node::Implies(a, b) => match self.truth(a, notes) {
                Truth::False => Truth::True,
                first => first.implies(self.truth(b, notes)),
            },
            _ => nonzero(self.quantity(node, notes)),
        }
    }

    /// How much is it? Truths count as 0 and 1.
    pub fn quantity(&self, node: NodeId, notes: &mut Notes) -> Interval {
        match self.program.node(node) {
            Node::Number(number) => Interval::exact(number),
            Node::Tag(tag) => self.present(tag, notes),
            Node::Commanded(tag) => self.commanded(tag, notes),
            Node::Observed(tag) => self.observed(tag, notes),
            Node::Previous(tag) => self.previous(tag, notes),
            Node::Age(tag) => self.age(tag, notes),
            Node::Monitor(id) => match self.temporal(id, notes) {
                Answer::Quantity(quantity) => quantity,
                Answer::Truth(truth) => zero_or_one(truth),
            },
            Node::Absolute(a) => self.quantity(a, notes).absolute(),
            Node::Negative(a) => self.quantity(a, notes).negative(),
            Node::Arithmetic(sign, a, b) => {
                let first = self.quantity(a, notes);
                first.calculate(sign, self.quantity(b, notes))
            }
            _ => zero_or_one(self.truth(node, notes)),
        }
    }

    fn compare(
        &self,
        sign: Comparison,
        a: NodeId,
        b: NodeId,
        tag: Option<TagId>,
        notes: &mut Notes,
    ) -> Truth {
        let first = self.quantity(a, notes);
        let second = self.quantity(b, notes);
        let tolerance = match (sign, tag) {
            // A tag that is being written or only commanded has its resolution there.
            (Comparison::Equal | Comparison::NotEqual, Some(tag)) => {
                let state = self.tag(tag);
                state.observed.tolerance.max(state.candidate.tolerance)
            }
            _ => 0.0,
        };
        first.compare(sign, second, tolerance)
    }

    #[allow(clippy::cast_precision_loss)] // an age as a number of seconds
    fn age(&self, tag: TagId, notes: &mut Notes) -> Interval {
        match self.tag(tag).age(self.now) {
            Some(age) => {
                // It grows with every moment; ask again once a second.
                notes.again_at(self.now.saturating_add(SECOND));
                Interval::exact(age as f64 / SECOND as f64)
            }
            None => notes.unknown(Why::Never, tag),
        }
    }

    fn good(&self, tag: TagId, notes: &mut Notes) -> Truth {
        let state = self.tag(tag);
        if state.seen == NEVER || self.blind {
            notes.unknown(if self.blind { Why::Blind } else { Why::Never }, tag);
            return Truth::Unknown;
        }
        let until = state.fresh_until(self.pairs);
        if self.now > until {
            // Too old to be good, and too old to be bad.
            notes.unknown(Why::Stale, tag);
            return Truth::Unknown;
        }
        notes.again_at(until.saturating_add(1));
        notes.shadowed |= state.shadowed;
        (state.observed.quality == Quality::Good).into()
    }

    fn forced(&self, tag: TagId, notes: &mut Notes) -> Truth {
        let state = self.tag(tag);
        if state.seen == NEVER {
            notes.unknown(Why::Never, tag);
            return Truth::Unknown;
        }
        state.observed.reasons.is_forced().into()
    }
}

/// A number that is used as a truth: 0 is false.
fn nonzero(quantity: Interval) -> Truth {
    quantity.compare(Comparison::NotEqual, Interval::exact(0.0), 0.0)
}

fn zero_or_one(truth: Truth) -> Interval {
    match truth {
        Truth::False => Interval::exact(0.0),
        Truth::True => Interval::exact(1.0),
        Truth::Unknown => Interval::between(0.0, 1.0),
    }
}
