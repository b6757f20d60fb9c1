//! Which request a response answers, which response a confirmation confirms, and what was sent twice
//! (IEEE 1815-2012 4.3, 4.4 and clause 5).
//!
//! Requests and solicited responses share the sequence numbers of their master; unsolicited responses have their own.
//! Authentication runs inside a request with the same number, so it has a lane of its own here.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use tapglass_proto::model::CaptureTime;

use crate::application::{Control, function};
use crate::link;

/// Fragments up to this length are kept to recognise a retry and to compare an echo; outstations need not take more
/// than 2,048 octets. A longer one is never called a retry.
const KEPT: usize = 4_096;

/// Master and outstation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ends {
    pub(crate) master: u16,
    pub(crate) outstation: u16,
}

/// Which exchange a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Plain,
    Authentication,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    ends: Ends,
    lane: Lane,
    sequence: u8,
}

/// Numbers that pair operations with answers: the first and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transactions {
    pub(crate) first: u64,
    pub(crate) count: u32,
}

/// A request that was sent.
#[derive(Debug, Default)]
struct Request {
    number: u64,
    sent: Sent,
    /// The whole fragment, empty when it was longer than is kept.
    bytes: Vec<u8>,
    transactions: Transactions,
    /// A response came, or none will.
    is_settled: bool,
}

/// When and where something was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) frame: u64,
    pub(crate) at: CaptureTime,
}

/// What is known of the traffic between a master and an outstation.
#[derive(Debug, Default)]
struct Pair {
    /// Number of the last use.
    used: u64,
    last_request: Option<Key>,
    /// The last solicited response with its sequence number.
    solicited: Option<(u8, Sent)>,
    unsolicited: Option<(u8, Sent)>,
    /// The last unsolicited fragment, while nobody has confirmed it.
    unconfirmed: Vec<u8>,
    /// The sequence number of the next fragment of a response that takes several, and its request.
    series: Option<(u8, Key)>,
    /// The last confirmed link frame in each direction.
    link_frames: [Vec<u8>; 2],
}

/// Requests and responses of one connection.
#[derive(Debug)]
pub(crate) struct Pairing {
    requests: BTreeMap<Key, Request>,
    /// The requests in the order they came; entries whose number is no longer in the table are stale.
    order: VecDeque<(u64, Key)>,
    pairs: BTreeMap<Ends, Pair>,
    count: u64,
    most: usize,
}

/// What was given up because a limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// The oldest request that had no answer.
    Request(Sent),
    /// Everything about the pair that was silent for the longest time.
    Pair(Ends),
}

/// The request that a response answers.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) request: Sent,
    pub(crate) transactions: Transactions,
    /// Those of the reply to a challenge, which the same response settles.
    pub(crate) authentication: Transactions,
    /// The request's fragment, empty when it was too long to be kept.
    pub(crate) bytes: &'a [u8],
    /// True for the response that settles the request: not for a challenge, a repetition or a further fragment.
    pub(crate) settles: bool,
}

