//! Samples of registers, taken together, from which it can be told which of them belong to one value.

use std::collections::{BTreeMap, BTreeSet};

/// Reports of one block after which only every second is kept, then every fourth, and so on.
const DENSE: u64 = 256;
/// Samples kept for each register.
const SAMPLES: usize = 4_096;

/// One register.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// Number of the report and word. Registers that are read together share the number.
    pub samples: Vec<(u64, u16)>,
    /// Times it was read.
    pub reads: u64,
    /// Times it was written.
    pub writes: u64,
    /// Times it differed from the reading before.
    pub changes: u64,
    /// Times it was more than in the reading before.
    pub rises: u64,
    /// It was something else than 0.
    pub used: bool,
    last: Option<u16>,
}

/// One table of a device.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    /// By wire address.
    pub list: BTreeMap<u16, Register>,
    /// Blocks that were written: first register and number of them.
    pub written: BTreeSet<(u16, u16)>,
    /// First registers of blocks that were read: no value begins before and ends after.
    pub starts: BTreeSet<u16>,
    /// One past the last registers of blocks that were read.
    pub ends: BTreeSet<u16>,
    reports: u64,
    /// Reports of each block.
    blocks: BTreeMap<(u16, u16), u64>,
}

impl Registers {
    /// A block was read.
    pub fn read(&mut self, first: u16, bytes: &[u8]) {
        let number = self.reports;
        self.reports += 1;
        let count = u16::try_from(bytes.len() / 2).unwrap_or(u16::MAX);
        let reports = self.blocks.entry((first, count)).or_default();
        *reports += 1;
        // What is kept depends on the block alone, so that the registers of a value are kept together.
        let keep = reports.is_multiple_of((*reports / DENSE).next_power_of_two());
        for (register, word) in (first..=u16::MAX).zip(bytes.chunks_exact(2)) {
            let &[high, low] = word else { continue };
            let word = u16::from_be_bytes([high, low]);
            let entry = self.list.entry(register).or_default();
            entry.reads += 1;
            if let Some(last) = entry.last {
                entry.changes += u64::from(last != word);
                entry.rises += u64::from(last < word);
            }
            entry.used |= word != 0;
            entry.last = Some(word);
            if keep && entry.samples.len() < SAMPLES {
                entry.samples.push((number, word));
            }
        }
        self.starts.insert(first);
        self.ends.insert(first.saturating_add(count));
    }

    /// A block was written.
    pub fn write(&mut self, first: u16, bytes: &[u8]) {
        let count = u16::try_from(bytes.len() / 2).unwrap_or(u16::MAX);
        for register in (first..=u16::MAX).take(usize::from(count)) {
            self.list.entry(register).or_default().writes += 1;
        }
        self.written.insert((first, count));
    }

    /// The words of two neighbours in reports that carried both.
    #[must_use]
    pub fn pairs(&self, first: u16) -> Vec<[u16; 2]> {
        let (Some(a), Some(b)) = (
            self.list.get(&first),
            first.checked_add(1).and_then(|next| self.list.get(&next)),
        ) else {
            return Vec::new();
        };
        let mut pairs = Vec::new();
        let mut others = b.samples.iter().peekable();
        for (number, word) in &a.samples {
            while others.peek().is_some_and(|other| other.0 < *number) {
                others.next();
            }
            if let Some(other) = others.peek().filter(|other| other.0 == *number) {
                pairs.push([*word, other.1]);
            }
        }
        pairs
    }
}
