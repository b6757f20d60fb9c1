//! The image of a Modbus device: what its registers and bits hold, as far as it is known.
//!
//! One image serves reads and accepted writes, so that tags that overlap agree. It spans the registers that have tags.

/// Registers of one table, from the first to the last that has a tag.
#[derive(Clone, Debug)]
pub struct Registers {
    first: u16,
    /// Two bytes for each register, as on the wire, so that an unchanged block is found with one comparison.
    bytes: Box<[u8]>,
    /// The bits of `bytes` that are known.
    known: Box<[u8]>,
    /// Registers whose content comes from a write, or was refused, and was not read since: from, to (exclusive).
    written: Option<(u16, u16)>,
}

impl Registers {
    /// An image of `first..=last`, of which nothing is known.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Self {
        let count = usize::from(last.saturating_sub(first)) + 1;
        Self {
            first,
            bytes: vec![0; count * 2].into_boxed_slice(),
            known: vec![0; count * 2].into_boxed_slice(),
            written: None,
        }
    }

    /// The part of a block on the wire that this image covers: place in the block, place in the image, bytes.
    fn overlap(&self, first: u16, length: usize) -> Option<(usize, usize, usize)> {
        let block = usize::from(first) * 2;
        let image = usize::from(self.first) * 2;
        let from = block.max(image);
        let to = (block + (length & !1)).min(image + self.bytes.len());
        (from < to).then(|| (from - block, from - image, to - from))
    }

    /// Takes a block that was read. False when the image already held all of it from an earlier read.
    pub fn read(&mut self, first: u16, bytes: &[u8]) -> bool {
        let Some((source, target, length)) = self.overlap(first, bytes.len()) else {
            return false;
        };
        let block = &bytes[source..source + length];
        let image = &mut self.bytes[target..target + length];
        let known = &mut self.known[target..target + length];
        let end = first.saturating_add(u16::try_from(bytes.len() / 2).unwrap_or(u16::MAX));
        let written = self.written.is_some_and(|(from, to)| from < end && to > first);
        if !written && image == block && known.iter().all(|mask| *mask == 0xff) {
            return false;
        }
        image.copy_from_slice(block);
        known.fill(0xff);
        if let Some((from, to)) = self.written {
            // Only a read of all of it tells that nothing is left; a read of a part keeps the rest.
            self.written = match (first <= from, end >= to) {
                (true, true) => None,
                (true, false) if end > from => Some((end, to)),
                (false, true) if first < to => Some((from, first)),
                _ => Some((from, to)),
            };
        }
        true
    }

    /// The next read of these registers is looked at, also when it brings nothing new.
    pub fn expect(&mut self, first: u16, count: u16) {
        let own = u16::try_from(self.bytes.len() / 2).unwrap_or(u16::MAX);
        let from = first.max(self.first);
        let to = first.saturating_add(count).min(self.first.saturating_add(own));
        if from < to {
            self.written = Some(match self.written {
                None => (from, to),
                Some((before, after)) => (before.min(from), after.max(to)),
            });
        }
    }

    /// Takes a register that was written, with the mask of the bits that the write says.
    pub fn write(&mut self, register: u16, and: u16, or: u16) {
        let Some((_, target, _)) = self.overlap(register, 2) else {
            return;
        };
        let (bits, known) = masked(self.register(register), and, or);
        self.bytes[target..target + 2].copy_from_slice(&bits.to_be_bytes());
        self.known[target..target + 2].copy_from_slice(&known.to_be_bytes());
        let next = register.saturating_add(1);
        self.written = Some(match self.written {
            None => (register, next),
            Some((from, to)) => (from.min(register), to.max(next)),
        });
    }

    /// A register and the mask of its known bits.
    #[must_use]
    pub fn register(&self, register: u16) -> (u16, u16) {
        let Some((_, at, _)) = self.overlap(register, 2) else {
            return (0, 0);
        };
        let word = |bytes: &[u8]| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        (word(&self.bytes), word(&self.known))
    }

    /// Everything becomes unknown: the device may have changed what we did not see.
    pub fn forget(&mut self) {
        self.known.fill(0);
        self.written = None;
    }
}

/// A masked write of one register whose content may be known in part (FC 22, MODBUS V1.1b3 6.16).
#[must_use]
pub const fn masked(current: (u16, u16), and: u16, or: u16) -> (u16, u16) {
    let (bits, known) = current;
    let known = (known & and) | !and;
    (((bits & and) | (or & !and)) & known, known)
}
