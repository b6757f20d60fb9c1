//! DateTime: 100-nanosecond intervals since 1601-01-01 UTC (OPC 10000-6 5.2.2.5).

use core::fmt;

use tapglass_model::CaptureTime;

/// Intervals from 1601 to 1970.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;
/// Intervals of 400 years; the Gregorian calendar repeats after them.
const ERA: i64 = 146_097 * 86_400 * 10_000_000;
/// 9999-12-31T23:59:59Z; from here on the latest time is meant.
const LATEST: i64 = 2_650_467_743_990_000_000;

/// A point in time as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) i64);

impl DateTime {
    /// True when no time is given: 0, or anything before 1601.
    pub(crate) const fn is_null(self) -> bool {
        self.0 <= 0
    }

    /// The time, when it is given and inside the years that capture time can hold (1677 to 2262).
    pub(crate) fn capture_time(self) -> Option<CaptureTime> {
        if self.is_null() {
            return None;
        }
        let nanoseconds = (self.0 - UNIX_EPOCH).checked_mul(100)?;
        Some(CaptureTime(nanoseconds))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_null() {
            return f.write_str("null");
        }
        if let Some(time) = self.capture_time() {
            return time.fmt(f);
        }
        // The same day and second 400, 800 ... years away is inside the range, and only its year differs.
        let mut intervals = self.0.min(LATEST) - UNIX_EPOCH;
        let mut years = 0;
        while intervals > ERA / 2 {
            intervals -= ERA;
            years += 400;
        }
        while intervals < -ERA / 2 {
            intervals += ERA;
            years -= 400;
        }
        let near = CaptureTime(intervals.saturating_mul(100));
        let (year, month, day, hour, minute, second, nanosecond) = near.civil();
        let year = year + years;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanosecond:09}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn prints_every_time_that_the_wire_can_hold() {
        for (intervals, text) in [
            (0, "null"),
            (-5, "null"),
            (1, "1601-01-01T00:00:00.000000100Z"),
            (UNIX_EPOCH, "1970-01-01T00:00:00.000000000Z"),
            (133_000_000_000_000_001, "2022-06-18T04:26:40.000000100Z"),
            (LATEST, "9999-12-31T23:59:59.000000000Z"),
            (i64::MAX, "9999-12-31T23:59:59.000000000Z"),
        ] {
            assert_eq!(DateTime(intervals).to_string(), text);
        }
        assert_eq!(DateTime(1).capture_time(), None);
        assert_eq!(DateTime(UNIX_EPOCH + 1).capture_time(), Some(CaptureTime(100)));
    }
}
