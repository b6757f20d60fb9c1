//! What raises each detection of every protocol, and what just does not.

use super::stage::{HMI, Host, Line, PLC, Stage};
use super::words::{CLOSE, modbus, read, request};
use super::{Case, case};

fn line(client: Host, server: Host) -> Line {
    Line::new(client, server, 502)
}

fn greet(stage: &mut Stage, client: Host, server: Host) {
    stage.ask(line(client, server), &modbus(900, 1, &read(0)));
    stage.tell(line(client, server), &modbus(900, 1, &[3, 2, 0, 7]));
}

fn write(stage: &mut Stage, line: Line, value: u8) {
    stage.ask(line, &modbus(7, 1, &[6, 0, 1, 0, value]));
    stage.tell(line, &modbus(7, 1, &[6, 0, 1, 0, value]));
}

fn targets(stage: &mut Stage, count: u8, after: f64) {
    greet(stage, HMI, PLC);
    stage.wait(after);
    for server in 100..100 + count {
        greet(stage, Host::new(33), Host::new(server));
    }
}

/// A client that does nothing but write.
fn writes(stage: &mut Stage, count: u8, reads_first: bool) {
    if reads_first {
        greet(stage, HMI, PLC);
    }
    for value in 0..count {
        write(stage, line(HMI, PLC), value);
    }
}

fn says(stage: &mut Stage, firmware: &[&str]) {
    greet(stage, HMI, PLC);
    for text in firmware {
        stage.ask(line(HMI, PLC), &modbus(5, 1, &[43, 14, 1, 0]));
        let mut tells = vec![43, 14, 1, 1, 0, 0, 1, 2, u8::try_from(text.len()).unwrap()];
        tells.extend(text.as_bytes());
        stage.tell(line(HMI, PLC), &modbus(5, 1, &tells));
    }
}

/// The second write comes from a host that differs in this way, after so many seconds.
fn another(stage: &mut Stage, after: f64, other: Host) {
    greet(stage, HMI, PLC);
    write(stage, line(HMI, PLC), 1);
    stage.wait(after);
    let line = line(other, PLC).from(40_001);
    stage.ask(line, &modbus(1, 1, &read(0)));
    stage.tell(line, &modbus(1, 1, &[3, 2, 0, 7]));
    write(stage, line, 2);
}

const CARD: Host = Host { card: 77, ..HMI };
const HOPS: Host = Host { ttl: 128, ..HMI };

fn ftp(stage: &mut Stage, server: Host) {
    greet(stage, HMI, PLC);
    let line = Line::new(Host::new(50), server, 21);
    stage.tell(line, b"220 FTP server ready\r\n");
    stage.ask(line, b"USER admin\r\n");
    stage.tell(line, b"331 Password required\r\n");
}

fn stops(stage: &mut Stage, times: u16) {
    greet(stage, HMI, PLC);
    for number in 0..times {
        stage.ask(line(HMI, PLC), &modbus(number, 1, &[8, 0, 4, 0, 0]));
        stage.wait(1.0);
    }
}

fn fan_out(stage: &mut Stage, count: u8) {
    for server in 1..=count {
        greet(stage, HMI, Host::new(server));
        write(stage, line(HMI, Host::new(server)), 1);
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let group = Host {
        ip: [239, 1, 2, 3],
        ..PLC
    };
    vec![
        case("multicast", move |s| greet(s, HMI, group)).below(|s| greet(s, HMI, PLC)),
        case("other-port", |s| {
            let line = Line::new(HMI, PLC, 1502);
            for number in 0..4 {
                s.ask(line, &modbus(number, 1, &read(number)));
                s.tell(line, &modbus(number, 1, &[3, 2, 0, 7]));
            }
        })
        .below(|s| greet(s, HMI, PLC)),
        case("role-reversed", |s| {
            greet(s, HMI, PLC);
            greet(s, PLC, Host::new(2));
        })
        .below(|s| {
            greet(s, HMI, PLC);
            greet(s, HMI, Host::new(2));
        }),
        case("many-targets", |s| targets(s, 10, 200.0))
            .below(|s| targets(s, 9, 200.0))
            // Who begins with the capture polls what it always polls.
            .below(|s| targets(s, 10, 10.0)),
        case("write-fan-out", |s| fan_out(s, 5)).below(|s| fan_out(s, 4)),
        case("client-only-writes", |s| writes(s, 10, false))
            .below(|s| writes(s, 9, false))
            .below(|s| writes(s, 30, true)),
        case("stops-many", |s| stops(s, 5)).below(|s| stops(s, 4)),
        case("identity-changed", |s| says(s, &["1.0", "1.1"])).below(|s| says(s, &["1.0", "1.0"])),
        case("writer-two-cards", |s| another(s, 5.0, CARD)).below(|s| another(s, 5.0, HMI)),
        case("writer-new-card", |s| another(s, 600.0, CARD)).below(|s| another(s, 600.0, HMI)),
        case("writer-hops-changed", |s| another(s, 5.0, HOPS))
            // One router more or less is the same machine on another way.
            .below(|s| another(s, 5.0, Host { ttl: 62, ..HMI })),
        case("file-transfer", |s| ftp(s, PLC)).below(|s| ftp(s, Host::new(60))),
        // Rules that were there before, where the site knows no device.
        case("restart", |s| stops(s, 1)).below(|s| greet(s, HMI, PLC)),
        case("restart", |s| {
            s.ask(Line::new(HMI, PLC, 20_000), &request(0, 13, &[]));
        })
        .below(|s| {
            s.ask(Line::new(HMI, PLC, 20_000), &request(0, 5, &CLOSE));
        }),
        case("block-reporting", |s| {
            blocks(s);
            goes_on(s);
        })
        .below(|s| {
            blocks(s);
            s.wait(10.0);
            s.ask(Line::new(HMI, PLC, 20_000), &request(2, 20, &[60, 2, 6]));
            goes_on(s);
        }),
    ]
}

/// A minute and a half of ordinary traffic.
fn goes_on(stage: &mut Stage) {
    for _ in 0..90 {
        greet(stage, HMI, PLC);
        stage.wait(1.0);
    }
}

/// Unsolicited reports are switched off.
fn blocks(stage: &mut Stage) {
    let line = Line::new(HMI, PLC, 20_000);
    stage.ask(line, &request(1, 21, &[60, 2, 6]));
    stage.tell(line, &super::words::response(1, 0, &[]));
}
