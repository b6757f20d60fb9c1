//! Every message of the shared captures against what an independent decoder sees in them: frame, direction, kind and
//! function of each message in order, and for Modbus address, quantity and values.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Differences in which the bytes show that the oracle is wrong: capture, frame, and the evidence.
const EXPLAINED: &[(&str, u64, &str)] = &[
    (
        "zeek-fuzz-72.pcap",
        6,
        "a fuzzed length field: 00 04 where eight bytes follow, after a hole; nothing but the oracle's habit of resuming \
         at a segment makes it a message",
    ),
    (
        "zeek-fuzz-72.pcap",
        7,
        "a sound request (length 6, 6 bytes follow) in the stream's next segment; the oracle is still inside the fuzzed \
         length of frame 6",
    ),
    (
        "modbus_rtu_over_tcp_pymodbus.pcap",
        56,
        "the oracle does not read the body of function 23 in RTU frames",
    ),
    (
        "modbus_rtu_over_tcp_pymodbus.pcap",
        57,
        "the oracle does not read the body of function 23 in RTU frames",
    ),
    (
        "modbus_rtu_over_tcp_pymodbus.pcap",
        92,
        "the oracle does not read the body of function 24 in RTU frames",
    ),
    (
        "modbus_rtu_over_tcp_pymodbus.pcap",
        72,
        "a request of 4 bytes (unit, function 7, CRC), which the oracle skips",
    ),
    (
        "modbus_rtu_over_tcp_pymodbus.pcap",
        74,
        "a request of 4 bytes (unit, function 11, CRC), which the oracle skips",
    ),
    (
        "modbus_rtu_over_tcp_pymodbus.pcap",
        76,
        "a request of 4 bytes (unit, function 12, CRC), which the oracle skips",
    ),
    (
        "modbus_rtu_over_tcp_pymodbus.pcap",
        78,
        "a request of 4 bytes (unit, function 17, CRC), which the oracle skips",
    ),
    (
        "dnp3_udp_yadnp3.pcap",
        2,
        "an ICMP port-unreachable message that quotes the datagram of frame 1; the oracle dissects the quotation",
    ),
];

type Place = (u64, String);

/// What identifies a message: who, what, which function.
fn structure(message: &Value) -> String {
    let protocol = text(&message["protocol"]);
    let kind = text(&message["kind"]);
    let function = match protocol {
        // A link frame is named by its link function, whose number the two sides spell differently.
        "dnp3" if kind == "link" => String::new(),
        "opcua" => opcua_function(message, kind),
        _ => message["function"]["code"].to_string(),
    };
    format!("{} {kind} {function}", text(&message["from"]))
}

