//! Frames in every encapsulation bring the same messages as the frames alone.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

#[path = "encapsulation/wrap.rs"]
mod wrap;

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tapglass::capture::write::PcapWriter;
use tapglass::capture::{Frame, LinkType, Next, Source, open};
use tapglass::link::{self, NoPacket};
use tapglass::model::{CaptureTime, SECOND};

/// A frame that owns its bytes.
#[derive(Clone)]
struct Owned {
    at: CaptureTime,
    bytes: Vec<u8>,
}

/// The frames of a capture of whole Ethernet frames.
fn read(path: &Path) -> Option<Vec<Owned>> {
    let mut source = open(path).unwrap();
    let mut frames = Vec::new();
    while let Next::Frame(frame) = source.next() {
        let whole = frame.wire_length as usize == frame.bytes.len();
        if frame.link_type != LinkType::ETHERNET || !whole || frame.bytes.len() < 14 {
            return None;
        }
        frames.push(Owned {
            at: frame.at,
            bytes: frame.bytes.to_vec(),
        });
    }
    Some(frames)
}

fn write(path: &Path, link_type: LinkType, frames: &[Owned]) {
    let mut writer = PcapWriter::new(std::fs::File::create(path).unwrap(), link_type, 262_144).unwrap();
    for (number, frame) in (1..).zip(frames) {
        writer
            .frame(&as_frame(number, frame.at, link_type, &frame.bytes))
            .unwrap();
    }
    writer.finish().unwrap();
}

fn as_frame(number: u64, at: CaptureTime, link_type: LinkType, bytes: &[u8]) -> Frame<'_> {
    Frame {
        number,
        at,
        link_type,
        interface: 0,
        wire_length: u32::try_from(bytes.len()).unwrap(),
        bytes,
    }
}

/// Some captures of each protocol, over TCP and UDP, IPv4 and IPv6, tagged and not.
fn captures() -> Vec<PathBuf> {
    let Some(folder) = support::shared("captures") else {
        return Vec::new();
    };
    let mut found = support::captures_with_truth(&folder);
    found.retain(|path| std::fs::metadata(path).is_ok_and(|file| (3_000..60_000).contains(&file.len())));
    found
}

/// All records, without what the way to the frame changes: network cards and VLANs.
fn records(path: &Path) -> Vec<Value> {
    let mut records = support::json_lines(&support::decode(&[path]).unwrap());
    for record in &mut records {
        for end in ["client", "server"] {
            if let Some(end) = record[end].as_object_mut() {
                end.remove("mac");
            }
        }
        record.as_object_mut().unwrap().remove("vlan");
    }
    records
}

/// A Modbus request in its frame: 10.0.0.1:40000 > 10.0.0.2:502, or the same over IPv6.
fn request(v6: bool) -> Vec<u8> {
    let pdu = [0, 1, 0, 0, 0, 6, 1, 6, 0, 7, 0, 9];
    let mut tcp = vec![
        0x9c, 0x40, 0x01, 0xf6, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0,
    ];
    tcp.extend(pdu);
    let (kind, packet) = if v6 {
        (0x86dd, wrap::ipv6(6, &tcp))
    } else {
        (0x0800, wrap::ipv4_piece(6, 0x1234, 0x4000, &tcp))
    };
    let mut frame = wrap::ethernet(kind, &packet);
    frame[..12].copy_from_slice(&[0x0a, 0, 0, 0, 0, 2, 0x0a, 0, 0, 0, 0, 1]);
    frame
}

#[test]
fn the_innermost_packet_is_found_in_each_encapsulation() {
    for v6 in [false, true] {
        let frame = request(v6);
        let alone = link::packet(&as_frame(1, CaptureTime(0), LinkType::ETHERNET, &frame)).unwrap();
        for encapsulation in wrap::ALL {
            let name = encapsulation.name;
            let wrapped = (encapsulation.wrap)(&frame, 1);
            assert!(wrapped.len() > frame.len(), "{name}");
            let packet = link::packet(&as_frame(1, CaptureTime(0), LinkType::ETHERNET, &wrapped));
            let packet = packet.unwrap_or_else(|why| panic!("{name}: {why:?}"));
            assert_eq!(packet.source, alone.source, "{name}");
            assert_eq!(packet.destination, alone.destination, "{name}");
            assert_eq!(
                (packet.protocol, packet.ttl),
                (alone.protocol, alone.ttl),
                "{name}"
            );
            assert_eq!(packet.payload, alone.payload, "{name}");
            assert_eq!((packet.missing, packet.fragment), (0, None), "{name}");
            assert_eq!(packet.vlans.as_slice(), encapsulation.vlans, "{name}");
            let start = packet.offset as usize;
            let there = &wrapped[start..start + packet.payload.len()];
            assert_eq!(
                there, packet.payload,
                "{name}: the offset is a place in the frame"
            );
        }
    }
}

