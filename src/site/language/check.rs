//! Names are resolved, truths and quantities told apart, units compared, and every temporal operator gets its slot.

use std::ops::Range;

use super::super::diagnostic::{Draft, Problems};
use super::super::names::Names;
use super::super::source::Inside;
use super::super::unit::Unit;
use super::super::{Expression, Site, Slot, TagId};
use super::DEEPEST_TREE;
use super::measure::{Measure, Named};
use super::syntax::{Quantity, SpanFunction, Syntax, SyntaxError, SyntaxKind, TagFunction, Word};

/// What an expression must be.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) enum Wanted {
    /// True or false.
    Truth,
    /// A number; with a unit when it is to be compared with a tag of that unit.
    Quantity(Option<String>),
}

/// Checks the conditions of one text.
pub(in super::super) struct Checker<'a> {
    pub(in super::super) site: &'a Site,
    pub(in super::super) names: &'a Names,
    pub(in super::super) problems: &'a mut Problems,
    /// Where the text stands.
    pub(in super::super) inside: Inside,
    /// The next free slot.
    pub(in super::super) slots: &'a mut u32,
}

/// A checked part.
pub(super) struct Checked {
    pub(super) expression: Expression,
    pub(super) sort: Sort,
    pub(super) range: Range<usize>,
    /// A number as written.
    pub(super) literal: bool,
}

pub(super) enum Sort {
    Truth,
    Quantity(Measure),
}

