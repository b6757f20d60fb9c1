//! The kinds of rules: their keys, severity, techniques and what they do when they cannot tell (site-and-rules 1.5).

use tapglass_model::Severity;

use super::{OnUnknown, Role};

/// A kind of rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct KindInfo {
    /// The word of site files.
    pub(super) name: &'static str,
    /// Its keys beside the common ones.
    pub(super) keys: &'static [&'static str],
    /// Severity unless the site says otherwise.
    pub(super) severity: Severity,
    /// ATT&CK for ICS 19.
    pub(super) attack: &'static [&'static str],
    /// Triggered by what is written: not knowing is told, since nobody writes without a reason.
    pub(super) on_write: bool,
}

impl KindInfo {
    /// It judges, always or on some occasions, what lasts: only there delays mean something.
    pub(super) fn stands(&self) -> bool {
        !matches!(
            self.name,
            "step"
                | "walk"
                | "rate"
                | "domain"
                | "writers"
                | "permissive"
                | "cycle"
                | "sbo"
                | "sequence"
                | "uncommanded"
                | "replay"
                | "schedule"
                | "count"
                | "limit-write"
                | "sanity"
        )
    }

    pub(super) const fn on_unknown(&self) -> OnUnknown {
        if self.on_write {
            OnUnknown::Advise
        } else {
            OnUnknown::Quiet
        }
    }
}

const fn kind(
    name: &'static str,
    keys: &'static [&'static str],
    severity: Severity,
    attack: &'static [&'static str],
    on_write: bool,
) -> KindInfo {
    KindInfo {
        name,
        keys,
        severity,
        attack,
        on_write,
    }
}

/// Every kind.
pub(super) const KINDS: [KindInfo; 25] = [
    kind(
        "envelope",
        &["tag", "lo", "hi", "on", "predict"],
        Severity::Medium,
        &["T0836", "T0831"],
        false,
    ),
    kind(
        "step",
        &["tag", "max", "step"],
        Severity::Medium,
        &["T0836"],
        true,
    ),
    kind(
        "walk",
        &["tag", "max", "window"],
        Severity::Medium,
        &["T0836"],
        true,
    ),
    kind(
        "rate",
        &["tag", "max", "rate"],
        Severity::Medium,
        &["T0831"],
        false,
    ),
    kind(
        "domain",
        &["tag", "values", "transitions", "bits"],
        Severity::Medium,
        &["T0836"],
        true,
    ),
    kind(
        "writers",
        &["tag", "writers"],
        Severity::High,
        &["T1692.001", "T0848"],
        true,
    ),
    kind(
        "permissive",
        &["on", "require"],
        Severity::High,
        &["T1692.001"],
        true,
    ),
    kind(
        "interlock",
        &["then", "within"],
        Severity::High,
        &["T0831", "T0837"],
        false,
    ),
    kind(
        "cycle",
        &["tag", "min_gap", "max", "window", "count_same"],
        Severity::High,
        &["T0806", "T0879"],
        true,
    ),
    kind(
        "chatter",
        &["tag", "max", "window"],
        Severity::Medium,
        &["T0806", "T0831"],
        false,
    ),
    kind(
        "sbo",
        &["tag", "need", "timeout", "orphans"],
        Severity::High,
        &["T1692.001"],
        true,
    ),
    kind(
        "sequence",
        &["steps", "forbid_first", "deadline"],
        Severity::Medium,
        &["T0836"],
        true,
    ),
    kind(
        "feedback",
        &["tag", "feedback", "within", "tol", "map", "hold"],
        Severity::Medium,
        &["T0831", "T1692.002"],
        true,
    ),
    kind(
        "uncommanded",
        &["tag", "commands", "window", "unless"],
        Severity::Medium,
        &["T1692.001", "T0831"],
        false,
    ),
    kind(
        "mirror",
        &["a", "b", "tol", "for"],
        Severity::High,
        &["T0830", "T1692.002"],
        false,
    ),
    kind(
        "frozen",
        &["tag", "for", "driver", "moved"],
        Severity::Medium,
        &["T1692.002", "T0832"],
        false,
    ),
    kind("replay", &["tag"], Severity::High, &["T1692.002", "T0832"], false),
    kind(
        "balance",
        &["residual", "limit", "for", "cusum"],
        Severity::Medium,
        &["T0831", "T1692.002"],
        false,
    ),
    kind(
        "schedule",
        &["tag", "allowed", "window", "mode"],
        Severity::Medium,
        &["T0836"],
        true,
    ),
    kind(
        "count",
        &["on", "distinct", "max", "window", "per"],
        Severity::Medium,
        &["T0806", "T0861"],
        false,
    ),
    kind(
        "silence",
        &["tag", "device", "max", "stations"],
        Severity::Medium,
        &["T1691.002", "T0815", "T0829"],
        false,
    ),
    kind(
        "limit-write",
        &["tag", "except"],
        Severity::Medium,
        &["T0838", "T0878", "T0858", "T0880"],
        true,
    ),
    kind(
        "bypass",
        &["tag", "max"],
        Severity::High,
        &["T0838", "T0880"],
        true,
    ),
    kind("baseline", &["tag", "device"], Severity::Low, &["T0848"], false),
    kind("sanity", &["tag"], Severity::Medium, &["T0836"], false),
];

/// Keys that every kind accepts.
pub(super) const COMMON: [&str; 16] = [
    "id",
    "kind",
    "when",
    "severity",
    "on_delay",
    "off_delay",
    "why",
    "check",
    "consequence",
    "attack",
    "owner",
    "moc",
    "test",
    "on_unknown",
    "disabled",
    "off",
];

/// The kind of a word.
pub(super) fn kind_named(name: &str) -> Option<&'static KindInfo> {
    KINDS.iter().find(|kind| kind.name == name)
}

/// The kinds that have a key, for hints.
pub(super) fn kinds_with(key: &str) -> Vec<&'static str> {
    KINDS
        .iter()
        .filter(|kind| kind.keys.contains(&key))
        .map(|kind| kind.name)
        .collect()
}

/// A write to a point of a role is the technique that aims at such points.
pub(super) const fn techniques(role: Option<Role>, info: &KindInfo) -> &'static [&'static str] {
    if !matches!(info.name.as_bytes(), b"limit-write") {
        return info.attack;
    }
    match role {
        Some(Role::Limit) => &["T0838"],
        Some(Role::AlarmEnable) => &["T0878", "T0838"],
        Some(Role::Mode) => &["T0858"],
        Some(Role::Tuning) => &["T0836"],
        Some(Role::Safety) => &["T0880", "T0837"],
        Some(Role::Measurement) => &["T0832", "T0831"],
        _ => info.attack,
    }
}
