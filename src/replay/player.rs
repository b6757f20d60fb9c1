//! The cursor: moves forward by reading on, backward by reading again from the last checkpoint before.

use tapglass_model::CaptureTime;
use tapglass_model::snapshot::{Mode, Playback, Replay, Snapshot};

use super::checkpoints::Checkpoints;
use super::run::Checkpoint;
use super::{Index, Recording, Run};
use crate::capture::OpenError;
use crate::records::frame_number;
use crate::watch::{Nobody, Subject, alarm_line, picture};

/// A recording and where its cursor stands.
pub struct Player {
    recording: Recording,
    run: Run,
    checkpoints: Checkpoints,
    mode: Mode,
    /// Capture time of the picture.
    cursor: CaptureTime,
    /// The recording as a whole, once it has been read.
    index: Option<Index>,
    /// The frame that is looked at, when it is not the one at the cursor.
    selected: Option<u64>,
    /// A pass that stands at a frame which is not at hand any more, or not yet.
    elsewhere: Option<Box<Run>>,
    /// Answer to the last wish.
    note: String,
}

impl Player {
    /// A cursor at the start.
    ///
    /// # Errors
    /// When a capture cannot be opened.
    pub fn new(recording: Recording, mode: Mode) -> Result<Self, OpenError> {
        let mut run = Run::new(&recording, Nobody, true)?;
        let cursor = run.peek().unwrap_or_default();
        let checkpoints = Checkpoints::new(recording.site.tags.len());
        Ok(Self {
            recording,
            run,
            checkpoints,
            mode,
            cursor,
            index: None,
            selected: None,
            elsewhere: None,
            note: String::new(),
        })
    }

    /// Keeps a checkpoint after so much work instead of 40 ms; zero is every 64 frames.
    pub const fn keep_checkpoints(&mut self, apart: std::time::Duration) {
        self.checkpoints.apart = apart;
    }

    /// The recording.
    #[must_use]
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// The recording as a whole is known now.
    pub fn set_index(&mut self, index: Index) {
        self.index = Some(index);
    }

    /// Capture time of the cursor.
    #[must_use]
    pub const fn cursor(&self) -> CaptureTime {
        self.cursor
    }

    /// When the next frame was captured.
    pub fn next_frame(&mut self) -> Option<CaptureTime> {
        self.run.peek()
    }

    /// Reads on to a time, at most so many frames; false when it did not get there.
    pub fn advance(&mut self, to: CaptureTime, most: u64) -> bool {
        self.checkpoints.begin();
        for _ in 0..most {
            match self.run.peek() {
                Some(at) if at <= to => self.read(),
                Some(_) => {
                    self.run.wait(to);
                    self.cursor = self.cursor.max(to);
                    return true;
                }
                None => {
                    self.run.step();
                    self.cursor = self.run.watcher.counts.last.unwrap_or(self.cursor);
                    return true;
                }
            }
        }
        self.cursor = self
            .cursor
            .max(self.run.watcher.counts.last.unwrap_or(self.cursor));
        false
    }

    /// Reads one frame.
    fn read(&mut self) {
        self.run.step();
        self.checkpoints.after(&self.run);
    }

    /// Begins again, at a checkpoint where there is one.
    fn rewind(&mut self, find: impl Fn(&Checkpoints) -> Option<&Checkpoint>) {
        let again = match find(&self.checkpoints) {
            Some(checkpoint) => self.run.resume(&self.recording, checkpoint),
            None => Run::new(&self.recording, Nobody, true),
        };
        match again {
            Ok(mut run) => {
                let first = run.watcher.counts.last.or_else(|| run.peek());
                self.cursor = first.unwrap_or_default();
                self.run = run;
            }
            Err(error) => self.note = error.to_string(),
        }
    }

    /// Puts the cursor at a time.
    pub fn seek(&mut self, to: CaptureTime) {
        if to < self.cursor {
            self.rewind(|checkpoints| checkpoints.before_time(to));
        }
        self.advance(to, u64::MAX);
        self.cursor = self.cursor.max(to);
        if let Some(index) = &self.index {
            self.cursor = self.cursor.min(index.end).max(index.start);
        }
    }

    /// Puts the cursor at a frame, counted in the whole recording.
    pub fn seek_frame(&mut self, number: u64) {
        if number < self.run.position {
            self.rewind(|checkpoints| checkpoints.before_frame(number));
        }
        self.checkpoints.begin();
        while self.run.position < number && self.run.peek().is_some() {
            self.read();
        }
        self.cursor = self.run.watcher.counts.last.unwrap_or(self.cursor);
    }

    /// Moves the cursor by frames.
    pub fn step(&mut self, frames: i64) {
        self.seek_frame(self.run.position.saturating_add_signed(frames).max(1));
    }

