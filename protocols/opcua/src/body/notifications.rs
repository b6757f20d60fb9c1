//! Notifications as items: each with the node that its client handle stands for.

use tapglass_proto::Cursor;
use tapglass_proto::json::Writer;

use super::value::{self, Show};
use crate::fault::Fault;
use crate::memory::Item;
use crate::services::method::Arguments;
use crate::services::subscription::{DATA_CHANGE_ID, EVENTS_ID, Notifications, Published, STATUS_CHANGE_ID};
use crate::types::{DataValue, DiagnosticInfo, Numbers, length};

/// Writes the parameters of a PublishResponse.
pub(super) fn published(out: &mut Writer<'_>, show: Show<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    let published = Published::read(cursor)?;
    out.key("subscription").u64(u64::from(published.subscription));
    if published.more {
        out.key("more").bool(true);
    }
    value::numbers(out, "available_notifications", published.available);
    all(out, show, Some(published.subscription), &published.notifications);
    // What became of the acknowledgements of the request.
    value::codes(out, "acknowledged", Numbers::read(cursor, "results")?);
    value::diagnostics(out, "diagnostics", cursor, show);
    Ok(())
}

/// Writes a NotificationMessage of a subscription.
pub(super) fn message(
    out: &mut Writer<'_>,
    show: Show<'_>,
    subscription: Option<u32>,
    cursor: &mut Cursor<'_>,
) -> Result<(), Fault> {
    if let Some(subscription) = subscription {
        out.key("subscription").u64(u64::from(subscription));
    }
    let notifications = Notifications::read(cursor)?;
    all(out, show, subscription, &notifications);
    Ok(())
}

fn all(out: &mut Writer<'_>, show: Show<'_>, subscription: Option<u32>, notifications: &Notifications<'_>) {
    out.key("notification").u64(u64::from(notifications.sequence));
    if !notifications.time.is_null() {
        out.key("published").display(notifications.time);
    }
    let subscription = subscription.and_then(|id| show.memory.subscription(id));
    let item = |handle| subscription.and_then(|known| known.items.get(&handle));
    out.key("items").array(|out| {
        for object in notifications.iter() {
            let Some((kind, body)) = object.standard() else {
                out.object(|out| {
                    out.key("notification");
                    value::extension(out, &object, show);
                });
                continue;
            };
            let mut cursor = Cursor::new(body);
            // What breaks off was reported as malformed; the items before it stand.
            let _ = match kind {
                DATA_CHANGE_ID => changes(out, &mut cursor, &item, show),
                EVENTS_ID => events(out, &mut cursor, &item, show),
                STATUS_CHANGE_ID => status_change(out, &mut cursor, show),
                _ => {
                    out.object(|out| {
                        out.key("notification");
                        value::extension(out, &object, show);
                    });
                    Ok(())
                }
            };
        }
    });
}

fn named(out: &mut Writer<'_>, show: Show<'_>, handle: u32, item: Option<&Item>) {
    out.key("client_handle").u64(u64::from(handle));
    if let Some(item) = item {
        value::item_node(out, show, item.node.lend());
        value::attribute(out, item.attribute);
    }
}

fn changes<'m>(
    out: &mut Writer<'_>,
    cursor: &mut Cursor<'_>,
    item: &dyn Fn(u32) -> Option<&'m Item>,
    show: Show<'_>,
) -> Result<(), Fault> {
    for _ in 0..length(cursor, "monitoredItems")?.unwrap_or(0) {
        let handle = cursor.u32_le("clientHandle")?;
        let changed = DataValue::read(cursor, show.depth)?;
        out.object(|out| {
            named(out, show, handle, item(handle));
            value::data_value(out, &changed, show);
        });
    }
    Ok(())
}

fn events<'m>(
    out: &mut Writer<'_>,
    cursor: &mut Cursor<'_>,
    item: &dyn Fn(u32) -> Option<&'m Item>,
    show: Show<'_>,
) -> Result<(), Fault> {
    for _ in 0..length(cursor, "events")?.unwrap_or(0) {
        let handle = cursor.u32_le("clientHandle")?;
        let fields = Arguments::read(cursor, show.depth)?;
        out.object(|out| {
            let item = item(handle);
            named(out, show, handle, item);
            out.key("event").array(|out| {
                for (place, field) in fields.iter().enumerate() {
                    out.object(|out| {
                        if let Some(name) = item.and_then(|item| item.fields.get(place)) {
                            out.key("field").string(name);
                        }
                        value::variant(out, &field, show);
                    });
                }
            });
        });
    }
    Ok(())
}

/// The subscription itself says that it ends or was transferred (OPC 10000-4 7.25.4).
fn status_change(out: &mut Writer<'_>, cursor: &mut Cursor<'_>, show: Show<'_>) -> Result<(), Fault> {
    let code = cursor.u32_le("status")?;
    out.object(|out| {
        out.key("notification").string("StatusChange");
        value::status(out, code);
        if let Ok(info) = DiagnosticInfo::read(cursor, show.depth)
            && !info.is_empty()
        {
            out.key("diagnostic");
            value::diagnostic(out, &info, show);
        }
    });
    Ok(())
}
