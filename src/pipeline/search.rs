//! A flow whose protocol is not known: the search for a decoder, and for a name when there is none.

use tapglass_proto::Transport;

use super::Shared;
use super::ends::Ends;
use super::flow::{App, Flow};
use super::handler::Handler;
use super::identify::{Candidate, Care, Held, Told};
use super::secure::{self, Secure};
use super::session;
use crate::flow::Delivery;
use crate::recognise::{self, Look, Secret, Seen, recognise, recogniser, secret_in};

/// Segments in which a name is looked for.
const LOOKS: u8 = 16;
/// Segments of a protocol with a readable logon in which a secret is looked for: it stands at the beginning.
const SECRET_LOOKS: u8 = 32;
/// Shorter first segments are put together with what follows before a name is looked for.
const SHORT: usize = 16;

/// What is known of such a flow.
#[derive(Clone, Default)]
pub(super) struct Search {
    candidate: Candidate,
    /// Segments in which a name was looked for.
    looks: u8,
    /// The name will not be told more exactly.
    settled: bool,
    /// The first bytes of each end, when its first segments were short.
    fronts: [Option<Vec<u8>>; 2],
    /// There was content.
    spoke: bool,
    /// Segments in which a secret is still looked for.
    secret_looks: u8,
    /// The secret that was found.
    secret: Option<Secret>,
}

/// Looks at the next bytes.
pub(super) fn deliver<H: Handler>(
    flow: &mut Flow,
    shared: &mut Shared,
    low: bool,
    opened: bool,
    delivery: &Delivery<'_>,
    handler: &mut H,
) {
    let App::Unknown(search) = &mut flow.app else {
        return;
    };
    let Delivery::Data {
        at,
        frame,
        carried_by,
        offset,
        sender,
        bytes,
    } = *delivery
    else {
        search.candidate.forget();
        return;
    };
    search.spoke = true;
    let transport = flow.ends.transport();
    let told = search
        .candidate
        .look(low, bytes, transport, &flow.hinted, Care::Search);
    match told {
        Told::Known(identified) => {
            let held = std::mem::take(&mut search.candidate.held);
            let first = held.first().map_or((at, frame), |held| (held.at, held.frame));
            forget_name(flow, shared);
            let number = flow.ends.number;
            let found = session::open(
                &flow.ends,
                &flow.hinted,
                shared,
                number,
                &identified,
                opened,
                first,
                handler,
            );
            flow.app = match found {
                Some(mut open) => {
                    session::replay(&mut open, shared, &held, handler);
                    open.take_later(shared, low, delivery, handler);
                    App::Open(open)
                }
                None => App::Over,
            };
            return;
        }
        Told::Hold => search.candidate.held.push(Held {
            low,
            at,
            frame,
            carried_by,
            offset,
            sender,
            bytes: bytes.to_vec(),
        }),
        Told::Nothing => {}
    }
    if search.settled || search.looks >= LOOKS {
        search.look_for_secret(flow.named, bytes);
        return;
    }
    if let Some(front) = search.name(
        &flow.ends,
        &mut flow.named,
        shared,
        transport,
        low,
        bytes,
        flow.traffic,
    ) {
        let started = Secure::begin(opened);
        forget_name(flow, shared);
        flow.app = App::Secure(Box::new(started));
        secure::start(flow, shared, low, &front, (at, frame), handler);
    }
}

/// The name that was given to a flow no longer holds: its frames count elsewhere.
pub(super) fn forget_name(flow: &mut Flow, shared: &mut Shared) {
    if let Some(place) = flow.named.take() {
        shared.counters.recognised.unnamed(place, flow.traffic);
    }
}

impl Search {
    /// Goes on with the likeness that another search found.
    pub(super) fn inherit(&mut self, candidate: Candidate) {
        self.candidate = candidate;
        self.spoke = true;
    }

    /// Looks for a name. Gives the first bytes when it is TLS, which is followed further.
    #[allow(clippy::too_many_arguments)]
    fn name(
        &mut self,
        ends: &Ends,
        named: &mut Option<u8>,
        shared: &mut Shared,
        transport: Transport,
        low: bool,
        bytes: &[u8],
        traffic: recognise::Traffic,
    ) -> Option<Vec<u8>> {
        let place = self.fronts.get_mut(usize::from(!low))?;
        let first = place.is_none();
        let front = place.get_or_insert_default();
        let joins = transport == Transport::Tcp && (first || !front.is_empty());
        let joined = joins && (!front.is_empty() || bytes.len() < SHORT);
        if joined {
            front.extend_from_slice(bytes.get(..SHORT * 4).unwrap_or(bytes));
        }
        let seen = if joined { &*front } else { bytes };
        let (from, to) = if low {
            (ends.low.port, ends.high.port)
        } else {
            (ends.high.port, ends.low.port)
        };
        let look = Look {
            bytes: seen,
            transport,
            from,
            to,
        };
        self.looks += 1;
        let found = recognise(&look);
        if found.is_some_and(|(place, _)| place == recognise::TLS_PLACE) {
            // What stands behind a short front is fed whole.
            let mut all = if joined { front.clone() } else { bytes.to_vec() };
            if joined {
                all.extend_from_slice(bytes.get(SHORT * 4..).unwrap_or_default());
            }
            return Some(all);
        }
        if joined && front.len() >= SHORT {
            front.clear();
        }
        let (place, settled) = found?;
        self.settled = settled;
        if settled {
            self.secret_looks = SECRET_LOOKS;
            self.look_for_secret(Some(place), bytes);
        }
        if *named != Some(place) {
            if let Some(before) = named.replace(place) {
                shared.counters.recognised.unnamed(before, traffic);
            }
            shared.counters.recognised.named(place, traffic);
        }
        None
    }

    /// Looks for a secret in a protocol that shows its own.
    fn look_for_secret(&mut self, named: Option<u8>, bytes: &[u8]) {
        if self.secret_looks > 0
            && let Some(recogniser) = named.and_then(recogniser)
        {
            self.secret_looks -= 1;
            self.secret = secret_in(recogniser.name, bytes);
            if self.secret.is_some() {
                self.secret_looks = 0;
            }
        }
    }

    /// The flow is over, and its protocol was never known.
    pub(super) fn close<H: Handler>(&self, flow: &Flow, shared: &mut Shared, handler: &mut H) {
        match flow.named.and_then(recogniser) {
            Some(recogniser) => {
                let server_is_low = side_with(&flow.ends, recogniser.ports);
                let client_is_low = flow.ends.client_is_low(None, server_is_low);
                let conversation = flow
                    .ends
                    .conversation(flow.ends.number, recogniser.name, client_is_low);
                handler.recognised(Seen {
                    protocol: recogniser.name,
                    title: recogniser.title,
                    ends: recognise::Ends::Network(Box::new(conversation)),
                    seen: flow.seen,
                    frame: flow.last_frame,
                    traffic: flow.traffic,
                    tls: None,
                    industrial: recogniser.industrial,
                    secret: self.secret,
                });
            }
            None if self.spoke => shared.counters.unrecognised += 1,
            None => {}
        }
    }
}

/// Which end has one of these ports, where only one has.
pub(super) fn side_with(ends: &Ends, ports: &[u16]) -> Option<bool> {
    let (low, high) = (ports.contains(&ends.low.port), ports.contains(&ends.high.port));
    (low != high).then_some(low)
}
