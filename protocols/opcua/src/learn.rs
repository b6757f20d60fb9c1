//! What messages teach about the server: sessions, monitored items, namespaces, what it says of itself.

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use tapglass_model::Station;
use tapglass_proto::{Cursor, Direction};

use crate::application::Application;
use crate::context::Context;
use crate::exchange::Asked;
use crate::fault::Fault;
use crate::memory::{Item, Memory, Subscriptions};
use crate::services::attribute::AttributeOf;
use crate::services::monitored_item::{CreateItem, CreateResult, MonitoringParameters};
use crate::services::subscription::{Published, STATUS_CHANGE_ID};
use crate::services::{discovery, id, server, session};
use crate::types::{DataValue, ExtensionObject, NodeId, Scalar, bytes, length, text};

/// The attribute that holds a variable's value.
const VALUE: u32 = 13;
/// Fields of an event that are remembered.
const MOST_FIELDS: usize = 256;

/// True for a status that is not Bad.
fn went_well(status: u32) -> bool {
    status >> 31 == 0
}

/// Learns from a request.
pub(crate) fn request(context: &mut Context<'_>, session: Option<u32>, message: &Application<'_>, depth: u8) {
    if message.fault.is_some() {
        return;
    }
    // The bytes were checked from end to end, so nothing is lost where a reader still says that they are short.
    let _ = match message.known_code() {
        id::CREATE_SESSION_REQUEST => client(context, message.parameters(), depth),
        id::ACTIVATE_SESSION_REQUEST => user(context, session, message.parameters(), depth),
        id::CREATE_ITEMS_REQUEST => items(context.memory, session, message.parameters()),
        _ => Ok(()),
    };
}

/// What the client says of itself.
fn client(context: &mut Context<'_>, parameters: &[u8], depth: u8) -> Result<(), Fault> {
    let mut cursor = Cursor::new(parameters);
    discovery::APPLICATION_DESCRIPTION.each(&mut cursor, depth, &mut |_, member, value| {
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
    let mut uri = None;
    let mut cursor = Cursor::new(parameters);
    let _ = discovery::APPLICATION_DESCRIPTION.each(&mut cursor, depth, &mut |_, member, value| {
        if let ("applicationUri", Scalar::Text(found)) = (member, value) {
            uri = Some(Box::<str>::from(text(found)));
        }
    });
    if let Some(session) = memory.session_mut(Some(key)) {
        session.application = uri.filter(|uri| !uri.is_empty());
    }
}

/// The user of an ActivateSession request, or how the client logs on.
pub(crate) fn user_of(parameters: &[u8], depth: u8) -> Option<Box<str>> {
    let mut token = None;
    let mut cursor = Cursor::new(parameters);
    let visit = &mut |_: &str, member: &str, value: Scalar<'_>| {
        let ("userIdentityToken", Scalar::Extension(object)) = (member, value) else {
            return;
        };
        token = Some(match object.standard() {
            Some((321, _)) => Box::from("anonymous"),
            Some((324, body)) => {
                let mut name = Box::<str>::from("");
                let _ =
                    session::USER_NAME_TOKEN.each(&mut Cursor::new(body), depth, &mut |_, member, value| {
                        if let ("userName", Scalar::Text(found)) = (member, value) {
                            name = text(found).into();
                        }
                    });
                name
            }
            Some((327, _)) => Box::from("certificate"),
            Some((940, _)) => Box::from("issued token"),
            // No token at all is an anonymous user (OPC 10000-4 5.7.3.2).
            None if object.body.is_none() => Box::from("anonymous"),
            _ => Box::from("unknown token"),
        });
    };
    session::ACTIVATE_REQUEST.each(&mut cursor, depth, visit).ok()?;
    token
}

fn user(context: &mut Context<'_>, session: Option<u32>, parameters: &[u8], depth: u8) -> Result<(), Fault> {
    let Some(user) = user_of(parameters, depth) else {
        return Ok(());
    };
    context
        .out
        .identity(Direction::FromClient, Station::Server, "user", &user);
    // Taken for true until the server refuses it: where only requests are seen, nothing better comes.
    if let Some(session) = context.memory.session_mut(session) {
        session.user = Some(user);
    }
    Ok(())
}

/// Client handles count from the request on: notifications may come before its answer (OPC 10000-4 5.13.2.1).
fn items(memory: &mut Memory, session: Option<u32>, parameters: &[u8]) -> Result<(), Fault> {
    let mut cursor = Cursor::new(parameters);
    let subscription = cursor.u32_le("subscriptionId")?;
    let place = memory.subscription_mut(subscription);
    if place.owner.is_none() {
        place.owner = session;
    }
    cursor.i32_le("timestampsToReturn")?;
    for _ in 0..length(&mut cursor, "itemsToCreate")?.unwrap_or(0) {
        let create = CreateItem::read(&mut cursor)?;
        let item = Item {
            node: memory.resolve(session, create.of.node).into(),
            attribute: create.of.attribute,
            fields: event_fields(&create.parameters.filter),
        };
        memory.add_item(subscription, create.parameters.handle, item);
    }
    Ok(())
}

/// The names of the fields that an event filter selects: their browse paths.
fn event_fields(filter: &ExtensionObject<'_>) -> Box<[Box<str>]> {
    fn read(body: &[u8]) -> Result<Vec<Box<str>>, Fault> {
        let mut fields = Vec::new();
        let mut cursor = Cursor::new(body);
        for _ in 0..length(&mut cursor, "selectClauses")?.unwrap_or(0) {
            NodeId::read(&mut cursor)?;
            let mut path = alloc::string::String::new();
            for _ in 0..length(&mut cursor, "browsePath")?.unwrap_or(0) {
                cursor.u16_le("browsePath")?;
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(text(bytes(&mut cursor, "browsePath")?));
            }
            let attribute = cursor.u32_le("attributeId")?;
            bytes(&mut cursor, "indexRange")?;
            if path.is_empty() {
                // The condition's own NodeId is selected so (OPC 10000-9 5.5.2.13).
                path = tapglass_model::attribute_name(attribute)
                    .unwrap_or("")
                    .to_string();
            }
            if fields.len() < MOST_FIELDS {
                fields.push(path.into_boxed_str());
            }
        }
        Ok(fields)
    }
    match filter.standard() {
        Some((727, body)) => read(body).unwrap_or_default().into_boxed_slice(),
        _ => Box::default(),
    }
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
    let _ = endpoints(context, &session::CREATE_RESPONSE, message.parameters(), depth);
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
    structure: &'static crate::grammar::Structure,
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
        (id::GET_ENDPOINTS_RESPONSE, _) => {
            endpoints(context, &discovery::GET_ENDPOINTS_RESPONSE, parameters, depth)
        }
        (id::READ_RESPONSE, Some(asked)) if asked.code == id::READ_REQUEST => {
            read(context, &asked.parameters, parameters, depth)
        }
        (id::CREATE_SUBSCRIPTION_RESPONSE, _) => {
            let subscription = Cursor::new(parameters).u32_le("subscriptionId");
            subscription
                .map(|subscription| context.memory.add_subscription(subscription, session))
                .map_err(Fault::from)
        }
        (id::CREATE_ITEMS_RESPONSE, Some(asked)) if asked.code == id::CREATE_ITEMS_REQUEST => {
            item_numbers(context.memory, &asked.parameters, parameters)
        }
        (id::REGISTER_NODES_RESPONSE, Some(asked)) if asked.code == id::REGISTER_NODES_REQUEST => {
            aliases(context.memory, session, &asked.parameters, parameters)
        }
        _ => Ok(()),
    };
}

