//! From fragments to messages: pairing, and what is handed to the sink for each.

use core::mem;

use tapglass_proto::{BlindReason, Direction, Message, Piece, Sink, Transport};

use crate::answer;
use crate::application::{Fragment, function};
use crate::body::FragmentBody;
use crate::check::Concerns;
use crate::frames::Carried;
use crate::lift::{self, Context};
use crate::link::{self, Header};
use crate::memory::Known;
use crate::pairing::select::Select;
use crate::pairing::{Ends, GivenUp, Sent, Transactions};
use crate::session::{Arrival, Dnp3Session};

/// A fragment with the link frames that carried it.
pub(crate) struct Assembled<'a> {
    /// Header of the frame that completed it.
    pub(crate) link: Header,
    pub(crate) arrival: Arrival,
    pub(crate) sequence: u8,
    pub(crate) segments: u32,
    pub(crate) data: &'a [u8],
    pub(crate) frames: &'a [u8],
    pub(crate) pieces: &'a [Piece],
    /// The link layer sent the frame again.
    pub(crate) repeats: bool,
}

/// What a message answers.
#[derive(Default)]
struct Paired {
    to: Option<Sent>,
    repeats: bool,
    select: Option<Select>,
}

impl Dnp3Session {
    /// One whole application fragment.
    pub(crate) fn fragment(&mut self, assembled: &Assembled<'_>, out: &mut dyn Sink) {
        let arrival = assembled.arrival;
        let Some(fragment) = Fragment::read(assembled.data) else {
            let text = format_args!(
                "an application fragment of {} octets has no function",
                assembled.data.len()
            );
            self.note(
                arrival,
                "application_header_short",
                text,
                link::evidence(assembled.frames),
                out,
            );
            let carried = Carried {
                arrival,
                bytes: assembled.frames,
                pieces: assembled.pieces,
            };
            return self.link_message(assembled.link, &carried, None, out);
        };
        let from = fragment.sender().unwrap_or(assembled.link.direction());
        let concerns = self.check(&fragment, assembled, from, out);
        let ends = ends(assembled.link, from);
        let mut context = Context {
            at: arrival.at,
            frame: arrival.frame,
            ends,
            source: assembled.link.source,
            fragment: &fragment,
        };
        match fragment.kind() {
            "request" => self.request(&mut context, assembled, &concerns, from, out),
            "unsolicited" => self.unsolicited(&context, assembled, &concerns, from, out),
            "confirm" => {
                let to = self.pairing.confirm(ends, fragment.control);
                let paired = Paired {
                    to,
                    ..Paired::default()
                };
                self.message(&context, assembled, from, &paired, out);
            }
            _ => self.response(&context, assembled, &concerns, from, out),
        }
    }

    fn request(
        &mut self,
        context: &mut Context<'_>,
        assembled: &Assembled<'_>,
        concerns: &Concerns,
        from: Direction,
        out: &mut dyn Sink,
    ) {
        let fragment = context.fragment;
        let retried = self
            .pairing
            .retried(context.ends, fragment.control, fragment.function, assembled.data);
        let select = if fragment.function == function::OPERATE {
            self.pairing
                .selected(context.ends, fragment.control, fragment, context.at)
        } else {
            None
        };
        let paired = Paired {
            // A reply to a challenge names it by its sequence number.
            to: concerns
                .reply
                .and_then(|sequence| self.pairing.challenged(context.ends, sequence)),
            repeats: retried.is_some() || assembled.repeats,
            select,
        };
        let forgot = self.memory.request(context.ends, concerns.memory, fragment);
        self.forgot(assembled.arrival, forgot, out);
        self.message(context, assembled, from, &paired, out);
        let mut transactions = retried.unwrap_or(Transactions {
            first: self.transactions + 1,
            count: 0,
        });
        if out.wants().operations {
            let known = Known::new(&self.memory, context.ends, fragment.function);
            transactions.count = lift::request(context, transactions, paired.repeats, &known, out);
        }
        if retried.is_none() {
            self.transactions += u64::from(transactions.count);
        }
        let lost = self.pairing.request(
            context.ends,
            fragment.control,
            fragment.function,
            assembled.data,
            Sent {
                frame: context.frame,
                at: context.at,
            },
            transactions,
        );
        self.given_up(assembled.arrival, lost, out);
    }

    fn unsolicited(
        &mut self,
        context: &Context<'_>,
        assembled: &Assembled<'_>,
        concerns: &Concerns,
        from: Direction,
        out: &mut dyn Sink,
    ) {
        let fragment = context.fragment;
        let sent = Sent {
            frame: context.frame,
            at: context.at,
        };
        let (again, lost) = self
            .pairing
            .unsolicited(context.ends, fragment.control, assembled.data, sent);
        self.given_up(assembled.arrival, lost, out);
        let forgot = self
            .memory
            .response(context.ends, concerns.memory, fragment, None);
        self.forgot(assembled.arrival, forgot, out);
        let paired = Paired {
            repeats: again || assembled.repeats,
            ..Paired::default()
        };
        self.message(context, assembled, from, &paired, out);
        if out.wants().operations {
            answer::reports(context, paired.repeats, out);
        }
    }

