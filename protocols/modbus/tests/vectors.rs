//! Byte vectors of every function: what the record, the summary and the operations say of them. They follow the examples
//! and tables of MODBUS Application Protocol V1.1b3, clause 6, or were made for this project.

#![allow(clippy::unwrap_used)] // A test may fail loudly.

mod common;

use common::{CLIENT, Notebook, Talk, hex, tcp};
use tapglass_proto::Transport;

/// A request and its answer, as hexadecimal data units.
fn exchange(request: &str, answer: &str) -> Notebook {
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&tcp(7, 1, &hex(request)));
    if !answer.is_empty() {
        talk.reply(&tcp(7, 1, &hex(answer)));
    }
    let book = std::mem::take(&mut talk.book);
    for message in &book.messages {
        assert!(message.uncovered.is_empty(), "{message:#?}");
    }
    book
}

/// What all records of a function start with.
fn json(rest: &str) -> String {
    format!("{{\"transaction\":7,\"unit\":1{rest}}}")
}

#[test]
fn every_function_in_both_directions() {
    // Data unit of request and answer; what the members of both say.
    let cases: &[(&str, &str, &str, &str)] = &[
        // 1, the example of AP 6.1: coils 20 to 38.
        (
            "01 0013 0013",
            "01 03 cd6b05",
            ",\"address\":19,\"quantity\":19",
            ",\"address\":19,\"quantity\":19,\"values\":[true,false,true,true,false,false,true,true,true,true,false,true,\
             false,true,true,false,true,false,true]",
        ),
        // 2, AP 6.2: inputs 197 to 218.
        (
            "02 00c4 0016",
            "02 03 acdb35",
            ",\"address\":196,\"quantity\":22",
            ",\"address\":196,\"quantity\":22,\"values\":[false,false,true,true,false,true,false,true,true,true,false,\
             true,true,false,true,true,true,false,true,false,true,true]",
        ),
        // 3, AP 6.3: registers 108 to 110.
        (
            "03 006b 0003",
            "03 06 022b 0000 0064",
            ",\"address\":107,\"quantity\":3",
            ",\"address\":107,\"quantity\":3,\"values\":[555,0,100]",
        ),
        // 4, AP 6.4: input register 9.
        (
            "04 0008 0001",
            "04 02 000a",
            ",\"address\":8,\"quantity\":1",
            ",\"address\":8,\"quantity\":1,\"values\":[10]",
        ),
        // 5, AP 6.5: coil 173 on.
        (
            "05 00ac ff00",
            "05 00ac ff00",
            ",\"address\":172,\"values\":[true]",
            ",\"address\":172,\"values\":[true]",
        ),
        // 6, AP 6.6: register 2.
        (
            "06 0001 0003",
            "06 0001 0003",
            ",\"address\":1,\"values\":[3]",
            ",\"address\":1,\"values\":[3]",
        ),
        // 7, AP 6.7.
        ("07", "07 6d", "", ",\"exception_status\":109,\"data\":\"6d\""),
        // 11, AP 6.9.
        (
            "0b",
            "0b ffff 0108",
            "",
            ",\"comm_status\":65535,\"event_count\":264,\"data\":\"ffff0108\"",
        ),
        // 12, AP 6.10: a receive event with communication error, a restart.
        (
            "0c",
            "0c 09 0000 0108 0121 82 00 41",
            "",
            ",\"comm_status\":0,\"event_count\":264,\"message_count\":289,\"events\":[{\"code\":130,\"name\":\"receive\",\
             \"flags\":[\"communication error\"]},{\"code\":0,\"name\":\"communication restart\",\"flags\":[]},{\"code\":65,\
             \"name\":\"send\",\"flags\":[\"read exception sent\"]}],\"data\":\"000001080121820041\"",
        ),
        // 15, AP 6.11: coils 20 to 29.
        (
            "0f 0013 000a 02 cd01",
            "0f 0013 000a",
            ",\"address\":19,\"quantity\":10,\"values\":[true,false,true,true,false,false,true,true,true,false]",
            ",\"address\":19,\"quantity\":10",
        ),
        // 16, AP 6.12: registers 2 and 3.
        (
            "10 0001 0002 04 000a 0102",
            "10 0001 0002",
            ",\"address\":1,\"quantity\":2,\"values\":[10,258]",
            ",\"address\":1,\"quantity\":2",
        ),
        // 17: id 0x0a, running, a text.
        (
            "11",
            "11 06 0a ff 50 4c 43 31",
            "",
            ",\"server_id\":{\"id\":\"0a\",\"running\":true,\"additional\":\"504c4331\",\"text\":\"PLC1\"},\
             \"data\":\"0aff504c4331\"",
        ),
        // 20, AP 6.14: two records.
        (
            "14 0e 06 0004 0001 0002 06 0003 0009 0002",
            "14 0c 05 06 0dfe 0020 05 06 33cd 0040",
            ",\"records\":[{\"file\":4,\"record\":1,\"length\":2},{\"file\":3,\"record\":9,\"length\":2}]",
            ",\"records\":[{\"length\":2,\"values\":[3582,32]},{\"length\":2,\"values\":[13261,64]}]",
        ),
        // 21, AP 6.15.
        (
            "15 0d 06 0004 0007 0003 06af 04be 100d",
            "15 0d 06 0004 0007 0003 06af 04be 100d",
            ",\"records\":[{\"file\":4,\"record\":7,\"length\":3,\"values\":[1711,1214,4109]}]",
            ",\"records\":[{\"file\":4,\"record\":7,\"length\":3,\"values\":[1711,1214,4109]}]",
        ),
        // 22, AP 6.16.
        (
            "16 0004 00f2 0025",
            "16 0004 00f2 0025",
            ",\"address\":4,\"and_mask\":242,\"or_mask\":37",
            ",\"address\":4,\"and_mask\":242,\"or_mask\":37",
        ),
        // 23, AP 6.17.
        (
            "17 0003 0006 000e 0003 06 00ff 00ff 00ff",
            "17 0c 00fe 0acd 0001 0003 000d 00ff",
            ",\"read_address\":3,\"read_quantity\":6,\"write_address\":14,\"write_quantity\":3,\"write_values\":[255,255,255]",
            ",\"read_address\":3,\"read_quantity\":6,\"values\":[254,2765,1,3,13,255]",
        ),
        // 24, AP 6.18.
        (
            "18 04de",
            "18 0006 0002 01b8 1284",
            ",\"address\":1246",
            ",\"address\":1246,\"values\":[440,4740]",
        ),
        // 43/13: object 0x6040:0, read and written.
        (
            "2b 0d 00 00 6040 00 0000 0002",
            "2b 0d 00 00 6040 00 0000 0002 000f",
            ",\"mei\":{\"code\":13,\"name\":\"CANopen General Reference\"},\"canopen\":{\"access\":\"read\",\"index\":24640,\
             \"subindex\":0,\"start\":0,\"count\":2},\"data\":\"000060400000000002\"",
            ",\"mei\":{\"code\":13,\"name\":\"CANopen General Reference\"},\"canopen\":{\"access\":\"read\",\"index\":24640,\
             \"subindex\":0,\"start\":0,\"count\":2},\"data\":\"000060400000000002000f\"",
        ),
        // 43/14, AP 6.21: two objects, more to come.
        (
            "2b 0e 01 00",
            "2b 0e 01 81 ff 02 02 00 02 4142 01 01 43",
            ",\"mei\":{\"code\":14,\"name\":\"Read Device Identification\"},\"read_code\":1,\"read_code_name\":\"Basic\",\
             \"object\":0,\"object_name\":\"VendorName\"",
            ",\"mei\":{\"code\":14,\"name\":\"Read Device Identification\"},\"read_code\":1,\"read_code_name\":\"Basic\",\
             \"conformity\":129,\"conformity_name\":\"Basic (stream and individual)\",\"more_follows\":255,\
             \"next_object\":2,\"objects\":[{\"id\":0,\"name\":\"VendorName\",\"value\":\"AB\"},{\"id\":1,\
             \"name\":\"ProductCode\",\"value\":\"C\"}]",
        ),
        // A function that nobody describes.
        ("64 0102", "64 03", ",\"data\":\"0102\"", ",\"data\":\"03\""),
    ];
    for (request, answer, asked, said) in cases {
        let book = exchange(request, answer);
        assert_eq!(book.messages.len(), 2, "{request}");
        assert_eq!(book.messages[0].json, json(asked), "{request}");
        assert_eq!(book.messages[1].json, json(said), "{answer}");
        assert_eq!(book.messages[1].response_to, Some(1), "{request}");
        assert!(book.anomalies.is_empty(), "{request}: {:?}", book.anomalies);
    }
}

