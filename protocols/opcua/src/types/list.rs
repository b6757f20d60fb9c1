//! Arrays that are read where they stand, each time they are asked for (OPC 10000-6 5.2.5).

use tapglass_proto::{Cursor, Short};

use super::{DiagnosticInfo, bytes, length};
use crate::fault::Fault;

/// An array of UInt32 or StatusCode.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    /// Reads the array.
    pub(crate) fn read(cursor: &mut Cursor<'a>, field: &'static str) -> Result<Self, Short> {
        let count = length(cursor, field)?.unwrap_or(0) as usize;
        Ok(Self(cursor.take(count.saturating_mul(4), field)?))
    }

    /// Each number in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = u32> + use<'a> {
        let (numbers, _) = self.0.as_chunks::<4>();
        numbers.iter().map(|four| u32::from_le_bytes(*four))
    }

    /// True when there are none.
    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// An array of String: the table that the diagnostics of a response point into (OPC 10000-4 7.33).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    /// Reads the array.
    pub(crate) fn read(cursor: &mut Cursor<'a>, field: &'static str) -> Result<Self, Short> {
        let count = length(cursor, field)?.unwrap_or(0);
        let at = cursor.position();
        for _ in 0..count {
            bytes(cursor, field)?;
        }
        Ok(Self(cursor.since(at)))
    }

    /// Each text in order, null as nothing.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut cursor = Cursor::new(self.0);
        core::iter::from_fn(move || {
            if cursor.is_empty() {
                return None;
            }
            bytes(&mut cursor, "String").ok().map(Option::unwrap_or_default)
        })
    }

    /// The text of an index; an index below 0 means none.
    pub(crate) fn get(self, index: i32) -> Option<&'a [u8]> {
        self.iter().nth(usize::try_from(index).ok()?)
    }

    /// True when there are none.
    pub(crate) const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// An array of DiagnosticInfo: one for each item of a request, or none at all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Diagnostics<'a> {
    bytes: &'a [u8],
    depth: u8,
}

impl<'a> Diagnostics<'a> {
    /// Reads the array.
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        let count = length(cursor, "diagnosticInfos")?.unwrap_or(0);
        let at = cursor.position();
        for _ in 0..count {
            DiagnosticInfo::read(cursor, depth)?;
        }
        Ok(Self {
            bytes: cursor.since(at),
            depth,
        })
    }

    /// Each in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = DiagnosticInfo<'a>> + use<'a> {
        let mut cursor = Cursor::new(self.bytes);
        core::iter::from_fn(move || {
            if cursor.is_empty() {
                return None;
            }
            DiagnosticInfo::read(&mut cursor, self.depth).ok()
        })
    }

    /// True when nothing is said of any item.
    pub(crate) fn is_empty(self) -> bool {
        // A byte of 0 is an empty DiagnosticInfo.
        self.bytes.iter().all(|byte| *byte == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn arrays_are_read_in_place() {
        // two numbers; then two texts, "a" and null; then two diagnostics, one empty and one with symbolic id 1
        let raw = [
            2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, b'a', 0xff, 0xff, 0xff, 0xff, 2, 0,
            0, 0, 0, 1, 1, 0, 0, 0,
        ];
        let mut cursor = Cursor::new(&raw);
        let numbers = Numbers::read(&mut cursor, "n").unwrap();
        assert_eq!(numbers.iter().collect::<Vec<_>>(), [1, 2]);
        let strings = Strings::read(&mut cursor, "s").unwrap();
        assert_eq!(
            (strings.get(0), strings.get(1), strings.get(2)),
            (Some(&b"a"[..]), Some(&b""[..]), None)
        );
        assert_eq!(strings.get(-1), None);
        let diagnostics = Diagnostics::read(&mut cursor, 4).unwrap();
        assert!(!diagnostics.is_empty());
        assert_eq!(diagnostics.iter().nth(1).unwrap().symbolic_id, Some(1));
        assert!(cursor.is_empty());
    }

    #[test]
    fn a_length_that_lies_ends_at_the_first_missing_byte() {
        let raw = [0xff, 0xff, 0xff, 0x7f, 0];
        assert!(Numbers::read(&mut Cursor::new(&raw), "n").is_err());
        assert!(Strings::read(&mut Cursor::new(&raw), "s").is_err());
        assert!(Diagnostics::read(&mut Cursor::new(&raw), 4).is_err());
    }
}
