//! Byte vectors, read aloud: what stands on the wire and what becomes of it.

mod common;

use common::wire::*;
use common::{MASTER, OUTSTATION, hex, request, response, watch};

#[test]
fn link_frames_are_messages_and_hide_nothing() {
    let both = [
        hex(REQUEST_LINK_STATUS),
        hex(READ_CLASSES),
        hex(REQUEST_LINK_STATUS),
    ]
    .concat();
    let notes = watch(&[(MASTER, both), (OUTSTATION, hex(LINK_STATUS))]);
    assert_eq!(
        notes.functions(),
        [
            "REQUEST_LINK_STATUS",
            "READ",
            "REQUEST_LINK_STATUS",
            "LINK_STATUS"
        ]
    );
    let kinds: Vec<_> = notes
        .messages
        .iter()
        .map(|message| (message.kind, message.from))
        .collect();
    assert_eq!(
        kinds,
        [
            ("link", MASTER),
            ("request", MASTER),
            ("link", MASTER),
            ("link", OUTSTATION)
        ]
    );
    assert_eq!(
        notes.messages[3].json,
        r#"{"source":10,"destination":1,"link":{"function":"LINK_STATUS","code":11,"direction":false,"primary":false,"fcb":false,"dfc":false}}"#
    );
    assert!(notes.anomalies.is_empty() && notes.blind.is_empty() && notes.operations.is_empty());
}

#[test]
fn a_poll_and_its_response() {
    let notes = watch(&[
        (MASTER, hex(READ_CLASSES)),
        (OUTSTATION, hex(CLASSES)),
        (MASTER, hex(CONFIRM)),
    ]);
    assert_eq!(
        notes.messages[0].json,
        concat!(
            r#"{"source":1,"destination":10,"link":{"function":"UNCONFIRMED_USER_DATA","code":4,"direction":true,"primary":true,"fcb":false,"fcv":false},"#,
            r#""transport":{"seq":0,"segments":1},"control":{"fir":true,"fin":true,"con":false,"uns":false,"seq":0},"#,
            r#""objects":[{"group":60,"variation":2,"name":"Class 1 data","qualifier":6},{"group":60,"variation":3,"name":"Class 2 data","qualifier":6},{"group":60,"variation":4,"name":"Class 3 data","qualifier":6},{"group":60,"variation":1,"name":"Class 0 data","qualifier":6}]}"#
        )
    );
    assert_eq!(
        notes.messages[1].json,
        concat!(
            r#"{"source":10,"destination":1,"link":{"function":"UNCONFIRMED_USER_DATA","code":4,"direction":false,"primary":true,"fcb":false,"fcv":false},"#,
            r#""transport":{"seq":0,"segments":1},"control":{"fir":true,"fin":true,"con":true,"uns":false,"seq":0},"iin":["NEED_TIME","DEVICE_RESTART"],"#,
            r#""objects":[{"group":1,"variation":2,"name":"Binary input","qualifier":0,"start":0,"stop":1,"count":2,"points":[{"index":0,"value":true,"flags":["ONLINE"]},{"index":1,"value":false,"flags":["ONLINE"]}]},"#,
            r#"{"group":30,"variation":5,"name":"Analog input","qualifier":1,"start":7,"stop":7,"count":1,"points":[{"index":7,"value":61.25,"flags":["ONLINE","OVER_RANGE"]}]}]}"#
        )
    );
    assert_eq!(
        notes.messages[0].summary,
        "READ class 1, class 2, class 3, class 0"
    );
    assert_eq!(
        notes.messages[1].summary,
        "RESPONSE bi:0 on, bi:1 off, ai:7 61.25 NEED_TIME DEVICE_RESTART"
    );
    assert_eq!(notes.messages[2].kind, "confirm");
    assert_eq!(
        (notes.messages[1].response_to, notes.messages[2].response_to),
        (Some(1), Some(2))
    );
    assert_eq!(
        notes.operations,
        [
            "report accepted #0 Polled; bi:0 Bool(true); bi:1 Bool(false); ai:7 Float(61.25) uncertain (over range)"
        ]
    );
    // The value of ai:7 stands behind the second checksum.
    assert_eq!(
        notes.messages[1].fields[notes.messages[1].fields.len() - 2..],
        [
            "      Flags: 0x21 ONLINE OVER_RANGE @31+1",
            "      Value: 61.25 @32+4"
        ]
    );
}

