//! What a person should know of an operation beside its points.

use alloc::string::String;
use core::fmt::Write as _;

use tapglass_proto::Cursor;

use crate::application::Application;
use crate::fault::Fault;
use crate::learn;
use crate::services::method::MethodCall;
use crate::services::{id, session};
use crate::types::{Scalar, length, text};

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
        | id::MODIFY_SUBSCRIPTION_REQUEST => one_subscription(parameters, &mut out),
        id::SET_PUBLISHING_MODE_REQUEST => subscriptions(parameters.get(1..).unwrap_or_default(), &mut out),
        id::DELETE_SUBSCRIPTIONS_REQUEST | id::TRANSFER_REQUEST => subscriptions(parameters, &mut out),
        // FindServers, GetEndpoints
        422 | 428 => {
            let endpoint = crate::types::bytes(&mut Cursor::new(parameters), "endpointUrl");
            out.push_str(text(endpoint.ok().flatten()));
            Ok(())
        }
        // AddNodes to DeleteReferences, HistoryUpdate and what else is not decoded: its name says what it is.
        _ if !message.is_decoded() => {
            out.push_str(message.service.map_or("", |service| service.name));
            Ok(())
        }
        _ => Ok(()),
    };
    out
}

fn created(parameters: &[u8], depth: u8, out: &mut String) -> Result<(), Fault> {
    session::CREATE_REQUEST.each(
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
