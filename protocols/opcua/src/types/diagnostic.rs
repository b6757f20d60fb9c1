//! DiagnosticInfo (OPC 10000-6 5.2.2.12).

use tapglass_proto::Cursor;

use super::bytes;
use crate::fault::Fault;

/// One level of diagnostic information; the numbers are indexes into the response's string table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DiagnosticInfo<'a> {
    /// Index of the symbolic id.
    pub(crate) symbolic_id: Option<i32>,
    /// Index of the URI of the namespace of the symbolic id.
    pub(crate) namespace: Option<i32>,
    /// Index of the locale of the text.
    pub(crate) locale: Option<i32>,
    /// Index of the text.
    pub(crate) text: Option<i32>,
    /// More about it.
    pub(crate) additional: Option<&'a [u8]>,
    /// Status of the layer below.
    pub(crate) inner_status: Option<u32>,
    /// How many levels lie below this one.
    pub(crate) levels: u8,
    /// Their bytes.
    below: &'a [u8],
}

impl<'a> DiagnosticInfo<'a> {
    /// Reads a DiagnosticInfo with all its inner ones, at most `depth` of them; gives the outermost.
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        let (mut info, mut more) = Self::read_level(cursor)?;
        let at = cursor.position();
        // The inner ones form a chain, so a loop does what a recursion would.
        while more {
            if info.levels >= depth {
                return Err(Fault::Depth {
                    field: "DiagnosticInfo",
                    at: cursor.position(),
                });
            }
            info.levels = info.levels.saturating_add(1);
            more = Self::read_level(cursor)?.1;
        }
        info.below = cursor.since(at);
        Ok(info)
    }

    /// Reads one level and says whether another follows.
    fn read_level(cursor: &mut Cursor<'a>) -> Result<(Self, bool), Fault> {
        let mask = cursor.u8("DiagnosticInfo mask")?;
        let index = |cursor: &mut Cursor<'a>, bit: u8, field| {
            (mask & bit != 0).then(|| cursor.i32_le(field)).transpose()
        };
        // The locale stands before the text although its bit comes after.
        let symbolic_id = index(cursor, 0x01, "DiagnosticInfo symbolicId")?;
        let namespace = index(cursor, 0x02, "DiagnosticInfo namespaceUri")?;
        let locale = index(cursor, 0x08, "DiagnosticInfo locale")?;
        let text = index(cursor, 0x04, "DiagnosticInfo localizedText")?;
        let additional = if mask & 0x10 != 0 {
            bytes(cursor, "DiagnosticInfo additionalInfo")?
        } else {
            None
        };
        let inner_status = (mask & 0x20 != 0)
            .then(|| cursor.u32_le("DiagnosticInfo innerStatusCode"))
            .transpose()?;
        let info = Self {
            symbolic_id,
            namespace,
            locale,
            text,
            additional,
            inner_status,
            levels: 0,
            below: &[],
        };
        Ok((info, mask & 0x40 != 0))
    }

    /// The level below this one.
    pub(crate) fn inner(&self) -> Option<Self> {
        let levels = self.levels.checked_sub(1)?;
        Self::read(&mut Cursor::new(self.below), levels).ok()
    }

    /// True when nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn reads_inner_levels_up_to_the_limit() {
        // 0x4d: symbolic id 1, locale 3, text 2, inner; then 0x30: additional "x", inner status BadTimeout
        let bytes = [
            0x4d, 1, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0x30, 1, 0, 0, 0, b'x', 0, 0, 0x0a, 0x80,
        ];
        let mut cursor = Cursor::new(&bytes);
        let info = DiagnosticInfo::read(&mut cursor, 4).unwrap();
        assert_eq!(
            (info.symbolic_id, info.locale, info.text),
            (Some(1), Some(3), Some(2))
        );
        assert_eq!(info.levels, 1);
        let inner = info.inner().unwrap();
        assert_eq!(
            (inner.additional, inner.inner_status),
            (Some(&b"x"[..]), Some(0x800a_0000))
        );
        assert!(inner.inner().is_none());
        assert!(cursor.is_empty());
        // A chain without end: every level only says that another follows.
        let chain: Vec<u8> = [0x40].repeat(100);
        let fault = DiagnosticInfo::read(&mut Cursor::new(&chain), 32).unwrap_err();
        assert!(matches!(fault, Fault::Depth { at: 33, .. }), "{fault}");
    }
}
