//! The checksum of link frames, CRC-16/DNP (IEEE 1815-2012 9.2.4.3): reflected polynomial 0xA6BC, start 0,
//! complemented, low octet first on the wire.

/// The polynomial x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1, reflected.
const POLYNOMIAL: u16 = 0xa6bc;

/// `TABLES[0]` is the table of one octet; `TABLES[n]` carries it over n further octets, so that eight octets
/// are taken at once: every octet of every frame passes here.
static TABLES: [[u16; 256]; 8] = tables();

#[allow(clippy::indexing_slicing)] // Runs in the compiler only, where an index out of bounds is a build error.
const fn tables() -> [[u16; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut octet = 0;
    while octet < 256 {
        let mut rest = octet as u16;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 1 {
                rest >> 1 ^ POLYNOMIAL
            } else {
                rest >> 1
            };
            bit += 1;
        }
        tables[0][octet] = rest;
        octet += 1;
    }
    let mut distance = 1;
    while distance < 8 {
        let mut octet = 0;
        while octet < 256 {
            let before = tables[distance - 1][octet];
            tables[distance][octet] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            octet += 1;
        }
        distance += 1;
    }
    tables
}

/// Looks one octet up. The index always fits, so this costs no check.
fn look_up(distance: usize, octet: u8) -> u16 {
    TABLES
        .get(distance)
        .and_then(|table| table.get(usize::from(octet)))
        .copied()
        .unwrap_or(0)
}

/// The checksum of `bytes`.
pub(crate) fn checksum(bytes: &[u8]) -> u16 {
    let mut rest = 0_u16;
    let (eights, tail) = bytes.as_chunks::<8>();
    for &[a, b, c, d, e, f, g, h] in eights {
        let [low, high] = rest.to_le_bytes();
        rest = look_up(7, a ^ low)
            ^ look_up(6, b ^ high)
            ^ look_up(5, c)
            ^ look_up(4, d)
            ^ look_up(3, e)
            ^ look_up(2, f)
            ^ look_up(1, g)
            ^ look_up(0, h);
    }
    for &byte in tail {
        let [low, high] = rest.to_le_bytes();
        rest = look_up(0, byte ^ low) ^ u16::from(high);
    }
    !rest
}

/// True when `bytes` end with the checksum of what stands before.
pub(crate) fn holds(bytes: &[u8]) -> bool {
    match bytes.split_last_chunk::<2>() {
        Some((covered, check)) => checksum(covered) == u16::from_le_bytes(*check),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_the_check_value_of_the_catalogue() {
        // CRC-16/DNP of the nine digits, as every catalogue of checksums lists it.
        assert_eq!(checksum(b"123456789"), 0xea82);
        assert_eq!(checksum(&[]), 0xffff);
    }

    #[test]
    fn agrees_with_headers_from_the_wire() {
        // RESET_LINK_STATES from 1024 to 1, and header and block of a DISABLE_UNSOLICITED to everybody.
        assert!(holds(&[
            0x05, 0x64, 0x05, 0xc0, 0x01, 0x00, 0x00, 0x04, 0xe9, 0x21
        ]));
        assert!(holds(&[
            0x05, 0x64, 0x11, 0xc4, 0xff, 0xff, 0x03, 0x00, 0xd0, 0xd0
        ]));
        assert!(holds(&[
            0xc1, 0xc1, 0x15, 0x3c, 0x02, 0x06, 0x3c, 0x03, 0x06, 0x3c, 0x04, 0xed, 0x55, 0xd6
        ]));
        assert!(!holds(&[
            0x05, 0x64, 0x11, 0xc4, 0xff, 0xff, 0x03, 0x01, 0xd0, 0xd0
        ]));
        assert!(!holds(&[0x05]));
    }

    /// Bit by bit, as the standard draws it.
    fn by_bits(bytes: &[u8]) -> u16 {
        let mut rest = 0_u16;
        for byte in bytes {
            rest ^= u16::from(*byte);
            for _ in 0..8 {
                rest = if rest & 1 == 1 {
                    rest >> 1 ^ POLYNOMIAL
                } else {
                    rest >> 1
                };
            }
        }
        !rest
    }

    proptest! {
        #[test]
        fn the_tables_are_the_polynomial(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(checksum(&bytes), by_bits(&bytes));
        }
    }
}
