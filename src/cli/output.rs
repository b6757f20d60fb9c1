//! Standard output with a buffer; a reader that goes away ends the program quietly.

use std::io::{self, Write as _};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 256 << 10;

/// Records on their way to standard output.
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// The reader is gone, or cannot take any more.
    pub(super) closed: bool,
    /// The results could not be written, which is not the reader's will.
    failed: bool,
    /// Each record is written at once: somebody watches.
    immediate: bool,
}

impl Output {
    pub(super) fn new(immediate: bool) -> Self {
        Self {
            bytes: Vec::with_capacity(BUFFER + (64 << 10)),
            closed: false,
            failed: false,
            immediate,
        }
    }

    /// To be called after each record.
    pub(super) fn record(&mut self) {
        if self.immediate || self.bytes.len() >= BUFFER {
            self.flush();
        }
    }

    /// How a command ends whose output was closed.
    pub(super) const fn exit(&self) -> super::Exit {
        if self.failed {
            super::Exit::Usage
        } else {
            super::Exit::Nothing
        }
    }

    /// Writes what is gathered.
    pub(super) fn flush(&mut self) {
        if !self.closed && !self.bytes.is_empty() {
            let mut out = io::stdout().lock();
            if let Err(error) = out.write_all(&self.bytes).and_then(|()| out.flush()) {
                self.closed = true;
                // A broken pipe is how `head` says that it has enough.
                if error.kind() != io::ErrorKind::BrokenPipe {
                    eprintln!("tapglass: cannot write the results: {error}");
                    self.failed = true;
                }
            }
        }
        self.bytes.clear();
    }
}
