//! Flows: which packets belong together, and their bytes in order. Knows no protocol.

mod compare;
mod datagrams;
mod fragments;
mod history;
mod key;
mod segment;
mod table;
mod tcp;

pub use datagrams::Datagrams;
pub use fragments::{Fragments, Put};
pub use history::{Counts, Delivered, History, Kept, Place, Record};
pub use key::{End, Key};
pub use segment::{Delivery, Difference, Missing, Other, Segment, Sender};
pub use table::{Entry, Table};
pub use tcp::Stream;

/// Bounds of the flow layer. What they cost is reported, never silent.
#[derive(Clone, Copy, Debug)]
pub struct FlowLimits {
    /// Flows that are followed at the same time; the one that was quiet longest is given up first.
    pub flows: usize,
    /// Bytes of one direction that wait for a missing segment; then the hole is skipped.
    pub waiting_bytes: usize,
    /// Segments of one direction that wait for a missing one.
    pub waiting_segments: usize,
    /// Bytes that wait in all flows together; beyond it a direction that would wait skips its hole at once.
    pub all_waiting_bytes: usize,
}

impl Default for FlowLimits {
    fn default() -> Self {
        Self {
            flows: 65_536,
            waiting_bytes: 512 << 10,
            waiting_segments: 512,
            all_waiting_bytes: 64 << 20,
        }
    }
}
