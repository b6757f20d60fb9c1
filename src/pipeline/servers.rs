//! The decoders' state, one for each server, shared by all conversations with it.

use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use tapglass_proto::{Keys, Limits, Server};

use crate::registry::PROTOCOLS;

/// Servers that are remembered; those without a conversation go first.
const MOST: usize = 16_384;

/// One place of the network that answers a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) protocol: usize,
    pub(super) ip: IpAddr,
    pub(super) port: u16,
}
#[derive(Clone)]
struct Slot {
    place: Place,
    sessions: u32,
    server: Box<dyn Server>,
}

/// All servers.
#[derive(Clone)]
pub(super) struct Servers {
    by_place: HashMap<Place, u32, FixedState>,
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    limits: Limits,
    /// Keys for decoders of encrypted conversations.
    pub(super) keys: Option<Arc<dyn Keys>>,
}

impl Servers {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            by_place: HashMap::with_hasher(FixedState::default()),
            slots: Vec::new(),
            free: Vec::new(),
            limits,
            keys: None,
        }
    }

    /// The server at a place, made at first sight, with one more conversation.
    pub(super) fn join(&mut self, place: Place) -> Option<u32> {
        if let Some(&known) = self.by_place.get(&place) {
            if let Some(Some(slot)) = self.slots.get_mut(known as usize) {
                slot.sessions += 1;
            }
            return Some(known);
        }
        if self.by_place.len() >= MOST {
            self.forget_one();
        }
        let protocol = PROTOCOLS.get(place.protocol)?;
        let mut server = protocol.server(self.limits);
        if let Some(keys) = &self.keys {
            server.use_keys(Arc::clone(keys));
        }
        let slot = Some(Slot {
            place,
            sessions: 1,
            server,
        });
        let index = match self.free.pop() {
            Some(index) => {
                *self.slots.get_mut(index as usize)? = slot;
                index
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).ok()?
            }
        };
        self.by_place.insert(place, index);
        Some(index)
    }

    /// One conversation less.
    pub(super) fn leave(&mut self, index: u32) {
        if let Some(Some(slot)) = self.slots.get_mut(index as usize) {
            slot.sessions = slot.sessions.saturating_sub(1);
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut dyn Server> {
        Some(self.slots.get_mut(index as usize)?.as_mut()?.server.as_mut())
    }

    /// Forgets the first server that nobody talks to.
    fn forget_one(&mut self) {
        let idle = self
            .slots
            .iter()
            .position(|slot| slot.as_ref().is_some_and(|slot| slot.sessions == 0));
        if let Some(idle) = idle
            && let Some(slot) = self.slots.get_mut(idle).and_then(Option::take)
        {
            self.by_place.remove(&slot.place);
            self.free.push(u32::try_from(idle).unwrap_or(u32::MAX));
        }
    }
}
