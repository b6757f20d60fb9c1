//! What must follow a command or setpoint.

use super::super::fields::{Context, Fields, number, wrong_type};
use super::super::names::{Names, sorted};
use super::super::source::Span;
use super::super::toml_reader::{Entry, Value, ValueKind};
use super::super::unit::Unit;
use super::super::{Feedback, FeedbackMap, Site, Tag, TagId, suggest};

/// Time to follow when the site does not say: a valve or drive of ordinary size.
const WITHIN: i64 = 10_000_000_000;

/// Reads `feedback = { tag = "X", within = "10s", tol = 1, map = { ... } }`, or the name of the tag alone.
pub(in super::super) fn read(
    value: &Value,
    command: TagId,
    site: &Site,
    names: &Names,
    context: &mut Context,
) -> Option<Feedback> {
    const KEYS: [&str; 5] = ["tag", "within", "tol", "map", "hold"];
    match &value.kind {
        ValueKind::Text(name) => {
            let tag = followed(name, value.span, command, names, context)?;
            let feedback = Feedback {
                tag,
                within: WITHIN,
                tolerance: tolerance(site, tag),
                map: Vec::new(),
                hold: None,
            };
            finish(feedback, None, command, site, value.span, context)
        }
        ValueKind::Table(table) => {
            let fields = Fields::new(table, value.span, &KEYS, "`feedback`", context);
            read_fields(&fields, "tag", command, site, names, context)
        }
        _ => {
            wrong_type(value, "feedback", "a tag or a table", context)
                .help("write `feedback = { tag = \"...\", within = \"10s\" }`");
            None
        }
    }
}

/// Reads the keys of a feedback from a table, which may be that of a rule.
pub(in super::super) fn read_fields(
    fields: &Fields<'_>,
    tag_key: &'static str,
    command: TagId,
    site: &Site,
    names: &Names,
    context: &mut Context,
) -> Option<Feedback> {
    let Some(value) = fields.get(tag_key) else {
        fields
            .missing(tag_key, "this feedback", context)
            .help("name the tag that follows");
        return None;
    };
    let name = super::super::fields::text(value, tag_key, context)?;
    let tag = followed(name, value.span, command, names, context)?;
    let tolerance = match fields.number("tol", context) {
        Some(tolerance) if tolerance < 0.0 => {
            if let Some(value) = fields.get("tol") {
                context.problems.error(value.span, "`tol` is negative");
            }
            0.0
        }
        Some(tolerance) => tolerance,
        None => tolerance(site, tag),
    };
    let feedback = Feedback {
        tag,
        within: fields.duration(&["within"], context).unwrap_or(WITHIN),
        tolerance,
        map: Vec::new(),
        hold: fields.duration(&["hold"], context),
    };
    finish(feedback, fields.get("map"), command, site, value.span, context)
}

/// What the tag itself cannot resolve is no deviation.
fn tolerance(site: &Site, tag: TagId) -> f64 {
    site.tag(tag).and_then(|tag| tag.resolution).unwrap_or(0.0)
}

fn followed(name: &str, span: Span, command: TagId, names: &Names, context: &mut Context) -> Option<TagId> {
    let Some(tag) = names.tag(name) else {
        let help = suggest::help(name, &sorted(&names.tags));
        context
            .problems
            .error(span, format!("there is no tag `{name}`"))
            .label("not in the site")
            .help(help);
        return None;
    };
    if tag == command {
        context
            .problems
            .error(span, "a tag cannot be its own feedback")
            .help("name the tag that shows what the device does; without one, leave `feedback` out");
        return None;
    }
    Some(tag)
}

fn finish(
    mut feedback: Feedback,
    map: Option<&Value>,
    command: TagId,
    site: &Site,
    span: Span,
    context: &mut Context,
) -> Option<Feedback> {
    let commanded = site.tag(command)?;
    let observed = site.tag(feedback.tag)?;
    feedback.map = match map {
        Some(value) => written_map(value, commanded, observed, context)?,
        None => implied_map(commanded, observed, span, context)?,
    };
    if feedback.within == 0 {
        context
            .problems
            .error(span, "nothing follows in no time")
            .help("give `within` the time that the equipment needs");
    }
    if feedback.map.is_empty() && !commanded.unit.is_empty() && !observed.unit.is_empty() {
        same_unit(commanded, observed, span, context);
    }
    Some(feedback)
}

