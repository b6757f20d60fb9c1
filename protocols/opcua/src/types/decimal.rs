//! Decimal: an integer of any size and the power of ten by which it is divided (OPC 10000-6 5.1.10).

use core::fmt;

use tapglass_proto::Cursor;

/// Digits after the point that are written; a larger scale is written as a power of ten.
const MOST_PLACES: u32 = 38;

/// A high-precision number that travels in an ExtensionObject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    value: i128,
    scale: i16,
}

impl Decimal {
    /// Reads scale and value; `None` for a number that does not fit into 128 bits.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(body);
        let scale = cursor.i16_le("Scale").ok()?;
        let little = cursor.rest();
        let sign = if little.last().is_some_and(|byte| byte >> 7 != 0) {
            0xff
        } else {
            0
        };
        let mut bytes = [sign; 16];
        bytes.get_mut(..little.len())?.copy_from_slice(little);
        Some(Self {
            value: i128::from_le_bytes(bytes),
            scale,
        })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = u32::try_from(self.scale)
            .ok()
            .filter(|places| *places <= MOST_PLACES);
        let divisor = places.and_then(|places| 10_u128.checked_pow(places));
        let (Some(places), Some(divisor)) = (places, divisor) else {
            return write!(f, "{}e{}", self.value, -i32::from(self.scale));
        };
        let sign = if self.value < 0 { "-" } else { "" };
        let value = self.value.unsigned_abs();
        let (whole, rest) = (value / divisor, value % divisor);
        match places {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(f, "{sign}{whole}.{rest:0width$}", width = places as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_scale_divides_by_a_power_of_ten() {
        for (body, text) in [
            (&[2, 0, 0x39, 0x30][..], Some("123.45")),
            // -1 in one byte, three places
            (&[3, 0, 0xff], Some("-0.001")),
            (&[0, 0, 7], Some("7")),
            // scale -2: hundreds
            (&[0xfe, 0xff, 5], Some("5e2")),
            (&[0, 0], Some("0")),
            (&[0], None),
            (&[0; 19], None),
        ] {
            assert_eq!(
                Decimal::read(body).map(|decimal| decimal.to_string()).as_deref(),
                text
            );
        }
    }
}
