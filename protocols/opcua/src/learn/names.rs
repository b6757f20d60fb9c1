//! What browsing and reading say of the names of nodes and of the data types that a server defined.

use alloc::boxed::Box;
use alloc::string::String;

use tapglass_proto::Cursor;

use super::went_well;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::naming;
use crate::pending::Asked;
use crate::services::id;
use crate::services::management::Change;
use crate::types::{
    BuiltIn, DataValue, ExpandedNodeId, NodeId, Scalar, StoredNode, Variant, bytes, length, text,
};

/// Reference types by which an address space is a tree (OPC 10000-5 11): Organizes, HasEventSource, HasChild, Aggregates,
/// HasSubtype, HasProperty, HasComponent, HasNotifier, HasOrderedComponent, and the two above them.
const HIERARCHICAL: [u32; 11] = [33, 34, 35, 36, 44, 45, 46, 47, 48, 49, 56];
/// HasEncoding, from a data type to its encodings.
const HAS_ENCODING: u32 = 38;
/// The attributes that name a node or define a data type.
const BROWSE_NAME: u32 = 3;
const DISPLAY_NAME: u32 = 4;
const DATA_TYPE_DEFINITION: u32 = 23;

/// One reference of a browsed node.
struct Reference<'a> {
    kind: NodeId<'a>,
    forward: bool,
    node: ExpandedNodeId<'a>,
    namespace: u16,
    name: &'a [u8],
    display: &'a str,
}

impl<'a> Reference<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let kind = NodeId::read(cursor)?;
        let forward = cursor.u8("isForward")? != 0;
        let node = ExpandedNodeId::read(cursor)?;
        let namespace = cursor.u16_le("browseName")?;
        let name = bytes(cursor, "browseName")?.unwrap_or_default();
        let display = match Scalar::read(cursor, BuiltIn::LOCALIZED_TEXT, 0)? {
            Scalar::Localized { text: shown, .. } => text(shown),
            _ => "",
        };
        cursor.i32_le("nodeClass")?;
        ExpandedNodeId::read(cursor)?;
        Ok(Self {
            kind,
            forward,
            node,
            namespace,
            name,
            display,
        })
    }
}

/// Learns from the answer to Browse or BrowseNext.
pub(super) fn browsed(memory: &mut Memory, asked: Option<&Asked>, results: &[u8]) -> Result<(), Fault> {
    let mut request = Cursor::new(asked.map_or(&[][..], |asked| &asked.parameters));
    let code = asked.map_or(0, |asked| asked.code);
    let mut left = 0;
    match code {
        id::BROWSE_REQUEST => {
            NodeId::read(&mut request)?;
            request.take(16, "timestamp, viewVersion, requestedMaxReferencesPerNode")?;
            left = length(&mut request, "nodesToBrowse")?.unwrap_or(0);
        }
        id::BROWSE_NEXT_REQUEST => {
            request.u8("releaseContinuationPoints")?;
            left = length(&mut request, "continuationPoints")?.unwrap_or(0);
        }
        _ => {}
    }
    let session = asked.and_then(|asked| asked.session);
    let mut cursor = Cursor::new(results);
    for _ in 0..length(&mut cursor, "results")?.unwrap_or(0) {
        let mut of = None;
        if left > 0 {
            left -= 1;
            of = match code {
                id::BROWSE_REQUEST => {
                    let node = NodeId::read(&mut request)?;
                    request.i32_le("browseDirection")?;
                    NodeId::read(&mut request)?;
                    request.take(9, "includeSubtypes, nodeClassMask, resultMask")?;
                    Some(StoredNode::from(memory.resolve(session, node)))
                }
                _ => {
                    let point = bytes(&mut request, "continuationPoints")?.unwrap_or_default();
                    memory.continued(point).map(|node| node.into())
                }
            };
        }
        cursor.u32_le("statusCode")?;
        let point = bytes(&mut cursor, "continuationPoint")?.unwrap_or_default();
        if let Some(of) = of.as_ref().filter(|_| !point.is_empty()) {
            memory.continues(point, of.lend());
        }
        for _ in 0..length(&mut cursor, "references")?.unwrap_or(0) {
            let reference = Reference::read(&mut cursor)?;
            refers(memory, of.as_ref().map(StoredNode::lend), &reference);
        }
    }
    Ok(())
}