impl Pairing {
    /// At most `most` requests are remembered.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            requests: BTreeMap::new(),
            order: VecDeque::new(),
            pairs: BTreeMap::new(),
            count: 0,
            most: most.max(1),
        }
    }

    /// The transactions of the request that this one repeats: the last one of this pair, not answered, the same
    /// octets. The same octets after another request are a new command.
    pub(crate) fn retried(
        &self,
        ends: Ends,
        control: Control,
        code: u8,
        bytes: &[u8],
    ) -> Option<Transactions> {
        let key = key(ends, control, code);
        let pair = self.pairs.get(&ends)?;
        let earlier = self.requests.get(&key)?;
        // Requests that want no answer are settled from the start, and their repetition is one all the same.
        let waits = !earlier.is_settled || crate::application::wants_no_response(code);
        (waits && pair.last_request == Some(key) && !bytes.is_empty() && earlier.bytes == bytes)
            .then_some(earlier.transactions)
    }

    /// True when requests of this pair were seen: then a response without one is odd.
    pub(crate) fn has_asked(&self, ends: Ends) -> bool {
        self.pairs
            .get(&ends)
            .is_some_and(|pair| pair.last_request.is_some())
    }

    /// Remembers a request.
    pub(crate) fn request(
        &mut self,
        ends: Ends,
        control: Control,
        code: u8,
        bytes: &[u8],
        sent: Sent,
        transactions: Transactions,
    ) -> Option<GivenUp> {
        let key = key(ends, control, code);
        self.count += 1;
        let number = self.count;
        let request = self.requests.entry(key).or_default();
        request.number = number;
        request.sent = sent;
        request.bytes.clear();
        if bytes.len() <= KEPT {
            request.bytes.extend_from_slice(bytes);
        }
        request.transactions = transactions;
        request.is_settled =
            crate::application::wants_no_response(code) || link::is_broadcast(ends.outstation);
        self.order.push_back((number, key));
        let lost = self.pair(ends, |pair| {
            pair.last_request = Some(key);
            pair.series = None;
        });
        self.forget_oldest().or(lost)
    }

    /// The request that a response answers.
    pub(crate) fn response(
        &mut self,
        ends: Ends,
        control: Control,
        code: u8,
        sent: Sent,
    ) -> (Option<Answered<'_>>, Option<GivenUp>) {
        let sequence = control.sequence();
        let found = if control.is_first() {
            self.asked(ends, sequence, code)
        } else {
            self.pairs
                .get(&ends)
                .and_then(|pair| pair.series)
                .filter(|(next, _)| *next == sequence)
                .map(|(_, key)| key)
        };
        let lost = self.pair(ends, |pair| {
            pair.solicited = Some((sequence, sent));
            pair.series = found
                .filter(|_| !control.is_final())
                .map(|key| (sequence.wrapping_add(1) & 0x0f, key));
        });
        let Some(key) = found else {
            return (None, lost);
        };
        // A challenge leaves the request open: the answer follows when the master has replied (7.4).
        let challenges = code == function::AUTHENTICATE_RESP && key.lane == Lane::Plain;
        let settles = !challenges && control.is_first();
        let reply = Key {
            lane: Lane::Authentication,
            ..key
        };
        let mut authentication = Transactions::default();
        if settles
            && key.lane == Lane::Plain
            && let Some(reply) = self.requests.get_mut(&reply)
            && !reply.is_settled
        {
            // The reply to the challenge was good enough.
            reply.is_settled = true;
            authentication = reply.transactions;
        }
        let answered = self.requests.get_mut(&key).map(|request| {
            let settles = settles && !request.is_settled;
            request.is_settled |= settles;
            Answered {
                request: request.sent,
                transactions: request.transactions,
                authentication,
                bytes: &request.bytes,
                settles,
            }
        });
        (answered, lost)
    }

    /// Looks for the request with the sequence number of a response.
    fn asked(&self, ends: Ends, sequence: u8, code: u8) -> Option<Key> {
        let lanes = if code == function::AUTHENTICATE_RESP {
            [Lane::Authentication, Lane::Plain]
        } else {
            [Lane::Plain, Lane::Authentication]
        };
        let itself = Ends {
            outstation: link::SELF,
            ..ends
        };
        let candidates = [ends, itself]
            .into_iter()
            .flat_map(|ends| lanes.into_iter().map(move |lane| Key { ends, lane, sequence }));
        // One that waits goes before one that is settled, which a repeated response answers again.
        let known = |key: &Key| self.requests.get(key).map(|request| request.is_settled);
        candidates
            .clone()
            .find(|key| known(key) == Some(false))
            .or_else(|| candidates.clone().find(|key| known(key).is_some()))
    }

    /// Remembers an unsolicited response; true when it repeats one that nobody has confirmed.
    pub(crate) fn unsolicited(
        &mut self,
        ends: Ends,
        control: Control,
        bytes: &[u8],
        sent: Sent,
    ) -> (bool, Option<GivenUp>) {
        let mut repeats = false;
        let lost = self.pair(ends, |pair| {
            repeats = pair
                .unsolicited
                .is_some_and(|(sequence, _)| sequence == control.sequence())
                && !bytes.is_empty()
                && pair.unconfirmed == bytes;
            pair.unsolicited = Some((control.sequence(), sent));
            pair.unconfirmed.clear();
            if bytes.len() <= KEPT {
                pair.unconfirmed.extend_from_slice(bytes);
            }
        });
        (repeats, lost)
    }

    /// The response that a confirmation confirms.
    pub(crate) fn confirm(&mut self, ends: Ends, control: Control) -> Option<Sent> {
        let pair = self.pairs.get_mut(&ends)?;
        let (sequence, sent) = if control.is_unsolicited() {
            pair.unsolicited?
        } else {
            pair.solicited?
        };
        if sequence != control.sequence() {
            return None;
        }
        if control.is_unsolicited() {
            pair.unconfirmed.clear();
        }
        Some(sent)
    }

    /// True when a link frame with a valid frame count bit is the last one of its sender again: the link layer
    /// sends it again when its acknowledgement is lost, and the receiver drops it (9.2.7).
    pub(crate) fn link_frame_again(
        &mut self,
        ends: Ends,
        from_master: bool,
        frame: &[u8],
    ) -> (bool, Option<GivenUp>) {
        let mut again = false;
        let lost = self.pair(ends, |pair| {
            let [outstation, master] = &mut pair.link_frames;
            let last = if from_master { master } else { outstation };
            again = last.as_slice() == frame;
            last.clear();
            last.extend_from_slice(frame);
        });
        (again, lost)
    }

    /// RESET_LINK_STATES: the frame count starts anew.
    pub(crate) fn link_reset(&mut self, ends: Ends, from_master: bool) {
        if let Some(pair) = self.pairs.get_mut(&ends) {
            let [outstation, master] = &mut pair.link_frames;
            if from_master { master } else { outstation }.clear();
        }
    }

    /// Changes what is known of a pair; the one that was silent longest makes room for a new one.
    fn pair(&mut self, ends: Ends, change: impl FnOnce(&mut Pair)) -> Option<GivenUp> {
        self.count += 1;
        let number = self.count;
        let mut lost = None;
        if self.pairs.len() >= self.most && !self.pairs.contains_key(&ends) {
            let oldest = self.pairs.iter().min_by_key(|(_, pair)| pair.used);
            lost = oldest.map(|(ends, _)| *ends);
            if let Some(ends) = lost {
                self.pairs.remove(&ends);
            }
        }
        let pair = self.pairs.entry(ends).or_default();
        pair.used = number;
        change(pair);
        lost.map(GivenUp::Pair)
    }

    /// Keeps the table within its bound; says which request without answer went.
    fn forget_oldest(&mut self) -> Option<GivenUp> {
        let mut given_up = None;
        while self.requests.len() > self.most {
            let (number, key) = self.order.pop_front()?;
            let is_current = self
                .requests
                .get(&key)
                .is_some_and(|request| request.number == number);
            if is_current
                && let Some(request) = self.requests.remove(&key)
                && !request.is_settled
            {
                given_up = Some(GivenUp::Request(request.sent));
            }
        }
        if self.order.len() > 2 * self.most.saturating_add(64) {
            let requests = &self.requests;
            self.order
                .retain(|(number, key)| requests.get(key).is_some_and(|request| request.number == *number));
        }
        given_up
    }
}

