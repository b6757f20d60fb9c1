//! Thumbprints of certificates: SHA-1 of the DER encoding, the name that OPC UA gives them (OPC 10000-6 6.7.2.3).

use core::fmt;

/// The thumbprint of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Thumbprint(pub(crate) [u8; 20]);

impl Thumbprint {
    /// Of the first certificate of a chain: what follows it belongs to its issuers (OPC 10000-6 6.7.2.3).
    pub(crate) fn of(chain: &[u8]) -> Self {
        Self(sha1(first(chain)))
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The first certificate of a chain.
pub(crate) fn first(chain: &[u8]) -> &[u8] {
    chain.get(..first_length(chain)).unwrap_or(chain)
}

/// How long the DER sequence at the front is, by its own length field.
fn first_length(chain: &[u8]) -> usize {
    match chain {
        // 0x82: two bytes of length follow; no certificate is shorter than 256 or longer than 65,535 bytes.
        [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => chain.len(),
    }
}

/// SHA-1 (FIPS 180-4 6.1). Good enough for a name, and for nothing else.
fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state = [
        0x6745_2301_u32,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    let mut blocks = bytes.chunks_exact(64);
    for block in &mut blocks {
        compress(&mut state, block.iter().copied());
    }
    // The rest, a bit that is set, zeros, and the length in bits, which may need a second block.
    let rest = blocks.remainder();
    let bits = (bytes.len() as u64).wrapping_mul(8).to_be_bytes();
    let zeros = (119 - rest.len()) % 64;
    let tail = rest
        .iter()
        .copied()
        .chain([0x80])
        .chain(core::iter::repeat_n(0, zeros))
        .chain(bits);
    let mut tail = tail.peekable();
    while tail.peek().is_some() {
        compress(&mut state, tail.by_ref().take(64));
    }
    let mut digest = [0; 20];
    for (place, word) in digest.chunks_exact_mut(4).zip(state) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

/// Takes one block of 64 bytes in.
fn compress(state: &mut [u32; 5], block: impl Iterator<Item = u8>) {
    // The last 16 words of the schedule, of which each new one is made.
    let mut words = [0_u32; 16];
    for (place, byte) in block.enumerate() {
        if let Some(word) = words.get_mut(place / 4) {
            *word = *word << 8 | u32::from(byte);
        }
    }
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for round in 0..80_u32 {
        let (mix, constant) = match round {
            0..20 => ((b & c) | (!b & d), 0x5a82_7999),
            20..40 => (b ^ c ^ d, 0x6ed9_eba1),
            40..60 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6),
        };
        let [word, _, second, .., eighth, _, _, _, _, thirteenth, _, _] = words;
        let next = a
            .rotate_left(5)
            .wrapping_add(mix)
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(word);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        words.rotate_left(1);
        if let Some(last) = words.last_mut() {
            *last = (thirteenth ^ eighth ^ second ^ word).rotate_left(1);
        }
    }
    for (place, add) in state.iter_mut().zip([a, b, c, d, e]) {
        *place = place.wrapping_add(add);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn digests_are_those_of_the_standard() {
        for (text, digest) in [
            (&b""[..], "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            (b"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
            ),
        ] {
            assert_eq!(Thumbprint(sha1(text)).to_string(), digest);
        }
        let many = vec![b'a'; 1_000_000];
        assert_eq!(
            Thumbprint(sha1(&many)).to_string(),
            "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
        );
    }

    #[test]
    fn a_chain_is_named_after_its_first_certificate() {
        // 30 82 00 04: a sequence of four bytes, then another certificate
        let chain = [0x30, 0x82, 0x00, 0x04, 1, 2, 3, 4, 0x30, 0x82, 0x00, 0x00];
        assert_eq!(Thumbprint::of(&chain), Thumbprint::of(&chain[..8]));
        // a length that nothing stands behind is no length
        let short = [0x30, 0x82, 0xff, 0xff, 1];
        assert_eq!(Thumbprint::of(&short), Thumbprint(sha1(&short)));
    }
}
