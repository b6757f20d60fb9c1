//! What raises each DNP3 detection, and what just does not.

use super::stage::{HMI, Host, Line, PLC, Stage};
use super::words::{CLOSE, answer, link, request, request_to, response};
use super::{Case, case};

const LINE: Line = Line::new(HMI, PLC, 20_000);
/// Class 0.
const CLASS_0: [u8; 3] = [60, 1, 6];

fn poll(stage: &mut Stage, sequence: u8, indications: u16) {
    stage.ask(LINE, &request(sequence, 1, &CLASS_0));
    stage.tell(LINE, &response(sequence, indications, &[]));
}

fn greet(stage: &mut Stage) {
    poll(stage, 0, 0);
    poll(stage, 1, 0);
}

fn indicates(stage: &mut Stage, each: &[u16], every: f64) {
    greet(stage);
    for (number, indications) in (2_u8..).zip(each) {
        poll(stage, number, *indications);
        stage.wait(every);
    }
}

/// The bit comes, goes, and comes again so many times.
fn flickers(stage: &mut Stage, bit: u16, times: usize, every: f64) {
    let each: Vec<u16> = [bit, 0].repeat(times);
    indicates(stage, &each, every);
}

fn asks(stage: &mut Stage, function: u8, objects: &[u8]) {
    greet(stage);
    stage.ask(LINE, &request(2, function, objects));
}

fn asks_all(stage: &mut Stage, function: u8, objects: &[u8], outstation: u16) {
    greet(stage);
    stage.ask(LINE, &request_to(outstation, 1, 0xc2, function, objects));
}

fn refused(stage: &mut Stage, times: u8, indications: u16) {
    greet(stage);
    for number in 2..2 + times {
        poll(stage, number, indications);
    }
}

fn unsolicited(stage: &mut Stage, times: u8) {
    greet(stage);
    for number in 0..times {
        stage.tell(
            LINE,
            &answer(0xd0 | number & 15, 130, 0, &[2, 1, 0x28, 1, 0, number, 0, 0x81]),
        );
        stage.wait(0.02);
    }
}

fn flood(stage: &mut Stage, times: u8) {
    greet(stage);
    for number in 0..times {
        stage.ask(LINE, &request(2 + number, 1, &CLASS_0));
    }
}

fn broken(stage: &mut Stage, times: u8) {
    greet(stage);
    for number in 0..times {
        let mut bytes = request(2 + number, 1, &CLASS_0);
        let last = bytes.len() - 1;
        bytes[last] ^= 0x55;
        stage.ask(LINE, &bytes);
        poll(stage, 2 + number, 0);
    }
}

/// Milliseconds since 1970 in six octets.
fn time(stage: &Stage, off: i64) -> Vec<u8> {
    let at = stage.now() / 1_000_000 + off * 1_000;
    let mut objects = vec![50, 1, 7, 1];
    objects.extend(&at.to_le_bytes()[..6]);
    objects
}

fn sets_time(stage: &mut Stage, off: i64) {
    greet(stage);
    let objects = time(stage, off);
    stage.ask(LINE, &request(2, 2, &objects));
}

/// Another machine commands with the same master's address after so many seconds.
fn two_masters(stage: &mut Stage, after: f64) {
    greet(stage);
    stage.ask(LINE, &request(2, 5, &CLOSE));
    stage.wait(after);
    let other = Line::new(Host::new(21), PLC, 20_000);
    stage.ask(other, &request(3, 1, &CLASS_0));
    stage.ask(other, &request(4, 5, &CLOSE));
}

