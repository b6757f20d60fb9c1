//! What is known of an address, and of the stations behind it.

use std::collections::{BTreeMap, BTreeSet};

use tapglass_model::{CaptureTime, SECOND};

use super::pace::Pace;

/// Different values of one kind of security that are kept for an address.
const SECURITY: usize = 8;
/// Network cards that are kept of an address.
const CARDS: usize = 8;
/// Ports at which it serves.
const PORTS: usize = 32;
/// Messages after which it is known how often an address speaks.
const USUAL: u64 = 20;
/// An address that speaks so often is silent after this at the earliest.
const SILENT: i64 = 60 * SECOND;

/// Who stands behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Behind {
    /// Modbus unit id.
    Unit(u8),
    /// DNP3 link address.
    Link(u16),
    /// OPC UA server at this port.
    Port(u16),
}

/// What is known of a station behind an address.
#[derive(Clone, Debug)]
pub(super) struct StationSeen {
    pub(super) role: &'static str,
    pub(super) protocol: &'static str,
    pub(super) identity: BTreeMap<&'static str, String>,
    pub(super) seen: (CaptureTime, CaptureTime),
}

/// One address.
#[derive(Clone, Debug)]
pub struct Device {
    /// Network card that it used last.
    pub mac: Option<[u8; 6]>,
    /// Roles in the words of the protocols.
    pub roles: Vec<&'static str>,
    /// Protocols.
    pub protocols: Vec<&'static str>,
    /// Units and link addresses behind it.
    pub stations: Vec<String>,
    /// What it says of itself.
    pub identity: BTreeMap<&'static str, String>,
    /// First and last message.
    pub seen: (CaptureTime, CaptureTime),
    /// How often it reads or is read.
    pub reads: Pace,
    /// Writes and commands that it sent or got.
    pub writes: u64,
    /// Exceptions and refusals that it sent or got.
    pub refusals: u64,
    /// Authentication and encryption in use, by kind.
    pub(super) security: BTreeMap<&'static str, BTreeSet<String>>,
    pub(super) behind: BTreeMap<Behind, StationSeen>,
    pub(super) frame: u64,
    /// Every network card, in order of first sight.
    pub(super) cards: Vec<[u8; 6]>,
    /// Ports at which it serves.
    pub(super) ports: BTreeSet<u16>,
    /// Messages that it sent.
    pub(super) sent: u64,
    /// Something but counts and times has changed since it was told.
    pub(super) news: bool,
    /// When it was told last.
    pub(super) told: Option<CaptureTime>,
    /// It was told as silent.
    pub(super) told_silent: bool,
}

impl Device {
    pub(super) fn new(at: CaptureTime) -> Self {
        Self {
            mac: None,
            roles: Vec::new(),
            protocols: Vec::new(),
            stations: Vec::new(),
            identity: BTreeMap::new(),
            seen: (at, at),
            reads: Pace::default(),
            writes: 0,
            refusals: 0,
            security: BTreeMap::new(),
            behind: BTreeMap::new(),
            frame: 0,
            cards: Vec::new(),
            ports: BTreeSet::new(),
            sent: 0,
            news: true,
            told: None,
            told_silent: false,
        }
    }

    /// Ports at which it answers.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.ports.iter().copied()
    }

    /// Every network card, in order of first sight.
    pub fn cards(&self) -> impl Iterator<Item = [u8; 6]> {
        self.cards.iter().copied()
    }

    pub(super) fn takes_part(&mut self, role: &'static str, protocol: &'static str) {
        if !self.roles.contains(&role) {
            self.roles.push(role);
            self.news = true;
        }
        if !self.protocols.contains(&protocol) {
            self.protocols.push(protocol);
            self.news = true;
        }
    }

    /// It sent something.
    pub(super) fn speaks(&mut self, at: CaptureTime, frame: u64, card: Option<[u8; 6]>) {
        self.seen = (self.seen.0.min(at), self.seen.1.max(at));
        self.frame = self.frame.max(frame);
        self.sent += 1;
        self.uses(card);
    }

    /// The network card of a frame that it sent.
    pub(super) fn uses(&mut self, card: Option<[u8; 6]>) {
        let Some(card) = card else { return };
        if self.mac == Some(card) {
            return;
        }
        self.mac = Some(card);
        if !self.cards.contains(&card) && self.cards.len() < CARDS {
            self.cards.push(card);
            self.news = true;
        }
    }

    /// It answers at a port.
    pub(super) fn serves_at(&mut self, port: u16) {
        if self.ports.len() < PORTS && self.ports.insert(port) {
            self.news = true;
        }
    }

    pub(super) fn secures(&mut self, key: &'static str, value: &str) {
        let values = self.security.entry(key).or_default();
        if values.len() < SECURITY && !values.contains(value) {
            values.insert(value.to_owned());
            self.news = true;
        }
    }

    pub(super) fn says(&mut self, key: &'static str, value: &str) {
        if self.identity.get(key).is_none_or(|known| known != value) {
            self.identity.insert(key, value.to_owned());
            self.news = true;
        }
    }

    /// Since when nothing is heard of it, when it usually speaks more often.
    pub(super) fn silent_since(&self, now: CaptureTime) -> Option<CaptureTime> {
        let (first, last) = self.seen;
        if self.sent < USUAL {
            return None;
        }
        let pauses = i64::try_from(self.sent - 1).unwrap_or(i64::MAX);
        let usual = last.since(first) / pauses;
        (now.since(last) > usual.saturating_mul(10).max(SILENT)).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_spoke_often_and_does_not_any_more_is_silent() {
        let second = |count: i64| CaptureTime(count * SECOND);
        let mut device = Device::new(second(0));
        for at in 0..19 {
            device.speaks(second(at * 10), 1, None);
        }
        assert_eq!(device.silent_since(second(10_000)), None, "too few to know");
        device.speaks(second(190), 1, None);
        assert_eq!(
            device.silent_since(second(290)),
            None,
            "ten times its usual pause"
        );
        assert_eq!(device.silent_since(second(291)), Some(second(190)));
    }
}
