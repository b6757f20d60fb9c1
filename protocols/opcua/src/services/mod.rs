//! The services of OPC 10000-4: their type ids and names, and plain readers for those that are used most.

pub(crate) mod attribute;
pub(crate) mod common;
pub(crate) mod extensions;
pub(crate) mod history;
pub(crate) mod management;
pub(crate) mod method;
pub(crate) mod monitored_item;
pub(crate) mod secrets;
pub(crate) mod subscription;

use crate::grammar::Structure;
use crate::standard;

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
#[derive(Clone)]
pub(crate) struct Side {
    /// Numeric id of the binary encoding in namespace 0.
    pub(crate) code: u32,
    /// Name of the structure.
    pub(crate) name: &'static str,
}

impl Side {
    /// Layout of what follows the header.
    pub(crate) fn parameters(&self) -> Option<Structure<'static>> {
        standard::structure(self.code).map(Structure::parameters)
    }
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

/// Names a service and its two type ids.
macro_rules! services {
    ($($name:literal $request:literal $response:literal;)*) => {
        /// Sorted by the type ids, of which no service's lie between those of another.
        pub(crate) static SERVICES: &[Service] = &[$(Service {
            name: $name,
            request: Side { code: $request, name: concat!($name, "Request") },
            response: Side { code: $response, name: concat!($name, "Response") },
        }),*];
    };
}

services! {
    "TestStack" 410 413;
    "TestStackEx" 416 419;
    "FindServers" 422 425;
    "GetEndpoints" 428 431;
    "RegisterServer" 437 440;
    "OpenSecureChannel" 446 449;
    "CloseSecureChannel" 452 455;
    "CreateSession" 461 464;
    "ActivateSession" 467 470;
    "CloseSession" 473 476;
    "Cancel" 479 482;
    "AddNodes" 488 491;
    "AddReferences" 494 497;
    "DeleteNodes" 500 503;
    "DeleteReferences" 506 509;
    "Browse" 527 530;
    "BrowseNext" 533 536;
    "TranslateBrowsePathsToNodeIds" 554 557;
    "RegisterNodes" 560 563;
    "UnregisterNodes" 566 569;
    "QueryFirst" 615 618;
    "QueryNext" 621 624;
    "Read" 631 634;
    "HistoryRead" 664 667;
    "Write" 673 676;
    "HistoryUpdate" 700 703;
    "Call" 712 715;
    "CreateMonitoredItems" 751 754;
    "ModifyMonitoredItems" 763 766;
    "SetMonitoringMode" 769 772;
    "SetTriggering" 775 778;
    "DeleteMonitoredItems" 781 784;
    "CreateSubscription" 787 790;
    "ModifySubscription" 793 796;
    "SetPublishingMode" 799 802;
    "Publish" 826 829;
    "Republish" 832 835;
    "TransferSubscriptions" 841 844;
    "DeleteSubscriptions" 847 850;
    "FindServersOnNetwork" 12208 12209;
    "RegisterServer2" 12211 12212;
}

/// The answer to any request that failed as a whole (OPC 10000-4 7.34).
pub(crate) static SERVICE_FAULT: Service = Service {
    name: "ServiceFault",
    request: Side { code: 0, name: "" },
    response: Side {
        code: 397,
        name: "ServiceFault",
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
    pub(crate) const FIND_SERVERS_REQUEST: u32 = 422;
    pub(crate) const GET_ENDPOINTS_REQUEST: u32 = 428;
    pub(crate) const REGISTER_SERVER_REQUEST: u32 = 437;
    pub(crate) const CANCEL_REQUEST: u32 = 479;
    pub(crate) const ADD_NODES_REQUEST: u32 = 488;
    pub(crate) const ADD_NODES_RESPONSE: u32 = 491;
    pub(crate) const ADD_REFERENCES_REQUEST: u32 = 494;
    pub(crate) const ADD_REFERENCES_RESPONSE: u32 = 497;
    pub(crate) const DELETE_NODES_REQUEST: u32 = 500;
    pub(crate) const DELETE_NODES_RESPONSE: u32 = 503;
    pub(crate) const DELETE_REFERENCES_REQUEST: u32 = 506;
    pub(crate) const DELETE_REFERENCES_RESPONSE: u32 = 509;
    pub(crate) const BROWSE_NEXT_REQUEST: u32 = 533;
    pub(crate) const QUERY_FIRST_REQUEST: u32 = 615;
    pub(crate) const QUERY_NEXT_REQUEST: u32 = 621;
    pub(crate) const HISTORY_READ_REQUEST: u32 = 664;
    pub(crate) const HISTORY_READ_RESPONSE: u32 = 667;
    pub(crate) const HISTORY_UPDATE_REQUEST: u32 = 700;
    pub(crate) const HISTORY_UPDATE_RESPONSE: u32 = 703;
    pub(crate) const SET_TRIGGERING_REQUEST: u32 = 775;
    pub(crate) const SET_TRIGGERING_RESPONSE: u32 = 778;
    pub(crate) const FIND_SERVERS_ON_NETWORK_REQUEST: u32 = 12_208;
    pub(crate) const REGISTER_SERVER_2_REQUEST: u32 = 12_211;
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
    use tapglass_proto::Cursor;

    #[test]
    fn every_service_is_found_by_both_ids_and_named_as_the_public_list_does() {
        for service in SERVICES {
            for (side, role) in [
                (&service.request, Role::Request),
                (&service.response, Role::Response),
            ] {
                let (found, found_role) = find(side.code).unwrap();
                assert_eq!((found.name, found_role), (service.name, role));
                assert_eq!(names::encoding(side.code), Some(side.name));
                let mut members = standard::structure(side.code)
                    .unwrap()
                    .members(&mut Cursor::new(&[]))
                    .unwrap();
                let header = members.next().unwrap().name;
                assert_eq!(
                    header,
                    if role == Role::Request {
                        "requestHeader"
                    } else {
                        "responseHeader"
                    }
                );
            }
        }
        assert!(find(811).is_none());
        assert!(find(u32::MAX).is_none());
    }
}
