//! A bounded window on the bytes of a capture: the only place where they are buffered.

use std::io::{self, Read};

/// Bytes of the window: large reads, and room left in the second-level cache for what reads the frames. Alone, 512 KiB is
/// the fastest of 64 KiB to 4 MiB; with the decoders behind it 256 KiB is, by some 2 %.
const SIZE: usize = 256 * 1024;

/// How an attempt to get more bytes ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// The bytes asked for are at hand.
    Ready,
    /// Nothing arrived within the poll time.
    Quiet,
    /// The input is over; fewer bytes than asked for are at hand.
    Ended,
}

/// The bytes of a capture that are at hand: `buffer[start..end]`.
///
/// Invariant: `start <= end <= buffer.len()`.
pub(super) struct Window {
    input: Option<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the capture of `buffer[0]`.
    base: u64,
    failure: Option<io::Error>,
}

impl Window {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self {
            input: Some(input),
            buffer: vec![0; SIZE],
            start: 0,
            end: 0,
            base: 0,
            failure: None,
        }
    }

    /// A window on bytes that go on at `offset` of the capture, behind `before`, which are at hand already.
    pub(super) fn resumed(input: Box<dyn Read + Send>, offset: u64, before: &[u8]) -> Self {
        let mut window = Self::new(input);
        if window.buffer.len() < before.len() {
            window.buffer.resize(before.len(), 0);
        }
        if let Some(place) = window.buffer.get_mut(..before.len()) {
            place.copy_from_slice(before);
        }
        window.end = before.len();
        window.start = before.len();
        window.base = offset.saturating_sub(before.len() as u64);
        window
    }

    /// The bytes at hand.
    #[inline]
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Where `rest` starts in the window; valid until the next `fill`.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.start
    }

    /// Bytes of the window from a position; they stay there until the next `fill`.
    #[inline]
    pub(super) fn bytes(&self, position: usize, length: usize) -> &[u8] {
        self.buffer.get(position..position + length).unwrap_or_default()
    }

    /// Offset of `rest` in the capture.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Moves past `bytes` of those at hand.
    #[inline]
    pub(super) fn advance(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.end - self.start);
        self.start = (self.start + bytes).min(self.end);
    }

    /// Gets bytes until `need` are at hand.
    #[cold]
    pub(super) fn fill(&mut self, need: usize) -> Fill {
        loop {
            if self.end - self.start >= need {
                return Fill::Ready;
            }
            let Some(input) = &mut self.input else {
                return Fill::Ended;
            };
            if self.buffer.len() - self.start < need.max(SIZE / 2) {
                self.buffer.copy_within(self.start..self.end, 0);
                self.base += self.start as u64;
                self.end -= self.start;
                self.start = 0;
            }
            if self.end == self.buffer.len() {
                // Grows only as bytes really arrive, whatever a record claims.
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
            match input.read(self.buffer.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => self.input = None,
                Ok(bytes) => self.end += bytes,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock => return Fill::Quiet,
                    _ => {
                        self.failure = Some(error);
                        self.input = None;
                    }
                },
            }
        }
    }

    /// True when no more bytes will come than those at hand.
    #[inline]
    pub(super) fn is_last(&self) -> bool {
        self.input.is_none()
    }

    /// Why the input ended before its time.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Lets go of what is left.
    pub(super) fn close(&mut self) {
        self.input = None;
        self.start = self.end;
    }
}
