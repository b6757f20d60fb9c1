//! Ways to slip a command past a monitor that a device would still carry out: each is seen.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod traffic;

use tapglass::proto::BlindReason;

use traffic::talk::{ACK, Client, FIN, PUSH, RST, SYN, Server, Talk};
use traffic::{Heard, Packet, decode, read};

/// A conversation of one protocol: what comes before, a harmless request, and the command that must be seen.
struct Case {
    name: &'static str,
    port: u16,
    /// What client and server say first: true is the client.
    before: Vec<(bool, Vec<u8>)>,
    harmless: Vec<u8>,
    command: Vec<u8>,
    /// The word of the operation.
    action: &'static str,
}

/// CRC of DNP3 link frames (IEEE 1815 9.2.4.3).
fn crc(bytes: &[u8]) -> [u8; 2] {
    let sum = bytes.iter().fold(0_u16, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0xa6bc }
        })
    });
    (!sum).to_le_bytes()
}

/// A DNP3 link frame from master 1 to outstation 10.
fn frame(control: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len() + 5).unwrap();
    let mut frame = vec![0x05, 0x64, length, control, 10, 0, 1, 0];
    frame.extend(crc(&frame));
    for block in data.chunks(16) {
        frame.extend_from_slice(block);
        frame.extend(crc(block));
    }
    frame
}

/// Writes two holding registers.
const WRITE: &[u8] = &[0, 2, 0, 0, 0, 11, 1, 16, 0, 60, 0, 2, 4, 0x42, 0xaf, 0, 0];
const READ: &[u8] = &[0, 1, 0, 0, 0, 6, 1, 3, 0, 100, 0, 2];
const VALUES: &[u8] = &[0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0xff, 0xff];

/// TRIP of point 3, directly.
fn direct_operate() -> Vec<u8> {
    let mut data = vec![0xc5, 0xc5, 5, 12, 1, 0x28, 1, 0, 3, 0, 0x81, 1];
    data.extend([250, 0, 0, 0, 0, 0, 0, 0, 0]);
    frame(0xc4, &data)
}

fn link_status() -> Vec<u8> {
    frame(0xc9, &[])
}

/// OPC UA messages of the demo up to the first Write, a Read and that Write.
fn opcua() -> Case {
    let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/demo/waterworks.pcap.gz");
    let heard = decode(&read(&demo));
    let write = heard
        .messages
        .iter()
        .find(|message| message.protocol == "opcua" && message.function == 673)
        .unwrap();
    let before: Vec<_> = heard
        .messages
        .iter()
        .filter(|message| message.protocol == "opcua")
        .filter(|message| [message.from, message.to].contains(&write.from))
        .take_while(|message| message.bytes != write.bytes)
        .collect();
    let harmless = before
        .iter()
        .find(|message| message.function == 631 && message.from == write.from)
        .unwrap();
    // Hello, acknowledge, the channel and the session are enough.
    let opening = before
        .iter()
        .take_while(|message| !matches!(message.function, 631 | 527 | 787));
    Case {
        name: "opcua",
        port: 4840,
        before: opening
            .map(|message| (message.from == write.from, message.bytes.clone()))
            .collect(),
        harmless: harmless.bytes.clone(),
        command: write.bytes.clone(),
        action: "write",
    }
}

fn cases() -> Vec<Case> {
    vec![
        Case {
            name: "modbus",
            port: 502,
            before: vec![(true, READ.to_vec()), (false, VALUES.to_vec())],
            harmless: READ.to_vec(),
            command: WRITE.to_vec(),
            action: "write",
        },
        Case {
            name: "dnp3",
            port: 20_000,
            before: vec![(true, link_status())],
            harmless: frame(0xc4, &[0xc1, 0xc1, 1, 60, 2, 6]),
            command: direct_operate(),
            action: "direct_operate",
        },
        opcua(),
    ]
}

impl Case {
    /// A connection on which the two have begun to talk.
    fn talk(&self) -> Talk {
        let mut talk = Talk::to(self.port);
        for (client, bytes) in &self.before {
            talk.send(if *client { Client } else { Server }, bytes);
        }
        talk
    }

    /// The command is found, and with it what it does.
    fn seen(&self, talk: &Talk, how: &str) -> Heard {
        self.seen_among(1, talk, how)
    }

    /// The same where `times` such actions are tried.
    fn seen_among(&self, times: usize, talk: &Talk, how: &str) -> Heard {
        let heard = decode(&talk.packets);
        let name = self.name;
        assert!(
            heard.has(&self.command),
            "{name}, {how}: {:?}",
            heard.messages.last()
        );
        assert_eq!(heard.did(self.action), times, "{name}, {how}");
        heard
    }
}

