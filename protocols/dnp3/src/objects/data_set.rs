//! Data sets, groups 85 to 88 (IEEE 1815-2012 A.32 to A.35).

use tapglass_proto::Cursor;

use super::attribute;
use super::structured::{Members, Part, Reader};
use crate::memory::{DataSet, Known};
use crate::names;

/// What an element of a descriptor is.
pub(crate) mod code {
    /// The number of the data set.
    pub(crate) const ID: u8 = 1;
    /// The name of a prototype for machines.
    pub(crate) const UUID: u8 = 2;
    /// The namespace, and after it name and data elements: these have text.
    pub(crate) const NSPC: u8 = 3;
    /// A data element.
    pub(crate) const DAEL: u8 = 5;
    /// The elements of a prototype stand here.
    pub(crate) const PTYP: u8 = 6;
    /// A control value.
    pub(crate) const CTLV: u8 = 7;
    /// The status of a control.
    pub(crate) const CTLS: u8 = 8;
}

/// One element of a prototype or descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) code: u8,
    /// Type of its values.
    pub(crate) kind: u8,
    /// Name, number or UUID, as the code says.
    pub(crate) ancillary: &'a [u8],
}

/// Walks the elements of a prototype or descriptor (groups 85 and 86 variation 1) up to one that is cut off.
pub(crate) fn elements(data: &[u8]) -> impl Iterator<Item = Element<'_>> {
    let mut cursor = Cursor::new(data);
    core::iter::from_fn(move || {
        let length = usize::from(cursor.u8("element length").ok()?);
        match cursor.take(length, "element").ok()? {
            [code, kind, _, ancillary @ ..] => Some(Element {
                code: *code,
                kind: *kind,
                ancillary,
            }),
            _ => None,
        }
    })
}

/// Unsigned, the low octet first; `None` for one that is longer than 64 bits.
pub(crate) fn unsigned(octets: &[u8]) -> Option<u64> {
    (octets.len() <= 8).then(|| {
        octets
            .iter()
            .rev()
            .fold(0, |number, octet| number << 8 | u64::from(*octet))
    })
}

/// Groups 85 and 86 variation 1: elements with their length in front.
pub(super) fn descriptors(reader: &mut Reader<'_, '_>) -> Members {
    items(reader, "Descriptor element", descriptor)
}

/// A list of items that have their length in one octet before them.
fn items<'a>(
    reader: &mut Reader<'a, '_>,
    name: &'static str,
    mut one: impl FnMut(&mut Reader<'a, '_>, usize) -> Members,
) -> Members {
    reader.visit.list("elements");
    let outcome = (|| {
        while !reader.cursor.is_empty() {
            let at = reader.cursor.position();
            let length = usize::from(reader.cursor.u8("element length")?);
            let whole = length.min(reader.cursor.left());
            reader.visit.item(name, reader.base + at, 1 + whole);
            reader.tell("length", 1, Part::Number(length as u64));
            let outcome = one(reader, length);
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
    let code = reader.code("descriptor", names::descriptor)?;
    reader.code("type", names::data_type)?;
    reader.u8("maximum_length")?;
    match code {
        code::ID if (1..=8).contains(&rest) => {
            let number = unsigned(reader.cursor.take(rest, "value")?).unwrap_or(0);
            reader.tell("value", rest, Part::Number(number));
            Ok(())
        }
        // Namespace, name and the names of elements are text.
        code::NSPC..=code::DAEL | code::CTLV | code::CTLS => reader.text("value", rest),
        // The prototype's UUID, then the name of this use of it.
        code::PTYP if rest >= UUID => {
            reader.hex("value", UUID)?;
            reader.text("instance", rest - UUID)
        }
        _ => reader.hex("value", rest),
    }
}

/// How many octets a UUID has.
pub(crate) const UUID: usize = 16;

/// Group 86 variation 2.
pub(super) fn characteristics(reader: &mut Reader<'_, '_>) -> Members {
    let octet = reader.cursor.u8("characteristics")?;
    for (bit, name) in ["readable", "writable", "static", "event", "defined_by_master"]
        .into_iter()
        .enumerate()
    {
        reader.tell(name, 1, Part::Flag(octet >> bit & 1 == 1));
    }
    if octet >> 5 != 0 {
        reader.tell("reserved", 1, Part::Number(u64::from(octet >> 5)));
    }
    Ok(())
}

/// Groups 87 and 88: the number of the data set, the time of its values, then the values in the order of its
/// descriptor, each with its length in front. Without the descriptor nobody knows their types.
pub(super) fn values<'a>(reader: &mut Reader<'a, '_>, known: &Known<'a>) -> Members {
    let lengths = || {
        let mut cursor = reader.cursor;
        core::iter::from_fn(move || {
            let length = usize::from(cursor.u8("element length").ok()?);
            cursor.take(length, "element").ok()
        })
    };
    let set = lengths()
        .next()
        .and_then(unsigned)
        .and_then(|number| known.data_set(number));
    let told = lengths().count();
    // An outstation that gives no time leaves that element out or empty.
    let is_timed = lengths().nth(1).is_some_and(|time| matches!(time.len(), 0 | 6));
    let lead = match set.as_ref().and_then(DataSet::count) {
        Some(count) if is_timed && told == count + 2 => 2,
        Some(count) if told == count + 1 => 1,
        _ => return items(reader, "Element", |reader, length| reader.hex("value", length)),
    };
    let mut nth = 0;
    let mut types = set.into_iter().flat_map(DataSet::values);
    items(reader, "Element", |reader, length| {
        nth += 1;
        if nth == 1 {
            let bytes = reader.cursor.take(length, "data_set")?;
            reader.tell("data_set", length, Part::Number(unsigned(bytes).unwrap_or(0)));
            return Ok(());
        }
        if nth <= lead {
            return match length {
                6 => reader.time("time"),
                _ => reader.hex("time", length),
            };
        }
        match types.next() {
            Some(element) => {
                reader.tell("name", 0, Part::Text(&element.name));
                let kind = element.kind;
                reader.tell("type", 0, Part::Code(u32::from(kind), names::data_type(kind)));
                attribute::typed(reader, "value", kind, length)
            }
            None => reader.hex("value", length),
        }
    })
}
