//! What clients say that they did, against what was decoded: each thing said is found, at its time, with its address,
//! value and outcome.
//!
//! A list of things said is JSON, one object each: `t_start_ns`, `t_end_ns`, `proto`, `op` (for people), and members of
//! the protocol; see the three modules.

#![allow(dead_code)] // each test program uses a part

use std::str::FromStr;

use serde_json::Value;

mod dnp3;
mod modbus;
mod opcua;

/// The clock of the capture and that of the client may differ by so much; both are of one host.
const SLACK: i128 = 2_000_000;
/// A segment may wait in the client's stack for an acknowledgement (RFC 9293 3.7.4) after the client thinks it is sent.
const SEND: i128 = 20_000_000;

/// The records of a capture.
pub(crate) struct Heard {
    pub(crate) messages: Vec<Value>,
    pub(crate) operations: Vec<Value>,
    used: Vec<bool>,
}

impl Heard {
    pub(crate) fn new(messages: Vec<Value>, operations: Vec<Value>) -> Self {
        let used = vec![false; messages.len()];
        Self {
            messages,
            operations,
            used,
        }
    }

    /// The first message that nobody has claimed, lies in the window, and fits; it is claimed.
    fn claim(&mut self, window: Window, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        let place = self
            .messages
            .iter()
            .zip(&self.used)
            .position(|(message, used)| !used && window.has(message) && fits(message))?;
        self.used[place] = true;
        Some(self.messages[place].clone())
    }

    /// The answer to a request, not yet claimed.
    fn answer(&mut self, request: &Value, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        self.claim(Window::ALWAYS, |message| {
            message["response_to"] == request["frame"] && message["flow"] == request["flow"] && fits(message)
        })
    }

    /// The operation records of a request.
    fn operations_of<'a>(&'a self, request: &'a Value) -> impl Iterator<Item = &'a Value> + 'a {
        self.operations.iter().filter(|operation| {
            operation["flow"] == request["flow"]
                && operation["frames"]
                    .as_array()
                    .is_some_and(|frames| frames.contains(&request["frame"]))
        })
    }

    /// Messages that nobody has claimed.
    pub(crate) fn unclaimed(&self) -> impl Iterator<Item = &Value> + '_ {
        self.messages
            .iter()
            .zip(&self.used)
            .filter_map(|(message, used)| (!used).then_some(message))
    }
}

/// A stretch of time, nanoseconds.
#[derive(Clone, Copy)]
struct Window(i128, i128);

impl Window {
    const ALWAYS: Self = Self(i128::MIN, i128::MAX);

    fn of(said: &Value) -> Self {
        let at = |member: &str| said[member].as_i64().map_or(0, i128::from);
        Self(at("t_start_ns") - SLACK, at("t_end_ns") + SEND)
    }

    fn has(self, message: &Value) -> bool {
        (self.0..=self.1).contains(&time(message))
    }
}

/// Capture time of a record.
fn time(record: &Value) -> i128 {
    jiff::Timestamp::from_str(text(&record["time"]))
        .unwrap()
        .as_nanosecond()
}

/// A moment that a record tells.
fn time_of(value: &Value) -> Option<i128> {
    let moment = jiff::Timestamp::from_str(value.as_str()?).ok()?;
    Some(moment.as_nanosecond())
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Elements of a list, or the value alone.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

/// The same number, where truth values count as 0 and 1.
fn same(said: &Value, heard: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Bool(set) => Some(f64::from(u8::from(*set))),
        Value::Object(named) => named.get("code").and_then(Value::as_f64),
        other => other.as_f64(),
    };
    match (number(said), number(heard)) {
        (Some(said), Some(heard)) => said == heard || (said - heard).abs() <= 1e-6 * said.abs(),
        _ => said == heard,
    }
}

/// All numbers in a text, in order.
fn numbers(text: &str) -> Vec<f64> {
    text.split(|character: char| !(character.is_ascii_digit() || matches!(character, '.' | '-' | 'e' | '+')))
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// What differs, one line each.
pub(crate) fn compare(said: &[Value], heard: &mut Heard) -> Vec<String> {
    let mut differences = Vec::new();
    for said in said {
        let mut differ = |what: String| {
            differences.push(format!("{} at {}: {what}", said["op"], said["t_start_ns"]));
        };
        match text(&said["proto"]) {
            "modbus" => modbus::compare(said, heard, &mut differ),
            "dnp3" => dnp3::compare(said, heard, &mut differ),
            "opcua" => opcua::compare(said, heard, &mut differ),
            other => differ(format!("protocol {other} is not known here")),
        }
    }
    differences
}
