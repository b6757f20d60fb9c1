//! Who talks: strangers, public addresses, relays, services at other ports.

use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::{SECOND, Severity};

use super::super::Engine;
use crate::plant::pairs::PairId;
use crate::rules::built_in::id;
use crate::rules::exposed::Exposed;
use crate::rules::timer::Due;
use crate::site::is_public;

/// So many protocols of control are what a tool that looks for controllers speaks, when nobody lists who asks.
const MANY_PROTOCOLS: usize = 4;
/// So many when it is on no list: an operator's station may well ask with all that are decoded here.
const MANY_OF_A_STRANGER: usize = 3;
/// Clients and servers that wait to be judged; more come again with their next connection.
const WAITING: usize = 16_384;
/// The first messages tell which devices it is about.
const SOON: i64 = 2 * SECOND;

impl Engine {
    /// A client and a server are heard for the first time: they are judged soon.
    pub(in super::super) fn await_boundary(&mut self, id: PairId) {
        if self.exposure.waiting.contains(&id.0) {
            return;
        }
        if self.exposure.waiting.len() >= WAITING {
            self.exposure.unjudged += 1;
            return;
        }
        self.exposure.waiting.insert(id.0);
        let soon = self.now.saturating_add(SOON);
        self.rules.timers.add(soon, Due::Boundary(id.0));
        self.look_at(soon);
    }

    /// A client and a server have talked for a while: may they, and who are they?
    pub(in super::super) fn look_at_pair(&mut self, number: u32) {
        if !self.exposure.waiting.remove(&number) {
            return;
        }
        self.watch_boundary(PairId(number));
        self.look_for_strangers(PairId(number));
    }

    /// The capture ends: who was heard in its last moments is judged all the same.
    pub(in super::super) fn look_at_the_rest(&mut self) {
        let mut waiting: Vec<u32> = self.exposure.waiting.iter().copied().collect();
        waiting.sort_unstable();
        for number in waiting {
            self.look_at_pair(number);
        }
    }

    fn look_for_strangers(&mut self, id: PairId) {
        let Some(pair) = self.pairs.get(id) else {
            return;
        };
        let (client, server, port, protocol) = (pair.client, pair.server, pair.port, pair.protocol);
        let conversation = Arc::clone(&pair.conversation);
        let [asked, answered] = [0, 1].map(|way: usize| {
            pair.encrypted || pair.heard.get(way).is_some_and(|rhythm| !rhythm.is_silent())
        });
        // Who was only asked may not be there.
        if !answered && !asked {
            return;
        }
        if answered {
            self.exposure.meet(client, server, protocol);
        }
        for rule in [id::PUBLIC_ADDRESS, id::ILLEGAL_ADDRESS] {
            self.counted(rule);
        }
        for (ip, there, serves) in [(client, asked, false), (server, answered, true)] {
            if !there {
                continue;
            }
            match self.site.lists(ip, serves) {
                Some(true) => self.counted(id::NEW_DEVICE),
                Some(false) => {
                    let new = Exposed::NewDevice { ip, serves, protocol };
                    self.expose(new, None, Some(&conversation), None);
                }
                None => {}
            }
        }
        for (ip, other) in [(client, server), (server, client)] {
            if is_public(ip) && !self.is_listed(ip) {
                // A plant that uses public addresses inside has them on both sides.
                let inside = same_network(ip, other);
                if inside && ip == server {
                    // Told of the client.
                    continue;
                }
                let exposed = Exposed::PublicAddress { ip, other, protocol };
                self.expose(
                    exposed,
                    inside.then_some(Severity::Low),
                    Some(&conversation),
                    None,
                );
            }
        }
        for (ip, port) in [(client, conversation.client.port), (server, port)] {
            if port == 0 || cannot_send(ip) {
                let illegal = Exposed::IllegalAddress { ip, port };
                self.expose(illegal, None, Some(&conversation), None);
            }
        }
        if answered {
            self.look_at_port(server, port, protocol, &conversation);
        }
        self.look_for_relay(client, server, protocol, &conversation);
        self.look_for_many(client, &conversation);
    }

