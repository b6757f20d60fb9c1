//! Properties over random bytes, cuts and holes.

#![allow(clippy::unwrap_used)] // A test may fail loudly.

mod common;

use common::{CLIENT, SERVER, Talk, ascii, rtu, tcp};
use proptest::prelude::*;
use tapglass_proto::{Direction, Transport, Verdict};

/// A well-formed request.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let word = any::<u16>();
    prop_oneof![
        (1_u8..=4, word, 1_u16..=100).prop_map(|(code, first, count)| {
            let first = first.min(65_000);
            [&[code][..], &first.to_be_bytes()[..], &count.to_be_bytes()].concat()
        }),
        (word, any::<bool>()).prop_map(|(at, on)| {
            [
                &[5][..],
                &at.to_be_bytes()[..],
                &(u16::from(on) * 0xff00).to_be_bytes(),
            ]
            .concat()
        }),
        (word, word).prop_map(|(at, value)| [&[6][..], &at.to_be_bytes()[..], &value.to_be_bytes()].concat()),
        (0_u16..60_000, prop::collection::vec(word, 1..=100)).prop_map(|(first, values)| {
            let mut unit = [
                &[16][..],
                &first.to_be_bytes()[..],
                &(values.len() as u16).to_be_bytes(),
            ]
            .concat();
            unit.push(values.len() as u8 * 2);
            unit.extend(values.iter().flat_map(|value| value.to_be_bytes()));
            unit
        }),
        (word, word, word).prop_map(|(at, and, or)| {
            [
                &[22][..],
                &at.to_be_bytes()[..],
                &and.to_be_bytes(),
                &or.to_be_bytes(),
            ]
            .concat()
        }),
        prop_oneof![Just(7_u8), Just(11), Just(12), Just(17)].prop_map(|code| vec![code]),
        (0_u8..=4).prop_map(|object| vec![43, 14, 4, object]),
    ]
}

fn framed(framing: Transport, number: usize, unit: u8, data: &[u8]) -> Vec<u8> {
    match framing {
        Transport::RtuOverTcp => rtu(unit, data),
        Transport::AsciiOverTcp => ascii(unit, data),
        _ => tcp(number as u16 + 1, unit, data),
    }
}

