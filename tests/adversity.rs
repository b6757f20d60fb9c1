//! What a mirror or an attacker can do to the segments of a conversation: cut them, drop them, swap them. The messages that
//! are still there are still found.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

#[path = "encapsulation/wrap.rs"]
#[allow(dead_code)] // each test program uses a part
mod wrap;

mod support;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value, json};
use tapglass::capture::write::PcapWriter;
use tapglass::capture::{Frame, LinkType, Next, Source, open};
use tapglass::model::{CaptureTime, MILLISECOND};

#[derive(Clone)]
struct Owned {
    at: CaptureTime,
    bytes: Vec<u8>,
}

/// Whole Ethernet captures of a handy size, with their frames.
fn captures() -> Vec<(PathBuf, Vec<Owned>)> {
    let Some(folder) = support::shared("captures") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in support::captures_with_truth(&folder) {
        // Of fuzzed bytes only a reader in step can say that they are a message.
        let fuzzed = path.to_str().unwrap().contains("fuzz");
        if fuzzed || !std::fs::metadata(&path).is_ok_and(|file| (2_000..60_000).contains(&file.len())) {
            continue;
        }
        let mut source = open(&path).unwrap();
        let mut frames = Vec::new();
        let mut whole = true;
        while let Next::Frame(frame) = source.next() {
            whole &= frame.link_type == LinkType::ETHERNET && frame.wire_length as usize == frame.bytes.len();
            frames.push(Owned {
                at: frame.at,
                bytes: frame.bytes.to_vec(),
            });
        }
        if whole {
            found.push((path, frames));
        }
    }
    found
}

/// Captures in which every conversation is seen from its start, without a hole and without a message that breaks its
/// protocol. Elsewhere a reader must find its place, and where segments begin and end is a part of what it goes by.
fn complete() -> Vec<(PathBuf, Vec<Owned>)> {
    let mut found = captures();
    found.retain(|(path, _)| {
        let records = support::json_lines(&support::decode(&[path]).unwrap());
        // An RTU frame does not say its length: where a segment begins is how it is found.
        records
            .iter()
            .all(|record| record["record"] == "message" && record["transport"] != "rtu_over_tcp")
    });
    found
}

fn messages(frames: &[Owned]) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = PcapWriter::new(file.reopen().unwrap(), LinkType::ETHERNET, 262_144).unwrap();
    for (number, frame) in (1..).zip(frames) {
        writer
            .frame(&Frame {
                number,
                at: frame.at,
                link_type: LinkType::ETHERNET,
                interface: 0,
                wire_length: u32::try_from(frame.bytes.len()).unwrap(),
                bytes: &frame.bytes,
            })
            .unwrap();
    }
    writer.finish().unwrap();
    let mut records = support::json_lines(&support::decode(&[file.path()]).unwrap());
    records.retain(|record| record["record"] == "message");
    records
}

/// Where the data of a TCP segment in IPv4 starts and ends; `None` for other frames and for segments without data.
fn data(frame: &[u8]) -> Option<(usize, usize)> {
    if frame.get(12..14)? != [8, 0] || *frame.get(23)? != 6 || frame.get(20)? & 0x3f != 0 {
        return None;
    }
    let tcp = 14 + usize::from(frame[14] & 15) * 4;
    let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
    let start = tcp + usize::from(frame.get(tcp + 12)? >> 4) * 4;
    let end = (14 + total).min(frame.len());
    (start < end && frame[tcp + 13] & 2 == 0).then_some((start, end))
}

/// The same segment with a part of its data.
fn part(frame: &Owned, from: usize, until: usize) -> Owned {
    let (start, end) = data(&frame.bytes).unwrap();
    let tcp = 14 + usize::from(frame.bytes[14] & 15) * 4;
    let mut bytes = frame.bytes[..start].to_vec();
    bytes.extend(&frame.bytes[start + from..start + until]);
    let total = u16::try_from(bytes.len() - 14).unwrap();
    bytes[16..18].copy_from_slice(&total.to_be_bytes());
    let sequence = u32::from_be_bytes(bytes[tcp + 4..tcp + 8].try_into().unwrap());
    let sequence = sequence.wrapping_add(u32::try_from(from).unwrap());
    bytes[tcp + 4..tcp + 8].copy_from_slice(&sequence.to_be_bytes());
    if start + until < end {
        // The end of the connection belongs to the last part.
        bytes[tcp + 13] &= !1;
    }
    Owned { at: frame.at, bytes }
}

/// What does not depend on how the bytes came.
fn content(message: &Value) -> Value {
    let mut message = message.clone();
    for member in ["frame", "frames", "response_to", "latency_us", "time"] {
        message.as_object_mut().unwrap().remove(member);
    }
    message
}

/// Cuts the data of every segment at places that `cut` names.
fn cut(frames: &[Owned], cut: fn(usize, usize) -> usize) -> Vec<Owned> {
    let mut all = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        match data(&frame.bytes) {
            Some((start, end)) if end - start > 1 => {
                let length = end - start;
                let place = cut(number, length).clamp(1, length - 1);
                all.extend([part(frame, 0, place), part(frame, place, length)]);
            }
            _ => all.push(frame.clone()),
        }
    }
    all
}

