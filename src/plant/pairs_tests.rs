use std::net::{IpAddr, Ipv4Addr};

use super::{FORGOTTEN_AT_ONCE, PAIRS, Pairs};
use crate::conversation::{Conversation, Party};

fn conversation(number: u32) -> Conversation {
    let party = |ip: Ipv4Addr, port| Party {
        mac: None,
        ip: IpAddr::V4(ip),
        port,
    };
    Conversation::new(
        number,
        "modbus",
        6,
        party(Ipv4Addr::from(0x0a00_0000 + number), 40_000),
        party(Ipv4Addr::new(192, 0, 2, 1), 502),
        Vec::new(),
    )
}

fn speak(pairs: &mut Pairs, number: u32) -> usize {
    let slot = pairs.slot(&conversation(number));
    let id = pairs.pair_of(slot).unwrap();
    pairs.get_mut(id).unwrap().heard[0].hear(i64::from(number));
    slot
}

const MANY: u32 = PAIRS as u32 + 10;

#[test]
fn those_unheard_for_longest_and_closed_are_forgotten_first() {
    let mut pairs = Pairs::default();
    for number in 0..MANY {
        speak(&mut pairs, number);
        if number != 0 {
            pairs.close(number, true, i64::from(number));
        }
    }
    assert_eq!(pairs.forgotten, FORGOTTEN_AT_ONCE as u64);
    assert_eq!(pairs.list.len(), PAIRS);
    // The oldest of all is still open: it stays, and with it what is known of it.
    let slot = pairs.slot(&conversation(0));
    let kept = pairs.get(pairs.pair_of(slot).unwrap()).unwrap();
    assert_eq!((kept.client, kept.open), (conversation(0).client.ip, 1));
    // The second is gone; it is taken for new.
    let slot = pairs.slot(&conversation(1));
    let fresh = pairs.get(pairs.pair_of(slot).unwrap()).unwrap();
    assert!(fresh.heard[0].is_silent());
}

#[test]
fn a_conversation_whose_pair_was_forgotten_never_speaks_for_another() {
    let mut pairs = Pairs::default();
    for number in 0..MANY {
        speak(&mut pairs, number);
    }
    for number in 0..MANY {
        let slot = speak(&mut pairs, number);
        let pair = pairs.get(pairs.pair_of(slot).unwrap()).unwrap();
        assert_eq!(pair.client, conversation(number).client.ip);
        assert_eq!(pair.open, 1);
    }
    assert!(pairs.list.len() <= PAIRS);
}
