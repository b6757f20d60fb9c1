//! Channels that are signed, encrypted, joined in the middle, or full of holes.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail as loudly as tests.

mod common;

use common::{Bytes, CLIENT, Pair, SERVER, Side, Tap, acknowledge, frame, hello, response};

const POLICY: &str = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256";

/// OPN that nobody can read: a channel, the policy, a certificate, a thumbprint, and bytes.
fn secured_open(channel: u32) -> Vec<u8> {
    let rest = Bytes::new()
        .u32(channel)
        .string(POLICY)
        .string([0x30, 0x82, 0x00, 0x01, 0x55])
        .string([0xab; 20]);
    frame("OPNF", rest.raw(&[0x9d; 256]))
}

/// Hello to an open channel with a policy.
fn secured(tap: &mut Tap, channel: u32) -> Pair {
    let session = tap.open();
    tap.feed(session, CLIENT, &hello());
    tap.feed(session, SERVER, &acknowledge());
    tap.feed(session, CLIENT, &secured_open(0));
    tap.feed(session, SERVER, &secured_open(channel));
    Pair::joined(session, channel)
}

/// Bytes that begin like no message.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 89 + 157) as u8).collect()
}

#[test]
fn an_encrypted_channel_is_named_counted_and_told_once() {
    let mut tap = Tap::new();
    let mut pair = secured(&mut tap, 9);
    for request in 2..5 {
        let ask = pair.client.chunk("MSGF", request, &noise(64));
        tap.feed(pair.session, CLIENT, &ask);
        let mut answer = pair.server.chunk("MSGC", request, &noise(64));
        answer.extend(pair.server.chunk("MSGF", request, &noise(48)));
        tap.feed(pair.session, SERVER, &answer);
    }
    assert!(
        tap.notes
            .one("blind")
            .contains("channel 9 is encrypted with Basic256Sha256")
    );
    let answers = tap.notes.of("message server response");
    assert_eq!(answers.len(), 3);
    assert!(
        answers[0].contains(
            r#"{"channel":9,"token":1,"chunks":2,"security_policy":"Basic256Sha256","security_mode":"SignAndEncrypt","encrypted":true,"size":160}"#
        ),
        "{}",
        answers[0]
    );
    assert!(tap.notes.of("operation").is_empty());
    tap.notes.one("identity server security_mode=SignAndEncrypt");
    let open = tap.notes.of("message client open")[0];
    assert!(open.contains(r#""sender_certificate":{"sha1":""#), "{open}");
    assert!(open.contains(r#""receiver_certificate":"abababab"#), "{open}");
}

#[test]
fn a_signed_channel_is_read_without_its_signatures() {
    let mut tap = Tap::new();
    let mut pair = secured(&mut tap, 9);
    // HMAC-SHA256: 32 bytes after every chunk.
    let signature = noise(32);
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "A")
        .u32(13)
        .null()
        .double(5.0);
    let (first, second) = body.0.split_at(40);
    let mut bytes = pair.client.chunk("MSGC", 2, &[first, &signature].concat());
    bytes.extend(pair.client.chunk("MSGF", 2, &[second, &signature].concat()));
    tap.feed(pair.session, CLIENT, &bytes);
    let line = tap.notes.one("message client request WriteRequest");
    assert!(line.contains(r#""security_mode":"Sign""#), "{line}");
    assert!(
        tap.notes
            .one("operation write")
            .ends_with("ns=2;s=A=Double(5.0)/good/")
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
    assert!(tap.notes.of("blind").is_empty());
}

#[test]
fn a_signed_channel_that_is_joined_in_the_middle_gives_itself_away() {
    let mut tap = Tap::new();
    let session = tap.join();
    let mut client = Side::new(9);
    for request in 2..4 {
        let body = client.request(673).u32(1).node(2, "A").u32(13).null().double(5.0);
        let body = [&body.0[..], &noise(32)].concat();
        let bytes = client.chunk("MSGF", request, &body);
        tap.feed(session, CLIENT, &bytes);
    }
    let lines = tap.notes.of("message client request WriteRequest");
    assert!(
        lines
            .iter()
            .all(|line| line.contains(r#""security_mode":"Sign""#)),
        "{lines:#?}"
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn a_plain_channel_that_is_joined_in_the_middle_is_read() {
    let mut tap = Tap::new();
    let session = tap.join();
    let mut pair = Pair::joined(session, 9);
    let request = pair.write(&mut tap, "A", 5.0);
    pair.tell(&mut tap, request, 676, 0, Bytes::new().u32(1).u32(0).null());
    assert!(
        tap.notes
            .one("operation write")
            .ends_with("ns=2;s=A=Double(5.0)/good/")
    );
    assert_eq!(
        tap.notes.one("answer"),
        r#"answer #1 accepted Good ["accepted Good"]"#
    );
    assert!(tap.notes.of("blind").is_empty());
}

#[test]
fn an_encrypted_channel_that_is_joined_in_the_middle_is_said_to_be_unreadable() {
    let mut tap = Tap::new();
    let session = tap.join();
    let mut client = Side::new(9);
    let bytes = client.chunk("MSGF", 2, &noise(64));
    tap.feed(session, CLIENT, &bytes);
    let line = tap.notes.one("message client request -");
    assert!(line.contains(r#""encrypted":true"#), "{line}");
    // The first one may have been the end of a message that began before; the second is not.
    assert!(tap.notes.of("blind encrypted").is_empty());
    let bytes = client.chunk("MSGF", 3, &noise(64));
    tap.feed(session, CLIENT, &bytes);
    assert!(
        tap.notes
            .one("blind encrypted")
            .contains("was opened before the capture")
    );
}

#[test]
fn the_middle_of_a_message_is_passed_over() {
    let mut tap = Tap::new();
    let session = tap.join();
    let mut pair = Pair::joined(session, 9);
    let tail = noise(100);
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "A")
        .u32(13)
        .null()
        .double(5.0);
    let bytes = [&tail[..], &pair.client.message(2, body)].concat();
    tap.feed(session, CLIENT, &bytes);
    assert_eq!(
        tap.notes.one("blind"),
        "blind start_in_the_middle Some(100): 100 bytes belong to no message whose beginning is here"
    );
    assert_eq!(tap.notes.of("operation write").len(), 1);
}

#[test]
fn after_a_hole_the_next_message_of_the_same_channel_is_found() {
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
    let first = pair.client.message(2, body);
    tap.feed(pair.session, CLIENT, &first[..40]);
    tap.gap(pair.session, CLIENT);
    // A header of another channel inside the noise is not believed.
    let decoy = Side::new(4711).chunk("MSGF", 2, &noise(30));
    let bytes = [&noise(20)[..], &decoy].concat();
    tap.feed(pair.session, CLIENT, &bytes);
    pair.write(&mut tap, "B", 6.0);
    assert!(tap.notes.one("operation write").contains("ns=2;s=B=Double(6.0)"));
    let passed = 40 + bytes.len();
    assert_eq!(
        tap.notes.one("blind resynchronised"),
        format!(
            "blind resynchronised Some({passed}): {passed} bytes belong to no message whose beginning is here"
        )
    );
}

#[test]
fn the_end_of_a_message_whose_beginning_is_missing_is_no_message() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.client.chunk("MSGC", 2, &noise(64));
    tap.gap(pair.session, CLIENT);
    let mut bytes = pair.client.chunk("MSGC", 2, &noise(64));
    bytes.extend(pair.client.chunk("MSGF", 2, &noise(20)));
    tap.feed(pair.session, CLIENT, &bytes);
    pair.write(&mut tap, "B", 6.0);
    assert_eq!(tap.notes.of("message client request").len(), 1);
    let passed = 24 + 64 + 24 + 20;
    assert!(
        tap.notes
            .one("blind resynchronised")
            .contains(&format!("Some({passed})"))
    );
    assert_eq!(tap.notes.of("operation write").len(), 1);
}

#[test]
fn bytes_that_cannot_be_are_reported_and_the_next_message_is_read() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    tap.feed(pair.session, CLIENT, b"not a header at all, but text");
    pair.write(&mut tap, "B", 6.0);
    assert!(tap.notes.one("anomaly").contains("no_message_header"));
    assert!(tap.notes.one("blind resynchronised").contains("29 bytes"));
    assert_eq!(tap.notes.of("operation write").len(), 1);
}

#[test]
fn an_error_says_why_the_connection_ends() {
    let mut tap = Tap::new();
    let pair = Pair::connect(&mut tap, 9);
    // ERR: 0x80ac0000 BadTcpMessageTooLarge, and a reason
    let error = frame("ERRF", Bytes::new().u32(0x8080_0000).string("too much"));
    tap.feed(pair.session, SERVER, &error);
    let line = tap.notes.one("message server error");
    assert!(
        line.contains("BadTcpMessageTooLarge") && line.contains(r#""reason":"too much""#),
        "{line}"
    );
}

#[test]
fn a_reverse_hello_turns_the_connection_round() {
    let mut tap = Tap::new();
    // The server connects, so the flow layer takes it for the client.
    let session = tap.open();
    let call = frame(
        "RHEF",
        Bytes::new().string("urn:plc").string("opc.tcp://plc:4840"),
    );
    tap.feed(session, CLIENT, &call);
    tap.feed(session, SERVER, &hello());
    assert!(
        tap.notes
            .one("message server reverse_hello")
            .contains(r#""server_uri":"urn:plc""#)
    );
    tap.notes.one("message client hello");
}

#[test]
fn sequence_numbers_that_repeat_or_jump_are_odd() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.write(&mut tap, "A", 1.0);
    pair.client.sequence -= 1;
    pair.write(&mut tap, "A", 2.0);
    pair.client.sequence += 5;
    pair.write(&mut tap, "A", 3.0);
    let anomalies = tap.notes.of("anomaly");
    assert!(
        anomalies[0].contains("sequence_repeated") && anomalies[1].contains("sequence_gap"),
        "{anomalies:#?}"
    );
    // After a hole a jump is no surprise.
    tap.gap(pair.session, CLIENT);
    pair.client.sequence += 5;
    pair.write(&mut tap, "A", 4.0);
    assert_eq!(tap.notes.of("anomaly").len(), 2);
}

#[test]
fn sequence_numbers_start_again_by_both_rules() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let mut write = |tap: &mut Tap, sequence: u32| {
        pair.client.sequence = sequence.wrapping_sub(1).min(u32::MAX - 1);
        let body = pair
            .client
            .request(673)
            .u32(1)
            .node(2, "A")
            .u32(13)
            .null()
            .double(1.0);
        pair.request += 1;
        let mut bytes = pair.client.message(pair.request, body);
        // header, channel, token: then the sequence number
        bytes[16..20].copy_from_slice(&sequence.to_le_bytes());
        tap.feed(pair.session, CLIENT, &bytes);
    };
    tap.gap(pair.session, CLIENT);
    // Older stacks stop within the last 1,024 numbers and go on below 1,024.
    write(&mut tap, u32::MAX - 1_023);
    write(&mut tap, 1_023);
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
    // Younger ones use every number, and 0 follows the last.
    tap.gap(pair.session, CLIENT);
    for sequence in [u32::MAX - 1, u32::MAX, 0, 1] {
        write(&mut tap, sequence);
    }
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
    // Neither begins again before, nor further on.
    tap.gap(pair.session, CLIENT);
    for (before, after) in [(u32::MAX - 1_024, 1), (u32::MAX - 5, 1_024)] {
        write(&mut tap, before);
        write(&mut tap, after);
        tap.gap(pair.session, CLIENT);
    }
    assert_eq!(tap.notes.of("anomaly client sequence_gap").len(), 2);
}

#[test]
fn messages_that_the_other_side_does_not_take_are_odd_and_read() {
    let mut tap = Tap::new();
    let session = tap.open();
    let mut pair = Pair::joined(session, 9);
    tap.feed(session, CLIENT, &common::hello());
    // ACK: version 0, buffers of 64 KiB, messages up to 60 bytes, two chunks
    let acknowledge = Bytes::new().u32(0).u32(65_536).u32(65_536).u32(60).u32(2);
    tap.feed(session, SERVER, &common::frame("ACKF", acknowledge));
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
    let opened = response(449, 0).u32(0).u32(9).u32(1).i64(1).u32(3_600_000).null();
    let opened = pair.server.open(9, 1, opened);
    tap.feed(session, SERVER, &opened);
    // a Write of 65 bytes in three chunks
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "A")
        .u32(13)
        .null()
        .double(1.0);
    let chunks = pair.client.chunks(2, &body, body.0.len().div_ceil(3));
    tap.feed(session, CLIENT, &chunks);
    // The client said no limits.
    pair.tell(&mut tap, 2, 676, 0, Bytes::new().u32(1).u32(0).null());
    let anomalies = tap.notes.of("anomaly");
    assert_eq!(anomalies.len(), 2, "{anomalies:#?}");
    assert!(
        anomalies[0].contains("too_many_chunks: a message comes in 3 chunks, and the other side takes 2")
    );
    assert!(anomalies[1].contains("message_too_large"));
    assert_eq!(tap.notes.of("operation write").len(), 1);
}

#[test]
fn a_message_inside_another_ends_it() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let first = pair.client.chunk("MSGC", 2, &response(676, 0).0);
    tap.feed(pair.session, CLIENT, &first);
    pair.request = 2;
    pair.write(&mut tap, "A", 1.0);
    assert!(tap.notes.one("anomaly").contains("chunks_mixed"));
    assert_eq!(tap.notes.of("operation write").len(), 1);
}

#[test]
fn an_open_that_is_only_signed_is_read() {
    let mut tap = Tap::new();
    let session = tap.open();
    let client = Side::new(0);
    // 446: version 0, issue, mode 2 Sign, nonce, one hour; then 64 bytes of ECDSA signature
    let body = client
        .request(446)
        .u32(0)
        .u32(0)
        .u32(2)
        .string([7; 64])
        .u32(3_600_000);
    let rest = Bytes::new()
        .u32(0)
        .string("http://opcfoundation.org/UA/SecurityPolicy#ECC_nistP256");
    let rest = rest
        .string([0x30; 80])
        .string([0xab; 20])
        .u32(1)
        .u32(1)
        .raw(&body.0)
        .raw(&noise(64));
    tap.feed(session, CLIENT, &frame("OPNF", rest));
    let line = tap.notes.one("message client open OpenSecureChannelRequest");
    assert!(
        line.contains(r#""security_mode":"Sign","client_nonce":"redacted","client_nonce_length":64"#),
        "{line}"
    );
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
}

#[test]
fn a_channel_that_nobody_opened_is_odd() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    pair.client.channel = 10;
    pair.write(&mut tap, "A", 1.0);
    pair.write(&mut tap, "A", 1.0);
    assert!(
        tap.notes
            .one("anomaly")
            .contains("uses channel 10, which nobody opened")
    );
    assert_eq!(tap.notes.of("operation write").len(), 2);
}

#[test]
fn a_mode_is_told_when_a_channel_is_used_and_not_when_servers_are_looked_for() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    // 428: GetEndpoints of a URL, without locales and profiles
    let ask = Bytes::new().string("opc.tcp://plc:4840").null().null();
    pair.talk(&mut tap, (428, ask), (431, Bytes::new().null()));
    assert!(tap.notes.of("identity server security_mode").is_empty());
    pair.write(&mut tap, "A", 5.0);
    pair.write(&mut tap, "A", 6.0);
    tap.notes.one("identity server security_mode=None");

    let mut tap = Tap::new();
    let mut pair = secured(&mut tap, 9);
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "A")
        .u32(13)
        .null()
        .double(5.0);
    let bytes = pair.client.chunk("MSGF", 2, &[&body.0[..], &noise(32)].concat());
    tap.feed(pair.session, CLIENT, &bytes);
    tap.notes.one("identity server security_mode=Sign");
}

#[test]
fn the_number_of_an_opn_that_nobody_can_read_is_no_gap() {
    let mut tap = Tap::new();
    let mut pair = secured(&mut tap, 9);
    for request in [2, 4] {
        let body = pair
            .client
            .request(673)
            .u32(1)
            .node(2, "A")
            .u32(13)
            .null()
            .double(5.0);
        let bytes = pair
            .client
            .chunk("MSGF", request, &[&body.0[..], &noise(32)].concat());
        tap.feed(pair.session, CLIENT, &bytes);
        if request == 2 {
            tap.feed(pair.session, CLIENT, &secured_open(9));
            pair.client.sequence += 1;
        }
    }
    assert!(tap.notes.of("anomaly").is_empty(), "{:#?}", tap.notes.lines);
    // A number that is really missing is still found.
    pair.client.sequence += 1;
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "A")
        .u32(13)
        .null()
        .double(5.0);
    let bytes = pair.client.chunk("MSGF", 5, &[&body.0[..], &noise(32)].concat());
    tap.feed(pair.session, CLIENT, &bytes);
    assert!(tap.notes.one("anomaly").contains("sequence_gap"));
}

#[test]
fn what_was_not_read_is_counted_when_the_connection_ends() {
    let mut tap = Tap::new();
    let mut pair = secured(&mut tap, 9);
    for request in 2..5 {
        let ask = pair.client.chunk("MSGF", request, &noise(64));
        tap.feed(pair.session, CLIENT, &ask);
    }
    let answer = pair.server.chunk("MSGF", 2, &noise(48));
    tap.feed(pair.session, SERVER, &answer);
    tap.close(pair.session);
    // 24 bytes of headers before each body
    assert!(
        tap.notes.of("blind")[1].ends_with(
            "Some(336): encrypted and not read: 3 messages of 264 bytes from the client, 1 of 72 bytes from the server"
        ),
        "{:#?}",
        tap.notes.of("blind")
    );
}
