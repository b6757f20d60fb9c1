//! One value of a built-in type (OPC 10000-6 5.1.2).

use tapglass_proto::Cursor;

use super::{DataValue, DateTime, DiagnosticInfo, ExpandedNodeId, ExtensionObject, NodeId, Variant, bytes};
use crate::fault::Fault;

/// The number of a built-in type; 1 to 25 are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BuiltIn(pub(crate) u8);

/// The names of the built-in types, from 0.
const NAMES: [&str; 26] = [
    "Null",
    "Boolean",
    "SByte",
    "Byte",
    "Int16",
    "UInt16",
    "Int32",
    "UInt32",
    "Int64",
    "UInt64",
    "Float",
    "Double",
    "String",
    "DateTime",
    "Guid",
    "ByteString",
    "XmlElement",
    "NodeId",
    "ExpandedNodeId",
    "StatusCode",
    "QualifiedName",
    "LocalizedText",
    "ExtensionObject",
    "DataValue",
    "Variant",
    "DiagnosticInfo",
];

impl BuiltIn {
    pub(crate) const BYTE: Self = Self(3);
    pub(crate) const INT32: Self = Self(6);
    pub(crate) const UINT32: Self = Self(7);
    pub(crate) const BYTE_STRING: Self = Self(15);
    pub(crate) const NODE_ID: Self = Self(17);
    pub(crate) const EXPANDED_NODE_ID: Self = Self(18);
    pub(crate) const STATUS_CODE: Self = Self(19);
    pub(crate) const QUALIFIED_NAME: Self = Self(20);
    pub(crate) const LOCALIZED_TEXT: Self = Self(21);
    pub(crate) const EXTENSION_OBJECT: Self = Self(22);
    pub(crate) const VARIANT: Self = Self(24);
    pub(crate) const DIAGNOSTIC_INFO: Self = Self(25);

    /// The name. Numbers 26 to 31 are reserved and are carried as byte strings (OPC 10000-6 5.1.2).
    pub(crate) fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("ByteString")
    }

    /// How many bytes every value takes, where that is fixed.
    pub(crate) const fn size(self) -> Option<usize> {
        match self.0 {
            1..=3 => Some(1),
            4 | 5 => Some(2),
            6 | 7 | 10 | 19 => Some(4),
            8 | 9 | 11 | 13 => Some(8),
            14 => Some(16),
            _ => None,
        }
    }
}

/// A value of one of the built-in types, borrowed from the message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Boolean(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f32),
    Double(f64),
    Text(Option<&'a [u8]>),
    Time(DateTime),
    Guid([u8; 16]),
    Bytes(Option<&'a [u8]>),
    Node(NodeId<'a>),
    Expanded(ExpandedNodeId<'a>),
    Status(u32),
    Qualified {
        namespace: u16,
        name: Option<&'a [u8]>,
    },
    Localized {
        locale: Option<&'a [u8]>,
        text: Option<&'a [u8]>,
    },
    Extension(ExtensionObject<'a>),
    Value(DataValue<'a>),
    Variant(Variant<'a>),
    Diagnostic(DiagnosticInfo<'a>),
}

impl<'a> Scalar<'a> {
    /// Reads one value of the type. `depth` counts how many levels may still be nested.
    pub(crate) fn read(cursor: &mut Cursor<'a>, kind: BuiltIn, depth: u8) -> Result<Self, Fault> {
        let field = kind.name();
        Ok(match kind.0 {
            0 => Self::Null,
            1 => Self::Boolean(cursor.u8(field)? != 0),
            2 => Self::Signed(i64::from(i8::from_le_bytes(cursor.array(field)?))),
            3 => Self::Unsigned(u64::from(cursor.u8(field)?)),
            4 => Self::Signed(i64::from(cursor.i16_le(field)?)),
            5 => Self::Unsigned(u64::from(cursor.u16_le(field)?)),
            6 => Self::Signed(i64::from(cursor.i32_le(field)?)),
            7 => Self::Unsigned(u64::from(cursor.u32_le(field)?)),
            8 => Self::Signed(cursor.i64_le(field)?),
            9 => Self::Unsigned(cursor.u64_le(field)?),
            10 => Self::Float(cursor.f32_le(field)?),
            11 => Self::Double(cursor.f64_le(field)?),
            12 | 16 => Self::Text(bytes(cursor, field)?),
            13 => Self::Time(DateTime(cursor.i64_le(field)?)),
            14 => Self::Guid(cursor.array(field)?),
            17 => Self::Node(NodeId::read(cursor)?),
            18 => Self::Expanded(ExpandedNodeId::read(cursor)?),
            19 => Self::Status(cursor.u32_le(field)?),
            20 => Self::Qualified {
                namespace: cursor.u16_le(field)?,
                name: bytes(cursor, field)?,
            },
            21 => Self::localized(cursor)?,
            22 => Self::Extension(ExtensionObject::read(cursor)?),
            23 => Self::Value(DataValue::read(cursor, deeper(cursor, field, depth)?)?),
            24 => Self::Variant(Variant::read(cursor, deeper(cursor, field, depth)?)?),
            25 => Self::Diagnostic(DiagnosticInfo::read(cursor, depth)?),
            _ => Self::Bytes(bytes(cursor, field)?),
        })
    }

    /// LocalizedText: a mask, then locale and text as the mask says (OPC 10000-6 5.2.2.14).
    fn localized(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mask = cursor.u8("LocalizedText mask")?;
        let locale = if mask & 1 != 0 {
            bytes(cursor, "LocalizedText locale")?
        } else {
            None
        };
        let text = if mask & 2 != 0 {
            bytes(cursor, "LocalizedText text")?
        } else {
            None
        };
        Ok(Self::Localized { locale, text })
    }
}

/// One level less, or the fault that the limit is reached.
fn deeper(cursor: &Cursor<'_>, field: &'static str, depth: u8) -> Result<u8, Fault> {
    depth.checked_sub(1).ok_or(Fault::Depth {
        field,
        at: cursor.position(),
    })
}
