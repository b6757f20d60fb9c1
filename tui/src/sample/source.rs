//! The sample works as a source whose values move: for trying the screens by hand.

use std::sync::Arc;
use std::time::Instant;

use tapglass_model::snapshot::{
    AlarmState, Bucket, Command, Mode, Playback, Point, Reading, Snapshot, Source,
};
use tapglass_model::{CaptureTime, SECOND};

use crate::sample::{State, frames, settle, works};

/// Values move, commands work as far as a sample can.
#[derive(Debug)]
pub struct Works {
    snapshot: Snapshot,
    state: State,
    last: Instant,
    tick: u32,
    changed: bool,
}

impl Works {
    /// The works in a situation.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self {
            snapshot: works(state),
            state,
            last: Instant::now(),
            tick: 0,
            changed: true,
        }
    }

    fn advance(&mut self, nanoseconds: i64) {
        self.tick = self.tick.wrapping_add(1);
        self.seek(self.snapshot.as_of.plus(nanoseconds));
        let step = f64::from(self.tick % 40) - 20.0;
        for point in self
            .snapshot
            .groups
            .iter_mut()
            .flat_map(|group| &mut group.points)
        {
            drift(point, step, self.tick.is_multiple_of(20));
        }
    }

    fn seek(&mut self, to: CaptureTime) {
        self.changed = true;
        let mut to = to;
        if let Some(replay) = &mut self.snapshot.replay {
            to = to.clamp(replay.start, replay.end);
            if to == replay.end {
                replay.playback = Playback::AtEnd;
            }
            let share = to.since(replay.start) / (replay.end.since(replay.start) / 91_220).max(1);
            replay.frame = u64::try_from(share).unwrap_or(0).max(1);
            let next = self
                .snapshot
                .alarms
                .iter()
                .map(|alarm| alarm.first_time)
                .filter(|time| *time > to)
                .min();
            replay.next_alarm = next;
        }
        self.snapshot.as_of = to;
        if self.snapshot.mode != Mode::Live {
            for alarm in &mut self.snapshot.alarms {
                alarm.future = alarm.first_time > to;
            }
        }
        settle(&mut self.snapshot);
    }

    fn playback(&mut self, playback: Playback) {
        if let Some(replay) = &mut self.snapshot.replay {
            replay.playback = playback;
        }
    }

    fn speed(&mut self, change: impl Fn(f64) -> f64) {
        if let Some(replay) = &mut self.snapshot.replay {
            replay.speed = change(replay.speed).clamp(0.125, 64.0);
        }
    }

    fn seek_alarm(&mut self, forward: bool) {
        let here = self.snapshot.as_of;
        let times = self.snapshot.alarms.iter().map(|alarm| alarm.first_time);
        let found = if forward {
            times.filter(|time| *time > here).min()
        } else {
            times.filter(|time| *time < here).max()
        };
        self.playback(Playback::Paused);
        if let Some(time) = found {
            self.seek(time);
        }
    }

    fn each(&mut self, ids: &[u64], state: impl Fn(AlarmState) -> AlarmState) {
        for alarm in self
            .snapshot
            .alarms
            .iter_mut()
            .filter(|alarm| ids.contains(&alarm.id))
        {
            alarm.state = state(alarm.state);
        }
        settle(&mut self.snapshot);
    }
}

/// Lets a number move a little and its trend with it.
fn drift(point: &mut Point, step: f64, shift: bool) {
    if point.stale || point.role == "setpoint" {
        return;
    }
    if let Reading::Number(value) = &mut point.reading {
        *value += *value * step / 20_000.0;
        if shift && !point.trend.is_empty() {
            point.trend.remove(0);
            point.trend.push(Bucket {
                value: Some(*value),
                written: false,
            });
        }
    }
}

impl Source for Works {
    fn snapshot(&mut self) -> Option<Arc<Snapshot>> {
        let elapsed = i64::try_from(self.last.elapsed().as_nanos()).unwrap_or(0);
        let replay = self
            .snapshot
            .replay
            .as_ref()
            .map(|replay| (replay.playback, replay.speed));
        match replay {
            // A live source has something new every second at least, because the time moves.
            None if elapsed >= SECOND && self.state != State::Empty => {
                self.advance(elapsed);
                self.last = Instant::now();
            }
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
            Some((Playback::Playing, speed)) => {
                self.advance((elapsed as f64 * speed) as i64);
                self.last = Instant::now();
            }
            Some(_) => self.last = Instant::now(),
            None => {}
        }
        std::mem::take(&mut self.changed).then(|| Arc::new(self.snapshot.clone()))
    }

    fn send(&mut self, command: Command) {
        self.changed = true;
        match command {
            Command::Pause => self.playback(Playback::Paused),
            Command::Play => self.playback(Playback::Playing),
            Command::TogglePlay => {
                let playing = self.snapshot.replay.as_ref().map(|replay| replay.playback);
                self.playback(if playing == Some(Playback::Playing) {
                    Playback::Paused
                } else {
                    Playback::Playing
                });
            }
            Command::Step { frames } => {
                self.playback(Playback::Paused);
                self.seek(self.snapshot.as_of.plus(frames * 20_000_000));
            }
            Command::SeekTime(time) => self.seek(time),
            Command::JumpBy(nanoseconds) => self.seek(self.snapshot.as_of.plus(nanoseconds)),
            Command::NextAlarm => self.seek_alarm(true),
            Command::PreviousAlarm => self.seek_alarm(false),
            Command::SpeedUp => self.speed(|speed| speed * 2.0),
            Command::SpeedDown => self.speed(|speed| speed / 2.0),
            Command::SetSpeed(wanted) => self.speed(|_| wanted),
            Command::SelectFrame(number) => {
                self.snapshot.frame = match number {
                    18_402 => Some(frames::bad_write()),
                    18_403 => Some(frames::echo()),
                    _ => None,
                };
            }
            Command::Acknowledge { ids, .. } => self.each(&ids, |state| match state {
                AlarmState::Returned => AlarmState::Normal,
                AlarmState::Unacknowledged => AlarmState::Acknowledged,
                other => other,
            }),
            Command::Shelve { ids, .. } => self.each(&ids, |_| AlarmState::Shelved),
            Command::Unshelve { ids } => self.each(&ids, |_| AlarmState::Unacknowledged),
            _ => {}
        }
    }
}
