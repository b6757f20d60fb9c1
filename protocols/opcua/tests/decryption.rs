//! Encrypted channels with keys that fit, keys that do not, and bytes that somebody altered.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail as loudly as tests.

mod common;

use std::sync::{Arc, Mutex};

use aes::cipher::array::Array;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use common::{Bytes, CLIENT, Notes, Pair, SERVER, Tap, frame};
use proptest::prelude::*;
use tapglass_model::CaptureTime;
use tapglass_opcua::OpcUa;
use tapglass_proto::{
    Chunk, Direction, KeySet, Keys, Limits, Protocol, Server, SessionId, SideKey, Sink, Transport,
};

/// A way to protect a channel.
#[derive(Clone, Copy)]
struct Protection {
    policy: &'static str,
    key: usize,
    signature: usize,
    /// Bytes that the padding fills up to; some stacks take more than a block.
    block: usize,
}

const USUAL: Protection = Protection {
    policy: "Basic256Sha256",
    key: 32,
    signature: 32,
    block: 16,
};
const CHANNEL: u32 = 9;
const TOKEN: u32 = 1;

/// A key made of one byte.
fn side(seed: u8, protection: Protection, signature: Option<u8>) -> SideKey {
    SideKey::new(&[seed; 32][..protection.key], [seed ^ 0x5a; 16], signature).unwrap()
}

/// The keys of the channel of these tests.
fn right(protection: Protection) -> KeySet {
    let signature = Some(protection.signature as u8);
    KeySet {
        client: Some(side(0x11, protection, signature)),
        server: Some(side(0x22, protection, signature)),
    }
}

#[derive(Clone, Default)]
struct Ring(Vec<((u32, u32), KeySet)>);

impl Keys for Ring {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, channel: u32, token: u32, nth: usize) -> Option<KeySet> {
        let of = self.0.iter().filter(|(id, _)| *id == (channel, token));
        of.map(|(_, set)| *set).nth(nth)
    }
}

/// One set for the channel and token of these tests.
fn ring(sets: &[KeySet]) -> Ring {
    Ring(sets.iter().map(|set| ((CHANNEL, TOKEN), *set)).collect())
}

/// What each side sends, in order.
type Pieces = Vec<(Direction, Vec<u8>)>;

/// Keeps what it is fed, in order.
struct Recorder(Arc<Mutex<Pieces>>);

impl Server for Recorder {
    fn fork(&self) -> Box<dyn Server> {
        Box::new(Self(self.0.clone()))
    }

    fn open(&mut self, _: Transport, _: bool) -> SessionId {
        SessionId(0)
    }

    fn feed(&mut self, _: SessionId, chunk: &Chunk<'_>, _: &mut dyn Sink) {
        self.0
            .lock()
            .unwrap()
            .push((chunk.direction, chunk.bytes.to_vec()));
    }

    fn gap(&mut self, _: SessionId, _: Direction, _: Option<u64>, _: CaptureTime, _: u64, _: &mut dyn Sink) {}

    fn close(&mut self, _: SessionId, _: CaptureTime, _: &mut dyn Sink) {}
}

/// A conversation in the clear: a session, two writes of which one comes in chunks, a subscription with a value.
fn plain() -> Pieces {
    let record = Arc::new(Mutex::new(Pieces::new()));
    let mut tap = Tap::new();
    tap.server = Box::new(Recorder(Arc::clone(&record)));
    let mut pair = Pair::connect(&mut tap, CHANNEL);
    pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    let request = pair.write(&mut tap, "LIC101.SP", 53.5);
    pair.tell(&mut tap, request, 676, 0, Bytes::new().u32(1).u32(0).null());
    let body = pair
        .client
        .request(673)
        .u32(1)
        .node(2, "A")
        .u32(13)
        .null()
        .double(5.0);
    pair.request += 1;
    let chunks = pair.client.chunks(pair.request, &body, 25);
    tap.feed(pair.session, CLIENT, &chunks);
    pair.tell(&mut tap, pair.request, 676, 0, Bytes::new().u32(1).u32(0).null());
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "LT101.PV", 201, 1);
    pair.publish(&mut tap, 5, 201, 49.5);
    drop(tap);
    Arc::try_unwrap(record).unwrap_or_default().into_inner().unwrap()
}

