//! The `items` of a record: what a service touches, in wire order, answers with the nodes of their request.

use alloc::string::String;
use core::fmt::{self, Write as _};

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::{notifications, value};
use crate::application::Application;
use crate::exchange::Asked;
use crate::fault::Fault;
use crate::grammar::Kind;
use crate::memory::Memory;
use crate::names;
use crate::services::attribute::AttributeOf;
use crate::services::method::{Arguments, MethodCall, MethodResult};
use crate::services::monitored_item::{CreateItem, CreateResult, MonitoringParameters};
use crate::services::{id, view};
use crate::types::{DataValue, ExpandedNodeId, ExtensionObject, NodeId, Scalar, bytes, length};

/// Writes the items of one message.
pub(super) struct Items<'a> {
    pub(super) memory: &'a Memory,
    pub(super) message: &'a Application<'a>,
    pub(super) asked: Option<&'a Asked>,
    pub(super) depth: u8,
}

const MODES: [&str; 3] = ["Disabled", "Sampling", "Reporting"];
const TIMESTAMPS: [&str; 4] = ["Source", "Server", "Both", "Neither"];

fn name(out: &mut Writer<'_>, key: &str, names: &[&str], number: i32) {
    match usize::try_from(number).ok().and_then(|place| names.get(place)) {
        Some(name) => out.key(key).string(name),
        None => out.key(key).i64(i64::from(number)),
    }
}

fn attribute_of(out: &mut Writer<'_>, of: &AttributeOf<'_>) {
    value::node(out, "node", of.node);
    value::attribute(out, of.attribute);
    if let Some(range) = of.index_range {
        out.key("index_range").lossy(range);
    }
}

/// Writes an array of objects, one for each element of a list on the wire. What cannot be read ends it; the object
/// that was begun is closed.
fn objects<'a>(
    out: &mut Writer<'_>,
    key: &str,
    cursor: &mut Cursor<'a>,
    mut each: impl FnMut(&mut Writer<'_>, &mut Cursor<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let count = length(cursor, "array length")?.unwrap_or(0);
    let mut result = Ok(());
    out.key(key).array(|out| {
        for _ in 0..count {
            out.object(|out| result = each(out, cursor));
            if result.is_err() {
                break;
            }
        }
    });
    result
}

