//! Sites as engineers write them: those of the scenarios, those of the specification, and many that are wrong.

use std::path::{Path, PathBuf};

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
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("sites/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
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
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("sites/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _bound = settings.bind_to_scope();
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
