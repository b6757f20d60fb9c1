//! Captures without any of the three protocols: nothing is decoded, and what is in them is named.

use std::collections::BTreeMap;

use crate::support;

/// What each capture holds by an independent dissector: protocols with the least number of frames of each.
const HELD: &[(&str, &[(&str, u64)])] = &[
    ("arkime-s7comm_synthetic.pcap", &[("s7comm", 17)]),
    ("icsnpp-enip_cip_example.pcap", &[("enip", 269), ("cip_io", 398)]),
    ("icsnpp-multiple_service_packet_cip.pcapng", &[("enip", 1)]),
    ("icsnpp-s7comm_plus.pcap", &[("s7comm", 34), ("s7comm_plus", 100)]),
    ("icsnpp-s7ident.pcap", &[("s7comm", 24)]),
    ("icsnpp-set_attribute_single_service_cip.pcapng", &[("enip", 1)]),
    ("icsnpp-snap7.pcap", &[("s7comm", 64)]),
    ("ipal-BR24.pcap", &[]),
    ("ipal-MAVLink.pcap", &[]),
    ("ipal-cip.pcapng", &[("enip", 40)]),
    ("ipal-dhcp-single.pcapng", &[("dhcp", 1)]),
    ("ipal-ethercat-earlier-1c77.pcapng", &[("ethercat", 27)]),
    ("ipal-ethercat.pcapng", &[("ethercat", 37)]),
    ("ipal-goose-single-incompatible-int.pcap", &[("goose", 1)]),
    ("ipal-goose-single-schweitz-1.pcap", &[("goose", 1)]),
    ("ipal-goose-single.pcapng", &[("goose", 1)]),
    ("ipal-iec104.pcap", &[("iec104", 64)]),
    ("ipal-iec450-nmea.pcap", &[("nmea", 12)]),
    ("ipal-mqtt.pcap", &[("mqtt", 19)]),
    ("ipal-nmea0183udp.pcapng", &[("nmea", 4)]),
    ("ipal-s7.pcap", &[("s7comm", 2)]),
    (
        "iti-090813_diverse.pcap",
        &[("iec104", 86), ("netbios_datagram", 1)],
    ),
    ("iti-EIP-ChangeDateAttempt.pcap", &[("enip", 267)]),
    ("iti-EIP-RebootorRestart.pcap", &[("enip", 814)]),
    ("iti-EIP-SoftwareUpload.pcap", &[("enip", 791)]),
    (
        "iti-EIP-SoftwareUploadFailure.pcap",
        &[("netbios_datagram", 1), ("netbios_name", 4)],
    ),
    ("iti-GOOSE.pcap", &[("goose", 8)]),
    ("iti-GOOSE_DEMO.pcap", &[("goose", 1)]),
    ("iti-JavaRMI_and_IEC_Misc.pcap", &[("iec104", 215), ("ntp", 2)]),
    ("iti-Sample_File_GOOSE.pcap", &[("goose", 451)]),
    (
        "iti-Sample_File_MMS_and_GOOSE.pcap",
        &[
            ("goose", 34),
            ("mms", 35),
            ("ntp", 52),
            ("snmp", 14),
            ("onc_rpc", 3),
            ("netbios_name", 6),
            ("netbios_session", 32),
        ],
    ),
    ("iti-TestDissectIec104.pcap", &[("iec104", 61)]),
    ("iti-cip-multiple-1.pcap", &[("enip", 1)]),
    ("iti-cip-multiple-2.pcap", &[("enip", 1)]),
    ("iti-s7comm_reading_plc_status.pcap", &[("s7comm", 218)]),
    ("iti-s7comm_reading_setting_plc_time.pcap", &[("s7comm", 41)]),
    (
        "iti-s7comm_varservice_libnodavedemo_bench.pcap",
        &[("s7comm", 10_006)],
    ),
    ("iti-step7_s300_stop.pcapng", &[("s7comm", 4)]),
    ("malcolm-MQTT.pcap", &[("mqtt", 19)]),
    ("pcapplusplus-s7comm.pcap", &[("s7comm", 1)]),
    ("pcapplusplus-s7comm_ack_data.pcap", &[("s7comm", 1)]),
    ("quickdraw-bacnet_test.pcap", &[("bacnet", 22)]),
    ("quickdraw-enip_test.pcap", &[("enip", 2)]),
    ("quickdraw-s7_test.pcap", &[("s7comm", 12)]),
];

/// Other names that may be in a capture: the same packets, named by what carries them.
const ALSO: &[&str] = &["s7comm_plus"];

#[test]
fn other_protocols_are_named_and_none_is_decoded() {
    let Some(folder) = support::shared("captures/other") else {
        return;
    };
    let mut there: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    let listed: Vec<&str> = HELD.iter().map(|(name, _)| *name).collect();
    assert_eq!(there, listed, "each capture stands in the table");
    for (name, held) in HELD {
        let path = folder.join(name);
        let path = path.to_str().unwrap();
        let output = support::tapglass(&[
            "check",
            "--json",
            "--records",
            "conversation,message,blind_spot,summary",
            path,
        ]);
        let records = support::json_lines(&output.stdout);
        let of = |kind: &str| {
            records
                .iter()
                .filter(move |record| record["record"] == kind)
                .collect::<Vec<_>>()
        };
        assert!(of("message").is_empty(), "{name}");
        // Some captures are put together from several: pauses of years, and times that jump back.
        let pauses = of("blind_spot");
        let of_the_capture =
            |record: &&serde_json::Value| record["why"] == "silence" || record["why"] == "time_backwards";
        assert!(pauses.iter().all(of_the_capture), "{name}: {pauses:?}");
        let expected = if pauses.is_empty() { 0 } else { 3 };
        assert_eq!(
            output.status.code(),
            Some(expected),
            "{name}: what is not decoded is no fault of the picture"
        );
        let summary = of("summary")[0];
        assert_eq!(summary["conversations"], 0, "{name}");
        let counts: BTreeMap<&str, u64> = summary["not_decoded"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(protocol, count)| (protocol.as_str(), count["frames"].as_u64().unwrap()))
            .collect();
        for (protocol, least) in *held {
            let found = counts.get(protocol).copied().unwrap_or(0);
            assert!(
                found >= *least,
                "{name}: {found} frames of {protocol}, {least} are in it"
            );
        }
        for protocol in counts.keys() {
            let known = held.iter().any(|(name, _)| name == protocol) || ALSO.contains(protocol);
            assert!(known, "{name}: {protocol} is not in it");
        }
        // The records of the conversations add up to the summary.
        let mut sums = BTreeMap::<&str, u64>::new();
        for talk in of("conversation") {
            assert_eq!(talk["decoded"], false, "{name}");
            *sums.entry(talk["protocol"].as_str().unwrap()).or_default() += talk["frames"].as_u64().unwrap();
        }
        assert_eq!(sums, counts, "{name}");
    }
}

#[test]
fn the_verdict_names_them_in_words() {
    let Some(folder) = support::shared("captures/other") else {
        return;
    };
    let path = folder.join("ipal-iec104.pcap");
    let output = support::tapglass(&["check", path.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Not decoded here: IEC 60870-5-104 (1 conversation, 64 frames)."),
        "{text}"
    );
}
