//! Events of conditions, rules and tests.

use super::super::{EventKind, Role, suggest};
use super::lexer::Token;
use super::parser::{Parser, fault};
use super::syntax::{EventSyntax, EventTarget, EventValue, SyntaxError, TestSyntax, Word};

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

impl Parser<'_> {
    pub(super) fn event_kind(&mut self) -> Result<EventKind, SyntaxError> {
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

    pub(super) fn target(&mut self) -> Result<Word, SyntaxError> {
        match self.lexer.target() {
            Some(word) => Ok(word),
            None => self.unexpected("a name"),
        }
    }

    pub(super) fn event(&mut self) -> Result<EventSyntax, SyntaxError> {
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
    pub(super) fn event_of_list(
        &mut self,
        start: usize,
        kind: EventKind,
    ) -> Result<EventSyntax, SyntaxError> {
        let mut words = vec![self.target()?];
        while self.take(",")? {
            words.push(self.target()?);
        }
        self.expect("]")?;
        self.event_end(start, kind, EventTarget::Tags(words))
    }

    pub(super) fn event_end(
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

    pub(super) fn event_value(&mut self) -> Result<EventValue, SyntaxError> {
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
