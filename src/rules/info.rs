//! What is fixed about each rule: what the engineer wrote, or what is built in.

use tapglass_model::Severity;

use super::detections::{self, Detection};
use crate::site::{OnUnknown, Role, Rule, RuleSource, Site};

/// One rule, written, brought by a role, or built in.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// The word of its kind.
    pub kind: &'static str,
    /// Where it comes from.
    pub source: RuleSource,
    /// File and line; empty when built in.
    pub place: String,
    /// Severity before arithmetic.
    pub severity: Severity,
    /// What to do when it cannot tell.
    pub on_unknown: OnUnknown,
    /// Why it matters.
    pub why: String,
    /// What to look at.
    pub check: String,
    /// What happens when nobody acts.
    pub consequence: String,
    /// ATT&CK for ICS ids; empty for those of the kind.
    pub attack: Vec<String>,
    /// IEC 62443-3-3 requirements; empty for those of the kind.
    pub requirements: Vec<&'static str>,
    /// Switched off.
    pub disabled: bool,
    /// Why it cannot be judged, when it cannot.
    pub error: Option<String>,
}

impl RuleInfo {
    /// What is fixed about a rule of the site.
    #[must_use]
    pub fn new(rule: &Rule) -> Self {
        let place = if rule.location.file.is_empty() {
            String::new()
        } else {
            format!("{}:{}", rule.location.file, rule.location.line)
        };
        Self {
            id: rule.id.clone(),
            kind: rule.kind.name(),
            source: rule.source.clone(),
            place,
            severity: rule.severity,
            on_unknown: rule.on_unknown,
            why: rule.why.clone(),
            check: rule.check.clone(),
            consequence: rule.consequence.clone(),
            attack: rule.attack.clone(),
            requirements: Vec::new(),
            disabled: rule.disabled,
            error: None,
        }
    }

    /// A rule that needs no site.
    #[must_use]
    pub fn built_in(id: &str, kind: &'static str, severity: Severity, why: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            source: RuleSource::BuiltIn,
            place: String::new(),
            severity,
            on_unknown: OnUnknown::Quiet,
            why: why.to_owned(),
            check: String::new(),
            consequence: String::new(),
            attack: Vec::new(),
            requirements: Vec::new(),
            disabled: false,
            error: None,
        }
    }

    /// A detection of `rulesets/builtin.toml`.
    #[must_use]
    pub fn detection(detection: &'static Detection) -> Self {
        Self {
            check: detection.check.clone(),
            attack: detection.attack.clone(),
            requirements: detection.requirements.iter().map(String::as_str).collect(),
            disabled: !detection.off.is_empty(),
            ..Self::built_in(
                &detection.id,
                detections::KIND,
                detection.severity,
                &detection.why,
            )
        }
    }

    /// The same as the site changes it.
    #[must_use]
    pub fn amended(mut self, site: &Site) -> Self {
        for change in site.built_in.iter().filter(|change| change.id == self.id) {
            let from = &change.rule;
            let given = |key: &str| change.keys.iter().any(|known| known == key);
            if given("severity") {
                self.severity = from.severity;
            }
            if given("attack") {
                self.attack.clone_from(&from.attack);
            }
            for (key, text, new) in [
                ("why", &mut self.why, &from.why),
                ("check", &mut self.check, &from.check),
                ("consequence", &mut self.consequence, &from.consequence),
            ] {
                if given(key) {
                    text.clone_from(new);
                }
            }
            if given("off") || given("disabled") {
                self.disabled = from.disabled;
            }
            self.place = format!("{}:{}", from.location.file, from.location.line);
        }
        self
    }

    /// The role that brought it.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        match self.source {
            RuleSource::Role(role) => Some(role),
            _ => None,
        }
    }
}
