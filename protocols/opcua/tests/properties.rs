//! What holds for every stream: cuts change nothing, and no bytes make the decoder fail.
#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests may fail as loudly as tests.

mod common;

use common::{Bytes, CLIENT, NAMESPACE_0, Notes, Pair, SERVER, Tap, response};
use proptest::prelude::*;
use std::ops::Range;
use tapglass_model::CaptureTime;
use tapglass_opcua::OpcUa;
use tapglass_proto::json::Writer;
use tapglass_proto::{
    Anomaly, Answer, Blind, Chunk, Direction, Limits, Message, Operation, Protocol, Server, SessionId, Sink,
    Transport, Wants,
};

/// Keeps what it is fed, in order.
#[derive(Default)]
struct Recorder {
    pieces: Vec<(Direction, Vec<u8>)>,
}

struct Recording(std::sync::Arc<std::sync::Mutex<Recorder>>);

impl Server for Recording {
    fn fork(&self) -> Box<dyn Server> {
        Box::new(Self(self.0.clone()))
    }

    fn open(&mut self, _: Transport, _: bool) -> SessionId {
        SessionId(0)
    }

    fn feed(&mut self, _: SessionId, chunk: &Chunk<'_>, _: &mut dyn Sink) {
        let mut recorder = self.0.lock().unwrap();
        recorder.pieces.push((chunk.direction, chunk.bytes.to_vec()));
    }

    fn gap(&mut self, _: SessionId, _: Direction, _: Option<u64>, _: CaptureTime, _: u64, _: &mut dyn Sink) {}

    fn close(&mut self, _: SessionId, _: CaptureTime, _: &mut dyn Sink) {}
}

/// A conversation with a bit of everything, as the pieces that each side sends.
fn conversation() -> Vec<(Direction, Vec<u8>)> {
    let recorder = std::sync::Arc::new(std::sync::Mutex::new(Recorder::default()));
    let mut tap = Tap::new();
    tap.server = Box::new(Recording(recorder.clone()));
    let mut pair = Pair::connect(&mut tap, 9);
    pair.log_on(&mut tap, "urn:acme:hmi", 77, "operator");
    pair.read_namespaces(&mut tap, &[NAMESPACE_0, "urn:plc", "urn:acme:boiler"]);
    pair.subscribe(&mut tap, 5);
    pair.watch(&mut tap, 5, "LT101.PV", 201, 1);
    pair.publish(&mut tap, 5, 201, 49.5);
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
    let chunks = pair.client.chunks(request + 1, &body, 25);
    tap.feed(pair.session, CLIENT, &chunks);
    pair.request += 1;
    // 712: a call with a matrix of 2 x 2 Bytes, a LocalizedText and a DataValue in a Variant
    let call = Bytes::new().u32(1).node(2, "Boiler").node(2, "Stop").u32(3);
    let call = call.raw(&[0xc3]).u32(4).raw(&[1, 2, 3, 4]).u32(2).u32(2).u32(2);
    let call = call
        .raw(&[0x15, 0x03])
        .string("en")
        .string("text")
        .raw(&[0x17])
        .double(1.0);
    pair.talk(
        &mut tap,
        (712, call),
        (715, Bytes::new().u32(1).u32(0).null().null().null().null()),
    );
    // 527: a Browse and its answer with one reference
    let browse = Bytes::new().raw(&[0, 0]).i64(0).u32(0).u32(0).u32(1);
    let browse = browse.numeric(0, 85).u32(0).numeric(0, 33).u8(1).u32(0).u32(63);
    let found = Bytes::new()
        .u32(1)
        .u32(0)
        .null()
        .u32(1)
        .numeric(0, 35)
        .u8(1)
        .node(2, "Boiler");
    let found = found
        .raw(&[2, 0])
        .string("Boiler")
        .u8(2)
        .string("Boiler")
        .u32(1)
        .raw(&[0, 58])
        .null();
    pair.talk(&mut tap, (527, browse), (530, found));
    std::mem::take(&mut recorder.lock().unwrap().pieces)
}

