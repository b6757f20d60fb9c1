//! The passive tap end to end: real independent stacks talk in network namespaces, `tapglass live` listens at a mirror
//! port. It raises what `check` raises on a capture of the same traffic, and the tapped interface sends nothing.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Exit status with which the peers say that they cannot run here.
const SKIP: i32 = 77;

struct Peers {
    python: String,
    prefix: String,
}

impl Peers {
    fn run(&self, what: &[&str]) -> Result<Value, String> {
        let output = Command::new(&self.python)
            .arg("tests/peers/live.py")
            .args(what)
            .args(["--prefix", &self.prefix])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(SKIP) {
            return Err(said);
        }
        assert!(output.status.success(), "live.py {what:?}: {said}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = self.run(&["down"]);
    }
}

/// The peers, or `None` with a message when they cannot run here.
fn peers() -> Option<Peers> {
    let python = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers-venv/bin/python");
    let why = if python.exists() {
        String::new()
    } else {
        "tests/peers/install.sh has not been run".to_owned()
    };
    if !why.is_empty() {
        assert!(
            std::env::var_os("CI").is_none(),
            "in CI the peers must be installed: {why}"
        );
        println!("skipped: {why}");
        return None;
    }
    Some(Peers {
        python: python.display().to_string(),
        prefix: format!("tl{}", std::process::id() % 10_000),
    })
}

fn spawn(namespace: &str, program: &str, arguments: &[&str]) -> Child {
    Command::new("ip")
        .args(["netns", "exec", namespace, program])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Asks a process that this test has started to end, and waits for it.
fn end(child: Child) -> std::process::Output {
    let id = child.id().to_string();
    let _ = Command::new("kill").args(["-INT", &id]).status();
    child.wait_with_output().unwrap()
}

/// Rule, tag and who, for each alarm until a time: what two runs over the same traffic must agree on. On a wire that has
/// fallen quiet time goes on, so that live may raise more after the last frame.
fn alarms(records: &[Value], until: &str) -> BTreeSet<(String, String, String)> {
    records
        .iter()
        .filter(|record| record["record"] == "alarm" && record["first_time"].as_str().unwrap() <= until)
        .map(|alarm| {
            let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
            (
                text(&alarm["rule"]),
                text(&alarm["tags"][0]),
                text(&alarm["actor"]["ip"]),
            )
        })
        .collect()
}

#[test]
fn live_raises_what_check_raises_and_the_tap_sends_nothing() {
    let Some(peers) = peers() else { return };
    let up = match peers.run(&["up"]) {
        Ok(up) => up,
        Err(why) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "in CI the peers must run: {why}"
            );
            println!("skipped: {why}");
            return;
        }
    };
    let (interface, namespace) = (
        up["interface"].as_str().unwrap(),
        up["namespace"].as_str().unwrap(),
    );
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("tap.pcap");
    let site = "captures/demo/site";
    let tcpdump = spawn(
        namespace,
        "tcpdump",
        &["-i", interface, "-U", "-n", "-w", capture.to_str().unwrap()],
    );
    let live = spawn(
        namespace,
        env!("CARGO_BIN_EXE_tapglass"),
        &[
            "live",
            interface,
            "--site",
            site,
            "--json",
            "--records",
            "alarm,blind_spot,health",
        ],
    );
    std::thread::sleep(std::time::Duration::from_secs(2));
    let run = peers.run(&["run"]).unwrap();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let live = end(live);
    end(tcpdump);
    let after = peers.run(&["counters"]).unwrap();

    let heard = support::json_lines(&live.stdout);
    let arguments = [
        "check",
        capture.to_str().unwrap(),
        "--site",
        site,
        "--json",
        "--records",
        "alarm,summary",
    ];
    let checked = support::json_lines(&support::tapglass(&arguments).stdout);
    let until = checked
        .iter()
        .find(|record| record["record"] == "summary")
        .unwrap()["until"]
        .as_str()
        .unwrap();
    let (live_alarms, check_alarms) = (alarms(&heard, until), alarms(&checked, until));
    assert_eq!(
        live_alarms,
        check_alarms,
        "{}",
        String::from_utf8_lossy(&live.stderr)
    );

    // Each attack that a peer says it made was raised.
    for attack in run["attacks"].as_array().unwrap() {
        let tag = attack["tag"]
            .as_str()
            .or_else(|| attack["tags"][0].as_str())
            .unwrap();
        assert!(
            live_alarms.iter().any(|(_, about, _)| about == tag),
            "no alarm about {tag}: {live_alarms:?}"
        );
    }
    assert_eq!(after["tx_packets"], 0, "the tapped interface has sent something");
    let health = heard.iter().find(|record| record["record"] == "health").unwrap();
    assert_eq!(health["counters"]["dropped_by_kernel"], 0);
    assert!(health["counters"]["frames"].as_u64().unwrap() > 100);
}
