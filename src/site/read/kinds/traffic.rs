//! What happens on the wire: count, silence, baseline, sanity.

use super::super::super::fields::{choice, text};
use super::super::super::names::sorted;
use super::super::super::{Distinct, RuleKind, TagSet, suggest};
use super::super::rule::{Kinds, alone};
use super::super::rule_reader::RuleReader;

/// Counted exactly up to 64, beyond that by parts of the window (site-and-rules 1.5); tags and devices can be told apart
/// up to a number that no site reaches.
const LARGEST: i64 = 1_000_000;
const TOLD_APART: i64 = 4_095;

/// `on`, `distinct`, `max`, `window`, `per`.
pub(super) fn count(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    const DISTINCT: [(&str, Distinct); 2] = [("tag", Distinct::Tag), ("device", Distinct::Device)];
    const PER: [(&str, bool); 2] = [("site", false), ("principal", true)];
    let on = match reader.fields.get("on") {
        Some(value) => reader.event(value, "on"),
        None => {
            reader.missing("on", "say what is counted, as in `on = \"write role sp\"`");
            None
        }
    };
    let distinct = match reader.fields.get("distinct") {
        None => Some(None),
        Some(value) => text(value, "distinct", reader.context)
            .and_then(|word| choice(word, value.span, "distinct", &DISTINCT, reader.context))
            .map(Some),
    };
    let largest = match distinct {
        Some(Some(_)) => TOLD_APART,
        _ => LARGEST,
    };
    let max = match reader.fields.get("max") {
        Some(_) => reader
            .fields
            .whole("max", 0..=largest, reader.context)
            .and_then(|max| u32::try_from(max).ok()),
        None => {
            reader.missing("max", "give the number that is still allowed");
            None
        }
    };
    let window = reader.needed_duration("window", "in which time? Such as `window = \"2m\"`");
    let per_principal = match reader.fields.get("per") {
        None => Some(false),
        Some(value) => text(value, "per", reader.context)
            .and_then(|word| choice(word, value.span, "per", &PER, reader.context)),
    };
    Some(alone(RuleKind::Count {
        on: on?,
        distinct: distinct?,
        max: max?,
        window: window?,
        per_principal: per_principal?,
    }))
}

/// Devices that are counted as falling silent together.
const STATIONS: i64 = 1_000;

/// `tag` or `device`, `max`, `stations`.
pub(super) fn silence(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let longest = match reader
        .fields
        .get("max")
        .and_then(super::super::super::toml_reader::Value::text)
    {
        Some("auto") => None,
        _ => reader.fields.duration(&["max"], reader.context),
    };
    let listed = reader.fields.texts("device", reader.context);
    let tags = match (&listed, reader.fields.get("tag")) {
        (Some(_), None) => Some(TagSet::Tags(Vec::new())),
        (None, None) => {
            reader.missing_any(
                &["tag", "device"],
                "say what must be heard of, as in `device = \"plc3\"`",
            );
            None
        }
        (_, Some(_)) => reader.tags("tag"),
    };
    let mut devices = Vec::new();
    for (name, span) in listed.unwrap_or_default() {
        match reader.names.devices.get(name) {
            Some((device, _)) => devices.push(*device),
            None => {
                let help = suggest::help(name, &sorted(&reader.names.devices));
                reader
                    .context
                    .problems
                    .error(span, format!("there is no device `{name}`"))
                    .help(help);
                return None;
            }
        }
    }
    let stations = match reader.fields.get("stations") {
        None => None,
        Some(_) => {
            let whole = reader.fields.whole("stations", 2..=STATIONS, reader.context)?;
            Some(usize::try_from(whole).ok()?)
        }
    };
    Some(alone(RuleKind::Silence {
        tags: tags?,
        devices,
        longest,
        stations,
    }))
}

/// `tag`, all of them when left out.
pub(super) fn sanity(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = if reader.fields.get("tag").is_some() {
        reader.tags("tag")?
    } else {
        TagSet::Tags(reader.site.tag_ids().map(|(id, _)| id).collect())
    };
    Some(alone(RuleKind::Sanity { tags }))
}

/// Learned limits are not rules that are written by hand.
pub(super) fn baseline(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    reader
        .context
        .problems
        .warning(
            reader.fields.span,
            format!(
                "{} does nothing: learned limits stand in baseline.toml",
                reader.what
            ),
        )
        .help("run `tapglass learn` on an ordinary day; it writes baseline.toml, whose rules are armed by themselves");
    None
}
