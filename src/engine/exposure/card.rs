//! Network cards of addresses: two machines that use one address.
//!
//! Only who sends is looked at: what a frame is sent to may be a router's virtual card. Redundant routers share virtual
//! cards, the two networks of PRP carry the same card (IEC 62439-3), and a capture of both sides of a router shows one
//! address with two cards and two times to live: none of these is a conflict.

use std::net::IpAddr;

use hashbrown::HashMap;

use tapglass_model::{SECOND, Severity};
use tapglass_proto::Direction;

use super::super::Engine;
use crate::conversation::Context;
use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, span};
use crate::rules::exposed::Exposed;

/// Addresses whose card is remembered.
const ADDRESSES: usize = 16_384;
/// Who comes back within this time did not hand the address over.
const IN_TURN: i64 = 60 * SECOND;

/// The card of an address in one network.
#[derive(Clone, Copy, Debug)]
struct Used {
    card: [u8; 6],
    ttl: u8,
    /// The card before, and when it was left.
    before: Option<([u8; 6], Moment)>,
}

/// What a frame says about an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Changed {
    before: [u8; 6],
    /// The card before has come back.
    returned: bool,
}

/// All addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct Cards {
    used: HashMap<(IpAddr, u16), Used, Hasher>,
    /// How often an address was not looked at because there was no room.
    overlooked: u64,
    /// Until when every frame is looked at, since an address has changed its card.
    alert: Option<Moment>,
}

impl Cards {
    pub(super) const fn overlooked(&self) -> u64 {
        self.overlooked
    }

    /// Is every frame looked at?
    fn is_alert(&self, now: Moment) -> bool {
        self.alert.is_some_and(|until| now <= until)
    }

    fn uses(&mut self, place: (IpAddr, u16), card: [u8; 6], ttl: u8, now: Moment) -> Option<Changed> {
        if self.used.len() >= ADDRESSES && !self.used.contains_key(&place) {
            self.overlooked += 1;
            return None;
        }
        let used = self.used.entry(place).or_insert(Used {
            card,
            ttl,
            before: None,
        });
        if used.card == card {
            return None;
        }
        if is_shared(card) || is_shared(used.card) {
            used.card = card;
            used.ttl = ttl;
            return None;
        }
        if used.ttl != ttl && initial(used.ttl) == initial(ttl) {
            return None;
        }
        let returned = used
            .before
            .is_some_and(|(before, left)| before == card && span(left, now) <= IN_TURN);
        let before = used.card;
        used.before = Some((before, now));
        used.card = card;
        self.alert = Some(now.saturating_add(IN_TURN));
        Some(Changed { before, returned })
    }
}

/// The time to live with which a frame was sent: operating systems begin with one of these. Two that differ are two
/// machines; the same with another number of hops may be one machine seen before and behind a router.
const fn initial(ttl: u8) -> u8 {
    match ttl {
        0..=64 => 64,
        65..=128 => 128,
        129.. => 255,
    }
}

/// Is it a card that several machines share by design: VRRP and CARP (RFC 9568 7.3), HSRP 1 and 2, GLBP?
fn is_shared(card: [u8; 6]) -> bool {
    matches!(
        card,
        [0x00, 0x00, 0x5e, 0x00, 0x01 | 0x02, _]
            | [0x00, 0x00, 0x0c, 0x07, 0xac, _]
            | [0x00, 0x00, 0x0c, 0x9f, 0xf0..=0xff, _]
            | [0x00, 0x05, 0x73, 0xa0, 0x00..=0x0f, _]
            | [0x00, 0x07, 0xb4, 0x00, _, _]
    )
}

impl Engine {
    /// A message came from an address: is it still the same machine?
    #[inline]
    pub(in super::super) fn watch_card(
        &mut self,
        context: &Context<'_>,
        from: Direction,
        slot: usize,
        now: Moment,
    ) {
        let Some(card) = context.mac else { return };
        if self.pairs.uses_card(slot, from, card) || self.exposure.cards.is_alert(now) {
            self.card_is_used(context, from, card, slot, now);
        }
    }

    #[cold]
    fn card_is_used(
        &mut self,
        context: &Context<'_>,
        from: Direction,
        card: [u8; 6],
        slot: usize,
        now: Moment,
    ) {
        let ip = match from {
            Direction::FromClient => context.conversation.client.ip,
            Direction::FromServer => context.conversation.server.ip,
        };
        let network = context.conversation.vlans.first().copied().unwrap_or(0);
        let changed = self.exposure.cards.uses((ip, network), card, context.ttl, now);
        let Some(Changed { before, returned }) = changed else {
            return;
        };
        let conversation = self
            .pairs
            .open(slot)
            .map(|open| std::sync::Arc::clone(&open.conversation));
        let exposed = Exposed::AddressConflict {
            ip,
            before,
            now: card,
            returned,
        };
        self.expose(
            exposed,
            returned.then_some(Severity::Medium),
            conversation.as_ref(),
            None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
    const B: [u8; 6] = [2, 0, 0, 0, 0, 2];
    const VIRTUAL: [u8; 6] = [0, 0, 0x5e, 0, 1, 7];

    #[test]
    fn machines_in_turn_are_told_from_one_that_is_replaced() {
        let change = |before, returned| Some(Changed { before, returned });
        for (what, frames, last) in [
            ("the same card", &[(A, 64, 0), (A, 64, 1)][..], None),
            ("another card", &[(A, 64, 0), (B, 64, 1)], change(A, false)),
            (
                "both in turn",
                &[(A, 64, 0), (B, 64, 1), (A, 64, 2)],
                change(B, true),
            ),
            (
                "back after an hour",
                &[(A, 64, 0), (B, 64, 1), (A, 64, 3_601)],
                change(B, false),
            ),
            (
                "another kind of machine",
                &[(A, 128, 0), (B, 64, 1)],
                change(A, false),
            ),
            ("both sides of a router", &[(A, 64, 0), (B, 63, 1)], None),
            ("a virtual card", &[(A, 64, 0), (VIRTUAL, 64, 1)], None),
            (
                "another router behind a virtual card",
                &[(A, 64, 0), (VIRTUAL, 64, 1), (B, 64, 2)],
                None,
            ),
        ] {
            let mut cards = Cards::default();
            let place = (IpAddr::from([10, 0, 0, 1]), 0);
            let mut told = None;
            for (card, ttl, second) in frames {
                told = cards.uses(place, *card, *ttl, second * SECOND);
            }
            assert_eq!(told, last, "{what}");
        }
    }

    #[test]
    fn one_address_in_two_networks_is_two() {
        let mut cards = Cards::default();
        let ip = IpAddr::from([10, 0, 0, 1]);
        assert_eq!(cards.uses((ip, 10), A, 64, 0), None);
        assert_eq!(cards.uses((ip, 20), B, 64, 1), None);
    }
}
