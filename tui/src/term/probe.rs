//! What the terminal can do, from what the environment says of it. Every answer can be overruled.

use crate::options::{ColourChoice, GlyphChoice};
use crate::theme::{Caps, Colour, Glyphs};

/// Characters and colours, in the order of evidence: what was asked for, `NO_COLOR`, `TERM`, the locale.
///
/// `lookup` gives the value of an environment variable.
pub fn capabilities(
    glyphs: GlyphChoice,
    colour: ColourChoice,
    lookup: impl Fn(&str) -> Option<String>,
) -> Caps {
    let term = lookup("TERM").unwrap_or_default();
    Caps {
        glyphs: match glyphs {
            GlyphChoice::Ascii => Glyphs::Ascii,
            GlyphChoice::Cp437 => Glyphs::Cp437,
            GlyphChoice::Utf8 => Glyphs::Utf8,
            GlyphChoice::Auto => probe_glyphs(&term, &lookup),
        },
        colour: match colour {
            ColourChoice::Mono => Colour::Mono,
            ColourChoice::Ansi16 => Colour::Ansi16,
            ColourChoice::Ansi256 => Colour::Ansi256,
            ColourChoice::Auto => probe_colour(&term, &lookup),
        },
    }
}

/// A terminal of the VT family, or one that nobody knows: letters only.
fn is_plain(term: &str) -> bool {
    matches!(term, "" | "dumb" | "unknown" | "ansi" | "network" | "dialup")
        || term
            .strip_prefix("vt")
            .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()))
}

fn probe_glyphs(term: &str, lookup: &impl Fn(&str) -> Option<String>) -> Glyphs {
    if is_plain(term) {
        return Glyphs::Ascii;
    }
    // The first of the three that is set decides, as in setlocale(3).
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| lookup(name).filter(|value| !value.is_empty()))
        .unwrap_or_default()
        .to_ascii_lowercase();
    if !(locale.contains("utf-8") || locale.contains("utf8")) {
        return Glyphs::Ascii;
    }
    // The console of Linux has a font of 256 or 512 signs.
    if term == "linux" {
        Glyphs::Cp437
    } else {
        Glyphs::Utf8
    }
}

fn probe_colour(term: &str, lookup: &impl Fn(&str) -> Option<String>) -> Colour {
    let no_colour = lookup("NO_COLOR").is_some_and(|value| !value.is_empty());
    // A real VT has no colours: there, reverse has to say what yellow says elsewhere.
    if no_colour || (is_plain(term) && term != "ansi") {
        Colour::Mono
    } else if term.contains("256color") {
        Colour::Ansi256
    } else {
        Colour::Ansi16
    }
}

/// The size that `COLUMNS` and `LINES` say, when both are numbers above zero.
pub fn size_from_environment(lookup: impl Fn(&str) -> Option<String>) -> Option<(u16, u16)> {
    let number = |name| {
        lookup(name)
            .and_then(|value| value.trim().parse::<u16>().ok())
            .filter(|value| *value > 0)
    };
    Some((number("COLUMNS")?, number("LINES")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(variables: &[(&str, &str)]) -> (Glyphs, Colour) {
        let lookup = |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let caps = capabilities(GlyphChoice::Auto, ColourChoice::Auto, lookup);
        (caps.glyphs, caps.colour)
    }

    #[test]
    fn the_environment_decides_in_order() {
        let utf8 = ("LANG", "en_US.UTF-8");
        for (variables, answer) in [
            (
                &[("TERM", "xterm-256color"), utf8][..],
                (Glyphs::Utf8, Colour::Ansi256),
            ),
            (&[("TERM", "xterm"), utf8], (Glyphs::Utf8, Colour::Ansi16)),
            (
                &[("TERM", "xterm"), ("LANG", "C")],
                (Glyphs::Ascii, Colour::Ansi16),
            ),
            (
                &[("TERM", "xterm"), ("LC_ALL", "C"), utf8],
                (Glyphs::Ascii, Colour::Ansi16),
            ),
            (
                &[("TERM", "xterm"), ("LC_ALL", ""), utf8],
                (Glyphs::Utf8, Colour::Ansi16),
            ),
            (
                &[("TERM", "xterm"), ("NO_COLOR", "1"), utf8],
                (Glyphs::Utf8, Colour::Mono),
            ),
            (
                &[("TERM", "xterm"), ("NO_COLOR", ""), utf8],
                (Glyphs::Utf8, Colour::Ansi16),
            ),
            (&[("TERM", "linux"), utf8], (Glyphs::Cp437, Colour::Ansi16)),
            (&[("TERM", "vt100"), utf8], (Glyphs::Ascii, Colour::Mono)),
            (&[("TERM", "vte-256color"), utf8], (Glyphs::Utf8, Colour::Ansi256)),
            (&[("TERM", "ansi"), utf8], (Glyphs::Ascii, Colour::Ansi16)),
            (&[], (Glyphs::Ascii, Colour::Mono)),
        ] {
            assert_eq!(probe(variables), answer, "{variables:?}");
        }
        let caps = capabilities(GlyphChoice::Cp437, ColourChoice::Ansi256, |_| None);
        assert_eq!((caps.glyphs, caps.colour), (Glyphs::Cp437, Colour::Ansi256));
    }

    #[test]
    fn a_size_needs_both_numbers() {
        let size = |columns: &'static str, lines: &'static str| {
            size_from_environment(|name| Some(if name == "COLUMNS" { columns } else { lines }.to_owned()))
        };
        assert_eq!(size("132", "43"), Some((132, 43)));
        assert_eq!(size("0", "43"), None);
        assert_eq!(size("x", "43"), None);
        assert_eq!(size_from_environment(|_| None), None);
    }
}
