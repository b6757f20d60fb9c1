//! `[tag."X"]` and the rows of tags.csv.

use tapglass_model::Table as PointTable;

use super::super::address;
use super::super::fields::{Context, Fields, choice, number, pair_of, text, wrong_type};
use super::super::names::{Names, sorted};
use super::super::source::Span;
use super::super::toml_reader::{Table, Value, ValueKind};
use super::super::{
    Address, Bits, CrobStates, DataType, Device, DeviceId, Location, PrincipalId, Protocol, Role, Scale,
    State, Tag, suggest,
};

/// A tag as written, in either form.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Written<'a> {
    pub(in super::super) name: &'a str,
    pub(in super::super) span: Span,
    pub(in super::super) table: &'a Table,
}

/// The keys of a tag, which are the columns of tags.csv too.
pub(in super::super) const KEYS: [&str; 25] = [
    "at",
    "type",
    "order",
    "bits",
    "scale",
    "unit",
    "role",
    "safe",
    "range",
    "step",
    "rate",
    "deadband",
    "res",
    "invalid",
    "max_age",
    "writers",
    "feedback",
    "states",
    "crob",
    "sbo",
    "max_bypass",
    "area",
    "desc",
    "check",
    "why",
];

const TYPES: [(&str, DataType); 12] = [
    ("bool", DataType::Bool),
    ("u16", DataType::U16),
    ("i16", DataType::I16),
    ("u32", DataType::U32),
    ("i32", DataType::I32),
    ("u64", DataType::U64),
    ("i64", DataType::I64),
    ("f32", DataType::F32),
    ("f64", DataType::F64),
    ("bcd16", DataType::Bcd16),
    ("bcd32", DataType::Bcd32),
    ("str", DataType::Str),
];

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

/// Where a span is, for people.
pub(in super::super) fn location(span: Span, context: &Context) -> Location {
    let (line, column) = context.sources.position(span);
    Location {
        file: context.sources.name(span.file).to_owned(),
        line,
        column,
    }
}

/// Reads one tag as far as it can be; its feedback is read later, when every tag is known.
pub(in super::super) fn read(
    written: Written<'_>,
    devices: &[Device],
    names: &Names,
    context: &mut Context,
) -> Tag {
    let what = format!("tag `{}`", written.name);
    let fields = Fields::new(written.table, written.span, &KEYS, &what, context);
    let place = place(&fields, &what, devices, names, context);
    // What cannot be placed was reported; more about its address would be noise.
    let owner = place
        .as_ref()
        .and_then(|(device, ..)| devices.get(device.0 as usize));
    let (device, address, bits) = place.unwrap_or((
        DeviceId(0),
        Address::Indexed {
            table: PointTable::Holding,
            index: 0,
        },
        None,
    ));
    let role = role(&fields, context);
    let mut tag = Tag {
        name: written.name.to_owned(),
        device,
        address,
        data_type: DataType::Implied,
        order: super::device::order(&fields, context)
            .or(owner.map(|device| device.order))
            .unwrap_or_default(),
        bits: read_bits(&fields, context).or(bits),
        scale: scale(&fields, context).unwrap_or_default(),
        unit: fields.text_or_empty("unit", context).trim().to_owned(),
        role,
        safe: fields.pair("safe", context),
        range: fields.pair("range", context),
        step: fields.positive(&["step"], context),
        rate: fields.positive(&["rate"], context),
        deadband: fields.positive(&["deadband"], context),
        resolution: fields.positive(&["res"], context),
        invalid: invalid(&fields, context),
        max_age: max_age(&fields, context),
        writers: writers(&fields, names, context),
        feedback: None,
        states: states(&fields, context),
        crob: crob(&fields, context),
        sbo_required: sbo(&fields, context),
        max_bypass: fields.duration(&["max_bypass"], context),
        area: fields.text_or_empty("area", context),
        description: fields.text_or_empty("desc", context),
        check: fields.text_or_empty("check", context),
        why: fields.text_or_empty("why", context),
        location: location(written.span, context),
    };
    if let Some(owner) = owner {
        tag.data_type = data_type(&fields, &tag, owner, context);
        super::tag_check::check(&fields, &tag, owner, context);
    }
    tag
}

/// Device, address and bits of `at`.
fn place(
    fields: &Fields<'_>,
    what: &str,
    devices: &[Device],
    names: &Names,
    context: &mut Context,
) -> Option<(DeviceId, Address, Option<Bits>)> {
    let Some(value) = fields.get("at") else {
        let dotted =
            fields.table.entries.iter().any(
                |entry| matches!(&entry.value.kind, ValueKind::Table(inner) if inner.get("at").is_some()),
            );
        if dotted {
            // The dot in the name was reported, and what is missing here is in the inner table.
            return None;
        }
        fields
            .missing("at", what, context)
            .help("say where it is: `at = \"device/address\"`, such as `\"plc3/40102\"`");
        return None;
    };
    let at = text(value, "at", context)?;
    let inside = context.sources.inside(value.span, at);
    let Some((device_name, point)) = address::split(at) else {
        context
            .problems
            .error(
                value.span,
                format!("`{at}` does not name a device and an address"),
            )
            .help("write `device/address`, such as `plc3/40102`, `rtu4/bo:3` or `boiler/ns=2;s=LT101`");
        return None;
    };
    let Some((device, _)) = names.devices.get(device_name) else {
        let help = if names.devices.is_empty() {
            format!("declare it: `[device.{device_name}]` with `proto` and `host`")
        } else {
            suggest::help(device_name, &sorted(&names.devices))
        };
        context
            .problems
            .error(
                inside.span(0..device_name.len()),
                format!("there is no device `{device_name}`"),
            )
            .label("not in the site")
            .help(help);
        return None;
    };
    let owner = devices.get(device.0 as usize)?;
    match address::parse(owner.protocol, owner.base, point) {
        Ok((address, bits)) => Some((*device, address, bits)),
        Err(error) => {
            context
                .problems
                .error(inside.span(device_name.len() + 1..at.len()), error.message)
                .help(error.help);
            None
        }
    }
}

