//! The network layer end to end: pieces, copies, cut frames, one direction, pauses.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

#[path = "encapsulation/wrap.rs"]
#[allow(dead_code)] // each test program uses a part
mod wrap;

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tapglass::capture::write::PcapWriter;
use tapglass::capture::{Frame, LinkType, Next, Source, open};
use tapglass::model::{CaptureTime, MILLISECOND, SECOND};

#[derive(Clone)]
struct Owned {
    at: CaptureTime,
    wire_length: u32,
    bytes: Vec<u8>,
}

impl Owned {
    fn new(milliseconds: i64, bytes: Vec<u8>) -> Self {
        Self {
            at: CaptureTime(milliseconds * MILLISECOND),
            wire_length: u32::try_from(bytes.len()).unwrap(),
            bytes,
        }
    }
}

fn read(path: &Path) -> (LinkType, Vec<Owned>) {
    let mut source = open(path).unwrap();
    let mut frames = Vec::new();
    let mut link_type = LinkType::ETHERNET;
    while let Next::Frame(frame) = source.next() {
        link_type = frame.link_type;
        frames.push(Owned {
            at: frame.at,
            wire_length: frame.wire_length,
            bytes: frame.bytes.to_vec(),
        });
    }
    (link_type, frames)
}

fn write(path: &Path, link_type: LinkType, frames: &[Owned]) {
    let mut writer = PcapWriter::new(std::fs::File::create(path).unwrap(), link_type, 262_144).unwrap();
    for (number, frame) in (1..).zip(frames) {
        let frame = Frame {
            number,
            at: frame.at,
            link_type,
            interface: 0,
            wire_length: frame.wire_length,
            bytes: &frame.bytes,
        };
        writer.frame(&frame).unwrap();
    }
    writer.finish().unwrap();
}

fn records(frames: &[Owned]) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), LinkType::ETHERNET, frames);
    support::json_lines(&support::decode(&[file.path()]).unwrap())
}

/// `check` on frames: its exit status, the records asked for, and the totals.
fn check(frames: &[Owned], which: &str) -> (Option<i32>, Vec<Value>) {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path(), LinkType::ETHERNET, frames);
    let output = support::tapglass(&[
        "check",
        file.path().to_str().unwrap(),
        "--json",
        "--records",
        which,
    ]);
    (output.status.code(), support::json_lines(&output.stdout))
}

fn counter(frames: &[Owned], name: &str) -> u64 {
    let (_, records) = check(frames, "health");
    records[0]["counters"][name].as_u64().unwrap()
}

fn of<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["record"] == kind).collect()
}

/// Modbus over UDP: a write of `value`, padded by nothing.
fn write_datagram(number: u8, value: u8) -> Vec<u8> {
    wrap::datagram(502, &[0, number, 0, 0, 0, 6, 1, 6, 0, 7, 0, value])
}

fn values(records: &[Value]) -> Vec<u64> {
    of(records, "message")
        .into_iter()
        .map(|message| message["modbus"]["values"][0].as_u64().unwrap())
        .collect()
}

