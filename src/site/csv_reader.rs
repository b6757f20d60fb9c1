//! CSV as spreadsheets save it, with the place of every cell, and its cells as the values of `[tag]`.

use super::diagnostic::Problems;
use super::source::Span;
use super::toml_reader::{Entry, Table, Value, ValueKind, value_at};

/// A cell: its text without quotes, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) span: Span,
}

/// The rows of a file (RFC 4180), the header first. Empty lines are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    pub(super) rows: Vec<Vec<Cell>>,
    /// Numbers are written with a decimal comma: spreadsheets do so where they separate cells by semicolons.
    pub(super) decimal_comma: bool,
}

/// Reads the cells of a file.
pub(super) fn sheet(file: usize, text: &str, problems: &mut Problems) -> Sheet {
    let delimiter = delimiter(text);
    let mut sheet = Sheet {
        rows: Vec::new(),
        decimal_comma: delimiter == b';',
    };
    let bytes = text.as_bytes();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut row = Vec::new();
    while at < bytes.len() {
        let (cell, next) = cell(file, text, at, delimiter, problems);
        row.push(cell);
        at = next;
        let separator = bytes.get(at).copied();
        if separator == Some(delimiter) {
            at += 1;
            if at == bytes.len() {
                row.push(Cell {
                    text: String::new(),
                    span: Span {
                        file,
                        start: at,
                        end: at,
                    },
                });
            }
            continue;
        }
        // The end of a line or of the file.
        while matches!(bytes.get(at), Some(b'\r')) {
            at += 1;
        }
        if matches!(bytes.get(at), Some(b'\n')) {
            at += 1;
        }
        sheet.add(std::mem::take(&mut row));
    }
    sheet.add(row);
    sheet
}

impl Sheet {
    fn add(&mut self, row: Vec<Cell>) {
        let comment = self.rows.is_empty() && row.first().is_some_and(|cell| cell.text.starts_with('#'));
        if !comment && row.iter().any(|cell| !cell.text.trim().is_empty()) {
            self.rows.push(row);
        }
    }
}

/// The separator that the first line uses most.
fn delimiter(text: &str) -> u8 {
    let header = text
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let header = header.unwrap_or("");
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|candidate| {
            let count = header.bytes().filter(|byte| byte == candidate).count();
            // A comma wins when none is there.
            (count, *candidate == b',')
        })
        .unwrap_or(b',')
}

/// The cell that starts at `at`, and where it ends.
fn cell(file: usize, text: &str, at: usize, delimiter: u8, problems: &mut Problems) -> (Cell, usize) {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        let length = bytes
            .get(at..)
            .and_then(|rest| {
                rest.iter()
                    .position(|byte| matches!(byte, b'\r' | b'\n') || *byte == delimiter)
            })
            .unwrap_or(bytes.len() - at);
        let raw = text.get(at..at + length).unwrap_or("");
        let trimmed = raw.trim();
        let start = at + (raw.len() - raw.trim_start().len());
        let span = Span {
            file,
            start,
            end: start + trimmed.len(),
        };
        let cell = Cell {
            text: trimmed.to_owned(),
            span,
        };
        return (cell, at + length);
    }
    let mut content = String::new();
    let mut end = at + 1;
    loop {
        let rest = text.get(end..).unwrap_or("");
        let Some(quote) = rest.find('"') else {
            problems
                .error(
                    Span {
                        file,
                        start: at,
                        end: at + 1,
                    },
                    "the quote is not closed",
                )
                .help("a cell that begins with a quote ends with one; a quote inside is written twice");
            content.push_str(rest);
            let span = Span {
                file,
                start: at + 1,
                end: text.len(),
            };
            return (Cell { text: content, span }, text.len());
        };
        content.push_str(rest.get(..quote).unwrap_or(""));
        end += quote + 1;
        if bytes.get(end) == Some(&b'"') {
            content.push('"');
            end += 1;
        } else {
            break;
        }
    }
    let span = Span {
        file,
        start: at + 1,
        end: end - 1,
    };
    // What stands between the closing quote and the separator is lost in spreadsheets too; say so.
    let after = bytes
        .get(end..)
        .and_then(|rest| {
            rest.iter()
                .position(|byte| matches!(byte, b'\r' | b'\n') || *byte == delimiter)
        })
        .unwrap_or(bytes.len() - end);
    if text
        .get(end..end + after)
        .is_some_and(|rest| !rest.trim().is_empty())
    {
        problems
            .error(
                Span {
                    file,
                    start: end,
                    end: end + after,
                },
                "text after the closing quote",
            )
            .help("a quote inside a cell is written twice");
    }
    (
        Cell {
            text: content.trim().to_owned(),
            span,
        },
        end + after,
    )
}