#[test]
fn a_command_behind_other_requests_in_one_segment() {
    for case in cases() {
        for many in [1, 2, 40] {
            let mut talk = case.talk();
            let bytes = [case.harmless.repeat(many), case.command.clone()].concat();
            talk.send(Client, &bytes);
            case.seen(&talk, "behind");
            let mut talk = case.talk();
            let bytes = [case.command.clone(), case.harmless.repeat(many)].concat();
            talk.send(Client, &bytes);
            case.seen(&talk, "before");
        }
    }
}

#[test]
fn a_command_cut_at_every_byte_over_two_segments() {
    for case in cases() {
        for at in 1..case.command.len() {
            let (first, second) = case.command.split_at(at);
            let mut talk = case.talk();
            talk.send_cut(Client, &[first, second]);
            case.seen(&talk, &format!("cut at {at}"));
            // And with the end of a harmless request before it in the first segment.
            let mut talk = case.talk();
            let (begin, end) = case.harmless.split_at(case.harmless.len() / 2);
            talk.send_cut(Client, &[begin, &[end, first].concat(), second]);
            case.seen(&talk, &format!("cut at {at} behind another"));
        }
    }
}

#[test]
fn a_command_of_one_byte_in_each_segment() {
    for case in cases() {
        let mut talk = Talk::to(case.port);
        let slow = |talk: &mut Talk, who, bytes: &[u8]| {
            for byte in bytes {
                talk.send(who, &[*byte]).wait(300);
            }
        };
        for (client, bytes) in &case.before {
            slow(&mut talk, if *client { Client } else { Server }, bytes);
        }
        slow(&mut talk, Client, &case.command);
        case.seen(&talk, "one byte in each segment");
    }
}

#[test]
fn a_command_after_ten_thousand_unanswered_requests() {
    for case in cases() {
        let mut talk = case.talk();
        for number in 0..10_000_u32 {
            let mut request = case.harmless.clone();
            match case.name {
                "modbus" => request[..2].copy_from_slice(&number.to_be_bytes()[2..]),
                "opcua" => {
                    request[16..20].copy_from_slice(&(number + 1_000).to_le_bytes());
                    request[20..24].copy_from_slice(&(number + 1_000).to_le_bytes());
                }
                _ => {}
            }
            talk.send(Client, &request);
        }
        talk.send(Client, &case.command);
        let heard = case.seen(&talk, "after many");
        let harmless = heard
            .messages
            .iter()
            .filter(|message| message.bytes.len() == case.harmless.len() && message.kind == "request")
            .count();
        assert!(harmless >= 10_000, "{}: {harmless}", case.name);
        // DNP3 has one request open at a time.
        if case.name != "dnp3" {
            assert!(
                heard.blind(BlindReason::Limit) > 0,
                "{}: nothing was said",
                case.name
            );
        }
    }
}

#[test]
fn a_direct_operate_behind_frames_of_the_link_layer() {
    let case = &cases()[1];
    let reset = frame(0xc0, &[]);
    let test = frame(0xf2, &[]);
    for before in [link_status(), reset, test, link_status().repeat(50)] {
        let mut talk = case.talk();
        talk.send(Client, &[before.clone(), case.command.clone()].concat());
        case.seen(&talk, "in one segment");
        let mut talk = case.talk();
        talk.send(Client, &before).send(Client, &case.command);
        case.seen(&talk, "in two segments");
    }
    // Nothing but link frames before it, not even a response.
    let mut talk = Talk::to(20_000);
    for _ in 0..200 {
        talk.send(Client, &link_status());
    }
    talk.send(Client, &case.command);
    case.seen(&talk, "after many");
}

