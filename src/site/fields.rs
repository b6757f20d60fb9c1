//! The keys of a table, each with its type: what is missing, unknown or of the wrong type is reported where it stands.

use super::diagnostic::{Draft, Problems};
use super::source::{Sources, Span};
use super::toml_reader::{Table, Value, ValueKind};
use super::{duration, suggest};

/// What the readers share: the texts, for positions inside them, and the list of problems.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub(super) sources: Sources,
    pub(super) problems: Problems,
}

/// One table that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    pub(super) table: &'a Table,
    /// Where the table's name stands.
    pub(super) span: Span,
    /// Known keys.
    known: &'a [&'static str],
}

impl<'a> Fields<'a> {
    /// Looks at a table; keys that are not known are reported.
    pub(super) fn new(
        table: &'a Table,
        span: Span,
        known: &'a [&'static str],
        what: &str,
        context: &mut Context,
    ) -> Self {
        for entry in &table.entries {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            let start = entry.key_span.start;
            let dotted = context
                .sources
                .text(entry.key_span.file)
                .get(..start)
                .is_some_and(|text| text.ends_with('.'));
            if dotted && matches!(entry.value.kind, ValueKind::Table(_)) {
                // `[tag.AIC201.SP]`: a table in a table where one name was meant.
                let outer = context.sources.slice(span).to_owned();
                context
                    .problems
                    .error(entry.key_span, format!("{what} has no key `{}`", entry.key))
                    .label("a table inside a table")
                    .help(format!(
                        "a name with a dot is quoted: `\"{outer}.{}\"`",
                        entry.key
                    ));
            } else {
                context
                    .problems
                    .error(entry.key_span, format!("{what} has no key `{}`", entry.key))
                    .label("unknown key")
                    .help(suggest::help(&entry.key, known));
            }
        }
        Self { table, span, known }
    }

    /// The same without looking for unknown keys.
    pub(super) const fn unchecked(table: &'a Table, span: Span, known: &'a [&'static str]) -> Self {
        Self { table, span, known }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &'static str) -> Option<&'a Value> {
        debug_assert!(
            self.known.contains(&key),
            "{key} is not in the list of known keys"
        );
        self.table.get(key)
    }

    /// The value of the first key that is there: a key and its other spellings.
    pub(super) fn any(&self, keys: &[&'static str]) -> Option<&'a Value> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// Reports that a key is missing.
    pub(super) fn missing<'c>(&self, key: &str, what: &str, context: &'c mut Context) -> &'c mut Draft {
        context
            .problems
            .error(self.span, format!("{what} has no `{key}`"))
            .label(format!("`{key}` is missing"))
    }

    pub(super) fn text(&self, key: &'static str, context: &mut Context) -> Option<&'a str> {
        self.get(key).and_then(|value| text(value, key, context))
    }

    /// A text, empty when there is none.
    pub(super) fn text_or_empty(&self, key: &'static str, context: &mut Context) -> String {
        self.text(key, context).unwrap_or_default().to_owned()
    }

    pub(super) fn number(&self, key: &'static str, context: &mut Context) -> Option<f64> {
        self.get(key).and_then(|value| number(value, key, context))
    }

    /// A number above zero.
    pub(super) fn positive(&self, keys: &[&'static str], context: &mut Context) -> Option<f64> {
        let key = keys.first().copied().unwrap_or("");
        let value = self.any(keys)?;
        let number = number(value, key, context)?;
        if number > 0.0 {
            return Some(number);
        }
        context
            .problems
            .error(value.span, format!("`{key}` must be above zero"))
            .help("give the largest allowed change as a positive number, or leave the key out");
        None
    }

    pub(super) fn truth(&self, key: &'static str, context: &mut Context) -> Option<bool> {
        let value = self.get(key)?;
        match value.kind {
            ValueKind::Truth(truth) => Some(truth),
            _ => {
                wrong_type(value, key, "`true` or `false`", context);
                None
            }
        }
    }

    /// A whole number in a range.
    pub(super) fn whole(
        &self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
        context: &mut Context,
    ) -> Option<i64> {
        let value = self.get(key)?;
        match value.kind {
            ValueKind::Integer(number) if range.contains(&number) => Some(number),
            ValueKind::Integer(number) => {
                context
                    .problems
                    .error(value.span, format!("`{key}` is {number}, out of range"))
                    .help(format!("allowed are {} to {}", range.start(), range.end()));
                None
            }
            _ => {
                wrong_type(value, key, "a whole number", context);
                None
            }
        }
    }

    pub(super) fn duration(&self, keys: &[&'static str], context: &mut Context) -> Option<i64> {
        let key = keys.first().copied().unwrap_or("");
        self.any(keys).and_then(|value| duration_of(value, key, context))
    }

    /// Two numbers, the lower first.
    pub(super) fn pair(&self, key: &'static str, context: &mut Context) -> Option<(f64, f64)> {
        let value = self.get(key)?;
        let (low, high) = pair_of(value, key, context)?;
        if low > high {
            context
                .problems
                .error(
                    value.span,
                    format!("`{key}` has its limits the wrong way round: {low} is above {high}"),
                )
                .help(if context.sources.is_sheet(value.span.file) {
                    format!("write `{high}..{low}`")
                } else {
                    format!("write `{key} = [{high}, {low}]`")
                });
            return None;
        }
        Some((low, high))
    }

    /// A list of texts, or one text.
    pub(super) fn texts(&self, key: &'static str, context: &mut Context) -> Option<Vec<(&'a str, Span)>> {
        self.get(key).map(|value| texts_of(value, key, context))
    }

    /// A table.
    pub(super) fn table(&self, key: &'static str, context: &mut Context) -> Option<&'a Table> {
        let value = self.get(key)?;
        match &value.kind {
            ValueKind::Table(table) => Some(table),
            _ => {
                wrong_type(value, key, "a table `{ ... }`", context);
                None
            }
        }
    }
}

/// Reports a value of the wrong type.
pub(super) fn wrong_type<'c>(
    value: &Value,
    key: &str,
    wanted: &str,
    context: &'c mut Context,
) -> &'c mut Draft {
    context
        .problems
        .error(
            value.span,
            format!("`{key}` must be {wanted}, this is {}", value.word()),
        )
        .label(format!("expected {wanted}"))
}

pub(super) fn text<'a>(value: &'a Value, key: &str, context: &mut Context) -> Option<&'a str> {
    let found = value.text();
    if found.is_none() {
        let raw = context.sources.slice(value.span).to_owned();
        let draft = wrong_type(value, key, "a text", context);
        if !raw.contains(['"', '\n', '\'']) {
            draft.help(format!("write `{key} = \"{raw}\"`"));
        }
    }
    found
}

pub(super) fn number(value: &Value, key: &str, context: &mut Context) -> Option<f64> {
    match value.number() {
        Some(number) if number.is_finite() => Some(number),
        Some(_) => {
            context
                .problems
                .error(value.span, format!("`{key}` is not a finite number"))
                .help("leave the key out when there is no limit");
            None
        }
        None => {
            let help = match value.text() {
                Some(text) if text.trim().parse::<f64>().is_ok() => {
                    format!("write the number without quotes: `{key} = {}`", text.trim())
                }
                _ => String::new(),
            };
            wrong_type(value, key, "a number", context).help(help);
            None
        }
    }
}

pub(super) fn duration_of(value: &Value, key: &str, context: &mut Context) -> Option<i64> {
    if let Some(text) = value.text() {
        let parsed = duration::parse(text);
        if parsed.is_none() {
            context
                .problems
                .error(value.span, format!("`{text}` is not a duration"))
                .help(duration::FORM);
        }
        return parsed;
    }
    let help = match value.number() {
        Some(number) => format!("a duration has a unit: write `{key} = \"{number}s\"` for seconds"),
        None => duration::FORM.to_owned(),
    };
    wrong_type(value, key, "a duration such as \"10s\"", context).help(help);
    None
}

pub(super) fn pair_of(value: &Value, key: &str, context: &mut Context) -> Option<(f64, f64)> {
    if let ValueKind::List(items) = &value.kind {
        if let [low, high] = items.as_slice() {
            let low = number(low, key, context);
            let high = number(high, key, context);
            return Some((low?, high?));
        }
        context
            .problems
            .error(
                value.span,
                format!("`{key}` must have two numbers, this list has {}", items.len()),
            )
            .help(format!("write `{key} = [low, high]`"));
        return None;
    }
    wrong_type(value, key, "a list of two numbers", context).help(format!("write `{key} = [low, high]`"));
    None
}

/// A list of texts, or one text; what is not a text is reported and left out.
pub(super) fn texts_of<'a>(value: &'a Value, key: &str, context: &mut Context) -> Vec<(&'a str, Span)> {
    match &value.kind {
        ValueKind::Text(text) => vec![(text.as_str(), value.span)],
        ValueKind::List(items) => items
            .iter()
            .filter_map(|item| {
                if item.text().is_none() {
                    context
                        .problems
                        .error(
                            item.span,
                            format!("`{key}` must list texts, this is {}", item.word()),
                        )
                        .label("expected a text");
                }
                item.text().map(|text| (text, item.span))
            })
            .collect(),
        _ => {
            wrong_type(value, key, "a text or a list of texts", context);
            Vec::new()
        }
    }
}

/// The place of a word among those that are known; another word is reported.
pub(super) fn choice<T: Copy>(
    word: &str,
    span: Span,
    key: &str,
    known: &[(&'static str, T)],
    context: &mut Context,
) -> Option<T> {
    let found = known.iter().find(|(name, _)| *name == word);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        context
            .problems
            .error(span, format!("`{word}` is not a known `{key}`"))
            .help(suggest::help(word, &names));
    }
    found.map(|(_, value)| *value)
}
