//! All flows, found by key, bounded.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use tapglass_model::CaptureTime;

use super::{Key, Stream};

/// How many places are looked at to find a flow that can be given up.
const LOOK: usize = 32;

/// One flow with what its user keeps for it.
#[derive(Clone)]
pub struct Entry<A> {
    key: Key,
    /// Number in order of first sight, never used again.
    pub number: u32,
    /// Time of its last packet.
    pub last: CaptureTime,
    /// Bytes sent by the lower end, then by the higher.
    pub streams: [Stream; 2],
    /// What the user keeps.
    pub app: A,
}

/// The flows. Numbers are given in order of first sight, so they do not depend on anything but the capture.
#[derive(Clone)]
pub struct Table<A> {
    by_key: HashMap<Key, u32, FixedState>,
    entries: Vec<Option<Entry<A>>>,
    free: Vec<u32>,
    last: Option<(Key, u32)>,
    next_number: u32,
    most: usize,
    hand: usize,
}

impl<A> Table<A> {
    /// A table for so many flows at the same time.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            by_key: HashMap::with_hasher(FixedState::default()),
            entries: Vec::new(),
            free: Vec::new(),
            last: None,
            next_number: 0,
            most: most.max(1),
            hand: 0,
        }
    }

    /// How many flows are followed now.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// How many flows were seen in all.
    #[must_use]
    pub const fn seen(&self) -> u32 {
        self.next_number
    }

    /// The place of a known flow.
    #[inline]
    pub fn find(&mut self, key: &Key) -> Option<u32> {
        // Packets of one flow come in bursts, and both directions share the key.
        if let Some((last, place)) = &self.last
            && last.is(key)
        {
            return Some(*place);
        }
        let place = self.by_key.get(key).copied()?;
        self.last = Some((*key, place));
        Some(place)
    }

    /// Adds a flow. When the table is full the quietest of some is taken out first and given back.
    pub fn add(&mut self, key: Key, at: CaptureTime, app: A) -> (u32, Option<Entry<A>>) {
        let dropped = if self.by_key.len() >= self.most {
            self.give_up()
        } else {
            None
        };
        let entry = Entry {
            key,
            number: self.next_number,
            last: at,
            streams: [Stream::default(), Stream::default()],
            app,
        };
        self.next_number = self.next_number.wrapping_add(1);
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.entries.push(None);
                u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX)
            }
        };
        if let Some(slot) = self.entries.get_mut(place as usize) {
            *slot = Some(entry);
        }
        self.by_key.insert(key, place);
        self.last = Some((key, place));
        (place, dropped)
    }

    /// The flow at a place.
    #[inline]
    pub fn get_mut(&mut self, place: u32) -> Option<&mut Entry<A>> {
        self.entries.get_mut(place as usize)?.as_mut()
    }

    /// Takes a flow out.
    pub fn remove(&mut self, place: u32) -> Option<Entry<A>> {
        let entry = self.entries.get_mut(place as usize)?.take()?;
        self.by_key.remove(&entry.key);
        self.free.push(place);
        self.last = None;
        Some(entry)
    }

    /// The places in use, in the order of first sight.
    #[must_use]
    pub fn places(&self) -> Vec<u32> {
        let mut places: Vec<(u32, u32)> = self
            .entries
            .iter()
            .zip(0_u32..)
            .filter_map(|(entry, place)| entry.as_ref().map(|entry| (entry.number, place)))
            .collect();
        places.sort_unstable();
        places.into_iter().map(|(_, place)| place).collect()
    }

    /// Takes out the flow that was quiet longest among the next few places.
    fn give_up(&mut self) -> Option<Entry<A>> {
        let count = self.entries.len();
        let mut quietest: Option<(CaptureTime, u32)> = None;
        let mut looked = 0;
        for _ in 0..count {
            self.hand = (self.hand + 1) % count.max(1);
            if let Some(Some(entry)) = self.entries.get(self.hand) {
                let candidate = (entry.last, u32::try_from(self.hand).unwrap_or(0));
                quietest = Some(quietest.map_or(candidate, |best| best.min(candidate)));
                looked += 1;
                if looked == LOOK {
                    break;
                }
            }
        }
        self.remove(quietest?.1)
    }
}