#[test]
fn diagnostics_by_name_with_their_operations() {
    let cases = [
        ("0000 a537", "Return Query Data", "diagnose"),
        ("0001 ff00", "Restart Communications Option", "restart"),
        ("0002 0000", "Return Diagnostic Register", "diagnose"),
        ("0003 3b00", "Change ASCII Input Delimiter", "configure"),
        ("0004 0000", "Force Listen Only Mode", "stop"),
        ("000a 0000", "Clear Counters and Diagnostic Register", "freeze"),
        ("000b 0000", "Return Bus Message Count", "diagnose"),
        ("000c 0000", "Return Bus Communication Error Count", "diagnose"),
        ("000d 0000", "Return Bus Exception Error Count", "diagnose"),
        ("000e 0000", "Return Server Message Count", "diagnose"),
        ("000f 0000", "Return Server No Response Count", "diagnose"),
        ("0010 0000", "Return Server NAK Count", "diagnose"),
        ("0011 0000", "Return Server Busy Count", "diagnose"),
        ("0012 0000", "Return Bus Character Overrun Count", "diagnose"),
        ("0014 0000", "Clear Overrun Counter and Flag", "freeze"),
        ("0013 0000", "Reserved", "diagnose"),
    ];
    for (data, name, action) in cases {
        let book = exchange(&format!("08 {data}"), &format!("08 {data}"));
        for message in &book.messages {
            assert!(
                message.json.contains(&format!("\"name\":\"{name}\"")),
                "{}",
                message.json
            );
        }
        assert_eq!(book.operations, [format!("{action} requested #1 [{name}]")]);
        assert_eq!(book.answers, ["#1 accepted"]);
        assert!(book.anomalies.is_empty());
    }
    let counter = exchange("08 000b 0000", "08 000b 002a");
    assert!(counter.messages[1].json.contains("\"value\":42"));
}

