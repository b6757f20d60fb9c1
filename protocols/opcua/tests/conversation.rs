//! Whole conversations: what a client does, what the server answers, and what is said of both.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail as loudly as tests.

mod common;

use common::{Bytes, CLIENT, NAMESPACE_0, Pair, SERVER, Side, Tap, response};
use tapglass_proto::Limits;

#[test]
fn a_write_has_its_actor_its_namespace_and_its_outcome() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    pair.read_namespaces(&mut tap, &[NAMESPACE_0, "urn:plc", "urn:acme:boiler"]);
    let request = pair.write(&mut tap, "LIC101.SP", 53.5);
    assert_eq!(
        tap.notes.one("operation write"),
        "operation write requested app=urn:acme:hmi user=operator #3 Polled [] \
         nsu=urn:acme:boiler;s=LIC101.SP=Double(53.5)/good/"
    );
    // 676: one result, 0x801f0000 BadUserAccessDenied
    pair.tell(
        &mut tap,
        request,
        676,
        0,
        Bytes::new().u32(1).u32(0x801f_0000).null(),
    );
    assert_eq!(
        tap.notes.one("answer #3"),
        r#"answer #3 rejected BadUserAccessDenied ["rejected BadUserAccessDenied"]"#
    );
    let line = tap.notes.one("message server response WriteResponse");
    assert!(
        line.contains(
            r#""items":[{"node":"ns=2;s=LIC101.SP","namespace":"urn:acme:boiler","attribute":"Value","status":{"code":2149515264"#
        )
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
    assert!(tap.notes.of("blind").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn outcomes_of_writes_follow_the_severity_of_each_result() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let write = ["A", "B", "C"].iter().fold(Bytes::new().u32(3), |bytes, node| {
        bytes.node(2, node).u32(13).null().double(1.0)
    });
    let request = pair.ask(&mut tap, 673, write);
    // Good, GoodCompletesAsynchronously, BadOutOfRange
    let results = Bytes::new()
        .u32(3)
        .u32(0)
        .u32(0x002e_0000)
        .u32(0x803c_0000)
        .null();
    pair.tell(&mut tap, request, 676, 0, results);
    assert_eq!(
        tap.notes.one("answer"),
        r#"answer #1 accepted Good ["accepted Good", "accepted_pending GoodCompletesAsynchronously", "rejected BadOutOfRange"]"#
    );
}

#[test]
fn a_fault_answers_the_request_that_failed() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let request = pair.write(&mut tap, "A", 1.0);
    // 397: ServiceFault, BadSessionIdInvalid
    pair.tell(&mut tap, request, 397, 0x8025_0000, Bytes::new());
    assert_eq!(
        tap.notes.one("answer"),
        "answer #1 rejected BadSessionIdInvalid []"
    );
    let line = tap.notes.one("message server response ServiceFault");
    assert!(
        line.contains(r#""service":"ServiceFault","answers":"Write""#),
        "{line}"
    );
    assert!(line.contains("Write failed: BadSessionIdInvalid"), "{line}");
}

#[test]
fn notifications_are_named_through_their_client_handle() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    pair.read_namespaces(&mut tap, &[NAMESPACE_0, "urn:plc", "urn:acme:boiler"]);
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "LT101.PV", 201, 1);
    pair.publish(&mut tap, 5, 201, 49.5);
    let reports = tap.notes.of("operation report");
    assert_eq!(
        reports[1],
        "operation report accepted app=urn:acme:hmi user=operator #0 Event [] \
         nsu=urn:acme:boiler;s=LT101.PV=Double(49.5)/good/"
    );
    let line = tap.notes.one("message server response PublishResponse");
    assert!(
        line.contains(
            r#""client_handle":201,"node":"ns=2;s=LT101.PV","namespace":"urn:acme:boiler","attribute":"Value","type":"Double","value":49.5"#
        ),
        "{line}"
    );
}

