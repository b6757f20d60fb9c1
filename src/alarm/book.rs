//! The book of alarms: what is raised, repeated, amended and returned, within bounds.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use tapglass_model::{CaptureTime, Outcome, SECOND, Severity, Station};

use super::incident::Incidents;
use super::{Alarm, Change, Shelf, State, Transition};
use crate::plant::bind::Hasher;
use crate::plant::clock::{FOREVER, Moment, span};
use crate::rules::verdict::What;
use crate::site::{DeviceId, TagId};

/// What makes two alarms the same (site-and-rules 1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) rule: u32,
    pub(crate) tag: Option<TagId>,
    pub(crate) principal: Option<IpAddr>,
    pub(crate) device: Option<DeviceId>,
    /// The server and the device behind it, where the site does not know the device.
    pub(crate) place: Option<(IpAddr, Station)>,
    pub(crate) nature: Nature,
}

/// What an alarm of a rule says: a warning that something may come, or that it could not be checked, is another alarm
/// than the violation itself, or it would swallow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Nature {
    #[default]
    Violation,
    Prediction,
    NotChecked,
}

impl Nature {
    /// By what a rule found.
    pub(crate) const fn of(what: &What) -> Self {
        match what {
            What::NotChecked { .. } => Self::NotChecked,
            What::WillLeave { .. } => Self::Prediction,
            _ => Self::Violation,
        }
    }
}

/// An event that has not happened again for so long is over; the next one is a new alarm.
const EPISODE: i64 = 120 * SECOND;
/// Two kinds of rules within this time on one tag support each other.
const SUPPORT: i64 = 60 * SECOND;
/// Alarms that are kept.
const KEPT: usize = 10_000;
/// Tags named in one alarm that goes on.
const TAGS: usize = 64;
/// Frames named in one alarm.
const FRAMES: usize = 8;

/// How many alarms there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Annunciated in the last ten minutes.
    pub ten_minutes: u32,
    /// Annunciated in the last hour.
    pub hour: u32,
    /// Annunciated in the last day, as far as they are remembered.
    pub day: u32,
    /// Shelved now.
    pub shelved: u32,
    /// Active for more than a day.
    pub standing: u32,
    /// More than ten in ten minutes.
    pub flood: bool,
    /// Alarms given up because there were too many.
    pub forgotten: u64,
}

/// All alarms.
#[derive(Clone, Debug)]
pub struct Book {
    pub(super) alarms: BTreeMap<u64, Arc<Alarm>>,
    /// Alarms that can still be repeated or return, by what makes them the same.
    open: HashMap<Key, u64, Hasher>,
    pub(super) keys: HashMap<u64, Key, Hasher>,
    incidents: Incidents,
    /// What people have put away, until when: what happens again meanwhile is put away too.
    pub(super) put_away: HashMap<Key, Shelf, Hasher>,
    /// Something may be on the shelf.
    pub(super) shelves: bool,
    next: u64,
    /// When an event will be over.
    pub(super) due: Moment,
    /// When annunciated alarms were raised, newest last.
    pub(super) annunciated: VecDeque<Moment>,
    pub(super) forgotten: u64,
}

impl Default for Book {
    fn default() -> Self {
        Self {
            alarms: BTreeMap::new(),
            open: HashMap::default(),
            keys: HashMap::default(),
            incidents: Incidents::default(),
            put_away: HashMap::default(),
            shelves: false,
            next: 0,
            due: FOREVER,
            annunciated: VecDeque::new(),
            forgotten: 0,
        }
    }
}

/// Annunciations remembered for the load.
const ANNUNCIATED: usize = 4_096;

impl Book {
    /// The alarms in the order in which they were raised.
    pub fn list(&self) -> impl DoubleEndedIterator<Item = &Arc<Alarm>> {
        self.alarms.values()
    }

    /// When [`Book::tick`] has something to do.
    pub(crate) const fn due(&self) -> Moment {
        self.due
    }

    /// The alarm of a key, if it can still be repeated.
    pub(crate) fn current(&self, key: &Key) -> Option<u64> {
        self.open.get(key).copied()
    }

    /// A new alarm. Sets its incident and what supports it.
    pub(crate) fn raise(&mut self, key: Key, mut alarm: Alarm, out: &mut Vec<Transition>) -> u64 {
        let (incident, first_out) = self.incidents.join(alarm.first, key.principal, &alarm.devices);
        alarm.incident = incident;
        alarm.first_out = first_out;
        for place in self.supporters(&alarm) {
            alarm.arithmetic.corroborated = true;
            let at = alarm.first_time;
            self.amend(place, at, Change::Amended, out, |other| {
                other.arithmetic.corroborated = true;
            });
        }
        alarm.severity = alarm.arithmetic.severity();
        if let Some(shelf) = self.put_away.get(&key)
            && shelf.until > alarm.first_time
        {
            alarm.state = State::Shelved;
            alarm.shelf = Some(shelf.clone());
        }
        alarm.finish();
        if alarm.severity > Severity::Low && alarm.state != State::Shelved {
            self.annunciate(alarm.first);
        }
        if !alarm.standing {
            self.due = self.due.min(alarm.last.saturating_add(EPISODE));
        }
        self.next += 1;
        let place = self.next;
        let at = alarm.first_time;
        let alarm = Arc::new(alarm);
        out.push(Transition {
            change: Change::Raised,
            at,
            alarm: Arc::clone(&alarm),
        });
        self.alarms.insert(place, alarm);
        self.open.insert(key, place);
        self.keys.insert(place, key);
        self.give_up();
        place
    }

