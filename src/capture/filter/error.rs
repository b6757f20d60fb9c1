//! Why a filter cannot be used: what, where, and the mend.

/// A filter that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// A word is not understood.
    #[error(
        "filter `{text}`: {expected} is expected at character {at}, not {found}; what tapglass does not know, \
         tcpdump can filter: tcpdump -i INTERFACE -U -w - 'FILTER' | tapglass live -"
    )]
    Word {
        /// The filter.
        text: String,
        /// Character, from 1.
        at: usize,
        /// What stands there.
        found: String,
        /// What could stand there.
        expected: &'static str,
    },
    /// It is too long or too deep.
    #[error("filter `{text}` is too long for the kernel; filter less, or name networks instead of hosts")]
    TooLong {
        /// The filter.
        text: String,
    },
    /// Frames of this kind cannot be filtered.
    #[error("frames of link type {link_type} cannot be filtered; leave the filter out")]
    LinkType {
        /// The link type.
        link_type: u32,
    },
}
