//! The `fields` record: the decoded tree of a message.

use schemars::JsonSchema;

use super::{Code, Party};

/// The decoded tree of one message.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// `fields`
    pub record: String,
    /// Capture time.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Frame that completed the message.
    pub frame: u64,
    /// Every frame that carried a part of it.
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
    /// `client` or `server`.
    pub from: String,
    /// As in the message.
    pub kind: String,
    /// As in the message.
    #[serde(default)]
    pub function: Option<Code>,
    /// Bytes of the message.
    pub length: u64,
    /// The tree from its root, each field before its parts.
    pub fields: Vec<DecodedField>,
}

/// One line of the tree.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecodedField {
    /// How deep it stands, 0 at the root.
    pub depth: u8,
    /// Its name, as the standard writes it.
    pub name: String,
    /// Its value in words.
    pub text: String,
    /// Its first byte, counted in the message.
    pub start: u32,
    /// How many bytes.
    pub length: u32,
    /// Frame that carries the first byte; left out where the bytes stand in no frame as they are.
    #[serde(default)]
    pub frame: Option<u64>,
    /// Where the first byte stands in that frame.
    #[serde(default)]
    pub offset: Option<u32>,
    /// Clause of the standard; left out when the parent's holds.
    #[serde(default)]
    pub clause: Option<String>,
}
