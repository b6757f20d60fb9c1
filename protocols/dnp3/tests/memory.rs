//! What later messages point to: files by their handles, directories over blocks, data sets by their descriptors,
//! challenges by their sequence numbers, selections, and frames of the link layer.

#![allow(clippy::unwrap_used)] // A test may fail loudly.

mod common;

use common::{MASTER, Notebook, OUTSTATION, Watch, frame, frames, hex, request, response, watch};
use tapglass_proto::{Direction, Limits, Transport};

/// An object with its size in 16 bits before it.
fn sized(group: u8, variation: u8, object: &[u8]) -> Vec<u8> {
    let mut bytes = vec![group, variation, 0x5b, 1];
    bytes.extend(u16::try_from(object.len()).unwrap().to_le_bytes());
    bytes.extend(object);
    bytes
}

fn ask(sequence: u8, function: u8, objects: &[u8]) -> (Direction, Vec<u8>) {
    (
        MASTER,
        frames(
            0xc4,
            10,
            1,
            &[&[0xc0 | sequence, function], objects].concat(),
            sequence,
            249,
        )
        .concat(),
    )
}

fn tell(sequence: u8, objects: &[u8]) -> (Direction, Vec<u8>) {
    let fragment = [&[0xc0 | sequence, 0x81, 0, 0], objects].concat();
    (OUTSTATION, frames(0x44, 1, 10, &fragment, sequence, 249).concat())
}

/// g70v3: the name at 26, no time, permissions 0x01ff, no key, size 0, mode, blocks of 1,024, request 1.
fn command(name: &str, mode: u8) -> Vec<u8> {
    let mut object = vec![26, 0, u8::try_from(name.len()).unwrap(), 0];
    object.extend(hex("000000000000 ff01 00000000 00000000"));
    object.extend([mode, 0, 0, 4, 1, 0]);
    object.extend(name.bytes());
    sized(70, 3, &object)
}

/// g70v4: handle, size 9, blocks of 1,024, request 1, status.
fn status(handle: u32, status: u8) -> Vec<u8> {
    let mut object = handle.to_le_bytes().to_vec();
    object.extend(hex("09000000 0004 0100"));
    object.push(status);
    sized(70, 4, &object)
}

/// g70v5: handle, block with its highest bit for the last, data.
fn block(handle: u32, block: u32, data: &[u8]) -> Vec<u8> {
    let mut object = handle.to_le_bytes().to_vec();
    object.extend(block.to_le_bytes());
    object.extend(data);
    sized(70, 5, &object)
}

