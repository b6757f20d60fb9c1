//! One alarm in full: what happened, what it does, what to do, how long there is, and the proof.

use tapglass_model::snapshot::{Alarm, AlarmState, Snapshot};
use tapglass_model::{SECOND, Severity};

use crate::lists;
use crate::model::Model;
use crate::text::{clock_ms, date, span};
use crate::theme::{Caps, Role};
use crate::update::alarm_position;
use crate::view::banner;
use crate::view::lines::Lines;

fn chosen<'a>(snapshot: &'a Snapshot, model: &Model) -> Option<&'a Alarm> {
    let rows = lists::alarms(snapshot, model);
    rows.get(alarm_position(&rows, model, snapshot)).copied()
}

/// The page of the selected alarm.
pub(crate) fn detail(snapshot: &Snapshot, model: &Model, width: u16, caps: Caps) -> Lines {
    let mut lines = Lines::new(width);
    let Some(alarm) = chosen(snapshot, model) else {
        lines.text("No alarm is selected.", Role::Plain);
        return lines;
    };
    title(&mut lines, alarm, caps, true);
    if alarm.cause.is_empty() && !alarm.lines.is_empty() {
        for line in &alarm.lines {
            lines.text(line, Role::Plain);
        }
    }
    lines.field("CAUSE", &alarm.cause);
    lines.field("EFFECT", &alarm.effect);
    let steps = alarm.response.iter().enumerate();
    lines.list(
        "RESPOND",
        steps.map(|(position, step)| step_text(alarm, position, step)),
    );
    lines.field("TIME", &time(alarm, snapshot));
    proof(&mut lines, alarm);
    lines.field("ATT&CK", &alarm.techniques.join(", "));
    lines.field("RULE", &rule(alarm));
    lines.field("HISTORY", &history(alarm));
    if alarm.group > 0 {
        let text = if alarm.first_out {
            "first out; the others of the group may be its consequences"
        } else {
            "not the first of its group; look at the first one first"
        };
        lines.field("GROUP", &format!("{}: {text}", alarm.group));
    }
    lines.field("NOTE", &alarm.note);
    if alarm.incomplete {
        lines.field_as(
            "CAUTION",
            "Something this alarm depends on was not seen completely.",
            Role::Stale,
        );
    }
    lines.gap();
    let closing = if snapshot.acknowledge_off.is_empty() {
        "Acknowledge here is recorded by Tapglass only; it does not ack in the DCS."
    } else {
        "Acknowledge and shelve are off here; nothing here acts on the DCS."
    };
    lines.text(closing, Role::Plain);
    lines
}

/// The same in as few lines as it can be: steps and frames run on.
pub(crate) fn summary(snapshot: &Snapshot, model: &Model, width: u16, caps: Caps) -> Lines {
    let mut lines = Lines::new(width);
    let Some(alarm) = chosen(snapshot, model) else {
        lines.text("No alarm is selected.", Role::Plain);
        return lines;
    };
    title(&mut lines, alarm, caps, false);
    let cause = if alarm.cause.is_empty() {
        alarm.lines.join(" ")
    } else {
        alarm.cause.clone()
    };
    lines.field("CAUSE", &cause);
    lines.field("EFFECT", &alarm.effect);
    let steps: Vec<String> = alarm
        .response
        .iter()
        .enumerate()
        .map(|(position, step)| step_text(alarm, position, step))
        .collect();
    lines.field("RESPOND", &steps.join(" "));
    lines.field("TIME", &time(alarm, snapshot));
    let frames: Vec<String> = alarm.proof.iter().map(|proof| proof.frame.to_string()).collect();
    if !frames.is_empty() {
        lines.field(
            "PROOF",
            &format!("frame {}   d decodes the first", frames.join(", ")),
        );
    }
    lines.field("NOTE", &alarm.note);
    lines
}

/// Steps are numbered when there are several.
fn step_text(alarm: &Alarm, position: usize, step: &str) -> String {
    if alarm.response.len() > 1 {
        format!("{} {step}", position + 1)
    } else {
        step.to_owned()
    }
}

fn title(lines: &mut Lines, alarm: &Alarm, caps: Caps, with_state: bool) {
    let state = if with_state {
        banner::state(alarm, caps)
    } else {
        String::new()
    };
    let gap = if with_state { " " } else { "" };
    let mut text = format!(" {state}{gap}{} {}", alarm.point, alarm.title);
    if !alarm.value.is_empty() {
        text.push_str(&format!("  {}", alarm.value));
    }
    if alarm.group > 0 && !with_state {
        let part = if alarm.first_out {
            "first out of group"
        } else {
            "group"
        };
        text.push_str(&format!("   {part} {}", alarm.group));
    }
    lines.spans(vec![
        (caps.severity(alarm.severity).to_owned(), banner::role(alarm)),
        (text, Role::Strong),
    ]);
}

fn time(alarm: &Alarm, snapshot: &Snapshot) -> String {
    let used = snapshot.as_of.since(alarm.first_time) / SECOND;
    match alarm.respond_within {
        _ if alarm.future => String::from("lies after the cursor of this replay"),
        Some(limit) => {
            let over = used > i64::from(limit) && alarm.state == AlarmState::Unacknowledged;
            let tail = if over { ", OVERDUE" } else { "" };
            format!(
                "respond within {}, used {}{tail}",
                span(i64::from(limit)),
                span(used)
            )
        }
        None => format!("raised {} ago", span(used)),
    }
}

fn proof(lines: &mut Lines, alarm: &Alarm) {
    for (position, frame) in alarm.proof.iter().enumerate() {
        let at = frame
            .at
            .map(|at| format!("  {}", clock_ms(at)))
            .unwrap_or_default();
        let text = format!("frame {}{at}  {}", frame.frame, frame.text);
        lines.field(if position == 0 { "PROOF" } else { "" }, &text);
    }
}

fn rule(alarm: &Alarm) -> String {
    let place = if alarm.rule_place.is_empty() {
        "built in"
    } else {
        &alarm.rule_place
    };
    let severity = match alarm.severity {
        Severity::Low => String::from("journal only"),
        severity => format!("priority {}", severity.priority()),
    };
    format!("{}   {place}   {severity}", alarm.rule)
}

fn history(alarm: &Alarm) -> String {
    let mut text = format!("{} {} raised", date(alarm.first_time), clock_ms(alarm.first_time));
    if alarm.count > 1 {
        text.push_str(&format!(
            ", {} times, last {}",
            alarm.count,
            clock_ms(alarm.last_time)
        ));
    }
    if !alarm.by_full.is_empty() {
        let new = if alarm.by_new {
            ", not known to the site"
        } else {
            ""
        };
        text.push_str(&format!(", by {}{new}", alarm.by_full));
    }
    text
}