#[test]
fn exceptions_by_name() {
    let cases = [
        (1, "Illegal Function", "rejected"),
        (2, "Illegal Data Address", "rejected"),
        (3, "Illegal Data Value", "rejected"),
        (4, "Server Device Failure", "rejected"),
        (5, "Acknowledge", "accepted_pending"),
        (6, "Server Device Busy", "rejected"),
        (7, "Negative Acknowledge", "rejected"),
        (8, "Memory Parity Error", "rejected"),
        (9, "Reserved", "rejected"),
        (10, "Gateway Path Unavailable", "rejected"),
        (11, "Gateway Target Device Failed To Respond", "rejected"),
        (99, "Unknown Exception", "rejected"),
    ];
    for (code, name, outcome) in cases {
        let book = exchange("03 0010 0004", &format!("83 {code:02x}"));
        let refused: &[&str] = if code == 5 {
            &[]
        } else {
            &["report rejected #0 holding:16+4"]
        };
        assert_eq!(book.operations, refused, "a read that brings no values: {name}");
        let gateway = matches!(code, 10 | 11);
        assert_eq!(book.messages[1].station.is_none(), gateway, "{name}");
        let book = exchange("06 0001 0003", &format!("86 {code:02x}"));
        let answer = &book.messages[1];
        assert_eq!((answer.kind, answer.function), ("exception", 6));
        assert!(
            answer
                .json
                .contains(&format!("\"exception\":{{\"code\":{code},\"name\":\"{name}\"}}"))
        );
        assert_eq!(book.answers, [format!("#1 {outcome} {name}")]);
    }
}

#[test]
fn commands_become_operations() {
    let cases = [
        ("05 00ac ff00", "write requested #1 coil:172+1 [01]"),
        ("05 00ac 0000", "write requested #1 coil:172+1 [00]"),
        ("06 0001 0003", "write requested #1 holding:1 [00, 03]"),
        ("0f 0013 000a 02 cd01", "write requested #1 coil:19+10 [cd, 01]"),
        ("10 0001 0001 02 000a", "write requested #1 holding:1 [00, 0a]"),
        (
            "16 0004 00f2 0025",
            "write requested #1 holding:4 and 00f2 or 0025",
        ),
        (
            "17 0003 0006 000e 0001 02 00ff",
            "write requested #1 holding:14 [00, ff]",
        ),
        (
            "15 09 06 0004 0007 0001 06af",
            "file requested #1 [file 4 record 7 length 1]",
        ),
        (
            "14 07 06 0004 0001 0002",
            "file requested #1 [file 4 record 1 length 2]",
        ),
        ("07", "diagnose requested #1"),
        ("0b", "diagnose requested #1"),
        ("0c", "diagnose requested #1"),
        ("11", "identify requested #1"),
        ("2b 0e 01 00", "identify requested #1"),
        (
            "2b 0d 01 00 6040 00 0000 0002 000f",
            "configure requested #1 [object 0x6040:0]",
        ),
        (
            "2b 0d 00 00 6041 00 0000 0002",
            "browse requested #1 [object 0x6041:0]",
        ),
        ("09 00", "program requested #1"),
        ("0a 00", "diagnose requested #1"),
        ("0d 00", "program requested #1"),
        ("0e 00", "diagnose requested #1"),
        ("12 00", "program requested #1"),
        ("13 00", "restart requested #1"),
        ("28 00", "program requested #1"),
        ("29 00", "other requested #1"),
        ("5b 00", "other requested #1"),
        ("7d 00", "program requested #1"),
        ("7e 00", "program requested #1"),
        ("7f 00", "identify requested #1"),
    ];
    for (request, operation) in cases {
        let book = exchange(request, "");
        assert_eq!(book.operations, [operation], "{request}");
    }
    for read in [
        "01 0000 0001",
        "02 0000 0001",
        "03 0000 0001",
        "04 0000 0001",
        "18 0000",
    ] {
        assert!(exchange(read, "").operations.is_empty());
    }
}