fn same_unit(commanded: &Tag, observed: &Tag, span: Span, context: &mut Context) {
    let same = commanded.unit == observed.unit
        || Unit::parse(&commanded.unit)
            .zip(Unit::parse(&observed.unit))
            .and_then(|(one, other)| one.convert(other))
            .is_some_and(|(factor, offset)| (factor - 1.0).abs() < 1e-12 && offset.abs() < 1e-9);
    if !same {
        context
            .problems
            .error(
                span,
                format!(
                    "`{}` is in {}, but `{}` is in {}: they cannot follow each other",
                    commanded.name, commanded.unit, observed.name, observed.unit
                ),
            )
            .help("bring both to one unit with `scale`");
    }
}

/// `map = { open = "open", close = "closed" }`.
fn written_map(value: &Value, commanded: &Tag, observed: &Tag, context: &mut Context) -> Option<FeedbackMap> {
    let ValueKind::Table(table) = &value.kind else {
        wrong_type(value, "map", "a table", context)
            .help("write `map = { open = \"open\", close = \"closed\" }`");
        return None;
    };
    let mut map: FeedbackMap = Vec::new();
    for Entry { key, key_span, value } in &table.entries {
        let from = state(key, *key_span, commanded, context);
        let to = match &value.kind {
            ValueKind::Text(name) => state(name, value.span, observed, context),
            _ => number(value, "map", context),
        };
        if let (Some(from), Some(to)) = (from, to) {
            map.push((from, to));
        }
    }
    Some(map)
}

/// The number of a state's name; a number stands for itself.
fn state(word: &str, span: Span, tag: &Tag, context: &mut Context) -> Option<f64> {
    if let Some(number) = tag.state_number(word) {
        return Some(number);
    }
    if let Ok(number) = word.parse::<f64>()
        && number.is_finite()
    {
        return Some(number);
    }
    let states = tag.named_states();
    let known: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
    let help = if known.is_empty() {
        format!("`{}` names no states; use numbers, or give it `states`", tag.name)
    } else {
        suggest::help(word, &known)
    };
    context
        .problems
        .error(span, format!("`{word}` is not a state of `{}`", tag.name))
        .help(help);
    None
}

/// Without a map, states of the same name belong together; where only one side has names, numbers do.
fn implied_map(commanded: &Tag, observed: &Tag, span: Span, context: &mut Context) -> Option<FeedbackMap> {
    let from = commanded.named_states();
    if from.is_empty() || observed.named_states().is_empty() {
        return Some(Vec::new());
    }
    // Where names differ, such as `stop` and `stopped`, the numbers belong together, unless a name that both sides use
    // says otherwise.
    let names_every = from.iter().all(|(name, _)| observed.state_number(name).is_some());
    let agrees = from.iter().all(|(name, number)| {
        observed
            .state_number(name)
            .is_none_or(|seen| seen.total_cmp(number).is_eq())
            && observed
                .named_states()
                .iter()
                .any(|(_, seen)| seen.total_cmp(number).is_eq())
    });
    if !names_every && agrees {
        return Some(Vec::new());
    }
    let mut map = Vec::new();
    for (name, number) in from {
        let Some(seen) = observed.state_number(name) else {
            let known: Vec<&str> = observed
                .named_states()
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            context
                .problems
                .error(
                    span,
                    format!(
                        "which state of `{}` shows that `{}` is `{name}`?",
                        observed.name, commanded.name
                    ),
                )
                .help(format!(
                    "its states are {}; say which with `map = {{ {name} = \"...\" }}`",
                    suggest::list(&known)
                ));
            return None;
        };
        map.push((number, seen));
    }
    Some(map)
}
