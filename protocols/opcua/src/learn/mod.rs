//! What messages teach about the server: sessions, monitored items, namespaces, what it says of itself.

mod items;
mod logon;
mod names;

use alloc::boxed::Box;
use alloc::string::ToString;

use tapglass_model::Station;
use tapglass_proto::{BlindReason, Cursor, Direction};

use crate::application::Application;
use crate::context::Context;
use crate::fault::Fault;
use crate::r#gen as tables;
use crate::grammar::Structure;
use crate::memory::Memory;
use crate::pending::Asked;
use crate::security::Mode;
use crate::services::attribute::AttributeOf;
use crate::services::id;
use crate::types::{DataValue, NodeId, Scalar, StoredNode, Variant, length, text};

pub(crate) use logon::user_of;

/// The attribute that holds a variable's value.
const VALUE: u32 = 13;
/// BadSessionIdInvalid: the token names no session.
const NO_SESSION: u32 = 0x8025_0000;

/// True for a status that is not Bad.
fn went_well(status: u32) -> bool {
    status >> 31 == 0
}

/// Learns from a request; `mode` is how its channel is protected.
pub(crate) fn request(
    context: &mut Context<'_>,
    session: Option<u32>,
    mode: Mode,
    message: &Application<'_>,
    depth: u8,
) {
    if message.fault.is_some() {
        return;
    }
    // The bytes were checked from end to end, so nothing is lost where a reader still says that they are short.
    let _ = match message.known_code() {
        id::CREATE_SESSION_REQUEST => client(context, message.parameters(), depth),
        id::ACTIVATE_SESSION_REQUEST => logon::user(context, session, mode, message.parameters(), depth),
        id::CREATE_ITEMS_REQUEST => items::items(context.memory, session, message.parameters()),
        _ => Ok(()),
    };
}

/// What the client says of itself.
fn client(context: &mut Context<'_>, parameters: &[u8], depth: u8) -> Result<(), Fault> {
    let mut cursor = Cursor::new(parameters);
    Structure::Standard(tables::APPLICATION_DESCRIPTION).each(&mut cursor, depth, &mut |_, member, value| {
        application_identity(context, Direction::FromClient, member, value);
    })
}

fn application_identity(context: &mut Context<'_>, of: Direction, member: &str, value: Scalar<'_>) {
    let (key, value) = match (member, value) {
        ("applicationUri", Scalar::Text(uri)) => ("application_uri", text(uri)),
        ("productUri", Scalar::Text(uri)) => ("product_uri", text(uri)),
        ("applicationName", Scalar::Localized { text: name, .. }) => ("application_name", text(name)),
        _ => return,
    };
    if !value.is_empty() {
        context.out.identity(of, Station::Server, key, value);
    }
}

/// The application of a session from the CreateSession that made it.
pub(crate) fn application(memory: &mut Memory, key: u32, parameters: &[u8], depth: u8) {
    if let Some(session) = memory.session_mut(Some(key)) {
        session.application = application_of(parameters, depth).map(Box::from);
    }
}

/// The URI of the application that asks for a session.
pub(crate) fn application_of(parameters: &[u8], depth: u8) -> Option<&str> {
    let mut uri = None;
    let mut cursor = Cursor::new(parameters);
    let visit = &mut |_: &str, member: &str, value| {
        if let ("applicationUri", Scalar::Text(found)) = (member, value) {
            uri = Some(text(found));
        }
    };
    let _ = Structure::Standard(tables::APPLICATION_DESCRIPTION).each(&mut cursor, depth, visit);
    uri.filter(|uri| !uri.is_empty())
}

/// Learns from the answer to CreateSession; gives the new session.
pub(crate) fn created_session(
    context: &mut Context<'_>,
    message: &Application<'_>,
    asked: Option<&Asked>,
    depth: u8,
) -> Option<u32> {
    if message.fault.is_some() || !message.result().is_some_and(went_well) {
        return None;
    }
    let mut cursor = Cursor::new(message.parameters());
    let id = NodeId::read(&mut cursor).ok()?;
    let token = NodeId::read(&mut cursor).ok()?;
    let _ = endpoints(
        context,
        Structure::Parameters(tables::CREATE_SESSION_RESPONSE),
        message.parameters(),
        depth,
    );
    if token.is_null() {
        return None;
    }
    let key = context.memory.add_session(token);
    if let Some(session) = context.memory.session_mut(Some(key)) {
        session.id = Some(id.to_string().into_boxed_str());
    }
    if let Some(asked) = asked.filter(|asked| asked.code == crate::services::id::CREATE_SESSION_REQUEST) {
        application(context.memory, key, &asked.parameters, depth);
    }
    Some(key)
}

