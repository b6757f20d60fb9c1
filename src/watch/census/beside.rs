//! What a site and the engine add to what was heard: names, zones, who is listed, who has fallen silent.

use std::collections::BTreeMap;
use std::net::IpAddr;

use tapglass_model::CaptureTime;

use super::device::{Behind, StationSeen};
use super::{Device, Talk};
use crate::engine::Engine;
use crate::site::{Place, Site, is_public};

/// The knowledge beside a census; without an engine there is only the time.
pub struct Beside<'a> {
    site: Option<&'a Site>,
    silent: BTreeMap<IpAddr, CaptureTime>,
    now: CaptureTime,
}

impl<'a> Beside<'a> {
    /// Of an engine at a time.
    #[must_use]
    pub fn new(engine: &'a Engine, now: CaptureTime) -> Self {
        let site = engine.site();
        Self {
            site: (!site.devices.is_empty() || !site.principals.is_empty()).then_some(site),
            silent: engine.silent_hosts(),
            now,
        }
    }

    /// Without a site.
    #[must_use]
    pub const fn nothing(now: CaptureTime) -> Self {
        Self {
            site: None,
            silent: BTreeMap::new(),
            now,
        }
    }

    /// The site's name of an address: a device at it, else a principal.
    #[must_use]
    pub fn name(&self, ip: IpAddr) -> Option<&str> {
        let site = self.site?;
        let device = site.devices_at(ip).next().map(|device| device.name.as_str());
        device.or_else(|| site.principal_at(ip).map(|principal| principal.name.as_str()))
    }

    /// What it is for the site: `hmi`, `scada`, `engineering`, `historian`.
    pub(super) fn kind(&self, ip: IpAddr) -> Option<&str> {
        self.site?.principal_at(ip)?.kind.as_deref()
    }

    /// Its zone: that of its device where stated, else that of its network.
    #[must_use]
    pub fn zone(&self, ip: IpAddr) -> Option<&str> {
        let site = self.site?;
        site.stated_zone(ip).or_else(|| site.zone_of(ip))
    }

    /// Is it on the site's list? `None` where the site cannot tell.
    #[must_use]
    pub fn known(&self, ip: IpAddr, device: &Device) -> Option<bool> {
        let serves = device
            .roles
            .iter()
            .any(|role| matches!(*role, "server" | "outstation"));
        self.site?.lists(ip, serves)
    }

    /// Since when nothing is heard of an address that usually speaks.
    #[must_use]
    pub fn silent_since(&self, ip: IpAddr, device: &Device) -> Option<CaptureTime> {
        self.silent
            .get(&ip)
            .copied()
            .or_else(|| device.silent_since(self.now))
    }

    /// The name of a station in the site, and whether the site lists it; `None` where it cannot tell.
    pub(super) fn station(&self, ip: IpAddr, behind: Behind, station: &StationSeen) -> Option<Option<&str>> {
        let site = self.site?;
        let place = match behind {
            Behind::Unit(unit) => Place::Unit(unit),
            Behind::Link(link) if station.role == "outstation" => Place::Outstation(link),
            // A master is listed as a principal, if at all.
            Behind::Link(link) => {
                let by_link = site
                    .principals
                    .iter()
                    .find(|principal| principal.link == Some(link));
                return by_link.map(|principal| Some(principal.name.as_str()));
            }
            Behind::Port(port) => Place::Port(port),
        };
        // A broadcast is for whoever is there.
        if matches!(place, Place::Unit(0) | Place::Outstation(0xfffd..)) {
            return None;
        }
        let device = site.station_at(ip, station.protocol, place);
        // Unit 255 is the device itself, whatever its number (Modbus Messaging on TCP/IP 4.4.2).
        let itself = matches!(place, Place::Unit(255)) && site.devices_at(ip).next().is_some();
        if device.is_none() && (itself || site.lists(ip, true).is_none()) {
            return None;
        }
        Some(device.map(|device| device.name.as_str()))
    }

    /// The zones of a conversation and whether a conduit allows it; `None` where the site has no zones.
    #[must_use]
    pub fn zones(&self, talk: &Talk) -> Option<(Option<&str>, Option<&str>, bool)> {
        let site = self.site.filter(|site| !site.zones.is_empty())?;
        let ends = &talk.conversation;
        let (from, to) = (site.zone_of(ends.client.ip), self.zone(ends.server.ip));
        Some((from, to, site.allows(from, to, ends.protocol)))
    }

    /// It has a public address.
    #[must_use]
    pub fn is_exposed(&self, ip: IpAddr) -> bool {
        is_public(ip)
    }
}
