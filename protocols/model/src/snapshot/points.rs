//! Points of the process, as the first screen lists them.

use alloc::string::String;
use alloc::vec::Vec;

use crate::{CaptureTime, Quality, Severity};

/// The points of one unit or device, under one heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Unit or area of the plant, such as `RAW WATER`; empty when the site names none.
    pub area: String,
    /// Device, such as `PLC-1`.
    pub device: String,
    /// Where it is, such as `10.20.1.10/1` or `10.20.1.14 addr 4`.
    pub address: String,
    /// Protocol as engineers write it: `Modbus`, `DNP3`, `OPC UA`.
    pub protocol: String,
    /// How its values arrive, before the age: `polled`, `event`, `publish`; empty when nothing arrived yet.
    pub arrives: String,
    /// Nanoseconds since anything arrived from it.
    pub age: Option<i64>,
    /// The points, in the order of the site file.
    pub points: Vec<Point>,
}

/// One point. Without a site its tag is its address, and unit, limits and role stay empty.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// The same for the same point in every snapshot: the cursor follows it.
    pub id: u64,
    /// Name, such as `LIT-101.SP`, or the canonical address.
    pub tag: String,
    /// What it is, such as `Tank T-101 level`.
    pub description: String,
    /// The value at the time of the picture.
    pub reading: Reading,
    /// Decimals to print a number with.
    pub decimals: u8,
    /// Engineering unit; empty when none is known.
    pub unit: String,
    /// Names of the states of a discrete point, in the order of their numbers; empty for an analog point.
    pub states: Vec<String>,
    /// Where the value should be.
    pub limits: Limits,
    /// The recent past, oldest first, in buckets of equal length that end at the time of the picture.
    ///
    /// Any number of buckets over the last ten minutes; 36 divide well into the columns of the screens.
    pub trend: Vec<Bucket>,
    /// Nanoseconds since the value was received.
    pub age: Option<i64>,
    /// Age from which it counts as stale, nanoseconds.
    pub max_age: Option<i64>,
    /// Older than `max_age`, or its association is dead.
    pub stale: bool,
    /// What the device says about it.
    pub quality: Quality,
    /// Why the quality is not good, in words; empty when it is.
    pub quality_reason: String,
    /// A person or program holds it at this value.
    pub forced: bool,
    /// The last value that a device accepted as a write, printed with its unit; empty when none was seen.
    pub commanded: String,
    /// The last write or command on it.
    pub last_write: Option<LastWrite>,
    /// The worst active alarm on it that is not shelved.
    pub alarm: Option<Severity>,
    /// Where it comes from, such as `holding:100, u16 x 0.1`.
    pub source: String,
    /// The value on the wire, such as `raw 0x047e`.
    pub raw: String,
    /// Role in the plant, such as `setpoint`, `measurement`, `command`.
    pub role: String,
    /// Who may write it, in words; empty when nothing says so.
    pub writers: String,
    /// One line for each rule on it: identifier and state, such as `WTP-SP-001 armed`.
    pub rules: Vec<String>,
}

/// The value of a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Reading {
    /// Never received.
    #[default]
    Never,
    /// A number in the point's unit.
    Number(f64),
    /// A state, by its position in [`Point::states`].
    State(u32),
    /// Anything else, printed as it is.
    Text(String),
}

/// The limits of an analog point, in its unit. What is not known stays `None`: nothing is invented.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Below this the protection acts.
    pub trip_low: Option<f64>,
    /// Below this there is an alarm.
    pub alarm_low: Option<f64>,
    /// Lower end of the safe band.
    pub safe_low: Option<f64>,
    /// Upper end of the safe band.
    pub safe_high: Option<f64>,
    /// Above this there is an alarm.
    pub alarm_high: Option<f64>,
    /// Above this the protection acts.
    pub trip_high: Option<f64>,
    /// Lower end of the instrument's range.
    pub range_low: Option<f64>,
    /// Upper end of the instrument's range.
    pub range_high: Option<f64>,
}

/// One stretch of a trend.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bucket {
    /// The last sample in it (for a discrete point the number of the state); `None` when nothing was received.
    pub value: Option<f64>,
    /// A write was seen in it.
    pub written: bool,
}

/// The last write on a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastWrite {
    /// When it was requested.
    pub at: CaptureTime,
    /// By whom: a name of the site, or the end of the address such as `.66`.
    pub by: String,
    /// The writer was never seen before learning ended, or the site does not name it.
    pub by_new: bool,
}