#[test]
fn every_block_names_its_file() {
    let notes = watch(&[
        ask(1, 25, &command("/cfg/relay1.set", 2)),
        tell(1, &status(7, 0)),
        ask(2, 2, &block(7, 0, b"one")),
        tell(2, &sized(70, 6, &hex("07000000 00000000 00"))),
        ask(3, 2, &block(7, 0x8000_0001, b"two")),
        tell(3, &sized(70, 6, &hex("07000000 01000080 00"))),
        ask(4, 26, &status(7, 0)),
        tell(4, &status(7, 0)),
        // The handle is given out again.
        ask(5, 25, &command("log.txt", 1)),
        tell(5, &status(7, 0)),
        ask(6, 1, &block(7, 0, b"")),
        tell(6, &block(7, 0x8000_0000, b"data")),
        ask(7, 30, &status(7, 0)),
        tell(7, &status(7, 0)),
        ask(8, 1, &block(7, 0, b"")),
        // One that is not opened gets no handle.
        ask(9, 25, &command("none", 1)),
        tell(9, &status(8, 3)),
        ask(10, 1, &block(8, 0, b"")),
        ask(11, 27, &command("old", 0)),
    ]);
    assert_eq!(notes.anomalies, []);
    assert_eq!(
        notes.operations,
        [
            "file requested #1 [/cfg/relay1.set for WRITE]",
            "file requested #2 [/cfg/relay1.set block 0]",
            "file requested #3 [/cfg/relay1.set block 1]",
            "file requested #4 [/cfg/relay1.set]",
            "file requested #5 [log.txt]",
            "file requested #6 [log.txt block 0]",
            "file requested #7 [log.txt]",
            "file requested #8 [handle 7 block 0]",
            "file requested #9 [none]",
            "file requested #10 [handle 8 block 0]",
            "file requested #11 [old]",
        ]
    );
    assert_eq!(notes.answers.last().unwrap(), "#9 rejected FILE_NOT_FOUND");
    for nth in [1, 2, 3, 4, 5, 6, 7] {
        let json = &notes.messages[nth].json;
        assert!(
            json.contains(r#""handle":7,"file":"/cfg/relay1.set""#),
            "{nth}: {json}"
        );
    }
    for nth in [9, 10, 11, 12, 13] {
        assert!(
            notes.messages[nth]
                .json
                .contains(r#""handle":7,"file":"log.txt""#),
            "{nth}"
        );
    }
    assert!(!notes.messages[14].json.contains("log.txt"));
}

/// An entry of a directory: name at 20, type, size, 1,000 ms, permissions 0x01ff, request 8, name.
fn entry(name: &str, kind: u8, size: u8) -> Vec<u8> {
    let mut bytes = vec![
        20,
        0,
        u8::try_from(name.len()).unwrap(),
        0,
        kind,
        0,
        size,
        0,
        0,
        0,
    ];
    bytes.extend(hex("e80300000000 ff01 0800"));
    bytes.extend(name.bytes());
    bytes
}

fn read_directory(cut: usize) -> Notebook {
    let data = [entry("bin", 0, 3), entry("a.txt", 1, 9), entry("b.txt", 1, 10)].concat();
    watch(&[
        ask(1, 25, &command(".", 1)),
        tell(1, &status(7, 0)),
        ask(2, 1, &block(7, 0, b"")),
        tell(2, &block(7, 0, &data[..cut])),
        ask(3, 1, &block(7, 1, b"")),
        tell(3, &block(7, 0x8000_0001, &data[cut..])),
    ])
}

#[test]
fn entries_of_a_directory_are_read_inside_blocks() {
    let length = 23 + 25 + 25;
    let whole = |name: &str, kind: &str, code: u8, size: u8| {
        format!(
            r#"{{"file_name_offset":20,"file_name_size":{},"file_type":{{"code":{code},"name":"{kind}"}},"file_size":{size},"time":"1970-01-01T00:00:01.000000000Z","permissions":511,"request":8,"file_name":"{name}"}}"#,
            name.len()
        )
    };
    let entries = [
        whole("bin", "DIRECTORY", 0, 3),
        whole("a.txt", "SIMPLE_FILE", 1, 9),
        whole("b.txt", "SIMPLE_FILE", 1, 10),
    ];
    for cut in 23..=length {
        let notes = read_directory(cut);
        let first = match cut {
            ..48 => 1,
            48..73 => 2,
            _ => 3,
        };
        let expected = |entries: &[String]| format!(r#""entries":[{}]"#, entries.join(","));
        let json = [&notes.messages[3].json, &notes.messages[5].json];
        assert!(
            json[0].contains(&expected(&entries[..first])),
            "{cut}: {}",
            json[0]
        );
        assert!(
            json[1].contains(&expected(&entries[first..])),
            "{cut}: {}",
            json[1]
        );
        assert!(notes.messages[5].fields.concat().contains("Directory entry") || cut == length);
    }
    // A file that is written is no directory, whatever is in it.
    let notes = watch(&[ask(2, 2, &block(7, 0, &entry("bin", 0, 3)))]);
    assert!(!notes.messages[0].json.contains("entries"));
}

#[test]
fn users_and_passwords_of_files_are_kept_apart() {
    // The user's name lies over the password.
    let mut object = hex("0c00 0900 0f00 0600 00000000");
    object.extend(b"bobsesame");
    let notes = watch(&[ask(1, 29, &sized(70, 2, &object))]);
    assert!(
        notes.messages[0]
            .json
            .contains(r#""user":"redacted","password":"redacted","password_length":6"#)
    );
    // The sizes leave the end of the password out.
    let mut object = hex("0c00 0300 0f00 0300 00000000");
    object.extend(b"bobsesame");
    let both = sized(70, 2, &object);
    let notes = watch(&[ask(1, 29, &both)]);
    assert!(notes.messages[0].json.contains(r#""unused":"redacted""#));
    for message in &notes.messages {
        let all = format!("{}{}", message.json, message.fields.concat());
        assert!(!all.contains("\"ame") && !all.contains("616d65") && !all.contains("ses"));
    }
    // A damaged frame that holds a password behind another object is not shown.
    let mut fragment = hex("c1 02 3c 01 06");
    fragment.extend(sized(70, 2, &object));
    let mut damaged = request(&fragment);
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    let notes = watch(&[(MASTER, damaged)]);
    assert_eq!(notes.anomalies[0].3, 10);
}

/// g86v1: data set 3 of a flow and the elements of a prototype; g85v1: a speed and a state.
fn definitions() -> (Vec<u8>, Vec<u8>) {
    let mut prototype = hex("13 02 00 00 000102030405060708090a0b0c0d0e0f");
    prototype.extend(hex("08 05 02 04"));
    prototype.extend(b"Speed");
    prototype.extend(hex("08 05 01 08"));
    prototype.extend(b"State");
    let mut descriptor = hex("04 01 00 00 03 07 05 04 04");
    descriptor.extend(b"Flow");
    descriptor.extend(hex("13 06 00 00 000102030405060708090a0b0c0d0e0f"));
    (sized(85, 1, &prototype), sized(86, 1, &descriptor))
}

#[test]
fn values_of_a_data_set_have_the_types_of_its_descriptor() {
    let (prototype, descriptor) = definitions();
    let mut values = hex("01 03 06 e80300000000 04 00007542 02 9600 03");
    values.extend(b"run");
    let typed = concat!(
        r#""elements":[{"length":1,"data_set":3},{"length":6,"time":"1970-01-01T00:00:01.000000000Z"},"#,
        r#"{"length":4,"name":"Flow","type":{"code":4,"name":"FLT"},"value":61.25},"#,
        r#"{"length":2,"name":"Speed","type":{"code":2,"name":"UINT"},"value":150},"#,
        r#"{"length":3,"name":"State","type":{"code":1,"name":"VSTR"},"value":"run"}]"#
    );
    let untyped = r#"{"length":4,"value":"00007542"}"#;
    let set = sized(87, 1, &values);
    let event = sized(88, 1, &values);
    let other = (
        OUTSTATION,
        frames(0x44, 1, 11, &[&[0xc0, 0x81, 0, 0], &set[..]].concat(), 0, 249).concat(),
    );
    let notes = watch(&[
        tell(1, &set),
        tell(2, &descriptor),
        tell(3, &set),
        tell(4, &prototype),
        tell(5, &set),
        // Another outstation's data sets are its own.
        other,
        // A master defines data sets by WRITE, and its definition replaces the other.
        ask(6, 2, &sized(86, 1, &hex("04 01 00 00 03 06 05 02 01 466c6f"))),
        tell(7, &set),
        ask(8, 2, &sized(87, 1, &hex("01 03 01 07"))),
    ]);
    for nth in [0, 2, 5, 7] {
        assert!(
            notes.messages[nth].json.contains(untyped),
            "{nth}: {}",
            notes.messages[nth].json
        );
    }
    assert!(
        notes.messages[4].json.contains(typed),
        "{}",
        notes.messages[4].json
    );
    assert!(notes.messages[8].json.contains(
        r#""elements":[{"length":1,"data_set":3},{"length":1,"name":"Flo","type":{"code":2,"name":"UINT"},"value":7}]"#
    ));
    let notes = watch(&[
        tell(1, &[prototype, descriptor].concat()),
        (OUTSTATION, response(&[&[0xf2, 0x82, 0, 0], &event[..]].concat())),
    ]);
    assert!(notes.messages[1].json.contains(typed));
}

#[test]
fn what_is_forgotten_is_said() {
    let mut watch = Watch::new(Transport::Tcp);
    for handle in 0..66_u32 {
        let sequence = (handle & 15) as u8;
        for (direction, bytes) in [
            ask(sequence, 25, &command("a", 1)),
            tell(sequence, &status(handle, 0)),
        ] {
            watch.feed(direction, &bytes);
        }
    }
    for number in 0..33_u8 {
        let (direction, bytes) = tell(
            number & 15,
            &sized(86, 1, &[4, 1, 0, 0, number, 4, 5, 2, 1, b'x']),
        );
        watch.feed(direction, &bytes);
    }
    assert_eq!(watch.close().blind, [("limit", None); 3]);
}

#[test]
fn aggressive_mode_stands_around_the_objects_of_any_request() {
    // g120v3: sequence 5, user 2, with a count; the objects; g120v9: a code with its size.
    let lead = hex("78 03 07 01 05000000 0200");
    let tail = hex("78 09 5b 01 0400 a1b2c3d4");
    let control = hex("0c 01 28 0100 0300 41 01 f4010000 00000000 00");
    let around = |objects: &[u8]| [&lead[..], objects, &tail].concat();
    let notes = watch(&[
        ask(1, 5, &around(&control)),
        tell(1, &control),
        ask(2, 13, &around(b"")),
        ask(3, 1, &around(&hex("1e 00 06"))),
        ask(4, 21, &around(&hex("3c 02 06"))),
        ask(5, 3, &around(&control)),
        ask(
            6,
            4,
            &[&lead[..], &control, &hex("78 09 5b 01 0400 01020304")].concat(),
        ),
    ]);
    assert_eq!(notes.anomalies, []);
    let starts: Vec<_> = notes
        .operations
        .iter()
        .map(|text| text.split("f4").next().unwrap().split("; bo:3").next().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "direct_operate requested #1",
            "restart requested #2 [cold]",
            "block_reporting requested #3 [class 1]",
            "select requested #4",
            "operate requested #5"
        ]
    );
    assert_eq!(notes.answers, [r#"#1 accepted SUCCESS ["SUCCESS"]"#]);
    for nth in [0, 2, 3, 4, 5, 6] {
        let json = &notes.messages[nth].json;
        assert!(
            json.contains(r#""points":[{"index":0,"challenge_sequence":5,"user":2}]"#),
            "{json}"
        );
        assert!(json.contains(r#""points":[{"size":4,"mac":""#), "{json}");
    }
    assert!(
        notes.messages[6]
            .json
            .contains(r#""same_objects":true,"sequence_follows":true"#)
    );
}

#[test]
fn replies_name_their_challenges() {
    let control = hex("0c 01 28 0100 0300 41 01 f4010000 00000000 00");
    let challenge = |sequence: u8| {
        let object = [sequence, 0, 0, 0, 0, 0, 4, 1, 0xaa, 0xbb, 0xcc, 0xdd];
        response(&[&[0xc6, 0x83, 0, 0], &sized(120, 1, &object)[..]].concat())
    };
    let reply = |sequence: u8| ask(6, 32, &sized(120, 2, &[sequence, 0, 0, 0, 1, 0, 0xee]));
    let notes = watch(&[
        ask(6, 5, &control),
        (OUTSTATION, challenge(3)),
        reply(3),
        tell(6, &control),
        // Not the one that was sent.
        reply(9),
    ]);
    let to: Vec<_> = notes.messages.iter().map(|message| message.response_to).collect();
    assert_eq!(to, [None, Some(1), Some(2), Some(1), None]);
    // A master asks for the status of its keys, and changes users and keys.
    let notes = watch(&[
        ask(1, 32, &hex("78 04 07 01 0100")),
        (
            OUTSTATION,
            response(
                &[
                    &[0xc1, 0x83, 0, 0],
                    &sized(120, 5, &hex("01000000 0100 01 01 02 0200 aabb"))[..],
                ]
                .concat(),
            ),
        ),
        ask(
            2,
            32,
            &sized(120, 10, &hex("03 01 07000000 0100 1e00 0300 0000 0000 626f62")),
        ),
        ask(3, 32, &sized(120, 13, &hex("01000000 0100 0200 aabb"))),
    ]);
    assert_eq!(notes.messages[1].response_to, Some(1));
    assert_eq!(
        notes.operations,
        [
            "login requested #1 [user 1]",
            "configure requested #2 [ADD user bob]",
            "configure requested #3 [user 1]"
        ]
    );
}

#[test]
fn an_operate_names_its_select() {
    let control = |index: u8| {
        let mut objects = hex("0c 01 28 0100 0300 41 01 f4010000 00000000 00");
        objects[5] = index;
        objects
    };
    for (between, operate, expected) in [
        (None, (4, 3), Some((true, true))),
        (None, (4, 5), Some((false, true))),
        (None, (6, 3), Some((true, false))),
        // A request of another kind ends the selection.
        (Some(ask(4, 1, &hex("3c 01 06"))), (5, 3), None),
    ] {
        let mut segments = vec![ask(3, 3, &control(3)), tell(3, &control(3))];
        segments.extend(between);
        segments.push(ask(operate.0, 4, &control(operate.1)));
        // Sent again: the selection is still the same.
        segments.push(ask(operate.0, 4, &control(operate.1)));
        let notes = watch(&segments);
        let at = notes.messages.len() - 2;
        for (nth, delay) in [(at, at as u64 * 1_000), (at + 1, (at as u64 + 1) * 1_000)] {
            let json = &notes.messages[nth].json;
            match expected {
                Some((same, follows)) => {
                    let select = format!(
                        r#""select":{{"seq":3,"delay_us":{delay},"same_objects":{same},"sequence_follows":{follows}}}"#
                    );
                    assert!(json.contains(&select), "{json}");
                }
                None => assert!(!json.contains("\"select\""), "{json}"),
            }
        }
    }
}

#[test]
fn frames_of_the_link_layer_answer_each_other() {
    let notes = watch(&[
        // RESET_LINK_STATES, ACK; TEST_LINK_STATES with FCB 1, ACK; CONFIRMED_USER_DATA with FCB 0, NACK with DFC.
        (MASTER, frame(0xc0, 10, 1, &[])),
        (OUTSTATION, frame(0x00, 1, 10, &[])),
        (MASTER, frame(0xf2, 10, 1, &[])),
        (OUTSTATION, frame(0x00, 1, 10, &[])),
        (MASTER, frame(0xd3, 10, 1, &[0xc0, 0xc0, 0x01, 60, 1, 6])),
        (OUTSTATION, frame(0x11, 1, 10, &[])),
        // Nothing was asked.
        (OUTSTATION, frame(0x0b, 1, 10, &[])),
        // REQUEST_LINK_STATUS of the outstation, LINK_STATUS of the master; NOT_SUPPORTED.
        (OUTSTATION, frame(0x49, 1, 10, &[])),
        (MASTER, frame(0x8b, 10, 1, &[])),
        (MASTER, frame(0xc9, 10, 1, &[])),
        (OUTSTATION, frame(0x0f, 1, 10, &[])),
    ]);
    let to: Vec<_> = notes.messages.iter().map(|message| message.response_to).collect();
    assert_eq!(
        to,
        [
            None,
            Some(1),
            None,
            Some(3),
            None,
            Some(5),
            None,
            None,
            Some(8),
            None,
            Some(10)
        ]
    );
    assert_eq!(notes.anomalies, []);
    assert!(
        notes.messages[5].json.contains(
            r#""function":"NACK","code":1,"direction":false,"primary":false,"fcb":false,"dfc":true"#
        )
    );
}

#[test]
fn a_frame_count_bit_that_does_not_toggle_is_said() {
    let reset = (MASTER, frame(0xc0, 10, 1, &[]));
    let data = |count: u8, function: u8| {
        let control = if count == 1 { 0xf3 } else { 0xd3 };
        (MASTER, frames(control, 10, 1, &[0xc0, function], 0, 249).concat())
    };
    for (segments, anomalies) in [
        (vec![reset.clone(), data(1, 13), data(0, 14), data(1, 13)], vec![]),
        (vec![reset.clone(), data(0, 13)], vec!["link_frame_count"]),
        (vec![data(0, 13), data(0, 14)], vec!["link_frame_count"]),
        (vec![data(0, 13), reset, data(1, 14)], vec![]),
    ] {
        let notes = watch(&segments);
        assert_eq!(notes.anomaly_names(), anomalies);
        // What the outstation drops is shown all the same.
        assert_eq!(notes.messages.len(), segments.len());
    }
    // A datagram between the two may not have been seen.
    let mut udp = Watch::new(Transport::Udp);
    for (direction, bytes) in [data(0, 13), data(0, 14)] {
        udp.feed(direction, &bytes);
    }
    assert_eq!(udp.close().anomalies, []);
    let mut middle = Watch::with(Transport::Tcp, true, Limits::default());
    for (direction, bytes) in [data(0, 13), data(0, 14)] {
        middle.feed(direction, &bytes);
    }
    assert_eq!(middle.close().anomalies, []);
}

#[test]
fn addresses_of_nobody_in_particular_have_names() {
    for (address, name) in [
        (0xfffc, "SELF_ADDRESS"),
        (0xfffd, "BROADCAST_DO_NOT_CONFIRM"),
        (0xfffe, "BROADCAST_SHALL_CONFIRM"),
        (0xffff, "BROADCAST_MAY_CONFIRM"),
    ] {
        let notes = watch(&[(MASTER, frames(0xc4, address, 1, &[0xc0, 13], 0, 249).concat())]);
        let json = format!(r#"{{"source":1,"destination":{address},"destination_name":"{name}","link""#);
        assert!(
            notes.messages[0].json.starts_with(&json),
            "{}",
            notes.messages[0].json
        );
        let outcome = if address == 0xfffc {
            "requested #1"
        } else {
            "unacknowledged #0"
        };
        assert_eq!(notes.operations, [format!("restart {outcome} [cold]")]);
    }
}
