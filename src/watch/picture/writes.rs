//! The control log for the screens.

use tapglass_model::Outcome;
use tapglass_model::snapshot::{CheckLine, FieldLine, Verdict, WriteLine, WriteTotals};

use super::super::WriteLog;
use super::super::frames::protocol_name;
use super::super::log::{Entry, alarms_of};
use crate::alarm::number;
use crate::engine::Engine;
use crate::records::frame_number;
use crate::records::operation::Scaled;

pub(super) use super::super::log::short_address;

/// Lines that a screen gets.
const MOST: usize = 300;

/// The log, newest first.
pub(super) fn lines(engine: &Engine, log: &WriteLog) -> Vec<WriteLine> {
    log.entries()
        .take(MOST)
        .map(|entry| line(engine, entry))
        .collect()
}

/// Totals above the log.
pub(super) fn totals(engine: &Engine, log: &WriteLog) -> WriteTotals {
    let _ = engine;
    WriteTotals {
        total: log.total(),
        refused: log.refused,
        unanswered: log.unanswered,
        from_new: log.from_new,
    }
}

fn line(engine: &Engine, entry: &Entry) -> WriteLine {
    let record = &entry.record;
    let site = engine.site();
    let tag = entry.tag.and_then(|tag| site.tag(tag));
    let text = |value: f64| match tag.and_then(|tag| tag.state_name(value)) {
        Some(name) => name.to_owned(),
        None => number(value),
    };
    let new = match record.value {
        Scaled::None => String::new(),
        Scaled::Bool(bit) => text(f64::from(u8::from(bit))),
        Scaled::Number(value) => text(value),
        Scaled::Between(low, high) => format!("{}..{}", number(low), number(high)),
    };
    let change = match record.previous {
        Some((before, _)) if !new.is_empty() => format!("{} -> {new} {}", text(before), record.unit),
        _ => format!("{new} {}", record.unit),
    };
    let conversation = &record.conversation;
    let actor = &record.actor;
    let raised = alarms_of(engine, record.frame);
    let checks = engine
        .alarms()
        .filter(|alarm| {
            alarm
                .operation
                .as_ref()
                .is_some_and(|operation| operation.frame == record.frame)
        })
        .map(|alarm| CheckLine {
            name: format!("{} {}", alarm.kind, alarm.rule),
            passed: Some(false),
            detail: alarm.title.clone(),
        })
        .collect();
    let status = record.status.as_ref();
    WriteLine {
        id: entry.id,
        at: record.time,
        by: actor.name.clone().unwrap_or_else(|| short_address(actor.ip)),
        by_full: match &actor.name {
            Some(name) => format!("{} {name}", actor.ip),
            None => actor.ip.to_string(),
        },
        by_new: actor.name.is_none(),
        to: record
            .target
            .name
            .clone()
            .unwrap_or_else(|| record.target.ip.to_string()),
        protocol: protocol_name(conversation.protocol).to_owned(),
        command: match record.action {
            "direct_operate" | "direct_operate_no_reply" => "dir.oper.".to_owned(),
            other => other.replace('_', " "),
        },
        command_full: record.action.replace('_', " "),
        point: record.tag.clone().unwrap_or_else(|| record.point.clone()),
        point_id: entry.tag.map(|tag| u64::from(tag.0)),
        change: change.trim().to_owned(),
        outcome: record.outcome,
        result: match (record.outcome, status) {
            (Outcome::Unanswered | Outcome::Requested, _) => "----".to_owned(),
            (Outcome::Unacknowledged, _) => "no reply".to_owned(),
            (Outcome::Rejected, Some((code, _))) if conversation.protocol == "modbus" => {
                format!("exc {code}")
            }
            (_, Some((_, name))) => name.clone(),
            (Outcome::Rejected, None) => "refused".to_owned(),
            (Outcome::Accepted | Outcome::Pending, None) => "ok".to_owned(),
        },
        latency: None,
        read_back: entry.read_back,
        verdict: Verdict {
            alarms: raised,
            checked: entry.tag.is_some(),
            incomplete: false,
        },
        checks,
        request_frame: frame_number(record.frame),
        answer_frame: record.frames.get(1).map(|frame| frame_number(*frame)),
        read_back_frame: None,
        raw: String::new(),
    }
}

/// What a frame meant for the process: the operations that it carried, and the alarms that it proves.
pub(super) fn meaning(engine: &Engine, log: &WriteLog, frame: u64) -> Vec<FieldLine> {
    let mut lines = Vec::new();
    let mut add = |depth: u8, name: &str, text: String, mark| {
        lines.push(FieldLine {
            depth,
            name: name.to_owned(),
            text,
            mark,
            ..FieldLine::default()
        });
    };
    for entry in log
        .entries()
        .filter(|entry| entry.record.frames.iter().any(|of| frame_number(*of) == frame))
    {
        let line = line(engine, entry);
        add(
            0,
            "Operation",
            format!("{} {} {}", line.command_full, line.point, line.change),
            None,
        );
        add(1, "By", line.by_full, None);
        add(1, "Answer", line.result, None);
        if let Some((low, high)) = entry
            .tag
            .and_then(|tag| engine.site().tag(tag))
            .and_then(|tag| tag.safe)
        {
            add(
                1,
                "Safe band",
                format!("{}..{} {}", number(low), number(high), entry.record.unit),
                None,
            );
        }
    }
    for alarm in engine
        .alarms()
        .filter(|alarm| alarm.frames.iter().any(|of| frame_number(*of) == frame))
    {
        add(
            0,
            "Alarm",
            format!("{}: {}", alarm.rule, alarm.explanation),
            Some(alarm.severity),
        );
    }
    lines
}
