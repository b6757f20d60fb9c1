//! Names of numbers: status codes, encodings, attributes.

use crate::r#gen::STATUS_CODES;
use crate::standard;

fn find(table: &[(u32, &'static str)], code: u32) -> Option<&'static str> {
    let at = table.binary_search_by_key(&code, |(code, _)| *code).ok()?;
    table.get(at).map(|(_, name)| *name)
}

/// The name of a status code. The lower 16 bits are flags and do not belong to it (OPC 10000-4 7.38).
pub(crate) fn status(code: u32) -> &'static str {
    if code & 0xffff_0000 == 0 {
        return "Good";
    }
    find(STATUS_CODES, code & 0xffff_0000).unwrap_or(match code >> 30 {
        0 => "unknown good code",
        1 => "unknown uncertain code",
        _ => "unknown bad code",
    })
}

/// The name of the structure that a binary encoding of namespace 0 encodes.
pub(crate) fn encoding(id: u32) -> Option<&'static str> {
    standard::structure(id).map(|structure| structure.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(STATUS_CODES.is_sorted_by_key(|(code, _)| *code));
    }

    #[test]
    fn names_do_not_depend_on_flags() {
        assert_eq!(status(0), "Good");
        // 0x80340000 with the overflow flag and info type DataValue
        assert_eq!(status(0x8034_0480), "BadNodeIdUnknown");
        assert_eq!(status(0x8fff_0000), "unknown bad code");
        assert_eq!(encoding(811), Some("DataChangeNotification"));
    }
}
