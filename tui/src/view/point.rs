//! One point in full: value, limits, trend, where it comes from, who wrote it, what watches it.

use ratatui::layout::Rect;
use tapglass_model::snapshot::{Group, Point, Reading, Snapshot};
use tapglass_model::{Quality, SECOND};

use crate::model::Model;
use crate::paint::Canvas;
use crate::text::{age, clock, day, same_day};
use crate::theme::{Caps, Role};
use crate::update::selected_point;
use crate::view::lines::Lines;
use crate::view::{banner, chart, gauge, process, writes};

/// How many writes a point lists.
const WRITES: usize = 20;

fn chosen<'a>(snapshot: &'a Snapshot, model: &Model) -> Option<(&'a Group, &'a Point)> {
    let id = selected_point(model, snapshot)?;
    snapshot
        .groups
        .iter()
        .flat_map(|group| group.points.iter().map(move |point| (group, point)))
        .find(|(_, point)| point.id == id)
}

/// The page of the selected point.
pub(crate) fn detail(snapshot: &Snapshot, model: &Model, width: u16, caps: Caps) -> Lines {
    let mut lines = Lines::new(width);
    let Some((group, point)) = chosen(snapshot, model) else {
        lines.text("No point is selected.", Role::Plain);
        return lines;
    };
    head(&mut lines, point, caps);
    lines.gap();
    chart::chart(&mut lines, point, 8, caps);
    lines.gap();
    facts(&mut lines, group, point);
    lines.gap();
    history(&mut lines, snapshot, point, width, caps);
    lines
}

/// The pane at the right of a wide terminal.
pub(crate) fn side(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    let caps = canvas.caps;
    let Some((group, point)) = chosen(snapshot, model) else {
        canvas.pane(area, "Point", false);
        return;
    };
    let inner = canvas.pane(area, &point.tag, false);
    let width = inner.width.saturating_sub(2);
    let mut lines = Lines::new(width);
    head(&mut lines, point, caps);
    lines.gap();
    chart::chart(&mut lines, point, if area.height >= 30 { 8 } else { 5 }, caps);
    lines.gap();
    facts(&mut lines, group, point);
    lines.gap();
    history(&mut lines, snapshot, point, width, caps);
    lines.paint_with(canvas, inner, 0, "Enter");
}

/// The pane below the list of a tall terminal.
pub(crate) fn below(canvas: &mut Canvas<'_>, area: Rect, snapshot: &Snapshot, model: &Model) {
    let caps = canvas.caps;
    let title = chosen(snapshot, model).map_or("", |(_, point)| point.tag.as_str());
    canvas.heading(area, 0, title, "");
    let inner = crate::paint::rows(area, 1, area.height.saturating_sub(1));
    let mut lines = Lines::new(inner.width.saturating_sub(2));
    if let Some((group, point)) = chosen(snapshot, model) {
        head(&mut lines, point, caps);
        facts(&mut lines, group, point);
        history(&mut lines, snapshot, point, inner.width.saturating_sub(2), caps);
    }
    lines.paint_with(canvas, inner, 0, "Enter");
}

fn head(lines: &mut Lines, point: &Point, caps: Caps) {
    let value = process::value(point, 20);
    let unit = if matches!(point.reading, Reading::Number(_)) {
        &point.unit
    } else {
        ""
    };
    let mut spans = vec![(format!("{value} {unit}").trim_end().to_owned(), Role::Strong)];
    if let Some(severity) = point.alarm {
        spans.push((String::from("  "), Role::Plain));
        spans.push((caps.severity(severity).to_owned(), Role::Alarm(severity)));
    }
    if !point.description.is_empty() {
        spans.push((format!("  {}", point.description), Role::Plain));
    }
    lines.spans(spans);
    let gauge = gauge::gauge(point, caps);
    if !gauge.is_empty() {
        lines.field("BAND", &gauge);
    }
}

