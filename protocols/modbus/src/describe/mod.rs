//! The decoded tree of a message: each field with its bytes and clause.

mod lists;
mod tree;
mod umas;
mod values;

use alloc::format;

use tapglass_proto::{Direction, Fields};

use crate::body::ModbusBody;
use crate::names;
use crate::pdu::Pdu;
use crate::session::Framing;
use crate::wire::{Header, PREFIX};
use tree::Tree;

const TCP: &str = "MODBUS TCP 3.1.3";

/// Adds the tree of one message.
pub(crate) fn describe(body: &ModbusBody<'_>, out: &mut Fields) {
    let what = match (body.pdu.is_exception, body.from) {
        (true, _) => "exception",
        (false, Direction::FromClient) => "request",
        (false, Direction::FromServer) => "response",
    };
    let (name, clause) = match body.framing {
        Framing::Mbap => ("Modbus/TCP", "MODBUS TCP 3.1.2"),
        Framing::Rtu => ("Modbus RTU", "MODBUS SL 2.5.1"),
        Framing::Ascii => ("Modbus ASCII", "MODBUS SL 2.5.2"),
    };
    out.group(name, what, 0, body.bytes.len(), clause, |out| {
        match body.framing {
            Framing::Mbap => tcp(body, out),
            Framing::Rtu => rtu(body, out),
            Framing::Ascii => ascii(body, out),
        }
        for oddity in body.pdu.odd.iter() {
            out.add(
                "Anomaly",
                format!("{}: {oddity}", oddity.name()),
                0,
                body.bytes.len(),
                "",
            );
        }
    });
}

fn tcp(body: &ModbusBody<'_>, out: &mut Fields) {
    let Some(header) = Header::read(body.bytes) else {
        return;
    };
    let transaction = header.transaction;
    out.add(
        "Transaction id",
        format!("{transaction}  {transaction:#06x}"),
        0,
        2,
        TCP,
    );
    out.add("Protocol id", format!("{}", header.protocol), 2, 2, TCP);
    out.add("Length", format!("{}", header.length), 4, 2, TCP);
    out.add("Unit id", format!("{}", body.unit), 6, 1, TCP);
    data_unit(body, &mut Tree::new(out, PREFIX, 1));
}

fn rtu(body: &ModbusBody<'_>, out: &mut Fields) {
    out.add("Unit id", format!("{}", body.unit), 0, 1, "MODBUS SL 2.2");
    data_unit(body, &mut Tree::new(out, 1, 1));
    let at = body.bytes.len().saturating_sub(2);
    let crc = body
        .bytes
        .last_chunk::<2>()
        .map_or(0, |crc| u16::from_le_bytes(*crc));
    out.add("CRC", format!("{crc:#06x}  good"), at, 2, "MODBUS SL 2.5.1.2");
}

fn ascii(body: &ModbusBody<'_>, out: &mut Fields) {
    out.add("Start", ":", 0, 1, "MODBUS SL 2.5.2.1");
    out.add("Unit id", format!("{}", body.unit), 1, 2, "MODBUS SL 2.2");
    data_unit(body, &mut Tree::new(out, 3, 2));
    let sum = 3 + 2 * body.data_unit.len();
    out.add("LRC", "good", sum, 2, "MODBUS SL 2.5.2.2");
    let end = sum + 2;
    out.add(
        "End",
        "CR and LF",
        end,
        body.bytes.len().saturating_sub(end),
        "MODBUS SL 2.5.2.1",
    );
}

/// The clause of a function.
const fn clause(code: u8) -> &'static str {
    match code {
        1 => "MODBUS V1.1b3 6.1",
        2 => "MODBUS V1.1b3 6.2",
        3 => "MODBUS V1.1b3 6.3",
        4 => "MODBUS V1.1b3 6.4",
        5 => "MODBUS V1.1b3 6.5",
        6 => "MODBUS V1.1b3 6.6",
        7 => "MODBUS V1.1b3 6.7",
        8 => "MODBUS V1.1b3 6.8",
        11 => "MODBUS V1.1b3 6.9",
        12 => "MODBUS V1.1b3 6.10",
        15 => "MODBUS V1.1b3 6.11",
        16 => "MODBUS V1.1b3 6.12",
        17 => "MODBUS V1.1b3 6.13",
        20 => "MODBUS V1.1b3 6.14",
        21 => "MODBUS V1.1b3 6.15",
        22 => "MODBUS V1.1b3 6.16",
        23 => "MODBUS V1.1b3 6.17",
        24 => "MODBUS V1.1b3 6.18",
        43 => "MODBUS V1.1b3 6.19",
        _ => "",
    }
}

