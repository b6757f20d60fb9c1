//! `chatter`: an observed state does not change to and fro.

use super::super::super::RuleKind;
use super::super::super::roles::{CHATTER_MAX, CHATTER_WINDOW};
use super::super::rule::{Kinds, alone};
use super::super::rule_reader::RuleReader;

/// The engine keeps so many changes for each tag.
const RING: i64 = 64;

/// `tag`, `max`, `window`.
pub(super) fn chatter(reader: &mut RuleReader<'_>) -> Option<Kinds> {
    let tags = reader.tags("tag");
    let max = match reader.fields.get("max") {
        Some(_) => reader
            .fields
            .whole("max", 1..=RING, reader.context)
            .and_then(|max| u32::try_from(max).ok()),
        None => Some(CHATTER_MAX),
    };
    let window = match reader.fields.get("window") {
        Some(_) => reader.needed_duration("window", "in which time? Such as `window = \"1m\"`"),
        None => Some(CHATTER_WINDOW),
    };
    Some(alone(RuleKind::Chatter {
        tags: tags?,
        max: max?,
        window: window?,
    }))
}
