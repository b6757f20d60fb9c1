//! The `alarm` record (records.md section 5).

use tapglass_proto::json::Writer;

use super::{Captures, frame_number, write_line};
use crate::alarm::{Alarm, RaisedBy};
use crate::rules::verdict::Limit;

/// Writes an alarm as it is now, as one line.
pub fn write_alarm(out: &mut Vec<u8>, captures: &Captures, alarm: &Alarm) {
    let frame = alarm.frames.first().copied().unwrap_or(alarm.seen_in);
    write_line(out, captures, "alarm", alarm.first_time, frame, |out| {
        out.key("frames").array(|out| {
            alarm
                .frames
                .iter()
                .for_each(|frame| out.u64(frame_number(*frame)));
        });
        if let Some(conversation) = &alarm.conversation {
            out.members(conversation.members());
        }
        members(out, alarm);
    });
}

/// Writes an alarm that a change of the site adds, removes or alters, as one line; with what it was `before`.
pub fn write_changed_alarm(
    out: &mut Vec<u8>,
    captures: &Captures,
    change: &str,
    alarm: &Alarm,
    before: Option<&Alarm>,
) {
    let frame = alarm.frames.first().copied().unwrap_or(alarm.seen_in);
    write_line(out, captures, "alarm_change", alarm.first_time, frame, |out| {
        out.key("change").string(change);
        out.key("alarm").object(|out| members(out, alarm));
        if let Some(before) = before {
            out.key("was").object(|out| members(out, before));
        }
    });
}

fn members(out: &mut Writer<'_>, alarm: &Alarm) {
    out.key("id").string(&alarm.id());
    out.key("rule").string(&alarm.rule);
    out.key("kind").string(alarm.kind);
    out.key("title").string(&alarm.title);
    out.key("severity").string(alarm.severity.name());
    out.key("state").string(alarm.state.name());
    out.key("first_time").time(alarm.first_time);
    out.key("last_time").time(alarm.last_time);
    out.key("count").u64(alarm.count);
    out.key("asset").string(&alarm.asset);
    strings(out.key("tags"), &alarm.tags);
    if let Some(actor) = &alarm.actor {
        actor.json(out.key("actor"));
    }
    if let Some(target) = &alarm.target {
        target.json(out.key("target"));
    }
    if let Some(operation) = &alarm.operation {
        raised_by(out.key("operation"), operation);
    }
    if let Some(before) = alarm.before {
        out.key("before").f64(before);
    }
    if let Some(value) = alarm.value {
        out.key("value").f64(value);
    }
    if alarm.count > 1
        && let Some((low, high)) = alarm.extremes
    {
        out.key("minimum").f64(low);
        out.key("maximum").f64(high);
    }
    match alarm.limit {
        Limit::None => {}
        Limit::One(limit) => out.key("limit").f64(limit),
        Limit::Band(low, high) => out.key("limit").array(|out| {
            for end in [low, high] {
                // An end that is not limited is no number.
                if end.is_finite() {
                    out.f64(end);
                } else {
                    out.null();
                }
            }
        }),
    }
    if !alarm.unit.is_empty() {
        out.key("unit").string(&alarm.unit);
    }
    out.key("explanation").string(&alarm.explanation);
    out.key("consequence").string(&alarm.consequence);
    strings(out.key("response"), &alarm.response);
    strings(out.key("techniques"), &alarm.techniques);
    strings(out.key("requirements"), &alarm.requirements);
    out.key("incident").u64(u64::from(alarm.incident));
    out.key("first_out").bool(alarm.first_out);
}

fn strings(out: &mut Writer<'_>, list: &[impl AsRef<str>]) {
    out.array(|out| list.iter().for_each(|text| out.string(text.as_ref())));
}

fn raised_by(out: &mut Writer<'_>, operation: &RaisedBy) {
    out.object(|out| {
        out.key("action").string(operation.action);
        out.key("function")
            .code(operation.function.0, &operation.function.1);
        if !operation.point.is_empty() {
            out.key("point").string(&operation.point);
        }
        out.key("frame").u64(frame_number(operation.frame));
        out.key("outcome").string(operation.outcome.name());
        if let Some((code, name)) = &operation.status {
            out.key("status").code(*code, name);
        }
    });
}
