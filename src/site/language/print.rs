//! Expressions back to text. Reading the text again gives the same expression.

use std::fmt::Write as _;

use super::super::{Comparison, Event, EventKind, Expression, Operator, Site, TagId, TagSet, duration};

/// The sign of a comparison.
const fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

const fn operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Add => "+",
        Operator::Subtract => "-",
        Operator::Multiply => "*",
        Operator::Divide => "/",
    }
}

// How tightly each form binds, as in the grammar.
const IMPLIES: u8 = 0;
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const COMPARE: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const SIGNED: u8 = 7;
const ATOM: u8 = 8;

const fn binding(expression: &Expression) -> u8 {
    match expression {
        Expression::Implies(..) => IMPLIES,
        Expression::Or(..) => OR,
        Expression::And(..) => AND,
        Expression::Not(_) => NOT,
        Expression::Compare(..) | Expression::Within(..) => COMPARE,
        Expression::Arithmetic(Operator::Add | Operator::Subtract, ..) => SUM,
        Expression::Arithmetic(..) => PRODUCT,
        Expression::Negative(_) => SIGNED,
        _ => ATOM,
    }
}

impl Expression {
    /// The expression as an engineer would write it.
    #[must_use]
    pub fn text(&self, site: &Site) -> String {
        let mut printer = Printer {
            site,
            text: String::new(),
        };
        printer.expression(self, IMPLIES);
        printer.text
    }
}

impl Event {
    /// The event as an engineer would write it.
    #[must_use]
    pub fn text(&self, site: &Site) -> String {
        let mut printer = Printer {
            site,
            text: String::new(),
        };
        printer.event(self);
        printer.text
    }
}

struct Printer<'a> {
    site: &'a Site,
    text: String,
}

