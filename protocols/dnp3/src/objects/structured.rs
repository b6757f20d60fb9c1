//! Objects with fields of their own: files, attributes, data sets, security (IEEE 1815-2012 annex A).
//!
//! One description of each serves the JSON members and the field tree: a visitor is told every member, its bytes
//! and its value.

use tapglass_proto::{Cursor, Short};

use super::time::Timestamp;
use super::{attribute, file, security};
use crate::names;

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
    /// An item of the list begins.
    fn item(&mut self);
    /// The item ends.
    fn end_item(&mut self);
    /// The list ends.
    fn end_list(&mut self);
}

/// Reads members and tells them.
pub(super) struct Reader<'a, 'v> {
    pub(super) cursor: Cursor<'a>,
    pub(super) visit: &'v mut dyn Visit<'a>,
}

/// A member is cut off.
pub(super) type Members = Result<(), Short>;

impl<'a> Reader<'a, '_> {
    pub(super) fn tell(&mut self, name: &'static str, length: usize, part: Part<'a>) {
        let at = self.cursor.position().saturating_sub(length);
        self.visit.member(name, at, length, part);
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

    pub(super) fn code(&mut self, name: &'static str, named: fn(u8) -> &'static str) -> Members {
        let code = self.cursor.u8(name)?;
        self.tell(name, 1, Part::Code(u32::from(code), named(code)));
        Ok(())
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

    pub(super) fn secret(&mut self, name: &'static str, length_name: &'static str, length: usize) -> Members {
        self.cursor.take(length, name)?;
        self.tell(name, length, Part::Secret);
        self.tell(length_name, length, Part::Number(length as u64));
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

    /// Text that stands at an offset of the object, as file names and users do.
    pub(super) fn text_at(&mut self, whole: &'a [u8], name: &'static str, offset: u16, size: u16) -> Members {
        let start = usize::from(offset);
        let text = slice_at(whole, name, offset, size)?;
        self.visit.member(name, start, text.len(), Part::Text(text));
        Ok(())
    }

    /// A block number whose highest bit says that it is the last.
    pub(super) fn block(&mut self) -> Members {
        let block = self.cursor.u32_le("block")?;
        self.tell("block", 4, Part::Number(u64::from(block & 0x7fff_ffff)));
        self.tell("last", 4, Part::Flag(block >> 31 == 1));
        Ok(())
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
    offset: u16,
    size: u16,
) -> Result<&'a [u8], Short> {
    let (start, length) = (usize::from(offset), usize::from(size));
    whole.get(start..start + length).ok_or(Short {
        field,
        at: start,
        need: length,
        have: whole.len().saturating_sub(start),
    })
}

/// Tells the members of one object; stops at one that is cut off.
pub(crate) fn visit<'a>(group: u8, variation: u8, data: &'a [u8], visit: &mut dyn Visit<'a>) -> Members {
    let mut reader = Reader {
        cursor: Cursor::new(data),
        visit,
    };
    match group {
        0 => attribute::members(&mut reader, variation),
        70 => file::members(&mut reader, variation, data),
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
        85 | 86 if variation == 1 => descriptors(&mut reader),
        86 if variation == 2 => characteristics(&mut reader),
        87 | 88 => values(&mut reader),
        90 => reader.rest_as_text("application"),
        120 => security::members(&mut reader, variation),
        _ => reader.rest_as_hex("data"),
    }
}

/// Groups 85 and 86 variation 1: elements with their length in front.
fn descriptors(reader: &mut Reader<'_, '_>) -> Members {
    reader.visit.list("elements");
    let outcome = (|| {
        while !reader.cursor.is_empty() {
            let length = usize::from(reader.cursor.u8("element length")?);
            reader.visit.item();
            let outcome = descriptor(reader, length);
            reader.visit.end_item();
            outcome?;
        }
        Ok(())
    })();
    reader.visit.end_list();
    outcome
}

fn descriptor(reader: &mut Reader<'_, '_>, length: usize) -> Members {
    let Some(rest) = length.checked_sub(3) else {
        return reader.hex("data", length);
    };
    let code = reader.cursor.u8("descriptor")?;
    reader.tell(
        "descriptor",
        1,
        Part::Code(u32::from(code), names::descriptor(code)),
    );
    reader.code("type", names::data_type)?;
    reader.u8("maximum_length")?;
    match code {
        1 if rest == 1 => reader.u8("value").map(|_| ()),
        // Namespace, name and the names of elements are text.
        3..=5 => reader.text("value", rest),
        _ => reader.hex("value", rest),
    }
}

/// Group 86 variation 2.
fn characteristics(reader: &mut Reader<'_, '_>) -> Members {
    let octet = reader.cursor.u8("characteristics")?;
    for (bit, name) in ["readable", "writable", "static", "event", "defined_by_master"]
        .into_iter()
        .enumerate()
    {
        reader.tell(name, 1, Part::Flag(octet >> bit & 1 == 1));
    }
    Ok(())
}

/// Groups 87 and 88: values with their length in front, in the order of the descriptor.
fn values(reader: &mut Reader<'_, '_>) -> Members {
    reader.visit.list("elements");
    let outcome = (|| {
        while !reader.cursor.is_empty() {
            let length = usize::from(reader.cursor.u8("element length")?);
            reader.visit.item();
            let outcome = reader.hex("value", length);
            reader.visit.end_item();
            outcome?;
        }
        Ok(())
    })();
    reader.visit.end_list();
    outcome
}
