//! Values of OPC UA messages.

use serde_json::Value;

use super::{Adder, integer, names, same_number, same_time, text};

pub(super) fn compare(truth: &Value, found: &Value, to: &mut Adder<'_>) {
    let (expected, got) = (&truth["opcua"], &found["opcua"]);
    for member in ["channel", "token", "sequence", "request", "chunks"] {
        // A channel that is being opened has no token yet.
        if !(expected[member].is_null() || member == "token" && truth["kind"] == "open") {
            to.number(member, &expected[member], &got[member]);
        }
    }
    if expected["encrypted"] == true {
        to.add(
            "encrypted",
            got["encrypted"] == true,
            &expected["encrypted"],
            &got["encrypted"],
        );
    }
    let policy = |value: &Value| {
        text(value)
            .rsplit('#')
            .next()
            .map(names::plain)
            .unwrap_or_default()
    };
    if !policy(&expected["security_policy"]).is_empty() {
        let same = policy(&expected["security_policy"]) == policy(&got["security_policy"]);
        to.add(
            "security_policy",
            same,
            &expected["security_policy"],
            &got["security_policy"],
        );
    }
    if !truth["status"].is_null() {
        let status = &found["status"];
        let good = integer(&truth["status"]) == Some(0) && status.is_null();
        to.add(
            "status",
            good || same_number(&truth["status"], status, 0.0),
            &truth["status"],
            status,
        );
    }
    if !truth["response_to"].is_null() {
        to.number("response_to", &truth["response_to"], &found["response_to"]);
    }
    let Some(items) = expected["items"].as_array() else {
        return;
    };
    for (place, item) in items.iter().enumerate() {
        self::item("items", item, &got["items"][place], to);
    }
    let length = got["items"].as_array().map_or(0, Vec::len);
    to.length("items", items.len(), length, truth["partial"] == true);
}

fn item(of: &str, expected: &Value, got: &Value, to: &mut Adder<'_>) {
    let Some(members) = expected.as_object() else {
        return;
    };
    for (member, value) in members {
        let found = &got[member];
        let same = match member.as_str() {
            "node" | "object" | "method" if value.is_null() => continue,
            "node" | "object" | "method" => same_node(value, found),
            // The attribute Value goes without saying.
            "attribute" if found.is_null() => integer(value) == Some(13) && !got.is_null(),
            "attribute" => integer(value) == integer(found).or_else(|| names::attribute(text(found))),
            "type" => same_type(value, found),
            "value" => match same_value(text(&expected["type"]), value, found) {
                Some(same) => same,
                None => continue,
            },
            "status" => {
                same_number(value, found, 0.0)
                    || integer(value) == Some(0) && found.is_null() && !got.is_null()
            }
            "source_time" | "server_time" => same_time(value, found),
            "index_range" => value == found,
            "arguments" => {
                let none = Vec::new();
                for (place, argument) in value.as_array().unwrap_or(&none).iter().enumerate() {
                    item(&format!("{of}.arguments"), argument, &found[place], to);
                }
                continue;
            }
            _ => continue,
        };
        to.add(&format!("{of}.{member}"), same, value, found);
    }
}

/// The truth writes nodes with their index; a record may use the URI when it was learned, which is compared by its end.
fn same_node(expected: &Value, found: &Value) -> bool {
    let found = text(found).trim_start_matches("ns=0;");
    let identifier = |node: &str| node.rsplit_once(';').map_or(node, |(_, id)| id).to_owned();
    if found.starts_with("nsu=") || found.starts_with("svr=") {
        return identifier(found) == identifier(text(expected));
    }
    text(expected) == found
}

fn same_type(expected: &Value, found: &Value) -> bool {
    let bare = |value: &Value| {
        let name = text(value);
        names::plain(name.split('[').next().unwrap_or(name))
    };
    expected == "Null" && found.is_null() || bare(expected) == bare(found)
}

/// `None` where the truth lost the value.
fn same_value(kind: &str, expected: &Value, found: &Value) -> Option<bool> {
    if let Some(list) = expected.as_array() {
        let Some(flat) = flat(found) else {
            return Some(false);
        };
        if list.len() != flat.len() {
            return Some(false);
        }
        return Some(
            list.iter()
                .zip(flat)
                .all(|(expected, found)| same_value(kind, expected, found) != Some(false)),
        );
    }
    if expected.is_null() {
        return Some(found.is_null() || found.as_array().is_some_and(Vec::is_empty));
    }
    Some(match kind {
        "Float" => same_number(expected, found, 1e-6),
        "Double" => same_number(expected, found, 1e-14),
        "DateTime" => same_time(expected, found),
        "Guid" => names::plain(text(expected)) == names::plain(text(found)),
        "NodeId" | "ExpandedNodeId" => same_node(expected, found),
        "String" | "ByteString" | "XmlElement" if text(expected).contains('\u{fffd}') => return None,
        "String" | "ByteString" | "XmlElement" => expected == found || found == "redacted",
        _ => same_number(expected, found, 0.0),
    })
}

/// The elements of an array or, row by row, of a matrix.
fn flat(value: &Value) -> Option<Vec<&Value>> {
    let mut elements = Vec::new();
    for element in value.as_array()? {
        match flat(element) {
            Some(inner) => elements.extend(inner),
            None => elements.push(element),
        }
    }
    Some(elements)
}
