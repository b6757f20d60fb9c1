//! Protocols that are recognised and counted but not decoded, so that nobody takes silence about them for their absence.
//!
//! Each protocol is one [`Recogniser`] in a file of its own: names, registered ports, and a test of a segment's first
//! bytes. Content decides; a port counts only together with bytes that fit.

mod bytes;
mod ethernet;
mod industrial;
mod office;
mod secrets;
mod seen;
mod table;
pub mod tls;
mod words;

pub use ethernet::{LinkTalks, Station};
pub use secrets::{Secret, secret_in};
pub use seen::{Ends, Recognised, Seen, Traffic};
pub use table::{TLS_PLACE, Table, is_industrial, recognise, recogniser};
pub use words::not_decoded_line;

use tapglass_proto::Transport;

/// The first bytes of a segment or datagram, and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// All of the segment.
    pub bytes: &'a [u8],
    /// TCP or UDP.
    pub transport: Transport,
    /// Sender's port.
    pub from: u16,
    /// Receiver's port.
    pub to: u16,
}

impl Look<'_> {
    const fn tcp(&self) -> bool {
        matches!(self.transport, Transport::Tcp)
    }

    const fn udp(&self) -> bool {
        matches!(self.transport, Transport::Udp)
    }
}

/// How much bytes look like a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Not at all.
    No,
    /// They could be; it counts at a registered port only.
    Fits,
    /// They are, as far as seen; what follows may tell more exactly.
    Perhaps,
    /// They are.
    Is,
}

impl Likeness {
    /// The likeness when `test` holds, else none.
    #[must_use]
    pub const fn when(self, test: bool) -> Self {
        if test { self } else { Self::No }
    }
}

/// A protocol that can be recognised.
pub struct Recogniser {
    /// The word of records.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// It controls or measures, in contrast to an office protocol.
    pub industrial: bool,
    /// Registered and usual ports.
    pub ports: &'static [u16],
    /// Looks at a segment or datagram.
    pub test: fn(&Look<'_>) -> Likeness,
}
