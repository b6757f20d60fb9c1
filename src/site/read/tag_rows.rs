//! The rows of tags.csv as tags.

use super::super::csv_reader::{self, Cell};
use super::super::fields::Context;
use super::super::source::Span;
use super::super::suggest;
use super::super::toml_reader::Table;
use super::tag::KEYS;

/// Reads every row; one that does not fit the header is reported, and only its name is given.
pub(in super::super) fn read(
    file: usize,
    context: &mut Context,
    mut add: impl FnMut(String, Span, Option<Table>),
) {
    let text = context.sources.text(file).to_owned();
    let sheet = csv_reader::sheet(file, &text, &mut context.problems);
    let Some((header, rows)) = sheet.rows.split_first() else {
        return;
    };
    let Some(name_column) = columns(header, context) else {
        return;
    };
    for row in rows {
        let Some(first) = row.first() else {
            continue;
        };
        let name = row.get(name_column).filter(|cell| !cell.text.is_empty());
        let Some(name) = name else {
            context
                .problems
                .error(first.span, "this row has no name")
                .help("every tag has a name; delete the row when it is none");
            continue;
        };
        if row.len() > header.len()
            && let Some(extra) = row.get(header.len())
        {
            context
                .problems
                .error(
                    extra.span,
                    format!(
                        "this row has {} cells, the header has {}",
                        row.len(),
                        header.len()
                    ),
                )
                .help("a cell that holds a separator is put in quotes");
            add(name.text.clone(), name.span, None);
            continue;
        }
        let mut table = csv_reader::table(header, row, sheet.decimal_comma, &mut context.problems);
        table
            .entries
            .retain(|entry| entry.key != "name" && entry.key != "tag");
        // Keys stand in the header; what is wrong with a row is shown in the row.
        for entry in &mut table.entries {
            entry.key_span = entry.value.span;
        }
        add(name.text.clone(), name.span, Some(table));
    }
}

/// The place of the column with names, after a look at the others.
fn columns(header: &[Cell], context: &mut Context) -> Option<usize> {
    let mut seen: Vec<String> = Vec::new();
    let mut complete = true;
    for cell in header {
        let key = cell.text.to_lowercase();
        if key.is_empty() {
            continue;
        }
        if seen.contains(&key) {
            complete = false;
            context
                .problems
                .error(cell.span, format!("there are two columns `{key}`"))
                .help("keep one of them");
        }
        if key != "name" && key != "tag" && !KEYS.contains(&key.as_str()) {
            complete = false;
            let known: Vec<&str> = std::iter::once("name").chain(KEYS).collect();
            context
                .problems
                .error(cell.span, format!("there is no column `{}`", cell.text))
                .label("unknown column")
                .help(suggest::help(&key, &known));
        }
        seen.push(key);
    }
    let place = header
        .iter()
        .position(|cell| matches!(cell.text.to_lowercase().as_str(), "name" | "tag"));
    if place.is_none() {
        let span = header.first().map(|cell| cell.span).unwrap_or_default();
        context
            .problems
            .error(span, "no column is called `name`")
            .help("the first line names the columns: `name,at,type,unit,role,safe,...`");
    }
    place.filter(|_| complete)
}