const fn key(ends: Ends, control: Control, code: u8) -> Key {
    Key {
        ends,
        lane: match code {
            function::AUTHENTICATE_REQ | function::AUTH_REQ_NO_ACK => Lane::Authentication,
            _ => Lane::Plain,
        },
        sequence: control.sequence(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: Ends = Ends {
        master: 3,
        outstation: 4,
    };

    fn sent(frame: u64) -> Sent {
        Sent {
            frame,
            at: CaptureTime(frame as i64),
        }
    }

    fn ask(pairing: &mut Pairing, code: u8, sequence: u8, frame: u64) -> Option<GivenUp> {
        let control = Control(0xc0 | sequence);
        let transactions = Transactions {
            first: frame,
            count: 1,
        };
        pairing.request(ENDS, control, code, &[control.0, code], sent(frame), transactions)
    }

    fn answer(pairing: &mut Pairing, code: u8, control: u8, frame: u64) -> Option<(u64, bool)> {
        let (answered, _) = pairing.response(ENDS, Control(control), code, sent(frame));
        answered.map(|answered| (answered.request.frame, answered.settles))
    }

    #[test]
    fn pairs_by_sequence_and_settles_once() {
        let mut pairing = Pairing::new(16);
        ask(&mut pairing, function::READ, 1, 10);
        ask(&mut pairing, function::READ, 2, 11);
        assert_eq!(
            answer(&mut pairing, function::RESPONSE, 0xc1, 12),
            Some((10, true))
        );
        assert_eq!(
            answer(&mut pairing, function::RESPONSE, 0xc2, 13),
            Some((11, true))
        );
        assert_eq!(
            answer(&mut pairing, function::RESPONSE, 0xc2, 14),
            Some((11, false))
        );
        assert_eq!(answer(&mut pairing, function::RESPONSE, 0xc9, 15), None);
    }

    #[test]
    fn fragments_of_one_response_answer_one_request() {
        let mut pairing = Pairing::new(16);
        ask(&mut pairing, function::READ, 15, 10);
        // a.. FIR CON sequence 15, then 2.. CON sequence 0, then 61 FIN CON sequence 1.
        assert_eq!(
            answer(&mut pairing, function::RESPONSE, 0xaf, 11),
            Some((10, true))
        );
        assert_eq!(
            answer(&mut pairing, function::RESPONSE, 0x20, 12),
            Some((10, false))
        );
        assert_eq!(
            answer(&mut pairing, function::RESPONSE, 0x61, 13),
            Some((10, false))
        );
        assert_eq!(pairing.confirm(ENDS, Control(0xc1)), Some(sent(13)));
        assert_eq!(pairing.confirm(ENDS, Control(0xc0)), None);
    }

    #[test]
    fn a_challenge_does_not_answer_the_command() {
        let mut pairing = Pairing::new(16);
        ask(&mut pairing, function::DIRECT_OPERATE, 6, 1);
        assert_eq!(
            answer(&mut pairing, function::AUTHENTICATE_RESP, 0xc6, 2),
            Some((1, false))
        );
        ask(&mut pairing, function::AUTHENTICATE_REQ, 6, 3);
        assert_eq!(answer(&mut pairing, function::RESPONSE, 0xc6, 4), Some((1, true)));
        // A key exchange is answered by its own function.
        ask(&mut pairing, function::AUTHENTICATE_REQ, 7, 5);
        assert_eq!(
            answer(&mut pairing, function::AUTHENTICATE_RESP, 0xc7, 6),
            Some((5, true))
        );
    }

    #[test]
    fn only_the_last_request_can_be_retried() {
        let mut pairing = Pairing::new(16);
        let again = |pairing: &Pairing, sequence: u8| {
            let control = Control(0xc0 | sequence);
            pairing.retried(ENDS, control, function::OPERATE, &[control.0, function::OPERATE])
        };
        ask(&mut pairing, function::OPERATE, 1, 10);
        assert_eq!(
            again(&pairing, 1).map(|transactions| transactions.first),
            Some(10)
        );
        ask(&mut pairing, function::OPERATE, 2, 11);
        assert_eq!(again(&pairing, 1), None);
        answer(&mut pairing, function::RESPONSE, 0xc2, 12);
        assert_eq!(again(&pairing, 2), None);
    }

    #[test]
    fn an_unsolicited_response_repeats_until_it_is_confirmed() {
        let mut pairing = Pairing::new(16);
        let mut unsolicited = |confirm: bool, frame| {
            if confirm {
                assert_eq!(pairing.confirm(ENDS, Control(0xd5)), Some(sent(frame - 1)));
            }
            pairing
                .unsolicited(ENDS, Control(0xf5), &[0xf5, 0x82], sent(frame))
                .0
        };
        assert!(!unsolicited(false, 1));
        assert!(unsolicited(false, 2));
        assert!(!unsolicited(true, 3));
    }

    #[test]
    fn the_oldest_request_is_given_up_first() {
        let mut pairing = Pairing::new(2);
        assert_eq!(ask(&mut pairing, function::READ, 1, 1), None);
        assert_eq!(ask(&mut pairing, function::READ, 2, 2), None);
        assert_eq!(
            ask(&mut pairing, function::READ, 3, 3),
            Some(GivenUp::Request(sent(1)))
        );
        // One that is settled goes without a word.
        answer(&mut pairing, function::RESPONSE, 0xc2, 4);
        assert_eq!(ask(&mut pairing, function::READ, 4, 5), None);
        let other = Ends {
            master: 3,
            outstation: 5,
        };
        let (_, lost) = pairing.unsolicited(other, Control(0xf0), &[], sent(6));
        assert_eq!(lost, None);
        let third = Ends {
            master: 3,
            outstation: 6,
        };
        let (_, lost) = pairing.unsolicited(third, Control(0xf0), &[], sent(7));
        assert_eq!(lost, Some(GivenUp::Pair(ENDS)));
    }

    #[test]
    fn the_order_does_not_grow_with_requests_that_replace_each_other() {
        let mut pairing = Pairing::new(2);
        for frame in 0..10_000 {
            ask(&mut pairing, function::READ, 1, frame);
        }
        assert!(pairing.order.len() < 200);
    }
}
