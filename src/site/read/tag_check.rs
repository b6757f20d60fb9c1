//! What the keys of one tag must have to do with each other.

use tapglass_model::Table;

use super::super::fields::{Context, Fields};
use super::super::{Address, DataType, Device, Protocol, Role, Tag};

/// Reports what does not go together.
pub(in super::super) fn check(fields: &Fields<'_>, tag: &Tag, device: &Device, context: &mut Context) {
    name(fields, tag, context);
    registers(fields, tag, device, context);
    limits(fields, tag, context);
    keys_of_protocols(fields, tag, device, context);
    role(fields, tag, context);
}

/// A name that cannot be quoted cannot be used in a rule.
fn name(fields: &Fields<'_>, tag: &Tag, context: &mut Context) {
    let both = tag.name.contains('"') && tag.name.contains('\'');
    if tag.name.trim().is_empty() || both || tag.name.chars().any(char::is_control) {
        context
            .problems
            .error(fields.span, "this name cannot be used for a tag")
            .help("use letters, digits, `_`, `.` and `-`");
    } else if tag.name.contains(['*', '?']) {
        context
            .problems
            .error(
                fields.span,
                "`*` and `?` are for patterns; the name of a tag may not hold them",
            )
            .help("use letters, digits, `_`, `.` and `-`");
    }
}

fn registers(fields: &Fields<'_>, tag: &Tag, device: &Device, context: &mut Context) {
    let Address::Indexed { table, index } = tag.address else {
        return;
    };
    if device.protocol != Protocol::Modbus {
        return;
    }
    let span = fields.get("at").map_or(fields.span, |value| value.span);
    let last = u64::from(index) + u64::from(tag.data_type.registers().max(1)) - 1;
    if last > 65_535 {
        context
            .problems
            .error(
                span,
                format!(
                    "the last register of this value would be {}:{last}, beyond 65535",
                    table.name()
                ),
            )
            .help("check the address and the `type`");
    }
    if let Some(bits) = tag.bits {
        let width = 16 * tag.data_type.registers().max(1);
        let span = fields.get("bits").map_or(span, |value| value.span);
        if u16::from(bits.high) >= width {
            context
                .problems
                .error(
                    span,
                    format!("there is no bit {} in a value of {width} bits", bits.high),
                )
                .help(format!(
                    "bits are counted from 0, the least significant, to {}",
                    width - 1
                ));
        } else if matches!(tag.data_type, DataType::F32 | DataType::F64 | DataType::Str) {
            context
                .problems
                .error(span, "a floating-point number or text has no bits to look at")
                .help("use `type = \"u16\"` or another whole number");
        }
    }
}

fn limits(fields: &Fields<'_>, tag: &Tag, context: &mut Context) {
    if let (Some((low, high)), Some((range_low, range_high)), Some(value)) =
        (tag.safe, tag.range, fields.get("safe"))
        && (low > range_high || high < range_low)
    {
        context
            .problems
            .error(
                value.span,
                format!(
                    "the safe band {low}..{high} is outside the instrument's range {range_low}..{range_high}"
                ),
            )
            .help("one of the two is in another unit or mistyped");
    }
    if let (Some((low, high)), Some(step), Some(value)) = (tag.safe, tag.step, fields.get("step"))
        && step > high - low
        && high > low
    {
        context
            .problems
            .warning(
                value.span,
                format!("a step of {step} is larger than the whole safe band {low}..{high}"),
            )
            .help("the step rule can only fire together with the envelope");
    }
    let Some((least, most)) = super::super::language::representable(tag) else {
        return;
    };
    if let (Some((low, high)), Some(value)) = (tag.safe, fields.get("safe"))
        && (low > most || high < least)
    {
        context
            .problems
            .error(
                value.span,
                format!(
                    "no value of this type and scale is in {low}..{high}: it goes from {least} to {most}"
                ),
            )
            .help("check `type` and `scale`; limits are in engineering units, after scaling");
    }
}

fn keys_of_protocols(fields: &Fields<'_>, tag: &Tag, device: &Device, context: &mut Context) {
    let table = match tag.address {
        Address::Indexed { table, .. } => Some(table),
        Address::Node { .. } => None,
    };
    let output = matches!(table, Some(Table::BinaryOutput | Table::AnalogOutput));
    for (key, fits, owner) in [
        (
            "order",
            device.protocol == Protocol::Modbus,
            "registers of Modbus",
        ),
        ("bits", device.protocol == Protocol::Modbus, "registers of Modbus"),
        (
            "crob",
            table == Some(Table::BinaryOutput),
            "binary outputs of DNP3",
        ),
        ("sbo", output, "outputs of DNP3"),
    ] {
        if !fits && let Some(entry) = fields.table.entry(key) {
            context
                .problems
                .error(entry.key_span, format!("`{key}` is for {owner}"))
                .help("remove it, or check `at`");
        }
    }
}

fn role(fields: &Fields<'_>, tag: &Tag, context: &mut Context) {
    let read_only = match tag.address {
        Address::Indexed { table, .. } => matches!(
            table,
            Table::Discrete
                | Table::Input
                | Table::BinaryInput
                | Table::DoubleBitInput
                | Table::Counter
                | Table::FrozenCounter
                | Table::AnalogInput
        ),
        Address::Node { .. } => false,
    };
    if read_only
        && let Some(role @ (Role::Setpoint | Role::Command)) = tag.role
        && let Some(value) = fields.get("role")
    {
        let Address::Indexed { table, .. } = tag.address else {
            return;
        };
        context
            .problems
            .error(
                value.span,
                format!(
                    "nobody can write `{}:`, so this cannot be a `{}`",
                    table.name(),
                    role.name()
                ),
            )
            .help("correct the address in `at`, or use the role `pv` or `fb`");
    }
    for (key, roles) in [
        ("max_bypass", &[Role::Bypass][..]),
        (
            "step",
            &[Role::Setpoint, Role::Limit, Role::Tuning, Role::Mode][..],
        ),
    ] {
        if let Some(role) = tag.role
            && !roles.contains(&role)
            && let Some(entry) = fields.table.entry(key)
        {
            let known: Vec<&str> = roles.iter().map(|role| role.name()).collect();
            context
                .problems
                .warning(
                    entry.key_span,
                    format!("`{key}` does nothing for a tag of role `{}`", role.name()),
                )
                .help(format!("it is for {}", super::super::suggest::list(&known)));
        }
    }
    if tag.role.is_none()
        && let Some(entry) = ["safe", "step", "rate", "feedback"]
            .into_iter()
            .find_map(|key| fields.table.entry(key))
    {
        context
            .problems
            .warning(
                entry.key_span,
                format!("`{}` does nothing: the tag has no `role`", entry.key),
            )
            .help("a tag without a role is watched and never alarmed; give it one, such as `role = \"pv\"`");
    }
}
