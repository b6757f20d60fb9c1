//! Handing a flow's bytes to the decoder that reads it.

use tapglass_model::CaptureTime;
use tapglass_proto::{Blind, BlindReason, Chunk, Direction, SessionId, Transport};

use super::Shared;
use super::differing::{self, Differing, name_of};
use super::ends::Ends;
use super::flow::{App, Flow};
use super::handler::{Handler, Scope};
use super::hints::Hinted;
use super::holes::{Hole, Holes};
use super::identify::{Held, Identified};
use super::search;
use super::second::Second;
use super::secure;
use super::servers::Place;
use crate::conversation::{Context, Conversation};
use crate::flow::{Delivery, Missing, Other, Sender};
use crate::recognise::Traffic;
use crate::registry::PROTOCOLS;

/// With at least so many messages of one side and no packet of the other, the other side is not in the capture.
const ONE_SIDED: u64 = 3;
/// With so many it is said before the end.
const SOON: u64 = 100;

/// A flow whose protocol is known.
#[derive(Clone)]
pub(super) struct Open {
    conversation: Conversation,
    /// Place of the protocol in the registry, and its framing.
    protocol: usize,
    framing: Transport,
    server: u32,
    session: SessionId,
    client_is_low: bool,
    /// Messages from client and server.
    spoken: [u64; 2],
    since: CaptureTime,
    last_frame: u64,
    /// Another protocol in the same flow.
    second: Option<Box<Second>>,
    /// It was said that one direction is missing.
    one_sided: bool,
    odd: Option<Box<Odd>>,
}

/// What only few conversations have: kept apart, so that the others stay small.
#[derive(Clone, Default)]
struct Odd {
    holes: [Holes; 2],
    /// Segments that differ from the stream.
    differing: Differing,
}

/// Hands the next bytes of one end to the decoder, or to the search for one.
pub(super) fn deliver<H: Handler>(
    flow: &mut Flow,
    shared: &mut Shared,
    low: bool,
    opened: bool,
    delivery: &Delivery<'_>,
    handler: &mut H,
) {
    match &mut flow.app {
        App::Open(open) => {
            let before = open.messages();
            open.take(shared, low, delivery, handler);
            let understood = open.messages() != before;
            if let Delivery::Data { bytes, .. } = *delivery
                && open.second.is_none()
                && open.messages() != SOON
                && !shared.glances.foreign(bytes, open.protocol, understood)
            {
                return;
            }
            if open.messages() == SOON
                && let ([0, _] | [_, 0], Delivery::Data { at, .. }) = (open.spoken, delivery)
            {
                open.tell_one_sided(flow.heard, *at, handler);
            }
            open.watch(
                understood,
                &flow.ends,
                &flow.hinted,
                shared,
                low,
                delivery,
                handler,
            );
        }
        App::Over => {}
        App::Secure(_) => secure::deliver(flow, shared, low, opened, delivery, handler),
        App::Unknown(_) => search::deliver(flow, shared, low, opened, delivery, handler),
    }
}

/// Bytes that waited until their protocol was known.
pub(super) fn replay<H: Handler>(open: &mut Open, shared: &mut Shared, held: &[Held], handler: &mut H) {
    for waited in held {
        let delivery = Delivery::Data {
            at: waited.at,
            frame: waited.frame,
            carried_by: waited.carried_by,
            offset: waited.offset,
            sender: waited.sender,
            bytes: &waited.bytes,
        };
        open.take_later(shared, waited.low, &delivery, handler);
    }
}

