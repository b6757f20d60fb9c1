//! `decode`: devices, conversations and totals at the end, decoded trees, and filters.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;

use std::collections::BTreeSet;

use serde_json::Value;

/// The records of a command on a shared capture, and its exit status.
fn decode(capture: &str, arguments: &[&str]) -> Option<(Vec<Value>, Option<i32>)> {
    let path = support::shared("captures")?.join(capture);
    let output = support::tapglass(&[&["decode", path.to_str().unwrap()], arguments].concat());
    Some((support::json_lines(&output.stdout), output.status.code()))
}

/// What a filter says, said here.
type Holds = fn(&Value) -> bool;

fn of<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["record"] == kind).collect()
}

/// The device record at an address with this further member, or without any.
fn device<'a>(records: &'a [Value], ip: &str, member: Option<(&str, u64)>) -> &'a Value {
    let found: Vec<&Value> = of(records, "device")
        .into_iter()
        .filter(|device| device["ip"] == ip)
        .filter(|device| match member {
            Some((key, value)) => device[key] == value,
            None => ["unit", "link", "port"].iter().all(|key| device[*key].is_null()),
        })
        .collect();
    assert_eq!(found.len(), 1, "{ip} {member:?}");
    found[0]
}

#[test]
fn what_modbus_devices_say_of_themselves_is_in_their_records() {
    let Some((records, code)) = decode(
        "peers/modbus_tcp_pymodbus.pcap",
        &["--records", "device,conversation,summary"],
    ) else {
        return;
    };
    assert_eq!(code, Some(0));
    for member in [None, Some(("unit", 1))] {
        let plc = device(&records, "10.20.1.20", member);
        assert_eq!(plc["identity"]["vendor"], "Acme Turbine");
        assert_eq!(plc["identity"]["product"], "Boiler PLC");
        assert_eq!(plc["identity"]["firmware"], "4.2.1");
        assert_eq!(plc["mac"], "fa:97:a0:5c:0a:94");
        assert_eq!(plc["roles"], serde_json::json!(["server"]));
    }
    // Another unit behind the same address said nothing.
    assert!(device(&records, "10.20.1.20", Some(("unit", 7)))["identity"].is_null());
    assert_eq!(
        device(&records, "10.20.1.10", None)["roles"],
        serde_json::json!(["client"])
    );
    let conversations = of(&records, "conversation");
    assert_eq!(conversations.len(), 2);
    for talk in &conversations {
        assert_eq!(
            (&talk["decoded"], &talk["transport"]),
            (&true.into(), &"tcp".into())
        );
        assert!(talk["frames"].as_u64().unwrap() > 10);
    }
    let summary = of(&records, "summary")[0];
    let messages: u64 = conversations
        .iter()
        .map(|talk| talk["client_messages"].as_u64().unwrap() + talk["server_messages"].as_u64().unwrap())
        .sum();
    assert_eq!(summary["messages"]["modbus"], messages);
    assert_eq!(summary["complete"], true);
}

#[test]
fn stations_and_applications_have_records() {
    let Some((records, _)) = decode("peers/dnp3_tcp_yadnp3.pcap", &["--records", "device"]) else {
        return;
    };
    assert_eq!(
        device(&records, "10.20.1.20", Some(("link", 1024)))["roles"],
        serde_json::json!(["outstation"])
    );
    assert_eq!(
        device(&records, "10.20.1.10", Some(("link", 1)))["roles"],
        serde_json::json!(["master"])
    );
    let (records, _) = decode("peers/opcua_node_user_none.pcap", &["--records", "device"]).unwrap();
    let server = device(&records, "10.20.1.20", Some(("port", 4841)));
    assert_eq!(server["application"], "urn:vm:NodeOPCUA-Server");
    let client = device(&records, "10.20.1.10", None);
    assert_eq!(client["identity"]["application_uri"], "urn:vm:hmi-node");
    assert_eq!(client["security"]["security_policy"], serde_json::json!(["None"]));
    let (records, code) = decode("peers/opcua_rust_pss.pcap", &["--records", "device"]).unwrap();
    assert_eq!(code, Some(3));
    let server = device(&records, "10.20.1.20", None);
    assert_eq!(server["security"]["encrypted"], serde_json::json!(["yes"]));
    assert_eq!(
        server["security"]["security_mode"],
        serde_json::json!(["SignAndEncrypt"])
    );
}

