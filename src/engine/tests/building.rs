//! Sites that do not fit: nothing is silently ignored.

use super::*;
use crate::rules::coverage::RuleState;
use crate::site::{Expression, OnUnknown, Rule, RuleKind, RuleSource, Slot, TagId, TagSet};

fn rule(id: &str, kind: RuleKind) -> Rule {
    Rule {
        id: id.to_owned(),
        kind,
        source: RuleSource::Written,
        severity: Severity::High,
        when: None,
        on_unknown: OnUnknown::Quiet,
        on_delay: None,
        off_delay: None,
        why: String::new(),
        check: String::new(),
        consequence: String::new(),
        attack: Vec::new(),
        owner: String::new(),
        moc: String::new(),
        disabled: false,
        tests: Vec::new(),
        location: crate::site::Location::default(),
    }
}

#[test]
fn a_rule_that_names_a_tag_that_is_not_there_is_in_error_and_the_others_work() {
    let mut plant = site(
        &format!(
            "{HEAD}[tag.\"SP\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\nrole = \"sp\"\nsafe = [0, 10]\n"
        ),
        "",
    );
    plant.rules.insert(
        0,
        rule(
            "wrong",
            RuleKind::Step {
                tags: TagSet::Tags(vec![TagId(0), TagId(99)]),
                step: 1.0,
            },
        ),
    );
    let mut deep = Expression::Tag(TagId(0));
    for _ in 0..100 {
        deep = Expression::Once(Box::new(deep), 1, Slot(0));
    }
    plant.rules.push(rule(
        "deep",
        RuleKind::Interlock {
            condition: deep,
            then: Expression::Truth(false),
            within: 1,
        },
    ));
    let mut off = rule(
        "off",
        RuleKind::Step {
            tags: TagSet::Tags(vec![TagId(0)]),
            step: 0.0,
        },
    );
    off.disabled = true;
    plant.rules.push(off);
    let mut stage = Stage::new(plant);
    stage.write(HMI, 10, 11);
    assert_eq!(stage.rules(), ["SP/envelope"]);
    let state = |id: &str| {
        stage
            .engine
            .rules()
            .find(|view| view.info.id == id)
            .unwrap()
            .state
    };
    assert_eq!(state("wrong"), RuleState::Error);
    assert_eq!(state("deep"), RuleState::Error);
    assert_eq!(state("off"), RuleState::Off);
    assert_eq!(state("SP/envelope"), RuleState::Armed);
}

#[test]
fn coverage_says_what_each_rule_waits_for() {
    let plant = format!(
        "{HEAD}[tag.\"A\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\nrole = \"pv\"\nsafe = [0, 10]\n\
         [tag.\"B\"]\nat = \"plc/holding:20\"\ntype = \"u16\"\nrole = \"sp\"\nsafe = [0, 10]\n"
    );
    let mut stage = Stage::new(site(&plant, ""));
    let state = |stage: &Stage, id: &str| {
        stage
            .engine
            .rules()
            .find(|view| view.info.id == id)
            .unwrap()
            .state
    };
    assert_eq!(state(&stage, "A/envelope"), RuleState::Never);
    assert_eq!(
        state(&stage, "B/envelope"),
        RuleState::Idle,
        "no write yet, but it could judge one"
    );
    stage.polls(5, 10, &[5]);
    stage.write(HMI, 20, 5);
    assert_eq!(state(&stage, "A/envelope"), RuleState::Armed);
    assert_eq!(state(&stage, "B/envelope"), RuleState::Armed);
    stage.wait(60.0);
    assert_eq!(state(&stage, "A/envelope"), RuleState::Stale);
}

#[test]
fn an_engine_without_a_site_watches_and_is_quiet() {
    let mut stage = Stage::with(
        Site::default(),
        Options {
            raw_points: true,
            ..Options::default()
        },
    );
    stage.write(HMI, 10, 5);
    stage.reads(10, &[5, 6, 7]);
    assert!(stage.said().is_empty());
    let mut points = Vec::new();
    stage
        .engine
        .raw_points(&mut |_, station, point| points.push((station, point.address, point.value)));
    assert_eq!(points.len(), 3);
    assert_eq!(points[1], (Station::Unit(1), "holding:11".to_owned(), Some(6.0)));
}

#[test]
fn modes_are_conditions_by_name() {
    let plant = format!(
        "{HEAD}[mode.run]\nwhen = \"held(A > 5, 10s)\"\n[tag.\"A\"]\nat = \"plc/holding:10\"\ntype = \"u16\"\n\
         [tag.\"B\"]\nat = \"plc/holding:20\"\ntype = \"u16\"\n"
    );
    let rules = "[[rule]]\nid = \"no\"\nkind = \"permissive\"\non = \"write B > 0\"\nrequire = \"not mode(run)\"\n\
                 [[rule]]\nid = \"too\"\nkind = \"permissive\"\non = \"write B > 0\"\nrequire = \"A < 100\"\nwhen = \"mode(run)\"\n";
    let mut stage = Stage::new(site(&plant, rules));
    stage.polls(12, 10, &[6]);
    stage.write(HMI, 20, 1);
    assert_eq!(stage.rules(), ["no"]);
    assert_eq!(stage.coverage("too").evaluated, 1);
}
