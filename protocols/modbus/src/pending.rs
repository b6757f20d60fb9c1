//! Requests that wait for their answer, and those that do not any more.

use alloc::collections::VecDeque;

use tapglass_model::{CaptureTime, MILLISECOND, SECOND};

use crate::pdu::{Pdu, Values};
use crate::umas::Asked;

/// A request older than this gives way to a younger one with the same identifiers. Clients time out after a few
/// seconds and often use the same transaction id for every request.
const PATIENCE: i64 = 5 * SECOND;
/// A client that sends the same identifiers again after this long has given the earlier request up; what is sent faster
/// is a pipeline, which is answered in order.
const PIPELINE: i64 = 100 * MILLISECOND;
/// Requests that are remembered after they were answered, and after they were given up, to know repeated and late
/// answers.
const REMEMBERED: usize = 32;

/// What must be remembered of a request to understand its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
    pub(crate) transaction: Option<u16>,
    pub(crate) unit: u8,
    pub(crate) code: u8,
    pub(crate) address: Option<u16>,
    pub(crate) quantity: Option<u16>,
    pub(crate) umas: Option<Asked>,
    /// The first bytes of the data unit, which functions 5, 6, 15, 16 and 22 repeat in their answer.
    pub(crate) head: [u8; 7],
    /// Length and a digest of the data unit, to know a repetition.
    pub(crate) length: u16,
    pub(crate) digest: u32,
    pub(crate) at: CaptureTime,
    pub(crate) frame: u64,
    /// Transaction of the operation, 0 when it was none.
    pub(crate) operation: u64,
    /// Bytes were lost since: it may have been answered unseen.
    pub(crate) doubtful: bool,
}

impl Pending {
    fn same(&self, transaction: Option<u16>, unit: u8, code: u8) -> bool {
        self.transaction == transaction && self.unit == unit && self.code == code
    }
}

/// The request that an answer belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Match {
    /// It waits.
    Open(Pending),
    /// It waits, but asks for something else.
    Misfit(Pending),
    /// The client had gone on.
    Late(Pending),
    /// It was answered before; its frame.
    Answered(u64),
    /// The transaction's request has another function.
    OtherFunction(Pending),
    /// There is none.
    None,
}

impl Match {
    /// The request, where there is one.
    pub(crate) const fn request(&self) -> Option<&Pending> {
        match self {
            Self::Open(request) | Self::Misfit(request) | Self::Late(request) => Some(request),
            Self::OtherFunction(_) | Self::Answered(_) | Self::None => None,
        }
    }
}

/// A request that was answered.
#[derive(Clone, Copy, Debug, Default)]
struct Answered {
    transaction: Option<u16>,
    unit: u8,
    code: u8,
    /// 0 for none.
    frame: u64,
}

/// The waiting requests of one session, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    requests: VecDeque<Pending>,
    /// Those that were given up because the client went on, youngest last.
    passed: VecDeque<Pending>,
    /// Those that were answered, in a ring whose next place is `next`.
    answered: [Answered; REMEMBERED],
    next: usize,
}

impl Waiting {
    /// Adds a request; gives back the oldest when there are more than `limit`.
    pub(crate) fn push(&mut self, request: Pending, limit: usize) -> Option<Pending> {
        let dropped = if self.requests.len() >= limit.max(1) {
            self.requests.pop_front()
        } else {
            None
        };
        self.requests.push_back(request);
        dropped
    }

    /// The waiting request that this one repeats: same identifiers and same bytes (site-and-rules 1.3).
    pub(crate) fn repeated(
        &self,
        transaction: Option<u16>,
        unit: u8,
        length: u16,
        digest: u32,
    ) -> Option<&Pending> {
        self.requests.iter().rev().find(|request| {
            request.transaction == transaction
                && request.unit == unit
                && request.length == length
                && request.digest == digest
                && !request.doubtful
        })
    }

    /// The youngest waiting request with this transaction identifier, sent a moment ago.
    pub(crate) fn reused(&self, transaction: u16, unit: u8, at: CaptureTime) -> Option<&Pending> {
        let youngest = self.requests.back()?;
        let same = youngest.transaction == Some(transaction) && youngest.unit == unit && !youngest.doubtful;
        (same && at.since(youngest.at) < PIPELINE).then_some(youngest)
    }

