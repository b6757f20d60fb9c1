//! Items of the View services.

use alloc::string::String;
use core::fmt::Write as _;

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::super::value;
use super::{Items, name, objects};
use crate::fault::Fault;
use crate::services::id;
use crate::types::{BuiltIn, DateTime, ExpandedNodeId, NodeId, Scalar, Strings, bytes, length};

/// The part of the address space that is browsed (OPC 10000-4 7.44).
struct View<'a> {
    node: NodeId<'a>,
    time: DateTime,
    version: u32,
}

impl<'a> View<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            node: NodeId::read(cursor)?,
            time: DateTime(cursor.i64_le("timestamp")?),
            version: cursor.u32_le("viewVersion")?,
        })
    }
}

impl Items<'_> {
    pub(super) fn browse_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        let view = View::read(&mut cursor)?;
        if !view.node.is_null() {
            out.key("view").object(|out| {
                value::item_node(out, self.show, view.node);
                if !view.time.is_null() {
                    out.key("timestamp").display(view.time);
                }
                out.key("version").u64(u64::from(view.version));
            });
        }
        out.key("max_references")
            .u64(u64::from(cursor.u32_le("requestedMaxReferencesPerNode")?));
        objects(out, "items", &mut cursor, |out, cursor| {
            value::item_node(out, self.show, NodeId::read(cursor)?);
            name(
                out,
                "direction",
                &["Forward", "Inverse", "Both"],
                cursor.i32_le("browseDirection")?,
            );
            value::node(out, "reference_type", NodeId::read(cursor)?);
            out.key("subtypes").bool(cursor.u8("includeSubtypes")? != 0);
            out.key("node_class_mask")
                .u64(u64::from(cursor.u32_le("nodeClassMask")?));
            out.key("result_mask")
                .u64(u64::from(cursor.u32_le("resultMask")?));
            Ok(())
        })
    }

    pub(super) fn browse_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::BROWSE_REQUEST);
        let mut left = 0;
        if View::read(&mut asked).is_ok() {
            asked.u32_le("requestedMaxReferencesPerNode")?;
            left = length(&mut asked, "nodesToBrowse")?.unwrap_or(0);
        }
        let mut next = self.request(id::BROWSE_NEXT_REQUEST);
        let _ = next.u8("releaseContinuationPoints");
        let points = Strings::read(&mut next, "continuationPoints").unwrap_or_default();
        let mut points = points.iter();
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if let Some(point) = points.next() {
                if let Some(node) = self.show.memory.continued(point) {
                    value::item_node(out, self.show, node);
                }
            } else if left > 0 {
                left -= 1;
                value::item_node(out, self.show, NodeId::read(&mut asked)?);
                asked.i32_le("browseDirection")?;
                NodeId::read(&mut asked)?;
                asked.take(9, "includeSubtypes, nodeClassMask, resultMask")?;
            }
            value::status(out, cursor.u32_le("statusCode")?);
            if let Some(point) = bytes(cursor, "continuationPoint")?.filter(|point| !point.is_empty()) {
                out.key("continuation_point").hex(point);
            }
            objects(out, "references", cursor, |out, cursor| {
                self.reference(out, cursor)
            })
        })?;
        self.diagnostics(out, &mut cursor)
    }

    fn reference(&self, out: &mut Writer<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        value::node(out, "reference_type", NodeId::read(cursor)?);
        out.key("forward").bool(cursor.u8("isForward")? != 0);
        let node = ExpandedNodeId::read(cursor)?;
        out.key("node").display(node);
        if let Some(uri) = self
            .show
            .memory
            .uri(node.node.namespace)
            .filter(|_| node.uri.is_none())
        {
            out.key("namespace").string(uri);
        }
        for key in ["browse_name", "display_name"] {
            let kind = match key {
                "browse_name" => BuiltIn::QUALIFIED_NAME,
                _ => BuiltIn::LOCALIZED_TEXT,
            };
            out.key(key);
            match Scalar::read(cursor, kind, self.show.depth)? {
                // A tree is read by its texts; the locale stands beside them.
                Scalar::Localized { text, locale } => {
                    out.lossy(text.unwrap_or_default());
                    if let Some(locale) = locale.filter(|locale| !locale.is_empty()) {
                        out.key("locale").lossy(locale);
                    }
                }
                name => value::scalar(out, &name, self.show),
            }
        }
        let class = cursor.i32_le("nodeClass")?;
        let name = match class {
            1 => Some("Object"),
            2 => Some("Variable"),
            4 => Some("Method"),
            8 => Some("ObjectType"),
            16 => Some("VariableType"),
            32 => Some("ReferenceType"),
            64 => Some("DataType"),
            128 => Some("View"),
            _ => None,
        };
        match name {
            Some(name) => out.key("node_class").string(name),
            None => out.key("node_class").i64(i64::from(class)),
        }
        let definition = ExpandedNodeId::read(cursor)?;
        if !definition.node.is_null() || definition.uri.is_some() {
            out.key("type_definition").display(definition);
        }
        Ok(())
    }

    /// Reads a BrowsePath and writes it: the node to start from and the names to follow.
    fn path(&self, out: &mut Writer<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        value::item_node(out, self.show, NodeId::read(cursor)?);
        let mut path = String::new();
        for _ in 0..length(cursor, "elements")?.unwrap_or(0) {
            NodeId::read(cursor)?;
            let inverse = cursor.u8("isInverse")? != 0;
            cursor.u8("includeSubtypes")?;
            let namespace = cursor.u16_le("targetName")?;
            let name = bytes(cursor, "targetName")?.unwrap_or_default();
            path.push(if inverse { '<' } else { '/' });
            if namespace != 0 {
                let _ = write!(path, "{namespace}:");
            }
            path.push_str(&String::from_utf8_lossy(name));
        }
        out.key("path").string(&path);
        Ok(())
    }

    pub(super) fn translate_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            self.path(out, cursor)
        })
    }

    pub(super) fn translate_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::TRANSLATE_REQUEST);
        let mut left = length(&mut asked, "browsePaths").unwrap_or(None).unwrap_or(0);
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                self.path(out, &mut asked)?;
            }
            value::status(out, cursor.u32_le("statusCode")?);
            objects(out, "targets", cursor, |out, cursor| {
                out.key("node").display(ExpandedNodeId::read(cursor)?);
                // The greatest number says that the whole path was followed.
                let remaining = cursor.u32_le("remainingPathIndex")?;
                if remaining != u32::MAX {
                    out.key("remaining_path_index").u64(u64::from(remaining));
                }
                Ok(())
            })
        })?;
        self.diagnostics(out, &mut cursor)
    }

    pub(super) fn nodes(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            value::item_node(out, self.show, NodeId::read(cursor)?);
            Ok(())
        })
    }

    pub(super) fn registered(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::REGISTER_NODES_REQUEST);
        let mut left = length(&mut asked, "nodesToRegister").unwrap_or(None).unwrap_or(0);
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                value::item_node(out, self.show, NodeId::read(&mut asked)?);
            }
            value::node(out, "registered", NodeId::read(cursor)?);
            Ok(())
        })
    }
}
