//! Attribute service set (OPC 10000-4 5.11): Read and Write, the hot path, also as plain readers.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::types::{DataValue, NodeId, bytes};

/// Which attribute of which node, or which part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeOf<'a> {
    /// The node.
    pub(crate) node: NodeId<'a>,
    /// The attribute id, 13 is Value.
    pub(crate) attribute: u32,
    /// Elements of an array (OPC 10000-4 7.27); `None` for all.
    pub(crate) index_range: Option<&'a [u8]>,
    /// The encoding that a client wants structures in; `None` for the default.
    pub(crate) encoding: Option<(u16, &'a [u8])>,
}

impl<'a> AttributeOf<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            node: NodeId::read(cursor)?,
            attribute: cursor.u32_le("attributeId")?,
            index_range: bytes(cursor, "indexRange")?.filter(|range| !range.is_empty()),
            encoding: None,
        })
    }

    /// Reads a ReadValueId.
    pub(crate) fn read_value_id(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let mut read = Self::read(cursor)?;
        let namespace = cursor.u16_le("dataEncoding")?;
        let name = bytes(cursor, "dataEncoding")?.filter(|name| !name.is_empty());
        read.encoding = name.map(|name| (namespace, name));
        Ok(read)
    }

    /// Reads a WriteValue.
    pub(crate) fn write_value(cursor: &mut Cursor<'a>, depth: u8) -> Result<(Self, DataValue<'a>), Fault> {
        Ok((Self::read(cursor)?, DataValue::read(cursor, depth)?))
    }
}
