//! File records (AP 6.14, 6.15) and identification objects (AP 6.21): lists inside a data unit.

use tapglass_proto::{Cursor, Direction};

/// One record of functions 20 and 21.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) file: Option<u16>,
    pub(crate) record: Option<u16>,
    /// In registers.
    pub(crate) length: Option<u16>,
    pub(crate) data: Option<&'a [u8]>,
}

/// Calls `visit` for each record as far as the bytes go.
pub(crate) fn records<'a>(code: u8, from: Direction, bytes: &'a [u8], mut visit: impl FnMut(Record<'a>)) {
    let mut cursor = Cursor::new(bytes);
    while !cursor.is_empty() {
        let next = if code == 20 && from == Direction::FromServer {
            read_answer(&mut cursor)
        } else {
            read_request(code, &mut cursor)
        };
        match next {
            Some(record) => visit(record),
            None => break,
        }
    }
}

fn read_answer<'a>(cursor: &mut Cursor<'a>) -> Option<Record<'a>> {
    let length = usize::from(cursor.u8("file response length").ok()?);
    let _reference = cursor.u8("reference type").ok()?;
    let data = cursor.take(length.checked_sub(1)?, "record data").ok()?;
    Some(Record {
        file: None,
        record: None,
        length: u16::try_from(data.len() / 2).ok(),
        data: Some(data),
    })
}

fn read_request<'a>(code: u8, cursor: &mut Cursor<'a>) -> Option<Record<'a>> {
    let _reference = cursor.u8("reference type").ok()?;
    let file = cursor.u16_be("file number").ok()?;
    let record = cursor.u16_be("record number").ok()?;
    let length = cursor.u16_be("record length").ok()?;
    let data = if code == 21 {
        Some(cursor.take(usize::from(length) * 2, "record data").ok()?)
    } else {
        None
    };
    Some(Record {
        file: Some(file),
        record: Some(record),
        length: Some(length),
        data,
    })
}

/// The identification part of function 43/14.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identification<'a> {
    pub(crate) read_code: u8,
    /// Request: the object asked for.
    pub(crate) object: Option<u8>,
    /// Response: conformity level.
    pub(crate) conformity: Option<u8>,
    pub(crate) more_follows: Option<u8>,
    pub(crate) next_object: Option<u8>,
    /// Response: the objects as they stand.
    objects: &'a [u8],
}

impl<'a> Identification<'a> {
    /// Reads what stands behind the MEI type.
    pub(crate) fn parse(data: &'a [u8], from: Direction) -> Option<Self> {
        let mut cursor = Cursor::new(data);
        let read_code = cursor.u8("read device id code").ok()?;
        let mut found = Self {
            read_code,
            object: None,
            conformity: None,
            more_follows: None,
            next_object: None,
            objects: &[],
        };
        if from == Direction::FromClient {
            found.object = cursor.u8("object id").ok();
        } else {
            found.conformity = cursor.u8("conformity level").ok();
            found.more_follows = cursor.u8("more follows").ok();
            found.next_object = cursor.u8("next object id").ok();
            let _count = cursor.u8("number of objects").ok();
            found.objects = cursor.rest();
        }
        Some(found)
    }

    /// The objects: id and bytes, as far as they go.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (u8, &'a [u8])> + 'a {
        let mut cursor = Cursor::new(self.objects);
        core::iter::from_fn(move || {
            let id = cursor.u8("object id").ok()?;
            let length = usize::from(cursor.u8("object length").ok()?);
            Some((id, cursor.take(length, "object value").ok()?))
        })
    }
}
