//! Frames that an attacker adds to a real capture must not hide the write that it carries.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;

use std::path::{Path, PathBuf};
use std::time::Instant;

use tapglass::capture::write::PcapWriter;
use tapglass::capture::{Frame, LinkType, Next, Source, open};
use tapglass::model::{CaptureTime, SECOND};

struct Owned {
    at: CaptureTime,
    bytes: Vec<u8>,
}

/// The scenario, its site, and the place of the frame with the rogue write.
fn scenario() -> Option<(Vec<Owned>, PathBuf, usize)> {
    let root = support::shared("scenarios")?;
    let folder = root.join("dosing-sp_jump_rogue-1");
    let truth: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let write = usize::try_from(truth["events"][0]["frames"][0].as_u64().unwrap()).unwrap() - 1;
    let mut source = open(&folder.join("capture.pcap.gz")).unwrap();
    let mut frames = Vec::new();
    while let Next::Frame(frame) = source.next() {
        frames.push(Owned {
            at: frame.at,
            bytes: frame.bytes.to_vec(),
        });
    }
    Some((frames, root.join("sites/dosing/site"), write))
}

/// Does `check` still raise the write of the rogue?
fn raises(frames: &[Owned], site: &Path) -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = PcapWriter::new(file.reopen().unwrap(), LinkType::ETHERNET, 262_144).unwrap();
    for (number, frame) in (1..).zip(frames) {
        let wire_length = u32::try_from(frame.bytes.len()).unwrap();
        writer
            .frame(&Frame {
                number,
                at: frame.at,
                link_type: LinkType::ETHERNET,
                interface: 0,
                wire_length,
                bytes: &frame.bytes,
            })
            .unwrap();
    }
    writer.finish().unwrap();
    let arguments = [
        "check",
        file.path().to_str().unwrap(),
        "--site",
        site.to_str().unwrap(),
        "--json",
        "--records",
        "alarm",
    ];
    let output = support::tapglass(&arguments);
    support::json_lines(&output.stdout)
        .iter()
        .any(|alarm| alarm["kind"] == "envelope" && alarm["actor"]["ip"].is_string())
}

/// A frame of the same connection with these TCP flags and its sequence number moved, without data.
fn bare(frame: &Owned, flags: u8, ahead: u32) -> Owned {
    let mut bytes = frame.bytes[..54].to_vec();
    bytes[16..18].copy_from_slice(&40_u16.to_be_bytes());
    bytes[46] = 0x50;
    bytes[47] = flags;
    let sequence = u32::from_be_bytes(bytes[38..42].try_into().unwrap()).wrapping_add(ahead);
    bytes[38..42].copy_from_slice(&sequence.to_be_bytes());
    Owned { at: frame.at, bytes }
}

#[test]
fn forged_resets_ends_and_openings_hide_nothing() {
    let Some((frames, site, write)) = scenario() else {
        return;
    };
    assert!(raises(&frames, &site));
    let (rst, fin, syn) = (4, 1, 2);
    for (flags, ahead) in [
        (rst, 0),
        (rst, 0x2000_0000),
        (fin | 16, 0),
        (syn, 100_000),
        (syn, 0),
        (syn, u32::MAX),
    ] {
        let mut forged: Vec<Owned> = frames
            .iter()
            .map(|frame| Owned {
                at: frame.at,
                bytes: frame.bytes.clone(),
            })
            .collect();
        forged.insert(write, bare(&frames[write], flags, ahead));
        assert!(raises(&forged, &site), "flags {flags:#x}, sequence + {ahead:#x}");
    }
}

#[test]
fn a_time_stamp_years_away_costs_nothing_and_hides_nothing() {
    let Some((frames, site, write)) = scenario() else {
        return;
    };
    for years in [1, 10, 200] {
        let mut moved: Vec<Owned> = frames
            .iter()
            .map(|frame| Owned {
                at: frame.at,
                bytes: frame.bytes.clone(),
            })
            .collect();
        moved[write / 2].at = moved[write / 2].at.plus(years * 365 * 86_400 * SECOND);
        let begun = Instant::now();
        assert!(raises(&moved, &site), "{years} years ahead");
        assert!(
            begun.elapsed().as_secs() < 20,
            "{years} years ahead took {:?}",
            begun.elapsed()
        );
    }
}

/// The same frame as a read of the same length, under another identification and with a shorter life.
fn harmless(frame: &Owned) -> Owned {
    let mut bytes = frame.bytes.clone();
    let header = 14 + 20 + usize::from(bytes[46] >> 4) * 4;
    assert!(matches!(bytes[header + 7], 6 | 16), "a write");
    bytes[header + 7] = if bytes[header + 7] == 6 { 3 } else { 20 };
    bytes[18] ^= 0x55;
    bytes[22] = 1;
    Owned { at: frame.at, bytes }
}

#[test]
fn a_harmless_segment_in_the_place_of_a_write_hides_nothing() {
    let Some((frames, site, write)) = scenario() else {
        return;
    };
    for place in [write, write + 1] {
        let mut forged: Vec<Owned> = frames
            .iter()
            .map(|frame| Owned {
                at: frame.at,
                bytes: frame.bytes.clone(),
            })
            .collect();
        forged.insert(place, harmless(&frames[write]));
        assert!(
            raises(&forged, &site),
            "{} the write",
            if place == write { "before" } else { "behind" }
        );
    }
}

#[test]
fn a_segment_far_ahead_moves_no_stream_away_from_a_write() {
    let Some((frames, site, write)) = scenario() else {
        return;
    };
    for ahead in [1_000, 100_000, 0x0200_0000, 0x4000_0000, 0x8000_0000] {
        let mut forged: Vec<Owned> = frames
            .iter()
            .map(|frame| Owned {
                at: frame.at,
                bytes: frame.bytes.clone(),
            })
            .collect();
        let mut segment = harmless(&frames[write]);
        let sequence = u32::from_be_bytes(segment.bytes[38..42].try_into().unwrap()).wrapping_add(ahead);
        segment.bytes[38..42].copy_from_slice(&sequence.to_be_bytes());
        forged.insert(write, segment);
        assert!(raises(&forged, &site), "{ahead:#x} ahead");
    }
}

/// A write by each of so many strangers, none of whom comes again.
fn strangers(count: u32) -> Vec<u8> {
    let mut file = Vec::new();
    for field in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        file.extend(field.to_le_bytes());
    }
    for number in 0..count {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        frame.extend([0x45, 0, 0, 52, 0, 1, 0, 0, 64, 6, 0, 0]);
        frame.extend((0x0b00_0000 + number).to_be_bytes());
        frame.extend([
            10, 0, 0, 1, 0x9c, 0x40, 1, 0xf6, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 32, 0, 0, 0, 0, 0,
        ]);
        frame.extend([0, 1, 0, 0, 0, 6, 1, 6, 0, 7, 0, 1]);
        let length = u32::try_from(frame.len()).unwrap();
        for field in [
            1_700_000_000 + number / 5_000,
            number % 5_000 * 200,
            length,
            length,
        ] {
            file.extend(field.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

#[test]
fn a_flood_of_strangers_fills_a_bound_and_no_more() {
    let capture = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("strangers.pcap");
    std::fs::write(&capture, strangers(110_000)).unwrap();
    let output = support::tapglass(&["check", capture.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let count = |of: &str| text.lines().filter(|line| line.contains(of)).count();
    assert_eq!(count("\"record\":\"alarm\""), 100_000);
    assert_eq!(count("alarms were too many to be kept"), 1);
}
