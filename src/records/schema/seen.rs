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

/// A device or client as its conversations show it.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// `device`
    pub record: String,
    /// Capture time of the last packet.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Name in the site; left out when it has none.
    #[serde(default)]
    pub name: Option<String>,
    /// Network card.
    #[serde(default)]
    pub mac: Option<String>,
    /// Address.
    pub ip: String,
    /// `client`, `server`, in the words of the protocols.
    pub roles: Vec<String>,
    /// Protocols.
    pub protocols: Vec<String>,
    /// Unit ids and link addresses behind the address.
    #[serde(default)]
    pub stations: Vec<String>,
    /// What it says of itself: vendor, product, firmware, application ...
    #[serde(default)]
    pub identity: BTreeMap<String, String>,
    /// First seen.
    pub first_seen: String,
    /// Last seen.
    pub last_seen: String,
}

/// Who talks with whom.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversation {
    /// `conversation`
    pub record: String,
    /// Capture time of the last message.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
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
    /// First message.
    pub first_seen: String,
    /// Last message.
    pub last_seen: String,
    /// Messages of the client.
    pub client_messages: u64,
    /// Messages of the server.
    pub server_messages: u64,
    /// Bytes of the client's messages.
    pub client_bytes: u64,
    /// Bytes of the server's messages.
    pub server_bytes: u64,
    /// How often each function or service was used.
    pub functions: BTreeMap<String, u64>,
    /// Security in use, where the protocol negotiates it.
    #[serde(default)]
    pub security: BTreeMap<String, String>,
    /// Nothing of it was missed.
    pub complete: bool,
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
    /// Operations by action.
    pub operations: BTreeMap<String, u64>,
    /// Alarms by severity.
    pub alarms: BTreeMap<String, u64>,
    /// Anomalies.
    pub anomalies: u64,
    /// Blind spots by reason.
    pub blind_spots: BTreeMap<String, u64>,
    /// What was lost or not understood below the protocols, by name; only what is not zero.
    pub not_seen: BTreeMap<String, u64>,
    /// Nothing was missed and every rule could be evaluated.
    pub complete: bool,
    /// For each rule how often it was evaluated, was violated, and could not tell.
    pub rules: BTreeMap<String, RuleCount>,
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
