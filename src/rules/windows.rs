//! Time windows of the site, in its own time zone.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::plant::clock::{FOREVER, Moment};
use crate::site::{Site, Window};

/// The windows of a site.
#[derive(Clone, Debug)]
pub struct Windows {
    list: Vec<Window>,
    zone: TimeZone,
    /// What is added to capture time to get the engine's moments.
    offset: i64,
}

impl Default for Windows {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            zone: TimeZone::UTC,
            offset: 0,
        }
    }
}

/// When nothing better is known: a change of the clock (summer time) is noticed within this.
const HOUR: i64 = 3_600_000_000_000;

impl Windows {
    /// The windows of a site. An unknown time zone is refused by the loader; here it is UTC.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        Self {
            list: site.windows.clone(),
            zone: site.zone(),
            offset: 0,
        }
    }

    /// The capture's clock was set: moments are now this far ahead of it.
    pub fn set_offset(&mut self, offset: i64) {
        self.offset = offset;
    }

    /// Is the window open, and when to ask again?
    #[must_use]
    pub fn open(&self, index: u32, now: Moment) -> (bool, Moment) {
        let Some(window) = self.list.get(index as usize) else {
            return (false, FOREVER);
        };
        let wire = now.saturating_sub(self.offset);
        if let Some((from, to)) = window.once {
            if wire < from {
                return (false, from.saturating_add(self.offset));
            }
            if wire < to {
                return (true, to.saturating_add(self.offset));
            }
            if window.every.is_none() {
                return (false, FOREVER);
            }
        }
        let Some((days, start, end)) = window.every else {
            return (false, FOREVER);
        };
        let (open, left) = weekly(&self.zone, wire, days, start, end);
        (open, now.saturating_add(left.clamp(1, HOUR)))
    }
}

/// Is it open, and nanoseconds until that may change.
fn weekly(zone: &TimeZone, wire: i64, days: u8, start: i64, end: i64) -> (bool, i64) {
    let Ok(stamp) = Timestamp::from_nanosecond(i128::from(wire)) else {
        return (false, HOUR);
    };
    let local = Zoned::new(stamp, zone.clone());
    let since_midnight = nanosecond_of_day(local.time());
    let today = u32::from(local.weekday().to_monday_zero_offset().unsigned_abs());
    let on = |day: u32| days & 1 << (day % 7) != 0;
    // A window that ends before it starts goes on past midnight and belongs to the day on which it starts.
    let open = if start <= end {
        on(today) && (start..end).contains(&since_midnight)
    } else {
        (on(today) && since_midnight >= start) || (on(today + 6) && since_midnight < end)
    };
    let next = [start, end, 86_400_000_000_000]
        .into_iter()
        .map(|edge| edge - since_midnight)
        .filter(|left| *left > 0)
        .min()
        .unwrap_or(HOUR);
    (open, next)
}

fn nanosecond_of_day(time: Time) -> i64 {
    let seconds = i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    seconds * 1_000_000_000 + i64::from(time.subsec_nanosecond())
}
