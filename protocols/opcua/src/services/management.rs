//! NodeManagement service set (OPC 10000-4 5.8) as a plain reader.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::grammar::Structure;
use crate::services::id;
use crate::standard;
use crate::types::{ExpandedNodeId, NodeId, bytes};

/// A change to the address space that a client asks for.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    /// The node: the new one, which is null where the server is to choose its number, or the one that is changed.
    pub(crate) node: ExpandedNodeId<'a>,
    /// Below which node a new one hangs.
    pub(crate) parent: Option<NodeId<'a>>,
    /// The name of a new node.
    pub(crate) name: Option<&'a [u8]>,
    /// The namespace of that name.
    pub(crate) name_space: u16,
    /// The layout of the whole change.
    pub(crate) structure: Structure<'static>,
}

impl<'a> Change<'a> {
    /// Reads one element of the request with that type id.
    pub(crate) fn read(cursor: &mut Cursor<'a>, code: u32, depth: u8) -> Result<Self, Fault> {
        // AddNodesItem, AddReferencesItem, DeleteNodesItem, DeleteReferencesItem
        let encoding = match code {
            id::ADD_NODES_REQUEST => 378,
            id::ADD_REFERENCES_REQUEST => 381,
            id::DELETE_NODES_REQUEST => 384,
            _ => 387,
        };
        let structure = standard::structure(encoding).ok_or(Fault::Encoding {
            field: "service",
            at: cursor.position(),
            value: code,
        })?;
        let mut inner = *cursor;
        structure.skip(cursor, depth)?;
        let plain = |node| ExpandedNodeId {
            node,
            uri: None,
            server: 0,
        };
        if code != id::ADD_NODES_REQUEST {
            return Ok(Self {
                node: plain(NodeId::read(&mut inner)?),
                parent: None,
                name: None,
                name_space: 0,
                structure,
            });
        }
        let parent = ExpandedNodeId::read(&mut inner)?;
        NodeId::read(&mut inner)?;
        Ok(Self {
            node: ExpandedNodeId::read(&mut inner)?,
            parent: (parent.uri.is_none() && parent.server == 0).then_some(parent.node),
            name_space: inner.u16_le("browseName")?,
            name: bytes(&mut inner, "browseName")?,
            structure,
        })
    }
}
