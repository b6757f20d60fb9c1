//! Messages in streams: cut, lost, lied about, one behind the other, in three framings.

#![allow(clippy::unwrap_used)] // A test may fail loudly.

mod common;

use common::{CLIENT, SERVER, Talk, ascii, hex, rtu, tcp};
use tapglass_proto::model::{MILLISECOND, SECOND};
use tapglass_proto::{Limits, Transport};

fn read() -> Vec<u8> {
    tcp(1, 1, &hex("03 0000 000a"))
}

fn write(transaction: u16, value: u8) -> Vec<u8> {
    tcp(transaction, 1, &[6, 0, 5, 0, value])
}

/// Which values were written to register 5.
fn written(talk: &Talk) -> Vec<u8> {
    talk.book
        .operations
        .iter()
        .filter_map(|operation| operation.split("holding:5 [00, ").nth(1))
        .filter_map(|value| u8::from_str_radix(value.trim_end_matches(']'), 16).ok())
        .collect()
}

#[test]
fn a_write_behind_a_read_in_one_segment_is_seen() {
    for framing in [Transport::Tcp, Transport::RtuOverTcp, Transport::AsciiOverTcp] {
        let put = |data: &[u8]| match framing {
            Transport::RtuOverTcp => rtu(1, data),
            Transport::AsciiOverTcp => ascii(1, data),
            _ => tcp(3, 1, data),
        };
        let stream = [put(&hex("03 0000 000a")), put(&[6, 0, 5, 0, 7]), put(&hex("11"))].concat();
        let mut talk = Talk::over(framing);
        talk.ask(&stream);
        assert_eq!(talk.book.messages.len(), 3, "{framing:?}");
        assert_eq!(written(&talk), [7]);
        // Cut at every byte, and into single bytes.
        for cut in 1..stream.len() {
            let mut talk = Talk::over(framing);
            talk.ask(&stream[..cut]).ask(&stream[cut..]);
            assert_eq!(
                (talk.book.messages.len(), written(&talk)),
                (3, vec![7]),
                "{framing:?} {cut}"
            );
            assert!(talk.book.anomalies.is_empty() && talk.book.blind.is_empty());
        }
        let mut talk = Talk::over(framing);
        for byte in &stream {
            talk.ask(&[*byte]);
        }
        assert_eq!(
            (talk.book.messages.len(), written(&talk)),
            (3, vec![7]),
            "{framing:?}"
        );
    }
}

#[test]
fn a_length_that_promises_more_than_the_function_hides_no_write() {
    // A read whose length field swallows what follows: 20, 30, 60 and 254 bytes.
    for length in [20_u8, 30, 60, 254] {
        let mut lie = read();
        lie[5] = length;
        let mut stream = lie.clone();
        for value in 1..=3 {
            stream.extend(write(u16::from(value) + 1, value));
        }
        // In one segment, in segments of their own, and cut anywhere.
        let mut talk = Talk::over(Transport::Tcp);
        talk.ask(&stream);
        assert_eq!(written(&talk), [1, 2, 3], "length {length}");
        assert_eq!(talk.book.messages[0].anomalies, ["length_mismatch"]);
        let mut talk = Talk::over(Transport::Tcp);
        for message in stream.chunks(12) {
            talk.ask(message);
        }
        assert_eq!(written(&talk), [1, 2, 3], "length {length}");
        for cut in 1..stream.len() {
            let mut talk = Talk::over(Transport::Tcp);
            talk.ask(&stream[..cut]).ask(&stream[cut..]);
            assert_eq!(written(&talk), [1, 2, 3], "length {length}, cut {cut}");
        }
    }
}

#[test]
fn a_request_in_the_shape_of_an_answer_hides_no_write() {
    // The high byte of the address is the byte count of an answer as long as the length field says.
    let mut lie = tcp(1, 1, &hex("03 1b 00 00 01"));
    lie[5] = 30;
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&[lie, write(2, 1), write(3, 2)].concat());
    assert_eq!(written(&talk), [1, 2]);
}

