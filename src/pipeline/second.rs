//! Another protocol in a flow whose protocol is known: behind a proxy, or because somebody wants the first one to hide it.
//!
//! The first decoder goes on to get every byte. Segments that begin with a whole message of another protocol, and not with
//! one of its own, also go to that protocol's decoder, with what follows them until the first protocol speaks again.

use tapglass_model::CaptureTime;
use tapglass_proto::{Transport, Verdict};

use super::Shared;
use super::ends::Ends;
use super::handler::Handler;
use super::hints::Hinted;
use super::identify::{Candidate, Care, Held, Told};
use super::session::{self, Open};
use crate::flow::Delivery;
use crate::recognise::Traffic;
use crate::registry::PROTOCOLS;

/// The search for another protocol, and its decoder once it is found.
#[derive(Clone, Default)]
pub(super) struct Second {
    candidate: Candidate,
    open: Option<Box<Open>>,
    /// The last whole message of each end was the other protocol's.
    speaks: [bool; 2],
}

impl Second {
    /// There is another protocol.
    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    #[allow(clippy::too_many_arguments)]
    pub(super) fn take<H: Handler>(
        &mut self,
        first: (usize, Transport),
        ends: &Ends,
        hinted: &Hinted,
        shared: &mut Shared,
        low: bool,
        delivery: &Delivery<'_>,
        handler: &mut H,
    ) {
        let Delivery::Data {
            at,
            frame,
            carried_by,
            offset,
            sender,
            bytes,
        } = *delivery
        else {
            return;
        };
        let Some(speaks) = self.speaks.get_mut(usize::from(!low)) else {
            return;
        };
        let transport = ends.transport();
        let own = PROTOCOLS.get(first.0).is_some_and(|protocol| {
            let probe = protocol.probe(bytes, transport);
            probe.verdict == Verdict::Yes && probe.transport == first.1
        });
        if own {
            *speaks = false;
            return;
        }
        if let Some(open) = &mut self.open {
            *speaks = *speaks || open.begins(bytes, transport);
            let before = open.spoken();
            if *speaks {
                open.take_later(shared, low, delivery, handler);
            }
            // Behind two protocols there may be a third.
            let understood = !*speaks || open.spoken() != before;
            open.watch(understood, ends, hinted, shared, low, delivery, handler);
            return;
        }
        match self
            .candidate
            .look(low, bytes, transport, hinted, Care::Suspect(Some(first)))
        {
            Told::Nothing => {}
            Told::Hold => self.candidate.held.push(Held {
                low,
                at,
                frame,
                carried_by,
                offset,
                sender,
                bytes: bytes.to_vec(),
            }),
            Told::Known(identified) => {
                *speaks = true;
                shared.second = shared.second.wrapping_sub(1);
                let number = shared.second;
                let held = std::mem::take(&mut self.candidate.held);
                let since = held.first().map_or((at, frame), |held| (held.at, held.frame));
                let found = session::open(ends, hinted, shared, number, &identified, true, since, handler);
                if let Some(mut open) = found {
                    session::replay(&mut open, shared, &held, handler);
                    open.take_later(shared, low, delivery, handler);
                    self.open = Some(open);
                }
            }
        }
    }

    /// Bytes of one end are missing. The first decoder's hole is reported already; the second only must not join what
    /// does not belong together.
    pub(super) fn gap<H: Handler>(
        &mut self,
        shared: &mut Shared,
        low: bool,
        delivery: &Delivery<'_>,
        handler: &mut H,
    ) {
        let speaks = self.speaks.get(usize::from(!low)).copied().unwrap_or(false);
        if let Some(open) = &self.open
            && speaks
        {
            open.pass_over(shared, low, delivery, handler);
        }
    }

    pub(super) fn close<H: Handler>(mut self, shared: &mut Shared, at: CaptureTime, handler: &mut H) {
        if let Some(open) = &mut self.open {
            open.close(shared, [true; 2], at, Traffic::default(), handler);
        }
    }
}

impl Open {
    /// Does a segment begin with a message of this conversation's protocol?
    fn begins(&self, bytes: &[u8], transport: Transport) -> bool {
        let (protocol, framing) = self.speaks();
        PROTOCOLS.get(protocol).is_some_and(|protocol| {
            let probe = protocol.probe(bytes, transport);
            match probe.verdict {
                Verdict::Yes => probe.transport == framing,
                Verdict::Unsure => true,
                Verdict::No => false,
            }
        })
    }
}
