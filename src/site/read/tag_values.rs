//! Keys of a tag that are more than a number or a text: scale, states, relay operations and the like.

use super::super::fields::{Context, Fields, choice, number, pair_of, text, texts_of, wrong_type};
use super::super::source::Span;
use super::super::toml_reader::{Value, ValueKind};
use super::super::{CrobStates, DataType, Scale, State};

/// Operations of relay outputs by name.
const OPERATIONS: [(&str, ()); 7] = [
    ("TRIP", ()),
    ("CLOSE", ()),
    ("LATCH_ON", ()),
    ("LATCH_OFF", ()),
    ("PULSE_ON", ()),
    ("PULSE_OFF", ()),
    ("NUL", ()),
];

/// `{ gain = 0.1, offset = 0.0 }`, `{ raw = [0, 27648], eu = [0, 100] }`, or a gain alone.
pub(super) fn scale(fields: &Fields<'_>, context: &mut Context) -> Option<Scale> {
    const FORMS: &str = "write `{ gain = 0.1, offset = 0.0 }` or `{ raw = [0, 27648], eu = [0, 100] }`";
    let value = fields.get("scale")?;
    let (gain, offset, raw) = match &value.kind {
        ValueKind::Integer(_) | ValueKind::Float(_) => (number(value, "scale", context)?, 0.0, None),
        ValueKind::Table(table) => {
            let scale = Fields::new(
                table,
                value.span,
                &["gain", "offset", "raw", "eu"],
                "`scale`",
                context,
            );
            let raw = scale.get("raw").and_then(|value| pair_of(value, "raw", context));
            let units = scale.get("eu").and_then(|value| pair_of(value, "eu", context));
            let gain = scale.number("gain", context);
            let offset = scale.number("offset", context);
            let linear = table.entry("gain").is_some() || table.entry("offset").is_some();
            let range = table.entry("eu").is_some();
            match (raw, units) {
                (Some((raw_low, raw_high)), Some((low, high))) if !linear => {
                    if raw_low == raw_high {
                        context
                            .problems
                            .error(value.span, "the raw range is empty")
                            .help("`raw` holds the raw values at the two ends of `eu`");
                        return None;
                    }
                    let gain = (high - low) / (raw_high - raw_low);
                    let raw = (raw_low.min(raw_high), raw_low.max(raw_high));
                    (gain, raw_low.mul_add(-gain, low), Some(raw))
                }
                _ if linear && !range => {
                    let raw = raw.map(|(low, high)| (low.min(high), low.max(high)));
                    (gain.unwrap_or(1.0), offset.unwrap_or(0.0), raw)
                }
                _ => {
                    context
                        .problems
                        .error(
                            value.span,
                            "`scale` needs either `gain` and `offset`, or `raw` and `eu`",
                        )
                        .help(FORMS);
                    return None;
                }
            }
        }
        _ => {
            wrong_type(value, "scale", "a table", context).help(FORMS);
            return None;
        }
    };
    if gain == 0.0 {
        context
            .problems
            .error(value.span, "with this scale every raw value means the same")
            .help(FORMS);
        return None;
    }
    Some(Scale { gain, offset, raw })
}

pub(super) fn invalid(fields: &Fields<'_>, context: &mut Context) -> Vec<f64> {
    match fields.get("invalid") {
        None => Vec::new(),
        Some(value) => match &value.kind {
            ValueKind::List(items) => items
                .iter()
                .filter_map(|item| number(item, "invalid", context))
                .collect(),
            _ => number(value, "invalid", context).into_iter().collect(),
        },
    }
}

pub(super) fn max_age(fields: &Fields<'_>, context: &mut Context) -> Option<i64> {
    match fields.get("max_age")?.text() {
        Some("auto") => None,
        _ => fields.duration(&["max_age"], context),
    }
}

