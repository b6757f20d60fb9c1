//! Stretches of the whole capture in which nothing was captured, and times that run backwards.

use tapglass_model::{CaptureTime, SECOND};
use tapglass_proto::{Blind, BlindReason};

use super::Handler;

/// A pause shorter than this is never reported.
const SHORTEST: i64 = 60 * SECOND;
/// Nor one shorter than so many median pauses between frames.
const MEDIANS: i64 = 20;
/// Nor one shorter than so many of the longest ordinary pauses: of 100 pauses one is longer than these. Networks that
/// speak once a minute, many frames at a time, have a short median.
const LONG_ONES: i64 = 4;
/// Pauses that must have been seen before "ordinary" means anything.
const ENOUGH: u64 = 100;
/// Frames of several interfaces are not always written in order of time; more than this is no such disorder.
const DISORDER: i64 = SECOND;
/// Backward jumps that are reported one by one; later ones are counted.
const MOST: u64 = 16;

/// How long the pauses between frames are.
#[derive(Clone)]
pub(super) struct Pauses {
    last: Option<CaptureTime>,
    frame: u64,
    /// Pauses by their number of binary digits.
    lengths: [u64; 65],
    count: u64,
    backwards: u64,
    /// The last backward jump: from, to.
    jump: (CaptureTime, CaptureTime),
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            last: None,
            frame: 0,
            lengths: [0; 65],
            count: 0,
            backwards: 0,
            jump: (CaptureTime(0), CaptureTime(0)),
        }
    }
}

impl Pauses {
    /// A frame was captured.
    #[inline]
    pub(super) fn frame<H: Handler>(&mut self, at: CaptureTime, number: u64, handler: &mut H) {
        let pause = self.last.map_or(0, |last| at.since(last));
        if !(-DISORDER..=SHORTEST).contains(&pause) {
            self.unusual(pause, at, number, handler);
        }
        let digits = 64 - pause.max(0).leading_zeros();
        if let Some(count) = self.lengths.get_mut(digits as usize) {
            *count += 1;
        }
        self.count += 1;
        self.last = Some(at);
        self.frame = number;
    }

    #[cold]
    fn unusual<H: Handler>(&mut self, pause: i64, at: CaptureTime, number: u64, handler: &mut H) {
        let before = self.last.unwrap_or(at);
        let blind = |reason, from, until, text| Blind {
            from,
            until,
            frame: number,
            direction: None,
            bytes: None,
            reason,
            text,
        };
        if pause < 0 {
            self.backwards += 1;
            self.jump = (before, at);
            if self.backwards <= MOST {
                let seconds = pause.unsigned_abs() / SECOND.unsigned_abs();
                handler.unseen(&blind(
                    BlindReason::TimeBackwards,
                    at,
                    before,
                    format_args!(
                        "the times of the capture jump back by {seconds} s; what was seen between cannot be put in order"
                    ),
                ));
            }
        } else if self.count >= ENOUGH
            && pause / MEDIANS > self.longer_than(50)
            && pause / LONG_ONES > self.longer_than(99)
        {
            handler.unseen(&blind(
                BlindReason::Silence,
                before,
                at,
                format_args!(
                    "no frame at all for {} s: either nothing was sent, or the mirror or the capture stood still",
                    pause / SECOND
                ),
            ));
        }
    }

    /// A pause, in nanoseconds, at least as long as `percent` of all.
    fn longer_than(&self, percent: u64) -> i64 {
        let mut seen = 0;
        for (digits, count) in self.lengths.iter().enumerate() {
            seen += count;
            if seen * 100 >= self.count * percent {
                return 1_i64
                    .checked_shl(u32::try_from(digits).unwrap_or(63))
                    .unwrap_or(i64::MAX)
                    .max(1);
            }
        }
        i64::MAX
    }

    /// The capture is over.
    pub(super) fn finish<H: Handler>(&mut self, handler: &mut H) {
        if self.backwards > MOST {
            let (before, at) = self.jump;
            handler.unseen(&Blind {
                from: at,
                until: before,
                frame: self.frame,
                direction: None,
                bytes: None,
                reason: BlindReason::TimeBackwards,
                text: format_args!(
                    "the times of the capture jump back {} times more",
                    self.backwards - MOST
                ),
            });
            self.backwards = 0;
        }
    }
}
