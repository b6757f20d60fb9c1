//! What every service message carries: the type id and the request or response header (OPC 10000-4 5.2).

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::types::{DateTime, DiagnosticInfo, ExtensionObject, NodeId, Strings, bytes};

/// A request's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestHeader<'a> {
    /// Proves the session to be the client's own.
    pub(crate) token: NodeId<'a>,
    /// When the client sent it, by its clock.
    pub(crate) timestamp: DateTime,
    /// The client's number for the request.
    pub(crate) handle: u32,
    /// Which diagnostics the client wants (OPC 10000-4 7.32).
    pub(crate) diagnostics: u32,
    /// What the client wants written into the server's audit log.
    pub(crate) audit: Option<&'a [u8]>,
    /// Milliseconds that the client waits.
    pub(crate) timeout: u32,
    /// What later releases add.
    pub(crate) additional: ExtensionObject<'a>,
}

impl<'a> RequestHeader<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            token: NodeId::read(cursor)?,
            timestamp: DateTime(cursor.i64_le("timestamp")?),
            handle: cursor.u32_le("requestHandle")?,
            diagnostics: cursor.u32_le("returnDiagnostics")?,
            audit: bytes(cursor, "auditEntryId")?,
            timeout: cursor.u32_le("timeoutHint")?,
            additional: ExtensionObject::read(cursor)?,
        })
    }
}

/// A response's header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseHeader<'a> {
    /// When the server sent it, by its clock.
    pub(crate) timestamp: DateTime,
    /// The client's number for the request.
    pub(crate) handle: u32,
    /// How the service ended.
    pub(crate) result: u32,
    /// What is wrong with the whole request.
    pub(crate) diagnostics: DiagnosticInfo<'a>,
    /// The texts that diagnostics point to.
    pub(crate) strings: Strings<'a>,
    /// What later releases add.
    pub(crate) additional: ExtensionObject<'a>,
}

impl<'a> ResponseHeader<'a> {
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        Ok(Self {
            timestamp: DateTime(cursor.i64_le("timestamp")?),
            handle: cursor.u32_le("requestHandle")?,
            result: cursor.u32_le("serviceResult")?,
            diagnostics: DiagnosticInfo::read(cursor, depth)?,
            strings: Strings::read(cursor, "stringTable")?,
            additional: ExtensionObject::read(cursor)?,
        })
    }
}
