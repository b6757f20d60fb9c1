//! Lists inside a data unit: file records (AP 6.14, 6.15), events (AP 6.10), identification (AP 6.13, 6.21).

use tapglass_proto::{Cursor, Direction};

/// One record of functions 20 and 21.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// Where it starts in the list, and how many bytes it has.
    pub(crate) at: usize,
    pub(crate) bytes: usize,
    /// Reference type, always 6.
    pub(crate) reference: u8,
    pub(crate) file: Option<u16>,
    pub(crate) record: Option<u16>,
    /// In registers.
    pub(crate) length: Option<u16>,
    pub(crate) data: Option<&'a [u8]>,
}

/// Calls `visit` for each record as far as the bytes go; says how many bytes they have together.
pub(crate) fn records<'a>(
    code: u8,
    from: Direction,
    bytes: &'a [u8],
    mut visit: impl FnMut(Record<'a>),
) -> usize {
    let mut cursor = Cursor::new(bytes);
    loop {
        let at = cursor.position();
        let next = if code == 20 && from == Direction::FromServer {
            read_answer(&mut cursor)
        } else {
            read_request(code, &mut cursor)
        };
        match next {
            Some(record) => visit(Record {
                at,
                bytes: cursor.position() - at,
                ..record
            }),
            None => return at,
        }
    }
}

fn read_answer<'a>(cursor: &mut Cursor<'a>) -> Option<Record<'a>> {
    let length = usize::from(cursor.u8("file response length").ok()?);
    let reference = cursor.u8("reference type").ok()?;
    let data = cursor.take(length.checked_sub(1)?, "record data").ok()?;
    Some(Record {
        at: 0,
        bytes: 0,
        reference,
        file: None,
        record: None,
        length: u16::try_from(data.len() / 2).ok(),
        data: Some(data),
    })
}

fn read_request<'a>(code: u8, cursor: &mut Cursor<'a>) -> Option<Record<'a>> {
    let reference = cursor.u8("reference type").ok()?;
    let file = cursor.u16_be("file number").ok()?;
    let record = cursor.u16_be("record number").ok()?;
    let length = cursor.u16_be("record length").ok()?;
    let data = if code == 21 {
        Some(cursor.take(usize::from(length) * 2, "record data").ok()?)
    } else {
        None
    };
    Some(Record {
        at: 0,
        bytes: 0,
        reference,
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
    /// Response: how many objects it says that it has.
    pub(crate) count: Option<u8>,
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
            count: None,
            objects: &[],
        };
        if from == Direction::FromClient {
            found.object = cursor.u8("object id").ok();
        } else {
            found.conformity = cursor.u8("conformity level").ok();
            found.more_follows = cursor.u8("more follows").ok();
            found.next_object = cursor.u8("next object id").ok();
            found.count = cursor.u8("number of objects").ok();
            found.objects = cursor.rest();
        }
        Some(found)
    }

    /// The objects: id and bytes, as many as it says and as far as they go.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (u8, &'a [u8])> + 'a {
        let mut cursor = Cursor::new(self.objects);
        core::iter::from_fn(move || {
            let id = cursor.u8("object id").ok()?;
            let length = usize::from(cursor.u8("object length").ok()?);
            Some((id, cursor.take(length, "object value").ok()?))
        })
        .take(usize::from(self.count.unwrap_or(0)))
    }

    /// How many bytes of the objects' part belong to no whole object.
    pub(crate) fn left(&self) -> usize {
        let used: usize = self.objects().map(|(_, value)| 2 + value.len()).sum();
        self.objects.len().saturating_sub(used)
    }
}

/// Answer of function 17. The standard leaves the length of the id to the device; nearly all have one byte, then the run
/// indicator, then whatever the maker likes (AP 6.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerId<'a> {
    pub(crate) id: &'a [u8],
    /// `Some(true)` for 0xFF, running.
    pub(crate) running: Option<bool>,
    pub(crate) additional: &'a [u8],
}

