//! Who may command, when, and in which order: writers, permissive, cycle, sbo, limit-write, bypass, schedule, sequence.

use super::super::super::fields::{choice, text};
use super::super::super::toml_reader::ValueKind;
use super::super::super::{Expression, PrincipalId, RuleKind, SelectBeforeOperate};
use super::super::rule::{Kinds, alone};
use super::super::rule_reader::RuleReader;

/// A select is good for so long when the site does not say (a common default of outstations).
pub(in super::super) const SELECT_TIMEOUT: i64 = 10_000_000_000;
/// Selects that are never operated, an hour: an operator who changes his mind is no incident.
pub(in super::super) const ORPHANS_AN_HOUR: u32 = 5;
/// Time for each step of a sequence when the site does not say.
const STEP_DEADLINE: i64 = 3_600_000_000_000;
/// The engine keeps so many times for each tag (site-and-rules 1.5).
const RING: i64 = 16;

fn listed(reader: &mut RuleReader<'_>, key: &'static str) -> Option<Vec<PrincipalId>> {
    let names = reader.fields.texts(key, reader.context)?;
    Some(super::super::tag::principals(
        &names,
        reader.names,
        reader.context,
    ))
}

/// `tag`, `writers`.
pub(super) fn writers(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let Some(allowed) = listed(reader, "writers") else {
        reader.missing(
            "writers",
            "list who may write, such as `writers = [\"hmi1\"]`; an empty list is nobody",
        );
        return None;
    };
    Some(alone(RuleKind::Writers { tags: tags?, allowed }))
}

/// `on`, `require`.
pub(super) fn permissive(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let on = match reader.fields.get("on") {
        Some(value) => reader.event(value, "on"),
        None => {
            reader.missing(
                "on",
                "say for which command, as in `on = \"write P201.CMD == 1\"`",
            );
            None
        }
    };
    let require = needed_condition(
        reader,
        "require",
        "say what must be true, as in `require = \"FIT201 > 5\"`",
    );
    Some(alone(RuleKind::Permissive {
        on: on?,
        require: require?,
    }))
}

/// A condition that must be there.
pub(super) fn needed_condition(
    reader: &mut RuleReader<'_>,
    key: &'static str,
    help: &str,
) -> Option<Expression> {
    if reader.fields.get(key).is_none() {
        reader.missing(key, help);
        return None;
    }
    reader.condition(key)
}

/// `tag`, `min_gap`, `max`, `window`, `count_same`.
pub(super) fn cycle(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let min_gap = reader.fields.duration(&["min_gap"], reader.context);
    let max = reader
        .fields
        .whole("max", 1..=RING, reader.context)
        .and_then(|max| u32::try_from(max).ok());
    if reader.fields.any(&["min_gap", "max"]).is_none() {
        reader.missing_any(
            &["min_gap", "max"],
            "give `min_gap`, the shortest time between opposite commands, or `max` and `window`, or both",
        );
        return None;
    }
    let window = if reader.fields.get("max").is_some() {
        reader.needed_duration(
            "window",
            "`max` commands in which time? Such as `window = \"10m\"`",
        )
    } else {
        reader.fields.duration(&["window"], reader.context).or(min_gap)
    };
    let count_same = reader.fields.truth("count_same", reader.context).unwrap_or(false);
    Some(alone(RuleKind::Cycle {
        tags: tags?,
        min_gap,
        max,
        window: window?,
        count_same,
    }))
}

/// `tag`, `need`, `timeout`, `orphans`.
pub(super) fn sbo(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    const NEEDS: [(&str, SelectBeforeOperate); 2] = [
        ("required", SelectBeforeOperate::Required),
        ("matching", SelectBeforeOperate::Matching),
    ];
    let tags = reader.tags("tag");
    let need = match reader.fields.get("need") {
        Some(value) => text(value, "need", reader.context)
            .and_then(|word| choice(word, value.span, "need", &NEEDS, reader.context)),
        None => Some(SelectBeforeOperate::Required),
    };
    let timeout = reader
        .fields
        .duration(&["timeout"], reader.context)
        .unwrap_or(SELECT_TIMEOUT);
    let orphans = reader
        .fields
        .whole("orphans", 0..=1_000, reader.context)
        .and_then(|orphans| u32::try_from(orphans).ok())
        .unwrap_or(ORPHANS_AN_HOUR);
    Some(alone(RuleKind::Sbo {
        tags: tags?,
        need: need?,
        timeout,
        orphans_per_hour: orphans,
    }))
}