/// IPv4 pieces of a payload, cut at these places (multiples of 8).
fn pieces(protocol: u8, id: u16, payload: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let ends = cuts.iter().copied().chain([payload.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts
        .zip(ends)
        .map(|(start, end)| piece(protocol, id, payload, start, end))
        .collect()
}

fn piece(protocol: u8, id: u16, payload: &[u8], start: usize, end: usize) -> Vec<u8> {
    let more = if end < payload.len() { 0x2000 } else { 0 };
    let flags = more | u16::try_from(start / 8).unwrap();
    wrap::ethernet(
        0x0800,
        &wrap::ipv4_piece(protocol, id, flags, &payload[start..end]),
    )
}

fn frames(bytes: Vec<Vec<u8>>) -> Vec<Owned> {
    (0..)
        .zip(bytes)
        .map(|(at, bytes)| Owned::new(at, bytes))
        .collect()
}

#[test]
fn pieces_in_any_order_make_the_packet() {
    let payload = write_datagram(1, 9);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
        let pieces = pieces(17, 7, &payload, &[8, 16]);
        let frames = frames(order.iter().map(|place| pieces[*place].clone()).collect());
        assert_eq!(values(&records(&frames)), [9], "{order:?}");
        let twice: Vec<Owned> = frames
            .iter()
            .flat_map(|frame| [frame.clone(), frame.clone()])
            .collect();
        assert_eq!(values(&records(&twice)), [9], "{order:?} twice");
        assert_eq!(counter(&twice, "packets_captured_twice"), 3);
        assert_eq!(check(&twice, "summary").0, Some(0), "copies leave nothing behind");
    }
}

#[test]
fn pieces_of_ipv6_with_headers_behind_the_fragment_header_make_the_packet() {
    let options = [17, 0, 1, 4, 0, 0, 0, 0];
    let payload = [&options[..], &write_datagram(1, 9)].concat();
    let fragment = |start: usize, end: usize, next: u8| {
        let more = u16::from(end < payload.len());
        let field = u16::try_from(start).unwrap() | more;
        let header = [&[next, 0][..], &field.to_be_bytes(), &[0, 0, 0, 5]].concat();
        wrap::ethernet(
            0x86dd,
            &wrap::ipv6(44, &[&header[..], &payload[start..end]].concat()),
        )
    };
    // Only the first piece says truly what follows.
    let [first, second] = [fragment(0, 16, 60), fragment(16, payload.len(), 6)];
    for order in [[&first, &second], [&second, &first]] {
        let frames = frames(order.iter().map(|bytes| bytes.to_vec()).collect());
        assert_eq!(values(&records(&frames)), [9]);
    }
}

#[test]
fn a_tunnel_in_pieces_is_followed() {
    let inner = wrap::ethernet(0x0800, &wrap::ipv4_piece(17, 3, 0, &write_datagram(1, 9)));
    let outer = wrap::datagram(4789, &[&[8, 0, 0, 0, 0, 0, 42, 0], &inner[..]].concat());
    let frames = frames(pieces(17, 7, &outer, &[32]));
    assert_eq!(values(&records(&frames)), [9]);
}

#[test]
fn overlapping_pieces_with_other_content_are_both_read() {
    let (first, second) = (write_datagram(1, 9), write_datagram(1, 200));
    let frames = frames(vec![
        piece(17, 7, &first, 8, 20),
        piece(17, 7, &second, 8, 20),
        piece(17, 7, &first, 0, 8),
    ]);
    let records = records(&frames);
    let mut found = values(&records);
    found.sort_unstable();
    assert_eq!(found, [9, 200]);
    let marked = of(&records, "message")
        .into_iter()
        .filter(|message| message["anomalies"][0] == "ip_fragment_overlap");
    assert_eq!(marked.count(), 1);
    assert_eq!(counter(&frames, "fragments_overlapping"), 1);
}

#[test]
fn pieces_that_never_come_are_said() {
    let frames = frames(vec![piece(17, 7, &write_datagram(1, 9), 0, 8)]);
    let (status, records) = check(&frames, "blind_spot");
    assert_eq!(status, Some(3));
    assert!(
        records
            .iter()
            .any(|record| record["text"].as_str().unwrap().contains("lack pieces")),
        "{records:#?}"
    );
}

/// Datagrams that write 0, 1, 2 ..., each under its own identification.
fn datagrams(count: u8, id: fn(u8) -> u16) -> Vec<Owned> {
    (0..count)
        .map(|number| {
            let packet = wrap::ipv4_piece(17, id(number), 0x4000, &write_datagram(number, number));
            Owned::new(i64::from(number) * 100, wrap::ethernet(0x0800, &packet))
        })
        .collect()
}

/// Each frame and its copy, changed by `change` and `later` milliseconds behind.
fn twice(frames: &[Owned], later: i64, change: fn(&mut Vec<u8>)) -> Vec<Owned> {
    let mut twice = Vec::new();
    for frame in frames {
        let mut copy = frame.clone();
        copy.at = copy.at.plus(later * MILLISECOND);
        change(&mut copy.bytes);
        copy.wire_length = u32::try_from(copy.bytes.len()).unwrap();
        twice.extend([frame.clone(), copy]);
    }
    twice
}

type Change = fn(&mut Vec<u8>);

/// What happens to a packet between two mirrored ports.
const CHANGES: [(&str, Change); 4] = [
    ("nothing", |_| {}),
    ("a tag", |bytes| *bytes = wrap::tag(bytes, &[(0x8100, 10)])),
    ("the network cards", |bytes| bytes[..12].rotate_left(6)),
    ("a router", |bytes| {
        bytes[..12].fill(6);
        bytes[22] -= 1;
    }),
];

#[test]
fn a_datagram_captured_twice_is_one_message() {
    let once = datagrams(10, |number| 100 + u16::from(number));
    let expected: Vec<u64> = (0..10).collect();
    for (what, change) in CHANGES {
        let twice = twice(&once, 1, change);
        assert_eq!(values(&records(&twice)), expected, "{what}");
        assert_eq!(counter(&twice, "packets_captured_twice"), 10, "{what}");
    }
}

#[test]
fn a_datagram_sent_twice_is_two_messages() {
    let two: Vec<u64> = (0..10).flat_map(|value| [value, value]).collect();
    let once = datagrams(10, |number| 100 + u16::from(number));
    let cases: [(&str, Vec<Owned>); 5] = [
        ("much later", twice(&once, 60, |_| {})),
        ("another identification", twice(&once, 1, |bytes| bytes[18] ^= 1)),
        ("far from its sender", twice(&once, 1, |bytes| bytes[22] -= 2)),
        ("no identification", twice(&datagrams(10, |_| 0), 1, |_| {})),
        (
            "always the same identification",
            twice(&datagrams(10, |_| 5), 20, |_| {}),
        ),
    ];
    for (what, frames) in cases {
        assert_eq!(values(&records(&frames)), two, "{what}");
        assert_eq!(counter(&frames, "packets_captured_twice"), 0, "{what}");
    }
}

#[test]
fn both_copies_of_a_redundant_network_are_one_message() {
    let expected: Vec<u64> = (0..10).collect();
    // Without identification only the sequence number of the redundant network tells a copy.
    let once = datagrams(10, |_| 0);
    for name in ["hsr", "prp"] {
        let wrap = wrap::ALL.iter().find(|found| found.name == name).unwrap().wrap;
        let tagged: Vec<Owned> = (1..)
            .zip(&once)
            .map(|(number, frame)| {
                let bytes = wrap(&frame.bytes, number);
                Owned {
                    at: frame.at,
                    wire_length: u32::try_from(bytes.len()).unwrap(),
                    bytes,
                }
            })
            .collect();
        // The copy came the other way: LAN B, or the other direction of the ring.
        let change: Change = if name == "prp" {
            |bytes| {
                let lan = bytes.len() - 4;
                bytes[lan] ^= 0x10;
            }
        } else {
            |bytes| bytes[14] ^= 0x10
        };
        let both = twice(&tagged, 1, change);
        assert_eq!(values(&records(&both)), expected, "{name}");
        assert_eq!(counter(&both, "packets_captured_twice"), 10, "{name}");
    }
}

/// Captures of each protocol that are whole.
fn captures() -> Vec<PathBuf> {
    let Some(folder) = support::shared("captures") else {
        return Vec::new();
    };
    let mut found = support::captures_with_truth(&folder);
    found.retain(|path| std::fs::metadata(path).is_ok_and(|file| (3_000..100_000).contains(&file.len())));
    found
}

#[test]
fn every_frame_twice_gives_the_same_operations_and_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("twice.pcap");
    let operations = |path: &Path| {
        let output = support::tapglass(&[
            "check",
            path.to_str().unwrap(),
            "--json",
            "--records",
            "operation,health",
        ]);
        let mut records = support::json_lines(&output.stdout);
        let health = records.pop().unwrap();
        for record in &mut records {
            for member in ["frame", "frames", "capture"] {
                record.as_object_mut().unwrap().remove(member);
            }
        }
        (
            records,
            health["counters"]["packets_captured_twice"].as_u64().unwrap(),
        )
    };
    let mut copies = 0;
    for path in captures().iter().step_by(5) {
        let (link_type, frames) = read(path);
        write(&file, link_type, &twice(&frames, 0, |_| {}));
        let ((once, before), (twice, after)) = (operations(path), operations(&file));
        assert_eq!(once.len(), twice.len(), "{}", path.display());
        for (once, twice) in once.iter().zip(&twice) {
            let name = path.display();
            assert_eq!(
                (&once["point"], &once["raw"]),
                (&twice["point"], &twice["raw"]),
                "{name}"
            );
            assert_eq!(once["outcome"], twice["outcome"], "{name}");
        }
        copies += after - before;
    }
    println!("{copies} copies");
}