/// Encrypts a chunk: padding, a signature that nobody can check, AES in CBC mode (OPC 10000-6 6.7.2.5).
fn seal(chunk: &[u8], key: &SideKey, protection: Protection) -> Vec<u8> {
    let mut text = chunk[16..].to_vec();
    let over = (text.len() + 1 + protection.signature) % protection.block;
    let size = (protection.block - over) % protection.block;
    text.extend(vec![size as u8; size + 1]);
    text.extend((0..protection.signature).map(|place| (place * 89 + chunk.len()) as u8));
    let (blocks, rest) = Array::slice_as_chunks_mut(&mut text);
    assert!(rest.is_empty());
    if key.key().len() == 16 {
        let mut cipher = cbc::Encryptor::<aes::Aes128>::new_from_slices(key.key(), key.iv()).unwrap();
        cipher.encrypt_blocks(blocks);
    } else {
        let mut cipher = cbc::Encryptor::<aes::Aes256>::new_from_slices(key.key(), key.iv()).unwrap();
        cipher.encrypt_blocks(blocks);
    }
    let letters = std::str::from_utf8(&chunk[..4]).unwrap();
    frame(letters, Bytes::new().raw(&chunk[8..16]).raw(&text))
}

/// The same conversation on a channel with a policy: OPN that nobody can read, every chunk encrypted.
fn sealed(pieces: &[(Direction, Vec<u8>)], protection: Protection) -> Pieces {
    let keys = right(protection);
    let uri = format!("http://opcfoundation.org/UA/SecurityPolicy#{}", protection.policy);
    pieces
        .iter()
        .map(|(direction, bytes)| {
            let mut rest = &bytes[..];
            let mut out = Vec::new();
            while !rest.is_empty() {
                let size = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
                let (chunk, after) = rest.split_at(size);
                rest = after;
                match &chunk[..3] {
                    b"OPN" => {
                        let open = Bytes::new().raw(&chunk[8..12]).string(&uri).null().null();
                        out.extend(frame("OPNF", open.raw(&[0x9d; 256])));
                    }
                    b"MSG" | b"CLO" => {
                        let key = match *direction {
                            CLIENT => keys.client.unwrap(),
                            SERVER => keys.server.unwrap(),
                        };
                        out.extend(seal(chunk, &key, protection));
                    }
                    _ => out.extend(chunk),
                }
            }
            (*direction, out)
        })
        .collect()
}

/// Feeds pieces, cut as told; gives what was noted.
fn notes(pieces: &[(Direction, Vec<u8>)], keys: &Ring, cuts: &[usize], middle: bool) -> Notes {
    let mut server = OpcUa.server(Limits::default());
    server.use_keys(Arc::new(keys.clone()));
    let session = server.open(Transport::Tcp, middle);
    let mut notes = Notes::default();
    let mut cuts = cuts.iter().cycle();
    let mut number = 0;
    for (direction, bytes) in pieces {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let cut = cuts.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
            number += 1;
            let chunk = Chunk {
                at: CaptureTime(0),
                frame: number,
                carried_by: number,
                offset: 54,
                direction: *direction,
                bytes: &rest[..cut],
            };
            server.feed(session, &chunk, &mut notes);
            rest = &rest[cut..];
        }
    }
    server.close(session, CaptureTime(0), &mut notes);
    notes
}

/// Operations and answers, which say what was done.
fn deeds(notes: &Notes) -> Vec<&str> {
    [notes.of("operation"), notes.of("answer")].concat()
}