fn refers(memory: &mut Memory, of: Option<NodeId<'_>>, reference: &Reference<'_>) {
    let Some(node) = memory.local(reference.node) else {
        return;
    };
    if node.is_null() {
        return;
    }
    let kind = reference.kind.standard_id();
    if kind == Some(HAS_ENCODING) {
        if let Some(of) = of {
            match reference.forward {
                true => memory.types.encode(node, of),
                false => memory.types.encode(of, node),
            }
        }
        return;
    }
    let most = memory.limits().remembered;
    memory.names.display(node, reference.display, most);
    memory.types.rename(node, reference.display);
    if !reference.forward || !kind.is_some_and(|kind| HIERARCHICAL.contains(&kind)) {
        return;
    }
    if let Some(of) = of {
        let mut steps = String::new();
        naming::step(&mut steps, false, reference.namespace, reference.name);
        memory.names.place(node, &steps, of, most);
    }
}

/// Learns from the answer to TranslateBrowsePathsToNodeIds.
pub(super) fn translated(memory: &mut Memory, asked: &Asked, results: &[u8]) -> Result<(), Fault> {
    let (mut request, mut cursor) = (Cursor::new(&asked.parameters), Cursor::new(results));
    let count = length(&mut request, "browsePaths")?.unwrap_or(0);
    for _ in 0..count.min(length(&mut cursor, "results")?.unwrap_or(0)) {
        let start = NodeId::read(&mut request)?;
        let mut steps = String::new();
        let mut down = true;
        for _ in 0..length(&mut request, "elements")?.unwrap_or(0) {
            NodeId::read(&mut request)?;
            let inverse = request.u8("isInverse")? != 0;
            request.u8("includeSubtypes")?;
            let namespace = request.u16_le("targetName")?;
            let name = bytes(&mut request, "targetName")?.unwrap_or_default();
            naming::step(&mut steps, inverse, namespace, name);
            down &= !inverse;
        }
        cursor.u32_le("statusCode")?;
        let targets = length(&mut cursor, "targets")?.unwrap_or(0);
        for _ in 0..targets {
            let target = ExpandedNodeId::read(&mut cursor)?;
            let remaining = cursor.u32_le("remainingPathIndex")?;
            // Several targets would share one path, and only the whole path is one.
            if let Some(node) = memory.local(target)
                && down
                && remaining == u32::MAX
                && targets == 1
            {
                let most = memory.limits().remembered;
                let start = StoredNode::from(memory.resolve(asked.session, start));
                memory.names.place(node, &steps, start.lend(), most);
            }
        }
    }
    Ok(())
}

/// Learns from an attribute that was read. False when a data type does not fit, for the first time.
pub(super) fn attribute(
    memory: &mut Memory,
    node: NodeId<'_>,
    attribute: u32,
    value: &DataValue<'_>,
) -> bool {
    let Some(scalar) = value.value.as_ref().and_then(Variant::scalar) else {
        return true;
    };
    let most = memory.limits().remembered;
    match (attribute, scalar) {
        (DISPLAY_NAME, Scalar::Localized { text: shown, .. }) => {
            memory.names.display(node, text(shown), most);
            memory.types.rename(node, text(shown));
        }
        (BROWSE_NAME, Scalar::Qualified { name, .. }) => memory.types.rename(node, text(name)),
        (DATA_TYPE_DEFINITION, Scalar::Extension(definition)) => {
            let name = memory.names.display_name(node).map(Box::<str>::from);
            return memory.types.define(node, &definition, name.as_deref());
        }
        _ => {}
    }
    true
}

/// True for the attributes that `attribute` learns from.
pub(super) const fn names(attribute: u32) -> bool {
    matches!(attribute, BROWSE_NAME | DISPLAY_NAME | DATA_TYPE_DEFINITION)
}

/// Learns from an accepted change of the address space.
pub(super) fn changed(memory: &mut Memory, asked: &Asked, results: &[u8], depth: u8) -> Result<(), Fault> {
    let (mut request, mut cursor) = (Cursor::new(&asked.parameters), Cursor::new(results));
    let count = length(&mut request, "items")?.unwrap_or(0);
    for _ in 0..count.min(length(&mut cursor, "results")?.unwrap_or(0)) {
        let change = Change::read(&mut request, asked.code, depth)?;
        let status = cursor.u32_le("statusCode")?;
        match asked.code {
            id::ADD_NODES_REQUEST => {
                let node = NodeId::read(&mut cursor)?;
                if let (Some(parent), Some(name)) = (change.parent, change.name)
                    && went_well(status)
                {
                    let mut steps = String::new();
                    naming::step(&mut steps, false, change.name_space, name);
                    let most = memory.limits().remembered;
                    memory.names.place(node, &steps, parent, most);
                }
            }
            id::DELETE_NODES_REQUEST if went_well(status) => memory.names.forget(change.node.node),
            _ => {}
        }
    }
    Ok(())
}