/// Starts decoding.
#[allow(clippy::too_many_arguments)]
pub(super) fn open<H: Handler>(
    ends: &Ends,
    hinted: &Hinted,
    shared: &mut Shared,
    number: u32,
    identified: &Identified,
    opened: bool,
    first: (CaptureTime, u64),
    handler: &mut H,
) -> Option<Box<Open>> {
    let client_is_low = ends.client_is_low(
        identified.client_is_low,
        hinted.server_is_low(identified.protocol),
    );
    let protocol = PROTOCOLS.get(identified.protocol)?;
    let conversation = ends.conversation(number, protocol.name(), client_is_low);
    let place = Place {
        protocol: identified.protocol,
        ip: conversation.server.ip,
        port: conversation.server.port,
    };
    let index = shared.servers.join(place)?;
    let decoder = shared.servers.get_mut(index)?;
    let session = decoder.open(identified.transport, !opened);
    shared.counters.conversations += 1;
    let mut open = Open {
        conversation,
        protocol: identified.protocol,
        framing: identified.transport,
        server: index,
        session,
        client_is_low,
        spoken: [0; 2],
        since: first.0,
        last_frame: first.1,
        second: None,
        one_sided: false,
        odd: None,
    };
    handler.opened(&open.conversation);
    if !opened {
        open.blind(
            first,
            BlindReason::StartInMiddle,
            format_args!("the capture starts inside this conversation; what was said before is not known"),
            handler,
        );
    }
    Some(Box::new(open))
}

impl Open {
    /// Place of its protocol in the registry, and its framing.
    pub(super) const fn speaks(&self) -> (usize, Transport) {
        (self.protocol, self.framing)
    }

    fn direction(&self, low: bool) -> Direction {
        if low == self.client_is_low {
            Direction::FromClient
        } else {
            Direction::FromServer
        }
    }

    fn blind<H: Handler>(
        &mut self,
        (at, frame): (CaptureTime, u64),
        reason: BlindReason,
        text: std::fmt::Arguments<'_>,
        handler: &mut H,
    ) {
        let context = self.context(Sender::default(), true);
        handler.blind(
            &context,
            &Blind {
                from: at,
                until: at,
                frame,
                direction: None,
                bytes: None,
                reason,
                text,
            },
        );
    }

