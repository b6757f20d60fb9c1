//! Rules for the screens: which can fire, and why the others cannot.

use tapglass_model::snapshot::{RuleLine, RuleState, Rules};

use super::super::reason;
use crate::engine::Engine;
use crate::plant::clock::NEVER;
use crate::rules::coverage;

/// Every rule.
pub(super) fn rules(engine: &Engine) -> Rules {
    let mut rules = Rules::default();
    for view in engine.rules() {
        let state = match view.state {
            coverage::RuleState::Error => RuleState::Error,
            coverage::RuleState::Blind | coverage::RuleState::Never => RuleState::Never,
            coverage::RuleState::Stale => RuleState::Stale,
            coverage::RuleState::Idle => RuleState::Idle,
            coverage::RuleState::Armed => RuleState::Armed,
            coverage::RuleState::Off => RuleState::Off,
        };
        let count = match state {
            RuleState::Error => &mut rules.error,
            RuleState::Never => &mut rules.never,
            RuleState::Stale => &mut rules.stale,
            RuleState::Idle => &mut rules.idle,
            RuleState::Armed => &mut rules.armed,
            RuleState::Off => &mut rules.off,
        };
        *count += 1;
        let why = reason(engine, &view);
        rules.list.push(RuleLine {
            id: view.info.id.clone(),
            title: if view.info.why.is_empty() {
                view.info.kind.to_owned()
            } else {
                view.info.why.clone()
            },
            state,
            severity: Some(view.info.severity),
            evaluated: view.coverage.evaluated,
            hits: view.coverage.alarms,
            last: (view.coverage.violated_at != NEVER).then(|| engine.wire(view.coverage.violated_at)),
            why: if why.is_empty() { Vec::new() } else { vec![why] },
            place: view.info.place.clone(),
        });
    }
    rules
}