#[test]
fn a_handle_that_modify_changes_still_names_its_node() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "A", 1, 500);
    // 763: subscription 5, both times, one item: 500, handle 2
    let modify = Bytes::new()
        .u32(5)
        .u32(2)
        .u32(1)
        .u32(500)
        .u32(2)
        .f64(100.0)
        .nothing()
        .u32(1)
        .u8(1);
    let modified = Bytes::new().u32(1).u32(0).f64(100.0).u32(1).nothing().null();
    pair.talk(&mut tap, (763, modify), (766, modified));
    pair.publish(&mut tap, 5, 2, 7.0);
    assert!(
        tap.notes
            .one("operation report")
            .ends_with("ns=2;s=A=Double(7.0)/good/")
    );
}

#[test]
fn events_carry_the_names_of_the_fields_that_were_selected() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.subscribe(&mut tap, 5);
    // EventFilter: two clauses of BaseEventType i=2041, paths Severity and Message, attribute 13; no where clause
    let filter = ["Severity", "Message"]
        .iter()
        .fold(Bytes::new().u32(2), |bytes, name| {
            bytes
                .numeric(0, 2041)
                .u32(1)
                .raw(&[0, 0])
                .string(name)
                .u32(13)
                .null()
        });
    // 751: subscription 5, both, one item: ns=2;s=Boiler, attribute 12 EventNotifier, reporting, handle 3
    let create = Bytes::new().u32(5).u32(2).u32(1);
    let create = create.node(2, "Boiler").u32(12).null().raw(&[0, 0]).null().u32(2);
    let create = create.u32(3).f64(0.0).structure(727, filter.null()).u32(10).u8(1);
    let created = Bytes::new()
        .u32(1)
        .u32(0)
        .u32(8)
        .f64(0.0)
        .u32(10)
        .nothing()
        .null();
    pair.talk(&mut tap, (751, create), (754, created));
    // one event of handle 3: 0x05 UInt16 900, 0x15 LocalizedText "high level"
    let event = Bytes::new().u32(1).u32(3).u32(2);
    let event = event.raw(&[0x05, 0x84, 0x03, 0x15, 0x02]).string("high level");
    pair.notify(&mut tap, 5, Bytes::new().u32(1).structure(916, event));
    assert!(
        tap.notes
            .one("operation report")
            .ends_with(r#"ns=2;s=Boiler@EventNotifier=Text("high level")/good/"#)
    );
    let line = tap.notes.one("message server response PublishResponse");
    assert!(
        line.contains(r#""event":[{"field":"Severity","type":"UInt16","value":900},{"field":"Message","#),
        "{line}"
    );
}

#[test]
fn a_session_moves_to_another_connection() {
    let mut tap = Tap::new();
    let mut first = Pair::connect(&mut tap, 9);
    first.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    first.subscribe(&mut tap, 5);
    first.watch(&mut tap, 5, "A", 1, 500);
    tap.close(first.session);
    let mut second = Pair::connect(&mut tap, 10);
    second.client.token = 77;
    second.write(&mut tap, "A", 2.0);
    assert!(
        tap.notes
            .one("operation write")
            .starts_with("operation write requested app=urn:acme:hmi user=operator")
    );
    second.publish(&mut tap, 5, 1, 3.0);
    assert!(
        tap.notes
            .one("operation report")
            .ends_with("ns=2;s=A=Double(3.0)/good/")
    );
}

#[test]
fn taking_the_subscription_of_another_client_blocks_its_reports() {
    let mut tap = Tap::new();
    let mut owner = Pair::connect(&mut tap, 9);
    owner.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    owner.subscribe(&mut tap, 5);
    let mut rogue = Pair::connect(&mut tap, 10);
    rogue.log_on(&mut tap, "urn:rogue", 78, "guest");
    // 841: one subscription, 5; no initial values
    let transfer = Bytes::new().u32(1).u32(5).u8(0);
    rogue.talk(
        &mut tap,
        (841, transfer),
        (844, Bytes::new().u32(1).u32(0).null().null()),
    );
    assert_eq!(
        tap.notes.one("operation block_reporting"),
        "operation block_reporting requested app=urn:rogue user=guest #3 Polled [subscription 5]"
    );
    // It is the rogue's own now, so ending it is ordinary.
    let delete = Bytes::new().u32(1).u32(5);
    rogue.talk(&mut tap, (847, delete), (850, Bytes::new().u32(1).u32(0).null()));
    assert_eq!(tap.notes.of("operation block_reporting").len(), 1);
}

#[test]
fn switching_off_is_told_apart_from_switching_on() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "A", 1, 500);
    let results = || Bytes::new().u32(1).u32(0).null();
    // 799: publishing off, then on, for subscription 5
    pair.talk(
        &mut tap,
        (799, Bytes::new().u8(0).u32(1).u32(5)),
        (802, results()),
    );
    pair.talk(
        &mut tap,
        (799, Bytes::new().u8(1).u32(1).u32(5)),
        (802, results()),
    );
    // 769: subscription 5, mode 0 disabled, item 500
    pair.talk(
        &mut tap,
        (769, Bytes::new().u32(5).u32(0).u32(1).u32(500)),
        (772, results()),
    );
    assert_eq!(
        tap.notes.of("operation block_reporting"),
        [
            "operation block_reporting requested app=- user=- #3 Polled [subscription 5]",
            "operation block_reporting requested app=- user=- #5 Polled [subscription 5] ns=2;s=A=Null/good/",
        ]
    );
    assert_eq!(tap.notes.of("operation allow_reporting").len(), 1);
    // 781: the item is deleted and its handle forgotten
    pair.talk(
        &mut tap,
        (781, Bytes::new().u32(5).u32(1).u32(500)),
        (784, results()),
    );
    pair.publish(&mut tap, 5, 1, 3.0);
    assert!(tap.notes.one("operation report").ends_with("Event []"));
}

