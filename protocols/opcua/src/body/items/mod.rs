//! The `items` of a record: what a service touches, in wire order, answers with the nodes of their request.

mod history;
mod management;
mod monitored;
mod summary;
mod view;

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::notifications;
use super::value::{self, Show};

use crate::application::Application;
use crate::fault::Fault;
use crate::pending::Asked;
use crate::services::attribute::AttributeOf;
use crate::services::method::{Arguments, MethodCall, MethodResult};
use crate::services::{id, secrets};
use crate::types::{DataValue, Diagnostics, Scalar, length};

/// Writes the items of one message.
pub(in crate::body) struct Items<'a> {
    pub(in crate::body) show: Show<'a>,
    pub(in crate::body) message: &'a Application<'a>,
    pub(in crate::body) asked: Option<&'a Asked>,
}

const TIMESTAMPS: [&str; 4] = ["Source", "Server", "Both", "Neither"];

fn name(out: &mut Writer<'_>, key: &str, names: &[&str], number: i32) {
    match usize::try_from(number).ok().and_then(|place| names.get(place)) {
        Some(name) => out.key(key).string(name),
        None => out.key(key).i64(i64::from(number)),
    }
}

fn attribute_of(out: &mut Writer<'_>, show: Show<'_>, of: &AttributeOf<'_>) {
    value::item_node(out, show, of.node);
    value::attribute(out, of.attribute);
    if let Some(range) = of.index_range {
        out.key("index_range").lossy(range);
    }
    if let Some((namespace, name)) = of.encoding {
        let name = Some(name);
        out.key("data_encoding");
        value::scalar(out, &Scalar::Qualified { namespace, name }, show);
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

    /// Writes the diagnostics that end most answers, one for each item.
    fn diagnostics(&self, out: &mut Writer<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let all = Diagnostics::read(cursor, self.show.depth)?;
        value::listed(out, "diagnostics", all, self.show);
        Ok(())
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
            id::PUBLISH_RESPONSE => notifications::published(out, self.show, &mut self.cursor()),
            id::REPUBLISH_RESPONSE => {
                let subscription = self.request(id::REPUBLISH_REQUEST).u32_le("subscriptionId").ok();
                notifications::message(out, self.show, subscription, &mut self.cursor())
            }
            id::BROWSE_REQUEST => self.browse_request(out),
            id::BROWSE_RESPONSE | id::BROWSE_NEXT_RESPONSE => self.browse_response(out),
            id::TRANSLATE_REQUEST => self.translate_request(out),
            id::TRANSLATE_RESPONSE => self.translate_response(out),
            id::HISTORY_READ_REQUEST => self.history_read_request(out),
            id::HISTORY_READ_RESPONSE => self.history_read_response(out),
            id::HISTORY_UPDATE_REQUEST => self.history_update_request(out),
            id::HISTORY_UPDATE_RESPONSE => self.history_update_response(out),
            id::ADD_NODES_REQUEST
            | id::ADD_REFERENCES_REQUEST
            | id::DELETE_NODES_REQUEST
            | id::DELETE_REFERENCES_REQUEST => self.management_request(out),
            id::ADD_NODES_RESPONSE
            | id::ADD_REFERENCES_RESPONSE
            | id::DELETE_NODES_RESPONSE
            | id::DELETE_REFERENCES_RESPONSE => self.management_response(out),
            id::SET_TRIGGERING_REQUEST => self.triggering_request(out),
            id::SET_TRIGGERING_RESPONSE => self.triggering_response(out),
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
            attribute_of(out, self.show, &AttributeOf::read_value_id(cursor)?);
            Ok(())
        })
    }

    fn read_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::READ_REQUEST);
        let mut left = 0;
        if asked.take(12, "maxAge, timestampsToReturn").is_ok() {
            left = length(&mut asked, "nodesToRead")?.unwrap_or(0);
        }
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                attribute_of(out, self.show, &AttributeOf::read_value_id(&mut asked)?);
            }
            value::data_value(out, &DataValue::read(cursor, self.show.depth)?, self.show);
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }

    fn write_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            let (of, written) = AttributeOf::write_value(cursor, self.show.depth)?;
            attribute_of(out, self.show, &of);
            value::data_value(out, &written, self.show);
            Ok(())
        })
    }

    fn write_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::WRITE_REQUEST);
        let mut left = length(&mut asked, "nodesToWrite").unwrap_or(None).unwrap_or(0);
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            if left > 0 {
                left -= 1;
                attribute_of(
                    out,
                    self.show,
                    &AttributeOf::write_value(&mut asked, self.show.depth)?.0,
                );
            }
            value::status(out, cursor.u32_le("results")?);
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }

    /// Writes arguments; those that are secret only by their length.
    fn arguments(&self, out: &mut Writer<'_>, is_secret: &dyn Fn(usize) -> bool, arguments: &Arguments<'_>) {
        out.key("arguments").array(|out| {
            for (place, argument) in arguments.iter().enumerate() {
                out.object(|out| {
                    if is_secret(place) {
                        out.key("type").string(argument.kind.name());
                        out.key("value").string("redacted");
                        out.key("length").u64(argument.encoded as u64);
                    } else {
                        value::variant(out, &argument, self.show);
                    }
                });
            }
        });
    }

    fn call_request(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        objects(out, "items", &mut self.cursor(), |out, cursor| {
            let call = MethodCall::read(cursor, self.show.depth)?;
            self.method(out, &call);
            let secret = |place| secrets::is_secret(call.method, place);
            self.arguments(out, &secret, &call.arguments);
            Ok(())
        })
    }

    fn call_response(&self, out: &mut Writer<'_>) -> Result<(), Fault> {
        let mut asked = self.request(id::CALL_REQUEST);
        let mut left = length(&mut asked, "methodsToCall").unwrap_or(None).unwrap_or(0);
        let mut cursor = self.cursor();
        objects(out, "items", &mut cursor, |out, cursor| {
            let mut method = None;
            if left > 0 {
                left -= 1;
                let call = MethodCall::read(&mut asked, self.show.depth)?;
                self.method(out, &call);
                method = Some(call.method);
            }
            let result = MethodResult::read(cursor, self.show.depth)?;
            value::status(out, result.status);
            value::codes(out, "input_results", result.inputs);
            value::listed(out, "input_diagnostics", result.diagnostics, self.show);
            let secret = |place| method.is_some_and(|method| secrets::is_secret_result(method, place));
            self.arguments(out, &secret, &result.arguments);
            Ok(())
        })?;
        self.diagnostics(out, &mut cursor)
    }

    /// Object and method of a call, with what people call them.
    fn method(&self, out: &mut Writer<'_>, call: &MethodCall<'_>) {
        let memory = self.show.memory;
        let (object, method) = (
            memory.resolve(self.show.session, call.object),
            memory.resolve(self.show.session, call.method),
        );
        value::node(out, "object", call.object);
        if let Some(name) = memory.names.display_name(object) {
            out.key("object_name").string(name);
        }
        value::node(out, "method", call.method);
        if let Some(uri) = memory.uri(method.namespace) {
            out.key("namespace").string(uri);
        }
        value::names_of(out, self.show, method);
    }
}
