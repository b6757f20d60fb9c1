//! From operations to alarms: the process image, the rules over it, and the alarms they raise.
//!
//! [`Engine`] is the only door. It is driven in capture order by one thread, reads no clock, and speaks of operations,
//! points and stations, never of a protocol.

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{Answer, Blind, Direction, Operation};

use crate::alarm::Transition;
use crate::conversation::Context;
use crate::records::operation::OperationRecord;
use crate::site::Site;

/// What the engine keeps beyond what the rules need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Make an [`Output::Operation`] for every point of every operation.
    pub operations: bool,
    /// Remember points that have no tag, for the screens.
    pub raw_points: bool,
    /// Samples kept for each tag's trend; 0 keeps none.
    pub trend: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            operations: false,
            raw_points: false,
            trend: 0,
        }
    }
}

/// What comes out of the engine, in the order in which it happened.
#[derive(Clone, Debug)]
pub enum Output {
    /// An alarm was raised or has changed.
    Alarm(Box<Transition>),
    /// Something was done to a point (only with [`Options::operations`]).
    Operation(Box<OperationRecord>),
}

/// Plant, rules and alarms of one site.
#[derive(Debug)]
pub struct Engine {
    site: Site,
    options: Options,
    outputs: Vec<Output>,
}

impl Engine {
    /// An engine for a site; an empty site watches and raises only what needs no site.
    #[must_use]
    pub fn new(site: Site, options: Options) -> Self {
        Self {
            site,
            options,
            outputs: Vec::new(),
        }
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Something was heard of a conversation: call for every message, also those without operations, so that the
    /// engine knows which directions it sees and who has fallen silent.
    pub fn message(&mut self, context: &Context<'_>, from: Direction, at: CaptureTime) {
        let _ = (context, from, at);
    }

    /// An operation as its request states it, or values that a device reports.
    pub fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        let _ = (context, operation, self.options);
    }

    /// The answer to an operation of the same conversation.
    pub fn answer(&mut self, context: &Context<'_>, answer: &Answer<'_>) {
        let _ = (context, answer);
    }

    /// Time has come this far: call for every frame, before what the frame carries. Only a comparison when nothing is due.
    pub fn advance(&mut self, now: CaptureTime) {
        let _ = now;
    }

    /// Something was not seen: of one conversation, or, without a context, of everything.
    pub fn blind(&mut self, context: Option<&Context<'_>>, blind: &Blind<'_>) {
        let _ = (context, blind);
    }

    /// A station or client says who it is.
    pub fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        let _ = (context, of, station, key, value);
    }

    /// A conversation is over; `orderly` when it was closed by its ends and not given up.
    pub fn conversation_closed(&mut self, number: u32, orderly: bool, now: CaptureTime) {
        let _ = (number, orderly, now);
    }

    /// The capture is over: what is still open is decided as far as it can be.
    pub fn finish(&mut self, now: CaptureTime) {
        let _ = now;
    }

    /// True when [`Engine::drain`] would give something.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// Takes what has come out since the last call.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Output> {
        self.outputs.drain(..)
    }
}
