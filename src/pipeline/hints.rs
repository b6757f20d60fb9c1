//! Ports at which a protocol is expected: registered ones, those of a site, those that a user names.

use std::net::IpAddr;

use crate::registry::{COUNT, PROTOCOLS};

/// A port at which a protocol is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Only at this address.
    pub ip: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Place in [`PROTOCOLS`].
    pub protocol: usize,
}

impl Hint {
    fn is_at(&self, (ip, port): (IpAddr, u16)) -> bool {
        self.port == port && self.ip.is_none_or(|wanted| wanted == ip)
    }
}

/// Ports that a site names for its devices.
#[must_use]
pub fn hints_of(site: &crate::site::Site) -> Vec<Hint> {
    site.devices
        .iter()
        .filter_map(|device| {
            let protocol = crate::registry::by_name(device.protocol.name())?;
            Some(Hint {
                ip: device.host,
                port: device.port?,
                protocol,
            })
        })
        .collect()
}

/// What is expected of one protocol at the two ends of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Expected {
    at_low: bool,
    at_high: bool,
}

/// What is expected at the two ends of a flow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hinted([Expected; COUNT]);

impl Hinted {
    /// Looks the ends up; `secure` adds the ports that are registered for the protocols inside TLS.
    pub(super) fn new(hints: &[Hint], low: (IpAddr, u16), high: (IpAddr, u16), secure: bool) -> Self {
        let mut found = [Expected::default(); COUNT];
        for ((index, protocol), place) in PROTOCOLS.iter().enumerate().zip(&mut found) {
            let named = |end: (IpAddr, u16)| {
                protocol.ports().contains(&end.1)
                    || (secure && protocol.secure_ports().contains(&end.1))
                    || hints.iter().any(|hint| hint.protocol == index && hint.is_at(end))
            };
            *place = Expected {
                at_low: named(low),
                at_high: named(high),
            };
        }
        Self(found)
    }

    /// Some protocol is expected here.
    pub(super) fn any(&self) -> bool {
        self.0.iter().any(|expected| expected.at_low || expected.at_high)
    }

    /// This protocol is expected here.
    pub(super) fn named(&self, protocol: usize) -> bool {
        self.0
            .get(protocol)
            .is_some_and(|expected| expected.at_low || expected.at_high)
    }

    /// Which end has the port of this protocol, where only one has.
    pub(super) fn server_is_low(&self, protocol: usize) -> Option<bool> {
        let expected = self.0.get(protocol)?;
        (expected.at_low != expected.at_high).then_some(expected.at_low)
    }

    /// The first protocol that is expected here.
    pub(super) fn first(&self) -> Option<usize> {
        (0..COUNT).find(|index| self.named(*index))
    }
}
