//! Every record that is written keeps to the JSON Schema that `tapglass schema` prints.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use std::collections::BTreeMap;

use serde_json::Value;

fn validator(record: &str) -> jsonschema::Validator {
    let output = support::tapglass(&["schema", record]);
    assert_eq!(output.status.code(), Some(0), "{record}");
    jsonschema::validator_for(&serde_json::from_slice(&output.stdout).unwrap()).unwrap()
}

/// Validates records by their kind; gives how many of each kind there were.
fn validate(records: &[Value], validators: &mut BTreeMap<String, jsonschema::Validator>, from: &str) {
    for record in records {
        let kind = record["record"].as_str().unwrap().to_owned();
        let validator = validators.entry(kind.clone()).or_insert_with(|| validator(&kind));
        if let Err(error) = validator.validate(record) {
            panic!("{from}: {error} at {}\n{record}", error.instance_path());
        }
    }
}

#[test]
fn decoded_records_keep_to_their_schemas() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    let mut validators = BTreeMap::new();
    for path in support::captures_with_truth(&folder) {
        let path = path.to_str().unwrap();
        let output = support::tapglass(&["decode", "--records", "message,anomaly,blind_spot", path]);
        validate(&support::json_lines(&output.stdout), &mut validators, path);
    }
    for kind in ["message", "anomaly", "blind_spot"] {
        assert!(validators.contains_key(kind), "no {kind} was written");
    }
}

#[test]
fn records_of_a_verdict_keep_to_their_schemas() {
    let all = "message,operation,alarm,device,conversation,anomaly,blind_spot,health,summary";
    let mut validators = BTreeMap::new();
    let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/demo/waterworks.pcap.gz");
    let site = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/demo/site");
    let output = support::tapglass(&["check", capture, "--site", site, "--json", "--records", all]);
    validate(&support::json_lines(&output.stdout), &mut validators, "the demo");
    for kind in [
        "message",
        "operation",
        "alarm",
        "device",
        "conversation",
        "health",
        "summary",
    ] {
        assert!(validators.contains_key(kind), "no {kind} was written");
    }
    let commands: [&[&str]; 2] = [
        &["rules", "test", "--site", site, "--json"],
        &["rules", "coverage", capture, "--site", site, "--json"],
    ];
    for command in commands {
        let output = support::tapglass(command);
        validate(&support::json_lines(&output.stdout), &mut validators, command[1]);
    }
    for kind in ["rule_test", "rule_coverage", "site_gap"] {
        assert!(validators.contains_key(kind), "no {kind} was written");
    }
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sites/worked/dosing");
    let output = support::tapglass(&["check", capture, "--diff", site, other, "--json"]);
    validate(
        &support::json_lines(&output.stdout),
        &mut validators,
        "another site",
    );
    assert!(validators.contains_key("alarm_change"));
    let Some(root) = support::shared("scenarios") else {
        return;
    };
    for scenario in [
        "dosing-tap_loss-1",
        "feeder-sbo_mismatch-1",
        "boiler-nan_write-1",
        "feeder-buffered-1",
    ] {
        let capture = root.join(scenario).join("capture.pcap.gz");
        let site = root
            .join("sites")
            .join(scenario.split('-').next().unwrap())
            .join("site");
        let (capture, site) = (capture.to_str().unwrap(), site.to_str().unwrap());
        let output = support::tapglass(&["check", capture, "--site", site, "--json", "--records", all]);
        validate(&support::json_lines(&output.stdout), &mut validators, scenario);
    }
}

#[test]
fn every_record_has_a_schema() {
    let names = support::tapglass(&["schema"]);
    for record in String::from_utf8(names.stdout).unwrap().lines() {
        validator(record);
    }
    assert_eq!(support::tapglass(&["schema", "nonsense"]).status.code(), Some(2));
}

#[test]
fn times_are_in_capture_time_and_keys_in_a_fixed_order() {
    let Some(folder) = support::shared("captures/modbus") else {
        return;
    };
    let path = folder.join("ipal-modbus.pcap");
    let output = support::tapglass(&["decode", path.to_str().unwrap()]);
    let first = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let keys: Vec<&str> = [
        "record", "time", "capture", "frame", "frames", "flow", "client", "server", "protocol", "from",
    ]
    .into_iter()
    .collect();
    let places: Vec<usize> = keys
        .iter()
        .map(|key| first.find(&format!("\"{key}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{first}");
}