#[test]
fn select_and_operate_with_their_outcomes() {
    let notes = watch(&[
        (MASTER, hex(SELECT)),
        (OUTSTATION, hex(SELECTED)),
        (MASTER, hex(OPERATE)),
        (OUTSTATION, hex(NOT_OPERATED)),
        (MASTER, hex(SETPOINT)),
    ]);
    let control = "; bo:3 Control(ControlBlock { code: 65, count: 1, on_ms: 500, off_ms: 0 })";
    assert_eq!(
        notes.operations,
        [
            format!("select requested #1{control}"),
            format!("operate requested #2{control}"),
            String::from("direct_operate requested #3; ao:2 Float(61.25)"),
        ]
    );
    assert_eq!(
        notes.answers,
        [
            r#"#1 accepted SUCCESS ["SUCCESS"]"#,
            r#"#2 rejected NO_SELECT ["NO_SELECT"]"#
        ]
    );
    assert!(notes.messages[2].json.contains(concat!(
        r#""points":[{"index":3,"control_code":{"code":65,"operation":"PULSE_ON","trip_close":"CLOSE","queue":false,"clear":false},"#,
        r#""count":1,"on_ms":500,"off_ms":0,"status":{"code":0,"name":"SUCCESS"}}]"#
    )));
    assert_eq!(notes.messages[2].summary, "OPERATE bo:3 PULSE_ON CLOSE");
    assert_eq!(notes.messages[4].summary, "DIRECT_OPERATE ao:2 61.25");
}

#[test]
fn events_have_absolute_times() {
    // d4 control FIR FIN UNS 4, 00 CONFIRM.
    let notes = watch(&[(OUTSTATION, hex(EVENTS)), (MASTER, request(&[0xd4, 0x00]))]);
    assert_eq!(notes.messages[0].kind, "unsolicited");
    assert_eq!(notes.messages[1].response_to, Some(1));
    assert_eq!(
        notes.operations,
        [concat!(
            "report accepted #0 Event; bi:5 Bool(true) at 1970-01-01T00:00:01.010000000Z",
            "; bi:6 Bool(false) at 1970-01-01T00:00:01.020000000Z"
        )]
    );
    assert!(notes.messages[0].json.contains(
        r#"{"index":5,"value":true,"flags":["ONLINE"],"relative_ms":10,"time":"1970-01-01T00:00:01.010000000Z"}"#
    ));
    // Without the common time the times mean nothing, and that is said.
    let notes = watch(&[(
        OUTSTATION,
        response(&[0xc0, 0x82, 0, 0, 2, 3, 0x17, 1, 5, 0x81, 10, 0]),
    )]);
    assert_eq!(notes.anomaly_names(), ["common_time_missing"]);
    assert_eq!(notes.operations, ["report accepted #0 Event; bi:5 Bool(true)"]);
}

#[test]
fn static_values_and_events_are_reported_apart() {
    let objects = [
        &[2, 1, 0x17, 1, 9, 0x81][..],    // g2v1 index 9 on
        &[1, 1, 0x00, 0, 2, 0b101],       // g1v1 0 to 2: on, off, on; no flags
        &[20, 6, 0x00, 4, 4, 0x39, 0x30], // g20v6 index 4: 12,345
        &[13, 1, 0x17, 1, 2, 0x80],       // g13v1 index 2: SUCCESS, on was commanded
        &[43, 2, 0x17, 1, 1, 0x09, 5, 0], // g43v2 index 1: NOT_AUTHORIZED, 5 was commanded
    ]
    .concat();
    // 80 DEVICE_RESTART: values without flags are from before.
    let notes = watch(&[(
        OUTSTATION,
        response(&[&[0xc0, 0x81, 0x80, 0][..], &objects].concat()),
    )]);
    assert_eq!(
        notes.operations,
        [
            "report accepted #0 Event; bi:9 Bool(true)",
            concat!(
                "report accepted #0 Polled; bi:0 Bool(true) uncertain (restart); bi:1 Bool(false) uncertain (restart)",
                "; bi:2 Bool(true) uncertain (restart); counter:4 Unsigned(12345) uncertain (restart)"
            ),
            "report accepted #0 Event; bo:2 Bool(true) SUCCESS; ao:1 Signed(5) uncertain () NOT_AUTHORIZED",
        ]
    );
}

