//! From a raw number to a reading in engineering units: scale, tolerance, sentinels, quality (site-and-rules 1.3).

use tapglass_model::{ControlBlock, Quality, QualityReasons, Value};

use crate::site::{DataType, Scale, Tag, WordOrder};

use super::Interval;
use super::codec::{self, Word};

/// A value with what is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// What it can be, in engineering units.
    pub value: Interval,
    /// Half of the smallest step between two values: limits are compared with this tolerance.
    pub tolerance: f64,
    /// How far the device vouches for it.
    pub quality: Quality,
    /// Why not further.
    pub reasons: QualityReasons,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            value: Interval::EVERYTHING,
            tolerance: 0.0,
            quality: Quality::Unknown,
            reasons: QualityReasons::none(),
        }
    }
}

impl Reading {
    /// True when value and quality are the same.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.value.same(other.value) && self.quality == other.quality && self.reasons == other.reasons
    }

    /// What rules may conclude from: nothing when the device says that it is wrong, or when it was never seen.
    #[must_use]
    pub const fn usable(&self) -> Interval {
        match self.quality {
            Quality::Good | Quality::Uncertain => self.value,
            Quality::Bad | Quality::Unknown => Interval::EVERYTHING,
        }
    }
}

/// The quality that follows from reasons alone (DNP3 flags and OPC UA bits in the order of site-and-rules 1.3).
#[must_use]
pub const fn quality_of(reasons: QualityReasons) -> Quality {
    if reasons.contains(QualityReasons::OFFLINE)
        || reasons.contains(QualityReasons::COMM_LOST)
        || reasons.contains(QualityReasons::REFERENCE_ERROR)
        || reasons.contains(QualityReasons::SENTINEL)
        || reasons.contains(QualityReasons::REFUSED)
    {
        Quality::Bad
    } else if reasons.contains(QualityReasons::RESTART)
        || reasons.contains(QualityReasons::OVER_RANGE)
        || reasons.contains(QualityReasons::CHATTER)
        || reasons.contains(QualityReasons::UNANSWERED)
        || reasons.is_forced()
    {
        Quality::Uncertain
    } else {
        Quality::Good
    }
}

/// How the value of one tag is read from the wire.
#[derive(Clone, Debug)]
pub struct Coding {
    data_type: DataType,
    order: WordOrder,
    bits: Option<crate::site::Bits>,
    scale: Scale,
    resolution: Option<f64>,
    invalid: Box<[f64]>,
    /// Number of a relay operation by its name.
    controls: Box<[(String, f64)]>,
    /// What `true` means where operations have numbers of their own.
    on: f64,
    /// What `false` means there.
    off: f64,
}

impl Coding {
    /// The coding of a tag.
    #[must_use]
    pub fn new(tag: &Tag) -> Self {
        let mut controls = Vec::new();
        let (mut on, mut off) = (1.0, 0.0);
        for (number, (_, operations)) in (0_u32..).zip(&tag.crob.states) {
            for operation in operations {
                controls.push((operation.clone(), f64::from(number)));
                // The status of an output is a bit; it means the state that the latching operations lead to.
                match operation.as_str() {
                    "CLOSE" | "LATCH_ON" | "PULSE_ON" => on = f64::from(number),
                    "TRIP" | "LATCH_OFF" | "PULSE_OFF" => off = f64::from(number),
                    _ => {}
                }
            }
        }
        Self {
            data_type: tag.data_type,
            order: tag.order,
            bits: tag.bits,
            scale: tag.scale,
            resolution: tag.resolution,
            invalid: tag.invalid.clone().into_boxed_slice(),
            controls: controls.into_boxed_slice(),
            on,
            off,
        }
    }

    /// How many registers the tag takes.
    #[must_use]
    pub const fn registers(&self) -> u16 {
        if self.bits.is_some() {
            let registers = self.data_type.registers();
            return if registers == 0 { 1 } else { registers };
        }
        self.data_type.registers()
    }

    /// The reading of consecutive registers, each with the mask of its known bits.
    #[must_use]
    pub fn registers_read(&self, registers: &[(u16, u16)]) -> Reading {
        self.word_read(codec::assemble(self.order, registers))
    }

