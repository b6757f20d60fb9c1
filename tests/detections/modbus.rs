//! What raises each Modbus detection, and what just does not.

use super::stage::{HMI, Host, Line, PLC, Stage};
use super::words::{modbus, read};
use super::{Case, case};

const LINE: Line = Line::new(HMI, PLC, 502);

/// A request with its answer.
fn pair(stage: &mut Stage, number: u16, asks: &[u8], tells: &[u8]) {
    stage.ask(LINE, &modbus(number, 1, asks));
    stage.tell(LINE, &modbus(number, 1, tells));
}

/// An ordinary read, so that the conversation is known.
pub(crate) fn greet(stage: &mut Stage) {
    pair(stage, 900, &read(0), &[3, 2, 0, 7]);
}

fn refused(stage: &mut Stage, times: u16, every: f64, status: u8, ask: impl Fn(u16) -> Vec<u8>) {
    greet(stage);
    for number in 0..times {
        let asks = ask(number);
        pair(stage, number, &asks, &[asks[0] | 0x80, status]);
        stage.wait(every);
    }
}

fn asked(stage: &mut Stage, data_unit: &[u8]) {
    greet(stage);
    stage.ask(LINE, &modbus(1, 1, data_unit));
}

/// An answer without request, long after the capture began and not in place of one that is missing.
fn unrequested(stage: &mut Stage, times: u16) {
    for _ in 0..60 {
        greet(stage);
        stage.wait(2.0);
    }
    for number in 0..times {
        greet(stage);
        stage.tell(LINE, &modbus(900, 1, &[3, 2, 0, 8]));
        stage.wait(1.0 + f64::from(number) * 0.01);
    }
}

fn flood(stage: &mut Stage, times: u16) {
    greet(stage);
    for number in 0..times {
        stage.ask(LINE, &modbus(number, 1, &read(number)));
    }
}

/// Units that do not answer behind a gateway whose own unit does.
fn units(stage: &mut Stage, silent: u8) {
    greet(stage);
    for unit in 2..2 + silent {
        stage.ask(LINE, &modbus(u16::from(unit), unit, &read(0)));
        stage.tell(LINE, &modbus(u16::from(unit), unit, &[0x83, 11]));
    }
    stage.ask(LINE, &modbus(99, 1, &read(0)));
    stage.ask(LINE, &modbus(100, 200, &read(0)));
}

fn wide(stage: &mut Stage) {
    greet(stage);
    for unit in 2..60 {
        stage.ask(LINE, &modbus(u16::from(unit), unit, &read(0)));
        stage.tell(LINE, &modbus(u16::from(unit), unit, &[3, 2, 0, 1]));
    }
}

fn write(number: u16) -> Vec<u8> {
    let mut bytes = vec![6, 0, 1];
    bytes.extend(number.to_be_bytes());
    bytes
}

fn writes(stage: &mut Stage, times: u16, every: f64) {
    greet(stage);
    for number in 0..times {
        pair(stage, number, &write(number), &write(number));
        stage.wait(every);
    }
}

/// Messages whose length field does not fit their function.
fn malformed(stage: &mut Stage, times: u16) {
    greet(stage);
    for number in 0..times {
        stage.ask(LINE, &modbus(number, 1, &[3, 0, 0, 0, 1, 9]));
        stage.tell(LINE, &modbus(number, 1, &[3, 2, 0, 1]));
    }
}

