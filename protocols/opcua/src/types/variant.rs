//! Variant: a scalar or an array of any built-in type (OPC 10000-6 5.2.2.16).

use tapglass_proto::Cursor;

use super::{BuiltIn, Scalar, length};
use crate::fault::Fault;

/// A value that names its own type. Its elements are read where they stand, each time they are asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Variant<'a> {
    /// The type of the value or of each element.
    pub(crate) kind: BuiltIn,
    /// Number of elements of an array; `None` for a scalar.
    pub(crate) array: Option<Option<u32>>,
    /// The value or the elements.
    bytes: &'a [u8],
    /// How many bytes the whole variant takes.
    pub(crate) encoded: usize,
    /// The dimensions, four bytes each; empty when there is only one.
    dimensions: &'a [u8],
    depth: u8,
}

impl<'a> Variant<'a> {
    /// Reads a Variant. `depth` counts how many levels may still be nested in it.
    pub(crate) fn read(cursor: &mut Cursor<'a>, depth: u8) -> Result<Self, Fault> {
        let mask_at = cursor.position();
        let mask = cursor.u8("Variant encoding")?;
        let kind = BuiltIn(mask & 0x3f);
        let is_array = mask & 0x80 != 0;
        // Numbers above 31 are not in use, and an array of nothing would claim elements without bytes.
        if kind.0 > 31 || (kind.0 == 0 && is_array) {
            return Err(Fault::Encoding {
                field: "Variant encoding",
                at: mask_at,
                value: u32::from(mask),
            });
        }
        if !is_array {
            let at = cursor.position();
            Scalar::read(cursor, kind, depth)?;
            return Ok(Self {
                kind,
                array: None,
                bytes: cursor.since(at),
                encoded: cursor.position() - mask_at,
                dimensions: &[],
                depth,
            });
        }
        let count = length(cursor, "Variant array length")?;
        let at = cursor.position();
        skip_elements(cursor, kind, count.unwrap_or(0), depth)?;
        let bytes = cursor.since(at);
        let dimensions = if mask & 0x40 != 0 {
            let dimensions = length(cursor, "Variant dimensions length")?.unwrap_or(0);
            cursor.take((dimensions as usize).saturating_mul(4), "Variant dimensions")?
        } else {
            &[]
        };
        Ok(Self {
            kind,
            array: Some(count),
            bytes,
            encoded: cursor.position() - mask_at,
            dimensions,
            depth,
        })
    }

    /// The value of a scalar; `None` for an array.
    pub(crate) fn scalar(&self) -> Option<Scalar<'a>> {
        if self.array.is_some() {
            return None;
        }
        Scalar::read(&mut Cursor::new(self.bytes), self.kind, self.depth).ok()
    }

    /// The bytes of the value or of the elements.
    pub(crate) const fn raw(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many levels may still be nested in it.
    pub(crate) const fn depth(&self) -> u8 {
        self.depth
    }

    /// The elements of an array, or the one value of a scalar.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Scalar<'a>> + use<'a> {
        let Self { kind, depth, .. } = *self;
        let mut cursor = Cursor::new(self.bytes);
        let mut left = self.array.map_or(1, |count| count.unwrap_or(0));
        core::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            Scalar::read(&mut cursor, kind, depth).ok()
        })
    }

    /// The dimensions when there are several and their product is the number of elements.
    pub(crate) fn dimensions(&self) -> Option<impl Iterator<Item = u32> + Clone + use<'a>> {
        let dimensions = self.dimensions.chunks_exact(4).map(|four| {
            four.try_into()
                .map_or(0, |four: [u8; 4]| u32::from_le_bytes(four))
        });
        if self.dimensions.len() <= 4 {
            return None;
        }
        let product = dimensions
            .clone()
            .try_fold(1_u32, |product, dimension| product.checked_mul(dimension))?;
        // A dimension of 0 would make more rows than there are elements.
        (product > 0 && Some(Some(product)) == self.array).then_some(dimensions)
    }
}

/// Moves past `count` values of the type. A count that no bytes stand behind ends at the first missing one.
fn skip_elements(cursor: &mut Cursor<'_>, kind: BuiltIn, count: u32, depth: u8) -> Result<(), Fault> {
    if let Some(size) = kind.size() {
        cursor.take((count as usize).saturating_mul(size), kind.name())?;
        return Ok(());
    }
    for _ in 0..count {
        Scalar::read(cursor, kind, depth)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    fn read(bytes: &[u8]) -> Result<Variant<'_>, Fault> {
        Variant::read(&mut Cursor::new(bytes), 8)
    }

    #[test]
    fn reads_scalars_arrays_and_matrices() {
        // 0x06: Int32, -2
        let variant = read(&[0x06, 0xfe, 0xff, 0xff, 0xff]).unwrap();
        assert_eq!(variant.scalar(), Some(Scalar::Signed(-2)));
        // 0x85: array of UInt16, three of them
        let variant = read(&[0x85, 3, 0, 0, 0, 1, 0, 2, 0, 3, 0]).unwrap();
        let values: Vec<_> = variant.elements().collect();
        assert_eq!(
            values,
            vec![Scalar::Unsigned(1), Scalar::Unsigned(2), Scalar::Unsigned(3)]
        );
        assert!(variant.dimensions().is_none());
        // 0xc3: array of Byte with dimensions; six of them; two dimensions: 2 and 3
        let matrix = [
            0xc3, 6, 0, 0, 0, 1, 2, 3, 4, 5, 6, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0,
        ];
        let variant = read(&matrix).unwrap();
        assert_eq!(variant.dimensions().unwrap().collect::<Vec<_>>(), vec![2, 3]);
        // 0x8c: array of String, length -1: null
        assert_eq!(read(&[0x8c, 0xff, 0xff, 0xff, 0xff]).unwrap().array, Some(None));
    }

    #[test]
    fn a_length_without_bytes_is_refused() {
        // 0x8b: array of Double, 0x7fffffff of them, and not one byte
        let fault = read(&[0x8b, 0xff, 0xff, 0xff, 0x7f]).unwrap_err();
        assert!(
            matches!(fault, Fault::Short(short) if short.field == "Double"),
            "{fault}"
        );
        // 0x80: an array of nothing could claim any number of elements
        assert!(matches!(
            read(&[0x80, 0xff, 0xff, 0xff, 0x7f]),
            Err(Fault::Encoding { value: 0x80, .. })
        ));
    }

    #[test]
    fn nesting_is_bounded() {
        // 0x98: array of Variant with one element, again and again
        let mut bytes: Vec<u8> = [0x98, 1, 0, 0, 0].repeat(50);
        bytes.push(0);
        assert!(matches!(read(&bytes), Err(Fault::Depth { .. })));
        // 0x17 0x01: a DataValue whose value is a DataValue ...
        let bytes: Vec<u8> = [0x17, 0x01].repeat(50);
        assert!(matches!(read(&bytes), Err(Fault::Depth { .. })));
    }
}