/// Fields of the data unit, counted from its function code.
fn data_unit(body: &ModbusBody<'_>, out: &mut Tree<'_>) {
    let pdu = body.pdu;
    let clause = clause(pdu.code);
    if body.data_unit.is_empty() {
        return;
    }
    out.add(
        "Function",
        format!("{}  {}", pdu.code, names::function(pdu.code)),
        0,
        1,
        clause,
    );
    if pdu.is_exception {
        if let Some(code) = pdu.exception {
            let text = format!("{code}  {}", names::exception(code));
            out.add("Exception code", text, 1, 1, "MODBUS V1.1b3 7");
        }
    } else {
        function(body, out, clause);
    }
    if pdu.surplus > 0 {
        let at = body.data_unit.len().saturating_sub(pdu.surplus);
        out.data("Surplus", body.data_unit.get(at..).unwrap_or_default(), at, "");
    }
}

fn function(body: &ModbusBody<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let pdu = body.pdu;
    let request = body.from == Direction::FromClient;
    match pdu.code {
        1..=4 if request => {
            out.word("Starting address", pdu.address, 1, clause);
            out.word("Quantity", pdu.quantity, 3, clause);
        }
        1..=4 | 23 if !request => values::counted(body, out, 1, clause),
        5 | 6 => values::single(pdu, out, clause),
        15 | 16 => {
            out.word("Starting address", pdu.address, 1, clause);
            out.word("Quantity", pdu.quantity, 3, clause);
            if request {
                values::counted(body, out, 5, clause);
            }
        }
        22 => {
            out.word("Reference address", pdu.address, 1, clause);
            out.mask("AND mask", pdu.and_mask, 3, clause);
            out.mask("OR mask", pdu.or_mask, 5, clause);
        }
        23 => both(body, out, clause),
        8 => diagnostic(pdu, out, clause),
        24 if request => out.word("FIFO pointer address", pdu.address, 1, clause),
        24 => {
            out.word("Byte count", word_at(body.data_unit, 1), 1, clause);
            out.word("FIFO count", pdu.quantity, 3, clause);
            values::list(body, out, 5, clause);
        }
        7 => lists::status(pdu, out, clause),
        11 | 12 => lists::counters(pdu, out, clause),
        17 => lists::server_id(pdu, out, clause),
        20 | 21 => lists::file_records(body, out, clause),
        43 => lists::encapsulated(body, out, clause),
        crate::umas::FUNCTION => umas::describe(body, out),
        _ => out.data("Data", pdu.data.unwrap_or_default(), 1, clause),
    }
}

/// Function 23, request.
fn both(body: &ModbusBody<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let pdu = body.pdu;
    out.word("Read starting address", pdu.address, 1, clause);
    out.word("Quantity to read", pdu.quantity, 3, clause);
    out.word("Write starting address", pdu.write_address, 5, clause);
    out.word("Quantity to write", pdu.write_quantity, 7, clause);
    if let (Some(count), Some(bytes)) = (body.data_unit.get(9), pdu.write_values) {
        out.add("Write byte count", format!("{count}"), 9, 1, clause);
        values::registers_from(out, bytes, (3, pdu.write_address), 10, clause);
    }
}

fn diagnostic(pdu: &Pdu<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let Some(code) = pdu.subfunction else { return };
    let text = format!("{code}  {}", names::diagnostic(code));
    out.add("Sub-function", text, 1, 2, "MODBUS V1.1b3 6.8.1");
    let data = pdu.data.unwrap_or_default();
    match word_at(data, 0) {
        Some(value) if data.len() == 2 => {
            let text = match (code, value) {
                (1, 0xff00) => "clear the event log".into(),
                (1, 0) => "keep the event log".into(),
                (3, _) => format!("{:#04x}", value >> 8),
                _ => format!("{value}  {value:#06x}"),
            };
            out.add("Data", text, 3, 2, clause);
        }
        _ => out.data("Data", data, 3, clause),
    }
}

/// The 16-bit number at a place.
fn word_at(bytes: &[u8], at: usize) -> Option<u16> {
    let (pair, _) = bytes.get(at..)?.split_first_chunk::<2>()?;
    Some(u16::from_be_bytes(*pair))
}