#[test]
fn vendor_functions_have_names() {
    let names = [
        (0x09, "Program 484"),
        (0x0a, "Poll 484"),
        (0x0d, "Program 584/984"),
        (0x0e, "Poll 584/984"),
        (0x12, "Program 884/M84"),
        (0x13, "Reset Comm Link 884/M84"),
        (0x28, "Program Concept"),
        (0x29, "Multiple Function Codes"),
        (0x5a, "UMAS"),
        (0x5b, "Object Messaging"),
        (0x7d, "Firmware Replacement"),
        (0x7e, "Program 584/984 (2)"),
        (0x7f, "Report Local Address"),
    ];
    for (code, name) in names {
        let book = exchange(&format!("{code:02x} 00 aa bb"), "");
        assert!(
            book.messages[0].summary.contains(name),
            "{}",
            book.messages[0].summary
        );
        assert!(book.messages[0].json.contains("\"data\":\"00aabb\""));
    }
}

#[test]
fn identity_of_a_device() {
    let book = exchange(
        "2b 0e 03 00",
        "2b 0e 03 83 00 00 07 \
         00 03 414243  01 02 5031  02 04 56312e32  03 01 75  04 01 6e  05 01 6d  06 02 2041",
    );
    let expected = [
        ("vendor", "ABC"),
        ("product_code", "P1"),
        ("firmware", "V1.2"),
        ("vendor_url", "u"),
        ("product", "n"),
        ("model", "m"),
        ("application", "A"),
    ];
    assert_eq!(
        book.identities,
        expected.map(|(key, value)| (key, value.to_owned())).to_vec()
    );
    let server = exchange("11", "11 08 b4 ff 4c 4d 42 33 2e 31");
    assert_eq!(
        server.identities,
        [("server_id", "LMB3.1".into()), ("run_indicator", "on".into())]
    );
    // An id that is a text, not running.
    let text = exchange("11", "11 05 50 4c 43 31 00");
    assert_eq!(
        text.identities,
        [("server_id", "PLC1".into()), ("run_indicator", "off".into())]
    );
}

