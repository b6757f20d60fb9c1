//! DNP3 time: milliseconds since 1970-01-01T00:00:00Z in 48 bits (IEEE 1815-2012 11.3.4), which reaches to the year 10889.

use tapglass_proto::json::Writer;
use tapglass_proto::model::{CaptureTime, MILLISECOND};

/// Milliseconds of 400 years, after which the calendar repeats.
const ERA: u64 = 146_097 * 86_400 * 1_000;

/// A time on the wire, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp(pub(crate) u64);

impl Timestamp {
    /// Six octets, the low one first.
    pub(crate) const fn from_octets(octets: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = octets;
        Self(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }

    /// The same moment as a capture time; `None` after the year 2262.
    pub(crate) fn capture(self) -> Option<CaptureTime> {
        i64::try_from(self.0)
            .ok()?
            .checked_mul(MILLISECOND)
            .map(CaptureTime)
    }

    /// So many milliseconds later.
    pub(crate) const fn plus(self, milliseconds: u16) -> Self {
        Self(self.0 + milliseconds as u64)
    }

    /// RFC 3339; `None` where the year has five digits.
    pub(crate) fn rfc3339(self) -> Option<[u8; 30]> {
        // The calendar of an earlier era that can be counted in nanoseconds, with the years added again.
        let eras = self.0 / ERA;
        let within = Self(self.0 - eras * ERA);
        let (within, eras) = match within.capture() {
            Some(time) => (time, eras),
            None => {
                let before = i64::try_from(within.0).ok()? - i64::try_from(ERA).ok()?;
                (CaptureTime(before.checked_mul(MILLISECOND)?), eras + 1)
            }
        };
        let (year, ..) = within.civil();
        let year = u64::try_from(year).ok()? + 400 * eras;
        let mut text = within.rfc3339();
        let digits = [year / 1_000, year / 100 % 10, year / 10 % 10, year % 10];
        if year > 9_999 {
            return None;
        }
        for (place, digit) in text.iter_mut().zip(digits) {
            *place = b'0' + u8::try_from(digit).ok()?;
        }
        Some(text)
    }

    /// Writes the value of a member: RFC 3339, or the milliseconds where the year has five digits.
    pub(crate) fn write(self, out: &mut Writer<'_>) {
        match self.rfc3339() {
            Some(text) => out.string(core::str::from_utf8(&text).unwrap_or_default()),
            None => out.u64(self.0),
        }
    }
}

impl core::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.rfc3339() {
            Some(text) => f.write_str(core::str::from_utf8(&text).unwrap_or_default()),
            None => write!(f, "{} ms since 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn prints_years_beyond_the_reach_of_nanoseconds() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (1_156_521_360_890, "2006-08-25T15:56:00.890000000Z"),
            (9_223_372_036_854, "2262-04-11T23:47:16.854000000Z"),
            (9_223_372_036_855, "2262-04-11T23:47:16.855000000Z"),
            (12_622_780_800_000, "2370-01-01T00:00:00.000000000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999000000Z"),
            (253_402_300_800_000, "253402300800000 ms since 1970"),
            ((1 << 48) - 1, "281474976710655 ms since 1970"),
        ] {
            assert_eq!(Timestamp(milliseconds).to_string(), text);
        }
        assert_eq!(Timestamp(9_223_372_036_855).capture(), None);
        assert_eq!(Timestamp::from_octets([1, 2, 0, 0, 0, 1]).0, (1 << 40) + 513);
    }
}
