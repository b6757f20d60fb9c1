//! Records about what was seen and what was not.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::Party;

/// Bytes that break the protocol.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Anomaly {
    /// `anomaly`
    pub record: String,
    /// Capture time.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Frame.
    pub frame: u64,
    /// Community ID.
    pub flow: String,
    /// Who asks.
    pub client: Party,
    /// Who answers.
    pub server: Party,
    /// VLAN ids.
    #[serde(default)]
    pub vlan: Vec<u16>,
    /// Protocol.
    pub protocol: String,
    /// `client` or `server`.
    pub from: String,
    /// A stable name, such as `link_crc_mismatch`.
    pub name: String,
    /// One sentence.
    pub text: String,
    /// The first bytes, hexadecimal.
    pub bytes: String,
}

/// What was not seen.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlindSpot {
    /// `blind_spot`
    pub record: String,
    /// Capture time at which it was noticed.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Frame at which it was noticed.
    #[serde(default)]
    pub frame: Option<u64>,
    /// Community ID; left out when it is not about one conversation.
    #[serde(default)]
    pub flow: Option<String>,
    /// Who asks.
    #[serde(default)]
    pub client: Option<Party>,
    /// Who answers.
    #[serde(default)]
    pub server: Option<Party>,
    /// VLAN ids.
    #[serde(default)]
    pub vlan: Vec<u16>,
    /// Protocol.
    #[serde(default)]
    pub protocol: Option<String>,
    /// Whose bytes are missing.
    #[serde(default)]
    pub direction: Option<String>,
    /// From when.
    pub from: String,
    /// Until when.
    pub until: String,
    /// How many bytes, where known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// `gap`, `start_in_the_middle`, `resynchronised`, `encrypted`, `one_direction`, `limit`, `truncated`,
    /// `not_decoded`, `capture_drop`, `damaged`, `silence`, `time_backwards`, `rule_not_evaluated`
    pub why: String,
    /// One sentence.
    pub text: String,
}

/// How the watching itself goes.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// `health`
    pub record: String,
    /// Capture time.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Counters by name.
    pub counters: BTreeMap<String, u64>,
}

/// The last line of a replay.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// `summary`
    pub record: String,
    /// Capture time of the last frame.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Name of the site; left out without one.
    #[serde(default)]
    pub site: Option<String>,
    /// Capture time of the first frame.
    pub from: String,
    /// Capture time of the last frame.
    pub until: String,
    /// Frames read.
    pub frames: u64,
    /// Their captured bytes.
    pub bytes: u64,
    /// Conversations recognised.
    pub conversations: u64,
    /// Messages of each protocol.
    pub messages: BTreeMap<String, u64>,
    /// Operations by action; left out by `decode`, as are alarms and rules.
    #[serde(default)]
    pub operations: BTreeMap<String, u64>,
    /// Alarms by severity.
    #[serde(default)]
    pub alarms: BTreeMap<String, u64>,
    /// Anomalies.
    pub anomalies: u64,
    /// Blind spots by reason.
    pub blind_spots: BTreeMap<String, u64>,
    /// What was lost or not understood below the protocols, by name; only what is not zero.
    pub not_seen: BTreeMap<String, u64>,
    /// Protocols that are recognised and not decoded. They do not make the picture incomplete: it is of Modbus, DNP3 and
    /// OPC UA.
    pub not_decoded: BTreeMap<String, NotDecoded>,
    /// Conversations with content of no protocol that is known here.
    pub unrecognised_conversations: u64,
    /// Nothing was missed and every rule could be evaluated.
    pub complete: bool,
    /// For each rule how often it was evaluated, was violated, and could not tell.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleCount>,
}

/// What was seen of a protocol that is not decoded.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotDecoded {
    /// Conversations.
    pub conversations: u64,
    /// Frames of them.
    pub frames: u64,
    /// Their captured bytes.
    pub bytes: u64,
    /// It controls or measures, in contrast to an office protocol.
    pub industrial: bool,
}

/// How often a rule was evaluated.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleCount {
    /// Evaluations.
    pub evaluated: u64,
    /// Of these, violations.
    pub violated: u64,
    /// Of these, without a verdict.
    pub unknown: u64,
    /// `armed`, `idle`, `stale`, `never`, `error`, `off`
    pub state: String,
}
