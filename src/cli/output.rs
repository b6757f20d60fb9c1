//! Standard output with a buffer; a reader that goes away ends the program quietly.

use std::io::{self, Write as _};

/// Bytes that are gathered before they are written.
const BUFFER: usize = 256 << 10;

/// Records on their way to standard output.
pub(super) struct Output {
    pub(super) bytes: Vec<u8>,
    /// The reader is gone.
    pub(super) closed: bool,
    /// Each record is written at once: somebody watches.
    immediate: bool,
}

impl Output {
    pub(super) fn new(immediate: bool) -> Self {
        Self {
            bytes: Vec::with_capacity(BUFFER + (64 << 10)),
            closed: false,
            immediate,
        }
    }

    /// To be called after each record.
    pub(super) fn record(&mut self) {
        if self.immediate || self.bytes.len() >= BUFFER {
            self.flush();
        }
    }

    /// Writes what is gathered.
    pub(super) fn flush(&mut self) {
        if !self.closed && !self.bytes.is_empty() {
            let mut out = io::stdout().lock();
            // A broken pipe is how `head` says that it has enough.
            self.closed = out.write_all(&self.bytes).and_then(|()| out.flush()).is_err();
        }
        self.bytes.clear();
    }
}
