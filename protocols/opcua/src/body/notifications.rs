//! Notifications as items: each with the node that its client handle stands for.

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::value;
use crate::fault::Fault;
use crate::memory::{Item, Memory};
use crate::services::method::Arguments;
use crate::services::subscription::{DATA_CHANGE_ID, EVENTS_ID, Notifications, Published, STATUS_CHANGE_ID};
use crate::types::{DataValue, length};

/// Writes the parameters of a PublishResponse.
pub(super) fn published(
    out: &mut Writer<'_>,
    memory: &Memory,
    cursor: &mut Cursor<'_>,
    depth: u8,
) -> Result<(), Fault> {
    let published = Published::read(cursor)?;
    out.key("subscription").u64(u64::from(published.subscription));
    if published.more {
        out.key("more").bool(true);
    }
    all(
        out,
        memory,
        Some(published.subscription),
        &published.notifications,
        depth,
    );
    Ok(())
}

/// Writes a NotificationMessage of a subscription.
pub(super) fn message(
    out: &mut Writer<'_>,
    memory: &Memory,
    subscription: Option<u32>,
    cursor: &mut Cursor<'_>,
    depth: u8,
) -> Result<(), Fault> {
    if let Some(subscription) = subscription {
        out.key("subscription").u64(u64::from(subscription));
    }
    let notifications = Notifications::read(cursor)?;
    all(out, memory, subscription, &notifications, depth);
    Ok(())
}

fn all(
    out: &mut Writer<'_>,
    memory: &Memory,
    subscription: Option<u32>,
    notifications: &Notifications<'_>,
    depth: u8,
) {
    out.key("notification").u64(u64::from(notifications.sequence));
    if !notifications.time.is_null() {
        out.key("published").display(notifications.time);
    }
    let subscription = subscription.and_then(|id| memory.subscription(id));
    let item = |handle| subscription.and_then(|known| known.items.get(&handle));
    out.key("items").array(|out| {
        for object in notifications.iter() {
            let Some((kind, body)) = object.standard() else {
                out.object(|out| {
                    out.key("notification");
                    value::extension(out, &object, depth);
                });
                continue;
            };
            let mut cursor = Cursor::new(body);
            // What breaks off was reported as malformed; the items before it stand.
            let _ = match kind {
                DATA_CHANGE_ID => changes(out, &mut cursor, &item, depth),
                EVENTS_ID => events(out, &mut cursor, &item, depth),
                STATUS_CHANGE_ID => status_change(out, &mut cursor),
                _ => {
                    out.object(|out| {
                        out.key("notification");
                        value::extension(out, &object, depth);
                    });
                    Ok(())
                }
            };
        }
    });
}

fn named(out: &mut Writer<'_>, handle: u32, item: Option<&Item>) {
    out.key("client_handle").u64(u64::from(handle));
    if let Some(item) = item {
        value::node(out, "node", item.node.lend());
        value::attribute(out, item.attribute);
    }
}

fn changes<'m>(
    out: &mut Writer<'_>,
    cursor: &mut Cursor<'_>,
    item: &dyn Fn(u32) -> Option<&'m Item>,
    depth: u8,
) -> Result<(), Fault> {
    for _ in 0..length(cursor, "monitoredItems")?.unwrap_or(0) {
        let handle = cursor.u32_le("clientHandle")?;
        let changed = DataValue::read(cursor, depth)?;
        out.object(|out| {
            named(out, handle, item(handle));
            value::data_value(out, &changed, depth);
        });
    }
    Ok(())
}

fn events<'m>(
    out: &mut Writer<'_>,
    cursor: &mut Cursor<'_>,
    item: &dyn Fn(u32) -> Option<&'m Item>,
    depth: u8,
) -> Result<(), Fault> {
    for _ in 0..length(cursor, "events")?.unwrap_or(0) {
        let handle = cursor.u32_le("clientHandle")?;
        let fields = Arguments::read(cursor, depth)?;
        out.object(|out| {
            let item = item(handle);
            named(out, handle, item);
            out.key("event").array(|out| {
                for (place, field) in fields.iter().enumerate() {
                    out.object(|out| {
                        if let Some(name) = item.and_then(|item| item.fields.get(place)) {
                            out.key("field").string(name);
                        }
                        value::variant(out, &field, depth);
                    });
                }
            });
        });
    }
    Ok(())
}

/// The subscription itself says that it ends or was transferred (OPC 10000-4 7.25.4).
fn status_change(out: &mut Writer<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let code = cursor.u32_le("status")?;
    out.object(|out| {
        out.key("notification").string("StatusChange");
        value::status(out, code);
    });
    Ok(())
}
