//! Services beside those that plants use every day: history, the address space, triggers, discovery.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail as loudly as tests.

mod common;

use common::{Bytes, NAMESPACE_0, Pair, Tap};

/// A connection with a user and known namespaces.
fn connected() -> (Tap, Pair) {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    pair.read_namespaces(&mut tap, &[NAMESPACE_0, "urn:plc", "urn:acme:boiler"]);
    (tap, pair)
}

fn assert_clean(tap: &Tap) {
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
    assert!(tap.notes.of("blind").is_empty(), "{:#?}", tap.notes.lines);
}

#[track_caller]
fn assert_has(line: &str, part: &str) {
    assert!(line.contains(part), "{part}\nin\n{line}");
}

#[test]
fn values_of_the_past_are_shown_and_are_no_reports() {
    let (mut tap, mut pair) = connected();
    // 647: ReadRawModifiedDetails: not modified, from, to, at most 10 values, no bounds; both times, one node
    let details = Bytes::new()
        .u8(0)
        .i64(133_000_000_000_000_000)
        .i64(0)
        .u32(10)
        .u8(0);
    let read = Bytes::new().structure(649, details).u32(2).u8(0).u32(1);
    let read = read.node(2, "LT101.PV").null().raw(&[0, 0]).null().null();
    // 658: HistoryData with two values, the second with a status: 0x0000_0406 Good, DataValue, interpolated, partial
    let data = Bytes::new().u32(2).double(1.5);
    let data = data
        .raw(&[0x07, 0x0b])
        .f64(2.5)
        .u32(0x0406)
        .i64(133_000_000_000_000_000);
    let told = Bytes::new()
        .u32(1)
        .u32(0)
        .string("more")
        .structure(658, data)
        .null();
    pair.talk(&mut tap, (664, read), (667, told));
    assert_clean(&tap);
    let asked = tap.notes.one("message client request HistoryReadRequest");
    assert_has(
        asked,
        r#""details":{"type":"ReadRawModifiedDetails","value":{"is_read_modified":false,"start_time":"2022-06-18T04:26:40.000000000Z","end_time":null,"num_values_per_node":10,"return_bounds":false}},"timestamps":"Both","release_continuation_points":false,"items":[{"node":"ns=2;s=LT101.PV","namespace":"urn:acme:boiler"}]"#,
    );
    let line = tap.notes.one("message server response HistoryReadResponse");
    assert_has(
        line,
        r#""details":"ReadRawModifiedDetails","items":[{"node":"ns=2;s=LT101.PV","namespace":"urn:acme:boiler","status":{"code":0,"name":"Good"},"continuation_point":"6d6f7265","history":{"type":"HistoryData","value":{"data_values":[{"type":"Double","value":1.5},"#,
    );
    assert_has(
        line,
        r#"{"type":"Double","value":2.5,"status":{"code":1030,"name":"Good","info_type":"DataValue","historian":["interpolated","partial"]},"source_time":"2022-06-18T04:26:40.000000000Z"}"#,
    );
    // They carry their nodes and values, and are not what a rule takes for the present.
    assert_eq!(
        tap.notes.one("operation other"),
        "operation other accepted app=urn:acme:hmi user=operator #0 Polled [values of the past] \
         nsu=urn:acme:boiler;s=LT101.PV=Double(1.5)/good/ nsu=urn:acme:boiler;s=LT101.PV=Double(2.5)/good/"
    );
    // the namespace array, and nothing of the past
    assert_eq!(tap.notes.of("operation report").len(), 1);
}

