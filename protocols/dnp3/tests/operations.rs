//! What a request does, in plant words.

mod common;

use common::{MASTER, OUTSTATION, hex, request, response, watch};

#[test]
fn everything_that_commands_or_configures_is_lifted() {
    for (fragment, operation) in [
        // Deadbands, outputs and setpoints that are written.
        (
            "c0 02 22 02 00 05 05 0a000000",
            "write requested #1; deadband:5 Unsigned(10)",
        ),
        (
            "c0 02 0a 01 00 00 02 05",
            "write requested #1; bo:0 Bool(true); bo:1 Bool(false); bo:2 Bool(true)",
        ),
        (
            "c0 02 29 02 17 01 04 6400 00",
            "write requested #1; ao:4 Signed(100)",
        ),
        // Times: the clock, the recorded time, a schedule.
        (
            "c0 02 32 01 07 01 e80300000000",
            "set_time requested #1 [1970-01-01T00:00:01.000000000Z]",
        ),
        (
            "c0 02 32 03 07 01 e80300000000",
            "set_time requested #1 [1970-01-01T00:00:01.000000000Z]",
        ),
        (
            "c0 02 32 04 28 01 00 07 00 e80300000000 03000000 05",
            "configure requested #1 [at 1970-01-01T00:00:01.000000000Z every 3 DAYS]",
        ),
        // Indications: every master clears DEVICE_RESTART, nothing else.
        (
            "c0 02 50 01 00 07 07 00",
            "other requested #1 [clear DEVICE_RESTART]",
        ),
        (
            "c0 02 50 01 00 04 04 01",
            "configure requested #1 [set NEED_TIME]",
        ),
        (
            "c0 02 00 f5 00 00 00 01 01 41",
            "configure requested #1 [attribute location]",
        ),
        (
            "c0 02 70 02 17 01 00 0d0a",
            "configure requested #1 [virtual terminal]",
        ),
        (
            "c0 02 6e 02 00 00 00 6162",
            "write requested #1 [group 110 variation 2]",
        ),
        (
            "c0 0b 32 02 07 01 e80300000000 10270000 14 00 01 0000 0900",
            "freeze requested #1 [at 1970-01-01T00:00:01.000000000Z every 10000 ms: counter:0..9]",
        ),
        ("c0 07 14 00 06", "freeze requested #1 [counter]"),
        (
            "c0 16 3c 02 06 1e 00 00 00 09",
            "configure requested #1 [assign class: class 1, ai:0..9]",
        ),
        ("c0 14 3c 02 06", "allow_reporting requested #1 [class 1]"),
        (
            "c0 15 3c 02 06 3c 03 06",
            "block_reporting requested #1 [class 1, class 2]",
        ),
        ("c0 11 5a 01 5b 01 0400 70756d70", "start requested #1 [pump]"),
        ("c0 12 5a 01 5b 01 0400 70756d70", "stop requested #1 [pump]"),
        ("c0 13", "configure requested #1 [save configuration]"),
        (
            "c0 1f 46 08 5b 01 0300 612e62",
            "configure requested #1 [activate configuration: a.b]",
        ),
        ("c0 0d", "restart requested #1 [cold]"),
        ("c0 0e", "restart requested #1 [warm]"),
    ] {
        let notes = watch(&[(MASTER, request(&hex(fragment)))]);
        assert_eq!(notes.operations, [operation], "{fragment}");
        assert_eq!(notes.anomalies, [], "{fragment}");
    }
}

