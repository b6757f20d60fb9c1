//! `[tag."X"]` and the rows of tags.csv.

use tapglass_model::Table as PointTable;

use super::super::address;
use super::super::fields::{Context, Fields, choice, text};
use super::super::names::{Names, sorted};
use super::super::source::Span;
use super::super::toml_reader::{Table, ValueKind};
use super::super::{
    Address, Bits, DataType, Device, DeviceId, Location, PrincipalId, Protocol, Role, Tag, suggest,
};

use super::tag_values;

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
        scale: tag_values::scale(&fields, context).unwrap_or_default(),
        unit: fields.text_or_empty("unit", context).trim().to_owned(),
        role,
        safe: fields.pair("safe", context),
        range: fields.pair("range", context),
        step: fields.positive(&["step"], context),
        rate: fields.positive(&["rate"], context),
        deadband: fields.positive(&["deadband"], context),
        resolution: fields.positive(&["res"], context),
        invalid: tag_values::invalid(&fields, context),
        max_age: tag_values::max_age(&fields, context),
        writers: writers(&fields, names, context),
        feedback: None,
        states: tag_values::states(&fields, context),
        crob: tag_values::crob(&fields, context),
        sbo_required: tag_values::sbo(&fields, context),
        max_bypass: fields.duration(&["max_bypass"], context),
        area: fields.text_or_empty("area", context),
        description: fields.text_or_empty("desc", context),
        check: fields.text_or_empty("check", context),
        why: fields.text_or_empty("why", context),
        location: location(written.span, context),
    };
    if let Some(owner) = owner {
        tag.data_type = data_type(&fields, &tag, owner, context);
        for sentinel in &mut tag.invalid {
            *sentinel = tag_values::as_decoded(*sentinel, tag.data_type);
        }
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
