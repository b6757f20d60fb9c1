//! Alarms from the picture of devices and conversations: strangers, public addresses, logons that others can use,
//! addresses in conflict, scans, sessions of management. They need no rule of the process, and no site or only its lists.

mod card;
mod logon;
mod scan;
mod service;
mod stranger;

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use tapglass_model::Severity;

use super::Engine;
use super::step::{Evidence, Raise};
use crate::alarm::{Change, Key};
use crate::conversation::Conversation;
use crate::plant::bind::Hasher;
use crate::rules::exposed::Exposed;
use crate::rules::verdict::{Cause, What};
use crate::site::DeviceId;

use card::Cards;
use scan::Attempts;

/// Addresses whose roles are remembered.
const HOSTS: usize = 16_384;
/// What was told already.
const TOLD: usize = 16_384;
/// Protocols that are remembered of one address.
const PROTOCOLS: usize = 8;

/// What an address was seen to do.
#[derive(Clone, Debug, Default)]
struct Host {
    /// Protocols with which it answers.
    answers: Vec<&'static str>,
    /// Protocols with which it asks.
    asks: Vec<&'static str>,
}

/// What the alarms from the picture remember.
#[derive(Clone, Debug, Default)]
pub(super) struct Exposure {
    hosts: HashMap<IpAddr, Host, Hasher>,
    cards: Cards,
    attempts: Attempts,
    /// Rule and addresses of what was told: once is enough.
    told: HashSet<(&'static str, IpAddr, Option<IpAddr>, bool), Hasher>,
    /// Clients and servers that were heard and not judged yet.
    waiting: HashSet<u32, Hasher>,
    /// How often somebody was not judged because there was no room.
    unjudged: u64,
}

fn remember(list: &mut Vec<&'static str>, protocol: &'static str) {
    if list.len() < PROTOCOLS && !list.contains(&protocol) {
        list.push(protocol);
    }
}

impl Exposure {
    /// A client and its server are remembered with their protocol.
    fn meet(&mut self, client: IpAddr, server: IpAddr, protocol: &'static str) {
        for (ip, asks) in [(client, true), (server, false)] {
            if self.hosts.len() >= HOSTS && !self.hosts.contains_key(&ip) {
                self.unjudged += 1;
                continue;
            }
            let host = self.hosts.entry(ip).or_default();
            remember(if asks { &mut host.asks } else { &mut host.answers }, protocol);
        }
    }

    fn host(&self, ip: IpAddr) -> Option<&Host> {
        self.hosts.get(&ip)
    }
}

impl Engine {
    /// Raises the alarm, once for each rule and address.
    fn expose(
        &mut self,
        exposed: Exposed,
        severity: Option<Severity>,
        conversation: Option<&Arc<Conversation>>,
        frame: Option<u64>,
    ) {
        let Some(rule) = self.rules.rule(exposed.rule()) else {
            return;
        };
        let disabled = |rule: u32| {
            self.rules
                .infos
                .get(rule as usize)
                .is_none_or(|info| info.disabled)
        };
        let (about, other) = exposed.about();
        let worse = exposed.is_worse();
        let told = (exposed.rule(), about, other, worse);
        if disabled(rule) || self.exposure.told.contains(&told) {
            return;
        }
        if self.exposure.told.len() >= TOLD {
            // Telling something again does less harm than not telling something new.
            self.exposure.told.clear();
        }
        self.exposure.told.insert(told);
        if let Some(coverage) = self.rules.coverage.get_mut(rule as usize) {
            coverage.evaluated += 1;
            coverage.violated += 1;
            coverage.violated_at = self.now;
        }
        let devices: Vec<DeviceId> = (0..)
            .map(DeviceId)
            .zip(&self.site.devices)
            .filter(|(_, device)| {
                device
                    .host
                    .is_some_and(|host| host == about || Some(host) == other)
            })
            .map(|(id, _)| id)
            .collect();
        let mut cause = Cause::new(What::Exposed(Box::new(exposed)), None);
        cause.severity = severity;
        let key = Key {
            rule,
            tag: None,
            principal: Some(about),
            device: devices.first().copied(),
            nature: crate::alarm::Nature::Violation,
            place: None,
        };
        if worse && let Some(place) = self.book.current(&key) {
            let What::Exposed(exposed) = &cause.what else {
                return;
            };
            let at = self.clock.wire(self.now);
            self.book.amend(
                place,
                at,
                Change::Amended,
                &mut self.scratch.transitions,
                |alarm| {
                    alarm.title = exposed.title();
                    alarm.what = exposed.explanation();
                    alarm.arithmetic.base = severity.unwrap_or(alarm.arithmetic.base);
                },
            );
            self.tell();
            return;
        }
        self.raise(
            Raise {
                rule,
                key,
                inputs: &[],
                devices: &devices,
                standing: false,
                uncertain: false,
            },
            &cause,
            Evidence {
                between: None,
                write: None,
                conversation,
                frame,
            },
        );
        self.tell();
    }

    /// How often a host was not judged because there are too many.
    #[must_use]
    pub const fn unjudged(&self) -> u64 {
        self.exposure.unjudged + self.exposure.cards.overlooked()
    }

    /// A rule had its occasion and nothing to tell.
    fn counted(&mut self, rule: &str) {
        if let Some(rule) = self.rules.rule(rule) {
            self.count_good(rule);
        }
    }

    /// Is it a machine at the process: it answers Modbus or DNP3, or the site has it as such a device, and it is no
    /// principal? OPC UA servers mostly are ordinary computers.
    fn is_field_device(&self, ip: IpAddr) -> bool {
        if self.site.principal_at(ip).is_some() {
            return false;
        }
        let field = |protocol: &str| matches!(protocol, "modbus" | "dnp3");
        self.site
            .devices_at(ip)
            .any(|device| field(device.protocol.name()))
            || self
                .exposure
                .host(ip)
                .is_some_and(|host| host.answers.iter().any(|protocol| field(protocol)))
    }

    /// Does the site name the address, as a device or as one who may talk?
    fn is_listed(&self, ip: IpAddr) -> bool {
        self.site.devices_at(ip).next().is_some() || self.site.principal_at(ip).is_some()
    }
}
