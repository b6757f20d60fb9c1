//! What is said of a conversation that is recognised and not decoded.

use tapglass_model::CaptureTime;

use super::secrets::Secret;
use super::tls::Facts;
use crate::conversation::Conversation;

/// How much a conversation carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Frames of both directions, those without content included.
    pub frames: u64,
    /// Their captured bytes.
    pub bytes: u64,
}

impl Traffic {
    /// One more frame.
    #[inline]
    pub const fn add(&mut self, bytes: usize) {
        self.frames += 1;
        self.bytes += bytes as u64;
    }
}

/// Conversations of one protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recognised {
    /// How many.
    pub conversations: u64,
    /// What they carried.
    pub traffic: Traffic,
}

/// Between whom.
#[derive(Clone, Debug)]
pub enum Ends {
    /// Two addresses.
    Network(Box<Conversation>),
    /// Two network cards: a protocol that needs no IP. The second may be a group.
    Link {
        /// Sender.
        source: [u8; 6],
        /// Receiver.
        destination: [u8; 6],
        /// VLAN ids, outermost first.
        vlans: Vec<u16>,
    },
}

/// A conversation that is recognised and not decoded.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The word of records.
    pub protocol: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// Between whom.
    pub ends: Ends,
    /// First and last frame.
    pub seen: (CaptureTime, CaptureTime),
    /// Number of its last frame.
    pub frame: u64,
    /// What it carried.
    pub traffic: Traffic,
    /// What its TLS handshake says.
    pub tls: Option<Facts>,
    /// It controls or measures, in contrast to an office protocol.
    pub industrial: bool,
    /// What secret was seen in it that anybody on the way can read.
    pub secret: Option<Secret>,
}
