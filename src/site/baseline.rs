//! Learned limits as rules see them: what `learn` found usual, with its margins (site-and-rules 1.2, 1.5 `baseline`).

use super::{DeviceId, PrincipalId, TagId};

/// What was learned of one tag. What is `None` was not learned and is not judged.
#[derive(Clone, Debug, PartialEq)]
pub struct TagLimits {
    /// The tag.
    pub tag: TagId,
    /// Lowest and highest usual value in the tag's unit, margin included.
    pub range: Option<(f64, f64)>,
    /// Fastest usual change, units a second, margin included.
    pub gradient: Option<f64>,
    /// Who writes it, each with the function codes used.
    pub writers: Option<Vec<(PrincipalId, Vec<u32>)>>,
    /// Who writes any tag of its device: a new tag of theirs is less of a surprise than a new writer.
    pub device_writers: Vec<PrincipalId>,
}

/// Who asks a device what, by function code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The client.
    pub principal: PrincipalId,
    /// The device.
    pub device: DeviceId,
    /// Function codes or service ids.
    pub functions: Vec<u32>,
}

/// What a rule of kind `baseline` compares with.
#[derive(Clone, Debug, PartialEq)]
pub enum Learned {
    /// Values of a tag, and who writes it.
    Tag(Box<TagLimits>),
    /// Who uses which function on which device.
    Talk(Vec<Talk>),
    /// Nothing yet: the tag is watched to learn from it, and up to so many of its changes are kept.
    Watch {
        /// The tag.
        tag: TagId,
        /// Changes that are kept.
        history: usize,
    },
    /// Nothing yet: who uses which function is noted.
    Listen,
}

impl Learned {
    /// The tag it is about, if it is about one.
    #[must_use]
    pub const fn tag(&self) -> Option<TagId> {
        match self {
            Self::Tag(limits) => Some(limits.tag),
            Self::Watch { tag, .. } => Some(*tag),
            Self::Talk(_) | Self::Listen => None,
        }
    }
}

/// What is usual of a tag beyond limits: the starting point of rules that learn while they run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usual {
    /// Usual time from one sample to the next, nanoseconds.
    pub poll: Option<i64>,
    /// Bits of entropy of one change, for `replay`.
    pub entropy: Option<f64>,
    /// Longest time at one value, nanoseconds, for `frozen`.
    pub longest_run: Option<i64>,
}
