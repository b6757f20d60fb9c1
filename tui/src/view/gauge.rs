//! The moving indicator and the small trend: a value in its context, in a few characters.

use tapglass_model::snapshot::{Bucket, Limits, Point, Reading};

use crate::theme::Caps;

/// Columns of a gauge.
pub(crate) const WIDTH: usize = 16;

/// The gauge of a point, its states, or the words for why there is none.
pub(crate) fn gauge(point: &Point, caps: Caps) -> String {
    match &point.reading {
        Reading::Never => String::from("never received"),
        Reading::State(state) => states(point, *state),
        Reading::Number(value) => scale(&point.limits)
            .map(|scale| band(*value, &point.limits, scale, caps))
            .unwrap_or_default(),
        Reading::Text(_) => String::new(),
    }
}

/// The names of the states with the present one in brackets.
fn states(point: &Point, state: u32) -> String {
    let present = point.states.get(state as usize);
    let all: Vec<String> = point
        .states
        .iter()
        .enumerate()
        .map(|(position, name)| {
            if position == state as usize {
                format!("[{name}]")
            } else {
                name.to_lowercase()
            }
        })
        .collect();
    let text = all.join(" ");
    if text.chars().count() <= WIDTH {
        return text;
    }
    present.map_or_else(String::new, |name| format!("[{name}]"))
}

/// The ends of the gauge: an eighth beyond the outermost limits on both sides. `None` when a side has no limit:
/// a scale that nobody stated is not invented.
fn scale(limits: &Limits) -> Option<(f64, f64)> {
    let first = |values: [Option<f64>; 4]| values.into_iter().flatten().find(|value| value.is_finite());
    let low = first([
        limits.trip_low,
        limits.alarm_low,
        limits.safe_low,
        limits.range_low,
    ])?;
    let high = first([
        limits.trip_high,
        limits.alarm_high,
        limits.safe_high,
        limits.range_high,
    ])?;
    let margin = (high - low) / 8.0;
    (margin > 0.0 && margin.is_finite()).then_some((low - margin, high + margin))
}

/// The gauge itself. The value's sign wins over the band's, an arrow at the end means off scale.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn band(value: f64, limits: &Limits, (low, high): (f64, f64), caps: Caps) -> String {
    let step = (high - low) / WIDTH as f64;
    let above = |limit: Option<f64>, at: f64| limit.is_some_and(|limit| at > limit);
    let below = |limit: Option<f64>, at: f64| limit.is_some_and(|limit| at < limit);
    let mut cells: Vec<&str> = (0..WIDTH)
        .map(|position| {
            let at = low + (position as f64 + 0.5) * step;
            if above(limits.trip_high, at) || below(limits.trip_low, at) {
                caps.sign("x", "\u{2591}")
            } else if above(limits.alarm_high.or(limits.safe_high), at)
                || above(limits.safe_high, at)
                || below(limits.alarm_low, at)
                || below(limits.safe_low, at)
            {
                caps.sign("-", "\u{2592}")
            } else {
                caps.sign("=", "\u{2500}")
            }
        })
        .collect();
    if value.is_nan() {
        return cells.concat();
    }
    let (place, sign) = if value < low {
        (0, caps.sign("<", "\u{25c4}"))
    } else if value > high {
        (WIDTH - 1, caps.sign(">", "\u{25ba}"))
    } else {
        let sign = caps.value_mark();
        ((((value - low) / step) as usize).min(WIDTH - 1), sign)
    };
    if let Some(cell) = cells.get_mut(place) {
        *cell = sign;
    }
    cells.concat()
}

