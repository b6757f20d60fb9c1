//! Putting fragmented IP packets together (RFC 791 3.2, RFC 8200 4.5), bounded.

use std::collections::VecDeque;
use std::net::IpAddr;

use tapglass_model::{CaptureTime, MILLISECOND, SECOND};

use crate::link::{Fragment, Packet};

/// Packets that wait for their other pieces; OT networks hardly fragment, an attacker does.
const MOST: usize = 256;
/// An IP packet is 65,535 bytes at the most.
const LONGEST: u32 = 65_535;
/// Bytes of the pieces of one packet, with those that overlap.
const MOST_BYTES: usize = 128 << 10;
/// Pieces of one packet: 8 bytes each at the least, and as many again.
const MOST_PIECES: usize = 16_384;
/// Pieces that wait longer than this are given up (RFC 791 advises 15 s, RFC 8200 60 s).
const PATIENCE: i64 = 30 * SECOND;
/// Whole packets that are remembered, so that copies of their pieces are known as such.
const DONE: usize = 64;
/// Bytes of these.
const DONE_BYTES: usize = 1 << 20;
/// Copies come within this time.
const COPIES: i64 = 400 * MILLISECOND;

/// The name of a packet that its pieces share. The protocol belongs to it for IPv4 (RFC 791); in IPv6 only the first piece
/// says it truly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name {
    source: IpAddr,
    destination: IpAddr,
    protocol: Option<u8>,
    id: u32,
}
#[derive(Clone)]
struct Waiting {
    name: Name,
    since: CaptureTime,
    /// Protocol that the first piece says.
    protocol: u8,
    /// Pieces in order of arrival.
    pieces: Vec<(u32, Vec<u8>)>,
    bytes: usize,
    /// What is covered, in order, without overlaps.
    covered: Vec<(u32, u32)>,
    /// Whole length, known with the last piece.
    total: Option<u32>,
    overlap: bool,
}
#[derive(Clone)]
struct Done {
    name: Name,
    at: CaptureTime,
    payload: Vec<u8>,
}

/// What became of a piece.
#[derive(Debug, PartialEq, Eq)]
pub enum Put {
    /// It waits for others.
    Waiting,
    /// It is a copy of a piece that was there before.
    Copy,
    /// It makes the packet whole.
    Whole {
        /// IP protocol of the payload.
        protocol: u8,
        /// The payload; where pieces overlap, the earlier byte stands.
        payload: Vec<u8>,
        /// The payload with the later byte, where pieces overlap and differ: receivers choose differently.
        other: Option<Vec<u8>>,
    },
    /// It goes beyond what a packet or this memory can hold.
    GivenUp,
}

/// The packets that wait for pieces, oldest first.
#[derive(Clone, Default)]
pub struct Fragments {
    waiting: Vec<Waiting>,
    done: VecDeque<Done>,
    done_bytes: usize,
    /// Packets given up without all their pieces.
    pub given_up: u64,
    /// Pieces captured twice.
    pub copies: u64,
    /// Packets whose pieces overlap with different content.
    pub overlaps: u64,
}

impl Fragments {
    /// Packets that still wait.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes a piece.
    pub fn push(&mut self, at: CaptureTime, packet: &Packet<'_>, fragment: Fragment) -> Put {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| at.since(waiting.since) <= PATIENCE);
        self.given_up += (before - self.waiting.len()) as u64;
        let bytes = packet.payload;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let end = fragment.offset.saturating_add(length);
        if end > LONGEST {
            self.given_up += 1;
            return Put::GivenUp;
        }
        let name = Name {
            source: packet.source,
            destination: packet.destination,
            protocol: packet.source.is_ipv4().then_some(packet.protocol),
            id: fragment.id,
        };
        if self.is_done(at, name, fragment.offset, bytes) {
            self.copies += 1;
            return Put::Copy;
        }
        let place = self.place(at, name);
        let Some(waiting) = self.waiting.get_mut(place) else {
            return Put::GivenUp;
        };
        let same = |(offset, piece): &(u32, Vec<u8>)| *offset == fragment.offset && piece == bytes;
        if waiting.pieces.iter().any(same) {
            self.copies += 1;
            return Put::Copy;
        }
        if waiting.bytes + bytes.len() > MOST_BYTES || waiting.pieces.len() >= MOST_PIECES {
            self.waiting.remove(place);
            self.given_up += 1;
            return Put::GivenUp;
        }
        if fragment.offset == 0 {
            waiting.protocol = packet.protocol;
        }
        if !fragment.more {
            waiting.total.get_or_insert(end);
        }
        waiting.bytes += bytes.len();
        waiting.pieces.push((fragment.offset, bytes.to_vec()));
        waiting.cover(fragment.offset, end);
        if !waiting.is_whole() {
            return Put::Waiting;
        }
        let waiting = self.waiting.remove(place);
        self.whole(at, &waiting)
    }