fn role(fields: &Fields<'_>, context: &mut Context) -> Option<Role> {
    let value = fields.get("role")?;
    let word = text(value, "role", context)?;
    let known: Vec<(&'static str, Role)> = Role::ALL.into_iter().map(|role| (role.name(), role)).collect();
    choice(word, value.span, "role", &known, context)
}

/// The type; for registers it must be said, elsewhere the protocol carries it.
fn data_type(fields: &Fields<'_>, tag: &Tag, device: &Device, context: &mut Context) -> DataType {
    let value = fields.get("type");
    let said = value.and_then(|value| {
        let word = text(value, "type", context)?;
        choice(word, value.span, "type", &TYPES, context)
    });
    if device.protocol != Protocol::Modbus {
        if let (Some(value), Some(_)) = (value, said) {
            context
                .problems
                .warning(
                    value.span,
                    format!("`type` is not needed: {} carries it", device.protocol.name()),
                )
                .help("remove it");
        }
        return DataType::Implied;
    }
    let bit_table = matches!(
        tag.address,
        Address::Indexed {
            table: PointTable::Coil | PointTable::Discrete,
            ..
        }
    );
    match (said, value) {
        (Some(kind), Some(value)) if bit_table && kind != DataType::Bool => {
            context
                .problems
                .error(value.span, "a coil or discrete input is one bit")
                .help("write `type = \"bool\"`, or leave it out");
            DataType::Bool
        }
        (Some(kind), _) => kind,
        (None, Some(_)) => DataType::U16,
        (None, None) if bit_table || tag.bits.is_some_and(|bits| bits.low == bits.high) => DataType::Bool,
        (None, None) if tag.bits.is_some() => DataType::U16,
        (None, None) => {
            fields
                .missing("type", &format!("tag `{}`", tag.name), context)
                .help("registers do not say their type: add `type = \"u16\"`, `\"i16\"`, `\"f32\"` ... from the register list");
            DataType::U16
        }
    }
}

fn read_bits(fields: &Fields<'_>, context: &mut Context) -> Option<Bits> {
    let value = fields.get("bits")?;
    let owned;
    let text = match &value.kind {
        ValueKind::Integer(bit) => {
            owned = bit.to_string();
            owned.as_str()
        }
        _ => text(value, "bits", context)?,
    };
    match address::parse_bits(text) {
        Ok(bits) => Some(bits),
        Err(error) => {
            context.problems.error(value.span, error.message).help(error.help);
            None
        }
    }
}

/// `{ gain = 0.1, offset = 0.0 }`, `{ raw = [0, 27648], eu = [0, 100] }`, or a gain alone.
fn scale(fields: &Fields<'_>, context: &mut Context) -> Option<Scale> {
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

fn invalid(fields: &Fields<'_>, context: &mut Context) -> Vec<f64> {
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

fn max_age(fields: &Fields<'_>, context: &mut Context) -> Option<i64> {
    match fields.get("max_age")?.text() {
        Some("auto") => None,
        _ => fields.duration(&["max_age"], context),
    }
}

fn writers(fields: &Fields<'_>, names: &Names, context: &mut Context) -> Option<Vec<PrincipalId>> {
    let listed = fields.texts("writers", context)?;
    Some(principals(&listed, names, context))
}

/// The principals of a list of names; unknown ones are reported.
pub(in super::super) fn principals(
    listed: &[(&str, Span)],
    names: &Names,
    context: &mut Context,
) -> Vec<PrincipalId> {
    let mut found = Vec::new();
    for (name, span) in listed {
        match names.principal(name) {
            Some(principal) if found.contains(&principal) => {
                context
                    .problems
                    .warning(*span, format!("`{name}` is listed twice"));
            }
            Some(principal) => found.push(principal),
            None => {
                let help = if names.principals.is_empty() {
                    format!("declare it: `[principal.{name}]` with `ip`")
                } else {
                    suggest::help(name, &sorted(&names.principals))
                };
                context
                    .problems
                    .error(*span, format!("there is no principal `{name}`"))
                    .label("not in the site")
                    .help(help);
            }
        }
    }
    found
}

/// `{ 0 = "manual", 1 = "auto" }`, or a list of names from 0.
fn states(fields: &Fields<'_>, context: &mut Context) -> Vec<State> {
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
fn crob(fields: &Fields<'_>, context: &mut Context) -> CrobStates {
    let mut crob = CrobStates::default();
    let Some(table) = fields.table("crob", context) else {
        return crob;
    };
    let mut seen: Vec<String> = Vec::new();
    for entry in &table.entries {
        let mut operations = Vec::new();
        for (word, span) in super::super::fields::texts_of(&entry.value, "crob", context) {
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

fn sbo(fields: &Fields<'_>, context: &mut Context) -> bool {
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
