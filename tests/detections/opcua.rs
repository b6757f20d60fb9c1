//! What raises each OPC UA detection, and what just does not.

use super::stage::{HMI, Line, PLC, Stage};
use super::words::{
    acknowledge, anonymous, chunk, create_session, error, hello, open, served, service, write_in_session,
};
use super::{Case, case};

const LINE: Line = Line::new(HMI, PLC, 4840);
const NULL: [u8; 4] = [0xff; 4];
/// Parameters of Read of nothing.
const NOTHING: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];

fn connect(stage: &mut Stage, policy: &str) {
    stage.ask(LINE, &hello());
    stage.tell(LINE, &acknowledge());
    stage.ask(LINE, &open(true, policy, 1));
    stage.tell(LINE, &open(false, policy, 1));
}

fn greet(stage: &mut Stage) {
    connect(stage, "None");
    pair(stage, 2, (631, &NOTHING), (634, 0, &[0xff; 8]));
}

fn pair(stage: &mut Stage, number: u32, asks: (u16, &[u8]), tells: (u16, u32, &[u8])) {
    stage.ask(LINE, &service(number, asks.0, asks.1));
    stage.tell(LINE, &served(number, tells.0, tells.1, tells.2));
}

/// ServiceFault with this status.
fn fails(stage: &mut Stage, times: u32, status: u32) {
    greet(stage);
    for number in 3..3 + times {
        pair(stage, number, (631, &NOTHING), (397, status, &[]));
    }
}

fn logons(stage: &mut Stage, times: u32, status: u32) {
    greet(stage);
    for number in 3..3 + times {
        pair(stage, number, (467, &anonymous()), (397, status, &[]));
    }
}

fn flood(stage: &mut Stage, times: u32) {
    greet(stage);
    for number in 3..3 + times {
        stage.ask(LINE, &service(number, 631, &NOTHING));
    }
}

/// A request whose parameters stop in the middle.
fn broken(stage: &mut Stage, times: u32) {
    greet(stage);
    for number in 3..3 + times {
        pair(stage, number, (631, &[1, 2, 3]), (397, 0x8007_0000, &[]));
    }
}

fn one(stage: &mut Stage, code: u16, body: &[u8]) {
    greet(stage);
    stage.ask(LINE, &service(3, code, body));
}