impl Printer<'_> {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn number(&mut self, number: f64) {
        let _ = write!(self.text, "{number}");
    }

    /// A part that must bind at least as tightly as `least`.
    fn expression(&mut self, expression: &Expression, least: u8) {
        let parentheses = binding(expression) < least;
        if parentheses {
            self.push("(");
        }
        self.bare(expression);
        if parentheses {
            self.push(")");
        }
    }

    fn two(&mut self, left: &Expression, least: u8, sign: &str, right: &Expression, right_least: u8) {
        self.expression(left, least);
        self.push(" ");
        self.push(sign);
        self.push(" ");
        self.expression(right, right_least);
    }

    fn bare(&mut self, expression: &Expression) {
        match expression {
            Expression::Number(number) => self.number(*number),
            Expression::Truth(truth) => self.push(if *truth { "true" } else { "false" }),
            Expression::Tag(tag) => self.tag(*tag),
            Expression::Commanded(tag) => self.of_tag("cmd", *tag, None),
            Expression::Observed(tag) => self.of_tag("obs", *tag, None),
            Expression::Previous(tag) => self.of_tag("prev", *tag, None),
            Expression::Age(tag) => self.of_tag("age", *tag, None),
            Expression::Good(tag) => self.of_tag("good", *tag, None),
            Expression::Forced(tag) => self.of_tag("forced", *tag, None),
            Expression::Rate(tag, _) => self.of_tag("rate", *tag, None),
            Expression::Minimum(tag, time, _) => self.of_tag("min", *tag, Some(*time)),
            Expression::Maximum(tag, time, _) => self.of_tag("max", *tag, Some(*time)),
            Expression::Average(tag, time, _) => self.of_tag("avg", *tag, Some(*time)),
            Expression::Changed(tag, time, _) => self.of_tag("changed", *tag, Some(*time)),
            Expression::Once(inner, time, _) => self.call("once", inner, Some(*time)),
            Expression::Held(inner, time, _) => self.call("held", inner, Some(*time)),
            Expression::Rose(inner, _) => self.call("rose", inner, None),
            Expression::Fell(inner, _) => self.call("fell", inner, None),
            Expression::Absolute(inner) => self.call("abs", inner, None),
            Expression::Since(first, second, _) => {
                self.push("since(");
                self.expression(first, IMPLIES);
                self.push(", ");
                self.expression(second, IMPLIES);
                self.push(")");
            }
            Expression::Count(event, time, _) => {
                self.push("count(");
                self.event(event);
                let _ = write!(self.text, ", {})", duration::text(*time));
            }
            Expression::Mode(name) => {
                let _ = write!(self.text, "mode({})", quoted(&name.name));
            }
            Expression::Window(name) => {
                let _ = write!(self.text, "window({})", quoted(&name.name));
            }
            Expression::Negative(inner) => {
                self.push("-");
                self.expression(inner, SIGNED);
            }
            Expression::Arithmetic(sign, left, right) => {
                let level = binding(expression);
                self.two(left, level, operator(*sign), right, level + 1);
            }
            Expression::Compare(sign, left, right) => self.compare(*sign, left, right),
            Expression::Within(inner, low, high) => {
                self.expression(inner, SUM);
                let _ = write!(self.text, " in [{low}, {high}]");
            }
            Expression::Not(inner) => {
                self.push("not ");
                self.expression(inner, NOT);
            }
            Expression::And(left, right) => self.two(left, AND, "and", right, NOT),
            Expression::Or(left, right) => self.two(left, OR, "or", right, AND),
            Expression::Implies(left, right) => self.two(left, OR, "->", right, OR),
        }
    }

    /// A comparison, with the name of a state where the number is one.
    fn compare(&mut self, sign: Comparison, left: &Expression, right: &Expression) {
        let state = |number: &Expression, other: &Expression| -> Option<String> {
            let Expression::Number(number) = number else {
                return None;
            };
            let name = self.site.tag(subject(other)?)?.state_name(*number)?;
            (is_bare(name)).then(|| name.to_owned())
        };
        match (state(left, right), state(right, left)) {
            (_, Some(name)) => {
                self.expression(left, SUM);
                let _ = write!(self.text, " {} {name}", comparison(sign));
            }
            (Some(name), None) => {
                let _ = write!(self.text, "{name} {} ", comparison(sign));
                self.expression(right, SUM);
            }
            (None, None) => self.two(left, SUM, comparison(sign), right, SUM),
        }
    }

    fn call(&mut self, function: &str, inner: &Expression, time: Option<i64>) {
        self.push(function);
        self.push("(");
        self.expression(inner, IMPLIES);
        self.close(time);
    }

    fn of_tag(&mut self, function: &str, tag: TagId, time: Option<i64>) {
        self.push(function);
        self.push("(");
        let name = quoted(self.site.tag_name(tag));
        self.push(&name);
        self.close(time);
    }

    fn close(&mut self, time: Option<i64>) {
        if let Some(time) = time {
            let _ = write!(self.text, ", {}", duration::text(time));
        }
        self.push(")");
    }

    /// A tag as a value: in quotes where it could be read as a state.
    fn tag(&mut self, tag: TagId) {
        let name = self.site.tag_name(tag);
        let ambiguous = self.site.tags.iter().any(|tag| tag.state_number(name).is_some());
        let text = if ambiguous { in_quotes(name) } else { quoted(name) };
        self.push(&text);
    }

    fn event(&mut self, event: &Event) {
        self.push(match event.kind {
            EventKind::Write => "write ",
            EventKind::Operate => "operate ",
            EventKind::Select => "select ",
            EventKind::Change => "change ",
        });
        match &event.tags {
            TagSet::Role(role, _) => {
                let _ = write!(self.text, "role {}", role.name());
            }
            TagSet::Tags(tags) => {
                let names: Vec<String> = tags.iter().map(|tag| target(self.site.tag_name(*tag))).collect();
                match names.as_slice() {
                    [only] => self.push(only),
                    several => {
                        let _ = write!(self.text, "[{}]", several.join(", "));
                    }
                }
            }
        }
        if let Some((sign, values)) = &event.value {
            let _ = write!(self.text, " {} ", comparison(*sign));
            match self.common_state(event.tags.tags(), values) {
                Some(name) => self.push(&name),
                None => self.number(values.first().copied().unwrap_or(0.0)),
            }
        }
    }

    /// The name of the state that has these numbers in all these tags.
    fn common_state(&self, tags: &[TagId], values: &[f64]) -> Option<String> {
        let first = self.site.tag(*tags.first()?)?;
        let number = values.first()?;
        first
            .named_states()
            .into_iter()
            .filter(|(name, known)| known == number && is_bare(name))
            .map(|(name, _)| name)
            .find(|name| {
                tags.iter().zip(values).all(|(tag, value)| {
                    self.site.tag(*tag).and_then(|tag| tag.state_number(name)) == Some(*value)
                })
            })
            .map(str::to_owned)
    }
}

/// The tag whose states a number may be one of.
pub(super) const fn subject(expression: &Expression) -> Option<TagId> {
    match expression {
        Expression::Tag(tag)
        | Expression::Commanded(tag)
        | Expression::Observed(tag)
        | Expression::Previous(tag)
        | Expression::Minimum(tag, ..)
        | Expression::Maximum(tag, ..)
        | Expression::Average(tag, ..) => Some(*tag),
        _ => None,
    }
}

/// Whether a name can stand without quotes.
fn is_bare(name: &str) -> bool {
    let starts = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let letters = name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    starts
        && letters
        && !name.ends_with('.')
        && !matches!(name, "and" | "or" | "not" | "in" | "true" | "false")
}

fn in_quotes(name: &str) -> String {
    let quote = if name.contains('\'') { '"' } else { '\'' };
    format!("{quote}{name}{quote}")
}

/// A name, in quotes where it needs them.
pub(in super::super) fn quoted(name: &str) -> String {
    if is_bare(name) {
        name.to_owned()
    } else {
        in_quotes(name)
    }
}

/// The name of a tag as it stands in a condition, in quotes where it needs them.
#[must_use]
pub fn tag_word(name: &str) -> String {
    quoted(name)
}

/// A name as the target of an event: `role` would be read as the word.
fn target(name: &str) -> String {
    if name == "role" {
        in_quotes(name)
    } else {
        quoted(name)
    }
}
