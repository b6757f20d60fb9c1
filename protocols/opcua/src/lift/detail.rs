//! What a person should know of an operation beside its points.

use alloc::string::String;
use core::fmt::Write as _;

use tapglass_proto::Cursor;

use crate::application::Application;
use crate::fault::Fault;
use crate::r#gen as tables;
use crate::grammar::Structure;
use crate::learn;
use crate::services::id;
use crate::services::management::Change;
use crate::services::method::MethodCall;
use crate::types::{ExtensionObject, Scalar, length, text};

/// Methods of one call that are named; the rest is counted.
const MOST_METHODS: u32 = 8;

/// The detail of a request; empty when its points say everything.
pub(super) fn of(message: &Application<'_>, depth: u8) -> String {
    let mut out = String::new();
    let parameters = message.parameters();
    // A request that cannot be read to its end keeps what was read.
    let _ = match message.known_code() {
        id::CREATE_SESSION_REQUEST => created(parameters, depth, &mut out),
        id::ACTIVATE_SESSION_REQUEST => {
            let user = learn::user_of(parameters, depth);
            let _ = write!(out, "user {}", user.as_deref().unwrap_or("unknown"));
            Ok(())
        }
        id::CALL_REQUEST => calls(parameters, depth, &mut out),
        id::CREATE_ITEMS_REQUEST
        | id::MODIFY_ITEMS_REQUEST
        | id::DELETE_ITEMS_REQUEST
        | id::SET_MONITORING_MODE_REQUEST
        | id::SET_TRIGGERING_REQUEST
        | id::MODIFY_SUBSCRIPTION_REQUEST => one_subscription(parameters, &mut out),
        id::SET_PUBLISHING_MODE_REQUEST => subscriptions(parameters.get(1..).unwrap_or_default(), &mut out),
        id::DELETE_SUBSCRIPTIONS_REQUEST | id::TRANSFER_REQUEST => subscriptions(parameters, &mut out),
        id::FIND_SERVERS_REQUEST | id::GET_ENDPOINTS_REQUEST => {
            let endpoint = crate::types::bytes(&mut Cursor::new(parameters), "endpointUrl");
            out.push_str(text(endpoint.ok().flatten()));
            Ok(())
        }
        id::HISTORY_UPDATE_REQUEST => updates(parameters, &mut out),
        id::ADD_NODES_REQUEST => added(parameters, depth, &mut out),
        id::ADD_REFERENCES_REQUEST
        | id::DELETE_NODES_REQUEST
        | id::DELETE_REFERENCES_REQUEST
        | id::REGISTER_SERVER_REQUEST
        | id::REGISTER_SERVER_2_REQUEST => {
            out.push_str(message.service.map_or("", |service| service.name));
            Ok(())
        }
        id::CANCEL_REQUEST => {
            let handle = Cursor::new(parameters).u32_le("requestHandle");
            let _ = write!(out, "Cancel of requests with handle {}", handle.unwrap_or(0));
            Ok(())
        }
        _ => Ok(()),
    };
    out
}

fn created(parameters: &[u8], depth: u8, out: &mut String) -> Result<(), Fault> {
    Structure::Parameters(tables::CREATE_SESSION_REQUEST).each(
        &mut Cursor::new(parameters),
        depth,
        &mut |owner, member, value| {
            if let ("CreateSessionRequest", "sessionName", Scalar::Text(name)) = (owner, member, value) {
                let _ = write!(out, "session {}", text(name));
            }
        },
    )
}

fn calls(parameters: &[u8], depth: u8, out: &mut String) -> Result<(), Fault> {
    let mut cursor = Cursor::new(parameters);
    let count = length(&mut cursor, "methodsToCall")?.unwrap_or(0);
    for place in 0..count {
        let call = MethodCall::read(&mut cursor, depth)?;
        if place >= MOST_METHODS {
            let _ = write!(out, "; and {} more", count - place);
            break;
        }
        let between = if place > 0 { "; " } else { "" };
        let (method, object, arguments) = (call.method, call.object, call.arguments.len());
        let _ = write!(out, "{between}method {method} of {object}, {arguments} arguments");
    }
    Ok(())
}

/// What is done to the past of how many nodes.
fn updates(parameters: &[u8], out: &mut String) -> Result<(), Fault> {
    let mut cursor = Cursor::new(parameters);
    out.push_str("HistoryUpdate");
    let count = length(&mut cursor, "historyUpdateDetails")?.unwrap_or(0);
    for place in 0..count.min(MOST_METHODS) {
        let details = ExtensionObject::read(&mut cursor)?;
        let between = if place > 0 { "," } else { ":" };
        let _ = match details.name() {
            Some(name) => write!(out, "{between} {name}"),
            None => write!(out, "{between} {}", details.type_id),
        };
    }
    if count > MOST_METHODS {
        let _ = write!(out, " and {} more", count - MOST_METHODS);
    }
    Ok(())
}

/// The names of new nodes.
fn added(parameters: &[u8], depth: u8, out: &mut String) -> Result<(), Fault> {
    let mut cursor = Cursor::new(parameters);
    out.push_str("AddNodes");
    let count = length(&mut cursor, "nodesToAdd")?.unwrap_or(0);
    for place in 0..count.min(MOST_METHODS) {
        let change = Change::read(&mut cursor, id::ADD_NODES_REQUEST, depth)?;
        let between = if place > 0 { "," } else { ":" };
        let _ = write!(out, "{between} {}", text(change.name));
    }
    if count > MOST_METHODS {
        let _ = write!(out, " and {} more", count - MOST_METHODS);
    }
    Ok(())
}

fn one_subscription(parameters: &[u8], out: &mut String) -> Result<(), Fault> {
    let subscription = Cursor::new(parameters).u32_le("subscriptionId")?;
    let _ = write!(out, "subscription {subscription}");
    Ok(())
}

fn subscriptions(parameters: &[u8], out: &mut String) -> Result<(), Fault> {
    let mut cursor = Cursor::new(parameters);
    let count = length(&mut cursor, "subscriptionIds")?.unwrap_or(0);
    out.push_str("subscription");
    for place in 0..count.min(MOST_METHODS) {
        let between = if place > 0 { "," } else { "" };
        let _ = write!(out, "{between} {}", cursor.u32_le("subscriptionIds")?);
    }
    if count > MOST_METHODS {
        let _ = write!(out, " and {} more", count - MOST_METHODS);
    }
    Ok(())
}
