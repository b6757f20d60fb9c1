//! One pass over a recording: input, decoders, engine, and what is kept for the screens.

use tapglass_model::{CaptureTime, Severity};
use tapglass_proto::Limits;

use super::Recording;
use crate::capture::{Mark, OpenError};
use crate::engine::{Engine, Options, Output};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::{Pipeline, hints_of};
use crate::watch::{Census, Frames, Nobody, Tap, Watcher, WriteLog};

/// Samples of each tag that a trend is drawn from.
const TREND: usize = 720;

/// One pass.
pub struct Run<T = Nobody> {
    input: Input,
    /// Frame to decoder.
    pub pipeline: Pipeline,
    /// Engine and counts.
    pub watcher: Watcher<T>,
    /// Writes and commands.
    pub log: WriteLog,
    /// Frames read so far.
    pub position: u64,
    finished: bool,
}

/// Everything that a pass knows between two frames.
pub struct Checkpoint<T = Nobody> {
    marks: Vec<Mark>,
    pipeline: Pipeline,
    watcher: Watcher<T>,
    log: WriteLog,
    /// Frames read up to here.
    pub position: u64,
    finished: bool,
}

impl<T> Checkpoint<T> {
    /// The latest time of a frame up to here.
    #[must_use]
    pub const fn latest(&self) -> Option<CaptureTime> {
        self.watcher.counts.last
    }
}

impl<T: Tap> Run<T> {
    /// Starts at the beginning.
    ///
    /// # Errors
    /// When a capture cannot be opened.
    pub fn new(recording: &Recording, tap: T, screens: bool) -> Result<Self, OpenError> {
        let input = recording.open()?;
        let options = Options {
            commands: screens,
            raw_points: screens,
            trend: if screens { TREND } else { 0 },
            ..Options::default()
        };
        let mut watcher = Watcher::new(Engine::new(recording.site.clone(), options), tap);
        if screens {
            watcher.frames = Some(Frames::default());
            watcher.census = Some(Census::default());
        }
        let mut hints = recording.hints.clone();
        hints.extend(hints_of(&recording.site));
        let mut pipeline = Pipeline::new(hints, FlowLimits::default(), Limits::default());
        pipeline.use_keys(input.keys());
        Ok(Self {
            input,
            pipeline,
            watcher,
            log: WriteLog::default(),
            position: 0,
            finished: false,
        })
    }

    /// The state between two frames, to come back to.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint<T>
    where
        T: Clone,
    {
        Checkpoint {
            marks: self.input.marks(),
            pipeline: self.pipeline.clone(),
            watcher: self.watcher.clone(),
            log: self.log.clone(),
            position: self.position,
            finished: self.finished,
        }
    }

    /// A pass that goes on from a checkpoint of this one.
    ///
    /// # Errors
    /// When a capture cannot be read any more.
    pub fn resume(&self, recording: &Recording, checkpoint: &Checkpoint<T>) -> Result<Self, OpenError>
    where
        T: Clone,
    {
        Ok(Self {
            input: recording.resume(&self.input, &checkpoint.marks)?,
            pipeline: checkpoint.pipeline.clone(),
            watcher: checkpoint.watcher.clone(),
            log: checkpoint.log.clone(),
            position: checkpoint.position,
            finished: checkpoint.finished,
        })
    }

    /// When the next frame was captured; `None` at the end.
    pub fn peek(&mut self) -> Option<CaptureTime> {
        self.input.peek_time()
    }

    /// Reads the next frame; false at the end, when everything that still waited has been decided.
    pub fn step(&mut self) -> bool {
        let Some(frame) = self.input.next() else {
            self.finish();
            return false;
        };
        self.position += 1;
        self.watcher.keep(&frame);
        self.pipeline.frame(&frame, &mut self.watcher);
        self.drain();
        self.log.read_back(&self.watcher.engine);
        true
    }

    fn finish(&mut self) {
        if self.finished {
            return;
        }
        self.finished = true;
        self.pipeline.finish(&mut self.watcher);
        if let Some(last) = self.watcher.counts.last {
            self.watcher.engine.finish(last);
        }
        self.drain();
    }

    /// Lets time pass without a frame: ages grow, deadlines come.
    pub fn wait(&mut self, now: CaptureTime) {
        if !self.finished && self.position > 0 {
            self.watcher.engine.advance(now);
            self.drain();
        }
    }

    /// Takes what the engine has said.
    fn drain(&mut self) {
        if !self.watcher.engine.has_output() {
            return;
        }
        let said: Vec<Output> = self.watcher.engine.drain().collect();
        for output in said {
            match output {
                Output::Alarm(transition) => {
                    if let Some(frames) = &mut self.watcher.frames
                        && transition.alarm.severity > Severity::Low
                    {
                        for frame in &transition.alarm.frames {
                            frames.mark(*frame, transition.alarm.severity);
                        }
                    }
                }
                Output::Operation(record) => self.log.push(self.watcher.engine.site(), *record),
            }
        }
    }

    /// What is wrong with the captures, as far as they were read.
    #[must_use]
    pub fn damages(&self) -> Vec<String> {
        self.input.damages()
    }

    /// What the sources lost.
    pub fn counters(&mut self) -> Vec<crate::capture::Counters> {
        self.input.counters()
    }
}
