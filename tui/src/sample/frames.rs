//! The frames of the sample works.

use tapglass_model::snapshot::{DecodedFrame, FieldLine, FrameLine};
use tapglass_model::{CaptureTime, Severity};

use crate::sample::at;

/// The frames around the bad write.
pub(crate) fn list() -> Vec<FrameLine> {
    let line =
        |number, time: CaptureTime, from: &str, to: &str, summary: &str, marks: &[Severity]| FrameLine {
            number,
            at: time,
            from: from.into(),
            to: to.into(),
            length: 66,
            summary: summary.into(),
            marks: marks.to_vec(),
        };
    let stranger = "10.20.1.66";
    vec![
        line(
            18_377,
            at(12, 3, 49, 870),
            stranger,
            "PLC1",
            "TCP open, first packet of this host",
            &[],
        ),
        line(
            18_399,
            at(12, 3, 50, 112),
            stranger,
            "PLC1",
            "Modbus unit 1 write coil 17 = ON",
            &[Severity::High],
        ),
        line(
            18_400,
            at(12, 3, 50, 121),
            "PLC1",
            stranger,
            "Modbus unit 1 echo, accepted",
            &[],
        ),
        line(
            18_402,
            at(12, 3, 51, 204),
            stranger,
            "PLC1",
            "Modbus unit 1 write register 100 = 1150",
            &[Severity::Critical, Severity::High],
        ),
        line(
            18_403,
            at(12, 3, 51, 215),
            "PLC1",
            stranger,
            "Modbus unit 1 echo, accepted",
            &[],
        ),
        line(
            18_427,
            at(12, 3, 51, 990),
            "HMI-1",
            "PLC1",
            "Modbus unit 1 read holding 100 count 1",
            &[],
        ),
        line(
            18_428,
            at(12, 3, 51, 998),
            "PLC1",
            "HMI-1",
            "Modbus unit 1 1150, read back equal",
            &[],
        ),
    ]
}

/// Frame 18402: Ethernet, IPv4, TCP and the Modbus request `06 0064 047e`.
const BAD_WRITE: [u8; 66] = [
    0x00, 0x1d, 0x9c, 0xc7, 0xb0, 0x10, 0x00, 0x50, 0x56, 0x8e, 0x4a, 0x11, 0x08, 0x00, 0x45, 0x00, 0x00,
    0x34, 0x4c, 0x1d, 0x40, 0x00, 0x40, 0x06, 0xd8, 0x33, 0x0a, 0x14, 0x01, 0x42, 0x0a, 0x14, 0x01, 0x0a,
    0xc2, 0x44, 0x01, 0xf6, 0x6b, 0x1f, 0x20, 0xc4, 0x00, 0x93, 0xd1, 0xa7, 0x50, 0x18, 0xfa, 0xf0, 0x5b,
    0xea, 0x00, 0x00, 0x1a, 0x2b, 0x00, 0x00, 0x00, 0x06, 0x01, 0x06, 0x00, 0x64, 0x04, 0x7e,
];

/// The bad write, decoded.
pub(crate) fn bad_write() -> DecodedFrame {
    let field = |depth, name: &str, text: &str, start, length, clause: &str| FieldLine {
        depth,
        name: name.into(),
        text: text.into(),
        start,
        length,
        clause: clause.into(),
        ..FieldLine::default()
    };
    let meaning = |name: &str, text: &str, mark: Option<(Severity, &str)>| FieldLine {
        mark: mark.map(|(severity, _)| severity),
        mark_text: mark.map(|(_, words)| words.into()).unwrap_or_default(),
        ..field(0, name, text, 0, 0, "")
    };
    let value = FieldLine {
        mark: Some(Severity::Critical),
        mark_text: "ABOVE MAX 900".into(),
        ..field(
            1,
            "Register value",
            "1150 = 1150 mm (0x047e)",
            64,
            2,
            "MODBUS V1.1b3 6.6",
        )
    };
    DecodedFrame {
        number: 18_402,
        at: at(12, 3, 51, 204),
        length: 66,
        from: "10.20.1.66:49732".into(),
        to: "10.20.1.10:502".into(),
        bytes: BAD_WRITE.to_vec(),
        fields: vec![
            field(0, "Ethernet", "00:50:56:8e:4a:11 > 00:1d:9c:c7:b0:10", 0, 14, ""),
            field(1, "Type", "0x0800 IPv4", 12, 2, ""),
            field(0, "IPv4", "10.20.1.66 > 10.20.1.10  TTL 64", 14, 20, ""),
            field(1, "TTL", "64", 22, 1, ""),
            field(0, "TCP", "49732 > 502  PSH ACK", 34, 20, ""),
            field(1, "Sequence", "1797202116", 38, 4, ""),
            field(
                0,
                "Modbus",
                "request, answered in frame 18403 after 11 ms",
                54,
                12,
                "MODBUS TCP V1.0b 3.1.3",
            ),
            field(1, "Transaction id", "6699 (0x1a2b)", 54, 2, ""),
            field(1, "Protocol id", "0", 56, 2, ""),
            field(1, "Length", "6", 58, 2, ""),
            field(1, "Unit id", "1 PLC1", 60, 1, ""),
            field(
                1,
                "Function",
                "6 Write Single Register",
                61,
                1,
                "MODBUS V1.1b3 6.6",
            ),
            field(
                1,
                "Register address",
                "100 = LIT101.SP",
                62,
                2,
                "MODBUS V1.1b3 6.6",
            ),
            value,
        ],
        meaning: vec![
            meaning("Operation", "write setpoint LIT101.SP", None),
            meaning("Before", "800 mm, frame 12011", None),
            meaning(
                "Safe band",
                "200..900 mm",
                Some((Severity::Critical, "ABOVE MAX")),
            ),
            meaning("Writer", "10.20.1.66", Some((Severity::High, "NOT ALLOWED"))),
            meaning("Answer", "18403 echo: the device accepted the write", None),
        ],
        pair: Some(18_403),
        note: "Answer echoes the value: the device accepted the write. Enter: frame 18403.".into(),
        ..DecodedFrame::default()
    }
}

/// The echo of the bad write.
pub(crate) fn echo() -> DecodedFrame {
    let mut frame = bad_write();
    frame.number = 18_403;
    frame.at = at(12, 3, 51, 215);
    std::mem::swap(&mut frame.from, &mut frame.to);
    frame.meaning.clear();
    frame.pair = Some(18_402);
    frame.note = String::from("Echo of frame 18402: the device accepted the write.");
    if let Some(root) = frame.fields.iter_mut().find(|field| field.name == "Modbus") {
        root.text = String::from("response to frame 18402");
    }
    frame
}
