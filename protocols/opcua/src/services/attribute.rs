//! Attribute service set (OPC 10000-4 5.11): Read and Write, the hot path, also as plain readers.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::grammar::{DATA_VALUE, DOUBLE, Kind, NODE_ID, QUALIFIED_NAME, STRING, UINT32, structure};
use crate::services::common::{DIAGNOSTIC_INFOS, RESULTS, TIMESTAMPS};
use crate::types::{DataValue, NodeId, bytes};

structure!(READ_VALUE_ID "ReadValueId" "OPC 10000-4 7.28" {
    nodeId: NODE_ID,
    attributeId: UINT32,
    indexRange: STRING,
    dataEncoding: QUALIFIED_NAME,
});

structure!(READ_REQUEST "ReadRequest" "OPC 10000-4 5.11.2.2" {
    maxAge: DOUBLE,
    timestampsToReturn: TIMESTAMPS,
    nodesToRead: Kind::Array(&Kind::Structure(&READ_VALUE_ID)),
});

structure!(READ_RESPONSE "ReadResponse" "OPC 10000-4 5.11.2.2" {
    results: Kind::Array(&DATA_VALUE),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(WRITE_VALUE "WriteValue" "" {
    nodeId: NODE_ID,
    attributeId: UINT32,
    indexRange: STRING,
    value: DATA_VALUE,
});

structure!(WRITE_REQUEST "WriteRequest" "OPC 10000-4 5.11.4.2" {
    nodesToWrite: Kind::Array(&Kind::Structure(&WRITE_VALUE)),
});

structure!(WRITE_RESPONSE "WriteResponse" "OPC 10000-4 5.11.4.2" {
    results: RESULTS,
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

/// Which attribute of which node, or which part of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttributeOf<'a> {
    /// The node.
    pub(crate) node: NodeId<'a>,
    /// The attribute id, 13 is Value.
    pub(crate) attribute: u32,
    /// Elements of an array (OPC 10000-4 7.27); `None` for all.
    pub(crate) index_range: Option<&'a [u8]>,
}

impl<'a> AttributeOf<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            node: NodeId::read(cursor)?,
            attribute: cursor.u32_le("attributeId")?,
            index_range: bytes(cursor, "indexRange")?.filter(|range| !range.is_empty()),
        })
    }

    /// Reads a ReadValueId.
    pub(crate) fn read_value_id(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let read = Self::read(cursor)?;
        cursor.u16_le("dataEncoding")?;
        bytes(cursor, "dataEncoding")?;
        Ok(read)
    }

    /// Reads a WriteValue.
    pub(crate) fn write_value(cursor: &mut Cursor<'a>, depth: u8) -> Result<(Self, DataValue<'a>), Fault> {
        Ok((Self::read(cursor)?, DataValue::read(cursor, depth)?))
    }
}