#[test]
fn writes_are_told_apart() {
    let objects = [
        &[50, 1, 7, 1, 0xe8, 3, 0, 0, 0, 0][..], // g50v1: one second after 1970
        &[80, 1, 0x00, 7, 7, 0],                 // g80v1 IIN1.7: clear
        &[34, 1, 0x17, 2, 0, 5, 0, 1, 9, 0],     // g34v1: index 0 5, index 1 9
        &[34, 3, 0x17, 1, 2, 0, 0, 0x80, 0x3f],  // g34v3: index 2 1.0
        &[80, 1, 0x00, 4, 4, 1],                 // g80v1 IIN1.4: set
    ]
    .concat();
    let notes = watch(&[
        (MASTER, request(&[&[0xc0, 0x02][..], &objects].concat())),
        (OUTSTATION, response(&[0xc0, 0x81, 0, 0x04])),
    ]);
    assert_eq!(
        notes.operations,
        [
            "set_time requested #1 [1970-01-01T00:00:01.000000000Z]",
            "other requested #2 [clear DEVICE_RESTART]",
            "write requested #3; deadband:0 Unsigned(5); deadband:1 Unsigned(9); deadband:2 Float(1.0)",
            "configure requested #4 [set NEED_TIME]",
        ]
    );
    let rejected: Vec<_> = (1..=4)
        .map(|nth| format!("#{nth} rejected PARAMETER_ERROR"))
        .collect();
    assert_eq!(notes.answers, rejected);
}

#[test]
fn functions_on_the_whole_device() {
    for (fragment, operation) in [
        (&[0xc0, 13][..], "restart requested #1 [cold]"),
        (&[0xc0, 14], "restart requested #1 [warm]"),
        (
            &[0xc0, 18, 90, 1, 0x5b, 1, 3, 0, b'p', b'l', b'c'],
            "stop requested #1 [plc]",
        ),
        (&[0xc0, 17, 90, 1, 6], "start requested #1"),
        (
            &[0xc0, 21, 60, 2, 6, 60, 3, 6],
            "block_reporting requested #1 [class 1, class 2]",
        ),
        (&[0xc0, 20, 60, 4, 6], "allow_reporting requested #1 [class 3]"),
        (
            &[0xc0, 22, 60, 2, 6, 30, 0, 0, 0, 9],
            "configure requested #1 [assign class: class 1, ai:0..9]",
        ),
        (&[0xc0, 9, 20, 0, 6], "freeze requested #1 [and clear: counter]"),
        (&[0xc0, 8, 20, 0, 6], "freeze unacknowledged #0 [counter]"),
        (&[0xc0, 15], "configure requested #1 [initialize data]"),
        (&[0xc0, 23], "diagnose requested #1 [measure delay]"),
        (&[0xc0, 77], "other requested #1"),
        (&[0xc0, 1, 0, 254, 0, 0, 0], "identify requested #1"),
        (
            &[0xc0, 6, 12, 1, 0x17, 1, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            "direct_operate_no_reply unacknowledged #0; bo:0 Control(ControlBlock { code: 3, count: 1, on_ms: 0, off_ms: 0 })",
        ),
    ] {
        let notes = watch(&[(MASTER, request(fragment))]);
        assert_eq!(notes.operations, [operation], "{fragment:02x?}");
    }
    // To everybody: nobody answers.
    let notes = watch(&[(
        MASTER,
        common::frames(0xc4, 0xffff, 1, &[0xc0, 13], 0, 249).concat(),
    )]);
    assert_eq!(notes.operations, ["restart unacknowledged #0 [cold]"]);
}

#[test]
fn a_pattern_commands_every_output_of_its_mask() {
    let pattern = |function: u8, status: u8| {
        [
            &[0xc1, function][..],
            if function == 0x81 { &[0, 0] } else { &[] },
            &[12, 2, 0x07, 1, 0x03, 1, 100, 0, 0, 0, 0, 0, 0, 0, status], // g12v2: LATCH_ON
            &[12, 3, 0x00, 8, 12, 0b1_0010],                              // g12v3 8 to 12: 9 and 12
        ]
        .concat()
    };
    let notes = watch(&[
        (MASTER, request(&pattern(0x05, 0))),
        (OUTSTATION, response(&pattern(0x81, 7))),
    ]);
    let control = "Control(ControlBlock { code: 3, count: 1, on_ms: 100, off_ms: 0 })";
    assert_eq!(
        notes.operations,
        [format!(
            "direct_operate requested #1; bo:9 {control}; bo:12 {control}"
        )]
    );
    assert_eq!(notes.answers, [r#"#1 rejected LOCAL ["LOCAL", "LOCAL"]"#]);
}
