//! From frames to decoders: finds the flow, puts the stream in order, finds the protocol, hands the bytes over.

mod counters;
mod differing;
mod ends;
mod flow;
mod handler;
mod hints;
mod holes;
mod identify;
mod pauses;
mod search;
mod second;
mod secure;
mod servers;
mod session;
mod shadow;
mod transport;

pub use counters::Counters;
pub use handler::Handler;
pub use hints::{Hint, hints_of};

use tapglass_model::{CaptureTime, MILLISECOND};
use tapglass_proto::Limits;

use crate::capture::{Frame, LinkType};
use crate::conversation::Party;
use crate::flow::{
    Datagrams, Delivery, End, FlowLimits, Fragments, History, Key, Put, Segment, Sender, Stream, Table,
};
use crate::keys::KeyRing;
use crate::link::{self, Fragment, Packet, Vlans};
use crate::recognise::LinkTalks;
use ends::Ends;
use flow::Flow;
use identify::Glances;
use pauses::Pauses;
use servers::Servers;
use transport::{Tcp, Udp};

/// How often flows with holes are looked at although no packet of theirs comes.
const SWEEP: i64 = 100 * MILLISECOND;

/// Everything between a frame and a decoder.
#[derive(Clone)]
pub struct Pipeline {
    table: Table<Flow>,
    shared: Shared,
    fragments: Fragments,
    datagrams: Datagrams,
    /// The last bytes of all streams.
    history: History,
    pauses: Pauses,
    /// Places of flows in which a segment waits for one before it.
    waiting: Vec<u32>,
    next_sweep: CaptureTime,
    /// The latest time seen.
    now: CaptureTime,
}

/// What all flows share.
#[derive(Clone)]
struct Shared {
    servers: Servers,
    hints: Vec<Hint>,
    glances: Glances,
    limits: FlowLimits,
    counters: Counters,
    /// What is odd about the packet that is read, for the messages that it carries.
    mark: Option<&'static str>,
    /// Conversations without IP.
    link_talks: LinkTalks,
    /// Second conversations in one flow; their numbers count down from the highest.
    second: u32,
}

impl Pipeline {
    /// A pipeline that expects protocols also at the ports of `hints`.
    #[must_use]
    pub fn new(hints: Vec<Hint>, limits: FlowLimits, decoders: Limits) -> Self {
        Self {
            table: Table::new(limits.flows),
            shared: Shared {
                servers: Servers::new(decoders),
                hints,
                glances: Glances::default(),
                limits,
                counters: Counters::default(),
                mark: None,
                link_talks: LinkTalks::default(),
                second: 0,
            },
            fragments: Fragments::default(),
            datagrams: Datagrams::default(),
            history: History::default(),
            pauses: Pauses::default(),
            waiting: Vec::new(),
            next_sweep: CaptureTime(i64::MIN),
            now: CaptureTime(i64::MIN),
        }
    }

    /// Reads what is encrypted with these keys, in conversations that begin from now on.
    pub fn use_keys(&mut self, keys: &KeyRing) {
        self.shared.servers.keys = Some(keys.shared());
    }

