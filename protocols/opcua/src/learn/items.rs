//! What subscriptions watch, and under which names clients know nodes.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use tapglass_proto::Cursor;

use super::went_well;
use crate::application::Application;
use crate::fault::Fault;
use crate::memory::{Item, Memory, Subscriptions};
use crate::pending::Asked;
use crate::services::id;
use crate::services::monitored_item::{CreateItem, CreateResult, MonitoringParameters};
use crate::services::subscription::{Published, STATUS_CHANGE_ID};
use crate::types::{ExtensionObject, NodeId, bytes, length, text};

/// Fields of an event that are remembered.
const MOST_FIELDS: usize = 256;

/// Client handles count from the request on: notifications may come before its answer (OPC 10000-4 5.13.2.1).
pub(super) fn items(memory: &mut Memory, session: Option<u32>, parameters: &[u8]) -> Result<(), Fault> {
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
            let mut path = String::new();
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
                // The condition's own NodeId is selected so (OPC 10000-9 5.5.2).
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

/// The server's numbers of created items.
pub(super) fn item_numbers(memory: &mut Memory, asked: &[u8], results: &[u8]) -> Result<(), Fault> {
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
pub(super) fn aliases(
    memory: &mut Memory,
    session: Option<u32>,
    asked: &[u8],
    results: &[u8],
) -> Result<(), Fault> {
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

/// A subscription whose end is announced is over (OPC 10000-4 7.25.4).
pub(super) fn ended_subscription(memory: &mut Memory, parameters: &[u8]) {
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
pub(super) fn apply(memory: &mut Memory, message: &Application<'_>, asked: &Asked) -> Result<(), Fault> {
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
