//! Names are resolved, truths and quantities told apart, units compared, and every temporal operator gets its slot.

use std::ops::Range;

use super::super::diagnostic::{Draft, Problems};
use super::super::names::{Names, sorted};
use super::super::source::{Inside, Span};
use super::super::suggest;
use super::super::unit::{Unit, readable, rounded};
use super::super::{DataType, Expression, Name, Operator, Site, Slot, TagId};
use super::measure::{Fit, Measure, Named};
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
struct Checked {
    expression: Expression,
    sort: Sort,
    range: Range<usize>,
    /// A number as written.
    literal: bool,
}

enum Sort {
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
    fn quantity_of(&mut self, checked: &Checked, syntax: &Syntax) -> Option<Measure> {
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

    fn check(&mut self, syntax: &Syntax) -> Option<Checked> {
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

    fn measure_of(&self, tag: TagId) -> Measure {
        match self.site.tag(tag) {
            Some(known) if !known.unit.is_empty() => Measure::Of(Named::new(&known.unit)),
            _ => Measure::Unstated(tag),
        }
    }

    fn arithmetic(
        &mut self,
        operator: Operator,
        left: &Syntax,
        right: &Syntax,
        range: Range<usize>,
    ) -> Option<Checked> {
        let first = self.check(left);
        let second = self.check(right);
        let (first, second) = (first?, second?);
        let first_measure = self.quantity_of(&first, left);
        let second_measure = self.quantity_of(&second, right);
        let (first_measure, second_measure) = (first_measure?, second_measure?);
        let (left, right, measure) = match operator {
            Operator::Add | Operator::Subtract => {
                let (second_expression, measure) =
                    self.summand(operator, &first_measure, second, second_measure, left)?;
                (first.expression, second_expression, measure)
            }
            Operator::Multiply | Operator::Divide => {
                let measure = match (&first_measure, &second_measure) {
                    (Measure::Of(mine), Measure::Of(theirs)) => mine
                        .combined(theirs, operator == Operator::Divide)
                        .map_or(Measure::Any, Measure::Of),
                    _ => Measure::Any,
                };
                (first.expression, second.expression, measure)
            }
        };
        Some(Checked {
            expression: Expression::Arithmetic(operator, left.into(), right.into()),
            sort: Sort::Quantity(measure),
            range,
            literal: false,
        })
    }

    /// The second part of a sum or difference, and the measure of the result.
    fn summand(
        &mut self,
        operator: Operator,
        first: &Measure,
        second: Checked,
        second_measure: Measure,
        left: &Syntax,
    ) -> Option<(Expression, Measure)> {
        let (Measure::Of(mine), Measure::Of(theirs)) = (first, &second_measure) else {
            let measure = match (first, second_measure) {
                (Measure::Of(named), _) => Measure::Of(named.clone()),
                (_, other @ Measure::Of(_)) => other,
                (known @ Measure::Unstated(_), _) => known.clone(),
                (_, other) => other,
            };
            return Some((second.expression, measure));
        };
        // A number that is added to a temperature is a difference: `T + 5 degC`.
        let theirs = if second.literal {
            Named {
                difference: true,
                ..theirs.clone()
            }
        } else {
            theirs.clone()
        };
        let target = if second.literal {
            Named {
                difference: true,
                ..mine.clone()
            }
        } else {
            mine.clone()
        };
        let subject = self.subject(left);
        let both_values = !theirs.difference && !mine.difference;
        let difference = mine.difference || operator == Operator::Subtract && both_values;
        let expression = self.fit(&second, &theirs, &target, subject)?;
        Some((
            expression,
            Measure::Of(Named {
                difference,
                ..mine.clone()
            }),
        ))
    }

    /// The two sides of a comparison: state names become numbers, units must agree.
    fn sides(&mut self, left: &Syntax, right: &Syntax) -> Option<(Expression, Expression)> {
        let first = self.side(left, right);
        let second = self.side(right, left);
        let (first, second) = (first?, second?);
        let first_measure = self.quantity_of(&first, left);
        let second_measure = self.quantity_of(&second, right);
        match (first_measure?, second_measure?) {
            (Measure::Of(mine), Measure::Of(theirs)) if first.literal && !second.literal => {
                let subject = self.subject(right);
                let expression = self.fit(&first, &mine, &theirs, subject)?;
                Some((expression, second.expression))
            }
            (Measure::Of(mine), Measure::Of(theirs)) => {
                let subject = self.subject(left);
                let expression = self.fit(&second, &theirs, &mine, subject)?;
                Some((first.expression, expression))
            }
            (Measure::Unstated(tag), Measure::Of(named)) if second.literal => {
                self.unit_is_missing(tag, &named.text, second.range);
                None
            }
            (Measure::Of(named), Measure::Unstated(tag)) if first.literal => {
                self.unit_is_missing(tag, &named.text, first.range);
                None
            }
            _ => Some((first.expression, second.expression)),
        }
    }

    /// One side of a comparison; a bare word is a state of the tag on the other side when that has such a state.
    fn side(&mut self, side: &Syntax, other: &Syntax) -> Option<Checked> {
        let SyntaxKind::Name(word) = &side.kind else {
            return self.check(side);
        };
        let Some(subject) = self.subject(other).filter(|_| !word.quoted) else {
            return self.check(side);
        };
        let number = self
            .site
            .tag(subject)
            .and_then(|tag| tag.state_number(&word.text));
        match number {
            Some(number) => Some(Checked {
                expression: Expression::Number(number),
                sort: Sort::Quantity(Measure::Any),
                range: side.range.clone(),
                literal: true,
            }),
            None if self.names.tag(&word.text).is_some() => self.check(side),
            None => {
                self.unknown_state(subject, word);
                None
            }
        }
    }

    /// Reports a word that is neither a state of the tag nor a tag.
    pub(super) fn unknown_state(&mut self, subject: TagId, word: &Word) {
        let Some(tag) = self.site.tag(subject) else {
            return;
        };
        let states: Vec<String> = tag
            .named_states()
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        let name = tag.name.clone();
        let span = self.names.tags.get(&name).map(|(_, span)| *span);
        let other_tag = suggest::nearest(&word.text, sorted(&self.names.tags)).map(str::to_owned);
        let draft = if states.is_empty() {
            let draft = self.error(
                word.range.clone(),
                format!(
                    "`{}` is neither a tag nor a state of `{name}`, which names no states",
                    word.text
                ),
            );
            match other_tag {
                Some(meant) => draft.help(format!("did you mean the tag `{meant}`?")),
                None => draft.help(format!(
                    "compare with a number, or give `{name}` names: `states = {{ 0 = \"...\", 1 = \"{}\" }}`",
                    word.text
                )),
            }
        } else {
            let known: Vec<&str> = states.iter().map(String::as_str).collect();
            let help = suggest::help(&word.text, &known);
            self.error(
                word.range.clone(),
                format!("`{}` is not a state of `{name}`", word.text),
            )
            .help(help)
        };
        if let Some(span) = span {
            draft.related(span, "declared here");
        }
    }

    fn unit_is_missing(&mut self, tag: TagId, unit: &str, range: Range<usize>) {
        let name = self.site.tag_name(tag).to_owned();
        self.error(
            range,
            format!("the site does not say the unit of `{name}`, so `{unit}` cannot be checked"),
        )
        .help(format!("give `{name}` its `unit`, or leave `{unit}` out"));
    }

    /// A limit of `in [low, high]`.
    fn bound(&mut self, quantity: &Quantity, measure: &Measure, subject: Option<TagId>) -> Option<f64> {
        let checked = literal(quantity);
        let Sort::Quantity(Measure::Of(mine)) = &checked.sort else {
            return Some(quantity.value);
        };
        match measure {
            Measure::Of(wanted) => match self.fit(&checked, &mine.clone(), wanted, subject)? {
                Expression::Number(number) => Some(number),
                _ => Some(quantity.value),
            },
            Measure::Unstated(tag) => {
                self.unit_is_missing(*tag, &mine.text, quantity.range.clone());
                None
            }
            Measure::Any => Some(quantity.value),
        }
    }

    /// The part in the wanted unit. Another unit of the same quantity is refused too, with the number that is meant: a reader
    /// of the rule must not have to convert in his head.
    fn fit(
        &mut self,
        part: &Checked,
        from: &Named,
        to: &Named,
        subject: Option<TagId>,
    ) -> Option<Expression> {
        let fit = from.fit(to);
        if fit == Fit::Same {
            return Some(part.expression.clone());
        }
        // Times are written as durations everywhere: `age(TAG) < 5m` means minutes.
        if to.unit.is_some_and(Unit::is_time)
            && let Expression::Number(number) = part.expression
            && part.literal
        {
            let minutes = from.text == "m";
            if let Fit::Convert(factor, offset) = fit {
                return Some(Expression::Number(rounded(number.mul_add(factor, offset))));
            }
            if minutes && *to == Named::seconds() {
                return Some(Expression::Number(number * 60.0));
            }
        }
        let what = subject.map_or_else(
            || "this".to_owned(),
            |tag| format!("`{}`", self.site.tag_name(tag)),
        );
        let help = match (fit, &part.expression) {
            (Fit::Convert(factor, offset), Expression::Number(number)) => {
                format!("write `{} {}`", readable(number.mul_add(factor, offset)), to.text)
            }
            (Fit::Convert(factor, _), _) if !to.unit.is_some_and(Unit::has_offset) => {
                format!("multiply it by {} to get {}", readable(factor), to.text)
            }
            (Fit::Convert(..), _) => format!("bring both to {}", to.text),
            _ if from.unit.is_none() => {
                format!(
                    "`{}` is not a unit that is known; it compares with itself only",
                    from.text
                )
            }
            _ if to.unit.is_none() => {
                format!(
                    "`{}` is not a unit that is known; it compares with itself only",
                    to.text
                )
            }
            _ => "compare it with something of the same kind, or check the `unit` of the tag".to_owned(),
        };
        let span = subject
            .and_then(|tag| self.names.tags.get(self.site.tag_name(tag)))
            .map(|(_, span)| *span);
        let draft = self
            .error(
                part.range.clone(),
                format!("{what} is in {}, this is in {}", to.text, from.text),
            )
            .label(format!("in {}", from.text))
            .help(help);
        if let Some(span) = span {
            draft.related(span, format!("in {}", to.text));
        }
        None
    }

    /// The tag that a side of a comparison is about, when it is about one.
    pub(super) fn subject(&self, syntax: &Syntax) -> Option<TagId> {
        let word = match &syntax.kind {
            SyntaxKind::Name(word)
            | SyntaxKind::OfTag(
                TagFunction::Commanded | TagFunction::Observed | TagFunction::Previous,
                word,
            )
            | SyntaxKind::OverTime(
                SpanFunction::Minimum | SpanFunction::Maximum | SpanFunction::Average,
                word,
                _,
            ) => word,
            _ => return None,
        };
        self.names.tag(&word.text)
    }

    /// The tag of a name; an unknown one is reported.
    pub(super) fn tag(&mut self, word: &Word) -> Option<TagId> {
        if let Some(tag) = self.names.tag(&word.text) {
            if self
                .site
                .tag(tag)
                .is_some_and(|tag| tag.data_type == DataType::Str)
            {
                self.error(
                    word.range.clone(),
                    format!("`{}` is a text; conditions compare numbers", word.text),
                );
                return None;
            }
            return Some(tag);
        }
        let known = sorted(&self.names.tags);
        // `LIT-101` without quotes is read as a subtraction.
        let dashed = known.iter().find(|name| {
            name.strip_prefix(word.text.as_str())
                .is_some_and(|rest| rest.starts_with(['-', ' ', '/']))
        });
        let help = match (suggest::nearest(&word.text, known.iter().copied()), dashed) {
            (_, Some(name)) if !word.quoted => {
                format!(
                    "a tag name with other characters than letters, digits, `_` and `.` is quoted: `'{name}'`"
                )
            }
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            _ => "declare it in plant.toml: `[tag.\"...\"]` with `at`".to_owned(),
        };
        self.error(word.range.clone(), format!("there is no tag `{}`", word.text))
            .label("not in the site")
            .help(help);
        None
    }

    fn named(
        &mut self,
        word: &Word,
        known: &std::collections::HashMap<String, (u32, Span)>,
        what: &str,
    ) -> Option<Name> {
        if let Some((index, _)) = known.get(&word.text) {
            return Some(Name {
                name: word.text.clone(),
                index: *index,
            });
        }
        let names = sorted(known);
        let help = if names.is_empty() {
            format!("declare it in plant.toml: `[{what}.{}]`", word.text)
        } else {
            suggest::help(&word.text, &names)
        };
        self.error(word.range.clone(), format!("there is no {what} `{}`", word.text))
            .help(help);
        None
    }
}

fn literal(quantity: &Quantity) -> Checked {
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