/// How the cells of a column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Number,
    Pair,
    Texts,
    Numbers,
    /// `0 = off; 1 = on`, or an inline table.
    Assignments,
    /// An inline table, a number, or a text.
    Free,
}

fn form(column: &str) -> Form {
    match column {
        "step" | "rate" | "deadband" | "res" => Form::Number,
        "safe" | "range" => Form::Pair,
        "writers" => Form::Texts,
        "invalid" => Form::Numbers,
        "states" | "crob" => Form::Assignments,
        "scale" | "feedback" => Form::Free,
        _ => Form::Text,
    }
}

/// The table of a row: the same keys and values as under `[tag]`.
pub(super) fn table(header: &[Cell], row: &[Cell], decimal_comma: bool, problems: &mut Problems) -> Table {
    let mut entries = Vec::new();
    for (column, cell) in header.iter().zip(row) {
        if cell.text.is_empty() || column.text.is_empty() {
            continue;
        }
        let key = column.text.to_lowercase();
        match value(cell, form(&key), decimal_comma) {
            Ok(value) => entries.push(Entry {
                key,
                key_span: column.span,
                value,
            }),
            Err((message, help)) => {
                problems.error(cell.span, message).help(help);
            }
        }
    }
    Table { entries }
}

type CellError = (String, String);

fn value(cell: &Cell, form: Form, decimal_comma: bool) -> Result<Value, CellError> {
    let text = cell.text.as_str();
    let span = cell.span;
    let number = |text: &str| {
        let text = text.trim();
        let text = if decimal_comma {
            text.replace(',', ".")
        } else {
            text.to_owned()
        };
        let parsed = match text.strip_prefix("0x") {
            #[allow(clippy::cast_precision_loss)] // raw values of registers
            Some(digits) => u64::from_str_radix(digits, 16).map(|number| number as f64).ok(),
            None => text.parse::<f64>().ok(),
        };
        parsed
            .map(|number| Value {
                span,
                kind: ValueKind::Float(number),
            })
            .ok_or_else(|| (format!("`{text}` is not a number"), String::new()))
    };
    let kind = match form {
        Form::Text => ValueKind::Text(text.to_owned()),
        Form::Number => return number(text),
        Form::Pair => {
            let inner = text.trim_start_matches('[').trim_end_matches(']');
            let halves = inner
                .split_once("..")
                .or_else(|| inner.split_once(" to "))
                .or_else(|| inner.split_once(';'))
                .or_else(|| {
                    if decimal_comma {
                        None
                    } else {
                        inner.split_once(',')
                    }
                });
            let Some((low, high)) = halves else {
                return Err((
                    format!("`{text}` is not a pair of limits"),
                    "write `50..200`".to_owned(),
                ));
            };
            ValueKind::List(vec![number(low)?, number(high)?])
        }
        Form::Texts => ValueKind::List(
            words(text)
                .map(|word| Value {
                    span,
                    kind: ValueKind::Text(word.to_owned()),
                })
                .collect(),
        ),
        Form::Numbers => {
            let inner = text.trim_start_matches('[').trim_end_matches(']');
            let separators: &[char] = if decimal_comma {
                &[';', ' ']
            } else {
                &[';', ',', ' ']
            };
            let numbers: Result<Vec<Value>, CellError> = inner
                .split(separators)
                .filter(|part| !part.trim().is_empty())
                .map(number)
                .collect();
            ValueKind::List(numbers?)
        }
        Form::Assignments if !text.starts_with('{') => return assignments(cell),
        Form::Free if !text.starts_with('{') => match number(text) {
            Ok(value) => return Ok(value),
            Err(_) => ValueKind::Text(text.to_owned()),
        },
        Form::Assignments | Form::Free => {
            return value_at(span, text).map_err(|message| {
                (
                    format!(
                        "this is not an inline table: {}",
                        message.lines().next().unwrap_or("")
                    ),
                    "write it as in plant.toml, such as `{ gain = 0.1, offset = 0.0 }`".to_owned(),
                )
            });
        }
    };
    Ok(Value { span, kind })
}