    fn annunciate(&mut self, at: Moment) {
        if self.annunciated.len() == ANNUNCIATED {
            self.annunciated.pop_front();
        }
        self.annunciated.push_back(at);
    }

    /// Alarms of another nature on the same tag a short time ago: what was written, and what the process did.
    fn supporters(&self, alarm: &Alarm) -> Vec<u64> {
        if alarm.arithmetic.base < Severity::Medium {
            return Vec::new();
        }
        self.alarms
            .iter()
            .rev()
            .take(64)
            .filter(|(_, other)| {
                other.arithmetic.base >= Severity::Medium
                    && span(other.last, alarm.first) <= SUPPORT
                    && other.kind != alarm.kind
                    && other.operation.is_some() != alarm.operation.is_some()
                    && other.tag_ids.iter().any(|tag| alarm.tag_ids.contains(tag))
            })
            .map(|(place, _)| *place)
            .collect()
    }

    /// It happened again, or its condition was seen again: `silent` tells nobody.
    pub(crate) fn repeat(
        &mut self,
        place: u64,
        now: Moment,
        at: CaptureTime,
        again: Again,
        out: &mut Vec<Transition>,
    ) {
        let Some(alarm) = self.alarms.get_mut(&place) else {
            return;
        };
        let alarm = Arc::make_mut(alarm);
        alarm.last = now;
        alarm.last_time = at;
        if let Some(value) = again.value {
            alarm.value = Some(value);
            alarm.extremes = Some(
                alarm
                    .extremes
                    .map_or((value, value), |(low, high)| (low.min(value), high.max(value))),
            );
        }
        // What is worse than before is told, however often it has happened.
        let worse = again
            .severity
            .is_some_and(|severity| severity > alarm.arithmetic.base);
        if let Some(severity) = again.severity.filter(|_| worse) {
            alarm.arithmetic.base = severity;
            alarm.severity = alarm.arithmetic.severity();
        }
        if again.silent && !worse {
            return;
        }
        if !again.silent {
            alarm.count += 1;
        }
        if let Some(frame) = again.frame
            && alarm.frames.len() < FRAMES
            && !alarm.frames.contains(&frame)
        {
            alarm.frames.push(frame);
        }
        let told = alarm.count.is_power_of_two();
        let revived = matches!(alarm.state, State::Returned | State::Suppressed)
            || worse && alarm.state == State::Acknowledged;
        if revived {
            alarm.state = State::Unacknowledged;
        }
        alarm.finish();
        let annunciated = worse && alarm.state != State::Shelved && alarm.severity > Severity::Low;
        if !alarm.standing {
            self.due = self.due.min(now.saturating_add(EPISODE));
        }
        if annunciated {
            self.annunciate(now);
        }
        if told || revived || worse {
            self.tell(place, at, Change::Repeated, out);
        }
    }

