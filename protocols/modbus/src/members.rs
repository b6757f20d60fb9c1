//! The `modbus` member of a message record.

use tapglass_proto::Direction;
use tapglass_proto::json::Writer;

use crate::body::ModbusBody;
use crate::names;
use crate::objects::{CanOpen, Identification, ServerId, event, records};
use crate::pdu::{Values, bits, registers};
use crate::session::Framing;
use crate::umas::{self, Content};
use crate::wire::Header;

/// Writes all members.
pub(crate) fn write(body: &ModbusBody<'_>, out: &mut Writer<'_>) {
    let pdu = body.pdu;
    let number = |out: &mut Writer<'_>, key: &str, value: Option<u16>| {
        if let Some(value) = value {
            out.key(key).u64(u64::from(value));
        }
    };
    number(out, "transaction", body.transaction);
    if body.reuses {
        out.key("transaction_reused").bool(true);
    }
    out.key("unit").u64(u64::from(body.unit));
    if body.framing == Framing::Mbap {
        let protocol = Header::read(body.bytes).map(|header| header.protocol);
        number(out, "protocol_id", protocol.filter(|id| *id != 0));
    }
    let (address, quantity) = if pdu.code == 23 {
        ("read_address", "read_quantity")
    } else {
        ("address", "quantity")
    };
    number(out, address, body.address);
    // A single write has no quantity on the wire, and a FIFO's count is not one of its request.
    if !matches!(pdu.code, 5 | 6 | 22 | 24) {
        number(out, quantity, body.quantity);
    }
    match pdu.values {
        Values::None => {}
        Values::Bit(bit) => out.key("values").array(|out| out.bool(bit)),
        Values::Bits(bytes) => {
            out.key("values")
                .array(|out| bits(bytes, body.bit_count(bytes)).for_each(|bit| out.bool(bit)));
        }
        Values::Registers(bytes) => words(out, "values", bytes),
    }
    number(out, "and_mask", pdu.and_mask);
    number(out, "or_mask", pdu.or_mask);
    number(out, "write_address", pdu.write_address);
    if let Some(bytes) = pdu.write_values {
        number(out, "write_quantity", pdu.write_quantity);
        words(out, "write_values", bytes);
    }
    if let Some(subfunction) = pdu.subfunction {
        out.key("subfunction")
            .code(u32::from(subfunction), names::diagnostic(subfunction));
    }
    if let Some(bytes) = pdu.records {
        file_records(body, out, bytes);
    }
    if let Some(code) = pdu.exception {
        out.key("exception").code(u32::from(code), names::exception(code));
    }
    match (pdu.mei, pdu.data) {
        (Some(mei), _) => encapsulated(body, out, mei),
        (None, Some(data)) if !data.is_empty() => {
            special(body, out, data);
            out.key("data").hex(data);
        }
        _ => {}
    }
    if pdu.surplus > 0 {
        let at = body.data_unit.len().saturating_sub(pdu.surplus);
        out.key("surplus")
            .hex(body.data_unit.get(at..).unwrap_or_default());
    }
}

fn words(out: &mut Writer<'_>, key: &str, bytes: &[u8]) {
    out.key(key)
        .array(|out| registers(bytes).for_each(|value| out.u64(u64::from(value))));
}

fn file_records(body: &ModbusBody<'_>, out: &mut Writer<'_>, bytes: &[u8]) {
    out.key("records").array(|out| {
        records(body.pdu.code, body.from, bytes, |record| {
            out.object(|out| {
                for (key, value) in [
                    ("file", record.file),
                    ("record", record.record),
                    ("length", record.length),
                ] {
                    if let Some(value) = value {
                        out.key(key).u64(u64::from(value));
                    }
                }
                if record.reference != 6 {
                    out.key("reference").u64(u64::from(record.reference));
                }
                if let Some(data) = record.data {
                    words(out, "values", data);
                }
            });
        });
    });
}