fn framing() -> impl Strategy<Value = Transport> {
    prop_oneof![
        Just(Transport::Tcp),
        Just(Transport::RtuOverTcp),
        Just(Transport::AsciiOverTcp)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn cuts_change_nothing(
        framing in framing(),
        units in prop::collection::vec((1_u8..250, request()), 1..12),
        cuts in prop::collection::vec(1_usize..40, 1..40),
    ) {
        let frames: Vec<Vec<u8>> = units
            .iter()
            .enumerate()
            .map(|(number, (unit, data))| framed(framing, number, *unit, data))
            .collect();
        let stream = frames.concat();
        let mut talk = Talk::over(framing);
        let (mut at, mut turn) = (0, 0);
        while at < stream.len() {
            let end = (at + cuts[turn % cuts.len()]).min(stream.len());
            talk.ask(&stream[at..end]);
            at = end;
            turn += 1;
        }
        talk.close();
        let expected: Vec<&[u8]> = frames.iter().map(|frame| &frame[..]).collect();
        prop_assert_eq!(talk.book.bytes(), expected);
        prop_assert!(talk.book.anomalies.is_empty(), "{:?}", talk.book.anomalies);
        prop_assert!(talk.book.blind.is_empty());
    }

    /// A hole costs the messages that it touches, and at most one that is taken for the rest of them.
    #[test]
    fn a_hole_costs_what_it_touches_and_one_more(
        framing in framing(),
        units in prop::collection::vec((1_u8..250, request()), 4..16),
        hole in (0.0_f64..1.0, 1_usize..200),
        cuts in prop::collection::vec(1_usize..300, 1..10),
    ) {
        let frames: Vec<Vec<u8>> = units
            .iter()
            .enumerate()
            .map(|(number, (unit, data))| framed(framing, number, *unit, data))
            .collect();
        let stream = frames.concat();
        let from = (stream.len() as f64 * hole.0) as usize;
        let to = (from + hole.1).min(stream.len());
        let mut talk = Talk::over(framing);
        talk.ask(&stream[..from]).gap(CLIENT);
        let (mut at, mut turn) = (to, 0);
        while at < stream.len() {
            let end = (at + cuts[turn % cuts.len()]).min(stream.len());
            talk.ask(&stream[at..end]);
            at = end;
            turn += 1;
        }
        talk.close();
        let mut start = 0;
        let mut untouched = Vec::new();
        for frame in &frames {
            if start + frame.len() <= from || start >= to {
                untouched.push(&frame[..]);
            }
            start += frame.len();
        }
        let found = talk.book.bytes();
        let missing = untouched.iter().filter(|frame| !found.contains(frame)).count();
        prop_assert!(missing <= 1, "{missing} of {} are missing", untouched.len());
    }

    #[test]
    fn arbitrary_bytes_are_survived_and_every_byte_of_a_message_is_explained(
        transport in prop_oneof![framing(), Just(Transport::Udp)],
        chunks in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..300)), 0..12),
    ) {
        let mut talk = Talk::over(transport);
        for (client, bytes) in &chunks {
            talk.say(if *client { CLIENT } else { SERVER }, bytes);
        }
        talk.close();
        for message in &talk.book.messages {
            prop_assert!(message.uncovered.is_empty(), "{message:#?}");
        }
    }

    /// Any data unit with a right header around it: decoded in both directions, every byte in a field.
    #[test]
    fn every_byte_of_any_data_unit_is_in_some_field(
        framing in framing(),
        client in any::<bool>(),
        code in prop_oneof![1_u8..=24, Just(43), Just(90), any::<u8>()],
        data in prop::collection::vec(prop_oneof![any::<u8>(), 0_u8..16], 0..120),
    ) {
        let direction: Direction = if client { CLIENT } else { SERVER };
        let unit = [&[code][..], &data].concat();
        let mut talk = Talk::over(framing);
        if framing == Transport::Tcp && !client {
            talk.ask(&tcp(1, 1, &[90, 0, 2]));
        }
        talk.say(direction, &framed(framing, 0, 1, &unit)).close();
        for message in &talk.book.messages {
            prop_assert!(message.uncovered.is_empty(), "{message:#?}");
        }
    }

    /// Bytes are in a message or in a blind spot: none vanish.
    #[test]
    fn every_byte_is_accounted_for(
        framing in framing(),
        parts in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 1..60).prop_map(|junk| (None, junk)),
                (1_u8..250, request()).prop_map(|(unit, data)| (Some(unit), data)),
            ],
            1..10,
        ),
        cuts in prop::collection::vec(1_usize..80, 1..20),
    ) {
        let stream: Vec<u8> = parts
            .iter()
            .enumerate()
            .flat_map(|(number, (unit, bytes))| match unit {
                Some(unit) => framed(framing, number, *unit, bytes),
                None => bytes.clone(),
            })
            .collect();
        let mut talk = Talk::over(framing);
        let (mut at, mut turn) = (0, 0);
        while at < stream.len() {
            let end = (at + cuts[turn % cuts.len()]).min(stream.len());
            talk.ask(&stream[at..end]);
            at = end;
            turn += 1;
        }
        talk.close();
        let seen: usize = talk.book.messages.iter().map(|message| message.bytes.len()).sum();
        let blind: u64 = talk.book.blind.iter().filter_map(|(_, bytes)| *bytes).sum();
        prop_assert_eq!(seen as u64 + blind, stream.len() as u64);
    }

    #[test]
    fn a_message_is_recognised_on_any_port(
        framing in framing(),
        unit in 1_u8..250,
        data in request(),
    ) {
        use tapglass_proto::Protocol;
        let bytes = framed(framing, 0, unit, &data);
        let probe = tapglass_modbus::Modbus.probe(&bytes, Transport::Tcp);
        prop_assert_eq!(probe.verdict, Verdict::Yes);
        prop_assert_eq!(probe.transport, framing);
        prop_assert_ne!(probe.sender, Some(SERVER));
        let datagram = tapglass_modbus::Modbus.probe(&bytes, Transport::Udp);
        prop_assert_eq!((datagram.verdict, datagram.transport), (Verdict::Yes, Transport::Udp));
    }
}
