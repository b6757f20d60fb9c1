//! The `modbus` member of a message record, the one-line summary, and the decoded tree.

use alloc::string::String;
use core::fmt::Write as _;

use tapglass_proto::json::Writer;
use tapglass_proto::{Body, Direction, Fields};

use crate::objects::{Identification, records};
use crate::pdu::{Pdu, Values, bits, registers};
use crate::{describe, names};

/// One message with what its request adds to it.
pub(crate) struct ModbusBody<'a> {
    /// None in RTU frames.
    pub(crate) transaction: Option<u16>,
    pub(crate) unit: u8,
    pub(crate) pdu: Pdu<'a>,
    pub(crate) from: Direction,
    /// Address: the message's own, or that of the request it answers.
    pub(crate) address: Option<u16>,
    pub(crate) quantity: Option<u16>,
    /// The whole message.
    pub(crate) bytes: &'a [u8],
    /// Where its data unit starts.
    pub(crate) pdu_at: usize,
}

impl ModbusBody<'_> {
    /// How many bits of the bytes are values; the rest is padding.
    pub(crate) fn bit_count(&self, bytes: &[u8]) -> usize {
        let all = bytes.len() * 8;
        self.quantity
            .map_or(all, |quantity| usize::from(quantity).min(all))
    }

    fn write_records(&self, out: &mut Writer<'_>, bytes: &[u8]) {
        out.key("records").array(|out| {
            records(self.pdu.code, self.from, bytes, |record| {
                out.object(|out| {
                    if let Some(file) = record.file {
                        out.key("file").u64(u64::from(file));
                    }
                    if let Some(number) = record.record {
                        out.key("record").u64(u64::from(number));
                    }
                    if let Some(length) = record.length {
                        out.key("length").u64(u64::from(length));
                    }
                    if let Some(data) = record.data {
                        out.key("values")
                            .array(|out| registers(data).for_each(|value| out.u64(u64::from(value))));
                    }
                });
            });
        });
    }

    fn write_encapsulated(&self, out: &mut Writer<'_>, mei: u8) {
        out.key("mei").object(|out| {
            out.key("code").u64(u64::from(mei));
            out.key("name").string(names::encapsulated(mei));
        });
        let data = self.pdu.data.unwrap_or_default();
        let Some(identification) = Identification::parse(data, self.from).filter(|_| mei == 14) else {
            out.key("data").hex(data);
            return;
        };
        out.key("read_code").u64(u64::from(identification.read_code));
        if let Some(object) = identification.object {
            out.key("object").u64(u64::from(object));
        }
        if self.from == Direction::FromClient {
            return;
        }
        for (key, value) in [
            ("conformity", identification.conformity),
            ("more_follows", identification.more_follows),
            ("next_object", identification.next_object),
        ] {
            if let Some(value) = value {
                out.key(key).u64(u64::from(value));
            }
        }
        out.key("objects").array(|out| {
            for (id, value) in identification.objects() {
                out.object(|out| {
                    out.key("id").u64(u64::from(id));
                    if let Some(name) = names::identity(id) {
                        out.key("name").string(name);
                    }
                    out.key("value").lossy(value);
                });
            }
        });
    }
}

impl Body for ModbusBody<'_> {
    fn json(&self, out: &mut Writer<'_>) {
        let pdu = &self.pdu;
        let number = |out: &mut Writer<'_>, key: &str, value: Option<u16>| {
            if let Some(value) = value {
                out.key(key).u64(u64::from(value));
            }
        };
        number(out, "transaction", self.transaction);
        out.key("unit").u64(u64::from(self.unit));
        let (address, quantity) = if pdu.code == 23 {
            ("read_address", "read_quantity")
        } else {
            ("address", "quantity")
        };
        number(out, address, self.address);
        // A single write has no quantity on the wire, and a FIFO's count is not one of its request.
        if !matches!(pdu.code, 5 | 6 | 22 | 24) {
            number(out, quantity, self.quantity);
        }
        match pdu.values {
            Values::None => {}
            Values::Bit(bit) => out.key("values").array(|out| out.bool(bit)),
            Values::Bits(bytes) => {
                out.key("values")
                    .array(|out| bits(bytes, self.bit_count(bytes)).for_each(|bit| out.bool(bit)));
            }
            Values::Registers(bytes) => {
                out.key("values")
                    .array(|out| registers(bytes).for_each(|value| out.u64(u64::from(value))));
            }
        }
        number(out, "and_mask", pdu.and_mask);
        number(out, "or_mask", pdu.or_mask);
        number(out, "write_address", pdu.write_address);
        if let Some(bytes) = pdu.write_values {
            number(out, "write_quantity", pdu.write_quantity);
            out.key("write_values")
                .array(|out| registers(bytes).for_each(|value| out.u64(u64::from(value))));
        }
        if let Some(subfunction) = pdu.subfunction {
            out.key("subfunction")
                .code(u32::from(subfunction), names::diagnostic(subfunction));
        }
        if let Some(bytes) = pdu.records {
            self.write_records(out, bytes);
        }
        if let Some(code) = pdu.exception {
            out.key("exception").code(u32::from(code), names::exception(code));
        }
        match (pdu.mei, pdu.data) {
            (Some(mei), _) => self.write_encapsulated(out, mei),
            (None, Some(data)) if !data.is_empty() => out.key("data").hex(data),
            _ => {}
        }
    }

    fn fields(&self, out: &mut Fields) {
        describe::describe(self, out);
    }

    fn summary(&self, out: &mut String) {
        let pdu = &self.pdu;
        let _ = write!(out, "unit {} {}", self.unit, names::function(pdu.code));
        if let Some(code) = pdu.exception {
            let _ = write!(out, ": exception {code} {}", names::exception(code));
            return;
        }
        if let Some(address) = self.address {
            let _ = write!(out, " {address}");
        }
        match pdu.values {
            Values::Bit(bit) => out.push_str(if bit { " = ON" } else { " = OFF" }),
            Values::Registers(bytes) => list(out, registers(bytes).map(u32::from)),
            Values::Bits(bytes) => list(out, bits(bytes, self.bit_count(bytes)).map(u32::from)),
            Values::None => {
                if let (Some(and), Some(or)) = (pdu.and_mask, pdu.or_mask) {
                    let _ = write!(out, " and {and:#06x} or {or:#06x}");
                } else if let Some(quantity) = self.quantity {
                    let _ = write!(out, " count {quantity}");
                }
            }
        }
        if let (Some(address), Some(bytes)) = (pdu.write_address, pdu.write_values) {
            let _ = write!(out, ", write {address}");
            list(out, registers(bytes).map(u32::from));
        }
    }
}

/// The first few values of a list.
fn list(out: &mut String, values: impl Iterator<Item = u32>) {
    out.push_str(" =");
    for (position, value) in values.enumerate() {
        if position == 6 {
            out.push_str(" ...");
            break;
        }
        let _ = write!(out, " {value}");
    }
}
