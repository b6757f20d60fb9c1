//! The terminal is given back whatever happens: at the end, on a signal, in the middle of a panic.

use std::os::fd::OwnedFd;
use std::panic;
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

use rustix::termios::{OptionalActions, Termios, tcsetattr};

/// Alternate screen, no wrapping at the edge, no cursor, nothing on it.
pub(crate) const ENTER: &[u8] = b"\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[0m\x1b[2J\x1b[H";
/// Everything back. The screen is emptied first, for terminals without an alternate one.
pub(crate) const LEAVE: &[u8] = b"\x1b[0m\x1b[2J\x1b[H\x1b[?7h\x1b[?25h\x1b[?1049l";

/// What is needed to give the terminal back.
struct Saved {
    fd: OwnedFd,
    modes: Termios,
    thread: ThreadId,
}

static SAVED: Mutex<Option<Saved>> = Mutex::new(None);
static STRAY: Mutex<Vec<String>> = Mutex::new(Vec::new());
static HOOK: Once = Once::new();

/// Remembers how the terminal was; call before the first change.
pub(crate) fn remember(fd: OwnedFd, modes: Termios) {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if on_screen_thread() {
                restore();
                before(info);
            } else if is_active() {
                // Another thread died while the screens are up: its words would tear them. They come later.
                if let Ok(mut stray) = STRAY.try_lock() {
                    stray.push(info.to_string());
                }
            } else {
                before(info);
            }
        }));
    });
    if let Ok(mut saved) = SAVED.try_lock() {
        let thread = thread::current().id();
        *saved = Some(Saved { fd, modes, thread });
    }
}

fn is_active() -> bool {
    SAVED.try_lock().is_ok_and(|saved| saved.is_some())
}

fn on_screen_thread() -> bool {
    let current = thread::current().id();
    SAVED
        .try_lock()
        .is_ok_and(|saved| saved.as_ref().is_some_and(|saved| saved.thread == current))
}

/// Gives the terminal back. Never panics, does nothing the second time.
pub(crate) fn restore() {
    let Ok(mut saved) = SAVED.try_lock() else {
        return;
    };
    if let Some(saved) = saved.take() {
        // One write: another process may already be talking to the terminal.
        let _ = rustix::io::write(&saved.fd, LEAVE);
        let _ = tcsetattr(&saved.fd, OptionalActions::Now, &saved.modes);
    }
}

/// What other threads said when they died, once.
pub(crate) fn stray_panics() -> Vec<String> {
    STRAY
        .try_lock()
        .map(|mut stray| std::mem::take(&mut *stray))
        .unwrap_or_default()
}