    /// Puts the cursor at the next alarm or the one before.
    pub fn alarm(&mut self, forward: bool) {
        let Some(index) = &self.index else {
            "The capture is still being read; alarms ahead are not known yet.".clone_into(&mut self.note);
            return;
        };
        let known = |number: u64| {
            self.run
                .watcher
                .engine
                .alarms()
                .any(|alarm| alarm.number == number)
        };
        if forward {
            // An alarm of a condition may be raised some time after it began: the cursor goes to where it is raised.
            let next = index.alarms.iter().find(|alarm| !known(alarm.number));
            let Some(next) = next.map(|alarm| (alarm.number, alarm.first_time)) else {
                "No alarm after the cursor.".clone_into(&mut self.note);
                return;
            };
            self.seek(self.cursor.max(next.1));
            while !self
                .run
                .watcher
                .engine
                .alarms()
                .any(|alarm| alarm.number == next.0)
                && self.run.step()
            {}
            self.cursor = self
                .cursor
                .max(self.run.watcher.counts.last.unwrap_or(self.cursor));
            return;
        }
        let found = index
            .alarms
            .iter()
            .map(|alarm| alarm.first_time)
            .rfind(|at| *at < self.cursor);
        match found {
            Some(at) => self.seek(at),
            None => "No alarm before the cursor.".clone_into(&mut self.note),
        }
    }

    /// Looks at a frame; the cursor stays.
    pub fn select(&mut self, number: Option<u64>) {
        self.selected = number;
        self.elsewhere = None;
        let Some(number) = number else { return };
        let at_hand = self
            .run
            .watcher
            .frames
            .as_ref()
            .is_some_and(|frames| frames.contains(number));
        if at_hand {
            return;
        }
        // The frame is read again: a second pass stops a little behind it, so that its answer is known too.
        let before = if self.recording.is_single() {
            self.checkpoints.before_frame(number.saturating_sub(1))
        } else {
            None
        };
        let again = match before {
            Some(checkpoint) => self.run.resume(&self.recording, checkpoint),
            None => Run::new(&self.recording, Nobody, true),
        };
        if let Ok(mut run) = again {
            while frame_number(run.watcher.counts.frame) < number.saturating_add(40) && run.peek().is_some() {
                run.step();
            }
            let found = run
                .watcher
                .frames
                .as_ref()
                .is_some_and(|frames| frames.contains(number));
            if found {
                self.elsewhere = Some(Box::new(run));
            } else {
                self.note = format!("There is no frame {number} in this capture.");
                self.selected = None;
            }
        }
    }

    /// A person has seen alarms: only the demonstration lets them be acknowledged.
    pub fn acknowledge(&mut self, ids: &[u64]) {
        for id in ids {
            self.run.watcher.engine.acknowledge(*id);
        }
    }

    /// Says something in the message line of the next picture.
    pub fn say(&mut self, note: &str) {
        note.clone_into(&mut self.note);
    }

    /// The picture at the cursor.
    pub fn picture(&mut self, playback: Playback, speed: f64, idle: Option<i64>) -> Snapshot {
        let subject = Subject {
            mode: self.mode,
            source: self.recording.name(),
            selected: if self.elsewhere.is_some() {
                None
            } else {
                self.selected
            },
            counters: self.run.counters(),
            damages: self.run.damages(),
        };
        let mut picture = picture(&self.run.watcher, &self.run.pipeline, &self.run.log, &subject);
        if let Some(elsewhere) = &self.elsewhere
            && let Some(frames) = &elsewhere.watcher.frames
        {
            let name = |ip| elsewhere.watcher.name(ip);
            picture.frames = frames.lines(self.selected, &name);
            picture.frame = self.selected.and_then(|number| frames.decoded(number));
        }
        picture.as_of = self.cursor;
        if self.mode == Mode::Replay {
            "off in replay".clone_into(&mut picture.acknowledge_off);
        }
        let mut replay = Replay {
            start: self.run.watcher.counts.first.unwrap_or(self.cursor),
            end: self.cursor,
            playback,
            speed,
            frame: self.run.position,
            idle_skip: idle,
            ..Replay::default()
        };
        if let Some(index) = &self.index {
            replay.start = index.start;
            replay.end = index.end;
            replay.frames = Some(index.frames);
            replay.columns.clone_from(&index.columns);
            let known: Vec<u64> = self
                .run
                .watcher
                .engine
                .alarms()
                .map(|alarm| alarm.number)
                .collect();
            let ahead = || index.alarms.iter().filter(|alarm| !known.contains(&alarm.number));
            replay.next_alarm = ahead().next().map(|alarm| alarm.first_time);
            for alarm in ahead() {
                let mut line = alarm_line(alarm);
                line.future = true;
                picture.alarms.push(line);
            }
        }
        if self.mode == Mode::Demo {
            let next = replay
                .next_alarm
                .map_or(-1, |at| at.since(self.cursor) / 1_000_000_000);
            let text = if next >= 0 {
                format!("Demo: a water works. The next alarm comes in {next} s. ? help  ] jump to it")
            } else {
                "Demo: a water works. Everything has happened. [ alarm before  Space from the start"
                    .to_owned()
            };
            picture.messages.insert(0, text);
        }
        if !self.note.is_empty() {
            picture.messages.insert(0, std::mem::take(&mut self.note));
        }
        picture.replay = Some(replay);
        picture
    }
}
