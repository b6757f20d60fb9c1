//! The `device` record.

use std::net::IpAddr;

use tapglass_proto::json::Writer;

use super::super::device::{Behind, StationSeen};
use super::super::weakness::{facts, weaknesses};
use super::super::{Beside, Device};
use super::{pairs, seen, strings};
use crate::conversation::mac_text;
use crate::records::{Captures, write_line};

/// A protocol that is not decoded, and whether the address serves it.
type Service = (&'static str, bool);

/// Writes the record of an address and of each station behind it.
pub(in super::super) fn write_device(
    out: &mut Vec<u8>,
    captures: &Captures,
    beside: &Beside<'_>,
    services: &[Service],
    ip: IpAddr,
    device: &Device,
) {
    write_address(out, captures, beside, services, ip, device);
    for (behind, station) in &device.behind {
        write_station(out, captures, beside, ip, device, *behind, station);
    }
}

fn write_address(
    out: &mut Vec<u8>,
    captures: &Captures,
    beside: &Beside<'_>,
    services: &[Service],
    ip: IpAddr,
    device: &Device,
) {
    let captures_only = captures.without_frame(device.frame);
    write_line(out, captures, "device", device.seen.1, captures_only, |out| {
        if let Some(name) = beside.name(ip) {
            out.key("name").string(name);
        }
        if let Some(known) = beside.known(ip, device) {
            out.key("known").bool(known);
        }
        if let Some(kind) = beside.kind(ip) {
            out.key("kind").string(kind);
        }
        if let Some(zone) = beside.zone(ip) {
            out.key("zone").string(zone);
        }
        if let Some(mac) = device.mac {
            out.key("mac").string(&mac_text(mac));
        }
        if device.cards.len() > 1 {
            out.key("macs")
                .array(|out| device.cards.iter().for_each(|card| out.string(&mac_text(*card))));
        }
        out.key("ip").display(ip);
        if beside.is_exposed(ip) {
            out.key("public").bool(true);
        }
        if !device.ports.is_empty() {
            out.key("ports")
                .array(|out| device.ports.iter().for_each(|port| out.u64(u64::from(*port))));
        }
        strings(out.key("roles"), device.roles.iter().copied());
        strings(out.key("protocols"), device.protocols.iter().copied());
        for (key, serves) in [("serves", true), ("uses", false)] {
            let mut protocols = services.iter().filter(|service| service.1 == serves).peekable();
            if protocols.peek().is_some() {
                strings(out.key(key), protocols.map(|service| service.0));
            }
        }
        if !device.stations.is_empty() {
            strings(out.key("stations"), device.stations.iter().map(String::as_str));
        }
        if !device.identity.is_empty() {
            pairs(out.key("identity"), device.identity.iter());
        }
        security(out, device);
        seen(out, device.seen);
        if let Some(since) = beside.silent_since(ip, device) {
            out.key("silent_since").time(since);
        }
    });
}

fn security(out: &mut Writer<'_>, device: &Device) {
    if !device.security.is_empty() {
        out.key("security").object(|out| {
            for (key, values) in &device.security {
                strings(out.key(key), values.iter().map(String::as_str));
            }
        });
    }
    let found = device.weaknesses();
    if !found.is_empty() {
        strings(out.key("weaknesses"), found.into_iter());
    }
}

impl Device {
    /// What is weak about how it is protected, in words that do not change.
    #[must_use]
    pub fn weaknesses(&self) -> Vec<&'static str> {
        let used = self
            .security
            .iter()
            .flat_map(|(key, values)| values.iter().map(move |value| (*key, value.as_str())));
        weaknesses(used.chain(facts(&self.identity)))
    }
}

fn write_station(
    out: &mut Vec<u8>,
    captures: &Captures,
    beside: &Beside<'_>,
    ip: IpAddr,
    device: &Device,
    behind: Behind,
    station: &StationSeen,
) {
    let captures_only = captures.without_frame(device.frame);
    write_line(out, captures, "device", station.seen.1, captures_only, |out| {
        if let Some(listed) = beside.station(ip, behind, station) {
            if let Some(name) = listed {
                out.key("name").string(name);
            }
            out.key("known").bool(listed.is_some());
        }
        if let Some(mac) = device.mac {
            out.key("mac").string(&mac_text(mac));
        }
        out.key("ip").display(ip);
        match behind {
            Behind::Unit(unit) => out.key("unit").u64(u64::from(unit)),
            Behind::Link(link) => out.key("link").u64(u64::from(link)),
            Behind::Port(port) => {
                out.key("port").u64(u64::from(port));
                if let Some(application) = station.identity.get("application_uri") {
                    out.key("application").string(application);
                }
            }
        }
        strings(out.key("roles"), std::iter::once(station.role));
        strings(out.key("protocols"), std::iter::once(station.protocol));
        if !station.identity.is_empty() {
            pairs(out.key("identity"), station.identity.iter());
        }
        seen(out, station.seen);
    });
}
