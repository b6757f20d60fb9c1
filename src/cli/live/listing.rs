//! The devices and conversations of a watch that goes on.

use tapglass_model::{CaptureTime, SECOND};

use super::Printer;
use super::check::Record;
use crate::watch::{Beside, Wanted, Watcher};

/// Tells devices and conversations: when they are new or change, and all of them at the end.
pub(super) struct Listing {
    wanted: Wanted,
    /// When news were looked for last.
    looked: CaptureTime,
    /// Time of a quiet link.
    quiet: CaptureTime,
}

impl Listing {
    /// News are looked for at most so often.
    const PAUSE: i64 = SECOND;

    pub(super) fn new(printer: &Printer) -> Self {
        Self {
            wanted: Wanted {
                devices: printer.prints(Record::Device),
                conversations: printer.prints(Record::Conversation),
            },
            looked: CaptureTime::default(),
            quiet: CaptureTime::default(),
        }
    }

    pub(super) const fn is_wanted(&self) -> bool {
        self.wanted.devices || self.wanted.conversations
    }

    /// Time goes on without frames.
    pub(super) fn passes(&mut self, now: CaptureTime) {
        self.quiet = now;
    }

    pub(super) fn news(&mut self, watcher: &mut Watcher<Printer>) {
        let now = watcher.counts.last.unwrap_or_default().max(self.quiet);
        if now.since(self.looked) < Self::PAUSE {
            return;
        }
        self.looked = now;
        let Watcher {
            engine, tap, census, ..
        } = watcher;
        let Some(census) = census else { return };
        let Printer { output, captures, .. } = tap;
        let beside = Beside::new(engine, now);
        if census.write_news(&mut output.bytes, captures, &beside, now, self.wanted) {
            output.record();
        }
    }

    /// Everybody, once more, as they are at the end.
    pub(super) fn all(&self, watcher: &mut Watcher<Printer>) {
        let now = watcher.counts.last.unwrap_or_default().max(self.quiet);
        let Watcher {
            engine, tap, census, ..
        } = watcher;
        let Some(census) = census else { return };
        let Printer { output, captures, .. } = tap;
        let beside = Beside::new(engine, now);
        if self.wanted.devices {
            census.write_devices(&mut output.bytes, captures, &beside);
        }
        if self.wanted.conversations {
            census.write_conversations(&mut output.bytes, captures, &beside);
        }
        census.write_shortfall(&mut output.bytes, captures);
        output.record();
    }
}
