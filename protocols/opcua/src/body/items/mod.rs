//! The `items` of a record: what a service touches, in wire order, answers with the nodes of their request.

mod monitored;
mod summary;
mod view;

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::{notifications, value};

use crate::application::Application;
use crate::fault::Fault;
use crate::memory::Memory;
use crate::pending::Asked;
use crate::services::attribute::AttributeOf;
use crate::services::method::{Arguments, MethodCall, MethodResult};
use crate::services::{id, secrets};
use crate::types::{DataValue, NodeId, length};

/// Writes the items of one message.
pub(in crate::body) struct Items<'a> {
    pub(in crate::body) memory: &'a Memory,
    pub(in crate::body) message: &'a Application<'a>,
    pub(in crate::body) asked: Option<&'a Asked>,
    pub(in crate::body) depth: u8,
}

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
    pub(in crate::body) fn write(&self, out: &mut Writer<'_>) -> bool {
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

    /// Writes arguments; those of `method` that are secret only by their length.
    fn arguments(&self, out: &mut Writer<'_>, method: Option<NodeId<'_>>, arguments: &Arguments<'_>) {
        out.key("arguments").array(|out| {
            for (place, argument) in arguments.iter().enumerate() {
                let secret = method.is_some_and(|method| secrets::is_secret(method, place));
                out.object(|out| {
                    if secret {
                        out.key("type").string(argument.kind.name());
                        out.key("value").string("redacted");
                        out.key("length").u64(argument.encoded as u64);
                    } else {
                        value::variant(out, &argument, self.depth);
                    }
                });
            }
        });
    }

    fn call_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            let call = MethodCall::read(cursor, self.depth)?;
            value::node(out, "object", call.object);
            value::node(out, "method", call.method);
            self.arguments(out, Some(call.method), &call.arguments);
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
            self.arguments(out, None, &result.arguments);
            Ok(())
        })
    }
}
