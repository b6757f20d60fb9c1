//! Keys that somebody gave to read what a conversation encrypts.
//!
//! Who holds them, and where they came from, is the engine's business: a decoder asks for those of a conversation and a
//! token when it meets bytes that it cannot read.

use core::fmt;

/// The symmetric key of one side of a conversation. It is never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SideKey {
    key: [u8; 32],
    length: u8,
    iv: [u8; 16],
    signature: Option<u8>,
}

impl SideKey {
    /// A key of 16 or 32 bytes (AES-128, AES-256), the initialization vector, and how many bytes of signature follow each
    /// message, where that is known. `None` for a key of another length.
    #[must_use]
    pub fn new(key: &[u8], iv: [u8; 16], signature: Option<u8>) -> Option<Self> {
        if !matches!(key.len(), 16 | 32) {
            return None;
        }
        let mut held = [0; 32];
        held.get_mut(..key.len())?.copy_from_slice(key);
        Some(Self {
            key: held,
            length: u8::try_from(key.len()).ok()?,
            iv,
            signature,
        })
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        self.key.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The initialization vector.
    #[must_use]
    pub const fn iv(&self) -> &[u8; 16] {
        &self.iv
    }

    /// Bytes of signature after each message, where the key log says it.
    #[must_use]
    pub const fn signature(&self) -> Option<u8> {
        self.signature
    }
}

impl fmt::Debug for SideKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SideKey({} bytes)", self.length)
    }
}

/// The keys of one token of a conversation: what the client encrypts with, and what the server encrypts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    /// Of the client's messages.
    pub client: Option<SideKey>,
    /// Of the server's messages.
    pub server: Option<SideKey>,
}

/// Finds keys.
pub trait Keys: Send + Sync {
    /// True when there are none at all.
    fn is_empty(&self) -> bool;
    /// The `nth` set of keys, from 0, for a channel and a token. There may be several: numbers begin anew when a server is
    /// started again, and every server has its own. The decoder finds out which one fits.
    fn find(&self, channel: u32, token: u32, nth: usize) -> Option<KeySet>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn a_key_is_never_printed() {
        let key = SideKey::new(&[0xab; 32], [0xcd; 16], Some(32)).unwrap();
        let set = KeySet {
            client: Some(key),
            server: None,
        };
        let text = format!("{set:?}");
        assert!(
            !text.contains("171") && !text.contains("ab, ab") && !text.contains("205"),
            "{text}"
        );
        assert_eq!(key.key(), [0xab; 32]);
    }

    #[test]
    fn only_lengths_of_aes_keys_are_taken() {
        for (length, taken) in [
            (0, false),
            (15, false),
            (16, true),
            (24, false),
            (32, true),
            (33, false),
        ] {
            assert_eq!(
                SideKey::new(&[1; 33][..length], [0; 16], None).is_some(),
                taken,
                "{length}"
            );
        }
    }
}
