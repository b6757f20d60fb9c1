//! DataValue: a value with its status and times (OPC 10000-6 5.2.2.17).

use tapglass_proto::Cursor;

use super::{DateTime, Variant};
use crate::fault::Fault;

/// A value, how good it is, and when it was true.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct DataValue<'a> {
    /// The value, when one is encoded.
    pub(crate) value: Option<Variant<'a>>,
    /// The status, when one is encoded; else it is Good.
    pub(crate) status: Option<u32>,
    /// When the source took the value.
    pub(crate) source_time: Option<DateTime>,
    /// Tens of picoseconds to be added to it.
    pub(crate) source_picoseconds: Option<u16>,
    /// When the server received the value.
    pub(crate) server_time: Option<DateTime>,
    /// Tens of picoseconds to be added to it.
    pub(crate) server_picoseconds: Option<u16>,
}

impl<'a> DataValue<'a> {
    /// Reads a DataValue.
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        let mask = cursor.u8("DataValue mask")?;
        let mut read = Self::default();
        if mask & 0x01 != 0 {
            read.value = Some(Variant::read(cursor, depth)?);
        }
        if mask & 0x02 != 0 {
            read.status = Some(cursor.u32_le("DataValue status")?);
        }
        if mask & 0x04 != 0 {
            read.source_time = Some(DateTime(cursor.i64_le("DataValue sourceTimestamp")?));
        }
        if mask & 0x10 != 0 {
            read.source_picoseconds = Some(cursor.u16_le("DataValue sourcePicoseconds")?);
        }
        if mask & 0x08 != 0 {
            read.server_time = Some(DateTime(cursor.i64_le("DataValue serverTimestamp")?));
        }
        if mask & 0x20 != 0 {
            read.server_picoseconds = Some(cursor.u16_le("DataValue serverPicoseconds")?);
        }
        Ok(read)
    }

    /// The byte that says which parts are encoded.
    pub(crate) fn mask(&self) -> u8 {
        [
            self.value.is_some(),
            self.status.is_some(),
            self.source_time.is_some(),
            self.server_time.is_some(),
            self.source_picoseconds.is_some(),
            self.server_picoseconds.is_some(),
        ]
        .into_iter()
        .rev()
        .fold(0, |mask, here| mask << 1 | u8::from(here))
    }

    /// The status; Good where none is encoded.
    pub(crate) fn status(&self) -> u32 {
        self.status.unwrap_or(0)
    }
}
