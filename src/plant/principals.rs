//! Who commands: the principal of the site, and in what the one on the wire differs from it.

use std::net::IpAddr;

use tapglass_proto::Actor;

use crate::conversation::Context;
use crate::site::{Principal, PrincipalId, Site};

/// One way in which an actor differs from the principal whose address it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Another network card.
    NetworkCard,
    /// A time to live that does not come from that machine.
    TimeToLive,
    /// Another DNP3 link address.
    Link,
    /// Another OPC UA application.
    Application,
    /// Another OPC UA user.
    User,
    /// Another OPC UA certificate.
    Certificate,
}

impl Difference {
    const ALL: [Self; 6] = [
        Self::NetworkCard,
        Self::TimeToLive,
        Self::Link,
        Self::Application,
        Self::User,
        Self::Certificate,
    ];

    /// What it is not, as in "not HMI-1's network card".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NetworkCard => "network card",
            Self::TimeToLive => "time to live",
            Self::Link => "DNP3 link address",
            Self::Application => "application",
            Self::User => "user",
            Self::Certificate => "certificate",
        }
    }
}

/// A set of differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Differences(u8);

impl Differences {
    fn add(&mut self, difference: Difference) {
        self.0 |= 1 << difference as u8;
    }

    /// True when there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in the set.
    pub fn iter(self) -> impl Iterator<Item = Difference> {
        Difference::ALL
            .into_iter()
            .filter(move |difference| self.0 & 1 << *difference as u8 != 0)
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Who {
    /// The principal with this address, if the site names one.
    pub principal: Option<PrincipalId>,
    /// In what it is not that principal.
    pub differences: Differences,
}

impl Who {
    /// True when it is a principal of the site and nothing speaks against it.
    #[must_use]
    pub const fn is_genuine(self) -> bool {
        self.principal.is_some() && self.differences.is_empty()
    }
}

/// The principals by address.
#[derive(Clone, Debug, Default)]
pub struct Principals {
    by_ip: Vec<(IpAddr, PrincipalId)>,
}

impl Principals {
    /// The principals of a site.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        let mut by_ip = Vec::new();
        for (number, principal) in (0..).zip(&site.principals) {
            by_ip.extend(principal.ips.iter().map(|ip| (*ip, PrincipalId(number))));
        }
        by_ip.sort_unstable();
        Self { by_ip }
    }

    /// True when the site names nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_ip.is_empty()
    }

    /// The first principal with an address.
    #[must_use]
    pub fn at(&self, ip: IpAddr) -> Option<PrincipalId> {
        let start = self.by_ip.partition_point(|known| known.0 < ip);
        self.by_ip
            .get(start)
            .filter(|known| known.0 == ip)
            .map(|known| known.1)
    }

    /// Who sent a request. Of several principals with one address, the one with the fewest differences.
    #[must_use]
    pub fn who(
        &self,
        site: &Site,
        context: &Context<'_>,
        actor: &Actor<'_>,
        certificate: Option<[u8; 20]>,
    ) -> Who {
        let ip = context.conversation.client.ip;
        let start = self.by_ip.partition_point(|known| known.0 < ip);
        self.by_ip[start..]
            .iter()
            .take_while(|known| known.0 == ip)
            .filter_map(|known| {
                let principal = site.principals.get(known.1.0 as usize)?;
                let mut differences = differences(principal, context, actor);
                if let (Some(expected), Some(shown)) = (principal.certificate, certificate)
                    && expected != shown
                {
                    differences.add(Difference::Certificate);
                }
                Some(Who {
                    principal: Some(known.1),
                    differences,
                })
            })
            .min_by_key(|who| who.differences.0.count_ones())
            .unwrap_or_default()
    }
}

/// Stacks start with 32, 64, 128 or 255; a router takes one away. More than this many routers do not occur in a plant.
const HOPS: u8 = 30;

fn differences(principal: &Principal, context: &Context<'_>, actor: &Actor<'_>) -> Differences {
    let mut differences = Differences::default();
    // A frame of the device says nothing about the card of whoever asked; the conversation may know it.
    let (card, ttl) = if context.from_client {
        (context.mac, context.ttl)
    } else {
        (None, 0)
    };
    if let (Some(expected), Some(seen)) = (principal.mac, card)
        && expected != seen
    {
        differences.add(Difference::NetworkCard);
    }
    if let Some(initial) = principal.ttl
        && ttl != 0
        && (ttl > initial || initial - ttl > HOPS)
    {
        differences.add(Difference::TimeToLive);
    }
    if let (Some(expected), Some(seen)) = (principal.link, actor.link)
        && expected != seen
    {
        differences.add(Difference::Link);
    }
    if let (Some(expected), Some(seen)) = (&principal.application_uri, actor.application)
        && expected != seen
    {
        differences.add(Difference::Application);
    }
    if let (Some(expected), Some(seen)) = (&principal.user, actor.user)
        && expected != seen
    {
        differences.add(Difference::User);
    }
    differences
}
