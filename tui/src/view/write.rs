//! One write in full.

use tapglass_model::snapshot::{Snapshot, WriteLine};
use tapglass_model::{MILLISECOND, Outcome};

use crate::lists;
use crate::model::Model;
use crate::text::{clock_ms, date};
use crate::theme::{Caps, Role};
use crate::view::lines::Lines;
use crate::view::writes;

fn chosen<'a>(snapshot: &'a Snapshot, model: &Model) -> Option<&'a WriteLine> {
    let rows = lists::writes(snapshot, model);
    let at = lists::position(&rows, model.selection.write.as_ref(), |write| Some(write.id));
    rows.get(at).copied()
}

/// The page of the selected write.
pub(crate) fn detail(snapshot: &Snapshot, model: &Model, width: u16, caps: Caps) -> Lines {
    let mut lines = Lines::new(width);
    let Some(write) = chosen(snapshot, model) else {
        lines.text("No write is selected.", Role::Plain);
        return lines;
    };
    lines.spans(vec![
        (format!("{}  ", writes::arrow(&write.change, caps)), Role::Strong),
        (write.point.clone(), Role::Strong),
    ]);
    lines.field("WHEN", &format!("{} {}Z", date(write.at), clock_ms(write.at)));
    lines.field("BY", &writes::actor(write, true));
    let to = if write.protocol.is_empty() {
        write.to.clone()
    } else {
        format!("{}, {}", write.to, write.protocol)
    };
    lines.field("TO", &to);
    lines.field(
        "COMMAND",
        if write.command_full.is_empty() {
            &write.command
        } else {
            &write.command_full
        },
    );
    lines.field("RAW", &write.raw);
    lines.field("ANSWER", &answer(write));
    lines.field("READBACK", &read_back(write));
    lines.field("FRAMES", &frames(write));
    lines.gap();
    for (position, check) in write.checks.iter().enumerate() {
        let (word, role) = match check.passed {
            Some(true) => ("passed", Role::Plain),
            Some(false) => ("FAILED", Role::Strong),
            None => ("not checked", Role::Stale),
        };
        let text = format!("{:28} {word}  {}", check.name, check.detail);
        lines.field_as(if position == 0 { "CHECKS" } else { "" }, &text, role);
    }
    for (position, (id, severity)) in write.verdict.alarms.iter().enumerate() {
        let alarm = snapshot.alarms.iter().find(|alarm| alarm.id == *id);
        let text = alarm.map_or_else(String::new, |alarm| format!("{}  {}", alarm.title, alarm.rule));
        let label = if position == 0 { "ALARMS   " } else { "         " };
        lines.spans(vec![
            (label.to_owned(), Role::Strong),
            (caps.severity(*severity).to_owned(), Role::Alarm(*severity)),
            (format!(" {text}"), Role::Plain),
        ]);
    }
    if write.verdict.alarms.is_empty() {
        lines.field(
            "VERDICT",
            if write.verdict.checked {
                "allowed by every rule that judged it"
            } else {
                "no rule watches it"
            },
        );
    }
    if write.verdict.incomplete {
        lines.field_as("", "Something this verdict depends on was not seen.", Role::Stale);
    }
    lines
}

fn answer(write: &WriteLine) -> String {
    let words = match write.outcome {
        Outcome::Requested => "waiting for the answer",
        Outcome::Accepted => "the device accepted it",
        Outcome::Pending => "the device will carry it out later",
        Outcome::Rejected => "the device refused it",
        Outcome::Unanswered => "no answer was seen",
        Outcome::Unacknowledged => "no answer is expected",
    };
    let mut text = if write.result.is_empty() {
        words.to_owned()
    } else {
        format!("{}: {words}", write.result)
    };
    if let Some(latency) = write.latency {
        text.push_str(&format!(", after {} ms", latency / MILLISECOND));
    }
    text
}

fn read_back(write: &WriteLine) -> String {
    use tapglass_model::snapshot::ReadBack;
    let text = match write.read_back {
        ReadBack::None => return String::new(),
        ReadBack::Waiting => "not read back yet",
        ReadBack::Equal => "a later read returned the written value",
        ReadBack::Different => "a later read returned ANOTHER value",
    };
    text.to_owned()
}

fn frames(write: &WriteLine) -> String {
    let mut parts = Vec::new();
    if write.request_frame > 0 {
        parts.push(format!("request {}", write.request_frame));
    }
    if let Some(frame) = write.answer_frame {
        parts.push(format!("answer {frame}"));
    }
    if let Some(frame) = write.read_back_frame {
        parts.push(format!("read back {frame}"));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("{}   d opens the request", parts.join(", "))
}
