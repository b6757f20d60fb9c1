//! Recursive descent over the grammar of site-and-rules 1.6.

use std::ops::Range;

use super::super::{Comparison, Operator};
use super::lexer::{Lexer, Token};
use super::syntax::{Quantity, Syntax, SyntaxError, SyntaxKind};
use super::{DEEPEST, LARGEST};

/// Reads a condition or quantity.
pub(in super::super) fn parse_expression(text: &str) -> Result<Syntax, SyntaxError> {
    let mut parser = Parser::new(text);
    let syntax = parser.implication()?;
    parser.end()?;
    Ok(syntax)
}

pub(super) struct Parser<'a> {
    pub(super) lexer: Lexer<'a>,
    depth: usize,
    nodes: usize,
}

pub(super) type Parsed = Result<Syntax, SyntaxError>;

pub(super) fn fault<T>(
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
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            lexer: Lexer::new(text),
            depth: 0,
            nodes: 0,
        }
    }

    pub(super) fn node(&mut self, range: Range<usize>, kind: SyntaxKind) -> Parsed {
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
    pub(super) fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
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
    pub(super) fn take(&mut self, sign: &'static str) -> Result<bool, SyntaxError> {
        let (token, _) = self.lexer.peek()?;
        if token == Token::Sign(sign) {
            self.lexer.next()?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Takes a word of the language when it is next.
    pub(super) fn take_word(&mut self, word: &str) -> Result<bool, SyntaxError> {
        if let (Token::Word(found), _) = self.lexer.peek()?
            && found.text == word
            && !found.quoted
        {
            self.lexer.next()?;
            return Ok(true);
        }
        Ok(false)
    }

    pub(super) fn expect(&mut self, sign: &'static str) -> Result<Range<usize>, SyntaxError> {
        let (token, range) = self.lexer.peek()?;
        if token == Token::Sign(sign) {
            self.lexer.next()?;
            return Ok(range);
        }
        self.unexpected(&format!("`{sign}`"))
    }

    /// The error that something else was expected here.
    pub(super) fn unexpected<T>(&self, expected: &str) -> Result<T, SyntaxError> {
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

    pub(super) fn end(&self) -> Result<(), SyntaxError> {
        let (token, range) = self.lexer.peek()?;
        if token == Token::End {
            return Ok(());
        }
        let found = self.lexer.text().get(range.clone()).unwrap_or("");
        fault(range, format!("`{found}` is not expected here"), hint(found))
    }

    pub(super) fn implication(&mut self) -> Parsed {
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

    pub(super) fn disjunction(&mut self) -> Parsed {
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

    pub(super) fn conjunction(&mut self) -> Parsed {
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

    pub(super) fn negation(&mut self) -> Parsed {
        let start = self.lexer.position();
        if !self.take_word("not")? {
            return self.comparison();
        }
        self.deeper(|parser| {
            let inner = parser.negation()?;
            parser.node(start..inner.range.end, SyntaxKind::Not(inner.into()))
        })
    }

    pub(super) fn comparison(&mut self) -> Parsed {
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

    pub(super) fn comparison_sign(&mut self) -> Result<Option<Comparison>, SyntaxError> {
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

    pub(super) fn sum(&mut self) -> Parsed {
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

    pub(super) fn product(&mut self) -> Parsed {
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

    pub(super) fn signed(&mut self) -> Parsed {
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

    pub(super) fn atom(&mut self) -> Parsed {
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

    pub(super) fn quantity(&mut self) -> Result<Quantity, SyntaxError> {
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

    pub(super) fn signed_quantity(&mut self) -> Result<Quantity, SyntaxError> {
        let start = self.lexer.position();
        let negative = self.take("-")?;
        let mut quantity = self.quantity()?;
        if negative {
            quantity.value = -quantity.value;
            quantity.range.start = start;
        }
        Ok(quantity)
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
