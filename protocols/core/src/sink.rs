//! Where decoders put what they find.

use crate::{Anomaly, Answer, Blind, Message, Operation};

/// What the other end will read; a decoder skips the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Messages with their bodies.
    pub messages: bool,
    /// Operations and answers.
    pub operations: bool,
}

/// Takes what a decoder finds, in wire order.
pub trait Sink {
    /// What will be read.
    fn wants(&self) -> Wants;
    /// False when nobody looks at reported values, so that they need not be put together.
    fn wants_reports(&self) -> bool {
        true
    }
    /// One whole message. Called before the operations that it carries; also called, once for each message, when
    /// messages are not wanted, so that they are counted: then [`Body`](crate::Body) may be empty.
    fn message(&mut self, message: &Message<'_>);
    /// Something done to points, or values reported.
    fn operation(&mut self, operation: &Operation<'_>);
    /// The answer to an earlier operation.
    fn answer(&mut self, answer: &Answer<'_>);
    /// Bytes that break the protocol.
    fn anomaly(&mut self, anomaly: &Anomaly<'_>);
    /// A stretch that was not seen.
    fn blind(&mut self, blind: &Blind<'_>);
    /// An identity that a device or client states of itself: `key` is `vendor`, `product`, `firmware`, `application_uri`,
    /// `application_name`, `user`, `security_policy`, `security_mode` ...
    fn identity(
        &mut self,
        of: crate::Direction,
        station: tapglass_model::Station,
        key: &'static str,
        value: &str,
    ) {
        let _ = (of, station, key, value);
    }
}
