//! What an attacker says first must not hide the command that follows.

use crate::talk::{CLIENT, SERVER, Talk, dnp3_operate, hint, modbus_write, opcua_endless, opcua_hello};

/// Segments that are no industrial protocol, of different kinds and lengths.
fn junk(count: usize) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| match number % 4 {
            0 => b"GET /status HTTP/1.1\r\nHost: plc\r\n\r\n".to_vec(),
            1 => vec![0xff; 700],
            2 => vec![0x41; 33],
            _ => (0..200).map(|byte| (byte * 7 + 3) as u8).collect(),
        })
        .collect()
}

#[test]
fn junk_of_any_length_hides_no_modbus_write() {
    for (port, hints) in [(502, vec![]), (7777, vec![]), (7777, vec![hint("modbus", 7777)])] {
        for count in [0, 1, 15, 16, 17, 100, 1000] {
            let mut talk = Talk::tcp(port);
            for segment in junk(count) {
                talk.say(CLIENT, &segment);
            }
            talk.say(CLIENT, &modbus_write(1, 5, 77));
            talk.say(SERVER, &modbus_write(1, 5, 77));
            let found = talk.found_with(hints.clone());
            assert_eq!(
                found.functions("modbus", "client"),
                [6],
                "{count} segments, port {port}"
            );
            assert_eq!(
                found.functions("modbus", "server"),
                [6],
                "{count} segments, port {port}"
            );
        }
    }
}

#[test]
fn junk_hides_no_dnp3_command_and_no_opcua_hello() {
    for count in [0, 1, 16, 300] {
        for port in [20_000, 7777] {
            let mut talk = Talk::tcp(port);
            for segment in junk(count) {
                talk.say(CLIENT, &segment);
            }
            talk.say(CLIENT, &dnp3_operate(0));
            assert_eq!(
                talk.found().functions("dnp3", "client"),
                [5],
                "{count} segments, port {port}"
            );
        }
        let mut talk = Talk::tcp(7777);
        for segment in junk(count) {
            talk.say(CLIENT, &segment);
        }
        talk.say(CLIENT, &opcua_hello());
        let found = talk.found();
        assert_eq!(found.opened, [("opcua", None)], "{count} segments");
        assert_eq!(found.messages.len(), 1, "{count} segments");
    }
}

#[test]
fn junk_between_requests_hides_none_of_them() {
    let mut talk = Talk::tcp(7777);
    for (number, segment) in (0..).zip(junk(40)) {
        talk.say(CLIENT, &segment);
        talk.say(CLIENT, &modbus_write(number, 5, 77));
    }
    assert_eq!(talk.found().functions("modbus", "client").len(), 40);
}

#[test]
fn junk_in_the_same_segment_hides_no_command() {
    for (port, hints) in [(502, vec![]), (7777, vec![hint("modbus", 7777)])] {
        for length in [1, 2, 3, 8, 100, 250] {
            let mut talk = Talk::tcp(port);
            talk.say(CLIENT, &[vec![0xee; length], modbus_write(1, 5, 77)].concat());
            let found = talk.found_with(hints.clone());
            assert_eq!(
                found.functions("modbus", "client"),
                [6],
                "{length} bytes, port {port}"
            );
        }
    }
    for port in [20_000, 7777] {
        for length in [1, 2, 3, 8, 100, 1000] {
            let mut talk = Talk::tcp(port);
            talk.say(CLIENT, &[vec![0xee; length], dnp3_operate(0)].concat());
            assert_eq!(
                talk.found().functions("dnp3", "client"),
                [5],
                "{length} bytes, port {port}"
            );
        }
    }
}

#[test]
fn a_request_cut_anywhere_behind_junk_is_seen() {
    let request = modbus_write(1, 5, 77);
    for cut in 1..request.len() {
        let mut talk = Talk::tcp(502);
        for segment in junk(20) {
            talk.say(CLIENT, &segment);
        }
        talk.say(CLIENT, &request[..cut]).say(CLIENT, &request[cut..]);
        assert_eq!(talk.found().functions("modbus", "client"), [6], "cut at {cut}");
    }
}