    fn place(&mut self, at: CaptureTime, name: Name) -> usize {
        if let Some(place) = self.waiting.iter().position(|waiting| waiting.name == name) {
            return place;
        }
        if self.waiting.len() >= MOST {
            self.waiting.remove(0);
            self.given_up += 1;
        }
        self.waiting.push(Waiting {
            name,
            since: at,
            protocol: 0,
            pieces: Vec::new(),
            bytes: 0,
            covered: Vec::new(),
            total: None,
            overlap: false,
        });
        self.waiting.len() - 1
    }

    fn whole(&mut self, at: CaptureTime, waiting: &Waiting) -> Put {
        let payload = waiting.join(false);
        let other = if waiting.overlap {
            Some(waiting.join(true)).filter(|other| *other != payload)
        } else {
            None
        };
        self.overlaps += u64::from(other.is_some());
        self.done_bytes += payload.len();
        self.done.push_back(Done {
            name: waiting.name,
            at,
            payload: payload.clone(),
        });
        while self.done.len() > DONE || self.done_bytes > DONE_BYTES {
            let Some(oldest) = self.done.pop_front() else {
                break;
            };
            self.done_bytes -= oldest.payload.len();
        }
        Put::Whole {
            protocol: waiting.protocol,
            payload,
            other,
        }
    }

    fn is_done(&self, at: CaptureTime, name: Name, offset: u32, bytes: &[u8]) -> bool {
        self.done.iter().rev().any(|done| {
            done.name == name
                && at.since(done.at).abs() <= COPIES
                && done
                    .payload
                    .get(offset as usize..)
                    .is_some_and(|rest| rest.starts_with(bytes))
        })
    }
}

impl Waiting {
    /// Adds a stretch to what is covered.
    fn cover(&mut self, mut start: u32, mut end: u32) {
        let covered = &mut self.covered;
        let first = covered.partition_point(|stretch| stretch.1 < start);
        let mut last = first;
        while let Some(stretch) = covered.get(last).filter(|stretch| stretch.0 <= end) {
            self.overlap |= stretch.0 < end && start < stretch.1;
            start = start.min(stretch.0);
            end = end.max(stretch.1);
            last += 1;
        }
        covered.splice(first..last, [(start, end)]);
    }

    fn is_whole(&self) -> bool {
        matches!((self.total, self.covered.first()), (Some(total), Some(&(0, end))) if end >= total)
    }

    /// The payload. Where pieces overlap, the byte of the later or of the earlier piece stands.
    fn join(&self, later: bool) -> Vec<u8> {
        let total = self.total.unwrap_or(0) as usize;
        let mut payload = vec![0; total];
        let mut put = |(offset, piece): &(u32, Vec<u8>)| {
            let start = (*offset as usize).min(total);
            let end = (start + piece.len()).min(total);
            if let (Some(place), Some(piece)) = (payload.get_mut(start..end), piece.get(..end - start)) {
                place.copy_from_slice(piece);
            }
        };
        if later {
            self.pieces.iter().for_each(&mut put);
        } else {
            self.pieces.iter().rev().for_each(&mut put);
        }
        payload
    }
}
