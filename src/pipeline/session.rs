//! A flow and the decoder that reads it.

use tapglass_model::CaptureTime;
use tapglass_proto::{Anomaly, Blind, BlindReason, Chunk, Direction, SessionId, Transport};

use super::handler::{Handler, Scope};
use super::identify::{Candidate, Held, Identified, Told};
use super::servers::Place;
use super::shadow::{Budget, Shadow};
use super::{Shared, hinted, vlan_list};
use crate::conversation::{Context, Conversation, Party};
use crate::flow::{Delivery, Difference, Missing, Other, Sender};
use crate::link::Vlans;
use crate::registry::PROTOCOLS;

/// Holes of one direction of a conversation that are reported one by one; later ones together for each second.
const HOLES: u32 = 1_000;
/// Holes within this time are reported together.
const TOGETHER: i64 = tapglass_model::SECOND;
/// Second readings of a conversation at the same time; the oldest ends first.
const SHADOWS: usize = 4;
/// With at least so many messages of one side and none of the other, the other side is not in the capture.
const ONE_SIDED: u64 = 3;

/// One flow.
pub(super) struct Flow {
    pub(super) number: u32,
    pub(super) low: Party,
    pub(super) high: Party,
    /// Who opened the connection, when its start was seen.
    pub(super) initiator_is_low: Option<bool>,
    pub(super) vlans: Vlans,
    pub(super) ip_protocol: u8,
    pub(super) app: App,
}

/// What is known of a flow's content.
pub(super) enum App {
    /// Nothing yet.
    Unknown(Box<Candidate>),
    /// The protocol, and its decoder.
    Open(Box<Open>),
    /// None of the protocols, or over.
    Over,
}

/// A flow whose protocol is known.
pub(super) struct Open {
    conversation: Conversation,
    server: u32,
    session: SessionId,
    client_is_low: bool,
    /// Messages from client and server.
    spoken: [u64; 2],
    since: CaptureTime,
    last_frame: u64,
    transport: Transport,
    holes: [Holes; 2],
    /// Second readings that still go on.
    shadows: Vec<Shadow>,
    budget: Budget,
    /// Differing segments so far.
    others: u64,
}

/// Holes of one direction: many are reported together.
#[derive(Clone, Copy, Default)]
struct Holes {
    reported: u32,
    merged: Option<Merged>,
}

/// Holes that follow each other soon.
#[derive(Clone, Copy)]
struct Merged {
    count: u64,
    from: CaptureTime,
    until: CaptureTime,
    frame: u64,
    bytes: u64,
    cut_off: bool,
}

impl Flow {
    /// Nothing is read of it any more.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.app, App::Over)
    }
}

impl App {
    pub(super) fn new() -> Self {
        Self::Unknown(Box::default())
    }
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
        App::Open(open) => open.take(shared, low, delivery, handler),
        App::Over => {}
        App::Unknown(candidate) => {
            let Delivery::Data {
                at,
                frame,
                carried_by,
                offset,
                sender,
                bytes,
            } = *delivery
            else {
                candidate.forget();
                return;
            };
            let transport = if flow.ip_protocol == 6 {
                Transport::Tcp
            } else {
                Transport::Udp
            };
            let hints = hinted(
                &shared.hints,
                (flow.low.ip, flow.low.port),
                (flow.high.ip, flow.high.port),
            );
            let told = candidate.look(low, bytes, transport, hints.map(|(named, _)| named));
            let hold = |candidate: &mut Candidate| {
                candidate.held.push(Held {
                    low,
                    at,
                    frame,
                    carried_by,
                    offset,
                    sender,
                    bytes: bytes.to_vec(),
                });
            };
            match told {
                Told::Hold => hold(candidate),
                Told::Nothing => {}
                Told::GiveUp => {
                    shared.counters.unrecognised += 1;
                    flow.app = App::Over;
                }
                Told::Known(identified) => {
                    let held = std::mem::take(&mut candidate.held);
                    let server_is_low = hints.get(identified.protocol).and_then(|(_, at_low)| *at_low);
                    let first = held.first().map_or((at, frame), |held| (held.at, held.frame));
                    open(flow, shared, &identified, server_is_low, opened, first, handler);
                    for waited in &held {
                        let delivery = Delivery::Data {
                            at: waited.at,
                            frame: waited.frame,
                            carried_by: waited.carried_by,
                            offset: waited.offset,
                            sender: waited.sender,
                            bytes: &waited.bytes,
                        };
                        if let App::Open(open) = &mut flow.app {
                            open.take(shared, waited.low, &delivery, handler);
                        }
                    }
                    if let App::Open(open) = &mut flow.app {
                        open.take(shared, low, delivery, handler);
                    }
                }
            }
        }
    }
}

