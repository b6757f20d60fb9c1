//! Tags: points with the plant's name, type, scale, unit, role and limits.

use tapglass_model::{Node, NodeIdentifier, Table};

use super::{DeviceId, Location, PrincipalId, TagId};

/// A NodeId that owns its texts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedNode {
    /// Namespace index, when the site gives one.
    pub namespace: Option<u16>,
    /// Namespace URI, preferred: indexes differ between servers.
    pub uri: Option<String>,
    /// `i=`, when numeric.
    pub numeric: Option<u32>,
    /// `s=`, when text.
    pub text: Option<String>,
    /// `g=` as the 16 bytes on the wire.
    pub guid: Option<[u8; 16]>,
    /// `b=`.
    pub opaque: Option<Vec<u8>>,
}

impl OwnedNode {
    /// The identifier, borrowed.
    #[must_use]
    pub fn identifier(&self) -> NodeIdentifier<'_> {
        if let Some(text) = &self.text {
            NodeIdentifier::Text(text)
        } else if let Some(guid) = self.guid {
            NodeIdentifier::Guid(guid)
        } else if let Some(bytes) = &self.opaque {
            NodeIdentifier::Opaque(bytes)
        } else {
            NodeIdentifier::Numeric(self.numeric.unwrap_or(0))
        }
    }

    /// The node, borrowed; the index is 0 when only the URI is known.
    #[must_use]
    pub fn node(&self) -> Node<'_> {
        Node {
            namespace: self.namespace.unwrap_or(0),
            uri: self.uri.as_deref(),
            identifier: self.identifier(),
        }
    }
}

/// Where a tag is in its device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Address {
    /// A point of a table by its wire address or index, from 0.
    Indexed {
        /// The table.
        table: Table,
        /// Address, from 0.
        index: u32,
    },
    /// A node of an OPC UA server and its attribute (13 is Value).
    Node {
        /// The node.
        node: OwnedNode,
        /// Attribute id.
        attribute: u32,
    },
}

/// How registers become a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are those of the site file
pub enum DataType {
    /// Given by the protocol (DNP3, OPC UA) or by the table (coils).
    #[default]
    Implied,
    Bool,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    /// Four decimal digits in a register.
    Bcd16,
    /// Eight decimal digits in two registers.
    Bcd32,
    Str,
}

impl DataType {
    /// How many registers it takes; 0 for text, whose length the site does not say.
    #[must_use]
    pub const fn registers(self) -> u16 {
        match self {
            Self::Implied | Self::Bool | Self::U16 | Self::I16 | Self::Bcd16 => 1,
            Self::U32 | Self::I32 | Self::F32 | Self::Bcd32 => 2,
            Self::U64 | Self::I64 | Self::F64 => 4,
            Self::Str => 0,
        }
    }
}

/// Order of bytes in a value of several registers; A is the most significant byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::upper_case_acronyms, missing_docs)] // the field's own notation
pub enum WordOrder {
    #[default]
    ABCD,
    CDAB,
    BADC,
    DCBA,
}

/// Some bits of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bits {
    /// Lowest bit, 0 is the least significant.
    pub low: u8,
    /// Highest bit.
    pub high: u8,
}

/// Engineering value = raw * gain + offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Engineering units for one raw unit.
    pub gain: f64,
    /// Engineering value at raw 0.
    pub offset: f64,
    /// Raw range, where the site gives one: outside it a value is uncertain.
    pub raw: Option<(f64, f64)>,
}

impl Default for Scale {
    fn default() -> Self {
        Self {
            gain: 1.0,
            offset: 0.0,
            raw: None,
        }
    }
}

/// What a point is for; it decides which rules it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // site-and-rules 1.5, role packs
pub enum Role {
    /// `sp`
    Setpoint,
    /// `cmd`
    Command,
    /// `pv`
    Measurement,
    /// `fb`
    Feedback,
    Mode,
    Limit,
    AlarmEnable,
    Tuning,
    Bypass,
    Safety,
    Heartbeat,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 11] = [
        Self::Setpoint,
        Self::Command,
        Self::Measurement,
        Self::Feedback,
        Self::Mode,
        Self::Limit,
        Self::AlarmEnable,
        Self::Tuning,
        Self::Bypass,
        Self::Safety,
        Self::Heartbeat,
    ];

    /// The word of site files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Setpoint => "sp",
            Self::Command => "cmd",
            Self::Measurement => "pv",
            Self::Feedback => "fb",
            Self::Mode => "mode",
            Self::Limit => "limit",
            Self::AlarmEnable => "alarm_enable",
            Self::Tuning => "tuning",
            Self::Bypass => "bypass",
            Self::Safety => "safety",
            Self::Heartbeat => "heartbeat",
        }
    }
}

/// A number that has a name: `0 = "manual"`.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The number.
    pub number: f64,
    /// Its name.
    pub name: String,
}

/// Names of relay operations: `open = ["TRIP", "LATCH_OFF"]`. The position is the number that expressions see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrobStates {
    /// State name and the operations that lead to it.
    pub states: Vec<(String, Vec<String>)>,
}

/// The tag that must follow a command or setpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// The observed tag.
    pub tag: TagId,
    /// Within so many nanoseconds.
    pub within: i64,
    /// Allowed difference, in the tag's unit.
    pub tolerance: f64,
    /// Command state to feedback state, where the names differ.
    pub map: Vec<(f64, f64)>,
    /// Once it has followed, it must stay for so long unless a new command comes, nanoseconds.
    pub hold: Option<i64>,
}

/// A point with the plant's name.
#[derive(Clone, Debug)]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// Its device.
    pub device: DeviceId,
    /// Where in the device.
    pub address: Address,
    /// How registers become a value.
    pub data_type: DataType,
    /// Order of its registers.
    pub order: WordOrder,
    /// Only these bits of the register.
    pub bits: Option<Bits>,
    /// Scale.
    pub scale: Scale,
    /// Engineering unit, empty when none.
    pub unit: String,
    /// Role.
    pub role: Option<Role>,
    /// Safe band in engineering units.
    pub safe: Option<(f64, f64)>,
    /// Range of the instrument in engineering units.
    pub range: Option<(f64, f64)>,
    /// Largest change in one write.
    pub step: Option<f64>,
    /// Largest change in a second.
    pub rate: Option<f64>,
    /// Deadband for clearing an envelope, engineering units.
    pub deadband: Option<f64>,
    /// Resolution in engineering units; the half of it is the tolerance of limits.
    pub resolution: Option<f64>,
    /// Raw values that mean a broken measurement.
    pub invalid: Vec<f64>,
    /// Older than this is stale, nanoseconds; `None` is `auto`.
    pub max_age: Option<i64>,
    /// Who may write; `None` is not stated.
    pub writers: Option<Vec<PrincipalId>>,
    /// What must follow.
    pub feedback: Option<Feedback>,
    /// Names of values.
    pub states: Vec<State>,
    /// Names of relay operations (DNP3 binary outputs).
    pub crob: CrobStates,
    /// `sbo = "required"`: DIRECT_OPERATE is not allowed.
    pub sbo_required: bool,
    /// Longest allowed bypass, nanoseconds.
    pub max_bypass: Option<i64>,
    /// Area of the plant.
    pub area: String,
    /// Description for people.
    pub description: String,
    /// What the operator looks at when it alarms.
    pub check: String,
    /// Why its limits are as they are.
    pub why: String,
    /// Where it is written.
    pub location: Location,
}
