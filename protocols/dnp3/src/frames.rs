//! From link frames to fragments: what the link layer says itself, and segments put together.

use core::fmt;
use core::mem;

use tapglass_proto::{BlindReason, Message, Piece, Sink, Transport};

use crate::body::LinkBody;
use crate::exchange::{Assembled, ends};
use crate::link::{self, Header};
use crate::names;
use crate::pairing::Sent;
use crate::pairing::link_layer::Count;
use crate::session::{Arrival, Dnp3Session};
use crate::transport::{Octet, Partial, Placed, Segment, Series};

/// One whole link frame as it came.
#[derive(Clone, Copy)]
pub(crate) struct Carried<'a> {
    pub(crate) arrival: Arrival,
    pub(crate) bytes: &'a [u8],
    pub(crate) pieces: &'a [Piece],
}

impl Dnp3Session {
    /// Something odd about the present message.
    pub(crate) fn note(
        &mut self,
        arrival: Arrival,
        name: &'static str,
        text: fmt::Arguments<'_>,
        bytes: &[u8],
        out: &mut dyn Sink,
    ) {
        if !self.notes.contains(&name) {
            self.notes.push(name);
        }
        arrival.anomaly(name, text, bytes, out);
    }

    /// One good link frame.
    pub(crate) fn frame(&mut self, header: Header, carried: &Carried<'_>, out: &mut dyn Sink) {
        self.notes.clear();
        self.watch_direction(header, carried, out);
        if !header.carries_user_data() || header.user_data() == 0 {
            return self.link_frame(header, carried, out);
        }
        let mut user_data = mem::take(&mut self.user_data);
        user_data.clear();
        link::user_data(carried.bytes, &mut user_data);
        if let Some((octet, data)) = user_data.split_first() {
            self.segment(header, carried, Octet(*octet), data, out);
        }
        self.user_data = user_data;
    }

    /// One end of a connection is the master and the other the outstation: says so once when a stream carries both.
    fn watch_direction(&mut self, header: Header, carried: &Carried<'_>, out: &mut dyn Sink) {
        let now = header.is_from_master();
        let side = self.side(carried.arrival.direction);
        match &mut side.direction_bit {
            None => side.direction_bit = Some((now, false)),
            Some((before, reported)) if *before != now && !*reported => {
                *reported = true;
                let text = format_args!(
                    "the same end of the connection now sends as {}",
                    if now { "a master" } else { "an outstation" }
                );
                self.note(
                    carried.arrival,
                    "link_direction_changed",
                    text,
                    carried.bytes,
                    out,
                );
            }
            Some(_) => {}
        }
    }

    /// A frame of the link layer itself.
    fn link_frame(&mut self, header: Header, carried: &Carried<'_>, out: &mut dyn Sink) {
        let arrival = carried.arrival;
        let name = header.named_function().name;
        if name == names::UNKNOWN {
            let text = format_args!("link function {} has no meaning", header.function());
            self.note(
                arrival,
                "link_function_unknown",
                text,
                link::evidence(carried.bytes),
                out,
            );
        } else if header.carries_user_data() {
            let text = format_args!("{name} without user data");
            self.note(
                arrival,
                "link_user_data_missing",
                text,
                link::evidence(carried.bytes),
                out,
            );
        } else if header.user_data() > 0 {
            let text = format_args!(
                "{name} carries no user data, and {} octets stand here",
                header.user_data()
            );
            self.note(
                arrival,
                "link_unexpected_data",
                text,
                link::evidence(carried.bytes),
                out,
            );
        }
        let ends = ends(header, header.direction());
        let from_master = header.is_from_master();
        let mut answers = None;
        if !header.is_primary() {
            answers = self.pairing.link_answers(ends, from_master);
        } else if header.function() == link::function::RESET_LINK_STATES {
            let lost = self.pairing.link_reset(ends, from_master);
            self.given_up(arrival, lost, out);
        } else if header.count_valid() {
            self.follow_count(header, carried, out);
        }
        if header.is_primary() && !link::is_broadcast(header.destination) && name != names::UNKNOWN {
            self.link_asks(header, arrival, out);
        }
        self.link_message(header, carried, answers, out);
    }

    /// Remembers a frame that the other link layer answers.
    fn link_asks(&mut self, header: Header, arrival: Arrival, out: &mut dyn Sink) {
        let sent = Sent {
            frame: arrival.frame,
            at: arrival.at,
        };
        let ends = ends(header, header.direction());
        let lost = self.pairing.link_asks(ends, header.is_from_master(), sent);
        self.given_up(arrival, lost, out);
    }

    pub(crate) fn link_message(
        &mut self,
        header: Header,
        carried: &Carried<'_>,
        answers: Option<Sent>,
        out: &mut dyn Sink,
    ) {
        out.message(&Message {
            at: carried.arrival.at,
            frame: carried.arrival.frame,
            pieces: carried.pieces,
            from: header.direction(),
            station: Some(ends(header, header.direction()).station()),
            transport: self.transport,
            kind: "link",
            function: Some(header.named_function()),
            status: None,
            response_to: answers.map(|sent| sent.frame),
            latency: answers.map(|sent| carried.arrival.at.since(sent.at)),
            anomalies: &self.notes,
            bytes: carried.bytes,
            body: &LinkBody {
                link: header,
                frame: carried.bytes,
            },
        });
    }

