//! Devices and conversations: as records, as lists for people, and while a watch goes on.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/demo/waterworks.pcap.gz");
const DEMO_SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/demo/site");

fn text(arguments: &[&str]) -> String {
    String::from_utf8(support::tapglass(arguments).stdout).unwrap()
}

fn records(command: &str, arguments: &[&str]) -> Vec<Value> {
    let mut all = vec![command, "--json"];
    all.extend(arguments);
    support::json_lines(&support::tapglass(&all).stdout)
}

/// The records of a capture of two independent stacks.
fn peers(folder: &Path, command: &str, name: &str) -> Vec<Value> {
    records(command, &[folder.join(name).to_str().unwrap()])
}

#[test]
fn the_demonstration_is_listed_for_people() {
    insta::assert_snapshot!("demo_devices", text(&["devices", DEMO, "--site", DEMO_SITE]));
    insta::assert_snapshot!(
        "demo_conversations",
        text(&["conversations", DEMO, "--site", DEMO_SITE])
    );
    let short = text(&["devices", DEMO, "--limit", "2"]);
    assert!(
        short.contains("and 4 more; --limit shows more") && short.contains("6 devices"),
        "{short}"
    );
}

#[test]
fn the_site_names_and_judges_who_was_seen() {
    let devices = records("devices", &[DEMO, "--site", DEMO_SITE]);
    let at = |ip: &str| {
        devices
            .iter()
            .find(|device| device["ip"] == ip && device.get("unit").is_none() && device.get("link").is_none())
            .unwrap()
    };
    for (ip, name, known) in [
        ("10.20.1.10", Some("plc1"), true),
        ("10.20.1.20", Some("hmi1"), true),
        ("10.20.1.66", None, false),
    ] {
        let device = at(ip);
        assert_eq!(device["known"], known, "{ip}");
        assert_eq!(device.get("name").and_then(Value::as_str), name, "{ip}");
    }
    assert_eq!(at("10.20.1.10")["identity"]["firmware"], "3.4.1");
    assert_eq!(at("10.20.1.10")["ports"], serde_json::json!([502]));
    let unit = devices.iter().find(|device| device["unit"] == 1).unwrap();
    assert_eq!((&unit["name"], &unit["known"]), (&"plc1".into(), &true.into()));
    assert!(
        devices.iter().all(|device| device.get("public").is_none()),
        "no address there is public"
    );
}

#[test]
fn security_is_that_with_which_the_stacks_were_started() {
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(name) = file.strip_suffix(".operations.json") else {
            continue;
        };
        let truth: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let Some(stated) = truth["peers"]["security"].as_str() else {
            continue;
        };
        let talks = peers(&folder, "conversations", &format!("{name}.pcap"));
        // Some clients ask an unprotected channel for the endpoints first.
        let talk = talks
            .iter()
            .find(|talk| talk["security"].get("security_mode").is_some())
            .unwrap_or_else(|| panic!("{name}: no session"));
        let policy = talk["security"]["security_policy"].as_str().unwrap();
        let mode = talk["security"]["security_mode"].as_str().unwrap();
        // It is stated as a policy and a mode, or as a mode alone.
        if let [word, _] = stated.split(' ').collect::<Vec<_>>()[..] {
            assert!(policy.ends_with(word), "{name}: {policy}, but {stated}");
        }
        let encrypted = stated != "None" && stated != "Sign";
        let expected = match stated {
            "None" => "None",
            _ if encrypted => "SignAndEncrypt",
            _ => "Sign",
        };
        assert_eq!(mode, expected, "{name}: {stated}");
        assert_eq!(talk["encryption"] == "opcua", encrypted, "{name}");
        let weak = talk["weaknesses"].to_string();
        assert_eq!(
            weak.contains("no_message_security"),
            mode == "None",
            "{name}: {weak}"
        );
        if encrypted {
            assert!(
                talk.get("authentication").is_none(),
                "{name}: nobody can see that"
            );
        }
        checked += 1;
    }
    assert!(
        checked >= 5,
        "only {checked} captures say how they were protected"
    );
}

#[test]
fn what_independent_stacks_show_is_recorded() {
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    // The client's port and count of frames say nothing about it.
    for name in [
        "modbus_tcp_pymodbus",
        "dnp3_tcp_yadnp3",
        "modbus_tls_pymodbus",
        "opcua_node_sign",
        "opcua_node_user_none",
    ] {
        let mut shown = Vec::new();
        for command in ["devices", "conversations"] {
            for mut record in peers(&folder, command, &format!("{name}.pcap")) {
                let members = record.as_object_mut().unwrap();
                for member in ["time", "capture", "first_seen", "last_seen", "functions"] {
                    members.remove(member);
                }
                shown.push(serde_json::to_string(&record).unwrap());
            }
        }
        insta::assert_snapshot!(name, shown.join("\n"));
    }
}

