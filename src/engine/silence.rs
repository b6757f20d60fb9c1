//! Clients and devices that fall silent.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::{CaptureTime, SECOND, Severity};

use super::Engine;
use super::step::{Evidence, Raise};
use crate::alarm::Key;
use crate::plant::clock::{NEVER, span};
use crate::plant::pairs::PairId;
use crate::rules::timer::Due;
use crate::rules::verdict::{Cause, What};
use crate::site::DeviceId;

/// Pauses that must be seen before silence means anything.
const PAUSES: u32 = 10;
/// Devices that fall silent within this time belong together.
const TOGETHER: i64 = 60 * SECOND;
/// So many of them are many, where their rule does not say.
const MANY: usize = 3;
/// Devices named in the sentence about many.
const NAMED: usize = 12;

/// What a rule says of the silence of a device.
#[derive(Clone, Copy, Debug)]
pub(super) struct SilenceRule {
    pub(super) rule: u32,
    /// The longest silence, where it is stated.
    pub(super) longest: Option<i64>,
    /// So many devices are many, where it is stated.
    pub(super) stations: Option<usize>,
}

/// Many devices that fell silent.
#[derive(Clone, Debug)]
pub(super) struct Together {
    key: Key,
    /// When the last of them did.
    last: i64,
    /// All that did.
    all: Vec<DeviceId>,
    /// Those that were not heard since.
    silent: Vec<DeviceId>,
}

impl Engine {
    /// A pair is heard for the first time, or again after its silence was no longer looked for.
    #[cold]
    pub(super) fn watch_pair(&mut self, id: PairId, first: bool) {
        let due = self.now.saturating_add(30 * SECOND);
        let Some(pair) = self.pairs.get_mut(id) else {
            return;
        };
        if !std::mem::replace(&mut pair.watched, true) {
            self.rules.timers.add(due, Due::Pair(id.0));
            self.look_at(due);
        }
        if first {
            self.await_boundary(id);
        }
    }

    /// The addresses whose devices have fallen silent towards everybody, and since when.
    #[must_use]
    pub fn silent_hosts(&self) -> BTreeMap<IpAddr, CaptureTime> {
        let mut hosts = BTreeMap::<IpAddr, (bool, i64)>::new();
        for pair in self
            .pairs
            .list
            .iter()
            .filter(|pair| pair.devices().next().is_some())
        {
            let host = hosts.entry(pair.server).or_insert((true, NEVER));
            host.0 &= pair.silent;
            host.1 = host.1.max(pair.heard[1].last);
        }
        hosts
            .into_iter()
            .filter(|(_, (silent, last))| *silent && *last != NEVER)
            .map(|(ip, (_, last))| (ip, self.clock.wire(last)))
            .collect()
    }

    /// The only station of a pair is heard again, and with it all that is silent.
    #[cold]
    pub(super) fn all_heard_again(&mut self, id: PairId) {
        let Some(pair) = self.pairs.get_mut(id) else {
            return;
        };
        let back: Vec<DeviceId> = pair
            .members
            .iter_mut()
            .filter_map(|member| std::mem::take(&mut member.silent).then_some(member.device))
            .collect();
        self.heard_again(id, &back);
    }

    /// Devices that were silent are heard again.
    pub(super) fn heard_again(&mut self, id: PairId, devices: &[DeviceId]) {
        if devices.is_empty() {
            return;
        }
        let Some(pair) = self.pairs.get_mut(id) else {
            return;
        };
        pair.silent = pair.members.iter().any(|member| member.silent);
        let client = pair.client;
        let at = self.clock.wire(self.now);
        for device in devices {
            let rule = self.silence_rule(*device).rule;
            let key = Self::device_key(rule, Some(client), &[*device]);
            self.book.returned(&key, at, &mut self.scratch.transitions);
            self.one_is_back(*device);
        }
        self.tell();
    }

    fn silence_rule(&self, device: DeviceId) -> SilenceRule {
        self.watch
            .devices
            .get(device.0 as usize)
            .copied()
            .flatten()
            .unwrap_or(SilenceRule {
                rule: self.watch.silence,
                longest: None,
                stations: None,
            })
    }

    /// Has a client or one of its devices fallen silent?
    pub(super) fn silent_pair(&mut self, number: u32) {
        let id = PairId(number);
        let again = self.look_for_silence(id);
        if let Some(pair) = self.pairs.get_mut(id) {
            pair.watched = again.is_some();
        }
        if let Some(due) = again {
            self.rules.timers.add(due, Due::Pair(number));
        }
    }

    /// When to look again; `None` when only its next word can tell more.
    fn look_for_silence(&mut self, id: PairId) -> Option<i64> {
        let members = self.pairs.get(id)?.members.len();
        if members == 0 {
            return Some(self.now.saturating_add(300 * SECOND));
        }
        let mut next: Option<i64> = None;
        let mut all = true;
        for place in 0..members {
            let due = self.is_silent(id, place);
            all &= due.is_some();
            next = next.into_iter().chain(due).min();
        }
        if !all {
            // One that speaks again meanwhile has its own pace.
            next = next.map(|due| due.min(self.now.saturating_add(30 * SECOND)));
        }
        self.tell();
        next
    }

