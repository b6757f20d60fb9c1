//! Three plants under attack and at peace: the attacks that the rule kinds of this version can find are found in time and
//! by name, and on ordinary days nothing is raised.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tapglass::model::{CaptureTime, SECOND, Severity};

/// An alarm may come so much before the truth's onset, whose clock is the attacker's.
const BEFORE: i64 = SECOND;
/// And so much after the end.
const AFTER: i64 = 120 * SECOND;

/// Alarms that are right by the site's own words although the truth calls the day ordinary.
const EXPLAINED: &[(&str, &str)] = &[(
    "settings-storm",
    "the site allows two different setpoints in its window; on these days three are written within it (117 s of 120 s, say)",
)];

fn time(value: &Value) -> CaptureTime {
    CaptureTime::parse(value.as_str().unwrap()).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// Alarms of at least medium severity.
fn alarms(folder: &Path, site: &Path) -> Vec<Value> {
    let capture = folder.join("capture.pcap.gz");
    let output = support::tapglass(&[
        "check",
        capture.to_str().unwrap(),
        "--site",
        site.to_str().unwrap(),
        "--json",
        "--records",
        "alarm",
    ]);
    assert!(
        matches!(output.status.code(), Some(0 | 1 | 3)),
        "{}: {}",
        folder.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let mut alarms = support::json_lines(&output.stdout);
    alarms.retain(|alarm| Severity::from_name(alarm["severity"].as_str().unwrap()) >= Some(Severity::Medium));
    alarms
}

/// Every name that an alarm mentions: tags, asset, actor, target.
fn names(alarm: &Value) -> Vec<String> {
    let mut names: Vec<String> = texts(&alarm["tags"]).into_iter().map(str::to_owned).collect();
    for value in [
        &alarm["asset"],
        &alarm["actor"]["name"],
        &alarm["target"]["name"],
        &alarm["actor"]["ip"],
    ] {
        if let Some(name) = value.as_str() {
            names.push(name.to_owned());
        }
    }
    names
}

/// The alarm that finds an event, if one does.
fn finder<'a>(event: &Value, alarms: &'a [Value], intruders: &[String]) -> Option<&'a Value> {
    let (from, until) = (
        time(&event["onset"]).plus(-BEFORE),
        time(&event["end"]).plus(AFTER),
    );
    let mut attacked: Vec<String> = Vec::new();
    attacked.extend(texts(&event["tags"]).into_iter().map(str::to_owned));
    attacked.extend(texts(&event["devices"]).into_iter().map(str::to_owned));
    attacked.extend(event["principal"].as_str().map(str::to_owned));
    attacked.extend(intruders.iter().cloned());
    alarms.iter().find(|alarm| {
        let first = time(&alarm["first_time"]);
        from <= first && first <= until && names(alarm).iter().any(|name| attacked.contains(name))
    })
}

/// Addresses of hosts that the site does not name.
fn intruders(truth: &Value) -> Vec<String> {
    let Some(hosts) = truth["unlisted_hosts"].as_object() else {
        return Vec::new();
    };
    hosts
        .iter()
        .flat_map(|(name, host)| {
            let address = host.as_str().or_else(|| host["ip"].as_str()).map(str::to_owned);
            [Some(name.clone()), address].into_iter().flatten()
        })
        .collect()
}

struct Scenario {
    name: String,
    folder: PathBuf,
    site: PathBuf,
    truth: Value,
}

fn scenarios() -> Vec<Scenario> {
    let Some(root) = support::shared("scenarios") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = std::fs::read(folder.join("truth.json")) else {
            continue;
        };
        let truth: Value = serde_json::from_slice(&text).unwrap();
        let site = root
            .join("sites")
            .join(truth["plant"].as_str().unwrap())
            .join("site");
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        found.push(Scenario {
            name,
            folder,
            site,
            truth,
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

#[test]
fn attacks_are_found_before_the_hazard_and_ordinary_days_are_quiet() {
    let mut table = String::new();
    let mut wrong = String::new();
    for scenario in scenarios() {
        let Scenario {
            name,
            folder,
            site,
            truth,
        } = &scenario;
        let alarms = alarms(folder, site);
        let intruders = intruders(truth);
        for event in truth["events"].as_array().unwrap() {
            if truth["kind"] != "attack" {
                continue;
            }
            let family = event["family"].as_str().unwrap();
            match finder(event, &alarms, &intruders) {
                Some(alarm) => {
                    let late = event["hazard_time"].is_string()
                        && time(&alarm["first_time"]) > time(&event["hazard_time"]);
                    let _ = writeln!(table, "{name:<42} {family:<18} found by {}", alarm["rule"]);
                    if late {
                        let _ = writeln!(
                            wrong,
                            "{name}: {family} found by {} only after its hazard",
                            alarm["rule"]
                        );
                    }
                }
                None => {
                    let expected = texts(&event["expected_any_of"]).join(", ");
                    let _ = writeln!(
                        table,
                        "{name:<42} {family:<18} MISSED (expected any of {expected})"
                    );
                    let _ = writeln!(wrong, "{name}: {family} not found (expected any of {expected})");
                }
            }
        }
        if truth["kind"] == "benign" {
            let allowed = |list: &str, word: &str| {
                truth["events"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|event| texts(&event["allowed"][list]).contains(&word))
            };
            for alarm in &alarms {
                let rule = alarm["rule"].as_str().unwrap();
                let kind = alarm["kind"].as_str().unwrap();
                let explained = EXPLAINED.iter().any(|(id, _)| *id == rule);
                let excused = explained
                    || allowed("kinds", kind)
                    || texts(&alarm["tags"]).iter().any(|tag| allowed("tags", tag));
                if !excused {
                    let _ = writeln!(table, "{name:<42} false: {rule}");
                    let _ = writeln!(
                        wrong,
                        "{name}: false alarm {rule} {}: {}",
                        alarm["first_time"], alarm["explanation"]
                    );
                }
            }
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{wrong}");
}