/// Direction, kind and function of each message of a service.
fn services(notes: &Notes) -> Vec<String> {
    let lines = notes.of("message").into_iter();
    lines
        .map(|line| line.split(' ').take(4).collect::<Vec<_>>().join(" "))
        .filter(|line| line.ends_with("Request") || line.ends_with("Response"))
        .filter(|line| !line.contains(" open "))
        .collect()
}

#[test]
fn with_keys_every_policy_shows_what_the_clear_text_shows() {
    let clear = notes(&plain(), &Ring::default(), &[], false);
    assert!(clear.of("anomaly").is_empty() && clear.of("blind").is_empty());
    for (policy, key, signature, block) in [
        ("Basic128Rsa15", 16, 20, 16),
        ("Basic256", 32, 20, 16),
        ("Basic256Sha256", 32, 32, 16),
        ("Aes128_Sha256_RsaOaep", 16, 32, 16),
        ("Aes256_Sha256_RsaPss", 32, 32, 16),
        // padded further than to the next block, as asyncua does
        ("Basic256Sha256", 32, 32, 32),
        ("ECC_nistP384", 32, 48, 16),
    ] {
        let protection = Protection {
            policy,
            key,
            signature,
            block,
        };
        let set = right(protection);
        let silent = |side: SideKey| SideKey::new(side.key(), *side.iv(), None);
        let without_length = KeySet {
            client: set.client.and_then(silent),
            server: set.server.and_then(silent),
        };
        for keys in [set, without_length] {
            let found = notes(&sealed(&plain(), protection), &ring(&[keys]), &[], false);
            assert_eq!(deeds(&found), deeds(&clear), "{policy}");
            assert_eq!(services(&found), services(&clear), "{policy}");
            assert!(found.of("anomaly").is_empty(), "{policy}: {:#?}", found.lines);
            assert!(found.of("blind").is_empty(), "{policy}: {:#?}", found.lines);
        }
    }
}

#[test]
fn a_decrypted_message_says_so_and_its_fields_stand_where_the_encrypted_bytes_are() {
    let found = notes(&sealed(&plain(), USUAL), &ring(&[right(USUAL)]), &[], false);
    let line = found.of("message client request WriteRequest")[0];
    assert!(
        line.contains(
            r#""security_policy":"Basic256Sha256","security_mode":"SignAndEncrypt","decrypted":true,"#
        ),
        "{line}"
    );
    assert!(!line.contains("encrypted\":true,\"size"), "{line}");
    found.one("identity server security_mode=SignAndEncrypt");
    assert!(
        found
            .fields
            .iter()
            .any(|field| field.starts_with("footer = padding and signature")),
        "{:#?}",
        found.fields
    );
}

