//! Alarms for the screens.

use tapglass_model::Severity;
use tapglass_model::snapshot::{Alarm, AlarmLoad, AlarmState, ProofFrame};

use crate::alarm::State;
use crate::engine::Engine;
use crate::records::frame_number;

/// Alarms that a screen lists.
const MOST: usize = 1_000;

/// The alarms, newest first; low ones belong to the journal.
pub(super) fn alarms(engine: &Engine) -> Vec<Alarm> {
    engine
        .alarms()
        .rev()
        .filter(|alarm| alarm.severity > Severity::Low)
        .take(MOST)
        .map(|alarm| line(alarm))
        .collect()
}

/// One alarm as the screens show it.
#[must_use]
pub fn line(alarm: &crate::alarm::Alarm) -> Alarm {
    let number = |value: f64| crate::alarm::number(value);
    let value = match (alarm.value, alarm.limit.text()) {
        (Some(value), Some(limit)) => format!("{} / {limit} {}", number(value), alarm.unit),
        (Some(value), None) => format!("{} {}", number(value), alarm.unit),
        (None, Some(limit)) => format!("{limit} {}", alarm.unit),
        (None, None) => String::new(),
    };
    let actor = alarm.actor.as_deref();
    let [_, who, why, check] = &alarm.lines;
    let mut proof: Vec<ProofFrame> = alarm
        .frames
        .iter()
        .map(|frame| ProofFrame {
            frame: frame_number(*frame),
            at: None,
            text: String::new(),
        })
        .collect();
    if let (Some(first), Some(operation)) = (proof.first_mut(), &alarm.operation) {
        first.text = format!(
            "{} {} {}",
            operation.action.replace('_', " "),
            operation.function.1,
            operation.point
        );
    }
    Alarm {
        id: alarm.number,
        severity: alarm.severity,
        state: match alarm.state {
            State::Unacknowledged => AlarmState::Unacknowledged,
            State::Acknowledged => AlarmState::Acknowledged,
            State::Returned => AlarmState::Returned,
            State::Shelved => AlarmState::Shelved,
            State::Suppressed => AlarmState::Suppressed,
            State::Normal => AlarmState::Normal,
        },
        future: false,
        first_time: alarm.first_time,
        last_time: alarm.last_time,
        count: u32::try_from(alarm.count).unwrap_or(u32::MAX),
        rule: alarm.rule.clone(),
        rule_place: String::new(),
        title: without_point(alarm),
        point: alarm.tags.first().cloned().unwrap_or_else(|| alarm.asset.clone()),
        point_id: alarm.tag_ids.first().map(|tag| u64::from(tag.0)),
        asset: alarm.asset.clone(),
        value: value.trim().to_owned(),
        by: actor.map_or_else(String::new, |actor| {
            actor
                .name
                .clone()
                .unwrap_or_else(|| super::writes::short_address(actor.ip))
        }),
        by_full: actor.map_or_else(String::new, |actor| match &actor.name {
            Some(name) => format!("{} {name}", actor.ip),
            None => actor.ip.to_string(),
        }),
        by_new: alarm.actor_is_foreign,
        first_out: alarm.first_out,
        group: alarm.incident,
        cause: alarm.explanation.clone(),
        effect: alarm.consequence.clone(),
        response: if alarm.response.is_empty() {
            vec![check.clone()]
        } else {
            alarm.response.clone()
        },
        respond_within: None,
        lines: vec![alarm.lines[0].clone(), who.clone(), why.clone(), check.clone()],
        proof,
        techniques: alarm.techniques.clone(),
        note: alarm.shelf.as_ref().map_or_else(String::new, |shelf| {
            format!("shelved until {}: {}", shelf.until, shelf.reason)
        }),
        incomplete: alarm.uncertain,
    }
}

/// What is wrong, without the point, which has a column of its own.
fn without_point(alarm: &crate::alarm::Alarm) -> String {
    let point = alarm.tags.first().map_or("", String::as_str);
    let bare = alarm.title.strip_prefix(point).filter(|_| !point.is_empty());
    bare.map(str::trim_start)
        .filter(|rest| !rest.is_empty())
        .unwrap_or(&alarm.title)
        .to_owned()
}

/// How many alarms there were.
pub(super) fn load(engine: &Engine) -> AlarmLoad {
    let load = engine.load();
    AlarmLoad {
        ten_minutes: load.ten_minutes,
        hour: load.hour,
        day: load.day,
        shelved: load.shelved,
        standing: load.standing,
        flood: load.flood,
    }
}