#[test]
fn every_record_keeps_to_its_schema() {
    let validator = |record: &str| {
        let schema = support::tapglass(&["schema", record]);
        jsonschema::validator_for(&serde_json::from_slice(&schema.stdout).unwrap()).unwrap()
    };
    let all = "message,fields,anomaly,blind_spot,device,conversation,summary";
    let mut seen = BTreeSet::new();
    for capture in [
        "peers/modbus_tcp_pymodbus.pcap",
        "peers/modbus_tls_pymodbus.pcap",
        "peers/dnp3_udp_yadnp3.pcap",
        "peers/opcua_node_sign.pcap",
        "peers/opcua_rust_pss.pcap",
        "modbus/zeek-fuzz-72.pcap",
        "other/iti-Sample_File_MMS_and_GOOSE.pcap",
    ] {
        let Some((records, _)) = decode(capture, &["--records", all]) else {
            return;
        };
        for record in &records {
            let kind = record["record"].as_str().unwrap();
            if let Err(error) = validator_of(kind, &validator).validate(record) {
                panic!("{capture}: {error} at {}\n{record}", error.instance_path());
            }
            seen.insert(kind.to_owned());
        }
        assert_eq!(
            of(&records, "message").len(),
            of(&records, "fields").len(),
            "{capture}"
        );
        assert_eq!(records.last().unwrap()["record"], "summary", "{capture}");
    }
    assert_eq!(seen.len(), 7, "{seen:?}");
}

/// The validator of a record, made once.
fn validator_of(kind: &str, make: &dyn Fn(&str) -> jsonschema::Validator) -> &'static jsonschema::Validator {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, OnceLock};
    static MADE: OnceLock<Mutex<BTreeMap<String, &'static jsonschema::Validator>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().unwrap();
    made.entry(kind.to_owned())
        .or_insert_with(|| Box::leak(Box::new(make(kind))))
}

#[test]
fn a_filter_prints_what_it_says_and_nothing_else() {
    let capture = "peers/modbus_tcp_pymodbus.pcap";
    let Some((all, _)) = decode(capture, &[]) else {
        return;
    };
    let test: [(&str, Holds); 6] = [
        ("function.code == 16 and modbus.address >= 100", |record| {
            record["function"]["code"] == 16 && record["modbus"]["address"].as_u64() >= Some(100)
        }),
        ("kind != request", |record| record["kind"] != "request"),
        ("client.ip == 10.20.1.10 and client.port == 47286", |record| {
            record["client"]["port"] == 47_286
        }),
        ("modbus.values[0] > 5", |record| {
            record["modbus"]["values"][0].as_u64() > Some(5)
        }),
        ("function.name contains Write", |record| {
            record["function"]["name"].as_str().unwrap().contains("Write")
        }),
        ("latency_us > 500 or modbus.exception", |record| {
            record["latency_us"].as_i64() > Some(500) || record["modbus"]["exception"].is_object()
        }),
    ];
    for (filter, holds) in test {
        let (found, code) = decode(capture, &["--filter", filter]).unwrap();
        let wanted: Vec<&Value> = all.iter().filter(|record| holds(record)).collect();
        assert!(!wanted.is_empty() && wanted.len() < all.len(), "{filter}");
        assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{filter}");
        assert_eq!(code, Some(0));
        // The tree goes with its message.
        let (trees, _) = decode(capture, &["--filter", filter, "--records", "fields"]).unwrap();
        let frames = |records: &[&Value]| {
            records
                .iter()
                .map(|record| record["frame"].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            frames(&trees.iter().collect::<Vec<_>>()),
            frames(&wanted),
            "{filter}"
        );
    }
}

#[test]
fn a_filter_chooses_among_all_records() {
    let all = "message,blind_spot,device,conversation";
    let capture = "peers/opcua_rust_pss.pcap";
    let kinds = |filter: &str| -> Option<BTreeSet<String>> {
        let (records, code) = decode(capture, &["--records", all, "--filter", filter])?;
        assert_eq!(
            code,
            Some(3),
            "what a filter leaves out was not seen all the same"
        );
        Some(
            records
                .iter()
                .map(|record| record["record"].as_str().unwrap().to_owned())
                .collect(),
        )
    };
    let Some(found) = kinds("why == encrypted") else {
        return;
    };
    assert_eq!(found, BTreeSet::from(["blind_spot".to_owned()]));
    assert_eq!(
        kinds("security.encrypted == yes").unwrap(),
        BTreeSet::from(["conversation".to_owned(), "device".to_owned()])
    );
    assert!(kinds("opcua.service == Write").unwrap().is_empty());
}

#[test]
fn a_wrong_filter_is_an_error_with_its_place() {
    for (filter, parts) in [
        (
            "protocl == modbus",
            &["column 1", "did you mean protocol?", "^"][..],
        ),
        (
            "kind == request and modbus.adress > 1",
            &["column 21", "did you mean modbus.address?"],
        ),
        ("frame ==", &["column 9", "a value is expected"]),
        ("", &["the filter is empty"]),
    ] {
        let output = support::tapglass(&["decode", "nothing.pcap", "--filter", filter]);
        assert_eq!(output.status.code(), Some(2), "{filter}");
        assert!(output.stdout.is_empty());
        let error = String::from_utf8_lossy(&output.stderr);
        for part in parts {
            assert!(error.contains(part), "{filter}: {error}");
        }
    }
}
