//! Every built-in detection: what raises it, what just does not, what a site changes of it, and the table of what public
//! rule sets look for.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

#[path = "detections/dnp3.rs"]
mod dnp3;
#[path = "detections/modbus.rs"]
mod modbus;
#[path = "detections/neutral.rs"]
mod neutral;
#[path = "detections/opcua.rs"]
mod opcua;
#[path = "detections/stage.rs"]
mod stage;
mod support;
#[path = "detections/words.rs"]
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use stage::{HMI, Host, Line, PLC, Stage, plant, site};
use tapglass::rules::detections;
use tapglass::site::Site;
use words::{modbus as message, read};

type Play = Box<dyn Fn(&mut Stage)>;

/// What raises a rule, and what does not.
pub(crate) struct Case {
    rule: &'static str,
    fires: Play,
    quiet: Vec<Play>,
}

pub(crate) fn case(rule: &'static str, fires: impl Fn(&mut Stage) + 'static) -> Case {
    Case {
        rule,
        fires: Box::new(fires),
        quiet: Vec::new(),
    }
}

impl Case {
    pub(crate) fn below(mut self, play: impl Fn(&mut Stage) + 'static) -> Self {
        self.quiet.push(Box::new(play));
        self
    }

    fn id(&self) -> String {
        format!("builtin/{}", self.rule)
    }

    /// A site in which it is on.
    fn site(&self) -> Site {
        let off = detections::named(&self.id()).is_some_and(|known| !known.off.is_empty());
        if off {
            site(&format!("[[rule]]\nid = \"{}\"\noff = false\n", self.id()))
        } else {
            Site::default()
        }
    }
}

fn play(site: Site, play: &Play) -> Stage {
    let mut stage = Stage::new(site);
    play(&mut stage);
    stage.end()
}

fn cases() -> Vec<Case> {
    let mut cases = modbus::cases();
    cases.extend(dnp3::cases());
    cases.extend(opcua::cases());
    cases.extend(neutral::cases());
    cases
}

