//! Who may talk to whom, how, and what devices say of themselves: zones, message security, identity.

use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::Station;
use tapglass_proto::Direction;

use super::Engine;
use super::step::Evidence;
use crate::conversation::Context;
use crate::plant::pairs::PairId;
use crate::rules::built_in::id;
use crate::rules::verdict::{Cause, What};
use crate::site::{DeviceId, Site};

/// The zone of an address: the narrowest network that holds it.
fn zone_of(site: &Site, ip: IpAddr) -> Option<&str> {
    site.zones
        .iter()
        .flat_map(|zone| zone.networks.iter().map(move |network| (zone, network)))
        .filter(|(_, (network, length))| holds(*network, *length, ip))
        .max_by_key(|(_, (_, length))| *length)
        .map(|(zone, _)| zone.name.as_str())
}

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

impl Engine {
    /// A client and a server talk for the first time: may they?
    pub(super) fn watch_boundary(&mut self, id: PairId) {
        if self.site.zones.is_empty() {
            return;
        }
        let Some(pair) = self.pairs.get(id) else {
            return;
        };
        let stated = pair
            .devices()
            .find_map(|device| self.site.devices.get(device.0 as usize)?.zone.as_deref());
        let (from, to) = (
            zone_of(&self.site, pair.client),
            stated.or_else(|| zone_of(&self.site, pair.server)),
        );
        // An address that no zone holds is outside of all of them; two such addresses are not our business.
        if from == to {
            return;
        }
        let allowed = self.site.conduits.iter().any(|conduit| {
            Some(conduit.from.as_str()) == from
                && Some(conduit.to.as_str()) == to
                && (conduit.protocols.is_empty()
                    || conduit
                        .protocols
                        .iter()
                        .any(|protocol| protocol.name() == pair.protocol))
        });
        if allowed {
            return;
        }
        let name = |zone: Option<&str>| zone.unwrap_or("outside").to_owned();
        let cause = Cause::new(
            What::Boundary {
                from: name(from),
                to: name(to),
                protocol: pair.protocol,
                client: pair.client,
            },
            None,
        );
        let devices: Vec<DeviceId> = pair.devices().collect();
        let conversation = Arc::clone(&pair.conversation);
        self.boundary_alarm(id::BOUNDARY, &cause, &devices, &conversation);
    }

    fn boundary_alarm(
        &mut self,
        rule: &str,
        cause: &Cause,
        devices: &[DeviceId],
        conversation: &Arc<crate::conversation::Conversation>,
    ) {
        if let Some(rule) = self.rules.rule(rule) {
            self.raise_built_in(
                rule,
                cause,
                devices,
                Evidence {
                    write: None,
                    conversation: Some(conversation),
                    frame: None,
                },
            );
        }
    }

    /// A station or client says who it is, or how its messages are protected.
    pub(super) fn stated(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        let slot = self.pairs.slot(context.conversation);
        let Some(id) = self.pairs.pair_of(slot) else {
            return;
        };
        if of == Direction::FromClient {
            if key == "certificate"
                && let Some(pair) = self.pairs.get_mut(id)
            {
                pair.certificate = thumbprint(value);
            }
            return;
        }
        let devices = self.devices_at(slot, station).devices().to_vec();
        let Some(conversation) = self.pairs.open(slot).map(|open| Arc::clone(&open.conversation)) else {
            return;
        };
        for device in devices {
            let Some(known) = self.site.devices.get(device.0 as usize) else {
                continue;
            };
            if key == "security_mode" && !known.expect_security.is_empty() {
                let expected = &known.expect_security;
                if !expected.iter().any(|mode| mode.eq_ignore_ascii_case(value)) {
                    let cause = Cause::new(
                        What::Security {
                            mode: value.to_owned(),
                            expected: expected.join(" or "),
                        },
                        None,
                    );
                    self.boundary_alarm(id::SECURITY, &cause, &[device], &conversation);
                }
                continue;
            }
            let expected = known
                .identity
                .iter()
                .find(|(part, expected)| part == key && !expected.eq_ignore_ascii_case(value.trim()));
            if let Some((_, expected)) = expected {
                let cause = Cause::new(
                    What::Identity {
                        part: key,
                        stated: value.to_owned(),
                        expected: expected.clone(),
                    },
                    None,
                );
                self.boundary_alarm(id::IDENTITY, &cause, &[device], &conversation);
            }
        }
    }
}

/// Twenty bytes in hexadecimal, with or without separators.
fn thumbprint(text: &str) -> Option<[u8; 20]> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .map(|digit| match digit {
            b'0'..=b'9' => digit - b'0',
            other => other.to_ascii_lowercase() - b'a' + 10,
        })
        .collect();
    if digits.len() != 40 {
        return None;
    }
    let mut bytes = [0; 20];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(holds(ip("10.1.0.0"), 16, ip("10.1.255.1")));
        assert!(!holds(ip("10.1.0.0"), 16, ip("10.2.0.1")));
        assert!(holds(ip("0.0.0.0"), 0, ip("192.168.0.1")));
        assert!(holds(ip("10.1.2.3"), 32, ip("10.1.2.3")));
        assert!(holds(ip("fd00::"), 8, ip("fd12::1")));
        assert!(!holds(ip("10.1.0.0"), 16, ip("fd12::1")));
    }

    #[test]
    fn thumbprints_are_read_with_and_without_colons() {
        let bytes = thumbprint("00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13").unwrap();
        assert_eq!(bytes[19], 0x13);
        assert_eq!(thumbprint("0001"), None);
    }
}
