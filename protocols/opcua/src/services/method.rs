//! Method service set (OPC 10000-4 5.12).

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::types::{Diagnostics, NodeId, Numbers, Variant, length};

/// Arguments of a method, read where they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments<'a> {
    count: u32,
    bytes: &'a [u8],
    depth: u8,
}

impl<'a> Arguments<'a> {
    /// Reads a list of arguments.
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        let count = length(cursor, "arguments")?.unwrap_or(0);
        let at = cursor.position();
        for _ in 0..count {
            Variant::read(cursor, depth)?;
        }
        Ok(Self {
            count,
            bytes: cursor.since(at),
            depth,
        })
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> u32 {
        self.count
    }

    /// Each argument in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Variant<'a>> + use<'a> {
        let Self { count, depth, bytes } = *self;
        let mut cursor = Cursor::new(bytes);
        (0..count).map_while(move |_| Variant::read(&mut cursor, depth).ok())
    }
}

/// One method of a Call request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MethodCall<'a> {
    /// The object whose method it is.
    pub(crate) object: NodeId<'a>,
    /// The method.
    pub(crate) method: NodeId<'a>,
    /// What is handed to it.
    pub(crate) arguments: Arguments<'a>,
}

impl<'a> MethodCall<'a> {
    /// Reads a CallMethodRequest.
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        Ok(Self {
            object: NodeId::read(cursor)?,
            method: NodeId::read(cursor)?,
            arguments: Arguments::read(cursor, depth)?,
        })
    }
}

/// What one method answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MethodResult<'a> {
    /// How it ended.
    pub(crate) status: u32,
    /// The status of each argument that was handed to it.
    pub(crate) inputs: Numbers<'a>,
    /// What is wrong with them.
    pub(crate) diagnostics: Diagnostics<'a>,
    /// What it returned.
    pub(crate) arguments: Arguments<'a>,
}

impl<'a> MethodResult<'a> {
    /// Reads a CallMethodResult.
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        let status = cursor.u32_le("statusCode")?;
        let inputs = Numbers::read(cursor, "inputArgumentResults")?;
        let diagnostics = Diagnostics::read(cursor, depth)?;
        Ok(Self {
            status,
            inputs,
            diagnostics,
            arguments: Arguments::read(cursor, depth)?,
        })
    }
}