#[test]
fn every_detection_fires_and_is_quiet_just_below() {
    let mut wrong = String::new();
    for case in cases() {
        let id = case.id();
        let stage = play(case.site(), &case.fires);
        if !stage.rules.contains(&id) {
            let _ = writeln!(wrong, "{id} does not fire: {:?}", stage.rules);
        }
        if case.quiet.is_empty() {
            let _ = writeln!(wrong, "{id} has no counterexample");
        }
        for (number, quiet) in case.quiet.iter().enumerate() {
            let stage = play(case.site(), quiet);
            if stage.rules.contains(&id) {
                let _ = writeln!(
                    wrong,
                    "{id} fires in its counterexample {number}: {:?}",
                    stage.texts
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_detection_has_a_case() {
    let tested: BTreeSet<String> = cases().iter().map(Case::id).collect();
    let untested: Vec<&str> = detections::all()
        .iter()
        .map(|known| known.id.as_str())
        .filter(|id| !tested.contains(*id))
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn what_is_off_is_quiet_unless_the_site_switches_it_on() {
    let mut tried = 0;
    for case in cases() {
        let off = detections::named(&case.id()).is_some_and(|known| !known.off.is_empty());
        if off {
            let stage = play(Site::default(), &case.fires);
            assert!(!stage.rules.contains(&case.id()), "{}", case.id());
            tried += 1;
        }
    }
    assert!(tried >= 8, "{tried}");
}

/// A plant with one device and one who may write.
const PLANT: &str = r#"
[device.plc1]
proto = "modbus"
host = "10.0.0.1"
unit = 1
[principal.hmi]
ip = "10.0.0.20"
"#;

/// Somebody tries out addresses of the controller.
fn scan(stage: &mut Stage) {
    let line = Line::new(HMI, PLC, 502);
    for number in 0..6 {
        stage.ask(line, &message(number, 1, &read(number * 10)));
        stage.tell(line, &message(number, 1, &[0x83, 2]));
    }
}

#[test]
fn an_alarm_names_the_device_and_the_client_as_the_site_does() {
    let mut stage = Stage::new(plant(PLANT, ""));
    scan(&mut stage);
    let stage = stage.end();
    assert_eq!(stage.severities["builtin/modbus-address-scan"], "medium");
    assert_eq!(
        stage.texts,
        [
            "hmi (10.0.0.20) asks plc1 for addresses that it does not have (Illegal Data Address), 5 times within 60 s."
        ]
    );
}

#[test]
fn a_site_changes_the_severity_of_a_detection_and_switches_it_off() {
    for (rule, severity) in [
        ("severity = \"high\"", Some("high")),
        ("severity = \"low\"", Some("low")),
        ("off = true\nmoc = \"scanner of the maintenance\"", None),
    ] {
        let rules = format!("[[rule]]\nid = \"builtin/modbus-address-scan\"\n{rule}\n");
        let mut stage = Stage::new(plant(PLANT, &rules));
        scan(&mut stage);
        let stage = stage.end();
        assert_eq!(
            stage.severities.get("builtin/modbus-address-scan").copied(),
            severity,
            "{rules}"
        );
    }
}

#[test]
fn a_site_switches_off_rules_that_were_always_there() {
    let stop = |stage: &mut Stage| stage.ask(Line::new(HMI, PLC, 502), &message(1, 1, &[8, 0, 4, 0, 0]));
    for (rules, fires) in [
        ("", true),
        (
            "[[rule]]\nid = \"builtin/restart\"\noff = true\nmoc = \"test bench\"\n",
            false,
        ),
    ] {
        let mut stage = Stage::new(plant(PLANT, rules));
        stop(&mut stage);
        assert_eq!(stage.end().rules.contains("builtin/restart"), fires, "{rules}");
    }
}

#[test]
fn an_unknown_detection_is_an_error_with_the_nearest_name() {
    let rules = b"[[rule]]\nid = \"builtin/modbus-adress-scan\"\nseverity = \"low\"\n";
    let errors =
        Site::from_files(&[("plant.toml", b"[site]\nname = \"t\"\n"), ("rules.toml", rules)]).unwrap_err();
    let text = format!("{errors:?}");
    assert!(
        text.contains("there is no built-in rule `builtin/modbus-adress-scan`")
            && text.contains("did you mean `builtin/modbus-address-scan`?"),
        "{text}"
    );
}

#[test]
fn two_devices_behind_one_gateway_are_two_alarms() {
    let mut stage = Stage::new(Site::default());
    let line = Line::new(HMI, PLC, 502);
    for number in 0..12_u16 {
        let unit = u8::try_from(number % 2 + 1).unwrap();
        stage.ask(line, &message(number, unit, &read(number)));
        stage.tell(line, &message(number, unit, &[0x83, 2]));
    }
    let stage = stage.end();
    let names: Vec<&str> = stage
        .texts
        .iter()
        .filter_map(|text| text.split(" asks ").nth(1)?.split(" for ").next())
        .collect();
    assert_eq!(names, ["10.0.0.1 unit 1", "10.0.0.1 unit 2"]);
}

#[test]
fn a_scan_of_many_clients_is_one_alarm_for_each() {
    let mut stage = Stage::new(Site::default());
    for client in [30, 31] {
        let line = Line::new(Host::new(client), PLC, 502);
        for number in 0..30 {
            stage.ask(line, &message(number, 1, &read(number)));
            stage.tell(line, &message(number, 1, &[0x83, 2]));
        }
    }
    let stage = stage.end();
    let scans = stage.texts.iter().filter(|text| text.contains(" asks "));
    assert_eq!(scans.count(), 2, "{:?}", stage.texts);
}

#[test]
fn the_list_shows_every_detection_and_explain_says_what_it_looks_for() {
    let listed = support::tapglass(&["rules", "list"]);
    let text = String::from_utf8(listed.stdout).unwrap();
    for known in detections::all() {
        let line = text
            .lines()
            .find(|line| line.split(' ').next() == Some(&known.id));
        let line = line.unwrap_or_else(|| panic!("{} is not listed", known.id));
        assert_eq!(line.contains("  off, "), !known.off.is_empty(), "{line}");
        let explained = support::tapglass(&["rules", "explain", &known.id]);
        let explained = String::from_utf8(explained.stdout).unwrap();
        for part in [&known.why, &known.check, &known.requirements[0], &known.covers[0]] {
            assert!(explained.contains(part.as_str()), "{}: {explained}", known.id);
        }
    }
    let wrong = support::tapglass(&["rules", "explain", "builtin/modbus-adress-scan"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("did you mean `builtin/modbus-address-scan`?"));
}

/// Ids of the reference: M01 to M48, D01 to D47, U01 to U16, N01 to N47, V01 to V24.
fn reference_ids() -> Vec<String> {
    [("M", 48), ("D", 47), ("U", 16), ("N", 47), ("V", 24)]
        .into_iter()
        .flat_map(|(letter, most)| (1..=most).map(move |number| format!("{letter}{number:02}")))
        .collect()
}

#[test]
fn the_table_has_every_row_and_names_only_rules_and_tests_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("rulesets/detections.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let kinds: Vec<String> = tapglass::site::rule_kinds().map(str::to_owned).collect();
    let mut sources = String::new();
    for folder in ["src/engine/tests", "src/rules", "tests"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut wrong = String::new();
    for id in reference_ids() {
        let found: Vec<&Vec<&str>> = rows.iter().filter(|row| row[0] == id).collect();
        let [row] = found.as_slice() else {
            let _ = writeln!(wrong, "{id} stands {} times", found.len());
            continue;
        };
        for name in row[2].split('`').filter(|name| name.starts_with("builtin/")) {
            if !tapglass::rules::built_in::ids().contains(&name) {
                let _ = writeln!(wrong, "{id}: there is no {name}");
            }
        }
        for kind in row[2]
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| !name.contains('/'))
        {
            if !kinds.iter().any(|known| known == kind) {
                let _ = writeln!(wrong, "{id}: there is no kind {kind}");
            }
        }
        for test in row[4].split('`').skip(1).step_by(2) {
            if !sources.contains(&format!("fn {test}(")) {
                let _ = writeln!(wrong, "{id}: there is no test {test}");
            }
        }
        let covered = detections::all().iter().any(|known| known.covers.contains(&id));
        if covered && !row[2].contains("`builtin/") {
            let _ = writeln!(wrong, "{id} is covered and the table does not say so");
        }
    }
    // Both ways: what the file says it covers stands in the row, with its severity.
    for known in detections::all() {
        for id in &known.covers {
            let row = rows.iter().find(|row| row[0] == id.as_str());
            if !row.is_some_and(|row| row[2].contains(&format!("`{}`", known.id))) {
                let _ = writeln!(wrong, "{} covers {id}, and its row does not name it", known.id);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn whom_the_site_names_may_ask_what_a_device_is() {
    let identify = |stage: &mut Stage, last: u8| {
        stage.ask(
            Line::new(Host::new(last), PLC, 502),
            &message(1, 1, &[43, 14, 1, 0]),
        );
    };
    for (last, told) in [(20, false), (33, true)] {
        let mut stage = Stage::new(plant(PLANT, ""));
        identify(&mut stage, last);
        assert_eq!(
            stage.end().rules.contains("builtin/modbus-identification"),
            told,
            "{last}"
        );
    }
}

#[test]
fn what_the_site_states_of_a_writer_is_compared_once() {
    let stated = format!("{PLANT}mac = \"02:00:00:00:00:14\"\nttl = 64\n");
    for (site, expected) in [
        (
            plant(PLANT, ""),
            [
                "builtin/address-conflict",
                "builtin/writer-hops-changed",
                "builtin/writer-two-cards",
            ]
            .as_slice(),
        ),
        (
            plant(&stated, ""),
            &["builtin/address-conflict", "builtin/writers"],
        ),
    ] {
        let mut stage = Stage::new(site);
        let write = message(1, 1, &[6, 0, 1, 0, 5]);
        stage.ask(Line::new(HMI, PLC, 502), &message(1, 1, &read(0)));
        stage.ask(Line::new(HMI, PLC, 502), &write);
        let forged = Host {
            card: 77,
            ttl: 128,
            ..HMI
        };
        stage.ask(Line::new(forged, PLC, 502).from(40_001), &write);
        assert_eq!(stage.end().rules.into_iter().collect::<Vec<_>>(), expected);
    }
}
