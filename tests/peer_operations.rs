//! The captures of independent stacks against what their clients say that they did.

#![allow(clippy::unwrap_used)] // a test may fail loudly

#[path = "said/mod.rs"]
mod said;
mod support;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use said::{Heard, text};

/// Captures whose client sends other bytes than it says, and the evidence. Only that a request was sent is asked there.
const MISTAKEN_CLIENTS: &[(&str, &str)] = &[(
    "dnp3_nfm_to_dnp3py",
    "28 01 00 00 03 01 ..: with qualifier 0x28 count and index have two octets each (IEEE 1815 4.2.2.7.3); the client \
     writes index 0 right behind the count 1 and one octet short, so that nothing after it stands in its place",
)];

/// Things that a client says and that are not on the wire as it says: capture, operation, evidence.
const OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "dnp3_udp_yadnp3",
        "integrity poll class 0123",
        "the only READ is that of the start-up (frame 7), whose response came too late; the master merged the two",
    ),
    (
        "modbus_libmodbus_to_pymodbus",
        "raw UMAS-like fc 90",
        "00 00 00 00 00 03 01 80 01: the client calls whatever comes back ok; the server has refused with exception 1",
    ),
];

fn records(path: &Path, record: &str) -> Vec<Value> {
    let path = path.to_str().unwrap();
    let output = match record {
        "message" => support::tapglass(&["decode", path]),
        _ => support::tapglass(&["check", path, "--json", "--records", record]),
    };
    support::json_lines(&output.stdout)
}

#[test]
fn everything_that_the_clients_of_the_shared_captures_say_is_found() {
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    let mut wrong = String::new();
    let (mut captures, mut all) = (0, 0);
    for path in support::captures_with_truth(&folder) {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let file = std::fs::read(folder.join(format!("{name}.operations.json"))).unwrap();
        let file: Value = serde_json::from_slice(&file).unwrap();
        let mut said = file["operations"].as_array().unwrap().clone();
        let messages = records(&path, "message");
        let hidden = messages.is_empty() || messages.iter().any(encrypted_request);
        captures += 1;
        if hidden {
            unseen(name, &said, &messages, &mut wrong);
            continue;
        }
        if MISTAKEN_CLIENTS.iter().any(|(capture, _)| *capture == name) {
            for said in &mut said {
                for member in ["index", "crob", "value"] {
                    said.as_object_mut().unwrap().remove(member);
                }
            }
        }
        said.retain(|said| {
            !OTHERWISE
                .iter()
                .any(|(capture, op, _)| *capture == name && said["op"] == *op)
        });
        let mut heard = Heard::new(messages, records(&path, "operation"));
        let differences = said::compare(&said, &mut heard);
        all += said.len();
        println!(
            "{name:<34} said {:>4}, differing {:>3}",
            said.len(),
            differences.len()
        );
        for difference in differences {
            let _ = writeln!(wrong, "{name}: {difference}");
        }
        // A Modbus client does nothing that it does not say.
        let unsaid = |message: &&Value| {
            message["protocol"] == "modbus"
                && message["kind"] == "request"
                && message["function"]["code"] != 90
        };
        for message in heard.unclaimed().filter(unsaid) {
            let _ = writeln!(
                wrong,
                "{name}: nobody says that frame {} was sent: {}",
                message["frame"], message["modbus"]
            );
        }
    }
    println!("{captures} captures, {all} things said");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_conversation_in_tls_is_said_not_to_be_seen() {
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    for name in ["modbus_tls_pymodbus.pcap", "dnp3_tls_yadnp3.pcap"] {
        let path = folder.join(name);
        let output = support::tapglass(&[
            "check",
            path.to_str().unwrap(),
            "--json",
            "--records",
            "blind_spot",
        ]);
        let said = support::json_lines(&output.stdout);
        assert!(
            said.iter().any(|spot| spot["why"] == "encrypted"),
            "{name}: {said:?}"
        );
        assert_eq!(output.status.code(), Some(3), "{name}");
    }
}

fn encrypted_request(message: &Value) -> bool {
    message["kind"] == "request" && message["opcua"]["encrypted"] == true
}

/// Where the bodies are encrypted nothing is claimed to be known of them, and no request goes uncounted.
fn unseen(name: &str, said: &[Value], messages: &[Value], wrong: &mut String) {
    let asked = said
        .iter()
        .filter(|said| said["side"] == "client" && said["service"].is_string())
        .count();
    let requests = messages
        .iter()
        .filter(|message| encrypted_request(message))
        .count();
    if name.starts_with("opcua") && requests < asked {
        let _ = writeln!(
            wrong,
            "{name}: {requests} encrypted requests for {asked} things said"
        );
    }
    // Opening a channel says in the clear what it is.
    for message in messages
        .iter()
        .filter(|message| message["opcua"]["encrypted"] == true && message["kind"] != "open")
    {
        if !text(&message["opcua"]["service"]).is_empty() || message["opcua"]["items"].is_array() {
            let _ = writeln!(
                wrong,
                "{name}: frame {} is encrypted, and yet decoded",
                message["frame"]
            );
        }
    }
}