/// OPC UA messages are known by their service; hello to close have none, and encrypted bodies hide theirs.
fn opcua_function(message: &Value, kind: &str) -> String {
    if message["opcua"]["encrypted"] == true {
        return "encrypted".to_owned();
    }
    if !matches!(kind, "request" | "response") {
        return String::new();
    }
    let name = message["opcua"]["service"]
        .as_str()
        .or_else(|| message["function"]["name"].as_str())
        .unwrap_or("");
    name.trim_end_matches("Request")
        .trim_end_matches("Response")
        .to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Values of a Modbus message that differ from the truth.
fn values(truth: &Value, found: &Value) -> Vec<String> {
    let (expected, got) = (&truth["modbus"], &found["modbus"]);
    let mut differences = Vec::new();
    for member in [
        "address",
        "quantity",
        "values",
        "and_mask",
        "or_mask",
        "write_address",
        "write_values",
        "transaction",
        "unit",
    ] {
        let nothing = expected[member].as_array().is_some_and(Vec::is_empty) && got[member].is_null();
        if nothing || expected[member].is_null() || expected[member] == got[member] {
            continue;
        }
        let partial = truth["partial"] == true;
        if let (true, Some(expected), Some(got)) =
            (partial, expected[member].as_array(), got[member].as_array())
            && got.starts_with(expected)
        {
            continue;
        }
        differences.push(format!(
            "{member}: expected {}, found {}",
            expected[member], got[member]
        ));
    }
    differences
}

#[derive(Default)]
struct Tally {
    expected: usize,
    found: usize,
    differing: Vec<(u64, String)>,
}

fn compare(truth: &[Value], found: &[Value]) -> Tally {
    let mut tally = Tally::default();
    let mut expected: BTreeMap<Place, Vec<&Value>> = BTreeMap::new();
    let mut tolerated: BTreeMap<Place, usize> = BTreeMap::new();
    for message in truth {
        let place = (
            message["frame"].as_u64().unwrap(),
            text(&message["protocol"]).to_owned(),
        );
        if message["scored"] == false {
            *tolerated.entry(place).or_default() += 1;
        } else {
            tally.expected += 1;
            expected.entry(place).or_default().push(message);
        }
    }
    let mut got: BTreeMap<Place, Vec<&Value>> = BTreeMap::new();
    for message in found {
        let place = (
            message["frame"].as_u64().unwrap(),
            text(&message["protocol"]).to_owned(),
        );
        got.entry(place).or_default().push(message);
    }
    let mut places: Vec<&Place> = expected.keys().chain(got.keys()).collect();
    places.sort();
    places.dedup();
    for place in places {
        let (want, have) = (expected.get(place), got.get(place));
        let (want, have) = (
            want.map_or(&[][..], Vec::as_slice),
            have.map_or(&[][..], Vec::as_slice),
        );
        compare_frame(
            place,
            want,
            have,
            tolerated.get(place).copied().unwrap_or(0),
            &mut tally,
        );
    }
    tally
}

/// Compares the messages of one frame, in order; unscored ones of the truth may be found or not.
fn compare_frame(place: &Place, want: &[&Value], have: &[&Value], mut tolerated: usize, tally: &mut Tally) {
    let mut next = 0;
    for message in have {
        let same = want.get(next).filter(|truth| {
            let (a, b) = (structure(truth), structure(message));
            // Where the oracle could not name the service, or a fault answers it, the rest must agree.
            a == b
                || a.ends_with(' ') && b.starts_with(&a)
                || a.ends_with(" ServiceFault") && b.starts_with("server response")
        });
        match same {
            Some(truth) => {
                next += 1;
                let differences = if place.1 == "modbus" {
                    values(truth, message)
                } else {
                    Vec::new()
                };
                if differences.is_empty() {
                    tally.found += 1;
                } else {
                    tally.differing.push((place.0, differences.join("; ")));
                }
            }
            None if tolerated > 0 => tolerated -= 1,
            None => tally
                .differing
                .push((place.0, format!("not in the truth: {}", structure(message)))),
        }
    }
    for truth in want.iter().skip(next) {
        tally
            .differing
            .push((place.0, format!("not found: {}", structure(truth))));
    }
}

#[test]
fn every_message_of_the_shared_captures_is_found_and_nothing_is_invented() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    let mut table = format!(
        "{:<66} {:>8} {:>8} {:>9}\n",
        "capture", "expected", "found", "differing"
    );
    let mut unexplained = String::new();
    for path in support::captures_with_truth(&folder) {
        let truth = support::json_lines(&std::fs::read(format!("{}.truth.jsonl", path.display())).unwrap());
        let output = support::tapglass(&["decode", path.to_str().unwrap()]);
        assert!(
            matches!(output.status.code(), Some(0 | 3)),
            "{}: {output:?}",
            path.display()
        );
        let found = support::json_lines(&output.stdout);
        let tally = compare(&truth, &found);
        let name = path.file_name().unwrap().to_str().unwrap();
        let _ = writeln!(
            table,
            "{name:<66} {:>8} {:>8} {:>9}",
            tally.expected,
            tally.found,
            tally.differing.len()
        );
        for (frame, difference) in tally.differing {
            if !EXPLAINED
                .iter()
                .any(|(capture, at, _)| *capture == name && *at == frame)
            {
                let _ = writeln!(unexplained, "{name} frame {frame}: {difference}");
            }
        }
    }
    println!("{table}");
    assert!(
        unexplained.is_empty(),
        "differences that nobody has explained:\n{unexplained}"
    );
}

#[test]
fn nothing_is_found_in_captures_of_other_protocols() {
    let Some(folder) = support::shared("captures/other") else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "pcap" && extension != "pcapng")
        {
            continue;
        }
        let output = support::tapglass(&["decode", path.to_str().unwrap()]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{}", path.display());
    }
}