/// Words of a list, with or without brackets and quotes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.trim_start_matches('[')
        .trim_end_matches(']')
        .split([';', ',', ' ', '|'])
        .map(|word| word.trim_matches(['"', '\'']))
        .filter(|word| !word.is_empty())
}

/// `0=off; 1=on`, or `open=TRIP+LATCH_OFF; close=CLOSE`.
fn assignments(cell: &Cell) -> Result<Value, CellError> {
    let mut entries = Vec::new();
    for part in cell
        .text
        .split([';', '|', ','])
        .filter(|part| !part.trim().is_empty())
    {
        let Some((key, value)) = part.split_once(['=', ':']) else {
            return Err((
                format!("`{}` is not an assignment", part.trim()),
                "write `0=off; 1=on`".to_owned(),
            ));
        };
        let items: Vec<Value> = value
            .split('+')
            .map(|item| Value {
                span: cell.span,
                kind: ValueKind::Text(item.trim().to_owned()),
            })
            .collect();
        let kind = match <[Value; 1]>::try_from(items) {
            Ok([only]) => only.kind,
            Err(several) => ValueKind::List(several),
        };
        entries.push(Entry {
            key: key.trim().to_owned(),
            key_span: cell.span,
            value: Value {
                span: cell.span,
                kind,
            },
        });
    }
    Ok(Value {
        span: cell.span,
        kind: ValueKind::Table(Table { entries }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let mut problems = Problems::default();
        sheet(0, text, &mut problems)
            .rows
            .into_iter()
            .map(|row| row.into_iter().map(|cell| cell.text).collect())
            .collect()
    }

    #[test]
    fn cells_are_read_as_spreadsheets_write_them() {
        for (text, expected) in [
            ("a,b\n1,2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("a;b\r\n1;2", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("a\tb\n1\t2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("\u{feff}a,b\n1,2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            (
                "a,b\n\n\"x,y\",\"say \"\"no\"\"\"\n",
                vec![vec!["a", "b"], vec!["x,y", "say \"no\""]],
            ),
            ("a,b\n1,\n", vec![vec!["a", "b"], vec!["1", ""]]),
            ("a,b\n1,", vec![vec!["a", "b"], vec!["1", ""]]),
            ("a\n\"two\nlines\"\n", vec![vec!["a"], vec!["two\nlines"]]),
            ("# exported\na,b\n1,2\n", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("", vec![]),
        ] {
            assert_eq!(cells(text), expected, "{text:?}");
        }
    }

    #[test]
    fn cells_know_where_they_stand() {
        let text = "name,desc\nA, \"x\"\nB,\"y\"\n";
        let mut problems = Problems::default();
        let sheet = sheet(0, text, &mut problems);
        for row in &sheet.rows {
            for cell in row {
                assert_eq!(&text[cell.span.start..cell.span.end], cell.text);
            }
        }
    }

    #[test]
    fn cells_become_values() {
        let cell = |text: &str| Cell {
            text: text.to_owned(),
            span: Span::default(),
        };
        let pair = |text: &str, comma: bool| match value(&cell(text), Form::Pair, comma).unwrap().kind {
            ValueKind::List(items) => items.iter().filter_map(Value::number).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(pair("50..200", false), [50.0, 200.0]);
        assert_eq!(pair("[50, 200]", false), [50.0, 200.0]);
        assert_eq!(pair("-0.5..7", false), [-0.5, 7.0]);
        assert_eq!(pair("0,5..7,5", true), [0.5, 7.5]);
        assert_eq!(pair("0,5;7,5", true), [0.5, 7.5]);
        assert!(value(&cell("50"), Form::Pair, false).is_err());
        assert_eq!(
            words("[\"hmi1\", \"eng1\"]").collect::<Vec<_>>(),
            ["hmi1", "eng1"]
        );
        assert_eq!(words("hmi1; eng1").collect::<Vec<_>>(), ["hmi1", "eng1"]);
    }
}
