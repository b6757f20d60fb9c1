//! Sites as engineers write them: those of the scenarios, those of the specification, and many that are wrong.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // a test may fail loudly

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tapglass::site::report::{self, ReportStyle};
use tapglass::site::{Loaded, RenderStyle, RuleSource, Site, render};

/// The directory of scenario sites, which is kept beside the repository; `None` (with a word) where it is not there.
fn scenario_sites() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/scenarios/sites");
    if place.is_dir() {
        return Some(place);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{} is missing: these tests must run here",
        place.display()
    );
    println!("skipped: {} is missing", place.display());
    None
}

#[test]
fn scenario_sites_load_without_a_word() {
    let Some(sites) = scenario_sites() else {
        return;
    };
    for (name, tags, written) in [("boiler", 23, 10), ("dosing", 31, 11), ("feeder", 33, 21)] {
        let loaded = match Site::load(&sites.join(name).join("site")) {
            Ok(loaded) => loaded,
            Err(errors) => panic!("{name}:\n{}", errors.render(&RenderStyle::default())),
        };
        let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.is_empty(), "{name}: {warnings:#?}");
        assert_eq!(loaded.site.tags.len(), tags, "{name}");
        let own = loaded
            .site
            .rules
            .iter()
            .filter(|rule| rule.source == RuleSource::Written)
            .count();
        assert_eq!(own, written, "{name}");
        assert!(loaded.site.rules.len() > tags, "{name}: roles bring rules");
    }
}

/// Loads a site that must be right.
fn load(directory: &Path) -> Loaded {
    match Site::load(directory) {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{}", errors.render(&RenderStyle::default())),
    }
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/sites")
        .join(path)
}

#[test]
fn worked_examples_load() {
    let _bound = snapshots();
    for name in ["dosing", "heating", "breaker", "pipeline", "boiler"] {
        let loaded = load(&here(&format!("worked/{name}")));
        let listing: Vec<String> = loaded
            .site
            .rules
            .iter()
            .map(|rule| format!("{} [{}] {}", rule.id, rule.kind.name(), rule.severity))
            .chain(loaded.warnings.iter().map(ToString::to_string))
            .collect();
        insta::assert_snapshot!(format!("worked_{name}"), listing.join("\n"));
    }
}

/// Puts a case into a directory as a site: `X.toml` is plant.toml, `X.csv` tags.csv, `X.rules.toml` rules.toml.
fn unpack(case: &Path, directory: &Path) {
    for (extension, name) in [
        ("toml", "plant.toml"),
        ("csv", "tags.csv"),
        ("rules.toml", "rules.toml"),
    ] {
        let from = case.with_extension(extension);
        if from.is_file() {
            std::fs::copy(from, directory.join(name)).expect("the case can be copied");
        }
    }
}

#[test]
fn every_broken_site_says_what_is_wrong_where_and_how_to_mend_it() {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(here("broken"))
        .expect("the cases are there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(".toml") && !name.ends_with(".rules.toml")
        })
        .collect();
    cases.sort();
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let _bound = snapshots();
    for case in cases {
        let directory = tempfile::tempdir().expect("a temporary directory");
        unpack(&case, directory.path());
        let name = case.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = match Site::load(directory.path()) {
            Err(errors) => {
                for diagnostic in &errors.diagnostics {
                    assert!(
                        diagnostic.line > 0 && diagnostic.column > 0,
                        "{name}: {diagnostic}"
                    );
                }
                errors.render(&RenderStyle::default())
            }
            Ok(loaded) => {
                assert!(name.starts_with("warnings"), "{name} loaded");
                render(&loaded.warnings, &loaded.files, &RenderStyle::default())
            }
        };
        insta::assert_snapshot!(name, text);
    }
}

/// Texts to begin with: every worked example and every broken site.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for directory in ["broken", "worked"] {
        for entry in std::fs::read_dir(here(directory)).expect("the cases are there") {
            let path = entry.expect("readable").path();
            let file = if path.is_dir() {
                path.join("plant.toml")
            } else {
                path
            };
            seeds.push(std::fs::read(file).expect("readable"));
        }
    }
    seeds.sort();
    seeds
}

