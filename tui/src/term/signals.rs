//! Signals as flags: nothing happens inside a handler.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The terminal has another size.
    Resized,
    /// The shell lets us go on.
    Continued,
}

/// The flags, as long as the screens are up.
pub(crate) struct Signals {
    flags: Vec<(i32, Arc<AtomicBool>, SigId)>,
}

impl Signals {
    pub(crate) fn register() -> io::Result<Self> {
        let mut flags = Vec::new();
        for signal in [SIGTERM, SIGHUP, SIGINT, SIGWINCH, SIGCONT] {
            let flag = Arc::new(AtomicBool::new(false));
            let id = signal_hook::flag::register(signal, Arc::clone(&flag))?;
            flags.push((signal, flag, id));
        }
        Ok(Self { flags })
    }

    /// The signal that ends us, when one came.
    pub(crate) fn stop(&self) -> Option<i32> {
        let ends = |signal: i32| matches!(signal, SIGTERM | SIGHUP | SIGINT);
        self.flags
            .iter()
            .find(|(signal, flag, _)| ends(*signal) && flag.load(Ordering::Relaxed))
            .map(|(signal, ..)| *signal)
    }

    /// The next event, once.
    pub(crate) fn event(&self) -> Option<Event> {
        self.flags.iter().find_map(|(signal, flag, _)| {
            let event = match *signal {
                SIGWINCH => Event::Resized,
                SIGCONT => Event::Continued,
                _ => return None,
            };
            flag.swap(false, Ordering::Relaxed).then_some(event)
        })
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for (_, _, id) in &self.flags {
            signal_hook::low_level::unregister(*id);
        }
    }
}
