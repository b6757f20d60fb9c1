//! ExtensionObject: a structure with the id of its encoding (OPC 10000-6 5.2.2.15).

use tapglass_proto::Cursor;

use super::{Decimal, NodeId, bytes};
use crate::fault::Fault;
use crate::names;

/// A structure that names its own encoding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ExtensionObject<'a> {
    /// Id of the encoding node.
    pub(crate) type_id: NodeId<'a>,
    /// 0 no body, 1 binary, 2 XML.
    pub(crate) encoding: u8,
    /// The encoded structure.
    pub(crate) body: Option<&'a [u8]>,
    /// Where the body stands, counted in the cursor's bytes.
    pub(crate) body_at: usize,
}

impl<'a> ExtensionObject<'a> {
    /// Reads an ExtensionObject.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let type_id = NodeId::read(cursor)?;
        let at = cursor.position();
        let encoding = cursor.u8("ExtensionObject encoding")?;
        let body = match encoding {
            0 => None,
            1 | 2 => bytes(cursor, "ExtensionObject body")?,
            _ => {
                return Err(Fault::Encoding {
                    field: "ExtensionObject encoding",
                    at,
                    value: u32::from(encoding),
                });
            }
        };
        Ok(Self {
            type_id,
            encoding,
            body,
            body_at: cursor.position() - body.map_or(0, <[u8]>::len),
        })
    }

    /// The numeric id of the encoding and its binary body, for structures of namespace 0.
    pub(crate) fn standard(&self) -> Option<(u32, &'a [u8])> {
        match (self.encoding, self.body) {
            (1, Some(body)) => Some((self.type_id.standard_id()?, body)),
            _ => None,
        }
    }

    /// The number in it, where it is a Decimal: the only one that is named by its data type (OPC 10000-6 5.1.10).
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        let (50, body) = self.standard()? else { return None };
        Decimal::read(body)
    }

    /// The name of the structure where it is one of namespace 0.
    pub(crate) fn name(&self) -> Option<&'static str> {
        names::encoding(self.type_id.standard_id()?)
    }
}
