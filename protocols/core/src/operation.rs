//! What was done to points of the process: the one shape of all protocols that rules see (records.md section 4).

use tapglass_model::{
    Action, CaptureTime, Outcome, PointAddress, Quality, QualityReasons, Station, Table, Value,
};

use crate::{Function, Status};

/// Who acts, as far as the protocol itself says; addresses of the network are the engine's knowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actor<'a> {
    /// DNP3 link address of the sender.
    pub link: Option<u16>,
    /// OPC UA application URI of the client (OPC 10000-4 7.2).
    pub application: Option<&'a str>,
    /// OPC UA user, or how it logged on: `anonymous`, `certificate`.
    pub user: Option<&'a str>,
}

/// Where a reported value comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// The present value, asked for.
    #[default]
    Polled,
    /// A buffered or spontaneous event (DNP3 event groups, OPC UA Publish).
    Event,
    /// What a write left behind, read back in the same transaction (Modbus 23).
    ReadBack,
}

/// One point with one value.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// Where it is.
    pub address: PointAddress<'a>,
    /// The value on the wire.
    pub value: Value<'a>,
    /// How far the device vouches for it.
    pub quality: Quality,
    /// Why not further.
    pub reasons: QualityReasons,
    /// The device's own time of the value, where it gives one.
    pub source_time: Option<CaptureTime>,
    /// Status of this item on the wire, where items have their own (DNP3 control status, OPC UA status code).
    pub status: Option<Status<'a>>,
}

impl<'a> Observation<'a> {
    /// A good value without time or status.
    #[must_use]
    pub const fn good(address: PointAddress<'a>, value: Value<'a>) -> Self {
        Self {
            address,
            value,
            quality: Quality::Good,
            reasons: QualityReasons::none(),
            source_time: None,
            status: None,
        }
    }
}

/// Points that are read from the wire each time they are asked for, so that nothing is copied.
pub trait EachPoint {
    /// Calls `visit` for each point in wire order.
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>));
}

/// Which points an operation touches, with their values, borrowed from the message.
#[derive(Clone, Copy)]
pub enum Points<'a> {
    /// The device as a whole, or points that are not known.
    None,
    /// Consecutive 16-bit registers, big-endian.
    Registers {
        /// Input or holding registers.
        table: Table,
        /// Wire address of the first.
        first: u16,
        /// Two bytes for each register.
        bytes: &'a [u8],
    },
    /// Consecutive bits, packed from the least significant bit of the first byte.
    Bits {
        /// Coils or discrete inputs.
        table: Table,
        /// Wire address of the first.
        first: u16,
        /// How many.
        count: u16,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// A masked write of one holding register: result = (current AND and) OR (or AND NOT and) (MODBUS V1.1b3 6.16).
    Mask {
        /// Wire address.
        register: u16,
        /// AND mask.
        and: u16,
        /// OR mask.
        or: u16,
    },
    /// Consecutive registers or bits that were asked for and not given.
    Range {
        /// Which.
        table: Table,
        /// Wire address of the first.
        first: u16,
        /// How many.
        count: u16,
    },
    /// Points of any other shape.
    Each(&'a dyn EachPoint),
}

/// One operation, as the request states it, or values that a device reports.
#[derive(Clone, Copy)]
pub struct Operation<'a> {
    /// What is done.
    pub action: Action,
    /// The function or service that does it.
    pub function: Function<'a>,
    /// Capture time.
    pub at: CaptureTime,
    /// Frame that completed the message.
    pub frame: u64,
    /// Which device behind the network address.
    pub station: Station,
    /// Who acts.
    pub actor: Actor<'a>,
    /// `Requested` when an answer is expected, `Unacknowledged` when none is, `Accepted` for reports, `Rejected` for a
    /// read that the device refused, whose points have no values.
    pub outcome: Outcome,
    /// Pairs this with its [`Answer`]; unique within the session, 0 when there will be none.
    pub transaction: u64,
    /// The same request sent again before any answer: no new command (site-and-rules 1.3).
    pub repeats: bool,
    /// Application sequence number (DNP3), for pairing select with operate.
    pub sequence: Option<u8>,
    /// Where reported values come from.
    pub origin: Origin,
    /// The points.
    pub points: Points<'a>,
    /// What else a person should know, such as the name of a file; empty when nothing.
    pub detail: &'a str,
}

/// The device's answer to an earlier [`Operation`].
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// The operation's transaction.
    pub transaction: u64,
    /// Capture time.
    pub at: CaptureTime,
    /// Frame that completed the answer.
    pub frame: u64,
    /// What became of the operation as a whole.
    pub outcome: Outcome,
    /// The status on the wire, where it has one.
    pub status: Option<Status<'a>>,
    /// The outcome of each point in the order of the request, where points have their own; else empty.
    pub each: &'a [(Outcome, Status<'a>)],
    /// The answer does not repeat the request as it must (Modbus 5, 6, 15, 16 and 22, DNP3 controls).
    pub echo_differs: bool,
}