#[test]
fn a_length_that_no_message_can_have_hides_nothing() {
    for length in [0_u16, 1, 255, 261, 1_000, 65_535] {
        // The lie itself is a write, which some servers carry out whatever the length field says.
        let mut lie = write(1, 9);
        lie[4..6].copy_from_slice(&length.to_be_bytes());
        let stream = [lie, write(2, 1), write(3, 2)].concat();
        let mut talk = Talk::over(Transport::Tcp);
        talk.ask(&stream);
        assert_eq!(written(&talk), [9, 1, 2], "length {length}");
        assert!(!talk.book.messages[0].anomalies.is_empty());
        let mut talk = Talk::over(Transport::Tcp);
        for byte in &stream {
            talk.ask(&[*byte]);
        }
        assert_eq!(written(&talk), [9, 1, 2], "length {length}");
    }
    // A header of a function that says nothing of its length is passed over at once, not waited for.
    let stream = [hex("0001 0000 ffff 01 64 00"), write(2, 1)].concat();
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&stream);
    assert_eq!(written(&talk), [1]);
    assert_eq!(talk.book.anomaly_names(), ["not_a_modbus_header"]);
}

#[test]
fn a_length_that_is_too_short_hides_no_write() {
    // 16 with 4 bytes of values, cut by its length field to address and quantity.
    let mut short = tcp(1, 1, &hex("10 0005 0002 04 0001 0002"));
    short[5] = 6;
    let stream = [short, write(2, 7)].concat();
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&stream);
    assert_eq!(
        talk.book.operations[0],
        "write requested #1 holding:5 [00, 01, 00, 02]"
    );
    assert_eq!(written(&talk), [7]);
    assert_eq!(talk.book.anomaly_names(), ["length_mismatch"]);
}

#[test]
fn a_protocol_identifier_that_is_not_zero_hides_no_write() {
    let mut foreign = write(1, 9);
    foreign[3] = 1;
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&[foreign, write(2, 1)].concat());
    assert_eq!(written(&talk), [9, 1]);
    assert_eq!(talk.book.anomaly_names(), ["protocol_id_not_zero"]);
    assert!(talk.book.messages[0].json.contains("\"protocol_id\":1"));
}

#[test]
fn a_message_that_is_never_finished_hides_no_write_behind_it() {
    // A write of 100 registers of which only the head comes; the server gives it up after a while.
    let begun = hex("0001 0000 00cf 01 10 0005 0064 c8 0001");
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&begun).wait(SECOND).ask(&write(2, 7));
    assert_eq!(written(&talk), [1, 7]);
    assert_eq!(
        talk.book.messages[0].anomalies,
        ["message_incomplete", "byte_count_mismatch"]
    );
    assert_eq!(talk.book.operations[0], "write requested #1 holding:5 [00, 01]");
    // A function that says nothing of its length may end anywhere: the next message counts at once.
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&hex("0001 0000 00fe 01 64 0000")).ask(&write(2, 7));
    assert_eq!(written(&talk), [7]);
    // Nor does anybody wait for the rest of a message that is longer than the standard allows.
    for length in ["00ff", "0100", "0104"] {
        for rest in [
            "01 10 0005 0001",
            "01 10 0005 0064 c8 0001",
            "01 03 0000 0001",
            "01 64 00",
        ] {
            let mut talk = Talk::over(Transport::Tcp);
            talk.ask(&hex(&format!("0001 0000 {length} {rest}")))
                .ask(&write(2, 7));
            assert_eq!(written(&talk).last(), Some(&7), "{length} {rest}");
            assert!(!talk.book.anomalies.is_empty(), "{length} {rest}");
        }
    }
    // The rest that comes in time belongs to the message, whatever it looks like.
    let mut whole = hex("0001 0000 0013 01 10 0005 0006 0c");
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&whole).ask(&write(2, 7));
    whole.extend(write(2, 7));
    assert_eq!(talk.book.bytes(), [&whole[..]]);
}

