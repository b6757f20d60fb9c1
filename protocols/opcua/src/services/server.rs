//! What a server says of itself in its ServerStatus (OPC 10000-5 12.4, 12.10).

use crate::grammar::{DATE_TIME, Kind, LOCALIZED_TEXT, STRING, UINT32, structure};

structure!(BUILD_INFO "BuildInfo" "OPC 10000-5 12.4" {
    productUri: STRING,
    manufacturerName: STRING,
    productName: STRING,
    softwareVersion: STRING,
    buildNumber: STRING,
    buildDate: DATE_TIME,
});

structure!(SERVER_STATUS "ServerStatusDataType" "OPC 10000-5 12.10" {
    startTime: DATE_TIME,
    currentTime: DATE_TIME,
    state: Kind::Enumeration(&[
        "Running", "Failed", "NoConfiguration", "Suspended", "Shutdown", "Test", "CommunicationFault", "Unknown",
    ]),
    buildInfo: Kind::Structure(&BUILD_INFO),
    secondsTillShutdown: UINT32,
    shutdownReason: LOCALIZED_TEXT,
});
