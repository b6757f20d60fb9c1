//! The program on a pseudo terminal: torn keys, no size, signals, a panic, and the terminal as it was before.
#![allow(clippy::unwrap_used, clippy::panic)] // A test may fail loudly.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

struct Terminal {
    master: std::fs::File,
    device: OwnedFd,
    child: Child,
    seen: String,
}

impl Terminal {
    fn start(arguments: &[&str], size: (u16, u16), term: &str) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let device = open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let size = Winsize {
            ws_col: size.0,
            ws_row: size.1,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&device, size).unwrap();
        let side = || Stdio::from(device.as_fd().try_clone_to_owned().unwrap());
        let child = Command::new(example())
            .args(arguments)
            .env_remove("LINES")
            .env_remove("COLUMNS")
            .env_remove("NO_COLOR")
            .env("TERM", term)
            .env("LC_ALL", "C.UTF-8")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        Self {
            master: master.into(),
            device,
            child,
            seen: String::new(),
        }
    }

    /// Collects what the program sends until it is silent for `patience`.
    fn listen(&mut self, patience: Duration) {
        let mut buffer = [0; 65_536];
        let mut last = Instant::now();
        while last.elapsed() < patience {
            let mut fds = [rustix::event::PollFd::new(
                &self.master,
                rustix::event::PollFlags::IN,
            )];
            let step = rustix::event::Timespec {
                tv_sec: 0,
                tv_nsec: 5_000_000,
            };
            if rustix::event::poll(&mut fds, Some(&step)).unwrap() == 0 {
                continue;
            }
            match self.master.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    self.seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
                    last = Instant::now();
                }
            }
        }
    }

    /// Waits until the program has sent `text`.
    fn expect(&mut self, text: &str) {
        let start = Instant::now();
        while !self.seen.contains(text) && !words(&self.seen).contains(text) {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "{text:?} never came:\n{:?}",
                self.seen
            );
            self.listen(Duration::from_millis(20));
        }
    }

    fn send(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// One byte at a time, as a slow line does.
    fn send_torn(&mut self, text: &str, gap: Duration) {
        for byte in text.bytes() {
            self.master.write_all(&[byte]).unwrap();
            std::thread::sleep(gap);
        }
    }

    fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            self.listen(Duration::from_millis(40));
            if let Some(status) = self.child.try_wait().unwrap() {
                self.listen(Duration::from_millis(40));
                return status;
            }
            if start.elapsed() > Duration::from_secs(10) {
                self.child.kill().unwrap();
                panic!("it does not end:\n{:?}", self.seen);
            }
        }
    }

    fn modes(&self) -> String {
        format!("{:?}", tcgetattr(&self.device).unwrap().local_modes)
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was sent, without the sequences that place and style it.
fn words(sent: &str) -> String {
    let mut parts = sent.split("\x1b[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|letter: char| letter.is_ascii_alphabetic())
            .unwrap_or(0);
        let (parameters, rest) = part.split_at(end);
        if rest.starts_with('C') {
            out.push_str(&" ".repeat(parameters.parse().unwrap_or(1)));
        }
        out.push_str(rest.get(1..).unwrap_or_default());
    }
    out
}

fn example() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.join("examples").join("show")
}

#[test]
fn torn_arrow_keys_stay_arrow_keys() {
    for gap in [0, 2, 10] {
        // A busy machine may stretch a gap; the patience of a satellite link keeps the test about the gaps.
        let mut terminal = Terminal::start(&["replay", "--esc-timeout", "500"], (80, 24), "xterm");
        terminal.expect("LIT101");
        terminal.send_torn("\x1b[B\x1bOB\x1b[A", Duration::from_millis(gap));
        terminal.listen(Duration::from_millis(200));
        assert!(
            !terminal.seen.contains("does nothing"),
            "an arrow fell apart at {gap} ms"
        );
        // Esc alone is a key after a while, and says that there is nothing to leave.
        terminal.send("\x1b");
        terminal.expect("nothing to go back from");
        terminal.send("q");
        assert_eq!(terminal.end().code(), Some(0));
    }
}

