//! The sites of `rulesets/`, which engineers copy: each loads without a word, and every rule does what its tests say.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a test may fail loudly

use std::path::{Path, PathBuf};

use tapglass::engine::rehearse;
use tapglass::site::{Loaded, RenderStyle, RuleSource, Site, packs};

/// Sites that are complete, by directory.
const SITES: [&str; 6] = [
    "boiler",
    "district-heating",
    "gas-pressure",
    "substation-feeder",
    "tank-farm",
    "water-dosing",
];

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rulesets").join(name)
}

fn load(name: &str) -> Loaded {
    match Site::load(&here(name)) {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{name}:\n{}", errors.render(&RenderStyle::default())),
    }
}

#[test]
fn every_site_is_in_the_list_and_loads_without_a_word() {
    let mut found: Vec<String> = std::fs::read_dir(here(""))
        .expect("the directory is there")
        .map(|entry| entry.expect("readable"))
        .filter(|entry| entry.path().join("plant.toml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    assert_eq!(found, SITES);
    for name in SITES {
        let loaded = load(name);
        let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{name}: {warnings:#?}");
        assert!(
            loaded.site.tags.len() >= 15,
            "{name}: {} tags",
            loaded.site.tags.len()
        );
    }
}

#[test]
fn every_written_rule_says_why_what_to_look_at_and_which_technique() {
    for name in SITES {
        let site = load(name).site;
        for rule in site
            .rules
            .iter()
            .filter(|rule| rule.source == RuleSource::Written)
        {
            let id = &rule.id;
            assert!(!rule.why.is_empty(), "{name}: {id} has no `why`");
            assert!(!rule.check.is_empty(), "{name}: {id} has no `check`");
            assert!(!rule.attack.is_empty(), "{name}: {id} has no `attack`");
            // Silence is what a test cannot play: it is the absence of everything.
            assert!(
                !rule.tests.is_empty() || rule.kind.name() == "silence",
                "{name}: {id} has no test"
            );
        }
    }
}

#[test]
fn every_test_of_a_rule_passes() {
    let mut failed = Vec::new();
    for name in SITES {
        let site = load(name).site;
        let mut played = 0;
        for rule in &site.rules {
            for test in &rule.tests {
                let rehearsal = rehearse(&site, &rule.id, test);
                played += 1;
                if !rehearsal.passed {
                    failed.push(format!(
                        "{name}: {} / {}: {:?} expected, {:?} raised",
                        rule.id,
                        test.name,
                        test.expect,
                        rehearsal.severity()
                    ));
                }
            }
        }
        assert!(played >= 15, "{name}: {played} tests");
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A site of a directory, with all packs loaded.
fn with_packs(name: &str) -> Loaded {
    let read = |file: &str| std::fs::read_to_string(here(name).join(file)).expect("the file is there");
    let plant = read("plant.toml").replacen("[site]", &format!("[site]\npacks = {:?}", packs::names()), 1);
    let files = [
        ("plant.toml", plant),
        ("tags.csv", read("tags.csv")),
        ("rules.toml", read("rules.toml")),
    ];
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    match Site::from_files(&files) {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{name}:\n{}", errors.render(&RenderStyle::default())),
    }
}

#[test]
fn every_pack_fits_every_site() {
    let mut seen = std::collections::BTreeSet::new();
    for name in SITES {
        let loaded = with_packs(name);
        let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{name}: {warnings:#?}");
        for rule in loaded
            .site
            .rules
            .iter()
            .filter(|rule| rule.source == RuleSource::Pack)
        {
            let id = &rule.id;
            assert!(!rule.why.is_empty(), "{id} has no `why`");
            assert!(!rule.check.is_empty(), "{id} has no `check`");
            assert!(!rule.attack.is_empty(), "{id} has no `attack`");
            seen.insert(rule.id.clone());
        }
    }
    for pack in packs::names() {
        let text =
            std::fs::read_to_string(here("packs").join(format!("{pack}.toml"))).expect("the pack is there");
        for id in text.lines().filter_map(|line| line.strip_prefix("id = ")) {
            assert!(seen.contains(id.trim_matches('"')), "{id} is armed at no site");
        }
    }
}

#[test]
fn a_site_without_tags_of_a_role_leaves_the_rules_of_a_pack_out() {
    let plant = "[site]\npacks = [\"common\"]\n[device.plc]\nproto = \"modbus\"\n[tag.SP1]\nat = \"plc/holding:1\"\ntype = \"u16\"\nrole = \"sp\"\n";
    let site = Site::from_files(&[("plant.toml", plant.as_bytes())])
        .expect("it loads")
        .site;
    let packed: Vec<&str> = site
        .rules
        .iter()
        .filter(|rule| rule.source == RuleSource::Pack)
        .map(|rule| rule.id.as_str())
        .collect();
    assert_eq!(packed, ["common/settings-storm"]);
}

/// Rules of packs, each with what raises it and what does not; in a site's own rules they are named without `kind`.
const PACKED: &str = r#"
[[rule]]
id = "common/settings-storm"
severity = "critical"
[[rule.test]]
before = ["write SP1 = 1 by hmi", "write SP2 = 1 by hmi", "write SP3 = 1 by hmi"]
event = "write SP4 = 1 by hmi"
expect = "critical"
[[rule.test]]
before = ["write SP1 = 1 by hmi", "write SP2 = 1 by hmi", "write SP1 = 2 by hmi"]
event = "write SP3 = 1 by hmi"
expect = "none"

[[rule]]
id = "common/commands-storm"
[[rule.test]]
before = ["write C1 = 1 by hmi", "write C2 = 1 by hmi", "write C3 = 1 by hmi", "write C4 = 1 by hmi"]
event = "write C5 = 1 by hmi"
expect = "high"

[[rule]]
id = "common/limits-storm"
[[rule.test]]
before = ["write L1 = 1 by hmi", "write L2 = 1 by hmi"]
event = "write L3 = 1 by hmi"
expect = "high"

[[rule]]
id = "common/alarms-switched-off"
[[rule.test]]
before = ["write A1 = 0 by hmi"]
event = "write A2 = 0 by hmi"
expect = "high"

[[rule]]
id = "common/bypasses-together"
[[rule.test]]
before = ["write B1 = 1 by hmi"]
event = "write B2 = 1 by hmi"
expect = "critical"
[[rule.test]]
name = "the other one is taken out"
before = ["write B1 = 1 by hmi"]
event = "write B2 = 0 by hmi"
expect = "none"

[[rule]]
id = "water/pumps-stopped-together"
[[rule.test]]
before = ["write C1 = 0 by hmi", "write C2 = 0 by hmi"]
event = "write C3 = 0 by hmi"
expect = "high"
[[rule.test]]
before = ["write C1 = 1 by hmi", "write C2 = 1 by hmi"]
event = "write C3 = 1 by hmi"
expect = "none"

[[rule]]
id = "water/pump-cycling"
[[rule.test]]
before = ["write C1 = 1 by hmi"]
event = "write C1 = 0 by hmi"
expect = "high"

[[rule]]
id = "heating/many-substations-written"
[[rule.test]]
before = ["write SP1 = 1 by hmi", "write SP5 = 1 by hmi", "write SP6 = 1 by hmi"]
event = "write SP7 = 1 by hmi"
expect = "high"
[[rule.test]]
name = "four settings of one substation"
before = ["write SP1 = 1 by hmi", "write SP2 = 1 by hmi", "write SP3 = 1 by hmi"]
event = "write SP4 = 1 by hmi"
expect = "none"

[[rule]]
id = "heating/many-controllers-tuned"
[[rule.test]]
before = ["write K1 = 1 by hmi"]
event = "write K2 = 1 by hmi"
expect = "high"

[[rule]]
id = "heating/many-modes-written"
[[rule.test]]
before = ["write M1 = 1 by hmi", "write M2 = 1 by hmi"]
event = "write M3 = 1 by hmi"
expect = "high"

[[rule]]
id = "power/protection-settings"
[[rule.test]]
before = ["write L1 = 1 by hmi"]
event = "write L2 = 1 by hmi"
expect = "high"

[[rule]]
id = "power/pumping"
disabled = true
moc = "MOC-1"

[[rule]]
id = "power/switching-storm"
kind = "count"
on = "write role cmd"
max = 60
window = "1m"
"#;

#[test]
fn rules_of_packs_do_what_they_say_and_can_be_changed() {
    use std::fmt::Write as _;
    let mut plant = format!(
        "[site]\npacks = {:?}\n[principal.hmi]\nip = \"192.0.2.1\"\n",
        packs::names()
    );
    for device in 1..=4 {
        let _ = write!(
            plant,
            "[device.plc{device}]\nproto = \"modbus\"\nunit = {device}\n"
        );
    }
    for (name, device, index, role) in [
        ("SP1", 1, 1, "sp"),
        ("SP2", 1, 2, "sp"),
        ("SP3", 1, 3, "sp"),
        ("SP4", 1, 4, "sp"),
        ("SP5", 2, 1, "sp"),
        ("SP6", 3, 1, "sp"),
        ("SP7", 4, 1, "sp"),
        ("L1", 1, 11, "limit"),
        ("L2", 1, 12, "limit"),
        ("L3", 1, 13, "limit"),
        ("A1", 1, 21, "alarm_enable"),
        ("A2", 1, 22, "alarm_enable"),
        ("B1", 1, 31, "bypass"),
        ("B2", 1, 32, "bypass"),
        ("K1", 1, 41, "tuning"),
        ("K2", 2, 41, "tuning"),
        ("M1", 1, 51, "mode"),
        ("M2", 2, 51, "mode"),
        ("M3", 3, 51, "mode"),
        ("C1", 1, 61, "cmd"),
        ("C2", 1, 62, "cmd"),
        ("C3", 1, 63, "cmd"),
        ("C4", 1, 64, "cmd"),
        ("C5", 1, 65, "cmd"),
    ] {
        let _ = write!(
            plant,
            "[tag.{name}]\nat = \"plc{device}/holding:{index}\"\ntype = \"u16\"\nrole = \"{role}\"\n"
        );
    }
    let loaded = match Site::from_files(&[
        ("plant.toml", plant.as_bytes()),
        ("rules.toml", PACKED.as_bytes()),
    ]) {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{}", errors.render(&RenderStyle::default())),
    };
    let site = loaded.site;
    let mut played = 0;
    for rule in &site.rules {
        for test in &rule.tests {
            let rehearsal = rehearse(&site, &rule.id, test);
            assert!(
                rehearsal.passed,
                "{} / {}: {:?} expected, {:?} raised",
                rule.id,
                test.event,
                test.expect,
                rehearsal.severity()
            );
            played += 1;
        }
    }
    assert_eq!(played, 15);
    let one = |id: &str| {
        let found: Vec<_> = site.rules.iter().filter(|rule| rule.id == id).collect();
        assert_eq!(found.len(), 1, "{id}");
        found[0]
    };
    assert!(one("power/pumping").disabled);
    assert_eq!(one("power/pumping").source, RuleSource::Pack);
    assert_eq!(one("power/switching-storm").source, RuleSource::Written);
}

#[test]
fn a_pack_that_is_not_there_is_an_error_with_a_suggestion() {
    let errors = Site::from_files(&[("plant.toml", b"[site]\npacks = [\"watre\"]\n".as_slice())])
        .expect_err("there is no such pack");
    let text = errors.render(&RenderStyle::default());
    assert!(text.contains("there is no rule pack `watre`"), "{text}");
    assert!(text.contains("did you mean `water`?"), "{text}");
    assert!(text.contains("plant.toml:2:10"), "{text}");
}
