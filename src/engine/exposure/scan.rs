//! Who looks for devices or for open ports: connections that are tried, one after the other.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use tapglass_model::{CaptureTime, SECOND, Severity};

use super::super::Engine;
use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, span};
use crate::rules::built_in::id;
use crate::rules::exposed::Exposed;

/// Sources that are watched; those that were quiet longest are forgotten first.
const SOURCES: usize = 1_024;
/// Different attempts that are remembered of each source.
const ATTEMPTS: usize = 64;
/// Attempts within this time belong together.
const WINDOW: i64 = 120 * SECOND;
/// So many addresses at which nobody was heard to answer are a search.
const ADDRESSES: usize = 10;
/// So many ports of one device are a search.
const PORTS: usize = 25;

/// Ports of control: those of the protocols here, S7, IEC 104, EtherNet/IP, FINS, PCWorx, GE SRTP.
const CONTROL: [u16; 12] = [
    102, 502, 802, 1962, 2404, 4840, 4843, 9600, 18_245, 19_999, 20_000, 44_818,
];

/// One attempt: when, whom, at which port.
type Attempt = (Moment, IpAddr, u16);

/// Attempts by source.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts {
    by_source: HashMap<IpAddr, VecDeque<Attempt>, Hasher>,
}

impl Attempts {
    /// Remembers an attempt; gives those of the last minutes, or none when it repeats an earlier one.
    fn add(&mut self, from: IpAddr, to: IpAddr, port: u16, now: Moment) -> Option<&VecDeque<Attempt>> {
        if self.by_source.len() >= SOURCES && !self.by_source.contains_key(&from) {
            self.make_room();
        }
        let attempts = self.by_source.entry(from).or_default();
        while attempts
            .front()
            .is_some_and(|attempt| span(attempt.0, now) > WINDOW)
        {
            attempts.pop_front();
        }
        if attempts
            .iter()
            .any(|attempt| (attempt.1, attempt.2) == (to, port))
        {
            return None;
        }
        if attempts.len() == ATTEMPTS {
            attempts.pop_front();
        }
        attempts.push_back((now, to, port));
        Some(attempts)
    }

    /// Forgets the quarter of the sources that was quiet longest: a flood of strangers must not make each of them pay for a
    /// search among all.
    #[cold]
    fn make_room(&mut self) {
        let mut order: Vec<(Option<Moment>, IpAddr)> = self
            .by_source
            .iter()
            .map(|(source, attempts)| (attempts.back().map(|attempt| attempt.0), *source))
            .collect();
        order.sort_unstable();
        for (_, source) in order.into_iter().take(SOURCES / 4) {
            self.by_source.remove(&source);
        }
    }
}

impl Engine {
    /// Somebody tries to open a connection.
    pub fn connects(&mut self, from: IpAddr, to: IpAddr, port: u16, at: CaptureTime, frame: u64) {
        let now = self.moment(at);
        let Some(attempts) = self.exposure.attempts.add(from, to, port, now) else {
            return;
        };
        let (mut at_port, mut of_host) = (HashSet::<IpAddr>::new(), 0);
        for (_, address, tried) in attempts {
            if *tried == port {
                at_port.insert(*address);
            }
            of_host += usize::from(*address == to);
        }
        if CONTROL.contains(&port) {
            self.counted(id::SCAN);
            // A master that starts asks many as well; they answer, or the site has them.
            at_port.retain(|address| !self.is_listed(*address) && self.exposure.host(*address).is_none());
            // The one that is tried now could not answer yet.
            let unheard = at_port.len().saturating_sub(1);
            if unheard >= ADDRESSES {
                let listed = self.site.principal_at(from).is_some();
                let scan = Exposed::AddressScan {
                    from,
                    count: at_port.len(),
                    port,
                    within: WINDOW,
                };
                self.expose(scan, listed.then_some(Severity::Low), None, Some(frame));
            }
        }
        if of_host >= PORTS && (self.is_listed(to) || self.exposure.host(to).is_some()) {
            let scan = Exposed::PortScan {
                from,
                to,
                count: of_host,
                within: WINDOW,
            };
            self.expose(scan, None, None, Some(frame));
        }
    }
}
