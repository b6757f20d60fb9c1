//! Values of every shape: structures that a server defined, decimals, diagnostics, status codes with their lower half.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail as loudly as tests.

mod common;

use common::{Bytes, Pair, Tap};

#[track_caller]
fn assert_has(line: &str, part: &str) {
    assert!(line.contains(part), "{part}\nin\n{line}");
}

/// Reads one attribute of a node of namespace 2; the answer is a DataValue.
fn read(tap: &mut Tap, pair: &mut Pair, node: &str, attribute: u32, value: Bytes) -> String {
    let asked = Bytes::new()
        .f64(0.0)
        .u32(3)
        .u32(1)
        .node(2, node)
        .u32(attribute)
        .null();
    let told = Bytes::new().u32(1).raw(&value.0).null();
    pair.talk(tap, (631, asked.raw(&[0, 0]).null()), (634, told));
    let line = tap.notes.of("message server response ReadResponse");
    line.last().unwrap().to_string()
}

/// A DataValue with a Variant that holds an ExtensionObject of an encoding in namespace 2.
fn extension(encoding: &str, body: Bytes) -> Bytes {
    // 0x01: a value; 0x16: ExtensionObject; then the id of its encoding, 1: a binary body
    Bytes::new()
        .raw(&[0x01, 0x16])
        .node(2, encoding)
        .u8(1)
        .string(body.0)
}

/// A field of a StructureDefinition: name, no description, data type, rank, no dimensions, no length.
fn field(name: &str, of: Bytes, rank: i32, flag: u8) -> Bytes {
    let field = Bytes::new()
        .string(name)
        .u8(0)
        .raw(&of.0)
        .raw(&rank.to_le_bytes());
    field.null().u32(0).u8(flag)
}

/// A StructureDefinition as a DataValue: default encoding, base Structure, kind, fields.
fn definition(encoding: &str, kind: u32, fields: &[Bytes]) -> Bytes {
    let body = Bytes::new()
        .node(2, encoding)
        .raw(&[0, 22])
        .u32(kind)
        .u32(fields.len() as u32);
    let body = fields.iter().fold(body, |body, field| body.raw(&field.0));
    Bytes::new().raw(&[0x01, 0x16]).structure(122, body)
}

fn standard(id: u8) -> Bytes {
    Bytes::new().raw(&[0, id])
}

/// A server that defined a structure with a member of an enumeration and one of a union.
fn with_types(tap: &mut Tap) -> Pair {
    let mut pair = Pair::connect(tap, 9);
    // EnumDefinition: 0 Off, 1 On
    let value = |number: i64, name: &str| Bytes::new().i64(number).u8(0).u8(0).string(name);
    let body = Bytes::new().u32(2).raw(&value(0, "Off").0).raw(&value(1, "On").0);
    read(
        tap,
        &mut pair,
        "Mode",
        23,
        Bytes::new().raw(&[0x01, 0x16]).structure(123, body),
    );
    // 2: a union of an Int32 (6) and a String (12)
    let fields = [
        field("number", standard(6), -1, 0),
        field("text", standard(12), -1, 0),
    ];
    read(tap, &mut pair, "Either", 23, definition("Either.b", 2, &fields));
    // 1: with optional fields
    let mode = Bytes::new().node(2, "Mode");
    let either = Bytes::new().node(2, "Either");
    let fields = [
        field("Speed", standard(11), -1, 0),
        field("limits", standard(4), 1, 1),
        field("mode", mode, -1, 1),
        field("either", either, 1, 0),
        field("grid", standard(3), 2, 0),
    ];
    read(tap, &mut pair, "Drive", 23, definition("Drive.b", 1, &fields));
    pair
}