#[test]
fn lists_for_people_fit_a_screen_of_100_columns() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    for path in support::captures_with_truth(&folder) {
        for command in ["devices", "conversations"] {
            let text = text(&[command, path.to_str().unwrap()]);
            assert!(!text.is_empty(), "{}", path.display());
            for line in text.lines() {
                assert!(line.chars().count() <= 100, "{}: {line}", path.display());
                assert!(
                    !line.chars().any(char::is_control),
                    "{}: {line:?}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn a_watch_tells_who_is_new_and_everybody_at_its_end() {
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    let bytes = std::fs::read(folder.join("dnp3_tcp_yadnp3.pcap")).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tapglass"))
        .args(["live", "-", "--json", "--records", "device,conversation"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let told = support::json_lines(&output.stdout);
    let of = |record: &str, ip: &str| {
        told.iter()
            .filter(|line| line["record"] == record && line["ip"] == ip && line.get("link").is_none())
            .count()
    };
    // 23 seconds: once when it is new, once at the end, and nothing in between.
    for ip in ["10.20.1.10", "10.20.1.20"] {
        assert_eq!(of("device", ip), 2, "{ip}");
    }
    let conversations = told.iter().filter(|line| line["record"] == "conversation");
    assert_eq!(conversations.count(), 2);
    let last = told.last().unwrap();
    assert!(
        last["frames"].as_u64().is_some(),
        "the end knows its size: {last}"
    );
}

#[test]
fn the_answer_is_incomplete_where_something_was_not_seen() {
    let whole = support::tapglass(&["devices", DEMO]);
    assert_eq!(whole.status.code(), Some(0));
    let missing = support::tapglass(&["devices", "no/such/file.pcap"]);
    assert_eq!(missing.status.code(), Some(2));
    let Some(folder) = support::shared("captures/peers") else {
        return;
    };
    let path = folder.join("opcua_rust_pss.pcap");
    let hidden = support::tapglass(&["conversations", path.to_str().unwrap()]);
    assert_eq!(hidden.status.code(), Some(3));
    assert!(
        String::from_utf8(hidden.stderr)
            .unwrap()
            .contains("were not seen")
    );
}

#[test]
fn talk_across_zones_says_whether_a_conduit_allows_it() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(
        directory.path().join("plant.toml"),
        r#"
[site]
name = "zones"
[device.plc1]
proto = "modbus"
host = "10.20.1.10"
zone = "field"
[device.srv2]
proto = "opcua"
host = "10.20.1.30"
[principal.hmi1]
ip = "10.20.1.20"
kind = "hmi"
[zone.field]
networks = ["10.20.1.10/31"]
[zone.room]
networks = ["10.20.1.16/28"]
[[conduit]]
from = "room"
to = "field"
protocols = ["modbus"]
"#,
    )
    .unwrap();
    let site = directory.path().to_str().unwrap();
    let talks = records("conversations", &[DEMO, "--site", site]);
    for (client, server, zones) in [
        (
            "10.20.1.20",
            "10.20.1.10",
            r#"{"allowed":true,"from":"room","to":"field"}"#,
        ),
        (
            "10.20.1.66",
            "10.20.1.10",
            r#"{"allowed":false,"from":"outside","to":"field"}"#,
        ),
        (
            "10.20.1.20",
            "10.20.1.30",
            r#"{"allowed":true,"from":"room","to":"room"}"#,
        ),
    ] {
        let talk = talks
            .iter()
            .find(|talk| talk["client"]["ip"] == client && talk["server"]["ip"] == server)
            .unwrap();
        assert_eq!(talk["zones"].to_string(), zones, "{client} {server}");
    }
    let devices = records("devices", &[DEMO, "--site", site]);
    let hmi = devices
        .iter()
        .find(|device| device["ip"] == "10.20.1.20")
        .unwrap();
    assert_eq!((&hmi["kind"], &hmi["zone"]), (&"hmi".into(), &"room".into()));
    let people = text(&["conversations", DEMO, "--site", site]);
    assert!(
        people.contains("! zone outside to zone field: no conduit allows it"),
        "{people}"
    );
}

/// A capture of SYNs from 10.0.0.99 to one address after the other, one each second.
fn search(addresses: u8, port: u16) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend([0xff, 0xff, 0, 0, 1, 0, 0, 0]);
    for last in 0..addresses {
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 99, 8, 0];
        frame.extend([
            0x45, 0, 0, 40, 0, last, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 99, 10, 0, 1, last,
        ]);
        frame.extend(40_000_u16.to_be_bytes());
        frame.extend(port.to_be_bytes());
        frame.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0]);
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        file.extend((1_700_000_000 + u32::from(last)).to_le_bytes());
        file.extend(0_u32.to_le_bytes());
        file.extend(length);
        file.extend(length);
        file.extend(frame);
    }
    file
}

#[test]
fn a_search_in_a_capture_is_found_although_nobody_answers() {
    let directory = tempfile::tempdir().unwrap();
    for (addresses, port, found) in [(11, 502, 1), (10, 502, 0), (60, 443, 0)] {
        let path = directory.path().join("search.pcap");
        std::fs::write(&path, search(addresses, port)).unwrap();
        let alarms = records("check", &["--records", "alarm", path.to_str().unwrap()]);
        let scans: Vec<&Value> = alarms
            .iter()
            .filter(|alarm| alarm["rule"] == "builtin/scan")
            .collect();
        assert_eq!(scans.len(), found, "{addresses} addresses at {port}");
        if let [scan] = scans[..] {
            assert_eq!(
                scan["explanation"],
                "10.0.0.99 tried port 502 at 11 addresses within 2 min, and none of them was heard to answer."
            );
            assert_eq!(scan["frames"], serde_json::json!([11]));
            assert_eq!(scan["asset"], "10.0.0.99");
        }
    }
}
