//! Which protocol a flow speaks, and which end is the server: by content, with ports only breaking ties.

use std::net::IpAddr;

use tapglass_model::CaptureTime;
use tapglass_proto::{Direction, Transport, Verdict};

use crate::flow::Sender;
use crate::registry::{COUNT, PROTOCOLS};

/// Segments without any likeness after which a flow on a port that nobody named is left alone.
const MISSES: u8 = 16;
/// Bytes that are kept while the evidence is not enough.
const HELD_BYTES: usize = 8 << 10;

/// A port at which a protocol is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Only at this address.
    pub ip: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Place in [`PROTOCOLS`].
    pub protocol: usize,
}

/// Bytes that wait until the protocol is known.
pub(super) struct Held {
    pub(super) low: bool,
    pub(super) at: CaptureTime,
    pub(super) frame: u64,
    pub(super) carried_by: u64,
    pub(super) offset: u32,
    pub(super) sender: Sender,
    pub(super) bytes: Vec<u8>,
}

/// What is known of a flow whose protocol is not.
#[derive(Default)]
pub(super) struct Candidate {
    pub(super) held: Vec<Held>,
    held_bytes: usize,
    /// Unfinished first bytes of each end.
    unsure: [Vec<u8>; 2],
    votes: [u8; COUNT],
    /// Which end the content calls the client, and whether that is certain.
    client_is_low: Option<(bool, bool)>,
    misses: u8,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identified {
    pub(super) protocol: usize,
    pub(super) transport: Transport,
    /// Which end the content calls the client, and whether that is certain.
    pub(super) client_is_low: Option<(bool, bool)>,
}

/// What a segment tells.
pub(super) enum Told {
    /// The protocol.
    Known(Identified),
    /// More is needed; the segment should be held.
    Hold,
    /// Nothing; what is held can go.
    Nothing,
    /// This flow speaks none of the protocols.
    GiveUp,
}

impl Candidate {
    /// Looks at one segment or datagram. `hinted` says for each protocol whether its port is in use here.
    pub(super) fn look(
        &mut self,
        low: bool,
        bytes: &[u8],
        transport: Transport,
        hinted: [bool; COUNT],
    ) -> Told {
        let side = usize::from(!low);
        let mut joined = Vec::new();
        let mut looked_at = bytes;
        if let Some(unsure) = self.unsure.get_mut(side)
            && !unsure.is_empty()
        {
            joined.append(unsure);
            joined.extend_from_slice(bytes);
            looked_at = &joined;
        }
        let mut hold = false;
        let mut likeness = false;
        for (index, protocol) in PROTOCOLS.iter().enumerate() {
            let probe = protocol.probe(looked_at, transport);
            let Some(votes) = self.votes.get_mut(index) else {
                continue;
            };
            match probe.verdict {
                Verdict::No => *votes = 0,
                Verdict::Unsure => {
                    likeness = true;
                    hold = true;
                }
                Verdict::Yes => {
                    likeness = true;
                    *votes = votes.saturating_add(1);
                    if let Some(sender) = probe.sender
                        && self
                            .client_is_low
                            .is_none_or(|(_, certain)| probe.certain && !certain)
                    {
                        self.client_is_low = Some(((sender == Direction::FromClient) == low, probe.certain));
                    }
                    let named = hinted.get(index).copied().unwrap_or(false);
                    let needed = if named { 1 } else { protocol.off_port_evidence() };
                    if *votes >= needed {
                        return Told::Known(Identified {
                            protocol: index,
                            transport: probe.transport,
                            client_is_low: self.client_is_low,
                        });
                    }
                }
            }
        }
        if hold && let Some(unsure) = self.unsure.get_mut(side) {
            *unsure = looked_at.to_vec();
        }
        if likeness && self.held_bytes + bytes.len() <= HELD_BYTES {
            self.held_bytes += bytes.len();
            return Told::Hold;
        }
        self.forget();
        if hinted.contains(&true) {
            // At a port where the protocol is expected it may start at any time.
            return Told::Nothing;
        }
        self.misses = self.misses.saturating_add(1);
        if self.misses >= MISSES {
            Told::GiveUp
        } else {
            Told::Nothing
        }
    }

    /// Drops what is held.
    pub(super) fn forget(&mut self) {
        self.held.clear();
        self.held_bytes = 0;
        self.unsure = [Vec::new(), Vec::new()];
    }
}
