//! From messages to operations on points.

use alloc::format;
use alloc::string::String;

use tapglass_model::{Action, Outcome, Station, Table};
use tapglass_proto::{Actor, Answer, Direction, Function, Operation, Origin, Points, Sink, Status};

use crate::body::ModbusBody;
use crate::names;
use crate::objects::{CanOpen, Identification, ServerId, records};
use crate::pdu::{Pdu, Values};
use crate::pending::Pending;
use crate::session::Framing;
use crate::umas::{self, Content, Umas};

/// Where and when a message stands.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: tapglass_model::CaptureTime,
    pub(crate) frame: u64,
}

/// A gateway speaks for itself: there is no way to the unit, or it does not answer (AP 7).
pub(crate) const fn of_gateway(pdu: &Pdu<'_>) -> bool {
    matches!(pdu.exception, Some(0x0a | 0x0b))
}

/// The points that a command touches.
fn commanded<'a>(body: &ModbusBody<'a>) -> Points<'a> {
    let pdu = body.pdu;
    let Some(address) = pdu.address else {
        return Points::None;
    };
    match (pdu.code, pdu.values) {
        (5, Values::Bit(bit)) => {
            let bytes: &'static [u8] = if bit { &[1] } else { &[0] };
            Points::Bits {
                table: Table::Coil,
                first: address,
                count: 1,
                bytes,
            }
        }
        (6 | 16, Values::Registers(bytes)) => Points::Registers {
            table: Table::Holding,
            first: address,
            bytes,
        },
        (15, Values::Bits(bytes)) => bits_from(body, Table::Coil, address, bytes),
        (22, _) => match (pdu.and_mask, pdu.or_mask) {
            (Some(and), Some(or)) => Points::Mask {
                register: address,
                and,
                or,
            },
            _ => Points::None,
        },
        (23, _) => match (pdu.write_address, pdu.write_values) {
            (Some(first), Some(bytes)) => Points::Registers {
                table: Table::Holding,
                first,
                bytes,
            },
            _ => Points::None,
        },
        _ => Points::None,
    }
}

/// What a request does, where it is more than a read.
fn action(body: &ModbusBody<'_>) -> Option<Action> {
    let pdu = body.pdu;
    Some(match (pdu.code, pdu.subfunction) {
        _ if pdu.is_exception => return None,
        _ if pdu.writes() => Action::Write,
        (8, Some(1)) => Action::Restart,
        (8, Some(3)) => Action::Configure,
        // A device that only listens does not carry out commands any more (AP 6.8.1).
        (8, Some(4)) => Action::Stop,
        (8, Some(10 | 20)) => Action::Freeze,
        (7 | 8 | 11 | 12 | 10 | 14, _) => Action::Diagnose,
        (17 | 127, _) => Action::Identify,
        (19, _) => Action::Restart,
        (20 | 21, _) => Action::File,
        (43, _) => match (pdu.mei, CanOpen::parse(pdu.data.unwrap_or_default())) {
            (Some(14), _) => Action::Identify,
            (Some(13), Some(reference)) if reference.writes => Action::Configure,
            (Some(13), Some(_)) => Action::Browse,
            _ => Action::Other,
        },
        (1..=4 | 24, _) => return None,
        (umas::FUNCTION, _) => Umas::parse(pdu.data.unwrap_or_default(), None)
            .map_or(Action::Other, |umas| umas::action(umas.code)),
        (9 | 13 | 18 | 40 | 125 | 126, _) => Action::Program,
        _ => Action::Other,
    })
}

/// What else a person should know.
fn detail(body: &ModbusBody<'_>) -> String {
    let pdu = body.pdu;
    let data = pdu.data.unwrap_or_default();
    match pdu.code {
        20 | 21 => {
            let mut text = String::new();
            records(
                pdu.code,
                Direction::FromClient,
                pdu.records.unwrap_or_default(),
                |record| {
                    if let (Some(file), Some(number), Some(length)) =
                        (record.file, record.record, record.length)
                    {
                        if !text.is_empty() {
                            text.push_str(", ");
                        }
                        text.push_str(&format!("file {file} record {number} length {length}"));
                    }
                },
            );
            text
        }
        43 => match (pdu.mei, CanOpen::parse(data)) {
            (Some(13), Some(reference)) => {
                format!("object {:#06x}:{}", reference.index, reference.subindex)
            }
            _ => String::new(),
        },
        umas::FUNCTION => umas_detail(data),
        _ => String::new(),
    }
}

