//! JSON Schemas of the records, generated from types that mirror what the writers write.
//!
//! The writers stream bytes without building these types; a test holds every record of the shared captures against them,
//! and no type allows a member that it does not know.

mod alarm;
mod assets;
mod common;
mod fields;
mod message;
mod rules;
mod seen;

pub use alarm::{Alarm, Operation, Previous, RaisedBy, Somebody};
pub use assets::{Conversation, Device};
pub use common::{Code, Party};
pub use fields::{DecodedField, Fields};
pub use message::{Dnp3, Message, Modbus, OpcUa};
pub use rules::{AlarmChange, RuleCoverage, RuleTest, SiteGap};
pub use seen::{Anomaly, BlindSpot, Health, Summary};

use schemars::{Schema, schema_for};

/// The records that have a schema.
pub const RECORDS: [&str; 14] = [
    "message",
    "fields",
    "operation",
    "alarm",
    "device",
    "conversation",
    "anomaly",
    "blind_spot",
    "health",
    "summary",
    "alarm_change",
    "rule_test",
    "rule_coverage",
    "site_gap",
];

/// The schema of a record, or `None` when there is no such record.
#[must_use]
pub fn schema(record: &str) -> Option<Schema> {
    Some(match record {
        "message" => schema_for!(Message),
        "fields" => schema_for!(Fields),
        "operation" => schema_for!(Operation),
        "alarm" => schema_for!(Alarm),
        "device" => schema_for!(Device),
        "conversation" => schema_for!(Conversation),
        "anomaly" => schema_for!(Anomaly),
        "blind_spot" => schema_for!(BlindSpot),
        "health" => schema_for!(Health),
        "summary" => schema_for!(Summary),
        "alarm_change" => schema_for!(AlarmChange),
        "rule_test" => schema_for!(RuleTest),
        "rule_coverage" => schema_for!(RuleCoverage),
        "site_gap" => schema_for!(SiteGap),
        _ => return None,
    })
}
