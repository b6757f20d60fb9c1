//! Items of the NodeManagement services (OPC 10000-4 5.8): what is added to the address space and what is removed.

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::super::{parameters, value};
use super::{Items, objects};
use crate::fault::Fault;
use crate::services::management::Change;
use crate::types::{NodeId, length};

impl Items<'_> {
    pub(super) fn management_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let code = self.message.known_code();
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            let mut ahead = *cursor;
            let change = Change::read(&mut ahead, code, self.show.depth)?;
            self.changed(out, &change);
            parameters::members(out, change.structure, cursor, self.show)
        })
    }

    /// The node that a change is about.
    fn changed(&self, out: &mut Writer<'_>, change: &Change<'_>) {
        // Where the server chooses the number of a new node, the request has none.
        if !change.node.node.names_nothing() {
            match change.node.uri {
                None => value::item_node(out, self.show, change.node.node),
                Some(_) => {
                    out.key("node").display(change.node);
                }
            }
        }
    }

    pub(super) fn management_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let code = self.asked.map_or(0, |asked| asked.code);
        let mut asked = Cursor::new(self.asked.map_or(&[][..], |asked| &asked.parameters));
        let mut left = length(&mut asked, "items").unwrap_or(None).unwrap_or(0);
        let added = self.message.known_code() == crate::services::id::ADD_NODES_RESPONSE;
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            let mut change = None;
            if left > 0 {
                left -= 1;
                change = Some(Change::read(&mut asked, code, self.show.depth)?);
            }
            if !added {
                if let Some(change) = &change {
                    self.changed(out, change);
                }
                value::status(out, cursor.u32_le("results")?);
                return Ok(());
            }
            let status = cursor.u32_le("statusCode")?;
            let node = NodeId::read(cursor)?;
            if !node.is_null() {
                value::item_node(out, self.show, node);
            }
            if let Some(name) = change.and_then(|change| change.name) {
                out.key("browse_name").lossy(name);
            }
            value::status(out, status);
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }
}
