//! Cutting messages out of a stream, and finding the next one after bytes that are none.

use tapglass_proto::{Anomaly, Sink, Step, Window};

use crate::emit::Framed;
use crate::oddity::{Flaws, Oddity};
use crate::session::{Framing, State, Work};
use crate::wire::{self, Belief, Front, Header, Judged, PREFIX};
use crate::{ascii, rtu};

const NOT_FOUND: &str = "no message could be recognised before this one";

impl State {
    /// Says why the bytes at the front are no message, once for each stretch.
    fn complain(&mut self, name: &'static str, why: &str, bytes: &[u8], work: Work<'_>, out: &mut dyn Sink) {
        out.anomaly(&Anomaly {
            at: work.chunk.at,
            frame: work.chunk.frame,
            from: work.chunk.direction,
            name,
            text: format_args!("{why}"),
            bytes,
        });
    }

    /// Passes bytes over.
    fn pass(&mut self, count: usize, work: Work<'_>) -> Step {
        self.skip(work.chunk.direction, count as u64, work.chunk.at);
        Step::Take(count)
    }

    #[inline]
    pub(crate) fn step_mbap(&mut self, window: Window<'_>, work: Work<'_>, out: &mut dyn Sink) -> Step {
        let from = work.chunk.direction;
        let bytes = window.bytes;
        let (total, odd) = if self.is_lost(from) {
            match search(bytes, work) {
                Judged::Take(total, odd) => (total, odd),
                Judged::Need(need) => return Step::Need(need),
                Judged::No(_) => return self.pass_over(bytes, work),
            }
        } else {
            match wire::judge(bytes, from, work.last) {
                Judged::Take(total, odd) => (total, odd),
                Judged::Need(whole) if work.abandoned && bytes.len() > PREFIX => {
                    let mut odd = Flaws::default();
                    let here = bytes.len();
                    odd.add(Oddity::Incomplete { here, whole });
                    (here, odd)
                }
                Judged::Need(need) => return Step::Need(need),
                Judged::No(why) => {
                    self.lose(from, work.chunk.at);
                    out.anomaly(&Anomaly {
                        at: work.chunk.at,
                        frame: work.chunk.frame,
                        from,
                        name: "not_a_modbus_header",
                        text: format_args!(
                            "no Modbus/TCP header stands where the next message must start: {why}"
                        ),
                        bytes,
                    });
                    return self.pass_over(bytes, work);
                }
            }
        };
        self.found(from);
        self.report_skipped(from, work.chunk.at, work.chunk.frame, NOT_FOUND, out);
        let message = bytes.get(..total).unwrap_or_default();
        let (unit, data_unit) = message
            .get(PREFIX - 1..)
            .and_then(<[u8]>::split_first)
            .unwrap_or((&0, &[]));
        let framed = Framed {
            framing: Framing::Mbap,
            transaction: Header::read(message).map(|header| header.transaction),
            unit: *unit,
            data_unit,
            bytes: message,
            odd,
        };
        self.message(framed, window, work.chunk, out);
        Step::Take(total)
    }

    /// Goes to the next place where a header could start.
    fn pass_over(&mut self, bytes: &[u8], work: Work<'_>) -> Step {
        let next = (1..bytes.len())
            .find(|&at| !matches!(wire::front(bytes.get(at..).unwrap_or_default()), Front::No(_)))
            .unwrap_or(bytes.len());
        self.pass(next, work)
    }

