//! `[[rule.test]]`: what happens, and what the rule must say to it.

use tapglass_model::Severity;

use super::super::fields::{Fields, choice, text, texts_of, wrong_type};
use super::super::language::parse_test_action;
use super::super::names::sorted;
use super::super::source::Span;
use super::super::toml_reader::{Table, Value, ValueKind};
use super::super::{RuleTest, TagId, TestAction, suggest};
use super::document::listed;
use super::rule_reader::RuleReader;
use super::window::moment;

const KEYS: [&str; 6] = ["name", "given", "before", "event", "at", "expect"];
/// More events than any window of a rule remembers would only make a test slow.
const MOST_BEFORE: usize = 64;
const EXPECTED: [(&str, Option<Severity>); 5] = [
    ("none", None),
    ("critical", Some(Severity::Critical)),
    ("high", Some(Severity::High)),
    ("medium", Some(Severity::Medium)),
    ("low", Some(Severity::Low)),
];

/// Reads the tests of a rule.
pub(in super::super) fn read(reader: &mut RuleReader<'_>) -> Vec<RuleTest> {
    let tables: Vec<(&Table, Span)> = listed(reader.fields.table, "test", reader.context);
    tables
        .into_iter()
        .filter_map(|(table, span)| one(table, span, reader))
        .collect()
}

fn one(table: &Table, span: Span, reader: &mut RuleReader<'_>) -> Option<RuleTest> {
    let what = format!("a test of {}", reader.what);
    let fields = Fields::new(table, span, &KEYS, &what, reader.context);
    let name = fields.text_or_empty("name", reader.context);
    let given = fields
        .table("given", reader.context)
        .map(|table| given(table, reader))
        .unwrap_or_default();
    let expect = match fields.get("expect") {
        Some(value) => text(value, "expect", reader.context)
            .and_then(|word| choice(word, value.span, "expect", &EXPECTED, reader.context)),
        None => {
            fields
                .missing("expect", &what, reader.context)
                .help("say `none`, or the severity that must be raised");
            None
        }
    };
    let Some(value) = fields.get("event") else {
        fields
            .missing("event", &what, reader.context)
            .help("say what happens, as in `event = \"write AIC201.SP = 11100 by hmi1\"`");
        return None;
    };
    let event = text(value, "event", reader.context)?;
    let action = action(event, value.span, reader);
    let before = before(&fields, reader)?;
    let zone = reader.site.zone();
    let at = fields
        .get("at")
        .and_then(|value| moment(value, &zone, reader.context));
    Some(RuleTest {
        name,
        at,
        given,
        before,
        event: event.to_owned(),
        action: action?,
        expect: expect?,
    })
}

fn action(event: &str, span: Span, reader: &mut RuleReader<'_>) -> Option<TestAction> {
    let inside = reader.context.sources.inside(span, event);
    let syntax = parse_test_action(event);
    let mut checker = reader.checker(inside);
    match syntax {
        Ok(syntax) => checker.test_action(&syntax),
        Err(error) => {
            checker.syntax_error(error);
            None
        }
    }
}

/// What happens first, in order.
fn before(fields: &Fields<'_>, reader: &mut RuleReader<'_>) -> Option<Vec<TestAction>> {
    let Some(value) = fields.get("before") else {
        return Some(Vec::new());
    };
    let events = texts_of(value, "before", reader.context);
    if events.len() > MOST_BEFORE {
        reader
            .context
            .problems
            .error(
                value.span,
                format!("{} events are more than {MOST_BEFORE}", events.len()),
            )
            .help("a test is short: leave out what the rule does not need");
        return None;
    }
    events
        .into_iter()
        .map(|(event, span)| action(event, span, reader))
        .collect()
}

/// Values that hold before: numbers, states or truths.
fn given(table: &Table, reader: &mut RuleReader<'_>) -> Vec<(TagId, f64)> {
    let mut values = Vec::new();
    for entry in &table.entries {
        let Some(tag) = reader.names.tag(&entry.key) else {
            let help = suggest::help(&entry.key, &sorted(&reader.names.tags));
            reader
                .context
                .problems
                .error(entry.key_span, format!("there is no tag `{}`", entry.key))
                .help(help);
            continue;
        };
        if let Some(number) = value(&entry.value, tag, reader) {
            values.push((tag, number));
        }
    }
    values
}

fn value(value: &Value, tag: TagId, reader: &mut RuleReader<'_>) -> Option<f64> {
    match &value.kind {
        ValueKind::Truth(truth) => Some(f64::from(u8::from(*truth))),
        ValueKind::Text(state) => {
            let known = reader.site.tag(tag)?;
            let number = known.state_number(state);
            if number.is_none() {
                let states = known.named_states();
                let names: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
                reader
                    .context
                    .problems
                    .error(
                        value.span,
                        format!("`{state}` is not a state of `{}`", known.name),
                    )
                    .help(suggest::help(state, &names));
            }
            number
        }
        // NaN is a value that a test may well give.
        ValueKind::Integer(_) | ValueKind::Float(_) => value.number(),
        _ => {
            wrong_type(value, "given", "a number or the name of a state", reader.context);
            None
        }
    }
}
