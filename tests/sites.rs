//! Sites as engineers write them: those of the scenarios, those of the specification, and many that are wrong.

use std::path::{Path, PathBuf};

use tapglass::site::{RenderStyle, RuleSource, Site};

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
