//! Object headers: group, variation, qualifier and range (IEEE 1815-2012 4.2.2.7).

use tapglass_proto::{Cursor, Short};

/// What a qualifier's range field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// There is none: all of them (range code 6).
    All,
    /// From `start` to `stop`, both included; by address in memory where `addresses` is set (codes 0 to 5).
    Span { start: u32, stop: u32, addresses: bool },
    /// So many objects (codes 7 to 9 and 11).
    Count(u32),
    /// Nobody knows: the range is cut off or its code is reserved.
    Unknown,
}

impl Range {
    /// How many objects the range promises; 0 when it ends before it starts.
    pub(crate) fn count(self) -> u64 {
        match self {
            Self::Span { start, stop, .. } => (u64::from(stop) + 1).saturating_sub(u64::from(start)),
            Self::Count(count) => u64::from(count),
            Self::All | Self::Unknown => 0,
        }
    }

    /// True when it ends before it starts.
    pub(crate) const fn is_reversed(self) -> bool {
        matches!(self, Self::Span { start, stop, .. } if stop < start)
    }
}

/// What stands before each object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prefix {
    /// Nothing.
    Nothing,
    /// Its index, in so many octets.
    Index(u8),
    /// Its size, in so many octets.
    Size(u8),
}

impl Prefix {
    /// How many octets.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Index(octets) | Self::Size(octets) => octets as usize,
        }
    }
}

/// One object header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) group: u8,
    pub(crate) variation: u8,
    pub(crate) qualifier: u8,
    pub(crate) prefix: Prefix,
    pub(crate) range: Range,
}

/// Why a header cannot be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Fewer octets than the qualifier asks for.
    Short(Short),
    /// A reserved prefix or range code, or a mixture that means nothing.
    Qualifier,
}

/// Reads a header. With a fault, what could be read stands in the header; `None` when not even the qualifier is there.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> (Option<Header>, Option<Fault>) {
    let three = match cursor.array::<3>("object header") {
        Ok(three) => three,
        Err(short) => return (None, Some(Fault::Short(short))),
    };
    let [group, variation, qualifier] = three;
    let mut header = Header {
        group,
        variation,
        qualifier,
        prefix: Prefix::Nothing,
        range: Range::Unknown,
    };
    let Some(prefix) = prefix(qualifier) else {
        return (Some(header), Some(Fault::Qualifier));
    };
    header.prefix = prefix;
    let before = *cursor;
    match range(cursor, qualifier & 0x0f) {
        Ok(Some(range)) => header.range = range,
        Ok(None) => return (Some(header), Some(Fault::Qualifier)),
        Err(short) => {
            *cursor = before;
            return (Some(header), Some(Fault::Short(short)));
        }
    }
    // A variable format says how many objects follow, each with its size: without sizes it means nothing.
    let fault =
        (qualifier & 0x0f == 0x0b && !matches!(header.prefix, Prefix::Size(_))).then_some(Fault::Qualifier);
    (Some(header), fault)
}

/// The prefix code in bits 4 to 6; bit 7 is reserved and 0.
const fn prefix(qualifier: u8) -> Option<Prefix> {
    Some(match qualifier >> 4 {
        0 => Prefix::Nothing,
        1 => Prefix::Index(1),
        2 => Prefix::Index(2),
        3 => Prefix::Index(4),
        4 => Prefix::Size(1),
        5 => Prefix::Size(2),
        6 => Prefix::Size(4),
        _ => return None,
    })
}

