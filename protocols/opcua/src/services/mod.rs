//! The services of OPC 10000-4: their type ids, names and layouts, one file for each service set.

pub(crate) mod attribute;
pub(crate) mod channel;
pub(crate) mod common;
pub(crate) mod discovery;
pub(crate) mod extensions;
pub(crate) mod method;
pub(crate) mod monitored_item;
pub(crate) mod secrets;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod subscription;
pub(crate) mod view;

use crate::grammar::Structure;

/// One service.
pub(crate) struct Service {
    /// Name in OPC 10000-4.
    pub(crate) name: &'static str,
    /// What a client sends.
    pub(crate) request: Side,
    /// What the server answers.
    pub(crate) response: Side,
}

/// One direction of a service.
pub(crate) struct Side {
    /// Numeric id of the binary encoding in namespace 0.
    pub(crate) code: u32,
    /// Name of the structure.
    pub(crate) name: &'static str,
    /// Layout of what follows the header; `None` where this version keeps the bytes as they are.
    pub(crate) parameters: Option<&'static Structure>,
}

/// What a message is to its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The client asks.
    Request,
    /// The server answers.
    Response,
    /// The server answers that the service failed.
    Fault,
}

/// Names a service, its two type ids and its two layouts.
macro_rules! services {
    ($($name:literal $request:literal $asked:expr, $response:literal $answered:expr;)*) => {
        /// Sorted by the type ids, of which no service's lie between those of another.
        pub(crate) static SERVICES: &[Service] = &[$(Service {
            name: $name,
            request: Side { code: $request, name: concat!($name, "Request"), parameters: $asked },
            response: Side { code: $response, name: concat!($name, "Response"), parameters: $answered },
        }),*];
    };
}

services! {
    "TestStack" 410 None, 413 None;
    "TestStackEx" 416 None, 419 None;
    "FindServers" 422 Some(&discovery::FIND_SERVERS_REQUEST), 425 Some(&discovery::FIND_SERVERS_RESPONSE);
    "GetEndpoints" 428 Some(&discovery::GET_ENDPOINTS_REQUEST), 431 Some(&discovery::GET_ENDPOINTS_RESPONSE);
    "RegisterServer" 437 None, 440 None;
    "OpenSecureChannel" 446 Some(&channel::OPEN_REQUEST), 449 Some(&channel::OPEN_RESPONSE);
    "CloseSecureChannel" 452 Some(&common::NOTHING), 455 Some(&common::NOTHING);
    "CreateSession" 461 Some(&session::CREATE_REQUEST), 464 Some(&session::CREATE_RESPONSE);
    "ActivateSession" 467 Some(&session::ACTIVATE_REQUEST), 470 Some(&session::ACTIVATE_RESPONSE);
    "CloseSession" 473 Some(&session::CLOSE_REQUEST), 476 Some(&common::NOTHING);
    "Cancel" 479 None, 482 None;
    "AddNodes" 488 None, 491 None;
    "AddReferences" 494 None, 497 None;
    "DeleteNodes" 500 None, 503 None;
    "DeleteReferences" 506 None, 509 None;
    "Browse" 527 Some(&view::BROWSE_REQUEST), 530 Some(&view::BROWSE_RESPONSE);
    "BrowseNext" 533 Some(&view::BROWSE_NEXT_REQUEST), 536 Some(&view::BROWSE_NEXT_RESPONSE);
    "TranslateBrowsePathsToNodeIds" 554 Some(&view::TRANSLATE_REQUEST), 557 Some(&view::TRANSLATE_RESPONSE);
    "RegisterNodes" 560 Some(&view::REGISTER_REQUEST), 563 Some(&view::REGISTER_RESPONSE);
    "UnregisterNodes" 566 Some(&view::UNREGISTER_REQUEST), 569 Some(&common::NOTHING);
    "QueryFirst" 615 None, 618 None;
    "QueryNext" 621 None, 624 None;
    "Read" 631 Some(&attribute::READ_REQUEST), 634 Some(&attribute::READ_RESPONSE);
    "HistoryRead" 664 None, 667 None;
    "Write" 673 Some(&attribute::WRITE_REQUEST), 676 Some(&attribute::WRITE_RESPONSE);
    "HistoryUpdate" 700 None, 703 None;
    "Call" 712 Some(&method::CALL_REQUEST), 715 Some(&method::CALL_RESPONSE);
    "CreateMonitoredItems" 751 Some(&monitored_item::CREATE_REQUEST), 754 Some(&monitored_item::CREATE_RESPONSE);
    "ModifyMonitoredItems" 763 Some(&monitored_item::MODIFY_REQUEST), 766 Some(&monitored_item::MODIFY_RESPONSE);
    "SetMonitoringMode" 769 Some(&monitored_item::SET_MODE_REQUEST), 772 Some(&monitored_item::SET_MODE_RESPONSE);
    "SetTriggering" 775 None, 778 None;
    "DeleteMonitoredItems" 781 Some(&monitored_item::DELETE_REQUEST), 784 Some(&monitored_item::DELETE_RESPONSE);
    "CreateSubscription" 787 Some(&subscription::CREATE_REQUEST), 790 Some(&subscription::CREATE_RESPONSE);
    "ModifySubscription" 793 Some(&subscription::MODIFY_REQUEST), 796 Some(&subscription::MODIFY_RESPONSE);
    "SetPublishingMode" 799 Some(&subscription::SET_PUBLISHING_REQUEST), 802 Some(&subscription::SET_PUBLISHING_RESPONSE);
    "Publish" 826 Some(&subscription::PUBLISH_REQUEST), 829 Some(&subscription::PUBLISH_RESPONSE);
    "Republish" 832 Some(&subscription::REPUBLISH_REQUEST), 835 Some(&subscription::REPUBLISH_RESPONSE);
    "TransferSubscriptions" 841 Some(&subscription::TRANSFER_REQUEST), 844 Some(&subscription::TRANSFER_RESPONSE);
    "DeleteSubscriptions" 847 Some(&subscription::DELETE_REQUEST), 850 Some(&subscription::DELETE_RESPONSE);
    "FindServersOnNetwork" 12208 None, 12209 None;
    "RegisterServer2" 12211 None, 12212 None;
}