/// What a server says of itself in its endpoints.
fn endpoints(
    context: &mut Context<'_>,
    structure: Structure<'static>,
    parameters: &[u8],
    depth: u8,
) -> Result<(), Fault> {
    let mut said = [false; 3];
    let mut cursor = Cursor::new(parameters);
    structure.each(&mut cursor, depth, &mut |owner, member, value| {
        if owner != "ApplicationDescription" {
            return;
        }
        // Every endpoint repeats it.
        let place = match member {
            "applicationUri" => 0,
            "productUri" => 1,
            "applicationName" => 2,
            _ => return,
        };
        if let Some(said) = said.get_mut(place)
            && !core::mem::replace(said, true)
        {
            if let ("applicationUri", Scalar::Text(uri)) = (member, value)
                && !text(uri).is_empty()
            {
                context.memory.set_own_uri(text(uri));
            }
            application_identity(context, Direction::FromServer, member, value);
        }
    })
}

/// Learns from any other answer.
pub(crate) fn response(
    context: &mut Context<'_>,
    session: Option<u32>,
    message: &Application<'_>,
    asked: Option<&Asked>,
    depth: u8,
) {
    if message.fault.is_some() || !message.result().is_some_and(went_well) {
        return;
    }
    let parameters = message.parameters();
    let _ = match (message.known_code(), asked) {
        (id::GET_ENDPOINTS_RESPONSE, _) => endpoints(
            context,
            Structure::Parameters(tables::GET_ENDPOINTS_RESPONSE),
            parameters,
            depth,
        ),
        (id::READ_RESPONSE, Some(asked)) if asked.code == id::READ_REQUEST => {
            read(context, asked, parameters, depth)
        }
        (id::READ_RESPONSE, None) => namespaces(context.memory, parameters, depth),
        (id::BROWSE_RESPONSE | id::BROWSE_NEXT_RESPONSE, asked) => {
            names::browsed(context.memory, asked, parameters)
        }
        (id::TRANSLATE_RESPONSE, Some(asked)) if asked.code == id::TRANSLATE_REQUEST => {
            names::translated(context.memory, asked, parameters)
        }
        (id::CREATE_SUBSCRIPTION_RESPONSE, _) => {
            let subscription = Cursor::new(parameters).u32_le("subscriptionId");
            subscription
                .map(|subscription| context.memory.add_subscription(subscription, session))
                .map_err(Fault::from)
        }
        (id::CREATE_ITEMS_RESPONSE, Some(asked)) if asked.code == id::CREATE_ITEMS_REQUEST => {
            items::item_numbers(context.memory, &asked.parameters, parameters)
        }
        (id::REGISTER_NODES_RESPONSE, Some(asked)) if asked.code == id::REGISTER_NODES_REQUEST => {
            items::aliases(context.memory, session, &asked.parameters, parameters)
        }
        _ => Ok(()),
    };
}

/// A namespace array is known by its first element, also where nobody saw what was asked for.
fn namespaces(memory: &mut Memory, results: &[u8], depth: u8) -> Result<(), Fault> {
    let mut results = Cursor::new(results);
    for _ in 0..length(&mut results, "results")?.unwrap_or(0) {
        let value = DataValue::read(&mut results, depth)?;
        let Some(array) = value.value.filter(|value| value.array.is_some()) else {
            continue;
        };
        let first = array.elements().next();
        if first == Some(Scalar::Text(Some(b"http://opcfoundation.org/UA/"))) {
            memory.set_namespaces(uris(&array));
        }
    }
    Ok(())
}

/// The elements of an array that are texts.
fn uris<'a>(array: &Variant<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    array.elements().filter_map(|uri| match uri {
        Scalar::Text(uri) => Some(text(uri)),
        _ => None,
    })
}