#[test]
fn a_command_in_a_connection_that_opens_in_another_order() {
    for case in cases() {
        // The mirror swaps the handshake and the first data.
        let talk = case.talk();
        for order in [[1, 0, 2], [2, 0, 1], [2, 1, 0]] {
            let mut swapped = case.talk();
            swapped.send(Client, &case.command);
            let opening: Vec<Packet> = order.iter().map(|place| talk.packets[*place].clone()).collect();
            swapped.packets.splice(..3, opening);
            case.seen(&swapped, "the handshake in another order");
        }
        let mut late = case.talk();
        late.send(Client, &case.command);
        let syn = late.packets.remove(0);
        late.packets.insert(3, syn);
        case.seen(&late, "SYN behind the first data");
        // The first data stand in the SYN itself (RFC 7413).
        let mut fast = Talk::joined(case.port);
        let sequence = fast.next(Client);
        let (first, rest) = case
            .before
            .split_first()
            .map_or((&[][..], &[][..]), |(first, rest)| (&first.1, rest));
        fast.segment(Client, sequence.wrapping_sub(1), SYN, first);
        fast.skip(Client, u32::try_from(first.len()).unwrap());
        let answer = fast.next(Server).wrapping_sub(1);
        fast.segment(Server, answer, SYN | ACK, &[]);
        for (client, bytes) in rest {
            fast.send(if *client { Client } else { Server }, bytes);
        }
        fast.send(Client, &case.command);
        case.seen(&fast, "data in the SYN");
        // Nobody has seen it open.
        let mut joined = Talk::joined(case.port);
        for (client, bytes) in &case.before {
            joined.send(if *client { Client } else { Server }, bytes);
        }
        joined.send(Client, &case.command);
        case.seen(&joined, "from the middle");
    }
}

#[test]
fn a_command_after_forged_ends_and_openings() {
    for case in cases() {
        let forgeries: [(&str, u8, i64); 9] = [
            ("a reset far behind", RST, -500_000),
            ("a reset far ahead", RST, 900_000_000),
            ("a reset at the very place", RST, 0),
            ("a reset within the window", RST | ACK, 1_000),
            ("an end at the very place", FIN | ACK, 0),
            ("an end ahead", FIN | ACK, 5_000),
            ("an end behind", FIN | ACK, -1),
            ("an opening", SYN, 77_000_000),
            ("an opening at the very place", SYN, 0),
        ];
        for (how, flags, ahead) in forgeries {
            for who in [Client, Server] {
                let mut talk = case.talk();
                let sequence = talk.next(who).wrapping_add_signed(i32::try_from(ahead).unwrap());
                talk.segment(who, sequence, flags, &[]);
                talk.wait(10).send(Client, &case.command);
                case.seen(&talk, how);
            }
        }
    }
}

#[test]
fn a_command_after_segments_with_old_numbers() {
    for case in cases() {
        // A keep-alive may carry one byte of garbage before the next one (RFC 9293 3.8.4).
        let mut talk = case.talk();
        let next = talk.next(Client);
        talk.segment(Client, next.wrapping_sub(1), ACK, &[0xaa]);
        talk.send(Client, &case.command);
        case.seen(&talk, "a keep-alive");
        // Old bytes with other content, and old bytes that reach up to the command.
        let mut talk = case.talk();
        talk.segment(Client, next.wrapping_sub(12), PUSH | ACK, &[0x55; 12]);
        talk.segment(Client, next.wrapping_sub(100_000), PUSH | ACK, &[0x55; 900]);
        talk.send(Client, &case.command);
        case.seen(&talk, "old bytes");
        // The sequence numbers wrap inside the command.
        let mut talk = Talk::joined(case.port);
        let ahead: usize = case
            .before
            .iter()
            .filter(|(client, _)| *client)
            .map(|(_, bytes)| bytes.len())
            .sum();
        let start = 0_u32.wrapping_sub(u32::try_from(ahead + case.command.len() / 2).unwrap());
        let skip = start.wrapping_sub(talk.next(Client));
        talk.skip(Client, skip);
        talk.open();
        for (client, bytes) in &case.before {
            talk.send(if *client { Client } else { Server }, bytes);
        }
        let (first, second) = case.command.split_at(case.command.len() / 3);
        talk.send_cut(Client, &[first, second]);
        case.seen(&talk, "a wrap of the sequence numbers");
    }
}

