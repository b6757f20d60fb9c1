//! Bad input: never a panic, never a hang, always a clear message and exit code.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;

use std::io::Write as _;

use support::decode;

/// Modbus write and answer, DNP3 read, OPC UA hello: a small capture of all three protocols.
fn small_captures() -> Vec<Vec<u8>> {
    let names = [
        "modbus/ipal-modbus.pcap",
        "dnp3/zeek-dnp3_select_operate.pcap",
        "opcua/icsnpp-open62541_client-server-getEndpoints.pcap",
    ];
    names
        .iter()
        .filter_map(|name| {
            support::shared("captures").map(|folder| std::fs::read(folder.join(name)).unwrap())
        })
        .collect()
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

#[test]
fn each_byte_flipped_in_turn_is_survived() {
    for capture in small_captures() {
        for at in 0..capture.len() {
            for mask in [0xff, 0x01, 0x80] {
                let mut flipped = capture.clone();
                flipped[at] ^= mask;
                let file = file(&flipped);
                // An unreadable file is refused, everything else is decoded as far as it goes.
                let _ = decode(&[file.path()]);
            }
        }
    }
}

#[test]
fn a_capture_cut_anywhere_is_read_as_far_as_it_goes() {
    for capture in small_captures() {
        let whole = decode(&[file(&capture).path()]).unwrap();
        let mut before = 0;
        for length in 24..capture.len() {
            let Ok(part) = decode(&[file(&capture[..length]).path()]) else {
                continue;
            };
            assert!(
                whole.starts_with(&part[..before.min(part.len())]),
                "cut at {length}"
            );
            before = part.len();
        }
    }
}

#[test]
fn files_that_are_no_captures_are_refused_with_a_sentence() {
    let random: Vec<u8> = (0..4_096_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (bytes, words) in [
        (&b""[..], "empty"),
        (&random[..], "not a capture"),
        (b"hello, world\n", "not a capture"),
    ] {
        let file = file(bytes);
        let output = support::tapglass(&["decode", file.path().to_str().unwrap()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    let output = support::tapglass(&["decode", "no/such/file.pcap"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such file"));
}

#[test]
fn another_protocol_on_port_502_is_no_modbus() {
    // HTTP to port 502: one frame with a request line as payload.
    let payload = b"GET / HTTP/1.1\r\nHost: plc\r\n\r\n";
    let mut frame = vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8, 0];
    let total = u16::try_from(40 + payload.len()).unwrap().to_be_bytes();
    frame.extend_from_slice(&[
        0x45, 0, total[0], total[1], 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ]);
    frame.extend_from_slice(&[
        0xc0, 0, 1, 0xf6, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0,
    ]);
    frame.extend_from_slice(payload);
    let mut capture = Vec::new();
    for word in [
        0xa1b2_c3d4_u32,
        0x0004_0002,
        0,
        0,
        65_535,
        1,
        1,
        0,
        frame.len() as u32,
        frame.len() as u32,
    ] {
        capture.extend_from_slice(&word.to_le_bytes());
    }
    capture.extend_from_slice(&frame);
    let file = file(&capture);
    let output = support::tapglass(&["decode", file.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty());
}