#[test]
fn changing_the_past_configures() {
    let (mut tap, mut pair) = connected();
    // 682: UpdateDataDetails: node, replace, one value; 688: DeleteRawModifiedDetails: node, raw, from, to
    let update = Bytes::new().node(2, "LT101.PV").u32(2).u32(1).double(7.0);
    let delete = Bytes::new().node(2, "LT102.PV").u8(0).i64(1).i64(2);
    let asked = Bytes::new().u32(2).structure(682, update).structure(688, delete);
    // Good with one GoodEntryReplaced; BadUserAccessDenied
    let told = Bytes::new().u32(2).u32(0).u32(1).u32(0x00a3_0000).null();
    let told = told.u32(0x801f_0000).null().null().null();
    pair.talk(&mut tap, (700, asked), (703, told));
    assert_clean(&tap);
    assert_eq!(
        tap.notes.one("operation configure"),
        "operation configure requested app=urn:acme:hmi user=operator #3 Polled \
         [HistoryUpdate: UpdateDataDetails, DeleteRawModifiedDetails] \
         nsu=urn:acme:boiler;s=LT101.PV=Null/good/ nsu=urn:acme:boiler;s=LT102.PV=Null/good/"
    );
    assert_eq!(
        tap.notes.one("answer #3"),
        r#"answer #3 accepted Good ["accepted Good", "rejected BadUserAccessDenied"]"#
    );
    let line = tap.notes.one("message client request HistoryUpdateRequest");
    assert_has(
        line,
        r#""details":{"type":"UpdateDataDetails","value":{"node_id":"ns=2;s=LT101.PV","perform_insert_replace":"Replace","update_values":[{"type":"Double","value":7.0}]}}"#,
    );
    let line = tap.notes.one("message server response HistoryUpdateResponse");
    assert_has(
        line,
        r#""details":"UpdateDataDetails","status":{"code":0,"name":"Good"},"operation_results":[{"code":10682368,"name":"GoodEntryReplaced"}]"#,
    );
}

#[test]
fn nodes_that_are_added_have_a_place_and_lose_it() {
    let (mut tap, mut pair) = connected();
    // below i=85 by Organizes, the server chooses the number, name 2:New, an Object without attributes or type
    let add = Bytes::new().u32(1).numeric(0, 85).numeric(0, 35).raw(&[0, 0]);
    let add = add.raw(&[2, 0]).string("New").u32(1).nothing().raw(&[0, 0]);
    let added = Bytes::new().u32(1).u32(0).node(2, "N1").null();
    pair.talk(&mut tap, (488, add), (491, added));
    assert_eq!(
        tap.notes.one("operation configure"),
        "operation configure requested app=urn:acme:hmi user=operator #3 Polled [AddNodes: New] i=85=Null/good/"
    );
    let line = tap.notes.one("message client request AddNodesRequest");
    assert_has(
        line,
        r#""parent_node_id":"i=85","reference_type_id":"i=35","requested_new_node_id":"i=0","browse_name":"2:New","node_class":"Object""#,
    );
    assert_has(
        tap.notes.one("message server response AddNodesResponse"),
        r#""node":"ns=2;s=N1","namespace":"urn:acme:boiler","browse_name":"New","status""#,
    );
    pair.write(&mut tap, "N1", 1.0);
    assert_has(
        tap.notes.one("message client request WriteRequest"),
        r#""browse_path":"/Objects/2:New""#,
    );
    let delete = Bytes::new().u32(1).node(2, "N1").u8(1);
    pair.talk(&mut tap, (500, delete), (503, Bytes::new().u32(1).u32(0).null()));
    // a reference from i=85 to N1, forward
    let reference = Bytes::new()
        .u32(1)
        .numeric(0, 85)
        .numeric(0, 35)
        .u8(1)
        .node(2, "N1")
        .u8(1);
    pair.talk(
        &mut tap,
        (506, reference),
        (509, Bytes::new().u32(1).u32(0x8034_0000).null()),
    );
    let refused = tap.notes.one("answer #6");
    assert_eq!(
        refused,
        r#"answer #6 rejected BadNodeIdUnknown ["rejected BadNodeIdUnknown"]"#
    );
    pair.write(&mut tap, "N1", 2.0);
    let last = tap.notes.of("message client request WriteRequest")[1];
    assert!(!last.contains("browse_path"), "{last}");
    assert_clean(&tap);
}

#[test]
fn triggers_name_the_items_that_they_link() {
    let (mut tap, mut pair) = connected();
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "A", 1, 101);
    pair.watch(&mut tap, 5, "B", 2, 102);
    // 775: item 101 triggers 102 from now on, and 103 no more
    let asked = Bytes::new().u32(5).u32(101).u32(1).u32(102).u32(1).u32(103);
    let told = Bytes::new().u32(1).u32(0).null().u32(1).u32(0x8042_0000).null();
    pair.talk(&mut tap, (775, asked), (778, told));
    assert_clean(&tap);
    let line = tap.notes.one("message client request SetTriggeringRequest");
    assert_has(
        line,
        r#""subscription":5,"trigger":{"monitored_item":101,"node":"ns=2;s=A""#,
    );
    assert_has(line, r#"{"monitored_item":103,"link":"remove"}"#);
    let line = tap.notes.one("message server response SetTriggeringResponse");
    assert_has(
        line,
        r#""items":[{"monitored_item":102,"node":"ns=2;s=B","namespace":"urn:acme:boiler","attribute":"Value","link":"add","status":{"code":0,"name":"Good"}},{"monitored_item":103,"link":"remove","status":{"code":2151809024,"name":"BadMonitoredItemIdInvalid"}}]"#,
    );
}

