//! What a condition says before its names are known.

use std::ops::Range;

use super::super::{Comparison, EventKind, Operator, Role};

/// Why a text is not a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct SyntaxError {
    /// Which bytes of the text.
    pub(in super::super) range: Range<usize>,
    pub(in super::super) message: String,
    /// How to mend it; may be empty.
    pub(in super::super) help: String,
}

/// A name as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Word {
    pub(in super::super) text: String,
    pub(in super::super) range: Range<usize>,
    /// Names in quotes are tags, never states.
    pub(in super::super) quoted: bool,
}

/// A number with its unit.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Quantity {
    pub(in super::super) value: f64,
    pub(in super::super) unit: Option<Word>,
    pub(in super::super) range: Range<usize>,
}

/// Functions of one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum TagFunction {
    Commanded,
    Observed,
    Previous,
    Age,
    Good,
    Forced,
    Rate,
}

/// Functions of a tag over a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum SpanFunction {
    Minimum,
    Maximum,
    Average,
    Changed,
}

/// A part of a condition and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Syntax {
    pub(in super::super) range: Range<usize>,
    pub(in super::super) kind: SyntaxKind,
}

/// What it says.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum SyntaxKind {
    Number(Quantity),
    Truth(bool),
    /// A tag or the name of a state.
    Name(Word),
    OfTag(TagFunction, Word),
    OverTime(SpanFunction, Word, i64),
    Once(Box<Syntax>, i64),
    Held(Box<Syntax>, i64),
    Since(Box<Syntax>, Box<Syntax>),
    Rose(Box<Syntax>),
    Fell(Box<Syntax>),
    Count(EventSyntax, i64),
    Mode(Word),
    Window(Word),
    Absolute(Box<Syntax>),
    Negative(Box<Syntax>),
    Arithmetic(Operator, Box<Syntax>, Box<Syntax>),
    Compare(Comparison, Box<Syntax>, Box<Syntax>),
    Within(Box<Syntax>, Quantity, Quantity),
    Not(Box<Syntax>),
    And(Box<Syntax>, Box<Syntax>),
    Or(Box<Syntax>, Box<Syntax>),
    Implies(Box<Syntax>, Box<Syntax>),
}

/// `write P201.CMD == 1`.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct EventSyntax {
    pub(in super::super) kind: EventKind,
    pub(in super::super) target: EventTarget,
    pub(in super::super) value: Option<(Comparison, EventValue)>,
    pub(in super::super) range: Range<usize>,
}

/// What the event happens to.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum EventTarget {
    /// Tags or, with `*` or `?`, patterns.
    Tags(Vec<Word>),
    Role(Role, Range<usize>),
}

/// With which value.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum EventValue {
    Number(Quantity),
    State(Word),
}

/// `write AIC201.SP = 11100 by hmi1`, the event of a rule's test.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct TestSyntax {
    pub(in super::super) kind: EventKind,
    pub(in super::super) tag: Word,
    pub(in super::super) value: EventValue,
    pub(in super::super) by: Option<Word>,
}