fn umas_detail(data: &[u8]) -> String {
    let Some(umas) = Umas::parse(data, None) else {
        return String::new();
    };
    let mut text = String::from(umas::name(umas.code));
    umas.items(None, Direction::FromClient, |item| {
        match (item.key, item.content) {
            ("block" | "offset" | "length" | "count", Content::Number(value)) => {
                text.push_str(&format!(", {} {value}", item.key));
            }
            ("client", Content::Text(value)) => {
                text.push_str(&format!(" by {}", String::from_utf8_lossy(value)));
            }
            _ => {}
        }
    });
    text
}

/// Says what a request does; gives back the transaction, 0 when it is a plain read.
pub(crate) fn request(
    body: &ModbusBody<'_>,
    moment: Moment,
    transaction: u64,
    repeats: bool,
    out: &mut dyn Sink,
) -> u64 {
    let Some(action) = action(body) else { return 0 };
    // Broadcasts are not answered on a serial line; over TCP unit 0 is the device itself (TCP 3.1.3, SL 2.2).
    let broadcast = body.unit == 0 && body.framing != Framing::Mbap;
    let text;
    let detail = match body.pdu.subfunction {
        Some(code) => names::diagnostic(code),
        None if body.pdu.writes() => "",
        None => {
            text = detail(body);
            &text
        }
    };
    out.operation(&Operation {
        action,
        function: function(body),
        at: moment.at,
        frame: moment.frame,
        station: Station::Unit(body.unit),
        actor: Actor::default(),
        outcome: if broadcast {
            Outcome::Unacknowledged
        } else {
            Outcome::Requested
        },
        transaction: if broadcast { 0 } else { transaction },
        repeats,
        sequence: None,
        origin: Origin::Polled,
        points: commanded(body),
        detail,
    });
    if broadcast { 0 } else { transaction }
}

const fn function<'a>(body: &ModbusBody<'_>) -> Function<'a> {
    Function {
        code: body.pdu.code as u32,
        name: names::function(body.pdu.code),
    }
}

/// Says what an answer means: the outcome of a command, the values of a read. `credible` is false when it does
/// not have the size or address that was asked for, or answers nothing: then its values are nobody's.
pub(crate) fn response(
    body: &ModbusBody<'_>,
    request: Option<&Pending>,
    credible: bool,
    moment: Moment,
    out: &mut dyn Sink,
) {
    if let Some(request) = request
        && request.operation != 0
    {
        answer(body, request, moment, out);
    }
    if body.pdu.is_exception {
        if let Some(request) = request.filter(|_| credible && out.wants_reports()) {
            refused(body, request, moment, out);
        }
        return;
    }
    identify(body, out);
    let command = body.pdu.writes() && body.pdu.code != 23;
    if !command && !out.wants_reports() {
        return;
    }
    let points = match (request, body.pdu.values) {
        _ if !credible => Points::None,
        (Some(request), values) => reported(body, request, values),
        // Only answers are captured: functions 5 and 6 repeat what was asked, so the command is known all the same.
        (None, _) if matches!(body.pdu.code, 5 | 6 | 22) => commanded(body),
        _ => Points::None,
    };
    if matches!(points, Points::None) {
        return;
    }
    out.operation(&Operation {
        action: if command { Action::Write } else { Action::Report },
        function: function(body),
        at: moment.at,
        frame: moment.frame,
        station: Station::Unit(body.unit),
        actor: Actor::default(),
        outcome: Outcome::Accepted,
        transaction: 0,
        repeats: false,
        sequence: None,
        origin: if body.pdu.code == 23 {
            Origin::ReadBack
        } else {
            Origin::Polled
        },
        points,
        detail: "",
    });
}

/// A read that brings no values: what it asked for is not known any more.
fn refused(body: &ModbusBody<'_>, request: &Pending, moment: Moment, out: &mut dyn Sink) {
    let table = match request.code {
        1 => Table::Coil,
        2 => Table::Discrete,
        3 => Table::Holding,
        4 => Table::Input,
        _ => return,
    };
    let (Some(first), Some(count)) = (request.address, request.quantity) else {
        return;
    };
    // Exception 5 is no refusal: the server works on it (AP 7).
    if body.pdu.exception == Some(5) {
        return;
    }
    out.operation(&Operation {
        action: Action::Report,
        function: Function {
            code: u32::from(request.code),
            name: names::function(request.code),
        },
        at: moment.at,
        frame: moment.frame,
        station: Station::Unit(body.unit),
        actor: Actor::default(),
        outcome: Outcome::Rejected,
        transaction: 0,
        repeats: false,
        sequence: None,
        origin: Origin::Polled,
        points: Points::Range { table, first, count },
        detail: "",
    });
}