/// The trend in `width` columns: `W` where a write was seen, a blank where nothing was received.
pub(crate) fn trend(point: &Point, width: usize, caps: Caps) -> String {
    let columns = resample(&point.trend, width);
    let numbers = || {
        columns
            .iter()
            .filter_map(|bucket| bucket.value)
            .filter(|value| value.is_finite())
    };
    let low = numbers().fold(f64::INFINITY, f64::min);
    let high = numbers().fold(f64::NEG_INFINITY, f64::max);
    columns
        .iter()
        .map(|bucket| match bucket.value {
            _ if bucket.written => 'W',
            Some(value) if !point.states.is_empty() => state_sign(value, caps),
            Some(value) if value.is_finite() => level_sign(value, low, high, caps),
            Some(_) => '?',
            None => ' ',
        })
        .collect()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A state that is no digit is shown as such.
fn state_sign(value: f64, caps: Caps) -> char {
    if !caps.ascii() && value == 0.0 {
        return '\u{2584}';
    }
    if !caps.ascii() && value == 1.0 {
        return '\u{2588}';
    }
    char::from_digit(value as u32, 10).unwrap_or('+')
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
fn level_sign(value: f64, low: f64, high: f64, caps: Caps) -> char {
    let signs: &[char] = if caps.ascii() {
        &['_', '.', '-', '\'', '"']
    } else {
        &['\u{2584}', '\u{25a0}', '\u{2580}']
    };
    let middle = signs.get(signs.len() / 2).copied().unwrap_or('-');
    let span = high - low;
    // Movement below a thousandth of the value is noise of the last digit, not a trend.
    if span <= high.abs().max(low.abs()) * 0.001 {
        return middle;
    }
    let level = ((value - low) / span * signs.len() as f64) as usize;
    signs.get(level.min(signs.len() - 1)).copied().unwrap_or(middle)
}

/// Buckets grouped or spread to `width`: the last value of a group counts, a write anywhere in it is kept.
pub(crate) fn resample(buckets: &[Bucket], width: usize) -> Vec<Bucket> {
    let total = buckets.len();
    let start = |column: usize| column * total / width.max(1);
    (0..width)
        .map(|column| {
            let from = start(column);
            let to = start(column + 1).max(from + 1);
            let group = buckets.get(from..to.min(total)).unwrap_or_default();
            // A bucket that is spread over several columns is one write all the same.
            let begins = column == 0 || start(column - 1) != from;
            Bucket {
                value: group.iter().rev().find_map(|bucket| bucket.value),
                written: begins && group.iter().any(|bucket| bucket.written),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tank(value: f64) -> Point {
        Point {
            reading: Reading::Number(value),
            limits: Limits {
                trip_low: Some(250.0),
                alarm_low: Some(340.0),
                alarm_high: Some(900.0),
                trip_high: Some(1000.0),
                ..Limits::default()
            },
            ..Point::default()
        }
    }

    #[test]
    fn the_value_stands_in_its_band() {
        let draw = |value| gauge(&tank(value), Caps::default());
        assert_eq!(draw(625.0), "xx-=====O====-xx");
        assert_eq!(draw(1150.0), "xx-==========-x>");
        assert_eq!(draw(-5.0), "<x-==========-xx");
        assert_eq!(draw(f64::NAN), "xx-==========-xx");
        assert_eq!(draw(f64::INFINITY), "xx-==========-x>");
    }

    #[test]
    fn without_limits_nothing_is_invented() {
        let mut point = tank(1.0);
        point.limits = Limits::default();
        assert_eq!(gauge(&point, Caps::default()), "");
        point.limits.safe_high = Some(5.0);
        assert_eq!(gauge(&point, Caps::default()), "");
        point.reading = Reading::Never;
        assert_eq!(gauge(&point, Caps::default()), "never received");
    }

    #[test]
    fn states_bracket_the_present_one() {
        let mut point = Point {
            states: vec!["CLOSED".into(), "OPEN".into()],
            reading: Reading::State(1),
            ..Point::default()
        };
        assert_eq!(gauge(&point, Caps::default()), "closed [OPEN]");
        point.reading = Reading::State(7);
        assert_eq!(gauge(&point, Caps::default()), "closed open");
    }

    #[test]
    fn a_trend_keeps_writes_and_silence() {
        let bucket = |value, written| Bucket { value, written };
        let mut point = tank(1.0);
        point.trend = vec![
            bucket(Some(1.0), false),
            bucket(Some(1.0), true),
            bucket(None, false),
            bucket(Some(9.0), false),
        ];
        assert_eq!(trend(&point, 4, Caps::default()), "_W \"");
        assert_eq!(trend(&point, 2, Caps::default()), "W\"");
        assert_eq!(trend(&point, 8, Caps::default()).len(), 8);
        point.trend.clear();
        assert_eq!(trend(&point, 3, Caps::default()), "   ");
    }
}