impl<'a> Items<'a> {
    /// The parameters, also of a message that ends too early.
    fn cursor(&self) -> Cursor<'a> {
        let body = self.message.body.get(self.message.parameters_at..);
        Cursor::new(body.unwrap_or_default())
    }

    /// The parameters of the request, when it was of this kind.
    fn request(&self, code: u32) -> Cursor<'a> {
        match self.asked {
            Some(asked) if asked.code == code => Cursor::new(&asked.parameters),
            _ => Cursor::new(&[]),
        }
    }

    /// Writes the items; false when the service has none.
    pub(super) fn write(&self, out: &mut Writer<'_>) -> bool {
        let written = match self.message.known_code() {
            id::READ_REQUEST => self.read_request(out),
            id::READ_RESPONSE => self.read_response(out),
            id::WRITE_REQUEST => self.write_request(out),
            id::WRITE_RESPONSE => self.write_response(out),
            id::CALL_REQUEST => self.call_request(out),
            id::CALL_RESPONSE => self.call_response(out),
            id::CREATE_ITEMS_REQUEST => self.create_request(out),
            id::CREATE_ITEMS_RESPONSE => self.create_response(out),
            id::MODIFY_ITEMS_REQUEST => self.modify_request(out),
            id::SET_MONITORING_MODE_REQUEST | id::DELETE_ITEMS_REQUEST => self.listed_request(out),
            id::MODIFY_ITEMS_RESPONSE | id::SET_MONITORING_MODE_RESPONSE | id::DELETE_ITEMS_RESPONSE => {
                self.listed_response(out)
            }
            id::SET_PUBLISHING_MODE_REQUEST | id::TRANSFER_REQUEST | id::DELETE_SUBSCRIPTIONS_REQUEST => {
                self.subscriptions_request(out)
            }
            id::SET_PUBLISHING_MODE_RESPONSE | id::TRANSFER_RESPONSE | id::DELETE_SUBSCRIPTIONS_RESPONSE => {
                self.subscriptions_response(out)
            }
            id::PUBLISH_RESPONSE => {
                notifications::published(out, self.memory, &mut self.cursor(), self.depth)
            }
            id::REPUBLISH_RESPONSE => {
                let subscription = self.request(id::REPUBLISH_REQUEST).u32_le("subscriptionId").ok();
                notifications::message(out, self.memory, subscription, &mut self.cursor(), self.depth)
            }
            id::BROWSE_REQUEST => self.browse_request(out),
            id::BROWSE_RESPONSE | id::BROWSE_NEXT_RESPONSE => self.browse_response(out),
            id::TRANSLATE_REQUEST => self.translate_request(out),
            id::TRANSLATE_RESPONSE => self.translate_response(out),
            id::REGISTER_NODES_REQUEST | id::UNREGISTER_NODES_REQUEST => self.nodes(out),
            id::REGISTER_NODES_RESPONSE => self.registered(out),
            _ => return false,
        };
        // The fault itself is a member of its own.
        let _ = written;
        true
    }

    fn read_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        out.key("max_age").f64(cursor.f64_le("maxAge")?);
        name(
            out,
            "timestamps",
            &TIMESTAMPS,
            cursor.i32_le("timestampsToReturn")?,
        );
        objects(out, "items", &mut cursor, |out, cursor| {
            attribute_of(out, &AttributeOf::read_value_id(cursor)?);
            Ok(())
        })
    }

    fn read_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::READ_REQUEST);
        let mut left = 0;
        if asked.take(12, "maxAge, timestampsToReturn").is_ok() {
            left = length(&mut asked, "nodesToRead")?.unwrap_or(0);
        }
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                attribute_of(out, &AttributeOf::read_value_id(&mut asked)?);
            }
            value::data_value(out, &DataValue::read(cursor, self.depth)?, self.depth);
            Ok(())
        })
    }

    fn write_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            let (of, written) = AttributeOf::write_value(cursor, self.depth)?;
            attribute_of(out, &of);
            value::data_value(out, &written, self.depth);
            Ok(())
        })
    }

    fn write_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::WRITE_REQUEST);
        let mut left = length(&mut asked, "nodesToWrite").unwrap_or(None).unwrap_or(0);
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                attribute_of(out, &AttributeOf::write_value(&mut asked, self.depth)?.0);
            }
            value::status(out, cursor.u32_le("results")?);
            Ok(())
        })
    }

    fn arguments(&self, out: &mut Writer<'_>, arguments: &Arguments<'_>) {
        out.key("arguments").array(|out| {
            for argument in arguments.iter() {
                out.object(|out| value::variant(out, &argument, self.depth));
            }
        });
    }

    fn call_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            let call = MethodCall::read(cursor, self.depth)?;
            value::node(out, "object", call.object);
            value::node(out, "method", call.method);
            self.arguments(out, &call.arguments);
            Ok(())
        })
    }

    fn call_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::CALL_REQUEST);
        let mut left = length(&mut asked, "methodsToCall").unwrap_or(None).unwrap_or(0);
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                let call = MethodCall::read(&mut asked, self.depth)?;
                value::node(out, "object", call.object);
                value::node(out, "method", call.method);
            }
            let result = MethodResult::read(cursor, self.depth)?;
            value::status(out, result.status);
            self.arguments(out, &result.arguments);
            Ok(())
        })
    }

    fn create_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        out.key("subscription")
            .u64(u64::from(cursor.u32_le("subscriptionId")?));
        name(
            out,
            "timestamps",
            &TIMESTAMPS,
            cursor.i32_le("timestampsToReturn")?,
        );
        objects(out, "items", &mut cursor, |out, cursor| {
            let item = CreateItem::read(cursor)?;
            attribute_of(out, &item.of);
            name(out, "mode", &MODES, item.mode);
            self.monitoring(out, &item.parameters);
            Ok(())
        })
    }

    fn monitoring(&self, out: &mut Writer<'_>, parameters: &MonitoringParameters<'_>) {
        out.key("client_handle").u64(u64::from(parameters.handle));
        out.key("sampling_ms").f64(parameters.sampling);
        if parameters.filter.body.is_some() {
            out.key("filter");
            value::extension(out, &parameters.filter, self.depth);
        }
    }

    fn create_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::CREATE_ITEMS_REQUEST);
        let mut left = 0;
        if asked.take(8, "subscriptionId, timestampsToReturn").is_ok() {
            left = length(&mut asked, "itemsToCreate")?.unwrap_or(0);
        }
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                let item = CreateItem::read(&mut asked)?;
                attribute_of(out, &item.of);
                out.key("client_handle").u64(u64::from(item.parameters.handle));
            }
            let result = CreateResult::read(cursor)?;
            value::status(out, result.status);
            out.key("monitored_item").u64(u64::from(result.item));
            out.key("sampling_ms").f64(result.sampling);
            Ok(())
        })
    }

    /// Number and, where it is known, node of a monitored item.
    fn monitored(&self, out: &mut Writer<'_>, subscription: u32, item: u32) {
        out.key("monitored_item").u64(u64::from(item));
        let known = self.memory.subscription(subscription);
        if let Some(item) = known.and_then(|known| known.item(item)) {
            value::node(out, "node", item.node.lend());
            value::attribute(out, item.attribute);
        }
    }

    fn modify_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        let subscription = cursor.u32_le("subscriptionId")?;
        out.key("subscription").u64(u64::from(subscription));
        name(
            out,
            "timestamps",
            &TIMESTAMPS,
            cursor.i32_le("timestampsToReturn")?,
        );
        objects(out, "items", &mut cursor, |out, cursor| {
            self.monitored(out, subscription, cursor.u32_le("monitoredItemId")?);
            self.monitoring(out, &MonitoringParameters::read(cursor)?);
            Ok(())
        })
    }

    fn listed_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        let subscription = cursor.u32_le("subscriptionId")?;
        out.key("subscription").u64(u64::from(subscription));
        if self.message.known_code() == id::SET_MONITORING_MODE_REQUEST {
            name(out, "mode", &MODES, cursor.i32_le("monitoringMode")?);
        }
        objects(out, "items", &mut cursor, |out, cursor| {
            self.monitored(out, subscription, cursor.u32_le("monitoredItemIds")?);
            Ok(())
        })
    }

    fn listed_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let modified = self.message.known_code() == id::MODIFY_ITEMS_RESPONSE;
        let mut asked = Cursor::new(self.asked.map_or(&[][..], |asked| &asked.parameters));
        let with_mode = self
            .asked
            .is_some_and(|asked| asked.code != id::DELETE_ITEMS_REQUEST);
        let subscription = asked.u32_le("subscriptionId").unwrap_or(0);
        let mut left = 0;
        if !with_mode || asked.take(4, "mode").is_ok() {
            left = length(&mut asked, "items").unwrap_or(None).unwrap_or(0);
        }
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                self.monitored(out, subscription, asked.u32_le("monitoredItemIds")?);
                if modified {
                    MonitoringParameters::read(&mut asked)?;
                }
            }
            value::status(out, cursor.u32_le("statusCode")?);
            if modified {
                out.key("sampling_ms")
                    .f64(cursor.f64_le("revisedSamplingInterval")?);
                cursor.u32_le("revisedQueueSize")?;
                ExtensionObject::read(cursor)?;
            }
            Ok(())
        })
    }

    fn subscriptions_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        if self.message.known_code() == id::SET_PUBLISHING_MODE_REQUEST {
            out.key("publishing").bool(cursor.u8("publishingEnabled")? != 0);
        }
        objects(out, "items", &mut cursor, |out, cursor| {
            out.key("subscription")
                .u64(u64::from(cursor.u32_le("subscriptionIds")?));
            Ok(())
        })
    }

    fn subscriptions_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = Cursor::new(self.asked.map_or(&[][..], |asked| &asked.parameters));
        if self
            .asked
            .is_some_and(|asked| asked.code == id::SET_PUBLISHING_MODE_REQUEST)
        {
            let _ = asked.u8("publishingEnabled");
        }
        let mut left = length(&mut asked, "subscriptionIds").unwrap_or(None).unwrap_or(0);
        let transferred = self.message.known_code() == id::TRANSFER_RESPONSE;
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                out.key("subscription")
                    .u64(u64::from(asked.u32_le("subscriptionIds")?));
            }
            value::status(out, cursor.u32_le("results")?);
            if transferred {
                let numbers = length(cursor, "availableSequenceNumbers")?.unwrap_or(0);
                cursor.take((numbers as usize).saturating_mul(4), "availableSequenceNumbers")?;
            }
            Ok(())
        })
    }

    fn browse_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut cursor = self.cursor();
        Kind::Structure(&view::VIEW_DESCRIPTION).skip(&mut cursor, self.depth)?;
        out.key("max_references")
            .u64(u64::from(cursor.u32_le("requestedMaxReferencesPerNode")?));
        objects(out, "items", &mut cursor, |out, cursor| {
            value::node(out, "node", NodeId::read(cursor)?);
            name(
                out,
                "direction",
                &["Forward", "Inverse", "Both"],
                cursor.i32_le("browseDirection")?,
            );
            value::node(out, "reference_type", NodeId::read(cursor)?);
            out.key("subtypes").bool(cursor.u8("includeSubtypes")? != 0);
            cursor.u32_le("nodeClassMask")?;
            cursor.u32_le("resultMask")?;
            Ok(())
        })
    }

    fn browse_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::BROWSE_REQUEST);
        let mut left = 0;
        if Kind::Structure(&view::VIEW_DESCRIPTION)
            .skip(&mut asked, self.depth)
            .is_ok()
        {
            asked.u32_le("requestedMaxReferencesPerNode")?;
            left = length(&mut asked, "nodesToBrowse")?.unwrap_or(0);
        }
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                value::node(out, "node", NodeId::read(&mut asked)?);
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
        })
    }

    fn reference(&self, out: &mut Writer<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        value::node(out, "reference_type", NodeId::read(cursor)?);
        out.key("forward").bool(cursor.u8("isForward")? != 0);
        out.key("node").display(ExpandedNodeId::read(cursor)?);
        for key in ["browse_name", "display_name"] {
            let kind = match key {
                "browse_name" => crate::types::BuiltIn::QUALIFIED_NAME,
                _ => crate::types::BuiltIn::LOCALIZED_TEXT,
            };
            out.key(key);
            match Scalar::read(cursor, kind, self.depth)? {
                // The locale is left out: a tree is read by its texts.
                Scalar::Localized { text, .. } => out.lossy(text.unwrap_or_default()),
                name => value::scalar(out, &name, self.depth),
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
        value::node(out, "node", NodeId::read(cursor)?);
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

    fn translate_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            self.path(out, cursor)
        })
    }

    fn translate_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::TRANSLATE_REQUEST);
        let mut left = length(&mut asked, "browsePaths").unwrap_or(None).unwrap_or(0);
        objects(out, "items", &mut self.cursor(), |out, cursor| {
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
        })
    }

    fn nodes(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            value::node(out, "node", NodeId::read(cursor)?);
            Ok(())
        })
    }

    fn registered(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::REGISTER_NODES_REQUEST);
        let mut left = length(&mut asked, "nodesToRegister").unwrap_or(None).unwrap_or(0);
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            if left > 0 {
                left -= 1;
                value::node(out, "node", NodeId::read(&mut asked)?);
            }
            value::node(out, "registered", NodeId::read(cursor)?);
            Ok(())
        })
    }

    /// Adds the first item and how many more there are.
    pub(super) fn summarise(&self, out: &mut String) -> fmt::Result {
        let mut cursor = self.cursor();
        let more = |out: &mut String, count: u32| {
            if count > 1 {
                write!(out, " and {} more", count - 1)
            } else {
                Ok(())
            }
        };
        match self.message.known_code() {
            id::READ_REQUEST => {
                let Ok(_) = cursor.take(12, "maxAge, timestampsToReturn") else {
                    return Ok(());
                };
                let count = length(&mut cursor, "nodesToRead").unwrap_or(None).unwrap_or(0);
                if let Ok(of) = AttributeOf::read_value_id(&mut cursor) {
                    write!(out, " {}", of.node)?;
                    more(out, count)?;
                }
            }
            id::WRITE_REQUEST => {
                let count = length(&mut cursor, "nodesToWrite").unwrap_or(None).unwrap_or(0);
                if let Ok((of, written)) = AttributeOf::write_value(&mut cursor, self.depth) {
                    write!(out, " {} = ", of.node)?;
                    value::short(out, &written)?;
                    more(out, count)?;
                }
            }
            id::READ_RESPONSE => {
                let count = length(&mut cursor, "results").unwrap_or(None).unwrap_or(0);
                if let Ok(read) = DataValue::read(&mut cursor, self.depth) {
                    out.push(' ');
                    value::short(out, &read)?;
                    more(out, count)?;
                }
            }
            id::WRITE_RESPONSE => {
                let count = length(&mut cursor, "results").unwrap_or(None).unwrap_or(0);
                if let Ok(code) = cursor.u32_le("results") {
                    write!(out, " {}", names::status(code))?;
                    more(out, count)?;
                }
            }
            id::CALL_REQUEST => {
                let count = length(&mut cursor, "methodsToCall").unwrap_or(None).unwrap_or(0);
                if let Ok(call) = MethodCall::read(&mut cursor, self.depth) {
                    write!(out, " {} of {}", call.method, call.object)?;
                    more(out, count)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
