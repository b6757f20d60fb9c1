//! Points of services that touch the past or the address space itself.

use tapglass_model::Value;
use tapglass_proto::{Cursor, EachPoint, Observation};

use super::value::{address, observation};
use crate::fault::Fault;
use crate::memory::Memory;
use crate::services::history::{self, HistoryOf, updated_node};
use crate::services::management::Change;
use crate::types::{ExtensionObject, NodeId, bytes, length};

/// The values of a HistoryReadResponse at the nodes of its request, each at its own time.
pub(super) struct Past<'a> {
    pub(super) memory: &'a Memory,
    pub(super) session: Option<u32>,
    pub(super) asked: &'a [u8],
    pub(super) results: &'a [u8],
    pub(super) depth: u8,
}

impl Past<'_> {
    fn walk(&self, visit: &mut dyn FnMut(&Observation<'_>)) -> Result<(), Fault> {
        let (mut asked, mut results) = (Cursor::new(self.asked), Cursor::new(self.results));
        ExtensionObject::read(&mut asked)?;
        asked.take(5, "timestampsToReturn, releaseContinuationPoints")?;
        let count = length(&mut asked, "nodesToRead")?.unwrap_or(0);
        for _ in 0..count.min(length(&mut results, "results")?.unwrap_or(0)) {
            let of = HistoryOf::read(&mut asked)?;
            results.u32_le("statusCode")?;
            bytes(&mut results, "continuationPoint")?;
            let data = ExtensionObject::read(&mut results)?;
            history::values(&data, self.depth, &mut |value| {
                let at = address(self.memory, self.session, of.node, super::VALUE);
                visit(&observation(at, &value));
            })?;
        }
        Ok(())
    }

    /// True when no value came back.
    pub(super) fn is_empty(&self) -> bool {
        let mut count = 0_u32;
        let _ = self.walk(&mut |_| count += 1);
        count == 0
    }
}

impl EachPoint for Past<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        // What breaks off was reported; the values before it stand.
        let _ = self.walk(visit);
    }
}

/// The nodes whose past a HistoryUpdateRequest changes, or the nodes that a NodeManagement request adds or changes.
pub(super) struct Changed<'a> {
    memory: &'a Memory,
    session: Option<u32>,
    /// Type id of the request.
    code: u32,
    parameters: &'a [u8],
    depth: u8,
}

impl<'a> Changed<'a> {
    /// The points; `None` when one of them cannot be named, for then the answers to them could not be told apart.
    pub(super) fn new(
        memory: &'a Memory,
        session: Option<u32>,
        code: u32,
        parameters: &'a [u8],
        depth: u8,
    ) -> Option<Self> {
        let changed = Self {
            memory,
            session,
            code,
            parameters,
            depth,
        };
        let mut all = true;
        changed.walk(&mut |node| all &= node.is_some()).ok()?;
        all.then_some(changed)
    }

    fn walk(&self, visit: &mut dyn FnMut(Option<NodeId<'a>>)) -> Result<(), Fault> {
        let mut cursor = Cursor::new(self.parameters);
        for _ in 0..length(&mut cursor, "items")?.unwrap_or(0) {
            if self.code == crate::services::id::HISTORY_UPDATE_REQUEST {
                visit(updated_node(&ExtensionObject::read(&mut cursor)?));
                continue;
            }
            let change = Change::read(&mut cursor, self.code, self.depth)?;
            // A node whose number the server is to choose is known by where it will hang.
            let node = self
                .memory
                .local(change.node)
                .filter(|node| !node.names_nothing());
            visit(node.or(change.parent));
        }
        Ok(())
    }
}

impl EachPoint for Changed<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let _ = self.walk(&mut |node| {
            if let Some(node) = node {
                let at = address(self.memory, self.session, node, super::VALUE);
                visit(&Observation::good(at, Value::Null));
            }
        });
    }
}
