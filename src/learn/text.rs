//! Texts of TOML and CSV, written so that they are read back as they were.

use std::fmt::Write as _;

/// A TOML text in quotes.
#[must_use]
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other if other.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// A key of TOML, in quotes where it needs them.
#[must_use]
pub(super) fn key(name: &str) -> String {
    let bare = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// Text for a comment: one line, without control characters that TOML refuses there.
#[must_use]
pub(super) fn comment(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// A cell of a CSV file with commas.
#[must_use]
pub(super) fn cell(text: &str) -> String {
    let text = comment(text);
    if text.contains([',', ';', '"', '\t']) || text.starts_with([' ', '#']) || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// A number of TOML: as short as it can be read back, and never `NaN` or `inf`.
#[must_use]
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0.0".to_owned();
    }
    let value = if value == 0.0 { 0.0 } else { value };
    let plain = format!("{value}");
    let short = if plain.len() > 20 {
        format!("{value:e}")
    } else {
        plain
    };
    if short.contains(['.', 'e']) {
        short
    } else {
        format!("{short}.0")
    }
}

/// A number with as many digits as matter for a limit; away from zero, so that a limit is never drawn in by rounding.
#[must_use]
pub(super) fn rounded(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    #[allow(clippy::cast_possible_truncation)] // an exponent of ten
    let exponent = value.abs().log10().floor() as i32;
    let scale = 10_f64.powi(digits - 1 - exponent);
    if !scale.is_finite() || scale == 0.0 {
        return value;
    }
    let up = (value.abs() * scale).ceil() / scale;
    // Through decimal text, so that no digits of binary fractions remain.
    let exact: f64 = format!("{up:.*e}", usize::try_from(digits - 1).unwrap_or(0))
        .parse()
        .unwrap_or(up);
    (if exact >= value.abs() { exact } else { up }).copysign(value)
}

/// A duration of site files, in milliseconds or larger units.
#[must_use]
pub(super) fn duration(nanoseconds: i64) -> String {
    let milliseconds = (nanoseconds + 500_000) / 1_000_000;
    match milliseconds.max(1) {
        whole if whole % 60_000 == 0 => format!("{}m", whole / 60_000),
        whole if whole % 1_000 == 0 => format!("{}s", whole / 1_000),
        whole => format!("{whole}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_and_numbers_come_back(text in ".*", value in proptest::num::f64::NORMAL) {
            let file = format!("a = {}\nb = {}\n# {}\n", quoted(&text), number(value), comment(&text));
            let read: toml::Table = file.parse().unwrap();
            prop_assert_eq!(read["a"].as_str(), Some(text.as_str()));
            prop_assert_eq!(read["b"].as_float(), Some(value));
        }

        #[test]
        fn limits_are_rounded_outwards(value in -1e9_f64..1e9, digits in 1_i32..8) {
            let rounded = rounded(value, digits);
            prop_assert!(rounded.abs() >= value.abs());
            prop_assert!((rounded - value).abs() <= value.abs() * 10_f64.powi(1 - digits) * 1.001);
        }
    }

    #[test]
    fn durations_have_the_largest_unit_that_fits() {
        for (nanoseconds, text) in [
            (1_000_000_000, "1s"),
            (999_999_000, "1s"),
            (60_000_000_000, "1m"),
            (250_000_000, "250ms"),
            (12_400_000_000, "12400ms"),
            (10, "1ms"),
        ] {
            assert_eq!(duration(nanoseconds), text);
        }
    }
}
