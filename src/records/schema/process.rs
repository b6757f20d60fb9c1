//! Records about what was done to the process, and the alarms about it.

use schemars::JsonSchema;
use serde_json::Value;

use super::{Code, Party};

/// Who acts.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// Its name in the site file.
    #[serde(default)]
    pub name: Option<String>,
    /// Network card that sent the request.
    #[serde(default)]
    pub mac: Option<String>,
    /// Address.
    pub ip: String,
    /// Port.
    pub port: u16,
    /// DNP3 link address.
    #[serde(default)]
    pub link: Option<u16>,
    /// OPC UA application.
    #[serde(default)]
    pub application: Option<String>,
    /// OPC UA user.
    #[serde(default)]
    pub user: Option<String>,
}

/// What is acted on.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name in the site file.
    #[serde(default)]
    pub name: Option<String>,
    /// Network card.
    #[serde(default)]
    pub mac: Option<String>,
    /// Address.
    pub ip: String,
    /// Port.
    pub port: u16,
    /// Modbus unit id.
    #[serde(default)]
    pub unit: Option<u8>,
    /// DNP3 link address.
    #[serde(default)]
    pub link: Option<u16>,
}

/// A value and when it was last known.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// In the unit of the record.
    pub value: Value,
    /// When.
    pub time: String,
}

/// What was done to one point.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// `operation`
    pub record: String,
    /// When it was requested or reported.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Frame that completed the request or the report.
    pub frame: u64,
    /// That frame and the one of the answer.
    pub frames: Vec<u64>,
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
    /// `write`, `select`, `operate`, `direct_operate`, `report`, `restart` ...
    pub action: String,
    /// Who acts.
    pub actor: Actor,
    /// What is acted on.
    pub target: Target,
    /// Canonical address of the point; left out when it is about the device.
    #[serde(default)]
    pub point: Option<String>,
    /// The tag's name where the site has one.
    #[serde(default)]
    pub tag: Option<String>,
    /// As on the wire: a number, a truth, text, a list of registers, the parts of a relay operation, the two masks.
    #[serde(default)]
    pub raw: Value,
    /// Typed and scaled: a truth or a number; a list of two numbers when only a part is known; null when nothing is.
    #[serde(default)]
    pub value: Value,
    /// Engineering unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// `good`, `uncertain`, `bad`
    #[serde(default)]
    pub quality: Option<String>,
    /// Why the quality is not good.
    #[serde(default)]
    pub quality_reasons: Vec<String>,
    /// Value and time last known before.
    #[serde(default)]
    pub previous: Option<Previous>,
    /// `accepted`, `accepted_pending`, `rejected`, `unanswered`, `unacknowledged`
    pub outcome: String,
    /// Status on the wire.
    #[serde(default)]
    pub status: Option<Code>,
    /// What else a person should know.
    #[serde(default)]
    pub detail: Option<String>,
}

/// The command that raised an alarm.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RaisedBy {
    /// The word of its action.
    pub action: String,
    /// Function or service.
    pub function: Code,
    /// Canonical address of the point.
    #[serde(default)]
    pub point: Option<String>,
    /// Frame of the request.
    pub frame: u64,
    /// What became of it; `requested` while it is not known.
    pub outcome: String,
    /// Status on the wire.
    #[serde(default)]
    pub status: Option<Code>,
}

/// Something an operator should act on.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// `alarm`
    pub record: String,
    /// When it was raised first.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// The first frame that shows it; left out when only the absence of frames does.
    #[serde(default)]
    pub frame: Option<u64>,
    /// The frames that show it, a few of them.
    pub frames: Vec<u64>,
    /// Community ID.
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
    /// Sixteen hexadecimal digits, the same for the same input.
    pub id: String,
    /// Id of its rule.
    pub rule: String,
    /// Kind of the rule: `envelope`, `step`, `writers` ...
    pub kind: String,
    /// What is wrong, in a few words.
    pub title: String,
    /// `critical`, `high`, `medium`, `low`
    pub severity: String,
    /// `unacknowledged`, `acknowledged`, `returned`, `shelved`, `suppressed`, `normal`
    pub state: String,
    /// When it was raised first.
    pub first_time: String,
    /// When it last happened.
    pub last_time: String,
    /// How often.
    pub count: u64,
    /// The device it is about; empty when it is about none.
    pub asset: String,
    /// The tags it is about.
    pub tags: Vec<String>,
    /// Who did it.
    #[serde(default)]
    pub actor: Option<Actor>,
    /// To whom.
    #[serde(default)]
    pub target: Option<Target>,
    /// The command that raised it.
    #[serde(default)]
    pub operation: Option<RaisedBy>,
    /// The value before.
    #[serde(default)]
    pub before: Value,
    /// The value that is wrong.
    #[serde(default)]
    pub value: Value,
    /// The smallest such value, when it happened more than once.
    #[serde(default)]
    pub minimum: Value,
    /// The greatest such value, when it happened more than once.
    #[serde(default)]
    pub maximum: Value,
    /// The limit that was passed: a number, or the two ends of a band, null where it has none.
    #[serde(default)]
    pub limit: Value,
    /// The unit of the values.
    #[serde(default)]
    pub unit: Option<String>,
    /// One sentence that an operator can act on.
    pub explanation: String,
    /// What happens when nobody acts.
    pub consequence: String,
    /// What to do now, in order.
    pub response: Vec<String>,
    /// MITRE ATT&CK for ICS ids (v19).
    pub techniques: Vec<String>,
    /// IEC 62443-3-3 requirements.
    pub requirements: Vec<String>,
    /// Number of its incident, from 1: alarms that share a principal or a device within two minutes.
    pub incident: u32,
    /// The first of its incident.
    pub first_out: bool,
}