impl Checker<'_> {
    /// Reports that a text is not a condition.
    pub(in super::super) fn syntax_error(&mut self, error: SyntaxError) {
        self.error(error.range, error.message).help(error.help);
    }

    pub(super) fn error(&mut self, range: Range<usize>, message: impl Into<String>) -> &mut Draft {
        self.problems.error(self.inside.span(range), message)
    }

    pub(super) fn warning(&mut self, range: Range<usize>, message: impl Into<String>) -> &mut Draft {
        self.problems.warning(self.inside.span(range), message)
    }

    /// The checked form of a condition or quantity; `None` when something was reported.
    pub(in super::super) fn expression(&mut self, syntax: &Syntax, wanted: &Wanted) -> Option<Expression> {
        let expression = self.wanted(syntax, wanted)?;
        let depth = expression.depth(&self.names.mode_depths);
        if depth > DEEPEST_TREE {
            self.error(
                syntax.range.clone(),
                format!("the condition is {depth} levels deep, with the modes it uses; {DEEPEST_TREE} is the limit"),
            )
            .help("group long chains in brackets, as in `(a or b) or (c or d)`, or split the rule");
            return None;
        }
        Some(expression)
    }

    fn wanted(&mut self, syntax: &Syntax, wanted: &Wanted) -> Option<Expression> {
        match wanted {
            Wanted::Truth => self.truth(syntax),
            Wanted::Quantity(unit) => {
                let checked = self.check(syntax)?;
                let measure = self.quantity_of(&checked, syntax)?;
                if let (Some(unit), Measure::Of(named)) = (unit, &measure)
                    && !unit.is_empty()
                {
                    let wanted = Named::new(unit);
                    self.fit(&checked, named, &wanted, None)
                } else {
                    Some(checked.expression)
                }
            }
        }
    }

    fn slot(&mut self) -> Slot {
        let slot = Slot(*self.slots);
        *self.slots += 1;
        slot
    }

    /// A condition; a quantity is reported.
    fn truth(&mut self, syntax: &Syntax) -> Option<Expression> {
        let checked = self.check(syntax)?;
        if matches!(checked.sort, Sort::Truth) {
            return Some(checked.expression);
        }
        let help = match &checked.expression {
            Expression::Tag(tag) => {
                let name = self.site.tag_name(*tag);
                let state = self
                    .site
                    .tag(*tag)
                    .and_then(|tag| tag.named_states().last().map(|state| state.0.to_owned()))
                    .unwrap_or_else(|| "1".to_owned());
                format!("compare it, as in `{name} == {state}`")
            }
            _ => "compare it with something, as in `x > 5`".to_owned(),
        };
        self.error(
            syntax.range.clone(),
            "this is a quantity where a condition is needed",
        )
        .label("neither true nor false")
        .help(help);
        None
    }

    /// The measure of a quantity; a condition is reported.
    pub(super) fn quantity_of(&mut self, checked: &Checked, syntax: &Syntax) -> Option<Measure> {
        match &checked.sort {
            Sort::Quantity(measure) => Some(measure.clone()),
            Sort::Truth => {
                self.error(syntax.range.clone(), "this is a condition where a quantity is needed")
                    .label("true or false, not a number")
                    .help("a condition needs no comparison: write `p` for `p == true`, and `not p` for `p == false`");
                None
            }
        }
    }

    pub(super) fn check(&mut self, syntax: &Syntax) -> Option<Checked> {
        let range = syntax.range.clone();
        let truth = |expression| {
            Some(Checked {
                expression,
                sort: Sort::Truth,
                range: range.clone(),
                literal: false,
            })
        };
        match &syntax.kind {
            SyntaxKind::Number(quantity) => {
                if let Some(unit) = &quantity.unit
                    && Unit::parse(&unit.text).is_none()
                    && self.names.tag(&unit.text).is_some()
                {
                    self.error(
                        unit.range.clone(),
                        format!("`{}` is read as the unit of the number", unit.text),
                    )
                    .help("an operator is missing between the number and the tag");
                    return None;
                }
                Some(literal(quantity))
            }
            SyntaxKind::Truth(value) => truth(Expression::Truth(*value)),
            SyntaxKind::Name(word) => {
                let tag = self.tag(word)?;
                Some(self.tag_value(tag, Expression::Tag(tag), range))
            }
            SyntaxKind::OfTag(function, word) => self.of_tag(*function, word, range),
            SyntaxKind::OverTime(function, word, time) => self.over_time(*function, word, *time, range),
            SyntaxKind::Once(inner, time) => {
                let inner = self.truth(inner)?;
                let slot = self.slot();
                truth(Expression::Once(inner.into(), *time, slot))
            }
            SyntaxKind::Held(inner, time) => {
                let inner = self.truth(inner)?;
                let slot = self.slot();
                truth(Expression::Held(inner.into(), *time, slot))
            }
            SyntaxKind::Since(first, second) => {
                let (first, second) = self.truths(first, second)?;
                let slot = self.slot();
                truth(Expression::Since(first, second, slot))
            }
            SyntaxKind::Rose(inner) => {
                let inner = self.truth(inner)?;
                let slot = self.slot();
                truth(Expression::Rose(inner.into(), slot))
            }
            SyntaxKind::Fell(inner) => {
                let inner = self.truth(inner)?;
                let slot = self.slot();
                truth(Expression::Fell(inner.into(), slot))
            }
            SyntaxKind::Count(event, time) => {
                let event = self.event(event)?;
                let slot = self.slot();
                Some(Checked {
                    expression: Expression::Count(event, *time, slot),
                    sort: Sort::Quantity(Measure::Any),
                    range,
                    literal: false,
                })
            }
            SyntaxKind::Mode(word) => {
                let name = self.named(word, &self.names.modes, "mode")?;
                truth(Expression::Mode(name))
            }
            SyntaxKind::Window(word) => {
                let name = self.named(word, &self.names.windows, "window")?;
                truth(Expression::Window(name))
            }
            SyntaxKind::Absolute(inner) => {
                let checked = self.check(inner)?;
                let measure = self.quantity_of(&checked, inner)?;
                Some(Checked {
                    expression: Expression::Absolute(checked.expression.into()),
                    sort: Sort::Quantity(measure),
                    range,
                    literal: false,
                })
            }
            SyntaxKind::Negative(inner) => {
                let checked = self.check(inner)?;
                let measure = self.quantity_of(&checked, inner)?;
                Some(Checked {
                    expression: Expression::Negative(checked.expression.into()),
                    sort: Sort::Quantity(measure),
                    range,
                    literal: false,
                })
            }
            SyntaxKind::Arithmetic(operator, left, right) => self.arithmetic(*operator, left, right, range),
            SyntaxKind::Compare(comparison, left, right) => {
                let (left, right) = self.sides(left, right)?;
                self.warn_when_constant(*comparison, &left, &right, syntax);
                truth(Expression::Compare(*comparison, left.into(), right.into()))
            }
            SyntaxKind::Within(inner, low, high) => {
                let checked = self.check(inner)?;
                let measure = self.quantity_of(&checked, inner)?;
                let subject = self.subject(inner);
                let low_value = self.bound(low, &measure, subject);
                let high_value = self.bound(high, &measure, subject);
                let (low_value, high_value) = (low_value?, high_value?);
                if low_value > high_value {
                    self.error(
                        low.range.start..high.range.end,
                        "the lower limit is above the upper one",
                    )
                    .help(format!("write `[{high_value}, {low_value}]`"));
                    return None;
                }
                truth(Expression::Within(
                    checked.expression.into(),
                    low_value,
                    high_value,
                ))
            }
            SyntaxKind::Not(inner) => {
                let inner = self.truth(inner)?;
                truth(Expression::Not(inner.into()))
            }
            SyntaxKind::And(left, right) => {
                let (left, right) = self.truths(left, right)?;
                truth(Expression::And(left, right))
            }
            SyntaxKind::Or(left, right) => {
                let (left, right) = self.truths(left, right)?;
                truth(Expression::Or(left, right))
            }
            SyntaxKind::Implies(left, right) => {
                let (left, right) = self.truths(left, right)?;
                truth(Expression::Implies(left, right))
            }
        }
    }

    /// Two conditions; both are looked at, so that faults in both are reported.
    fn truths(&mut self, left: &Syntax, right: &Syntax) -> Option<(Box<Expression>, Box<Expression>)> {
        let left = self.truth(left);
        let right = self.truth(right);
        Some((left?.into(), right?.into()))
    }

    fn of_tag(&mut self, function: TagFunction, word: &Word, range: Range<usize>) -> Option<Checked> {
        let tag = self.tag(word)?;
        let truth = |expression| {
            Some(Checked {
                expression,
                sort: Sort::Truth,
                range: range.clone(),
                literal: false,
            })
        };
        match function {
            TagFunction::Commanded => Some(self.tag_value(tag, Expression::Commanded(tag), range)),
            TagFunction::Observed => Some(self.tag_value(tag, Expression::Observed(tag), range)),
            TagFunction::Previous => Some(self.tag_value(tag, Expression::Previous(tag), range)),
            TagFunction::Age => Some(Checked {
                expression: Expression::Age(tag),
                sort: Sort::Quantity(Measure::Of(Named::seconds())),
                range,
                literal: false,
            }),
            TagFunction::Good => truth(Expression::Good(tag)),
            TagFunction::Forced => truth(Expression::Forced(tag)),
            TagFunction::Rate => {
                let slot = self.slot();
                let measure = match self.measure_of(tag) {
                    Measure::Of(named) => Measure::Of(named.per_second()),
                    other => other,
                };
                Some(Checked {
                    expression: Expression::Rate(tag, slot),
                    sort: Sort::Quantity(measure),
                    range,
                    literal: false,
                })
            }
        }
    }

    fn over_time(
        &mut self,
        function: SpanFunction,
        word: &Word,
        time: i64,
        range: Range<usize>,
    ) -> Option<Checked> {
        let tag = self.tag(word)?;
        let slot = self.slot();
        if function == SpanFunction::Changed {
            return Some(Checked {
                expression: Expression::Changed(tag, time, slot),
                sort: Sort::Truth,
                range,
                literal: false,
            });
        }
        let expression = match function {
            SpanFunction::Minimum => Expression::Minimum(tag, time, slot),
            SpanFunction::Maximum => Expression::Maximum(tag, time, slot),
            _ => Expression::Average(tag, time, slot),
        };
        Some(self.tag_value(tag, expression, range))
    }

    fn tag_value(&self, tag: TagId, expression: Expression, range: Range<usize>) -> Checked {
        Checked {
            expression,
            sort: Sort::Quantity(self.measure_of(tag)),
            range,
            literal: false,
        }
    }
}

pub(super) fn literal(quantity: &Quantity) -> Checked {
    Checked {
        expression: Expression::Number(quantity.value),
        sort: Sort::Quantity(
            quantity
                .unit
                .as_ref()
                .map_or(Measure::Any, |unit| Measure::Of(Named::new(&unit.text))),
        ),
        range: quantity.range.clone(),
        literal: true,
    }
}
