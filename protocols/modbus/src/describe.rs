//! The decoded tree of a message: each field with its bytes and clause.

use alloc::format;
use alloc::string::String;

use tapglass_proto::{Direction, Fields};

use crate::body::ModbusBody;
use crate::names;
use crate::objects::Identification;
use crate::pdu::{Values, bits, registers};

/// Adds the tree of one message.
pub(crate) fn describe(body: &ModbusBody<'_>, out: &mut Fields) {
    let what = match (body.pdu.is_exception, body.from) {
        (true, _) => "exception",
        (false, Direction::FromClient) => "request",
        (false, Direction::FromServer) => "response",
    };
    let name = if body.transaction.is_some() {
        "Modbus/TCP"
    } else {
        "Modbus RTU"
    };
    out.group(name, what, 0, body.bytes.len(), "TCP 3.1.2", |out| {
        let mut unit_at = 0;
        if let Some(transaction) = body.transaction {
            let length = body
                .bytes
                .get(4..6)
                .map_or(0, |pair| registers(pair).next().unwrap_or(0));
            out.add(
                "Transaction id",
                format!("{transaction}  {transaction:#06x}"),
                0,
                2,
                "TCP 3.1.3",
            );
            out.add("Protocol id", "0", 2, 2, "TCP 3.1.3");
            out.add("Length", format!("{length}"), 4, 2, "TCP 3.1.3");
            unit_at = 6;
        }
        out.add("Unit id", format!("{}", body.unit), unit_at, 1, "TCP 3.1.3");
        out.at(body.pdu_at, |out| data_unit(body, out));
        if body.transaction.is_none() {
            let at = body.bytes.len().saturating_sub(2);
            out.add("CRC", "good", at, 2, "SL 2.5.1.2");
        }
        if let Some(fault) = body.pdu.fault {
            out.add("Anomaly", format!("{fault}"), 0, body.bytes.len(), "");
        }
    });
}

/// The clause of a function.
const fn clause(code: u8) -> &'static str {
    match code {
        1 => "AP 6.1",
        2 => "AP 6.2",
        3 => "AP 6.3",
        4 => "AP 6.4",
        5 => "AP 6.5",
        6 => "AP 6.6",
        7 => "AP 6.7",
        8 => "AP 6.8",
        11 => "AP 6.9",
        12 => "AP 6.10",
        15 => "AP 6.11",
        16 => "AP 6.12",
        17 => "AP 6.13",
        20 => "AP 6.14",
        21 => "AP 6.15",
        22 => "AP 6.16",
        23 => "AP 6.17",
        24 => "AP 6.18",
        43 => "AP 6.19",
        _ => "",
    }
}

/// Fields of the data unit, counted from its function code.
fn data_unit(body: &ModbusBody<'_>, out: &mut Fields) {
    let pdu = &body.pdu;
    let clause = clause(pdu.code);
    out.add(
        "Function",
        format!("{}  {}", pdu.code, names::function(pdu.code)),
        0,
        1,
        clause,
    );
    if let Some(code) = pdu.exception {
        out.add(
            "Exception code",
            format!("{code}  {}", names::exception(code)),
            1,
            1,
            "AP 7",
        );
        return;
    }
    let request = body.from == Direction::FromClient;
    let word = |out: &mut Fields, name: &str, value: Option<u16>, at: usize| {
        if let Some(value) = value {
            out.add(name, format!("{value}  {value:#06x}"), at, 2, clause);
        }
    };
    match pdu.code {
        1..=4 if request => {
            word(out, "Starting address", pdu.address, 1);
            word(out, "Quantity", pdu.quantity, 3);
        }
        1..=4 | 23 if !request => values(body, out, 2, clause),
        5 | 6 => {
            word(out, "Address", pdu.address, 1);
            let text = match pdu.values {
                Values::Bit(bit) => String::from(if bit { "ON" } else { "OFF" }),
                Values::Registers(bytes) => registers(bytes)
                    .next()
                    .map_or_else(String::new, |v| format!("{v}  {v:#06x}")),
                _ => String::new(),
            };
            // A message that ends before its value has none to show.
            if !matches!(pdu.values, Values::None) {
                out.add("Value", text, 3, 2, clause);
            }
        }
        15 | 16 => {
            word(out, "Starting address", pdu.address, 1);
            word(out, "Quantity", pdu.quantity, 3);
            if request {
                values(body, out, 6, clause);
            }
        }
        22 => {
            word(out, "Reference address", pdu.address, 1);
            word(out, "AND mask", pdu.and_mask, 3);
            word(out, "OR mask", pdu.or_mask, 5);
        }
        23 => {
            word(out, "Read starting address", pdu.address, 1);
            word(out, "Quantity to read", pdu.quantity, 3);
            word(out, "Write starting address", pdu.write_address, 5);
            word(out, "Quantity to write", pdu.write_quantity, 7);
            registers_from(
                out,
                pdu.write_values.unwrap_or_default(),
                pdu.write_address,
                10,
                clause,
            );
        }
        8 => {
            if let Some(code) = pdu.subfunction {
                out.add(
                    "Sub-function",
                    format!("{code}  {}", names::diagnostic(code)),
                    1,
                    2,
                    "AP 6.8.1",
                );
            }
            data(out, pdu.data, 3, clause);
        }
        24 => {
            if request {
                word(out, "FIFO pointer address", pdu.address, 1);
            } else {
                word(out, "FIFO count", pdu.quantity, 3);
                values(body, out, 5, clause);
            }
        }
        43 => encapsulated(body, out, clause),
        _ => data(
            out,
            pdu.data.or(pdu.records),
            body.bytes.len() - body.pdu_at - pdu.data.or(pdu.records).map_or(0, <[u8]>::len),
            clause,
        ),
    }
}