/// A write to unit 0 on a serial line that is carried over TCP.
fn serial_broadcast(stage: &mut Stage, unit: u8) {
    let frame = |bytes: &[u8]| {
        let mut crc = 0xffff_u16;
        for byte in bytes {
            crc ^= u16::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
            }
        }
        let mut bytes = bytes.to_vec();
        bytes.extend(crc.to_le_bytes());
        bytes
    };
    for number in 0..4 {
        stage.ask(LINE, &frame(&[1, 3, 0, number, 0, 1]));
        stage.tell(LINE, &frame(&[1, 3, 2, 0, number]));
    }
    stage.ask(LINE, &frame(&[unit, 6, 0, 1, 0, 5]));
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("modbus-counters-cleared", |s| asked(s, &[8, 0, 10, 0, 0]))
            .below(|s| asked(s, &[8, 0, 11, 0, 0])),
        case("modbus-identification", |s| asked(s, &[43, 14, 1, 0])).below(|s| asked(s, &[43, 13, 1, 0])),
        case("modbus-server-id", |s| asked(s, &[17])).below(|s| asked(s, &[7])),
        case("modbus-encapsulated", |s| asked(s, &[43, 13, 1, 0])).below(|s| asked(s, &[43, 14, 1, 0])),
        case("modbus-malformed", |s| malformed(s, 1)).below(greet),
        case("modbus-malformed-often", |s| malformed(s, 20)).below(|s| malformed(s, 19)),
        case("modbus-not-modbus", |s| {
            greet(s);
            let mut bytes = modbus(1, 1, &read(0));
            bytes[3] = 9;
            s.ask(LINE, &bytes);
        })
        .below(greet),
        case("modbus-device-busy", |s| refused(s, 3, 1.0, 6, read)).below(|s| refused(s, 2, 1.0, 6, read)),
        case("modbus-device-delays", |s| refused(s, 3, 1.0, 5, write))
            .below(|s| refused(s, 2, 1.0, 5, write)),
        case("modbus-address-scan", |s| refused(s, 5, 1.0, 2, |n| read(n * 10)))
            .below(|s| refused(s, 4, 1.0, 2, |n| read(n * 10)))
            // A poll that repeats one wrong address is no scan.
            .below(|s| refused(s, 50, 1.0, 2, |_| read(7)))
            .below(|s| refused(s, 5, 20.0, 2, |n| read(n * 10))),
        case("modbus-function-scan", |s| {
            refused(s, 3, 1.0, 1, |n| vec![u8::try_from(n).unwrap() + 65])
        })
        .below(|s| refused(s, 2, 1.0, 1, |n| vec![u8::try_from(n).unwrap() + 65]))
        .below(|s| refused(s, 9, 1.0, 1, |_| vec![7])),
        case("modbus-program-read", |s| {
            asked(s, &[90, 1, 0x34, 0, 1, 0, 0, 0, 0])
        })
        .below(|s| asked(s, &[90, 1, 0x02])),
        case("modbus-file-written", |s| {
            asked(s, &[21, 9, 6, 0, 4, 0, 7, 0, 1, 0, 5]);
        })
        .below(|s| asked(s, &[20, 7, 6, 0, 4, 0, 7, 0, 1])),
        case("modbus-unrequested-answer", |s| unrequested(s, 1)).below(|s| unrequested(s, 0)),
        case("modbus-answers-injected", |s| unrequested(s, 5)).below(|s| unrequested(s, 4)),
        case("modbus-function-invalid", |s| asked(s, &[0, 1])).below(|s| asked(s, &[1, 0, 0, 0, 1])),
        case("modbus-function-unknown", |s| asked(s, &[99, 1])).below(|s| asked(s, &[65, 1])),
        case("modbus-value-invalid", |s| asked(s, &[5, 0, 1, 0x12, 0x34]))
            .below(|s| asked(s, &[5, 0, 1, 0xff, 0])),
        case("modbus-exception-invalid", |s| refused(s, 1, 1.0, 77, read))
            .below(|s| refused(s, 1, 1.0, 3, read)),
        case("modbus-request-flood", |s| flood(s, 500)).below(|s| flood(s, 499)),
        case("modbus-function-reserved", |s| asked(s, &[126, 1])).below(|s| asked(s, &[90, 0, 2])),
        case("modbus-exception", |s| refused(s, 1, 1.0, 2, read)).below(greet),
        case("modbus-exception-from-client", |s| asked(s, &[0x83, 2])).below(greet),
        case("modbus-command-refused", |s| refused(s, 3, 1.0, 2, write))
            .below(|s| refused(s, 2, 1.0, 2, write))
            .below(|s| refused(s, 9, 1.0, 2, read)),
        case("modbus-exceptions-many", |s| refused(s, 20, 60.0, 2, |_| read(7)))
            .below(|s| refused(s, 19, 60.0, 2, |_| read(7))),
        case("modbus-device-failure", |s| refused(s, 3, 1.0, 4, read)).below(|s| refused(s, 2, 1.0, 4, read)),
        case("modbus-device-unreachable", |s| refused(s, 3, 60.0, 11, read))
            .below(|s| refused(s, 2, 60.0, 11, read)),
        case("modbus-broadcast-write", |s| serial_broadcast(s, 0)).below(|s| serial_broadcast(s, 1)),
        case("modbus-diagnostics", |s| asked(s, &[8, 0, 2, 0, 0]))
            // Many clients send an echo to see whether the device lives.
            .below(|s| asked(s, &[8, 0, 0, 1, 2])),
        case("modbus-unit-sweep", |s| units(s, 8))
            .below(|s| units(s, 7))
            // A gateway whose units answer is ordinary.
            .below(wide),
        case("modbus-writes-many", |s| writes(s, 600, 0.05)).below(|s| writes(s, 300, 0.2)),
        case("modbus-unprotected", greet).below(|s| {
            s.ask(
                Line::new(HMI, Host::new(2), 20_000),
                &super::words::request(0, 1, &[60, 1, 6]),
            );
        }),
    ]
}
