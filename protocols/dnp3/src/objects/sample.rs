//! The value of one object of regular shape: flags, number, status and time as they stand on the wire.

use tapglass_proto::Cursor;
use tapglass_proto::model::Value;

use super::layout::{Clock, Fixed, FlagSet, Lead, Number, Shape};
use super::time::Timestamp;
use super::{Block, Point};

/// When something happened, as the object says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A time of its own.
    Absolute(Timestamp),
    /// Milliseconds after the common time of occurrence before it (groups 2 and 4 variation 3).
    Relative(u16),
}

/// What a control code and its parameters say, as far as they are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) code: Option<u8>,
    pub(crate) count: Option<u8>,
    pub(crate) on_ms: Option<u32>,
    pub(crate) off_ms: Option<u32>,
}

/// The members of one object; what is cut off is missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample<'a> {
    pub(crate) flags: Option<(FlagSet, u8)>,
    pub(crate) association: Option<u16>,
    pub(crate) value: Option<Value<'a>>,
    pub(crate) control: Option<Control>,
    /// Control status in bits 0 to 6.
    pub(crate) status: Option<u8>,
    /// Bit 7 of the control status, which is reserved where it is not the state.
    pub(crate) reserved: bool,
    pub(crate) moment: Option<Moment>,
    /// Of group 50 variations 2 and 4.
    pub(crate) interval: Option<u32>,
    /// Of group 50 variation 4.
    pub(crate) interval_unit: Option<u8>,
}

impl Sample<'_> {
    fn read_status(&mut self, cursor: &mut Cursor<'_>) -> Result<(), tapglass_proto::Short> {
        let octet = cursor.u8("status")?;
        self.status = Some(octet & 0x7f);
        self.reserved = octet & 0x80 != 0;
        Ok(())
    }
}

/// Reads one object of a block; objects of other shapes give an empty sample.
#[inline]
pub(crate) fn sample<'a>(block: &Block<'_>, point: &Point<'a>) -> Sample<'a> {
    let mut sample = Sample::default();
    let mut cursor = Cursor::new(point.data);
    match block.shape {
        Some(Shape::Packed(bits)) => {
            let octet = point.data.first().copied().unwrap_or(0) >> point.bit;
            sample.value = Some(if bits == 1 {
                Value::Bool(octet & 1 != 0)
            } else {
                Value::DoubleBit(octet & 3)
            });
        }
        Some(Shape::Fixed(fixed)) => {
            let _ = read_fixed(&mut sample, &mut cursor, fixed);
        }
        Some(Shape::Control) => {
            let mut control = Control::default();
            let _ = read_control(&mut sample, &mut control, &mut cursor);
            sample.control = Some(control);
        }
        Some(Shape::Octets(_) | Shape::Unknown) => sample.value = Some(Value::Bytes(point.data)),
        Some(Shape::Empty | Shape::Attribute | Shape::Structured(_)) | None => {}
    }
    sample
}

/// Stops at the first member that is cut off; those before it stay.
#[inline]
fn read_fixed<'a>(
    sample: &mut Sample<'a>,
    cursor: &mut Cursor<'a>,
    fixed: Fixed,
) -> Result<(), tapglass_proto::Short> {
    match fixed.lead {
        Lead::Nothing => {}
        Lead::Flags(set) => {
            let octet = cursor.u8("flags")?;
            sample.flags = Some((set, octet));
            match set {
                FlagSet::Binary | FlagSet::Output => sample.value = Some(Value::Bool(octet & 0x80 != 0)),
                FlagSet::DoubleBit => sample.value = Some(Value::DoubleBit(octet >> 6)),
                FlagSet::Counter | FlagSet::Analog | FlagSet::Statistic => {}
            }
        }
        Lead::Status => sample.read_status(cursor)?,
        Lead::StatusAndState => {
            let octet = cursor.u8("status")?;
            sample.status = Some(octet & 0x7f);
            sample.value = Some(Value::Bool(octet & 0x80 != 0));
        }
    }
    if fixed.association {
        sample.association = Some(cursor.u16_le("association")?);
    }
    if let Some(value) = read_number(cursor, fixed.number)? {
        sample.value = Some(value);
    }
    if fixed.status {
        sample.read_status(cursor)?;
    }
    match fixed.clock {
        Clock::Nothing => {}
        Clock::Relative => sample.moment = Some(Moment::Relative(cursor.u16_le("time")?)),
        Clock::Absolute | Clock::Interval | Clock::IntervalOf => {
            sample.moment = Some(Moment::Absolute(Timestamp::from_octets(cursor.array("time")?)));
        }
    }
    if matches!(fixed.clock, Clock::Interval | Clock::IntervalOf) {
        sample.interval = Some(cursor.u32_le("interval")?);
    }
    if fixed.clock == Clock::IntervalOf {
        sample.interval_unit = Some(cursor.u8("interval unit")?);
    }
    Ok(())
}

#[inline]
fn read_number<'a>(
    cursor: &mut Cursor<'a>,
    number: Number,
) -> Result<Option<Value<'a>>, tapglass_proto::Short> {
    const FIELD: &str = "value";
    Ok(Some(match number {
        Number::Nothing => return Ok(None),
        Number::U8 => Value::Unsigned(u64::from(cursor.u8(FIELD)?)),
        Number::U16 => Value::Unsigned(u64::from(cursor.u16_le(FIELD)?)),
        Number::U32 => Value::Unsigned(u64::from(cursor.u32_le(FIELD)?)),
        Number::I16 => Value::Signed(i64::from(cursor.i16_le(FIELD)?)),
        Number::I32 => Value::Signed(i64::from(cursor.i32_le(FIELD)?)),
        Number::F32 => Value::Float(cursor.f32_le(FIELD)?),
        Number::F64 => Value::Double(cursor.f64_le(FIELD)?),
        Number::Decimal(octets) => {
            let octets = cursor.take(usize::from(octets), FIELD)?;
            decimal(octets).map_or(Value::Bytes(octets), Value::Unsigned)
        }
    }))
}

/// Two decimal digits in each octet, the low octet first; `None` when one is no digit.
fn decimal(octets: &[u8]) -> Option<u64> {
    octets.iter().rev().try_fold(0_u64, |value, octet| {
        let (high, low) = (octet >> 4, octet & 15);
        (high < 10 && low < 10).then(|| value * 100 + u64::from(high) * 10 + u64::from(low))
    })
}

fn read_control(
    sample: &mut Sample<'_>,
    control: &mut Control,
    cursor: &mut Cursor<'_>,
) -> Result<(), tapglass_proto::Short> {
    control.code = Some(cursor.u8("control code")?);
    control.count = Some(cursor.u8("count")?);
    control.on_ms = Some(cursor.u32_le("on-time")?);
    control.off_ms = Some(cursor.u32_le("off-time")?);
    sample.read_status(cursor)
}
