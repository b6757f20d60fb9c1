//! Names in conditions: tags, states, modes and windows.

use std::collections::HashMap;

use super::super::names::sorted;
use super::super::source::Span;
use super::super::{DataType, Expression, Name, TagId, suggest};
use super::check::{Checked, Checker, Sort};
use super::measure::Measure;
use super::syntax::{SpanFunction, Syntax, SyntaxKind, TagFunction, Word};

impl Checker<'_> {
    /// One side of a comparison; a bare word is a state of the tag on the other side when that has such a state.
    pub(super) fn side(&mut self, side: &Syntax, other: &Syntax) -> Option<Checked> {
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

    pub(super) fn named(
        &mut self,
        word: &Word,
        known: &HashMap<String, (u32, Span)>,
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