/// `tag`, `except`.
pub(super) fn limit_write(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let except = listed(reader, "except").unwrap_or_default();
    Some(alone(RuleKind::LimitWrite { tags: tags?, except }))
}

/// `tag`, `max`.
pub(super) fn bypass(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let longest = reader.fields.duration(&["max"], reader.context);
    Some(alone(RuleKind::Bypass { tags: tags?, longest }))
}

/// `tag`, and `allowed`, `window`, `mode`, of which every one that is given must hold.
pub(super) fn schedule(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let mut parts = Vec::new();
    let mut complete = true;
    if reader.fields.get("allowed").is_some() {
        match reader.condition("allowed") {
            Some(condition) => parts.push(condition),
            None => complete = false,
        }
    }
    for (key, known) in [("window", &reader.names.windows), ("mode", &reader.names.modes)] {
        let Some(names) = reader.fields.texts(key, reader.context) else {
            continue;
        };
        let mut any: Option<Expression> = None;
        for (name, span) in names {
            let Some((index, _)) = known.get(name) else {
                let names = super::super::super::names::sorted(known);
                let help = if names.is_empty() {
                    format!("declare it in plant.toml: `[{key}.{name}]`")
                } else {
                    super::super::super::suggest::help(name, &names)
                };
                reader
                    .context
                    .problems
                    .error(span, format!("there is no {key} `{name}`"))
                    .help(help);
                complete = false;
                continue;
            };
            let name = super::super::super::Name {
                name: name.to_owned(),
                index: *index,
            };
            let one = if key == "window" {
                Expression::Window(name)
            } else {
                Expression::Mode(name)
            };
            any = Some(match any {
                Some(before) => Expression::Or(before.into(), one.into()),
                None => one,
            });
        }
        parts.extend(any);
    }
    if !complete {
        return None;
    }
    let Some(allowed) = parts
        .into_iter()
        .reduce(|before, part| Expression::And(before.into(), part.into()))
    else {
        reader.missing_any(
            &["allowed", "window", "mode"],
            "say when writes are allowed: `window = \"DAY\"`, `mode = \"RUN\"`, or a condition such as `allowed = \"KEY == 1\"`",
        );
        return None;
    };
    Some(alone(RuleKind::Schedule { tags: tags?, allowed }))
}

/// `steps`, `forbid_first`, `deadline`.
pub(super) fn sequence(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    const HELP: &str =
        "list the steps in order, as in `steps = [\"change FAN.RUN == 1\", \"write BURNER.CMD == 1\"]`";
    let Some(value) = reader.fields.get("steps") else {
        reader.missing("steps", HELP);
        return None;
    };
    let ValueKind::List(items) = &value.kind else {
        super::super::super::fields::wrong_type(value, "steps", "a list of events", reader.context)
            .help(HELP);
        return None;
    };
    if items.len() < 2 {
        reader
            .context
            .problems
            .error(value.span, "a sequence has at least two steps")
            .help(HELP);
        return None;
    }
    let steps: Vec<_> = items.iter().map(|item| reader.event(item, "steps")).collect();
    let forbid_first = match reader.fields.get("forbid_first") {
        Some(value) => reader.event(value, "forbid_first").map(Some),
        None => Some(None),
    };
    let deadline = reader
        .fields
        .duration(&["deadline"], reader.context)
        .unwrap_or(STEP_DEADLINE);
    Some(alone(RuleKind::Sequence {
        steps: steps.into_iter().collect::<Option<Vec<_>>>()?,
        forbid_first: forbid_first?,
        deadline,
    }))
}
