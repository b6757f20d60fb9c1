//! Durations and times as arguments.

use tapglass_model::CaptureTime;

/// Nanoseconds of `250ms`, `5s`, `10m`, `8h`, `7d`.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let split = text
        .find(|sign: char| sign.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit {
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3_600e9,
        "d" => 86_400e9,
        _ => return Err("a duration looks like 250ms, 5s, 10m, 8h or 7d".to_owned()),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "a duration begins with a number".to_owned())?;
    if !(0.0..=1e6).contains(&number) {
        return Err("a duration is neither negative nor endless".to_owned());
    }
    #[allow(clippy::cast_possible_truncation)] // bounded above
    let nanoseconds = (number * factor) as i64;
    Ok(nanoseconds)
}

/// A time of the capture: RFC 3339 in UTC.
pub(super) fn time(text: &str) -> Result<CaptureTime, String> {
    CaptureTime::parse(text).map_err(|error| error.to_string())
}