#[test]
fn services_without_items_show_their_parameters() {
    let (mut tap, mut pair) = connected();
    // 479: Cancel of handle 7; one request was given up
    pair.talk(&mut tap, (479, Bytes::new().u32(7)), (482, Bytes::new().u32(1)));
    assert_has(
        tap.notes.one("message client request CancelRequest"),
        r#""parameters":{"request_handle":7}"#,
    );
    assert_has(
        tap.notes.one("message server response CancelResponse"),
        r#""parameters":{"cancel_count":1}"#,
    );
    // 12211: RegisterServer2 with a server that is online, and mDNS as its only way to be found
    let server = Bytes::new()
        .string("urn:plc")
        .string("urn:p")
        .u32(1)
        .u8(2)
        .string("PLC")
        .u32(0);
    let server = server.null().u32(1).string("opc.tcp://plc:4840").null().u8(1);
    let mdns = Bytes::new().string("plc").u32(1).string("DA");
    let register = server.u32(1).structure(12_901, mdns);
    let registered = Bytes::new().u32(1).u32(0).null();
    pair.talk(&mut tap, (12_211, register), (12_212, registered));
    let line = tap.notes.one("message client request RegisterServer2Request");
    assert_has(
        line,
        r#""server":{"server_uri":"urn:plc","product_uri":"urn:p","server_names":[{"text":"PLC"}],"server_type":"Server""#,
    );
    assert_has(
        line,
        r#"{"type":"MdnsDiscoveryConfiguration","value":{"mdns_server_name":"plc","server_capabilities":["DA"]}}"#,
    );
    // 12208: FindServersOnNetwork from record 0, ten of them, all; the answer has one
    let found = Bytes::new()
        .i64(0)
        .u32(1)
        .u32(3)
        .string("PLC")
        .string("opc.tcp://plc:4840")
        .null();
    pair.talk(
        &mut tap,
        (12_208, Bytes::new().u32(0).u32(10).null()),
        (12_209, found),
    );
    assert_has(
        tap.notes
            .one("message server response FindServersOnNetworkResponse"),
        r#""servers":[{"record_id":3,"server_name":"PLC","discovery_url":"opc.tcp://plc:4840","server_capabilities":[]}]"#,
    );
    // 621: QueryNext: released, a point; nothing more
    pair.talk(
        &mut tap,
        (621, Bytes::new().u8(1).string("p")),
        (624, Bytes::new().null().null()),
    );
    // 410: TestStack: test 1, iteration 2, a Boolean; the same comes back
    let test = Bytes::new().u32(1).u32(2).raw(&[1, 1]);
    pair.talk(&mut tap, (410, test), (413, Bytes::new().raw(&[1, 1])));
    assert_has(
        tap.notes.one("message client request TestStackRequest"),
        r#""parameters":{"test_id":1,"iteration":2,"input":{"type":"Boolean","value":true}}"#,
    );
    assert_clean(&tap);
}

#[test]
fn keys_that_a_method_returns_are_never_written() {
    let (mut tap, mut pair) = connected();
    // GetSecurityKeys of PublishSubscribe (i=14443, i=15215); policy, token, keys
    let call = Bytes::new().u32(1).numeric(0, 14_443).numeric(0, 15_215).null();
    let result = Bytes::new()
        .u32(1)
        .u32(0)
        .null()
        .null()
        .u32(3)
        .u8(12)
        .string("policy")
        .u8(7)
        .u32(4);
    let result = result.raw(&[0x8f]).u32(1).string("topsecret").null();
    pair.talk(&mut tap, (712, call), (715, result));
    assert_clean(&tap);
    let line = tap.notes.one("message server response CallResponse");
    assert_has(line, r#"{"type":"ByteString","value":"redacted","length":18}"#);
    let secret = "topsecret"
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    assert!(!tap.notes.lines.concat().contains(&secret));
    assert!(
        tap.notes
            .fields
            .iter()
            .any(|field| field.starts_with("outputArguments = redacted"))
    );
}