#[test]
fn umas_by_sub_function() {
    // Reservation by a station, its answer with the session key, and what follows under that key.
    let book = exchange("5a 00 10 434c0000 05 55 53 45 52 31", "5a 00 fe 01");
    assert_eq!(
        book.operations,
        ["login requested #1 [Take PLC Reservation by USER1]"]
    );
    assert_eq!(book.answers, ["#1 accepted"]);
    assert_eq!(
        book.messages[1].json,
        json(
            ",\"umas\":{\"session\":0,\"subfunction\":{\"code\":254,\"name\":\"OK\"},\"answers\":{\"code\":16,\
             \"name\":\"Take PLC Reservation\"},\"granted_session\":1},\"data\":\"00fe01\""
        )
    );
    let cases = [
        ("01 40 ff00", "start requested #1 [Start PLC]"),
        ("01 41 ff00", "stop requested #1 [Stop PLC]"),
        ("01 11", "login requested #1 [Release PLC Reservation]"),
        (
            "00 20 01 1300 0000 0000 6400",
            "browse requested #1 [Read Memory Block, block 19, offset 0, length 100]",
        ),
        (
            "00 21 01 1300 0400 0000 0200 abcd",
            "write requested #1 [Write Memory Block, block 19, offset 4, length 2]",
        ),
        (
            "00 22 11223344 01 02 1300 01 0002 04",
            "browse requested #1 [Read Variables, count 1]",
        ),
        (
            "00 23 11223344 01 02 1300 0002 0400 e803",
            "write requested #1 [Write Variables, count 1]",
        ),
        ("01 30 0001", "program requested #1 [Initialise Upload]"),
        (
            "01 31 0001 0100 0400 41505800",
            "program requested #1 [Upload Block, block 1, length 4]",
        ),
        ("01 34 0001 0100", "file requested #1 [Download Block, block 1]"),
        ("00 04", "identify requested #1 [Read PLC Information]"),
    ];
    for (data, operation) in cases {
        let book = exchange(&format!("5a {data}"), "5a 01 fd 8083");
        assert_eq!(book.operations, [operation], "{data}");
        assert_eq!(book.answers, ["#1 rejected Error"], "{data}");
    }
    // A stop inside a signed message.
    let signed = format!("5a 00 38 01 {} 5a 01 41 ff00", "aa".repeat(32));
    let book = exchange(&signed, "");
    assert_eq!(book.operations, ["stop requested #1 [Stop PLC]"]);
    // What a controller says of itself.
    let book = exchange(
        "5a 00 02",
        "5a 00 fe 10ff 5a010100 0000 7002 0000 2700 0900 08000000 0000 0e 313430204350552033313120313020 01 01",
    );
    assert!(book.identities.contains(&("firmware", "2.70".into())));
    assert!(
        book.identities
            .iter()
            .any(|(key, value)| *key == "product" && value.starts_with("140 CPU 311"))
    );
}

#[test]
fn the_tree_names_registers_as_manuals_do() {
    let book = exchange("10 0064 0001 02 000a", "");
    let tree = book.messages[0].fields.join("\n");
    for line in [
        "  Transaction id: 7  0x0007 @0+2",
        "  Function: 16  Write Multiple Registers @7+1",
        "  Starting address: 100  0x0064 @8+2",
        "  Byte count: 2 @12+1",
        "  Register 100 (40101): 10  0x000a @13+2",
    ] {
        assert!(tree.contains(line), "{line}\n{tree}");
    }
}

#[test]
fn what_breaks_the_standard_has_a_name_and_is_still_decoded() {
    // Request data unit, its anomalies, what is lifted.
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("03 0000 007e", &["quantity_out_of_range"], &[]),
        ("03 0000 0000", &["quantity_out_of_range"], &[]),
        ("01 0000 07d1", &["quantity_out_of_range"], &[]),
        ("04 ffff 0002", &["address_out_of_range"], &[]),
        ("03 0000 0001 ff", &["length_mismatch"], &[]),
        ("03 0000", &["message_too_short"], &[]),
        (
            "05 0001 1234",
            &["illegal_value"],
            &["write requested #1 coil:1+1 [01]"],
        ),
        // Two registers promised, four bytes there, eight counted.
        (
            "10 0001 0002 08 000a 000b",
            &["byte_count_mismatch", "byte_count_mismatch"],
            &["write requested #1 holding:1 [00, 0a, 00, 0b]"],
        ),
        (
            "10 0001 0001 04 000a 000b",
            &["byte_count_mismatch"],
            &["write requested #1 holding:1 [00, 0a, 00, 0b]"],
        ),
        (
            "0f 0000 0010 01 ff",
            &["byte_count_mismatch"],
            &["write requested #1 coil:0+8 [ff]"],
        ),
        ("06 0001 00", &["message_too_short"], &["write requested #1"]),
        (
            "17 0000 0001 0000 007a 02 0001",
            &["quantity_out_of_range", "byte_count_mismatch"],
            &["write requested #1 holding:0 [00, 01]"],
        ),
        (
            "14 07 07 0004 0001 0002",
            &["illegal_value"],
            &["file requested #1 [file 4 record 1 length 2]"],
        ),
        (
            "14 05 06 0004 0001",
            &["byte_count_mismatch"],
            &["file requested #1"],
        ),
        ("00 01", &["function_code_invalid"], &["other requested #1"]),
        ("86 01", &["exception_from_client"], &[]),
    ];
    for (request, anomalies, operations) in cases {
        let book = exchange(request, "");
        assert_eq!(book.messages.len(), 1, "{request}");
        assert_eq!(
            book.anomaly_names(),
            *anomalies,
            "{request}: {:?}",
            book.anomalies
        );
        assert_eq!(book.messages[0].anomalies, *anomalies, "{request}");
        assert_eq!(book.operations, *operations, "{request}");
        assert_eq!(book.messages[0].from, CLIENT);
    }
}
