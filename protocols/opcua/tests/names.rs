//! What clients browse and read gives nodes the names that people know them by.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail as loudly as tests.

mod common;

use common::{Bytes, NAMESPACE_0, Pair, Tap};
use tapglass_proto::Limits;

#[track_caller]
fn assert_has(line: &str, part: &str) {
    assert!(line.contains(part), "{part}\nin\n{line}");
}

/// One node to browse forward.
fn browse(node: Bytes) -> Bytes {
    let all = Bytes::new().raw(&[0, 0]).i64(0).u32(0).u32(0).u32(1).raw(&node.0);
    all.u32(0).numeric(0, 33).u8(1).u32(0).u32(63)
}

/// A HasComponent reference to a node of namespace 2 whose name is its identifier.
fn component(node: &str) -> Bytes {
    let found = Bytes::new().numeric(0, 47).u8(1).node(2, node);
    found
        .raw(&[2, 0])
        .string(node)
        .u8(2)
        .string(format!("the {node}"))
        .u32(2)
        .raw(&[0, 63])
}

/// A result with these references, and a point from which it goes on.
fn found(point: Option<&str>, references: &[Bytes]) -> Bytes {
    let result = Bytes::new().u32(1).u32(0);
    let result = match point {
        Some(point) => result.string(point),
        None => result.null(),
    };
    let start = result.u32(references.len() as u32);
    references.iter().fold(start, |all, one| all.raw(&one.0)).null()
}

#[test]
fn browsing_names_nodes_for_every_later_message_of_the_server() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.talk(
        &mut tap,
        (527, browse(Bytes::new().numeric(0, 85))),
        (530, found(Some("p1"), &[component("Boiler")])),
    );
    // 533: BrowseNext, nothing released, from that point
    pair.talk(
        &mut tap,
        (533, Bytes::new().u8(0).u32(1).string("p1")),
        (536, found(None, &[component("Pump")])),
    );
    let line = tap.notes.one("message server response BrowseNextResponse");
    assert_has(line, r#""items":[{"node":"i=85","status""#);
    pair.talk(
        &mut tap,
        (527, browse(Bytes::new().node(2, "Boiler"))),
        (530, found(None, &[component("SP")])),
    );
    // another client, on another connection
    let mut other = Pair::connect(&mut tap, 10);
    other.subscribe(&mut tap, 5);
    other.watch(&mut tap, 5, "SP", 1, 101);
    other.publish(&mut tap, 5, 1, 49.5);
    assert_has(
        tap.notes.one("message server response PublishResponse"),
        r#""node":"ns=2;s=SP","display_name":"the SP","browse_path":"/Objects/2:Boiler/2:SP","attribute":"Value""#,
    );
    other.write(&mut tap, "Pump", 1.0);
    assert_has(
        tap.notes.one("message client request WriteRequest"),
        r#""display_name":"the Pump","browse_path":"/Objects/2:Pump""#,
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn paths_that_are_translated_and_names_that_are_read_are_learned() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.read_namespaces(&mut tap, &[NAMESPACE_0, "urn:plc", "urn:acme:boiler"]);
    // 554: from i=85 by /2:Boiler/2:SP; 557: one target, the whole path, named by its URI
    let step = |name| {
        let step = Bytes::new().numeric(0, 33).u8(0).u8(1).raw(&[2, 0]);
        step.string(name)
    };
    let path = Bytes::new()
        .u32(1)
        .numeric(0, 85)
        .u32(2)
        .raw(&step("Boiler").0)
        .raw(&step("SP").0);
    // 0x83: text with the URI behind it
    let target = Bytes::new()
        .u8(0x83)
        .raw(&[0, 0])
        .string("SP")
        .string("urn:acme:boiler")
        .u32(u32::MAX);
    let told = Bytes::new().u32(1).u32(0).u32(1).raw(&target.0).null();
    pair.talk(&mut tap, (554, path), (557, told));
    // its DisplayName: attribute 4, a LocalizedText
    let read = Bytes::new()
        .f64(0.0)
        .u32(3)
        .u32(1)
        .node(2, "SP")
        .u32(4)
        .null()
        .raw(&[0, 0])
        .null();
    let told = Bytes::new()
        .u32(1)
        .raw(&[0x01, 0x15, 0x02])
        .string("Setpoint")
        .null();
    pair.talk(&mut tap, (631, read), (634, told));
    pair.write(&mut tap, "SP", 1.0);
    assert_has(
        tap.notes.one("message client request WriteRequest"),
        r#""node":"ns=2;s=SP","namespace":"urn:acme:boiler","display_name":"Setpoint","browse_path":"/Objects/2:Boiler/2:SP""#,
    );
    // The array moves: index 2 means another namespace, and its nodes have no names any more.
    pair.read_namespaces(&mut tap, &[NAMESPACE_0, "urn:plc", "urn:other"]);
    pair.write(&mut tap, "SP", 2.0);
    let last = tap.notes.of("message client request WriteRequest")[1];
    assert_has(last, r#""node":"ns=2;s=SP","namespace":"urn:other","attribute""#);
}

#[test]
fn a_registered_node_is_shown_with_the_node_that_it_stands_for() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    // 560: RegisterNodes ns=2;s=SP; 563: from now on ns=2;s=7
    pair.talk(
        &mut tap,
        (560, Bytes::new().u32(1).node(2, "SP")),
        (563, Bytes::new().u32(1).node(2, "7")),
    );
    pair.write(&mut tap, "7", 1.0);
    assert_has(
        tap.notes.one("message client request WriteRequest"),
        r#""node":"ns=2;s=7","registered_for":"ns=2;s=SP""#,
    );
}

#[test]
fn more_nodes_than_are_remembered_are_said_once() {
    let mut tap = Tap::with(Limits {
        remembered: 3,
        ..Limits::default()
    });
    let mut pair = Pair::connect(&mut tap, 9);
    for round in 0..4 {
        let nodes: Vec<_> = (0..3)
            .map(|place| component(&format!("N{round}{place}")))
            .collect();
        pair.talk(
            &mut tap,
            (527, browse(Bytes::new().numeric(0, 85))),
            (530, found(None, &nodes)),
        );
    }
    assert_has(
        tap.notes.one("blind"),
        "more nodes are browsed than are remembered",
    );
}
