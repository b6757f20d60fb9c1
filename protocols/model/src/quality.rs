//! How far a value may be trusted, and why.

use core::fmt;

/// Trust in a value (site-and-rules 1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// The device vouches for it.
    #[default]
    Good,
    /// The device gives it with a reservation.
    Uncertain,
    /// The device says that it is wrong.
    Bad,
    /// Never seen.
    Unknown,
}

impl Quality {
    /// The word used in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Uncertain => "uncertain",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }

    /// The worse of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

/// The reasons for a quality that is not good, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct QualityReasons(u16);

impl QualityReasons {
    /// DNP3 ONLINE flag clear (IEEE 1815-2012 11.6).
    pub const OFFLINE: Self = Self(1);
    /// The device restarted and the value is from before.
    pub const RESTART: Self = Self(2);
    /// Communication with the source of the value is lost.
    pub const COMM_LOST: Self = Self(4);
    /// Forced by a device further away.
    pub const REMOTE_FORCED: Self = Self(8);
    /// Forced at the device.
    pub const LOCAL_FORCED: Self = Self(16);
    /// Binary input filtered for chatter.
    pub const CHATTER: Self = Self(32);
    /// Outside the measuring range.
    pub const OVER_RANGE: Self = Self(64);
    /// The reference of the measurement is wrong.
    pub const REFERENCE_ERROR: Self = Self(128);
    /// Counter cannot be compared with its last value.
    pub const DISCONTINUITY: Self = Self(256);
    /// The OPC UA status code says so (severity bits, OPC 10000-4 7.39).
    pub const STATUS_CODE: Self = Self(512);
    /// The OPC UA overflow bit: samples between this and the last one were lost.
    pub const LOST_SAMPLES: Self = Self(1024);
    /// A value that the site lists as a sentinel for a broken measurement.
    pub const SENTINEL: Self = Self(2048);
    /// The device accepted no responsibility: no answer was seen to the write.
    pub const UNANSWERED: Self = Self(4096);
    /// The device refused to give it when it was asked.
    pub const REFUSED: Self = Self(8192);

    const NAMES: [(Self, &'static str); 14] = [
        (Self::OFFLINE, "offline"),
        (Self::RESTART, "restart"),
        (Self::COMM_LOST, "communication lost"),
        (Self::REMOTE_FORCED, "forced remotely"),
        (Self::LOCAL_FORCED, "forced locally"),
        (Self::CHATTER, "chatter filter"),
        (Self::OVER_RANGE, "over range"),
        (Self::REFERENCE_ERROR, "reference error"),
        (Self::DISCONTINUITY, "discontinuity"),
        (Self::STATUS_CODE, "status code"),
        (Self::LOST_SAMPLES, "samples lost"),
        (Self::SENTINEL, "sentinel value"),
        (Self::UNANSWERED, "write not answered"),
        (Self::REFUSED, "read refused"),
    ];

    /// No reason.
    #[must_use]
    pub const fn none() -> Self {
        Self(0)
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True when all of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True when nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True when a person or a program has forced the value.
    #[must_use]
    pub const fn is_forced(self) -> bool {
        self.0 & (Self::LOCAL_FORCED.0 | Self::REMOTE_FORCED.0) != 0
    }

    /// The reasons by name.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |(reason, _)| self.contains(*reason))
            .map(|(_, name)| name)
    }
}

impl fmt::Display for QualityReasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.names().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}