#[test]
fn structures_that_a_server_defined_are_read() {
    let mut tap = Tap::new();
    let mut pair = with_types(&mut tap);
    // the type's DisplayName, so that it has one
    read(
        &mut tap,
        &mut pair,
        "Drive",
        4,
        Bytes::new().raw(&[0x01, 0x15, 0x02]).string("DriveType"),
    );
    // mask 2: only the second optional field; a grid of 2 x 2; two unions: the text, and nothing
    let body = Bytes::new().u32(2).f64(1.5).u32(1);
    let body = body.u32(2).u32(2).string("full").u32(0);
    let body = body.u32(2).u32(2).u32(2).raw(&[1, 2, 3, 4]);
    let line = read(&mut tap, &mut pair, "Drive1", 13, extension("Drive.b", body));
    assert_has(
        &line,
        r#""type":"ExtensionObject","value":{"type":"DriveType","type_id":"ns=2;s=Drive.b","value":{"Speed":1.5,"mode":"On","either":[{"text":"full"},{}],"grid":[1,2,3,4]}}"#,
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn what_does_not_fit_its_definition_stays_bytes() {
    let mut tap = Tap::new();
    let mut pair = with_types(&mut tap);
    // a switch that no member has; the length of an array that nothing stands behind
    for (encoding, body, fault) in [
        (
            "Either.b",
            Bytes::new().u32(3),
            "SwitchField at byte 0 has the unknown encoding 0x03",
        ),
        (
            "Drive.b",
            Bytes::new().u32(0).f64(1.0).u32(0x7fff_ffff),
            "needs 4 bytes",
        ),
    ] {
        let line = read(&mut tap, &mut pair, "Drive1", 13, extension(encoding, body));
        assert_has(&line, r#""body":""#);
        assert_has(&line, fault);
    }
    // An encoding that nobody defined: its id and its bytes.
    let line = read(
        &mut tap,
        &mut pair,
        "X",
        13,
        extension("Other.b", Bytes::new().u8(7)),
    );
    assert_has(&line, r#"{"type":"ns=2;s=Other.b","body":"07"}"#);
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn a_type_that_holds_itself_or_nothing_ends() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let own = Bytes::new().node(2, "Self");
    let fields = [field("below", own, -1, 0)];
    read(&mut tap, &mut pair, "Self", 23, definition("Self.b", 0, &fields));
    let line = read(
        &mut tap,
        &mut pair,
        "X",
        13,
        extension("Self.b", Bytes::new().u8(7)),
    );
    assert_has(&line, "nested too deeply");
    // a structure without members, two billion of them
    read(&mut tap, &mut pair, "Empty", 23, definition("Empty.b", 0, &[]));
    let many = [field("many", Bytes::new().node(2, "Empty"), 1, 0)];
    read(&mut tap, &mut pair, "Many", 23, definition("Many.b", 0, &many));
    let line = read(
        &mut tap,
        &mut pair,
        "X",
        13,
        extension("Many.b", Bytes::new().u32(0x7fff_ffff)),
    );
    assert_has(&line, "an array of elements without bytes");
}

#[test]
fn encodings_are_also_known_from_the_references_of_their_types() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // The definition names no encoding; browsing the type finds it by HasEncoding (i=38).
    let body = Bytes::new().raw(&[0, 0]).raw(&[0, 22]).u32(0).u32(1);
    let body = body.raw(&field("Level", standard(10), -1, 0).0);
    read(
        &mut tap,
        &mut pair,
        "Tank",
        23,
        Bytes::new().raw(&[0x01, 0x16]).structure(122, body),
    );
    let browse = Bytes::new()
        .raw(&[0, 0])
        .i64(0)
        .u32(0)
        .u32(0)
        .u32(1)
        .node(2, "Tank");
    let browse = browse.u32(0).numeric(0, 38).u8(1).u32(0).u32(63);
    let found = Bytes::new()
        .u32(1)
        .u32(0)
        .null()
        .u32(1)
        .numeric(0, 38)
        .u8(1)
        .node(2, "Tank.b");
    let found = found
        .raw(&[0, 0])
        .string("Default Binary")
        .u8(2)
        .string("Default Binary")
        .u32(1)
        .raw(&[0, 76])
        .null();
    pair.talk(&mut tap, (527, browse), (530, found));
    let level = Bytes::new().raw(&2.5_f32.to_le_bytes());
    let line = read(&mut tap, &mut pair, "T1", 13, extension("Tank.b", level));
    assert_has(&line, r#""value":{"Level":2.5}"#);
}

#[test]
fn structures_of_namespace_0_are_read_wherever_they_stand() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let object = |id, body| Bytes::new().raw(&[0x01, 0x16]).structure(id, body);
    for (value, part) in [
        // 886: Range
        (
            object(886, Bytes::new().f64(0.0).f64(100.0)),
            r#"{"type":"Range","value":{"low":0.0,"high":100.0}}"#,
        ),
        // 889: EUInformation
        (
            object(
                889,
                Bytes::new().string("u").u32(4_408_652).u8(2).string("°C").u8(0),
            ),
            r#"{"type":"EUInformation","value":{"namespace_uri":"u","unit_id":4408652,"display_name":{"text":"°C"},"description":{"text":null}}}"#,
        ),
        // 298: Argument: name, Double, one dimension of any size
        (
            object(
                298,
                Bytes::new()
                    .string("speed")
                    .raw(&[0, 11])
                    .u32(1)
                    .u32(1)
                    .u32(0)
                    .u8(0),
            ),
            r#"{"type":"Argument","value":{"name":"speed","data_type":"i=11","value_rank":1,"array_dimensions":[0],"description":{"text":null}}}"#,
        ),
        // 128: RolePermissionType: role i=15656, Browse and Read (bits 0 and 5), and a bit without a name
        (
            object(128, Bytes::new().numeric(0, 15_656).u32(0x8000_0021)),
            r#""permissions":["Browse","Read",2147483648]"#,
        ),
        // 50: Decimal, two places, 12345
        (
            Bytes::new()
                .raw(&[0x01, 0x16, 0, 50, 1])
                .string([2, 0, 0x39, 0x30]),
            r#"{"type":"Decimal","value":"123.45"}"#,
        ),
        // a Range that a later release made longer
        (
            object(886, Bytes::new().f64(0.0).f64(1.0).u8(9)),
            r#"{"type":"Range","value":{"low":0.0,"high":1.0},"more":"09"}"#,
        ),
        // XML
        (
            Bytes::new()
                .raw(&[0x01, 0x16])
                .numeric(0, 885)
                .u8(2)
                .string("<Range/>"),
            r#""xml":"<Range/>""#,
        ),
    ] {
        let line = read(&mut tap, &mut pair, "X", 13, value);
        assert_has(&line, part);
    }
    // A structure that does not fit is not the fault of its message: another release may have another layout.
    let line = read(&mut tap, &mut pair, "X", 13, object(886, Bytes::new().u8(1)));
    assert_has(
        &line,
        r#"{"type":"Range","body":"01","malformed":"low at byte 0 needs 8 bytes, 1 left"}"#,
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn the_lower_half_of_a_status_is_said_in_words() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    for (code, part) in [
        (0x0000_0000, r#""status":{"code":0,"name":"Good"}"#),
        // overflow, info type DataValue
        (
            0x0000_0480,
            r#""name":"Good","info_type":"DataValue","overflow":true}"#,
        ),
        // limit high, multi-value and calculated
        (
            0x4090_0611,
            r#""info_type":"DataValue","limit":"high","historian":["calculated","multi_value"]}"#,
        ),
        (
            0x8034_c000,
            r#""name":"BadNodeIdUnknown","structure_changed":true,"semantics_changed":true}"#,
        ),
        // the other bits say nothing without the info type
        (0x0000_0080, r#""status":{"code":128,"name":"Good"}"#),
    ] {
        let line = read(&mut tap, &mut pair, "X", 13, Bytes::new().u8(0x02).u32(code));
        assert_has(&line, part);
    }
}

#[test]
fn diagnostics_say_what_their_indexes_mean() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let request = pair.write(&mut tap, "A", 1.0);
    // 676: WriteResponse whose header holds a table of two texts
    let header = Bytes::new()
        .numeric(0, 676)
        .i64(133_000_000_000_000_000)
        .u32(7)
        .u32(0)
        .u8(0);
    let header = header.u32(2).string("urn:acme").string("PUMP_LOCKED").nothing();
    // one result; one DiagnosticInfo: namespace 0, symbol 1, inner: locale 5 that is not there, additional info
    let info = Bytes::new()
        .u8(0x43)
        .u32(1)
        .u32(0)
        .u8(0x18)
        .u32(5)
        .string("by hand");
    let body = header.u32(1).u32(0x8001_0000).u32(1).raw(&info.0);
    let bytes = pair.server.message(request, body);
    tap.feed(pair.session, common::SERVER, &bytes);
    let line = tap.notes.one("message server response WriteResponse");
    assert_has(line, r#""string_table":["urn:acme","PUMP_LOCKED"]"#);
    assert_has(
        line,
        r#""diagnostics":[{"symbolic_id":1,"symbol":"PUMP_LOCKED","namespace_uri":0,"namespace":"urn:acme","inner":{"locale":5,"additional_info":"by hand"}}]"#,
    );
    let field = "[0] = symbolicId 1 PUMP_LOCKED namespaceUri 0 urn:acme locale 5  additionalInfo by hand";
    assert!(
        tap.notes.fields.iter().any(|found| found.starts_with(field)),
        "{:#?}",
        tap.notes.fields
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}
