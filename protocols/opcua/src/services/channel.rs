//! SecureChannel service set (OPC 10000-4 5.6).

use crate::grammar::{DATE_TIME, Kind, UINT32, structure};
use crate::services::discovery::SECURITY_MODE;

structure!(OPEN_REQUEST "OpenSecureChannelRequest" "OPC 10000-4 5.6.2.2" {
    clientProtocolVersion: UINT32,
    requestType: Kind::Enumeration(&["Issue", "Renew"]),
    securityMode: SECURITY_MODE,
    clientNonce: Kind::Secret,
    requestedLifetime: UINT32,
});

structure!(SECURITY_TOKEN "ChannelSecurityToken" "" {
    channelId: UINT32,
    tokenId: UINT32,
    createdAt: DATE_TIME,
    revisedLifetime: UINT32,
});

structure!(OPEN_RESPONSE "OpenSecureChannelResponse" "OPC 10000-4 5.6.2.2" {
    serverProtocolVersion: UINT32,
    securityToken: Kind::Structure(&SECURITY_TOKEN),
    serverNonce: Kind::Secret,
});
