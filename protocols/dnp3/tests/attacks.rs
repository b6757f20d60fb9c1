//! What somebody does on purpose: hiding commands, filling tables, lying about lengths.

mod common;

use common::{MASTER, Notebook, OUTSTATION, Watch, checksum, frame, frames, hex, request, response, watch};
use tapglass_proto::{Limits, Transport};

/// DIRECT_OPERATE of one control block at index 3.
const CONTROL: &str = "c3 05 0c 01 28 0100 0300 41 01 f4010000 00000000 00";
const CLOSED: &str =
    "direct_operate requested #1; bo:3 Control(ControlBlock { code: 65, count: 1, on_ms: 500, off_ms: 0 })";
/// WRITE of the time.
const TIME: &str = "c4 02 32 01 07 01 e80300000000";

fn read() -> Vec<u8> {
    request(&hex("c1 01 3c 02 06"))
}

#[test]
fn nothing_hides_behind_another_frame() {
    let link_status = frame(0xc9, 10, 1, &[]);
    let control = request(&hex(CONTROL));
    for before in [
        link_status.clone(),
        frame(0xc0, 10, 1, &[]),
        // Frames that are odd themselves: data where none belong, none where some do, no such function.
        frame(0xc9, 10, 1, &[1, 2, 3]),
        frame(0xc4, 10, 1, &[]),
        frame(0xc7, 10, 1, &[]),
        frame(0x0b, 10, 1, &[]),
        // Stray octets and the start of a frame that never comes.
        hex("00 ff 05 64"),
        hex("05 64 05 64 05"),
        // A header that is wrong, and one that promises more than the line can carry.
        hex("05 64 ff c4 0a 00 01 00 00 00"),
        read(),
    ] {
        let notes = watch(&[(MASTER, [before.clone(), control.clone()].concat())]);
        assert_eq!(notes.operations, [CLOSED], "{before:02x?}");
    }
    let notes = watch(&[(MASTER, [read(), request(&hex(TIME))].concat())]);
    assert_eq!(
        notes.operations,
        ["set_time requested #1 [1970-01-01T00:00:01.000000000Z]"]
    );
}

#[test]
fn a_frame_inside_user_data_is_data() {
    // g110v: a whole frame with a command as the octets of a string.
    let inner = request(&hex(CONTROL));
    let length = u8::try_from(inner.len()).unwrap();
    let mut fragment = vec![0xc1, 0x02, 110, length, 0x00, 0, 0];
    fragment.extend(&inner);
    let outer = request(&fragment);
    let notes = watch(&[(MASTER, outer.clone())]);
    assert_eq!(notes.functions(), ["WRITE"]);
    assert_eq!(notes.anomalies, []);
    // With its own blocks torn apart by the checksums of the frame around it, it is none even when that one is damaged.
    for at in 0..outer.len() {
        let mut damaged = outer.clone();
        damaged[at] ^= 0x10;
        let notes = watch(&[(MASTER, [damaged, read()].concat())]);
        assert_eq!(notes.functions(), ["READ"], "octet {at}");
        assert!(!notes.anomalies.is_empty() && !notes.blind.is_empty());
    }
}

#[test]
fn a_wrong_checksum_is_told_with_its_place_wherever_it_stands() {
    let good = request(&[&hex(CONTROL)[..], &[0; 20]].concat());
    let ends = [8, 26, 44, 55];
    assert_eq!(good.len(), 10 + 18 + 18 + 9 + 2);
    for end in ends {
        let mut damaged = good.clone();
        damaged[end] ^= 0xff;
        let notes = watch(&[(MASTER, [damaged, read()].concat())]);
        assert_eq!(notes.functions(), ["READ"]);
        assert_eq!(notes.anomaly_names(), ["link_crc_mismatch"]);
        let text = &notes.anomalies[0].2;
        if end == ends[0] {
            assert_eq!(text, "the checksum of a link header is wrong");
        } else {
            let block = match end {
                26 => 10,
                44 => 28,
                _ => 46,
            };
            assert_eq!(
                *text,
                format!("the checksum of the block at byte {block} of a link frame from 1 to 10 is wrong")
            );
        }
    }
    // Header and blocks are each checked on their own: a header made anew does not save a wrong block.
    let mut damaged = good.clone();
    damaged[4] = 11;
    let check = checksum(&damaged[..8]);
    damaged[8..10].copy_from_slice(&check);
    damaged[12] ^= 1;
    let notes = watch(&[(MASTER, [damaged, read()].concat())]);
    assert_eq!(notes.functions(), ["READ"]);
}

