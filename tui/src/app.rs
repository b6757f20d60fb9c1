//! The loop: keys in, pictures in, frames out. It sleeps whenever there is nothing to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tapglass_model::Severity;
use tapglass_model::snapshot::{Command, Mode, Playback, Snapshot, Source};

use crate::lists;
use crate::model::Model;
use crate::options::{Error, Exit, Options};
use crate::term::{Event, Session, Signals, stray_panics};
use crate::update::{Effect, Message, update};
use crate::view::render;

/// How often the source is asked, and the longest sleep.
const LOOK: Duration = Duration::from_millis(100);
/// Seconds of silence before a screen stops being live.
const SILENT: u64 = 3;
/// Shortest time between two rings.
const BELL: Duration = Duration::from_secs(5);

/// Runs the screens until somebody leaves. The terminal is given back in every case, also in a panic.
///
/// # Errors
/// When standard output is no terminal, when the terminal cannot place its cursor, or when it fails.
pub fn run(source: &mut dyn Source, options: &Options) -> Result<Exit, Error> {
    let signals = Signals::register()?;
    let result = {
        let mut session = Session::open(options)?;
        Screens::new(source, options, &mut session).run(&mut session, &signals)
    };
    // Only now is the terminal ours to speak on again.
    for words in stray_panics() {
        eprintln!("{words}");
    }
    result
}

struct Screens<'a> {
    source: &'a mut dyn Source,
    model: Model,
    snapshot: Arc<Snapshot>,
    arrived: Instant,
    looked: Instant,
    dirty: bool,
    bell: bool,
    rung: Option<Instant>,
}

impl<'a> Screens<'a> {
    fn new(source: &'a mut dyn Source, options: &Options, session: &mut Session) -> Self {
        let mut model = Model::new(options.screen);
        model.filter.clone_from(&options.filter);
        model.size = session.resize();
        let over_network = std::env::var_os("SSH_CONNECTION").is_some();
        let snapshot = source.snapshot().unwrap_or_default();
        let now = Instant::now();
        Self {
            source,
            model,
            snapshot,
            arrived: now,
            looked: now,
            dirty: true,
            bell: options.bell.unwrap_or(!over_network),
            rung: None,
        }
    }

    fn run(mut self, session: &mut Session, signals: &Signals) -> Result<Exit, Error> {
        loop {
            if let Some(signal) = signals.stop() {
                self.source.send(Command::Quit);
                return Ok(Exit::Signal(signal));
            }
            while let Some(event) = signals.event() {
                if event == Event::Continued {
                    session.enter()?;
                }
                let (columns, rows) = session.resize();
                update(&mut self.model, Message::Resize(columns, rows), &self.snapshot);
                self.dirty = true;
            }
            while let Some(key) = session.key() {
                let effects = update(&mut self.model, Message::Key(key), &self.snapshot);
                self.dirty = true;
                if let Some(exit) = self.carry_out(effects, key, session)? {
                    return Ok(exit);
                }
            }
            self.look(session)?;
            if self.dirty {
                let (snapshot, model) = (&self.snapshot, &self.model);
                session.draw(signals, |caps, area, buffer| {
                    render(snapshot, model, caps, area, buffer)
                })?;
                self.dirty = false;
            }
            if !session.wait(LOOK)? {
                self.source.send(Command::Quit);
                return Ok(Exit::HungUp);
            }
        }
    }

    fn carry_out(
        &mut self,
        effects: Vec<Effect>,
        key: crate::key::Key,
        session: &mut Session,
    ) -> Result<Option<Exit>, Error> {
        for effect in effects {
            match effect {
                Effect::Send(command) => self.source.send(command),
                Effect::Redraw => session.forget(),
                Effect::Suspend => {
                    session.suspend()?;
                    let (columns, rows) = session.resize();
                    self.model.size = (columns, rows);
                }
                Effect::Quit if key == crate::key::Key::Ctrl('c') => return Ok(Some(Exit::Interrupted)),
                Effect::Quit => return Ok(Some(Exit::Quit)),
            }
        }
        Ok(None)
    }

    /// Takes the newest picture, at most as often as the line allows. What a key acts on is what was drawn: the
    /// picture is exchanged here and nowhere else, and drawn before the next key is read.
    fn look(&mut self, session: &Session) -> Result<(), Error> {
        if self.looked.elapsed() >= session.interval() {
            self.looked = Instant::now();
            if let Some(snapshot) = self.source.snapshot() {
                self.ring(session, &snapshot)?;
                self.snapshot = snapshot;
                self.arrived = Instant::now();
                self.dirty = true;
            }
        }
        let moves = match self.snapshot.mode {
            Mode::Live => true,
            Mode::Replay | Mode::Demo => {
                let playback = self.snapshot.replay.as_ref().map(|replay| replay.playback);
                playback == Some(Playback::Playing)
            }
        };
        let seconds = self.arrived.elapsed().as_secs();
        let silent = if moves && seconds >= SILENT { seconds } else { 0 };
        if silent != self.model.silent {
            update(&mut self.model, Message::Silent(silent), &self.snapshot);
            self.dirty = true;
        }
        Ok(())
    }

    /// One ring for a new alarm of priority 1, live only, never twice within five seconds.
    fn ring(&mut self, session: &Session, next: &Snapshot) -> Result<(), Error> {
        if !self.bell || next.mode != Mode::Live || self.rung.is_some_and(|rung| rung.elapsed() < BELL) {
            return Ok(());
        }
        let known = lists::waiting(&self.snapshot);
        let new = lists::waiting(next)
            .into_iter()
            .any(|alarm| alarm.severity == Severity::Critical && !known.iter().any(|old| old.id == alarm.id));
        if new {
            self.rung = Some(Instant::now());
            session.bell()?;
        }
        Ok(())
    }
}
