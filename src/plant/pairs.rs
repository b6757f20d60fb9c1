//! Who talks to which device, across reconnections: a client and a server, how regularly each is heard, what of their
//! talk was not seen.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use tapglass_model::Station;
use tapglass_proto::Direction;

use super::bind::Hasher;
use super::blind::Stretches;
use super::clock::{Moment, NEVER};
use super::learn::Rhythm;
use crate::conversation::Conversation;
use crate::site::DeviceId;

/// Place of a [`Pair`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairId(pub u32);

/// A client and a server that talk one protocol, whatever connection carries it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The client.
    pub client: IpAddr,
    /// The server.
    pub server: IpAddr,
    /// The server's port.
    pub port: u16,
    /// The protocol.
    pub protocol: &'static str,
    /// How each direction is heard, by [`Direction::index`].
    pub heard: [Rhythm; 2],
    /// What was not seen of each direction.
    pub blind: [Stretches; 2],
    /// The devices that were talked to, in order of first sight.
    pub members: Vec<Member>,
    /// The first station that was spoken to.
    station: Option<Station>,
    /// More than one station was spoken to, as behind a gateway: that one of them is heard says nothing of the others.
    pub shared: bool,
    /// Conversations that are open.
    pub open: u32,
    /// When the last one was closed by its ends; [`NEVER`] while one is open or when the end was not seen.
    pub closed: Moment,
    /// It carries events: what does not change is not reported.
    pub events: bool,
    /// SHA-1 thumbprint of the certificate that the client shows (OPC UA).
    pub certificate: Option<[u8; 20]>,
    /// Its content is encrypted.
    pub encrypted: bool,
    /// The newest conversation, for records.
    pub conversation: Arc<Conversation>,
    /// One of its devices has fallen silent.
    pub silent: bool,
    /// A deadline for its silence is pending. It outlives a pair that is forgotten, so that each place has at most one.
    pub watched: bool,
}

/// A device of a pair.
#[derive(Clone, Debug)]
pub struct Member {
    /// Which.
    pub device: DeviceId,
    /// How it is heard by itself, once the pair is shared.
    pub heard: Rhythm,
    /// It has fallen silent.
    pub silent: bool,
}

impl Pair {
    /// The devices that were talked to.
    pub fn devices(&self) -> impl Iterator<Item = DeviceId> {
        self.members.iter().map(|member| member.device)
    }

    /// How the device of a member is heard: by itself where others answer beside it; where only requests are in the
    /// capture, how the client is heard.
    #[must_use]
    pub fn rhythm<'a>(&'a self, member: &'a Member) -> &'a Rhythm {
        let [client, server] = &self.heard;
        match (server.is_silent(), self.shared) {
            (true, _) => client,
            (false, true) => &member.heard,
            (false, false) => server,
        }
    }

    /// A station is spoken to for the first time in a conversation; gives back the place of its device.
    fn meet(&mut self, station: Station, devices: &[DeviceId]) -> u32 {
        if *self.station.get_or_insert(station) != station && !self.shared {
            self.shared = true;
            for member in &mut self.members {
                member.heard = self.heard[Direction::FromServer.index()];
            }
        }
        for device in devices {
            if !self.devices().any(|known| known == *device) {
                self.members.push(Member {
                    device: *device,
                    heard: Rhythm::default(),
                    silent: false,
                });
            }
        }
        let place = match devices {
            [only] => self.devices().position(|known| known == *only),
            _ => None,
        };
        place
            .and_then(|place| u32::try_from(place).ok())
            .unwrap_or(u32::MAX)
    }

    /// True when only the device's direction is in the capture: its commands are not seen.
    #[must_use]
    pub fn requests_unseen(&self) -> bool {
        self.heard[Direction::FromClient.index()].is_silent()
            && !self.heard[Direction::FromServer.index()].is_silent()
    }
}

/// One open conversation.
#[derive(Clone, Debug)]
pub struct Open {
    /// What it is.
    pub conversation: Arc<Conversation>,
    /// Whose it is.
    pub pair: PairId,
    /// Stations that were spoken to, with their devices, and the place of the only one in its pair.
    stations: Vec<(Station, Target, u32)>,
    /// The network card from which client and server sent last.
    cards: [Option<[u8; 6]>; 2],
}

/// The devices behind a station.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// None that the site knows.
    #[default]
    Nobody,
    /// One.
    One(DeviceId),
    /// Several: a broadcast.
    Several(Arc<[DeviceId]>),
}

impl Target {
    /// The devices.
    #[must_use]
    pub fn devices(&self) -> &[DeviceId] {
        match self {
            Self::Nobody => &[],
            Self::One(device) => std::slice::from_ref(device),
            Self::Several(devices) => devices,
        }
    }
}

/// Stations remembered for each conversation; more than any gateway has units.
const STATIONS: usize = 256;
/// Pairs remembered; those longest unheard that have no open conversation are forgotten first.
const PAIRS: usize = 16_384;
/// Pairs forgotten at once when there is no room: looking for the oldest costs a walk through all, and a flood of
/// strangers must not make every newcomer pay for one.
const FORGOTTEN_AT_ONCE: usize = 1_024;

