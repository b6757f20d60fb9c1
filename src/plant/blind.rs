//! Stretches that were not seen, remembered so that nothing is concluded from what is missing in them.

use super::clock::{Moment, NEVER};

/// How many stretches are remembered; older ones melt into one that covers them all.
const REMEMBERED: usize = 16;

/// Stretches of one direction, or of everything.
#[derive(Clone, Debug, Default)]
pub struct Stretches {
    list: Vec<(Moment, Moment)>,
}

impl Stretches {
    /// From `from` to `until` nothing was seen.
    pub fn add(&mut self, from: Moment, until: Moment) {
        let (from, until) = (from.min(until), from.max(until));
        if let Some(last) = self.list.last_mut()
            && last.1 >= from
        {
            last.0 = last.0.min(from);
            last.1 = last.1.max(until);
            return;
        }
        if self.list.len() == REMEMBERED {
            let oldest = self.list.remove(0);
            if let Some(next) = self.list.first_mut() {
                next.0 = oldest.0;
            }
        }
        self.list.push((from, until));
    }

    /// True when something of `from ..= until` was not seen.
    #[must_use]
    pub fn overlap(&self, from: Moment, until: Moment) -> bool {
        self.list
            .iter()
            .any(|stretch| stretch.0 <= until && stretch.1 >= from)
    }

    /// The end of the last stretch.
    #[must_use]
    pub fn last(&self) -> Moment {
        self.list.last().map_or(NEVER, |stretch| stretch.1)
    }
}
