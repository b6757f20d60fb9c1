//! Modbus: `fc` (one, or one for each request of a pipeline), `unit`, `address`, `count`, `values`, `and_mask`, `or_mask`,
//! `read_address`, `read_count`, `sub`, `file`, `record`; `result` with `registers` or `bits`, or `exception_code`, or a
//! text in the client's own words.

use serde_json::Value;

use super::{Heard, Window, each, numbers, same, text};

enum Outcome {
    /// Done, with what was read.
    Done(Vec<f64>),
    /// Refused with an exception.
    Exception(i64),
    /// The client does not say.
    Unknown,
}

fn outcome(result: &Value) -> Outcome {
    if let Some(code) = result["exception_code"].as_i64() {
        return Outcome::Exception(code);
    }
    if result["ok"] == true {
        let read = each(&result["registers"])
            .into_iter()
            .chain(each(&result["bits"]));
        return Outcome::Done(read.filter_map(Value::as_f64).collect());
    }
    let said = text(result).to_lowercase().replace(' ', "");
    if said.contains("illegaldataaddress") {
        Outcome::Exception(2)
    } else if said.contains("illegalfunction") {
        Outcome::Exception(1)
    } else if said.is_empty() || said.starts_with("error") || said.contains("noanswer") {
        Outcome::Unknown
    } else {
        let list = said
            .split_once("\"_values\":")
            .map_or(said.as_str(), |(_, list)| list);
        let list = list.split_once('[').map_or("", |(_, list)| list);
        let list = list.split(']').next().unwrap_or("");
        let plain = list.replace("false", "0").replace("true", "1");
        Outcome::Done(numbers(&plain))
    }
}

/// The values that were to be written; some clients only describe them.
fn values(said: &Value) -> Option<Vec<f64>> {
    if let Some(description) = said["values"].as_str() {
        let numbers = numbers(&description.replace("..", " ").replace('x', " "));
        let &[first, second] = numbers.as_slice() else {
            return None;
        };
        return Some(if description.contains("..") {
            (first as i64..=second as i64).map(|value| value as f64).collect()
        } else {
            vec![second; first as usize]
        });
    }
    Some(
        said["values"]
            .as_array()?
            .iter()
            .filter_map(Value::as_f64)
            .collect(),
    )
}

/// Numbers of a list of registers or bits.
fn list(value: &Value) -> Vec<f64> {
    each(value)
        .into_iter()
        .map(|value| {
            value
                .as_f64()
                .unwrap_or_else(|| f64::from(u8::from(value == true)))
        })
        .collect()
}

/// What differs between a request and what was said of it.
fn request_differs(said: &Value, request: &Value) -> Vec<String> {
    let body = &request["modbus"];
    let function = request["function"]["code"].as_i64().unwrap_or(0);
    let mut pairs = vec![
        ("unit", "unit"),
        ("and_mask", "and_mask"),
        ("or_mask", "or_mask"),
        ("read_address", "read_address"),
        ("read_count", "read_quantity"),
        ("sub", "subfunction"),
    ];
    match function {
        1..=4 => pairs.extend([("address", "address"), ("count", "quantity")]),
        5 | 6 | 15 | 16 | 22 | 24 => pairs.push(("address", "address")),
        23 => pairs.push(("address", "write_address")),
        _ => {}
    }
    let mut differences: Vec<String> = pairs
        .into_iter()
        .filter(|(of, name)| !said[of].is_null() && !same(&said[of], &body[name]))
        .map(|(of, name)| format!("{of} {} is {}", said[of], body[name]))
        .collect();
    if let Some(values) = values(said) {
        let member = if function == 23 { "write_values" } else { "values" };
        if matches!(function, 5 | 6 | 15 | 16 | 23) && list(&body[member]) != values {
            differences.push(format!("values {values:?} are {}", body[member]));
        }
    }
    for member in ["file", "record"] {
        if !said[member].is_null() && !same(&said[member], &body["records"][0][member]) {
            differences.push(format!("{member} {} is {}", said[member], body["records"]));
        }
    }
    differences
}

pub(super) fn compare(said: &Value, heard: &mut Heard, differ: &mut impl FnMut(String)) {
    let functions = each(&said["fc"]);
    for (place, function) in functions.iter().enumerate() {
        // In a pipeline address and value are said for each request.
        let mut one = said.clone();
        if functions.len() > 1 {
            one["address"] = said["address"][place].clone();
            let value = &said["values"][place];
            one["values"] = if value.is_null() {
                Value::Null
            } else {
                Value::Array(vec![value.clone()])
            };
        }
        compare_one(&one, function, heard, differ);
    }
}

fn compare_one(said: &Value, function: &Value, heard: &mut Heard, differ: &mut impl FnMut(String)) {
    let window = Window::of(said);
    let is_request = |message: &Value| {
        message["kind"] == "request"
            && same(function, &message["function"]["code"])
            && message["protocol"] == "modbus"
    };
    let fits = |message: &Value| is_request(message) && request_differs(said, message).is_empty();
    let Some(request) = heard.claim(window, fits) else {
        let near: Vec<String> = heard
            .unclaimed()
            .filter(|message| window.has(message) && is_request(message))
            .flat_map(|message| request_differs(said, message))
            .collect();
        return differ(format!("no such request of function {function}: {near:?}"));
    };
    // pymodbus refuses what it does not know with function code 0x80, whatever was asked.
    let same_exchange = |message: &Value| {
        let code = &message["function"]["code"];
        message["modbus"]["transaction"] == request["modbus"]["transaction"]
            && (same(function, code) || *code == 0 && message["kind"] == "exception")
    };
    let answer = heard.answer(&request, same_exchange);
    let outcome = outcome(&said["result"]);
    let word = match (&outcome, &answer) {
        (Outcome::Unknown, _) => None,
        (_, None) => return differ(format!("the answer to frame {} was not found", request["frame"])),
        (Outcome::Done(read), Some(answer)) => {
            let heard = list(&answer["modbus"]["values"]);
            // Clients that know no count of bits give whole octets.
            let judged = matches!(request["function"]["code"].as_i64(), Some(1..=4 | 23)) && !read.is_empty();
            if answer["kind"] != "response" || judged && !read.starts_with(&heard) {
                differ(format!("read {read:?}, and heard {}", answer["modbus"]));
            }
            Some("accepted")
        }
        (Outcome::Exception(code), Some(answer)) => {
            if answer["kind"] != "exception" || answer["modbus"]["exception"]["code"].as_i64() != Some(*code)
            {
                differ(format!("exception {code}, and heard {}", answer["modbus"]));
            }
            Some("rejected")
        }
    };
    if let Some(word) = word {
        writes(said, &request, word, heard, differ);
    }
}

/// Each point that was written has an operation record with value and outcome.
fn writes(said: &Value, request: &Value, outcome: &str, heard: &Heard, differ: &mut impl FnMut(String)) {
    let kind = match request["function"]["code"].as_i64() {
        Some(5 | 15) => "coil",
        Some(6 | 16 | 23) => "holding",
        _ => return,
    };
    let Some(first) = said["address"].as_u64() else {
        return;
    };
    for (address, value) in (first..).zip(values(said).unwrap_or_default()) {
        let point = format!("{kind}:{address}");
        let found = heard.operations_of(request).any(|operation| {
            operation["action"] == "write"
                && operation["point"] == point.as_str()
                && same(&value.into(), &operation["raw"])
                && operation["outcome"] == outcome
        });
        if !found {
            differ(format!("no operation record: write {point} = {value}, {outcome}"));
        }
    }
}
