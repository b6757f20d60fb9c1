//! Filters against one record, and the errors of wrong ones.

use super::Filter;

fn record() -> serde_json::Value {
    serde_json::json!({
        "record": "message",
        "time": "2026-11-22T10:00:00.500000000Z",
        "frame": 42,
        "client": {"mac": "8e:32:a8:2a:a6:47", "ip": "10.0.0.5", "port": 50123},
        "server": {"ip": "fd00::1", "port": 502},
        "vlan": [7, 8],
        "protocol": "modbus",
        "from": "client",
        "kind": "request",
        "function": {"code": 16, "name": "Write Multiple Registers"},
        "modbus": {"unit": 1, "address": 100, "quantity": 2, "values": [6, 700], "data": "00ff"},
        "dnp3": {"objects": [{"group": 12, "points": [{"index": 7, "value": 1.5}, {"index": 9, "value": "18446744073709551615"}]}]},
        "opcua": {"encrypted": true, "items": [{"node": "ns=2;s=Boiler.Setpoint"}]},
    })
}

#[test]
fn conditions_hold_or_not() {
    for (text, holds) in [
        (
            "protocol == modbus and function.code == 16 and modbus.address >= 100",
            true,
        ),
        (
            "protocol == modbus and function.code == 16 and modbus.address > 100",
            false,
        ),
        ("client.ip == 10.0.0.5", true),
        ("client.ip == 10.0.0.0/24", true),
        ("client.ip in {10.1.0.0/16, 10.0.0.4/31}", true),
        ("client.ip == 10.0.1.0/24", false),
        ("server.ip == 0:0::1 or server.ip == FD00::1", true),
        ("server.ip == fd00::/16 && server.port == 502", true),
        ("client.mac == 8E:32:A8:2A:A6:47", true),
        ("kind != request", false),
        ("kind != response", true),
        ("status.code != 0", false),
        ("not status", true),
        ("function == 16", true),
        ("function == \"Write Multiple Registers\"", true),
        ("function in {5, 6, 15, 16}", true),
        ("function.name contains Multiple", true),
        ("function.name ~ '^write .*registers$'", true),
        ("function.name ~ '^rite'", false),
        ("modbus.values[0] > 5", true),
        ("modbus.values[0] > 6", false),
        ("modbus.values[-1] == 700", true),
        ("modbus.values[2] == 0", false),
        ("modbus.values > 699", true),
        ("modbus.values[*] == 0x2bc", true),
        ("modbus.values != 6", false),
        ("modbus.values != 5", true),
        ("dnp3.objects.points.index == 9", true),
        ("dnp3.objects[0].points[1].value > 18446744073709551614", true),
        ("dnp3.objects[0].points[0].value == 1.5", true),
        ("dnp3.objects[0].points[0].value < -1.5", false),
        ("opcua.encrypted", true),
        ("opcua.encrypted == true", true),
        ("opcua.items.node == \"ns=2;s=Boiler.Setpoint\"", true),
        ("opcua.items.node contains Boiler", true),
        ("vlan == 8", true),
        (
            "time >= 2026-11-22T10:00:00Z and time < 2026-11-22T10:00:01Z",
            true,
        ),
        ("time < 2026-11-22T10:00:00.5Z", false),
        ("!(protocol == dnp3 || protocol == opcua)", true),
        ("protocol == dnp3 or protocol == modbus and frame == 41", false),
        ("(protocol == dnp3 or protocol == modbus) and frame == 42", true),
        ("not protocol == dnp3 and not frame lt 42", true),
        ("modbus.data contains ff", true),
    ] {
        let filter = Filter::new(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(filter.passes(&record()), holds, "{text}");
    }
}

#[test]
fn errors_name_the_column_and_the_mend() {
    for (text, column, part) in [
        ("", 1, "empty"),
        ("protocl == modbus", 1, "did you mean protocol?"),
        (
            "kind == request and modbus.adress == 1",
            21,
            "did you mean modbus.address?",
        ),
        ("modbus.address ==", 18, "a value is expected"),
        ("modbus.address == 1 frame == 2", 21, "join conditions"),
        ("(protocol == modbus", 20, "`)` is missing"),
        ("protocol == \"modbus", 13, "no end"),
        ("function.name ~ '('", 15, "is no pattern"),
        ("modbus.values[x] == 1", 15, "a number or *"),
        ("modbus.values[0 == 1", 17, "`]` is missing"),
        ("== 1", 1, "the member of a record"),
        ("modbus..address == 1", 1, "a dot too many"),
        ("protocol == modbus & frame", 20, "means nothing"),
        ("function in {1, 2", 18, "no end"),
        ("frame.x == 1", 1, "frame has no members"),
        ("zzzzzzzzzz == 1", 1, "records have"),
    ] {
        let error = Filter::new(text).map(|_| ()).unwrap_err();
        assert!(error.message.contains(part), "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
    }
    let deep = "(".repeat(100_000);
    assert!(Filter::new(&deep).is_err());
}

#[test]
fn every_member_of_every_schema_can_be_named() {
    for record in crate::records::schema::RECORDS {
        let schema = crate::records::schema::schema(record).unwrap();
        let members = schema.get("properties").unwrap().as_object().unwrap();
        for member in members.keys() {
            assert!(Filter::new(member).is_ok(), "{record}.{member}");
        }
    }
}
