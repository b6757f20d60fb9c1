//! TOML as a tree in which every key and value knows its place.

use toml::de::{DeTable, DeValue};

use super::diagnostic::Problems;
use super::source::{Sources, Span};

/// A value and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) span: Span,
    pub(super) kind: ValueKind,
}

/// What is written there.
#[derive(Clone, Debug)]
pub(super) enum ValueKind {
    Text(String),
    Integer(i64),
    Float(f64),
    Truth(bool),
    /// A date or time, as text.
    Date(String),
    List(Vec<Value>),
    Table(Table),
}

impl Value {
    /// What it is, for people.
    pub(super) const fn word(&self) -> &'static str {
        match self.kind {
            ValueKind::Text(_) => "a text",
            ValueKind::Integer(_) => "a whole number",
            ValueKind::Float(_) => "a number",
            ValueKind::Truth(_) => "true or false",
            ValueKind::Date(_) => "a date or time",
            ValueKind::List(_) => "a list",
            ValueKind::Table(_) => "a table",
        }
    }

    /// The number, when it is one.
    #[allow(clippy::cast_precision_loss)] // no value of a plant needs more than 53 bits
    pub(super) const fn number(&self) -> Option<f64> {
        match self.kind {
            ValueKind::Integer(number) => Some(number as f64),
            ValueKind::Float(number) => Some(number),
            _ => None,
        }
    }

    /// The text, when it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            ValueKind::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// A table with its entries in the order of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) entries: Vec<Entry>,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Value,
}

impl Table {
    /// The entry of a key.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }
}

/// Reads a TOML document; what cannot be read is reported, the rest is returned.
pub(super) fn document(file: usize, sources: &Sources, problems: &mut Problems) -> Table {
    let text = sources.text(file);
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        report(error.message(), placed(file, 0, span), problems);
    }
    table(document.get_ref(), file, 0)
}

/// Reads one TOML value that stands at `span` of a file, such as a cell of a CSV file.
pub(super) fn value_at(span: Span, text: &str) -> Result<Value, String> {
    DeValue::parse(text)
        .map(|parsed| {
            let inner = placed(span.file, span.start, parsed.span());
            value(parsed.get_ref(), clamp(inner, span), span.file, span.start)
        })
        .map_err(|error| error.message().to_owned())
}

fn report(message: &str, span: Span, problems: &mut Problems) {
    let mut lines = message.lines();
    let first = lines.next().unwrap_or("cannot be read as TOML");
    let draft = problems.error(span, format!("this is not TOML: {first}"));
    if first.contains("duplicate key") {
        draft.help("each key may stand only once in a table; remove or rename one of the two");
    } else if let Some(rest) = lines.next() {
        draft.help(rest);
    }
}

fn placed(file: usize, base: usize, span: std::ops::Range<usize>) -> Span {
    Span {
        file,
        start: base + span.start,
        end: base + span.end,
    }
}

fn clamp(inner: Span, outer: Span) -> Span {
    Span {
        file: outer.file,
        start: inner.start.clamp(outer.start, outer.end),
        end: inner.end.clamp(outer.start, outer.end),
    }
}

fn table(from: &DeTable<'_>, file: usize, base: usize) -> Table {
    let mut entries: Vec<Entry> = from
        .iter()
        .map(|(key, item)| Entry {
            key: key.get_ref().clone().into_owned(),
            key_span: placed(file, base, key.span()),
            value: value(item.get_ref(), placed(file, base, item.span()), file, base),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span);
    Table { entries }
}

fn value(from: &DeValue<'_>, span: Span, file: usize, base: usize) -> Value {
    let kind = match from {
        DeValue::String(text) => ValueKind::Text(text.clone().into_owned()),
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).map_or_else(
                // Beyond 64 bits, only its size matters.
                |_| ValueKind::Float(integer.as_str().parse().unwrap_or(f64::INFINITY)),
                ValueKind::Integer,
            )
        }
        DeValue::Float(float) => ValueKind::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(truth) => ValueKind::Truth(*truth),
        DeValue::Datetime(date) => ValueKind::Date(date.to_string()),
        DeValue::Array(items) => ValueKind::List(
            items
                .iter()
                .map(|item| value(item.get_ref(), placed(file, base, item.span()), file, base))
                .collect(),
        ),
        DeValue::Table(inner) => ValueKind::Table(table(inner, file, base)),
    };
    Value { span, kind }
}
