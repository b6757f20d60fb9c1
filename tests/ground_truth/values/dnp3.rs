//! Values of DNP3 messages.

use serde_json::Value;

use super::{Adder, integer, names, same_number, same_time};

/// Groups whose flags octet carries the state of the point too: double-bit and single-bit.
const DOUBLE: [u64; 2] = [3, 4];
const SINGLE: [u64; 4] = [1, 2, 10, 11];

pub(super) fn compare(truth: &Value, found: &Value, to: &mut Adder<'_>) {
    let (expected, got) = (&truth["dnp3"], &found["dnp3"]);
    to.numbers(&["source", "destination"], expected, got);
    if truth["kind"] == "link" {
        let link = &expected["link"];
        let set = |bit: &str| integer(&link[bit]).is_some_and(|bit| bit != 0);
        to.number("link.primary", &link["primary"], &got["link"]["primary"]);
        if set("fcv") {
            to.number("link.fcb", &link["fcb"], &got["link"]["fcb"]);
        }
        // In a secondary frame the bit is DFC.
        if set("primary") {
            to.number("link.fcv", &link["fcv"], &got["link"]["fcv"]);
        }
    }
    if let Some(control) = expected["control"].as_object() {
        for (member, bit) in control {
            to.number(&format!("control.{member}"), bit, &got["control"][member]);
        }
    }
    if !expected["iin"].is_null() {
        let same = names::indications(&got["iin"]) == integer(&expected["iin"]);
        to.add("iin", same, &expected["iin"], &got["iin"]);
    }
    let Some(objects) = expected["objects"].as_array() else {
        return;
    };
    let partial = truth["partial"] == true;
    for (place, object) in objects.iter().enumerate() {
        self::object(object, &got["objects"][place], partial, to);
    }
    let length = got["objects"].as_array().map_or(0, Vec::len);
    to.length("objects", objects.len(), length, partial);
}

fn object(expected: &Value, got: &Value, partial: bool, to: &mut Adder<'_>) {
    for member in ["group", "variation", "qualifier", "start", "stop", "count"] {
        if !expected[member].is_null() {
            to.number(&format!("objects.{member}"), &expected[member], &got[member]);
        }
    }
    let none = Vec::new();
    let points = expected["points"].as_array().unwrap_or(&none);
    let got_points = got["points"].as_array().unwrap_or(&none);
    let bare = points.iter().all(|point| {
        point
            .as_object()
            .is_none_or(|point| point.keys().all(|member| member == "index"))
    });
    // The range of a header without data says it all.
    if bare && (!expected["start"].is_null() || got_points.is_empty()) {
        return;
    }
    let group = expected["group"].as_u64().unwrap_or(0);
    for (place, point) in points.iter().enumerate() {
        self::point(group, point, got_points.get(place).unwrap_or(&Value::Null), to);
    }
    if !bare {
        to.length("points", points.len(), got_points.len(), partial);
    }
}

fn point(group: u64, expected: &Value, got: &Value, to: &mut Adder<'_>) {
    let Some(members) = expected.as_object() else {
        return;
    };
    for (member, value) in members {
        let found = &got[member];
        let same = match member.as_str() {
            "value" => same_value(value, found),
            "flags" => same_flags(group, value, found),
            "time" => same_time(value, found),
            "control_code" | "status" | "index" | "count" | "on_ms" | "off_ms" => {
                same_number(value, found, 0.0)
            }
            _ => continue,
        };
        to.add(&format!("points.{member}"), same, value, found);
    }
}

fn same_value(expected: &Value, found: &Value) -> bool {
    let special = |text: &str| matches!(text, "NaN" | "Infinity" | "-Infinity");
    if let Some(text) = expected.as_str().filter(|text| !special(text)) {
        let hexadecimal = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        return match found {
            Value::String(found) => text == found || hexadecimal(found) == text,
            found => same_number(expected, found, 0.0),
        };
    }
    same_number(expected, found, if expected.is_f64() { 1e-6 } else { 0.0 })
}

fn same_flags(group: u64, expected: &Value, found: &Value) -> bool {
    let state = if DOUBLE.contains(&group) {
        0xc0
    } else if SINGLE.contains(&group) {
        0x80
    } else {
        0
    };
    match (integer(expected), names::flags(found)) {
        (Some(expected), Some(found)) => expected & !state == found & !state,
        _ => false,
    }
}