#[test]
fn leaving_gives_the_terminal_back() {
    let mut terminal = Terminal::start(&["replay"], (80, 24), "xterm");
    terminal.expect("LIT101");
    let during = terminal.modes();
    terminal.send("q");
    assert_eq!(terminal.end().code(), Some(0));
    assert!(terminal.seen.ends_with(LEAVE));
    assert_ne!(terminal.modes(), during, "raw mode is over");
    assert!(terminal.modes().contains("ECHO"), "{}", terminal.modes());
}

#[test]
fn signals_end_it_cleanly() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut terminal = Terminal::start(&["one-alarm"], (80, 24), "xterm");
        terminal.expect("LIT101");
        terminal.signal(signal);
        assert_eq!(terminal.end().code(), Some(code));
        assert!(terminal.seen.ends_with(LEAVE));
        assert!(terminal.modes().contains("ECHO"));
    }
}

#[test]
fn a_panic_is_readable_on_a_terminal_that_works() {
    let mut terminal = Terminal::start(&["one-alarm", "--panic"], (80, 24), "xterm");
    assert_eq!(terminal.end().code(), Some(101));
    let (screens, words) = terminal.seen.split_once(LEAVE).unwrap();
    assert!(!screens.contains("on purpose"));
    assert!(words.contains("on purpose"), "{words:?}");
    assert!(terminal.modes().contains("ECHO"));
}

#[test]
fn a_line_without_a_size_is_asked() {
    // The answer has 300 ms; on a busy machine it may come too late, but not every time.
    let in_time = (0..5).any(|_| {
        let mut terminal = Terminal::start(&["replay"], (0, 0), "vt100");
        terminal.expect("\x1b[999;999H\x1b[6n");
        terminal.send("\x1b[30;100R");
        terminal.expect("? help  q quit");
        terminal.send("q");
        assert_eq!(terminal.end().code(), Some(0));
        // From thirty rows on, the limits of the selected point stand below the list.
        words(&terminal.seen).contains("340.0 .. 900.0 mm")
    });
    assert!(in_time);
}

#[test]
fn a_silent_line_without_a_size_gets_80_by_24() {
    let mut terminal = Terminal::start(&["replay"], (0, 0), "vt100");
    terminal.expect("LIT101");
    terminal.expect("? help  q quit");
    assert!(!words(&terminal.seen).contains("340.0 .. 900.0 mm"));
    terminal.send("q");
    assert_eq!(terminal.end().code(), Some(0));
}

#[test]
fn a_dumb_terminal_and_a_pipe_are_told_what_to_do() {
    let mut terminal = Terminal::start(&["replay"], (80, 24), "dumb");
    assert_eq!(terminal.end().code(), Some(2));
    assert!(terminal.seen.contains("cannot place the cursor"));
    assert!(!terminal.seen.contains('\x1b'));
    let output = Command::new(example()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("need a terminal"));
}

#[test]
fn an_idle_screen_sends_nothing() {
    let mut terminal = Terminal::start(&["replay"], (80, 24), "xterm");
    terminal.expect("? help  q quit");
    terminal.listen(Duration::from_millis(200));
    let before = terminal.seen.len();
    std::thread::sleep(Duration::from_millis(1_200));
    terminal.listen(Duration::from_millis(50));
    assert_eq!(terminal.seen.len(), before);
}

#[test]
fn a_storm_of_sizes_is_survived() {
    let mut terminal = Terminal::start(&["one-alarm"], (80, 24), "xterm");
    terminal.expect("LIT101");
    for size in [(1, 1), (200, 60), (40, 10), (0, 5), (39, 9), (250, 80), (80, 24)] {
        let size = Winsize {
            ws_col: size.0,
            ws_row: size.1,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&terminal.device, size).unwrap();
        terminal.signal(Signal::WINCH);
        terminal.listen(Duration::from_millis(120));
    }
    terminal.send("qy");
    assert_eq!(terminal.end().code(), Some(0));
}
