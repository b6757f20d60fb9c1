//! Requests that wait for their answer.

use alloc::collections::VecDeque;

use tapglass_model::{CaptureTime, SECOND};

use crate::pdu::Pdu;

/// A request older than this gives way to a younger one with the same identifiers. Clients time out after a few
/// seconds and often use the same transaction id for every request.
const PATIENCE: i64 = 5 * SECOND;

/// What must be remembered of a request to understand its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
    pub(crate) transaction: u16,
    pub(crate) unit: u8,
    pub(crate) code: u8,
    pub(crate) address: Option<u16>,
    pub(crate) quantity: Option<u16>,
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

/// The waiting requests of one session, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    requests: VecDeque<Pending>,
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
    pub(crate) fn repeated(&self, transaction: u16, unit: u8, length: u16, digest: u32) -> Option<&Pending> {
        self.requests.iter().rev().find(|request| {
            request.transaction == transaction
                && request.unit == unit
                && request.length == length
                && request.digest == digest
                && !request.doubtful
        })
    }

    /// Takes the request that an answer belongs to.
    ///
    /// The oldest that fits, unless it is doubtful or older than a client waits and a younger one fits too; those
    /// passed over will not be answered any more and are forgotten.
    pub(crate) fn take(
        &mut self,
        transaction: u16,
        unit: u8,
        pdu: &Pdu<'_>,
        at: CaptureTime,
    ) -> Option<Pending> {
        let same = |request: &Pending| {
            request.transaction == transaction && request.unit == unit && request.code == pdu.code
        };
        let mut best: Option<usize> = None;
        for (position, request) in self.requests.iter().enumerate() {
            if !same(request) || !fits(request, pdu) {
                continue;
            }
            best = Some(position);
            if !request.doubtful && at.since(request.at) <= PATIENCE {
                break;
            }
        }
        let position = best?;
        let found = self.requests.get(position).copied();
        let mut index = 0;
        self.requests.retain(|request| {
            let keep = index > position || (index < position && !same(request));
            index += 1;
            keep
        });
        found
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
    use crate::pdu::Values;
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
