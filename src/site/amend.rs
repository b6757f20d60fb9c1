//! Tables without `kind` in rules files: they change the rules that roles bring.

use std::collections::HashMap;

use super::diagnostic::Problems;
use super::read::rule::Amendment;
use super::{Rule, RuleSource, Site, suggest};
use crate::rules::built_in::ids;

/// What a site changes of a rule that is built in.
#[derive(Clone, Debug)]
pub struct BuiltInChange {
    /// The rule's id.
    pub id: String,
    /// The keys that are given; only these change anything.
    pub keys: Vec<String>,
    /// Their values.
    pub rule: Rule,
}

/// True for an id of the rules that are built in.
pub(super) fn is_built_in(id: &str) -> bool {
    id.starts_with("builtin/")
}

/// A table about a rule that is built in.
fn change_built_in(site: &mut Site, amendment: Amendment, problems: &mut Problems) {
    let known = ids();
    if !known.contains(&amendment.id.as_str()) {
        let meant = suggest::nearest(&amendment.id, known.iter().copied())
            .map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
        problems
            .error(
                amendment.span,
                format!("there is no built-in rule `{}`", amendment.id),
            )
            .help(format!("{meant}`tapglass rules list` lists them"));
        return;
    }
    site.built_in.push(BuiltInChange {
        id: amendment.id,
        keys: amendment.keys,
        rule: amendment.rule,
    });
}

/// Changes rules of roles and rules that are built in as the rules files say.
pub(super) fn amend(site: &mut Site, amendments: Vec<Amendment>, problems: &mut Problems) {
    let places: HashMap<String, usize> = site
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| rule.source != RuleSource::Written && !amendments.is_empty())
        .map(|(place, rule)| (rule.id.clone(), place))
        .collect();
    for amendment in amendments {
        if is_built_in(&amendment.id) {
            change_built_in(site, amendment, problems);
            continue;
        }
        let found = places
            .get(&amendment.id)
            .and_then(|place| site.rules.get_mut(*place));
        match found {
            Some(rule) => change(rule, amendment),
            None => {
                let tag = amendment
                    .id
                    .rsplit_once('/')
                    .map_or("", |(tag, _)| tag)
                    .to_owned();
                let prefix = format!("{tag}/");
                let brought: Vec<&str> = site
                    .rules
                    .iter()
                    .map(|rule| rule.id.as_str())
                    .filter(|id| id.starts_with(&prefix))
                    .collect();
                let help = if brought.is_empty() {
                    "give the rule a `kind`".to_owned()
                } else {
                    format!(
                        "it brings {}; for a rule of your own, give its `kind`",
                        suggest::list(&brought)
                    )
                };
                problems
                    .error(
                        amendment.span,
                        format!("the role of `{tag}` brings no rule `{}`", amendment.id),
                    )
                    .help(help);
            }
        }
    }
}

fn change(rule: &mut Rule, amendment: Amendment) {
    let from = amendment.rule;
    let given = |key: &str| amendment.keys.iter().any(|known| known == key);
    if given("severity") {
        rule.severity = from.severity;
    }
    if given("when") {
        rule.when = from.when;
    }
    if given("on_unknown") {
        rule.on_unknown = from.on_unknown;
    }
    if given("on_delay") {
        rule.on_delay = from.on_delay;
    }
    if given("off_delay") {
        rule.off_delay = from.off_delay;
    }
    if given("attack") {
        rule.attack = from.attack;
    }
    for (key, text, new) in [
        ("why", &mut rule.why, from.why),
        ("check", &mut rule.check, from.check),
        ("consequence", &mut rule.consequence, from.consequence),
        ("owner", &mut rule.owner, from.owner),
        ("moc", &mut rule.moc, from.moc),
    ] {
        if given(key) {
            *text = new;
        }
    }
    rule.disabled = from.disabled;
    rule.tests = from.tests;
}
