//! Values as they stand on the wire, borrowed from it.

use crate::CaptureTime;

/// One value as the protocol carries it, before scale and unit.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// No value: a read that failed, a null variant.
    Null,
    /// A bit.
    Bool(bool),
    /// A whole number without sign.
    Unsigned(u64),
    /// A whole number with sign.
    Signed(i64),
    /// Single precision (IEEE 754).
    Float(f32),
    /// Double precision (IEEE 754).
    Double(f64),
    /// Two bits of a double-bit input: 0 intermediate, 1 off, 2 on, 3 indeterminate (IEEE 1815-2012 11.9.4).
    DoubleBit(u8),
    /// A control relay output block.
    Control(ControlBlock),
    /// A point in time.
    Time(CaptureTime),
    /// Text.
    Text(&'a str),
    /// Bytes without further meaning.
    Bytes(&'a [u8]),
    /// A value of a type that has no place here; its type by name.
    Other(&'a str),
}

impl Value<'_> {
    /// The value as a number where it has one: bits are 0 and 1.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // A process value above 2^53 does not occur; records keep the exact number.
    pub fn number(&self) -> Option<f64> {
        match *self {
            Self::Bool(bit) => Some(f64::from(u8::from(bit))),
            Self::Unsigned(number) => Some(number as f64),
            Self::Signed(number) => Some(number as f64),
            Self::Float(number) => Some(f64::from(number)),
            Self::Double(number) => Some(number),
            Self::DoubleBit(state) => Some(f64::from(state)),
            _ => None,
        }
    }
}

/// Control relay output block, group 12 variation 1 (IEEE 1815-2012 A.8.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ControlBlock {
    /// The control code octet: operation type in bits 0-3, queue 4, clear 5, trip/close code in bits 6-7.
    pub code: u8,
    /// How many times the operation is done.
    pub count: u8,
    /// On time in milliseconds.
    pub on_ms: u32,
    /// Off time in milliseconds.
    pub off_ms: u32,
}

impl ControlBlock {
    /// Operation type: 0 nul, 1 pulse on, 2 pulse off, 3 latch on, 4 latch off.
    #[must_use]
    pub const fn operation(self) -> u8 {
        self.code & 0x0f
    }

    /// Trip/close code: 0 none, 1 close, 2 trip, 3 reserved.
    #[must_use]
    pub const fn trip_close(self) -> u8 {
        self.code >> 6
    }

    /// The operation by name, `CLOSE` and `TRIP` before the relay operation, as engineers write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.trip_close(), self.operation()) {
            (1, _) => "CLOSE",
            (2, _) => "TRIP",
            (_, 1) => "PULSE_ON",
            (_, 2) => "PULSE_OFF",
            (_, 3) => "LATCH_ON",
            (_, 4) => "LATCH_OFF",
            (_, 0) => "NUL",
            _ => "RESERVED",
        }
    }
}