    fn look_at_port(
        &mut self,
        server: IpAddr,
        port: u16,
        protocol: &'static str,
        conversation: &Arc<crate::conversation::Conversation>,
    ) {
        let stated: Vec<Option<u16>> = self
            .site
            .devices_at(server)
            .filter(|device| device.protocol.name() == protocol)
            .map(|device| device.port)
            .collect();
        let Some(Some(first)) = stated.first().copied() else {
            return;
        };
        let expected = stated
            .iter()
            .any(|stated| stated.is_none_or(|stated| stated == port));
        if expected || conversation.transport == Some("tls") {
            self.counted(id::NEW_PORT);
            return;
        }
        let exposed = Exposed::NewPort {
            ip: server,
            port,
            stated: first,
            protocol,
        };
        self.expose(exposed, None, Some(conversation), None);
    }

    /// Does one of them ask and answer with the same protocol?
    fn look_for_relay(
        &mut self,
        client: IpAddr,
        server: IpAddr,
        protocol: &'static str,
        conversation: &Arc<crate::conversation::Conversation>,
    ) {
        self.counted(id::RELAY);
        for ip in [client, server] {
            let both = self
                .exposure
                .host(ip)
                .is_some_and(|host| host.asks.contains(&protocol) && host.answers.contains(&protocol));
            // Whom the site lists as one who asks may answer as well: a data concentrator.
            if !both || client == server || self.site.principal_at(ip).is_some() {
                continue;
            }
            let device = self.site.devices_at(ip).next().is_some();
            let exposed = Exposed::Relay { ip, protocol, device };
            self.expose(
                exposed,
                device.then_some(Severity::Medium),
                Some(conversation),
                None,
            );
        }
    }

    /// Does a client ask with more protocols of control than one program does?
    pub(super) fn look_for_many(
        &mut self,
        client: IpAddr,
        conversation: &Arc<crate::conversation::Conversation>,
    ) {
        self.counted(id::MANY_PROTOCOLS);
        let Some(host) = self.exposure.host(client) else {
            return;
        };
        let stranger = self.site.lists(client, false) == Some(false);
        let many = if stranger {
            MANY_OF_A_STRANGER
        } else {
            MANY_PROTOCOLS
        };
        if host.asks.len() < many || self.is_listed(client) {
            return;
        }
        let mut protocols = host.asks.clone();
        protocols.sort_unstable();
        let exposed = Exposed::ManyProtocols {
            ip: client,
            protocols,
        };
        self.expose(
            exposed,
            stranger.then_some(Severity::Medium),
            Some(conversation),
            None,
        );
    }
}

/// Do two public addresses belong to one network, as those of a plant that uses them inside?
fn same_network(a: IpAddr, b: IpAddr) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => a.octets().first_chunk::<2>() == b.octets().first_chunk::<2>(),
        (IpAddr::V6(a), IpAddr::V6(b)) => a.octets().first_chunk::<6>() == b.octets().first_chunk::<6>(),
        _ => false,
    }
}

/// An address that nobody has: any, all, or a group. A server may be asked as a group.
fn cannot_send(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_unspecified(),
        IpAddr::V6(v6) => v6.is_unspecified(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_is_told_from_two() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for (a, b, same) in [
            ("141.2.3.4", "141.2.200.1", true),
            ("141.2.3.4", "141.3.3.4", false),
            ("141.2.3.4", "10.0.0.1", false),
            ("2a00:1450:4001::1", "2a00:1450:4001:9::1", true),
            ("2a00:1450:4001::1", "2a00:1450:4002::1", false),
            ("2a00::1", "141.2.3.4", false),
        ] {
            assert_eq!(same_network(ip(a), ip(b)), same, "{a} {b}");
        }
    }
}