#[test]
fn no_cut_and_no_changed_byte_of_a_wrapped_frame_breaks_the_reader() {
    let frame = request(false);
    for encapsulation in wrap::ALL {
        let wrapped = (encapsulation.wrap)(&frame, 1);
        for length in 0..wrapped.len() {
            let _ = link::packet(&as_frame(
                1,
                CaptureTime(0),
                LinkType::ETHERNET,
                &wrapped[..length],
            ));
        }
        for place in 0..wrapped.len() {
            for value in [0, 1, 0x0f, 0x45, 0x7f, 0x80, 0xff] {
                let mut changed = wrapped.clone();
                changed[place] = value;
                if let Ok(packet) = link::packet(&as_frame(1, CaptureTime(0), LinkType::ETHERNET, &changed)) {
                    assert!(packet.offset as usize + packet.payload.len() <= changed.len());
                }
            }
        }
    }
}

#[test]
fn nesting_has_an_end_that_is_said() {
    let mut frame = request(false);
    let vxlan = wrap::ALL.iter().find(|found| found.name == "vxlan").unwrap();
    for depth in 1..=u16::from(link::MOST_TUNNELS) + 2 {
        frame = (vxlan.wrap)(&frame, depth);
        let found = link::packet(&as_frame(1, CaptureTime(0), LinkType::ETHERNET, &frame));
        if depth <= u16::from(link::MOST_TUNNELS) {
            assert_eq!(u16::from(found.unwrap().tunnels), depth);
        } else {
            assert!(matches!(found, Err(NoPacket::TooDeep(_))), "{depth}: {found:?}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.pcap");
    write(
        &path,
        LinkType::ETHERNET,
        &[Owned {
            at: CaptureTime(SECOND),
            bytes: frame,
        }],
    );
    let output = support::tapglass(&["check", path.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("1 frames have more tunnels"), "{text}");
}

#[test]
fn a_link_type_that_is_not_read_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("unknown.pcap");
    let frame = Owned {
        at: CaptureTime(SECOND),
        bytes: request(false),
    };
    write(&path, LinkType(147), &[frame]);
    let output = support::tapglass(&["check", path.to_str().unwrap()]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("1 frames have a link type that is not read"),
        "{text}"
    );
}

#[test]
fn wrapping_every_frame_changes_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("TAPGLASS_KEEP_WRAPPED").map(PathBuf::from);
    let mut compared = 0;
    for path in captures() {
        let Some(frames) = read(&path) else { continue };
        let alone = records(&path);
        for encapsulation in wrap::ALL {
            let wrapped: Vec<Owned> = (1..)
                .zip(&frames)
                .map(|(number, frame)| Owned {
                    at: frame.at,
                    bytes: (encapsulation.wrap)(&frame.bytes, number),
                })
                .collect();
            let folder = kept.as_deref().unwrap_or(folder.path());
            let file = folder.join(format!(
                "{}-{}.pcap",
                path.file_stem().unwrap().to_str().unwrap(),
                encapsulation.name
            ));
            write(&file, LinkType::ETHERNET, &wrapped);
            let inside = records(&file);
            if kept.is_none() {
                std::fs::remove_file(&file).unwrap();
            }
            let differing = alone.iter().zip(&inside).find(|(a, b)| a != b);
            assert!(
                differing.is_none() && alone.len() == inside.len(),
                "{} in {}: {} and {} records, {differing:#?}",
                path.display(),
                encapsulation.name,
                alone.len(),
                inside.len()
            );
            compared += 1;
        }
    }
    println!("{compared} wrapped captures compared");
}

#[test]
fn other_link_types_change_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.pcap");
    type Rewrite = fn(u16, &[u8]) -> Vec<u8>;
    let kinds: [(LinkType, Rewrite); 5] = [
        (LinkType::RAW, |_, inner| inner.to_vec()),
        (LinkType::NULL, |kind, inner| {
            let family: u32 = if kind == 0x0800 { 2 } else { 24 };
            [&family.to_le_bytes()[..], inner].concat()
        }),
        (LinkType::LOOP, |kind, inner| {
            let family: u32 = if kind == 0x0800 { 2 } else { 24 };
            [&family.to_be_bytes()[..], inner].concat()
        }),
        (LinkType::LINUX_SLL, |kind, inner| {
            let header = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
            [&header[..], &kind.to_be_bytes(), inner].concat()
        }),
        (LinkType::LINUX_SLL2, |kind, inner| {
            let header = [0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
            [&kind.to_be_bytes()[..], &header, inner].concat()
        }),
    ];
    for path in captures().iter().step_by(7) {
        let Some(frames) = read(path) else { continue };
        if frames.iter().any(|frame| wrap::ip(&frame.bytes).is_none()) {
            continue;
        }
        let alone = records(path);
        for (link_type, rewrite) in kinds {
            let rewritten: Vec<Owned> = frames
                .iter()
                .map(|frame| {
                    let (kind, inner) = wrap::ip(&frame.bytes).unwrap();
                    Owned {
                        at: frame.at,
                        bytes: rewrite(kind, inner),
                    }
                })
                .collect();
            write(&file, link_type, &rewritten);
            assert_eq!(alone, records(&file), "{} as {link_type:?}", path.display());
        }
    }
}

/// Replaces a port wherever it stands in the UDP headers.
fn moved(frame: &Owned, from: u16, to: u16) -> Owned {
    let mut bytes = frame.bytes.clone();
    if bytes[12..14] == [8, 0] && bytes[23] == 17 {
        for at in [34, 36] {
            if bytes[at..at + 2] == from.to_be_bytes() {
                bytes[at..at + 2].copy_from_slice(&to.to_be_bytes());
            }
        }
    }
    Owned { at: frame.at, bytes }
}

/// Modbus over UDP: writes and their answers, to a port.
fn modbus_datagrams(port: u16) -> Vec<Owned> {
    let mut frames = Vec::new();
    for number in 0..8_u8 {
        let pdu = [0, number, 0, 0, 0, 6, 1, 6, 0, 7, 0, number];
        let request = wrap::udp(port, &pdu);
        let mut answer = request.clone();
        answer.copy_within(34..36, 36);
        answer[34..36].copy_from_slice(&port.to_be_bytes());
        answer[29] = 2;
        answer[33] = 1;
        for (bytes, later) in [(request, 0), (answer, 1)] {
            let at = CaptureTime(i64::from(number) * 2 * SECOND + later * SECOND);
            frames.push(Owned { at, bytes });
        }
    }
    frames
}

#[test]
fn the_port_of_a_tunnel_hides_nothing() {
    let temporary = tempfile::tempdir().unwrap();
    let file = temporary.path().join("moved.pcap");
    let messages = |path: &Path| {
        let mut records = records(path);
        records.retain(|record| record["record"] == "message");
        let members = ["frame", "kind", "function", "modbus", "dnp3", "from"];
        let part = |record: Value| members.map(|member| record[member].clone());
        records.into_iter().map(part).collect::<Vec<_>>()
    };
    write(&file, LinkType::ETHERNET, &modbus_datagrams(502));
    let modbus = messages(&file);
    assert_eq!(modbus.len(), 16);
    for tunnel in [4789, 4790, 8472, 6081] {
        write(&file, LinkType::ETHERNET, &modbus_datagrams(tunnel));
        assert_eq!(modbus, messages(&file), "Modbus on port {tunnel}");
    }
    let Some(path) = support::shared("captures/peers/dnp3_udp_yadnp3.pcap") else {
        return;
    };
    let frames = read(&path).unwrap();
    let dnp3 = messages(&path);
    assert!(!dnp3.is_empty());
    for tunnel in [4789, 4790, 8472, 6081] {
        let moved: Vec<Owned> = frames.iter().map(|frame| moved(frame, 20_000, tunnel)).collect();
        write(&file, LinkType::ETHERNET, &moved);
        assert_eq!(dnp3, messages(&file), "DNP3 on port {tunnel}");
    }
}
