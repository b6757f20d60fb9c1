//! Inputs are scripts: steps of a control octet, a length and so many bytes. A fuzzer can so move, drop and repeat whole
//! messages, and seeds can be made from captures.

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What to do; each target has its own meaning.
    pub control: u8,
    /// With which bytes.
    pub bytes: &'a [u8],
}

/// The steps of an input. A length beyond the end means all that is left.
pub fn steps(mut data: &[u8]) -> impl Iterator<Item = Step<'_>> {
    std::iter::from_fn(move || {
        let (&[control, low, high], rest) = data.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        data = rest;
        Some(Step { control, bytes })
    })
}

/// Adds a step to a seed.
pub fn push(seed: &mut Vec<u8>, control: u8, bytes: &[u8]) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    seed.push(control);
    seed.extend(length.to_le_bytes());
    seed.extend_from_slice(&bytes[..usize::from(length)]);
}

/// Numbers that depend on nothing but their seed.
pub struct Numbers(u64);

impl Numbers {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// From an input.
    #[must_use]
    pub fn of(data: &[u8]) -> Self {
        // FNV-1a.
        Self::new(data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// The next one below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        // xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % end
    }
}
