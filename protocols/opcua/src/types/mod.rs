//! The built-in types of OPC UA and their binary encoding (OPC 10000-6 5.2.2), read in place.

mod data_value;
mod decimal;
mod diagnostic;
mod extension;
mod list;
mod node;
mod scalar;
mod time;
mod variant;

pub(crate) use data_value::DataValue;
pub(crate) use decimal::Decimal;
pub(crate) use diagnostic::DiagnosticInfo;
pub(crate) use extension::ExtensionObject;
pub(crate) use list::{Diagnostics, Numbers, Strings};
pub(crate) use node::{ExpandedNodeId, NodeId, StoredNode};
pub(crate) use scalar::{BuiltIn, Scalar};
pub(crate) use time::DateTime;
pub(crate) use variant::Variant;

use tapglass_proto::{Cursor, Short};

/// Reads the length of a string, byte string or array; every negative number means null (OPC 10000-6 5.2.2.4, 5.2.5).
pub(crate) fn length(cursor: &mut Cursor<'_>, field: &'static str) -> Result<Option<u32>, Short> {
    Ok(u32::try_from(cursor.i32_le(field)?).ok())
}

/// Reads a ByteString or the bytes of a String; `None` is null.
pub(crate) fn bytes<'a>(cursor: &mut Cursor<'a>, field: &'static str) -> Result<Option<&'a [u8]>, Short> {
    match length(cursor, field)? {
        Some(count) => cursor.take(count as usize, field).map(Some),
        None => Ok(None),
    }
}

/// Text that is UTF-8; what is not, and null, is empty.
pub(crate) fn text(bytes: Option<&[u8]>) -> &str {
    bytes
        .and_then(|bytes| core::str::from_utf8(bytes).ok())
        .unwrap_or_default()
}
