//! Conditions and events in words.

use super::super::{Comparison, Event, EventKind, Expression, TagId, duration};
use super::Speaker;

impl Speaker<'_> {
    pub(super) fn event(&self, event: &Event) -> String {
        let what = match event.kind {
            EventKind::Write => "a write of",
            EventKind::Operate => "an operate of",
            EventKind::Select => "a select of",
            EventKind::Change => "a change of",
        };
        let value = event
            .value
            .as_ref()
            .map_or_else(String::new, |(comparison, values)| {
                let number = values.first().copied().unwrap_or(0.0);
                let value = self.value(number, event.tags.tags());
                let sign = match comparison {
                    Comparison::Equal => "to",
                    Comparison::NotEqual => "to anything but",
                    Comparison::Less => "to less than",
                    Comparison::LessOrEqual => "to at most",
                    Comparison::Greater => "to more than",
                    Comparison::GreaterOrEqual => "to at least",
                };
                format!(" {sign} {value}")
            });
        format!("{what} {}{value}", self.tags(&event.tags))
    }

    pub(super) fn condition(&self, expression: &Expression) -> String {
        match expression {
            Expression::Truth(true) => "always".to_owned(),
            Expression::Truth(false) => "never".to_owned(),
            Expression::Good(tag) => format!("{} has good quality", self.name(*tag)),
            Expression::Forced(tag) => format!("{} is forced", self.name(*tag)),
            Expression::Changed(tag, time, _) => {
                format!(
                    "{} changed in the last {}",
                    self.name(*tag),
                    duration::text(*time)
                )
            }
            Expression::Once(inner, time, _) => {
                format!(
                    "at some time in the last {} {}",
                    duration::text(*time),
                    self.part(inner)
                )
            }
            Expression::Held(inner, time, _) => {
                format!(
                    "for the last {} without a break {}",
                    duration::text(*time),
                    self.part(inner)
                )
            }
            Expression::Since(first, second, _) => {
                format!("{} ever since {}", self.part(first), self.part(second))
            }
            Expression::Rose(inner, _) => format!("it has just become true that {}", self.part(inner)),
            Expression::Fell(inner, _) => format!("it is no longer true that {}", self.part(inner)),
            Expression::Mode(name) => format!("the plant is in mode {}", name.name),
            Expression::Window(name) => format!("window {} is open", name.name),
            Expression::Compare(comparison, left, right) => {
                let subject = subject(left);
                let sign = match comparison {
                    Comparison::Less => "is below",
                    Comparison::LessOrEqual => "is at most",
                    Comparison::Equal => "is",
                    Comparison::NotEqual => "is not",
                    Comparison::Greater => "is above",
                    Comparison::GreaterOrEqual => "is at least",
                };
                let right = match (right.as_ref(), subject) {
                    (Expression::Number(number), Some(tag)) => self.value(*number, &[tag]),
                    _ => self.quantity(right),
                };
                format!("{} {sign} {right}", self.quantity(left))
            }
            Expression::Within(inner, low, high) => {
                let tags: Vec<TagId> = subject(inner).into_iter().collect();
                format!(
                    "{} is from {} to {}",
                    self.quantity(inner),
                    self.value(*low, &tags),
                    self.value(*high, &tags)
                )
            }
            Expression::Not(inner) => format!("not ({})", self.condition(inner)),
            Expression::And(left, right) => format!("{} and {}", self.part(left), self.part(right)),
            Expression::Or(left, right) => format!("{} or {}", self.part(left), self.part(right)),
            Expression::Implies(left, right) => {
                format!("if {} then {}", self.part(left), self.part(right))
            }
            quantity => self.quantity(quantity),
        }
    }

    /// A part of a condition, in brackets where words alone would be ambiguous.
    pub(super) fn part(&self, expression: &Expression) -> String {
        let text = self.condition(expression);
        match expression {
            Expression::Or(..) | Expression::And(..) | Expression::Implies(..) => format!("({text})"),
            _ => text,
        }
    }

    pub(super) fn quantity(&self, expression: &Expression) -> String {
        match expression {
            Expression::Tag(tag) => self.name(*tag),
            Expression::Observed(tag) => format!("the observed {}", self.name(*tag)),
            Expression::Commanded(tag) => format!("the last command of {}", self.name(*tag)),
            Expression::Previous(tag) => format!("{} before the write", self.name(*tag)),
            Expression::Age(tag) => format!("the age of {} in seconds", self.name(*tag)),
            Expression::Rate(tag, _) => format!("the change of {} in a second", self.name(*tag)),
            Expression::Minimum(tag, time, _) => self.over_time("lowest", *tag, *time),
            Expression::Maximum(tag, time, _) => self.over_time("highest", *tag, *time),
            Expression::Average(tag, time, _) => self.over_time("mean", *tag, *time),
            Expression::Count(event, time, _) => {
                format!(
                    "how often in {} there was {}",
                    duration::text(*time),
                    self.event(event)
                )
            }
            other => other.text(self.site),
        }
    }

    pub(super) fn over_time(&self, word: &str, tag: TagId, time: i64) -> String {
        format!(
            "the {word} {} of the last {}",
            self.name(tag),
            duration::text(time)
        )
    }
}

/// The tag whose unit and states a number on the other side has.
const fn subject(expression: &Expression) -> Option<TagId> {
    match expression {
        Expression::Tag(tag)
        | Expression::Observed(tag)
        | Expression::Commanded(tag)
        | Expression::Previous(tag)
        | Expression::Minimum(tag, ..)
        | Expression::Maximum(tag, ..)
        | Expression::Average(tag, ..) => Some(*tag),
        _ => None,
    }
}
