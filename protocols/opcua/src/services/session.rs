//! Session service set (OPC 10000-4 5.7).

use crate::grammar::{BOOLEAN, BYTE_STRING, DOUBLE, Kind, NODE_ID, STRING, UINT32, structure};
use crate::services::common::{DIAGNOSTIC_INFOS, RESULTS, SIGNATURE_DATA};
use crate::services::discovery::{APPLICATION_DESCRIPTION, ENDPOINT_DESCRIPTION};

structure!(CREATE_REQUEST "CreateSessionRequest" "OPC 10000-4 5.7.2.2" {
    clientDescription: Kind::Structure(&APPLICATION_DESCRIPTION),
    serverUri: STRING,
    endpointUrl: STRING,
    sessionName: STRING,
    clientNonce: BYTE_STRING,
    clientCertificate: Kind::Certificate,
    requestedSessionTimeout: DOUBLE,
    maxResponseMessageSize: UINT32,
});

structure!(SOFTWARE_CERTIFICATE "SignedSoftwareCertificate" "OPC 10000-4 7.37" {
    certificateData: BYTE_STRING,
    signature: BYTE_STRING,
});

structure!(CREATE_RESPONSE "CreateSessionResponse" "OPC 10000-4 5.7.2.2" {
    sessionId: NODE_ID,
    authenticationToken: Kind::Token,
    revisedSessionTimeout: DOUBLE,
    serverNonce: BYTE_STRING,
    serverCertificate: Kind::Certificate,
    serverEndpoints: Kind::Array(&Kind::Structure(&ENDPOINT_DESCRIPTION)),
    serverSoftwareCertificates: Kind::Array(&Kind::Structure(&SOFTWARE_CERTIFICATE)),
    serverSignature: Kind::Structure(&SIGNATURE_DATA),
    maxRequestMessageSize: UINT32,
});

structure!(ACTIVATE_REQUEST "ActivateSessionRequest" "OPC 10000-4 5.7.3.2" {
    clientSignature: Kind::Structure(&SIGNATURE_DATA),
    clientSoftwareCertificates: Kind::Array(&Kind::Structure(&SOFTWARE_CERTIFICATE)),
    localeIds: Kind::Array(&STRING),
    userIdentityToken: Kind::Identity,
    userTokenSignature: Kind::Structure(&SIGNATURE_DATA),
});

structure!(ACTIVATE_RESPONSE "ActivateSessionResponse" "OPC 10000-4 5.7.3.2" {
    serverNonce: BYTE_STRING,
    results: RESULTS,
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(CLOSE_REQUEST "CloseSessionRequest" "OPC 10000-4 5.7.4.2" {
    deleteSubscriptions: BOOLEAN,
});

structure!(ANONYMOUS_TOKEN "AnonymousIdentityToken" "" {
    policyId: STRING,
});

structure!(USER_NAME_TOKEN "UserNameIdentityToken" "" {
    policyId: STRING,
    userName: STRING,
    password: Kind::Secret,
    encryptionAlgorithm: STRING,
});

structure!(CERTIFICATE_TOKEN "X509IdentityToken" "" {
    policyId: STRING,
    certificateData: Kind::Certificate,
});

structure!(ISSUED_TOKEN "IssuedIdentityToken" "" {
    policyId: STRING,
    tokenData: Kind::Secret,
    encryptionAlgorithm: STRING,
});