/// Nodes of the server's own description whose values say who it is (OPC 10000-5 6.3).
fn read(context: &mut Context<'_>, asked: &[u8], results: &[u8], depth: u8) -> Result<(), Fault> {
    let (mut asked, mut results) = (Cursor::new(asked), Cursor::new(results));
    asked.f64_le("maxAge")?;
    asked.i32_le("timestampsToReturn")?;
    let count = length(&mut asked, "nodesToRead")?.unwrap_or(0);
    let count = count.min(length(&mut results, "results")?.unwrap_or(0));
    for _ in 0..count {
        let of = AttributeOf::read_value_id(&mut asked)?;
        let value = DataValue::read(&mut results, depth)?;
        if of.attribute == VALUE && of.index_range.is_none() && went_well(value.status()) {
            learn_value(context, of.node, &value, depth);
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
        let uris = variant.elements().filter_map(|uri| match uri {
            Scalar::Text(uri) => Some(text(uri)),
            _ => None,
        });
        context.memory.set_namespaces(uris);
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
                Some((340, body)) => (&server::BUILD_INFO, body),
                Some((864, body)) => (&server::SERVER_STATUS, body),
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

/// The server's numbers of created items.
fn item_numbers(memory: &mut Memory, asked: &[u8], results: &[u8]) -> Result<(), Fault> {
    let (mut asked, mut results) = (Cursor::new(asked), Cursor::new(results));
    let subscription = asked.u32_le("subscriptionId")?;
    asked.i32_le("timestampsToReturn")?;
    let count = length(&mut asked, "itemsToCreate")?.unwrap_or(0);
    let count = count.min(length(&mut results, "results")?.unwrap_or(0));
    for _ in 0..count {
        let create = CreateItem::read(&mut asked)?;
        let result = CreateResult::read(&mut results)?;
        if went_well(result.status) {
            memory.number_item(subscription, create.parameters.handle, result.item);
        }
    }
    Ok(())
}

/// Other names that the server gave to registered nodes.
fn aliases(memory: &mut Memory, session: Option<u32>, asked: &[u8], results: &[u8]) -> Result<(), Fault> {
    let (mut asked, mut results) = (Cursor::new(asked), Cursor::new(results));
    let count = length(&mut asked, "nodesToRegister")?.unwrap_or(0);
    let count = count.min(length(&mut results, "registeredNodeIds")?.unwrap_or(0));
    for _ in 0..count {
        let node = NodeId::read(&mut asked)?;
        let alias = NodeId::read(&mut results)?;
        memory.add_alias(session, node, alias);
    }
    Ok(())
}

/// What an answer ends or moves, once it was told.
pub(crate) fn after_response(context: &mut Context<'_>, message: &Application<'_>, asked: &Asked) {
    let well = message.result().is_some_and(went_well);
    if message.known_code() == id::PUBLISH_RESPONSE && message.fault.is_none() {
        ended_subscription(context.memory, message.parameters());
    }
    if asked.code == id::ACTIVATE_SESSION_REQUEST && !well {
        // Refused: nobody is logged on.
        if let Some(session) = context.memory.session_mut(asked.session) {
            session.user = None;
        }
    }
    if !well || message.fault.is_some() {
        return;
    }
    let _ = apply(context.memory, message, asked);
}

/// A subscription whose end is announced is over (OPC 10000-4 7.25.4).
fn ended_subscription(memory: &mut Memory, parameters: &[u8]) {
    let Ok(published) = Published::read(&mut Cursor::new(parameters)) else {
        return;
    };
    for object in published.notifications.iter() {
        if let Some((STATUS_CHANGE_ID, body)) = object.standard()
            && Cursor::new(body)
                .u32_le("status")
                .is_ok_and(|status| !went_well(status))
        {
            memory.remove_subscription(published.subscription);
        }
    }
}

/// Applies an accepted request that ends, moves or renames something.
fn apply(memory: &mut Memory, message: &Application<'_>, asked: &Asked) -> Result<(), Fault> {
    let mut request = Cursor::new(&asked.parameters);
    let mut results = Cursor::new(message.parameters());
    match (asked.code, message.known_code()) {
        (id::CLOSE_SESSION_REQUEST, id::CLOSE_SESSION_RESPONSE) => {
            let what = match request.u8("deleteSubscriptions")? {
                0 => Subscriptions::Kept,
                _ => Subscriptions::Deleted,
            };
            if let Some(session) = asked.session {
                memory.remove_session(session, what);
            }
        }
        (id::UNREGISTER_NODES_REQUEST, _) => {
            for _ in 0..length(&mut request, "nodesToUnregister")?.unwrap_or(0) {
                memory.remove_alias(asked.session, NodeId::read(&mut request)?);
            }
        }
        (id::DELETE_SUBSCRIPTIONS_REQUEST, id::DELETE_SUBSCRIPTIONS_RESPONSE) => {
            each_result(&mut request, &mut results, |id| memory.remove_subscription(id))?;
        }
        (id::DELETE_ITEMS_REQUEST, id::DELETE_ITEMS_RESPONSE) => {
            let subscription = request.u32_le("subscriptionId")?;
            each_result(&mut request, &mut results, |id| {
                memory.remove_item(subscription, id)
            })?;
        }
        (id::TRANSFER_REQUEST, id::TRANSFER_RESPONSE) => {
            let count = length(&mut request, "subscriptionIds")?.unwrap_or(0);
            let count = count.min(length(&mut results, "results")?.unwrap_or(0));
            for _ in 0..count {
                let subscription = request.u32_le("subscriptionIds")?;
                let status = results.u32_le("statusCode")?;
                let numbers = length(&mut results, "availableSequenceNumbers")?.unwrap_or(0);
                results.take((numbers as usize).saturating_mul(4), "availableSequenceNumbers")?;
                if went_well(status) {
                    memory.subscription_mut(subscription).owner = asked.session;
                }
            }
        }
        (id::MODIFY_ITEMS_REQUEST, id::MODIFY_ITEMS_RESPONSE) => {
            let subscription = request.u32_le("subscriptionId")?;
            request.i32_le("timestampsToReturn")?;
            for _ in 0..length(&mut request, "itemsToModify")?.unwrap_or(0) {
                let item = request.u32_le("monitoredItemId")?;
                let parameters = MonitoringParameters::read(&mut request)?;
                memory.rename_item(subscription, item, parameters.handle);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Pairs ids of the request with status codes of the answer; shows the ids that were accepted.
fn each_result(
    request: &mut Cursor<'_>,
    results: &mut Cursor<'_>,
    mut accepted: impl FnMut(u32),
) -> Result<(), Fault> {
    let count = length(request, "ids")?.unwrap_or(0);
    let count = count.min(length(results, "results")?.unwrap_or(0));
    for _ in 0..count {
        let id = request.u32_le("ids")?;
        if went_well(results.u32_le("results")?) {
            accepted(id);
        }
    }
    Ok(())
}
