//! Quantities that are known only in part: the interval of everything they can be.

use super::Truth;
use crate::site::{Comparison, Operator};

/// All values a quantity can have. A known number is an interval of one point.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    /// The smallest.
    pub low: f64,
    /// The greatest.
    pub high: f64,
    /// It can be "not a number"; then nothing follows from any comparison.
    pub nan: bool,
}

/// Two binary fractions that people mean to be equal can differ by this share of their size.
const ROUNDING: f64 = 1e-9;

impl Interval {
    /// Nothing is known.
    pub const EVERYTHING: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        nan: true,
    };

    /// One number; NaN is a value from which nothing follows.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self {
            low: value,
            high: value,
            nan: value.is_nan(),
        }
    }

    /// From `low` to `high`, in either order.
    #[must_use]
    pub fn between(low: f64, high: f64) -> Self {
        if low.is_nan() || high.is_nan() {
            return Self::EVERYTHING;
        }
        Self {
            low: low.min(high),
            high: low.max(high),
            nan: false,
        }
    }

    /// The number, when there is only one.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        (!self.nan && self.low == self.high).then_some(self.low)
    }

    /// True when it is certainly "not a number".
    #[must_use]
    pub const fn is_not_a_number(self) -> bool {
        self.low.is_nan()
    }

    /// True when something is known of it.
    #[must_use]
    pub fn says_something(self) -> bool {
        !self.nan && (self.low > f64::NEG_INFINITY || self.high < f64::INFINITY)
    }

    /// Bit for bit the same knowledge (NaN equals itself).
    #[must_use]
    pub fn same(self, other: Self) -> bool {
        self.low.to_bits() == other.low.to_bits()
            && self.high.to_bits() == other.high.to_bits()
            && self.nan == other.nan
    }

    /// Everything that either can be.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        if self.nan || other.nan {
            return Self::EVERYTHING;
        }
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            nan: false,
        }
    }

    /// Is it in [low, high], both widened by `tolerance`?
    #[must_use]
    pub fn inside(self, low: f64, high: f64, tolerance: f64) -> Truth {
        if self.nan || low.is_nan() || high.is_nan() {
            return Truth::Unknown;
        }
        let (low, high) = (low - tolerance, high + tolerance);
        if self.low >= low && self.high <= high {
            Truth::True
        } else if self.high < low || self.low > high {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    /// Compares; equality and the borders of order allow for `tolerance` and for binary fractions.
    #[must_use]
    pub fn compare(self, sign: Comparison, other: Self, tolerance: f64) -> Truth {
        if self.nan || other.nan {
            return Truth::Unknown;
        }
        let rounding = |a: f64, b: f64| {
            let size = a.abs().max(b.abs());
            if size.is_finite() { size * ROUNDING } else { 0.0 }
        };
        match sign {
            Comparison::Less => {
                // Certainly less, or certainly not less; a hair below counts as equal.
                if self.high < other.low - rounding(self.high, other.low) {
                    Truth::True
                } else if self.low >= other.high - rounding(self.low, other.high) {
                    Truth::False
                } else {
                    Truth::Unknown
                }
            }
            Comparison::LessOrEqual => {
                if self.high <= other.low + rounding(self.high, other.low) {
                    Truth::True
                } else if self.low > other.high + rounding(self.low, other.high) {
                    Truth::False
                } else {
                    Truth::Unknown
                }
            }
            Comparison::Greater => self.compare(Comparison::LessOrEqual, other, tolerance).not(),
            Comparison::GreaterOrEqual => self.compare(Comparison::Less, other, tolerance).not(),
            Comparison::Equal => {
                let slack = tolerance.max(rounding(self.high, other.low));
                if self.low > other.high + slack || self.high < other.low - slack {
                    Truth::False
                } else if self.high - other.low <= slack && other.high - self.low <= slack {
                    Truth::True
                } else if self.low == other.high && self.high == other.low {
                    // Equal infinities, whose difference is not a number.
                    Truth::True
                } else {
                    Truth::Unknown
                }
            }
            Comparison::NotEqual => self.compare(Comparison::Equal, other, tolerance).not(),
        }
    }

    /// Calculates.
    #[must_use]
    pub fn calculate(self, sign: Operator, other: Self) -> Self {
        if self.nan || other.nan {
            return Self::EVERYTHING;
        }
        match sign {
            Operator::Add => Self::between(self.low + other.low, self.high + other.high),
            Operator::Subtract => Self::between(self.low - other.high, self.high - other.low),
            Operator::Multiply => Self::products(
                self.low * other.low,
                self.low * other.high,
                self.high * other.low,
                self.high * other.high,
            ),
            Operator::Divide => {
                if other.low <= 0.0 && other.high >= 0.0 {
                    return Self::EVERYTHING;
                }
                Self::products(
                    self.low / other.low,
                    self.low / other.high,
                    self.high / other.low,
                    self.high / other.high,
                )
            }
        }
    }

    fn products(a: f64, b: f64, c: f64, d: f64) -> Self {
        Self::between(a, b).hull(Self::between(c, d))
    }

    /// The opposite sign.
    #[must_use]
    pub fn negative(self) -> Self {
        Self {
            low: -self.high,
            high: -self.low,
            nan: self.nan,
        }
    }

    /// Without sign.
    #[must_use]
    pub fn absolute(self) -> Self {
        if self.nan || self.low >= 0.0 {
            self
        } else if self.high <= 0.0 {
            self.negative()
        } else {
            Self::between(0.0, self.high.max(-self.low))
        }
    }

    /// Multiplied by `gain`, then moved by `offset`.
    #[must_use]
    pub fn scaled(self, gain: f64, offset: f64) -> Self {
        if self.nan {
            return if self.is_not_a_number() {
                self
            } else {
                Self::EVERYTHING
            };
        }
        Self::between(self.low * gain + offset, self.high * gain + offset)
    }
}

impl Default for Interval {
    fn default() -> Self {
        Self::EVERYTHING
    }
}
