//! One message with what its request adds to it: the one-line summary, and the way to its other forms.

use alloc::string::String;
use core::fmt::Write as _;

use tapglass_proto::json::Writer;
use tapglass_proto::model::Station;
use tapglass_proto::{Body, Direction, Fields, Marks};

use crate::pdu::{Pdu, Values, bits, registers};
use crate::session::Framing;
use crate::umas::{self, Asked, Umas};
use crate::{describe, members, names};

/// One message with what its request adds to it.
pub(crate) struct ModbusBody<'a> {
    pub(crate) framing: Framing,
    /// None in RTU and ASCII frames.
    pub(crate) transaction: Option<u16>,
    pub(crate) unit: u8,
    pub(crate) pdu: &'a Pdu<'a>,
    pub(crate) from: Direction,
    /// Address: the message's own, or that of the request it answers.
    pub(crate) address: Option<u16>,
    pub(crate) quantity: Option<u16>,
    /// The UMAS request that it answers.
    pub(crate) asked: Option<Asked>,
    /// Another request with this transaction identifier still waits.
    pub(crate) reuses: bool,
    /// Function code and what follows it.
    pub(crate) data_unit: &'a [u8],
    /// The whole message.
    pub(crate) bytes: &'a [u8],
}

impl<'a> ModbusBody<'a> {
    /// How many bits of the bytes are values; the rest is padding.
    pub(crate) fn bit_count(&self, bytes: &[u8]) -> usize {
        let all = bytes.len() * 8;
        self.quantity
            .map_or(all, |quantity| usize::from(quantity).min(all))
    }

    /// The UMAS message in it.
    pub(crate) fn umas(&self) -> Option<Umas<'a>> {
        if self.pdu.code != umas::FUNCTION || self.pdu.is_exception {
            return None;
        }
        Umas::parse(self.pdu.data?, self.asked)
    }
}

impl Body for ModbusBody<'_> {
    fn marks(&self) -> Marks {
        Marks {
            station: Some(Station::Unit(self.unit)),
            subfunction: self.pdu.subfunction.or(self.pdu.mei.map(u16::from)),
            address: self.address,
            ..Marks::default()
        }
    }

    fn json(&self, out: &mut Writer<'_>) {
        members::write(self, out);
    }

    fn fields(&self, out: &mut Fields) {
        describe::describe(self, out);
    }

    fn summary(&self, out: &mut String) {
        let pdu = self.pdu;
        let _ = write!(out, "unit {} {}", self.unit, names::function(pdu.code));
        if let Some(code) = pdu.exception {
            let _ = write!(out, ": exception {code} {}", names::exception(code));
            return;
        }
        if let Some(code) = pdu.subfunction {
            let _ = write!(out, ": {}", names::diagnostic(code));
        }
        if let Some(umas) = self.umas() {
            let _ = write!(out, ": {}", umas::name(umas.code));
            if let Some(asked) = self.asked {
                let _ = write!(out, " to {}", umas::name(asked.code));
            }
        }
        if let Some(mei) = pdu.mei {
            let _ = write!(out, ": {}", names::encapsulated(mei));
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
