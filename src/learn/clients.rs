//! Who asks: the clients of a plant, with what identifies each beyond its address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use tapglass_proto::Actor;

use crate::conversation::Context;

/// Values of one kind remembered for a client; one with more has none that identifies it.
const VALUES: usize = 8;

/// One client.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Network cards.
    pub cards: BTreeSet<[u8; 6]>,
    /// Times to live as they arrive.
    pub ttls: BTreeSet<u8>,
    /// DNP3 link addresses.
    pub links: BTreeSet<u16>,
    /// OPC UA applications.
    pub applications: BTreeSet<String>,
    /// OPC UA users.
    pub users: BTreeSet<String>,
    /// Values asked for.
    pub reads: u64,
    /// Commands.
    pub writes: u64,
}

impl Client {
    /// What a message of the client says about it.
    pub fn seen(&mut self, context: &Context<'_>, actor: &Actor<'_>) {
        if context.from_client {
            if let Some(card) = context.mac {
                add(&mut self.cards, card);
            }
            if context.ttl != 0 {
                add(&mut self.ttls, context.ttl);
            }
            if let Some(link) = actor.link {
                add(&mut self.links, link);
            }
        }
        if let Some(application) = actor.application {
            add(&mut self.applications, application.to_owned());
        }
        if let Some(user) = actor.user {
            add(&mut self.users, user.to_owned());
        }
    }

    /// The initial time to live, when all frames fit one: stacks begin with 32, 64, 128 or 255.
    #[must_use]
    pub fn initial_ttl(&self) -> Option<u8> {
        let (low, high) = (self.ttls.first()?, self.ttls.last()?);
        let class = |ttl: u8| [32_u8, 64, 128, 255].into_iter().find(|initial| ttl <= *initial);
        let initial = class(*high)?;
        // A lower value may only be a longer way, not another machine.
        (class(*low) == Some(initial) && initial - *low < 30).then_some(initial)
    }

    /// What the client is, when its own names say so.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        let names = self.applications.iter().chain(&self.users);
        let text = names
            .map(|name| name.to_lowercase())
            .collect::<Vec<_>>()
            .join(" ");
        [
            ("histor", "historian"),
            ("archive", "historian"),
            ("engineer", "engineering"),
            ("workstation", "engineering"),
            ("hmi", "hmi"),
            ("panel", "hmi"),
            ("scada", "scada"),
            ("dcs", "scada"),
        ]
        .into_iter()
        .find(|(part, _)| text.contains(part))
        .map(|(_, kind)| kind)
    }
}

fn add<T: Ord>(set: &mut BTreeSet<T>, value: T) {
    if set.len() < VALUES {
        set.insert(value);
    }
}

/// The only value of a set, if there is exactly one: only that identifies.
#[must_use]
pub(super) fn only<T: Ord>(set: &BTreeSet<T>) -> Option<&T> {
    set.first().filter(|_| set.len() == 1)
}

/// Network cards that several clients share belong to a router and identify none of them.
#[must_use]
pub(super) fn shared_cards(clients: &BTreeMap<IpAddr, Client>) -> BTreeSet<[u8; 6]> {
    let mut seen = BTreeSet::new();
    let mut shared = BTreeSet::new();
    for card in clients.values().flat_map(|client| &client.cards) {
        if !seen.insert(*card) {
            shared.insert(*card);
        }
    }
    shared
}
