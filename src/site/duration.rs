//! Durations as engineers write them: `250ms`, `10s`, `5m`, `8h`, `7d`.

/// Nanoseconds of each unit.
const UNITS: [(&str, f64); 8] = [
    ("ms", 1e6),
    ("s", 1e9),
    ("min", 60e9),
    ("m", 60e9),
    ("h", 3_600e9),
    ("d", 86_400e9),
    ("w", 604_800e9),
    ("us", 1e3),
];

/// What a duration looks like, for messages.
pub(super) const FORM: &str = "durations look like `250ms`, `10s`, `5m`, `8h` or `7d`";

/// Nanoseconds of a number and its unit; `None` when the unit is not one of time or the duration is out of range.
pub(super) fn from_parts(number: f64, unit: &str) -> Option<i64> {
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let nanoseconds = number * scale;
    // A hundred years: longer is a slip, and sums of two still fit.
    if !(0.0..=3.2e18).contains(&nanoseconds) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation)] // checked above
    Some(nanoseconds.round() as i64)
}

/// Nanoseconds of a text such as `10s`; several parts add up, as in `1h30m`.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = 0_i64;
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(number_end);
        let tail = tail.trim_start();
        let unit_end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (unit, after) = tail.split_at(unit_end);
        total = total.checked_add(from_parts(number.parse().ok()?, unit)?)?;
        rest = after.trim_start();
    }
    Some(total)
}

/// The shortest text of a duration, in one unit.
pub(crate) fn text(nanoseconds: i64) -> String {
    for (unit, size) in [
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
    ] {
        if nanoseconds != 0 && nanoseconds % size == 0 {
            return format!("{}{unit}", nanoseconds / size);
        }
    }
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    #[allow(clippy::cast_precision_loss)]
    let microseconds = nanoseconds as f64 / 1e3;
    format!("{microseconds}us")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, expected) in [
            ("250ms", Some(250_000_000)),
            ("10s", Some(10_000_000_000)),
            ("10 s", Some(10_000_000_000)),
            ("5m", Some(300_000_000_000)),
            ("5min", Some(300_000_000_000)),
            ("8h", Some(28_800_000_000_000)),
            ("7d", Some(604_800_000_000_000)),
            ("1h30m", Some(5_400_000_000_000)),
            ("0.5s", Some(500_000_000)),
            ("0s", Some(0)),
            ("", None),
            ("10", None),
            ("s", None),
            ("-5s", None),
            ("5 parsecs", None),
            ("1.2.3s", None),
            ("1e9s", None),
            ("999999999d", None),
        ] {
            assert_eq!(parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn durations_print_in_one_unit() {
        for text in ["0s", "250ms", "10s", "90s", "5m", "8h", "7d"] {
            assert_eq!(super::text(parse(text).unwrap()), text);
        }
        assert_eq!(super::text(1_500), "1.5us");
        assert_eq!(parse(&super::text(1_500)), Some(1_500));
    }
}