/// Loads and renders, which must never panic, whatever the bytes are.
fn survive(plant: &[u8], tags: &[u8], rules: &[u8]) {
    let files = [("plant.toml", plant), ("tags.csv", tags), ("rules.toml", rules)];
    match Site::from_files(&files) {
        Ok(loaded) => {
            let _ = render(&loaded.warnings, &loaded.files, &RenderStyle::default());
        }
        Err(errors) => {
            assert!(errors.errors() > 0);
            let _ = errors.render(&RenderStyle::default());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_loader_panic(
        plant in prop::collection::vec(any::<u8>(), 0..200),
        tags in prop::collection::vec(any::<u8>(), 0..200),
        rules in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        survive(&plant, &tags, &rules);
    }

    #[test]
    fn no_damage_to_a_site_makes_the_loader_panic(
        seed in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_usize..12), 1..8),
    ) {
        let seeds = seeds();
        let mut plant = seed.get(&seeds).clone();
        for (place, byte, kind) in damage {
            if plant.is_empty() {
                break;
            }
            let at = place.index(plant.len());
            match kind {
                0..4 => plant[at] = byte,
                4..6 => plant.insert(at, byte),
                6..8 => {
                    plant.remove(at);
                }
                8 => plant.truncate(at),
                9 => plant.insert(at, b'"'),
                10 => plant.splice(at..at, "µ°\u{202e}".bytes()).for_each(drop),
                _ => plant.insert(at, b'\n'),
            }
        }
        let other = other.get(&seeds);
        survive(&plant, other, other);
    }
}

#[test]
fn deep_nesting_does_not_end_the_stack() {
    let deep = 100_000;
    for text in [
        format!("[{}]\n", vec!["a"; deep].join(".")),
        format!("{} = 1\n", vec!["a"; deep].join(".")),
        format!("a = {}\n", "[".repeat(deep)),
        format!("a = {}\n", "{a=".repeat(deep)),
        format!("[tag.A]\nat = \"{}\"\n", "x/".repeat(deep)),
        format!("[mode.A]\nwhen = \"{}\"\n", "not ".repeat(deep)),
        format!("[mode.A]\nwhen = \"{}1\"\n", "-".repeat(deep)),
        format!("[mode.A]\nwhen = \"{}\"\n", "abs(".repeat(deep)),
        format!("[mode.A]\nwhen = \"{}1\"\n", "1+".repeat(deep)),
    ] {
        survive(text.as_bytes(), b"", text.as_bytes());
    }
}