    fn response(
        &mut self,
        context: &Context<'_>,
        assembled: &Assembled<'_>,
        concerns: &Concerns,
        from: Direction,
        out: &mut dyn Sink,
    ) {
        let fragment = context.fragment;
        let sent = Sent {
            frame: context.frame,
            at: context.at,
        };
        let wants = out.wants().operations;
        let mut outcomes = mem::take(&mut self.outcomes);
        // The answers follow the message that carries them, and borrow the request from the table.
        let knows_requests = self.pairing.has_asked(context.ends);
        if let Some(sequence) = concerns.challenge {
            let lost = self.pairing.challenge(context.ends, sequence, sent);
            self.given_up(assembled.arrival, lost, out);
        }
        let (answered, lost) = self
            .pairing
            .response(context.ends, fragment.control, fragment.function, sent);
        let paired = Paired {
            to: answered.as_ref().map(|answered| answered.request),
            repeats: assembled.repeats,
            select: None,
        };
        let request = answered
            .as_ref()
            .and_then(|answered| Fragment::read(answered.bytes));
        let forgot = self
            .memory
            .response(context.ends, concerns.memory, fragment, request.as_ref());
        let has_holes = self.sides.iter().any(|side| side.has_holes);
        if answered.is_none() && knows_requests && !has_holes {
            let name = "response_without_request";
            if !self.notes.contains(&name) {
                self.notes.push(name);
            }
            let text = format_args!(
                "no request with sequence number {} waits for this response",
                fragment.control.sequence()
            );
            assembled
                .arrival
                .anomaly(name, text, link::evidence(assembled.frames), out);
        }
        let known = Known::new(&self.memory, context.ends, fragment.function);
        emit(
            &self.notes,
            self.transport,
            (fragment, &known),
            assembled,
            from,
            &paired,
            out,
        );
        self.memory
            .after_response(context.ends, concerns.memory, fragment, request.as_ref());
        if wants {
            answer::reports(context, paired.repeats, out);
            answer::identity(context, out);
            if let Some(answered) = answered.filter(|answered| answered.settles) {
                answer::answer(context, &answered, &mut outcomes, out);
            }
        }
        self.outcomes = outcomes;
        self.given_up(assembled.arrival, lost, out);
        self.forgot(assembled.arrival, forgot, out);
    }

    fn message(
        &mut self,
        context: &Context<'_>,
        assembled: &Assembled<'_>,
        from: Direction,
        paired: &Paired,
        out: &mut dyn Sink,
    ) {
        let fragment = context.fragment;
        let known = Known::new(&self.memory, context.ends, fragment.function);
        emit(
            &self.notes,
            self.transport,
            (fragment, &known),
            assembled,
            from,
            paired,
            out,
        );
    }

    /// Says that an open file or a data set was forgotten for a new one.
    fn forgot(&mut self, arrival: Arrival, forgot: bool, out: &mut dyn Sink) {
        if forgot {
            let text = format_args!("too many open files or data sets: the oldest is forgotten");
            arrival.blind(BlindReason::Limit, None, text, out);
        }
    }

    /// Says what was forgotten because of a limit.
    pub(crate) fn given_up(&mut self, arrival: Arrival, lost: Option<GivenUp>, out: &mut dyn Sink) {
        match lost {
            None => {}
            Some(GivenUp::Request(sent)) => {
                let text = format_args!(
                    "too many requests without answer: the one of frame {} is given up",
                    sent.frame
                );
                arrival.blind(BlindReason::Limit, None, text, out);
            }
            Some(GivenUp::Pair(ends)) => {
                let text = format_args!(
                    "too many pairs of addresses: what master {} and outstation {} last said is forgotten",
                    ends.master, ends.outstation
                );
                arrival.blind(BlindReason::Limit, None, text, out);
            }
        }
    }
}

/// Which of the two addresses is the master's.
pub(crate) const fn ends(header: Header, from: Direction) -> Ends {
    match from {
        Direction::FromClient => Ends {
            master: header.source,
            outstation: header.destination,
        },
        Direction::FromServer => Ends {
            master: header.destination,
            outstation: header.source,
        },
    }
}

fn emit(
    notes: &[&'static str],
    transport: Transport,
    (fragment, known): (&Fragment<'_>, &Known<'_>),
    assembled: &Assembled<'_>,
    from: Direction,
    paired: &Paired,
    out: &mut dyn Sink,
) {
    let arrival = assembled.arrival;
    out.message(&Message {
        at: arrival.at,
        frame: arrival.frame,
        pieces: assembled.pieces,
        from,
        station: Some(ends(assembled.link, from).station()),
        transport,
        kind: fragment.kind(),
        function: Some(fragment.named_function()),
        status: None,
        response_to: paired.to.map(|sent| sent.frame),
        latency: paired.to.map(|sent| arrival.at.since(sent.at)),
        anomalies: notes,
        bytes: assembled.frames,
        body: &FragmentBody {
            link: assembled.link,
            frames: assembled.frames,
            sequence: assembled.sequence,
            segments: assembled.segments,
            fragment: *fragment,
            known: *known,
            select: paired.select,
            from,
        },
    });
}
