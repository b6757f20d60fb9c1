//! A terminal in use: entered, drawn on, read from, and left.

use std::io;
use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::Termios;

use crate::key::Key;
use crate::options::{Error, Options};
use crate::term::restore::{self, ENTER};
use crate::term::signals::Signals;
use crate::term::tty::{Tty, Wait};
use crate::term::{Painter, Parser, capabilities, size_from_environment};
use crate::theme::Caps;

/// Size when nothing and nobody says one.
const FALLBACK: (u16, u16) = (80, 24);
/// How long a terminal may think about where its cursor is.
const PATIENCE: Duration = Duration::from_millis(300);
/// A line of at most this many bits for each second is spared.
const SLOW: u32 = 19_200;

/// A terminal that is ours until this is dropped.
pub(crate) struct Session {
    tty: Tty,
    modes: Termios,
    fixed_size: Option<(u16, u16)>,
    /// The terminal said this when it was asked; it does not report changes.
    asked_size: Option<(u16, u16)>,
    pub(crate) caps: Caps,
    painter: Painter,
    parser: Parser,
    /// When the last byte of an unfinished key came.
    last_byte: Option<Instant>,
    esc_timeout: Duration,
}

impl Session {
    /// Opens and enters the terminal.
    pub(crate) fn open(options: &Options) -> Result<Self, Error> {
        let lookup = |name: &str| std::env::var(name).ok();
        let tty = Tty::open()?.ok_or(Error::NotATerminal)?;
        if lookup("TERM").is_some_and(|term| term == "dumb") {
            return Err(Error::DumbTerminal);
        }
        let caps = capabilities(options.glyphs, options.colour, lookup);
        let modes = tty.modes()?;
        let mut session = Self {
            tty,
            modes,
            fixed_size: options.size,
            asked_size: None,
            caps,
            painter: Painter::new(caps.colour, 0, 0),
            parser: Parser::default(),
            last_byte: None,
            esc_timeout: options.esc_timeout,
        };
        session.enter()?;
        if options.size.is_none() && session.tty.size().is_none() && size_from_environment(lookup).is_none() {
            session.asked_size = session.tty.ask_size(&mut session.parser, PATIENCE);
        }
        session.resize();
        Ok(session)
    }

    /// Takes the terminal over, at the start and after a suspension.
    pub(crate) fn enter(&mut self) -> io::Result<()> {
        restore::remember(rustix::io::dup(self.tty.fd())?, self.modes.clone());
        self.tty.set_raw(&self.modes)?;
        self.painter.forget();
        self.tty.write(ENTER, || false)
    }

    /// Reads the size again; returns it.
    pub(crate) fn resize(&mut self) -> (u16, u16) {
        let lookup = |name: &str| std::env::var(name).ok();
        let (columns, rows) = self
            .fixed_size
            .or_else(|| self.tty.size())
            .or_else(|| size_from_environment(lookup))
            .or(self.asked_size)
            .unwrap_or(FALLBACK);
        // A terminal that claims more than this is not measuring cells.
        let size = (columns.min(1_000), rows.min(500));
        if self.painter.area() != Rect::new(0, 0, size.0, size.1) {
            self.painter.resize(size.0, size.1);
        }
        size
    }

    /// Shortest time between two pictures.
    pub(crate) fn interval(&self) -> Duration {
        if self.tty.speed.is_some_and(|speed| speed <= SLOW) {
            Duration::from_secs(1)
        } else {
            Duration::from_millis(250)
        }
    }

    /// Draws a frame.
    pub(crate) fn draw(
        &mut self,
        signals: &Signals,
        paint: impl FnOnce(Caps, Rect, &mut Buffer),
    ) -> io::Result<()> {
        let area = self.painter.area();
        let mut buffer = Buffer::empty(area);
        paint(self.caps, area, &mut buffer);
        let bytes = self.painter.frame(&buffer);
        if bytes.is_empty() {
            return Ok(());
        }
        self.tty.write(bytes, || signals.stop().is_some())
    }

    /// The next frame sends every cell.
    pub(crate) fn forget(&mut self) {
        self.painter.forget();
    }

    /// Rings once.
    pub(crate) fn bell(&self) -> io::Result<()> {
        self.tty.write(b"\x07", || true)
    }

    /// Waits for keys at most `timeout`; false when the terminal is gone.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        let mut timeout = timeout;
        if let Some(last) = self.last_byte {
            timeout = timeout.min(self.esc_timeout.saturating_sub(last.elapsed()));
        }
        match self.tty.wait(timeout)? {
            Wait::HungUp => return Ok(false),
            Wait::Nothing => {}
            Wait::Input => {
                let mut buffer = [0; 256];
                let Some(count) = self.tty.read(&mut buffer)? else {
                    return Ok(false);
                };
                for byte in buffer.get(..count).unwrap_or_default() {
                    self.parser.feed(*byte);
                }
                if count > 0 {
                    self.last_byte = self.parser.is_waiting().then(Instant::now);
                }
            }
        }
        if self
            .last_byte
            .is_some_and(|last| last.elapsed() >= self.esc_timeout)
        {
            self.parser.silence();
            self.last_byte = None;
        }
        Ok(true)
    }

    /// The next key.
    pub(crate) fn key(&mut self) -> Option<Key> {
        self.parser.next_key()
    }

    /// Gives the terminal to the shell and comes back when it continues us.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        restore::restore();
        // Without job control nobody would continue us; then the signal is ignored and we go on at once.
        let _ = kill_process(getpid(), Signal::TSTP);
        self.enter()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        restore::restore();
    }
}
