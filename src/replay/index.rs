//! The whole recording at a glance: how long it is, when alarms come, how much traffic and how many writes where.

use std::sync::Arc;

use tapglass_model::snapshot::TimelineColumn;
use tapglass_model::{Action, CaptureTime, MILLISECOND, Severity};
use tapglass_proto::Operation;

use super::{Recording, Run};
use crate::alarm::Alarm;
use crate::capture::OpenError;
use crate::watch::Tap;

/// Bins of the timeline while the length is not known; they double their width when they are full.
const BINS: usize = 960;
/// Width of a bin at the start.
const FIRST_WIDTH: i64 = 10 * MILLISECOND;

/// What is known of the whole recording.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// First frame.
    pub start: CaptureTime,
    /// Last frame.
    pub end: CaptureTime,
    /// How many frames.
    pub frames: u64,
    /// The timeline in columns of equal time.
    pub columns: Vec<TimelineColumn>,
    /// The alarms as they end up, in order of their first time; low ones are left out.
    pub alarms: Vec<Arc<Alarm>>,
}

/// Bins that grow with the recording.
struct Bins {
    start: Option<CaptureTime>,
    width: i64,
    bins: Vec<TimelineColumn>,
}

impl Bins {
    fn at(&mut self, at: CaptureTime) -> &mut TimelineColumn {
        let start = *self.start.get_or_insert(at);
        let mut place = at.since(start).max(0) / self.width;
        while place >= BINS as i64 {
            self.bins = self.bins.chunks(2).map(merged).collect();
            self.width *= 2;
            place = at.since(start).max(0) / self.width;
        }
        let place = usize::try_from(place).unwrap_or(0);
        if self.bins.len() <= place {
            self.bins.resize(place + 1, TimelineColumn::default());
        }
        // The place was made in the lines above.
        let last = self.bins.len() - 1;
        let place = place.min(last);
        &mut self.bins[place]
    }
}

fn merged(pair: &[TimelineColumn]) -> TimelineColumn {
    pair.iter()
        .fold(TimelineColumn::default(), |sum, bin| TimelineColumn {
            alarm: sum.alarm.max(bin.alarm),
            writes: sum.writes.saturating_add(bin.writes),
            packets: sum.packets.saturating_add(bin.packets),
        })
}

/// Notes when commands are given.
#[derive(Default)]
struct Commands {
    times: Vec<CaptureTime>,
}

impl Tap for Commands {
    fn operation(&mut self, operation: &Operation<'_>) {
        if operation.action.commands() || operation.action == Action::Select {
            self.times.push(operation.at);
        }
    }
}

impl Index {
    /// Reads the whole recording once.
    ///
    /// # Errors
    /// When a capture cannot be opened.
    pub fn read(recording: &Recording) -> Result<Self, OpenError> {
        let mut run = Run::new(recording, Commands::default(), false)?;
        let mut bins = Bins {
            start: None,
            width: FIRST_WIDTH,
            bins: Vec::new(),
        };
        while let Some(at) = run.peek() {
            bins.at(at).packets += 1;
            run.step();
            for at in run.watcher.tap.times.drain(..) {
                bins.at(at).writes += 1;
            }
        }
        run.step();
        let mut alarms: Vec<Arc<Alarm>> = run
            .watcher
            .engine
            .alarms()
            .filter(|alarm| alarm.severity > Severity::Low)
            .cloned()
            .collect();
        alarms.sort_by_key(|alarm| (alarm.first_time, alarm.number));
        for alarm in &alarms {
            let bin = bins.at(alarm.first_time);
            bin.alarm = bin.alarm.max(Some(alarm.severity));
        }
        let counts = &run.watcher.counts;
        Ok(Self {
            start: counts.first.unwrap_or_default(),
            end: counts.last.unwrap_or_default(),
            frames: run.position,
            columns: bins.bins,
            alarms,
        })
    }
}
