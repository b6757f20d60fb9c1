//! Screen 7: was everything seen? It ends in one sentence.

use ratatui::layout::Rect;
use tapglass_model::MILLISECOND;
use tapglass_model::snapshot::{Health, Snapshot};

use crate::model::Model;
use crate::paint::{Canvas, rows};
use crate::text::{count, span, thousands};
use crate::theme::Role;
use crate::view::lines::Lines;

/// Paints the body: the verdict keeps its place at the bottom, the rest scrolls above it.
pub(crate) fn health(canvas: &mut Canvas<'_>, body: Rect, snapshot: &Snapshot, model: &Model) {
    let width = body.width.saturating_sub(2);
    let room = room(snapshot, width, body.height);
    page_above(snapshot, width).paint(canvas, rows(body, 0, room), model.selection.health);
    canvas.rule(body, room);
    let below = rows(body, room + 1, body.height.saturating_sub(room + 1));
    verdict(snapshot, width).paint(canvas, below, 0);
}

/// Rows above the verdict, which takes what it needs, at most half of the body.
pub(crate) fn room(snapshot: &Snapshot, width: u16, body: u16) -> u16 {
    let wanted = u16::try_from(verdict(snapshot, width).len()).unwrap_or(u16::MAX);
    body.saturating_sub(wanted.min(body / 2) + 1)
}

fn verdict(snapshot: &Snapshot, width: u16) -> Lines {
    let mut lines = Lines::new(width);
    let exceptions = &snapshot.health.exceptions;
    if exceptions.is_empty() && snapshot.capture.complete {
        lines.field("VERDICT", "the picture is complete.");
    } else if exceptions.is_empty() {
        let reason = if snapshot.capture.reason.is_empty() {
            "the reason is not known"
        } else {
            &snapshot.capture.reason
        };
        lines.field("VERDICT", &format!("the picture is NOT complete: {reason}."));
    } else {
        lines.field("VERDICT", "the picture is complete, except:");
        for exception in exceptions {
            lines.field("", &format!("- {exception}"));
        }
    }
    lines
}

/// Everything above the verdict.
pub(crate) fn page_above(snapshot: &Snapshot, width: u16) -> Lines {
    let health = &snapshot.health;
    let mut lines = Lines::new(width);
    capture(&mut lines, snapshot, health);
    decode(&mut lines, health, width);
    let rules = &snapshot.rules;
    let mut engine = vec![
        format!("rules {}/{} can fire", rules.can_fire(), rules.total()),
        format!("points {}/{} fresh", health.points_fresh, health.points),
    ];
    if let Some(lag) = health.lag {
        engine.push(format!("{:.1} ms behind the wire", millis(lag)));
    }
    lines.field("ENGINE", &engine.join("   "));
    if let Some(memory) = health.memory {
        let limit = health
            .memory_limit
            .map(|limit| format!(" of {}", thousands(limit >> 20)))
            .unwrap_or_default();
        lines.field("MEMORY", &format!("{}{limit} MiB", thousands(memory >> 20)));
    }
    for (label, text) in &health.more {
        lines.field(label, text);
    }
    let load = &snapshot.alarm_load;
    let flood = if load.flood { "FLOOD" } else { "no flood" };
    lines.field(
        "ALARMS",
        &format!(
            "10 min: {}   hour: {}   day: {}   {flood}   standing > 24 h: {}   shelved: {}",
            load.ten_minutes, load.hour, load.day, load.standing, load.shelved
        ),
    );
    for message in &snapshot.messages {
        lines.field("MESSAGE", message);
    }
    lines
}

#[allow(clippy::cast_precision_loss)] // A lag that needs more than 53 bits is no lag but a fault.
fn millis(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / MILLISECOND as f64
}

fn capture(lines: &mut Lines, snapshot: &Snapshot, health: &Health) {
    let up = health
        .uptime
        .map(|seconds| format!("   up {}", span(i64::try_from(seconds).unwrap_or(i64::MAX))))
        .unwrap_or_default();
    lines.field("CAPTURE", &format!("{}{up}", snapshot.source));
    lines.field(
        "",
        &format!(
            "{} frames, {} bytes received",
            thousands(health.frames),
            thousands(health.bytes)
        ),
    );
    let mut losses: Vec<String> = Vec::new();
    let mut bad = snapshot.capture.drops > 0;
    for loss in &health.losses {
        let share = loss
            .percent
            .map(|percent| format!(" ({percent:.3} %)"))
            .unwrap_or_default();
        let detail = if loss.detail.is_empty() {
            String::new()
        } else {
            format!(", {}", loss.detail)
        };
        losses.push(format!("{} {}{share}{detail}", loss.place, thousands(loss.count)));
        bad |= loss.counts && loss.count > 0;
    }
    if losses.is_empty() {
        losses.push(format!("drops {}", thousands(snapshot.capture.drops)));
    }
    let role = if bad { Role::Strong } else { Role::Plain };
    for (position, loss) in losses.iter().enumerate() {
        lines.field_as(if position == 0 { "LOST" } else { "" }, loss, role);
    }
    let mut streams = format!(
        "{} open   {}",
        thousands(health.streams),
        count(health.gaps, "gap")
    );
    if health.truncated > 0 {
        streams.push_str(&format!("   {} frames cut off", thousands(health.truncated)));
    }
    lines.field("STREAMS", &streams);
    if health.requests_seen.is_some() || health.answers_seen.is_some() {
        let percent =
            |share: Option<f64>| share.map_or_else(|| String::from("-"), |share| format!("{share:.0} %"));
        let text = format!(
            "requests {}   answers {}",
            percent(health.requests_seen),
            percent(health.answers_seen)
        );
        lines.field("MIRROR", &text);
    }
}

fn decode(lines: &mut Lines, health: &Health, width: u16) {
    if health.protocols.is_empty() {
        lines.field("DECODE", "no message of a known protocol so far");
        return;
    }
    lines.line(
        format!(
            "{:12}{:>15}{:>9}{:>9}   LAST ERROR",
            "DECODE", "MESSAGES", "ERRORS", "UNKNOWN"
        ),
        Role::Strong,
    );
    for protocol in &health.protocols {
        let last = if protocol.last_error.is_empty() {
            "-"
        } else {
            &protocol.last_error
        };
        let text = format!(
            "  {:10}{:>15}{:>9}{:>9}   {last}",
            protocol.name,
            thousands(protocol.messages),
            thousands(protocol.errors),
            thousands(protocol.unknown)
        );
        lines.line(
            crate::text::cut(&text, usize::from(width)).into_owned(),
            Role::Plain,
        );
        if protocol.encrypted > 0 {
            let channels = count(u64::from(protocol.encrypted), "encrypted channel");
            lines.text(
                &format!(
                    "  {} {channels}: values NOT visible, only who and when",
                    protocol.name
                ),
                Role::Stale,
            );
        }
    }
}
