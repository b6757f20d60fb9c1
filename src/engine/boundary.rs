//! Who may talk to whom, how, and what devices say of themselves: zones, message security, identity.

use std::sync::Arc;

use tapglass_model::Station;
use tapglass_proto::Direction;

use super::Engine;
use super::step::Evidence;
use crate::conversation::Context;
use crate::plant::pairs::PairId;
use crate::rules::built_in::id;
use crate::rules::verdict::{Cause, What};
use crate::site::DeviceId;

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
            self.site.zone_of(pair.client),
            stated.or_else(|| self.site.zone_of(pair.server)),
        );
        if self.site.allows(from, to, pair.protocol) {
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
                    between: None,
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
            self.watch_logon(context, slot, key, value);
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
    fn thumbprints_are_read_with_and_without_colons() {
        let bytes = thumbprint("00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13").unwrap();
        assert_eq!(bytes[19], 0x13);
        assert_eq!(thumbprint("0001"), None);
    }
}