#[test]
fn a_cut_at_every_octet_changes_nothing() {
    let controls = [
        request(&hex(CONTROL)),
        request(&hex(TIME)),
        frames(
            0xc4,
            10,
            1,
            &[&[0xc5, 2, 110, 100, 0, 7, 7][..], &[b'x'; 100]].concat(),
            9,
            30,
        )
        .concat(),
    ]
    .concat();
    let answer = response(&hex("c3 81 0000 0c 01 28 0100 0300 41 01 f4010000 00000000 00"));
    let say = |notes: &Notebook| {
        let messages = notes.messages.iter().map(|message| message.json.clone());
        (
            messages.collect::<Vec<_>>(),
            notes.operations.clone(),
            notes.answers.clone(),
        )
    };
    let whole = watch(&[(MASTER, controls.clone()), (OUTSTATION, answer.clone())]);
    assert_eq!((whole.operations.len(), whole.answers.len()), (3, 1));
    for cut in 0..=controls.len() {
        let (front, back) = controls.split_at(cut);
        let notes = watch(&[
            (MASTER, front.to_vec()),
            (MASTER, back.to_vec()),
            (OUTSTATION, answer.clone()),
        ]);
        assert_eq!(say(&notes), say(&whole), "cut at {cut}");
        assert_eq!((&notes.anomalies, &notes.blind), (&vec![], &vec![]));
    }
}

#[test]
fn the_same_sequence_number_with_other_content_is_another_command() {
    let mut other = hex(CONTROL);
    other[9] = 0x81; // TRIP
    let notes = watch(&[
        (MASTER, request(&hex(CONTROL))),
        (MASTER, request(&other)),
        (MASTER, request(&hex(CONTROL))),
    ]);
    let starts: Vec<_> = notes
        .operations
        .iter()
        .map(|text| text.split(", count").next().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "direct_operate requested #1; bo:3 Control(ControlBlock { code: 65",
            "direct_operate requested #2; bo:3 Control(ControlBlock { code: 129",
            "direct_operate requested #3; bo:3 Control(ControlBlock { code: 65"
        ]
    );
}

