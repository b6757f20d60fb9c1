//! What is done to a point, and how the device answered.

use core::fmt;

/// What a message does, in the words of records.md section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Action {
    /// A value is written (Modbus 5, 6, 15, 16, 22, 23; OPC UA Write; DNP3 WRITE of a point).
    Write,
    /// DNP3 SELECT.
    Select,
    /// DNP3 OPERATE.
    Operate,
    /// DNP3 DIRECT_OPERATE.
    DirectOperate,
    /// DNP3 DIRECT_OPERATE_NR: no answer is expected.
    DirectOperateNoReply,
    /// OPC UA Call.
    Call,
    /// A value that is read or published.
    Report,
    /// Configuration: assign class, parameters, monitored items of others.
    Configure,
    /// Cold or warm restart, Modbus restart communications option.
    Restart,
    /// An application is started.
    Start,
    /// An application is stopped, or a device told to listen only.
    Stop,
    /// Work on a file of the device.
    File,
    /// The device's clock is set.
    SetTime,
    /// Counters are frozen or cleared.
    Freeze,
    /// Unsolicited reporting is switched off.
    BlockReporting,
    /// Unsolicited reporting is switched on.
    AllowReporting,
    /// The device is asked who it is.
    Identify,
    /// Diagnostics that change nothing in the process.
    Diagnose,
    /// A session is opened, a user logs on.
    Login,
    /// The address space or the memory is browsed.
    Browse,
    /// A subscription or monitored item is created, changed or removed.
    Subscribe,
    /// A program is loaded or changed.
    Program,
    /// What has no other word here.
    Other,
}

impl Action {
    /// The word used in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Select => "select",
            Self::Operate => "operate",
            Self::DirectOperate => "direct_operate",
            Self::DirectOperateNoReply => "direct_operate_no_reply",
            Self::Call => "call",
            Self::Report => "report",
            Self::Configure => "configure",
            Self::Restart => "restart",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::File => "file",
            Self::SetTime => "set_time",
            Self::Freeze => "freeze",
            Self::BlockReporting => "block_reporting",
            Self::AllowReporting => "allow_reporting",
            Self::Identify => "identify",
            Self::Diagnose => "diagnose",
            Self::Login => "login",
            Self::Browse => "browse",
            Self::Subscribe => "subscribe",
            Self::Program => "program",
            Self::Other => "other",
        }
    }

    /// True for what changes the value of a point: a write or an operate, not a select.
    #[must_use]
    pub const fn commands(self) -> bool {
        matches!(
            self,
            Self::Write | Self::Operate | Self::DirectOperate | Self::DirectOperateNoReply
        )
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Sent; the answer is not here yet.
    Requested,
    /// The device accepted it.
    Accepted,
    /// The device accepted it and will carry it out later (Modbus exception 5, OPC UA GoodCompletesAsynchronously).
    Pending,
    /// The device refused it.
    Rejected,
    /// No answer was seen in time.
    Unanswered,
    /// No answer is expected (broadcast, DIRECT_OPERATE_NR).
    Unacknowledged,
}

impl Outcome {
    /// The word used in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Accepted => "accepted",
            Self::Pending => "accepted_pending",
            Self::Rejected => "rejected",
            Self::Unanswered => "unanswered",
            Self::Unacknowledged => "unacknowledged",
        }
    }
}