#[test]
fn a_snap_length_costs_what_it_cut_and_says_so() {
    let mut cut_spots = 0;
    for path in captures().iter().step_by(3) {
        let (link_type, frames) = read(path);
        if link_type != LinkType::ETHERNET || frames.iter().any(|frame| frame.bytes.len() < 60) {
            continue;
        }
        let whole = records(&frames);
        let whole_messages = of(&whole, "message");
        for length in [100, 200] {
            let cut: Vec<Owned> = frames
                .iter()
                .map(|frame| Owned {
                    bytes: frame.bytes[..frame.bytes.len().min(length)].to_vec(),
                    ..frame.clone()
                })
                .collect();
            let shortened = |frame: u64| {
                let frame = usize::try_from(frame).unwrap() - 1;
                cut[frame].bytes.len() < frames[frame].bytes.len()
            };
            let found = records(&cut);
            let spots = found
                .iter()
                .filter(|record| record["record"] == "blind_spot" && record["why"] == "truncated");
            cut_spots += spots.count();
            // A message all of whose frames are whole, as are those before it in its conversation, is still found.
            let mut broken: Vec<&Value> = Vec::new();
            for message in &whole_messages {
                let carried = message["frames"].as_array().unwrap();
                if carried.iter().any(|frame| shortened(frame.as_u64().unwrap())) {
                    broken.push(&message["flow"]);
                }
                if broken.contains(&&message["flow"]) {
                    continue;
                }
                let same = |other: &&Value| {
                    other["frame"] == message["frame"] && other["function"] == message["function"]
                };
                assert!(
                    of(&found, "message").iter().any(same),
                    "{} cut at {length}: {message}",
                    path.display()
                );
            }
        }
    }
    println!("{cut_spots} stretches were cut off");
}