fn facts(lines: &mut Lines, group: &Group, point: &Point) {
    let limit = |low: Option<f64>, high: Option<f64>| {
        let end = |value: Option<f64>| {
            value.map_or_else(
                || String::from("-"),
                |value| crate::text::number(value, point.decimals, 12),
            )
        };
        (low.is_some() || high.is_some()).then(|| format!("{} .. {} {}", end(low), end(high), point.unit))
    };
    let limits = &point.limits;
    for (label, text) in [
        ("SAFE", limit(limits.safe_low, limits.safe_high)),
        ("ALARM", limit(limits.alarm_low, limits.alarm_high)),
        ("TRIP", limit(limits.trip_low, limits.trip_high)),
        ("RANGE", limit(limits.range_low, limits.range_high)),
    ] {
        lines.field(label, text.as_deref().unwrap_or_default());
    }
    let (role, text) = quality(point);
    lines.field_as("QUALITY", &text, role);
    let place = format!("{} {}", group.device, group.address);
    let source = if point.source.is_empty() {
        place.clone()
    } else {
        format!("{}, {}", place.trim(), point.source)
    };
    lines.field("SOURCE", &source);
    lines.field("RAW", &point.raw);
    lines.field("ROLE", &point.role);
    lines.field("COMMAND", &point.commanded);
    lines.field("WRITERS", &point.writers);
    lines.list("RULES", &point.rules);
}

fn quality(point: &Point) -> (Role, String) {
    let mut text = String::from(match point.reading {
        Reading::Never => "never received",
        _ => match point.quality {
            Quality::Good => "good",
            Quality::Uncertain => "uncertain",
            Quality::Bad => "bad",
            Quality::Unknown => "unknown",
        },
    });
    if !point.quality_reason.is_empty() {
        text.push_str(&format!(": {}", point.quality_reason));
    }
    if point.forced {
        text.push_str(", FORCED");
    }
    if let Some(nanoseconds) = point.age {
        text.push_str(&format!(", {} old", age(nanoseconds)));
    }
    if let Some(limit) = point.max_age {
        let word = if point.stale { "STALE, limit" } else { "limit" };
        text.push_str(&format!(", {word} {} s", limit / SECOND));
    } else if point.stale {
        text.push_str(", STALE");
    }
    let doubtful = point.stale || point.forced || point.quality != Quality::Good;
    (if doubtful { Role::Stale } else { Role::Plain }, text)
}

fn history(lines: &mut Lines, snapshot: &Snapshot, point: &Point, width: u16, caps: Caps) {
    for alarm in snapshot
        .alarms
        .iter()
        .filter(|alarm| alarm.point_id == Some(point.id))
    {
        lines.spans(vec![
            (caps.severity(alarm.severity).to_owned(), banner::role(alarm)),
            (
                format!(
                    " {} {} {}",
                    banner::state(alarm, caps),
                    clock(alarm.first_time),
                    alarm.title
                ),
                Role::Plain,
            ),
        ]);
    }
    lines.gap();
    lines.line("LAST WRITES", Role::Strong);
    let mut any = false;
    for write in snapshot
        .writes
        .iter()
        .filter(|write| write.point_id == Some(point.id))
        .take(WRITES)
    {
        any = true;
        let when = if same_day(write.at, snapshot.as_of) {
            clock(write.at)
        } else {
            day(write.at)
        };
        let verdict = writes::verdict(write, caps, 3);
        let change = writes::arrow(&write.change, caps);
        let read_back = writes::read_back(write);
        let text = if width >= 60 {
            format!(
                "{when:8} {:16} {:12} {change}  {} {read_back}  {verdict}",
                writes::actor(write, true),
                write.command,
                write.result
            )
        } else {
            format!("{when:8} {} {change} {verdict}", writes::actor(write, false))
        };
        lines.line(text, Role::Plain);
    }
    if !any {
        lines.text("None was seen.", Role::Plain);
    }
}
