//! MonitoredItem service set (OPC 10000-4 5.13).

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::services::attribute::AttributeOf;
use crate::types::ExtensionObject;

/// One item that a client wants to be told about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreateItem<'a> {
    /// What is watched.
    pub(crate) of: AttributeOf<'a>,
    /// 0 disabled, 1 sampling, 2 reporting.
    pub(crate) mode: i32,
    /// How.
    pub(crate) parameters: MonitoringParameters<'a>,
}

/// How an item is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MonitoringParameters<'a> {
    /// The client's number for the item, which notifications carry instead of the node.
    pub(crate) handle: u32,
    /// Milliseconds between samples.
    pub(crate) sampling: f64,
    /// What is left out, or which fields an event has.
    pub(crate) filter: ExtensionObject<'a>,
    /// Values that the server keeps until they are fetched.
    pub(crate) queue: u32,
    /// When the queue is full the oldest value goes, and not the newest.
    pub(crate) discard_oldest: bool,
}

impl<'a> MonitoringParameters<'a> {
    /// Reads MonitoringParameters.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let handle = cursor.u32_le("clientHandle")?;
        let sampling = cursor.f64_le("samplingInterval")?;
        let filter = ExtensionObject::read(cursor)?;
        Ok(Self {
            handle,
            sampling,
            filter,
            queue: cursor.u32_le("queueSize")?,
            discard_oldest: cursor.u8("discardOldest")? != 0,
        })
    }
}

impl<'a> CreateItem<'a> {
    /// Reads a MonitoredItemCreateRequest.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            of: AttributeOf::read_value_id(cursor)?,
            mode: cursor.i32_le("monitoringMode")?,
            parameters: MonitoringParameters::read(cursor)?,
        })
    }
}

/// What became of an item that a client wanted to be told about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreateResult<'a> {
    /// How it ended.
    pub(crate) status: u32,
    /// The server's number for the item.
    pub(crate) item: u32,
    /// How it is watched.
    pub(crate) revised: Revised<'a>,
}

impl<'a> CreateResult<'a> {
    /// Reads a MonitoredItemCreateResult.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            status: cursor.u32_le("statusCode")?,
            item: cursor.u32_le("monitoredItemId")?,
            revised: Revised::read(cursor)?,
        })
    }
}

/// What the server made of the wishes of a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Revised<'a> {
    /// Milliseconds between samples.
    pub(crate) sampling: f64,
    /// Values that are kept until they are fetched.
    pub(crate) queue: u32,
    /// What became of the filter.
    pub(crate) filter: ExtensionObject<'a>,
}

impl<'a> Revised<'a> {
    /// Reads what ends a MonitoredItemCreateResult and a MonitoredItemModifyResult.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        Ok(Self {
            sampling: cursor.f64_le("revisedSamplingInterval")?,
            queue: cursor.u32_le("revisedQueueSize")?,
            filter: ExtensionObject::read(cursor)?,
        })
    }
}
