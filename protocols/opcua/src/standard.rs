//! The generated tables of namespace 0, looked up: names, layouts of structures, names of enumerated values.

use tapglass_proto::{Cursor, Short};

use crate::fault::Fault;
use crate::r#gen as tables;
use crate::grammar::{Kind, Structure};
use crate::types::{BuiltIn, bytes, length};

/// The bit that makes a member an array.
const ARRAY: u16 = 128;

/// A name of the pool.
fn name(at: u16) -> &'static str {
    let at = usize::from(at);
    let bound = |at| tables::NAME_STARTS.get(at).copied().map(usize::from);
    match (bound(at), bound(at + 1)) {
        (Some(start), Some(end)) => tables::NAMES.get(start..end).unwrap_or_default(),
        _ => "",
    }
}

/// The structure that a binary encoding of namespace 0 encodes.
pub(crate) fn structure(encoding: u32) -> Option<Structure<'static>> {
    let id = u16::try_from(encoding).ok()?;
    let (rows, _) = tables::ENCODINGS.as_chunks::<2>();
    let at = rows.binary_search_by_key(&id, |[id, _]| *id).ok()?;
    rows.get(at).map(|[_, row]| Structure::Standard(*row))
}

/// How values of a data type of namespace 0 are encoded.
pub(crate) fn data_type(id: u32) -> Option<Kind<'static>> {
    let id = u16::try_from(id).ok()?;
    let (rows, _) = tables::DATA_TYPES.as_chunks::<3>();
    let at = rows.binary_search_by_key(&id, |[id, ..]| *id).ok()?;
    rows.get(at).map(|[_, code, of]| kind(*code, *of))
}

/// One row of the structures: name, clause, first member.
fn row(at: u16) -> [u16; 3] {
    let (rows, _) = tables::STRUCTURES.as_chunks::<3>();
    rows.get(usize::from(at)).copied().unwrap_or_default()
}

/// The name of the structure of a row.
pub(crate) fn structure_name(at: u16) -> &'static str {
    name(row(at)[0])
}

/// Where the structure of a row is defined; empty where the clause of what holds it says enough.
pub(crate) fn clause(at: u16) -> &'static str {
    tables::CLAUSES
        .get(usize::from(row(at)[1]))
        .copied()
        .unwrap_or_default()
}

/// The members of the structure of a row: a range of all members.
pub(crate) fn members(at: u16) -> core::ops::Range<usize> {
    usize::from(row(at)[2])..usize::from(row(at.saturating_add(1))[2])
}

/// Name, encoding and whether it is an array, of one of all members.
pub(crate) fn member(at: usize) -> Option<(&'static str, Kind<'static>, bool)> {
    let (rows, _) = tables::MEMBERS.as_chunks::<3>();
    let [member, code, of] = *rows.get(at)?;
    Some((name(member), kind(code & !ARRAY, of), code & ARRAY != 0))
}

/// The codes are those of `tables.py`.
fn kind(code: u16, of: u16) -> Kind<'static> {
    match code {
        32 => Kind::Secret,
        33 => Kind::Certificate,
        34 => Kind::Identity,
        35 => Kind::Token,
        36 => Kind::Enumeration(Names(of)),
        37 => Kind::Structure(Structure::Standard(of)),
        38 => Kind::Bits(BuiltIn::BYTE, Names(of)),
        39 => Kind::Bits(BuiltIn(5), Names(of)),
        40 => Kind::Bits(BuiltIn::UINT32, Names(of)),
        41 => Kind::Bits(BuiltIn(9), Names(of)),
        _ => Kind::Plain(BuiltIn(u8::try_from(code).unwrap_or(0))),
    }
}

/// How many bytes every value of an encoding takes, where that is fixed.
const fn size(code: u16) -> Option<usize> {
    match code {
        36 | 40 => Some(4),
        38 => Some(1),
        39 => Some(2),
        41 => Some(8),
        #[expect(clippy::cast_possible_truncation, reason = "the pattern says that it fits")]
        0..=25 => BuiltIn(code as u8).size(),
        _ => None,
    }
}