/// Starts decoding.
fn open<H: Handler>(
    flow: &mut Flow,
    shared: &mut Shared,
    identified: &Identified,
    server_is_low: Option<bool>,
    opened: bool,
    first: (CaptureTime, u64),
    handler: &mut H,
) {
    let client_is_low = match (identified.client_is_low, server_is_low, flow.initiator_is_low) {
        (Some((low, true)), _, _) => low,
        (_, Some(server_is_low), _) => !server_is_low,
        (_, _, Some(initiator_is_low)) => initiator_is_low,
        (Some((low, false)), _, _) => low,
        // A server listens at a port below those that clients are given.
        (None, None, None) => flow.low.port >= flow.high.port,
    };
    let (client, server) = if client_is_low {
        (flow.low, flow.high)
    } else {
        (flow.high, flow.low)
    };
    let place = Place {
        protocol: identified.protocol,
        ip: server.ip,
        port: server.port,
    };
    let (Some(protocol), Some(index)) = (PROTOCOLS.get(identified.protocol), shared.servers.join(place))
    else {
        flow.app = App::Over;
        return;
    };
    let Some(decoder) = shared.servers.get_mut(index) else {
        return;
    };
    let session = decoder.open(identified.transport, !opened);
    shared.counters.conversations += 1;
    let mut open = Open {
        conversation: Conversation::new(
            flow.number,
            protocol.name(),
            flow.ip_protocol,
            client,
            server,
            vlan_list(&flow.vlans),
        ),
        server: index,
        session,
        client_is_low,
        spoken: [0; 2],
        since: first.0,
        last_frame: first.1,
        transport: identified.transport,
        holes: [Holes::default(); 2],
        shadows: Vec::new(),
        budget: Budget::default(),
        others: 0,
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
    flow.app = App::Open(Box::new(open));
}

impl Open {
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

    #[inline]
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
                if !self.shadows.is_empty() {
                    self.follow(&chunk, sender, handler);
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
                let hole = Merged {
                    count: 1,
                    from,
                    until,
                    frame,
                    bytes: missing.unwrap_or(0),
                    cut_off: why == Missing::CutOff,
                };
                self.hole(direction, hole, missing.is_some(), handler);
                self.shadows.retain(|shadow| shadow.direction != direction);
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
        }
    }

    fn nobody(&self) -> Context<'_> {
        self.context(Sender::default(), true)
    }

    /// Reports a hole, or keeps it to be reported with the next ones.
    fn hole<H: Handler>(&mut self, direction: Direction, hole: Merged, known: bool, handler: &mut H) {
        let Some(holes) = self.holes.get_mut(direction.index()) else {
            return;
        };
        if holes.reported < HOLES || !known {
            holes.reported = holes.reported.saturating_add(1);
            return self.tell_hole(direction, hole, known, handler);
        }
        match &mut holes.merged {
            Some(merged)
                if merged.cut_off == hole.cut_off && hole.until.since(merged.from).abs() <= TOGETHER =>
            {
                merged.count += 1;
                merged.until = hole.until;
                merged.frame = hole.frame;
                merged.bytes += hole.bytes;
            }
            merged => {
                let last = merged.replace(hole);
                if let Some(last) = last {
                    self.tell_hole(direction, last, true, handler);
                }
            }
        }
    }

    fn tell_hole<H: Handler>(&self, direction: Direction, hole: Merged, known: bool, handler: &mut H) {
        let Merged {
            count,
            from,
            until,
            frame,
            bytes,
            cut_off,
        } = hole;
        let name = direction.name();
        let mut blind = |text| {
            let context = self.context(Sender::default(), direction == Direction::FromClient);
            let reason = if cut_off {
                BlindReason::Truncated
            } else {
                BlindReason::Gap
            };
            handler.blind(
                &context,
                &Blind {
                    from,
                    until,
                    frame,
                    direction: Some(direction),
                    bytes: known.then_some(bytes),
                    reason,
                    text,
                },
            );
        };
        match (known, cut_off, count) {
            (false, ..) => blind(format_args!(
                "the sequence numbers of the {name} jump; an unknown number of bytes is not in the capture"
            )),
            (_, false, 1) => blind(format_args!("{bytes} bytes from the {name} are not in the capture")),
            (_, true, 1) => blind(format_args!(
                "{bytes} bytes from the {name} were cut off when the frame was captured"
            )),
            (_, false, more) => blind(format_args!(
                "{bytes} bytes from the {name} in {more} places are not in the capture"
            )),
            (_, true, more) => blind(format_args!(
                "{bytes} bytes from the {name} in {more} frames were cut off when they were captured"
            )),
        }
    }

    /// Second readings go on with what is delivered.
    #[cold]
    fn follow<H: Handler>(&mut self, chunk: &Chunk<'_>, sender: Sender, handler: &mut H) {
        let mut shadows = std::mem::take(&mut self.shadows);
        let context = self.context(sender, chunk.direction == Direction::FromClient);
        shadows.retain_mut(|shadow| {
            shadow.direction != chunk.direction || shadow.follow(chunk, context, handler)
        });
        self.shadows = shadows;
    }

    /// Says how a segment differs from what was delivered.
    fn tell_other<H: Handler>(
        &self,
        direction: Direction,
        other: &Other,
        checksum: Option<bool>,
        handler: &mut H,
    ) {
        let context = self.context(other.sender, direction == Direction::FromClient);
        let mut anomaly = |name, text| {
            handler.anomaly(
                &context,
                &Anomaly {
                    at: other.at,
                    frame: other.frame,
                    from: direction,
                    name,
                    text,
                    bytes: &other.bytes,
                },
            );
        };
        let checksum = match checksum {
            Some(true) => "; its TCP checksum is right",
            Some(false) => "; its TCP checksum is wrong",
            None => "",
        };
        let count = other.bytes.len();
        let name = name_of(other.difference);
        match other.difference {
            Difference::Conflict {
                differing,
                first_frame,
                first_ttl,
            } => anomaly(
                name,
                format_args!(
                    "{differing} of {count} bytes differ from those of frame {} for the same place of the stream \
                     (time to live {first_ttl} then, {} now{checksum}); which the receiver took is not known",
                    crate::records::frame_number(first_frame),
                    other.sender.ttl
                ),
            ),
            Difference::Astray => anomaly(
                name,
                format_args!(
                    "the sequence number is far from the stream and nothing confirms it (time to live {}{checksum})",
                    other.sender.ttl
                ),
            ),
            Difference::Urgent => anomaly(
                name,
                format_args!("urgent data, which some receivers take out of the stream{checksum}"),
            ),
            // Late is not wrong.
            Difference::Late => {}
        }
    }

    /// Reads a differing segment in its place, beside the stream.
    fn other<H: Handler>(
        &mut self,
        direction: Direction,
        other: &Other,
        checksum: Option<bool>,
        handler: &mut H,
    ) {
        self.tell_other(direction, other, checksum, handler);
        match self.budget.take(other.at) {
            Ok(true) => {}
            Ok(false) => return,
            Err(()) => {
                return self.blind(
                    (other.at, other.frame),
                    BlindReason::Limit,
                    format_args!("too many segments that differ from the stream; for a minute no more of them are read"),
                    handler,
                );
            }
        }
        let Some(protocol) = PROTOCOLS
            .iter()
            .find(|protocol| protocol.name() == self.conversation.protocol)
        else {
            return;
        };
        self.others += 1;
        let shadow = Shadow::new(
            *protocol,
            self.transport,
            direction,
            other,
            (name_of(other.difference), self.others),
            self.context(other.sender, direction == Direction::FromClient),
            handler,
        );
        if self.shadows.len() == SHADOWS {
            self.shadows.remove(0);
        }
        self.shadows.push(shadow);
    }

    /// The conversation is over.
    fn close<H: Handler>(&mut self, shared: &mut Shared, at: CaptureTime, handler: &mut H) {
        for direction in [Direction::FromClient, Direction::FromServer] {
            let holes = self.holes.get_mut(direction.index());
            if let Some(last) = holes.and_then(|holes| holes.merged.take()) {
                self.tell_hole(direction, last, true, handler);
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
        let missing = match self.spoken {
            [0, server] if server >= ONE_SIDED => Some(Direction::FromClient),
            [client, 0] if client >= ONE_SIDED => Some(Direction::FromServer),
            _ => None,
        };
        if let Some(direction) = missing {
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
        handler.closed(&self.conversation, at);
    }
}

/// The word of records for a difference.
const fn name_of(difference: Difference) -> &'static str {
    match difference {
        Difference::Conflict { .. } => "tcp_overlap_conflict",
        Difference::Late => "late_segment",
        Difference::Astray => "tcp_astray_segment",
        Difference::Urgent => "tcp_urgent_data",
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
            open.tell_other(open.direction(low), other, checksum, handler);
        }
    } else if let App::Open(open) = &mut flow.app {
        open.other(open.direction(low), other, checksum, handler);
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
        let hole = Merged {
            count: 1,
            from: at,
            until: at,
            frame,
            bytes: u64::from(missing),
            cut_off: true,
        };
        open.hole(open.direction(low), hole, true, handler);
    }
}

/// Ends the decoding of a flow.
pub(super) fn close<H: Handler>(flow: &mut Flow, shared: &mut Shared, at: CaptureTime, handler: &mut H) {
    match std::mem::replace(&mut flow.app, App::Over) {
        App::Open(mut open) => open.close(shared, at, handler),
        App::Unknown(candidate) if !candidate.held.is_empty() => shared.counters.unrecognised += 1,
        App::Unknown(_) | App::Over => {}
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
