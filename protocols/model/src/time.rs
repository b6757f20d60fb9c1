//! Capture time: nanoseconds since the Unix epoch, as the capture says, never as this machine's clock says.

use core::fmt;

/// One second in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;
/// One millisecond in nanoseconds.
pub const MILLISECOND: i64 = 1_000_000;

/// A moment of the capture, in nanoseconds since 1970-01-01T00:00:00Z. Range: years 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaptureTime(pub i64);

/// Why a text is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeError;

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time looks like 2026-11-22T10:00:00Z, with up to nine decimals of a second")
    }
}

impl CaptureTime {
    /// The time from seconds and nanoseconds; saturates outside the representable years.
    #[must_use]
    pub const fn new(seconds: i64, nanoseconds: u32) -> Self {
        Self(seconds.saturating_mul(SECOND).saturating_add(nanoseconds as i64))
    }

    /// Nanoseconds from `earlier` to this moment, negative when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment plus `nanoseconds`.
    #[must_use]
    pub const fn plus(self, nanoseconds: i64) -> Self {
        Self(self.0.saturating_add(nanoseconds))
    }

    /// Year, month, day, hour, minute, second and nanosecond in UTC (proleptic Gregorian calendar).
    #[must_use]
    pub const fn civil(self) -> (i64, u8, u8, u8, u8, u8, u32) {
        let seconds = self.0.div_euclid(SECOND);
        let nanosecond = self.0.rem_euclid(SECOND) as u32;
        let days = seconds.div_euclid(86_400);
        let of_day = seconds.rem_euclid(86_400);
        // Civil date from day count, the era method: eras of 400 years, years starting in March.
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u8;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        } as u8;
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (
            year,
            month,
            day,
            (of_day / 3_600) as u8,
            (of_day / 60 % 60) as u8,
            (of_day % 60) as u8,
            nanosecond,
        )
    }

    /// The moment of a civil date and time in UTC; `None` when a part is out of its range.
    #[must_use]
    pub const fn from_civil(
        year: i64,
        month: u8,
        day: u8,
        hour: u8,
        minute: u8,
        second: u8,
        nanosecond: u32,
    ) -> Option<Self> {
        if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        if year < 1677 || year > 2262 || nanosecond >= 1_000_000_000 {
            return None;
        }
        let shifted_year = if month <= 2 { year - 1 } else { year };
        let era = shifted_year.div_euclid(400);
        let year_of_era = shifted_year.rem_euclid(400);
        let shifted_month = if month > 2 {
            month as i64 - 3
        } else {
            month as i64 + 9
        };
        let day_of_year = (153 * shifted_month + 2) / 5 + day as i64 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        let seconds = days * 86_400 + hour as i64 * 3_600 + minute as i64 * 60 + second as i64;
        Some(Self::new(seconds, nanosecond))
    }

    /// The 30 characters of RFC 3339 in UTC with nine decimals, such as `2026-11-22T10:00:00.123456789Z`.
    #[must_use]
    pub fn rfc3339(self) -> [u8; 30] {
        let (year, month, day, hour, minute, second, nanosecond) = self.civil();
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        put(&mut text, 0, 4, year as u32);
        put(&mut text, 5, 2, u32::from(month));
        put(&mut text, 8, 2, u32::from(day));
        put(&mut text, 11, 2, u32::from(hour));
        put(&mut text, 14, 2, u32::from(minute));
        put(&mut text, 17, 2, u32::from(second));
        put(&mut text, 20, 9, nanosecond);
        text
    }

    /// Reads RFC 3339 in UTC, with `T` or a space between date and time and up to nine decimals.
    ///
    /// # Errors
    /// When the text is not such a time.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let body = text
            .strip_suffix('Z')
            .or_else(|| text.strip_suffix("+00:00"))
            .unwrap_or(text);
        let (main, decimals) = body.split_once('.').unwrap_or((body, ""));
        let bytes = main.as_bytes();
        let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        if bytes.len() != 19 || separators.iter().any(|&(at, sign)| bytes.get(at) != Some(&sign)) {
            return Err(TimeError);
        }
        if !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) || decimals.len() > 9 {
            return Err(TimeError);
        }
        let number = |from: usize, to: usize| {
            main.get(from..to)
                .and_then(|digits| digits.parse::<u32>().ok())
                .ok_or(TimeError)
        };
        let mut nanosecond = 0_u32;
        for position in 0..9 {
            let digit = match decimals.as_bytes().get(position) {
                Some(digit @ b'0'..=b'9') => u32::from(digit - b'0'),
                Some(_) => return Err(TimeError),
                None => 0,
            };
            nanosecond = nanosecond * 10 + digit;
        }
        let small = |value: u32| u8::try_from(value).map_err(|_| TimeError);
        Self::from_civil(
            i64::from(number(0, 4)?),
            small(number(5, 7)?)?,
            small(number(8, 10)?)?,
            small(number(11, 13)?)?,
            small(number(14, 16)?)?,
            small(number(17, 19)?)?,
            nanosecond,
        )
        .ok_or(TimeError)
    }
}

/// Writes `value` in decimal, right-aligned, into `width` bytes from `at`.
fn put(text: &mut [u8; 30], at: usize, width: usize, value: u32) {
    let mut rest = value;
    for position in (at..at + width).rev() {
        if let Some(byte) = text.get_mut(position) {
            *byte = b'0' + (rest % 10) as u8;
        }
        rest /= 10;
    }
}

impl fmt::Display for CaptureTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.rfc3339()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn prints_and_reads_the_same_time() {
        for (nanoseconds, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (1_772_523_797_000_000_000, "2026-03-03T07:43:17.000000000Z"),
            (951_827_696_123_456_789, "2000-02-29T12:34:56.123456789Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
        ] {
            assert_eq!(CaptureTime(nanoseconds).to_string(), text);
            assert_eq!(CaptureTime::parse(text), Ok(CaptureTime(nanoseconds)));
        }
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in [
            "",
            "2026",
            "2026-13-01T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T00:00:00.xZ",
        ] {
            assert_eq!(CaptureTime::parse(text), Err(TimeError), "{text}");
        }
    }
}