    /// An alarm about several tags takes in more of them, as far as they are named.
    pub(crate) fn involve<'a>(&mut self, place: u64, names: impl Iterator<Item = &'a str>) {
        let Some(alarm) = self.alarms.get_mut(&place) else {
            return;
        };
        for name in names {
            if alarm.tags.len() < TAGS && !alarm.tags.iter().any(|known| known == name) {
                Arc::make_mut(alarm).tags.push(name.to_owned());
            }
        }
    }

    fn tell(&self, place: u64, at: CaptureTime, change: Change, out: &mut Vec<Transition>) {
        if let Some(alarm) = self.alarms.get(&place) {
            out.push(Transition {
                change,
                at,
                alarm: Arc::clone(alarm),
            });
        }
    }

    /// Changes an alarm and tells when its severity or text is another one.
    pub(crate) fn amend(
        &mut self,
        place: u64,
        at: CaptureTime,
        change: Change,
        out: &mut Vec<Transition>,
        with: impl FnOnce(&mut Alarm),
    ) {
        let Some(alarm) = self.alarms.get_mut(&place) else {
            return;
        };
        let seen = |alarm: &Alarm| {
            let outcome = alarm.operation.as_ref().map(|operation| operation.outcome);
            (alarm.severity, alarm.state, alarm.explanation.clone(), outcome)
        };
        let before = seen(alarm);
        let changed = {
            let alarm = Arc::make_mut(alarm);
            with(alarm);
            alarm.severity = alarm.arithmetic.severity();
            alarm.finish();
            before != seen(alarm)
        };
        if changed {
            self.tell(place, at, change, out);
        }
    }

    /// The device has answered the command that raised these alarms.
    pub(crate) fn answered(
        &mut self,
        places: &[u64],
        at: CaptureTime,
        frame: Option<u64>,
        outcome: Outcome,
        status: Option<(u32, String)>,
        out: &mut Vec<Transition>,
    ) {
        for place in places {
            let status = status.clone();
            self.amend(*place, at, Change::Amended, out, |alarm| {
                // Once a device has taken one of them, a refusal of a later one takes nothing back.
                let accepted = matches!(outcome, Outcome::Accepted | Outcome::Pending);
                if accepted || !alarm.arithmetic.accepted {
                    if let Some(operation) = &mut alarm.operation {
                        operation.outcome = outcome;
                        operation.status = status;
                    }
                    alarm.arithmetic.rejected = outcome == Outcome::Rejected;
                    alarm.arithmetic.accepted = accepted;
                }
                if let Some(frame) = frame
                    && alarm.frames.len() < FRAMES
                    && !alarm.frames.contains(&frame)
                {
                    alarm.frames.push(frame);
                }
            });
        }
    }

    /// The condition of an alarm is gone.
    pub(crate) fn returned(&mut self, key: &Key, at: CaptureTime, out: &mut Vec<Transition>) {
        if let Some(place) = self.open.remove(key) {
            self.keys.remove(&place);
            self.leave(place, at, out);
        }
    }

    /// The rule of a standing alarm is not armed any more.
    pub(crate) fn suppressed(&mut self, key: &Key, at: CaptureTime, out: &mut Vec<Transition>) {
        if let Some(place) = self.open.remove(key) {
            self.keys.remove(&place);
            self.amend(place, at, Change::Moved, out, |alarm| {
                alarm.state = State::Suppressed;
            });
        }
    }

    /// It is over. A critical alarm stays until somebody has acknowledged it.
    fn leave(&mut self, place: u64, at: CaptureTime, out: &mut Vec<Transition>) {
        self.amend(place, at, Change::Returned, out, |alarm| {
            alarm.state = match (alarm.state, alarm.severity) {
                (State::Unacknowledged, Severity::Critical) => State::Unacknowledged,
                (State::Unacknowledged, _) => State::Returned,
                (State::Acknowledged, _) => State::Normal,
                (state, _) => state,
            };
        });
    }

    /// Events that have not happened again are over; what was shelved comes back.
    pub(crate) fn tick(&mut self, now: Moment, at: CaptureTime, out: &mut Vec<Transition>) {
        let mut due = FOREVER;
        let mut over: Vec<(u64, Key)> = Vec::new();
        for (key, place) in &self.open {
            let Some(alarm) = self.alarms.get(place) else {
                continue;
            };
            if alarm.standing {
                continue;
            }
            let end = alarm.last.saturating_add(EPISODE);
            if end <= now {
                over.push((*place, *key));
            } else {
                due = due.min(end);
            }
        }
        over.sort_unstable_by_key(|(place, _)| *place);
        for (place, key) in over {
            self.open.remove(&key);
            self.keys.remove(&place);
            self.leave(place, at, out);
        }
        self.due = due;
        if !self.shelves {
            return;
        }
        self.put_away.retain(|_, shelf| shelf.until > at);
        let shelved: Vec<u64> = self
            .alarms
            .iter()
            .filter(|(_, alarm)| alarm.shelf.as_ref().is_some_and(|shelf| shelf.until <= at))
            .map(|(place, _)| *place)
            .collect();
        for place in shelved {
            self.unshelve(place, at, out);
        }
        if let Some(until) = self
            .alarms
            .values()
            .filter_map(|alarm| alarm.shelf.as_ref())
            .map(|shelf| shelf.until)
            .min()
        {
            due = due.min(now.saturating_add(until.since(at).max(SECOND)));
        } else {
            self.shelves = false;
        }
        self.due = due;
    }

    /// Keeps the book within bounds: the journal goes first, then what is over, the oldest first; what is active and
    /// annunciated goes last. An eighth goes at once, so that a flood costs little for each alarm.
    fn give_up(&mut self) {
        if self.alarms.len() <= KEPT {
            return;
        }
        let worth = |alarm: &Alarm| (alarm.severity > Severity::Low, alarm.is_active(), alarm.severity);
        let mut order: Vec<_> = self
            .alarms
            .iter()
            .map(|(place, alarm)| (worth(alarm), *place))
            .collect();
        order.sort_unstable();
        for (_, place) in order.into_iter().take(KEPT / 8) {
            self.alarms.remove(&place);
            if let Some(key) = self.keys.remove(&place) {
                self.open.remove(&key);
            }
            self.forgotten += 1;
        }
    }
}

/// How an alarm happens again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Again {
    pub(crate) value: Option<f64>,
    pub(crate) frame: Option<u64>,
    /// How bad it is this time, before arithmetic.
    pub(crate) severity: Option<Severity>,
    /// A standing condition that is only seen again.
    pub(crate) silent: bool,
}
