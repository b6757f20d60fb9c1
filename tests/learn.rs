//! What is learned on ordinary days: it can be loaded, it is what the plant is, and other ordinary days are quiet under it.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tapglass::model::Severity;
use tapglass::site::{Address, DataType, Site};

/// Captures of a plant to learn from.
const LEARNED: [&str; 2] = ["ordinary-1", "day-1"];
/// Ordinary situations in which the plant does what it did while it was learned from, whatever the tap saw of it.
const SAME: [&str; 10] = [
    "ordinary-3",
    "hmi_reconnect-3",
    "midstream-3",
    "span_dup-3",
    "tap_loss-3",
    "one_way_requests-3",
    "one_way_responses-3",
    "clock_step-3",
    "exceptions-3",
    "backfill-3",
];
/// False episodes a day that are allowed for each 100 tags.
const ALLOWED: f64 = 0.1;

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios")
}

fn capture(plant: &str, name: &str) -> PathBuf {
    scenarios().join(format!("{plant}-{name}/capture.pcap.gz"))
}

fn learn(files: &[PathBuf], out: &Path, more: &[&str]) -> std::process::Output {
    let mut arguments = vec!["learn", "--out", out.to_str().unwrap()];
    arguments.extend(more);
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    support::tapglass(&arguments)
}

fn learned(plant: &str, more: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = LEARNED.map(|name| capture(plant, name));
    let output = learn(&files, &directory.path().join("site"), more);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    directory
}

/// Alarms that are no mere advice, in order.
fn alarms(capture: &Path, site: &Path) -> Vec<Value> {
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
        capture.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    let mut alarms = support::json_lines(&output.stdout);
    alarms.retain(|alarm| alarm["advice"] != Value::Bool(true));
    alarms
}

fn severity(alarm: &Value) -> Severity {
    Severity::from_name(alarm["severity"].as_str().unwrap()).unwrap()
}

