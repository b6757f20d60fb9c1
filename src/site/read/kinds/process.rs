//! What the process does: interlock, feedback, uncommanded, mirror, balance, frozen, replay.

use super::super::super::fields::{Fields, texts_of, wrong_type};
use super::super::super::language::Wanted;
use super::super::super::source::Span;
use super::super::super::toml_reader::{Value, ValueKind};
use super::super::super::{Expression, RuleKind, Site, TagId};
use super::super::feedback;
use super::super::rule::{Kinds, alone};
use super::super::rule_reader::RuleReader;
use super::commands::needed_condition;

/// How far back a command counts when the site does not say.
pub(in super::super) const COMMAND_WINDOW: i64 = 10_000_000_000;

/// `when`, `then`, `within`.
pub(super) fn interlock(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let condition = needed_condition(
        reader,
        "when",
        "say when it applies, as in `when = \"FIT201 < 2\"`",
    );
    let then = needed_condition(
        reader,
        "then",
        "say what must be true then, as in `then = \"obs(P201.CMD) == 0\"`",
    );
    let within = if reader.fields.get("within").is_some() {
        reader.fields.duration(&["within"], reader.context)
    } else {
        reader.missing("within", "give the time to get there, such as `within = \"15s\"`");
        None
    };
    Some(alone(RuleKind::Interlock {
        condition: condition?,
        then: then?,
        within: within?,
    }))
}

/// `tag`, and the keys of a feedback, or `feedback` as in plant.toml.
pub(super) fn feedback(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag")?;
    let Some(value) = reader.fields.get("feedback") else {
        reader.missing(
            "feedback",
            "name the tag that follows, as in `feedback = \"P201.RUN\"`",
        );
        return None;
    };
    let mut kinds = Vec::new();
    for tag in tags.tags() {
        let read = if value.text().is_some() {
            feedback::read_fields(
                &reader.fields,
                "feedback",
                *tag,
                reader.site,
                reader.names,
                reader.context,
            )
        } else {
            feedback::read(value, *tag, reader.site, reader.names, reader.context)
        };
        kinds.push((
            part(reader.site, *tag, tags.tags().len()),
            RuleKind::Follows {
                tag: *tag,
                feedback: read?,
            },
        ));
    }
    Some(kinds)
}

/// What tells the rules of several tags apart.
fn part(site: &Site, tag: TagId, count: usize) -> String {
    if count > 1 {
        site.tag_name(tag).to_owned()
    } else {
        String::new()
    }
}

/// `tag`, `commands`, `window`, `unless`.
pub(super) fn uncommanded(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let commands = reader
        .fields
        .get("commands")
        .map(|value| reader.tags_of(value, "commands"));
    let window = reader
        .fields
        .duration(&["window"], reader.context)
        .unwrap_or(COMMAND_WINDOW);
    let unless = match reader.fields.get("unless") {
        Some(_) => reader.condition("unless").map(Some),
        None => Some(None),
    };
    let tags = tags?;
    let mut pairs = Vec::new();
    for tag in tags.tags() {
        let found = match &commands {
            Some(commands) => commands.as_ref()?.tags().to_vec(),
            None => commands_of(reader.site, *tag),
        };
        if found.is_empty() {
            let name = reader.site.tag_name(*tag).to_owned();
            let span = reader
                .fields
                .get("tag")
                .map_or(reader.fields.span, |value| value.span);
            reader
                .context
                .problems
                .error(span, format!("no tag commands `{name}`, so every change of it would alarm"))
                .help(format!(
                    "give the command tag `feedback = {{ tag = \"{name}\" }}`, or list it here: `commands = [\"...\"]`"
                ));
            return None;
        }
        pairs.push((*tag, found));
    }
    Some(alone(RuleKind::Uncommanded {
        tags: pairs,
        window,
        unless: unless?,
    }))
}

/// The tags whose feedback this is.
pub(in super::super) fn commands_of(site: &Site, feedback: TagId) -> Vec<TagId> {
    site.tag_ids()
        .filter(|(_, tag)| {
            tag.feedback
                .as_ref()
                .is_some_and(|follows| follows.tag == feedback)
        })
        .map(|(id, _)| id)
        .collect()
}

