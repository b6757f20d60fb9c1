//! Reading the file of detections.

use serde::Deserialize;
use tapglass_model::Severity;

use super::{Detection, Distinct, On, Per, Sender};
use crate::site::nanoseconds;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    detection: Vec<Written>,
}

/// A detection as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    covers: Vec<String>,
    title: String,
    text: String,
    protocol: Option<String>,
    on: On,
    from: Option<Sender>,
    #[serde(default)]
    functions: Vec<u32>,
    #[serde(default)]
    other_functions: Vec<u32>,
    #[serde(default)]
    subfunctions: Vec<u16>,
    #[serde(default)]
    statuses: Vec<u32>,
    #[serde(default)]
    other_statuses: Vec<u32>,
    #[serde(default)]
    unlisted: bool,
    #[serde(default)]
    refused: bool,
    #[serde(default)]
    whole: bool,
    #[serde(default)]
    indications: u16,
    #[serde(default)]
    anew: bool,
    #[serde(default)]
    confirm: bool,
    #[serde(default)]
    stations: (u16, u16),
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    broadcast: bool,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    anomalies: Vec<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    talks: Vec<String>,
    #[serde(default = "one")]
    count: u32,
    #[serde(default)]
    within: String,
    #[serde(default = "pair")]
    per: Per,
    distinct: Option<Distinct>,
    #[serde(default)]
    again: String,
    severity: String,
    #[serde(default)]
    off: String,
    why: String,
    check: String,
    attack: Vec<String>,
    requirements: Vec<String>,
}

const fn one() -> u32 {
    1
}

const fn pair() -> Per {
    Per::Pair
}

/// Reads the file; what is wrong is said in words.
pub(super) fn parse(text: &str) -> Result<Vec<Detection>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    file.detection.into_iter().map(whole).collect()
}

fn whole(written: Written) -> Result<Detection, String> {
    let id = &written.id;
    let time = |text: &str| match text {
        "" => Ok(0),
        text => nanoseconds(text).ok_or_else(|| format!("{id}: {text:?} is no duration")),
    };
    let (within, again) = (time(&written.within)?, time(&written.again)?);
    let severity = Severity::from_name(&written.severity)
        .ok_or_else(|| format!("{id}: {:?} is no severity", written.severity))?;
    Ok(Detection {
        id: written.id,
        covers: written.covers,
        title: written.title,
        text: written.text,
        protocol: written.protocol,
        on: written.on,
        from: written.from,
        functions: written.functions,
        other_functions: written.other_functions,
        subfunctions: written.subfunctions,
        statuses: written.statuses,
        other_statuses: written.other_statuses,
        unlisted: written.unlisted,
        refused: written.refused,
        whole: written.whole,
        indications: written.indications,
        anew: written.anew,
        confirm: written.confirm,
        stations: written.stations,
        kinds: written.kinds,
        actions: written.actions,
        broadcast: written.broadcast,
        words: written.words,
        anomalies: written.anomalies,
        key: written.key,
        values: written.values,
        talks: written.talks,
        count: written.count.max(1),
        within,
        per: written.per,
        distinct: written.distinct,
        again,
        severity,
        off: written.off,
        why: written.why,
        check: written.check,
        attack: written.attack,
        requirements: written.requirements,
    })
}
