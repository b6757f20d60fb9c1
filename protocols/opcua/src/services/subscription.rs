//! Subscription service set (OPC 10000-4 5.14); notifications, the hot path, also as plain readers.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::grammar::{
    BOOLEAN, BYTE, DATA_VALUE, DATE_TIME, DIAGNOSTIC_INFO, DOUBLE, EXTENSION_OBJECT, Kind, STATUS_CODE,
    UINT32, VARIANT, structure,
};
use crate::services::common::{DIAGNOSTIC_INFOS, RESULTS};
use crate::types::{DateTime, ExtensionObject, length};

structure!(CREATE_REQUEST "CreateSubscriptionRequest" "OPC 10000-4 5.14.2.2" {
    requestedPublishingInterval: DOUBLE,
    requestedLifetimeCount: UINT32,
    requestedMaxKeepAliveCount: UINT32,
    maxNotificationsPerPublish: UINT32,
    publishingEnabled: BOOLEAN,
    priority: BYTE,
});

structure!(CREATE_RESPONSE "CreateSubscriptionResponse" "OPC 10000-4 5.14.2.2" {
    subscriptionId: UINT32,
    revisedPublishingInterval: DOUBLE,
    revisedLifetimeCount: UINT32,
    revisedMaxKeepAliveCount: UINT32,
});

structure!(MODIFY_REQUEST "ModifySubscriptionRequest" "OPC 10000-4 5.14.3.2" {
    subscriptionId: UINT32,
    requestedPublishingInterval: DOUBLE,
    requestedLifetimeCount: UINT32,
    requestedMaxKeepAliveCount: UINT32,
    maxNotificationsPerPublish: UINT32,
    priority: BYTE,
});

structure!(MODIFY_RESPONSE "ModifySubscriptionResponse" "OPC 10000-4 5.14.3.2" {
    revisedPublishingInterval: DOUBLE,
    revisedLifetimeCount: UINT32,
    revisedMaxKeepAliveCount: UINT32,
});

structure!(SET_PUBLISHING_REQUEST "SetPublishingModeRequest" "OPC 10000-4 5.14.4.2" {
    publishingEnabled: BOOLEAN,
    subscriptionIds: Kind::Array(&UINT32),
});

structure!(SET_PUBLISHING_RESPONSE "SetPublishingModeResponse" "OPC 10000-4 5.14.4.2" {
    results: RESULTS,
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(ACKNOWLEDGEMENT "SubscriptionAcknowledgement" "" {
    subscriptionId: UINT32,
    sequenceNumber: UINT32,
});

structure!(PUBLISH_REQUEST "PublishRequest" "OPC 10000-4 5.14.5.2" {
    subscriptionAcknowledgements: Kind::Array(&Kind::Structure(&ACKNOWLEDGEMENT)),
});

structure!(NOTIFICATION_MESSAGE "NotificationMessage" "" {
    sequenceNumber: UINT32,
    publishTime: DATE_TIME,
    notificationData: Kind::Array(&EXTENSION_OBJECT),
});

structure!(PUBLISH_RESPONSE "PublishResponse" "OPC 10000-4 5.14.5.2" {
    subscriptionId: UINT32,
    availableSequenceNumbers: Kind::Array(&UINT32),
    moreNotifications: BOOLEAN,
    notificationMessage: Kind::Structure(&NOTIFICATION_MESSAGE),
    results: RESULTS,
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(REPUBLISH_REQUEST "RepublishRequest" "OPC 10000-4 5.14.6.2" {
    subscriptionId: UINT32,
    retransmitSequenceNumber: UINT32,
});

structure!(REPUBLISH_RESPONSE "RepublishResponse" "OPC 10000-4 5.14.6.2" {
    notificationMessage: Kind::Structure(&NOTIFICATION_MESSAGE),
});

structure!(TRANSFER_REQUEST "TransferSubscriptionsRequest" "OPC 10000-4 5.14.7.2" {
    subscriptionIds: Kind::Array(&UINT32),
    sendInitialValues: BOOLEAN,
});

structure!(TRANSFER_RESULT "TransferResult" "" {
    statusCode: STATUS_CODE,
    availableSequenceNumbers: Kind::Array(&UINT32),
});

structure!(TRANSFER_RESPONSE "TransferSubscriptionsResponse" "OPC 10000-4 5.14.7.2" {
    results: Kind::Array(&Kind::Structure(&TRANSFER_RESULT)),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(DELETE_REQUEST "DeleteSubscriptionsRequest" "OPC 10000-4 5.14.8.2" {
    subscriptionIds: Kind::Array(&UINT32),
});

structure!(DELETE_RESPONSE "DeleteSubscriptionsResponse" "OPC 10000-4 5.14.8.2" {
    results: RESULTS,
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(ITEM_NOTIFICATION "MonitoredItemNotification" "" {
    clientHandle: UINT32,
    value: DATA_VALUE,
});

structure!(DATA_CHANGE "DataChangeNotification" "OPC 10000-4 7.25.2" {
    monitoredItems: Kind::Array(&Kind::Structure(&ITEM_NOTIFICATION)),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(EVENT_FIELDS "EventFieldList" "" {
    clientHandle: UINT32,
    eventFields: Kind::Array(&VARIANT),
});

structure!(EVENTS "EventNotificationList" "OPC 10000-4 7.25.3" {
    events: Kind::Array(&Kind::Structure(&EVENT_FIELDS)),
});

structure!(STATUS_CHANGE "StatusChangeNotification" "OPC 10000-4 7.25.4" {
    status: STATUS_CODE,
    diagnosticInfo: DIAGNOSTIC_INFO,
});

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
    /// More notifications wait in the server.
    pub(crate) more: bool,
    /// The notifications.
    pub(crate) notifications: Notifications<'a>,
}

impl<'a> Published<'a> {
    /// Reads the parameters of a PublishResponse.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let subscription = cursor.u32_le("subscriptionId")?;
        Kind::Array(&UINT32).skip(cursor, 0)?;
        let more = cursor.u8("moreNotifications")? != 0;
        Ok(Self {
            subscription,
            more,
            notifications: Notifications::read(cursor)?,
        })
    }
}