    /// Has the device of a member fallen silent? Gives back when to look again.
    fn is_silent(&mut self, id: PairId, place: usize) -> Option<i64> {
        let pair = self.pairs.get(id)?;
        let member = pair.members.get(place)?;
        if member.silent {
            return None;
        }
        let device = member.device;
        // The device's answers and reports; where only requests are in the capture, those.
        let server = usize::from(!pair.heard[1].is_silent());
        let rhythm = pair.rhythm(member);
        let SilenceRule {
            rule,
            longest: stated,
            ..
        } = self.silence_rule(device);
        let learned = rhythm.period.known(PAUSES).map(|period| {
            period
                .saturating_mul(5)
                .saturating_add(2 * SECOND)
                .max(rhythm.longest.saturating_mul(2))
        });
        let Some(mut limit) = stated.or(learned).filter(|_| !rhythm.is_silent()) else {
            return Some(self.now.saturating_add(30 * SECOND));
        };
        if pair.closed != NEVER {
            // Who takes leave may go, unless it was there all the time: an HMI is expected to come back.
            let listened = span(self.pairs.started(), rhythm.last);
            let present = span(rhythm.first, rhythm.last);
            let regular = present >= 180 * SECOND && present >= listened / 2;
            if !regular {
                return None;
            }
            limit = limit.max(60 * SECOND);
        }
        let gap = pair.blind[server].last().max(self.pairs.everything.last());
        let last = rhythm.last.max(gap.min(self.now));
        let usual = rhythm.period.known(PAUSES).unwrap_or(0);
        let lasting = span(last, self.now);
        if lasting < limit || self.blind {
            let due = last.saturating_add(limit).max(self.now.saturating_add(SECOND));
            self.count_good(rule);
            return Some(due);
        }
        let conversation = Arc::clone(&pair.conversation);
        let client = pair.client;
        if let Some(pair) = self.pairs.get_mut(id) {
            pair.silent = true;
            if let Some(member) = pair.members.get_mut(place) {
                member.silent = true;
            }
        }
        self.device_is_silent(device, client, &conversation, lasting, usual);
        None
    }

    fn device_is_silent(
        &mut self,
        device: DeviceId,
        client: IpAddr,
        conversation: &Arc<crate::conversation::Conversation>,
        lasting: i64,
        usual: i64,
    ) {
        let now = self.now;
        let SilenceRule { rule, stations, .. } = self.silence_rule(device);
        self.watch
            .silenced
            .retain(|silenced| span(silenced.0, now) <= TOGETHER && silenced.1 != device);
        self.watch.silenced.push((now, device));
        if let Some(coverage) = self.rules.coverage.get_mut(rule as usize) {
            coverage.evaluated += 1;
            coverage.violated += 1;
            coverage.violated_at = now;
        }
        if self
            .rules
            .infos
            .get(rule as usize)
            .is_none_or(|info| info.disabled)
        {
            return;
        }
        let joins = self
            .watch
            .together
            .as_ref()
            .is_some_and(|together| span(together.last, now) <= TOGETHER);
        if joins || self.watch.silenced.len() >= stations.unwrap_or(MANY) {
            self.many_are_silent(rule);
            return;
        }
        let key = Self::device_key(rule, Some(client), &[device]);
        self.raise(
            Raise {
                rule,
                key,
                inputs: &[],
                devices: &[device],
                standing: true,
                uncertain: false,
            },
            &Cause::new(What::Silent { lasting, usual }, None),
            Evidence {
                write: None,
                conversation: Some(conversation),
                frame: None,
                between: None,
            },
        );
    }

    /// Many devices have fallen silent in a short time: that is one alarm, of the site, and those that follow join it.
    fn many_are_silent(&mut self, rule: u32) {
        let mut together = self.watch.together.take().unwrap_or_else(|| Together {
            key: Self::device_key(rule, None, &[]),
            last: self.now,
            all: Vec::new(),
            silent: Vec::new(),
        });
        together.last = self.now;
        for (_, device) in &self.watch.silenced {
            for list in [&mut together.all, &mut together.silent] {
                if !list.contains(device) {
                    list.push(*device);
                }
            }
        }
        let mut names: Vec<&str> = together
            .all
            .iter()
            .take(NAMED)
            .filter_map(|device| self.site.devices.get(device.0 as usize))
            .map(|device| device.name.as_str())
            .collect();
        let others;
        let count = together.all.len();
        if count > NAMED {
            others = format!("and {} more", count - NAMED);
            names.push(&others);
        }
        let severity = self
            .rules
            .infos
            .get(together.key.rule as usize)
            .map_or(Severity::High, |info| info.severity.max(Severity::High));
        let names = names.join(", ");
        let cause = Cause::new(What::SilentTogether { count, names }, None).severity(severity);
        let raise = Raise {
            rule: together.key.rule,
            key: together.key,
            inputs: &[],
            devices: &together.all,
            standing: true,
            uncertain: false,
        };
        match self.book.current(&together.key) {
            Some(place) => self.widen(place, raise, &cause),
            None => {
                self.raise(raise, &cause, Evidence::default());
            }
        }
        self.watch.together = Some(together);
    }

    /// A device is heard again: the alarm about many returns with the last of them.
    fn one_is_back(&mut self, device: DeviceId) {
        let Some(together) = &mut self.watch.together else {
            return;
        };
        together.silent.retain(|silent| *silent != device);
        if together.silent.is_empty() {
            let (key, at) = (together.key, self.clock.wire(self.now));
            self.watch.together = None;
            self.book.returned(&key, at, &mut self.scratch.transitions);
        }
    }
}
