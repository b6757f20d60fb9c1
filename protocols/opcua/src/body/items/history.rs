//! Items of HistoryRead and HistoryUpdate (OPC 10000-4 5.11.3, 5.11.5): what is told of the past of each node.

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::super::value;
use super::{Items, TIMESTAMPS, name, objects};
use crate::fault::Fault;
use crate::services::history::{HistoryOf, updated_node};
use crate::services::id;
use crate::types::{Diagnostics, ExtensionObject, Numbers, bytes, length};

impl Items<'_> {
    pub(super) fn history_read_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        let details = ExtensionObject::read(&mut cursor)?;
        out.key("details");
        value::extension(out, &details, self.show);
        name(
            out,
            "timestamps",
            &TIMESTAMPS,
            cursor.i32_le("timestampsToReturn")?,
        );
        let release = cursor.u8("releaseContinuationPoints")? != 0;
        out.key("release_continuation_points").bool(release);
        objects(out, "items", &mut cursor, |out, cursor| {
            let of = HistoryOf::read(cursor)?;
            self.history_of(out, &of);
            if !of.continuation.is_empty() {
                out.key("continuation_point").hex(of.continuation);
            }
            Ok(())
        })
    }

    fn history_of(&self, out: &mut Writer<'_>, of: &HistoryOf<'_>) {
        value::item_node(out, self.show, of.node);
        if let Some(range) = of.index_range {
            out.key("index_range").lossy(range);
        }
    }

    pub(super) fn history_read_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::HISTORY_READ_REQUEST);
        let mut left = 0;
        if let Ok(details) = ExtensionObject::read(&mut asked) {
            asked.take(5, "timestampsToReturn, releaseContinuationPoints")?;
            left = length(&mut asked, "nodesToRead")?.unwrap_or(0);
            // What was asked for says whether values are raw, modified or calculated.
            if let Some(details) = details.name() {
                out.key("details").string(details);
            }
        }
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                self.history_of(out, &HistoryOf::read(&mut asked)?);
            }
            value::status(out, cursor.u32_le("statusCode")?);
            if let Some(point) = bytes(cursor, "continuationPoint")?.filter(|point| !point.is_empty()) {
                out.key("continuation_point").hex(point);
            }
            let data = ExtensionObject::read(cursor)?;
            out.key("history");
            value::extension(out, &data, self.show);
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }

    pub(super) fn history_update_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            let details = ExtensionObject::read(cursor)?;
            if let Some(node) = updated_node(&details) {
                value::item_node(out, self.show, node);
            }
            out.key("details");
            value::extension(out, &details, self.show);
            Ok(())
        })
    }

    pub(super) fn history_update_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked: Cursor<'_> = self.request(id::HISTORY_UPDATE_REQUEST);
        let mut left = length(&mut asked, "historyUpdateDetails")
            .unwrap_or(None)
            .unwrap_or(0);
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                let details = ExtensionObject::read(&mut asked)?;
                if let Some(node) = updated_node(&details) {
                    value::item_node(out, self.show, node);
                }
                if let Some(details) = details.name() {
                    out.key("details").string(details);
                }
            }
            value::status(out, cursor.u32_le("statusCode")?);
            value::codes(
                out,
                "operation_results",
                Numbers::read(cursor, "operationResults")?,
            );
            let diagnostics = Diagnostics::read(cursor, self.show.depth)?;
            value::listed(out, "operation_diagnostics", diagnostics, self.show);
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }
}
