//! What is written can be read again, here and by Wireshark.

use std::net::IpAddr;
use std::process::Command;

use tapglass::capture::write::{InterfaceDescription, PcapWriter, PcapngWriter, Section};
use tapglass::capture::{End, Frame, LinkType};
use tapglass::model::CaptureTime;

use crate::build::{Kept, file, read};

fn frames() -> Vec<Frame<'static>> {
    let frame = |number, at, interface, bytes: &'static [u8], cut| Frame {
        number,
        at: CaptureTime(at),
        link_type: if interface == 0 {
            LinkType::ETHERNET
        } else {
            LinkType::LINUX_SLL2
        },
        interface,
        wire_length: bytes.len() as u32 + cut,
        bytes,
    };
    vec![
        frame(
            1,
            1_700_000_000_123_456_789,
            0,
            b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x01\x88\xb5hello",
            0,
        ),
        frame(
            2,
            1_700_000_000_123_456_788,
            1,
            b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0abc",
            100,
        ),
        frame(3, 0, 0, b"", 0),
    ]
}

fn kept(frame: &Frame<'_>) -> Kept {
    Kept {
        number: frame.number,
        at: frame.at.0,
        link: frame.link_type.0,
        interface: frame.interface,
        wire: frame.wire_length,
        bytes: frame.bytes.to_vec(),
    }
}

fn written() -> Vec<u8> {
    let section = Section {
        application: "tapglass",
        comment: "evidence of alarm 7",
    };
    let mut writer = PcapngWriter::new(Vec::new(), &section).unwrap();
    for (link_type, name) in [(LinkType::ETHERNET, "eth0"), (LinkType::LINUX_SLL2, "")] {
        let interface = InterfaceDescription {
            link_type,
            snap_length: 0,
            name,
            description: "mirror",
        };
        writer.interface(&interface).unwrap();
    }
    let address = IpAddr::from([10, 0, 0, 1]);
    writer
        .names([
            (address, "plc-1"),
            (IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, 1]), "hmi"),
        ])
        .unwrap();
    for frame in frames() {
        writer
            .frame(&frame, if frame.number == 1 { "the write" } else { "" })
            .unwrap();
    }
    let undescribed = Frame {
        interface: 2,
        ..frames()[0]
    };
    assert!(writer.frame(&undescribed, "").is_err());
    writer.finish().unwrap()
}

#[test]
fn reads_its_own_pcapng() {
    let read = read(&written());
    assert_eq!(read.end, End::Complete);
    assert_eq!(read.frames, frames().iter().map(kept).collect::<Vec<_>>());
    assert_eq!(read.source.interfaces()[0].name.as_deref(), Some("eth0"));
    assert_eq!(read.source.interfaces()[1].name, None);
    assert_eq!(read.source.names()[1].name, "hmi");
}

#[test]
fn reads_its_own_pcap() {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET, 262_144).unwrap();
    let frames: Vec<_> = frames()
        .into_iter()
        .filter(|frame| frame.interface == 0)
        .collect();
    for frame in &frames {
        writer.frame(frame).unwrap();
    }
    let read = read(&writer.finish().unwrap());
    assert_eq!(read.end, End::Complete);
    for (frame, read) in frames.iter().zip(&read.frames) {
        assert_eq!(
            Kept {
                number: read.number,
                ..kept(frame)
            },
            *read
        );
    }
}

#[test]
fn is_understood_by_wireshark() {
    let file = file(&written());
    let fields = [
        "frame.number",
        "frame.time_epoch",
        "frame.len",
        "frame.cap_len",
        "frame.interface_id",
    ];
    let mut tshark = Command::new("tshark");
    tshark
        .args(["-r"])
        .arg(file.path())
        .args(["-T", "fields", "-E", "separator=,"]);
    for field in fields.iter().chain(&["frame.comment"]) {
        tshark.args(["-e", field]);
    }
    let Ok(output) = tshark.output() else {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "tshark is missing"
        );
        println!("skipped: tshark is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "1,1700000000.123456789,19,19,0,the write",
            "2,1700000000.123456788,123,23,1,",
            "3,0.000000000,0,0,0,",
        ]
    );
}
