//! Bits and registers in the decoded tree, each with its address.

use alloc::format;
use alloc::string::String;

use super::tree::Tree;
use crate::body::ModbusBody;
use crate::pdu::{Pdu, Values, bits, registers};

/// A byte count at `at` and the values behind it.
pub(super) fn counted(body: &ModbusBody<'_>, out: &mut Tree<'_>, at: usize, clause: &'static str) {
    let known = matches!(body.pdu.values, Values::Registers(_) | Values::Bits(_));
    if let Some(count) = body.data_unit.get(at).filter(|_| known) {
        out.add("Byte count", format!("{count}"), at, 1, clause);
        list(body, out, at + 1, clause);
    }
}

/// The values at `at`.
pub(super) fn list(body: &ModbusBody<'_>, out: &mut Tree<'_>, at: usize, clause: &'static str) {
    let first = if body.pdu.code == 24 { None } else { body.address };
    match body.pdu.values {
        Values::Registers(bytes) => {
            let table = if body.pdu.code == 4 { 4 } else { 3 };
            registers_from(out, bytes, (table, first), at, clause);
        }
        Values::Bits(bytes) => {
            let table = if body.pdu.code == 2 { 2 } else { 1 };
            let count = body.bit_count(bytes);
            for (position, bit) in bits(bytes, count).enumerate() {
                let name = numbered("Bit", (table, first), position);
                out.add(name, if bit { "1" } else { "0" }, at + position / 8, 1, clause);
            }
            let used = count.div_ceil(8);
            out.data(
                "Beyond the quantity",
                bytes.get(used..).unwrap_or_default(),
                at + used,
                clause,
            );
        }
        Values::None | Values::Bit(_) => {}
    }
}

/// Functions 5 and 6.
pub(super) fn single(pdu: &Pdu<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let Some(address) = pdu.address else { return };
    let table = if pdu.code == 5 { 1 } else { 3 };
    out.add(
        "Address",
        format!(
            "{address}  {address:#06x}  ({})",
            reference(table, address.into())
        ),
        1,
        2,
        clause,
    );
    let text = match pdu.values {
        Values::Bit(bit) => String::from(if bit { "ON" } else { "OFF" }),
        Values::Registers(bytes) => registers(bytes)
            .next()
            .map_or_else(String::new, |value| format!("{value}  {value:#06x}")),
        _ => return,
    };
    out.add("Value", text, 3, 2, clause);
}

/// Registers from a function's table and first address.
pub(super) fn registers_from(
    out: &mut Tree<'_>,
    bytes: &[u8],
    (table, first): (u8, Option<u16>),
    at: usize,
    clause: &'static str,
) {
    for (position, value) in registers(bytes).enumerate() {
        out.add(
            numbered("Register", (table, first), position),
            format!("{value}  {value:#06x}"),
            at + 2 * position,
            2,
            clause,
        );
    }
    let even = bytes.len() / 2 * 2;
    out.data(
        "Odd byte",
        bytes.get(even..).unwrap_or_default(),
        at + even,
        clause,
    );
}

/// `Register 100 (40101)` when the address is known, else `Register +0`.
fn numbered(what: &str, (table, first): (u8, Option<u16>), position: usize) -> String {
    match first {
        Some(first) => {
            let address = usize::from(first) + position;
            format!("{what} {address} ({})", reference(table, address))
        }
        None => format!("{what} +{position}"),
    }
}

/// The number that manuals print, counted from 1 with the table in front: of five digits, or of six where five do not
/// reach. `table` is the function that reads it.
fn reference(table: u8, address: usize) -> String {
    let prefix = match table {
        1 => 0,
        2 => 1,
        4 => 3,
        _ => 4,
    };
    let number = address + 1;
    if number <= 9_999 {
        format!("{prefix}{number:04}")
    } else {
        format!("{prefix}{number:05}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_as_manuals_print_them() {
        let cases = [
            (3, 0, "40001"),
            (3, 100, "40101"),
            (3, 9_998, "49999"),
            (3, 9_999, "410000"),
            (3, 65_535, "465536"),
            (4, 0, "30001"),
            (1, 19, "00020"),
            (2, 0, "10001"),
        ];
        for (table, address, text) in cases {
            assert_eq!(reference(table, address), text);
        }
    }
}
