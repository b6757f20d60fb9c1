//! The last UDP datagrams, so that a copy which the mirror made is not taken for a message sent twice.

use std::collections::VecDeque;
use std::net::IpAddr;

use tapglass_model::{CaptureTime, MILLISECOND};

use super::compare::is_copy;
use crate::link::{Mark, Packet};

/// Datagrams remembered.
const MOST: usize = 256;
/// Bytes remembered; the oldest go first.
const MOST_BYTES: usize = 256 << 10;
/// Senders of which it is remembered whether their identifications change.
const SENDERS: usize = 1 << 10;
/// Until a sender has shown that its identifications change, only a copy that comes this soon is believed to be one.
const UNPROVEN: i64 = 2 * MILLISECOND;
#[derive(Clone)]
struct Datagram {
    at: CaptureTime,
    source: IpAddr,
    destination: IpAddr,
    mark: Mark,
    ttl: u8,
    payload: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Sender {
    ip: IpAddr,
    identification: u16,
    changes: bool,
}

/// The last datagrams.
#[derive(Clone, Default)]
pub struct Datagrams {
    last: VecDeque<Datagram>,
    bytes: usize,
    /// By the last bits of the address; a sender takes the place of another.
    senders: Vec<Option<Sender>>,
}

impl Datagrams {
    /// True when this datagram is a copy of one before: the same bytes between the same ends under the same identification
    /// within the time in which mirrors copy, at most one router further.
    ///
    /// Some stacks give all their packets one identification. There it proves nothing, so it must have been seen to change.
    pub fn is_copy(&mut self, at: CaptureTime, packet: &Packet<'_>) -> bool {
        if packet.mark == Mark::None {
            return false;
        }
        let changes = self.changes(packet);
        let copy = self.last.iter().rev().find(|other| {
            is_copy(packet.mark, (other.mark, other.at), at)
                && other.source == packet.source
                && other.destination == packet.destination
                && other.ttl.abs_diff(packet.ttl) <= 1
                && other.payload == packet.payload
        });
        if copy.is_some_and(|other| changes || at.since(other.at).abs() <= UNPROVEN) {
            return true;
        }
        while self.last.len() >= MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.last.pop_front() else {
                break;
            };
            self.bytes -= oldest.payload.len();
        }
        self.bytes += packet.payload.len();
        self.last.push_back(Datagram {
            at,
            source: packet.source,
            destination: packet.destination,
            mark: packet.mark,
            ttl: packet.ttl,
            payload: packet.payload.to_vec(),
        });
        false
    }

    /// Has the sender used another identification before? A redundant network numbers its frames by itself.
    fn changes(&mut self, packet: &Packet<'_>) -> bool {
        let Mark::Identification(identification) = packet.mark else {
            return true;
        };
        if self.senders.is_empty() {
            self.senders = vec![None; SENDERS];
        }
        let low = match packet.source {
            IpAddr::V4(ip) => ip.to_bits() as usize,
            IpAddr::V6(ip) => ip.segments().iter().map(|part| usize::from(*part)).sum(),
        };
        let Some(place) = self.senders.get_mut(low % SENDERS) else {
            return false;
        };
        match place {
            Some(known) if known.ip == packet.source => {
                known.changes |= known.identification != identification;
                known.identification = identification;
                known.changes
            }
            _ => {
                *place = Some(Sender {
                    ip: packet.source,
                    identification,
                    changes: false,
                });
                false
            }
        }
    }
}
