//! Which rules and operators are touched by which tag: flat lists, so that a lookup is two loads.

use crate::site::TagId;

/// For each tag a list of numbers in ascending order.
#[derive(Clone, Debug, Default)]
pub struct Index {
    starts: Box<[u32]>,
    items: Box<[u32]>,
}

impl Index {
    /// The index of pairs of tag and number.
    #[must_use]
    pub fn new(tags: usize, mut pairs: Vec<(TagId, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = Vec::with_capacity(tags + 1);
        let mut place = 0;
        for tag in 0..=tags {
            while pairs.get(place).is_some_and(|pair| (pair.0.0 as usize) < tag) {
                place += 1;
            }
            starts.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        Self {
            starts: starts.into_boxed_slice(),
            items: pairs.into_iter().map(|pair| pair.1).collect(),
        }
    }

    /// The numbers of a tag.
    #[must_use]
    pub fn of(&self, tag: TagId) -> &[u32] {
        let at = tag.0 as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => &self.items[*start as usize..*end as usize],
            _ => &[],
        }
    }
}