    /// The reading of a word in canonical order.
    #[must_use]
    pub fn word_read(&self, word: Word) -> Reading {
        let decoded = codec::decode(self.data_type, self.bits, word);
        let float = matches!(self.data_type, DataType::F32 | DataType::F64) && self.bits.is_none();
        let fraction = match self.data_type {
            DataType::F32 => SINGLE,
            _ => DOUBLE,
        };
        let reasons = if decoded.invalid {
            QualityReasons::SENTINEL
        } else {
            QualityReasons::none()
        };
        self.scaled(decoded.raw, float.then_some(fraction), Quality::Good, reasons)
    }

    /// The reading of a bit.
    #[must_use]
    pub fn bit_read(&self, bit: bool) -> Reading {
        let raw = Interval::exact(f64::from(u8::from(bit)));
        self.scaled(raw, None, Quality::Good, QualityReasons::none())
    }

    /// The reading of a value that carries its own type.
    #[must_use]
    pub fn value_read(&self, value: &Value<'_>, quality: Quality, reasons: QualityReasons) -> Reading {
        let quality = quality.and(quality_of(reasons));
        let (raw, fraction) = match *value {
            Value::Bool(bit) if !self.controls.is_empty() => {
                (Interval::exact(if bit { self.on } else { self.off }), None)
            }
            Value::Control(block) => (
                self.control(block).map_or(Interval::EVERYTHING, Interval::exact),
                None,
            ),
            Value::Float(number) => (Interval::exact(f64::from(number)), Some(SINGLE)),
            Value::Double(number) => (Interval::exact(number), Some(DOUBLE)),
            ref other => (other.number().map_or(Interval::EVERYTHING, Interval::exact), None),
        };
        self.scaled(raw, fraction, quality, reasons)
    }

    /// The number that the site gives to a relay operation; without one, what switches on is 1 and what switches off 0.
    fn control(&self, block: ControlBlock) -> Option<f64> {
        let name = block.name();
        if self.controls.is_empty() {
            return match name {
                "CLOSE" | "LATCH_ON" | "PULSE_ON" => Some(1.0),
                "TRIP" | "LATCH_OFF" | "PULSE_OFF" => Some(0.0),
                _ => None,
            };
        }
        let number = |name: &str| {
            self.controls
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, number)| *number)
        };
        // A trip/close pair sends PULSE_ON with the code in the upper bits; the site may name either.
        number(name).or_else(|| match (block.trip_close(), block.operation()) {
            (1, 1) => number("PULSE_ON_CLOSE"),
            (2, 1) => number("PULSE_ON_TRIP"),
            _ => None,
        })
    }

    fn scaled(
        &self,
        raw: Interval,
        fraction: Option<f64>,
        mut quality: Quality,
        mut reasons: QualityReasons,
    ) -> Reading {
        if let Some(number) = raw.number()
            && !self.invalid.is_empty()
            && self.invalid.iter().any(|sentinel| same_number(number, *sentinel))
        {
            reasons = reasons.with(QualityReasons::SENTINEL);
        }
        if let Some((low, high)) = self.scale.raw
            && raw.inside(low.min(high), low.max(high), 0.0).is_false()
        {
            reasons = reasons.with(QualityReasons::OVER_RANGE);
        }
        if !reasons.is_empty() {
            quality = quality.and(quality_of(reasons));
        }
        let value = raw.scaled(self.scale.gain, self.scale.offset);
        let tolerance = match (self.resolution, fraction) {
            (Some(resolution), _) => resolution / 2.0,
            (None, Some(share)) => {
                let size = value.low.abs().max(value.high.abs());
                if size.is_finite() { size * share } else { 0.0 }
            }
            (None, None) => self.scale.gain.abs() / 2.0,
        };
        Reading {
            value,
            tolerance,
            quality,
            reasons,
        }
    }
}

/// Half a unit in the last place of single precision, as a share of the value.
const SINGLE: f64 = 1.0 / (1_u64 << 24) as f64;
/// The same for double precision, and a little for the decimal fraction that a person meant.
const DOUBLE: f64 = 1e-9;

/// A sentinel may be written with fewer digits than the wire carries (3.4e38).
fn same_number(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= 1e-6 * a.abs().max(b.abs()) && b.abs() >= 1e9
}
