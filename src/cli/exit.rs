//! Exit codes, decided in one place (records.md section 1).

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing found, and everything was seen.
    Nothing,
    /// An alarm at or above the severity that was asked for.
    Alarm,
    /// Wrong usage, a site that does not check, an input that cannot be read, no permission.
    Usage,
    /// The verdict is incomplete: something was not seen or could not be decoded.
    Incomplete,
    /// Interrupted by the user.
    Interrupted,
    /// Ended by a signal.
    Signal(i32),
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Alarm => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Interrupted => 130,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a signal's number is 1 to 64
            Self::Signal(signal) => 128_u8.wrapping_add(signal as u8),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