#[test]
fn files_are_named_and_passwords_are_not() {
    // OPEN_FILE g70v3, one with its size: name at 26 of 5 octets, no time, permissions 0x01ff, key 0x01020304, size 9,
    // mode READ, blocks of 1,024, request 1, "a.txt".
    let mut open =
        hex("c0 19 46 03 5b 01 1f 00 1a00 0500 000000000000 ff01 04030201 09000000 0100 0004 0100");
    open.extend(b"a.txt");
    // AUTHENTICATE_FILE g70v2: user at 12 of 3, password at 15 of 6, key 0.
    let mut login = hex("c1 1d 46 02 5b 01 15 00 0c00 0300 0f00 0600 00000000");
    login.extend(b"bobsesame");
    // RESPONSE g70v4: handle 7, size 9, blocks of 1,024, request 1, status 3 FILE_NOT_FOUND.
    let status = hex("c0 81 0000 46 04 5b 01 0d 00 07000000 09000000 0004 0100 03");
    let mut cut = login.clone();
    cut.truncate(24);
    cut[0] = 0xc2;
    let notes = watch(&[
        (MASTER, request(&open)),
        (OUTSTATION, response(&status)),
        (MASTER, request(&login)),
        (MASTER, request(&cut)),
    ]);
    assert_eq!(
        notes.operations,
        [
            "file requested #1 [a.txt]",
            "login requested #2 [user bob]",
            "login requested #3 [user bob]"
        ]
    );
    assert_eq!(notes.answers, ["#1 rejected FILE_NOT_FOUND"]);
    assert!(notes.messages[0].json.contains(concat!(
        r#""permissions":511,"authentication_key":"redacted","file_size":9,"mode":{"code":1,"name":"READ"},"#,
        r#""maximum_block_size":1024,"request":1,"file_name":"a.txt""#
    )));
    assert!(
        notes.messages[2]
            .json
            .contains(r#""user":"bob","password":"redacted","password_length":6"#)
    );
    // Cut off in the password: what is left of it is not written either.
    assert_eq!(notes.anomaly_names(), ["object_truncated"]);
    assert!(
        notes.messages[3]
            .json
            .contains(r#""data":"redacted","data_length":"#)
    );
    assert!(
        !notes
            .messages
            .iter()
            .any(|message| message.json.contains("sesame"))
    );
    assert!(
        !notes
            .messages
            .iter()
            .any(|message| message.fields.concat().contains("sesame"))
    );
}

#[test]
fn attributes_identify_the_device() {
    // RESPONSE g0v252 set 0: VSTR of 4 "Acme"; g0v242: VSTR of 3 "1.2"; g0v240: UINT of 2 2,048.
    let mut objects = hex("c0 81 0000 00 fc 00 00 00 01 04");
    objects.extend(b"Acme");
    objects.extend(hex("00 f2 00 00 00 01 03"));
    objects.extend(b"1.2");
    objects.extend(hex("00 f0 00 00 00 02 02 0008"));
    let notes = watch(&[(OUTSTATION, response(&objects))]);
    assert_eq!(
        notes.identities,
        [
            ("vendor", String::from("Acme")),
            ("firmware", String::from("1.2"))
        ]
    );
    assert!(notes.messages[0].json.contains(
        r#"{"index":0,"name":"maximum_transmit_fragment","type":{"code":2,"name":"UINT"},"length":2,"value":2048}"#
    ));
}

#[test]
fn each_attribute_that_names_something_is_told() {
    for (variation, key) in [
        (252, "vendor"),
        (250, "product"),
        (242, "firmware"),
        (243, "hardware"),
        (248, "serial_number"),
        (247, "device_name"),
        (246, "id_code"),
        (245, "location"),
        (244, "owner"),
        (208, "system_name"),
        (207, "primary_operator"),
        (206, "secondary_operator"),
        (202, "master_resource"),
        (197, "configuration_version"),
        (196, "configuration"),
    ] {
        // VSTR of 2, "ab", of set 0 with an index before it; then of the vendor's set 1, which means something else.
        let mut objects = hex("c0 81 0000 00 00 17 01 00 01 02 6162");
        objects[5] = variation;
        let mut others = objects.clone();
        others[8] = 1;
        let notes = watch(&[(OUTSTATION, response(&objects)), (OUTSTATION, response(&others))]);
        assert_eq!(notes.identities, [(key, String::from("ab"))]);
    }
}

#[test]
fn a_challenge_leaves_the_command_open() {
    let control = hex("0c 01 28 0100 0100 03 01 64000000 64000000 00");
    // AUTHENTICATE_RESP g120v1: sequence 3, user 0, algorithm 4, reason 1, four octets of challenge.
    let challenge = hex("c6 83 9000 78 01 5b 01 0c00 03000000 0000 04 01 73746576");
    // AUTHENTICATE_REQ g120v2: sequence 3, user 1, a MAC.
    let reply = hex("c6 20 78 02 5b 01 0800 03000000 0100 c695");
    let notes = watch(&[
        (MASTER, request(&[&[0xc6, 0x05][..], &control].concat())),
        (OUTSTATION, response(&challenge)),
        (MASTER, request(&reply)),
        (
            OUTSTATION,
            response(&[&[0xc6, 0x81, 0, 0][..], &control].concat()),
        ),
    ]);
    let answered: Vec<_> = notes.messages.iter().map(|message| message.response_to).collect();
    assert_eq!(answered, [None, Some(1), Some(2), Some(1)]);
    assert_eq!(notes.operations.len(), 2);
    assert_eq!(notes.operations[1], "login requested #2 [user 1]");
    assert_eq!(
        notes.answers,
        [r#"#1 accepted SUCCESS ["SUCCESS"]"#, "#2 accepted SUCCESS"]
    );
    assert!(notes.messages[1].json.contains(
        r#""challenge_sequence":3,"user":0,"mac_algorithm":{"code":4,"name":"HMAC_SHA_256_16_OCTETS"},"reason":{"code":1,"name":"CRITICAL"},"challenge":"73746576"}"#
    ));
}

#[test]
fn data_sets_strings_and_statistics() {
    for (objects, json) in [
        // g85v1 of 15 octets: four of ID 0, nine of NAME "Feeder".
        (
            "55 01 5b 01 0f00 04 01 00 00 00 09 04 00 00 466565646572",
            r#""elements":[{"length":4,"descriptor":{"code":1,"name":"ID"},"type":{"code":0,"name":"NONE"},"maximum_length":0,"value":0},{"length":9,"descriptor":{"code":4,"name":"NAME"},"type":{"code":0,"name":"NONE"},"maximum_length":0,"value":"Feeder"}]}"#,
        ),
        // g110v3 index 9: "ok!".
        (
            "6e 03 00 09 09 6f6b21",
            r#"{"index":9,"value":"6f6b21","text":"ok!"}"#,
        ),
        // g121v1 index 2: ONLINE, association 1, 7.
        (
            "79 01 00 02 02 01 0100 07000000",
            r#"{"index":2,"value":7,"flags":["ONLINE"],"association":1}"#,
        ),
        // g101v1 index 0: 1234 in decimal digits.
        ("65 01 00 00 00 3412", r#"{"index":0,"value":1234}"#),
        // g81v1: 50 % full, overflow, of g2v1.
        (
            "51 01 07 01 b2 02 01",
            r#"{"index":0,"overflow":true,"fill_percentage":50,"group":2,"variation":1}"#,
        ),
        // g52v1: two seconds.
        ("34 01 07 01 0200", r#"{"index":0,"delay_ms":2000}"#),
        // g50v4: at 1,000 ms, every 15 of unit 3.
        (
            "32 04 07 01 e80300000000 0f000000 03",
            r#"{"index":0,"time":"1970-01-01T00:00:01.000000000Z","interval":15,"interval_unit":{"code":3,"name":"MINUTES"}}"#,
        ),
        // g3v2 index 1: indeterminate.
        ("03 02 00 01 01 c1", r#"{"index":1,"value":3,"flags":["ONLINE"]}"#),
        // g120v6, a session key: never written.
        (
            "78 06 5b 01 0a00 01000000 0100 deadbeef",
            r#""key_change_sequence":1,"user":1,"wrapped_key":"redacted","wrapped_key_length":4}"#,
        ),
    ] {
        let fragment = [hex("c0 81 0000"), hex(objects)].concat();
        let notes = watch(&[(OUTSTATION, response(&fragment))]);
        assert!(
            notes.messages[0].json.contains(json),
            "{}",
            notes.messages[0].json
        );
        assert!(notes.anomalies.is_empty(), "{objects}");
    }
}

#[test]
fn what_is_wrong_has_a_name() {
    for (fragment, name) in [
        (&[0xc0, 0x81, 0, 0, 99, 1, 0, 0, 0, 5][..], "unknown_object"),
        (&[0xc0, 0x01, 1, 2, 0xed], "object_qualifier_invalid"),
        (&[0xc0, 0x01, 1, 2, 0x01, 0], "object_header_short"),
        (&[0xc0, 0x81, 0, 0, 30, 1, 0, 0, 5, 1, 2], "object_truncated"),
        (&[0xc0, 0x81, 0, 0, 30, 1, 0, 5, 0], "object_range_reversed"),
        (&[0xc0, 0x81, 0], "application_header_short"),
        (&[0xc0], "application_header_short"),
        (&[0xc0, 0x60], "function_unknown"),
    ] {
        let notes = watch(&[(MASTER, request(fragment))]);
        assert!(
            notes.anomaly_names().contains(&name),
            "{fragment:02x?}: {:?}",
            notes.anomaly_names()
        );
        assert!(notes.messages[0].anomalies.contains(&name));
    }
    // An unknown object keeps what stands before it, and its own octets.
    let objects = [0xc0, 0x81, 0, 0, 1, 2, 0, 0, 0, 0x81, 99, 1, 0, 0, 0, 5];
    let notes = watch(&[(OUTSTATION, response(&objects))]);
    assert_eq!(notes.operations, ["report accepted #0 Polled; bi:0 Bool(true)"]);
    assert!(
        notes.messages[0].json.ends_with(
            r#"{"group":99,"variation":1,"name":"UNKNOWN","qualifier":0,"start":0,"stop":0,"count":1}],"data":"05"}"#
        )
    );
}

#[test]
fn the_function_decides_who_sent_it() {
    // READ with the DIR bit of an outstation.
    let notes = watch(&[(
        OUTSTATION,
        common::frames(0x44, 10, 1, &[0xc0, 0x01, 60, 2, 6], 0, 249).concat(),
    )]);
    assert_eq!(notes.messages[0].from, MASTER);
    assert_eq!(notes.messages[0].anomalies, ["direction_disagrees"]);
}

#[test]
fn link_functions_that_carry_nothing() {
    for (frame, name) in [
        (common::frame(0xc4, 10, 1, &[]), "link_user_data_missing"),
        (
            common::frame(0xc9, 10, 1, &[0xc0, 0xc0, 0x01]),
            "link_unexpected_data",
        ),
        (common::frame(0xc7, 10, 1, &[]), "link_function_unknown"),
    ] {
        let notes = watch(&[(MASTER, frame)]);
        assert_eq!(notes.messages[0].kind, "link");
        assert_eq!(notes.messages[0].anomalies, [name]);
        assert_eq!(notes.anomaly_names(), [name]);
    }
}

#[test]
fn a_retry_is_no_new_command() {
    let notes = watch(&[
        (MASTER, hex(OPERATE)),
        (MASTER, hex(OPERATE)),
        (OUTSTATION, hex(NOT_OPERATED)),
        // After the response the same octets are a command again.
        (MASTER, hex(OPERATE)),
    ]);
    let starts: Vec<_> = notes
        .operations
        .iter()
        .map(|text| text.split(';').next().unwrap())
        .collect();
    assert_eq!(
        starts,
        [
            "operate requested #1",
            "operate requested #1 again",
            "operate requested #2"
        ]
    );
    assert_eq!(notes.answers.len(), 1);
    // The link layer repeats a confirmed frame with the same frame count bit: the receiver drops it.
    let confirmed = common::frames(0xf3, 10, 1, &[0xc0, 13], 0, 249).concat();
    let notes = watch(&[
        (MASTER, confirmed.clone()),
        (OUTSTATION, response(&[0xc0, 0x81, 0, 0])),
        (MASTER, confirmed),
    ]);
    assert_eq!(
        notes.operations,
        ["restart requested #1 [cold]", "restart requested #2 again [cold]"]
    );
    assert_eq!(notes.anomaly_names(), ["link_frame_repeated"]);
}

#[test]
fn an_echo_that_differs_is_said() {
    let mut other = hex("c1 81 0000 0c 01 28 0100 0300 41 01 f4010000 00000000 00");
    other[11] = 0x81; // TRIP instead of CLOSE
    let notes = watch(&[(MASTER, hex(SELECT)), (OUTSTATION, response(&other))]);
    assert_eq!(notes.answers, [r#"#1 accepted SUCCESS ["SUCCESS"] echo differs"#]);
    // A refusal without objects.
    let notes = watch(&[
        (MASTER, hex(SELECT)),
        (OUTSTATION, response(&[0xc1, 0x81, 0, 0x01])),
    ]);
    assert_eq!(notes.answers, ["#1 rejected NO_FUNC_CODE_SUPPORT"]);
}