#[test]
fn segments_cut_anywhere_carry_the_same_messages() {
    let cuts: [fn(usize, usize) -> usize; 5] = [
        |_, _| 1,
        |_, length| length - 1,
        |_, length| length / 2,
        |number, length| 1 + number * 7 % length,
        |_, _| 7,
    ];
    for (path, frames) in complete() {
        let whole = messages(&frames);
        let whole: Vec<Value> = whole
            .iter()
            .filter(|message| message["transport"] != "udp")
            .map(content)
            .collect();
        for (number, way) in cuts.iter().enumerate() {
            let pieces = messages(&cut(&frames, *way));
            let pieces: Vec<Value> = pieces
                .iter()
                .filter(|message| message["transport"] != "udp")
                .map(content)
                .collect();
            let differing = whole.iter().zip(&pieces).find(|(a, b)| a != b);
            assert!(
                whole.len() == pieces.len() && differing.is_none(),
                "{} cut in way {number}: {} and {} messages, {differing:#?}",
                path.display(),
                whole.len(),
                pieces.len()
            );
        }
    }
}

#[test]
fn swapped_segments_carry_the_same_messages() {
    for (path, frames) in complete() {
        let halves = cut(&frames, |_, length| length / 2);
        let mut swapped = halves.clone();
        let mut place = 0;
        while place + 1 < swapped.len() {
            let same = data(&swapped[place].bytes).is_some()
                && data(&swapped[place + 1].bytes).is_some()
                && swapped[place].bytes[26..38] == swapped[place + 1].bytes[26..38];
            // A stream that starts with its second half has no first one.
            if same && place > 20 {
                swapped.swap(place, place + 1);
                place += 1;
            }
            place += 1;
        }
        let (halves, swapped) = (messages(&halves), messages(&swapped));
        let (halves, swapped): (Vec<Value>, Vec<Value>) = (
            halves.iter().map(content).collect(),
            swapped.iter().map(content).collect(),
        );
        for message in &halves {
            let count = |list: &[Value]| list.iter().filter(|other| *other == message).count();
            assert_eq!(count(&halves), count(&swapped), "{}: {message}", path.display());
        }
    }
}

/// A message by its place in the capture and what it is.
fn named(message: &Value, number: impl Fn(u64) -> u64) -> Value {
    let service = &message["opcua"]["service"];
    json!([
        number(message["frame"].as_u64().unwrap()),
        message["from"],
        message["kind"],
        message["function"]["code"],
        service
    ])
}

#[test]
fn a_lost_frame_costs_the_messages_that_it_touched_and_one_more_at_the_most() {
    let (mut tried, mut lost_beside) = (0, 0);
    for (path, frames) in captures() {
        if is_secured(&path) {
            continue;
        }
        let whole = messages(&frames);
        let places: Vec<usize> = (0..frames.len())
            .filter(|place| data(&frames[*place].bytes).is_some())
            .collect();
        for place in places.iter().step_by(places.len() / 12 + 1) {
            let gone = u64::try_from(*place).unwrap() + 1;
            let mut rest = frames.clone();
            rest.remove(*place);
            let found = messages(&rest);
            let back = |frame: u64| if frame >= gone { frame + 1 } else { frame };
            let found: Vec<Value> = found.iter().map(|message| named(message, back)).collect();
            let missing: Vec<&Value> = whole
                .iter()
                .filter(|message| {
                    let touched = message["frames"].as_array().unwrap().contains(&gone.into());
                    !touched && !found.contains(&named(message, |frame| frame))
                })
                .collect();
            assert!(
                missing.len() <= 1,
                "{} without frame {gone}: {missing:#?}",
                path.display()
            );
            tried += 1;
            lost_beside += missing.len();
        }
    }
    println!("{tried} frames dropped, {lost_beside} messages lost that they did not touch");
}

/// Without the frames that open a secured channel nothing of it can be read.
fn is_secured(path: &Path) -> bool {
    let name = path.to_str().unwrap();
    ["sign", "encrypt", "256", "tls", "basic"]
        .iter()
        .any(|word| name.to_lowercase().contains(word))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Segments of any kind in any order are taken without a panic, and the same way each time.
    #[test]
    fn any_segments_are_taken(
        segments in prop::collection::vec(
            (any::<bool>(), any::<u8>(), prop_oneof![0_u32..40, any::<u32>()], 0_usize..40, any::<u8>(), 0_u16..4, 0_i64..3_000),
            1..60,
        ),
    ) {
        let mut at = 0;
        let frames: Vec<Owned> = segments
            .into_iter()
            .map(|(client, flags, sequence, length, byte, id, pause)| {
                at += pause;
                let ends: [u16; 2] = if client { [40_000, 502] } else { [502, 40_000] };
                let mut tcp: Vec<u8> = ends.iter().flat_map(|port| port.to_be_bytes()).collect();
                tcp.extend(sequence.to_be_bytes());
                tcp.extend(u32::from(byte).to_be_bytes());
                tcp.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, byte]);
                let request = [0, 1, 0, 0, 0, 6, 1, 6, 0, 1, 0, byte];
                tcp.extend(request.iter().cycle().take(length));
                let mut packet = wrap::ipv4_piece(6, id, 0, &tcp);
                if !client {
                    packet[12..20].rotate_left(4);
                }
                Owned {
                    at: CaptureTime(at * MILLISECOND),
                    bytes: wrap::ethernet(0x0800, &packet),
                }
            })
            .collect();
        prop_assert_eq!(messages(&frames), messages(&frames));
    }
}