impl<'a> ServerId<'a> {
    /// Reads what stands behind the byte count. The indicator is the second byte, or the first 0xFF behind a text.
    pub(crate) fn parse(data: &'a [u8]) -> Self {
        let is_text =
            data.first().is_some_and(u8::is_ascii_graphic) && data.get(1).is_some_and(u8::is_ascii_graphic);
        let at = if is_text {
            data.iter().position(|byte| matches!(byte, 0 | 0xff))
        } else {
            data.get(1).filter(|byte| matches!(byte, 0 | 0xff)).map(|_| 1)
        };
        let Some(at) = at else {
            return Self {
                id: data,
                running: None,
                additional: &[],
            };
        };
        Self {
            id: data.get(..at).unwrap_or_default(),
            running: data.get(at).map(|byte| *byte == 0xff),
            additional: data.get(at + 1..).unwrap_or_default(),
        }
    }

    /// The longest text in it, for the device's record.
    pub(crate) fn text(&self) -> Option<&'a str> {
        [self.additional, self.id]
            .into_iter()
            .flat_map(|part| part.split(|byte| !(b' '..=b'~').contains(byte)))
            .filter(|part| part.len() >= 3)
            .max_by_key(|part| part.len())
            .and_then(|part| core::str::from_utf8(part).ok())
            .map(str::trim)
    }
}

/// One byte of the communication event log (AP 6.10): its kind, and the flags that are set.
pub(crate) fn event(byte: u8) -> (&'static str, impl Iterator<Item = &'static str>) {
    const RECEIVED: [(u8, &str); 4] = [
        (0x02, "communication error"),
        (0x10, "character overrun"),
        (0x20, "currently in listen only mode"),
        (0x40, "broadcast received"),
    ];
    const SENT: [(u8, &str); 6] = [
        (0x01, "read exception sent"),
        (0x02, "server abort exception sent"),
        (0x04, "server busy exception sent"),
        (0x08, "server program NAK exception sent"),
        (0x10, "write timeout error occurred"),
        (0x20, "currently in listen only mode"),
    ];
    let (kind, flags): (_, &'static [(u8, &'static str)]) = match byte {
        0 => ("communication restart", &[]),
        4 => ("entered listen only mode", &[]),
        0x80..=0xff => ("receive", &RECEIVED),
        0x40..=0x7f => ("send", &SENT),
        _ => ("unknown", &[]),
    };
    (
        kind,
        flags
            .iter()
            .filter(move |(bit, _)| byte & bit != 0)
            .map(|(_, name)| *name),
    )
}

/// A CANopen general reference, 43/13. AP 6.20 leaves it to CiA 309; the layout is the one that drives document: access,
/// a reserved byte, object index and subindex, first value and how many, then the values of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CanOpen<'a> {
    /// True for a write.
    pub(crate) writes: bool,
    pub(crate) index: u16,
    pub(crate) subindex: u8,
    pub(crate) start: u16,
    pub(crate) count: u16,
    pub(crate) data: &'a [u8],
}

impl<'a> CanOpen<'a> {
    /// Bytes before the values.
    pub(crate) const HEAD: usize = 9;

    /// Reads what stands behind the MEI type, if it has that layout.
    pub(crate) fn parse(data: &'a [u8]) -> Option<Self> {
        let mut cursor = Cursor::new(data);
        let options = cursor
            .u8("protocol options")
            .ok()
            .filter(|options| *options <= 1)?;
        cursor.u8("reserved").ok().filter(|reserved| *reserved == 0)?;
        Some(Self {
            writes: options == 1,
            index: cursor.u16_be("index").ok()?,
            subindex: cursor.u8("subindex").ok()?,
            start: cursor.u16_be("starting address").ok()?,
            count: cursor.u16_be("number of values").ok()?,
            data: cursor.rest(),
        })
    }
}
