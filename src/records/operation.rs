//! The `operation` record: what was done to one point of the process (records.md section 4).

/// One operation on one point.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    /// Frame that completed the message.
    pub frame: u64,
}
