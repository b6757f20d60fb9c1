//! Encrypted OPC UA with keys and without: the program against what a real client says that it wrote, read and called.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{json_lines, tapglass};

/// Exit status with which the peer says that it cannot run here.
const SKIP: i32 = 77;
/// Type of a pcapng block with secrets.
const SECRETS: u32 = 10;

/// A file of the capture that comes with the project (`captures/secure/make.py`).
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("captures/secure")
        .join(name)
}

/// The blocks of the capture, with its secrets or without.
fn blocks(with: impl Fn(u32) -> bool) -> Vec<u8> {
    let packed = std::fs::read(file("basic256sha256.pcapng.gz")).unwrap();
    let mut whole = Vec::new();
    flate2::read::GzDecoder::new(&packed[..])
        .read_to_end(&mut whole)
        .unwrap();
    let mut out = Vec::new();
    let mut rest = &whole[..];
    while !rest.is_empty() {
        let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (block, after) = rest.split_at(number(4) as usize);
        if with(number(0)) {
            out.extend(block);
        }
        rest = after;
    }
    out
}

/// The capture without its keys.
fn without_secrets(folder: &tempfile::TempDir) -> PathBuf {
    let path = folder.path().join("plain.pcapng");
    std::fs::write(&path, blocks(|kind| kind != SECRETS)).unwrap();
    path
}

/// All records of `decode`, and its exit status.
fn decode(capture: &Path, keys: &[&Path]) -> (Vec<Value>, Option<i32>) {
    let mut arguments = vec![
        "decode",
        capture.to_str().unwrap(),
        "--records",
        "message,anomaly,blind_spot",
    ];
    for keys in keys {
        arguments.extend(["--keys", keys.to_str().unwrap()]);
    }
    let output = tapglass(&arguments);
    (json_lines(&output.stdout), output.status.code())
}

/// Nodes and values that the requests or answers of a service carry on one kind of channel.
fn values(records: &[Value], of: &Value, service: &str, kind: &str) -> Vec<Value> {
    records
        .iter()
        .filter(|record| {
            let message = &record["opcua"];
            record["kind"] == kind
                && message["service"] == service
                && message["security_policy"] == of["policy"]
                && message["security_mode"] == of["mode"]
        })
        .flat_map(|record| record["opcua"]["items"].as_array().cloned().unwrap_or_default())
        .filter(|item| item["node"].as_str().is_some_and(|node| node.contains("Boiler.")))
        .map(|item| serde_json::json!([item["node"], item["value"]]))
        .collect()
}

