//! Words and numbers cut to fit.

use std::borrow::Cow;
use std::fmt::Write as _;

use tapglass_model::{CaptureTime, SECOND};
use unicode_width::UnicodeWidthChar as _;

use crate::theme::Glyphs;

/// The text with nothing in it that the terminal cannot show or would obey: names come from the wire.
pub(crate) fn clean(text: &str, glyphs: Glyphs) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            ' '..='~' => out.push(character),
            _ if character.is_control() => out.push('?'),
            _ => match glyphs {
                Glyphs::Ascii => out.push_str(in_ascii(character)),
                Glyphs::Cp437 if in_console_font(character) => out.push(character),
                Glyphs::Cp437 => out.push_str(in_ascii(character)),
                // Characters without width would join the cell before them; direction marks would turn the row.
                Glyphs::Utf8 if character.width().unwrap_or(0) == 0 || is_direction(character) => {
                    out.push('?')
                }
                Glyphs::Utf8 => out.push(character),
            },
        }
    }
    Cow::Owned(out)
}

/// Marks that turn the direction of what follows them on the row.
const fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The nearest plain spelling.
const fn in_ascii(character: char) -> &'static str {
    match character {
        '\u{b0}' => "",
        '\u{b5}' | '\u{3bc}' | 'ü' | 'ú' | 'ù' | 'û' => "u",
        '\u{b2}' => "2",
        '\u{b3}' => "3",
        '\u{b7}' | '\u{2022}' => ".",
        '\u{2126}' | '\u{3a9}' => "Ohm",
        '\u{2192}' | '\u{25ba}' => "->",
        '\u{2013}' | '\u{2014}' | '\u{2212}' => "-",
        '\u{2018}' | '\u{2019}' => "'",
        '\u{201c}' | '\u{201d}' => "\"",
        '\u{2026}' => "...",
        '\u{2264}' => "<=",
        '\u{2265}' => ">=",
        '\u{b1}' => "+-",
        'ä' | 'á' | 'à' | 'â' | 'å' => "a",
        'ö' | 'ó' | 'ò' | 'ô' | 'ø' => "o",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ç' => "c",
        'ß' => "ss",
        'Ä' | 'Å' => "A",
        'Ö' | 'Ø' => "O",
        'Ü' => "U",
        _ => "?",
    }
}

/// The part of the PC font (code page 437) that texts and our own signs use.
const fn in_console_font(character: char) -> bool {
    matches!(
        character,
        '\u{b0}'
            | '\u{b1}'
            | '\u{b2}'
            | '\u{b5}'
            | '\u{b7}'
            | 'ä'
            | 'á'
            | 'à'
            | 'â'
            | 'å'
            | 'ö'
            | 'ó'
            | 'ò'
            | 'ô'
            | 'é'
            | 'è'
            | 'ê'
            | 'ë'
            | 'í'
            | 'ì'
            | 'î'
            | 'ï'
            | 'ü'
            | 'ú'
            | 'ù'
            | 'û'
            | 'ñ'
            | 'ç'
            | 'ß'
            | 'Ä'
            | 'Å'
            | 'Ö'
            | 'Ü'
            | '\u{2022}'
            | '\u{2264}'
            | '\u{2265}'
            | '\u{2500}'
            | '\u{2502}'
            | '\u{250c}'
            | '\u{2510}'
            | '\u{2514}'
            | '\u{2518}'
            | '\u{251c}'
            | '\u{2524}'
            | '\u{2580}'
            | '\u{2584}'
            | '\u{2588}'
            | '\u{2591}'
            | '\u{2592}'
            | '\u{2593}'
            | '\u{25a0}'
            | '\u{25b2}'
            | '\u{25ba}'
            | '\u{25bc}'
            | '\u{25c4}'
            | '\u{25cb}'
    )
}

/// Columns that a cleaned text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

/// The text in at most `width` columns; what is cut off leaves a `>` at the end.
pub(crate) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    if width == 0 {
        return Cow::Borrowed("");
    }
    let mut out = String::new();
    let mut used = 0;
    for character in text.chars() {
        let step = character.width().unwrap_or(0);
        if used + step > width - 1 {
            break;
        }
        out.push(character);
        used += step;
    }
    out.push('>');
    Cow::Owned(out)
}

/// Lines of at most `width` columns, broken at spaces; words longer than a line are broken anywhere. Several
/// spaces between two words stay, except where a line is broken.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut gap = 0;
    if width == 0 {
        return lines;
    }
    for word in text.split(' ') {
        if word.is_empty() {
            gap += 1;
            continue;
        }
        let space = if line.is_empty() { 0 } else { gap + 1 };
        gap = 0;
        if columns(&line) + space + columns(word) <= width {
            line.extend(std::iter::repeat_n(' ', space));
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            if columns(&line) + character.width().unwrap_or(0) > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A number with fixed decimals in at most `width` columns; in powers of ten when it would not fit.
pub(crate) fn number(value: f64, decimals: u8, width: usize) -> String {
    if value.is_nan() {
        return String::from("NaN");
    }
    if value.is_infinite() {
        return String::from(if value > 0.0 { "Inf" } else { "-Inf" });
    }
    // Rounding may leave a zero with a sign, which reads like a fault.
    let fixed = format!("{value:.*}", usize::from(decimals.min(9)));
    let fixed = match fixed.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) => String::from(digits),
        _ => fixed,
    };
    if fixed.len() <= width {
        return fixed;
    }
    let short = format!("{value:.2e}");
    if short.len() <= width {
        short
    } else {
        format!("{value:.0e}")
    }
}

