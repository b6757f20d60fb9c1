//! Functions of conditions and their arguments.

use super::super::{duration, suggest};
use super::lexer::Token;
use super::parser::{Parsed, Parser, fault};
use super::syntax::{SpanFunction, SyntaxError, SyntaxKind, TagFunction, Word};

const FUNCTIONS: [&str; 20] = [
    "cmd", "obs", "prev", "age", "good", "forced", "rate", "min", "max", "avg", "changed", "once", "held",
    "since", "rose", "fell", "count", "mode", "window", "abs",
];

impl Parser<'_> {
    pub(super) fn call(&mut self, function: &Word) -> Parsed {
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

    pub(super) fn over_time(&mut self, function: SpanFunction) -> Result<SyntaxKind, SyntaxError> {
        let tag = self.tag()?;
        Ok(SyntaxKind::OverTime(function, tag, self.comma_duration()?))
    }

    /// A name as the argument of a function.
    pub(super) fn tag(&mut self) -> Result<Word, SyntaxError> {
        match self.lexer.peek()? {
            (Token::Word(word), _) => {
                self.lexer.next()?;
                Ok(word)
            }
            _ => self.unexpected("a name"),
        }
    }

    pub(super) fn comma_duration(&mut self) -> Result<i64, SyntaxError> {
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
}
