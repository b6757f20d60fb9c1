//! The large trend of one point, with its limits as lines.

use tapglass_model::snapshot::Point;

use crate::text::number;
use crate::theme::{Caps, Role};
use crate::view::gauge::resample;
use crate::view::lines::Lines;

/// Columns of the scale at the left.
const SCALE: usize = 9;

/// Adds `height` rows of trend, and a row that says which time they cover.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn chart(lines: &mut Lines, point: &Point, height: usize, caps: Caps) {
    let width = usize::from(lines.width()).saturating_sub(SCALE + 3).min(120);
    let buckets = resample(&point.trend, width);
    let values = || {
        buckets
            .iter()
            .filter_map(|bucket| bucket.value)
            .filter(|value| value.is_finite())
    };
    if width < 8 || height < 3 || values().next().is_none() {
        return;
    }
    let limits = limits(point);
    // Limits far away would press the trend flat: the scale takes those within twice the movement.
    let (seen_low, seen_high) = bounds(values());
    let reach = (seen_high - seen_low)
        .max(seen_high.abs().max(seen_low.abs()) * 0.25)
        .max(f64::MIN_POSITIVE);
    let near = limits
        .iter()
        .map(|(value, _)| *value)
        .filter(|value| (seen_low - reach..=seen_high + reach).contains(value));
    let (low, high) = bounds(values().chain(near));
    let span = if high > low { high - low } else { 1.0 };
    let step = span / (height - 1) as f64;
    for row in 0..height {
        let at = high - row as f64 * step;
        let holds = |value: f64| (value - at).abs() <= step / 2.0;
        let limit = limits.iter().find(|(value, _)| holds(*value));
        let scale = limit.map_or(at, |(value, _)| *value);
        let label = if limit.is_some() || row == 0 || row + 1 == height {
            number(scale, point.decimals, SCALE - 1)
        } else {
            String::new()
        };
        let line: String = buckets
            .iter()
            .enumerate()
            .map(|(column, bucket)| match bucket.value {
                Some(value) if holds(value.clamp(low, high)) => {
                    if bucket.written {
                        'W'
                    } else if caps.ascii() {
                        '*'
                    } else {
                        '\u{25a0}'
                    }
                }
                _ if limit.is_some() && column % 2 == 0 => {
                    if caps.ascii() {
                        '.'
                    } else {
                        '\u{b7}'
                    }
                }
                _ => ' ',
            })
            .collect();
        let name = limit.map_or("", |(_, name)| name);
        let pad = SCALE.saturating_sub(label.chars().count());
        let room = width.saturating_sub(name.len() + 1);
        let line: String = if name.is_empty() {
            line
        } else {
            // The name stands at the left end of its line, where the trend is oldest.
            let rest: String = line.chars().skip(name.len() + 1).take(room).collect();
            format!("{name} {rest}")
        };
        lines.spans(vec![
            (
                format!("{}{label} {}", " ".repeat(pad), caps.sign("|", "\u{2502}")),
                Role::Ink,
            ),
            (line, Role::Plain),
        ]);
    }
    let left = format!("{}10 min ago", " ".repeat(SCALE + 2));
    let gap = (SCALE + 2 + width).saturating_sub(left.len() + 3);
    lines.line(format!("{left}{}now", " ".repeat(gap)), Role::Ink);
}

fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// The limits that are known, with their names.
pub(crate) fn limits(point: &Point) -> Vec<(f64, &'static str)> {
    let limits = &point.limits;
    [
        (limits.trip_high, "trip high"),
        (limits.alarm_high, "alarm high"),
        (limits.safe_high, "safe high"),
        (limits.safe_low, "safe low"),
        (limits.alarm_low, "alarm low"),
        (limits.trip_low, "trip low"),
    ]
    .into_iter()
    .filter_map(|(value, name)| value.filter(|value| value.is_finite()).map(|value| (value, name)))
    .collect()
}
