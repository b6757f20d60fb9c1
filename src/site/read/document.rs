//! The tables of plant.toml by name.

use super::super::fields::Context;
use super::super::source::Span;
use super::super::suggest;
use super::super::toml_reader::{Entry, Table, Value, ValueKind};

/// A table with its name, such as `[device.plc3]`.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Named<'a> {
    pub(in super::super) name: &'a str,
    pub(in super::super) span: Span,
    pub(in super::super) table: &'a Table,
}

/// The tables under a key, in the order of the file; what is not a table is reported.
pub(in super::super) fn named<'a>(document: &'a Table, key: &str, context: &mut Context) -> Vec<Named<'a>> {
    let Some(entry) = document.entry(key) else {
        return Vec::new();
    };
    let ValueKind::Table(group) = &entry.value.kind else {
        let draft = context
            .problems
            .error(entry.key_span, format!("`{key}` must be tables with a name"));
        draft.help(format!("write `[{key}.NAME]`, one table for each"));
        return Vec::new();
    };
    group
        .entries
        .iter()
        .filter_map(|Entry { key: name, key_span, value }| match &value.kind {
            ValueKind::Table(table) => Some(Named {
                name,
                span: *key_span,
                table,
            }),
            _ => {
                // `[tag.AIC201.SP]` makes a table in a table; the dot belongs into quotes.
                context
                    .problems
                    .error(*key_span, format!("`{key}.{name}` must be a table, this is {}", value.word()))
                    .help(format!("write `[{key}.NAME]` above the keys; a name with a dot is quoted: `[{key}.\"A.B\"]`"));
                None
            }
        })
        .collect()
}

/// The tables of an array such as `[[rule]]`.
pub(in super::super) fn listed<'a>(
    document: &'a Table,
    key: &str,
    context: &mut Context,
) -> Vec<(&'a Table, Span)> {
    let Some(entry) = document.entry(key) else {
        return Vec::new();
    };
    let wrong = |value: &Value, context: &mut Context| {
        context
            .problems
            .error(value.span, format!("`{key}` must be a list of tables"))
            .help(format!("write `[[{key}]]` above each, with two brackets"));
    };
    match &entry.value.kind {
        ValueKind::List(items) => items
            .iter()
            .filter_map(|item| match &item.kind {
                ValueKind::Table(table) => Some((table, header(table, item.span))),
                _ => {
                    wrong(item, context);
                    None
                }
            })
            .collect(),
        _ => {
            wrong(&entry.value, context);
            Vec::new()
        }
    }
}

/// Where a table of an array is named: its header, or its first key when it is written inline.
fn header(table: &Table, span: Span) -> Span {
    if span.end > span.start {
        return span;
    }
    table.entries.first().map_or(span, |entry| entry.key_span)
}

/// Reports top-level keys that a file does not have.
pub(in super::super) fn only(document: &Table, known: &[&'static str], what: &str, context: &mut Context) {
    for entry in &document.entries {
        if !known.contains(&entry.key.as_str()) {
            context
                .problems
                .error(entry.key_span, format!("{what} has no `{}`", entry.key))
                .label("unknown table")
                .help(suggest::help(&entry.key, known));
        }
    }
}