fn feed(
    server: &mut dyn Server,
    session: SessionId,
    frame: u64,
    direction: Direction,
    bytes: &[u8],
    notes: &mut Notes,
) {
    let chunk = Chunk {
        at: CaptureTime(0),
        frame,
        carried_by: frame,
        offset: 54,
        direction,
        bytes,
    };
    server.feed(session, &chunk, notes);
}

/// Feeds pieces, cut as told; gives what was noted.
fn notes(pieces: &[(Direction, Vec<u8>)], cuts: &[usize], middle: bool) -> Notes {
    let mut server = OpcUa.server(Limits::default());
    let session = server.open(Transport::Tcp, middle);
    let mut notes = Notes::default();
    let mut cuts = cuts.iter().cycle();
    let mut frame = 0;
    for (direction, bytes) in pieces {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let cut = cuts.next().copied().unwrap_or(rest.len()).clamp(1, rest.len());
            frame += 1;
            feed(
                server.as_mut(),
                session,
                frame,
                *direction,
                &rest[..cut],
                &mut notes,
            );
            rest = &rest[cut..];
        }
    }
    server.close(session, CaptureTime(0), &mut notes);
    notes
}

/// Keeps of each message of one direction its sequence number, 0 for none, and its length.
struct Lengths {
    of: Direction,
    messages: Vec<(u64, usize)>,
}

impl Sink for Lengths {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: false,
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        if message.from != self.of {
            return;
        }
        let mut json = vec![];
        Writer::new(&mut json).object(|out| message.body.json(out));
        let json = String::from_utf8(json).unwrap();
        let sequence = json.split_once(r#""sequence":"#).map_or(0, |(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        });
        self.messages.push((sequence, message.bytes.len()));
    }