/// [`size`] of every code, 0 where it is not fixed: looked up for each member of each message.
#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // checked when it is compiled; sizes are 1 to 16
const SIZES: [u8; ARRAY as usize] = {
    let mut sizes = [0; ARRAY as usize];
    let mut code = 0;
    while code < ARRAY {
        if let Some(size) = size(code) {
            sizes[code as usize] = size as u8;
        }
        code += 1;
    }
    sizes
};

/// Moves the cursor past members: what every message goes through, so without names and without looking at values.
pub(crate) fn skip(range: core::ops::Range<usize>, cursor: &mut Cursor<'_>, depth: u8) -> Result<(), Fault> {
    let (rows, _) = tables::MEMBERS.as_chunks::<3>();
    for [member, code, of] in rows.get(range).unwrap_or_default() {
        // Names cost something, and only faults need them.
        let named = |short: Short| Short {
            field: name(*member),
            ..short
        };
        let one = code & !ARRAY;
        let count = if code & ARRAY == 0 {
            1
        } else {
            length(cursor, "").map_err(named)?.unwrap_or(0)
        };
        let size = SIZES.get(usize::from(one)).copied().unwrap_or(0);
        if size > 0 {
            cursor
                .take((count as usize).saturating_mul(usize::from(size)), "")
                .map_err(named)?;
            continue;
        }
        // Every element takes at least a byte (`tables.py` sees to it), so a count that nothing stands behind ends soon.
        for _ in 0..count {
            match one {
                // String, ByteString, XmlElement, secrets, certificates
                12 | 15 | 16 | 32 | 33 => {
                    bytes(cursor, "").map_err(named)?;
                }
                37 => skip(members(*of), cursor, depth)?,
                _ => kind(one, *of).skip(cursor, depth)?,
            }
        }
    }
    Ok(())
}

/// The names of the values of an enumeration of namespace 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Names(u16);

impl Names {
    /// The name of a value.
    pub(crate) fn of(self, value: u32) -> Option<&'static str> {
        let bound = |at: u16| {
            let (rows, _) = tables::ENUMERATIONS.as_chunks::<2>();
            rows.get(usize::from(at))
                .map_or(0, |[_, first]| usize::from(*first))
        };
        let (rows, _) = tables::VALUES.as_chunks::<2>();
        let rows = rows.get(bound(self.0)..bound(self.0.saturating_add(1)))?;
        let at = rows.binary_search_by_key(&value, |[value, _]| *value).ok()?;
        rows.get(at)
            .and_then(|[_, text]| u16::try_from(*text).ok())
            .map(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_whole() {
        let (encodings, _) = tables::ENCODINGS.as_chunks::<2>();
        assert!(encodings.is_sorted_by_key(|[id, _]| *id));
        let (types, _) = tables::DATA_TYPES.as_chunks::<3>();
        assert!(types.is_sorted_by_key(|[id, ..]| *id));
        assert!(tables::NAME_STARTS.is_sorted());
        let last = tables::NAME_STARTS.last().copied().map(usize::from);
        assert_eq!(last, Some(tables::NAMES.len()));
        for at in 0..tables::MEMBERS.len() / 3 {
            let (name, kind, _) = member(at).unwrap();
            assert!(!name.is_empty());
            if let Kind::Structure(structure) = kind {
                assert!(!structure.name().is_empty());
            }
        }
    }

    #[test]
    fn names_layouts_and_values_are_those_of_the_standard() {
        // 811 DataChangeNotification, 664 HistoryReadRequest
        assert_eq!(structure(811).unwrap().name(), "DataChangeNotification");
        assert_eq!(structure(664).unwrap().name(), "HistoryReadRequest");
        assert!(structure(812).is_none());
        assert!(structure(u32::MAX).is_none());
        // 884: the data type Range; 290: Duration, a Double
        assert!(matches!(data_type(884), Some(Kind::Structure(range)) if range.name() == "Range"));
        assert!(matches!(data_type(290), Some(Kind::Plain(BuiltIn(11)))));
        let Some(Kind::Enumeration(state)) = data_type(852) else {
            panic!("ServerState is an enumeration")
        };
        assert_eq!(
            (state.of(0), state.of(7), state.of(8)),
            (Some("Running"), Some("Unknown"), None)
        );
    }
}
