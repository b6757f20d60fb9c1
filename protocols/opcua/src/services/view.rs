//! View service set (OPC 10000-4 5.9).

use crate::grammar::{
    BOOLEAN, BYTE_STRING, DATE_TIME, EXPANDED_NODE_ID, Kind, LOCALIZED_TEXT, NODE_ID, QUALIFIED_NAME,
    STATUS_CODE, UINT32, structure,
};
use crate::services::common::DIAGNOSTIC_INFOS;

structure!(VIEW_DESCRIPTION "ViewDescription" "OPC 10000-4 7.44" {
    viewId: NODE_ID,
    timestamp: DATE_TIME,
    viewVersion: UINT32,
});

structure!(BROWSE_DESCRIPTION "BrowseDescription" "" {
    nodeId: NODE_ID,
    browseDirection: Kind::Enumeration(&["Forward", "Inverse", "Both", "Invalid"]),
    referenceTypeId: NODE_ID,
    includeSubtypes: BOOLEAN,
    nodeClassMask: UINT32,
    resultMask: UINT32,
});

structure!(BROWSE_REQUEST "BrowseRequest" "OPC 10000-4 5.9.2.2" {
    view: Kind::Structure(&VIEW_DESCRIPTION),
    requestedMaxReferencesPerNode: UINT32,
    nodesToBrowse: Kind::Array(&Kind::Structure(&BROWSE_DESCRIPTION)),
});

structure!(REFERENCE_DESCRIPTION "ReferenceDescription" "OPC 10000-4 7.29" {
    referenceTypeId: NODE_ID,
    isForward: BOOLEAN,
    nodeId: EXPANDED_NODE_ID,
    browseName: QUALIFIED_NAME,
    displayName: LOCALIZED_TEXT,
    nodeClass: crate::grammar::INT32,
    typeDefinition: EXPANDED_NODE_ID,
});

structure!(BROWSE_RESULT "BrowseResult" "OPC 10000-4 7.6" {
    statusCode: STATUS_CODE,
    continuationPoint: BYTE_STRING,
    references: Kind::Array(&Kind::Structure(&REFERENCE_DESCRIPTION)),
});

structure!(BROWSE_RESPONSE "BrowseResponse" "OPC 10000-4 5.9.2.2" {
    results: Kind::Array(&Kind::Structure(&BROWSE_RESULT)),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(BROWSE_NEXT_REQUEST "BrowseNextRequest" "OPC 10000-4 5.9.3.2" {
    releaseContinuationPoints: BOOLEAN,
    continuationPoints: Kind::Array(&BYTE_STRING),
});

structure!(BROWSE_NEXT_RESPONSE "BrowseNextResponse" "OPC 10000-4 5.9.3.2" {
    results: Kind::Array(&Kind::Structure(&BROWSE_RESULT)),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(RELATIVE_PATH_ELEMENT "RelativePathElement" "" {
    referenceTypeId: NODE_ID,
    isInverse: BOOLEAN,
    includeSubtypes: BOOLEAN,
    targetName: QUALIFIED_NAME,
});

structure!(RELATIVE_PATH "RelativePath" "OPC 10000-4 7.30" {
    elements: Kind::Array(&Kind::Structure(&RELATIVE_PATH_ELEMENT)),
});

structure!(BROWSE_PATH "BrowsePath" "" {
    startingNode: NODE_ID,
    relativePath: Kind::Structure(&RELATIVE_PATH),
});

structure!(TRANSLATE_REQUEST "TranslateBrowsePathsToNodeIdsRequest" "OPC 10000-4 5.9.4.2" {
    browsePaths: Kind::Array(&Kind::Structure(&BROWSE_PATH)),
});

structure!(BROWSE_PATH_TARGET "BrowsePathTarget" "" {
    targetId: EXPANDED_NODE_ID,
    remainingPathIndex: UINT32,
});

structure!(BROWSE_PATH_RESULT "BrowsePathResult" "" {
    statusCode: STATUS_CODE,
    targets: Kind::Array(&Kind::Structure(&BROWSE_PATH_TARGET)),
});

structure!(TRANSLATE_RESPONSE "TranslateBrowsePathsToNodeIdsResponse" "OPC 10000-4 5.9.4.2" {
    results: Kind::Array(&Kind::Structure(&BROWSE_PATH_RESULT)),
    diagnosticInfos: DIAGNOSTIC_INFOS,
});

structure!(REGISTER_REQUEST "RegisterNodesRequest" "OPC 10000-4 5.9.5.2" {
    nodesToRegister: Kind::Array(&NODE_ID),
});

structure!(REGISTER_RESPONSE "RegisterNodesResponse" "OPC 10000-4 5.9.5.2" {
    registeredNodeIds: Kind::Array(&NODE_ID),
});

structure!(UNREGISTER_REQUEST "UnregisterNodesRequest" "OPC 10000-4 5.9.6.2" {
    nodesToUnregister: Kind::Array(&NODE_ID),
});
