//! The secure channels of one connection: what is known of their protection.

use alloc::vec::Vec;

use crate::security::{Mode, Policy};

/// Channels that are remembered for one connection. It has one; more come only from hostile or broken peers.
const MOST: usize = 8;

/// One secure channel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channel {
    /// The server's number.
    pub(crate) id: u32,
    /// Fixes the algorithms.
    pub(crate) policy: Policy,
    /// How messages are protected.
    pub(crate) mode: Mode,
    /// Bytes of signature after each chunk.
    pub(crate) signature: usize,
    /// An OPN of this connection named it.
    pub(crate) opened: bool,
    /// Messages that could not be read.
    pub(crate) unreadable: u64,
    /// It was said that its messages cannot be read.
    pub(crate) told_encrypted: bool,
    /// The mode that was told last.
    pub(crate) told_mode: Mode,
    /// It was said that it was never opened.
    pub(crate) told_unopened: bool,
}

impl Channel {
    const fn unknown(id: u32) -> Self {
        Self {
            id,
            policy: Policy::Unknown,
            mode: Mode::Unknown,
            signature: 0,
            opened: false,
            unreadable: 0,
            told_encrypted: false,
            told_mode: Mode::Unknown,
            told_unopened: false,
        }
    }

    /// A message could be read: the channel is not encrypted.
    pub(crate) fn found_readable(&mut self) {
        self.mode = match self.policy {
            Policy::None | Policy::Unknown => Mode::None,
            Policy::Listed(_) | Policy::Other => Mode::Sign,
        };
        if self.mode == Mode::Sign {
            self.signature = self.policy.signature();
        }
    }

    /// A message could not be read. Without its OPN nobody knows whether that is encryption.
    pub(crate) fn found_unreadable(&mut self) {
        self.unreadable += 1;
        if self.mode == Mode::Unknown && self.policy != Policy::Unknown {
            self.mode = Mode::SignAndEncrypt;
        }
    }
}

/// The channels of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Channels {
    /// The one that was used last; id 0 before there is one.
    current: Channel,
    others: Vec<Channel>,
    /// Stands for the channel that the client asks for, which has no number yet.
    opening: Channel,
    /// What the client asked for when its channel had no number yet.
    asked: Option<(Policy, Mode)>,
}

impl Channels {
    pub(crate) const fn new() -> Self {
        Self {
            current: Channel::unknown(0),
            others: Vec::new(),
            opening: Channel::unknown(0),
            asked: None,
        }
    }

    /// True when the id is one of this connection's, or none is known.
    pub(crate) fn may_be(&self, id: u32) -> bool {
        self.current.id == 0 || self.current.id == id || self.others.iter().any(|channel| channel.id == id)
    }

    /// The channel of an id. A new one has what the client asked for last.
    #[inline]
    pub(crate) fn get(&mut self, id: u32) -> &mut Channel {
        if id == 0 {
            return &mut self.opening;
        }
        if self.current.id != id {
            self.change(id);
        }
        &mut self.current
    }

    #[cold]
    fn change(&mut self, id: u32) {
        let place = self.others.iter().position(|channel| channel.id == id);
        let found = place
            .map(|place| self.others.swap_remove(place))
            .unwrap_or_else(|| {
                let mut channel = Channel::unknown(id);
                if let Some((policy, mode)) = self.asked {
                    channel.policy = policy;
                    channel.mode = mode;
                    channel.opened = true;
                }
                channel
            });
        let before = core::mem::replace(&mut self.current, found);
        if before.id != 0 {
            if self.others.len() >= MOST {
                self.others.remove(0);
            }
            self.others.push(before);
        }
    }

    /// OPN says how a channel is protected; id 0 is the request for a new one.
    pub(crate) fn opened(&mut self, id: u32, policy: Policy) {
        let mode = if policy == Policy::None {
            Mode::None
        } else {
            Mode::Unknown
        };
        if id == 0 {
            self.asked = Some((policy, mode));
            self.opening = Channel {
                policy,
                mode,
                ..Channel::unknown(0)
            };
            return;
        }
        // The answer gives the number, so what was asked for belongs to no other channel.
        self.asked = None;
        let channel = self.get(id);
        channel.opened = true;
        // A renewed token keeps the mode that was found out; another policy does not.
        if channel.policy != policy {
            channel.policy = policy;
            channel.mode = mode;
            channel.signature = 0;
        }
    }
}
