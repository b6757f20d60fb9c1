//! From messages to operations on points.

use tapglass_model::{Action, Outcome, Station, Table};
use tapglass_proto::{Actor, Answer, Function, Operation, Origin, Points, Sink, Status};

use crate::body::ModbusBody;
use crate::names;
use crate::objects::Identification;
use crate::pdu::Values;
use crate::pending::Pending;

/// Where and when a message stands.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) at: tapglass_model::CaptureTime,
    pub(crate) frame: u64,
}

/// The points that a command touches.
fn commanded<'a>(body: &ModbusBody<'a>) -> Points<'a> {
    let pdu = &body.pdu;
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
        (15, Values::Bits(bytes)) => {
            let count = u16::try_from(body.bit_count(bytes)).unwrap_or(u16::MAX);
            Points::Bits {
                table: Table::Coil,
                first: address,
                count,
                bytes,
            }
        }
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
    let pdu = &body.pdu;
    Some(match (pdu.code, pdu.subfunction) {
        _ if pdu.writes() => Action::Write,
        (8, Some(1)) => Action::Restart,
        (8, Some(4)) => Action::Stop,
        (8, _) => Action::Diagnose,
        (17, _) => Action::Identify,
        (43, _) if pdu.mei == Some(14) => Action::Identify,
        (20 | 21, _) => Action::File,
        (7 | 11 | 12, _) => Action::Diagnose,
        (1..=4 | 24, _) => return None,
        (9 | 13 | 18 | 40 | 90 | 125 | 126, _) => Action::Program,
        _ => Action::Other,
    })
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
    let broadcast = body.unit == 0 && body.transaction.is_none();
    out.operation(&Operation {
        action,
        function: Function {
            code: u32::from(body.pdu.code),
            name: names::function(body.pdu.code),
        },
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
        detail: body.pdu.subfunction.map_or("", names::diagnostic),
    });
    if broadcast { 0 } else { transaction }
}

/// Says what an answer means: the outcome of a command, the values of a read.
pub(crate) fn response(body: &ModbusBody<'_>, request: Option<&Pending>, moment: Moment, out: &mut dyn Sink) {
    if let Some(request) = request
        && request.operation != 0
    {
        answer(body, request, moment, out);
    }
    if body.pdu.is_exception {
        return;
    }
    if body.pdu.code == 43
        && let Some(identification) = Identification::parse(body.pdu.data.unwrap_or_default(), body.from)
    {
        for (id, value) in identification.objects() {
            if let (Some(key), Ok(text)) = (names::identity(id), core::str::from_utf8(value)) {
                out.identity(body.from, Station::Unit(body.unit), key, text);
            }
        }
    }
    let points = match (request, body.pdu.values) {
        (Some(request), values) => reported(body, request, values),
        // Only answers are captured: functions 5 and 6 repeat what was asked, so the command is known all the same.
        (None, _) if matches!(body.pdu.code, 5 | 6 | 22) => commanded(body),
        _ => Points::None,
    };
    if matches!(points, Points::None) {
        return;
    }
    let command = body.pdu.writes() && body.pdu.code != 23;
    out.operation(&Operation {
        action: if command { Action::Write } else { Action::Report },
        function: Function {
            code: u32::from(body.pdu.code),
            name: names::function(body.pdu.code),
        },
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
    let status = body.pdu.exception.map(|code| Status {
        code: u32::from(code),
        name: names::exception(code),
    });
    let outcome = match body.pdu.exception {
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
    let got = body.bytes.get(body.pdu_at..body.pdu_at + repeated);
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
