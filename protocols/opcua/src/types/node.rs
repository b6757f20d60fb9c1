//! NodeId and ExpandedNodeId (OPC 10000-6 5.2.2.9, 5.2.2.10).

use alloc::boxed::Box;
use core::fmt;

use tapglass_model::{Node, NodeIdentifier};
use tapglass_proto::Cursor;

use super::{bytes, text};
use crate::fault::Fault;

/// The NodeId flag of the encoding byte that says a namespace URI follows.
const WITH_URI: u8 = 0x80;
/// The flag that says a server index follows.
const WITH_SERVER: u8 = 0x40;

/// The name of a node inside its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NodeId<'a> {
    /// The server's namespace index.
    pub(crate) namespace: u16,
    /// The identifier.
    pub(crate) identifier: NodeIdentifier<'a>,
}

impl<'a> NodeId<'a> {
    /// The data type Int32.
    pub(crate) const INT32: NodeId<'static> = NodeId::standard(6);

    /// A numeric id of namespace 0.
    pub(crate) const fn standard(id: u32) -> NodeId<'static> {
        NodeId {
            namespace: 0,
            identifier: NodeIdentifier::Numeric(id),
        }
    }

    /// Reads a NodeId.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let at = cursor.position();
        let encoding = cursor.u8("NodeId")?;
        Self::read_body(cursor, encoding, at)
    }

    fn read_body(cursor: &mut Cursor<'a>, encoding: u8, at: usize) -> Result<Self, Fault> {
        let (namespace, identifier) = match encoding {
            0 => (
                0,
                NodeIdentifier::Numeric(u32::from(cursor.u8("NodeId identifier")?)),
            ),
            1 => (
                u16::from(cursor.u8("NodeId namespace")?),
                NodeIdentifier::Numeric(u32::from(cursor.u16_le("NodeId identifier")?)),
            ),
            2 => (
                cursor.u16_le("NodeId namespace")?,
                NodeIdentifier::Numeric(cursor.u32_le("NodeId identifier")?),
            ),
            3 => {
                let namespace = cursor.u16_le("NodeId namespace")?;
                let raw = bytes(cursor, "NodeId identifier")?.unwrap_or_default();
                // Text that is not UTF-8 is no text; its bytes still tell nodes apart.
                let identifier =
                    core::str::from_utf8(raw).map_or(NodeIdentifier::Opaque(raw), NodeIdentifier::Text);
                (namespace, identifier)
            }
            4 => (
                cursor.u16_le("NodeId namespace")?,
                NodeIdentifier::Guid(cursor.array("NodeId identifier")?),
            ),
            5 => (
                cursor.u16_le("NodeId namespace")?,
                NodeIdentifier::Opaque(bytes(cursor, "NodeId identifier")?.unwrap_or_default()),
            ),
            _ => {
                return Err(Fault::Encoding {
                    field: "NodeId",
                    at,
                    value: u32::from(encoding),
                });
            }
        };
        Ok(Self {
            namespace,
            identifier,
        })
    }

    /// True for the null NodeId, `i=0`.
    pub(crate) fn is_null(&self) -> bool {
        self.namespace == 0 && self.identifier == NodeIdentifier::Numeric(0)
    }

    /// Bytes that keeping the identifier takes.
    pub(crate) const fn weight(&self) -> usize {
        match self.identifier {
            NodeIdentifier::Text(text) => text.len(),
            NodeIdentifier::Opaque(bytes) => bytes.len(),
            NodeIdentifier::Numeric(_) | NodeIdentifier::Guid(_) => 0,
        }
    }

    /// True for a NodeId that names no node: some stacks put a namespace before the null identifier.
    pub(crate) fn names_nothing(&self) -> bool {
        self.identifier == NodeIdentifier::Numeric(0)
    }

    /// The numeric id when it is one of namespace 0.
    pub(crate) const fn standard_id(&self) -> Option<u32> {
        match (self.namespace, self.identifier) {
            (0, NodeIdentifier::Numeric(id)) => Some(id),
            _ => None,
        }
    }

    /// The node with the URI of its namespace.
    pub(crate) const fn with_uri(self, uri: Option<&'a str>) -> Node<'a> {
        Node {
            namespace: self.namespace,
            uri,
            identifier: self.identifier,
        }
    }
}

impl fmt::Display for NodeId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_uri(None).fmt(f)
    }
}

/// A NodeId that may name its namespace by URI and a node of another server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExpandedNodeId<'a> {
    /// The node.
    pub(crate) node: NodeId<'a>,
    /// The URI of its namespace; the index means nothing then.
    pub(crate) uri: Option<&'a str>,
    /// Index into the server's ServerArray, 0 is the server itself.
    pub(crate) server: u32,
}

