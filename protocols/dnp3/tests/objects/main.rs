//! Every object: one of each group and variation on the wire, and the point that becomes of it.

#[path = "../common/mod.rs"]
mod common;
mod table;

use common::{MASTER, OUTSTATION, Seen, hex, request, response, watch};
use table::{FIXED, SIZED};

/// The only message of a fragment, without anomalies.
fn decode(from: tapglass_proto::Direction, fragment: &[u8]) -> Seen {
    let frame = if from == MASTER {
        request(fragment)
    } else {
        response(fragment)
    };
    let mut notes = watch(&[(from, frame)]);
    assert_eq!(notes.anomalies, [], "{fragment:02x?}");
    notes.messages.remove(0)
}

/// Hexadecimal with text in quotation marks.
fn octets(text: &str) -> Vec<u8> {
    let parts = text.split('\'').enumerate();
    parts
        .flat_map(|(nth, part)| {
            if nth % 2 == 1 {
                part.as_bytes().to_vec()
            } else {
                hex(part)
            }
        })
        .collect()
}

#[test]
fn objects_of_fixed_size() {
    for (group, variation, name, object, members) in FIXED {
        let mut object = octets(object);
        let mut members = String::from(*members);
        if (*group, *variation) == (110, 255) {
            object = vec![0xfe; 255];
            members = format!(r#""value":"{}""#, "fe".repeat(255));
        }
        // A response with qualifier 00 from index 3 to 3.
        let mut fragment = vec![0xc0, 0x81, 0, 0, *group, *variation, 0x00, 3, 3];
        fragment.extend(&object);
        let seen = decode_long(&fragment);
        let expected = format!(
            r#""objects":[{{"group":{group},"variation":{variation},"name":"{name}","qualifier":0,"start":3,"stop":3,"count":1,"points":[{{"index":3,{members}}}]}}]}}"#
        );
        assert!(seen.json.ends_with(&expected), "{}\n{expected}", seen.json);
        // The same with an index of 16 bits before each, where the object is not packed.
        if matches!((group, variation), (1 | 3 | 10 | 80, 1) | (12, 3)) {
            continue;
        }
        let mut fragment = vec![0xc0, 0x81, 0, 0, *group, *variation, 0x28, 2, 0];
        for index in [0x0102_u16, 0xffff] {
            fragment.extend(index.to_le_bytes());
            fragment.extend(&object);
        }
        let seen = decode_long(&fragment);
        let expected = format!(
            r#""qualifier":40,"count":2,"points":[{{"index":258,{members}}},{{"index":65535,{members}}}]}}]}}"#
        );
        assert!(seen.json.ends_with(&expected), "{}\n{expected}", seen.json);
    }
}

/// A response that may be longer than one frame.
fn decode_long(fragment: &[u8]) -> Seen {
    let frames = common::frames(0x44, 1, 10, fragment, 0, 249).concat();
    let mut notes = watch(&[(OUTSTATION, frames)]);
    assert_eq!(notes.anomalies, [], "{fragment:02x?}");
    notes.messages.remove(0)
}

#[test]
fn objects_with_their_size_before_them() {
    for (group, variation, name, object, members) in SIZED {
        let object = octets(object);
        let mut fragment = vec![0xc0, 0x81, 0, 0, *group, *variation, 0x5b, 1];
        fragment.extend(u16::try_from(object.len()).unwrap().to_le_bytes());
        fragment.extend(&object);
        let seen = decode(OUTSTATION, &fragment);
        let size = object.len();
        let expected = format!(
            r#""objects":[{{"group":{group},"variation":{variation},"name":"{name}","qualifier":91,"count":1,"points":[{{"size":{size},{members}}}]}}]}}"#
        );
        assert!(seen.json.ends_with(&expected), "{}\n{expected}", seen.json);
        // A size of 8 and of 32 bits, and the object cut by one octet: still no octet goes untold.
        for (qualifier, prefix) in [(0x4b, 1), (0x6b, 4)] {
            let mut fragment = vec![0xc0, 0x81, 0, 0, *group, *variation, qualifier, 1];
            fragment.extend(&(size as u32).to_le_bytes()[..prefix]);
            fragment.extend(&object);
            let again = decode(OUTSTATION, &fragment);
            assert!(again.json.contains(members), "{}", again.json);
        }
        for cut in 0..size {
            let mut fragment = vec![0xc0, 0x81, 0, 0, *group, *variation, 0x5b, 1, cut as u8, 0];
            fragment.extend(&object[..cut]);
            let notes = watch(&[(OUTSTATION, response(&fragment))]);
            assert!(!notes.messages[0].json.contains("sesa"));
        }
    }
}

#[test]
fn relative_times_follow_the_common_time() {
    for (group, octet, value) in [(2, "81", "true"), (4, "81", "2")] {
        let fragment = format!("c0 82 0000 33 01 07 01 e80300000000 {group:02x} 03 17 01 05 {octet} 0a00");
        let seen = decode(OUTSTATION, &octets(&fragment));
        let expected = format!(
            r#""points":[{{"index":5,"value":{value},"flags":["ONLINE"],"relative_ms":10,"time":"1970-01-01T00:00:01.010000000Z"}}]}}]}}"#
        );
        assert!(seen.json.ends_with(&expected), "{}", seen.json);
    }
}

#[test]
fn members_that_are_cut_off_have_no_octets() {
    // Each object of fixed size, cut after every octet: the notebook checks that no field leaves its object.
    let relative = [(2, 3, "", "81 0a00", ""), (4, 3, "", "81 0a00", "")];
    for (group, variation, _, object, _) in FIXED.iter().chain(&relative) {
        let object = octets(object);
        for cut in 0..object.len() {
            let mut fragment = vec![0xc0, 0x81, 0, 0, *group, *variation, 0x17, 1, 0];
            fragment.extend(&object[..cut]);
            let notes = watch(&[(OUTSTATION, response(&fragment))]);
            assert!(!notes.anomalies.is_empty(), "{fragment:02x?}");
        }
    }
}

#[test]
fn classes_and_variation_0_name_points_without_data() {
    for (objects, json) in [
        (
            "3c 01 06 3c 02 07 05",
            r#"[{"group":60,"variation":1,"name":"Class 0 data","qualifier":6},{"group":60,"variation":2,"name":"Class 1 data","qualifier":7,"count":5}]"#,
        ),
        (
            "1e 00 01 0000 ffff",
            r#"[{"group":30,"variation":0,"name":"Analog input","qualifier":1,"start":0,"stop":65535,"count":65536}]"#,
        ),
        (
            "14 00 02 00000000 ffffffff",
            r#"[{"group":20,"variation":0,"name":"Counter","qualifier":2,"start":0,"stop":4294967295,"count":4294967296}]"#,
        ),
        (
            "01 00 28 0200 0100 0200",
            r#"[{"group":1,"variation":0,"name":"Binary input","qualifier":40,"count":2,"points":[{"index":1},{"index":2}]}]"#,
        ),
        (
            "00 fe 00 00 00",
            r#"[{"group":0,"variation":254,"name":"Device attribute","qualifier":0,"start":0,"stop":0,"count":1}]"#,
        ),
        (
            "6e 00 06 57 01 00 00 02",
            r#"[{"group":110,"variation":0,"name":"Octet string","qualifier":6},{"group":87,"variation":1,"name":"Data set","qualifier":0,"start":0,"stop":2,"count":3}]"#,
        ),
    ] {
        let seen = decode(MASTER, &octets(&format!("c0 01 {objects}")));
        assert!(
            seen.json.ends_with(&format!("\"objects\":{json}}}")),
            "{}",
            seen.json
        );
    }
}

#[test]
fn attributes_of_every_type() {
    for (variation, value, members) in [
        (
            252,
            "01 04 'Acme'",
            r#""name":"manufacturer","type":{"code":1,"name":"VSTR"},"length":4,"value":"Acme""#,
        ),
        (
            240,
            "02 02 0008",
            r#""name":"maximum_transmit_fragment","type":{"code":2,"name":"UINT"},"length":2,"value":2048"#,
        ),
        (
            1,
            "03 01 fe",
            r#""type":{"code":3,"name":"INT"},"length":1,"value":-2"#,
        ),
        (
            205,
            "04 04 00007542",
            r#""name":"latitude","type":{"code":4,"name":"FLT"},"length":4,"value":61.25"#,
        ),
        (
            204,
            "04 08 0000000000a04e40",
            r#""name":"longitude","type":{"code":4,"name":"FLT"},"length":8,"value":61.25"#,
        ),
        (
            200,
            "05 02 beef",
            r#""name":"configuration_signature","type":{"code":5,"name":"OSTR"},"length":2,"value":"beef""#,
        ),
        (
            219,
            "06 01 01",
            r#""name":"analog_output_events_supported","type":{"code":6,"name":"BSTR"},"length":1,"value":"01""#,
        ),
        (
            198,
            "07 06 e80300000000",
            r#""name":"configuration_build_date","type":{"code":7,"name":"TIME"},"length":6,"value":"1970-01-01T00:00:01.000000000Z""#,
        ),
        (
            247,
            "08 03 'pié'",
            r#""name":"device_name","type":{"code":8,"name":"UNCD"},"length":4,"value":"pié""#,
        ),
        (
            255,
            "fe 04 f200 f501",
            r#""name":"list_of_variations","type":{"code":254,"name":"U8BS8LIST"},"length":4,"value":[{"variation":242,"writable":false},{"variation":245,"writable":true}]"#,
        ),
        (
            3,
            "09 02 beef",
            r#""type":{"code":9,"name":"UNKNOWN"},"length":2,"value":"beef""#,
        ),
    ] {
        let mut value = octets(value);
        if variation == 247 {
            value[1] = 4; // the letter takes two octets
        }
        let mut fragment = vec![0xc0, 0x81, 0, 0, 0, variation, 0x00, 0, 0];
        fragment.extend(value);
        let seen = decode(OUTSTATION, &fragment);
        let expected = format!(r#""points":[{{"index":0,{members}}}]}}]}}"#);
        assert!(seen.json.ends_with(&expected), "{}\n{expected}", seen.json);
    }
    // A list whose length octet says 4, which is 260 octets; the object behind it is found.
    let mut fragment = hex("c0 81 0000 00 ff 17 01 00 ff 04");
    fragment.extend([7, 1].repeat(130));
    fragment.extend(hex("1e 02 00 00 00 01 0500"));
    let seen = decode_long(&fragment);
    assert!(seen.json.contains(
        r#""type":{"code":255,"name":"U8BS8EXLIST"},"length":260,"value":[{"variation":7,"writable":true},"#
    ));
    assert!(
        seen.json
            .ends_with(r#""points":[{"index":0,"value":5,"flags":["ONLINE"]}]}]}"#),
        "{}",
        seen.json
    );
}

#[test]
fn what_the_standard_does_not_have_is_said_and_passed_over_where_its_size_is_known() {
    // g99v9 with its size before it, then an analog input.
    let objects = hex("c0 81 0000 63 09 5b 01 0200 beef 1e 02 00 00 00 01 0500");
    let notes = watch(&[(OUTSTATION, response(&objects))]);
    assert_eq!(notes.anomaly_names(), ["unknown_object"]);
    assert_eq!(notes.operations, ["report accepted #0 Polled; ai:0 Signed(5)"]);
    assert!(
        notes.messages[0]
            .json
            .contains(r#""points":[{"size":2,"value":"beef"}]"#)
    );
    // Variation 0 in a response: what follows it could be anything.
    let objects = hex("c0 81 0000 1e 00 00 00 00 01 0500");
    let notes = watch(&[(OUTSTATION, response(&objects))]);
    assert_eq!(notes.anomaly_names(), ["unknown_object"]);
    assert!(notes.messages[0].json.ends_with(r#""data":"010500"}"#));
}

#[test]
fn a_size_that_does_not_fit_is_said() {
    for (objects, rest) in [
        // g30v2 has three octets.
        ("1e 02 5b 01 0400 01 0500 ee", r#""rest":"ee""#),
        // g120v3 has six.
        ("78 03 5b 01 0700 05000000 0200 ee", r#""rest":"ee""#),
        // The name ends before the object does.
        (
            "46 07 5b 01 1800 1400 0300 0000 02000000 000000000000 ff01 0800 '' 62696e ee",
            r#""unused":"ee""#,
        ),
    ] {
        let fragment = [hex("c0 81 0000"), octets(objects)].concat();
        let notes = watch(&[(OUTSTATION, response(&fragment))]);
        assert!(
            notes.messages[0].json.contains(rest),
            "{}",
            notes.messages[0].json
        );
    }
    for objects in [
        "1e 02 5b 01 0200 01 05",
        "46 05 5b 01 0600 07000000 0000",
        "1e 02 5b 01 0400 01 0500 ee",
    ] {
        let fragment = [hex("c0 81 0000"), octets(objects)].concat();
        let notes = watch(&[(OUTSTATION, response(&fragment))]);
        assert_eq!(notes.anomaly_names(), ["object_size_invalid"], "{objects}");
    }
}