#[test]
fn a_command_after_lengths_that_nothing_follows() {
    let cases = cases();
    let promises: [(&Case, Vec<Vec<u8>>); 3] = [
        (
            &cases[0],
            vec![
                vec![0, 9, 0, 0, 0xff, 0xff, 1, 3, 0, 0, 0, 1],
                // A header that is a little longer than any that a device takes.
                vec![0, 9, 0, 0, 1, 5, 1, 16, 0, 0, 0, 1],
                vec![0xff; 12],
                vec![0, 9, 0, 0, 0, 0],
            ],
        ),
        (
            &cases[1],
            vec![
                // A length that its checksum does not cover, and one whose block is wrong.
                vec![0x05, 0x64, 0xff, 0xc4, 10, 0, 1, 0, 0, 0],
                {
                    let mut damaged = frame(0xc4, &[0xc1, 0xc1, 1, 60, 2, 6]);
                    damaged[12] ^= 1;
                    damaged
                },
                vec![0x05; 30],
                // A fragment of many segments that is never finished.
                frame(0xc4, &[0x41, 0xc1, 1, 60, 2, 6]),
                // A count that the objects do not back.
                frame(0xc4, &[0xc1, 0xc1, 2, 34, 1, 0x28, 0xff, 0xff, 0, 0, 0, 0]),
            ],
        ),
        (
            &cases[2],
            vec![
                b"MSGF\xff\xff\xff\xff\0\0\0\0\0\0\0\0".to_vec(),
                b"MSGF\0\0\0\0\0\0\0\0".to_vec(),
                b"XYZF\x10\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
            ],
        ),
    ];
    for (case, promises) in promises {
        for promise in promises {
            let mut talk = case.talk();
            talk.send(Client, &promise).wait(5).send(Client, &case.command);
            // Some devices hang up on it, others go on with the next segment: it must not be hidden from the latter.
            // A write whose values never come is an attempt to write all the same.
            let attempts = 1 + usize::from(promise.starts_with(&[0, 9, 0, 0, 1, 5, 1, 16]));
            case.seen_among(attempts, &talk, &format!("after {promise:02x?}"));
        }
    }
}

#[test]
fn a_command_sent_again_with_other_content() {
    for case in cases() {
        let mut other = case.command.clone();
        // The last octet of what is commanded differs (DNP3: with the checksum of its block).
        let end = other.len();
        if case.name == "dnp3" {
            let block = end - 2 - (end - 2 - 10) % 18..end - 2;
            other[end - 3] ^= 1;
            let sum = crc(&other[block]);
            other[end - 2..].copy_from_slice(&sum);
        } else {
            other[end - 1] ^= 1;
        }
        for (first, second) in [(&case.command, &other), (&other, &case.command)] {
            let mut talk = case.talk();
            let place = talk.next(Client);
            talk.send(Client, first);
            talk.segment(Client, place, PUSH | ACK, second);
            talk.send(Client, &case.harmless);
            let heard = decode(&talk.packets);
            let name = case.name;
            assert!(heard.has(first) && heard.has(second), "{name}: one is hidden");
            assert_eq!(heard.did(case.action), 2, "{name}");
            let said = heard
                .anomalies
                .iter()
                .any(|(_, name)| *name == "tcp_overlap_conflict");
            assert!(said, "{name}: {:?}", heard.anomalies);
            assert!(heard.has(&case.harmless), "{name}: nothing behind it is seen");
        }
    }
}

/// The IP packet of a frame as two fragments, cut behind so many bytes of its content (RFC 791 3.2).
fn fragments(packet: &Packet, cut: usize) -> [Packet; 2] {
    let (bytes, _) = packet.bytes();
    let (link, ip) = bytes.split_at(14);
    let (header, content) = ip.split_at(20);
    let part = |from: usize, until: usize, more: bool| {
        let mut header = header.to_vec();
        let length = u16::try_from(20 + until - from).unwrap();
        header[2..4].copy_from_slice(&length.to_be_bytes());
        header[4..6].copy_from_slice(&[0x12, 0x34]);
        let place = u16::try_from(from / 8).unwrap() | if more { 0x2000 } else { 0 };
        header[6..8].copy_from_slice(&place.to_be_bytes());
        let frame = [link, &header, &content[from..until]].concat();
        Packet {
            wire_length: u32::try_from(frame.len()).unwrap(),
            head: frame,
            segment: None,
            ..packet.clone()
        }
    };
    [part(0, cut, true), part(cut, content.len(), false)]
}

#[test]
fn a_command_in_fragments_of_its_packet() {
    for case in cases() {
        for cut in [8, 16, 24, 32] {
            for turned in [false, true] {
                let mut talk = case.talk();
                talk.send(Client, &case.command);
                let last = talk.packets.pop().unwrap();
                let mut parts = fragments(&last, cut);
                if turned {
                    parts.reverse();
                }
                talk.packets.extend(parts);
                case.seen(&talk, &format!("fragments cut at {cut}, turned {turned}"));
            }
        }
    }
}

#[test]
fn a_command_of_which_the_mirror_shows_only_one_side() {
    for case in cases() {
        let mut talk = case.talk();
        talk.send(Client, &case.command);
        for _ in 0..8 {
            talk.send(Client, &case.harmless);
        }
        talk.packets.retain(|packet| {
            packet
                .segment
                .as_ref()
                .is_some_and(|segment| segment.from.1 == 50_000)
        });
        let heard = case.seen(&talk, "one side");
        assert_eq!(
            heard.blind(BlindReason::OneDirection),
            1,
            "{}: nothing was said",
            case.name
        );
    }
}
