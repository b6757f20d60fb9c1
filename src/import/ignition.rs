//! Tag export of Ignition 8 as JSON.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::ImportError;
use super::draft::{Draft, number};
use super::ignition_tag::{self, Alarm, Tag};
use super::lines::Lines;

/// Folders inside folders; more would be no folders.
const DEEPEST: usize = 32;

type Object<'a> = BTreeMap<String, &'a RawValue>;

/// Where things stand: values are looked at in place.
struct Places<'a> {
    text: &'a str,
    lines: Lines<'a>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            lines: Lines::new(text),
        }
    }

    fn of(&self, value: &RawValue) -> (u32, u32) {
        let offset = (value.get().as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        self.lines.place(offset)
    }
}

/// Reads an export: a folder, a tag, or a list of these.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), ImportError> {
    let places = Places::new(text);
    let root: &RawValue = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    // The name of the folder that was exported is no part of the names below it.
    let mut items = match serde_json::from_str::<Vec<&RawValue>>(root.get()) {
        Ok(items) => items
            .into_iter()
            .map(|item| (String::new(), item, 0))
            .collect::<Vec<_>>(),
        Err(_) => {
            let object = object(root)
                .ok_or_else(|| ImportError::new(Some((1, 1)), "this is no tag export of Ignition"))?;
            match members(&object) {
                Some(members) => members.into_iter().map(|item| (String::new(), item, 0)).collect(),
                None => vec![(String::new(), root, 0)],
            }
        }
    };
    items.reverse();
    while let Some((path, value, depth)) = items.pop() {
        let place = places.of(value);
        let Some(object) = object(value) else {
            draft.lost(place, "this is no tag", "export the tags again");
            continue;
        };
        let name = string(&object, "name");
        let path = if path.is_empty() {
            name
        } else {
            format!("{path}/{name}")
        };
        let kind = string(&object, "tagType");
        if kind == "UdtType" || path == "_types_" {
            // Definitions are no points; their instances are.
            continue;
        }
        let members = members(&object);
        if let Some(members) = members {
            if depth >= DEEPEST {
                draft.lost(
                    place,
                    format!("`{path}` is nested too deep"),
                    "export the inner folder by itself",
                );
                continue;
            }
            items.extend(
                members
                    .into_iter()
                    .rev()
                    .map(|item| (path.clone(), item, depth + 1)),
            );
            continue;
        }
        if matches!(kind.as_str(), "Folder" | "Provider") {
            continue;
        }
        draft.read += 1;
        if let Some(tag) = tag(path, &object, place, &places, draft)
            && let Some(point) = ignition_tag::point(&tag, draft)
        {
            draft.points.push(point);
        }
    }
    ignition_tag::devices(draft);
    Ok(())
}

fn unreadable(error: &serde_json::Error) -> ImportError {
    let place = (
        u32::try_from(error.line()).unwrap_or(u32::MAX),
        u32::try_from(error.column()).unwrap_or(u32::MAX),
    );
    ImportError::new(
        Some(place),
        format!("this is not readable JSON: {error}; export the tags again"),
    )
}

fn object(value: &RawValue) -> Option<Object<'_>> {
    serde_json::from_str(value.get()).ok()
}

fn members<'a>(object: &Object<'a>) -> Option<Vec<&'a RawValue>> {
    serde_json::from_str(object.get("tags")?.get()).ok()
}

/// A text; empty when it is none, such as a binding of a parameter.
fn string(object: &Object<'_>, key: &str) -> String {
    object
        .get(key)
        .and_then(|value| serde_json::from_str::<String>(value.get()).ok())
        .unwrap_or_default()
}

fn numeric(object: &Object<'_>, key: &str) -> Option<f64> {
    let value = object.get(key)?.get();
    number(value.trim_matches('"'))
}

fn tag(
    path: String,
    object: &Object<'_>,
    place: (u32, u32),
    places: &Places<'_>,
    draft: &mut Draft,
) -> Option<Tag> {
    let source = string(object, "valueSource");
    if !matches!(source.as_str(), "" | "opc") {
        draft.lost(
            place,
            format!("`{path}` is made inside Ignition ({source})"),
            "it is not on the wire; nothing to do",
        );
        return None;
    }
    let item = string(object, "opcItemPath");
    let item_place = object.get("opcItemPath").map_or(place, |value| places.of(value));
    if item.is_empty() {
        let what = if object.contains_key("opcItemPath") {
            format!("the address of `{path}` is made of parameters")
        } else {
            format!("`{path}` has no address")
        };
        draft.lost(item_place, what, "add the tag to tags.csv by hand");
        return None;
    }
    if object.get("enabled").is_some_and(|value| value.get() == "false") {
        draft.lost(
            place,
            format!("`{path}` is disabled"),
            "enable it in Ignition, or add it to tags.csv by hand",
        );
        return None;
    }
    for key in [
        "rawLow",
        "rawHigh",
        "scaledLow",
        "scaledHigh",
        "engLow",
        "engHigh",
        "engUnit",
    ] {
        if let Some(value) = object.get(key)
            && value.get().starts_with('{')
        {
            draft.lost(
                places.of(value),
                format!("`{key}` of `{path}` is made of parameters"),
                "set it in tags.csv",
            );
        }
    }
    let description = match string(object, "documentation") {
        text if text.is_empty() => string(object, "tooltip"),
        text => text,
    };
    Some(Tag {
        name: path,
        item,
        server: string(object, "opcServer"),
        data_type: string(object, "dataType"),
        read_only: object.get("readOnly").is_some_and(|value| value.get() == "true"),
        scale_mode: string(object, "scaleMode"),
        raw: (numeric(object, "rawLow"), numeric(object, "rawHigh")),
        scaled: (numeric(object, "scaledLow"), numeric(object, "scaledHigh")),
        clamp: string(object, "clampMode"),
        unit: string(object, "engUnit"),
        engineering: (numeric(object, "engLow"), numeric(object, "engHigh")),
        description,
        alarms: alarms(object, places),
        place,
        item_place,
    })
}

fn alarms(object: &Object<'_>, places: &Places<'_>) -> Vec<Alarm> {
    let Some(listed) = object
        .get("alarms")
        .and_then(|value| serde_json::from_str::<Vec<&RawValue>>(value.get()).ok())
    else {
        return Vec::new();
    };
    listed
        .into_iter()
        .map(|value| {
            let alarm = self::object(value).unwrap_or_default();
            Alarm {
                name: string(&alarm, "name"),
                mode: string(&alarm, "mode"),
                setpoint: numeric(&alarm, "setpointA"),
                place: places.of(value),
            }
        })
        .collect()
}