#[test]
fn a_conversation_that_looks_like_opcua_first_hides_no_modbus_write() {
    for (port, hints) in [(502, vec![]), (7777, vec![])] {
        for start in [
            opcua_hello(),
            opcua_endless(),
            [opcua_hello(), opcua_endless()].concat(),
        ] {
            let mut talk = Talk::tcp(port);
            talk.say(CLIENT, &start);
            for number in 0..3 {
                talk.say(CLIENT, &modbus_write(number, 5, 77));
                talk.say(SERVER, &modbus_write(number, 5, 77));
            }
            let found = talk.found_with(hints.clone());
            assert_eq!(found.functions("modbus", "client"), [6, 6, 6], "port {port}");
            assert_eq!(found.functions("modbus", "server"), [6, 6, 6], "port {port}");
        }
    }
}

#[test]
fn a_cut_request_behind_another_protocol_is_seen() {
    let request = modbus_write(2, 5, 78);
    for cut in 8..request.len() {
        let mut talk = Talk::tcp(502);
        talk.say(CLIENT, &opcua_endless());
        talk.say(CLIENT, &modbus_write(1, 5, 77));
        talk.say(CLIENT, &request[..cut]).say(CLIENT, &request[cut..]);
        assert_eq!(talk.found().functions("modbus", "client"), [6, 6], "cut at {cut}");
    }
}

#[test]
fn a_conversation_that_looks_like_tls_first_hides_no_modbus_write() {
    // A hello, and a record that says 16,384 bytes.
    let mut hello = vec![0x16, 3, 1, 0, 0x40, 1, 0, 0, 0x3c, 3, 3];
    hello.resize(69, 7);
    for port in [502, 802, 7777] {
        for start in [
            hello.clone(),
            vec![0x17, 3, 3, 0x40, 0],
            [hello.clone(), vec![0x17, 3, 3, 0x40, 0]].concat(),
        ] {
            let mut talk = Talk::tcp(port);
            talk.say(CLIENT, &hello).say(CLIENT, &start);
            for number in 0..3 {
                talk.say(CLIENT, &modbus_write(number, 5, 77));
                talk.say(SERVER, &modbus_write(number, 5, 77));
            }
            let found = talk.found();
            assert_eq!(found.functions("modbus", "client"), [6, 6, 6], "port {port}");
        }
    }
}

#[test]
fn two_protocols_in_one_connection_are_both_decoded() {
    let mut talk = Talk::tcp(502);
    for number in 0..10 {
        talk.say(CLIENT, &modbus_write(u16::from(number), 5, 77));
        talk.say(SERVER, &modbus_write(u16::from(number), 5, 77));
        talk.say(CLIENT, &dnp3_operate(number));
    }
    let found = talk.found();
    assert_eq!(found.functions("modbus", "client").len(), 10);
    assert_eq!(found.functions("modbus", "server").len(), 10);
    assert_eq!(found.functions("dnp3", "client"), [5; 10]);
    assert_eq!(found.opened.len(), 2);
}

#[test]
fn two_protocols_on_one_port_are_both_decoded() {
    let mut first = Talk::tcp(502);
    first.say(CLIENT, &modbus_write(1, 5, 77));
    let mut second = Talk::tcp(502);
    second.say(CLIENT, &dnp3_operate(0));
    assert_eq!(first.found().opened, [("modbus", None)]);
    assert_eq!(second.found().opened, [("dnp3", None)]);
    // A proxy that carries DNP3 on the Modbus port, joined in the middle and seen from one side only.
    let mut middle = Talk::middle(502);
    middle.say(SERVER, &[0x33; 50]).say(CLIENT, &dnp3_operate(1));
    assert_eq!(middle.found().functions("dnp3", "client"), [5]);
}