/// What a device says of itself.
fn identify(body: &ModbusBody<'_>, out: &mut dyn Sink) {
    let data = body.pdu.data.unwrap_or_default();
    let mut tell = |key: &'static str, value: &str| {
        // Devices fill up with spaces and zeros.
        let value = value.trim_matches(|character: char| character.is_whitespace() || character == '\0');
        if !value.is_empty() {
            out.identity(body.from, Station::Unit(body.unit), key, value);
        }
    };
    match (body.pdu.code, body.pdu.mei) {
        (43, Some(14)) => {
            let Some(identification) = Identification::parse(data, body.from) else {
                return;
            };
            for (id, value) in identification.objects() {
                if let Some(key) = names::identity(id) {
                    tell(key, &String::from_utf8_lossy(value));
                }
            }
        }
        (17, _) => {
            let id = ServerId::parse(data);
            if let Some(text) = id.text() {
                tell("server_id", text);
            }
            if let Some(running) = id.running {
                tell("run_indicator", if running { "on" } else { "off" });
            }
        }
        (umas::FUNCTION, _) => {
            let Some(umas) = Umas::parse(data, body.asked) else {
                return;
            };
            if body.asked.is_none_or(|asked| asked.code != 0x02) {
                return;
            }
            umas.items(body.asked, body.from, |item| match (item.key, item.content) {
                ("host", Content::Text(text)) => tell("product", &String::from_utf8_lossy(text)),
                ("firmware", Content::Number(version)) => {
                    tell("firmware", &format!("{}.{:02x}", version >> 8, version & 0xff));
                }
                _ => {}
            });
        }
        _ => {}
    }
}

/// The points whose values a read brings.
fn reported<'a>(body: &ModbusBody<'a>, request: &Pending, values: Values<'a>) -> Points<'a> {
    let Some(first) = request.address else {
        return Points::None;
    };
    match (body.pdu.code, values) {
        (1, Values::Bits(bytes)) => bits_from(body, Table::Coil, first, bytes),
        (2, Values::Bits(bytes)) => bits_from(body, Table::Discrete, first, bytes),
        (3 | 23, Values::Registers(bytes)) => Points::Registers {
            table: Table::Holding,
            first,
            bytes,
        },
        (4, Values::Registers(bytes)) => Points::Registers {
            table: Table::Input,
            first,
            bytes,
        },
        _ => Points::None,
    }
}

fn bits_from<'a>(body: &ModbusBody<'a>, table: Table, first: u16, bytes: &'a [u8]) -> Points<'a> {
    Points::Bits {
        table,
        first,
        count: u16::try_from(body.bit_count(bytes)).unwrap_or(u16::MAX),
        bytes,
    }
}

fn answer(body: &ModbusBody<'_>, request: &Pending, moment: Moment, out: &mut dyn Sink) {
    let refused = body.pdu.code == umas::FUNCTION
        && Umas::parse(body.pdu.data.unwrap_or_default(), body.asked).is_some_and(|umas| umas.refused());
    let status = match body.pdu.exception {
        Some(code) => Some(Status {
            code: u32::from(code),
            name: names::exception(code),
        }),
        None => refused.then_some(Status {
            code: 0xfd,
            name: umas::name(0xfd),
        }),
    };
    let outcome = match body.pdu.exception {
        None if refused => Outcome::Rejected,
        None => Outcome::Accepted,
        // Exception 5 is no refusal: the server works on it (AP 7).
        Some(5) => Outcome::Pending,
        Some(_) => Outcome::Rejected,
    };
    // How much of the request the answer repeats: functions 5, 6 and 22 all of it, 15 and 16 address and quantity.
    let repeated = match body.pdu.code {
        _ if body.pdu.is_exception => 0,
        5 | 6 | 15 | 16 => 5,
        22 => 7,
        _ => 0,
    };
    let sent = request.head.get(..repeated);
    let got = body.data_unit.get(..repeated);
    out.answer(&Answer {
        transaction: request.operation,
        at: moment.at,
        frame: moment.frame,
        outcome,
        status,
        each: &[],
        echo_differs: sent != got,
    });
}