/// All conversations and pairs.
#[derive(Clone, Debug)]
pub struct Pairs {
    /// The pairs in order of first sight.
    pub list: Vec<Pair>,
    /// Stretches in which nothing at all was seen, or frames were lost of nobody knows whom.
    pub everything: Stretches,
    /// Pairs that were forgotten because there were too many: their silence is no longer watched.
    pub forgotten: u64,
    /// Places of `list` that can be taken.
    vacant: Vec<u32>,
    /// When the capture began.
    started: Moment,
    by_ends: HashMap<(IpAddr, IpAddr, u16, &'static str), PairId, Hasher>,
    open: HashMap<u32, usize, Hasher>,
    slots: Vec<Option<Open>>,
    free: Vec<usize>,
    /// Number and slot of the conversation that spoke last: frames come in bursts.
    latest: Option<(u32, usize)>,
}

impl Default for Pairs {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            everything: Stretches::default(),
            forgotten: 0,
            vacant: Vec::new(),
            started: NEVER,
            by_ends: HashMap::default(),
            open: HashMap::default(),
            slots: Vec::new(),
            free: Vec::new(),
            latest: None,
        }
    }
}

impl Pairs {
    /// When the capture began; [`NEVER`] before its first frame.
    #[must_use]
    pub const fn started(&self) -> Moment {
        self.started
    }

    /// The capture begins.
    pub fn start(&mut self, now: Moment) {
        self.started = now;
    }

    /// The slot of a conversation, made when it is new.
    pub fn slot(&mut self, conversation: &Conversation) -> usize {
        if let Some((number, slot)) = self.latest
            && number == conversation.number
        {
            return slot;
        }
        let slot = match self.open.get(&conversation.number) {
            Some(slot) => *slot,
            None => self.add(conversation),
        };
        self.latest = Some((conversation.number, slot));
        slot
    }