#[test]
fn the_stream_goes_on_behind_a_cut_segment() {
    // Polls whose third request is cut off within its data.
    let Some(folder) = support::shared("captures/modbus") else {
        return;
    };
    let path = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "pcap"))
        .find(|path| path.to_str().unwrap().contains("modbus_test_2"));
    let Some(path) = path else { return };
    let (_, mut frames) = read(&path);
    let whole = records(&frames);
    let requests: Vec<u64> = of(&whole, "message")
        .into_iter()
        .filter(|message| message["kind"] == "request")
        .map(|message| message["frame"].as_u64().unwrap())
        .collect();
    let place = usize::try_from(requests[10]).unwrap() - 1;
    let bytes = frames[place].bytes.clone();
    // The mirror of this capture copies frames: all copies are cut.
    for frame in &mut frames {
        if frame.bytes == bytes {
            frame.bytes.truncate(60);
        }
    }
    let found = records(&frames);
    let spots: Vec<&Value> = found
        .iter()
        .filter(|record| record["record"] == "blind_spot" && record["why"] == "truncated")
        .collect();
    assert_eq!(spots.len(), 1, "{spots:#?}");
    assert_eq!(spots[0]["bytes"], 6);
    assert_eq!(spots[0]["direction"], "client");
    let (before, after) = (of(&whole, "message").len(), of(&found, "message").len());
    assert_eq!(before - after, 1, "only the cut request is lost");
}

#[test]
fn a_cut_datagram_is_read_as_far_as_it_goes_and_marked() {
    let mut frames = datagrams(4, |number| 100 + u16::from(number));
    // A read with 2 bytes cut off its end leaves no message; a whole one before a cut one stands.
    let two = [
        write_datagram(9, 7)[8..].to_vec(),
        write_datagram(10, 8)[8..].to_vec(),
    ]
    .concat();
    let packet = wrap::ipv4_piece(17, 200, 0x4000, &wrap::datagram(502, &two));
    let mut frame = Owned::new(900, wrap::ethernet(0x0800, &packet));
    frame.bytes.truncate(frame.bytes.len() - 4);
    frames.push(frame);
    let records = records(&frames);
    let last = of(&records, "message").pop().unwrap().clone();
    assert_eq!(
        (&last["frame"], &last["modbus"]["values"][0]),
        (&5.into(), &7.into())
    );
    assert_eq!(last["anomalies"][0], "cut_off");
    let spots: Vec<&Value> = records
        .iter()
        .filter(|record| record["record"] == "blind_spot" && record["why"] == "truncated")
        .collect();
    assert_eq!((spots.len(), &spots[0]["bytes"]), (1, &4.into()));
}