/// The same client commands as one application and then as another.
fn applications(stage: &mut Stage, second: &str) {
    greet(stage);
    let mut number = 3;
    for application in ["urn:hmi", second] {
        let (asks, tells) = create_session(number, application);
        stage.ask(LINE, &asks);
        stage.tell(LINE, &tells);
        stage.ask(LINE, &write_in_session(number + 1));
        stage.tell(
            LINE,
            &served(
                number + 1,
                676,
                0,
                &[1, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
            ),
        );
        number += 2;
    }
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case("opcua-malformed", |s| broken(s, 1)).below(greet),
        case("opcua-malformed-often", |s| broken(s, 20)).below(|s| broken(s, 19)),
        case("opcua-too-large", |s| {
            s.ask(LINE, &hello());
            // The server takes 100 bytes at most.
            let mut rest = Vec::new();
            for number in [0_u32, 65_536, 65_536, 100, 0] {
                rest.extend(number.to_le_bytes());
            }
            s.tell(LINE, &chunk(b"ACKF", &rest));
            s.ask(LINE, &open(true, "None", 1));
            s.tell(LINE, &open(false, "None", 1));
            s.ask(LINE, &service(2, 631, &[NOTHING.as_slice(), &[0; 200]].concat()));
        })
        .below(greet),
        case("opcua-not-opcua", |s| {
            greet(s);
            s.ask(LINE, b"GET / HTTP/1.1\r\nHost: plc\r\n\r\n");
        })
        .below(greet),
        case("opcua-sequence", |s| {
            greet(s);
            pair(s, 2, (631, &NOTHING), (634, 0, &[0xff; 8]));
        })
        .below(|s| {
            greet(s);
            pair(s, 3, (631, &NOTHING), (634, 0, &[0xff; 8]));
        }),
        case("opcua-channel-unopened", |s| {
            s.ask(LINE, &hello());
            s.tell(LINE, &acknowledge());
            pair(s, 2, (631, &NOTHING), (634, 0, &[0xff; 8]));
        })
        .below(greet),
        case("opcua-request-flood", |s| flood(s, 500)).below(|s| flood(s, 499)),
        case("opcua-service-failed", |s| fails(s, 1, 0x8001_0000)).below(|s| fails(s, 1, 0x4000_0000)),
        case("opcua-failures-many", |s| fails(s, 20, 0x8001_0000)).below(|s| fails(s, 19, 0x8001_0000)),
        case("opcua-logon-refused", |s| logons(s, 1, 0x8021_0000)).below(|s| logons(s, 1, 0x8001_0000)),
        case("opcua-logons-refused", |s| logons(s, 5, 0x801f_0000)).below(|s| logons(s, 4, 0x801f_0000)),
        case("opcua-logons-many", |s| logons(s, 60, 0)).below(|s| logons(s, 59, 0)),
        case("opcua-anonymous", |s| logons(s, 1, 0)).below(greet),
        case("opcua-resources-refused", |s| fails(s, 5, 0x8056_0000)).below(|s| fails(s, 4, 0x8056_0000)),
        case("opcua-security-refused", |s| {
            s.ask(LINE, &hello());
            s.tell(LINE, &acknowledge());
            s.ask(LINE, &open(true, "None", 1));
            s.tell(LINE, &error(0x8013_0000));
        })
        .below(|s| {
            s.ask(LINE, &hello());
            s.tell(LINE, &acknowledge());
            s.ask(LINE, &open(true, "None", 1));
            s.tell(LINE, &error(0x8008_0000));
        }),
        case("opcua-discovery", |s| {
            one(s, 428, &[NULL, NULL, NULL].concat());
        })
        .below(greet),
        case("opcua-nodes-changed", |s| one(s, 500, &NULL)).below(|s| one(s, 560, &NULL)),
        case("opcua-history-changed", |s| one(s, 700, &NULL)).below(|s| one(s, 664, &NULL)),
        case("opcua-subscriptions-taken", |s| {
            greet(s);
            // One session creates subscription 5, another ends it.
            let (asks, tells) = create_session(3, "urn:hmi");
            s.ask(LINE, &asks);
            s.tell(LINE, &tells);
            let other = LINE.from(40_001);
            s.ask(other, &hello());
            s.tell(other, &acknowledge());
            s.ask(other, &open(true, "None", 1));
            s.tell(other, &open(false, "None", 1));
            s.ask(LINE, &super::words::create_subscription(4));
            s.tell(LINE, &super::words::subscription_created(4, 5));
            s.ask(
                other,
                &service(2, 847, &[1_u32.to_le_bytes(), 5_u32.to_le_bytes()].concat()),
            );
        })
        .below(greet),
        case("opcua-certificate-time", |s| {
            s.ask(LINE, &hello());
            s.tell(LINE, &acknowledge());
            s.ask(LINE, &super::words::open_with_old_certificate());
        })
        .below(greet),
        case("opcua-policy-weak", |s| connect(s, "Basic128Rsa15")).below(|s| connect(s, "Basic256Sha256")),
        case("opcua-service-foreign", |s| {
            greet(s);
            let mut bytes = service(3, 631, &NOTHING);
            // The namespace of the type id.
            bytes[25] = 3;
            s.ask(LINE, &bytes);
        })
        .below(greet),
        case("opcua-version-other", |s| {
            let mut bytes = hello();
            bytes[8] = 9;
            s.ask(LINE, &bytes);
            s.tell(LINE, &acknowledge());
        })
        .below(greet),
        case("opcua-unprotected", greet).below(|s| connect(s, "Basic256Sha256")),
        case("opcua-writer-application-changed", |s| {
            applications(s, "urn:other")
        })
        .below(|s| applications(s, "urn:hmi")),
    ]
}