    #[cold]
    fn add(&mut self, conversation: &Conversation) -> usize {
        let shared = Arc::new(conversation.clone());
        let pair = self.pair(&shared);
        if let Some(pair) = self.list.get_mut(pair.0 as usize) {
            pair.open += 1;
            pair.closed = NEVER;
            pair.conversation = Arc::clone(&shared);
        }
        let open = Some(Open {
            conversation: shared,
            pair,
            stations: Vec::new(),
            cards: [None; 2],
        });
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = open;
                slot
            }
            None => {
                self.slots.push(open);
                self.slots.len() - 1
            }
        };
        self.open.insert(conversation.number, slot);
        slot
    }

    fn pair(&mut self, conversation: &Arc<Conversation>) -> PairId {
        let ends = (
            conversation.client.ip,
            conversation.server.ip,
            conversation.server.port,
            conversation.protocol,
        );
        if let Some(pair) = self.by_ends.get(&ends) {
            return *pair;
        }
        let fresh = Pair {
            client: ends.0,
            server: ends.1,
            port: ends.2,
            protocol: ends.3,
            heard: [Rhythm::default(); 2],
            blind: [Stretches::default(), Stretches::default()],
            members: Vec::new(),
            station: None,
            shared: false,
            open: 0,
            closed: NEVER,
            events: false,
            certificate: None,
            encrypted: false,
            conversation: Arc::clone(conversation),
            silent: false,
            watched: false,
        };
        if self.list.len() >= PAIRS && self.vacant.is_empty() {
            self.make_room();
        }
        let id = match self.vacant.pop() {
            Some(place) => {
                let old = &mut self.list[place as usize];
                *old = Pair {
                    watched: old.watched,
                    ..fresh
                };
                PairId(place)
            }
            None => {
                self.list.push(fresh);
                PairId(u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX))
            }
        };
        self.by_ends.insert(ends, id);
        id
    }

    /// Forgets the pairs that were not heard for longest, those without an open conversation first.
    #[cold]
    fn make_room(&mut self) {
        let age = |pair: &Pair, place: u32| {
            let [client, server] = pair.heard.map(|rhythm| rhythm.last);
            (pair.open > 0, client.max(server), place)
        };
        let mut places: Vec<u32> = (0..u32::try_from(self.list.len()).unwrap_or(u32::MAX)).collect();
        if FORGOTTEN_AT_ONCE < places.len() {
            places.select_nth_unstable_by_key(FORGOTTEN_AT_ONCE, |place| {
                age(&self.list[*place as usize], *place)
            });
            places.truncate(FORGOTTEN_AT_ONCE);
        }
        // The order in which they are taken again must not depend on how the selection shuffled them.
        places.sort_unstable_by_key(|place| std::cmp::Reverse(*place));
        let mut still_open = false;
        for &place in &places {
            let old = &mut self.list[place as usize];
            self.by_ends
                .remove(&(old.client, old.server, old.port, old.protocol));
            old.members.clear();
            still_open |= old.open > 0;
        }
        if still_open {
            // Their conversations count as new when they speak again.
            let gone = |pair: PairId| places.binary_search_by(|place| pair.0.cmp(place)).is_ok();
            for (slot, place) in self.slots.iter_mut().enumerate() {
                if let Some(open) = place.take_if(|open| gone(open.pair)) {
                    self.open.remove(&open.conversation.number);
                    self.free.push(slot);
                }
            }
            self.latest = None;
        }
        self.forgotten += places.len() as u64;
        self.vacant = places;
    }

    /// An end sends from a network card; true when that is another one than last, or the first.
    #[inline]
    pub fn uses_card(&mut self, slot: usize, from: Direction, card: [u8; 6]) -> bool {
        match self.slots.get_mut(slot) {
            Some(Some(open)) => open.cards[from.index()].replace(card) != Some(card),
            _ => false,
        }
    }

    /// The conversation in a slot.
    #[must_use]
    pub fn open(&self, slot: usize) -> Option<&Open> {
        self.slots.get(slot)?.as_ref()
    }

    /// The pair of a slot.
    #[must_use]
    pub fn pair_of(&self, slot: usize) -> Option<PairId> {
        self.open(slot).map(|open| open.pair)
    }

    /// A pair.
    #[must_use]
    pub fn get(&self, pair: PairId) -> Option<&Pair> {
        self.list.get(pair.0 as usize)
    }

    /// A pair, to change it.
    pub fn get_mut(&mut self, pair: PairId) -> Option<&mut Pair> {
        self.list.get_mut(pair.0 as usize)
    }

    /// The devices behind a station, asked of `find` the first time.
    pub fn devices(
        &mut self,
        slot: usize,
        station: Station,
        find: impl FnOnce(&Conversation) -> Vec<DeviceId>,
    ) -> Target {
        let Some(Some(open)) = self.slots.get_mut(slot) else {
            return Target::Nobody;
        };
        if let Some(known) = open.stations.iter().find(|known| known.0 == station) {
            return known.1.clone();
        }
        let devices = find(&open.conversation);
        let target = match devices.as_slice() {
            [] => Target::Nobody,
            [only] => Target::One(*only),
            several => Target::Several(Arc::from(several)),
        };
        let place = self
            .list
            .get_mut(open.pair.0 as usize)
            .map_or(u32::MAX, |pair| pair.meet(station, &devices));
        if open.stations.len() < STATIONS {
            open.stations.push((station, target.clone(), place));
        }
        target
    }

    /// A station of a shared pair is heard; gives back its device when that had fallen silent.
    pub fn hear_station(&mut self, slot: usize, station: Station, now: Moment) -> Option<DeviceId> {
        let open = self.slots.get(slot)?.as_ref()?;
        let (_, _, place) = open.stations.iter().find(|known| known.0 == station)?;
        let member = self
            .list
            .get_mut(open.pair.0 as usize)?
            .members
            .get_mut(*place as usize)?;
        member.heard.hear(now);
        std::mem::take(&mut member.silent).then_some(member.device)
    }

    /// A conversation is over.
    pub fn close(&mut self, number: u32, orderly: bool, now: Moment) -> Option<PairId> {
        let slot = self.open.remove(&number)?;
        self.latest = None;
        let open = self.slots.get_mut(slot)?.take()?;
        self.free.push(slot);
        let pair = self.list.get_mut(open.pair.0 as usize)?;
        pair.open = pair.open.saturating_sub(1);
        if pair.open == 0 && orderly {
            pair.closed = now;
        }
        Some(open.pair)
    }

    /// Could a command to the device between two moments have passed unseen?
    #[must_use]
    pub fn commands_unseen(&self, device: DeviceId, from: Moment, until: Moment) -> bool {
        self.everything.overlap(from, until)
            || self.of_device(device).any(|pair| {
                pair.encrypted
                    || pair.requests_unseen()
                    || pair.blind[Direction::FromClient.index()].overlap(from, until)
            })
    }

    /// Could a report of the device between two moments have passed unseen? An answer whose request is missing may not
    /// be understood either.
    #[must_use]
    pub fn reports_unseen(&self, device: DeviceId, from: Moment, until: Moment) -> bool {
        self.everything.overlap(from, until)
            || self
                .of_device(device)
                .any(|pair| pair.blind.iter().any(|blind| blind.overlap(from, until)))
    }

    /// The end of the last stretch in which a report of the device could have passed unseen.
    #[must_use]
    pub fn last_gap(&self, device: DeviceId) -> Moment {
        self.of_device(device)
            .flat_map(|pair| pair.blind.iter().map(Stretches::last))
            .max()
            .unwrap_or(NEVER)
            .max(self.everything.last())
    }

    /// The pairs that talk to a device.
    pub fn of_device(&self, device: DeviceId) -> impl Iterator<Item = &Pair> {
        self.list
            .iter()
            .filter(move |pair| pair.devices().any(|known| known == device))
    }
}

#[cfg(test)]
#[path = "pairs_tests.rs"]
mod tests;
