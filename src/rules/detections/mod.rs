//! Detections that need no site: what is suspicious on the wire whatever the plant. They are data, in
//! `rulesets/builtin.toml`; the engine finds the few that a message could concern by protocol and function.

mod read;
mod say;

use std::sync::LazyLock;

use tapglass_model::Severity;

/// The file, compiled in.
const TEXT: &str = include_str!("../../../rulesets/builtin.toml");

/// The kind of these rules in records.
pub const KIND: &str = "detection";

/// What a detection looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// A message: its function, status, indications.
    Message,
    /// Something that is done to a device: its action, function and detail.
    Operation,
    /// Bytes that break the protocol, by the name of the anomaly.
    Anomaly,
    /// An internal indication that was not set before (DNP3).
    Indication,
    /// What a client or device says of itself or its protection.
    Identity,
    /// A conversation of a protocol that is recognised and not decoded.
    Talk,
    /// What the engine itself notices; its name is the last part of the id.
    Engine,
}

/// Whose occurrences are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// A client and one device that it asks.
    Pair,
    /// A client, whatever device it asks.
    Client,
    /// A device, whoever asks.
    Device,
    /// A client and a server, whatever device stands behind the server.
    Server,
}

/// What must differ for an occurrence to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distinct {
    /// The device behind the server.
    Station,
    /// The server with the device behind it.
    Target,
    /// The function.
    Function,
    /// The function with its first address.
    Address,
}

/// Who sent what is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// The one who asks.
    Client,
    /// The one who answers.
    Server,
}

/// One detection.
#[derive(Clone, Debug)]
pub struct Detection {
    /// `builtin/...`: it stays the same from version to version.
    pub id: String,
    /// Rows of public rule sets that it covers, by their number in `rulesets/detections.md`.
    pub covers: Vec<String>,
    /// What is wrong, in a few words.
    pub title: String,
    /// A sentence without its full stop; `{who}` and `{device}` stand for the client and the device.
    pub text: String,
    /// Its protocol; `None` is every one.
    pub protocol: Option<String>,
    /// What it looks at.
    pub on: On,
    /// Whose.
    pub from: Option<Sender>,
    /// Function or service codes; empty for all.
    pub functions: Vec<u32>,
    /// Functions that are not meant.
    pub other_functions: Vec<u32>,
    /// Sub-functions; empty for all.
    pub subfunctions: Vec<u16>,
    /// Status or exception codes; empty for all.
    pub statuses: Vec<u32>,
    /// Codes that are not meant.
    pub other_statuses: Vec<u32>,
    /// Those whom the site names may.
    pub unlisted: bool,
    /// Only refusals.
    pub refused: bool,
    /// It means nothing where part of the conversation was not seen.
    pub whole: bool,
    /// Internal indications, the first octet high; 0 for any.
    pub indications: u16,
    /// It counts only of a device that was seen without it: a capture may begin with what happened long ago.
    pub anew: bool,
    /// The message asks for a confirmation.
    pub confirm: bool,
    /// DNP3 destination addresses from and to; both 0 for any.
    pub stations: (u16, u16),
    /// The words of messages' kinds; empty for all.
    pub kinds: Vec<String>,
    /// The words of actions; empty for all.
    pub actions: Vec<String>,
    /// Nobody is to answer: it goes to every device.
    pub broadcast: bool,
    /// One of these is part of the operation's detail; empty for any.
    pub words: Vec<String>,
    /// Names of anomalies.
    pub anomalies: Vec<String>,
    /// Key of a statement.
    pub key: String,
    /// Its values; empty for all.
    pub values: Vec<String>,
    /// Protocols that are recognised.
    pub talks: Vec<String>,
    /// So many occurrences.
    pub count: u32,
    /// Within this many nanoseconds.
    pub within: i64,
    /// Counted together.
    pub per: Per,
    /// Only different ones count.
    pub distinct: Option<Distinct>,
    /// Not told again of the same client and device for so long.
    pub again: i64,
    /// Severity unless the site says otherwise.
    pub severity: Severity,
    /// Why it is off unless the site switches it on; empty when it is on.
    pub off: String,
    /// Why it matters.
    pub why: String,
    /// What to look at.
    pub check: String,
    /// ATT&CK for ICS ids (v19).
    pub attack: Vec<String>,
    /// IEC 62443-3-3 requirements.
    pub requirements: Vec<String>,
}

/// All detections in the order of the file. A file that cannot be read has none; a test sees to that it can.
pub fn all() -> &'static [Detection] {
    static ALL: LazyLock<Vec<Detection>> = LazyLock::new(|| read::parse(TEXT).unwrap_or_default());
    &ALL
}

/// The detection of a rule.
#[must_use]
pub fn named(id: &str) -> Option<&'static Detection> {
    all().iter().find(|detection| detection.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::site::{current_technique, former_technique};

    #[test]
    fn the_file_is_read_to_its_end() {
        let found = read::parse(TEXT).unwrap();
        assert!(found.len() >= 60, "{}", found.len());
        let ids: BTreeSet<&str> = found.iter().map(|detection| detection.id.as_str()).collect();
        assert_eq!(ids.len(), found.len(), "an id stands twice");
    }

    #[test]
    fn every_detection_says_what_an_operator_needs() {
        for detection in all() {
            let id = &detection.id;
            assert!(id.starts_with("builtin/"), "{id}");
            for (what, text) in [
                ("title", &detection.title),
                ("text", &detection.text),
                ("why", &detection.why),
                ("check", &detection.check),
            ] {
                assert!(!text.is_empty(), "{id} has no {what}");
            }
            assert!(!detection.text.ends_with('.'), "{id}: a full stop is added later");
            assert!(
                detection.count == 1 || detection.within > 0,
                "{id} counts without a window"
            );
            assert!(!detection.requirements.is_empty(), "{id} names no requirement");
            for technique in &detection.attack {
                // The file has the ids of version 19, and the table knows those before.
                assert_eq!(current_technique(technique), technique, "{id}");
                assert!(former_technique(technique).starts_with('T'), "{id}");
            }
        }
    }

    #[test]
    fn what_is_wrong_in_the_file_is_said() {
        for (text, part) in [
            ("[[detection]]\nid = \"builtin/x\"\n", "missing field"),
            ("[[detection]]\nnonsense = 1\n", "unknown field"),
        ] {
            let error = read::parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
