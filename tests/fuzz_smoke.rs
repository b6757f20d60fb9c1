//! The harnesses of the fuzz targets on a few sound inputs and on many that were damaged, so that every build keeps what
//! the long runs hold: no panic, bounded memory, the same messages however a stream is cut, records that are JSON.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a test may fail loudly

#[path = "../fuzz/src/harness/mod.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, clippy::panic)]
mod harness;

use harness::script::{Numbers, push};

#[global_allocator]
static COUNTING: harness::counting::Counting = harness::counting::Counting;

/// Damaged inputs for each target and sound input.
const DAMAGED: usize = 400;

fn script(steps: &[(u8, &[u8])]) -> Vec<u8> {
    let mut script = Vec::new();
    for (control, bytes) in steps {
        push(&mut script, *control, bytes);
    }
    script
}

const READ: &[u8] = &[0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, 2];
const VALUES: &[u8] = &[0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0xff, 0xff];
const WRITE: &[u8] = &[0, 2, 0, 0, 0, 11, 1, 16, 0, 60, 0, 2, 4, 0x42, 0xaf, 0, 0];
const WRITTEN: &[u8] = &[0, 2, 0, 0, 0, 6, 1, 16, 0, 60, 0, 2];
/// A write of one register that ends inside its value.
const CUT_OFF: &[u8] = &[0, 1, 0, 0, 0, 5, 1, 6, 0, 100, 9];
const RTU: &[u8] = &[1, 3, 0, 0, 0, 10, 0xc5, 0xcd];
const ASCII: &[u8] = b":010300000002FA\r\n";
/// READ of the classes, and link status.
const POLL: &[u8] = &[
    0x05, 0x64, 0x14, 0xc4, 0x04, 0x00, 0x03, 0x00, 0xc7, 0x17, 0xc3, 0xc3, 0x01, 0x3c, 0x02, 0x06, 0x3c,
    0x03, 0x06, 0x3c, 0x04, 0x06, 0x3c, 0x01, 0x06, 0x91, 0xdf,
];
const HELLO: &[u8] = b"HELF\x2e\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\x0e\0\0\0opc.tcp://h:48";
/// A Read of `i=2255` without security.
const UA_READ: &[u8] = b"MSGF\x55\0\0\0\x06\0\0\0\x0d\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x77\x02\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\
    \0\0\0\0\0\xff\xff\xff\xff\x10\x27\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x01\0\0\0\x01\0\xcf\x08\x0d\0\0\0\xff\xff";

/// Targets with sound inputs.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let modbus = script(&[(0, READ), (1, VALUES), (2, WRITE), (1, WRITTEN)]);
    let frames = script(&[
        (6 << 1, b""),
        (0, READ),
        (1, VALUES),
        (1 << 1, WRITE),
        (3 << 1, READ),
        (2 << 1, WRITE),
        (1 << 4, POLL),
        (2 << 4, HELLO),
        (3 << 4, POLL),
        (5 << 1, b""),
    ]);
    let mut ethernet = vec![0];
    ethernet.extend([
        2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 5, 8, 0, 0x45, 0, 0, 32,
    ]);
    ethernet.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    ethernet.extend([0; 12]);
    let mut pcap = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0,
    ];
    pcap.extend([1, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 9, 9, 9, 9]);
    let pcapng = [
        &[
            0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
        ][..],
        &[0xff; 8],
        &[
            28, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0,
        ],
        &[6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0],
        &[4, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4, 36, 0, 0, 0],
    ]
    .concat();
    vec![
        ("modbus_tcp", modbus.clone()),
        ("modbus_udp", modbus),
        ("modbus_tcp", script(&[(0, READ), (0, CUT_OFF)])),
        (
            "modbus_serial",
            [&[0], script(&[(0, RTU), (0, RTU)]).as_slice()].concat(),
        ),
        (
            "modbus_serial",
            [&[1], script(&[(0, ASCII), (0, ASCII)]).as_slice()].concat(),
        ),
        ("dnp3_tcp", script(&[(0, POLL), (2, POLL), (0, POLL)])),
        ("dnp3_udp", script(&[(0, POLL), (0, POLL)])),
        ("opcua", script(&[(0, HELLO), (0, UA_READ), (2, UA_READ)])),
        ("frames", frames),
        ("link", ethernet),
        ("capture", pcap),
        ("capture", pcapng),
        (
            "filter",
            b"tcp port 502 and not (host 10.0.0.1 or ip6)\nframe".to_vec(),
        ),
        ("site", b"\0t > 3 bar and not u".to_vec()),
        (
            "site",
            [&[1], include_bytes!("sites/worked/boiler/plant.toml").as_slice()].concat(),
        ),
    ]
}

/// Changes a few places of an input: other octets, a piece taken out, a piece repeated.
fn damage(input: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut damaged = input.to_vec();
    for _ in 0..=numbers.below(4) {
        if damaged.is_empty() {
            break;
        }
        let at = numbers.below(damaged.len());
        let length = numbers.below(9).min(damaged.len() - at);
        match numbers.below(4) {
            0 => damaged[at] = u8::try_from(numbers.below(256)).unwrap(),
            1 => damaged[at] ^= 1 << numbers.below(8),
            2 => drop(damaged.drain(at..at + length)),
            _ => {
                let piece = damaged[at..at + length].to_vec();
                damaged.splice(at..at, piece);
            }
        }
    }
    damaged
}

#[test]
fn every_target_holds_on_sound_and_on_damaged_inputs() {
    let inputs = inputs();
    for (target, _) in harness::TARGETS {
        assert!(
            inputs.iter().any(|(name, _)| name == target),
            "{target} has no input here"
        );
    }
    for (target, input) in &inputs {
        harness::run(target, input);
        harness::run(target, &[]);
        let mut numbers = Numbers::of(input);
        // Sites are slow to check in a build for tests.
        let damaged = if *target == "site" { DAMAGED / 8 } else { DAMAGED };
        for _ in 0..damaged {
            harness::run(target, &damage(input, &mut numbers));
        }
    }
}

#[test]
fn the_manifest_names_every_target() {
    let manifest: toml::Table = include_str!("../fuzz/Cargo.toml").parse().unwrap();
    let named: Vec<&str> = manifest["bin"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|bin| {
            bin["path"]
                .as_str()?
                .strip_prefix("fuzz_targets/")?
                .strip_suffix(".rs")
        })
        .collect();
    let known: Vec<&str> = harness::TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, known);
}
