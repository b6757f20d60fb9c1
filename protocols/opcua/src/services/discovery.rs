//! Discovery service set (OPC 10000-4 5.5).

use crate::grammar::{BYTE, Kind, LOCALIZED_TEXT, STRING, structure};

structure!(APPLICATION_DESCRIPTION "ApplicationDescription" "OPC 10000-4 7.2" {
    applicationUri: STRING,
    productUri: STRING,
    applicationName: LOCALIZED_TEXT,
    applicationType: Kind::Enumeration(&["Server", "Client", "ClientAndServer", "DiscoveryServer"]),
    gatewayServerUri: STRING,
    discoveryProfileUri: STRING,
    discoveryUrls: Kind::Array(&STRING),
});

structure!(USER_TOKEN_POLICY "UserTokenPolicy" "" {
    policyId: STRING,
    tokenType: Kind::Enumeration(&["Anonymous", "UserName", "Certificate", "IssuedToken"]),
    issuedTokenType: STRING,
    issuerEndpointUrl: STRING,
    securityPolicyUri: STRING,
});

structure!(ENDPOINT_DESCRIPTION "EndpointDescription" "OPC 10000-4 7.14" {
    endpointUrl: STRING,
    server: Kind::Structure(&APPLICATION_DESCRIPTION),
    serverCertificate: Kind::Certificate,
    securityMode: SECURITY_MODE,
    securityPolicyUri: STRING,
    userIdentityTokens: Kind::Array(&Kind::Structure(&USER_TOKEN_POLICY)),
    transportProfileUri: STRING,
    securityLevel: BYTE,
});

/// How messages are protected (OPC 10000-4 7.20).
pub(crate) const SECURITY_MODE: Kind = Kind::Enumeration(&["Invalid", "None", "Sign", "SignAndEncrypt"]);

structure!(FIND_SERVERS_REQUEST "FindServersRequest" "OPC 10000-4 5.5.2.2" {
    endpointUrl: STRING,
    localeIds: Kind::Array(&STRING),
    serverUris: Kind::Array(&STRING),
});

structure!(FIND_SERVERS_RESPONSE "FindServersResponse" "OPC 10000-4 5.5.2.2" {
    servers: Kind::Array(&Kind::Structure(&APPLICATION_DESCRIPTION)),
});

structure!(GET_ENDPOINTS_REQUEST "GetEndpointsRequest" "OPC 10000-4 5.5.4.2" {
    endpointUrl: STRING,
    localeIds: Kind::Array(&STRING),
    profileUris: Kind::Array(&STRING),
});

structure!(GET_ENDPOINTS_RESPONSE "GetEndpointsResponse" "OPC 10000-4 5.5.4.2" {
    endpoints: Kind::Array(&Kind::Structure(&ENDPOINT_DESCRIPTION)),
});
