//! What people do with alarms, and what they are asked to bear: acknowledging, shelving, the load.

use tapglass_model::{CaptureTime, SECOND};

use super::book::Load;
use super::{Alarm, Book, Change, Shelf, State, Transition};
use crate::plant::clock::{Moment, span};

/// Alarms that people have put away at the same time; beyond that the one whose time ends first comes back.
const MOST_PUT_AWAY: usize = 1_000;

impl Book {
    fn place_of(&self, number: u64) -> Option<u64> {
        self.alarms
            .iter()
            .rev()
            .find(|(_, alarm)| alarm.number == number)
            .map(|(place, _)| *place)
    }

    /// A person has seen an alarm. (Alarms of the plant are never acknowledged by Tapglass.)
    pub(crate) fn acknowledge(&mut self, number: u64, at: CaptureTime, out: &mut Vec<Transition>) -> bool {
        let Some(place) = self.place_of(number) else {
            return false;
        };
        let open = self.keys.contains_key(&place);
        self.amend(place, at, Change::Moved, out, |alarm| {
            alarm.state = match alarm.state {
                State::Unacknowledged if open => State::Acknowledged,
                State::Unacknowledged | State::Returned => State::Normal,
                state => state,
            };
        });
        true
    }

    /// A person puts an alarm away, for at most eight hours.
    pub(crate) fn shelve(
        &mut self,
        number: u64,
        shelf: Shelf,
        now: Moment,
        at: CaptureTime,
        out: &mut Vec<Transition>,
    ) -> bool {
        const LONGEST: i64 = 8 * 3_600 * SECOND;
        let Some(place) = self.place_of(number) else {
            return false;
        };
        self.shelves = true;
        let until = shelf.until.min(at.plus(LONGEST));
        if let Some(key) = self.keys.get(&place) {
            if self.put_away.len() >= MOST_PUT_AWAY
                && let Some(soonest) = self
                    .put_away
                    .iter()
                    .min_by_key(|(_, shelf)| shelf.until)
                    .map(|(key, _)| *key)
            {
                self.put_away.remove(&soonest);
            }
            let shelf = Shelf {
                until,
                reason: shelf.reason.clone(),
            };
            self.put_away.insert(*key, shelf);
        }
        self.due = self.due.min(now.saturating_add(until.since(at).max(SECOND)));
        self.amend(place, at, Change::Moved, out, |alarm| {
            alarm.state = State::Shelved;
            alarm.shelf = Some(Shelf {
                until,
                reason: shelf.reason,
            });
        });
        true
    }

    /// A person takes an alarm back from the shelf.
    pub(crate) fn take_back(&mut self, number: u64, at: CaptureTime, out: &mut Vec<Transition>) -> bool {
        let Some(place) = self.place_of(number) else {
            return false;
        };
        if let Some(key) = self.keys.get(&place) {
            self.put_away.remove(key);
        }
        self.unshelve(place, at, out);
        true
    }

    pub(super) fn unshelve(&mut self, place: u64, at: CaptureTime, out: &mut Vec<Transition>) {
        let open = self.keys.contains_key(&place);
        self.amend(place, at, Change::Moved, out, |alarm| {
            alarm.shelf = None;
            alarm.state = if open {
                State::Unacknowledged
            } else {
                State::Returned
            };
        });
    }

    /// How many there were.
    #[must_use]
    pub fn load(&self, now: Moment) -> Load {
        let within = |duration: i64| {
            let count = self
                .annunciated
                .iter()
                .rev()
                .take_while(|raised| span(**raised, now) <= duration)
                .count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        const MINUTE: i64 = 60 * SECOND;
        let count = |of: &dyn Fn(&Alarm) -> bool| {
            let count = self.alarms.values().filter(|alarm| of(alarm)).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let ten_minutes = within(10 * MINUTE);
        Load {
            ten_minutes,
            hour: within(60 * MINUTE),
            day: within(24 * 60 * MINUTE),
            shelved: count(&|alarm| alarm.state == State::Shelved),
            standing: count(&|alarm| alarm.is_active() && span(alarm.first, now) > 24 * 60 * MINUTE),
            flood: ten_minutes > 10,
            forgotten: self.forgotten,
        }
    }
}
