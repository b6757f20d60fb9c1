//! The bundled plant: its ordinary minute is quiet, each attack is raised, and the command line keeps its promises.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use serde_json::Value;

fn root(what: &str) -> String {
    format!("{}/{what}", env!("CARGO_MANIFEST_DIR"))
}

fn truth() -> Value {
    serde_json::from_slice(&std::fs::read(root("captures/demo/truth.json")).unwrap()).unwrap()
}

fn alarms() -> Vec<Value> {
    let output = support::tapglass(&["demo", "--json"]);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    support::json_lines(&output.stdout)
        .into_iter()
        .filter(|record| record["record"] == "alarm")
        .collect()
}

#[test]
fn the_ordinary_minute_raises_nothing() {
    let truth = truth();
    let benign_until = truth["benign_until"].as_str().unwrap();
    for alarm in alarms() {
        assert!(alarm["first_time"].as_str().unwrap() >= benign_until, "{alarm}");
    }
}

#[test]
fn every_attack_is_raised_by_the_kinds_that_it_should() {
    let alarms = alarms();
    for attack in truth()["attacks"].as_array().unwrap() {
        for expected in attack["expected"].as_array().unwrap() {
            let found = alarms.iter().any(|alarm| {
                alarm["kind"] == expected["kind"]
                    && alarm["tags"].as_array().unwrap().contains(&expected["tag"])
                    && alarm["first_time"].as_str() >= attack["onset"].as_str()
            });
            assert!(
                found,
                "{}: no {} of {}",
                attack["name"], expected["kind"], expected["tag"]
            );
        }
    }
}

#[test]
fn the_same_verdict_comes_from_the_files_and_twice() {
    let arguments = [
        "check",
        &root("captures/demo/waterworks.pcap.gz"),
        "--site",
        &root("captures/demo/site"),
        "--json",
    ];
    let (first, second) = (support::tapglass(&arguments), support::tapglass(&arguments));
    assert!(first.stdout == second.stdout);
    assert_eq!(first.stdout, support::tapglass(&["demo", "--json"]).stdout);
}

#[test]
fn exit_codes_say_what_scripts_need() {
    let capture = root("captures/demo/waterworks.pcap.gz");
    let site = root("captures/demo/site");
    let code = |arguments: &[&str]| support::tapglass(arguments).status.code();
    assert_eq!(code(&["check", &capture, "--site", &site]), Some(1));
    assert_eq!(
        code(&["check", &capture, "--site", &site, "--fail-on", "critical"]),
        Some(1)
    );
    assert_eq!(
        code(&["check", &capture]),
        Some(1),
        "without a site, the intruder's question who the device is shows"
    );
    assert_eq!(
        code(&["check", &capture, "--fail-on", "medium"]),
        Some(0),
        "and nothing else is wrong with it"
    );
    assert_eq!(code(&["check", "no-such-file.pcap"]), Some(2));
    assert_eq!(code(&["check", &capture, "--site", "no-such-directory"]), Some(2));
    assert_eq!(code(&["check", "--no-such-argument"]), Some(2));
    assert_eq!(code(&["demo"]), Some(2), "the screens need a terminal");
    assert_eq!(code(&["rules", "check", "--site", &site]), Some(0));
    assert_eq!(code(&[]), Some(0));
    for shell in ["bash", "zsh", "fish"] {
        let output = support::tapglass(&["completions", shell]);
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("decode"),
            "{shell}"
        );
    }
}

#[test]
fn a_loss_makes_the_verdict_incomplete_unless_that_is_allowed() {
    let Some(folder) = support::shared("captures/modbus") else {
        return;
    };
    let capture = folder.join("zeek-fuzz-72.pcap");
    let capture = capture.to_str().unwrap();
    // A public address takes part in it, which is an alarm; here it is about what is missing.
    let check = |more: &[&str]| {
        let mut arguments = vec!["check", capture, "--fail-on", "critical"];
        arguments.extend(more);
        support::tapglass(&arguments).status.code()
    };
    assert_eq!(check(&[]), Some(3));
    assert_eq!(check(&["--allow-incomplete"]), Some(0));
    assert_eq!(support::tapglass(&["decode", capture]).status.code(), Some(3));
}
