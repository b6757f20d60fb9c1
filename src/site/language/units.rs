//! Units of the two sides of a comparison or sum: they must be the same.

use std::ops::Range;

use super::super::unit::{Unit, readable, rounded};
use super::super::{Expression, Operator, TagId};
use super::check::{Checked, Checker, Sort, literal};
use super::measure::{Fit, Measure, Named};
use super::syntax::{Quantity, Syntax};

impl Checker<'_> {
    pub(super) fn arithmetic(
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

    /// The two sides of a comparison: state names become numbers, units must agree.
    pub(super) fn sides(&mut self, left: &Syntax, right: &Syntax) -> Option<(Expression, Expression)> {
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

    pub(super) fn measure_of(&self, tag: TagId) -> Measure {
        match self.site.tag(tag) {
            Some(known) if !known.unit.is_empty() => Measure::Of(Named::new(&known.unit)),
            _ => Measure::Unstated(tag),
        }
    }

    /// The second part of a sum or difference, and the measure of the result.
    pub(super) fn summand(
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

    pub(super) fn unit_is_missing(&mut self, tag: TagId, unit: &str, range: Range<usize>) {
        let name = self.site.tag_name(tag).to_owned();
        self.error(
            range,
            format!("the site does not say the unit of `{name}`, so `{unit}` cannot be checked"),
        )
        .help(format!("give `{name}` its `unit`, or leave `{unit}` out"));
    }

    /// A limit of `in [low, high]`.
    pub(super) fn bound(
        &mut self,
        quantity: &Quantity,
        measure: &Measure,
        subject: Option<TagId>,
    ) -> Option<f64> {
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
    pub(super) fn fit(
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
}