#[test]
fn one_direction_in_the_middle_is_enough() {
    for side in [CLIENT, SERVER] {
        let mut talk = Talk::middle(7777);
        for number in 0..4 {
            talk.say(side, &modbus_write(number, 5, 77));
        }
        assert_eq!(talk.found().messages.len(), 4, "side {side}");
    }
}

/// A Modbus RTU request: write one register.
fn rtu_write(register: u16, value: u16) -> Vec<u8> {
    let mut bytes = vec![1, 6];
    bytes.extend(register.to_be_bytes());
    bytes.extend(value.to_be_bytes());
    let mut crc = 0xffff_u16;
    for byte in &bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
        }
    }
    bytes.extend(crc.to_le_bytes());
    bytes
}

#[test]
fn one_framing_of_modbus_hides_no_other() {
    for port in [502, 7777] {
        // A gateway hands everything to its serial line, where the framing of TCP is noise.
        let mut talk = Talk::tcp(port);
        for number in 0..3 {
            talk.say(CLIENT, &modbus_write(number, 5, 77));
        }
        for number in 0..4 {
            talk.say(CLIENT, &rtu_write(number, 99));
        }
        // What the bytes of the one framing seem to say in the other comes on top.
        let found = talk.found().functions("modbus", "client");
        let writes = found.iter().filter(|code| **code == 6).count();
        assert!(
            writes == 7 && found.len() <= 8,
            "RTU behind TCP, port {port}: {found:?}"
        );
        let mut talk = Talk::tcp(port);
        for number in 0..3 {
            talk.say(CLIENT, &rtu_write(number, 99));
        }
        for number in 0..4 {
            talk.say(CLIENT, &modbus_write(number, 5, 77));
        }
        assert_eq!(
            talk.found().functions("modbus", "client"),
            [6; 7],
            "TCP behind RTU, port {port}"
        );
    }
}

#[test]
fn two_protocols_in_front_hide_no_third() {
    let mut talk = Talk::tcp(502);
    talk.say(CLIENT, &opcua_hello()).say(CLIENT, &opcua_endless());
    talk.say(CLIENT, &dnp3_operate(0));
    for number in 0..3 {
        talk.say(CLIENT, &modbus_write(number, 5, 77));
        talk.say(SERVER, &modbus_write(number, 5, 77));
        talk.say(CLIENT, &dnp3_operate(1 + number as u8));
    }
    let found = talk.found();
    assert_eq!(found.functions("modbus", "client"), [6; 3]);
    assert_eq!(found.functions("modbus", "server"), [6; 3]);
    assert_eq!(found.functions("dnp3", "client"), [5; 4]);
}

#[test]
fn junk_behind_the_first_request_does_not_hide_it() {
    for junk in [&[0xff; 20][..], b"HTTP/1.1 200 OK", &[1]] {
        let mut talk = Talk::tcp(502);
        talk.say(CLIENT, &[&modbus_write(1, 5, 77)[..], junk].concat());
        talk.say(SERVER, &modbus_write(1, 5, 77));
        let found = talk.found();
        assert!(found.functions("modbus", "client").contains(&6), "{junk:02x?}");
        assert_eq!(found.functions("modbus", "server"), [6], "{junk:02x?}");
    }
}

#[test]
fn a_function_that_does_not_exist_hides_no_cut_request_behind_it() {
    let strange = [0, 1, 0, 0, 0, 3, 1, 0, 9];
    let request = modbus_write(2, 5, 77);
    for cut in 1..request.len() {
        let mut talk = Talk::tcp(502);
        talk.say(CLIENT, &[&strange[..], &request[..cut]].concat());
        talk.say(CLIENT, &request[cut..]);
        let found = talk.found();
        assert!(found.functions("modbus", "client").contains(&6), "cut at {cut}");
    }
}
