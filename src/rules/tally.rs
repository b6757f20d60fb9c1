//! How many events lie in a window that ends now: exactly up to 64, beyond that by buckets.

use std::collections::VecDeque;

use crate::plant::Interval;
use crate::plant::clock::{FOREVER, Moment, NEVER, span};

/// Times kept: one more than can be allowed exactly.
const TIMES: usize = 65;
/// Parts of the window that are counted as one when there are more events than that.
const BUCKETS: i64 = 16;

/// The events of a window.
#[derive(Clone, Debug)]
pub struct Tally {
    window: i64,
    /// When the last of them happened, oldest first.
    times: VecDeque<Moment>,
    /// The latest time that there was no room for.
    forgotten: Moment,
    /// All of them by part of the window; empty until there are too many.
    buckets: VecDeque<Bucket>,
}

/// What happened in one part of the window.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    first: Moment,
    last: Moment,
    count: u32,
}

impl Tally {
    /// Nothing has happened.
    #[must_use]
    pub const fn new(window: i64) -> Self {
        Self {
            window,
            times: VecDeque::new(),
            forgotten: NEVER,
            buckets: VecDeque::new(),
        }
    }

    /// One more event.
    pub fn happened(&mut self, now: Moment) {
        let window = self.window;
        let out = |time| span(time, now) >= window;
        while self.times.front().is_some_and(|oldest| out(*oldest)) {
            self.times.pop_front();
        }
        while self.buckets.front().is_some_and(|oldest| out(oldest.last)) {
            self.buckets.pop_front();
        }
        if self.times.len() == TIMES {
            if self.buckets.is_empty() {
                for time in &self.times {
                    add(&mut self.buckets, *time, window);
                }
            }
            self.forgotten = self.times.pop_front().unwrap_or(NEVER);
        }
        self.times.push_back(now);
        if !self.buckets.is_empty() {
            add(&mut self.buckets, now, window);
        }
    }

    /// How many there are, at least and at most, and when that changes next by time alone. The two differ by the events of
    /// one bucket, and only when there are more than 64.
    #[must_use]
    pub fn count(&self, now: Moment) -> (u32, u32, Moment) {
        let inside = |time: Moment| span(time, now) < self.window;
        if self.forgotten == NEVER || !inside(self.forgotten) {
            let outside = self.times.partition_point(|time| !inside(*time));
            let leaves = self.times.get(outside);
            let count = u32::try_from(self.times.len() - outside).unwrap_or(u32::MAX);
            return (count, count, self.after(leaves.copied()));
        }
        let (mut least, mut most, mut next) = (0_u32, 0_u32, FOREVER);
        for bucket in self.buckets.iter().filter(|bucket| inside(bucket.last)) {
            most = most.saturating_add(bucket.count);
            let whole = inside(bucket.first);
            if whole {
                least = least.saturating_add(bucket.count);
            }
            next = next.min(self.after(Some(if whole { bucket.first } else { bucket.last })));
        }
        // The times that are kept are in the window for certain, or not.
        let kept = self.times.iter().filter(|time| inside(**time)).count();
        (least.max(u32::try_from(kept).unwrap_or(u32::MAX)), most, next)
    }

    /// The same as a quantity.
    #[must_use]
    pub fn quantity(&self, now: Moment) -> (Interval, Moment) {
        let (least, most, next) = self.count(now);
        (Interval::between(f64::from(least), f64::from(most)), next)
    }

    /// The latest event.
    #[must_use]
    pub fn last(&self) -> Moment {
        self.times.back().copied().unwrap_or(NEVER)
    }

    fn after(&self, time: Option<Moment>) -> Moment {
        time.map_or(FOREVER, |time| time.saturating_add(self.window))
    }
}

fn add(buckets: &mut VecDeque<Bucket>, now: Moment, window: i64) {
    match buckets.back_mut() {
        Some(last) if span(last.first, now) < (window / BUCKETS).max(1) => {
            last.last = now;
            last.count = last.count.saturating_add(1);
        }
        _ => buckets.push_back(Bucket {
            first: now,
            last: now,
            count: 1,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_true_count_lies_between_and_is_exact_up_to_64(
            gaps in prop::collection::vec(0_i64..40, 1..400),
            window in 1_i64..3_000,
            later in 0_i64..4_000,
        ) {
            let mut tally = Tally::new(window);
            let (mut now, mut all) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                tally.happened(now);
                all.push(now);
            }
            for now in [now, now + later] {
                let inside = |time: &&i64| now - **time < window;
                let truth = u32::try_from(all.iter().filter(inside).count()).unwrap();
                let (least, most, next) = tally.count(now);
                prop_assert!((least..=most).contains(&truth), "{least} {truth} {most}");
                if truth <= 65 {
                    prop_assert_eq!((least, most), (truth, truth));
                }
                // No more than happened within any sixteenth of the window.
                let width = (window / BUCKETS).max(1);
                let within = |from: &i64| all.iter().filter(|time| (0..width).contains(&(**time - from))).count();
                let bucket = all.iter().map(within).max().unwrap();
                prop_assert!((most - least) as usize <= bucket, "{most} - {least} > {bucket}");
                prop_assert!(next > now);
                prop_assert!(tally.buckets.len() <= usize::try_from(BUCKETS).unwrap() + 2);
            }
        }
    }
}
