//! What the command line decides for the screens, and how they end.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::time::Duration;

use crate::model::Screen;

/// Which characters to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GlyphChoice {
    /// What the terminal seems to show.
    #[default]
    Auto,
    /// Seven-bit ASCII.
    Ascii,
    /// The font of a PC console.
    Cp437,
    /// Any character.
    Utf8,
}

/// Which colours to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourChoice {
    /// What the terminal seems to show.
    #[default]
    Auto,
    /// None.
    Mono,
    /// Sixteen.
    Ansi16,
    /// 256.
    Ansi256,
}

/// A word that is none of the choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseChoiceError {
    choices: &'static str,
}

impl fmt::Display for ParseChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "choose one of {}", self.choices)
    }
}

impl std::error::Error for ParseChoiceError {}

impl FromStr for GlyphChoice {
    type Err = ParseChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "ascii" => Ok(Self::Ascii),
            "cp437" => Ok(Self::Cp437),
            "utf8" => Ok(Self::Utf8),
            _ => Err(ParseChoiceError {
                choices: "auto, ascii, cp437, utf8",
            }),
        }
    }
}

impl FromStr for ColourChoice {
    type Err = ParseChoiceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "mono" | "never" => Ok(Self::Mono),
            "ansi16" | "always" => Ok(Self::Ansi16),
            "ansi256" => Ok(Self::Ansi256),
            _ => Err(ParseChoiceError {
                choices: "auto, mono, ansi16, ansi256",
            }),
        }
    }
}

/// How to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Characters.
    pub glyphs: GlyphChoice,
    /// Colours.
    pub colour: ColourChoice,
    /// Columns and rows, against what the terminal says.
    pub size: Option<(u16, u16)>,
    /// The first screen.
    pub screen: Screen,
    /// The filter on the first screen.
    pub filter: String,
    /// How long the rest of a key may take; more for satellite links.
    pub esc_timeout: Duration,
    /// Ring once for a new alarm of priority 1 while live; `None` rings at a console and not over SSH.
    pub bell: Option<bool>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            glyphs: GlyphChoice::Auto,
            colour: ColourChoice::Auto,
            size: None,
            screen: Screen::Process,
            filter: String::new(),
            esc_timeout: Duration::from_millis(50),
            bell: None,
        }
    }
}

/// How the screens ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Somebody quit.
    Quit,
    /// Ctrl-C.
    Interrupted,
    /// A signal ended them: its number.
    Signal(i32),
    /// The terminal went away.
    HungUp,
}

/// Why the screens could not start or go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Standard output is no terminal.
    NotATerminal,
    /// The terminal cannot place its cursor.
    DumbTerminal,
    /// The terminal failed.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATerminal => f.write_str(
                "the screens need a terminal on standard output; --headless or --json print to a file or a pipe",
            ),
            Self::DumbTerminal => f.write_str(
                "TERM=dumb cannot place the cursor; set TERM to what the terminal is, such as vt100, or use --headless",
            ),
            Self::Io(error) => write!(f, "the terminal failed: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
