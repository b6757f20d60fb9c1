//! Who commands is more than an address: network card, hops, link address, application. Where the site states them, the
//! rule `builtin/writers` compares; here they are compared with what the same client showed before.

use std::net::IpAddr;

use hashbrown::HashMap;

use tapglass_model::{Action, SECOND};
use tapglass_proto::Operation;

use super::raise::Sight;
use super::{Engine, REMEMBERED};
use crate::conversation::Context;
use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, span};

/// Two cards that both command within this time are two machines; else one was replaced.
const BOTH: i64 = 60 * SECOND;

/// What a client showed when it commanded.
#[derive(Clone, Debug)]
struct Writer {
    card: Option<[u8; 6]>,
    card_at: Moment,
    /// The card before, while both may be in use.
    other: Option<[u8; 6]>,
    /// The number of hops that stacks start with.
    hops: u8,
    application: Option<Box<str>>,
}

/// Everybody who commanded.
#[derive(Clone, Debug, Default)]
pub(super) struct Writers {
    by_ip: HashMap<IpAddr, Writer, Hasher>,
    /// The first address behind a card, and whether there are several: then it is a router's.
    cards: HashMap<[u8; 6], (IpAddr, bool), Hasher>,
    /// Who uses a master's address, by server: its address, and when it was heard last.
    masters: HashMap<(IpAddr, u16), (IpAddr, Moment), Hasher>,
    /// What was not compared because there was no room to remember it.
    pub(super) forgotten: u64,
}

/// Cards that stand for a group of routers or hosts: VRRP and HSRP move an address from one to the other by design
/// (RFC 9568 7.3, RFC 2281 5.4; version 2 of HSRP and GLBP have their own prefixes).
fn is_virtual(card: [u8; 6]) -> bool {
    matches!(
        card,
        [0x00, 0x00, 0x5e, 0x00, ..]
            | [0x00, 0x00, 0x0c, 0x07, 0xac, _]
            | [0x00, 0x00, 0x0c, 0x9f, ..]
            | [0x00, 0x07, 0xb4, ..]
    )
}

/// The number of hops that a stack starts with: 32, 64, 128 or 255.
const fn start(ttl: u8) -> u8 {
    match ttl {
        0 => 0,
        1..=32 => 32,
        33..=64 => 64,
        65..=128 => 128,
        _ => 255,
    }
}

/// What is new about a writer.
enum News {
    TwoCards,
    NewCard,
    Hops,
    Application,
}

impl Writers {
    /// True when a card serves several addresses.
    fn routes(&mut self, card: [u8; 6], ip: IpAddr) -> bool {
        if self.cards.len() >= REMEMBERED && !self.cards.contains_key(&card) {
            // Of what cannot be remembered nothing is concluded.
            self.forgotten += 1;
            return true;
        }
        let (first, several) = self.cards.entry(card).or_insert((ip, false));
        *several |= *first != ip;
        *several
    }

    fn look(
        &mut self,
        ip: IpAddr,
        card: Option<[u8; 6]>,
        ttl: u8,
        application: Option<&str>,
        now: Moment,
    ) -> Vec<News> {
        let mut news = Vec::new();
        let card = card.filter(|card| !is_virtual(*card) && !self.routes(*card, ip));
        let Some(writer) = self.by_ip.get_mut(&ip) else {
            if self.by_ip.len() >= REMEMBERED {
                self.forgotten += 1;
            } else {
                self.by_ip.insert(
                    ip,
                    Writer {
                        card,
                        card_at: now,
                        other: None,
                        hops: start(ttl),
                        application: application.map(Into::into),
                    },
                );
            }
            return news;
        };
        if let Some(card) = card {
            match writer.card {
                Some(known) if known != card => {
                    // The earlier card may have turned out to be a router's since.
                    let routed = self.cards.get(&known).is_some_and(|(_, several)| *several);
                    if !routed {
                        news.push(
                            if span(writer.card_at, now) <= BOTH || writer.other == Some(card) {
                                News::TwoCards
                            } else {
                                News::NewCard
                            },
                        );
                        writer.other = Some(known);
                    }
                }
                _ => {}
            }
            writer.card = Some(card);
            writer.card_at = now;
        }
        let hops = start(ttl);
        if hops != 0 {
            if writer.hops != 0 && writer.hops != hops {
                news.push(News::Hops);
            }
            writer.hops = hops;
        }
        if let Some(application) = application {
            match &writer.application {
                Some(known) if **known != *application => {
                    news.push(News::Application);
                    writer.application = Some(application.into());
                }
                Some(_) => {}
                None => writer.application = Some(application.into()),
            }
        }
        news
    }

    /// A master's address is used; true when somebody else used it just before.
    fn master(&mut self, server: IpAddr, link: u16, client: IpAddr, now: Moment) -> bool {
        let key = (server, link);
        if self.masters.len() >= REMEMBERED && !self.masters.contains_key(&key) {
            self.forgotten += 1;
            return false;
        }
        match self.masters.insert(key, (client, now)) {
            Some((before, at)) => before != client && span(at, now) <= BOTH,
            None => false,
        }
    }
}

