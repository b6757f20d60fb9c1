//! Who talks to whom.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{CaptureTime, Severity};

/// One device or client.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// The same for the same host in every snapshot.
    pub id: u64,
    /// Address, with unit or link address where it has one.
    pub address: String,
    /// Name in the site file; empty when it has none. Never from DNS.
    pub name: String,
    /// `client`, `server`, `master`, `outstation`.
    pub role: String,
    /// Protocols seen, such as `Modbus DNP3`.
    pub protocols: String,
    /// MAC address; empty when not known.
    pub mac: String,
    /// First seen.
    pub first_seen: CaptureTime,
    /// Last seen.
    pub last_seen: CaptureTime,
    /// First seen after learning ended, or not in the site.
    pub new: bool,
    /// Reads for each second, lately.
    pub reads_per_second: Option<f64>,
    /// Writes and commands sent or received.
    pub writes: u64,
    /// Exceptions sent or received.
    pub exceptions: u64,
    /// The worst active alarm on it.
    pub alarm: Option<Severity>,
    /// One line for each conversation and each thing worth saying about it.
    pub conversations: Vec<String>,
}
