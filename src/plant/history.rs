//! What is kept of one tag to learn from: its extremes as they were reached, its changes, and who wrote it.

use tapglass_model::SECOND;

use super::clock::{Moment, NEVER, span};
use crate::site::PrincipalId;

/// Records of extremes kept; when there are more, every second one is dropped, the newest stays.
const RECORDS: usize = 1_024;
/// Writers and functions remembered for one tag.
const WRITERS: usize = 64;

/// An extreme as it grew: each new record with its time, so that it can be told how far half of the time would have come.
#[derive(Clone, Debug, Default)]
pub struct Records {
    list: Vec<(Moment, f64)>,
}

impl Records {
    /// A value that is a record if it is greater than all before.
    pub fn offer(&mut self, at: Moment, value: f64) {
        if self.list.last().is_some_and(|last| value <= last.1) || !value.is_finite() {
            return;
        }
        if self.list.len() >= RECORDS {
            let mut place = 0;
            self.list.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
        self.list.push((at, value));
    }

    /// The greatest of all.
    #[must_use]
    pub fn greatest(&self) -> Option<f64> {
        self.list.last().map(|last| last.1)
    }

    /// The greatest up to a moment.
    #[must_use]
    pub fn until(&self, moment: Moment) -> Option<f64> {
        self.list
            .iter()
            .rev()
            .find(|record| record.0 <= moment)
            .map(|record| record.1)
    }
}

/// Who wrote, with which function, and how often; `None` is a client that the site does not name.
pub type Writer = (Option<PrincipalId>, u32, u64);

/// What is kept of one tag.
#[derive(Clone, Debug)]
pub struct History {
    /// Highest values.
    pub high: Records,
    /// Lowest values, with their sign turned.
    pub low: Records,
    /// Fastest changes, units a second.
    pub pace: Records,
    /// Changes in order of time, evenly thinned when there are too many.
    pub changes: Vec<(Moment, f64)>,
    /// How many changes there were.
    pub count: u64,
    /// How many of them went up.
    pub rises: u64,
    /// Largest fall, for counters that begin anew.
    pub largest_fall: f64,
    /// All changes were between whole numbers.
    pub whole: bool,
    /// Writers.
    pub writers: Vec<Writer>,
    /// Values written, with their times.
    pub commands: Vec<(Moment, f64)>,
    room: usize,
    /// Changes closer together than this are not kept.
    spacing: i64,
    last: f64,
}

impl History {
    /// Nothing seen; up to `room` changes will be kept.
    #[must_use]
    pub fn new(room: usize) -> Self {
        Self {
            high: Records::default(),
            low: Records::default(),
            pace: Records::default(),
            changes: Vec::new(),
            count: 0,
            rises: 0,
            largest_fall: 0.0,
            whole: true,
            writers: Vec::new(),
            commands: Vec::new(),
            room: room.max(16),
            spacing: 0,
            last: f64::NAN,
        }
    }

    /// The observed value is another one.
    pub fn changed(&mut self, at: Moment, value: f64) {
        if !value.is_finite() || value.to_bits() == self.last.to_bits() {
            return;
        }
        self.extreme(at, value);
        self.whole &= value.fract() == 0.0;
        if !self.last.is_nan() {
            self.count += 1;
            if value > self.last {
                self.rises += 1;
            } else {
                self.largest_fall = self.largest_fall.max(self.last - value);
            }
        }
        self.last = value;
        if self
            .changes
            .last()
            .is_some_and(|last| span(last.0, at) < self.spacing)
        {
            return;
        }
        if self.changes.len() >= self.room {
            self.thin();
        }
        self.changes.push((at, value));
    }

    /// Changes closer together than this are not kept, nanoseconds; 0 while all are.
    #[must_use]
    pub const fn spacing(&self) -> i64 {
        self.spacing
    }

    /// Keeps about half: those that are far enough from the one before.
    fn thin(&mut self) {
        let (Some(first), Some(last)) = (self.changes.first(), self.changes.last()) else {
            return;
        };
        let room = i64::try_from(self.room / 2).unwrap_or(i64::MAX).max(1);
        self.spacing = (span(first.0, last.0) / room)
            .max(self.spacing.saturating_mul(2))
            .max(SECOND / 1_000);
        let spacing = self.spacing;
        let mut kept = NEVER;
        self.changes.retain(|change| {
            let keep = kept == NEVER || span(kept, change.0) >= spacing;
            if keep {
                kept = change.0;
            }
            keep
        });
        // Whatever the times are, there is room now.
        self.changes.truncate(self.room.saturating_sub(1));
    }

    fn extreme(&mut self, at: Moment, value: f64) {
        self.high.offer(at, value);
        self.low.offer(at, -value);
    }

    /// It moved so fast.
    pub fn moved(&mut self, at: Moment, rate: f64) {
        self.pace.offer(at, rate);
    }

    /// Somebody wrote it.
    pub fn written(&mut self, at: Moment, who: Option<PrincipalId>, function: u32, value: Option<f64>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.extreme(at, value);
            if self.commands.len() < self.room {
                self.commands.push((at, value));
            }
        }
        let known = self
            .writers
            .iter_mut()
            .find(|known| known.0 == who && known.1 == function);
        if let Some(known) = known {
            known.2 += 1;
        } else if self.writers.len() < WRITERS {
            self.writers.push((who, function, 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn extremes_are_exact_and_room_is_bounded(
            steps in proptest::collection::vec((0_i64..5_000, -100_i32..100), 1..400)
        ) {
            let mut history = History::new(16);
            let (mut at, mut values) = (1_i64, Vec::new());
            for (gap, value) in steps {
                at += gap * 1_000_000;
                let value = f64::from(value);
                values.push((at, value));
                history.changed(at, value);
                prop_assert!(history.changes.len() <= 16);
            }
            let highest = values.iter().map(|value| value.1).fold(f64::MIN, f64::max);
            let lowest = values.iter().map(|value| value.1).fold(f64::MAX, f64::min);
            prop_assert_eq!(history.high.greatest(), Some(highest));
            prop_assert_eq!(history.low.greatest(), Some(-lowest));
            let middle = values[values.len() / 2].0;
            let until = values.iter().filter(|value| value.0 <= middle).map(|value| value.1).fold(f64::MIN, f64::max);
            prop_assert_eq!(history.high.until(middle), Some(until));
            prop_assert!(history.changes.windows(2).all(|pair| pair[0].0 <= pair[1].0));
        }
    }

    #[test]
    fn a_ramp_stays_bounded_and_its_newest_record_is_kept() {
        let mut records = Records::default();
        for step in 0..10_000 {
            records.offer(step, f64::from(u32::try_from(step).unwrap()));
        }
        assert_eq!(records.greatest(), Some(9_999.0));
        assert!(records.list.len() <= RECORDS);
    }
}
