//! Objects that several records share.

use schemars::JsonSchema;
use serde::Serialize;

/// A number on the wire and its name in the standard.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Number on the wire.
    pub code: u32,
    /// Name in the standard.
    pub name: String,
}

/// One end of a conversation.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Network card, where the link layer has one.
    #[serde(default)]
    pub mac: Option<String>,
    /// Address.
    pub ip: String,
    /// Port.
    pub port: u16,
}