#[test]
fn another_ordinary_day_of_the_same_plant_is_quiet() {
    if support::shared("scenarios").is_none() {
        return;
    }
    for plant in ["dosing", "feeder", "boiler"] {
        let directory = learned(plant, &[]);
        let site = directory.path().join("site");
        let tags = Site::load(&site).unwrap().site.tags.len();
        let (mut days, mut annunciated, mut journal) = (0.0, 0, BTreeMap::<String, u32>::new());
        for name in SAME {
            let truth = capture(plant, name).with_file_name("truth.json");
            let truth: Value = serde_json::from_slice(&std::fs::read(truth).unwrap()).unwrap();
            days += truth["duration_s"].as_f64().unwrap() / 86_400.0;
            for alarm in alarms(&capture(plant, name), &site) {
                if severity(&alarm) >= Severity::Medium {
                    annunciated += 1;
                    println!("{plant}-{name}: {}", alarm["explanation"]);
                } else {
                    *journal
                        .entry(alarm["rule"].as_str().unwrap().to_owned())
                        .or_default() += 1;
                }
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let allowed = ALLOWED * days * tags as f64 / 100.0;
        println!(
            "{plant}: {annunciated} false episodes in {days:.3} days over {tags} tags, {allowed:.4} allowed; journal {journal:?}"
        );
        assert!(f64::from(annunciated) <= allowed);
    }
}

#[test]
fn an_ordinary_day_leaves_hardly_a_line_in_the_journal() {
    if support::shared("scenarios").is_none() {
        return;
    }
    for plant in ["dosing", "feeder", "boiler"] {
        let directory = learned(plant, &[]);
        let mut found = alarms(&capture(plant, "ordinary-3"), &directory.path().join("site"));
        // Passwords that anybody can read are no less true for being so every day.
        found.retain(|alarm| alarm["rule"] != "builtin/cleartext-logon");
        // The feeder's load begins lower than it ever was on the days that were learned from: that is said once.
        assert!(
            found.len() <= usize::from(plant == "feeder"),
            "{plant}: {found:#?}"
        );
    }
}

#[test]
fn the_points_of_the_plant_are_found_with_their_types() {
    if support::shared("scenarios").is_none() {
        return;
    }
    let directory = learned("dosing", &[]);
    let found = Site::load(&directory.path().join("site")).unwrap().site;
    let known = Site::load(&scenarios().join("sites/dosing/site")).unwrap().site;
    let place = |site: &Site, tag: &tapglass::site::Tag| {
        let device = &site.devices[tag.device.0 as usize];
        (device.host, tag.address.clone())
    };
    let mut compared = 0;
    for tag in &known.tags {
        let there = found
            .tags
            .iter()
            .find(|other| place(&found, other) == place(&known, tag));
        let Some(there) = there else {
            panic!("{} is not found", tag.name);
        };
        let wide = |data_type: DataType| data_type.registers();
        assert_eq!(
            wide(there.data_type),
            wide(tag.data_type),
            "{}: {}",
            tag.name,
            there.description
        );
        if tag.data_type == DataType::F32 {
            assert_eq!(
                (there.data_type, there.order),
                (tag.data_type, tag.order),
                "{}",
                tag.name
            );
            compared += 1;
        }
    }
    assert!(compared >= 8);
    assert!(
        found.tags.iter().all(|tag| tag.safe.is_none()),
        "nothing learned is a safe limit"
    );
    assert!(
        found
            .tags
            .iter()
            .any(|tag| matches!(tag.address, Address::Indexed { .. }) && tag.role.is_some())
    );
}

#[test]
fn what_was_not_learned_is_said() {
    if support::shared("scenarios").is_none() {
        return;
    }
    let directory = learned("dosing", &[]);
    let site = directory.path().join("site");
    // Attack, what the journal must say, and of which register.
    for (attack, part, tag) in [
        ("sp_jump_legit-1", "wrote plc1.HR101", "plc1.HR101"),
        ("alarm_disable-1", "never did so", "plc1.HR141"),
    ] {
        let found = alarms(&capture("dosing", attack), &site);
        let said = found.iter().any(|alarm| {
            alarm["kind"] == "baseline"
                && alarm["explanation"].as_str().unwrap().contains(part)
                && alarm["tags"].as_array().unwrap().iter().any(|named| named == tag)
        });
        assert!(said, "{attack}: {found:#?}");
    }
}

#[test]
fn a_known_site_keeps_its_names() {
    if support::shared("scenarios").is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let known = scenarios().join("sites/dosing/site");
    let site = directory.path().join("site");
    std::fs::create_dir(&site).unwrap();
    for name in ["plant.toml", "rules.toml"] {
        std::fs::copy(known.join(name), site.join(name)).unwrap();
    }
    let output = learn(
        &[capture("dosing", "ordinary-1")],
        &site,
        &["--site", site.to_str().unwrap()],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read_to_string(site.join("baseline.toml")).unwrap();
    assert!(text.contains("[tag.\"AIC201.SP\"]"), "{text}");
    let loaded = Site::load(&site).unwrap();
    assert!(loaded.warnings.is_empty());
    assert!(
        loaded
            .site
            .rules
            .iter()
            .any(|rule| rule.id == "baseline/AIC201.SP")
    );
    assert!(loaded.site.rules.iter().any(|rule| rule.id == "baseline/talk"));
}

#[test]
fn a_site_is_not_replaced_by_accident() {
    if support::shared("scenarios").is_none() {
        return;
    }
    let directory = learned("boiler", &[]);
    let site = directory.path().join("site");
    let files = [capture("boiler", "ordinary-1")];
    let before = std::fs::read(site.join("tags.csv")).unwrap();
    let refused = learn(&files, &site, &[]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("--force"), "{said}");
    assert_eq!(std::fs::read(site.join("tags.csv")).unwrap(), before);
    assert!(learn(&files, &site, &["--force"]).status.success());
}

#[test]
fn the_same_captures_teach_the_same() {
    if support::shared("scenarios").is_none() {
        return;
    }
    let (first, second) = (learned("feeder", &[]), learned("feeder", &[]));
    for name in ["plant.toml", "tags.csv", "baseline.toml"] {
        let read =
            |of: &tempfile::TempDir| std::fs::read_to_string(of.path().join("site").join(name)).unwrap();
        assert_eq!(read(&first), read(&second), "{name}");
    }
}

#[test]
fn a_baseline_that_is_wrong_is_refused_with_file_and_line() {
    const PLANT: &str = "[site]\nname = \"x\"\n[device.p]\nproto = \"modbus\"\nunit = 1\nbase = 0\n[principal.a]\nip = \"10.0.0.1\"\n[tag.T]\nat = \"p/holding:1\"\ntype = \"u16\"\nrole = \"pv\"\n";
    // What stands in baseline.toml, what is said of it and in which line.
    for (text, part, line) in [
        ("[tag.U]\nrange = [0, 1]\n", "no tag `U`", 1),
        ("[tag.T]\nrange = [0]\n", "range", 2),
        ("[tag.T]\nmargin = -1\n", "cannot be -1", 2),
        ("[tag.T]\nwritten_by = { b = [6] }\n", "no principal `b`", 2),
        ("[tag.T]\nwritten_by = { a = 6 }\n", "list of function codes", 2),
        ("[tag.T]\nrang = [0, 1]\n", "rang", 2),
        (
            "[[talk]]\nprincipal = \"a\"\ndevice = \"q\"\nfunctions = [3]\n",
            "no device `q`",
            3,
        ),
        ("[[talk]]\ndevice = \"p\"\n", "principal", 1),
        ("[[balance]]\nresidual = \"1 * U\"\nlimit = 1\n", "U", 2),
        ("[[balance]]\nlimit = 1\n", "residual", 1),
        ("[[balance]]\nresidual = \"1 * T\"\n", "limit", 1),
        ("[limits]\n", "limits", 1),
        ("[tag.T\n", "", 1),
    ] {
        let errors = Site::from_files(&[
            ("plant.toml", PLANT.as_bytes()),
            ("baseline.toml", text.as_bytes()),
        ])
        .err()
        .unwrap_or_else(|| panic!("{text} is taken"));
        let said = errors.to_string();
        assert!(said.contains(part), "{text}: {said}");
        assert!(said.contains(&format!("baseline.toml:{line}:")), "{text}: {said}");
    }
}