/// Functions whose bytes have a meaning of their own.
fn special(body: &ModbusBody<'_>, out: &mut Writer<'_>, data: &[u8]) {
    let answers = body.from == Direction::FromServer;
    let word = |at: usize| {
        data.get(at..at + 2)
            .and_then(|pair| registers(pair).next())
            .map(u64::from)
    };
    match (body.pdu.code, body.pdu.subfunction) {
        (7, _) if answers => {
            if let Some(status) = data.first() {
                out.key("exception_status").u64(u64::from(*status));
            }
        }
        (8, Some(1..)) if data.len() == 2 => {
            if let Some(value) = word(0) {
                out.key("value").u64(value);
            }
        }
        (11 | 12, _) if answers => {
            for (key, at) in [("comm_status", 0), ("event_count", 2), ("message_count", 4)] {
                if let Some(value) = word(at) {
                    out.key(key).u64(value);
                }
            }
            if body.pdu.code == 12 {
                events(out, data.get(6..).unwrap_or_default());
            }
        }
        (17, _) if answers => {
            let id = ServerId::parse(data);
            out.key("server_id").object(|out| {
                out.key("id").hex(id.id);
                if let Some(running) = id.running {
                    out.key("running").bool(running);
                    out.key("additional").hex(id.additional);
                }
                if let Some(text) = id.text() {
                    out.key("text").string(text);
                }
            });
        }
        (umas::FUNCTION, _) => write_umas(body, out),
        _ => {}
    }
}

fn events(out: &mut Writer<'_>, bytes: &[u8]) {
    out.key("events").array(|out| {
        for byte in bytes {
            let (kind, flags) = event(*byte);
            out.object(|out| {
                out.key("code").u64(u64::from(*byte));
                out.key("name").string(kind);
                out.key("flags")
                    .array(|out| flags.for_each(|flag| out.string(flag)));
            });
        }
    });
}

fn write_umas(body: &ModbusBody<'_>, out: &mut Writer<'_>) {
    let Some(umas) = body.umas() else { return };
    out.key("umas").object(|out| {
        out.key("session").u64(u64::from(umas.session));
        out.key("subfunction")
            .code(u32::from(umas.code), umas::name(umas.code));
        if let Some(asked) = body.asked {
            out.key("answers")
                .code(u32::from(asked.code), umas::name(asked.code));
        }
        if let Some(signature) = umas.signature {
            out.key("signature").hex(signature);
        }
        umas.items(body.asked, body.from, |item| match item.content {
            Content::Number(value) => out.key(item.key).u64(u64::from(value)),
            Content::Text(text) => out.key(item.key).lossy(text),
            Content::Bytes(bytes) => {
                out.key(item.key).hex(bytes);
                if body.from == Direction::FromClient && matches!(umas.code, 0x22 | 0x23) {
                    variables(out, umas.code, bytes);
                }
            }
        });
    });
}

fn variables(out: &mut Writer<'_>, code: u8, bytes: &[u8]) {
    out.key("variables").array(|out| {
        for variable in umas::variables(code, bytes) {
            out.object(|out| {
                out.key("block").u64(u64::from(variable.block));
                out.key("base").u64(u64::from(variable.base));
                out.key("offset").u64(u64::from(variable.offset));
                out.key("size").u64(u64::from(variable.size));
                out.key("count").u64(u64::from(variable.count));
                if code == 0x23 {
                    out.key("data").hex(variable.data);
                }
            });
        }
    });
}

fn encapsulated(body: &ModbusBody<'_>, out: &mut Writer<'_>, mei: u8) {
    out.key("mei").code(u32::from(mei), names::encapsulated(mei));
    let data = body.pdu.data.unwrap_or_default();
    match (mei, Identification::parse(data, body.from), CanOpen::parse(data)) {
        (14, Some(identification), _) => identify(body, out, &identification),
        (13, _, Some(reference)) => {
            out.key("canopen").object(|out| {
                out.key("access")
                    .string(if reference.writes { "write" } else { "read" });
                out.key("index").u64(u64::from(reference.index));
                out.key("subindex").u64(u64::from(reference.subindex));
                out.key("start").u64(u64::from(reference.start));
                out.key("count").u64(u64::from(reference.count));
            });
            out.key("data").hex(data);
        }
        _ => out.key("data").hex(data),
    }
}

fn identify(body: &ModbusBody<'_>, out: &mut Writer<'_>, identification: &Identification<'_>) {
    out.key("read_code").u64(u64::from(identification.read_code));
    out.key("read_code_name")
        .string(names::read_code(identification.read_code));
    if let Some(object) = identification.object {
        out.key("object").u64(u64::from(object));
        out.key("object_name").string(names::object(object));
    }
    if body.from == Direction::FromClient {
        return;
    }
    if let Some(level) = identification.conformity {
        out.key("conformity").u64(u64::from(level));
        out.key("conformity_name").string(names::conformity(level));
    }
    for (key, value) in [
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
                out.key("name").string(names::object(id));
                out.key("value").lossy(value);
            });
        }
    });
}
