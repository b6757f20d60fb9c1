//! Occurrences within a time, counted for each client and device, within bounds.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use tapglass_model::{SECOND, Station};

use crate::plant::bind::Hasher;
use crate::plant::clock::{Moment, NEVER, span};
use crate::rules::detections::Detection;

/// Whose occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Subject {
    pub(super) detection: u16,
    pub(super) client: Option<IpAddr>,
    pub(super) server: Option<(IpAddr, u16)>,
    pub(super) station: Option<Station>,
}

/// Subjects counted at a time.
const SUBJECTS: usize = 8_192;
/// Moments kept for each; of more occurrences only every so-manieth is kept.
const MOMENTS: u32 = 64;
/// So long passes between two attempts to find subjects that are over.
const SWEEP: i64 = SECOND;

#[derive(Clone, Debug, Default)]
struct Counter {
    /// When it happened, and what told it apart from others, the oldest first.
    seen: VecDeque<(Moment, u64)>,
    /// Occurrences since one was kept.
    skipped: u32,
    /// Until when it can still matter.
    until: Moment,
    quiet_until: Moment,
}

/// All counts.
#[derive(Clone, Debug)]
pub(super) struct Counters {
    subjects: HashMap<Subject, Counter, Hasher>,
    swept: Moment,
    /// Occurrences that were not counted because there was no room.
    pub(super) refused: u64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            subjects: HashMap::default(),
            swept: NEVER,
            refused: 0,
        }
    }
}

impl Counters {
    /// It happened once more; `value` tells it apart where only different ones count. True when it is to be told.
    pub(super) fn hit(
        &mut self,
        subject: Subject,
        detection: &Detection,
        value: Option<u64>,
        now: Moment,
    ) -> bool {
        if detection.count <= 1 && detection.again == 0 {
            return true;
        }
        if !self.subjects.contains_key(&subject) && !self.room(now) {
            self.refused += 1;
            // One that needs no counting is told rather too often.
            return detection.count <= 1;
        }
        let counter = self.subjects.entry(subject).or_insert_with(|| Counter {
            quiet_until: NEVER,
            until: NEVER,
            ..Counter::default()
        });
        counter.until = now.saturating_add(detection.within.max(detection.again));
        if counter.quiet_until != NEVER && now < counter.quiet_until {
            return false;
        }
        if !counter.complete(detection, value, now) {
            return false;
        }
        counter.seen.clear();
        counter.skipped = 0;
        if detection.again > 0 {
            counter.quiet_until = now.saturating_add(detection.again);
        }
        true
    }

    /// Makes room for one more: what is over goes.
    fn room(&mut self, now: Moment) -> bool {
        if self.subjects.len() < SUBJECTS {
            return true;
        }
        if self.swept != NEVER && span(self.swept, now) < SWEEP {
            return false;
        }
        self.swept = now;
        self.subjects.retain(|_, counter| now < counter.until);
        self.subjects.len() < SUBJECTS
    }
}

impl Counter {
    fn complete(&mut self, detection: &Detection, value: Option<u64>, now: Moment) -> bool {
        while let Some((oldest, _)) = self.seen.front()
            && span(*oldest, now) > detection.within
        {
            self.seen.pop_front();
        }
        if let Some(value) = value {
            self.seen.retain(|(_, known)| *known != value);
            if self.seen.len() >= MOMENTS as usize {
                self.seen.pop_front();
            }
            self.seen.push_back((now, value));
            return self.seen.len() >= detection.count.min(MOMENTS) as usize;
        }
        let every = detection.count.div_ceil(MOMENTS);
        self.skipped += 1;
        if self.skipped < every {
            return false;
        }
        self.skipped = 0;
        self.seen.push_back((now, 0));
        self.seen.len() >= detection.count.div_ceil(every) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::detections;

    fn detection(count: u32, within: i64, again: i64) -> Detection {
        Detection {
            count,
            within,
            again,
            ..detections::all().first().unwrap().clone()
        }
    }

    fn subject(last: u8) -> Subject {
        Subject {
            detection: 0,
            client: Some(IpAddr::from([10, 0, 0, last])),
            server: None,
            station: None,
        }
    }

    #[test]
    fn so_many_within_the_time_count() {
        let three = detection(3, 60 * SECOND, 0);
        for (moments, told) in [
            (&[0, 20, 40][..], 1),
            (&[0, 20, 81], 0),
            (&[0, 30, 61, 62], 1),
            (&[0, 1, 2, 3, 4, 5], 2),
        ] {
            let mut counters = Counters::default();
            let count = moments
                .iter()
                .filter(|second| counters.hit(subject(1), &three, None, **second * SECOND))
                .count();
            assert_eq!(count, told, "{moments:?}");
        }
    }

    #[test]
    fn only_different_ones_count_where_it_says_so() {
        let three = detection(3, 60 * SECOND, 0);
        let mut counters = Counters::default();
        for (second, value, told) in [
            (0, 7, false),
            (1, 7, false),
            (2, 8, false),
            (3, 8, false),
            (4, 9, true),
        ] {
            assert_eq!(
                counters.hit(subject(1), &three, Some(value), second * SECOND),
                told,
                "{second}"
            );
        }
    }

    #[test]
    fn large_counts_keep_a_part_of_the_moments_and_still_count() {
        let many = detection(500, 60 * SECOND, 0);
        let mut counters = Counters::default();
        let told = (0..504_i64)
            .filter(|number| counters.hit(subject(1), &many, None, *number))
            .count();
        assert_eq!(told, 1);
        assert!((0..490_i64).all(|number| !counters.hit(subject(2), &many, None, number)));
    }

    #[test]
    fn it_is_not_told_again_too_soon() {
        let once = detection(1, 0, 3_600 * SECOND);
        let mut counters = Counters::default();
        for (second, told) in [(0, true), (1, false), (3_599, false), (3_600, true)] {
            assert_eq!(
                counters.hit(subject(1), &once, None, second * SECOND),
                told,
                "{second}"
            );
        }
    }

    #[test]
    fn what_is_over_makes_room_and_what_finds_none_is_counted() {
        let two = detection(2, 60 * SECOND, 0);
        let mut counters = Counters::default();
        let number = |number: usize| Subject {
            detection: u16::try_from(number % 60_000).unwrap(),
            ..subject(1)
        };
        for place in 0..SUBJECTS {
            counters.hit(number(place), &two, None, SECOND);
        }
        assert!(!counters.hit(number(SUBJECTS), &two, None, 2 * SECOND));
        assert_eq!(counters.refused, 1);
        counters.hit(number(SUBJECTS), &two, None, 100 * SECOND);
        assert_eq!((counters.refused, counters.subjects.len()), (1, 1));
    }
}
