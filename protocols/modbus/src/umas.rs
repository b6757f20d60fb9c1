//! UMAS, function 90: how engineering stations of Schneider Electric program Modicon controllers.
//!
//! There is no public standard. What stands here is what several independent descriptions agree on and captures
//! confirm; everything else stays bytes. Numbers are little-endian.

use tapglass_model::Action;
use tapglass_proto::{Cursor, Direction, Short};

/// The function code.
pub(crate) const FUNCTION: u8 = 90;
/// Sub-function of answers: done.
const DONE: u8 = 0xfe;
/// Sub-function of answers: refused.
const REFUSED: u8 = 0xfd;
/// A message with a signature, which contains another one.
const SIGNED: u8 = 0x38;
/// Magic byte and signature before the message inside.
const SIGNATURE: usize = 1 + 32;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Umas<'a> {
    /// Session key: 0 until the controller is reserved.
    pub(crate) session: u8,
    /// Sub-function; of answers 0xFE or 0xFD.
    pub(crate) code: u8,
    /// Where the session key stands, counted from the function code of the outermost message.
    pub(crate) at: usize,
    /// Magic byte and signature, where it is signed.
    pub(crate) signature: Option<&'a [u8]>,
    /// What follows the sub-function.
    pub(crate) data: &'a [u8],
}

impl<'a> Umas<'a> {
    /// Reads what stands behind function code 90. `asked` is the sub-function that an answer belongs to.
    pub(crate) fn parse(data: &'a [u8], asked: Option<Asked>) -> Option<Self> {
        let (&[session, code], rest) = data.split_first_chunk::<2>()?;
        let outer = Self {
            session,
            code,
            at: 1,
            signature: None,
            data: rest,
        };
        let signed =
            code == SIGNED || matches!(code, DONE | REFUSED) && asked.is_some_and(|asked| asked.signed);
        if !signed {
            return Some(outer);
        }
        let inner = rest
            .split_at_checked(SIGNATURE)
            .and_then(|(signature, inner)| match inner {
                [FUNCTION, session, code, data @ ..] => Some(Self {
                    session: *session,
                    code: *code,
                    at: 1 + 2 + SIGNATURE + 1,
                    signature: Some(signature),
                    data,
                }),
                _ => None,
            });
        Some(inner.unwrap_or(outer))
    }

    /// Where its data starts, counted from the outermost function code.
    pub(crate) const fn data_at(&self) -> usize {
        self.at + 2
    }

    /// The controller refused.
    pub(crate) const fn refused(&self) -> bool {
        self.code == REFUSED
    }

    /// What a request must be remembered by.
    pub(crate) const fn asked(&self) -> Asked {
        Asked {
            code: self.code,
            signed: self.signature.is_some(),
        }
    }
}

/// The request that an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) code: u8,
    pub(crate) signed: bool,
}

/// The name of a sub-function.
pub(crate) const fn name(code: u8) -> &'static str {
    match code {
        0x01 => "Initialise Communication",
        0x02 => "Read ID",
        0x03 => "Read Project Information",
        0x04 => "Read PLC Information",
        0x05 => "Read Loader Information",
        0x06 => "Read Card Information",
        0x07 => "Read Block Information",
        0x0a => "Repeat",
        0x10 => "Take PLC Reservation",
        0x11 => "Release PLC Reservation",
        0x12 => "Keep Alive",
        0x20 => "Read Memory Block",
        0x21 => "Write Memory Block",
        0x22 => "Read Variables",
        0x23 => "Write Variables",
        0x24 => "Read Coils and Registers",
        0x25 => "Write Coils and Registers",
        0x26 => "Data Dictionary",
        0x27 => "Data Dictionary Preload",
        0x28 => "Read Physical Address",
        0x29 => "Write Physical Address",
        0x2a => "Browse Events",
        0x30 => "Initialise Upload",
        0x31 => "Upload Block",
        0x32 => "End Upload",
        0x33 => "Initialise Download",
        0x34 => "Download Block",
        0x35 => "End Download",
        0x36 => "Backup",
        0x37 => "Preload Blocks",
        SIGNED => "Signed Message",
        0x39 => "Read Ethernet Master Data",
        0x40 => "Start PLC",
        0x41 => "Stop PLC",
        0x42 => "Initialise PLC",
        0x43 => "Swap",
        0x50 => "Monitor PLC",
        0x51 => "Get Automatic Modifications",
        0x52 => "Get Forced Bits",
        0x53 => "Get Selected Blocks",
        0x58 => "Check PLC",
        0x60 => "Set Breakpoint",
        0x61 => "Delete Breakpoint",
        0x62 => "Step Over",
        0x63 => "Step In",
        0x64 => "Step Out",
        0x65 => "Get Call Stack",
        0x66 => "Check Debug Allowed",
        0x6c => "Process Message",
        0x6d => "Private Message",
        0x6e => "Reservation Nonces",
        0x70 => "Read I/O Object",
        0x71 => "Write I/O Object",
        0x72 => "Read Rack",
        0x73 => "Get Module Status",
        0x74 => "Read Device Data",
        REFUSED => "Error",
        DONE => "OK",
        _ => "Unknown",
    }
}

