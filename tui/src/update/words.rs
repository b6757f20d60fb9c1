//! The commands of the command line.

use tapglass_model::{CaptureTime, SECOND};

/// A command by name, and what it does.
const COMMANDS: &[(&str, &str)] = &[
    ("process", "screen 1"),
    ("alarms", "screen 2"),
    ("writes", "screen 3"),
    ("hosts", "screen 4"),
    ("frame", "screen 5"),
    ("rules", "screen 6"),
    ("health", "screen 7"),
    ("acknowledge", "the selected or marked alarms"),
    ("filter", "TEXT or !TEXT"),
    ("follow", "let the frames follow again"),
    ("help", "the keys"),
    ("hold", "hold the display or let it go on"),
    ("pause", "stop the replay"),
    ("play", "let the replay run"),
    ("quit", "leave"),
    ("relative", "times as how long ago"),
    ("speed", "NUMBER, seconds of capture in one second"),
    ("utc", "times in UTC"),
];

/// What was typed after `:`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word<'a> {
    /// A time of day or a full time.
    Time(CaptureTime),
    /// A frame.
    Frame(u64),
    /// A command and the rest of the line.
    Named(&'static str, &'a str),
    /// Several begin like this, or none does.
    Unknown,
}

/// Commands that begin with the text.
pub(crate) fn matching(text: &str) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let wanted = text.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    COMMANDS
        .iter()
        .copied()
        .filter(move |(name, _)| name.starts_with(&wanted))
}

/// Reads a line. A time of day is on the day of `near`.
pub(crate) fn read(line: &str, near: CaptureTime) -> Word<'_> {
    let line = line.trim();
    if let Some(at) = time(line, near) {
        return Word::Time(at);
    }
    if let Some(digits) = line.strip_prefix(['f', 'F'])
        && let Ok(number) = digits.trim().parse::<u64>()
    {
        return Word::Frame(number);
    }
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    if name.is_empty() {
        return Word::Unknown;
    }
    // The whole word wins over words that begin with it; q is what everybody types.
    if name == "q" {
        return Word::Named("quit", rest);
    }
    let mut found = matching(name);
    match (found.next(), found.next()) {
        (Some((word, _)), None) => Word::Named(word, rest.trim()),
        (Some((word, _)), Some(_)) if word == name => Word::Named(word, rest.trim()),
        _ => Word::Unknown,
    }
}

/// `12:09`, `12:09:30`, `12:09:30.5`, or a full time.
fn time(text: &str, near: CaptureTime) -> Option<CaptureTime> {
    if let Ok(at) = CaptureTime::parse(text) {
        return Some(at);
    }
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let mut parts = text.split(':');
    let number = |part: Option<&str>| part.and_then(|digits| digits.parse::<u8>().ok());
    let hour = number(parts.next())?;
    let minute = number(parts.next())?;
    let seconds: f64 = match parts.next() {
        Some(part) => part.parse().ok()?,
        None => 0.0,
    };
    if parts.next().is_some() || !(0.0..60.0).contains(&seconds) {
        return None;
    }
    let (year, month, day, ..) = near.civil();
    let at = CaptureTime::from_civil(year, month, day, hour, minute, 0, 0)?;
    #[allow(clippy::cast_possible_truncation)] // At most 60 seconds of nanoseconds.
    Some(at.plus((seconds * SECOND as f64) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_people_type_them() {
        let near = CaptureTime::parse("2026-03-14T12:04:07Z").unwrap();
        let at = |text| Word::Time(CaptureTime::parse(text).unwrap());
        assert_eq!(read("12:09", near), at("2026-03-14T12:09:00Z"));
        assert_eq!(read(" 12:09:30.5 ", near), at("2026-03-14T12:09:30.5Z"));
        assert_eq!(read("2026-03-15T01:02:03Z", near), at("2026-03-15T01:02:03Z"));
        assert_eq!(read("f18402", near), Word::Frame(18402));
        assert_eq!(read("frame", near), Word::Named("frame", ""));
        assert_eq!(read("q", near), Word::Named("quit", ""));
        assert_eq!(read("filter !lit", near), Word::Named("filter", "!lit"));
        assert_eq!(read("al", near), Word::Named("alarms", ""));
        for text in ["", "h", "xyz", "25:00", "12:61", "12:09:99", "1:2:3:4", "f", "fx"] {
            assert_eq!(read(text, near), Word::Unknown, "{text}");
        }
    }
}