    fn operation(&mut self, _: &Operation<'_>) {}
    fn answer(&mut self, _: &Answer<'_>) {}
    fn anomaly(&mut self, _: &Anomaly<'_>) {}
    fn blind(&mut self, _: &Blind<'_>) {}
}

/// The messages of one direction, of which the bytes of `hole` are missing.
fn seen(pieces: &[(Direction, Vec<u8>)], of: Direction, hole: Range<usize>) -> Vec<(u64, usize)> {
    seen_with(pieces, of, hole, of)
}

/// The messages of direction `of`, while the bytes of `hole` are missing in direction `pierced`.
fn seen_with(
    pieces: &[(Direction, Vec<u8>)],
    pierced: Direction,
    hole: Range<usize>,
    of: Direction,
) -> Vec<(u64, usize)> {
    let mut server = OpcUa.server(Limits::default());
    let session = server.open(Transport::Tcp, false);
    let mut found = Lengths {
        of,
        messages: Vec::new(),
    };
    let mut at = 0;
    for (number, (direction, bytes)) in pieces.iter().enumerate() {
        let frame = number as u64 + 1;
        let mut parts = [&bytes[..], &[]];
        if *direction == pierced {
            let range = at..at + bytes.len();
            at = range.end;
            let start = hole.start.clamp(range.start, range.end) - range.start;
            let end = hole.end.clamp(range.start, range.end) - range.start;
            if start < end {
                parts = [&bytes[..start], &bytes[end..]];
            }
        }
        for (part, bytes) in parts.into_iter().enumerate() {
            if part == 1 && parts[0].len() + parts[1].len() < pieces[number].1.len() {
                server.gap(session, *direction, None, CaptureTime(0), frame, &mut found);
            }
            if bytes.is_empty() {
                continue;
            }
            let chunk = Chunk {
                at: CaptureTime(0),
                frame,
                carried_by: frame,
                offset: 54,
                direction: *direction,
                bytes,
            };
            server.feed(session, &chunk, &mut found);
        }
    }
    server.close(session, CaptureTime(0), &mut found);
    found.messages
}

#[test]
fn ten_thousand_unanswered_requests_switch_nothing_off() {
    let mut tap = Tap::new();
    let mut pair = Pair::connect(&mut tap, 9);
    let read = Bytes::new().f64(0.0).u32(3).u32(1).read_value_id(2, "A");
    for _ in 0..10_000 {
        pair.ask(&mut tap, 631, read.clone());
    }
    let request = pair.write(&mut tap, "SP", 1.0);
    pair.tell(&mut tap, request, 676, 0, Bytes::new().u32(1).u32(0).null());
    assert_eq!(tap.notes.of("message client request ReadRequest").len(), 10_000);
    assert_eq!(tap.notes.of("operation write").len(), 1);
    assert_eq!(tap.notes.of("answer").len(), 1);
    // A forged answer to what was given up names nothing and changes nothing.
    let forged = pair
        .server
        .message(3, response(634, 0).u32(1).raw(&[0x01, 0x01, 1]).null());
    tap.feed(pair.session, SERVER, &forged);
    assert!(tap.notes.of("operation report").is_empty());
}

#[test]
fn the_conversation_itself_is_in_order() {
    let found = notes(&conversation(), &[], false);
    assert!(found.of("anomaly").is_empty(), "{:#?}", found.lines);
    assert!(found.of("blind").is_empty(), "{:#?}", found.lines);
    assert_eq!(found.of("operation write").len(), 2);
    let call = found.one("message client request CallRequest");
    assert!(
        call.contains(r#""type":"Byte[2,2]","value":[[1,2],[3,4]]"#),
        "{call}"
    );
}

proptest! {
    #[test]
    fn cuts_change_nothing(cuts in prop::collection::vec(1_usize..200, 1..40)) {
        let pieces = conversation();
        prop_assert_eq!(notes(&pieces, &cuts, false).lines, notes(&pieces, &[], false).lines);
    }

    #[test]
    fn altered_bytes_never_break_the_decoder(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cuts in prop::collection::vec(1_usize..300, 1..10),
    ) {
        let mut pieces = conversation();
        for (piece, place, byte) in changes {
            let piece = piece.index(pieces.len());
            let bytes = &mut pieces[piece].1;
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        notes(&pieces, &cuts, false);
    }

    #[test]
    fn holes_never_break_the_decoder_and_it_finds_its_way_back(
        holes in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_usize..80), 1..6),
    ) {
        let pieces = conversation();
        let mut server = OpcUa.server(Limits::default());
        let session = server.open(Transport::Tcp, false);
        let mut found = Notes::default();
        for (number, (direction, bytes)) in pieces.iter().enumerate() {
            let hole = holes.iter().find(|(piece, ..)| piece.index(pieces.len()) == number);
            let frame = number as u64 + 1;
            let Some((_, place, length)) = hole else {
                feed(server.as_mut(), session, frame, *direction, bytes, &mut found);
                continue;
            };
            let from = place.index(bytes.len());
            let to = (from + length).min(bytes.len());
            feed(server.as_mut(), session, frame, *direction, &bytes[..from], &mut found);
            server.gap(session, *direction, Some((to - from) as u64), CaptureTime(0), frame, &mut found);
            feed(server.as_mut(), session, frame, *direction, &bytes[to..], &mut found);
        }
        // Both directions are read again after any hole: one more write is seen.
        let before = found.of("message").len();
        let last = pieces.iter().rfind(|(direction, _)| *direction == CLIENT).unwrap();
        feed(server.as_mut(), session, 1_000, CLIENT, &last.1, &mut found);
        feed(server.as_mut(), session, 1_001, CLIENT, &last.1, &mut found);
        prop_assert!(found.of("message").len() > before);
    }

    #[test]
    fn a_hole_costs_the_messages_that_it_touches_and_one(
        start in any::<prop::sample::Index>(),
        length in 1_usize..600,
        from_server: bool,
    ) {
        let pieces = conversation();
        let direction = if from_server { SERVER } else { CLIENT };
        let whole = seen(&pieces, direction, 0..0);
        let size = whole.iter().map(|(_, length)| length).sum::<usize>();
        let start = start.index(size);
        let hole = start..(start + length).min(size);
        let pierced = seen(&pieces, direction, hole.clone());
        let mut at = 0;
        let mut lost = 0;
        for message in &whole {
            let range = at..at + message.1;
            at = range.end;
            let touched = range.start < hole.end && hole.start < range.end;
            if !touched && !pierced.contains(message) {
                lost += 1;
            }
        }
        prop_assert!(lost <= 1, "{lost} of {whole:?} are missing in {pierced:?}");
        // Nothing is made up: of what is there now, all was there before.
        for message in &pierced {
            prop_assert!(whole.contains(message), "{message:?} is not in {whole:?}");
        }
        // The other direction loses nothing.
        let other = direction.turned();
        prop_assert_eq!(seen_with(&pieces, direction, hole, other), seen(&pieces, other, 0..0));
    }

    #[test]
    fn arbitrary_definitions_never_break_the_decoder(
        kind in 0_u32..6,
        fields in prop::collection::vec((0_u8..32, -3_i32..4, any::<bool>(), any::<bool>()), 0..6),
        body in prop::collection::vec(prop_oneof![3 => any::<u8>(), 3 => Just(0_u8), 1 => Just(0xff_u8), 2 => 1_u8..4], 0..200),
    ) {
        let mut tap = Tap::new();
        let mut pair = Pair::connect(&mut tap, 9);
        let mut definition = Bytes::new().node(2, "T.b").raw(&[0, 22]).u32(kind).u32(fields.len() as u32);
        for (of, rank, own, flag) in fields {
            definition = definition.string("member").u8(0);
            // a type of namespace 0, or the type itself
            definition = if own { definition.node(2, "T") } else { definition.raw(&[0, of]) };
            definition = definition.raw(&rank.to_le_bytes()).null().u32(0).u8(u8::from(flag));
        }
        for (attribute, value) in [
            (23, Bytes::new().raw(&[0x01, 0x16]).structure(122, definition)),
            (13, Bytes::new().raw(&[0x01, 0x16]).node(2, "T.b").u8(1).string(&body)),
        ] {
            let asked = Bytes::new().f64(0.0).u32(3).u32(1).node(2, "T").u32(attribute).null().raw(&[0, 0]).null();
            let told = Bytes::new().u32(1).raw(&value.0).null();
            pair.talk(&mut tap, (631, asked), (634, told));
        }
        prop_assert!(tap.notes.of("anomaly").is_empty(), "{:?}", tap.notes.lines);
    }

    #[test]
    fn arbitrary_bytes_never_break_the_decoder(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        middle: bool,
    ) {
        notes(&[(CLIENT, bytes.clone()), (SERVER, bytes)], &[7, 100], middle);
    }

    #[test]
    fn arbitrary_bodies_of_any_service_never_break_the_decoder(
        code in prop_oneof![9 => 390_u16..860, 1 => 12_208_u16..12_213],
        server: bool,
        body in prop::collection::vec(prop_oneof![3 => any::<u8>(), 2 => Just(0_u8), 1 => Just(0xff_u8), 1 => 1_u8..4], 0..400),
    ) {
        let mut tap = Tap::new();
        let mut pair = Pair::connect(&mut tap, 9);
        pair.subscribe(&mut tap, 0);
        pair.watch(&mut tap, 0, "A", 0, 0);
        let (side, direction) = if server { (&mut pair.server, SERVER) } else { (&mut pair.client, CLIENT) };
        let header = if server { common::response(code, 0) } else { side.request(code) };
        let bytes = side.message(2, header.raw(&body));
        tap.feed(pair.session, direction, &bytes);
        tap.close(pair.session);
    }
}
