//! Puts the messages of a truth and those found side by side, frame by frame.

use std::collections::BTreeMap;

use serde_json::Value;

use super::names::{link_function, plain};
use super::values;

/// Something in which a message differs from the truth.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) frame: u64,
    /// `missing`, `extra`, or the member that differs, such as `dnp3.points.value`.
    pub(crate) member: String,
    pub(crate) text: String,
}

/// What the comparison of one capture gave.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) expected: usize,
    pub(crate) found: usize,
    pub(crate) values: usize,
    pub(crate) right: usize,
    pub(crate) differences: Vec<Difference>,
}

impl Tally {
    /// Counts a value of a message.
    pub(crate) fn value(&mut self, frame: u64, member: &str, same: bool, expected: &Value, found: &Value) {
        self.values += 1;
        if same {
            self.right += 1;
            return;
        }
        let short = |value: &Value| value.to_string().chars().take(120).collect::<String>();
        self.differences.push(Difference {
            frame,
            member: member.to_owned(),
            text: format!("expected {}, found {}", short(expected), short(found)),
        });
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// The function of a message, spelled the same for truth and for records.
fn function(message: &Value) -> String {
    let kind = text(&message["kind"]);
    let body = &message[text(&message["protocol"])];
    match text(&message["protocol"]) {
        "opcua" if body["encrypted"] == true => "encrypted".to_owned(),
        "opcua" if !matches!(kind, "request" | "response") => String::new(),
        "opcua" => service(
            body["service"]
                .as_str()
                .unwrap_or(text(&message["function"]["name"])),
        ),
        "dnp3" if kind == "link" => body["link"]["code"]
            .as_i64()
            .map(i128::from)
            .or_else(|| link_function(text(&body["link"]["function"])))
            .map_or_else(|| "?".to_owned(), |code| code.to_string()),
        _ => message["function"]["code"].to_string(),
    }
}

fn service(name: &str) -> String {
    plain(name.trim_end_matches("Request").trim_end_matches("Response"))
}

/// Do direction, kind and function agree?
fn same_structure(truth: &Value, found: &Value) -> bool {
    if truth["from"] != found["from"] || truth["kind"] != found["kind"] {
        return false;
    }
    let (expected, got) = (function(truth), function(found));
    let opcua = truth["protocol"] == "opcua";
    let fault = expected == "servicefault" && service(text(&truth["opcua"]["answers"])) == got;
    // Where the oracle could not name the service, the rest must agree.
    expected == got || opcua && (fault || expected.is_empty())
}

/// What tells messages of the same function in one frame apart.
fn identity(message: &Value) -> [&Value; 3] {
    let body = &message[text(&message["protocol"])];
    match text(&message["protocol"]) {
        "modbus" => [&body["transaction"], &body["unit"], &Value::Null],
        "dnp3" => [&body["source"], &body["destination"], &body["control"]["seq"]],
        _ => [&body["channel"], &body["sequence"], &Value::Null],
    }
}

/// Pairs of truth and found that keep the order of both; the most pairs, and of those the most that agree in identity.
fn align(truth: &[&Value], found: &[&Value]) -> Vec<(usize, usize)> {
    let weight = |t: usize, f: usize| {
        if same_structure(truth[t], found[f]) {
            1000 + u32::from(identity(truth[t]) == identity(found[f]))
        } else {
            0
        }
    };
    let mut best = vec![vec![0_u32; found.len() + 1]; truth.len() + 1];
    for t in (0..truth.len()).rev() {
        for f in (0..found.len()).rev() {
            let weight = weight(t, f);
            let paired = if weight > 0 {
                weight + best[t + 1][f + 1]
            } else {
                0
            };
            best[t][f] = paired.max(best[t + 1][f]).max(best[t][f + 1]);
        }
    }
    let (mut t, mut f, mut pairs) = (0, 0, Vec::new());
    while t < truth.len() && f < found.len() {
        let weight = weight(t, f);
        if weight > 0 && best[t][f] == weight + best[t + 1][f + 1] {
            pairs.push((t, f));
            (t, f) = (t + 1, f + 1);
        } else if best[t][f] == best[t + 1][f] {
            t += 1;
        } else {
            f += 1;
        }
    }
    pairs
}

fn brief(message: &Value) -> String {
    format!(
        "{} {} {}",
        text(&message["from"]),
        text(&message["kind"]),
        function(message)
    )
}

/// Compares all messages of a capture.
pub(crate) fn compare(truth: &[Value], found: &[Value]) -> Tally {
    type Frames<'a> = BTreeMap<(u64, &'a str), (Vec<&'a Value>, Vec<&'a Value>, usize)>;
    let mut tally = Tally::default();
    let mut frames: Frames<'_> = BTreeMap::new();
    let place = |message: &Value| message["frame"].as_u64().unwrap();
    for message in truth {
        let frame = frames
            .entry((place(message), text(&message["protocol"])))
            .or_default();
        if message["scored"] == false {
            frame.2 += 1;
        } else {
            frame.0.push(message);
        }
    }
    for message in found {
        let frame = frames
            .entry((place(message), text(&message["protocol"])))
            .or_default();
        frame.1.push(message);
    }
    for ((frame, _), (truth, found, mut tolerated)) in frames {
        tally.expected += truth.len();
        let pairs = align(&truth, &found);
        tally.found += pairs.len();
        for &(t, f) in &pairs {
            values::compare(frame, truth[t], found[f], &mut tally);
        }
        let mut differ = |member: &str, message: &Value| {
            tally.differences.push(Difference {
                frame,
                member: member.to_owned(),
                text: brief(message),
            });
        };
        for (t, message) in truth.iter().enumerate() {
            if !pairs.iter().any(|pair| pair.0 == t) {
                differ("missing", message);
            }
        }
        for (f, message) in found.iter().enumerate() {
            if pairs.iter().any(|pair| pair.1 == f) {
                continue;
            }
            if tolerated > 0 {
                tolerated -= 1;
            } else {
                differ("extra", message);
            }
        }
    }
    tally
}