/// A whole number with its thousands apart.
pub(crate) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `12:03:51`
pub(crate) fn clock(at: CaptureTime) -> String {
    let (_, _, _, hour, minute, second, _) = at.civil();
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `12:03:51.204`
pub(crate) fn clock_ms(at: CaptureTime) -> String {
    let (_, _, _, hour, minute, second, nanosecond) = at.civil();
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", nanosecond / 1_000_000)
}

/// `12:03:51.204113`
pub(crate) fn clock_us(at: CaptureTime) -> String {
    let (_, _, _, hour, minute, second, nanosecond) = at.civil();
    format!("{hour:02}:{minute:02}:{second:02}.{:06}", nanosecond / 1_000)
}

/// `2026-03-14`
pub(crate) fn date(at: CaptureTime) -> String {
    let (year, month, day, ..) = at.civil();
    format!("{year:04}-{month:02}-{day:02}")
}

/// `Mar 11`
pub(crate) fn day(at: CaptureTime) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (_, month, day, ..) = at.civil();
    let name = MONTHS.get(usize::from(month.saturating_sub(1))).unwrap_or(&"?");
    format!("{name} {day:02}")
}

/// True on the same day in UTC.
pub(crate) fn same_day(a: CaptureTime, b: CaptureTime) -> bool {
    a.0.div_euclid(86_400 * SECOND) == b.0.div_euclid(86_400 * SECOND)
}

/// A length of time in one unit: `6s`, `9m`, `2h`, `12d`.
pub(crate) fn age(nanoseconds: i64) -> String {
    let seconds = nanoseconds.max(0) / SECOND;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A length of time in minutes and seconds, with hours and days where it needs them: `5:22`, `12 d 03:14`.
pub(crate) fn span(seconds: i64) -> String {
    let mut out = String::new();
    let seconds = seconds.max(0);
    let (days, hours, minutes, rest) = (
        seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
    );
    let _ = if days > 0 {
        write!(out, "{days} d {hours:02}:{minutes:02}")
    } else if hours > 0 {
        write!(out, "{hours}:{minutes:02}:{rest:02}")
    } else {
        write!(out, "{minutes}:{rest:02}")
    };
    out
}

/// One thing or several: `1 rule`, `7 rules`.
pub(crate) fn count(number: u64, word: &str) -> String {
    format!(
        "{} {word}{}",
        thousands(number),
        if number == 1 { "" } else { "s" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_terminal_would_obey_never_reaches_it() {
        for glyphs in [Glyphs::Ascii, Glyphs::Cp437, Glyphs::Utf8] {
            let cleaned = clean("a\x1b[2J\u{9b}b\u{202e}c\u{200b}\n", glyphs);
            assert!(
                !cleaned.contains(['\x1b', '\u{9b}', '\u{202e}', '\u{200b}', '\n']),
                "{cleaned}"
            );
        }
        assert_eq!(clean("66 \u{b0}C \u{2192} \u{b5}S", Glyphs::Ascii), "66 C -> uS");
        assert_eq!(clean("日\u{b0}", Glyphs::Cp437), "?\u{b0}");
        assert_eq!(clean("日", Glyphs::Utf8), "日");
    }

    #[test]
    fn what_is_cut_off_says_so() {
        assert_eq!(cut("LIT-101.SP", 10), "LIT-101.SP");
        assert_eq!(cut("LIT-101.SP", 9), "LIT-101.>");
        assert_eq!(cut("日本語", 5), "日本>");
        assert_eq!(cut("日本語", 4), "日>");
        assert_eq!(cut("x", 0), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap(" a   b  c", 5), ["a   b", "c"]);
    }

    #[test]
    fn numbers_fit_their_column() {
        assert_eq!(number(812.44, 1, 8), "812.4");
        assert_eq!(number(-0.01, 1, 8), "0.0");
        assert_eq!(number(f64::NAN, 1, 8), "NaN");
        assert_eq!(number(1e20, 1, 8), "1.00e20");
        assert_eq!(number(-3.4e38, 1, 8), "-3.40e38");
        assert_eq!(thousands(1_204_511_309), "1 204 511 309");
        assert_eq!(thousands(12), "12");
        assert_eq!(
            (age(6 * SECOND), age(540 * SECOND)),
            (String::from("6s"), String::from("9m"))
        );
        assert_eq!(span(322), "5:22");
    }
}
