//! A tapped interface as the screens' source of pictures: capture and engine in a thread of their own, which never waits
//! for the screens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tapglass_model::CaptureTime;
use tapglass_model::snapshot::{Command, Mode, Snapshot, Source};
use tapglass_proto::Limits;

use crate::capture::{End, Next, Source as FrameSource};
use crate::engine::{Engine, Options, Output};
use crate::flow::FlowLimits;
use crate::keys::KeyRing;
use crate::pipeline::{Hint, Pipeline, hints_of};
use crate::site::Site;
use crate::watch::{Census, Frames, Nobody, Subject, Watcher, WriteLog, picture};

/// Pictures a second at most.
const BETWEEN_PICTURES: Duration = Duration::from_millis(250);
/// Samples of each tag that a trend is drawn from.
const TREND: usize = 720;

/// What is watched.
pub struct Tapped {
    /// Where the frames come from.
    pub source: Box<dyn FrameSource + Send>,
    /// The site.
    pub site: Site,
    /// Keys to read what is encrypted.
    pub keys: KeyRing,
    /// Ports at which protocols are expected, besides those of the site.
    pub hints: Vec<Hint>,
    /// Interface, for the header.
    pub name: String,
    /// Ends the capture.
    pub stop: Arc<AtomicBool>,
}

/// The screens' end.
pub struct LiveSource {
    newest: Arc<Mutex<Option<Arc<Snapshot>>>>,
    wishes: Sender<Command>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl LiveSource {
    /// Starts watching.
    #[must_use]
    pub fn start(tapped: Tapped) -> Self {
        let newest = Arc::new(Mutex::new(None));
        let (wishes, inbox) = channel();
        let out = Arc::clone(&newest);
        let stop = Arc::clone(&tapped.stop);
        let thread = thread::spawn(move || Loop::new(tapped, out).run(&inbox));
        Self {
            newest,
            wishes,
            stop,
            thread: Some(thread),
        }
    }
}

impl Source for LiveSource {
    fn snapshot(&mut self) -> Option<Arc<Snapshot>> {
        self.newest.lock().ok()?.take()
    }

    fn send(&mut self, command: Command) {
        let _ = self.wishes.send(command);
    }
}

impl Drop for LiveSource {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Loop {
    source: Box<dyn FrameSource + Send>,
    pipeline: Pipeline,
    watcher: Watcher<Nobody>,
    log: WriteLog,
    subject: Subject,
    stop: Arc<AtomicBool>,
    out: Arc<Mutex<Option<Arc<Snapshot>>>>,
    note: String,
}

impl Loop {
    fn new(tapped: Tapped, out: Arc<Mutex<Option<Arc<Snapshot>>>>) -> Self {
        let mut hints = tapped.hints;
        hints.extend(hints_of(&tapped.site));
        let mut pipeline = Pipeline::new(hints, FlowLimits::default(), Limits::default());
        pipeline.use_keys(&tapped.keys);
        let options = Options {
            commands: true,
            raw_points: true,
            trend: TREND,
            ..Options::default()
        };
        let mut watcher = Watcher::new(Engine::new(tapped.site, options), Nobody);
        watcher.frames = Some(Frames::default());
        watcher.census = Some(Census::default());
        Self {
            source: tapped.source,
            pipeline,
            watcher,
            log: WriteLog::default(),
            subject: Subject {
                mode: Mode::Live,
                source: tapped.name,
                ..Subject::default()
            },
            stop: tapped.stop,
            out,
            note: String::new(),
        }
    }

    fn run(mut self, wishes: &Receiver<Command>) {
        let mut published = Instant::now();
        self.publish();
        let end = loop {
            match self.source.next() {
                Next::Frame(frame) => {
                    self.watcher.keep(&frame);
                    self.pipeline.frame(&frame, &mut self.watcher);
                }
                // A quiet link: time goes on all the same, or nothing would ever be found silent.
                Next::Idle => self.watcher.engine.advance(now()),
                Next::End(end) => break end,
            }
            self.take();
            self.log.read_back(&self.watcher.engine);
            let mut dirty = false;
            while let Ok(wish) = wishes.try_recv() {
                self.grant(wish);
                dirty = true;
            }
            if dirty || published.elapsed() >= BETWEEN_PICTURES {
                self.publish();
                published = Instant::now();
            }
        };
        if let End::Lost(what) = end {
            self.subject.damages.push(what);
            self.publish();
        }
        // The last picture stays until the screens close.
        while !self.stop.load(Ordering::Relaxed) {
            match wishes.recv_timeout(Duration::from_secs(1)) {
                Ok(Command::Quit) | Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return,
                Ok(wish) => {
                    self.grant(wish);
                    self.publish();
                }
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Takes what the engine has said.
    fn take(&mut self) {
        if !self.watcher.engine.has_output() {
            return;
        }
        let said: Vec<Output> = self.watcher.engine.drain().collect();
        for output in said {
            match output {
                Output::Alarm(transition) => {
                    if let Some(frames) = &mut self.watcher.frames {
                        for frame in &transition.alarm.frames {
                            frames.mark(*frame, transition.alarm.severity);
                        }
                    }
                }
                Output::Operation(record) => self.log.push(self.watcher.engine.site(), *record),
            }
        }
    }

    fn grant(&mut self, wish: Command) {
        let engine = &mut self.watcher.engine;
        match wish {
            Command::Quit => self.stop.store(true, Ordering::Relaxed),
            Command::SelectFrame(number) => self.subject.selected = Some(number),
            Command::FollowFrames => self.subject.selected = None,
            Command::Acknowledge { ids, .. } => {
                for id in ids {
                    engine.acknowledge(id);
                }
            }
            Command::Shelve {
                ids,
                duration,
                reason,
            } => {
                let until = engine.now().plus(duration);
                for id in ids {
                    engine.shelve(id, until, &reason);
                }
            }
            Command::Unshelve { ids } => {
                for id in ids {
                    engine.unshelve(id);
                }
            }
            Command::Hold(_) => {}
            _ => "That is for replays; this plant is live.".clone_into(&mut self.note),
        }
    }

    fn publish(&mut self) {
        self.subject.counters = vec![self.source.counters()];
        let mut picture = picture(&self.watcher, &self.pipeline, &self.log, &self.subject);
        if !self.note.is_empty() {
            picture.messages.insert(0, std::mem::take(&mut self.note));
        }
        // On a quiet link the picture is as old as the wall clock says, not as the last frame.
        picture.as_of = picture.as_of.max(now());
        if let Ok(mut newest) = self.out.lock() {
            *newest = Some(Arc::new(picture));
        }
    }
}

/// The wall clock: only for a live interface, whose frames carry the same clock's time.
#[must_use]
pub fn now() -> CaptureTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    CaptureTime(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
