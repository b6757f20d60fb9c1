//! How often each rule was judged, how often it could not tell, and why: silence is worth something only with these.

use crate::plant::clock::{Moment, NEVER};
use crate::plant::tags::Why;
use crate::site::TagId;

/// Whether a rule can fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleState {
    /// It does not compile, or this version cannot judge it.
    Error,
    /// The traffic that it needs is encrypted.
    Blind,
    /// An input was never received.
    Never,
    /// An input is too old.
    Stale,
    /// No traffic of its kind yet: it can fire.
    Idle,
    /// Inputs fresh: it can fire.
    Armed,
    /// Switched off by the engineer.
    Off,
}

impl RuleState {
    /// The word of records and screens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Blind => "blind",
            Self::Never => "never",
            Self::Stale => "stale",
            Self::Idle => "idle",
            Self::Armed => "armed",
            Self::Off => "off",
        }
    }

    /// True when it cannot fire although nobody switched it off.
    #[must_use]
    pub const fn is_blind(self) -> bool {
        matches!(self, Self::Error | Self::Blind | Self::Never | Self::Stale)
    }
}

/// Counts of one rule.
#[derive(Clone, Copy, Debug)]
pub struct Coverage {
    /// How often it was judged, with whatever result.
    pub evaluated: u64,
    /// How often it could not tell.
    pub unknown: u64,
    /// How often it was violated.
    pub violated: u64,
    /// Alarms that it raised.
    pub alarms: u64,
    /// How often each reason kept it from telling, by [`Why`].
    pub reasons: [u32; 8],
    /// The last such reason.
    pub last: Option<(Why, TagId)>,
    /// When it was violated last.
    pub violated_at: Moment,
    /// When somebody was last told that it cannot be checked.
    pub(crate) advised: Moment,
}

impl Default for Coverage {
    fn default() -> Self {
        Self {
            evaluated: 0,
            unknown: 0,
            violated: 0,
            alarms: 0,
            reasons: [0; 8],
            last: None,
            violated_at: NEVER,
            advised: NEVER,
        }
    }
}

impl Coverage {
    /// It could not tell.
    pub fn unknown(&mut self, why: Option<(Why, TagId)>) {
        self.evaluated += 1;
        self.unknown += 1;
        let reason = why.map_or(Why::Other, |why| why.0);
        if let Some(count) = self.reasons.get_mut(reason as usize) {
            *count = count.saturating_add(1);
        }
        if why.is_some() {
            self.last = why;
        }
    }

    /// The share of judgements that could not tell, from 0 to 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn share_unknown(&self) -> f64 {
        if self.evaluated == 0 {
            0.0
        } else {
            self.unknown as f64 / self.evaluated as f64
        }
    }
}
