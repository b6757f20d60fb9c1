//! What `rules test`, `rules coverage` and `check --diff` print.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

/// An alarm that a change of the site adds, removes or alters.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlarmChange {
    /// `alarm_change`
    pub record: String,
    /// Capture time at which the alarm was raised first.
    pub time: String,
    /// The sensor's name, when one is set.
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// First frame that proves it.
    pub frame: Option<u64>,
    /// `added`, `removed` or `altered`.
    pub change: String,
    /// The alarm: the members of `alarm` from `id` on.
    pub alarm: Value,
    /// What it was with the old site, when it is altered.
    pub was: Option<Value>,
}

/// A test that a rule carries, and what came of it.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleTest {
    /// `rule_test`
    pub record: String,
    /// The rule's id.
    pub rule: String,
    /// The test's name.
    pub name: String,
    /// What happens in it, as written.
    pub event: String,
    /// `none`, or the severity that must be raised.
    pub expected: String,
    /// `none`, or the severity that was raised.
    pub raised: String,
    /// Both are the same.
    pub passed: bool,
    /// The sentence of the alarm that was raised.
    pub explanation: Option<String>,
    /// File of the rule.
    pub file: String,
    /// Line of the rule.
    pub line: u64,
}

/// How often a rule was judged on captures, and whether it can fire.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleCoverage {
    /// `rule_coverage`
    pub record: String,
    /// The rule's id.
    pub rule: String,
    /// Its kind.
    pub kind: String,
    /// `armed`, `idle`, `off`, or why it cannot fire: `error`, `blind`, `never`, `stale`.
    pub state: String,
    /// How often it was judged.
    pub evaluated: u64,
    /// How often it could not tell.
    pub unknown: u64,
    /// How often it was violated.
    pub violated: u64,
    /// Alarms that it raised.
    pub alarms: u64,
    /// How often each reason kept it from telling.
    pub reasons: BTreeMap<String, u64>,
    /// Why it cannot fire, with the mend.
    pub why: Option<String>,
}

/// Something that a tag leaves out, and what nobody checks because of it.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteGap {
    /// `site_gap`
    pub record: String,
    /// The tag.
    pub tag: String,
    /// Its role, or `none`.
    pub role: String,
    /// The key that would arm more.
    pub missing: String,
    /// What nobody checks meanwhile.
    pub unchecked: String,
    /// File of the tag.
    pub file: String,
    /// Line of the tag.
    pub line: u64,
}