    /// What was seen so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let streams = self.history.counts;
        let counters = &self.shared.counters;
        Counters {
            streams,
            copies: streams.copies + counters.copies_of_datagrams + counters.copies_of_fragments,
            ..counters.clone()
        }
    }

    /// Flows that are followed now.
    #[must_use]
    pub fn open_flows(&self) -> usize {
        self.table.len()
    }

    /// Reads one frame.
    pub fn frame<H: Handler>(&mut self, frame: &Frame<'_>, handler: &mut H) {
        let counters = &mut self.shared.counters;
        counters.frames += 1;
        counters.bytes += frame.bytes.len() as u64;
        handler.frame(frame.at, frame.number);
        self.pauses.frame(frame.at, frame.number, handler);
        self.now = self.now.max(frame.at);
        if !self.waiting.is_empty() && frame.at >= self.next_sweep {
            self.sweep(frame.at, handler);
        }
        // Looked at where it is: a packet is large to be moved for each frame.
        let found = link::packet(frame);
        let packet = match &found {
            Ok(packet) => packet,
            &Err(why) => {
                if matches!(why, link::NoPacket::NotIp(_)) && frame.link_type == LinkType::ETHERNET {
                    let shared = &mut self.shared;
                    let table = &mut shared.counters.recognised;
                    shared
                        .link_talks
                        .frame(frame.at, frame.number, frame.bytes, table);
                }
                return self.shared.counters.no_packet(why);
            }
        };
        if packet.missing > 0 {
            self.shared.counters.truncated += 1;
        }
        match packet.fragment {
            Some(fragment) => self.fragment(frame, packet, fragment, handler),
            None => self.packet(frame, packet, handler),
        }
    }

    /// A piece of a packet. Where pieces overlap and differ, receivers choose differently, so both readings are followed.
    #[cold]
    fn fragment<H: Handler>(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        fragment: Fragment,
        handler: &mut H,
    ) {
        let put = self.fragments.push(frame.at, packet, fragment);
        let counters = &mut self.shared.counters;
        counters.fragments_given_up = self.fragments.given_up;
        counters.fragments_overlapping = self.fragments.overlaps;
        counters.copies_of_fragments = self.fragments.copies;
        let Put::Whole {
            protocol,
            payload,
            other,
        } = put
        else {
            return;
        };
        let piece = Packet { protocol, ..*packet };
        self.whole(frame, &piece, &payload, handler);
        if let Some(other) = other {
            self.shared.mark = Some("ip_fragment_overlap");
            self.whole(frame, &piece, &other, handler);
            self.shared.mark = None;
        }
    }

    fn whole<H: Handler>(&mut self, frame: &Frame<'_>, piece: &Packet<'_>, payload: &[u8], handler: &mut H) {
        match link::whole(piece, payload) {
            Ok(packet) => match packet.fragment {
                Some(fragment) => self.fragment(frame, &packet, fragment, handler),
                None => self.packet(frame, &packet, handler),
            },
            Err(why) => self.shared.counters.no_packet(why),
        }
    }

    fn packet<H: Handler>(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, handler: &mut H) {
        if packet.protocol == 6 {
            self.shared.counters.tcp += 1;
            match transport::tcp(packet.payload) {
                Some(tcp) => self.tcp(frame, packet, &tcp, handler),
                None => self.shared.counters.damaged_headers += 1,
            }
        } else {
            self.shared.counters.udp += 1;
            match transport::udp(packet.payload) {
                Some(udp) => self.udp(frame, packet, &udp, handler),
                None => self.shared.counters.damaged_headers += 1,
            }
        }
    }

    fn tcp<H: Handler>(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, tcp: &Tcp<'_>, handler: &mut H) {
        let source = End {
            ip: packet.source,
            port: tcp.source,
        };
        let destination = End {
            ip: packet.destination,
            port: tcp.destination,
        };
        let (key, low) = Key::new(source, destination, packet.protocol);
        let place = match self.table.find(&key) {
            Some(place) => place,
            // A flow begins with a SYN or with data; stray acknowledgements and resets open nothing.
            None if tcp.payload.is_empty() && !tcp.syn => return,
            None => self.add(
                key,
                low,
                frame,
                packet,
                source,
                destination,
                tcp.syn.then_some(!tcp.ack),
                handler,
            ),
        };
        let settled = |[first, second]: &[Stream; 2]| first.is_settled() && second.is_settled();
        let place = match self.table.get_mut(place) {
            Some(entry) if !tcp.syn && settled(&entry.streams) => place,
            _ => {
                let ends = (source, destination);
                self.reopened(place, key, low, frame, packet, ends, tcp, handler)
            }
        };
        let Some(entry) = self.table.get_mut(place) else {
            return;
        };
        entry.last = frame.at;
        entry.app.count(frame, &mut self.shared.counters.recognised);
        let segment = Segment {
            sequence: tcp.sequence,
            syn: tcp.syn,
            fin: tcp.fin,
            urgent: tcp.urgent,
            bytes: tcp.payload,
            missing: packet.missing,
            at: frame.at,
            frame: frame.number,
            offset: packet.offset + tcp.offset,
            sender: Sender {
                mac: packet.source_mac,
                ttl: packet.ttl,
            },
            mark: packet.mark,
        };
        let [first, second] = &mut entry.streams;
        let (mine, other) = if low { (first, second) } else { (second, first) };
        if tcp.ack {
            other.acknowledge(tcp.acknowledgement);
        }
        let flow = &mut entry.app;
        mine.unread = flow.is_over();
        flow.hears(low);
        let shared = &mut self.shared;
        let limits = shared.limits;
        let waited = mine.waits() || other.waits();
        let opened = mine.opened || other.opened || tcp.syn;
        let reset = mine.accepts_reset(tcp.sequence);
        mine.push(
            &segment,
            &limits,
            &mut self.history,
            &mut |delivery| match delivery {
                Delivery::Other(other) => {
                    let checksum = (other.frame == frame.number)
                        .then(|| transport::checksum(packet))
                        .flatten();
                    session::other(flow, shared, low, opened, other, checksum, handler);
                }
                delivery => session::deliver(flow, shared, low, opened, &delivery, handler),
            },
        );
        if mine.waits() && !waited {
            self.waiting.push(place);
            self.next_sweep = self.next_sweep.min(frame.at.plus(SWEEP)).max(frame.at);
        }
        let over = (tcp.rst && reset) || (mine.closed && other.closed);
        if over {
            let both = [true, false];
            for end in both {
                self.finish_stream(place, end, handler);
            }
            if let Some(entry) = self.table.get_mut(place) {
                let [first, second] = &mut entry.streams;
                first.closed = true;
                second.closed = true;
                session::close(&mut entry.app, &mut self.shared, frame.at, handler);
            }
        }
    }

    /// Finds out whether a segment begins another connection on the same ports, or goes on with one that seemed over.
    ///
    /// A SYN alone proves nothing: it can be forged, and the ends of a live connection ignore it. It counts when the old
    /// connection is over, when the other end agrees (SYN and ACK), or when data follows it.
    #[cold]
    #[allow(clippy::too_many_arguments)]
    fn reopened<H: Handler>(
        &mut self,
        place: u32,
        key: Key,
        low: bool,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        ends: (End, End),
        tcp: &Tcp<'_>,
        handler: &mut H,
    ) -> u32 {
        let Some(entry) = self.table.get_mut(place) else {
            return place;
        };
        let [first, second] = &mut entry.streams;
        let (mine, other) = if low { (first, second) } else { (second, first) };
        let over = mine.closed && other.closed;
        let from_initiator = if tcp.syn && mine.is_new_connection(tcp.sequence) {
            let agreed = tcp.ack && other.asked == Some(tcp.acknowledgement);
            if !agreed && !over {
                if !tcp.ack {
                    mine.asked = Some(tcp.sequence.wrapping_add(1));
                }
                return place;
            }
            Some(!tcp.ack)
        } else if !tcp.payload.is_empty() && mine.asked.is_some() && mine.asked == Some(tcp.sequence) {
            Some(true)
        } else if !tcp.payload.is_empty() && over && mine.goes_on(tcp.sequence) {
            // Reset or ended, and yet it goes on: the end was forged, or one side did not accept it.
            None
        } else {
            return place;
        };
        self.finish_flow(place, frame.at, handler);
        self.table.remove(place);
        self.add(key, low, frame, packet, ends.0, ends.1, from_initiator, handler)
    }

    fn udp<H: Handler>(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, udp: &Udp<'_>, handler: &mut H) {
        if udp.payload.is_empty() {
            return;
        }
        let source = End {
            ip: packet.source,
            port: udp.source,
        };
        let destination = End {
            ip: packet.destination,
            port: udp.destination,
        };
        let (key, low) = Key::new(source, destination, packet.protocol);
        let place = match self.table.find(&key) {
            Some(place) => place,
            None => self.add(key, low, frame, packet, source, destination, None, handler),
        };
        let Some(entry) = self.table.get_mut(place) else {
            return;
        };
        entry.last = frame.at;
        if entry.app.is_over() {
            return;
        }
        if self.shared.mark.is_none() && self.datagrams.is_copy(frame.at, packet) {
            self.shared.counters.copies_of_datagrams += 1;
            return;
        }
        entry.app.hears(low);
        entry.app.count(frame, &mut self.shared.counters.recognised);
        let cut = packet.missing > 0;
        if cut {
            self.shared.mark = Some("cut_off");
        }
        let delivery = Delivery::Data {
            at: frame.at,
            frame: frame.number,
            carried_by: frame.number,
            offset: packet.offset + udp.offset,
            sender: Sender {
                mac: packet.source_mac,
                ttl: packet.ttl,
            },
            bytes: udp.payload,
        };
        session::deliver(&mut entry.app, &mut self.shared, low, true, &delivery, handler);
        if cut {
            self.shared.mark = None;
            session::cut_datagram(
                &mut entry.app,
                low,
                frame.at,
                frame.number,
                packet.missing,
                handler,
            );
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn add<H: Handler>(
        &mut self,
        key: Key,
        low: bool,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        source: End,
        destination: End,
        from_initiator: Option<bool>,
        handler: &mut H,
    ) -> u32 {
        let party = |end: End, mac| Party {
            mac,
            ip: end.ip,
            port: end.port,
        };
        let (from, to) = (
            party(source, packet.source_mac),
            party(destination, packet.destination_mac),
        );
        let ends = Ends {
            number: self.table.seen(),
            low: if low { from } else { to },
            high: if low { to } else { from },
            initiator_is_low: from_initiator.map(|initiator| initiator == low),
            vlans: packet.vlans,
            ip_protocol: packet.protocol,
        };
        if from_initiator == Some(true) {
            handler.connects(
                source.ip,
                destination.ip,
                destination.port,
                frame.at,
                frame.number,
            );
        }
        let flow = Flow::new(ends, &self.shared.hints, frame);
        let (place, dropped) = self.table.add(key, frame.at, flow);
        if let Some(mut dropped) = dropped {
            for stream in &dropped.streams {
                self.history.waiting = self.history.waiting.saturating_sub(stream.waiting_bytes());
            }
            self.shared.counters.flows_given_up += 1;
            session::give_up(
                &mut dropped.app,
                &mut self.shared,
                frame.at,
                frame.number,
                handler,
            );
        }
        place
    }

    /// Looks at flows with holes: time alone can decide that a hole will not be filled.
    fn sweep<H: Handler>(&mut self, now: CaptureTime, handler: &mut H) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.retain(|&place| {
            let Some(entry) = self.table.get_mut(place) else {
                return false;
            };
            let [first, second] = &mut entry.streams;
            let both = first.spoke && second.spoke;
            let opened = first.opened || second.opened;
            for (stream, low) in [(&mut *first, true), (&mut *second, false)] {
                let (flow, shared) = (&mut entry.app, &mut self.shared);
                stream.check(now, both, &mut self.history, &mut |delivery| {
                    session::deliver(flow, shared, low, opened, &delivery, handler);
                });
            }
            first.waits() || second.waits()
        });
        self.waiting = waiting;
        self.next_sweep = now.plus(SWEEP);
    }

    /// Delivers what waits behind holes of one end: nothing will fill them.
    fn finish_stream<H: Handler>(&mut self, place: u32, low: bool, handler: &mut H) {
        let Some(entry) = self.table.get_mut(place) else {
            return;
        };
        let [first, second] = &mut entry.streams;
        let opened = first.opened || second.opened;
        let stream = if low { first } else { second };
        let (flow, shared) = (&mut entry.app, &mut self.shared);
        stream.skip_all(&mut self.history, &mut |delivery| {
            session::deliver(flow, shared, low, opened, &delivery, handler);
        });
    }

    fn finish_flow<H: Handler>(&mut self, place: u32, at: CaptureTime, handler: &mut H) {
        self.finish_stream(place, true, handler);
        self.finish_stream(place, false, handler);
        if let Some(entry) = self.table.get_mut(place) {
            session::close(&mut entry.app, &mut self.shared, at, handler);
        }
    }

    /// The capture is over: everything that still waits is delivered or reported.
    pub fn finish<H: Handler>(&mut self, handler: &mut H) {
        for place in self.table.places() {
            self.finish_flow(place, self.now, handler);
        }
        let waiting = self.fragments.waiting() as u64;
        self.shared.counters.fragments_given_up = self.fragments.given_up + waiting;
        self.pauses.finish(handler);
        for seen in self.shared.link_talks.all() {
            handler.recognised(seen);
        }
    }
}

/// VLAN ids for a conversation.
fn vlan_list(vlans: &Vlans) -> Vec<u16> {
    vlans.as_slice().to_vec()
}