impl Engine {
    /// Somebody commands: is it who it was before?
    pub(super) fn look_at_writer(
        &mut self,
        context: &Context<'_>,
        slot: usize,
        operation: &Operation<'_>,
        sight: Sight<'_>,
    ) {
        let ip = context.conversation.client.ip;
        if let Some(talk) = self.detect.talks.get_mut(slot) {
            talk.wrote = talk.wrote.saturating_add(1);
            if talk.wrote == super::partners::WRITES && talk.asked <= talk.wrote {
                self.writes_only(slot, sight);
            }
        }
        if operation.action == Action::SetTime {
            self.look_at_time(operation.detail, operation.at, sight);
        }
        let (mut card, mut ttl) = if context.from_client {
            (context.mac, context.ttl)
        } else {
            (None, 0)
        };
        let mut application = operation.actor.application;
        let mut link = operation.actor.link;
        // What the site states is compared with that, by the rules about writers.
        if let Some(stated) = self
            .principals
            .at(ip)
            .and_then(|principal| self.site.principals.get(principal.0 as usize))
        {
            card = card.filter(|_| stated.mac.is_none());
            ttl = if stated.ttl.is_some() { 0 } else { ttl };
            application = application.filter(|_| stated.application_uri.is_none());
            link = link.filter(|_| stated.link.is_none());
        }
        let news = self.detect.writers.look(ip, card, ttl, application, self.now);
        for news in news {
            let (name, note) = match news {
                News::TwoCards => ("writer-two-cards", card_note(context)),
                News::NewCard => ("writer-new-card", card_note(context)),
                News::Hops => ("writer-hops-changed", format!("time to live {ttl}")),
                News::Application => (
                    "opcua-writer-application-changed",
                    operation.actor.application.unwrap_or_default().to_owned(),
                ),
            };
            self.noticed(name, sight.told(&note));
        }
        if let Some(link) = link {
            let server = context.conversation.server.ip;
            if self.detect.writers.master(server, link, ip, self.now) {
                let note = format!("address {link}");
                self.noticed("dnp3-master-address-shared", sight.told(&note));
            }
        }
    }
}

fn card_note(context: &Context<'_>) -> String {
    context.mac.map_or_else(String::new, |card| {
        format!("network card {}", crate::conversation::mac_text(card))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HMI: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 20));

    fn names(news: &[News]) -> Vec<&'static str> {
        news.iter()
            .map(|news| match news {
                News::TwoCards => "two cards",
                News::NewCard => "new card",
                News::Hops => "hops",
                News::Application => "application",
            })
            .collect()
    }

    #[test]
    fn what_a_client_shows_is_compared_with_what_it_showed() {
        let own = [2, 0, 0, 0, 0, 1];
        let other = [2, 0, 0, 0, 0, 2];
        // Seconds, card, hops, application of the second command; the first is at 0.
        for (at, card, ttl, application, expected) in [
            (10, own, 64, "urn:a", &[][..]),
            (10, other, 64, "urn:a", &["two cards"]),
            (600, other, 64, "urn:a", &["new card"]),
            (10, [0, 0, 0x5e, 0, 1, 7], 64, "urn:a", &[]),
            (10, [0, 0, 0x0c, 0x07, 0xac, 1], 64, "urn:a", &[]),
            (10, own, 63, "urn:a", &[]),
            (10, own, 128, "urn:a", &["hops"]),
            (10, own, 64, "urn:b", &["application"]),
        ] {
            let mut writers = Writers::default();
            writers.look(HMI, Some(own), 64, Some("urn:a"), 0);
            let news = writers.look(HMI, Some(card), ttl, Some(application), at * SECOND);
            assert_eq!(names(&news), expected, "{at} {card:?} {ttl} {application}");
        }
    }

    #[test]
    fn a_card_of_a_router_says_nothing() {
        let router = [2, 0, 0, 0, 0, 9];
        let mut writers = Writers::default();
        let away = IpAddr::from([10, 9, 0, 1]);
        writers.look(HMI, Some(router), 63, None, 0);
        writers.look(away, Some(router), 63, None, 1);
        let news = writers.look(HMI, Some([2, 0, 0, 0, 0, 8]), 63, None, 2);
        assert!(news.is_empty(), "{:?}", names(&news));
    }

    #[test]
    fn a_masters_address_belongs_to_one_machine_at_a_time() {
        let server = IpAddr::from([10, 0, 0, 1]);
        let spare = IpAddr::from([10, 0, 0, 21]);
        let mut writers = Writers::default();
        assert!(!writers.master(server, 1, HMI, 0));
        assert!(!writers.master(server, 1, HMI, SECOND));
        assert!(writers.master(server, 1, spare, 2 * SECOND));
        assert!(!writers.master(server, 2, HMI, 3 * SECOND), "another address");
        // A standby that took over.
        assert!(!writers.master(server, 1, HMI, 600 * SECOND));
    }
}
