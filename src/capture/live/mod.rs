//! Live capture: frames of an interface through the kernel's receive ring, on Linux.
//!
//! Nothing is ever sent. The proof is short: all sockets are made in `sys` and reachable from nowhere else,
//! a packet socket for each ring and for a moment a datagram socket to ask for an interface's state; that module
//! calls no `send`, `sendto`, `sendmsg` or `write` and maps a receive ring but no transmit ring. (The kernel has
//! no way to shut a packet socket for writing: `shutdown` is refused for its family.) A test counts what the
//! tapped interface sent: nothing.

mod error;
#[cfg(target_os = "linux")]
mod interfaces;
#[cfg(target_os = "linux")]
mod ring;
#[cfg(target_os = "linux")]
mod sys;
#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(target_os = "linux")]
mod vlan;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::filter::Filter;

pub use error::LiveError;
#[cfg(target_os = "linux")]
pub use interfaces::interfaces;
#[cfg(target_os = "linux")]
pub use ring::Ring;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{Ring, interfaces};

/// A network interface of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InterfaceState {
    /// Its name.
    pub name: String,
    /// It is switched on.
    pub up: bool,
    /// It has a link: a cable with something alive at the other end.
    pub carrier: bool,
    /// It is the loopback interface.
    pub loopback: bool,
    /// The kind of its hardware, an ARPHRD number: 1 is Ethernet.
    pub hardware: u16,
}

/// How an interface is captured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes of one block of the ring: a multiple of the page size, at least the longest frame.
    pub block_size: u32,
    /// Blocks of the ring.
    pub blocks: u32,
    /// After so long the kernel hands a block over, full or not.
    pub retire: Duration,
    /// After so long without a frame the reader is told.
    pub poll: Duration,
    /// Most bytes of a frame that are captured; 0 for all.
    pub snap_length: u32,
    /// Which frames are captured; `None` for all. The kernel decides, before they take room in the ring.
    pub filter: Option<Filter>,
    /// Ends the capture when it becomes true.
    pub stop: Arc<AtomicBool>,
}

impl Default for Options {
    /// A ring of 64 MiB, blocks of 1 MiB handed over after 50 ms, whole frames, poll time 100 ms.
    fn default() -> Self {
        Self {
            block_size: 1024 * 1024,
            blocks: 64,
            retire: Duration::from_millis(50),
            poll: Duration::from_millis(100),
            snap_length: 0,
            filter: None,
            stop: Arc::default(),
        }
    }
}
