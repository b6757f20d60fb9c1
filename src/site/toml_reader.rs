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

/// Reads a TOML document. What is no TOML is reported, and then there is no table: what would be wrong with the rest of it is
/// most often only a consequence.
pub(super) fn document(file: usize, sources: &Sources, problems: &mut Problems) -> Option<Table> {
    let text = sources.text(file);
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut repeated_table = false;
    for error in &errors {
        let span = placed(file, 0, error.span().unwrap_or(0..0));
        let line = line_before(text, span.start);
        if error.message().contains("duplicate key") {
            let header = line.trim_start().starts_with('[');
            // The keys of a table that is there twice are there twice as well.
            if header || !repeated_table {
                repeated(text, header, span, sources, problems);
            }
            repeated_table = header || repeated_table && !line.trim().is_empty();
        } else {
            report(error.message(), span, problems);
        }
    }
    errors.is_empty().then(|| table(document.get_ref(), file, 0))
}

/// The line up to a position.
fn line_before(text: &str, position: usize) -> &str {
    let before = text.get(..position).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = text
        .get(position..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |length| position + length);
    text.get(start..end).unwrap_or("")
}

/// Reports a key or table that is there twice, with the first one.
fn repeated(text: &str, header: bool, span: Span, sources: &Sources, problems: &mut Problems) {
    let line = line_before(text, span.start).trim().to_owned();
    let before = text.get(..span.start).unwrap_or("");
    let here = before.rfind('\n').map_or(0, |at| at + 1);
    let mut first = None;
    let mut at = 0;
    for candidate in text.get(..here).unwrap_or("").split_inclusive('\n') {
        let trimmed = candidate.trim();
        let same = if header {
            trimmed == line
        } else {
            let key = sources.slice(span);
            trimmed
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        // A key is looked for in its own table only.
        if !header && trimmed.starts_with('[') {
            first = None;
        }
        if same {
            first = Some(Span {
                file: span.file,
                start: at + (candidate.len() - candidate.trim_start().len()),
                end: at + candidate.trim_end().len(),
            });
        }
        at += candidate.len();
    }
    let what = if header {
        format!("the table `{line}` is there twice")
    } else {
        format!("the key `{}` is there twice", sources.slice(span))
    };
    let draft = problems.error(span, what);
    draft
        .label("the second one")
        .help("remove or rename one of the two");
    if let Some(first) = first {
        draft.related(first, "the first one");
    }
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
    if let Some(rest) = lines.next() {
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