/// What a request does to the controller. Upload is to the controller, download from it, in the words of those who
/// described the protocol first.
pub(crate) const fn action(code: u8) -> Action {
    match code {
        0x01 | 0x10 | 0x11 | 0x6e => Action::Login,
        0x02..=0x07 | 0x39 => Action::Identify,
        0x0a | 0x12 | 0x58 | 0x66 => Action::Diagnose,
        0x20 | 0x22 | 0x24 | 0x26 | 0x27 | 0x28 | 0x2a => Action::Browse,
        0x50..=0x53 | 0x65 | 0x70 | 0x72..=0x74 => Action::Browse,
        0x21 | 0x23 | 0x25 | 0x29 | 0x71 => Action::Write,
        0x30..=0x32 | 0x37 | 0x43 | 0x60 | 0x61 => Action::Program,
        0x33..=0x36 => Action::File,
        0x40 => Action::Start,
        // Single steps run the program by hand: the controller does not control meanwhile.
        0x41 | 0x62..=0x64 => Action::Stop,
        0x42 => Action::Restart,
        _ => Action::Other,
    }
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// A number of one, two or four bytes.
    Number(u32),
    /// Characters with a length byte before them.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// One field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item<'a> {
    /// Member of the record.
    pub(crate) key: &'static str,
    /// Name in the tree.
    pub(crate) name: &'static str,
    /// Where it stands in [`Umas::data`].
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) content: Content<'a>,
}

#[derive(Clone, Copy)]
enum Kind {
    U8,
    U16,
    U32,
    Text,
}

type Layout = &'static [(&'static str, &'static str, Kind)];

use Kind::{Text, U8, U16, U32};

const MEMORY: Layout = &[
    ("range", "Range", U8),
    ("block", "Block", U16),
    ("offset", "Offset", U16),
    ("reserved", "Reserved", U16),
    ("length", "Length", U16),
];

/// The fields that are known of a message, in order; whatever follows them is data.
const fn layout(code: u8, asked: Option<Asked>, from: Direction) -> Layout {
    match (from, code, asked) {
        (Direction::FromClient, code, _) => match code {
            0x03 => &[("subcode", "Subcode", U8)],
            0x10 => &[("client_id", "Client id", U32), ("client", "Client", Text)],
            0x20 | 0x21 => MEMORY,
            0x22 | 0x23 => &[("crc", "CRC of the project", U32), ("count", "Variables", U8)],
            0x26 => &[
                ("record_type", "Record type", U16),
                ("index", "Index", U8),
                ("hardware_id", "Hardware id", U32),
                ("block", "Block", U16),
                ("offset", "Offset", U16),
                ("reserved", "Reserved", U16),
            ],
            0x31 => &[
                ("reserved", "Reserved", U16),
                ("block", "Block", U16),
                ("length", "Length", U16),
            ],
            0x34 => &[("reserved", "Reserved", U16), ("block", "Block", U16)],
            _ => &[],
        },
        (Direction::FromServer, DONE, Some(asked)) => match asked.code {
            0x01 => &[
                ("max_frame", "Longest frame", U16),
                ("firmware", "Firmware", U16),
                ("reserved", "Reserved", U32),
                ("internal_code", "Internal code", U32),
                ("host", "Host", Text),
            ],
            0x02 => &[
                ("range", "Range", U16),
                ("ident", "Ident", U32),
                ("model", "Model", U16),
                ("firmware", "Firmware", U16),
                ("patch", "Patch", U16),
                ("internal_version", "Internal version", U16),
                ("hardware_version", "Hardware version", U16),
                ("crash_code", "Crash code", U32),
                ("reserved", "Reserved", U16),
                ("host", "Host", Text),
                ("memory_banks", "Memory banks", U8),
            ],
            0x10 => &[("granted_session", "Session granted", U8)],
            0x20 => &[("range", "Range", U8), ("length", "Length", U16)],
            _ => &[],
        },
        _ => &[],
    }
}

