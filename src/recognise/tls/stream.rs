//! Follows the records of both directions: the handshake is read, the rest is passed over.

use super::facts::Facts;
use super::{HEADER, header, hello};

/// Handshake bytes of one direction that are put together; more than any hello or chain of certificates in use.
const HANDSHAKE: usize = 32 << 10;

/// One direction.
#[derive(Clone, Debug, Default)]
struct Side {
    /// Bytes of the current record that are still to come.
    left: usize,
    /// Type of that record.
    kind: u8,
    /// First bytes of a header that was cut.
    front: Vec<u8>,
    /// Handshake messages that are not complete.
    handshake: Vec<u8>,
    /// It sent a hello, as the one who asks or who answers.
    asks: Option<bool>,
    /// What follows is encrypted, or no handshake any more.
    sealed: bool,
    /// Bytes are missing: the next record is looked for at the start of a segment.
    lost: bool,
}

/// What became of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fed {
    /// They are TLS.
    Records,
    /// They are TLS no more.
    Broken,
}

/// One conversation.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    sides: [Side; 2],
    facts: Facts,
}

impl Stream {
    /// What the handshake said so far.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Both ends are past their handshake, or application data flows: nothing more will be said in the clear.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.sides.iter().all(|side| side.sealed)
    }

    /// Both ends speak TLS, or one of them sends application data: it is no lone hello at a server that does not know TLS.
    #[must_use]
    pub fn is_agreed(&self) -> bool {
        self.sides.iter().all(|side| side.kind != 0) || self.sides.iter().any(|side| side.kind == 0x17)
    }

    /// Which side is the client, where a hello told.
    #[must_use]
    pub fn client(&self) -> Option<usize> {
        self.sides
            .iter()
            .position(|side| side.asks == Some(true))
            .or_else(|| {
                self.sides
                    .iter()
                    .position(|side| side.asks == Some(false))
                    .map(|server| 1 - server)
            })
    }

    /// Bytes of one side are missing.
    pub fn gap(&mut self, side: usize) {
        if let Some(side) = self.sides.get_mut(side) {
            let asks = side.asks;
            *side = Side {
                asks,
                sealed: true,
                lost: true,
                ..Side::default()
            };
        }
    }

    /// The next bytes of one side, from one segment.
    pub fn feed(&mut self, side: usize, bytes: &[u8]) -> Fed {
        let Self { sides, facts } = self;
        let Some(side) = sides.get_mut(side) else {
            return Fed::Broken;
        };
        let mut rest = bytes;
        if side.lost {
            if header(rest).is_none() {
                return Fed::Records;
            }
            side.lost = false;
        }
        while !rest.is_empty() {
            if side.left > 0 {
                let (now, later) = rest.split_at(side.left.min(rest.len()));
                side.take(now, facts);
                rest = later;
                continue;
            }
            let joined;
            let missing = HEADER - side.front.len().min(HEADER);
            let here = if side.front.is_empty() {
                rest
            } else {
                side.front.extend_from_slice(rest.get(..missing).unwrap_or(rest));
                joined = std::mem::take(&mut side.front);
                &joined
            };
            if here.len() < HEADER {
                side.front = here.to_vec();
                return Fed::Records;
            }
            let Some((kind, length)) = header(here) else {
                return Fed::Broken;
            };
            (side.kind, side.left) = (kind, length);
            rest = rest.get(missing..).unwrap_or_default();
        }
        Fed::Records
    }
}

impl Side {
    /// Bytes of the current record.
    fn take(&mut self, bytes: &[u8], facts: &mut Facts) {
        self.left -= bytes.len();
        match self.kind {
            // Change of cipher: the next handshake record is encrypted (in TLS 1.3 it comes after the hellos).
            0x14 | 0x17 => {
                self.sealed = true;
                self.handshake = Vec::new();
            }
            0x16 if !self.sealed => {
                self.handshake.extend_from_slice(bytes);
                self.read(facts);
            }
            _ => {}
        }
    }

    fn read(&mut self, facts: &mut Facts) {
        let mut at = 0;
        while let Some(&[kind, a, b, c]) = self.handshake.get(at..).and_then(|rest| rest.first_chunk()) {
            let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
            if length > HANDSHAKE {
                self.sealed = true;
                break;
            }
            let Some(body) = self.handshake.get(at + 4..at + 4 + length) else {
                break;
            };
            match kind {
                1 => self.asks = Some(true),
                2 => self.asks = Some(false),
                _ => {}
            }
            hello::message(kind, body, self.asks.unwrap_or(false), facts);
            at += 4 + length;
        }
        self.handshake.drain(..at.min(self.handshake.len()));
        if self.sealed || self.handshake.len() > HANDSHAKE {
            self.handshake = Vec::new();
            self.sealed = true;
        }
    }
}
