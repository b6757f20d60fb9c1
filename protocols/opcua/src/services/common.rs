//! What every service message carries: the type id and the request or response header (OPC 10000-4 5.2).

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::grammar::{
    DATE_TIME, DIAGNOSTIC_INFO, EXTENSION_OBJECT, Kind, STATUS_CODE, STRING, Structure, UINT32, structure,
};
use crate::types::{DateTime, DiagnosticInfo, ExtensionObject, NodeId, bytes};

structure!(REQUEST_HEADER "RequestHeader" "OPC 10000-4 7.32" {
    authenticationToken: Kind::Token,
    timestamp: DATE_TIME,
    requestHandle: UINT32,
    returnDiagnostics: UINT32,
    auditEntryId: STRING,
    timeoutHint: UINT32,
    additionalHeader: EXTENSION_OBJECT,
});

structure!(RESPONSE_HEADER "ResponseHeader" "OPC 10000-4 7.33" {
    timestamp: DATE_TIME,
    requestHandle: UINT32,
    serviceResult: STATUS_CODE,
    serviceDiagnostics: DIAGNOSTIC_INFO,
    stringTable: Kind::Array(&STRING),
    additionalHeader: EXTENSION_OBJECT,
});

structure!(SIGNATURE_DATA "SignatureData" "OPC 10000-4 7.36" {
    algorithm: STRING,
    signature: crate::grammar::BYTE_STRING,
});

/// The status codes and diagnostics that end most responses.
pub(crate) const DIAGNOSTIC_INFOS: Kind = Kind::Array(&DIAGNOSTIC_INFO);
/// A list of status codes, one for each item of the request.
pub(crate) const RESULTS: Kind = Kind::Array(&STATUS_CODE);
/// Which times a client wants with its values (OPC 10000-4 7.39).
pub(crate) const TIMESTAMPS: Kind = Kind::Enumeration(&["Source", "Server", "Both", "Neither", "Invalid"]);

/// What is used of a request's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestHeader<'a> {
    /// Proves the session to be the client's own.
    pub(crate) token: NodeId<'a>,
    /// When the client sent it, by its clock.
    pub(crate) timestamp: DateTime,
    /// The client's number for the request.
    pub(crate) handle: u32,
    /// What the client wants written into the server's audit log.
    pub(crate) audit: Option<&'a [u8]>,
    /// Milliseconds that the client waits.
    pub(crate) timeout: u32,
}

impl<'a> RequestHeader<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let token = NodeId::read(cursor)?;
        let timestamp = DateTime(cursor.i64_le("timestamp")?);
        let handle = cursor.u32_le("requestHandle")?;
        cursor.u32_le("returnDiagnostics")?;
        let audit = bytes(cursor, "auditEntryId")?;
        let timeout = cursor.u32_le("timeoutHint")?;
        ExtensionObject::read(cursor)?;
        Ok(Self {
            token,
            timestamp,
            handle,
            audit,
            timeout,
        })
    }
}

/// What is used of a response's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseHeader {
    /// When the server sent it, by its clock.
    pub(crate) timestamp: DateTime,
    /// The client's number for the request.
    pub(crate) handle: u32,
    /// How the service ended.
    pub(crate) result: u32,
}

impl ResponseHeader {
    pub(crate) fn read(cursor: &mut Cursor<'_>, depth: u8) -> Result<Self, Fault> {
        let timestamp = DateTime(cursor.i64_le("timestamp")?);
        let handle = cursor.u32_le("requestHandle")?;
        let result = cursor.u32_le("serviceResult")?;
        DiagnosticInfo::read(cursor, depth)?;
        Kind::Array(&STRING).skip(cursor, depth)?;
        ExtensionObject::read(cursor)?;
        Ok(Self {
            timestamp,
            handle,
            result,
        })
    }
}

/// A structure without members, for services whose parameters are all in the header.
pub(crate) static NOTHING: Structure = Structure {
    name: "",
    clause: "",
    members: &[],
};
