//! How often something happens.

use tapglass_model::CaptureTime;

/// How often something happens, in capture time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    since: Option<CaptureTime>,
    count: u32,
    last: Option<(CaptureTime, f64)>,
}

impl Pace {
    /// Over how long it is measured, in nanoseconds.
    const SPAN: i64 = 10_000_000_000;

    pub(super) fn happens(&mut self, at: CaptureTime) {
        let since = *self.since.get_or_insert(at);
        let passed = at.since(since);
        if passed >= Self::SPAN {
            self.last = Some((at, f64::from(self.count) * 1e9 / nanoseconds(passed)));
            self.since = Some(at);
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Times a second, lately; none when it never happened for long enough to tell.
    #[must_use]
    pub fn per_second(&self, now: CaptureTime) -> Option<f64> {
        let (at, pace) = self.last?;
        let stopped = now.since(at) >= Self::SPAN * 3;
        Some(if stopped { 0.0 } else { pace })
    }
}

/// A span as a number to calculate with; its rounding is far below what a screen shows.
#[expect(clippy::cast_precision_loss, reason = "spans of seconds to days")]
const fn nanoseconds(span: i64) -> f64 {
    span as f64
}