/// Snapshots beside the sites.
fn snapshots() -> insta::internals::SettingsBindDropGuard {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("sites/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind_to_scope()
}

/// A text without the directory of this machine.
fn anywhere(text: &str) -> String {
    text.replace(&here("").to_string_lossy().into_owned(), "SITES/")
}

#[test]
fn every_rule_of_the_worked_examples_is_explained_in_words() {
    let _bound = snapshots();
    for name in ["dosing", "heating", "breaker", "pipeline", "boiler"] {
        let report = report::explain(&here("worked").join(name), "*", ReportStyle::default());
        assert_eq!(report.exit, 0);
        insta::assert_snapshot!(format!("explain_{name}"), report.text);
    }
}

#[test]
fn reports_say_what_is_there_and_end_with_the_right_code() {
    let _bound = snapshots();
    let right = here("worked/dosing");
    let plain = ReportStyle::default();
    let json = ReportStyle {
        json: true,
        ..ReportStyle::default()
    };
    let checked = report::check(&right, plain);
    assert_eq!(checked.exit, 0);
    insta::assert_snapshot!("report_check", anywhere(&checked.text));
    let listed = report::list(&right, plain);
    assert_eq!(listed.exit, 0);
    insta::assert_snapshot!("report_list", listed.text);
    let listed = report::list(&right, json);
    assert!(listed.text.lines().all(|line| line.starts_with("{\"id\":\"")));
    let unknown = report::explain(&right, "dose-need-flow", plain);
    assert_eq!(unknown.exit, 2);
    assert_eq!(
        unknown.text,
        "there is no rule `dose-need-flow`; did you mean `dose-needs-flow`?\n"
    );

    let wrong = tempfile::tempdir().expect("a temporary directory");
    let missing = report::check(wrong.path(), plain);
    assert_eq!(missing.exit, 2);
    assert!(
        missing.text.contains("there is no file `plant.toml`"),
        "{}",
        missing.text
    );
    unpack(&here("broken/in_rules_file.toml"), wrong.path());
    let broken = report::check(wrong.path(), json);
    assert_eq!(broken.exit, 2);
    insta::assert_snapshot!("report_errors_json", broken.text);
    let broken = report::check(wrong.path(), plain);
    let place = format!("{}/rules.toml:6:7", wrong.path().display());
    assert!(broken.text.contains(&place), "{}", broken.text);
    let colored = report::check(
        wrong.path(),
        ReportStyle {
            color: true,
            json: false,
        },
    );
    assert!(colored.text.contains('\u{1b}') && !broken.text.contains('\u{1b}'));
}

#[test]
fn the_command_line_checks_lists_and_explains() {
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tapglass"))
            .args(arguments)
            .output()
            .expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let right = here("worked/dosing").to_string_lossy().into_owned();
    let wrong = here("broken").to_string_lossy().into_owned();
    let (code, out, _) = run(&["rules", "check", "--site", &right]);
    assert_eq!(code, Some(0));
    assert!(out.contains("no errors, no warnings"), "{out}");
    let (code, out, _) = run(&["rules", "check", "--site", &wrong]);
    assert_eq!(code, Some(2));
    assert!(out.contains("there is no file `plant.toml`"), "{out}");
    let (code, out, _) = run(&["rules", "list"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("builtin/"), "{out}");
    let (code, out, _) = run(&["rules", "list", "--site", &right, "--json"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("\"id\":\"AIC201.SP/step\"") && out.contains("\"source\":\"built_in\""),
        "{out}"
    );
    let (code, out, error) = run(&["rules", "explain", "dose-need-flow", "--site", &right]);
    assert_eq!(code, Some(2));
    assert!(
        out.is_empty() && error.contains("did you mean `dose-needs-flow`?"),
        "{error}"
    );
}

#[test]
fn every_key_and_every_kind_is_read_as_written() {
    let _bound = snapshots();
    let directory = here("right/everything");
    let loaded = load(&directory);
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert!(warnings.is_empty(), "{warnings:#?}");
    assert_eq!(loaded.files.len(), 4);
    insta::assert_debug_snapshot!("right_devices", loaded.site.devices);
    insta::assert_debug_snapshot!("right_principals", loaded.site.principals);
    insta::assert_debug_snapshot!("right_tags", loaded.site.tags);
    insta::assert_debug_snapshot!(
        "right_network",
        (
            &loaded.site.zones,
            &loaded.site.conduits,
            &loaded.site.windows,
            &loaded.site.modes,
            &loaded.site.defaults
        )
    );
    let written: Vec<_> = loaded
        .site
        .rules
        .iter()
        .filter(|rule| rule.source == RuleSource::Written)
        .collect();
    insta::assert_debug_snapshot!("right_rules", written);
    insta::assert_snapshot!(
        "right_explained",
        report::explain(&directory, "*", ReportStyle::default()).text
    );
}

#[test]
fn a_delay_that_does_nothing_is_said() {
    let plant = "[site]\nname = \"p\"\n[device.plc]\nproto = \"modbus\"\nhost = \"10.0.0.1\"\nunit = 1\nbase = 0\n\
         [tag.SP]\nat = \"plc/holding:1\"\ntype = \"u16\"\n";
    let rule = |kind: &str| {
        format!("[[rule]]\nid = \"r\"\nkind = {kind}\ntag = \"SP\"\non_delay = \"60s\"\nwhy = \"w\"\n")
    };
    let warnings = |rules: &str| {
        let files = [("plant.toml", plant.as_bytes()), ("rules.toml", rules.as_bytes())];
        let loaded = Site::from_files(&files).expect("the site is right");
        render(&loaded.warnings, &loaded.files, &RenderStyle::default())
    };
    let said = warnings(&rule("\"step\"\nmax = 5"));
    assert!(
        said.contains("`on_delay` does nothing here") && said.contains("rules.toml:6:"),
        "{said}"
    );
    assert_eq!(
        warnings(&rule(
            "\"envelope\"\nlo = \"0\"\nhi = \"5\"\non = \"observation\""
        )),
        ""
    );
}
