//! Conditions of rules as a checked tree: names are resolved, units agree, every temporal operator has its slot.

use super::{Role, TagId};

/// Place of a temporal operator's state; each evaluator holds `Site::slots` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slot(pub u32);

/// A comparison sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
}

/// An arithmetic sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// What an event pattern waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A write or operate command of any protocol.
    Write,
    /// An operate or direct operate.
    Operate,
    /// A select.
    Select,
    /// The observed value changed.
    Change,
}

/// The tags an event or a rule is about, each with its own state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagSet {
    /// These tags (a name, a list or a pattern, resolved).
    Tags(Vec<TagId>),
    /// Every tag of a role, resolved.
    Role(Role, Vec<TagId>),
}

impl TagSet {
    /// The tags.
    #[must_use]
    pub fn tags(&self) -> &[TagId] {
        match self {
            Self::Tags(tags) | Self::Role(_, tags) => tags,
        }
    }
}

/// `write P201.CMD == 1`, `operate role cmd == open`, `change FAN.RUN`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happens.
    pub kind: EventKind,
    /// To which tags.
    pub tags: TagSet,
    /// With which value; a state name is already its number for each tag (same order as `tags`).
    pub value: Option<(Comparison, Vec<f64>)>,
}

/// A mode or window by name and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As written.
    pub name: String,
    /// Place in `Site::modes` or `Site::windows`.
    pub index: u32,
}

/// A checked condition or quantity. Truth values are three-valued, quantities are intervals.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A number, in the unit of what it is compared with. State names are numbers already.
    Number(f64),
    /// `true` or `false`.
    Truth(bool),
    /// A bare tag: observed if fresh, else commanded.
    Tag(TagId),
    /// `cmd(TAG)`: last accepted write.
    Commanded(TagId),
    /// `obs(TAG)`: last read or reported.
    Observed(TagId),
    /// `prev(TAG)`: value before this transaction.
    Previous(TagId),
    /// `age(TAG)` in seconds.
    Age(TagId),
    /// `good(TAG)`.
    Good(TagId),
    /// `forced(TAG)`.
    Forced(TagId),
    /// `rate(TAG)` in units per second.
    Rate(TagId, Slot),
    /// `min(TAG, duration)`; nanoseconds.
    Minimum(TagId, i64, Slot),
    /// `max(TAG, duration)`.
    Maximum(TagId, i64, Slot),
    /// `avg(TAG, duration)`.
    Average(TagId, i64, Slot),
    /// `changed(TAG, duration)`.
    Changed(TagId, i64, Slot),
    /// `once(p, duration)`.
    Once(Box<Expression>, i64, Slot),
    /// `held(p, duration)`.
    Held(Box<Expression>, i64, Slot),
    /// `since(p, q)`: q happened and p ever since.
    Since(Box<Expression>, Box<Expression>, Slot),
    /// `rose(p)`.
    Rose(Box<Expression>, Slot),
    /// `fell(p)`.
    Fell(Box<Expression>, Slot),
    /// `count(event, duration)`.
    Count(Event, i64, Slot),
    /// `mode(NAME)`.
    Mode(Name),
    /// `window(NAME)`.
    Window(Name),
    /// `abs(x)`.
    Absolute(Box<Expression>),
    /// `-x`.
    Negative(Box<Expression>),
    /// `x + y` and the like.
    Arithmetic(Operator, Box<Expression>, Box<Expression>),
    /// `x < y` and the like.
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// `x in [low, high]`.
    Within(Box<Expression>, f64, f64),
    /// `not p`.
    Not(Box<Expression>),
    /// `p and q`.
    And(Box<Expression>, Box<Expression>),
    /// `p or q`.
    Or(Box<Expression>, Box<Expression>),
    /// `p -> q`.
    Implies(Box<Expression>, Box<Expression>),
}

impl Expression {
    /// Calls `visit` for this node and every node below it.
    pub fn walk(&self, visit: &mut dyn FnMut(&Self)) {
        visit(self);
        match self {
            Self::Once(a, ..)
            | Self::Held(a, ..)
            | Self::Rose(a, _)
            | Self::Fell(a, _)
            | Self::Absolute(a)
            | Self::Negative(a)
            | Self::Within(a, ..)
            | Self::Not(a) => a.walk(visit),
            Self::Since(a, b, _)
            | Self::Arithmetic(_, a, b)
            | Self::Compare(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Implies(a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            _ => {}
        }
    }

    /// The tags whose values the expression reads, each once, in order of first appearance. Modes are not followed.
    #[must_use]
    pub fn tags(&self) -> Vec<TagId> {
        let mut tags = Vec::new();
        let mut add = |tag: TagId| {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        };
        self.walk(&mut |node| match node {
            Self::Tag(tag)
            | Self::Commanded(tag)
            | Self::Observed(tag)
            | Self::Previous(tag)
            | Self::Age(tag)
            | Self::Good(tag)
            | Self::Forced(tag)
            | Self::Rate(tag, _)
            | Self::Minimum(tag, ..)
            | Self::Maximum(tag, ..)
            | Self::Average(tag, ..)
            | Self::Changed(tag, ..) => add(*tag),
            Self::Count(event, ..) => event.tags.tags().iter().for_each(|tag| add(*tag)),
            _ => {}
        });
        tags
    }
}
