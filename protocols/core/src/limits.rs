//! How much a decoder may hold, handed to it as a value.

/// Bounds on the state of one server and its sessions. Reaching one is reported as a blind spot, never silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests without their answer, for each session. The oldest is given up first. A Modbus client has 16 at the
    /// most by the specification's advice; real gateways pipeline more.
    pub open_requests: usize,
    /// Bytes of a message that is not complete, for each direction. OPC UA servers negotiate up to tens of MB.
    pub message_bytes: usize,
    /// Points and nodes remembered for each server (monitored items, browse names).
    pub remembered: usize,
    /// Depth of nested structures (OPC 10000-6 5.1.12 allows a decoder to stop at 100).
    pub depth: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            open_requests: 1_024,
            message_bytes: 16 << 20,
            remembered: 100_000,
            depth: 32,
        }
    }
}
