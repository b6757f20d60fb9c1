//! Subscription service set (OPC 10000-4 5.14); notifications, the hot path, also as plain readers.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::types::{DateTime, ExtensionObject, Numbers, length};

/// Binary encoding of DataChangeNotification.
pub(crate) const DATA_CHANGE_ID: u32 = 811;
/// Binary encoding of StatusChangeNotification.
pub(crate) const STATUS_CHANGE_ID: u32 = 820;
/// Binary encoding of EventNotificationList.
pub(crate) const EVENTS_ID: u32 = 916;

/// The notifications of one Publish or Republish response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notifications<'a> {
    /// The subscription's own sequence number.
    pub(crate) sequence: u32,
    /// When the server sent them, by its clock.
    pub(crate) time: DateTime,
    count: u32,
    bytes: &'a [u8],
}

impl<'a> Notifications<'a> {
    /// Reads a NotificationMessage.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let sequence = cursor.u32_le("sequenceNumber")?;
        let time = DateTime(cursor.i64_le("publishTime")?);
        let count = length(cursor, "notificationData")?.unwrap_or(0);
        let at = cursor.position();
        for _ in 0..count {
            ExtensionObject::read(cursor)?;
        }
        Ok(Self {
            sequence,
            time,
            count,
            bytes: cursor.since(at),
        })
    }

    /// The structures in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = ExtensionObject<'a>> + use<'a> {
        let mut cursor = Cursor::new(self.bytes);
        (0..self.count).map_while(move |_| ExtensionObject::read(&mut cursor).ok())
    }
}

/// The head of a Publish response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Published<'a> {
    /// The subscription.
    pub(crate) subscription: u32,
    /// Sequence numbers of notifications that were not acknowledged yet.
    pub(crate) available: Numbers<'a>,
    /// More notifications wait in the server.
    pub(crate) more: bool,
    /// The notifications.
    pub(crate) notifications: Notifications<'a>,
}

impl<'a> Published<'a> {
    /// Reads the parameters of a PublishResponse.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let subscription = cursor.u32_le("subscriptionId")?;
        let available = Numbers::read(cursor, "availableSequenceNumbers")?;
        let more = cursor.u8("moreNotifications")? != 0;
        Ok(Self {
            subscription,
            available,
            more,
            notifications: Notifications::read(cursor)?,
        })
    }
}