    fn context(&self, sender: Sender, from_client: bool) -> Context<'_> {
        Context {
            conversation: &self.conversation,
            mac: sender.mac,
            ttl: sender.ttl,
            from_client,
        }
    }

    /// Messages of both ends so far.
    #[inline]
    const fn messages(&self) -> u64 {
        let [client, server] = self.spoken;
        client + server
    }

    /// Messages from client and server so far.
    pub(super) const fn spoken(&self) -> [u64; 2] {
        self.spoken
    }

    /// Looks whether another protocol, or its own in another framing, speaks in the same flow.
    #[cold]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn watch<H: Handler>(
        &mut self,
        understood: bool,
        ends: &Ends,
        hinted: &Hinted,
        shared: &mut Shared,
        low: bool,
        delivery: &Delivery<'_>,
        handler: &mut H,
    ) {
        let Delivery::Data { bytes, .. } = *delivery else {
            if let Some(second) = &mut self.second {
                second.gap(shared, low, delivery, handler);
            }
            return;
        };
        let foreign = shared.glances.foreign(bytes, self.protocol, understood);
        if foreign || self.second.as_ref().is_some_and(|second| second.is_open()) {
            let first = self.speaks();
            let second = self.second.get_or_insert_default();
            second.take(first, ends, hinted, shared, low, delivery, handler);
        }
    }

    /// Hands the next bytes to the decoder.
    #[inline(always)] // a call for each segment is 2 % of `check`
    fn take<H: Handler>(&mut self, shared: &mut Shared, low: bool, delivery: &Delivery<'_>, handler: &mut H) {
        let direction = self.direction(low);
        let Some(decoder) = shared.servers.get_mut(self.server) else {
            return;
        };
        match *delivery {
            Delivery::Data {
                at,
                frame,
                carried_by,
                offset,
                sender,
                bytes,
            } => {
                self.last_frame = frame;
                let context = Context {
                    conversation: &self.conversation,
                    mac: sender.mac,
                    ttl: sender.ttl,
                    from_client: direction == Direction::FromClient,
                };
                let mut scope = Scope {
                    handler,
                    context,
                    spoken: &mut self.spoken,
                    mark: shared.mark,
                };
                let chunk = Chunk {
                    at,
                    frame,
                    carried_by,
                    offset,
                    direction,
                    bytes,
                };
                decoder.feed(self.session, &chunk, &mut scope);
                if let Some(mut odd) = self.odd.take() {
                    let context = self.context(sender, direction == Direction::FromClient);
                    odd.differing.follow(&chunk, context, handler);
                    self.odd = Some(odd);
                }
            }
            Delivery::Other(_) => {}
            Delivery::Gap {
                missing,
                from,
                until,
                frame,
                why,
            } => {
                shared.counters.gaps += 1;
                shared.counters.gap_bytes += missing.unwrap_or(0);
                let hole = Hole {
                    count: 1,
                    from,
                    until,
                    frame,
                    bytes: missing,
                    cut_off: why == Missing::CutOff,
                };
                self.hole(direction, hole, handler);
                self.odd.get_or_insert_default().differing.end(direction);
                self.skip(shared, direction, missing, (until, frame), handler);
            }
        }
    }

    /// As [`take`](Self::take), for bytes that come from elsewhere than from the segment that is read.
    pub(super) fn take_later<H: Handler>(
        &mut self,
        shared: &mut Shared,
        low: bool,
        delivery: &Delivery<'_>,
        handler: &mut H,
    ) {
        self.take(shared, low, delivery, handler);
    }

    /// Tells the decoder of a hole.
    fn skip<H: Handler>(
        &self,
        shared: &mut Shared,
        direction: Direction,
        missing: Option<u64>,
        (until, frame): (CaptureTime, u64),
        handler: &mut H,
    ) {
        let mut scope = Scope {
            handler,
            context: self.nobody(),
            spoken: &mut [0; 2],
            mark: None,
        };
        if let Some(decoder) = shared.servers.get_mut(self.server) {
            decoder.gap(self.session, direction, missing, until, frame, &mut scope);
        }
    }

    /// The hole of an end, which somebody else has reported.
    pub(super) fn pass_over<H: Handler>(
        &self,
        shared: &mut Shared,
        low: bool,
        delivery: &Delivery<'_>,
        handler: &mut H,
    ) {
        if let Delivery::Gap {
            missing,
            until,
            frame,
            ..
        } = *delivery
        {
            self.skip(shared, self.direction(low), missing, (until, frame), handler);
        }
    }

    fn nobody(&self) -> Context<'_> {
        self.context(Sender::default(), true)
    }

    /// Reports a hole, or keeps it to be reported with the next ones.
    fn hole<H: Handler>(&mut self, direction: Direction, hole: Hole, handler: &mut H) {
        let odd = self.odd.get_or_insert_default();
        let holes = odd.holes.get_mut(direction.index());
        if let Some(hole) = holes.and_then(|holes| holes.take(hole)) {
            let context = self.context(Sender::default(), direction == Direction::FromClient);
            hole.tell(direction, &context, handler);
        }
    }

    /// Says, once, that one direction is not in the capture. A device that does not answer still acknowledges, so a packet
    /// without data is enough to know better.
    fn tell_one_sided<H: Handler>(&mut self, heard: [bool; 2], at: CaptureTime, handler: &mut H) {
        let [low, high] = heard;
        let (client, server) = if self.client_is_low {
            (low, high)
        } else {
            (high, low)
        };
        let direction = match self.spoken {
            [0, count] if count >= ONE_SIDED && !client => Direction::FromClient,
            [count, 0] if count >= ONE_SIDED && !server => Direction::FromServer,
            _ => return,
        };
        if std::mem::replace(&mut self.one_sided, true) {
            return;
        }
        let context = self.context(Sender::default(), true);
        handler.blind(
            &context,
            &Blind {
                from: self.since,
                until: at,
                frame: self.last_frame,
                direction: Some(direction),
                bytes: None,
                reason: BlindReason::OneDirection,
                text: format_args!(
                    "nothing of the {} is in the capture: the mirror copies one direction only",
                    direction.name()
                ),
            },
        );
    }

    /// The conversation is over.
    pub(super) fn close<H: Handler>(
        &mut self,
        shared: &mut Shared,
        heard: [bool; 2],
        at: CaptureTime,
        traffic: Traffic,
        handler: &mut H,
    ) {
        if let Some(second) = self.second.take() {
            second.close(shared, at, handler);
        }
        for direction in [Direction::FromClient, Direction::FromServer] {
            let holes = self
                .odd
                .as_mut()
                .and_then(|odd| odd.holes.get_mut(direction.index()));
            if let Some(last) = holes.and_then(Holes::rest) {
                let context = self.context(Sender::default(), direction == Direction::FromClient);
                last.tell(direction, &context, handler);
            }
        }
        if let Some(decoder) = shared.servers.get_mut(self.server) {
            let context = Context {
                conversation: &self.conversation,
                mac: None,
                ttl: 0,
                from_client: true,
            };
            let mut scope = Scope {
                handler,
                context,
                spoken: &mut self.spoken,
                mark: None,
            };
            decoder.close(self.session, at, &mut scope);
        }
        shared.servers.leave(self.server);
        self.tell_one_sided(heard, at, handler);
        handler.closed(&self.conversation, at, traffic);
    }
}

