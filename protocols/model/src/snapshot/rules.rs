//! What is watched, and what is blind.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{CaptureTime, Severity};

/// The rules with their states.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Inputs fresh: can fire.
    pub armed: u32,
    /// No traffic of its kind yet: can fire.
    pub idle: u32,
    /// An input is too old: cannot fire.
    pub stale: u32,
    /// An input was never received: cannot fire.
    pub never: u32,
    /// Does not compile or failed: cannot fire.
    pub error: u32,
    /// Switched off by a person.
    pub off: u32,
    /// Each rule.
    pub list: Vec<RuleLine>,
    /// What is loaded, such as `site.toml, sha256 5f1c..9a`; may be empty.
    pub loaded: String,
}

impl Rules {
    /// All rules.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.can_fire()
            .saturating_add(self.cannot_fire())
            .saturating_add(self.off)
    }

    /// Rules that would fire now.
    #[must_use]
    pub const fn can_fire(&self) -> u32 {
        self.armed.saturating_add(self.idle)
    }

    /// Rules that cannot fire although nobody switched them off.
    #[must_use]
    pub const fn cannot_fire(&self) -> u32 {
        self.stale.saturating_add(self.never).saturating_add(self.error)
    }
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleLine {
    /// Its identifier.
    pub id: String,
    /// What it demands, in a sentence.
    pub title: String,
    /// Whether it can fire.
    pub state: RuleState,
    /// Severity of its alarms.
    pub severity: Option<Severity>,
    /// How often it was evaluated.
    pub evaluated: u64,
    /// How often it fired.
    pub hits: u64,
    /// When it fired last.
    pub last: Option<CaptureTime>,
    /// Why it is in this state, and what would mend it; one sentence a line.
    pub why: Vec<String>,
    /// File and line, such as `interlock.toml:18`; empty for built-in rules.
    pub place: String,
}

/// Whether a rule can fire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleState {
    /// Does not compile, or failed.
    Error,
    /// An input was never received.
    Never,
    /// An input is too old.
    Stale,
    /// No traffic of its kind yet.
    #[default]
    Idle,
    /// Inputs fresh.
    Armed,
    /// Switched off.
    Off,
}

impl RuleState {
    /// The word on the screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Never => "NEVER",
            Self::Stale => "STALE",
            Self::Idle => "IDLE",
            Self::Armed => "ARMED",
            Self::Off => "OFF",
        }
    }

    /// True when it cannot fire although nobody switched it off.
    #[must_use]
    pub const fn is_blind(self) -> bool {
        matches!(self, Self::Error | Self::Never | Self::Stale)
    }
}
