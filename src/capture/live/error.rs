//! Why an interface cannot be captured: what, where, and the mend.

use std::io;

use crate::capture::filter::FilterError;

/// An interface that cannot be captured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// There is no such interface.
    #[error("no interface `{interface}` on this machine; it has {known}")]
    Missing {
        /// The name asked for.
        interface: String,
        /// The interfaces there are, with their state.
        known: String,
    },
    /// It is switched off.
    #[error("interface {interface} is down; switch it on: ip link set {interface} up")]
    Down {
        /// Name of the interface.
        interface: String,
    },
    /// The program may not capture.
    #[error(
        "no permission to capture on {interface}; allow it once with: sudo setcap cap_net_raw+ep {program}"
    )]
    Permission {
        /// Name of the interface.
        interface: String,
        /// Path of this program.
        program: String,
    },
    /// Its frames are of a kind that is not read.
    #[error(
        "interface {interface} carries frames of kind {hardware} (ARPHRD), only Ethernet, loopback and IP tunnels \
         are captured; try: tcpdump -i {interface} -U -w - | tapglass live -"
    )]
    Hardware {
        /// Name of the interface.
        interface: String,
        /// The kind.
        hardware: u16,
    },
    /// The filter cannot be used.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The ring does not fit.
    #[error(
        "no memory for a ring of {blocks} blocks of {block_size} bytes on {interface} ({source}); ask for fewer \
         blocks; a block is a multiple of the page size"
    )]
    Memory {
        /// Name of the interface.
        interface: String,
        /// Blocks asked for.
        blocks: u32,
        /// Bytes of each.
        block_size: u32,
        /// What the system says.
        source: io::Error,
    },
    /// The system refused something else.
    #[error("cannot capture on {interface}: {step}: {source}; `tapglass doctor {interface}` may say more")]
    System {
        /// Name of the interface.
        interface: String,
        /// What was being done.
        step: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// This system has no receive ring.
    #[error(
        "interfaces are captured on Linux only; elsewhere pipe a capture in: tcpdump -i {interface} -U -w - | \
         tapglass live -"
    )]
    Unsupported {
        /// Name of the interface.
        interface: String,
    },
}
