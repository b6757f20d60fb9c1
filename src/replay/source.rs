//! A player in a thread of its own, paced by the clock, as the screens' source of pictures.
//!
//! Only the pace comes from this machine's clock; what is shown depends on the recording and the cursor alone.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tapglass_model::CaptureTime;
use tapglass_model::snapshot::{Command, Playback, Snapshot, Source};

use super::{Index, Player};

/// Pictures a second while playing.
const BETWEEN_PICTURES: Duration = Duration::from_millis(250);
/// How long to wait for a wish while playing, and while not.
const TICK: Duration = Duration::from_millis(50);
/// Frames that are read before wishes are looked at again.
const BURST: u64 = 20_000;
/// The slowest and the fastest.
const SPEEDS: (f64, f64) = (1.0 / 16.0, 4_096.0);

/// How a replay begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Where the cursor is put first.
    pub at: Option<CaptureTime>,
    /// Seconds of capture for each second of the clock.
    pub speed: f64,
    /// Longer gaps are skipped when faster than 1; nanoseconds.
    pub idle: Option<i64>,
    /// Plays at once.
    pub play: bool,
}

/// The screens' end of the player.
pub struct ReplaySource {
    newest: Arc<Mutex<Option<Arc<Snapshot>>>>,
    wishes: Sender<Command>,
}

impl ReplaySource {
    /// Starts the player's thread, and one that reads the recording as a whole.
    #[must_use]
    pub fn start(player: Player, start: Start) -> Self {
        let newest = Arc::new(Mutex::new(None));
        let (wishes, inbox) = channel();
        let (index_out, index_in) = channel();
        let recording = player.recording().clone();
        thread::spawn(move || {
            if let Ok(index) = Index::read(&recording) {
                let _ = index_out.send(index);
            }
        });
        let out = Arc::clone(&newest);
        thread::spawn(move || Loop::new(player, start, out).run(&inbox, &index_in));
        Self { newest, wishes }
    }
}

impl Source for ReplaySource {
    fn snapshot(&mut self) -> Option<Arc<Snapshot>> {
        self.newest.lock().ok()?.take()
    }

    fn send(&mut self, command: Command) {
        let _ = self.wishes.send(command);
    }
}

struct Loop {
    player: Player,
    out: Arc<Mutex<Option<Arc<Snapshot>>>>,
    playback: Playback,
    speed: f64,
    idle: Option<i64>,
    /// Clock and cursor at which the present pace began.
    pace: (Instant, CaptureTime),
    published: Option<Instant>,
}

impl Loop {
    fn new(mut player: Player, start: Start, out: Arc<Mutex<Option<Arc<Snapshot>>>>) -> Self {
        if let Some(at) = start.at {
            player.seek(at);
        }
        let pace = (Instant::now(), player.cursor());
        Self {
            player,
            out,
            playback: if start.play {
                Playback::Playing
            } else {
                Playback::Paused
            },
            speed: start.speed.clamp(SPEEDS.0, SPEEDS.1),
            idle: start.idle,
            pace,
            published: None,
        }
    }

    fn run(mut self, wishes: &Receiver<Command>, index: &Receiver<Index>) {
        let mut dirty = true;
        loop {
            if let Ok(index) = index.try_recv() {
                self.player.set_index(index);
                dirty = true;
            }
            if self.playback == Playback::Playing {
                self.play();
            }
            let due = self
                .published
                .is_none_or(|last| last.elapsed() >= BETWEEN_PICTURES);
            if dirty || (due && self.playback == Playback::Playing) {
                self.publish();
                dirty = false;
            }
            match wishes.recv_timeout(TICK) {
                Ok(Command::Quit) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(wish) => {
                    self.grant(wish);
                    while let Ok(wish) = wishes.try_recv() {
                        if wish == Command::Quit {
                            return;
                        }
                        self.grant(wish);
                    }
                    dirty = true;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Begins a new pace at the cursor.
    fn pace(&mut self) {
        self.pace = (Instant::now(), self.player.cursor());
    }

    fn play(&mut self) {
        let passed = self.pace.0.elapsed().as_secs_f64() * self.speed * 1e9;
        #[allow(clippy::cast_possible_truncation)] // nanoseconds of a replay fit
        let mut target = self.pace.1.plus(passed as i64);
        match self.player.next_frame() {
            None => {
                self.player.advance(target, BURST);
                self.playback = Playback::AtEnd;
            }
            Some(next) => {
                if let Some(idle) = self.idle.filter(|_| self.speed > 1.0)
                    && next.since(target) > idle
                {
                    self.pace = (Instant::now(), next);
                    target = next;
                }
                if !self.player.advance(target, BURST) {
                    // Faster than this machine can read: the pace is what is possible.
                    self.pace();
                }
            }
        }
    }

    fn grant(&mut self, wish: Command) {
        match wish {
            Command::Pause => self.playback = Playback::Paused,
            Command::Play => self.start(),
            Command::TogglePlay if self.playback == Playback::Playing => self.playback = Playback::Paused,
            Command::TogglePlay => self.start(),
            Command::Step { frames } => self.moved(|player| player.step(frames), true),
            Command::SeekTime(at) => self.moved(|player| player.seek(at), false),
            Command::SeekFrame(number) => self.moved(|player| player.seek_frame(number), true),
            Command::NextAlarm => self.moved(|player| player.alarm(true), true),
            Command::PreviousAlarm => self.moved(|player| player.alarm(false), true),
            Command::JumpBy(by) => {
                let to = self.player.cursor().plus(by);
                self.moved(|player| player.seek(to), false);
            }
            Command::SpeedUp => self.set_speed(self.speed * 2.0),
            Command::SpeedDown => self.set_speed(self.speed / 2.0),
            Command::SetSpeed(speed) => self.set_speed(speed),
            Command::SelectFrame(number) => self.player.select(Some(number)),
            Command::FollowFrames => self.player.select(None),
            Command::Acknowledge { ids, .. } => self.player.acknowledge(&ids),
            Command::Shelve { .. } | Command::Unshelve { .. } => {
                self.player
                    .say("Shelving is for a running plant: a recording has nobody to bother.");
            }
            _ => {}
        }
    }

    fn start(&mut self) {
        if self.playback == Playback::AtEnd || self.player.next_frame().is_none() {
            self.player.seek(CaptureTime(i64::MIN));
        }
        self.playback = Playback::Playing;
        self.pace();
    }

    fn moved(&mut self, act: impl FnOnce(&mut Player), pause: bool) {
        act(&mut self.player);
        if pause || self.playback == Playback::AtEnd {
            self.playback = Playback::Paused;
        }
        self.pace();
    }

    fn set_speed(&mut self, speed: f64) {
        self.speed = if speed.is_finite() {
            speed.clamp(SPEEDS.0, SPEEDS.1)
        } else {
            self.speed
        };
        self.pace();
    }

    fn publish(&mut self) {
        let picture = Arc::new(self.player.picture(self.playback, self.speed, self.idle));
        if let Ok(mut newest) = self.out.lock() {
            *newest = Some(picture);
        }
        self.published = Some(Instant::now());
    }
}
