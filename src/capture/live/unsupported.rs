//! Systems without a receive ring: says so.

use std::io;

use tapglass_model::CaptureTime;

use super::{InterfaceState, LiveError, Options};
use crate::capture::{Counters, Next, Source};

/// A live capture; on this system there is none.
pub enum Ring {}

impl Ring {
    /// Says that interfaces cannot be captured here.
    ///
    /// # Errors
    /// Always.
    pub fn open(interface: &str, _options: &Options) -> Result<Self, LiveError> {
        Err(LiveError::Unsupported {
            interface: interface.to_owned(),
        })
    }
}

impl Source for Ring {
    fn next(&mut self) -> Next<'_> {
        match *self {}
    }

    fn peek_time(&mut self) -> Option<CaptureTime> {
        match *self {}
    }

    fn counters(&mut self) -> Counters {
        match *self {}
    }
}

/// The interfaces of this machine; on this system they are not asked for.
///
/// # Errors
/// Always.
pub fn interfaces() -> io::Result<Vec<InterfaceState>> {
    Err(io::ErrorKind::Unsupported.into())
}