/// Hands over bytes that differ from the stream.
#[cold]
pub(super) fn other<H: Handler>(
    flow: &mut Flow,
    shared: &mut Shared,
    low: bool,
    opened: bool,
    other: &Other,
    checksum: Option<bool>,
    handler: &mut H,
) {
    if let App::Unknown(_) = flow.app {
        // As long as no protocol is recognised, either content may show which it is.
        let delivery = Delivery::Data {
            at: other.at,
            frame: other.frame,
            carried_by: other.frame,
            offset: other.offset,
            sender: other.sender,
            bytes: &other.bytes,
        };
        shared.mark = Some(name_of(other.difference));
        deliver(flow, shared, low, opened, &delivery, handler);
        shared.mark = None;
        if let App::Open(open) = &flow.app {
            let direction = open.direction(low);
            let context = open.context(other.sender, direction == Direction::FromClient);
            differing::tell(direction, other, checksum, &context, handler);
        }
    } else if let App::Open(open) = &mut flow.app {
        let direction = open.direction(low);
        let mut odd = open.odd.take().unwrap_or_default();
        let context = open.context(other.sender, direction == Direction::FromClient);
        odd.differing
            .read(direction, open.framing, other, checksum, context, handler);
        open.odd = Some(odd);
    }
}

/// Says that a datagram was cut off.
#[cold]
pub(super) fn cut_datagram<H: Handler>(
    flow: &mut Flow,
    low: bool,
    at: CaptureTime,
    frame: u64,
    missing: u32,
    handler: &mut H,
) {
    if let App::Open(open) = &mut flow.app {
        let hole = Hole {
            count: 1,
            from: at,
            until: at,
            frame,
            bytes: Some(u64::from(missing)),
            cut_off: true,
        };
        open.hole(open.direction(low), hole, handler);
    }
}

/// Ends the decoding of a flow.
pub(super) fn close<H: Handler>(flow: &mut Flow, shared: &mut Shared, at: CaptureTime, handler: &mut H) {
    match std::mem::replace(&mut flow.app, App::Over) {
        App::Open(mut open) => open.close(shared, flow.heard, at, flow.traffic, handler),
        App::Secure(secure) => secure.close(flow, at, handler),
        App::Unknown(search) => search.close(flow, shared, handler),
        App::Over => {}
    }
}

/// Ends the decoding of a flow because there are too many, and says so.
pub(super) fn give_up<H: Handler>(
    flow: &mut Flow,
    shared: &mut Shared,
    at: CaptureTime,
    frame: u64,
    handler: &mut H,
) {
    if let App::Open(open) = &mut flow.app {
        open.blind(
            (at, frame),
            BlindReason::Limit,
            format_args!(
                "too many conversations at once; this one, quiet longest, is not followed any further"
            ),
            handler,
        );
    }
    close(flow, shared, at, handler);
}
