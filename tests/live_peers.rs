//! Independent clients and servers talk on a tapped segment: what `tapglass live` decodes is held against what the clients
//! say that they did, operation by operation, with address, value, outcome and order.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

#[path = "said/mod.rs"]
mod said;
mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use said::{Heard, text};

/// Exit status with which the peers say that they cannot run here.
const SKIP: i32 = 77;

/// A segment with a tap, removed with the value.
struct Segment {
    python: String,
    prefix: String,
}

impl Segment {
    /// Runs a command of the suite; an error is why it cannot run here.
    fn suite(&self, arguments: &[&str]) -> Result<Value, String> {
        let output = Command::new(&self.python)
            .arg("tests/peers/suite.py")
            .args(arguments)
            .args(["--prefix", &self.prefix])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .map_err(|error| error.to_string())?;
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(SKIP) {
            return Err(complaint);
        }
        assert!(output.status.success(), "suite.py {arguments:?}: {complaint}");
        Ok(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        let _ = self.suite(&["down"]);
    }
}

/// Says why a test does not run; in CI that is a failure.
fn skipped(why: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "in CI the peers must run: {why}"
    );
    println!("skipped: {why}");
}

/// A process in a namespace that writes to a pipe.
fn spawn(namespace: &str, program: &str, arguments: &[&str], output: std::fs::File) -> Child {
    Command::new("ip")
        .args(["netns", "exec", namespace, program])
        .args(arguments)
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Asks a process that this test has started to end, and waits for it.
fn end(mut child: Child) {
    let id = child.id().to_string();
    let _ = Command::new("kill").args(["-INT", &id]).status();
    child.wait().unwrap();
}

/// What the clients of an exchange say and what was heard meanwhile; `None` when it cannot run here.
fn exchange(name: &str) -> Option<(Vec<Value>, Heard, Vec<Value>)> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers-venv/bin/python");
    if !python.exists() {
        skipped("tests/peers/install.sh has not been run");
        return None;
    }
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let segment = Segment {
        python: python.display().to_string(),
        prefix: format!(
            "p{}{}",
            std::process::id() % 10_000,
            char::from(b'a' + u8::try_from(number).unwrap())
        ),
    };
    let up = match segment.suite(&["up"]) {
        Ok(up) => up,
        Err(why) => {
            skipped(&why);
            return None;
        }
    };
    let (interface, namespace) = (text(&up["interface"]), text(&up["namespace"]));
    let folder = tempfile::tempdir().unwrap();
    let heard = folder.path().join("heard.jsonl");
    let live = spawn(
        namespace,
        env!("CARGO_BIN_EXE_tapglass"),
        &[
            "live",
            interface,
            "--json",
            "--records",
            "message,operation,blind_spot,anomaly,health",
        ],
        std::fs::File::create(&heard).unwrap(),
    );
    std::thread::sleep(std::time::Duration::from_millis(700));
    let said = segment.suite(&["run", name]);
    std::thread::sleep(std::time::Duration::from_millis(700));
    end(live);
    let said = match said {
        Ok(said) => said.as_array().unwrap().clone(),
        Err(why) => {
            skipped(&why);
            return None;
        }
    };
    let records = support::json_lines(&std::fs::read(&heard).unwrap());
    let (mut messages, mut operations, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for record in records {
        match text(&record["record"]) {
            "message" => messages.push(record),
            "operation" => operations.push(record),
            _ => rest.push(record),
        }
    }
    Some((said, Heard::new(messages, operations), rest))
}

/// Runs an exchange and compares; `least` is how many things the clients must have said.
fn compare(name: &str, least: usize) -> Option<(Heard, Vec<Value>)> {
    let (said, mut heard, rest) = exchange(name)?;
    assert!(
        said.len() >= least,
        "{name}: only {} things were said",
        said.len()
    );
    let differences = said::compare(&said, &mut heard);
    println!("{name}: {} things said, {} differ", said.len(), differences.len());
    assert!(
        differences.is_empty(),
        "{name}: {} of {}\n{}",
        differences.len(),
        said.len(),
        differences.join("\n")
    );
    let dropped = rest
        .iter()
        .filter(|record| record["record"] == "health")
        .filter_map(|record| record["counters"]["dropped_by_kernel"].as_u64())
        .max();
    assert_eq!(dropped, Some(0), "{name}: the tap lost frames");
    Some((heard, rest))
}

/// A Modbus client does nothing that it does not say; nothing is wrong with what it sends.
fn modbus(name: &str, least: usize) {
    let Some((heard, rest)) = compare(name, least) else {
        return;
    };
    let unsaid: Vec<&Value> = heard
        .unclaimed()
        .filter(|message| message["kind"] == "request")
        .collect();
    assert!(
        unsaid.is_empty(),
        "{name}: nobody says that these were sent: {unsaid:?}"
    );
    sound(name, &rest);
}

/// There is no anomaly and nothing that was not seen.
fn sound(name: &str, rest: &[Value]) {
    let wrong: Vec<&Value> = rest
        .iter()
        .filter(|record| matches!(text(&record["record"]), "anomaly" | "blind_spot"))
        .collect();
    assert!(wrong.is_empty(), "{name}: {wrong:?}");
}

#[test]
fn modbus_over_tcp_with_pymodbus() {
    modbus("modbus_tcp", 80);
}

#[test]
fn modbus_over_udp_with_pymodbus() {
    modbus("modbus_udp", 80);
}

#[test]
fn modbus_rtu_frames_over_tcp_with_pymodbus() {
    modbus("modbus_rtu", 80);
}

#[test]
fn modbus_ascii_frames_over_tcp_with_pymodbus() {
    modbus("modbus_ascii", 80);
}

#[test]
fn modbus_of_a_libmodbus_client_and_a_pymodbus_server() {
    modbus("modbus_libmodbus_pymodbus", 40);
}

#[test]
fn modbus_of_a_pymodbus_client_and_a_libmodbus_server() {
    modbus("modbus_pymodbus_libmodbus", 80);
}

#[test]
fn modbus_of_modbus_serial_and_a_libmodbus_server() {
    modbus("modbus_serial_libmodbus", 12);
}

#[test]
fn modbus_requests_in_a_pipeline() {
    modbus("modbus_pipeline", 30);
}

#[test]
fn dnp3_over_tcp_with_yadnp3() {
    let Some((heard, rest)) = compare("dnp3_tcp", 80) else {
        return;
    };
    sound("dnp3_tcp", &rest);
    let unsolicited = heard
        .messages
        .iter()
        .filter(|message| message["kind"] == "unsolicited")
        .count();
    assert!(unsolicited > 3, "only {unsolicited} unsolicited responses");
}

#[test]
fn dnp3_over_udp_with_yadnp3() {
    let Some((_, rest)) = compare("dnp3_udp", 70) else {
        return;
    };
    sound("dnp3_udp", &rest);
}

#[test]
fn opcua_with_asyncua() {
    let Some((heard, rest)) = compare("opcua_asyncua", 30) else {
        return;
    };
    sound("opcua_asyncua", &rest);
    let chunks = heard
        .messages
        .iter()
        .filter_map(|message| message["opcua"]["chunks"].as_u64())
        .max();
    assert!(chunks >= Some(3), "no message had many chunks: {chunks:?}");
}

#[test]
fn opcua_of_a_node_client_and_an_asyncua_server() {
    let Some((_, rest)) = compare("opcua_node_asyncua", 18) else {
        return;
    };
    sound("opcua_node_asyncua", &rest);
}

#[test]
fn opcua_with_node() {
    let Some((_, rest)) = compare("opcua_node", 18) else {
        return;
    };
    sound("opcua_node", &rest);
}

#[test]
fn opcua_signed_with_node() {
    let Some((heard, _)) = compare("opcua_sign", 18) else {
        return;
    };
    let signed = heard
        .messages
        .iter()
        .filter(|message| message["opcua"]["security_mode"] == "Sign" && message["kind"] == "request")
        .count();
    assert!(signed >= 18, "{signed} signed requests");
}
