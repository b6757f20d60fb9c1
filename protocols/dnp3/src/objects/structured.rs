//! Objects with fields of their own: files, attributes, data sets, security (IEEE 1815-2012 annex A).
//!
//! One description of each serves the JSON members and the field tree: a visitor is told every member, its bytes
//! and its value.

use tapglass_proto::{Cursor, Short};

use super::time::Timestamp;
use super::{attribute, data_set, file, security};
use crate::memory::Known;

/// The value of one member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Part<'a> {
    Number(u64),
    Signed(i64),
    Real(f64),
    Flag(bool),
    /// A code with its name.
    Code(u32, &'static str),
    /// A word of ours.
    Name(&'static str),
    /// Text of the device, perhaps not UTF-8.
    Text(&'a [u8]),
    /// Bytes without further meaning.
    Hex(&'a [u8]),
    Time(Timestamp),
    /// A password or key: never written.
    Secret,
}

/// Who is told the members.
pub(crate) trait Visit<'a> {
    /// A member and its bytes, counted in the object.
    fn member(&mut self, name: &'static str, at: usize, length: usize, part: Part<'a>);
    /// A list of items begins.
    fn list(&mut self, name: &'static str);
    /// An item of the list begins, with what it is and its bytes.
    fn item(&mut self, name: &'static str, at: usize, length: usize);
    /// The item ends.
    fn end_item(&mut self);
    /// The list ends.
    fn end_list(&mut self);
}

/// Reads members and tells them.
pub(super) struct Reader<'a, 'v> {
    pub(super) cursor: Cursor<'a>,
    pub(super) visit: &'v mut dyn Visit<'a>,
    /// Where the bytes of the cursor start in the object.
    pub(super) base: usize,
    /// The bytes of the cursor stand in other messages too, and only so many at `base` in this one: no member has a
    /// place of its own.
    pub(super) shared: Option<usize>,
}

/// A member is cut off.
pub(super) type Members = Result<(), Short>;

impl<'a> Reader<'a, '_> {
    /// Tells a member that ends where the cursor stands.
    pub(super) fn tell(&mut self, name: &'static str, length: usize, part: Part<'a>) {
        let at = self.cursor.position().saturating_sub(length);
        self.tell_at(name, at, length, part);
    }

    fn tell_at(&mut self, name: &'static str, at: usize, length: usize, part: Part<'a>) {
        match self.shared {
            Some(length) => self.visit.member(name, self.base, length, part),
            None => self.visit.member(name, self.base + at, length, part),
        }
    }

    pub(super) fn u8(&mut self, name: &'static str) -> Result<u8, Short> {
        let value = self.cursor.u8(name)?;
        self.tell(name, 1, Part::Number(u64::from(value)));
        Ok(value)
    }

    pub(super) fn u16(&mut self, name: &'static str) -> Result<u16, Short> {
        let value = self.cursor.u16_le(name)?;
        self.tell(name, 2, Part::Number(u64::from(value)));
        Ok(value)
    }

    pub(super) fn u32(&mut self, name: &'static str) -> Result<u32, Short> {
        let value = self.cursor.u32_le(name)?;
        self.tell(name, 4, Part::Number(u64::from(value)));
        Ok(value)
    }

    pub(super) fn time(&mut self, name: &'static str) -> Members {
        let time = Timestamp::from_octets(self.cursor.array(name)?);
        self.tell(name, 6, Part::Time(time));
        Ok(())
    }

    pub(super) fn code(&mut self, name: &'static str, named: fn(u8) -> &'static str) -> Result<u8, Short> {
        let code = self.cursor.u8(name)?;
        self.tell(name, 1, Part::Code(u32::from(code), named(code)));
        Ok(code)
    }

    pub(super) fn wide_code(&mut self, name: &'static str, named: fn(u16) -> &'static str) -> Members {
        let code = self.cursor.u16_le(name)?;
        self.tell(name, 2, Part::Code(u32::from(code), named(code)));
        Ok(())
    }

    pub(super) fn text(&mut self, name: &'static str, length: usize) -> Members {
        let text = self.cursor.take(length, name)?;
        self.tell(name, length, Part::Text(text));
        Ok(())
    }

    pub(super) fn hex(&mut self, name: &'static str, length: usize) -> Members {
        let bytes = self.cursor.take(length, name)?;
        self.tell(name, length, Part::Hex(bytes));
        Ok(())
    }

    /// A password or key, and how long it is where no member before it says so.
    pub(super) fn secret(
        &mut self,
        name: &'static str,
        length_name: Option<&'static str>,
        length: usize,
    ) -> Members {
        self.cursor.take(length, name)?;
        self.tell(name, length, Part::Secret);
        if let Some(name) = length_name {
            self.tell(name, length, Part::Number(length as u64));
        }
        Ok(())
    }

    /// A key of 32 bits that opens a file; 0 means that none is used.
    pub(super) fn file_key(&mut self) -> Members {
        match self.cursor.u32_le("authentication_key")? {
            0 => self.tell("authentication_key", 4, Part::Number(0)),
            _ => self.tell("authentication_key", 4, Part::Secret),
        }
        Ok(())
    }

    /// The handle of an open file, and the file's name where its opening was seen.
    pub(super) fn handle(&mut self, known: &Known<'a>) -> Result<u32, Short> {
        let handle = self.u32("handle")?;
        if let Some(name) = known.file_name(handle) {
            self.tell("file", 4, Part::Text(name));
        }
        Ok(handle)
    }

    /// Text that stands at an offset of the object, as file names and users do.
    pub(super) fn text_at(&mut self, whole: &'a [u8], name: &'static str, place: (u16, u16)) -> Members {
        let text = slice_at(whole, name, place)?;
        self.tell_at(name, usize::from(place.0), text.len(), Part::Text(text));
        Ok(())
    }

    /// What stands behind the fixed members and belongs to none of the texts that offsets point to.
    pub(super) fn around(&mut self, whole: &'a [u8], texts: [(u16, u16); 2], is_secret: bool) {
        let start = self.cursor.position();
        let is_told = |at: usize| {
            texts.iter().any(|(offset, size)| {
                (usize::from(*offset)..usize::from(*offset) + usize::from(*size)).contains(&at)
            })
        };
        let mut at = start;
        for name in ["unused", "unused_2", "unused_3"] {
            while at < whole.len() && is_told(at) {
                at += 1;
            }
            let end = (at..whole.len())
                .find(|place| is_told(*place))
                .unwrap_or(whole.len());
            if end > at {
                let bytes = whole.get(at..end).unwrap_or_default();
                let part = if is_secret { Part::Secret } else { Part::Hex(bytes) };
                self.tell_at(name, at, bytes.len(), part);
            }
            at = end;
        }
        // All of the object is told.
        let _ = self.cursor.take(self.cursor.left(), "rest");
    }

    /// A block number whose highest bit says that it is the last.
    pub(super) fn block(&mut self) -> Result<u32, Short> {
        let block = self.cursor.u32_le("block")?;
        self.tell("block", 4, Part::Number(u64::from(block & 0x7fff_ffff)));
        self.tell("last", 4, Part::Flag(block >> 31 == 1));
        Ok(block & 0x7fff_ffff)
    }

    pub(super) fn rest_as_text(&mut self, name: &'static str) -> Members {
        self.text(name, self.cursor.left())
    }

    pub(super) fn rest_as_hex(&mut self, name: &'static str) -> Members {
        self.hex(name, self.cursor.left())
    }
}

pub(super) fn slice_at<'a>(
    whole: &'a [u8],
    field: &'static str,
    (offset, size): (u16, u16),
) -> Result<&'a [u8], Short> {
    let (start, length) = (usize::from(offset), usize::from(size));
    whole.get(start..start + length).ok_or(Short {
        field,
        at: start,
        need: length,
        have: whole.len().saturating_sub(start),
    })
}

/// Tells the members of one object; stops at one that is cut off. Octets that no member explains are told as `rest`.
pub(crate) fn visit<'a>(
    group: u8,
    variation: u8,
    data: &'a [u8],
    known: &Known<'a>,
    visit: &mut dyn Visit<'a>,
) -> Members {
    let mut reader = Reader {
        cursor: Cursor::new(data),
        visit,
        base: 0,
        shared: None,
    };
    let outcome = members(&mut reader, group, variation, data, known);
    let left = reader.cursor.left();
    if left > 0 {
        // What is left of an object that is cut off could be its password or key.
        if is_secret(group, variation) {
            reader.secret("rest", None, left)?;
        } else {
            reader.hex("rest", left)?;
        }
    }
    outcome
}