/// Nodes of the server's own description whose values say who it is (OPC 10000-5 6.3).
fn read(context: &mut Context<'_>, asked: &Asked, results: &[u8], depth: u8) -> Result<(), Fault> {
    let session = asked.session;
    let (mut asked, mut results) = (Cursor::new(&asked.parameters), Cursor::new(results));
    asked.f64_le("maxAge")?;
    asked.i32_le("timestampsToReturn")?;
    let count = length(&mut asked, "nodesToRead")?.unwrap_or(0);
    let count = count.min(length(&mut results, "results")?.unwrap_or(0));
    for _ in 0..count {
        let of = AttributeOf::read_value_id(&mut asked)?;
        let value = DataValue::read(&mut results, depth)?;
        if of.attribute == VALUE && of.index_range.is_none() && went_well(value.status()) {
            learn_value(context, of.node, &value, depth);
        } else if names::names(of.attribute) && went_well(value.status()) {
            let node = StoredNode::from(context.memory.resolve(session, of.node));
            if !names::attribute(context.memory, node.lend(), of.attribute, &value) {
                context.blind(
                    None,
                    BlindReason::Limit,
                    context.at,
                    None,
                    format_args!(
                        "the server defines more data types than are remembered: values of others stay bytes"
                    ),
                );
            }
        }
    }
    Ok(())
}

/// Learns from the value of a node of namespace 0.
fn learn_value(context: &mut Context<'_>, node: NodeId<'_>, value: &DataValue<'_>, depth: u8) {
    let (Some(id @ 2255..=2264), Some(variant)) = (node.standard_id(), value.value) else {
        return;
    };
    if id == 2255 {
        context.memory.set_namespaces(uris(&variant));
        return;
    }
    match variant.scalar() {
        Some(Scalar::Text(said)) => {
            let key = match id {
                2261 => "product",
                2262 => "product_uri",
                2263 => "vendor",
                2264 => "firmware",
                _ => return,
            };
            say(context, key, text(said));
        }
        // ServerStatus holds the BuildInfo, which is also a node of its own.
        Some(Scalar::Extension(object)) => {
            let (structure, body) = match object.standard() {
                Some((340, body)) => (Structure::Standard(tables::BUILD_INFO), body),
                Some((864, body)) => (Structure::Standard(tables::SERVER_STATUS_DATA_TYPE), body),
                _ => return,
            };
            let _ = structure.each(&mut Cursor::new(body), depth, &mut |_, member, value| {
                let Scalar::Text(said) = value else { return };
                let key = match member {
                    "productUri" => "product_uri",
                    "manufacturerName" => "vendor",
                    "productName" => "product",
                    "softwareVersion" => "firmware",
                    _ => return,
                };
                say(context, key, text(said));
            });
        }
        _ => {}
    }
}

fn say(context: &mut Context<'_>, key: &'static str, value: &str) {
    if !value.is_empty() {
        context
            .out
            .identity(Direction::FromServer, Station::Server, key, value);
    }
}

/// What an answer ends or moves, once it was told.
pub(crate) fn after_response(context: &mut Context<'_>, message: &Application<'_>, asked: &Asked) {
    let well = message.result().is_some_and(went_well);
    if message.known_code() == id::PUBLISH_RESPONSE && message.fault.is_none() {
        items::ended_subscription(context.memory, message.parameters());
    }
    if asked.code == id::ACTIVATE_SESSION_REQUEST && !well {
        // Refused: nobody is logged on.
        if let Some(session) = context.memory.session_mut(asked.session) {
            session.user = None;
        }
    }
    if message.result() == Some(NO_SESSION) {
        context.memory.forget_nameless(asked.session);
    }
    if !well || message.fault.is_some() {
        return;
    }
    if let (id::ADD_NODES_REQUEST, id::ADD_NODES_RESPONSE)
    | (id::DELETE_NODES_REQUEST, id::DELETE_NODES_RESPONSE) = (asked.code, message.known_code())
    {
        let depth = context.memory.limits().depth;
        let _ = names::changed(context.memory, asked, message.parameters(), depth);
    }
    let _ = items::apply(context.memory, message, asked);
}
