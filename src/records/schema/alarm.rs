//! The `alarm` and `operation` records.

use schemars::JsonSchema;
use serde_json::Value;

use super::{Code, Party};

/// Who acts or is acted on.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Somebody {
    /// Name in the site; left out when it has none.
    pub name: Option<String>,
    /// Network card.
    pub mac: Option<String>,
    /// Address.
    pub ip: String,
    /// Port.
    pub port: u16,
    /// Modbus unit id.
    pub unit: Option<u8>,
    /// DNP3 link address.
    pub link: Option<u16>,
    /// OPC UA application URI.
    pub application: Option<String>,
    /// OPC UA user.
    pub user: Option<String>,
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
    pub point: Option<String>,
    /// Frame of the request.
    pub frame: u64,
    /// What became of it.
    pub outcome: String,
    /// Status on the wire.
    pub status: Option<Code>,
}

/// An alarm in its present state.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// `alarm`
    pub record: String,
    /// Capture time at which it was raised first.
    pub time: String,
    /// The sensor's name, when one is set.
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// First frame that proves it.
    pub frame: Option<u64>,
    /// Frames that prove it.
    pub frames: Vec<u64>,
    /// Community ID; left out when no conversation shows it.
    pub flow: Option<String>,
    /// Who asks.
    pub client: Option<Party>,
    /// Who answers.
    pub server: Option<Party>,
    /// VLAN ids.
    #[serde(default)]
    pub vlan: Vec<u16>,
    /// Protocol.
    pub protocol: Option<String>,
    /// Stable for the same input.
    pub id: String,
    /// Id of its rule.
    pub rule: String,
    /// Kind of its rule.
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
    /// How often since.
    pub count: u64,
    /// The device it is about.
    pub asset: String,
    /// The tags it is about, the most important first.
    pub tags: Vec<String>,
    /// Who did it; left out when nobody did.
    pub actor: Option<Somebody>,
    /// To whom.
    pub target: Option<Somebody>,
    /// The command that raised it.
    pub operation: Option<RaisedBy>,
    /// The value before; `"NaN"` and infinities are strings.
    pub before: Option<Value>,
    /// The value that is wrong.
    pub value: Option<Value>,
    /// The smallest such value, when it happened more than once.
    pub minimum: Option<Value>,
    /// The greatest such value, when it happened more than once.
    pub maximum: Option<Value>,
    /// The limit: a number, or a band whose open end is null.
    pub limit: Option<Value>,
    /// Engineering unit.
    pub unit: Option<String>,
    /// One sentence that an operator can act on.
    pub explanation: String,
    /// What happens when nobody acts.
    pub consequence: String,
    /// What to do now, in order.
    pub response: Vec<String>,
    /// MITRE ATT&CK for ICS ids.
    pub techniques: Vec<String>,
    /// IEC 62443-3-3 requirements.
    pub requirements: Vec<String>,
    /// Number of its incident, from 1.
    pub incident: u32,
    /// The first of its incident.
    pub first_out: bool,
}

/// A value and when it was last known.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// The value.
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
    /// Capture time of the request or report.
    pub time: String,
    /// The sensor's name, when one is set.
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Frame that completed the message.
    pub frame: u64,
    /// Request and answer.
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
    /// `write`, `select`, `operate`, `direct_operate`, `call`, `report` ...
    pub action: String,
    /// Who acts.
    pub actor: Somebody,
    /// What is acted on.
    pub target: Somebody,
    /// Canonical address of the point; left out when it is about the device.
    pub point: Option<String>,
    /// The tag's name.
    pub tag: Option<String>,
    /// As on the wire.
    #[serde(default)]
    pub raw: Value,
    /// Typed and scaled; an interval when only a part is known.
    #[serde(default)]
    pub value: Value,
    /// Engineering unit.
    pub unit: Option<String>,
    /// `good`, `uncertain`, `bad`, `unknown`
    pub quality: Option<String>,
    /// Why it is not good.
    #[serde(default)]
    pub quality_reasons: Vec<String>,
    /// Value and time last known before.
    pub previous: Option<Previous>,
    /// `accepted`, `rejected`, `unanswered`, `unacknowledged`, `accepted_pending`, `requested`
    pub outcome: String,
    /// Status on the wire.
    pub status: Option<Code>,
    /// What else a person should know.
    pub detail: Option<String>,
}