#[test]
fn without_the_right_key_nothing_is_read_and_it_is_said_once() {
    let wrong = KeySet {
        client: Some(side(0x33, USUAL, Some(32))),
        server: Some(side(0x44, USUAL, Some(32))),
    };
    for (keys, said) in [
        (
            ring(&[wrong]),
            "token 1 of channel 9 is encrypted and the keys given for it do not fit",
        ),
        (
            Ring(vec![((CHANNEL, 2), right(USUAL))]),
            "token 1 of channel 9 is encrypted and no key is given for it",
        ),
        (Ring::default(), "channel 9 is encrypted with Basic256Sha256"),
    ] {
        let found = notes(&sealed(&plain(), USUAL), &keys, &[], false);
        let blind = found.of("blind");
        assert_eq!(blind.len(), 2, "{blind:#?}");
        assert!(blind[0].contains(said), "{blind:#?}");
        assert!(
            blind[1].contains("encrypted and not read: 7 messages of"),
            "{blind:#?}"
        );
        assert!(found.of("anomaly").is_empty() && deeds(&found).is_empty());
        for line in found.of("message client request") {
            assert!(line.contains(r#""encrypted":true,"size":"#), "{line}");
        }
    }
}

#[test]
fn of_several_keys_for_one_number_the_one_that_fits_is_taken() {
    let other = KeySet {
        client: Some(side(0x33, USUAL, Some(32))),
        server: None,
    };
    let found = notes(
        &sealed(&plain(), USUAL),
        &ring(&[other, KeySet::default(), right(USUAL), other]),
        &[],
        false,
    );
    assert_eq!(found.of("operation write").len(), 2, "{:#?}", found.lines);
    assert!(found.of("blind").is_empty(), "{:#?}", found.lines);
}

#[test]
fn a_key_for_one_direction_shows_that_direction() {
    let half = KeySet {
        server: None,
        ..right(USUAL)
    };
    let found = notes(&sealed(&plain(), USUAL), &ring(&[half]), &[], false);
    assert_eq!(found.of("operation write").len(), 2);
    assert!(found.of("blind")[0].contains("do not fit"), "{:#?}", found.lines);
    assert!(
        found.of("blind")[1].contains("0 messages of 0 bytes from the client"),
        "{:#?}",
        found.lines
    );
}

#[test]
fn a_connection_joined_in_the_middle_is_read_from_its_next_message() {
    let pieces = sealed(&plain(), USUAL);
    // From the second write on, of which the first chunk is missing.
    let at = pieces
        .iter()
        .position(|(_, bytes)| bytes.windows(4).any(|letters| letters == b"MSGC"));
    let mut pieces = pieces[at.unwrap()..].to_vec();
    let size = u32::from_le_bytes(pieces[0].1[4..8].try_into().unwrap()) as usize;
    pieces[0].1.drain(..size);
    let found = notes(&pieces, &ring(&[right(USUAL)]), &[], true);
    assert!(
        found
            .of("message")
            .iter()
            .any(|line| line.contains("CreateSubscriptionRequest") && line.contains("\"decrypted\":true")),
        "{:#?}",
        found.lines
    );
    assert!(found.of("anomaly").is_empty(), "{:#?}", found.lines);
    assert!(
        !found.lines.iter().any(|line| line.contains("do not fit")),
        "{:#?}",
        found.lines
    );
    assert!(
        found
            .of("operation report")
            .iter()
            .any(|line| line.contains("49.5"))
    );
}

#[test]
fn an_altered_chunk_is_reported_and_the_next_message_is_read() {
    let mut pieces = sealed(&plain(), USUAL);
    let writes = |pieces: &[(Direction, Vec<u8>)]| {
        let found = notes(pieces, &ring(&[right(USUAL)]), &[], false);
        found.of("operation write").len()
    };
    assert_eq!(writes(&pieces), 2);
    // The first block of the first write: sequence number, request id and type id.
    let at = pieces
        .iter()
        .position(|(_, bytes)| bytes.windows(4).any(|letters| letters == b"MSGC"));
    let write = &mut pieces[at.unwrap() - 2].1;
    write[20] ^= 1;
    let found = notes(&pieces, &ring(&[right(USUAL)]), &[], false);
    let anomaly = found.one("anomaly");
    assert!(
        anomaly.starts_with("anomaly client decryption_failed: the key that fits other chunks of channel 9"),
        "{anomaly}"
    );
    assert_eq!(found.of("operation write").len(), 1, "{:#?}", found.lines);
    assert_eq!(found.of("blind encrypted").len(), 1, "{:#?}", found.lines);
}

#[test]
fn one_chunk_of_several_that_is_altered_costs_its_message() {
    let mut pieces = sealed(&plain(), USUAL);
    let at = pieces
        .iter()
        .position(|(_, bytes)| bytes.windows(4).any(|letters| letters == b"MSGC"));
    let chunks = &mut pieces[at.unwrap()].1;
    let size = u32::from_le_bytes(chunks[4..8].try_into().unwrap()) as usize;
    chunks[size + 20] ^= 1;
    let found = notes(&pieces, &ring(&[right(USUAL)]), &[], false);
    assert_eq!(found.of("anomaly").len(), 1, "{:#?}", found.lines);
    assert!(found.one("anomaly").contains("decryption_failed"));
    assert_eq!(found.of("operation write").len(), 1, "{:#?}", found.lines);
    assert!(
        found
            .one("blind resynchronised")
            .contains("of a message that begins in a part"),
        "{:#?}",
        found.lines
    );
}

#[test]
fn a_clear_message_inside_an_encrypted_channel_opens_no_door() {
    let mut pieces = sealed(&plain(), USUAL);
    let mut forged = common::Side::new(CHANNEL);
    forged.sequence = 500;
    let body = forged
        .request(673)
        .u32(1)
        .node(2, "FORGED")
        .u32(13)
        .null()
        .double(1.0);
    let forged = forged.message(90, body);
    let last = pieces.len();
    pieces.insert(last - 2, (CLIENT, forged));
    let found = notes(&pieces, &ring(&[right(USUAL)]), &[], false);
    assert!(
        !found.lines.iter().any(|line| line.contains("FORGED")),
        "{:#?}",
        found.lines
    );
    assert!(
        found.of("anomaly")[0].contains("decryption_failed"),
        "{:#?}",
        found.lines
    );
    assert!(
        found
            .of("operation report")
            .iter()
            .any(|line| line.contains("49.5"))
    );
}

/// True when `some` stand in `all` in the same order.
fn is_part(some: &[String], all: &[String]) -> bool {
    let mut rest = all.iter();
    some.iter().all(|one| rest.any(|other| other == one))
}

proptest! {
    #[test]
    fn cuts_change_nothing(cuts in prop::collection::vec(1_usize..200, 1..40)) {
        let (pieces, keys) = (sealed(&plain(), USUAL), ring(&[right(USUAL)]));
        prop_assert_eq!(notes(&pieces, &keys, &cuts, false).lines, notes(&pieces, &keys, &[], false).lines);
    }

    #[test]
    fn wrong_keys_invent_nothing(client: [u8; 32], server: [u8; 32], iv: [u8; 16], length in 0_u8..64) {
        let set = KeySet {
            client: SideKey::new(&client, iv, Some(length)),
            server: SideKey::new(&server, iv, Some(length)),
        };
        let found = notes(&sealed(&plain(), USUAL), &ring(&[set]), &[], false);
        prop_assert!(deeds(&found).is_empty());
        prop_assert!(found.of("anomaly").is_empty());
        prop_assert!(services(&found).is_empty());
    }

    #[test]
    fn altered_ciphertext_never_makes_a_message(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..=255_u8), 1..8),
    ) {
        let mut pieces = sealed(&plain(), USUAL);
        let all = services(&notes(&pieces, &ring(&[right(USUAL)]), &[], false));
        // What is encrypted of each chunk of a service.
        let mut places = Vec::new();
        for (number, (_, bytes)) in pieces.iter().enumerate() {
            let mut at = 0;
            while at < bytes.len() {
                let size = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
                if &bytes[at..at + 3] == b"MSG" {
                    places.extend((at + 16..at + size).map(|place| (number, place)));
                }
                at += size;
            }
        }
        for (place, _, change) in changes {
            let (number, place) = places[place.index(places.len())];
            pieces[number].1[place] ^= change;
        }
        let found = notes(&pieces, &ring(&[right(USUAL)]), &[], false);
        prop_assert!(is_part(&services(&found), &all), "{:?}\n{:?}", services(&found), all);
    }

    #[test]
    fn altered_bytes_and_cut_streams_never_break_the_decoder(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cuts in prop::collection::vec(1_usize..300, 1..10),
        end: prop::sample::Index,
        middle: bool,
    ) {
        let mut pieces = sealed(&plain(), USUAL);
        for (piece, place, byte) in changes {
            let piece = piece.index(pieces.len());
            let bytes = &mut pieces[piece].1;
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let last = end.index(pieces.len());
        let half = pieces[last].1.len() / 2;
        pieces[last].1.truncate(half);
        notes(&pieces, &ring(&[right(USUAL)]), &cuts, middle);
    }
}