    /// Takes the request that an answer belongs to.
    ///
    /// The oldest that fits, unless it is doubtful, older than a client waits, or the client has asked again since and a
    /// younger one fits too; those passed over wait no more.
    pub(crate) fn take(
        &mut self,
        transaction: Option<u16>,
        unit: u8,
        pdu: &Pdu<'_>,
        at: CaptureTime,
    ) -> Match {
        let mut best: Option<(usize, bool)> = None;
        let mut before: Option<CaptureTime> = None;
        let mut misfit = None;
        let refused = self.refuses_any(transaction, unit, pdu);
        for (position, request) in self.requests.iter().enumerate() {
            let code = if refused { request.code } else { pdu.code };
            if !request.same(transaction, unit, code) {
                continue;
            }
            if !fits(request, pdu) {
                misfit = Some(position);
                continue;
            }
            let gone_on = before.is_none_or(|before| request.at.since(before) >= PIPELINE);
            if gone_on || best.is_some_and(|(_, doubted)| doubted) {
                let doubted = request.doubtful || at.since(request.at) > PATIENCE;
                best = Some((position, doubted));
            }
            before = Some(request.at);
        }
        if let Some((position, _)) = best {
            return self.settle(position).map_or(Match::None, Match::Open);
        }
        // Without a transaction identifier an answer of another size may belong to anything.
        if let (Some(position), Some(_)) = (misfit, transaction) {
            return self.settle(position).map_or(Match::None, Match::Misfit);
        }
        self.gone(transaction, unit, pdu)
    }

    /// Some servers answer a function that they do not know, or a data unit that they cannot read, with the exception bit
    /// alone: function code 0x80. It answers whatever waits, unless a request has function 0 itself.
    fn refuses_any(&self, transaction: Option<u16>, unit: u8, pdu: &Pdu<'_>) -> bool {
        let asked = |request: &Pending| request.same(transaction, unit, 0);
        pdu.is_exception && pdu.code == 0 && !self.requests.iter().any(asked)
    }

    /// Takes a request out together with the older ones of the same kind, which are given up.
    fn settle(&mut self, position: usize) -> Option<Pending> {
        // Nearly always the oldest.
        let found = match position {
            0 => self.requests.pop_front()?,
            _ => self.requests.remove(position)?,
        };
        let mut index = 0;
        for _ in 0..position {
            let same = self
                .requests
                .get(index)
                .is_some_and(|request| request.same(found.transaction, found.unit, found.code));
            match same.then(|| self.requests.remove(index)).flatten() {
                // The next one has moved to this place.
                Some(passed) => {
                    if self.passed.len() >= REMEMBERED {
                        self.passed.pop_front();
                    }
                    self.passed.push_back(passed);
                }
                None => index += 1,
            }
        }
        self.remember(&found);
        Some(found)
    }

    fn remember(&mut self, request: &Pending) {
        if let Some(place) = self.answered.get_mut(self.next) {
            *place = Answered {
                transaction: request.transaction,
                unit: request.unit,
                code: request.code,
                frame: request.frame,
            };
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// The request of an answer that none of the waiting ones fits.
    fn gone(&mut self, transaction: Option<u16>, unit: u8, pdu: &Pdu<'_>) -> Match {
        let late = self
            .passed
            .iter()
            .rposition(|request| request.same(transaction, unit, pdu.code) && fits(request, pdu));
        if let Some(request) = late.and_then(|place| self.passed.remove(place)) {
            self.remember(&request);
            return Match::Late(request);
        }
        if transaction.is_some() {
            let other = self
                .requests
                .iter()
                .rfind(|request| request.transaction == transaction && request.unit == unit);
            if let Some(other) = other {
                return Match::OtherFunction(*other);
            }
        }
        self.answered
            .iter()
            .filter(|request| {
                request.frame > 0
                    && request.transaction == transaction
                    && request.unit == unit
                    && request.code == pdu.code
            })
            .max_by_key(|request| request.frame)
            .map_or(Match::None, |request| Match::Answered(request.frame))
    }

    /// Marks every request: bytes were lost, answers may have gone by unseen.
    pub(crate) fn doubt(&mut self) {
        for request in &mut self.requests {
            request.doubtful = true;
        }
    }
}

/// Can the answer belong to the request by its size?
fn fits(request: &Pending, pdu: &Pdu<'_>) -> bool {
    if pdu.is_exception {
        return true;
    }
    let quantity = usize::from(request.quantity.unwrap_or(0));
    match (pdu.code, pdu.values) {
        (1 | 2, Values::Bits(bytes)) => bytes.len() == quantity.div_ceil(8),
        (3 | 4 | 23, Values::Registers(bytes)) => bytes.len() == quantity * 2,
        (5 | 6 | 15 | 16 | 22, _) => pdu.address == request.address,
        _ => true,
    }
}

/// A digest of bytes, FNV-1a: enough to tell a repetition from a change together with the length.
pub(crate) fn digest(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