#[test]
fn a_registered_node_is_written_under_its_own_name() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    // 560: ns=2;s=LIC101.SP is registered; the server answers ns=2;s=17
    let registered = Bytes::new().u32(1).node(2, "17");
    pair.talk(
        &mut tap,
        (560, Bytes::new().u32(1).node(2, "LIC101.SP")),
        (563, registered),
    );
    pair.write(&mut tap, "17", 1.0);
    assert!(
        tap.notes
            .one("operation write")
            .ends_with("ns=2;s=LIC101.SP=Double(1.0)/good/")
    );
    // In the message stands what was on the wire.
    assert!(
        tap.notes
            .one("message client request WriteRequest")
            .contains(r#""node":"ns=2;s=17""#)
    );
    pair.talk(
        &mut tap,
        (566, Bytes::new().u32(1).node(2, "17")),
        (569, Bytes::new()),
    );
    pair.write(&mut tap, "17", 1.0);
    assert!(tap.notes.of("operation write")[1].ends_with("ns=2;s=17=Double(1.0)/good/"));
}

#[test]
fn passwords_and_tokens_are_never_written() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.log_on(&mut tap, "urn:acme:hmi", 4242, "operator");
    // 712: ChangePassword i=24310 of i=24290 with two texts
    let call = Bytes::new().u32(1).numeric(0, 24_290).numeric(0, 24_310).u32(2);
    let call = call.u8(0x0c).string("old-secret").u8(0x0c).string("new-secret");
    pair.ask(&mut tap, 712, call);
    let all = tap.notes.lines.join("\n");
    let names = tap
        .notes
        .fields
        .iter()
        .map(|field| field.split(" [").next().unwrap_or_default());
    let all = names.fold(all, |all, field| all + "\n" + field);
    for secret in ["hunter2", "old-secret", "new-secret", "4242"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    assert!(all.contains(r#""password":"redacted","password_length":7"#));
    assert!(all.contains(r#""user_name":"operator""#));
    assert!(all.contains(r#"{"type":"String","value":"redacted","length":15}"#));
    assert!(all.contains("identity client user=operator"));
}

#[test]
fn a_call_names_its_method_and_its_first_argument() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // 712: method Stop of Boiler with one argument, 0x06 Int32 3
    let call = Bytes::new()
        .u32(1)
        .node(2, "Boiler")
        .node(2, "Stop")
        .u32(1)
        .raw(&[0x06, 3, 0, 0, 0]);
    // 715: one result: BadMethodInvalid, no argument results, no diagnostics, no outputs
    let answer = Bytes::new().u32(1).u32(0x8075_0000).null().null().null().null();
    pair.talk(&mut tap, (712, call), (715, answer));
    assert_eq!(
        tap.notes.one("operation call"),
        "operation call requested app=- user=- #1 Polled \
         [method ns=2;s=Stop of ns=2;s=Boiler, 1 arguments] ns=2;s=Stop=Signed(3)/good/"
    );
    assert_eq!(
        tap.notes.one("answer"),
        r#"answer #1 rejected BadMethodInvalid ["rejected BadMethodInvalid"]"#
    );
}

#[test]
fn chunks_are_put_together_and_given_up() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "A")
        .u32(13)
        .null()
        .double(5.0);
    let bytes = pair.client.chunks(2, &body, 30);
    tap.feed(pair.session, CLIENT, &bytes);
    let line = tap.notes.one("message client request WriteRequest");
    assert!(line.contains(r#""chunks":3"#), "{line}");
    assert!(
        tap.notes
            .one("operation write")
            .ends_with("ns=2;s=A=Double(5.0)/good/")
    );
    // The server begins its answer and gives it up: 0x80b80000 BadRequestTooLarge.
    let mut bytes = pair.server.chunk("MSGC", 2, &response(676, 0).0);
    let abort = Bytes::new().u32(0x80b8_0000).string("too large");
    bytes.extend(pair.server.chunk("MSGA", 2, &abort.0));
    tap.feed(pair.session, SERVER, &bytes);
    let line = tap.notes.one("message server response - BadRequestTooLarge");
    assert!(
        line.contains(r#""chunks":2"#) && line.contains(r#""aborted":true,"reason":"too large""#),
        "{line}"
    );
    assert_eq!(
        tap.notes.one("answer"),
        "answer #1 unanswered BadRequestTooLarge []"
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn a_message_larger_than_the_limit_is_counted_and_not_kept() {
    let mut tap = Tap::with(Limits {
        message_bytes: 1_000,
        ..Limits::default()
    });
    let mut pair = Pair::connect(&mut tap, 9);
    let body = pair.client.request(673).u32(1).node(2, "A").u32(13).null();
    // 0x8b: array of 500 Doubles
    let body = (0..500).fold(body.raw(&[0x01, 0x8b]).u32(500), |body, _| body.f64(1.0));
    let bytes = pair.client.chunks(2, &body, 200);
    tap.feed(pair.session, CLIENT, &bytes);
    assert!(
        tap.notes.one("blind").starts_with("blind limit Some("),
        "{:#?}",
        tap.notes.lines
    );
    let line = tap.notes.one("message client request WriteRequest");
    assert!(
        line.contains(r#""chunks":21"#) && line.contains(r#""malformed""#),
        "{line}"
    );
    // The next message is read as ever.
    pair.write(&mut tap, "B", 1.0);
    assert_eq!(tap.notes.of("operation write").len(), 2);
}

#[test]
fn requests_that_nobody_answers_are_given_up_the_oldest_first() {
    let mut tap = Tap::with(Limits {
        open_requests: 4,
        ..Limits::default()
    });
    let mut pair = Pair::connect(&mut tap, 9);
    let requests: Vec<u32> = (0..10).map(|_| pair.write(&mut tap, "A", 1.0)).collect();
    assert!(tap.notes.one("blind").contains("a Write request waits too long"));
    for request in requests {
        pair.tell(&mut tap, request, 676, 0, Bytes::new().u32(1).u32(0).null());
    }
    // Four were still known.
    assert_eq!(tap.notes.of("answer").len(), 4);
    tap.close(pair.session);
    assert!(
        tap.notes
            .lines
            .iter()
            .any(|line| line.contains("6 requests were given up without an answer"))
    );
}

#[test]
fn what_is_not_decoded_is_named_once_and_kept() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    for _ in 0..3 {
        // 990: no service has that id
        pair.ask(&mut tap, 990, Bytes::new().raw(b"abc"));
    }
    assert!(
        tap.notes
            .one("blind")
            .contains("type id 990 names no service of OPC 10000-4")
    );
    let line = tap.notes.of("message client request unknown type id")[0];
    assert!(
        line.contains(r#""decoded":false,"bytes":3,"body":"616263""#),
        "{line}"
    );
}

#[test]
fn a_type_id_of_another_namespace_is_no_service() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // namespace 3, 673: not a Write
    let bytes = pair.client.message(2, Bytes::new().numeric(3, 673).raw(&[0; 8]));
    tap.feed(pair.session, CLIENT, &bytes);
    assert!(tap.notes.of("operation").is_empty());
    let line = tap.notes.one("message client request unknown");
    assert!(line.contains(r#""type_id":"ns=3;i=673""#), "{line}");
}

#[test]
fn an_answer_from_the_client_changes_nothing() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let request = pair.write(&mut tap, "A", 1.0);
    // The client forges the answer to its own request.
    let forged = pair
        .client
        .message(request, response(676, 0).u32(1).u32(0).null());
    tap.feed(pair.session, CLIENT, &forged);
    assert!(tap.notes.of("answer").is_empty());
    assert!(
        tap.notes
            .one("anomaly")
            .contains("the client sends WriteResponse")
    );
    pair.tell(&mut tap, request, 676, 0, Bytes::new().u32(1).u32(0).null());
    assert_eq!(tap.notes.of("answer").len(), 1);
}

#[test]
fn a_flow_taken_the_wrong_way_round_is_turned() {
    let mut tap = Tap::new();
    // Joined in the middle, and the flow layer takes the server for the client.
    let session = tap.join();
    let mut client = Side::new(9);
    for request in 1..4 {
        let body = client.request(673).u32(1).node(2, "A").u32(13).null().double(1.0);
        let bytes = client.message(request, body);
        tap.feed(session, SERVER, &bytes);
    }
    let from: Vec<bool> = tap
        .notes
        .of("message")
        .iter()
        .map(|line| line.starts_with("message client"))
        .collect();
    // One message alone is not believed against everything else, two are.
    assert_eq!(from, [false, true, true]);
    assert_eq!(tap.notes.of("operation write").len(), 3);
}

#[test]
fn what_a_server_says_of_itself_is_its_identity() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // 631: i=2260 BuildInfo, Value
    let read = Bytes::new()
        .f64(0.0)
        .u32(2)
        .u32(1)
        .numeric(0, 2260)
        .u32(13)
        .null()
        .raw(&[0, 0])
        .null();
    let build = ["urn:product", "Acme", "Boiler 9", "1.2.3", "77"]
        .iter()
        .fold(Bytes::new(), |bytes, text| bytes.string(text))
        .i64(0);
    // one value: 0x16 ExtensionObject, 340 BuildInfo
    let result = Bytes::new()
        .u32(1)
        .raw(&[0x01, 0x16])
        .structure(340, build)
        .null();
    pair.talk(&mut tap, (631, read), (634, result));
    for said in [
        "identity server product_uri=urn:product",
        "identity server vendor=Acme",
        "identity server product=Boiler 9",
        "identity server firmware=1.2.3",
    ] {
        tap.notes.one(said);
    }
}

#[test]
fn a_body_that_breaks_off_keeps_what_stands_before() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // Two nodes are announced, and the second is not there.
    let write = Bytes::new().u32(2).node(2, "A").u32(13).null().double(1.0);
    pair.ask(&mut tap, 673, write);
    assert!(tap.notes.one("anomaly").contains("malformed_body"));
    let line = tap.notes.one("message client request WriteRequest");
    assert!(line.contains(r#"["malformed_body"]"#), "{line}");
    assert!(
        line.contains(r#""node":"ns=2;s=A","attribute":"Value","type":"Double","value":1.0"#),
        "{line}"
    );
    assert!(line.contains(r#""malformed":"NodeId at byte"#), "{line}");
    // The server may have carried the first one out.
    assert!(tap.notes.one("operation write").contains("ns=2;s=A=Double(1.0)"));
}

#[test]
fn quality_and_lost_samples_come_from_the_status() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let read = ["A", "B", "C"]
        .iter()
        .fold(Bytes::new().f64(0.0).u32(2).u32(3), |bytes, node| {
            bytes.read_value_id(2, node)
        });
    // 0x03: value and status; 0x0b: Double; uncertain, then overflow; 0x02: status alone, BadNodeIdUnknown
    let results = Bytes::new().u32(3);
    let results = results.raw(&[0x03, 0x0b]).f64(1.0).u32(0x4094_0000);
    let results = results.raw(&[0x03, 0x0b]).f64(2.0).u32(0x0000_0480);
    let results = results.raw(&[0x02]).u32(0x8034_0000).null();
    pair.talk(&mut tap, (631, read), (634, results));
    assert!(tap.notes.one("operation report").ends_with(
        " ns=2;s=A=Double(1.0)/uncertain/status code ns=2;s=B=Double(2.0)/good/samples lost \
         ns=2;s=C=Null/bad/status code"
    ));
}

#[test]
fn every_field_of_a_write_is_shown_with_its_bytes() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    tap.notes.fields.clear();
    pair.write(&mut tap, "A", 5.0);
    for field in [
        "SecureChannelId = 9 [09, 00, 00, 00] OPC 10000-6 6.7.2.2",
        "RequestId = 2 [02, 00, 00, 00] ",
        "TypeId = i=673 WriteRequest [01, 00, a1, 02] OPC 10000-6 5.2.9",
        "requestHandle = 7 [07, 00, 00, 00] ",
        "nodeId = ns=2;s=A [03, 02, 00, 01, 00, 00, 00, 41] OPC 10000-6 5.2.2.9",
        "attributeId = 13 Value [0d, 00, 00, 00] OPC 10000-6 A.1",
        "value = Double 5 [0b, 00, 00, 00, 00, 00, 00, 14, 40] OPC 10000-6 5.2.2.16",
    ] {
        assert!(
            tap.notes.fields.iter().any(|found| found == field),
            "{field}: {:#?}",
            tap.notes.fields
        );
    }
}

#[test]
fn fields_of_a_message_in_chunks_leave_the_headers_between_them_out() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    tap.notes.fields.clear();
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "LIC101")
        .u32(13)
        .null()
        .double(5.0);
    // The header takes 35 bytes, the count 4: the first chunk ends with the first byte of the NodeId.
    let bytes = pair.client.chunks(2, &body, 40);
    tap.feed(pair.session, CLIENT, &bytes);
    let value = "value = Double 5 [0b, 00, 00, 00, 00, 00, 00, 14, 40] OPC 10000-6 5.2.2.16";
    assert!(
        tap.notes.fields.iter().any(|found| found == value),
        "{:#?}",
        tap.notes.fields
    );
    // A field that is cut by a header begins and ends with its own bytes.
    let node = tap
        .notes
        .fields
        .iter()
        .find(|field| field.starts_with("nodeId = ns=2;s=LIC101"));
    let node = node.expect("the node is a field");
    assert!(node.contains("[03") && node.contains("31] "), "{node}");
}

#[test]
fn where_only_requests_are_captured_the_client_still_has_a_name() {
    let mut tap = Tap::new();
    let session = tap.open();
    let mut pair = Pair::joined(session, 9);
    tap.feed(session, CLIENT, &common::hello());
    let open = pair
        .client
        .request(446)
        .u32(0)
        .u32(0)
        .u32(1)
        .null()
        .u32(3_600_000);
    let open = pair.client.open(0, 1, open);
    tap.feed(session, CLIENT, &open);
    let create = Bytes::new()
        .application("urn:acme:hmi")
        .null()
        .null()
        .string("s")
        .null()
        .null();
    pair.ask(&mut tap, 461, create.f64(60_000.0).u32(0));
    pair.client.token = 77;
    let identity = Bytes::new().string("policy").string("operator").null().null();
    let activate = Bytes::new().null().null().null().null().structure(324, identity);
    pair.ask(&mut tap, 467, activate.null().null());
    pair.write(&mut tap, "A", 1.0);
    assert!(
        tap.notes
            .one("operation write")
            .starts_with("operation write requested app=urn:acme:hmi user=operator #3"),
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn where_only_answers_are_captured_the_namespaces_are_still_learned() {
    let mut tap = Tap::new();
    let session = tap.open();
    let mut pair = Pair::joined(session, 9);
    let result = Bytes::new()
        .u32(1)
        .texts(&[NAMESPACE_0, "urn:plc", "urn:acme:boiler"])
        .null();
    pair.tell(&mut tap, 2, 634, 0, result);
    assert!(
        tap.notes
            .one("blind gap")
            .contains("the request of an answer is not in the capture")
    );
    pair.write(&mut tap, "A", 1.0);
    assert!(
        tap.notes
            .one("operation write")
            .contains(" nsu=urn:acme:boiler;s=A=")
    );
}

#[test]
fn a_republished_notification_is_named_by_the_subscription_that_was_asked_for() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "A", 1, 500);
    // 832: subscription 5, number 9; 835: number 9, a time, one DataChangeNotification
    let changed = Bytes::new().u32(1).u32(1).double(2.5).null();
    let message = Bytes::new().u32(9).i64(1).u32(1).structure(811, changed);
    pair.talk(&mut tap, (832, Bytes::new().u32(5).u32(9)), (835, message));
    assert!(
        tap.notes
            .one("operation report")
            .ends_with("Event [] ns=2;s=A=Double(2.5)/good/")
    );
}

#[test]
fn a_subscription_that_ends_is_forgotten() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "A", 1, 500);
    // 820: StatusChangeNotification, 0x800a0000 BadTimeout, no diagnostics
    let status = Bytes::new().u32(0x800a_0000).u8(0);
    pair.notify(&mut tap, 5, Bytes::new().u32(1).structure(820, status));
    let line = tap.notes.one("message server response PublishResponse");
    assert!(
        line.contains(r#"{"notification":"StatusChange","status":{"code":2148139008,"name":"BadTimeout"}}"#)
    );
    pair.publish(&mut tap, 5, 1, 3.0);
    assert!(tap.notes.one("blind").contains("their nodes are not known"));
}

#[test]
fn a_session_that_closes_takes_its_subscriptions_along_or_leaves_them() {
    for (delete, known) in [(0, true), (1, false)] {
        let mut tap = Tap::new();
        let mut pair = Pair::connect(&mut tap, 9);
        pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
        pair.subscribe(&mut tap, 5);
        pair.watch(&mut tap, 5, "A", 1, 500);
        pair.talk(&mut tap, (473, Bytes::new().u8(delete)), (476, Bytes::new()));
        pair.log_on(&mut tap, "urn:acme:hmi", 78, "operator");
        pair.publish(&mut tap, 5, 1, 3.0);
        assert_eq!(tap.notes.one("operation report").contains("ns=2;s=A"), known);
    }
}

#[test]
fn paths_are_written_as_names_to_follow() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // 554: from i=85 over two hierarchical references to 2:Boiler and 2:Level
    let translate = ["Boiler", "Level"]
        .iter()
        .fold(Bytes::new().u32(1).numeric(0, 85).u32(2), |bytes, name| {
            bytes.numeric(0, 33).raw(&[0, 1, 2, 0]).string(name)
        });
    // 557: one result: Good, one target, the whole path was followed
    let found = Bytes::new()
        .u32(1)
        .u32(0)
        .u32(1)
        .node(2, "LT101")
        .u32(u32::MAX)
        .null();
    pair.talk(&mut tap, (554, translate), (557, found));
    let line = tap
        .notes
        .one("message server response TranslateBrowsePathsToNodeIdsResponse");
    assert!(
        line.contains(r#"{"node":"i=85","path":"/2:Boiler/2:Level","status":{"code":0,"name":"Good"},"targets":[{"node":"ns=2;s=LT101"}]}"#),
        "{line}"
    );
}

#[test]
fn more_items_than_the_limit_are_forgotten_and_told() {
    let mut tap = Tap::with(Limits {
        remembered: 3,
        ..Limits::default()
    });
    let mut pair = Pair::connect(&mut tap, 9);
    for subscription in 1..4 {
        pair.subscribe(&mut tap, subscription);
        pair.watch(&mut tap, subscription, "A", 1, 1);
        pair.watch(&mut tap, subscription, "B", 2, 2);
    }
    let told = tap.notes.of("blind limit");
    assert!(told[0].contains("2 monitored items are forgotten"), "{told:#?}");
}

#[test]
fn a_user_token_in_an_encoding_that_is_not_read_is_not_written() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // 467: the token is XML: 323, encoding 2
    let activate = Bytes::new().null().null().null().null();
    let activate = activate
        .numeric(0, 323)
        .u8(2)
        .string("<Password>hunter2</Password>");
    pair.ask(&mut tap, 467, activate.null().null());
    let all = tap.notes.lines.join("\n");
    assert!(!all.contains("hunter2"), "{all}");
    assert!(
        all.contains(r#""user_identity_token":{"type":"i=323","value":"redacted","length":28}"#),
        "{all}"
    );
    assert!(all.contains("user=unknown token"));
}
