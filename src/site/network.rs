//! What a site says of addresses: whose they are, in which zone, and who may talk to whom.

use std::net::IpAddr;

use super::{Device, Principal, Site};

/// Which station behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Modbus unit id.
    Unit(u8),
    /// DNP3 link address of an outstation.
    Outstation(u16),
    /// DNP3 link address of a master.
    Master(u16),
    /// A server that is reached at this port (OPC UA).
    Port(u16),
}

impl Site {
    /// The zone of an address: the narrowest network that holds it.
    #[must_use]
    pub fn zone_of(&self, ip: IpAddr) -> Option<&str> {
        self.zones
            .iter()
            .flat_map(|zone| zone.networks.iter().map(move |network| (zone, network)))
            .filter(|(_, (network, length))| holds(*network, *length, ip))
            .max_by_key(|(_, (_, length))| *length)
            .map(|(zone, _)| zone.name.as_str())
    }

    /// The zone that is stated for a device at an address.
    #[must_use]
    pub fn stated_zone(&self, ip: IpAddr) -> Option<&str> {
        self.devices_at(ip).find_map(|device| device.zone.as_deref())
    }

    /// May the one zone ask the other with this protocol? What is in no zone is outside of all of them, and two such
    /// addresses are not the site's business.
    #[must_use]
    pub fn allows(&self, from: Option<&str>, to: Option<&str>, protocol: &str) -> bool {
        from == to
            || self.conduits.iter().any(|conduit| {
                Some(conduit.from.as_str()) == from
                    && Some(conduit.to.as_str()) == to
                    && (conduit.protocols.is_empty()
                        || conduit.protocols.iter().any(|allowed| allowed.name() == protocol))
            })
    }

    /// The devices at an address.
    pub fn devices_at(&self, ip: IpAddr) -> impl Iterator<Item = &Device> {
        self.devices.iter().filter(move |device| device.host == Some(ip))
    }

    /// The first principal with an address.
    #[must_use]
    pub fn principal_at(&self, ip: IpAddr) -> Option<&Principal> {
        self.principals
            .iter()
            .find(|principal| principal.ips.contains(&ip))
    }

    /// Does the site list an address? `None` where it cannot tell: a device may be at any host, or nobody who asks is
    /// listed by address.
    #[must_use]
    pub fn lists(&self, ip: IpAddr, serves: bool) -> Option<bool> {
        if self.devices_at(ip).next().is_some() || self.principal_at(ip).is_some() {
            return Some(true);
        }
        let complete = if serves {
            !self.devices.is_empty() && self.devices.iter().all(|device| device.host.is_some())
        } else {
            self.principals.iter().any(|principal| !principal.ips.is_empty())
        };
        complete.then_some(false)
    }

    /// The device that the site has for a station behind an address.
    #[must_use]
    pub fn station_at(&self, ip: IpAddr, protocol: &str, place: Place) -> Option<&Device> {
        self.devices.iter().find(|device| {
            device.protocol.name() == protocol
                && device.host.is_none_or(|host| host == ip)
                && match place {
                    Place::Unit(unit) => device.station.unit.is_none_or(|stated| stated == unit),
                    Place::Outstation(link) => device.station.outstation.is_none_or(|stated| stated == link),
                    // A device is at the outstation's end.
                    Place::Master(_) => false,
                    Place::Port(port) => device.port.is_none_or(|stated| stated == port),
                }
        })
    }
}

/// Is an address in a network?
fn holds(network: IpAddr, length: u8, ip: IpAddr) -> bool {
    let same = |a: u128, b: u128, width: u32| {
        let rest = width.saturating_sub(u32::from(length));
        rest >= width || a.checked_shr(rest) == b.checked_shr(rest)
    };
    match (network, ip) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
        _ => false,
    }
}

/// Blocks that are not of the public Internet (RFC 6890 and its registries): this host, private, shared, loopback,
/// link-local, protocol assignments, documentation, benchmarks, multicast and reserved.
const SPECIAL_V4: [([u8; 4], u8); 14] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Is it an address of the public Internet?
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(_) => !SPECIAL_V4
            .iter()
            .any(|(network, length)| holds(IpAddr::from(*network), *length, ip.to_canonical())),
        // Only 2000::/3 is given to the public, without the block for documentation (RFC 4291 2.4, RFC 3849).
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            first & 0xe000 == 0x2000 && (first, second) != (0x2001, 0x0db8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses() {
        assert!(holds(ip("10.1.0.0"), 16, ip("10.1.255.1")));
        assert!(!holds(ip("10.1.0.0"), 16, ip("10.2.0.1")));
        assert!(holds(ip("0.0.0.0"), 0, ip("192.168.0.1")));
        assert!(holds(ip("10.1.2.3"), 32, ip("10.1.2.3")));
        assert!(holds(ip("fd00::"), 8, ip("fd12::1")));
        assert!(!holds(ip("10.1.0.0"), 16, ip("fd12::1")));
    }

    #[test]
    fn public_addresses_are_those_of_the_internet() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("9.255.255.255", true),
            ("10.0.0.1", false),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("169.254.9.9", false),
            ("172.15.0.1", true),
            ("172.31.255.255", false),
            ("172.32.0.1", true),
            ("192.168.1.1", false),
            ("198.17.0.1", true),
            ("198.19.255.255", false),
            ("203.0.113.9", false),
            ("223.255.255.255", true),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
            ("2a00:1450::1", true),
        ] {
            assert_eq!(is_public(ip(address)), public, "{address}");
        }
    }

    #[test]
    fn what_the_site_cannot_know_is_not_said() {
        let mut site = Site::default();
        assert_eq!(site.lists(ip("10.0.0.1"), true), None);
        assert_eq!(site.lists(ip("10.0.0.1"), false), None);
        site.principals.push(Principal {
            ips: vec![ip("10.0.0.1")],
            ..Principal::default()
        });
        assert_eq!(site.lists(ip("10.0.0.1"), false), Some(true));
        assert_eq!(site.lists(ip("10.0.0.2"), false), Some(false));
        assert_eq!(site.lists(ip("10.0.0.2"), true), None, "no device is listed");
    }
}