impl<'a> ExpandedNodeId<'a> {
    /// Reads an ExpandedNodeId.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let at = cursor.position();
        let encoding = cursor.u8("ExpandedNodeId")?;
        let node = NodeId::read_body(cursor, encoding & !(WITH_URI | WITH_SERVER), at)?;
        let uri = if encoding & WITH_URI != 0 {
            bytes(cursor, "ExpandedNodeId namespaceUri")?
        } else {
            None
        };
        let server = if encoding & WITH_SERVER != 0 {
            cursor.u32_le("ExpandedNodeId serverIndex")?
        } else {
            0
        };
        Ok(Self {
            node,
            uri: uri.is_some().then(|| text(uri)),
            server,
        })
    }
}

impl fmt::Display for ExpandedNodeId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.server != 0 {
            write!(f, "svr={};", self.server)?;
        }
        match self.uri {
            Some(uri) => write!(f, "nsu={uri};{}", self.node.identifier),
            None => self.node.fmt(f),
        }
    }
}

/// A NodeId that is kept: monitored items are stored once and lent to every notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredNode {
    namespace: u16,
    identifier: StoredIdentifier,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum StoredIdentifier {
    Numeric(u32),
    Text(Box<str>),
    Guid([u8; 16]),
    Opaque(Box<[u8]>),
}

impl StoredNode {
    /// The node as it was read.
    pub(crate) fn lend(&self) -> NodeId<'_> {
        NodeId {
            namespace: self.namespace,
            identifier: match &self.identifier {
                StoredIdentifier::Numeric(id) => NodeIdentifier::Numeric(*id),
                StoredIdentifier::Text(id) => NodeIdentifier::Text(id),
                StoredIdentifier::Guid(id) => NodeIdentifier::Guid(*id),
                StoredIdentifier::Opaque(id) => NodeIdentifier::Opaque(id),
            },
        }
    }
}

impl From<NodeId<'_>> for StoredNode {
    fn from(node: NodeId<'_>) -> Self {
        Self {
            namespace: node.namespace,
            identifier: match node.identifier {
                NodeIdentifier::Numeric(id) => StoredIdentifier::Numeric(id),
                NodeIdentifier::Text(id) => StoredIdentifier::Text(id.into()),
                NodeIdentifier::Guid(id) => StoredIdentifier::Guid(id),
                NodeIdentifier::Opaque(id) => StoredIdentifier::Opaque(id.into()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn reads_the_six_encodings() {
        for (bytes, text) in [
            // two-byte: 0x48 = 72
            (&[0x00, 0x48][..], "i=72"),
            // four-byte: namespace 5, 0x0401 = 1025
            (&[0x01, 0x05, 0x01, 0x04], "ns=5;i=1025"),
            // numeric: namespace 0x0102 = 258, identifier 65536
            (&[0x02, 0x02, 0x01, 0x00, 0x00, 0x01, 0x00], "ns=258;i=65536"),
            // string: namespace 1, 3 bytes "Hot"
            (&[0x03, 0x01, 0x00, 0x03, 0, 0, 0, b'H', b'o', b't'], "ns=1;s=Hot"),
            // byte string: namespace 1, 3 bytes
            (
                &[0x05, 0x01, 0x00, 0x03, 0, 0, 0, b'a', b'n', b'y'],
                "ns=1;b=YW55",
            ),
            // a null string is an empty one
            (&[0x03, 0x02, 0x00, 0xff, 0xff, 0xff, 0xff], "ns=2;s="),
        ] {
            let node = NodeId::read(&mut Cursor::new(bytes)).unwrap();
            assert_eq!(node.to_string(), text);
            assert_eq!(StoredNode::from(node).lend(), node);
        }
        // guid: namespace 4, data1 0x72962b91 little-endian, then the others (the example of OPC 10000-6 5.2.2.9)
        let guid = [
            0x04, 0x04, 0x00, 0x91, 0x2b, 0x96, 0x72, 0x75, 0xfa, 0xe6, 0x4a, 0x8d, 0x28, 0xb4, 0x04, 0xdc,
            0x7d, 0xaf, 0x63,
        ];
        assert_eq!(
            NodeId::read(&mut Cursor::new(&guid)).unwrap().to_string(),
            "ns=4;g=72962b91-fa75-4ae6-8d28-b404dc7daf63"
        );
    }

    #[test]
    fn a_node_id_with_flags_is_no_node_id() {
        // 0x80: two-byte encoding with the URI flag, which only an ExpandedNodeId may have
        let fault = NodeId::read(&mut Cursor::new(&[0x80, 0x01])).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "NodeId at byte 0 has the unknown encoding 0x80"
        );
    }

    #[test]
    fn an_expanded_node_id_names_uri_and_server() {
        // 0xc0: two-byte with URI and server; id 7; 3 bytes "u:x"; server 2
        let bytes = [0xc0, 0x07, 0x03, 0, 0, 0, b'u', b':', b'x', 0x02, 0, 0, 0];
        let node = ExpandedNodeId::read(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(node.to_string(), "svr=2;nsu=u:x;i=7");
    }
}
