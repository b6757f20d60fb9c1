//! Whether a condition holds for a record.

use std::cmp::Ordering;
use std::net::IpAddr;

use serde_json::Value;

use super::{Literal, Node, Operator, Step};

pub(super) fn holds(node: &Node, record: &Value) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|node| holds(node, record)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, record)),
        Node::Not(node) => !holds(node, record),
        Node::Present(path) => some(record, path, &mut present),
        // Not one of several values may be equal: `modbus.values != 0` says that none is 0.
        Node::Compare(path, Operator::Unequal, literals) => {
            some(record, path, &mut |_| true)
                && !some(record, path, &mut |value| {
                    compares(value, Operator::Equal, literals)
                })
        }
        Node::Compare(path, operator, literals) => {
            some(record, path, &mut |value| compares(value, *operator, literals))
        }
    }
}

fn present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(bit) => *bit,
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Number(_) => true,
    }
}

/// Does some value at the end of the path satisfy `test`? A list on the way stands for each of its elements.
fn some(value: &Value, path: &[Step], test: &mut dyn FnMut(&Value) -> bool) -> bool {
    match (path, value) {
        ([], Value::Array(list)) => test(value) || list.iter().any(|element| some(element, &[], test)),
        ([], _) => test(value),
        ([Step::Member(name), rest @ ..], Value::Object(members)) => {
            members.get(name).is_some_and(|member| some(member, rest, test))
        }
        ([Step::Member(_), ..], Value::Array(list)) => list.iter().any(|element| some(element, path, test)),
        ([Step::Element(place), rest @ ..], Value::Array(list)) => {
            let from_end = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
            let place = if *place < 0 {
                list.len().checked_sub(from_end)
            } else {
                Some(from_end)
            };
            place
                .and_then(|place| list.get(place))
                .is_some_and(|element| some(element, rest, test))
        }
        ([Step::Each, rest @ ..], Value::Array(list)) => list.iter().any(|element| some(element, rest, test)),
        _ => false,
    }
}

fn compares(value: &Value, operator: Operator, literals: &[Literal]) -> bool {
    // A code with its name compares as either.
    if let Value::Object(members) = value {
        return ["code", "name"]
            .iter()
            .filter_map(|key| members.get(*key))
            .any(|member| compares(member, operator, literals));
    }
    literals.iter().any(|literal| match operator {
        Operator::Equal | Operator::In => equal(value, literal),
        Operator::Unequal => !equal(value, literal),
        Operator::Contains => text(value).is_some_and(|text| text.contains(&literal.text)),
        Operator::Matches => literal
            .pattern
            .as_ref()
            .zip(text(value))
            .is_some_and(|(pattern, text)| pattern.is_match(&text)),
        Operator::Less => order(value, literal) == Some(Ordering::Less),
        Operator::LessOrEqual => matches!(order(value, literal), Some(Ordering::Less | Ordering::Equal)),
        Operator::Greater => order(value, literal) == Some(Ordering::Greater),
        Operator::GreaterOrEqual => {
            matches!(order(value, literal), Some(Ordering::Greater | Ordering::Equal))
        }
    })
}

fn equal(value: &Value, literal: &Literal) -> bool {
    match value {
        Value::Bool(bit) => literal.truth == Some(*bit) || literal.whole == Some(i128::from(*bit)),
        Value::Number(_) => order(value, literal) == Some(Ordering::Equal),
        Value::String(text) => {
            *text == literal.text
                || literal.network.is_some_and(|network| inside(text, network))
                || literal.number.is_some() && order(value, literal) == Some(Ordering::Equal)
                || literal.time.is_some() && order(value, literal) == Some(Ordering::Equal)
                // `10:ab` and `10:AB`, `::1` and `0:0::1` are the same address.
                || text.eq_ignore_ascii_case(&literal.text) && literal.text.contains(':')
                || text.parse::<IpAddr>().is_ok_and(|ip| literal.text.parse() == Ok(ip))
        }
        _ => false,
    }
}

fn inside(text: &str, (network, length): (IpAddr, u8)) -> bool {
    match (text.parse(), network) {
        (Ok(IpAddr::V4(ip)), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            u32::from(ip) & mask == u32::from(network) & mask
        }
        (Ok(IpAddr::V6(ip)), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            u128::from(ip) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

fn order(value: &Value, literal: &Literal) -> Option<Ordering> {
    match value {
        Value::Number(number) => {
            let whole = number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from));
            match (whole, literal.whole) {
                (Some(whole), Some(other)) => Some(whole.cmp(&other)),
                _ => number.as_f64()?.partial_cmp(&literal.number?),
            }
        }
        Value::String(text) => {
            if let Some(time) = literal.time
                && let Ok(own) = tapglass_model::CaptureTime::parse(text)
            {
                return Some(own.cmp(&time));
            }
            if let Some(number) = literal.number {
                // Numbers that JSON cannot hold exactly, and infinities, are texts.
                return match (text.parse::<i128>(), literal.whole) {
                    (Ok(own), Some(other)) => Some(own.cmp(&other)),
                    _ => text.parse::<f64>().ok()?.partial_cmp(&number),
                };
            }
            Some(text.as_str().cmp(&literal.text))
        }
        _ => None,
    }
}

/// What `contains` and `~` look into.
fn text(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(bit) => Some(bit.to_string().into()),
        _ => None,
    }
}
