//! Times as historians write them.

use jiff::civil::Date;
use tapglass_model::{CaptureTime, SECOND};

/// How the times of a file are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// Year, month, day (ISO 8601 and the like).
    YearFirst,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

const FORMS: [TimeForm; 5] = [
    TimeForm::YearFirst,
    TimeForm::DayFirst,
    TimeForm::MonthFirst,
    TimeForm::Seconds,
    TimeForm::Milliseconds,
];

impl TimeForm {
    /// The form in which most of the times can be read and go on: `04/07/16` then `05/07/16` is a day later when the day
    /// comes first, and a month when the month does, so the form with the least time between them is the right one.
    #[must_use]
    pub fn of(times: &[&str]) -> Option<Self> {
        let mut best: Option<(usize, i64, Self)> = None;
        for form in FORMS {
            let read: Vec<CaptureTime> = times.iter().filter_map(|text| form.read(text)).collect();
            if read.is_empty() || read.len() * 2 < times.len() {
                continue;
            }
            let back = read.windows(2).filter(|pair| pair[1] < pair[0]).count();
            let wrong = times.len() - read.len() + back;
            let length = match (read.first(), read.last()) {
                (Some(first), Some(last)) => last.0.saturating_sub(first.0).saturating_abs(),
                _ => 0,
            };
            if best.is_none_or(|(known, shortest, _)| (wrong, length) < (known, shortest)) {
                best = Some((wrong, length, form));
            }
        }
        best.map(|best| best.2)
    }

    /// A time; without a zone it is taken as UTC.
    #[must_use]
    pub fn read(self, text: &str) -> Option<CaptureTime> {
        match self {
            Self::Seconds => number(text, 1e8..1e11, 1e9),
            Self::Milliseconds => number(text, 1e11..1e14, 1e6),
            _ => self.date(text),
        }
    }

    fn date(self, text: &str) -> Option<CaptureTime> {
        let text = text.trim();
        let (day, time) = text
            .split_once(['T', ' '])
            .map_or((text, ""), |(day, time)| (day, time.trim()));
        let mut parts = day.split(['/', '-', '.']);
        let [a, b, c] = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some() {
            return None;
        }
        let (year, month, day) = match self {
            Self::YearFirst if a.len() == 4 => (a, b, c),
            Self::DayFirst if a.len() <= 2 => (c, b, a),
            Self::MonthFirst if a.len() <= 2 => (c, a, b),
            _ => return None,
        };
        let year: i16 = match (year.len(), year.parse::<i16>().ok()?) {
            (2, year) => 2_000 + year,
            (4, year) => year,
            _ => return None,
        };
        let date = Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
        let (nanoseconds, offset) = clock(time)?;
        let midnight = date
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_second();
        midnight
            .checked_sub(offset)?
            .checked_mul(SECOND)?
            .checked_add(nanoseconds)
            .map(CaptureTime)
    }
}

fn number(text: &str, range: std::ops::Range<f64>, unit: f64) -> Option<CaptureTime> {
    let value: f64 = text.trim().parse().ok()?;
    #[allow(clippy::cast_possible_truncation)] // within the range
    range
        .contains(&value)
        .then(|| CaptureTime((value * unit).round() as i64))
}

/// Nanoseconds since midnight, and seconds that the zone is ahead of UTC.
fn clock(text: &str) -> Option<(i64, i64)> {
    let mut text = text.trim();
    let mut offset = 0;
    if let Some(rest) = text.strip_suffix(['Z', 'z']) {
        text = rest;
    } else if let Some(rest) = text.strip_suffix(" UTC").or_else(|| text.strip_suffix(" GMT")) {
        text = rest;
    } else if let Some(at) = text.rfind(['+', '-']) {
        let (rest, zone) = text.split_at(at);
        let sign = if zone.starts_with('-') { -1 } else { 1 };
        let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
        let hours: i64 = digits.get(..2)?.parse().ok()?;
        let minutes: i64 = digits.get(2..4).unwrap_or("0").parse().ok()?;
        offset = sign * (hours * 3_600 + minutes * 60);
        text = rest;
    }
    let upper = text.trim().to_ascii_uppercase();
    let (text, half) = if let Some(rest) = upper.strip_suffix("PM") {
        (rest.trim(), Some(12))
    } else if let Some(rest) = upper.strip_suffix("AM") {
        (rest.trim(), Some(0))
    } else {
        (upper.trim(), None)
    };
    if text.is_empty() {
        return half.is_none().then_some((0, offset));
    }
    let mut parts = text.split(':');
    let mut hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next().map_or(Some(0), |part| part.parse().ok())?;
    let seconds: f64 = parts
        .next()
        .map_or(Some(0.0), |part| part.replace(',', ".").parse().ok())?;
    if let Some(half) = half {
        if !(1..=12).contains(&hours) {
            return None;
        }
        hours = hours % 12 + half;
    }
    let fits = (0..=24).contains(&hours) && (0..60).contains(&minutes) && (0.0..61.0).contains(&seconds);
    if !fits || parts.next().is_some() {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)] // less than 61 seconds
    let nanoseconds = (seconds * 1e9).round() as i64;
    Some(((hours * 3_600 + minutes * 60) * SECOND + nanoseconds, offset))
}
