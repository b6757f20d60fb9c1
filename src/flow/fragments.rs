//! Putting fragmented IP packets together (RFC 791 3.2, RFC 8200 4.5), bounded.

use std::net::IpAddr;

use tapglass_model::{CaptureTime, SECOND};

use crate::link::Fragment;

/// Packets that wait for their other pieces; OT networks hardly fragment, an attacker does.
const MOST: usize = 256;
/// An IP packet is 65,535 bytes at the most.
const LONGEST: u32 = 65_535;
/// Pieces that wait longer than this are given up (RFC 791 advises 15 s, RFC 8200 60 s).
const PATIENCE: i64 = 30 * SECOND;

struct Packet {
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    id: u32,
    since: CaptureTime,
    /// Pieces in order of their offset.
    pieces: Vec<(u32, Vec<u8>)>,
    /// Whole length, known with the last piece.
    total: Option<u32>,
}

/// The packets that wait for pieces, oldest first.
#[derive(Default)]
pub struct Fragments {
    packets: Vec<Packet>,
    /// Packets given up without all their pieces.
    pub given_up: u64,
}

impl Fragments {
    /// Takes a piece; gives the payload back once it is whole.
    pub fn push(
        &mut self,
        at: CaptureTime,
        source: IpAddr,
        destination: IpAddr,
        protocol: u8,
        fragment: Fragment,
        bytes: &[u8],
    ) -> Option<Vec<u8>> {
        let before = self.packets.len();
        self.packets.retain(|packet| at.since(packet.since) <= PATIENCE);
        self.given_up += (before - self.packets.len()) as u64;
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        if fragment.offset.saturating_add(length) > LONGEST {
            self.given_up += 1;
            return None;
        }
        let found = self.packets.iter().position(|packet| {
            packet.id == fragment.id
                && packet.source == source
                && packet.destination == destination
                && packet.protocol == protocol
        });
        let place = found.unwrap_or_else(|| {
            if self.packets.len() >= MOST {
                self.packets.remove(0);
                self.given_up += 1;
            }
            self.packets.push(Packet {
                source,
                destination,
                protocol,
                id: fragment.id,
                since: at,
                pieces: Vec::new(),
                total: None,
            });
            self.packets.len() - 1
        });
        let packet = self.packets.get_mut(place)?;
        let order = packet
            .pieces
            .partition_point(|(offset, _)| *offset < fragment.offset);
        packet.pieces.insert(order, (fragment.offset, bytes.to_vec()));
        if !fragment.more {
            packet.total = Some(fragment.offset + length);
        }
        let whole = packet.whole()?;
        self.packets.remove(place);
        Some(whole)
    }
}

impl Packet {
    /// The payload when no byte is missing. Where pieces overlap, the earlier byte stands.
    fn whole(&self) -> Option<Vec<u8>> {
        let total = self.total?;
        let mut bytes = Vec::new();
        for (offset, piece) in &self.pieces {
            let here = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            let known = here.checked_sub(*offset)?;
            bytes.extend_from_slice(piece.get(known as usize..).unwrap_or_default());
        }
        bytes.truncate(total as usize);
        (bytes.len() == total as usize).then_some(bytes)
    }
}