/// Polls at intervals of 100 ms with a pause of `pause` seconds after the 200th.
fn with_pause(pause: i64) -> Vec<Owned> {
    (0..400_u16)
        .map(|number| {
            let low = u8::try_from(number % 256).unwrap();
            let packet = wrap::ipv4_piece(17, 100 + number, 0x4000, &write_datagram(low, low));
            let late = if number < 200 { 0 } else { pause * 1_000 };
            Owned::new(i64::from(number) * 100 + late, wrap::ethernet(0x0800, &packet))
        })
        .collect()
}

#[test]
fn a_pause_of_the_whole_capture_is_said_when_it_is_unusual() {
    for (pause, expected) in [(5, 0), (59, 0), (61, 1), (600, 1), (-10, 1)] {
        let (status, records) = check(&with_pause(pause), "blind_spot");
        let spots: Vec<&Value> = records
            .iter()
            .filter(|record| record["why"] == "silence" || record["why"] == "time_backwards")
            .collect();
        assert_eq!(spots.len(), expected, "{pause} s: {records:#?}");
        if expected == 1 {
            assert_eq!(status, Some(3), "{pause} s");
            let why = if pause > 0 { "silence" } else { "time_backwards" };
            assert_eq!(spots[0]["why"], why);
        }
    }
    // Where a frame a minute is ordinary, two minutes are no pause.
    let slow: Vec<Owned> = datagrams(250, |number| 100 + u16::from(number))
        .into_iter()
        .zip(0..)
        .map(|(frame, place)| Owned {
            at: CaptureTime((place * 60 + if place > 200 { 120 } else { 0 }) * SECOND),
            ..frame
        })
        .collect();
    let (_, records) = check(&slow, "blind_spot");
    assert!(
        records.iter().all(|record| record["why"] != "silence"),
        "{records:#?}"
    );
}

/// A device that takes requests, acknowledges them and does not answer.
fn silent_device(acknowledges: bool) -> Vec<Owned> {
    let mut frames = Vec::new();
    for number in 0..150_u16 {
        let sequence = 1_000 + u32::from(number) * 12;
        let [high, low] = number.to_be_bytes();
        let request = [high, low, 0, 0, 0, 6, 1, 3, 0, 1, 0, 1];
        let mut segment = |ends: [u16; 2], numbers: [u32; 2], data: &[u8]| {
            let mut tcp: Vec<u8> = ends.iter().flat_map(|port| port.to_be_bytes()).collect();
            tcp.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
            tcp.extend([0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
            tcp.extend(data);
            let mut packet = wrap::ipv4_piece(6, number + 1, 0x4000, &tcp);
            if ends[0] == 502 {
                packet[12..20].rotate_left(4);
            }
            let at = i64::try_from(frames.len()).unwrap() * 100;
            frames.push(Owned::new(at, wrap::ethernet(0x0800, &packet)));
        };
        segment([40_000, 502], [sequence, 7], &request);
        if acknowledges {
            segment([502, 40_000], [7, sequence + 12], &[]);
        }
    }
    frames
}

#[test]
fn a_device_that_does_not_answer_is_no_mirror_of_one_direction() {
    for (acknowledges, expected) in [(true, 0), (false, 1)] {
        let records = records(&silent_device(acknowledges));
        let spots: Vec<&Value> = records
            .iter()
            .filter(|record| record["record"] == "blind_spot" && record["why"] == "one_direction")
            .collect();
        assert_eq!(spots.len(), expected, "{acknowledges}: {spots:#?}");
        assert_eq!(of(&records, "message").len(), 150);
        if expected == 1 {
            assert_eq!(spots[0]["frame"], 100, "said before the end");
        }
    }
}
