//! `[window.X]`: one span of time, or the same hours every week.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::Window;
use super::super::fields::{Context, Fields};
use super::super::names::Names;
use super::super::toml_reader::{Table, Value, ValueKind};
use super::document::{Named, named};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTE: i64 = 60_000_000_000;
const FORM: &str =
    "write `every = \"Mon-Fri 06:00-18:00\"`, `\"Sat,Sun 08:00-12:00\"` or `\"daily 22:00-06:00\"`";

/// Reads every window.
pub(in super::super) fn read(
    document: &Table,
    timezone: &str,
    names: &mut Names,
    context: &mut Context,
) -> Vec<Window> {
    let zone = if timezone.is_empty() {
        TimeZone::UTC
    } else {
        TimeZone::get(timezone).unwrap_or(TimeZone::UTC)
    };
    let mut windows = Vec::new();
    for table in named(document, "window", context) {
        let index = u32::try_from(windows.len()).unwrap_or(u32::MAX);
        names.windows.insert(table.name.to_owned(), (index, table.span));
        windows.push(one(table, &zone, context));
    }
    windows
}

fn one(named: Named<'_>, zone: &TimeZone, context: &mut Context) -> Window {
    let what = format!("window `{}`", named.name);
    let fields = Fields::new(
        named.table,
        named.span,
        &["from", "to", "every", "desc"],
        &what,
        context,
    );
    let mut window = Window {
        name: named.name.to_owned(),
        once: None,
        every: None,
    };
    let from = fields.get("from");
    let to = fields.get("to");
    if let Some(value) = fields.get("every") {
        if let Some(text) = fields.text("every", context) {
            window.every = weekly(text);
            if window.every.is_none() {
                context
                    .problems
                    .error(value.span, format!("`{text}` is not a weekly time"))
                    .help(FORM);
            }
        }
        if from.or(to).is_some() {
            context
                .problems
                .error(named.span, format!("{what} has both `every` and `from` or `to`"))
                .help("make two windows of it, and join them: `window(A) or window(B)`");
        }
        return window;
    }
    match (from, to) {
        (Some(from), Some(to)) => {
            let start = moment(from, zone, context);
            let end = moment(to, zone, context);
            if let (Some(start), Some(end)) = (start, end) {
                if start >= end {
                    context
                        .problems
                        .error(to.span, "the window ends before it begins")
                        .related(from.span, "it begins here");
                }
                window.once = Some((start, end));
            }
        }
        (Some(_), None) => {
            fields
                .missing("to", &what, context)
                .help("say until when it lasts");
        }
        (None, Some(_)) => {
            fields.missing("from", &what, context).help("say when it begins");
        }
        (None, None) => {
            context
                .problems
                .error(named.span, format!("{what} never applies"))
                .help(format!("give `from` and `to` for one span of time, or {FORM}"));
        }
    }
    window
}

/// Nanoseconds since the epoch of a date and time, in the site's time zone unless it says its own.
pub(super) fn moment(value: &Value, zone: &TimeZone, context: &mut Context) -> Option<i64> {
    let parsed = match &value.kind {
        ValueKind::Date(text) | ValueKind::Text(text) => timestamp(text, zone),
        _ => None,
    };
    if parsed.is_none() {
        context
            .problems
            .error(value.span, "this is not a date and time")
            .help("write `2026-11-22T06:00:00` (in the site's time zone) or `2026-11-22T06:00:00Z`");
    }
    parsed
}

fn timestamp(text: &str, zone: &TimeZone) -> Option<i64> {
    let instant = match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant,
        Err(_) => text
            .parse::<DateTime>()
            .ok()?
            .to_zoned(zone.clone())
            .ok()?
            .timestamp(),
    };
    i64::try_from(instant.as_nanosecond()).ok()
}

/// Weekdays (bit 0 is Monday) with start and end since midnight; an end before the start is on the next day.
fn weekly(text: &str) -> Option<(u8, i64, i64)> {
    let text = text.trim().to_lowercase();
    let (days, hours) = match text.rsplit_once(char::is_whitespace) {
        Some((days, hours)) => (days.trim().to_owned(), hours.to_owned()),
        None if text.starts_with(|c: char| c.is_ascii_digit()) => ("daily".to_owned(), text),
        None => (text, "00:00-24:00".to_owned()),
    };
    let (start, end) = hours.split_once(['-', '–'])?;
    let (start, end) = (clock(start)?, clock(end)?);
    if start == end {
        return None;
    }
    Some((weekdays(&days)?, start, end))
}

fn weekdays(text: &str) -> Option<u8> {
    match text {
        "daily" | "every day" => return Some(0x7f),
        "weekdays" => return Some(0x1f),
        "weekends" | "weekend" => return Some(0x60),
        _ => {}
    }
    let day = |text: &str| {
        let text = text.trim();
        // `Mo`, `Mon` and `Monday`.
        let short = text.get(..text.len().min(3)).filter(|short| short.len() >= 2)?;
        DAYS.iter().position(|known| known.starts_with(short))
    };
    let mut days = 0;
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(part)?, day(part)?),
        };
        let mut at = first;
        loop {
            days |= 1 << at;
            if at == last {
                break;
            }
            at = (at + 1) % 7;
        }
    }
    Some(days)
}

/// Nanoseconds since midnight; `24:00` is its end.
fn clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':').unwrap_or((text.trim(), "00"));
    let two = |text: &str| {
        (text.len() <= 2 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i64>().ok())
            .flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekly_times_are_days_and_hours() {
        let hour = 60 * MINUTE;
        for (text, expected) in [
            ("Mon-Fri 06:00-18:00", Some((0x1f, 6 * hour, 18 * hour))),
            ("Sat,Sun 08:00-12:00", Some((0x60, 8 * hour, 12 * hour))),
            ("Fri-Mon 00:00-24:00", Some((0x71, 0, 24 * hour))),
            ("daily 22:00-06:00", Some((0x7f, 22 * hour, 6 * hour))),
            ("06:00-18:00", Some((0x7f, 6 * hour, 18 * hour))),
            ("monday", Some((0x01, 0, 24 * hour))),
            ("Mo-Fr 6-18", Some((0x1f, 6 * hour, 18 * hour))),
            ("Mon-Fri", Some((0x1f, 0, 24 * hour))),
            ("Mon-Fri 06:00", None),
            ("Mon-Fri 25:00-26:00", None),
            ("Mon-Fri 06:60-07:00", None),
            ("Xyz 06:00-18:00", None),
            ("Mon 06:00-06:00", None),
            ("", None),
        ] {
            assert_eq!(weekly(text), expected, "{text:?}");
        }
    }

    #[test]
    fn moments_without_offset_are_in_the_zone_of_the_site() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let utc = timestamp("2026-11-22T05:00:00Z", &berlin);
        assert!(utc.is_some());
        assert_eq!(timestamp("2026-11-22T06:00:00", &berlin), utc);
        assert_eq!(timestamp("2026-11-22T06:00:00+01:00", &TimeZone::UTC), utc);
        assert_eq!(timestamp("tomorrow", &berlin), None);
    }
}