fn data(out: &mut Fields, data: Option<&[u8]>, at: usize, clause: &'static str) {
    if let Some(data) = data
        && !data.is_empty()
    {
        out.add("Data", format!("{} bytes", data.len()), at, data.len(), clause);
    }
}

fn values(body: &ModbusBody<'_>, out: &mut Fields, at: usize, clause: &'static str) {
    match body.pdu.values {
        Values::Registers(bytes) => {
            out.add("Byte count", format!("{}", bytes.len()), at - 1, 1, clause);
            registers_from(out, bytes, body.address, at, clause);
        }
        Values::Bits(bytes) => {
            out.add("Byte count", format!("{}", bytes.len()), at - 1, 1, clause);
            for (position, bit) in bits(bytes, body.bit_count(bytes)).enumerate() {
                let name = numbered("Bit", body.address, position);
                out.add(name, if bit { "1" } else { "0" }, at + position / 8, 1, clause);
            }
        }
        Values::None | Values::Bit(_) => {}
    }
}

fn registers_from(out: &mut Fields, bytes: &[u8], first: Option<u16>, at: usize, clause: &'static str) {
    for (position, value) in registers(bytes).enumerate() {
        out.add(
            numbered("Register", first, position),
            format!("{value}  {value:#06x}"),
            at + 2 * position,
            2,
            clause,
        );
    }
}

/// `Register 100` when the address is known, else `Register +0`.
fn numbered(what: &str, first: Option<u16>, position: usize) -> String {
    match first {
        Some(first) => format!("{what} {}", usize::from(first) + position),
        None => format!("{what} +{position}"),
    }
}

fn encapsulated(body: &ModbusBody<'_>, out: &mut Fields, clause: &'static str) {
    let Some(mei) = body.pdu.mei else { return };
    out.add(
        "MEI type",
        format!("{mei}  {}", names::encapsulated(mei)),
        1,
        1,
        clause,
    );
    let bytes = body.pdu.data.unwrap_or_default();
    let Some(identification) = Identification::parse(bytes, body.from).filter(|_| mei == 14) else {
        return data(out, body.pdu.data, 2, clause);
    };
    out.add(
        "Read device id code",
        format!("{}", identification.read_code),
        2,
        1,
        "AP 6.21",
    );
    if let Some(object) = identification.object {
        out.add("Object id", format!("{object}"), 3, 1, "AP 6.21");
    }
    let mut at = 7;
    for (id, value) in identification.objects() {
        let text = String::from_utf8_lossy(value).into_owned();
        out.add(
            format!("Object {id} {}", names::identity(id).unwrap_or("")),
            text,
            at + 2,
            value.len(),
            "AP 6.21",
        );
        at += 2 + value.len();
    }
}