/// `a`, `b`, `tol`, `for`: tags or expressions; of lists, pair by pair.
pub(super) fn mirror(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tolerance = if reader.fields.get("tol").is_some() {
        reader
            .fields
            .number("tol", reader.context)
            .filter(|tolerance| *tolerance >= 0.0)
    } else {
        reader.missing(
            "tol",
            "give the largest difference that is no fault, in the unit of `a`",
        );
        None
    };
    let skew = reader.needed_duration(
        "for",
        "give the time that they may differ, such as `for = \"30s\"`",
    );
    let first = sides(reader, "a");
    let second = sides(reader, "b");
    let (first, second, tolerance, skew) = (first?, second?, tolerance?, skew?);
    if first.len() != second.len() && second.len() != 1 {
        let span = reader
            .fields
            .get("b")
            .map_or(reader.fields.span, |value| value.span);
        reader
            .context
            .problems
            .error(
                span,
                format!("`a` has {} sides and `b` has {}", first.len(), second.len()),
            )
            .help("give `b` one side for each of `a`, or a single one");
        return None;
    }
    let count = first.len();
    let mut kinds = Vec::new();
    for (place, side) in first.into_iter().enumerate() {
        let other = second.get(place).or_else(|| second.last())?.clone();
        if let (Side::Tag(one), Side::Tag(two)) = (&side, &other)
            && one.1 == two.1
        {
            reader
                .context
                .problems
                .error(
                    two.0,
                    format!("`{}` is compared with itself", reader.site.tag_name(one.1)),
                )
                .help("name the other measurement of the same quantity");
            return None;
        }
        let name = match &side {
            Side::Tag((_, tag)) => part(reader.site, *tag, count),
            Side::Expression(_) if count > 1 => (place + 1).to_string(),
            Side::Expression(_) => String::new(),
        };
        let unit = match &side {
            Side::Tag((_, tag)) => reader.site.tag(*tag).map(|tag| tag.unit.clone()),
            Side::Expression(_) => None,
        };
        let a = side.expression(reader, "a", None)?;
        let b = other.expression(reader, "b", unit)?;
        kinds.push((
            name,
            RuleKind::Mirror {
                a,
                b,
                tolerance,
                skew,
            },
        ));
    }
    Some(kinds)
}

/// One side of a mirror: a tag by name, or an expression.
#[derive(Clone, Debug)]
enum Side {
    Tag((Span, TagId)),
    Expression(Value),
}

fn sides(reader: &mut RuleReader<'_>, key: &'static str) -> Option<Vec<Side>> {
    let Some(value) = reader.fields.get(key) else {
        reader.missing(key, "name two measurements of one quantity, `a` and `b`");
        return None;
    };
    let mut sides = Vec::new();
    for (text, span) in texts_of(value, key, reader.context) {
        if text.contains(['*', '?']) && !text.contains(' ') {
            for tag in reader.named_tags(text, span)? {
                sides.push(Side::Tag((span, tag)));
            }
        } else if let Some(tag) = reader.names.tag(text) {
            sides.push(Side::Tag((span, tag)));
        } else {
            sides.push(Side::Expression(Value {
                span,
                kind: ValueKind::Text(text.to_owned()),
            }));
        }
    }
    (!sides.is_empty()).then_some(sides)
}

impl Side {
    fn expression(
        self,
        reader: &mut RuleReader<'_>,
        key: &'static str,
        unit: Option<String>,
    ) -> Option<Expression> {
        match self {
            Self::Tag((span, tag)) => {
                let text = super::super::super::language::quoted(reader.site.tag_name(tag));
                let value = Value {
                    span,
                    kind: ValueKind::Text(text),
                };
                reader.expression(&value, key, &Wanted::Quantity(unit))
            }
            Self::Expression(value) => reader.expression(&value, key, &Wanted::Quantity(unit)),
        }
    }
}

/// `residual`, `limit`, `for`, `cusum`.
pub(super) fn balance(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let residual = match reader.fields.get("residual") {
        Some(value) => reader.expression(value, "residual", &Wanted::Quantity(None)),
        None => {
            reader.missing(
                "residual",
                "give what should stay near zero, as in `residual = \"FEED.F - STEAM.F\"`",
            );
            None
        }
    };
    let limit = reader.needed_number(&["limit"], "give the largest residual that is no fault");
    let lasting = reader.needed_duration("for", "give the time that it may last, such as `for = \"2m\"`");
    let cusum = match reader.fields.table("cusum", reader.context) {
        None => reader.fields.get("cusum").is_none().then_some(None),
        Some(table) => {
            let span = reader
                .fields
                .get("cusum")
                .map_or(reader.fields.span, |value| value.span);
            let cusum = Fields::new(table, span, &["k", "h", "bias"], "`cusum`", reader.context);
            let bias = cusum.duration(&["bias"], reader.context);
            let slack = cusum.positive(&["k"], reader.context);
            let threshold = cusum.positive(&["h"], reader.context);
            if cusum.get("k").is_none() || cusum.get("h").is_none() {
                cusum
                    .missing("k", "`cusum`", reader.context)
                    .help("write `cusum = { k = 1.5, h = 12 }`, both in the unit of the residual's noise");
            }
            slack
                .zip(threshold)
                .map(|(slack, threshold)| Some((slack, threshold, bias)))
        }
    };
    Some(alone(RuleKind::Balance {
        residual: residual?,
        limit: limit?,
        lasting: lasting?,
        cusum: cusum?,
    }))
}

/// `tag`, `for`, `driver`, `moved`.
pub(super) fn frozen(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let lasting = reader.fields.duration(&["for"], reader.context);
    let driver = match reader.fields.get("driver") {
        None => None,
        Some(value) if value.text().is_some() => {
            let driver = reader.one_tag("driver");
            let moved = reader.needed_number(&["moved"], "how far must the driver have moved, in its unit?");
            Some(driver?).zip(moved)
        }
        Some(value) => {
            wrong_type(value, "driver", "the name of a tag", reader.context)
                .help("write `driver = \"...\"` and `moved = 5`");
            return None;
        }
    };
    Some(alone(RuleKind::Frozen {
        tags: tags?,
        lasting,
        driver,
    }))
}

/// `tag`.
pub(super) fn replay(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag")?;
    Some(alone(RuleKind::Replay { tags }))
}