/// Objects with a password or a key in them.
pub(crate) const fn is_secret(group: u8, variation: u8) -> bool {
    matches!((group, variation), (70, 2) | (120, 6 | 13))
}

fn members<'a>(
    reader: &mut Reader<'a, '_>,
    group: u8,
    variation: u8,
    data: &'a [u8],
    known: &Known<'a>,
) -> Members {
    match group {
        0 => attribute::members(reader, variation),
        70 => file::members(reader, variation, data, known),
        81 => {
            let fill = reader.cursor.u8("fill_percentage")?;
            reader.tell("overflow", 1, Part::Flag(fill >> 7 == 1));
            reader.tell("fill_percentage", 1, Part::Number(u64::from(fill & 0x7f)));
            reader.u8("group")?;
            reader.u8("variation").map(|_| ())
        }
        83 => {
            reader.text("vendor", 4)?;
            reader.u16("object")?;
            if variation == 1 {
                let length = reader.u16("length")?;
                reader.hex("data", usize::from(length))
            } else {
                reader.rest_as_hex("data")
            }
        }
        85 | 86 if variation == 1 => data_set::descriptors(reader),
        86 if variation == 2 => data_set::characteristics(reader),
        87 | 88 => data_set::values(reader, known),
        90 => reader.rest_as_text("application"),
        120 => security::members(reader, variation),
        _ => reader.rest_as_hex("data"),
    }
}
