//! Taking the encryption of one chunk off: AES in CBC mode, as all policies with RSA and those with NIST and Brainpool
//! curves use it (OPC 10000-7 6.6).

use alloc::boxed::Box;
use alloc::vec::Vec;

use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt, InnerIvInit, KeyInit};
use aes::{Aes128Dec, Aes256Dec};
use tapglass_proto::SideKey;

/// Bytes of a block of AES.
pub(super) const BLOCK: usize = 16;

/// The expanded key of one side.
#[derive(Clone)]
pub(super) struct Cipher {
    key: Expanded,
    iv: [u8; BLOCK],
}
#[derive(Clone)]
enum Expanded {
    Short(Box<Aes128Dec>),
    Long(Box<Aes256Dec>),
}

impl Cipher {
    /// Expands a key; `None` when it is no key of AES-128 or AES-256.
    pub(super) fn new(side: &SideKey) -> Option<Self> {
        let key = match side.key().len() {
            16 => Expanded::Short(Box::new(Aes128Dec::new_from_slice(side.key()).ok()?)),
            _ => Expanded::Long(Box::new(Aes256Dec::new_from_slice(side.key()).ok()?)),
        };
        Some(Self { key, iv: *side.iv() })
    }

    /// Decrypts whole blocks into `plain`, whose content is replaced. Every chunk begins with the same vector, which is
    /// derived together with the keys (OPC 10000-6 6.7.5).
    pub(super) fn decrypt(&self, bytes: &[u8], plain: &mut Vec<u8>) {
        plain.clear();
        plain.extend_from_slice(bytes);
        let (blocks, _) = Array::slice_as_chunks_mut(plain);
        let iv = self.iv.into();
        match &self.key {
            Expanded::Short(key) => cbc::Decryptor::inner_iv_init(&**key, &iv).decrypt_blocks(blocks),
            Expanded::Long(key) => cbc::Decryptor::inner_iv_init(&**key, &iv).decrypt_blocks(blocks),
        }
    }
}

/// How many bytes stand before the padding of a decrypted chunk that ends with `signature` bytes of signature; `None` when
/// the padding is not as the standard wants it: every byte of it says how many there are (OPC 10000-6 6.7.2.5).
///
/// The second size byte of that clause belongs to keys of more than 2,048 bits, which only OPN is encrypted with.
pub(super) fn unpadded(plain: &[u8], signature: usize) -> Option<usize> {
    let signed = plain.get(..plain.len().checked_sub(signature)?)?;
    let (&size, before) = signed.split_last()?;
    let end = before.len().checked_sub(usize::from(size))?;
    let padding = before.get(end..)?;
    padding.iter().all(|byte| *byte == size).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn blocks_are_decrypted_as_the_standard_of_the_mode_shows() {
        // NIST SP 800-38A F.2.2 and F.2.6: CBC-AES128.Decrypt, CBC-AES256.Decrypt
        let iv: [u8; 16] = core::array::from_fn(|place| place as u8);
        let plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        for (key, sealed) in [
            (
                "2b7e151628aed2a6abf7158809cf4f3c",
                "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2",
            ),
            (
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d",
            ),
        ] {
            let side = SideKey::new(&hex(key), iv, None).unwrap();
            let mut out = vec![1, 2, 3];
            Cipher::new(&side).unwrap().decrypt(&hex(sealed), &mut out);
            assert_eq!(out, plain);
        }
    }

    #[test]
    fn padding_says_its_own_length() {
        for (plain, signature, end) in [
            // a size byte alone
            (&[9, 9, 0][..], 0, Some(2)),
            (&[9, 1, 1], 0, Some(1)),
            (&[9, 2, 2, 2], 0, Some(1)),
            (&[2, 2, 2, 7, 7], 2, Some(0)),
            // one byte of it is another
            (&[9, 2, 1, 2], 0, None),
            // longer than what is there
            (&[3, 3, 3], 0, None),
            (&[0, 7, 7], 3, None),
            (&[0, 7, 7], 4, None),
            (&[], 0, None),
        ] {
            assert_eq!(unpadded(plain, signature), end, "{plain:?} {signature}");
        }
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2)
            .map(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).unwrap())
            .collect()
    }
}
