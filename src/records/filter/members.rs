//! Is there such a member in any record? The JSON Schemas know.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Step;
use crate::records::schema::{RECORDS, schema};

/// Says what is wrong with a path: which step, and what was probably meant.
pub(super) fn check(path: &[Step]) -> Result<(), String> {
    let roots: Vec<Value> = RECORDS
        .iter()
        .filter_map(|record| schema(record))
        .map(|schema| schema.to_value())
        .collect();
    let mut places: Vec<(&Value, &Value)> = roots.iter().map(|root| (root, root)).collect();
    let mut before = String::new();
    for step in path {
        let Step::Member(name) = step else {
            places = places.iter().flat_map(|place| alternatives(*place)).collect();
            places = places
                .iter()
                .map(|(root, place)| (*root, place.get("items").unwrap_or(&Value::Bool(true))))
                .collect();
            continue;
        };
        let mut known = BTreeSet::new();
        let mut next = Vec::new();
        let mut open = false;
        for (root, object) in places.iter().flat_map(|place| through_lists(*place)) {
            let members = object.get("properties").and_then(Value::as_object);
            if let Some(members) = members {
                known.extend(members.keys().map(String::as_str));
                if let Some(member) = members.get(name) {
                    next.push((root, member));
                    continue;
                }
            }
            match object.get("additionalProperties") {
                Some(Value::Bool(false)) => {}
                Some(any @ Value::Object(_)) => next.push((root, any)),
                // Beyond what a schema knows, such as the members of a point.
                _ => open |= object.get("type").is_none_or(|kind| kind == "object"),
            }
        }
        // A name that is nearly one of the listed is a mistake also where others may follow.
        open &= crate::site::suggest::nearest(name, known.iter().copied()).is_none();
        if open && next.is_empty() {
            return Ok(());
        }
        if next.is_empty() {
            return Err(unknown(&before, name, &known));
        }
        places = next;
        before = if before.is_empty() {
            name.clone()
        } else {
            format!("{before}.{name}")
        };
    }
    Ok(())
}

fn unknown(before: &str, name: &str, known: &BTreeSet<&str>) -> String {
    let whole = |member: &str| {
        if before.is_empty() {
            member.to_owned()
        } else {
            format!("{before}.{member}")
        }
    };
    let nearest = crate::site::suggest::nearest(name, known.iter().copied());
    match nearest {
        Some(nearest) => format!(
            "no record has a member {:?}; did you mean {}?",
            whole(name),
            whole(nearest)
        ),
        None if known.is_empty() => format!("{before} has no members"),
        None => {
            let some: Vec<&str> = known.iter().copied().take(40).collect();
            let of = if before.is_empty() { "records" } else { before };
            format!(
                "no record has a member {:?}; {of} have {}",
                whole(name),
                some.join(", ")
            )
        }
    }
}

/// What a place may be: references and alternatives followed.
fn alternatives<'a>((root, place): (&'a Value, &'a Value)) -> Vec<(&'a Value, &'a Value)> {
    let mut found = Vec::new();
    let mut open = vec![place];
    while let Some(place) = open.pop() {
        if let Some(name) = place.get("$ref").and_then(Value::as_str) {
            open.extend(name.strip_prefix('#').and_then(|pointer| root.pointer(pointer)));
            continue;
        }
        let lists = ["anyOf", "oneOf", "allOf"];
        let several: Vec<&Value> = lists
            .iter()
            .filter_map(|key| place.get(*key)?.as_array())
            .flatten()
            .collect();
        if several.is_empty() {
            found.push((root, place));
        }
        open.extend(several);
    }
    found
}

/// The same, with lists replaced by what they hold.
fn through_lists<'a>(place: (&'a Value, &'a Value)) -> Vec<(&'a Value, &'a Value)> {
    alternatives(place)
        .into_iter()
        .flat_map(|(root, place)| match place.get("items") {
            Some(items) => alternatives((root, items)),
            None => vec![(root, place)],
        })
        .collect()
}
