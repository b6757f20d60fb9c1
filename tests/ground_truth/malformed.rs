//! An anomaly stands on frames that the oracle calls malformed, and on no frame that it calls well-formed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::{decode, judge::text, name, support, truth};

/// Some frames of a capture, and why the oracle's word on them does not count.
type Known = (&'static str, &'static [u64], &'static str);

/// Malformed for the oracle, sound by the bytes.
const SOUND: &[Known] = &[
    (
        "iti-dataset_exchange.pcap",
        &[6],
        "three objects of group 86 variation 1 (5b 03, then 7d 00 and 125 octets ...), read to the last octet; tshark 4.0 \
         does not know the object",
    ),
    ("dnp3_tcp_yadnp3.pcap", &[16, 39], INTERVAL),
    ("dnp3_udp_yadnp3.pcap", &[10], INTERVAL),
];

const INTERVAL: &str = "32 04 00 00 09: ten objects of group 50 variation 4 with 11 octets each (IEEE 1815 A.27.4), \
     110 octets, are there; tshark 4.0 does not know the variation";
const EXCEPTION_TOO_LONG: &str = "00 04 0a 81 06 00: an exception is three bytes long (MODBUS Application Protocol V1.1b3, 7), \
     the length field says four; the oracle does not compare";
const FUNCTION_ZERO: &str =
    "00 00 00 00 00 06 01 00 ..: function code 0 is not valid (V1.1b3, 4.1); the oracle calls it unknown";
const UNFITTING: &str = "00 00 00 00 00 06 01 FC 00 00 00 00: a fuzzer puts quantity 0, or four bytes behind functions that \
     have none or another number (V1.1b3, 6); the oracle does not check ranges and length";

/// Well-formed for the oracle, and against the protocol by the bytes.
const UNSOUND: &[Known] = &[
    (
        "arkime-dnp3_synthetic.pcap",
        &[19],
        "05 64 0b 44: the DIR bit says outstation, and c1 01 is READ, which masters send",
    ),
    (
        "iti-DNP3-Read.pcap",
        &[6],
        "the outstation's only byte is 00 where 05 64 must start a frame",
    ),
    ("iti-DNP3-Write.pcap", &[6], "as in iti-DNP3-Read.pcap"),
    (
        "iti-DNP3-ReadRequest.pcap",
        &[8],
        "05 64 00 0b 04 00 03 00 00 00: length 0 and checksum 0; the oracle leaves such frames unscored",
    ),
    (
        "iti-DNP3-WriteRequest.pcap",
        &[6],
        "as in iti-DNP3-ReadRequest.pcap",
    ),
    (
        "suricata-dnp3-max-points.pcap",
        &[100],
        "the fragment that starts in frame 93 is never finished: no segment has FIN",
    ),
    (
        "quickdraw-dnp3_test_data_part1.pcap",
        &[19],
        "05 05 11 c4: the second start octet is not 64",
    ),
    (
        "zeek-dnp3.pcap",
        &[19],
        "05 05 11 c4: the second start octet is not 64",
    ),
    (
        "quickdraw-dnp3_test_data_part1.pcap",
        &[154, 156, 163, 166, 174, 176],
        "3c 04 ed: there is no qualifier 0xed (IEEE 1815 4.2.2.7.3)",
    ),
    (
        "zeek-dnp3.pcap",
        &[154, 156, 163, 166, 174, 176],
        "3c 04 ed: there is no qualifier 0xed (IEEE 1815 4.2.2.7.3)",
    ),
    (
        "quickdraw-dnp3_test_data_part1.pcap",
        &[164, 167],
        "c3 81 and c4 81 answer sequence numbers 3 and 4; the master's requests have number 1",
    ),
    (
        "zeek-dnp3.pcap",
        &[164, 167],
        "c3 81 and c4 81 answer sequence numbers 3 and 4; the master's requests have number 1",
    ),
    (
        "arkime-modbus.pcap",
        &[91, 93, 95, 97, 99, 101, 103, 105, 107, 109],
        EXCEPTION_TOO_LONG,
    ),
    (
        "quickdraw-modbus_test_data_part1.pcap",
        &[91, 93, 95, 97, 99, 101, 103, 105, 107, 109],
        EXCEPTION_TOO_LONG,
    ),
    ("suricata-modbus.pcap", &[91, 93, 95, 97, 99], EXCEPTION_TOO_LONG),
    (
        "arkime-modbus.pcap",
        &[111],
        "01 01 23: three bytes that no header can start with",
    ),
    (
        "quickdraw-modbus_test_data_part1.pcap",
        &[111],
        "01 01 23: three bytes that no header can start with",
    ),
    (
        "arkime-modbus.pcap",
        &[129, 132, 134, 136, 140, 153, 155, 163, 165, 168, 175, 178, 184],
        UNFITTING,
    ),
    (
        "quickdraw-modbus_test_data_part2.pcap",
        &[11, 14, 16, 18, 22, 35, 37, 45, 47, 50, 57, 60, 66],
        UNFITTING,
    ),
    ("arkime-modbus.pcap", &[124], FUNCTION_ZERO),
    ("quickdraw-modbus_test_data_part2.pcap", &[6], FUNCTION_ZERO),
    (
        "zeek-modbus-eit.pcap",
        &[2],
        "0e 01 00 4d b7 00, then 00 00 00 00: MoreFollows is 4d where only 00 and ff are defined, and behind a list of 0 \
         objects there are four bytes (V1.1b3, 6.21); the oracle shows neither",
    ),
    (
        "zeek-fuzz-72.pcap",
        &[1],
        "00 00 00 00 00 00: the length field is 0, and unit and function are always counted (TCP 3.1.3); the fuzzer has \
         set SYN, FIN and URG on the segment, so that the oracle does not look into it",
    ),
    (
        "zeek-fuzz-72.pcap",
        &[2, 30],
        "sequence numbers 70 75 f6 c0 and 71 ec e0 4e between others of 8a 75 .. and f1 ec ..: the fuzzer has changed one byte, and \
         no receiver takes a segment so far from its window (RFC 9293 3.10.7.4); the oracle has no word for that",
    ),
    (
        "zeek-fuzz-72.pcap",
        &[35],
        "aa aa aa aa aa aa aa aa: the protocol identifier is not 0; the oracle leaves the segment out",
    ),
];

fn known(list: &[Known], capture: &str, frame: u64) -> Option<usize> {
    list.iter()
        .position(|(name, frames, _)| *name == capture && frames.contains(&frame))
}

/// Frames that carry a caveat with one of these words.
fn with_caveat(truth: &[Value], words: &[&str]) -> BTreeSet<u64> {
    let said = |message: &&Value| {
        let none = Vec::new();
        let caveats = message["caveat"].as_array().unwrap_or(&none);
        caveats
            .iter()
            .any(|caveat| words.iter().any(|word| text(caveat).contains(word)))
    };
    truth
        .iter()
        .filter(said)
        .filter_map(|message| message["frame"].as_u64())
        .collect()
}

#[test]
fn anomalies_stand_on_the_frames_that_break_the_protocol_and_on_no_other() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    let mut wrong = String::new();
    let (mut used_sound, mut used_unsound) = (BTreeSet::new(), BTreeSet::new());
    for path in support::captures_with_truth(&folder) {
        let (name, truth) = (name(&path), truth(&path));
        let malformed = with_caveat(&truth, &["malformed"]);
        // What the oracle calls unknown may be unknown to us too, or known.
        let may = with_caveat(&truth, &["does not know object"]);
        let mut anomalies: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for record in decode(&path, "message,anomaly") {
            let frame = record["frame"].as_u64().unwrap();
            if record["record"] == "anomaly" {
                let names = anomalies.entry(frame).or_default();
                names.insert(format!("{}: {}", text(&record["name"]), text(&record["text"])));
            }
        }
        for frame in &malformed {
            if anomalies.contains_key(frame) {
                continue;
            }
            match known(SOUND, name, *frame) {
                Some(place) => drop(used_sound.insert((place, *frame))),
                None => drop(writeln!(wrong, "{name} frame {frame}: malformed, and no anomaly")),
            }
        }
        for (frame, names) in &anomalies {
            if malformed.contains(frame) || may.contains(frame) {
                continue;
            }
            match known(UNSOUND, name, *frame) {
                Some(place) => drop(used_unsound.insert((place, *frame))),
                None => drop(writeln!(
                    wrong,
                    "{name} frame {frame}: well-formed, and {names:?}"
                )),
            }
        }
    }
    for (list, used) in [(SOUND, used_sound), (UNSOUND, used_unsound)] {
        for (place, (capture, frames, _)) in list.iter().enumerate() {
            for frame in frames.iter().filter(|frame| !used.contains(&(place, **frame))) {
                let _ = writeln!(
                    wrong,
                    "{capture} frame {frame}: explained, and there is nothing to explain"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_index_counts_the_malformed_frames_of_the_truth() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("INDEX.json")).unwrap()).unwrap();
    let counts: BTreeMap<&str, u64> = index
        .as_array()
        .unwrap()
        .iter()
        .map(|capture| {
            let by_protocol = capture["expected_malformed"].as_object();
            let frames = by_protocol.map_or(0, |protocols| {
                protocols
                    .values()
                    .filter_map(|counts| counts["malformed_frames"].as_u64())
                    .sum()
            });
            (text(&capture["name"]), frames)
        })
        .collect();
    for path in support::captures_with_truth(&folder) {
        let short = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        // The index says nothing of the malformed frames of peers: their clients are the truth.
        if !short.starts_with("peers") {
            let frames = with_caveat(&truth(&path), &["malformed"]).len() as u64;
            assert_eq!(counts.get(short), Some(&frames), "{short}");
        }
    }
}
