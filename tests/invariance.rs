//! What must not change the result: running twice, splitting a capture over two files, repeating and swapping segments.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tapglass::capture::write::PcapWriter;
use tapglass::capture::{Frame, LinkType, Next, Source, open};

/// A frame that owns its bytes.
#[derive(Clone)]
struct Owned {
    at: tapglass::model::CaptureTime,
    wire_length: u32,
    bytes: Vec<u8>,
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

fn write(folder: &Path, name: &str, link_type: LinkType, frames: &[Owned]) -> PathBuf {
    let path = folder.join(name);
    let mut writer = PcapWriter::new(std::fs::File::create(&path).unwrap(), link_type, 262_144).unwrap();
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
    path
}

/// Some captures of each protocol, not too large.
fn captures() -> Vec<PathBuf> {
    let Some(folder) = support::shared("captures") else {
        return Vec::new();
    };
    support::captures_with_truth(&folder)
        .into_iter()
        .filter(|path| std::fs::metadata(path).is_ok_and(|file| file.len() < 200_000))
        .collect()
}

/// Records without what counts frames: that is different in another file by nature.
fn without_frames(records: &[u8]) -> Vec<Value> {
    let mut records = support::json_lines(records);
    for record in &mut records {
        for member in ["frame", "frames", "response_to"] {
            record.as_object_mut().unwrap().remove(member);
        }
        // A sentence may name a frame, too.
        if let Some((before, after)) = record["text"]
            .as_str()
            .and_then(|text| text.split_once(" frame "))
        {
            let after = after.trim_start_matches(|digit: char| digit.is_ascii_digit());
            record["text"] = Value::from(format!("{before} frame{after}"));
        }
    }
    records
}

#[test]
fn the_same_capture_gives_the_same_bytes_twice() {
    for path in captures() {
        let (first, second) = (
            support::decode(&[&path]).unwrap(),
            support::decode(&[&path]).unwrap(),
        );
        assert!(first == second, "{}", path.display());
    }
}

#[test]
fn a_capture_split_over_two_files_gives_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    for path in captures() {
        let (link_type, frames) = read(&path);
        // Merging orders by time, so only captures whose times run forward can be split without a change.
        if !frames.is_sorted_by_key(|frame| frame.at) {
            continue;
        }
        let whole = support::decode(&[&path]).unwrap();
        for part in [1, 3] {
            let (before, after) = frames.split_at(frames.len() * part / 4);
            if before.is_empty() || after.is_empty() {
                continue;
            }
            let first = write(folder.path(), "first.pcap", link_type, before);
            let second = write(folder.path(), "second.pcap", link_type, after);
            let split = support::decode(&[&first, &second]).unwrap();
            assert_eq!(
                without_frames(&whole),
                without_frames(&split),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn a_mirror_that_copies_every_tcp_frame_twice_changes_no_message() {
    let folder = tempfile::tempdir().unwrap();
    let messages = |records: &[u8]| {
        let mut records = without_frames(records);
        records.retain(|record| record["record"] == "message" && record["transport"] != "udp");
        records
    };
    for path in captures() {
        let (link_type, frames) = read(&path);
        let twice: Vec<Owned> = frames
            .iter()
            .flat_map(|frame| [frame.clone(), frame.clone()])
            .collect();
        let copied = write(folder.path(), "twice.pcap", link_type, &twice);
        let (once, twice) = (
            support::decode(&[&path]).unwrap(),
            support::decode(&[&copied]).unwrap(),
        );
        assert_eq!(messages(&once), messages(&twice), "{}", path.display());
    }
}
