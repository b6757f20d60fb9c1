//! The values of one message against those of the truth. What the truth does not say is not judged.

use serde_json::Value;

use super::judge::{Tally, text};
pub(crate) use super::names;

mod dnp3;
mod modbus;
mod opcua;

/// Adds what one message gives to a tally.
pub(crate) struct Adder<'a> {
    frame: u64,
    protocol: &'a str,
    tally: &'a mut Tally,
}

impl Adder<'_> {
    fn add(&mut self, member: &str, same: bool, expected: &Value, found: &Value) {
        let member = format!("{}.{member}", self.protocol);
        self.tally.value(self.frame, &member, same, expected, found);
    }

    /// A number that must be there and the same.
    fn number(&mut self, member: &str, expected: &Value, found: &Value) {
        self.add(member, same_number(expected, found, 0.0), expected, found);
    }

    /// Those of `members` that the truth has.
    fn numbers(&mut self, members: &[&str], expected: &Value, found: &Value) {
        for member in members {
            if !expected[member].is_null() {
                self.number(member, &expected[member], &found[member]);
            }
        }
    }

    /// Every element of a list; one difference more when it is too long, unless the truth is a prefix.
    fn list(&mut self, member: &str, expected: &[Value], found: &Value, partial: bool) {
        let none = Vec::new();
        let found = found.as_array().unwrap_or(&none);
        for (place, expected) in expected.iter().enumerate() {
            self.number(member, expected, found.get(place).unwrap_or(&Value::Null));
        }
        self.length(member, expected.len(), found.len(), partial);
    }

    /// A list is not longer than the truth says.
    fn length(&mut self, member: &str, expected: usize, found: usize, partial: bool) {
        if found > expected && !partial {
            let member = format!("{member}.length");
            self.add(&member, false, &expected.into(), &found.into());
        }
    }
}

/// Compares the values of a message.
pub(crate) fn compare(frame: u64, truth: &Value, found: &Value, tally: &mut Tally) {
    let protocol = text(&truth["protocol"]);
    let mut to = Adder {
        frame,
        protocol,
        tally,
    };
    match protocol {
        "modbus" => modbus::compare(truth, found, &mut to),
        "dnp3" => dnp3::compare(truth, found, &mut to),
        _ => opcua::compare(truth, found, &mut to),
    }
}

/// A whole number: plain, a truth value, the text of a number too large for JSON, or the code of a named number.
pub(crate) fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Bool(set) => Some(i128::from(*set)),
        Value::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from)),
        Value::String(text) => text.parse().ok(),
        Value::Object(object) => integer(object.get("code")?),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        other => integer(other).map(|number| number as f64),
    }
}

/// The same number however it is written; `tolerance` is relative and for floating point only.
pub(crate) fn same_number(expected: &Value, found: &Value, tolerance: f64) -> bool {
    if let (Some(expected), Some(found)) = (integer(expected), integer(found)) {
        return expected == found;
    }
    match (float(expected), float(found)) {
        (Some(expected), Some(found)) => {
            expected == found
                || expected.is_nan() && found.is_nan()
                || (expected - found).abs() <= tolerance * expected.abs().max(found.abs())
        }
        _ => false,
    }
}

/// The same moment: both are written in UTC, with any number of decimals.
fn same_time(expected: &Value, found: &Value) -> bool {
    let plain = |value: &Value| {
        let (date, decimals) = text(value).trim_end_matches('Z').split_once('.').map_or_else(
            || (text(value).trim_end_matches('Z').to_owned(), String::new()),
            |(date, decimals)| (date.to_owned(), decimals.trim_end_matches('0').to_owned()),
        );
        (date, decimals)
    };
    found.is_string() && plain(expected) == plain(found)
}
