//! Why bytes cannot be read as what they should be.

use core::fmt;

use tapglass_proto::Short;

/// Why decoding stopped, and where. Everything before that place stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Too few bytes for a field.
    Short(Short),
    /// A byte or number that the encoding does not know.
    Encoding {
        /// The field, as the specification names it.
        field: &'static str,
        /// Offset in the bytes that were decoded.
        at: usize,
        /// What stands there.
        value: u32,
    },
    /// Structures nested deeper than the limit (OPC 10000-6 5.1.12 lets a decoder stop).
    Depth {
        /// The field at which it was noticed.
        field: &'static str,
        /// Offset in the bytes that were decoded.
        at: usize,
    },
}

impl Fault {
    /// The same fault in bytes that stand `by` bytes into others.
    pub(crate) fn moved(self, by: usize) -> Self {
        match self {
            Self::Short(short) => Self::Short(Short {
                at: short.at + by,
                ..short
            }),
            Self::Encoding { field, at, value } => Self::Encoding {
                field,
                at: at + by,
                value,
            },
            Self::Depth { field, at } => Self::Depth { field, at: at + by },
        }
    }
}

impl From<Short> for Fault {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Short(short) => write!(f, "{short}"),
            Self::Encoding { field, at, value } => {
                write!(f, "{field} at byte {at} has the unknown encoding {value:#04x}")
            }
            Self::Depth { field, at } => write!(f, "{field} at byte {at} is nested too deeply"),
        }
    }
}