/// The answer to any request that failed as a whole (OPC 10000-4 7.34).
pub(crate) static SERVICE_FAULT: Service = Service {
    name: "ServiceFault",
    request: Side {
        code: 0,
        name: "",
        parameters: None,
    },
    response: Side {
        code: 397,
        name: "ServiceFault",
        parameters: Some(&common::NOTHING),
    },
};

/// The type ids that decoding itself asks for.
pub(crate) mod id {
    pub(crate) const OPEN_REQUEST: u32 = 446;
    pub(crate) const OPEN_RESPONSE: u32 = 449;
    pub(crate) const GET_ENDPOINTS_RESPONSE: u32 = 431;
    pub(crate) const CREATE_SESSION_REQUEST: u32 = 461;
    pub(crate) const CREATE_SESSION_RESPONSE: u32 = 464;
    pub(crate) const ACTIVATE_SESSION_REQUEST: u32 = 467;
    pub(crate) const CLOSE_SESSION_REQUEST: u32 = 473;
    pub(crate) const CLOSE_SESSION_RESPONSE: u32 = 476;
    pub(crate) const BROWSE_REQUEST: u32 = 527;
    pub(crate) const BROWSE_RESPONSE: u32 = 530;
    pub(crate) const BROWSE_NEXT_RESPONSE: u32 = 536;
    pub(crate) const TRANSLATE_REQUEST: u32 = 554;
    pub(crate) const TRANSLATE_RESPONSE: u32 = 557;
    pub(crate) const REGISTER_NODES_REQUEST: u32 = 560;
    pub(crate) const REGISTER_NODES_RESPONSE: u32 = 563;
    pub(crate) const UNREGISTER_NODES_REQUEST: u32 = 566;
    pub(crate) const READ_REQUEST: u32 = 631;
    pub(crate) const READ_RESPONSE: u32 = 634;
    pub(crate) const WRITE_REQUEST: u32 = 673;
    pub(crate) const WRITE_RESPONSE: u32 = 676;
    pub(crate) const CALL_REQUEST: u32 = 712;
    pub(crate) const CALL_RESPONSE: u32 = 715;
    pub(crate) const CREATE_ITEMS_REQUEST: u32 = 751;
    pub(crate) const CREATE_ITEMS_RESPONSE: u32 = 754;
    pub(crate) const MODIFY_ITEMS_REQUEST: u32 = 763;
    pub(crate) const MODIFY_ITEMS_RESPONSE: u32 = 766;
    pub(crate) const SET_MONITORING_MODE_REQUEST: u32 = 769;
    pub(crate) const SET_MONITORING_MODE_RESPONSE: u32 = 772;
    pub(crate) const DELETE_ITEMS_REQUEST: u32 = 781;
    pub(crate) const DELETE_ITEMS_RESPONSE: u32 = 784;
    pub(crate) const CREATE_SUBSCRIPTION_REQUEST: u32 = 787;
    pub(crate) const CREATE_SUBSCRIPTION_RESPONSE: u32 = 790;
    pub(crate) const MODIFY_SUBSCRIPTION_REQUEST: u32 = 793;
    pub(crate) const SET_PUBLISHING_MODE_REQUEST: u32 = 799;
    pub(crate) const SET_PUBLISHING_MODE_RESPONSE: u32 = 802;
    pub(crate) const PUBLISH_REQUEST: u32 = 826;
    pub(crate) const PUBLISH_RESPONSE: u32 = 829;
    pub(crate) const REPUBLISH_REQUEST: u32 = 832;
    pub(crate) const REPUBLISH_RESPONSE: u32 = 835;
    pub(crate) const TRANSFER_REQUEST: u32 = 841;
    pub(crate) const TRANSFER_RESPONSE: u32 = 844;
    pub(crate) const DELETE_SUBSCRIPTIONS_REQUEST: u32 = 847;
    pub(crate) const DELETE_SUBSCRIPTIONS_RESPONSE: u32 = 850;
    pub(crate) const SERVICE_FAULT: u32 = 397;
}

/// The service of a type id, and which side of it.
pub(crate) fn find(code: u32) -> Option<(&'static Service, Role)> {
    if code == id::SERVICE_FAULT {
        return Some((&SERVICE_FAULT, Role::Fault));
    }
    let at = SERVICES.partition_point(|service| service.response.code < code);
    let service = SERVICES.get(at)?;
    if service.request.code == code {
        Some((service, Role::Request))
    } else if service.response.code == code {
        Some((service, Role::Response))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;

    #[test]
    fn every_service_is_found_by_both_ids_and_named_as_the_public_list_does() {
        for service in SERVICES {
            for (side, role) in [
                (&service.request, Role::Request),
                (&service.response, Role::Response),
            ] {
                let (found, found_role) = find(side.code).unwrap();
                assert_eq!((found.name, found_role), (service.name, role));
                // The two test services were taken out of the list.
                if !service.name.starts_with("TestStack") {
                    assert_eq!(names::encoding(side.code), Some(side.name));
                }
                if let Some(parameters) = side.parameters.filter(|parameters| !parameters.name.is_empty()) {
                    assert_eq!(parameters.name, side.name);
                }
            }
        }
        assert!(find(811).is_none());
        assert!(find(u32::MAX).is_none());
    }
}
