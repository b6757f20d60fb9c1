//! Addresses and types of Modbus as other products write them.

use super::draft::{Draft, Point};

/// A place in a Modbus device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) table: Table,
    /// Counted from 1.
    pub(super) number: u32,
    pub(super) bit: Option<u8>,
}

/// The tables of Modbus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Coil,
    Discrete,
    Input,
    Holding,
}

impl Table {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Coil => "coil",
            Self::Discrete => "discrete",
            Self::Input => "input",
            Self::Holding => "holding",
        }
    }

    pub(super) const fn is_bit(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }

    /// Whether the protocol can write it.
    pub(super) const fn can_be_written(self) -> bool {
        matches!(self, Self::Coil | Self::Holding)
    }
}

impl Reference {
    /// A reference of five or six digits, such as `40021` or `400021.3`: the first one names the table.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (digits, bit) = match text.split_once('.') {
            Some((digits, bit)) => (digits, Some(bit.parse().ok().filter(|bit| *bit < 16)?)),
            None => (text, None),
        };
        if !matches!(digits.len(), 5 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let table = match digits.as_bytes().first()? {
            b'0' => Table::Coil,
            b'1' => Table::Discrete,
            b'3' => Table::Input,
            b'4' => Table::Holding,
            _ => return None,
        };
        let number = digits.get(1..)?.parse().ok()?;
        let possible = (1..=65_536).contains(&number) && !(table.is_bit() && bit.is_some());
        possible.then_some(Self { table, number, bit })
    }

    /// As a site writes it for a device that counts from 1.
    pub(super) fn address(&self) -> String {
        let Self { table, number, bit } = self;
        match bit {
            Some(bit) => format!("{}:{number}.{bit}", table.name()),
            None => format!("{}:{number}", table.name()),
        }
    }
}

/// Registers of a type: 32 and 64 bits need an order.
pub(super) const fn is_wide(data_type: &str) -> bool {
    matches!(
        data_type.as_bytes(),
        b"u32" | b"i32" | b"f32" | b"bcd32" | b"u64" | b"i64" | b"f64"
    )
}

/// Puts address, type and candidate role of a reference into a point.
pub(super) fn place(point: &mut Point, reference: &Reference, data_type: &'static str) {
    point.address = reference.address();
    // Bits of registers are looked at in a whole register.
    let bit = reference.table.is_bit() || reference.bit.is_some();
    point.data_type = match (bit, reference.bit) {
        (_, Some(_)) => "u16",
        (true, None) => "bool",
        _ => data_type,
    };
    if !reference.table.can_be_written() {
        point.role = "pv";
    } else if bit {
        point.candidate = "cmd";
    } else if data_type != "str" {
        point.candidate = "sp";
    }
}

/// The keys of a Modbus device; the order of bytes is asked for when it matters.
pub(super) fn device(draft: &mut Draft, name: &str) {
    let order = draft.options.order.clone();
    let wide = draft
        .points
        .iter()
        .find(|point| point.device == name && is_wide(point.data_type))
        .map(|point| point.place);
    let device = draft.device(name, "modbus");
    device.keys.push(("base", "1".to_owned()));
    match (order, wide) {
        (Some(order), _) => device.keys.push(("order", format!("{order:?}"))),
        (None, Some(place)) => {
            device.asks.push(
                "order = \"CDAB\"     # or \"ABCD\": values of 32 bits mean nothing before this is right"
                    .to_owned(),
            );
            draft.ask(
                place,
                format!("the list does not say in which order `{name}` puts the registers of 32-bit values"),
                "give `--order CDAB` (low word first) or `--order ABCD`, or set `order` in plant.toml; compare a known value",
            );
        }
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_of_five_and_six_digits_are_read() {
        for (text, expected) in [
            ("40021", Some("holding:21")),
            ("400021", Some("holding:21")),
            ("465536", Some("holding:65536")),
            ("400021.3", Some("holding:21.3")),
            ("30003", Some("input:3")),
            ("10021", Some("discrete:21")),
            ("00021", Some("coil:21")),
            ("000021", Some("coil:21")),
            ("40000", None),
            ("465537", None),
            ("400021.16", None),
            ("00021.1", None),
            ("4021", None),
            ("4000021", None),
            ("20021", None),
            ("HR100", None),
            ("+0021", None),
            ("", None),
        ] {
            let read = Reference::parse(text).map(|reference| reference.address());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
