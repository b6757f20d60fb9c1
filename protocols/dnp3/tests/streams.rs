//! Frames in streams: put together, cut, damaged, missing.

mod common;

use common::wire::{CLASSES, LINK_STATUS, OPERATE, READ_CLASSES, SELECT};
use common::{MASTER, OUTSTATION, Watch, hex, request, watch};
use tapglass_proto::Transport;

#[test]
fn tcp_segments_and_link_frames_are_put_together() {
    // A response of 600 octets in three segments, sequence 63, 0, 1; a link status between them.
    let mut fragment = vec![0xc0, 0x81, 0, 0, 110, 250, 0, 0, 1];
    fragment.extend([b'x'; 500]);
    let mut parts = common::frames(0x44, 1, 10, &fragment, 63, 249);
    assert_eq!(parts.len(), 3);
    parts.insert(1, hex(LINK_STATUS));
    let stream = parts.concat();
    let mut watch = Watch::new(Transport::Tcp);
    for segment in stream.chunks(100) {
        watch.feed(OUTSTATION, segment);
    }
    let frame = watch.frame;
    let notes = watch.close();
    assert_eq!(notes.functions(), ["LINK_STATUS", "RESPONSE"]);
    assert_eq!(notes.messages[1].frame, frame);
    assert_eq!(notes.messages[1].length, stream.len() - 10);
    assert!(
        notes.messages[1]
            .json
            .contains(r#""transport":{"seq":63,"segments":3}"#)
    );
    assert!(notes.anomalies.is_empty() && notes.blind.is_empty());
}

#[test]
fn stations_on_one_connection_do_not_mix() {
    let fragment = |index: u8| [&[0xc0, 0x81, 0, 0, 110, 20, 0, index, index][..], &[index; 20]].concat();
    let one = common::frames(0x44, 1, 10, &fragment(1), 5, 10);
    let other = common::frames(0x44, 1, 11, &fragment(2), 5, 10);
    let mixed: Vec<_> = one
        .iter()
        .zip(&other)
        .flat_map(|(a, b)| [a.clone(), b.clone()])
        .collect();
    let notes = watch(&[(OUTSTATION, mixed.concat())]);
    assert_eq!(notes.functions(), ["RESPONSE", "RESPONSE"]);
    assert!(notes.messages[0].json.contains(r#""index":1,"value":"0101"#));
    assert!(notes.messages[1].json.contains(r#""index":2,"value":"0202"#));
    assert!(notes.anomalies.is_empty());
}

#[test]
fn a_wrong_checksum_costs_one_frame() {
    let mut damaged = hex(SELECT);
    damaged[14] ^= 0x40; // inside the control code of the first block
    let stream = [hex(READ_CLASSES), damaged.clone(), hex(OPERATE)].concat();
    let notes = watch(&[(MASTER, stream)]);
    assert_eq!(notes.functions(), ["READ", "OPERATE"]);
    assert_eq!(notes.anomaly_names(), ["link_crc_mismatch"]);
    assert_eq!(notes.blind, [("resynchronised", Some(damaged.len() as u64))]);
    // In the header the frame's end is not known: the next start with a good checksum is taken.
    let mut damaged = hex(SELECT);
    damaged[2] ^= 0x01;
    let notes = watch(&[(MASTER, [damaged.clone(), hex(OPERATE)].concat())]);
    assert_eq!(notes.functions(), ["OPERATE"]);
    assert_eq!(notes.anomaly_names(), ["link_crc_mismatch"]);
    assert_eq!(notes.blind, [("resynchronised", Some(damaged.len() as u64))]);
}

#[test]
fn what_is_missing_is_a_blind_spot() {
    let mut fragment = vec![0xc0, 0x81, 0, 0, 110, 250, 0, 0, 0];
    fragment.extend([b'x'; 250]);
    let parts = common::frames(0x44, 1, 10, &fragment, 0, 100);
    let mut watch = Watch::new(Transport::Tcp);
    watch.feed(OUTSTATION, &parts[0]);
    watch.gap(OUTSTATION, Some(parts[1].len() as u64));
    watch.feed(OUTSTATION, &parts[2]);
    watch.feed(OUTSTATION, &hex(CLASSES));
    let notes = watch.close();
    assert_eq!(notes.functions(), ["RESPONSE"]);
    assert!(notes.anomalies.is_empty());
    let lost = [
        ("gap", Some(parts[0].len() as u64)),
        ("gap", Some(parts[2].len() as u64)),
    ];
    assert_eq!(notes.blind, lost);
    // The same without a hole in the capture is the sender's doing.
    let notes = common::watch(&[(OUTSTATION, [parts[0].clone(), parts[2].clone()].concat())]);
    assert_eq!(
        notes.anomaly_names(),
        ["transport_sequence", "transport_first_missing"]
    );
}

#[test]
fn joined_in_the_middle_of_a_frame() {
    let mut watch = Watch::with(Transport::Tcp, true, tapglass_proto::Limits::default());
    watch.feed(OUTSTATION, &hex(CLASSES)[7..]);
    watch.feed(OUTSTATION, &hex(CLASSES));
    let notes = watch.close();
    assert_eq!(notes.functions(), ["RESPONSE"]);
    assert!(notes.anomalies.is_empty());
    assert_eq!(
        notes.blind,
        [("start_in_the_middle", Some(hex(CLASSES).len() as u64 - 7))]
    );
}

#[test]
fn the_limit_on_open_requests_is_said() {
    let limits = tapglass_proto::Limits {
        open_requests: 4,
        ..Default::default()
    };
    let mut watch = Watch::with(Transport::Tcp, false, limits);
    for sequence in 0..10 {
        watch.feed(MASTER, &request(&[0xc0 | sequence, 0x01, 60, 1, 6]));
    }
    let notes = watch.close();
    assert_eq!(notes.messages.len(), 10);
    assert_eq!(notes.blind, [("limit", None); 6]);
}