impl<'a> Umas<'a> {
    /// Calls `visit` for each field, the bytes without a known layout last.
    pub(crate) fn items(&self, asked: Option<Asked>, from: Direction, mut visit: impl FnMut(Item<'a>)) {
        let mut cursor = Cursor::new(self.data);
        for (key, name, kind) in layout(self.code, asked, from) {
            let at = cursor.position();
            let read: Result<Content<'a>, Short> = match kind {
                U8 => cursor.u8(name).map(|value| Content::Number(value.into())),
                U16 => cursor.u16_le(name).map(|value| Content::Number(value.into())),
                U32 => cursor.u32_le(name).map(Content::Number),
                Text => {
                    // The length byte goes back when the text is cut off.
                    let mut ahead = cursor;
                    let text = ahead
                        .u8(name)
                        .and_then(|length| ahead.take(length.into(), name))
                        .map(Content::Text);
                    if text.is_ok() {
                        cursor = ahead;
                    }
                    text
                }
            };
            let Ok(content) = read else { break };
            visit(Item {
                key,
                name,
                at,
                length: cursor.position() - at,
                content,
            });
        }
        let rest = cursor.rest();
        if !rest.is_empty() {
            visit(Item {
                key: "data",
                name: "Data",
                at: cursor.position(),
                length: rest.len(),
                content: Content::Bytes(rest),
            });
        }
    }
}

/// One variable of a read or write request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variable<'a> {
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) block: u16,
    pub(crate) base: u16,
    pub(crate) offset: u16,
    /// Bytes of one value, 0 for a size that is not known.
    pub(crate) size: u8,
    pub(crate) count: u16,
    pub(crate) data: &'a [u8],
}

/// The variables of requests 0x22 and 0x23, as far as they can be read: `bytes` is what follows their count.
pub(crate) fn variables<'a>(code: u8, bytes: &'a [u8]) -> impl Iterator<Item = Variable<'a>> {
    let mut cursor = Cursor::new(bytes);
    core::iter::from_fn(move || {
        let at = cursor.position();
        let mut next = cursor;
        let found = variable(code, &mut next).ok()?;
        cursor = next;
        Some(Variable {
            at,
            length: cursor.position() - at,
            ..found
        })
    })
}

fn variable<'a>(code: u8, cursor: &mut Cursor<'a>) -> Result<Variable<'a>, Short> {
    let kind = cursor.u8("size and array")?;
    let size = match kind & 0x0f {
        1 => 1,
        2 => 2,
        3 => 4,
        4 => 8,
        _ => 0,
    };
    let block = cursor.u16_le("block")?;
    let writes = code == 0x23;
    if !writes {
        cursor.u8("reserved")?;
    }
    let base = cursor.u16_le("base offset")?;
    let offset = if writes {
        cursor.u16_le("offset")?
    } else {
        cursor.u8("offset")?.into()
    };
    let count = if kind >> 4 != 0 {
        cursor.u16_le("array length")?
    } else {
        1
    };
    let data = if writes {
        cursor.take(usize::from(size) * usize::from(count), "values")?
    } else {
        &[]
    };
    Ok(Variable {
        at: 0,
        length: 0,
        block,
        base,
        offset,
        size,
        count,
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn a_signed_stop_is_a_stop() {
        let mut data = vec![0x00, SIGNED, 0x01];
        data.extend([0xaa; 32]);
        data.extend([FUNCTION, 0x07, 0x41, 0xff, 0x00]);
        let umas = Umas::parse(&data, None).unwrap();
        assert_eq!((umas.session, umas.code, umas.data), (7, 0x41, &[0xff, 0][..]));
        assert_eq!(umas.data_at(), 1 + 36 + 2);
        assert_eq!(action(umas.code), Action::Stop);
        // Without a message inside it stays what it is.
        assert_eq!(Umas::parse(&data[..20], None).unwrap().code, SIGNED);
    }

    #[test]
    fn variables_of_a_write() {
        // A word at block 0x13, base 0x200, offset 4, and an array of two bytes.
        let bytes = [
            0x02, 0x13, 0x00, 0x00, 0x02, 0x04, 0x00, 0xe8, 0x03, 0x11, 0x13, 0x00, 0x00, 0x02, 0x06, 0x00,
            0x02, 0x00, 0x0a, 0x0b,
        ];
        let found: Vec<_> = variables(0x23, &bytes).collect();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (
                found[0].block,
                found[0].base,
                found[0].offset,
                found[0].size,
                found[0].data
            ),
            (0x13, 0x200, 4, 2, &[0xe8, 0x03][..])
        );
        assert_eq!((found[1].count, found[1].data), (2, &[0x0a, 0x0b][..]));
        assert_eq!(found[1].at + found[1].length, bytes.len());
    }
}