/// `{ 0 = "manual", 1 = "auto" }`, or a list of names from 0.
pub(super) fn states(fields: &Fields<'_>, context: &mut Context) -> Vec<State> {
    const FORM: &str = "write `states = { 0 = \"manual\", 1 = \"auto\" }`";
    let Some(value) = fields.get("states") else {
        return Vec::new();
    };
    let mut states: Vec<State> = Vec::new();
    let mut add = |number: f64, name: &str, span: Span, context: &mut Context| {
        let twice = states
            .iter()
            .any(|known| known.name == name || known.number == number);
        if twice {
            context
                .problems
                .error(
                    span,
                    format!("the state `{name}` or its number {number} is there twice"),
                )
                .help("names and numbers of states differ from each other");
        } else {
            states.push(State {
                number,
                name: name.to_owned(),
            });
        }
    };
    match &value.kind {
        ValueKind::List(items) => {
            for (place, item) in (0_u32..).zip(items) {
                if let Some(name) = text(item, "states", context) {
                    add(f64::from(place), name, item.span, context);
                }
            }
        }
        ValueKind::Table(table) => {
            for entry in &table.entries {
                match (entry.key.trim().parse::<f64>(), &entry.value.kind) {
                    (Ok(number), ValueKind::Text(name)) if number.is_finite() => {
                        add(number, name, entry.key_span, context);
                    }
                    (Err(_), ValueKind::Integer(_) | ValueKind::Float(_)) => {
                        if let Some(number) = number_of_state(&entry.value) {
                            add(number, &entry.key, entry.key_span, context);
                        }
                    }
                    _ => {
                        context
                            .problems
                            .error(
                                entry.key_span,
                                format!("`{}` is not a number with a name", entry.key),
                            )
                            .help(FORM);
                    }
                }
            }
        }
        _ => {
            wrong_type(value, "states", "a table of numbers and names", context).help(FORM);
        }
    }
    states
}

fn number_of_state(value: &Value) -> Option<f64> {
    value.number().filter(|number| number.is_finite())
}

/// `{ open = ["TRIP", "LATCH_OFF"], close = ["CLOSE", "LATCH_ON"] }`.
pub(super) fn crob(fields: &Fields<'_>, context: &mut Context) -> CrobStates {
    let mut crob = CrobStates::default();
    let Some(table) = fields.table("crob", context) else {
        return crob;
    };
    let mut seen: Vec<String> = Vec::new();
    for entry in &table.entries {
        let mut operations = Vec::new();
        for (word, span) in texts_of(&entry.value, "crob", context) {
            if choice(word, span, "crob", &OPERATIONS, context).is_none() {
                continue;
            }
            if seen.iter().any(|known| known == word) {
                context
                    .problems
                    .error(span, format!("`{word}` leads to two states"))
                    .help("each relay operation belongs to one state");
                continue;
            }
            seen.push(word.to_owned());
            operations.push(word.to_owned());
        }
        crob.states.push((entry.key.clone(), operations));
    }
    crob
}

pub(super) fn sbo(fields: &Fields<'_>, context: &mut Context) -> bool {
    const NEEDS: [(&str, bool); 3] = [("required", true), ("matching", false), ("optional", false)];
    let Some(value) = fields.get("sbo") else {
        return false;
    };
    match &value.kind {
        ValueKind::Truth(required) => *required,
        _ => text(value, "sbo", context)
            .and_then(|word| choice(word, value.span, "sbo", &NEEDS, context))
            .unwrap_or(false),
    }
}

/// A sentinel as the registers decode to it: engineers write the bits (`0x8000`), or a number that single precision rounds.
#[allow(clippy::cast_possible_truncation)] // the rounding is what is wanted
pub(super) fn as_decoded(sentinel: f64, data_type: DataType) -> f64 {
    let wrapped = |bits: i32| {
        let range = 2_f64.powi(bits);
        if sentinel >= range / 2.0 && sentinel < range {
            sentinel - range
        } else {
            sentinel
        }
    };
    match data_type {
        DataType::I16 => wrapped(16),
        DataType::I32 => wrapped(32),
        DataType::F32 => f64::from(sentinel as f32),
        _ => sentinel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentinels_are_what_registers_decode_to() {
        for (sentinel, data_type, expected) in [
            (32_768.0, DataType::I16, -32_768.0),
            (32_767.0, DataType::I16, 32_767.0),
            (65_535.0, DataType::I16, -1.0),
            (-9_999.0, DataType::I16, -9_999.0),
            (32_768.0, DataType::U16, 32_768.0),
            (2_147_483_648.0, DataType::I32, -2_147_483_648.0),
            (3.4e38, DataType::F32, f64::from(3.4e38_f32)),
            (-9_999.0, DataType::F32, -9_999.0),
            (3.4e38, DataType::F64, 3.4e38),
        ] {
            assert_eq!(
                as_decoded(sentinel, data_type),
                expected,
                "{sentinel} {data_type:?}"
            );
        }
    }
}
