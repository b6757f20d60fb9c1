//! What each fuzz target runs on its input, and what must hold: no panic, memory in proportion to the input, the same
//! messages however a stream is cut, fields inside their message, records that are JSON.
//!
//! These files are also part of the test program `fuzz_smoke` of the project, so that they keep up with it.

pub mod captures;
pub mod counting;
pub mod frames;
pub mod script;
pub mod streams;
pub mod texts;

/// A target: its name, what it runs, and what its inputs look like.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("modbus_tcp", streams::modbus_tcp),
    ("modbus_udp", streams::modbus_udp),
    ("modbus_serial", streams::modbus_serial),
    ("dnp3_tcp", streams::dnp3_tcp),
    ("dnp3_udp", streams::dnp3_udp),
    ("opcua", streams::opcua),
    ("frames", frames::pipeline),
    ("link", frames::link),
    ("capture", captures::read),
    ("filter", texts::filter),
    ("site", texts::site),
];

/// Runs a target by name and holds it to its memory.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = target.expect("a target of this name");
    target(data);
}
