//! What `rules test`, `rules coverage` and `check --diff` say of sites that come with the project.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a test may fail loudly

mod support;

use std::path::{Path, PathBuf};

use support::{json_lines, tapglass};

const CAPTURE: &str = "captures/demo/waterworks.pcap.gz";
const SITE: &str = "captures/demo/site";

/// The site of the demonstration with something replaced in one of its files.
fn changed(name: &str, file: &str, from: &str, to: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    for part in ["plant.toml", "tags.csv", "rules.toml"] {
        let mut text = std::fs::read_to_string(Path::new(SITE).join(part)).unwrap();
        if part == file {
            assert!(text.contains(from), "{file} has no {from}");
            text = text.replacen(from, to, 1);
        }
        std::fs::write(folder.join(part), text).unwrap();
    }
    folder
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

#[test]
fn tests_of_rules_pass_and_fail_as_they_say() {
    let output = tapglass(&["rules", "test", "--site", SITE]);
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stdout);
    assert!(
        said.contains("ok      dose-needs-flow: start dosing without flow: high"),
        "{said}"
    );
    assert!(said.contains("2 tests passed, 0 failed."), "{said}");

    let wrong = changed(
        "tests-wrong",
        "rules.toml",
        "expect = \"high\"",
        "expect = \"none\"",
    );
    let wrong = wrong.to_str().unwrap();
    let output = tapglass(&["rules", "test", "--site", wrong]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    assert!(said.contains("expected none, got high"), "{said}");
    assert!(said.contains("1 test passed, 1 failed."), "{said}");

    let output = tapglass(&["rules", "test", "dose*", "--site", wrong, "--json"]);
    let lines = json_lines(&output.stdout);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["passed"], false);
    assert_eq!(lines[0]["raised"], "high");

    for rule in ["no-such-rule", "breaker-pumping"] {
        let output = tapglass(&["rules", "test", rule, "--site", SITE]);
        assert_eq!(output.status.code(), Some(2), "{rule}");
    }
}

#[test]
fn coverage_names_what_cannot_fire_and_what_is_left_out() {
    let output = tapglass(&["rules", "coverage", CAPTURE, "--site", SITE, "--json"]);
    assert_eq!(output.status.code(), Some(0));
    let lines = json_lines(&output.stdout);
    let rules = lines.iter().filter(|line| line["record"] == "rule_coverage");
    assert!(rules.clone().count() > 100);
    let pumping = rules
        .clone()
        .find(|line| line["rule"] == "breaker-pumping")
        .unwrap();
    assert_eq!(pumping["state"], "armed");
    assert!(pumping["violated"].as_u64() > Some(0));
    let gap = lines
        .iter()
        .find(|line| line["record"] == "site_gap" && line["tag"] == "AIC202.SP")
        .unwrap();
    assert_eq!(gap["missing"], "feedback");

    // A tag that nobody polls keeps its rules from firing, and that is said with the mend.
    let unpolled = changed(
        "unpolled",
        "plant.toml",
        "at = \"plc1/holding:0\"",
        "at = \"plc1/holding:900\"",
    );
    let output = tapglass(&["rules", "coverage", CAPTURE, "--site", unpolled.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stdout));
    let said = text(&output.stdout);
    assert!(said.contains("holding:900 of plc1) was never received"), "{said}");

    let output = tapglass(&["rules", "coverage", "--site", SITE]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("role sp without `feedback`"));
}

#[test]
fn a_change_of_the_site_is_rehearsed_before_it_is_made() {
    let same = tapglass(&["check", CAPTURE, "--diff", SITE, SITE]);
    assert_eq!(same.status.code(), Some(0));
    assert!(text(&same.stdout).starts_with("0 added, 0 removed, 0 altered;"));

    // A wider limit takes one alarm away, and turned around the same change adds it.
    let wide = changed("wide", "plant.toml", "safe = [200, 900]", "safe = [200, 1200]");
    let wide = wide.to_str().unwrap();
    for (old, new, sign, change) in [(SITE, wide, "- ", "removed"), (wide, SITE, "+ ", "added")] {
        let output = tapglass(&["check", CAPTURE, "--diff", old, new]);
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stdout);
        let line = said
            .lines()
            .find(|line| line.contains("[LIT101.SP/envelope]"))
            .unwrap();
        assert!(line.starts_with(sign), "{said}");
        let output = tapglass(&["check", CAPTURE, "--diff", old, new, "--json"]);
        let lines = json_lines(&output.stdout);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["change"], change);
        assert_eq!(lines[0]["alarm"]["rule"], "LIT101.SP/envelope");
    }

    let altered = changed("altered", "plant.toml", "safe = [200, 900]", "safe = [200, 1000]");
    let output = tapglass(&[
        "check",
        CAPTURE,
        "--diff",
        SITE,
        altered.to_str().unwrap(),
        "--json",
    ]);
    let lines = json_lines(&output.stdout);
    assert_eq!(lines[0]["change"], "altered");
    assert_eq!(lines[0]["was"]["limit"], serde_json::json!([200.0, 900.0]));

    let output = tapglass(&["check", CAPTURE, "--diff", SITE, "no/such/site"]);
    assert_eq!(output.status.code(), Some(2));
}
