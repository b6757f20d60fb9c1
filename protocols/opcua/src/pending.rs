//! Requests that wait for their answers.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use tapglass_model::CaptureTime;
use tapglass_proto::{BlindReason, Direction};

use crate::context::Context;
use crate::services;
use crate::whole::Whole;

/// Buffers that are kept for the next request instead of being allocated anew.
const SPARE: usize = 8;
/// A buffer larger than this is not kept.
const SPARE_BYTES: usize = 64 << 10;

/// A request that waits for its answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The client's number, which the answer repeats.
    pub(crate) request: u32,
    /// The channel; 0 when it had no number yet.
    pub(crate) channel: u32,
    /// Who asked; only the other side can answer.
    pub(crate) from: Direction,
    /// Frame of the request.
    pub(crate) frame: u64,
    /// Its capture time.
    pub(crate) at: CaptureTime,
    /// Type id of the request.
    pub(crate) code: u32,
    /// The session that it belongs to.
    pub(crate) session: Option<u32>,
    /// The operation that it was told as, 0 for none.
    pub(crate) transaction: u64,
    /// Its parameters, for services whose answer does not repeat what was asked.
    pub(crate) parameters: Vec<u8>,
}

impl Asked {
    /// Name of the service that was asked for.
    pub(crate) fn service(&self) -> &'static str {
        services::find(self.code).map_or("unknown", |(service, _)| service.name)
    }
}

/// The requests of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    /// In the order of their frames. A Publish request waits long, so age says nothing.
    asked: VecDeque<Asked>,
    /// Bytes of all kept parameters.
    held: usize,
    spare: Vec<Vec<u8>>,
    /// Requests that were given up, and when the first was.
    given_up: Option<(u64, CaptureTime)>,
}

impl Pending {
    /// The requests that wait, the latest first.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().rev()
    }

    /// The request that an answer belongs to.
    pub(crate) fn take(&mut self, answer: &Whole<'_>) -> Option<Asked> {
        let request = answer.sequence?.request;
        let place = self.asked.iter().rposition(|asked| {
            asked.request == request
                && asked.from != answer.from
                && (asked.channel == 0 || Some(asked.channel) == answer.channel)
        })?;
        let asked = self.asked.remove(place)?;
        self.held = self.held.saturating_sub(asked.parameters.len());
        Some(asked)
    }

    /// Keeps what is no longer needed for the next request.
    pub(crate) fn recycle(&mut self, asked: Asked) {
        let mut buffer = asked.parameters;
        if self.spare.len() < SPARE && buffer.capacity() > 0 && buffer.capacity() <= SPARE_BYTES {
            buffer.clear();
            self.spare.push(buffer);
        }
    }

    /// Remembers a request; gives up the oldest ones when there are too many.
    pub(crate) fn push(&mut self, context: &mut Context<'_>, mut asked: Asked, parameters: &[u8]) {
        let limits = context.memory.limits();
        // A number that is used again while it waits ends the wait for the earlier one.
        let again = self.asked.iter().position(|known| known.request == asked.request);
        if let Some(place) = again {
            self.give_up(context, place);
        }
        while !self.asked.is_empty()
            && (self.asked.len() >= limits.open_requests.max(1)
                || self.held + parameters.len() > limits.message_bytes)
        {
            self.give_up(context, 0);
        }
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.extend_from_slice(parameters);
        self.held += buffer.len();
        asked.parameters = buffer;
        self.asked.push_back(asked);
    }

    fn give_up(&mut self, context: &mut Context<'_>, place: usize) {
        let Some(asked) = self.asked.remove(place) else {
            return;
        };
        self.held = self.held.saturating_sub(asked.parameters.len());
        // One side of a connection alone would give up every request: the first is told, the sum at the end.
        match &mut self.given_up {
            Some((count, _)) => *count += 1,
            None => {
                self.given_up = Some((1, context.at));
                let name = asked.service();
                context.blind(
                    Some(Direction::FromServer),
                    BlindReason::Limit,
                    asked.at,
                    None,
                    format_args!(
                        "a {name} request waits too long for its answer and is given up; more may follow"
                    ),
                );
            }
        }
        self.recycle(asked);
    }

    /// The connection is over.
    pub(crate) fn close(&mut self, context: &mut Context<'_>) {
        if let Some((count, since)) = self.given_up.take()
            && count > 1
        {
            context.blind(
                Some(Direction::FromServer),
                BlindReason::Limit,
                since,
                None,
                format_args!("{count} requests were given up without an answer"),
            );
        }
    }
}