#[test]
fn ten_thousand_requests_without_answer_switch_nothing_off() {
    let mut watch = Watch::new(Transport::Tcp);
    for nth in 0..10_000_u16 {
        // From as many masters, so that none replaces another.
        watch.feed(
            MASTER,
            &frames(0xc4, 10, nth, &hex("c1 01 3c 02 06"), 0, 249).concat(),
        );
    }
    watch.feed(MASTER, &request(&hex(CONTROL)));
    watch.feed(
        OUTSTATION,
        &response(&hex("c3 81 0000 0c 01 28 0100 0300 41 01 f4010000 00000000 02")),
    );
    let notes = watch.close();
    assert_eq!(notes.messages.len(), 10_002);
    assert_eq!(notes.messages[10_001].response_to, Some(10_001));
    assert_eq!(notes.operations, [CLOSED]);
    assert_eq!(notes.answers, [r#"#1 rejected NO_SELECT ["NO_SELECT"]"#]);
    assert!(notes.blind.iter().all(|(reason, _)| *reason == "limit") && !notes.blind.is_empty());
}

#[test]
fn first_segments_without_a_last_one_stay_within_bounds() {
    let limits = Limits {
        message_bytes: 100_000,
        ..Limits::default()
    };
    let mut watch = Watch::with(Transport::Tcp, false, limits);
    for nth in 0..20_000_u16 {
        let mut segment = vec![0x40];
        segment.extend([nth as u8; 240]);
        watch.feed(MASTER, &frame(0xc4, nth % 500, nth, &segment));
    }
    // One series that never ends.
    for nth in 0..2_000_u16 {
        let first = if nth == 0 { 0x40 } else { 0 };
        let mut segment = vec![first | (nth % 64) as u8];
        segment.extend([0; 240]);
        watch.feed(MASTER, &frame(0xc4, 10, 1, &segment));
    }
    watch.feed(MASTER, &request(&hex(CONTROL)));
    let notes = watch.close();
    assert_eq!(notes.functions(), ["DIRECT_OPERATE"]);
    assert!(
        notes
            .blind
            .iter()
            .filter(|(reason, _)| *reason == "limit")
            .count()
            > 10_000
    );
}

#[test]
fn series_of_many_stations_do_not_disturb_each_other() {
    // Three outstations in turn, one of which jumps in its sequence.
    let fragment = |index: u8| [&[0xc0, 0x81, 0, 0, 110, 40, 0, index, index][..], &[index; 40]].concat();
    let series: Vec<_> = (1..4_u8)
        .map(|index| frames(0x44, 1, 10 + u16::from(index), &fragment(index), 60, 10))
        .collect();
    let mut stream = vec![];
    for nth in 0..series[0].len() {
        for (who, frames) in series.iter().enumerate() {
            if who != 1 || nth != 2 {
                stream.push(frames[nth].clone());
            }
        }
    }
    let notes = watch(&[(OUTSTATION, stream.concat())]);
    assert_eq!(notes.functions(), ["RESPONSE", "RESPONSE"]);
    assert_eq!(
        notes.anomaly_names(),
        [
            "transport_sequence",
            "transport_first_missing",
            "transport_first_missing"
        ]
    );
}

#[test]
fn lengths_that_lie_cost_nothing() {
    let mut fragments = vec![];
    for function in [1_u8, 2, 3, 5, 22, 129, 130] {
        for range in [
            "00 00 ff",
            "01 0000 ffff",
            "02 00000000 ffffffff",
            "02 01000000 00000000",
            "05 00000000 ffffffff",
            "06",
            "08 ffff",
            "09 ffffffff",
            "17 ff",
            "28 ffff",
            "39 ffffffff",
            "39 00000080",
            "4b ff",
            "5b ff",
            "6b ff",
            "69 ffffffff",
        ] {
            for (group, variation) in [
                (0, 254),
                (0, 252),
                (1, 1),
                (1, 2),
                (3, 1),
                (12, 1),
                (12, 3),
                (30, 0),
                (30, 6),
                (60, 1),
                (70, 5),
                (80, 1),
                (87, 1),
                (110, 0),
                (110, 255),
                (120, 3),
                (120, 9),
                (99, 1),
            ] {
                for data in ["", "ff", "ffffffffffffffff", "0000000000000000000000000000"] {
                    let mut fragment = vec![0xc0, function];
                    if function > 128 {
                        fragment.extend([0, 0]);
                    }
                    fragment.extend([group, variation]);
                    fragment.extend(hex(range));
                    fragment.extend(hex(data));
                    fragments.push((function > 128, fragment));
                }
            }
        }
    }
    for (is_response, fragment) in &fragments {
        let (from, bytes) = if *is_response {
            (OUTSTATION, response(fragment))
        } else {
            (MASTER, request(fragment))
        };
        let notes = watch(&[(from, bytes)]);
        let message = &notes.messages[0];
        assert!(
            message.json.len() < 6_000,
            "{fragment:02x?}: {}",
            message.json.len()
        );
        assert!(message.fields.len() < 300, "{fragment:02x?}");
        assert!(message.summary.len() < 400, "{fragment:02x?}");
        let operations: usize = notes.operations.iter().map(String::len).sum();
        assert!(operations < 10_000, "{fragment:02x?}");
    }
}

#[test]
fn every_pair_of_addresses_there_is_does_not_make_it_slow() {
    let mut watch = Watch::new(Transport::Tcp);
    for nth in 0..40_000_u16 {
        watch.feed(MASTER, &frame(0xc9, nth, nth.wrapping_mul(7), &[]));
    }
    let notes = watch.close();
    assert_eq!(notes.messages.len(), 40_000);
    assert_eq!(notes.blind.len(), 40_000 - Limits::default().open_requests);
}

#[test]
fn every_function_and_qualifier_is_told() {
    for code in 0..=255_u8 {
        let notes = watch(&[(MASTER, request(&[0xc0, code, 0, 0]))]);
        let is_known = matches!(code, 0..=33 | 129..=131);
        assert_eq!(notes.functions()[0] != "UNKNOWN", is_known, "{code}");
        assert_eq!(
            notes.anomaly_names().contains(&"function_unknown"),
            !is_known,
            "{code}"
        );
    }
    for qualifier in 0..=255_u8 {
        let fragment = [&[0xc0, 0x81, 0, 0, 30, 2, qualifier][..], &[0; 12]].concat();
        let notes = watch(&[(OUTSTATION, response(&fragment))]);
        let (prefix, range) = (qualifier >> 4, qualifier & 15);
        let is_known = matches!((prefix, range), (0, 0..=9) | (1..=3, 7..=9) | (4..=6, 0..=9 | 11));
        let is_refused = notes.anomaly_names().contains(&"object_qualifier_invalid");
        // Without a range there are no points to have values.
        assert_eq!(is_refused, !is_known || range == 6, "{qualifier:02x}");
    }
}