#[test]
fn junk_between_messages_costs_nothing_but_itself() {
    for junk in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0xff; 40],
        &[0; 3],
        &[0; 33],
        &[0xaa],
    ] {
        let mut talk = Talk::over(Transport::Tcp);
        talk.ask(&[write(1, 1), junk.to_vec(), write(2, 2), write(3, 3)].concat());
        assert_eq!(written(&talk), [1, 2, 3], "{junk:02x?}");
        assert_eq!(talk.book.blind, [("resynchronised", Some(junk.len() as u64))]);
        let frames = [
            (
                Transport::RtuOverTcp,
                rtu(1, &[6, 0, 5, 0, 1]),
                rtu(1, &[6, 0, 5, 0, 2]),
            ),
            (
                Transport::AsciiOverTcp,
                ascii(1, &[6, 0, 5, 0, 1]),
                ascii(1, &[6, 0, 5, 0, 2]),
            ),
        ];
        for (framing, first, second) in frames {
            let mut talk = Talk::over(framing);
            talk.ask(&first).ask(junk).ask(&second).ask(&first);
            assert_eq!(written(&talk), [1, 2, 1], "{framing:?} {junk:02x?}");
            let mut talk = Talk::over(framing);
            talk.ask(&[&first[..], junk, &second, &first].concat()).close();
            assert_eq!(written(&talk), [1, 2, 1], "{framing:?} {junk:02x?}");
        }
    }
}

#[test]
fn umas_frames_may_be_longer_than_others() {
    let mut long = hex("5a 01 31 0001 0100 e803");
    long.extend([0x55; 1_000]);
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&[tcp(1, 1, &long), write(2, 7)].concat());
    assert_eq!(talk.book.messages.len(), 2);
    assert!(talk.book.anomalies.is_empty() && talk.book.blind.is_empty());
}

#[test]
fn ten_thousand_unanswered_requests_switch_nothing_off() {
    let limits = Limits {
        open_requests: 100,
        ..Limits::default()
    };
    let mut talk = Talk::with(Transport::Tcp, limits, false);
    for transaction in 0..10_000 {
        talk.ask(&tcp(transaction, 1, &hex("03 0000 000a")));
    }
    assert_eq!(talk.book.blind.len(), 9_900);
    assert!(talk.book.blind.iter().all(|(why, _)| *why == "limit"));
    talk.ask(&write(20_000, 7)).reply(&write(20_000, 7));
    assert_eq!(written(&talk), [7]);
    assert_eq!(talk.book.answers, ["#10001 accepted"]);
    assert!(talk.book.anomalies.is_empty());
}

#[test]
fn serial_frames_with_wrong_checks_are_told_and_the_next_one_is_read() {
    let mut bad = rtu(1, &[6, 0, 5, 0, 1]);
    bad[5] ^= 1;
    for stream in [
        vec![bad.clone(), rtu(1, &[6, 0, 5, 0, 2])],
        vec![[bad.clone(), rtu(1, &[6, 0, 5, 0, 2])].concat()],
    ] {
        let mut talk = Talk::over(Transport::RtuOverTcp);
        for chunk in &stream {
            talk.ask(chunk);
        }
        assert_eq!(talk.book.anomaly_names(), ["crc_mismatch"]);
        assert_eq!(talk.book.blind, [("resynchronised", Some(8))]);
        assert_eq!(written(&talk), [2]);
    }
    // A byte count that makes the reader wait for 250 bytes: the next segment shows that they do not come.
    let mut talk = Talk::over(Transport::RtuOverTcp);
    talk.ask(&hex("01 10 0005 0002 f8 0001"))
        .ask(&rtu(1, &[6, 0, 5, 0, 2]));
    assert_eq!(written(&talk), [2]);
    let mut bad = ascii(1, &[6, 0, 5, 0, 1]);
    bad[12] = b'7';
    let mut talk = Talk::over(Transport::AsciiOverTcp);
    talk.ask(&[bad, ascii(1, &[6, 0, 5, 0, 2])].concat());
    assert_eq!(talk.book.anomaly_names(), ["lrc_mismatch"]);
    assert_eq!(written(&talk), [2]);
    let mut talk = Talk::over(Transport::AsciiOverTcp);
    talk.ask(b":0106000").ask(&ascii(1, &[6, 0, 5, 0, 2]));
    assert_eq!(talk.book.anomaly_names(), ["ascii_frame_invalid"]);
    assert_eq!(written(&talk), [2]);
}