/// The range field of a range code; `Ok(None)` for a reserved code.
fn range(cursor: &mut Cursor<'_>, code: u8) -> Result<Option<Range>, Short> {
    let number = |cursor: &mut Cursor<'_>, field, octets| -> Result<u32, Short> {
        Ok(match octets {
            1 => u32::from(cursor.u8(field)?),
            2 => u32::from(cursor.u16_le(field)?),
            _ => cursor.u32_le(field)?,
        })
    };
    Ok(Some(match code {
        0..=5 => {
            let octets = [1, 2, 4].get(usize::from(code % 3)).copied().unwrap_or(4);
            Range::Span {
                start: number(cursor, "range start", octets)?,
                stop: number(cursor, "range stop", octets)?,
                addresses: code > 2,
            }
        }
        6 => Range::All,
        7 | 0x0b => Range::Count(number(cursor, "count", 1)?),
        8 => Range::Count(number(cursor, "count", 2)?),
        9 => Range::Count(number(cursor, "count", 4)?),
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> (Header, Option<Fault>, usize) {
        let mut cursor = Cursor::new(bytes);
        let (header, fault) = read(&mut cursor);
        (header.unwrap(), fault, cursor.position())
    }

    #[test]
    fn reads_every_qualifier_of_the_subsets() {
        let span = |start, stop| Range::Span {
            start,
            stop,
            addresses: false,
        };
        for (bytes, prefix, range) in [
            (&[30, 1, 0x00, 2, 5][..], Prefix::Nothing, span(2, 5)),
            (&[30, 1, 0x01, 2, 1, 5, 1], Prefix::Nothing, span(258, 261)),
            (
                &[30, 1, 0x02, 1, 0, 0, 0, 2, 0, 0, 1],
                Prefix::Nothing,
                span(1, 0x0100_0002),
            ),
            (&[60, 1, 0x06], Prefix::Nothing, Range::All),
            (&[50, 1, 0x07, 1], Prefix::Nothing, Range::Count(1)),
            (&[60, 2, 0x08, 4, 1], Prefix::Nothing, Range::Count(260)),
            (
                &[60, 2, 0x09, 4, 0, 1, 0],
                Prefix::Nothing,
                Range::Count(0x1_0004),
            ),
            (&[12, 1, 0x17, 1], Prefix::Index(1), Range::Count(1)),
            (&[12, 1, 0x18, 1, 0], Prefix::Index(1), Range::Count(1)),
            (&[12, 1, 0x19, 1, 0, 0, 0], Prefix::Index(1), Range::Count(1)),
            (&[12, 1, 0x27, 1], Prefix::Index(2), Range::Count(1)),
            (&[12, 1, 0x28, 1, 0], Prefix::Index(2), Range::Count(1)),
            (&[12, 1, 0x29, 1, 0, 0, 0], Prefix::Index(2), Range::Count(1)),
            (&[12, 1, 0x37, 1], Prefix::Index(4), Range::Count(1)),
            (&[12, 1, 0x38, 1, 0], Prefix::Index(4), Range::Count(1)),
            (&[12, 1, 0x39, 1, 0, 0, 0], Prefix::Index(4), Range::Count(1)),
            (&[70, 3, 0x5b, 1], Prefix::Size(2), Range::Count(1)),
        ] {
            let (found, fault, length) = header(bytes);
            assert_eq!((found.prefix, found.range), (prefix, range), "{bytes:02x?}");
            assert_eq!((fault, length), (None, bytes.len()), "{bytes:02x?}");
        }
    }

    #[test]
    fn keeps_group_and_variation_when_the_rest_means_nothing() {
        let (found, fault, length) = header(&[60, 4, 0xed, 9]);
        assert_eq!(
            (found.group, found.variation, found.range),
            (60, 4, Range::Unknown)
        );
        assert_eq!((fault, length), (Some(Fault::Qualifier), 3));
        let (found, fault, length) = header(&[1, 2, 0x01, 0, 0, 7]);
        assert_eq!((found.group, found.range), (1, Range::Unknown));
        assert!(matches!(fault, Some(Fault::Short(_))));
        assert_eq!(length, 3);
        assert_eq!(header(&[1, 2, 0x0b, 1]).1, Some(Fault::Qualifier));
    }

    #[test]
    fn a_range_that_ends_before_it_starts_holds_nothing() {
        let (found, ..) = header(&[30, 1, 0x00, 5, 2]);
        assert!(found.range.is_reversed());
        assert_eq!(found.range.count(), 0);
        let (found, ..) = header(&[30, 1, 0x02, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(found.range.count(), 1 << 32);
    }
}
