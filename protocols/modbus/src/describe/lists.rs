//! Functions that carry lists and records of their own.

use alloc::format;
use alloc::string::String;

use tapglass_proto::Direction;

use super::tree::Tree;
use super::{values, word_at};
use crate::body::ModbusBody;
use crate::names;
use crate::objects::{CanOpen, Identification, ServerId, event, records};
use crate::pdu::Pdu;

const IDENTIFICATION: &str = "MODBUS V1.1b3 6.21";

/// Function 7: eight outputs whose meaning the maker sets.
pub(super) fn status(pdu: &Pdu<'_>, out: &mut Tree<'_>, clause: &'static str) {
    if let Some(byte) = pdu.data.and_then(<[u8]>::first) {
        out.add("Output data", format!("{byte:#04x}  {byte:08b}"), 1, 1, clause);
    }
}

/// Functions 11 and 12.
pub(super) fn counters(pdu: &Pdu<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let Some(data) = pdu.data else { return };
    let log = pdu.code == 12;
    let at = 1 + usize::from(log);
    if log {
        out.add("Byte count", format!("{}", data.len()), 1, 1, clause);
    }
    let mut done = 0;
    for name in ["Status", "Event count", "Message count"]
        .iter()
        .take(2 + usize::from(log))
    {
        if let Some(value) = word_at(data, done) {
            let text = match (*name, value) {
                ("Status", 0) => "0  ready".into(),
                ("Status", 0xffff) => "0xffff  busy".into(),
                _ => format!("{value}"),
            };
            out.add(*name, text, at + done, 2, clause);
            done += 2;
        }
    }
    let rest = data.get(done..).unwrap_or_default();
    if done < 6 {
        out.data("Data", rest, at + done, clause);
        return;
    }
    for (position, byte) in rest.iter().enumerate() {
        let (kind, flags) = event(*byte);
        let mut text = format!("{byte:#04x}  {kind}");
        for flag in flags {
            text.push_str(", ");
            text.push_str(flag);
        }
        out.add(format!("Event {position}"), text, at + done + position, 1, clause);
    }
}

/// Function 17.
pub(super) fn server_id(pdu: &Pdu<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let Some(data) = pdu.data else { return };
    out.add("Byte count", format!("{}", data.len()), 1, 1, clause);
    let id = ServerId::parse(data);
    out.data("Server id", id.id, 2, clause);
    let Some(running) = id.running else { return };
    let at = 2 + id.id.len();
    out.add("Run indicator", if running { "ON" } else { "OFF" }, at, 1, clause);
    out.data("Additional data", id.additional, at + 1, clause);
}

/// Functions 20 and 21.
pub(super) fn file_records(body: &ModbusBody<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let (Some(count), Some(bytes)) = (body.data_unit.get(1), body.pdu.records) else {
        return;
    };
    out.add("Byte count", format!("{count}"), 1, 1, clause);
    let answer = body.pdu.code == 20 && body.from == Direction::FromServer;
    let read = records(body.pdu.code, body.from, bytes, |record| {
        let at = 2 + record.at;
        out.group("Record", "", (at, record.bytes), clause, |out| {
            let reference = Some(record.reference);
            let data = if answer {
                out.byte("Response length", body.data_unit.get(at).copied(), "", at, clause);
                out.byte("Reference type", reference, "", at + 1, clause);
                at + 2
            } else {
                out.byte("Reference type", reference, "", at, clause);
                out.word("File number", record.file, at + 1, clause);
                out.word("Record number", record.record, at + 3, clause);
                out.word("Record length", record.length, at + 5, clause);
                at + 7
            };
            if let Some(bytes) = record.data {
                values::registers_from(out, bytes, (3, None), data, clause);
            }
        });
    });
    out.data(
        "Incomplete record",
        bytes.get(read..).unwrap_or_default(),
        2 + read,
        clause,
    );
}

/// Function 43.
pub(super) fn encapsulated(body: &ModbusBody<'_>, out: &mut Tree<'_>, clause: &'static str) {
    let Some(mei) = body.pdu.mei else { return };
    out.byte("MEI type", Some(mei), names::encapsulated(mei), 1, clause);
    let bytes = body.pdu.data.unwrap_or_default();
    match (
        mei,
        Identification::parse(bytes, body.from),
        CanOpen::parse(bytes),
    ) {
        (14, Some(found), _) => identification(body, out, &found, bytes),
        (13, _, Some(reference)) => canopen(out, &reference),
        _ => out.data("Data", bytes, 2, clause),
    }
}

fn identification(body: &ModbusBody<'_>, out: &mut Tree<'_>, found: &Identification<'_>, bytes: &[u8]) {
    let code = found.read_code;
    out.byte(
        "Read device id code",
        Some(code),
        names::read_code(code),
        2,
        IDENTIFICATION,
    );
    if body.from == Direction::FromClient {
        if let Some(object) = found.object {
            out.byte(
                "Object id",
                Some(object),
                names::object(object),
                3,
                IDENTIFICATION,
            );
        }
        out.data("Surplus", bytes.get(2..).unwrap_or_default(), 4, "");
        return;
    }
    if let Some(level) = found.conformity {
        out.byte(
            "Conformity level",
            Some(level),
            names::conformity(level),
            3,
            IDENTIFICATION,
        );
    }
    let more = match found.more_follows {
        Some(0) => "no",
        Some(0xff) => "yes",
        _ => "",
    };
    out.byte("More follows", found.more_follows, more, 4, IDENTIFICATION);
    out.byte("Next object id", found.next_object, "", 5, IDENTIFICATION);
    out.byte("Number of objects", found.count, "", 6, IDENTIFICATION);
    let mut at = 7;
    for (id, value) in found.objects() {
        let text = String::from_utf8_lossy(value).into_owned();
        let name = format!("Object {id} {}", names::object(id));
        out.group(name, text.clone(), (at, 2 + value.len()), IDENTIFICATION, |out| {
            out.byte("Object id", Some(id), names::object(id), at, IDENTIFICATION);
            out.add(
                "Object length",
                format!("{}", value.len()),
                at + 1,
                1,
                IDENTIFICATION,
            );
            if !value.is_empty() {
                out.add("Object value", text, at + 2, value.len(), IDENTIFICATION);
            }
        });
        at += 2 + value.len();
    }
    // Places are counted from the function code, two bytes before the data.
    out.data("Surplus", bytes.get(at - 2..).unwrap_or_default(), at, "");
}

fn canopen(out: &mut Tree<'_>, reference: &CanOpen<'_>) {
    const CLAUSE: &str = "MODBUS V1.1b3 6.20";
    let access = if reference.writes { "write" } else { "read" };
    out.add("Protocol options", access, 2, 1, CLAUSE);
    out.add("Reserved", "0", 3, 1, CLAUSE);
    out.add("Index", format!("{:#06x}", reference.index), 4, 2, CLAUSE);
    out.byte("Subindex", Some(reference.subindex), "", 6, CLAUSE);
    out.word("Starting address", Some(reference.start), 7, CLAUSE);
    out.word("Number of values", Some(reference.count), 9, CLAUSE);
    out.data("Values", reference.data, 2 + CanOpen::HEAD, CLAUSE);
}
