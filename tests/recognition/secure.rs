//! Conversations inside TLS: named where the port says whose they are, and never taken for seen.

use crate::support;
use crate::talk::{CLIENT, SERVER, Talk, hint};

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 3, 3];
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

/// A hello of a client (1) or server (2) without extensions.
fn hello(kind: u8) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.push(0);
    body.extend(if kind == 1 {
        &[0, 2, 0xc0, 0x30, 1, 0][..]
    } else {
        &[0xc0, 0x30, 0]
    });
    let mut message = vec![kind, 0, 0, u8::try_from(body.len()).unwrap()];
    message.extend(body);
    record(0x16, &message)
}

fn talk(port: u16) -> Talk {
    let mut talk = Talk::tcp(port);
    let finished = [record(0x14, &[1]), record(0x16, &[0xab; 40])].concat();
    talk.say(CLIENT, &hello(1)).say(SERVER, &hello(2));
    talk.say(CLIENT, &finished).say(SERVER, &finished);
    for _ in 0..5 {
        talk.say(CLIENT, &record(0x17, &[0xcd; 60]));
        talk.say(SERVER, &record(0x17, &[0xef; 60]));
    }
    talk
}

#[test]
fn the_port_says_whose_it_is() {
    for (port, protocol) in [
        (802, "modbus"),
        (502, "modbus"),
        (19_999, "dnp3"),
        (20_000, "dnp3"),
        (4843, "opcua"),
        (4840, "opcua"),
    ] {
        let found = talk(port).found();
        assert_eq!(found.opened, [(protocol, Some("tls"))], "port {port}");
        assert_eq!(found.blind, [(protocol, "encrypted")], "port {port}");
        assert_eq!(found.closed, [(protocol, 16)], "port {port}");
        assert!(found.others.is_empty() && found.messages.is_empty());
        let says = |key, value: &str| found.said.contains(&(key, value.to_owned()));
        assert!(says("security_version", "TLS 1.2"), "{:?}", found.said);
        assert!(says(
            "security_cipher_suite",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
        ));
    }
}

#[test]
fn elsewhere_it_is_just_tls() {
    let found = talk(9_999).found();
    assert_eq!(found.others, [("tls", 16)]);
    assert!(found.opened.is_empty() && found.blind.is_empty());
    assert_eq!(
        talk(9_999).found_with(vec![hint("opcua", 9_999)]).opened,
        [("opcua", Some("tls"))]
    );
}

#[test]
fn a_conversation_joined_in_the_middle_is_encrypted_too() {
    for port in [802, 9_999] {
        let mut talk = Talk::middle(port);
        talk.say(CLIENT, &record(0x17, &[0xcd; 60]));
        talk.say(SERVER, &record(0x17, &[0xef; 60]));
        let found = talk.found();
        if port == 802 {
            assert_eq!(found.blind, [("modbus", "encrypted")]);
        } else {
            assert_eq!(found.others, [("tls", 2)]);
        }
    }
}

#[test]
fn a_hello_cut_into_single_bytes_is_recognised() {
    let mut talk = Talk::tcp(802);
    for byte in hello(1) {
        talk.say(CLIENT, &[byte]);
    }
    talk.say(SERVER, &hello(2));
    let found = talk.found();
    assert_eq!(found.opened, [("modbus", Some("tls"))]);
}

#[test]
fn captures_of_real_stacks_are_encrypted_conversations() {
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    for (name, protocol, conversations) in [
        ("modbus_tls_pymodbus", "modbus", 5),
        ("dnp3_tls_yadnp3", "dnp3", 1),
    ] {
        let path = folder.join(format!("{name}.pcap"));
        let path = path.to_str().unwrap();
        let output = support::tapglass(&[
            "check",
            "--json",
            "--records",
            "conversation,blind_spot,summary",
            path,
        ]);
        assert_eq!(output.status.code(), Some(3), "{name}");
        let records = support::json_lines(&output.stdout);
        let of = |kind: &str| {
            records
                .iter()
                .filter(move |record| record["record"] == kind)
                .collect::<Vec<_>>()
        };
        let spots = of("blind_spot");
        assert_eq!(spots.len(), conversations, "{name}");
        for spot in spots {
            assert_eq!(
                (&spot["why"], &spot["protocol"]),
                (&"encrypted".into(), &protocol.into())
            );
        }
        let talks = of("conversation");
        assert_eq!(talks.len(), conversations, "{name}");
        for talk in talks {
            assert_eq!(
                (&talk["transport"], &talk["decoded"]),
                (&"tls".into(), &false.into())
            );
            assert_eq!(talk["security"]["security_version"], "TLS 1.3");
            assert_eq!(
                talk["security"]["security_cipher_suite"],
                "TLS_AES_256_GCM_SHA384"
            );
        }
        assert_eq!(of("summary")[0]["conversations"], conversations);
    }
}
