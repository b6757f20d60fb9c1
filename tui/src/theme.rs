//! Signs and styles. Meaning is drawn in letters and digits first; colour only repeats it.

use ratatui::style::{Color, Modifier, Style};
use tapglass_model::Severity;

/// Which characters the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// Seven-bit ASCII.
    #[default]
    Ascii,
    /// What a PC console font of 256 glyphs has, sent as UTF-8.
    Cp437,
    /// Any printable character.
    Utf8,
}

/// Which colours the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// None: bold, underline and reverse only.
    #[default]
    Mono,
    /// The sixteen of the terminal itself.
    Ansi16,
    /// 256 colours; the same roles, the same sixteen, better greys.
    Ansi256,
}

/// What the terminal can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Characters.
    pub glyphs: Glyphs,
    /// Colours.
    pub colour: Colour,
}

/// What a stretch of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing special: the terminal's own colours.
    Plain,
    /// Titles, headings, the current screen.
    Strong,
    /// The selected row, the selected bytes.
    Selected,
    /// An alarm of this severity.
    Alarm(Severity),
    /// An alarm that returned by itself and waits to be acknowledged.
    Returned(Severity),
    /// A value that is old or uncertain.
    Stale,
    /// HOLD, REPLAY, NOT LIVE, a capture that lost something.
    Attention,
    /// Frames, rulers and other ink that is no data.
    Ink,
}

impl Caps {
    /// The style of a role.
    pub(crate) fn style(self, role: Role) -> Style {
        let plain = Style::new();
        if self.colour == Colour::Mono {
            return match role {
                Role::Plain | Role::Ink | Role::Alarm(Severity::Low) | Role::Returned(Severity::Low) => plain,
                Role::Strong | Role::Stale | Role::Alarm(Severity::Medium) => {
                    plain.add_modifier(Modifier::BOLD)
                }
                Role::Selected | Role::Attention | Role::Alarm(Severity::High) => {
                    plain.add_modifier(Modifier::REVERSED)
                }
                Role::Alarm(Severity::Critical) => plain.add_modifier(Modifier::REVERSED | Modifier::BOLD),
                Role::Returned(_) => plain.add_modifier(Modifier::UNDERLINED),
            };
        }
        match role {
            Role::Plain | Role::Alarm(Severity::Low) | Role::Returned(Severity::Low) => plain,
            // Grey 244 is readable on black and on white; in sixteen colours there is no such grey.
            Role::Ink if self.colour == Colour::Ansi256 => plain.fg(Color::Indexed(244)),
            Role::Ink => plain,
            Role::Strong => plain.add_modifier(Modifier::BOLD),
            Role::Selected | Role::Attention => plain.add_modifier(Modifier::REVERSED),
            Role::Alarm(Severity::Critical) => {
                plain.fg(Color::Gray).bg(Color::Red).add_modifier(Modifier::BOLD)
            }
            Role::Alarm(Severity::High) => plain.fg(Color::Black).bg(Color::Yellow),
            Role::Alarm(Severity::Medium) => plain.fg(Color::Black).bg(Color::Cyan),
            Role::Returned(Severity::Critical) => plain.fg(Color::Red),
            Role::Returned(Severity::High) => plain.fg(Color::Yellow),
            Role::Returned(Severity::Medium) => plain.fg(Color::Cyan),
            Role::Stale => plain.fg(Color::Magenta),
        }
    }

    /// True when only seven-bit ASCII may be sent.
    pub(crate) fn ascii(self) -> bool {
        self.glyphs == Glyphs::Ascii
    }

    /// One of two signs: the first in ASCII, the second elsewhere.
    pub(crate) fn sign(self, ascii: &'static str, other: &'static str) -> &'static str {
        if self.ascii() { ascii } else { other }
    }

    /// Shape and digit of a severity, two characters.
    pub(crate) fn severity(self, severity: Severity) -> &'static str {
        match (severity, self.glyphs) {
            (Severity::Critical, Glyphs::Ascii) => "#1",
            (Severity::High, Glyphs::Ascii) => "^2",
            (Severity::Medium, Glyphs::Ascii) => "o3",
            (Severity::Critical, _) => "\u{25a0}1",
            (Severity::High, _) => "\u{25b2}2",
            // The filled circle is not in the PC font, the open one is.
            (Severity::Medium, Glyphs::Cp437) => "\u{25cb}3",
            (Severity::Medium, Glyphs::Utf8) => "\u{25cf}3",
            (Severity::Low, _) => "-4",
        }
    }

    /// The value on a gauge: the filled circle is not in the PC font, the open one is.
    pub(crate) fn value_mark(self) -> &'static str {
        match self.glyphs {
            Glyphs::Ascii => "O",
            Glyphs::Cp437 => "\u{25cb}",
            Glyphs::Utf8 => "\u{25cf}",
        }
    }

    /// The mark of the selected row.
    pub(crate) fn pointer(self) -> &'static str {
        self.sign(">", "\u{25ba}")
    }
}
