//! The entries of a directory, which are read as the blocks of a file (IEEE 1815-2012 A.27.7).

use tapglass_proto::Cursor;

use super::file;
use super::structured::{Members, Reader};
use crate::memory::Known;

/// An entry without its name, which stands right behind.
const FIXED: usize = 20;

/// How long the entry at the front of `bytes` is, as far as that can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// So many octets, all of them here.
    Whole(usize),
    /// More octets are needed, so many in all.
    Cut(usize),
    /// This is no entry.
    Other,
}

/// Looks at the front of `bytes`.
pub(crate) fn entry(bytes: &[u8]) -> Entry {
    // The name stands right behind; the type is a directory or a file.
    for (at, least, most) in [(0, 20, 20), (1, 0, 0), (4, 0, 1), (5, 0, 0)] {
        if bytes.get(at).is_some_and(|octet| !(least..=most).contains(octet)) {
            return Entry::Other;
        }
    }
    let Some(&[_, _, low, high]) = bytes.first_chunk::<4>() else {
        return Entry::Cut(FIXED);
    };
    let need = FIXED + usize::from(u16::from_le_bytes([low, high]));
    if need <= bytes.len() {
        Entry::Whole(need)
    } else {
        Entry::Cut(need)
    }
}

/// Tells the entries of a block whose data start at `start` of the object, when it is known to be of a directory.
pub(super) fn entries<'a>(
    reader: &mut Reader<'a, '_>,
    known: &Known<'a>,
    (handle, block): (u32, u32),
    start: usize,
    data: &'a [u8],
) -> Members {
    let Some((joined, mut at)) = known.listing(handle, block) else {
        return Ok(());
    };
    reader.visit.list("entries");
    if let Entry::Whole(_) = entry(joined) {
        let here = at.min(data.len());
        one(reader, joined, start, here, Some(here));
    }
    while let Some(rest) = data.get(at..)
        && let Entry::Whole(length) = entry(rest)
    {
        let bytes = rest.get(..length).unwrap_or_default();
        one(reader, bytes, start + at, length, None);
        at += length;
    }
    reader.visit.end_list();
    Ok(())
}

/// One entry at `at` of the object; one that began in an earlier block has only its end there.
fn one<'a>(reader: &mut Reader<'a, '_>, bytes: &'a [u8], at: usize, length: usize, shared: Option<usize>) {
    reader.visit.item("Directory entry", at, length);
    let mut inner = Reader {
        cursor: Cursor::new(bytes),
        visit: &mut *reader.visit,
        base: at,
        shared,
    };
    // An entry is whole, so that nothing is cut off in it.
    let _ = file::descriptor(&mut inner, bytes);
    reader.visit.end_item();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_long_an_entry_is() {
        // Name at 20 of 3 octets, a directory, 2 entries in it, no time, permissions 0x01ff, request 8, "bin".
        let mut bytes = alloc::vec![20, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 1, 8, 0];
        bytes.extend(b"bin");
        assert_eq!(entry(&bytes), Entry::Whole(23));
        assert_eq!(entry(&bytes[..22]), Entry::Cut(23));
        assert_eq!(entry(&bytes[..3]), Entry::Cut(20));
        assert_eq!(entry(&[]), Entry::Cut(20));
        // A file of text, and one whose type is neither.
        assert_eq!(entry(b"plain text"), Entry::Other);
        bytes[4] = 2;
        assert_eq!(entry(&bytes), Entry::Other);
    }
}