/// A file is opened, or deleted, by name.
fn file(stage: &mut Stage, function: u8) {
    let mut objects = vec![70, 3, 0x5b, 1];
    let mut body = vec![26, 0, 4, 0];
    body.extend([0; 6]);
    body.extend([0, 0]);
    body.extend([0; 4]);
    body.extend([0; 4]);
    body.extend([1, 0, 0, 1, 0, 0]);
    body.extend(b"plan");
    objects.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    objects.extend(body);
    asks(stage, function, &objects);
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("dnp3-not-dnp3", |s| {
            greet(s);
            s.ask(LINE, b"GET / HTTP/1.1\r\n\r\n and so on and so on");
        })
        .below(greet),
        case("dnp3-unsolicited-storm", |s| unsolicited(s, 100)).below(|s| unsolicited(s, 99)),
        case("dnp3-broadcast", |s| asks_all(s, 1, &CLASS_0, 0xffff)).below(|s| asks_all(s, 1, &CLASS_0, 11)),
        case("dnp3-broadcast", |s| asks_all(s, 1, &CLASS_0, 0xfffd)).below(greet),
        case("dnp3-broadcast-command", |s| asks_all(s, 5, &CLOSE, 0xfffe))
            .below(|s| asks_all(s, 1, &CLASS_0, 0xfffe)),
        case("dnp3-objects-refused", |s| refused(s, 10, 2)).below(|s| refused(s, 9, 2)),
        case("dnp3-functions-refused", |s| refused(s, 5, 1)).below(|s| refused(s, 4, 1)),
        case("dnp3-time-set", |s| sets_time(s, 0)).below(greet),
        case("dnp3-link-damaged", |s| broken(s, 1)).below(greet),
        case("dnp3-malformed-often", |s| broken(s, 20)).below(|s| broken(s, 19)),
        case("dnp3-request-flood", |s| flood(s, 32)).below(|s| flood(s, 31)),
        case("dnp3-object-unknown", |s| asks(s, 1, &[99, 9, 6])).below(|s| asks(s, 1, &[30, 0, 6])),
        case("dnp3-malformed", |s| asks(s, 1, &[30, 0])).below(|s| asks(s, 1, &[30, 0, 6])),
        case("dnp3-segments-wrong", |s| {
            greet(s);
            // A last segment without its first.
            s.ask(LINE, &link(0xc4, 10, 1, &[0x83, 0xc2, 1, 60, 1, 6]));
            poll(s, 3, 0);
        })
        .below(greet),
        case("dnp3-address-reserved", |s| asks_all(s, 1, &CLASS_0, 0xfff5))
            .below(|s| asks_all(s, 1, &CLASS_0, 0xffef)),
        case("dnp3-function-unknown", |s| asks(s, 77, &[])).below(|s| asks(s, 23, &[])),
        case("dnp3-direction-wrong", |s| {
            greet(s);
            // The client sends a request that says it comes from the outstation.
            s.ask(LINE, &link(0x44, 10, 1, &[0xc0, 0xc2, 1, 60, 1, 6]));
            poll(s, 3, 0);
        })
        .below(greet),
        case("dnp3-request-refused", |s| refused(s, 1, 4)).below(|s| refused(s, 1, 0x10)),
        case("dnp3-function-obsolete", |s| asks(s, 15, &[])).below(|s| asks(s, 23, &[])),
        case("dnp3-master-asks-confirm", |s| {
            greet(s);
            s.ask(LINE, &request_to(10, 1, 0xe2, 1, &CLASS_0));
        })
        .below(greet),
        case("dnp3-indications-reserved", |s| indicates(s, &[0x40], 1.0))
            .below(|s| indicates(s, &[0x10], 1.0)),
        case("dnp3-buffer-overflow", |s| indicates(s, &[8], 1.0)).below(|s| indicates(s, &[0], 1.0)),
        case("dnp3-buffer-overflows", |s| flickers(s, 8, 3, 60.0))
            .below(|s| flickers(s, 8, 2, 60.0))
            // It stays set: that is once.
            .below(|s| indicates(s, &[8; 9], 10.0)),
        case("dnp3-restarted", |s| indicates(s, &[0x8000], 1.0))
            .below(|s| indicates(s, &[0x1000], 1.0))
            // The capture begins after the restart.
            .below(|s| poll(s, 0, 0x8000)),
        case("dnp3-restarts-often", |s| flickers(s, 0x8000, 2, 60.0))
            .below(|s| flickers(s, 0x8000, 1, 60.0))
            .below(|s| flickers(s, 0x8000, 2, 400.0)),
        case("dnp3-configuration", |s| {
            asks(s, 31, &[110, 4, 0x5b, 1, 4, 0, b'p', b'l', b'a', b'n'])
        })
        .below(|s| asks(s, 23, &[])),
        case("dnp3-configuration-corrupt", |s| indicates(s, &[0x20], 1.0))
            .below(|s| indicates(s, &[0x10], 1.0)),
        case("dnp3-device-trouble", |s| indicates(s, &[0x4000], 1.0)).below(|s| indicates(s, &[0x1000], 1.0)),
        case("dnp3-local", |s| indicates(s, &[0x2000], 1.0)).below(|s| indicates(s, &[0x1000], 1.0)),
        case("dnp3-control-seen", |s| asks(s, 5, &CLOSE)).below(|s| asks(s, 1, &CLASS_0)),
        case("dnp3-file", |s| file(s, 25)).below(greet),
        case("dnp3-file-deleted", |s| file(s, 27)).below(|s| file(s, 25)),
        case("dnp3-authentication-failed", |s| {
            greet(s);
            // Group 120 variation 7: sequence, user, association, code, time.
            let mut objects = vec![120, 7, 0x5b, 1, 15, 0];
            objects.extend([0; 15]);
            s.tell(LINE, &answer(0xc2, 131, 0, &objects));
        })
        .below(greet),
        case("dnp3-unprotected", greet).below(super::modbus::greet),
        case("dnp3-master-address-shared", |s| two_masters(s, 5.0)).below(|s| two_masters(s, 600.0)),
        case("time-written-differs", |s| sets_time(s, 3_600))
            .below(|s| sets_time(s, 60))
            .below(|s| sets_time(s, -60)),
    ]
}