#[test]
fn rtu_frames_of_vendors_end_with_their_crc() {
    let vendor = rtu(1, &hex("64 01 02 03 04 05"));
    let stream = [vendor.clone(), rtu(1, &[6, 0, 5, 0, 2])].concat();
    for cut in 1..stream.len() {
        let mut talk = Talk::over(Transport::RtuOverTcp);
        talk.ask(&stream[..cut]).ask(&stream[cut..]);
        assert_eq!(talk.book.bytes(), [&vendor[..], &stream[vendor.len()..]], "{cut}");
    }
}

#[test]
fn serial_broadcasts_expect_no_answer() {
    for (framing, frame) in [
        (Transport::RtuOverTcp, rtu(0, &[6, 0, 5, 0, 2])),
        (Transport::AsciiOverTcp, ascii(0, &[6, 0, 5, 0, 2])),
    ] {
        let mut talk = Talk::over(framing);
        talk.ask(&frame);
        assert_eq!(
            talk.book.operations,
            ["write unacknowledged #0 holding:5 [00, 02]"]
        );
    }
    // Over TCP unit 0 is the device itself, and answers.
    for unit in [0, 255] {
        let mut talk = Talk::over(Transport::Tcp);
        let message = tcp(1, unit, &[6, 0, 5, 0, 2]);
        talk.ask(&message).reply(&message);
        assert_eq!(talk.book.operations, ["write requested #1 holding:5 [00, 02]"]);
        assert_eq!(talk.book.answers, ["#1 accepted"]);
    }
}

#[test]
fn datagrams_stand_alone_and_may_hold_any_framing() {
    let mut talk = Talk::over(Transport::Udp);
    talk.ask(&write(1, 1))
        .ask(&rtu(1, &[6, 0, 5, 0, 2]))
        .ask(&ascii(1, &[6, 0, 5, 0, 3]))
        .ask(&write(2, 4)[..9])
        .ask(&[write(3, 5), write(4, 6)].concat());
    assert_eq!(written(&talk), [1, 2, 3, 5, 6]);
    assert_eq!(talk.book.anomaly_names(), ["message_too_short"]);
    // A function whose length only the datagram tells, and one whose CRC is wrong.
    let mut talk = Talk::over(Transport::Udp);
    let mut bad = rtu(1, &[6, 0, 5, 0, 2]);
    bad[5] ^= 1;
    talk.ask(&rtu(1, &hex("08 0000 1234")))
        .ask(&bad)
        .ask(&rtu(1, &[6, 0, 5, 0, 3]));
    assert_eq!(talk.book.messages.len(), 2);
    assert_eq!(talk.book.anomaly_names(), ["crc_mismatch"]);
}

#[test]
fn after_a_hole_the_next_message_is_found() {
    // The hole takes the end of the first message, the whole second and the start of the third.
    let stream = [write(1, 1), write(2, 2), write(3, 3), write(4, 4), write(5, 5)].concat();
    for from in 0..stream.len() {
        for to in from + 1..=stream.len() {
            let mut talk = Talk::over(Transport::Tcp);
            talk.ask(&stream[..from]).gap(CLIENT).ask(&stream[to..]).close();
            let whole = (0..5).filter(|number| number * 12 + 12 <= from || number * 12 >= to);
            let expected: Vec<u8> = whole.map(|number| number as u8 + 1).collect();
            assert_eq!(written(&talk), expected, "hole {from}..{to}");
        }
    }
}

#[test]
fn the_start_of_a_capture_may_lie_inside_a_message() {
    let answer = tcp(9, 1, &hex("03 06 022b 0000 0064"));
    for cut in 1..answer.len() {
        let mut talk = Talk::with(Transport::Tcp, Limits::default(), true);
        talk.say(SERVER, &[&answer[cut..], &answer].concat());
        assert_eq!(talk.book.bytes(), [&answer[..]], "{cut}");
    }
    let mut talk = Talk::with(Transport::AsciiOverTcp, Limits::default(), true);
    talk.ask(&ascii(1, &[6, 0, 5, 0, 2])[5..])
        .wait(MILLISECOND)
        .ask(&ascii(1, &[6, 0, 5, 0, 2]));
    assert_eq!(written(&talk), [2]);
    assert!(talk.book.anomalies.is_empty());
}
