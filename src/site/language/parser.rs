//! Recursive descent over the grammar of site-and-rules 1.6.

use std::ops::Range;

use super::super::{Comparison, EventKind, Operator, Role, duration, suggest};
use super::lexer::{Lexer, Token};
use super::syntax::{
    EventSyntax, EventTarget, EventValue, Quantity, SpanFunction, Syntax, SyntaxError, SyntaxKind,
    TagFunction, TestSyntax, Word,
};
use super::{DEEPEST, LARGEST};

/// Reads a condition or quantity.
pub(in super::super) fn parse_expression(text: &str) -> Result<Syntax, SyntaxError> {
    let mut parser = Parser::new(text);
    let syntax = parser.implication()?;
    parser.end()?;
    Ok(syntax)
}

/// Reads an event such as `write P201.CMD == 1`.
pub(in super::super) fn parse_event(text: &str) -> Result<EventSyntax, SyntaxError> {
    let mut parser = Parser::new(text);
    let event = parser.event()?;
    parser.end()?;
    Ok(event)
}

/// Reads the event of a test such as `write AIC201.SP = 11100 by hmi1`.
pub(in super::super) fn parse_test_action(text: &str) -> Result<TestSyntax, SyntaxError> {
    let mut parser = Parser::new(text);
    let kind = parser.event_kind()?;
    let tag = parser.target()?;
    if !parser.take("=")? && !parser.take("==")? {
        return parser.unexpected("`=` and the value");
    }
    let value = parser.event_value()?;
    let by = if parser.take_word("by")? {
        Some(parser.target()?)
    } else {
        None
    };
    parser.end()?;
    Ok(TestSyntax { kind, tag, value, by })
}

const FUNCTIONS: [&str; 20] = [
    "cmd", "obs", "prev", "age", "good", "forced", "rate", "min", "max", "avg", "changed", "once", "held",
    "since", "rose", "fell", "count", "mode", "window", "abs",
];

struct Parser<'a> {
    lexer: Lexer<'a>,
    depth: usize,
    nodes: usize,
}

type Parsed = Result<Syntax, SyntaxError>;