/// Everything that the client says it did on one kind of channel is in the records, and nothing else.
fn assert_said(records: &[Value], said: &Value) {
    let list = |name: &str| said[name].as_array().unwrap().clone();
    let of = format!("{} {}", said["policy"], said["mode"]);
    assert_eq!(values(records, said, "Write", "request"), list("writes"), "{of}");
    assert_eq!(values(records, said, "Read", "response"), list("reads"), "{of}");
    assert_eq!(
        values(records, said, "Publish", "response"),
        list("changes"),
        "{of}"
    );
    let calls: Vec<&Value> = records
        .iter()
        .filter(|record| {
            record["opcua"]["service"] == "Call"
                && record["kind"] == "request"
                && record["opcua"]["security_policy"] == said["policy"]
                && record["opcua"]["security_mode"] == said["mode"]
        })
        .collect();
    assert_eq!(calls.len(), list("calls").len(), "{of}");
    for (call, said) in calls.iter().zip(list("calls")) {
        let arguments: Vec<&Value> = call["opcua"]["items"][0]["arguments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|argument| argument.get("value").unwrap_or(argument))
            .collect();
        let said: Vec<&Value> = said[0].as_array().unwrap().iter().collect();
        assert_eq!(arguments, said, "{of}");
    }
}

/// Nothing of an encrypted channel is read.
fn assert_hidden(records: &[Value]) {
    let mut hidden = 0;
    for record in records.iter().filter(|record| record["record"] == "message") {
        let message = &record["opcua"];
        assert!(message.get("decrypted").is_none(), "{record}");
        if message["security_mode"] == "SignAndEncrypt" {
            assert_eq!(message["encrypted"], true, "{record}");
            assert!(message["size"].as_u64().unwrap() > 16, "{record}");
            assert!(
                message["channel"].is_u64() && message["chunks"].is_u64(),
                "{record}"
            );
            // OPN says its service and has no token; of the others neither service nor values are known.
            if record["kind"] != "open" {
                assert!(
                    message["token"].is_u64() && message.get("service").is_none(),
                    "{record}"
                );
            }
            hidden += 1;
        }
    }
    assert!(hidden > 50, "{hidden}");
}

/// The key text of a key log, as it could show up in records.
fn key_texts(log: &str) -> Vec<String> {
    let values = log.lines().filter_map(|line| line.split(": ").nth(1));
    values
        .filter(|value| value.len() >= 32)
        .flat_map(|value| [value.to_ascii_uppercase(), value.to_ascii_lowercase()])
        .map(|value| value[..16].to_owned())
        .collect()
}

#[test]
fn a_capture_that_brings_its_keys_along_is_read() {
    let said: Value = serde_json::from_slice(&std::fs::read(file("said.json")).unwrap()).unwrap();
    let (records, status) = decode(&file("basic256sha256.pcapng.gz"), &[]);
    assert_said(&records, &said[0]);
    assert!(records.iter().all(|record| record["record"] == "message"));
    assert_eq!(status, Some(0));
    // Both tokens of the channel were read.
    let tokens: std::collections::BTreeSet<u64> = records
        .iter()
        .filter(|record| record["opcua"]["decrypted"] == true)
        .filter_map(|record| record["opcua"]["token"].as_u64())
        .collect();
    assert_eq!(tokens.len(), 2, "{tokens:?}");
}

#[test]
fn a_key_log_shows_what_the_keys_in_the_capture_show() {
    let folder = tempfile::tempdir().unwrap();
    let plain = without_secrets(&folder);
    let name = |mut records: Vec<Value>| {
        for record in &mut records {
            record["capture"] = "a capture".into();
        }
        records
    };
    let (with_log, status) = decode(&plain, &[&file("keys.txt")]);
    assert_eq!(status, Some(0));
    assert_eq!(
        name(with_log),
        name(decode(&file("basic256sha256.pcapng.gz"), &[]).0)
    );
}

#[test]
fn without_keys_everything_that_is_still_visible_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let plain = without_secrets(&folder);
    let (records, status) = decode(&plain, &[]);
    assert_hidden(&records);
    assert_eq!(status, Some(3));
    let open = records
        .iter()
        .find(|record| record["kind"] == "open" && record["opcua"]["encrypted"] == true)
        .unwrap();
    let certificate = &open["opcua"]["sender_certificate"];
    assert!(
        certificate["subject"].as_str().unwrap().contains("CN=client"),
        "{open}"
    );
    assert_eq!(certificate["self_signed"], true);
    assert!(
        certificate["valid_until"].as_str().unwrap().ends_with('Z'),
        "{open}"
    );
    let texts: Vec<&str> = records
        .iter()
        .filter(|record| record["record"] == "blind_spot")
        .map(|record| record["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("is encrypted with Basic256Sha256"), "{texts:?}");
    assert!(texts[1].contains("bytes from the client"), "{texts:?}");
}

#[test]
fn keys_that_do_not_fit_are_said_once_for_each_token() {
    let folder = tempfile::tempdir().unwrap();
    let plain = without_secrets(&folder);
    let log = std::fs::read_to_string(file("keys.txt")).unwrap();
    let wrong = folder.path().join("wrong.txt");
    // Each key with other digits.
    let other: String = log
        .lines()
        .map(|line| match line.split_once(": ") {
            Some((name, value)) if value.len() >= 32 => {
                format!("{name}: {}\n", value.replace(['A', '1', '7'], "0"))
            }
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&wrong, other).unwrap();
    let (records, status) = decode(&plain, &[&wrong]);
    assert_hidden(&records);
    assert_eq!(status, Some(3));
    let misfits = records
        .iter()
        .filter(|record| {
            record["text"]
                .as_str()
                .is_some_and(|text| text.contains("do not fit"))
        })
        .count();
    assert_eq!(misfits, 2);
    assert!(records.iter().all(|record| record["record"] != "anomaly"));
    // Both logs together: the right keys are found among the wrong ones.
    let (records, status) = decode(&plain, &[&wrong, &file("keys.txt")]);
    assert_eq!(status, Some(0));
    assert!(records.iter().any(|record| record["opcua"]["decrypted"] == true));
}

#[test]
fn every_command_takes_keys_and_none_prints_them() {
    let folder = tempfile::tempdir().unwrap();
    let plain = without_secrets(&folder);
    let log = std::fs::read_to_string(file("keys.txt")).unwrap();
    let broken = folder.path().join("broken.txt");
    std::fs::write(
        &broken,
        log.replace("server_key", "server_kea").replace(": ", " "),
    )
    .unwrap();
    let (plain, keys, broken) = (
        plain.to_str().unwrap(),
        file("keys.txt").display().to_string(),
        broken.to_str().unwrap(),
    );
    let all = "message,operation,alarm,device,conversation,anomaly,blind_spot,health,summary";
    for (arguments, status) in [
        (
            vec![
                "decode",
                plain,
                "--records",
                "message,anomaly,blind_spot",
                "--keys",
                &keys,
            ],
            0,
        ),
        (vec!["check", plain, "--keys", &keys], 0),
        (
            vec!["check", plain, "--json", "--records", all, "--keys", &keys],
            0,
        ),
        (vec!["check", plain], 3),
        (vec!["check", plain, "--keys", broken], 2),
        (vec!["decode", plain, "--keys", broken], 2),
        (vec!["replay", plain, "--keys", broken], 2),
        (vec!["live", "-", "--json", "--keys", broken], 2),
    ] {
        let output = tapglass(&arguments);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
        for key in key_texts(&log) {
            assert!(!text.contains(&key), "{arguments:?} prints a key");
        }
        if arguments.contains(&broken) {
            assert!(
                text.contains("broken.txt:1:") && text.contains("a colon is missing"),
                "{text}"
            );
        }
    }
    // A stream from standard input is read with keys as a file is.
    let mut live = Command::new(env!("CARGO_BIN_EXE_tapglass"))
        .args(["live", "-", "--json", "--records", "message", "--keys", &keys])
        .stdin(Stdio::from(std::fs::File::open(plain).unwrap()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut text = String::new();
    live.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    live.wait().unwrap();
    assert!(
        text.contains("\"decrypted\":true"),
        "{}",
        text.lines().next().unwrap_or("")
    );
}

/// A namespace with a loopback of its own; it is removed with the value.
struct Namespace(String);

impl Namespace {
    fn new() -> Option<Self> {
        let name = format!("tgsec{}", std::process::id());
        let made = Command::new("ip").args(["netns", "add", &name]).output();
        if !made.is_ok_and(|made| made.status.success()) {
            return None;
        }
        let namespace = Self(name);
        let up = Command::new("ip")
            .args(["-n", &namespace.0, "link", "set", "lo", "up"])
            .status()
            .unwrap();
        assert!(up.success());
        Some(namespace)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, program]);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).status();
    }
}

#[test]
fn real_stacks_are_read_with_their_keys_under_every_policy() {
    let skip = |why: &str| {
        assert!(
            std::env::var_os("CI").is_none(),
            "in CI the peers must run: {why}"
        );
        println!("skipped: {why}");
    };
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers-venv/bin/python");
    if !python.exists() {
        return skip("tests/peers/install.sh has not been run");
    }
    let Some(namespace) = Namespace::new() else {
        return skip("needs root and iproute2");
    };
    let folder = tempfile::tempdir().unwrap();
    let (capture, keys) = (folder.path().join("lo.pcap"), folder.path().join("keys.txt"));
    // Live, the keys come while the conversation is going on.
    std::fs::write(&keys, "").unwrap();
    let heard = folder.path().join("live.jsonl");
    let mut live = namespace
        .command(env!("CARGO_BIN_EXE_tapglass"))
        .args(["live", "lo", "--json", "--records", "message", "--keys"])
        .arg(&keys)
        .stdout(std::fs::File::create(&heard).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut tcpdump = namespace
        .command("tcpdump")
        .args(["-i", "lo", "-U", "-n", "-Z", "root", "-B", "8192", "-w"])
        .arg(&capture)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let peer = namespace
        .command(python.to_str().unwrap())
        .arg("tests/peers/secure.py")
        .arg(&keys)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    for id in [tcpdump.id(), live.id()] {
        let _ = Command::new("kill").args(["-INT", &id.to_string()]).status();
    }
    tcpdump.wait().unwrap();
    live.wait().unwrap();
    let complaint = String::from_utf8_lossy(&peer.stderr);
    if peer.status.code() == Some(SKIP) {
        return skip(&complaint);
    }
    assert!(peer.status.success(), "{complaint}");
    let said: Value = serde_json::from_slice(&peer.stdout).unwrap();

    let (records, status) = decode(&capture, &[&keys]);
    for said in said.as_array().unwrap() {
        assert_said(&records, said);
        assert!(said["writes"].as_array().unwrap().len() > 30);
    }
    assert!(
        records.iter().all(|record| record["record"] == "message"),
        "anomalies or blind spots in a sound conversation"
    );
    assert_eq!(status, Some(0));

    let live = json_lines(&std::fs::read(&heard).unwrap());
    for said in said.as_array().unwrap() {
        assert_said(&live, said);
    }

    let (records, status) = decode(&capture, &[]);
    assert_hidden(&records);
    // What is only signed is read all the same.
    let signed = said
        .as_array()
        .unwrap()
        .iter()
        .find(|said| said["mode"] == "Sign")
        .unwrap();
    assert_said(&records, signed);
    assert_eq!(status, Some(3));
}
