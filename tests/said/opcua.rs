//! OPC UA: `service`, `node` or `nodes` (NodeId text or the end of one), `value` or `values`, `value_len`, `method`, `args`;
//! `result` in the client's words; `data_changes` is how many notifications came in all.

use serde_json::Value;

use super::{Heard, Window, each, numbers, same, text};

pub(super) fn compare(said: &Value, heard: &mut Heard, differ: &mut impl FnMut(String)) {
    // What the server says was done to it is said by the client too.
    if said["side"] == "server" {
        return;
    }
    let service = match (text(&said["op"]), said["service"].as_str()) {
        ("find servers", _) => "FindServers",
        ("get endpoints", _) => "GetEndpoints",
        ("notifications", _) => return notifications(said, heard, differ),
        (_, Some(service)) => service,
        _ => return,
    };
    let window = Window::of(said);
    let is_request = |message: &Value| message["kind"] == "request" && message["opcua"]["service"] == service;
    let fits = |message: &Value| is_request(message) && request_differs(said, message).is_empty();
    let Some(request) = heard.claim(window, fits) else {
        let near: Vec<String> = heard
            .unclaimed()
            .filter(|message| window.has(message) && is_request(message))
            .flat_map(|message| request_differs(said, message))
            .collect();
        return differ(format!("no such {service}: {near:?}"));
    };
    let same_request = |message: &Value| message["opcua"]["request"] == request["opcua"]["request"];
    let Some(answer) = heard.answer(&request, same_request) else {
        return differ(format!(
            "the response to frame {} was not found",
            request["frame"]
        ));
    };
    result(said, &answer, differ);
    if matches!(service, "Write" | "Call") {
        operations(said, service, &request, heard, differ);
    }
}

/// A node is named in full or by its last part.
fn same_node(said: &str, heard: &str) -> bool {
    heard == said
        || !said.contains('=') && heard.ends_with(&format!(".{said}"))
        || heard.starts_with("nsu=") && heard.rsplit(';').next() == said.rsplit(';').next()
}

fn request_differs(said: &Value, request: &Value) -> Vec<String> {
    let items = each(&request["opcua"]["items"]);
    let mut differences = Vec::new();
    let nodes: Vec<&Value> = each(&said["node"])
        .into_iter()
        .chain(each(&said["nodes"]))
        .collect();
    for (place, node) in nodes.iter().enumerate() {
        let heard = items.get(place).map_or("", |item| text(&item["node"]));
        // Clients translate the name of an object into its node before they browse it.
        if said["service"] != "Browse" && !same_node(text(node), heard) {
            differences.push(format!("{node} is {heard}"));
        }
    }
    let values: Vec<&Value> = if said["values"].is_null() {
        each(&said["value"]).into_iter().take(1).collect()
    } else {
        each(&said["values"])
    };
    for (place, value) in values.iter().enumerate() {
        let value = if said["value"].is_array() {
            &said["value"]
        } else {
            value
        };
        let heard = items.get(place).map_or(&Value::Null, |item| &item["value"]);
        let equal = match (value.as_array(), heard.as_array()) {
            (Some(said), Some(heard)) => {
                said.len() == heard.len() && said.iter().zip(heard).all(|(said, heard)| same(said, heard))
            }
            _ => same(value, heard),
        };
        if !equal {
            differences.push(format!("{value} is {heard}"));
        }
    }
    if let Some(length) = said["value_len"].as_u64() {
        let heard = items.first().map_or(&Value::Null, |item| &item["value"]);
        let found = heard.as_array().map_or(text(heard).len() / 2, Vec::len) as u64;
        if found != length {
            differences.push(format!("a value of {length} elements has {found}"));
        }
    }
    if let Some(method) = said["method"].as_str() {
        let call = items.first().copied().unwrap_or(&Value::Null);
        if !same_node(method, text(&call["method"])) {
            differences.push(format!("{method} is {}", call["method"]));
        }
        let arguments = each(&call["arguments"]);
        let said = each(&said["args"]);
        let equal = said.len() == arguments.len()
            && said
                .iter()
                .zip(&arguments)
                .all(|(said, heard)| same(said, &heard["value"]));
        if !equal {
            differences.push(format!("arguments {said:?} are {arguments:?}"));
        }
    }
    differences
}

/// Status and value of the answer in the client's words.
fn result(said: &Value, answer: &Value, differ: &mut impl FnMut(String)) {
    let words = match &said["result"] {
        Value::String(words) => words.clone(),
        Value::Null => return,
        other => other.to_string(),
    };
    let item = &answer["opcua"]["items"][0];
    let status = item["status"]["name"].as_str().unwrap_or("Good");
    if words.contains("Bad") != status.starts_with("Bad") || words.contains("Bad") && !words.contains(status)
    {
        return differ(format!("{words:.60}, and heard {status}"));
    }
    if answer["opcua"]["service"] != "Read" || status != "Good" || said["nodes"].is_array() {
        return;
    }
    let value = &item["value"];
    let found = numbers(&words);
    let agrees = match value {
        Value::Bool(set) => words.to_lowercase().contains(&set.to_string()),
        Value::String(text) => words.contains(text.as_str()),
        // A list is told whole, by its beginning (cut anywhere), or by its length.
        Value::Array(list) if found.len() == 1 && list.len() > 1 => found[0] == list.len() as f64,
        Value::Array(list) => {
            let told = list.len().min(found.len().saturating_sub(1));
            told > 0
                && list
                    .iter()
                    .zip(&found)
                    .take(told)
                    .all(|(heard, said)| same(&(*said).into(), heard))
        }
        number => found.iter().any(|said| same(&(*said).into(), number)),
    };
    if !agrees {
        differ(format!("{words:.80}, and heard {value}"));
    }
}

/// A write or call has operation records with point and outcome.
fn operations(said: &Value, service: &str, request: &Value, heard: &Heard, differ: &mut impl FnMut(String)) {
    let action = if service == "Write" { "write" } else { "call" };
    let outcome = if said["result"].to_string().contains("Bad") {
        "rejected"
    } else {
        "accepted"
    };
    let items = each(&request["opcua"]["items"]);
    for item in items {
        let node = if service == "Write" {
            &item["node"]
        } else {
            &item["method"]
        };
        let found = heard.operations_of(request).any(|operation| {
            operation["action"] == action
                && same_node(text(node), text(&operation["point"]))
                && operation["outcome"] == outcome
                && (!item["value"].is_number() || same(&item["value"], &operation["raw"]))
        });
        if !found {
            differ(format!("no operation record: {action} {node}, {outcome}"));
        }
    }
}

/// As many values were published as the client received, each with its node.
fn notifications(said: &Value, heard: &Heard, differ: &mut impl FnMut(String)) {
    let until = Window::of(said).1;
    let published: Vec<&Value> = heard
        .messages
        .iter()
        .filter(|message| message["kind"] == "response" && message["opcua"]["service"] == "Publish")
        .filter(|message| super::time(message) <= until)
        .flat_map(|message| each(&message["opcua"]["items"]))
        .collect();
    if Some(published.len() as u64) != said["data_changes"].as_u64() {
        differ(format!("{} values were published", published.len()));
    }
    if let Some(item) = published.iter().find(|item| text(&item["node"]).is_empty()) {
        differ(format!("a published value does not name its node: {item}"));
    }
}
