//! A handshake by hand, cut in every way, and bytes that only look like one.

use tapglass_proto::Transport;

use super::*;

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 3, 3];
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, 0];
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(body);
    bytes
}

fn hello(suites: &[u8], extensions: &[u8]) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.push(0);
    body.extend(suites);
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    body
}

/// Offers TLS 1.3 and 1.2, names `plc.example`, and the protocols `h2` and `mbap`.
fn client_hello() -> Vec<u8> {
    let mut extensions = vec![0, 0, 0, 16, 0, 14, 0, 0, 11];
    extensions.extend(b"plc.example");
    extensions.extend([0, 16, 0, 10, 0, 8, 2, b'h', b'2', 4, b'm', b'b', b'a', b'p']);
    extensions.extend([0, 43, 0, 7, 6, 0x5a, 0x5a, 3, 4, 3, 3]);
    message(1, &hello(&[0, 4, 0x13, 1, 0xc0, 0x2f, 1, 0], &extensions))
}

/// Chooses 0xc02f, TLS 1.2 by its own field, and `mbap`.
fn server_hello() -> Vec<u8> {
    message(
        2,
        &hello(&[0xc0, 0x2f, 0], &[0, 16, 0, 7, 0, 5, 4, b'm', b'b', b'a', b'p']),
    )
}

fn look(bytes: &[u8]) -> Likeness {
    test(&Look {
        bytes,
        transport: Transport::Tcp,
        from: 50_000,
        to: 9_999,
    })
}

#[test]
fn a_handshake_is_read_however_it_is_cut() {
    let client = record(0x16, &client_hello());
    let mut server = record(
        0x16,
        &[server_hello(), message(13, &[1, 1, 0, 0]), message(14, &[])].concat(),
    );
    server.extend(record(0x14, &[1]));
    server.extend(record(0x17, &[9; 40]));
    for cut in 1..server.len() {
        let mut stream = Stream::default();
        let at = cut.min(client.len() - 1);
        for part in [&client[..at], &client[at..]] {
            assert_eq!(stream.feed(0, part), Fed::Records);
        }
        for part in [&server[..cut], &server[cut..]] {
            assert_eq!(stream.feed(1, part), Fed::Records, "cut at {cut}");
        }
        let facts = stream.facts();
        assert_eq!(facts.server_name.as_deref(), Some("plc.example"), "cut at {cut}");
        assert_eq!(facts.offered, Some(0x0304));
        assert_eq!(facts.version, Some(0x0303));
        assert_eq!(facts.cipher_suite, Some(0xc02f));
        assert_eq!(facts.protocol.as_deref(), Some("mbap"));
        assert_eq!(facts.offered_protocols, ["h2", "mbap"]);
        assert_eq!(facts.client_certificate_requested, Some(true));
        assert_eq!(stream.client(), Some(0));
        assert_eq!(facts.summary(), "TLS 1.2, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    }
}

#[test]
fn a_hello_in_many_records_is_put_together() {
    let mut stream = Stream::default();
    for part in client_hello().chunks(10) {
        assert_eq!(stream.feed(1, &record(0x16, part)), Fed::Records);
    }
    assert_eq!(stream.facts().server_name.as_deref(), Some("plc.example"));
    assert_eq!(stream.client(), Some(1));
}

#[test]
fn what_goes_on_as_something_else_is_no_longer_tls() {
    let mut stream = Stream::default();
    assert_eq!(stream.feed(0, &record(0x16, &client_hello())), Fed::Records);
    // A Modbus request.
    assert_eq!(stream.feed(0, &[0, 1, 0, 0, 0, 6, 1, 6, 0, 1, 0, 2]), Fed::Broken);
}

#[test]
fn a_hole_is_passed_over_to_the_next_record() {
    let mut stream = Stream::default();
    assert_eq!(stream.feed(0, &record(0x17, &[1; 50])[..20]), Fed::Records);
    stream.gap(0);
    assert_eq!(stream.feed(0, &[1; 30]), Fed::Records);
    assert_eq!(stream.feed(0, &record(0x17, &[1; 50])), Fed::Records);
    assert_eq!(stream.feed(0, &[1; 30]), Fed::Broken);
}

#[test]
fn a_handshake_that_never_ends_is_not_kept() {
    let mut stream = Stream::default();
    let mut endless = vec![11, 0xff, 0xff, 0xff];
    endless.extend([0; 1000]);
    for _ in 0..100 {
        assert_eq!(stream.feed(0, &record(0x16, &endless)), Fed::Records);
    }
    assert!(stream.facts().is_empty());
}

#[test]
fn likeness_needs_a_hello_or_records_that_fit() {
    let data = record(0x17, &[7; 20]);
    for (bytes, likeness) in [
        (record(0x16, &client_hello()), Likeness::Is),
        (record(0x16, &server_hello()), Likeness::Is),
        (data.clone(), Likeness::Is),
        ([data.clone(), data.clone()].concat(), Likeness::Is),
        ([data.clone(), vec![1; 9]].concat(), Likeness::No),
        (data[..15].to_vec(), Likeness::Fits),
        (record(0x19, &[0; 4]), Likeness::No),
        (b"GET / HTTP/1.1\r\n".to_vec(), Likeness::No),
        (vec![0x16, 3, 3, 0, 6, 1, 6, 0, 1, 0, 2], Likeness::No),
        (vec![], Likeness::No),
    ] {
        assert_eq!(look(&bytes), likeness, "{bytes:02x?}");
    }
}

#[test]
fn the_subject_of_a_certificate_is_read() {
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    }
    let name = |key: u8, value: &[u8]| {
        element(
            0x31,
            &element(
                0x30,
                &[element(6, &[0x55, 4, key]), element(0x0c, value)].concat(),
            ),
        )
    };
    let subject = element(0x30, &[name(3, b"plc-7"), name(10, b"Waterworks")].concat());
    let inner = [
        element(0xa0, &[2, 1, 2]),
        element(2, &[1]),
        element(0x30, &[]),
        element(0x30, &[]),
        element(0x30, &[]),
        subject,
    ]
    .concat();
    let certificate = element(0x30, &element(0x30, &inner));
    assert_eq!(
        certificate::subject(&certificate).as_deref(),
        Some("CN=plc-7, O=Waterworks")
    );
    for cut in 0..certificate.len() {
        assert_eq!(certificate::subject(&certificate[..cut]), None);
    }
}