fn fault<T>(
    range: Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, SyntaxError> {
    Err(SyntaxError {
        range,
        message: message.into(),
        help: help.into(),
    })
}

impl<'a> Parser<'a> {
    const fn new(text: &'a str) -> Self {
        Self {
            lexer: Lexer::new(text),
            depth: 0,
            nodes: 0,
        }
    }

    fn node(&mut self, range: Range<usize>, kind: SyntaxKind) -> Parsed {
        self.nodes += 1;
        if self.nodes > LARGEST {
            return fault(
                range,
                format!("the condition has more than {LARGEST} parts"),
                "split it into several rules, or name a part of it with `[mode.X]`",
            );
        }
        Ok(Syntax { range, kind })
    }

    /// Goes one level deeper for as long as `inner` runs.
    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth >= DEEPEST {
            let at = self.lexer.position();
            return fault(
                at..at,
                format!("the condition is nested more than {DEEPEST} levels deep"),
                "split it into several rules, or name a part of it with `[mode.X]`",
            );
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Takes a sign when it is next.
    fn take(&mut self, sign: &'static str) -> Result<bool, SyntaxError> {
        let (token, _) = self.lexer.peek()?;
        if token == Token::Sign(sign) {
            self.lexer.next()?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Takes a word of the language when it is next.
    fn take_word(&mut self, word: &str) -> Result<bool, SyntaxError> {
        if let (Token::Word(found), _) = self.lexer.peek()?
            && found.text == word
            && !found.quoted
        {
            self.lexer.next()?;
            return Ok(true);
        }
        Ok(false)
    }

    fn expect(&mut self, sign: &'static str) -> Result<Range<usize>, SyntaxError> {
        let (token, range) = self.lexer.peek()?;
        if token == Token::Sign(sign) {
            self.lexer.next()?;
            return Ok(range);
        }
        self.unexpected(&format!("`{sign}`"))
    }

    /// The error that something else was expected here.
    fn unexpected<T>(&self, expected: &str) -> Result<T, SyntaxError> {
        let (token, range) = self.lexer.peek()?;
        let found = self.lexer.text().get(range.clone()).unwrap_or("");
        if token == Token::End {
            return fault(range, format!("the text ends where {expected} should be"), "");
        }
        fault(
            range,
            format!("expected {expected}, found `{found}`"),
            hint(found),
        )
    }

    fn end(&self) -> Result<(), SyntaxError> {
        let (token, range) = self.lexer.peek()?;
        if token == Token::End {
            return Ok(());
        }
        let found = self.lexer.text().get(range.clone()).unwrap_or("");
        fault(range, format!("`{found}` is not expected here"), hint(found))
    }

    fn implication(&mut self) -> Parsed {
        self.deeper(|parser| {
            let left = parser.disjunction()?;
            if !parser.take("->")? {
                return Ok(left);
            }
            let right = parser.disjunction()?;
            parser.node(
                left.range.start..right.range.end,
                SyntaxKind::Implies(left.into(), right.into()),
            )
        })
    }

    fn disjunction(&mut self) -> Parsed {
        let mut left = self.conjunction()?;
        while self.take_word("or")? {
            let right = self.conjunction()?;
            left = self.node(
                left.range.start..right.range.end,
                SyntaxKind::Or(left.into(), right.into()),
            )?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed {
        let mut left = self.negation()?;
        while self.take_word("and")? {
            let right = self.negation()?;
            left = self.node(
                left.range.start..right.range.end,
                SyntaxKind::And(left.into(), right.into()),
            )?;
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed {
        let start = self.lexer.position();
        if !self.take_word("not")? {
            return self.comparison();
        }
        self.deeper(|parser| {
            let inner = parser.negation()?;
            parser.node(start..inner.range.end, SyntaxKind::Not(inner.into()))
        })
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        if let Some(comparison) = self.comparison_sign()? {
            let right = self.sum()?;
            let whole = left.range.start..right.range.end;
            if self.comparison_sign()?.is_some() {
                return fault(
                    whole,
                    "comparisons cannot be chained",
                    "write `x in [low, high]`, or two comparisons joined by `and`",
                );
            }
            return self.node(whole, SyntaxKind::Compare(comparison, left.into(), right.into()));
        }
        if self.take_word("in")? {
            self.expect("[")?;
            let low = self.signed_quantity()?;
            self.expect(",")?;
            let high = self.signed_quantity()?;
            let end = self.expect("]")?;
            return self.node(
                left.range.start..end.end,
                SyntaxKind::Within(left.into(), low, high),
            );
        }
        Ok(left)
    }

    fn comparison_sign(&mut self) -> Result<Option<Comparison>, SyntaxError> {
        let (token, range) = self.lexer.peek()?;
        let comparison = match token {
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign("==") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            Token::Sign("=") => return fault(range, "`=` is not a comparison", "write `==`"),
            _ => return Ok(None),
        };
        self.lexer.next()?;
        Ok(Some(comparison))
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        loop {
            let operator = if self.take("+")? {
                Operator::Add
            } else if self.take("-")? {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            let right = self.product()?;
            left = self.node(
                left.range.start..right.range.end,
                SyntaxKind::Arithmetic(operator, left.into(), right.into()),
            )?;
        }
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.signed()?;
        loop {
            let operator = if self.take("*")? {
                Operator::Multiply
            } else if self.take("/")? {
                Operator::Divide
            } else {
                return Ok(left);
            };
            let right = self.signed()?;
            left = self.node(
                left.range.start..right.range.end,
                SyntaxKind::Arithmetic(operator, left.into(), right.into()),
            )?;
        }
    }

    fn signed(&mut self) -> Parsed {
        let start = self.lexer.position();
        if !self.take("-")? {
            return self.atom();
        }
        self.deeper(|parser| {
            let inner = parser.signed()?;
            let range = start..inner.range.end;
            // A minus before a number is part of the number.
            if let SyntaxKind::Number(quantity) = inner.kind {
                let value = -quantity.value;
                return Ok(Syntax {
                    range: range.clone(),
                    kind: SyntaxKind::Number(Quantity {
                        value,
                        range,
                        ..quantity
                    }),
                });
            }
            parser.node(range, SyntaxKind::Negative(inner.into()))
        })
    }

    fn atom(&mut self) -> Parsed {
        let (token, range) = self.lexer.peek()?;
        match token {
            Token::Number(_) => {
                let quantity = self.quantity()?;
                self.node(quantity.range.clone(), SyntaxKind::Number(quantity))
            }
            Token::Sign("(") => {
                self.lexer.next()?;
                let inner = self.implication()?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Word(word) => {
                if !word.quoted && is_reserved(&word.text) {
                    return self.unexpected("a tag, a number or a condition");
                }
                self.lexer.next()?;
                if !word.quoted && self.take("(")? {
                    return self.deeper(|parser| parser.call(&word));
                }
                match word.text.as_str() {
                    "true" | "false" if !word.quoted => {
                        self.node(range, SyntaxKind::Truth(word.text == "true"))
                    }
                    _ => self.node(range, SyntaxKind::Name(word)),
                }
            }
            Token::Sign(".") => fault(range, "a number begins with a digit", "write `0.5`, not `.5`"),
            Token::Sign(_) | Token::End => self.unexpected("a tag, a number or a condition"),
        }
    }

    fn call(&mut self, function: &Word) -> Parsed {
        let kind = match function.text.as_str() {
            "cmd" => SyntaxKind::OfTag(TagFunction::Commanded, self.tag()?),
            "obs" => SyntaxKind::OfTag(TagFunction::Observed, self.tag()?),
            "prev" => SyntaxKind::OfTag(TagFunction::Previous, self.tag()?),
            "age" => SyntaxKind::OfTag(TagFunction::Age, self.tag()?),
            "good" => SyntaxKind::OfTag(TagFunction::Good, self.tag()?),
            "forced" => SyntaxKind::OfTag(TagFunction::Forced, self.tag()?),
            "rate" => SyntaxKind::OfTag(TagFunction::Rate, self.tag()?),
            "min" => self.over_time(SpanFunction::Minimum)?,
            "max" => self.over_time(SpanFunction::Maximum)?,
            "avg" => self.over_time(SpanFunction::Average)?,
            "changed" => self.over_time(SpanFunction::Changed)?,
            "once" => {
                let inner = self.implication()?;
                SyntaxKind::Once(inner.into(), self.comma_duration()?)
            }
            "held" => {
                let inner = self.implication()?;
                SyntaxKind::Held(inner.into(), self.comma_duration()?)
            }
            "since" => {
                let first = self.implication()?;
                self.expect(",")?;
                SyntaxKind::Since(first.into(), self.implication()?.into())
            }
            "rose" => SyntaxKind::Rose(self.implication()?.into()),
            "fell" => SyntaxKind::Fell(self.implication()?.into()),
            "count" => {
                let event = self.event()?;
                SyntaxKind::Count(event, self.comma_duration()?)
            }
            "mode" => SyntaxKind::Mode(self.tag()?),
            "window" => SyntaxKind::Window(self.tag()?),
            "abs" => SyntaxKind::Absolute(self.implication()?.into()),
            unknown => {
                return fault(
                    function.range.clone(),
                    format!("there is no function `{unknown}`"),
                    suggest::help(unknown, &FUNCTIONS),
                );
            }
        };
        let end = self.expect(")")?;
        self.node(function.range.start..end.end, kind)
    }

    fn over_time(&mut self, function: SpanFunction) -> Result<SyntaxKind, SyntaxError> {
        let tag = self.tag()?;
        Ok(SyntaxKind::OverTime(function, tag, self.comma_duration()?))
    }

    /// A name as the argument of a function.
    fn tag(&mut self) -> Result<Word, SyntaxError> {
        match self.lexer.peek()? {
            (Token::Word(word), _) => {
                self.lexer.next()?;
                Ok(word)
            }
            _ => self.unexpected("a name"),
        }
    }

    fn comma_duration(&mut self) -> Result<i64, SyntaxError> {
        if let (Token::Sign(")"), range) = self.lexer.peek()? {
            return fault(
                range,
                "a duration is missing",
                "say for how long: `held(p, 10s)`, `max(TAG, 5m)`",
            );
        }
        self.expect(",")?;
        let start = self.lexer.position();
        let (Token::Number(number), range) = self.lexer.peek()? else {
            let at = self.lexer.peek()?.1;
            return fault(at, "a duration is missing", duration::FORM);
        };
        self.lexer.next()?;
        let unit = self.lexer.unit();
        let end = unit.as_ref().map_or(range.end, |unit| unit.range.end);
        match unit.and_then(|unit| duration::from_parts(number, &unit.text)) {
            Some(nanoseconds) => Ok(nanoseconds),
            None => {
                let text = self.lexer.text().get(start..end).unwrap_or("");
                fault(start..end, format!("`{text}` is not a duration"), duration::FORM)
            }
        }
    }

    fn quantity(&mut self) -> Result<Quantity, SyntaxError> {
        let (Token::Number(value), range) = self.lexer.peek()? else {
            return self.unexpected("a number");
        };
        self.lexer.next()?;
        let unit = self.lexer.unit();
        let end = unit.as_ref().map_or(range.end, |unit| unit.range.end);
        Ok(Quantity {
            value,
            unit,
            range: range.start..end,
        })
    }

    fn signed_quantity(&mut self) -> Result<Quantity, SyntaxError> {
        let start = self.lexer.position();
        let negative = self.take("-")?;
        let mut quantity = self.quantity()?;
        if negative {
            quantity.value = -quantity.value;
            quantity.range.start = start;
        }
        Ok(quantity)
    }

    fn event_kind(&mut self) -> Result<EventKind, SyntaxError> {
        const KINDS: [(&str, EventKind); 4] = [
            ("write", EventKind::Write),
            ("operate", EventKind::Operate),
            ("select", EventKind::Select),
            ("change", EventKind::Change),
        ];
        let (token, range) = self.lexer.peek()?;
        let Token::Word(word) = token else {
            return self.unexpected("an event such as `write TAG == 1`");
        };
        match KINDS.into_iter().find(|(name, _)| *name == word.text) {
            Some((_, kind)) => {
                self.lexer.next()?;
                Ok(kind)
            }
            None => fault(
                range,
                format!("`{}` is not a kind of event", word.text),
                "events are `write`, `operate`, `select` or `change`, then a tag, as in `write P201.CMD == 1`",
            ),
        }
    }

    fn target(&mut self) -> Result<Word, SyntaxError> {
        match self.lexer.target() {
            Some(word) => Ok(word),
            None => self.unexpected("a name"),
        }
    }

    fn event(&mut self) -> Result<EventSyntax, SyntaxError> {
        let start = self.lexer.position();
        let kind = self.event_kind()?;
        let word = if self.take("[")? {
            return self.event_of_list(start, kind);
        } else {
            self.target()?
        };
        let target = if word.text == "role" && !word.quoted {
            let role = self.target()?;
            match Role::ALL.into_iter().find(|known| known.name() == role.text) {
                Some(known) => EventTarget::Role(known, role.range),
                None => {
                    let known: Vec<&str> = Role::ALL.into_iter().map(Role::name).collect();
                    return fault(
                        role.range,
                        format!("there is no role `{}`", role.text),
                        suggest::help(&role.text, &known),
                    );
                }
            }
        } else {
            EventTarget::Tags(vec![word])
        };
        self.event_end(start, kind, target)
    }

    /// `write [A, B] == 1`.
    fn event_of_list(&mut self, start: usize, kind: EventKind) -> Result<EventSyntax, SyntaxError> {
        let mut words = vec![self.target()?];
        while self.take(",")? {
            words.push(self.target()?);
        }
        self.expect("]")?;
        self.event_end(start, kind, EventTarget::Tags(words))
    }

    fn event_end(
        &mut self,
        start: usize,
        kind: EventKind,
        target: EventTarget,
    ) -> Result<EventSyntax, SyntaxError> {
        let value = match self.comparison_sign()? {
            Some(comparison) => Some((comparison, self.event_value()?)),
            None => None,
        };
        let consumed = self.lexer.position();
        let end = self
            .lexer
            .text()
            .get(..consumed)
            .map_or(start, |text| text.trim_end().len());
        Ok(EventSyntax {
            kind,
            target,
            value,
            range: start..end.max(start),
        })
    }

    fn event_value(&mut self) -> Result<EventValue, SyntaxError> {
        match self.lexer.peek()? {
            (Token::Word(word), _) => {
                self.lexer.next()?;
                Ok(EventValue::State(word))
            }
            (Token::Number(_) | Token::Sign("-"), _) => Ok(EventValue::Number(self.signed_quantity()?)),
            _ => self.unexpected("a number or the name of a state"),
        }
    }
}

fn is_reserved(word: &str) -> bool {
    matches!(word, "and" | "or" | "not" | "in")
}

/// What may be meant by a text that does not belong where it is.
fn hint(found: &str) -> String {
    match found {
        "AND" | "OR" | "NOT" | "IN" => format!("write `{}` in lower case", found.to_lowercase()),
        "=" => "write `==`".to_owned(),
        "xor" | "XOR" => "write `a != b` for two numbers, or `(a or b) and not (a and b)`".to_owned(),
        "-" => "a tag name with a `-` in it is quoted: `'LIT-101'`".to_owned(),
        _ => String::new(),
    }
}
