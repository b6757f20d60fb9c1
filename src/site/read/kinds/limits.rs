//! Limits of values: envelope, step, walk, rate, domain.

use super::super::super::fields::{choice, number, text, wrong_type};
use super::super::super::language::Wanted;
use super::super::super::source::Span;
use super::super::super::toml_reader::{Value, ValueKind};
use super::super::super::{EnvelopeOn, Expression, Role, RuleKind, TagSet, address, suggest};
use super::super::rule::{Kinds, alone};
use super::super::rule_reader::RuleReader;

const EMPTY: &str = "give `lo`, `hi` or both: numbers, or expressions such as `\"50 - 1.2 * TT.OUT\"`";

/// `tag`, `lo`, `hi`, `on`, `predict`.
pub(super) fn envelope(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let unit = tags.as_ref().and_then(|tags| common_unit(tags, reader));
    let low_value = reader.fields.get("lo");
    let high_value = reader.fields.get("hi");
    let wanted = Wanted::Quantity(unit);
    let low = low_value.map(|value| reader.expression(value, "lo", &wanted));
    let high = high_value.map(|value| reader.expression(value, "hi", &wanted));
    if low.is_none() && high.is_none() {
        reader.missing_any(&["lo", "hi"], EMPTY);
        return None;
    }
    let predict = reader.fields.duration(&["predict"], reader.context);
    let on = envelope_on(reader, tags.as_ref());
    // An expression that did not check was reported.
    let low = low.map_or(Some(None), |low| low.map(Some))?;
    let high = high.map_or(Some(None), |high| high.map(Some))?;
    if let (Some(Expression::Number(low)), Some(Expression::Number(high)), Some(value)) =
        (&low, &high, low_value)
        && low > high
    {
        reader
            .context
            .problems
            .error(
                value.span,
                format!("the lower limit {low} is above the upper limit {high}"),
            )
            .help(format!("write `lo = {high}` and `hi = {low}`"));
        return None;
    }
    Some(alone(RuleKind::Envelope {
        tags: tags?,
        low,
        high,
        on,
        predict,
    }))
}

/// What triggers it, unless said: writes for what is commanded, observations for what is measured.
fn envelope_on(reader: &mut RuleReader<'_>, tags: Option<&TagSet>) -> EnvelopeOn {
    const WORDS: [(&str, EnvelopeOn); 3] = [
        ("write", EnvelopeOn::Write),
        ("observation", EnvelopeOn::Observation),
        ("both", EnvelopeOn::Both),
    ];
    if let Some(value) = reader.fields.get("on") {
        return text(value, "on", reader.context)
            .and_then(|word| choice(word, value.span, "on", &WORDS, reader.context))
            .unwrap_or(EnvelopeOn::Both);
    }
    let roles: Vec<Option<Role>> = tags
        .map(TagSet::tags)
        .unwrap_or_default()
        .iter()
        .map(|tag| reader.site.tag(*tag).and_then(|tag| tag.role))
        .collect();
    let all = |wanted: &[Role]| {
        !roles.is_empty()
            && roles
                .iter()
                .all(|role| role.is_some_and(|role| wanted.contains(&role)))
    };
    if all(&[
        Role::Setpoint,
        Role::Command,
        Role::Limit,
        Role::Tuning,
        Role::Mode,
    ]) {
        EnvelopeOn::Write
    } else if all(&[Role::Measurement, Role::Feedback]) {
        EnvelopeOn::Observation
    } else {
        EnvelopeOn::Both
    }
}

/// The unit that all tags have, when there is one.
fn common_unit(tags: &TagSet, reader: &RuleReader<'_>) -> Option<String> {
    let mut units = tags
        .tags()
        .iter()
        .filter_map(|tag| reader.site.tag(*tag))
        .map(|tag| tag.unit.as_str());
    let first = units.next()?;
    units.all(|unit| unit == first).then(|| first.to_owned())
}

/// `tag`, `max`.
pub(super) fn step(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let step = reader.needed_number(
        &["max", "step"],
        "give the largest change of one write, in the tag's unit",
    );
    Some(alone(RuleKind::Step {
        tags: tags?,
        step: step?,
    }))
}

/// `tag`, `max`, `window`.
pub(super) fn walk(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let limit = reader.needed_number(
        &["max"],
        "give the largest change within the window, in the tag's unit",
    );
    let window = reader.needed_duration("window", "give the time that is looked back, such as `\"8h\"`");
    Some(alone(RuleKind::Walk {
        tags: tags?,
        limit: limit?,
        window: window?,
    }))
}

/// `tag`, `max`.
pub(super) fn rate(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let rate = reader.needed_number(
        &["max", "rate"],
        "give the largest change in a second, in the tag's unit",
    );
    Some(alone(RuleKind::Rate {
        tags: tags?,
        rate: rate?,
    }))
}