    pub(crate) fn step_rtu(&mut self, window: Window<'_>, work: Work<'_>, out: &mut dyn Sink) -> Step {
        let from = work.chunk.direction;
        let bytes = window.bytes;
        let in_step = self.in_step(from) && !self.is_lost(from);
        let length = match rtu::front(bytes, from, work.last) {
            rtu::Front::Frame(length) => length,
            rtu::Front::More(need) if in_step => return Step::Need(need),
            rtu::Front::More(need) => {
                // What only might be a frame does not stand against one further on.
                let next = rtu::next(bytes, from, work.last);
                let found = bytes
                    .get(next..)
                    .is_some_and(|rest| rtu::regular(rest, from).is_some());
                return if found {
                    self.pass(next, work)
                } else {
                    Step::Need(need)
                };
            }
            rtu::Front::No(wrong) => {
                if in_step {
                    let bad = wrong.and_then(|length| bytes.get(..length)).unwrap_or(bytes);
                    self.complain(
                        "crc_mismatch",
                        "no RTU frame with a good CRC starts here",
                        bad,
                        work,
                        out,
                    );
                }
                // Behind a frame with a wrong CRC the next one starts, if its length is right.
                let next = match wrong {
                    Some(length) if length == bytes.len() && in_step => length,
                    _ => rtu::next(bytes, from, work.last),
                };
                return self.pass(next, work);
            }
        };
        self.found(from);
        self.report_skipped(
            from,
            work.chunk.at,
            work.chunk.frame,
            "no frame with a good CRC stands there",
            out,
        );
        let frame = bytes.get(..length).unwrap_or_default();
        let framed = Framed {
            framing: Framing::Rtu,
            transaction: None,
            unit: frame.first().copied().unwrap_or(0),
            data_unit: frame.get(1..length.saturating_sub(2)).unwrap_or_default(),
            bytes: frame,
            odd: Flaws::default(),
        };
        self.message(framed, window, work.chunk, out);
        Step::Take(length)
    }

    pub(crate) fn step_ascii(&mut self, window: Window<'_>, work: Work<'_>, out: &mut dyn Sink) -> Step {
        let from = work.chunk.direction;
        let bytes = window.bytes;
        let (front, decoded) = ascii::front(bytes);
        let length = match front {
            ascii::Front::Frame(length) => length,
            ascii::Front::More => return Step::Need(bytes.len() + 1),
            ascii::Front::WrongSum(length) => {
                let bad = bytes.get(..length).unwrap_or_default();
                self.complain(
                    "lrc_mismatch",
                    "the LRC of this ASCII frame is wrong",
                    bad,
                    work,
                    out,
                );
                return self.pass(length, work);
            }
            ascii::Front::No(length, why) => {
                let junk = bytes.get(..length).unwrap_or_default();
                // Where the capture starts inside a frame, its rest is no fault of the sender.
                if self.in_step(from) && !self.is_lost(from) {
                    self.complain("ascii_frame_invalid", why, junk, work, out);
                }
                return self.pass(length.max(1), work);
            }
        };
        self.found(from);
        self.report_skipped(
            from,
            work.chunk.at,
            work.chunk.frame,
            "no ASCII frame with a good LRC stands there",
            out,
        );
        let (unit, data_unit) = decoded.content().split_first().unwrap_or((&0, &[]));
        let framed = Framed {
            framing: Framing::Ascii,
            transaction: None,
            unit: *unit,
            data_unit,
            bytes: bytes.get(..length).unwrap_or_default(),
            odd: Flaws::default(),
        };
        self.message(framed, window, work.chunk, out);
        Step::Take(length)
    }
}

/// Looks for a message that may start here or anywhere behind.
fn search(bytes: &[u8], work: Work<'_>) -> Judged {
    let header = match wire::front(bytes) {
        Front::Header(header) => header,
        Front::More => return Judged::Need(bytes.len() + 1),
        Front::No(why) => return Judged::No(why),
    };
    let fills = bytes.len() == work.chunk.bytes.len() && wire::fills(bytes);
    match wire::believable(bytes) {
        Belief::No if !fills => Judged::No("nothing speaks for a message"),
        Belief::More if work.last => Judged::No("the rest of it does not come"),
        Belief::More if !fills => Judged::Need(header.total().max(bytes.len() + 1)),
        _ => wire::judge(bytes, work.chunk.direction, work.last),
    }
}