    /// One transport segment.
    fn segment(
        &mut self,
        header: Header,
        carried: &Carried<'_>,
        octet: Octet,
        data: &[u8],
        out: &mut dyn Sink,
    ) {
        let arrival = carried.arrival;
        let repeats = self.sent_again(header, carried, out);
        let segment = Segment {
            series: Series {
                source: header.source,
                destination: header.destination,
                from_master: header.is_from_master(),
            },
            octet,
            data,
            frame: carried.bytes,
            pieces: carried.pieces,
        };
        if octet.is_first() {
            if self.reassembly.begins_again(&segment) {
                let text = format_args!("the first segment of a fragment came twice");
                return arrival.anomaly(
                    "transport_segment_repeated",
                    text,
                    link::evidence(carried.bytes),
                    out,
                );
            }
            if !self.reassembly.is_empty()
                && let Some(partial) = self.reassembly.interrupt(segment.series)
            {
                self.incomplete_fragment(
                    arrival,
                    "transport_incomplete",
                    "a new fragment begins",
                    &partial,
                    out,
                );
            }
            if octet.is_final() {
                return self.fragment(
                    &Assembled {
                        link: header,
                        arrival,
                        sequence: octet.sequence(),
                        segments: 1,
                        data,
                        frames: carried.bytes,
                        pieces: carried.pieces,
                        repeats,
                    },
                    out,
                );
            }
        }
        while let Some(partial) = self
            .reassembly
            .make_room(carried.bytes.len(), self.limits.message_bytes)
        {
            let text = format_args!("too many incomplete fragments: the oldest is given up");
            let bytes = Some(partial.frames.len() as u64);
            arrival.blind(BlindReason::Limit, bytes, text, out);
        }
        if octet.is_first() {
            return self.reassembly.begin(&segment, arrival.direction.index());
        }
        match self.reassembly.add(&segment) {
            Placed::Held => {}
            Placed::Repeated => {
                let text = format_args!("transport segment {} came twice", octet.sequence());
                arrival.anomaly(
                    "transport_segment_repeated",
                    text,
                    link::evidence(carried.bytes),
                    out,
                );
            }
            Placed::WithoutFirst => self.without_first(octet, carried, out),
            Placed::OutOfSequence(partial) => {
                let why = "a segment is missing";
                self.incomplete_fragment(arrival, "transport_sequence", why, &partial, out);
                self.without_first(octet, carried, out);
            }
            Placed::Complete(partial) => {
                self.fragment(
                    &Assembled {
                        link: header,
                        arrival,
                        sequence: partial.first,
                        segments: partial.segments,
                        data: &partial.data,
                        frames: &partial.frames,
                        pieces: &partial.pieces,
                        repeats,
                    },
                    out,
                );
                self.reassembly.recycle(partial);
            }
        }
    }

    /// A confirmed link frame whose acknowledgement was lost comes again, and the receiver drops it.
    fn sent_again(&mut self, header: Header, carried: &Carried<'_>, out: &mut dyn Sink) -> bool {
        if header.function() != link::function::CONFIRMED_USER_DATA {
            return false;
        }
        if !link::is_broadcast(header.destination) {
            self.link_asks(header, carried.arrival, out);
        }
        header.count_valid() && self.follow_count(header, carried, out) == Count::Again
    }

    /// The frame count bit changes with every frame in which it is valid.
    fn follow_count(&mut self, header: Header, carried: &Carried<'_>, out: &mut dyn Sink) -> Count {
        let ends = ends(header, header.direction());
        let (count, lost) =
            self.pairing
                .link_count(ends, header.is_from_master(), header.count_bit(), carried.bytes);
        self.given_up(carried.arrival, lost, out);
        // A datagram or a part of the stream that was not seen can have had the other bit.
        let may_miss = self.transport == Transport::Udp || self.sides.iter().any(|side| side.has_holes);
        match count {
            Count::Again => {
                let text = format_args!("the link layer sends the same frame again");
                let evidence = link::evidence(carried.bytes);
                self.note(carried.arrival, "link_frame_repeated", text, evidence, out);
            }
            Count::Unexpected if !may_miss => {
                let text = format_args!(
                    "the frame count bit did not change: the receiver takes this frame for a repetition and drops it"
                );
                let evidence = link::evidence(carried.bytes);
                self.note(carried.arrival, "link_frame_count", text, evidence, out);
            }
            Count::New | Count::Unexpected => {}
        }
        count
    }

    /// Segments that will never become a fragment.
    pub(crate) fn incomplete_fragment(
        &mut self,
        arrival: Arrival,
        name: &'static str,
        why: &str,
        partial: &Partial,
        out: &mut dyn Sink,
    ) {
        let text = format_args!(
            "{why} after {} segments of an application fragment",
            partial.segments
        );
        if self.side(arrival.direction).has_holes {
            arrival.blind(BlindReason::Gap, Some(partial.frames.len() as u64), text, out);
        } else {
            arrival.anomaly(name, text, link::evidence(&partial.frames), out);
        }
    }

    /// A segment whose predecessors are not here.
    fn without_first(&mut self, octet: Octet, carried: &Carried<'_>, out: &mut dyn Sink) {
        let arrival = carried.arrival;
        let text = format_args!(
            "transport segment {} continues a fragment whose start is not here",
            octet.sequence()
        );
        if self.side(arrival.direction).has_holes {
            arrival.blind(BlindReason::Gap, Some(carried.bytes.len() as u64), text, out);
        } else {
            arrival.anomaly(
                "transport_first_missing",
                text,
                link::evidence(carried.bytes),
                out,
            );
        }
    }
}