/// `tag`, `values`, `transitions`, `bits`.
pub(super) fn domain(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    if reader.fields.any(&["values", "transitions", "bits"]).is_none() {
        reader.missing_any(
            &["values", "transitions", "bits"],
            "give the allowed `values`, the allowed `transitions` such as `[[\"off\", \"auto\"]]`, or the `bits` that may change",
        );
        return None;
    }
    let tags = tags?;
    let allowed = match reader.fields.get("values") {
        None => Some(Vec::new()),
        Some(value) => values(value, &tags, reader),
    };
    let transitions = match reader.fields.get("transitions") {
        None => Some(Vec::new()),
        Some(value) => transitions(value, &tags, reader),
    };
    let bits = match reader.fields.get("bits") {
        None => Some(None),
        Some(value) => bits(value, reader).map(Some),
    };
    Some(alone(RuleKind::Domain {
        tags,
        allowed: allowed?,
        transitions: transitions?,
        bits: bits?,
    }))
}

fn values(value: &Value, tags: &TagSet, reader: &mut RuleReader<'_>) -> Option<Vec<f64>> {
    let ValueKind::List(items) = &value.kind else {
        wrong_type(value, "values", "a list", reader.context).help("write `values = [0, 1, 2]`");
        return None;
    };
    if items.is_empty() {
        reader
            .context
            .problems
            .error(value.span, "no value would be allowed")
            .help("list the allowed ones, or leave `values` out");
        return None;
    }
    items
        .iter()
        .map(|item| state_or_number(item, tags, reader))
        .collect()
}

fn transitions(value: &Value, tags: &TagSet, reader: &mut RuleReader<'_>) -> Option<Vec<(f64, f64)>> {
    const FORM: &str =
        "write `transitions = [[\"off\", \"manual\"], [\"manual\", \"auto\"]]`, each from and to";
    let ValueKind::List(items) = &value.kind else {
        wrong_type(value, "transitions", "a list of pairs", reader.context).help(FORM);
        return None;
    };
    items
        .iter()
        .map(|item| match &item.kind {
            ValueKind::List(pair) if pair.len() == 2 => {
                let from = state_or_number(pair.first()?, tags, reader);
                let to = state_or_number(pair.last()?, tags, reader);
                Some((from?, to?))
            }
            _ => {
                reader
                    .context
                    .problems
                    .error(item.span, "this is not a transition")
                    .help(FORM);
                None
            }
        })
        .collect()
}

/// A number, or the name of a state that has the same number in every tag.
pub(super) fn state_or_number(value: &Value, tags: &TagSet, reader: &mut RuleReader<'_>) -> Option<f64> {
    let ValueKind::Text(word) = &value.kind else {
        return number(value, "values", reader.context);
    };
    let mut found: Option<f64> = None;
    for tag in tags.tags() {
        let tag = reader.site.tag(*tag)?;
        let Some(state) = tag.state_number(word) else {
            let states = tag.named_states();
            let known: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
            reader
                .context
                .problems
                .error(value.span, format!("`{word}` is not a state of `{}`", tag.name))
                .help(suggest::help(word, &known));
            return None;
        };
        if found.is_some_and(|before| before != state) {
            reader
                .context
                .problems
                .error(
                    value.span,
                    format!("`{word}` has different numbers in these tags"),
                )
                .help("make a rule for each tag");
            return None;
        }
        found = Some(state);
    }
    found
}

/// A mask, a bit, or a list of bits such as `["0..3", 7]`.
fn bits(value: &Value, reader: &mut RuleReader<'_>) -> Option<u64> {
    match &value.kind {
        ValueKind::Integer(mask) => u64::try_from(*mask).ok().or_else(|| {
            reader
                .context
                .problems
                .error(value.span, "a mask is not negative");
            None
        }),
        ValueKind::Text(text) => bit_range(text, value.span, reader),
        ValueKind::List(items) => {
            let mut mask = 0;
            for item in items {
                mask |= match &item.kind {
                    ValueKind::Integer(bit) => bit_range(&bit.to_string(), item.span, reader)?,
                    ValueKind::Text(text) => bit_range(text, item.span, reader)?,
                    _ => {
                        wrong_type(item, "bits", "a bit such as 3 or \"4..7\"", reader.context);
                        return None;
                    }
                };
            }
            Some(mask)
        }
        _ => {
            wrong_type(
                value,
                "bits",
                "a mask such as 0x00ff, or a list of bits",
                reader.context,
            );
            None
        }
    }
}

fn bit_range(text: &str, span: Span, reader: &mut RuleReader<'_>) -> Option<u64> {
    match address::parse_bits(text) {
        Ok(bits) => Some((bits.low..=bits.high).fold(0, |mask, bit| mask | 1 << bit)),
        Err(error) => {
            reader
                .context
                .problems
                .error(span, error.message)
                .help(error.help);
            None
        }
    }
}
