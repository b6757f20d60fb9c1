//! Which request a response answers, which response a confirmation confirms, and what was sent twice
//! (IEEE 1815-2012 4.3, 4.4 and clause 5).
//!
//! Requests and solicited responses share the sequence numbers of their master; unsolicited responses have their own.
//! Authentication runs inside a request with the same number, so it has a lane of its own here.

pub(crate) mod link_layer;
pub(crate) mod select;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use tapglass_proto::model::{CaptureTime, Station};

use crate::application::{Control, function};
use crate::link;
use link_layer::LinkState;

/// Fragments up to this length are kept to recognise a retry and to compare an echo; outstations need not take more
/// than 2,048 octets. A longer one is never called a retry.
const KEPT: usize = 4_096;

/// Master and outstation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ends {
    pub(crate) master: u16,
    pub(crate) outstation: u16,
}

impl Ends {
    pub(crate) const fn station(self) -> Station {
        Station::Link {
            master: self.master,
            outstation: self.outstation,
        }
    }
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
#[derive(Clone, Debug, Default)]
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
#[derive(Clone, Debug, Default)]
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
    /// The SELECT that an OPERATE may follow: its number and where it is in the table.
    selected: Option<(u64, Key)>,
    /// The last challenge of the outstation by its sequence number.
    challenge: Option<(u32, Sent)>,
    /// The link layer of the outstation's and of the master's frames.
    links: [LinkState; 2],
}

/// Requests and responses of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Pairing {
    requests: BTreeMap<Key, Request>,
    /// The requests in the order they came; entries whose number is no longer in the table are stale.
    order: VecDeque<(u64, Key)>,
    pairs: BTreeMap<Ends, Pair>,
    /// Every pair once, by the number of a use of it, perhaps not the last: no pair was used earlier than it says.
    ages: BTreeMap<u64, Ends>,
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
            ages: BTreeMap::new(),
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
            match (key.lane, code) {
                // What proves who asked, and the OPERATE itself when it is sent again, leave a selection as it is.
                (Lane::Authentication, _) | (_, function::OPERATE) => {}
                (_, function::SELECT) => pair.selected = Some((number, key)),
                _ => pair.selected = None,
            }
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

    /// Remembers a challenge of the outstation.
    pub(crate) fn challenge(&mut self, ends: Ends, sequence: u32, sent: Sent) -> Option<GivenUp> {
        self.pair(ends, |pair| pair.challenge = Some((sequence, sent)))
    }

    /// The challenge to which a master's reply with this sequence number belongs.
    pub(crate) fn challenged(&self, ends: Ends, sequence: u32) -> Option<Sent> {
        let (challenged, sent) = self.pairs.get(&ends)?.challenge?;
        (challenged == sequence).then_some(sent)
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

    /// Changes what is known of a pair; the one that was silent longest makes room for a new one.
    fn pair(&mut self, ends: Ends, change: impl FnOnce(&mut Pair)) -> Option<GivenUp> {
        self.count += 1;
        let number = self.count;
        let mut lost = None;
        let is_new = !self.pairs.contains_key(&ends);
        if is_new {
            if self.pairs.len() >= self.most {
                lost = self.oldest_pair();
            }
            self.ages.insert(number, ends);
        }
        let pair = self.pairs.entry(ends).or_default();
        pair.used = number;
        change(pair);
        lost.map(GivenUp::Pair)
    }

    /// Takes out the pair that was silent longest. An entry that is too low is put right on the way, which costs each
    /// use of a pair one step at the most, so a flood of new pairs does not make the table slow.
    fn oldest_pair(&mut self) -> Option<Ends> {
        loop {
            let (number, ends) = self.ages.pop_first()?;
            match self.pairs.get(&ends) {
                Some(pair) if pair.used != number => {
                    self.ages.insert(pair.used, ends);
                }
                Some(_) => {
                    self.pairs.remove(&ends);
                    return Some(ends);
                }
                None => {}
            }
        }
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
mod tests;
