//! What a quantity is measured in, and whether two can be compared.

use super::super::TagId;
use super::super::unit::{SECOND, Unit};

/// What a part of a condition is measured in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Measure {
    /// A bare number or something multiplied by one: a coefficient may carry any unit.
    Any,
    /// A tag whose unit the site does not say.
    Unstated(TagId),
    /// A unit.
    Of(Named),
}

/// A unit with its text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Named {
    /// As written.
    pub(super) text: String,
    /// What it is; `None` for a unit that is not known, which compares with itself only.
    pub(super) unit: Option<Unit>,
    /// A difference of two values: 5 degC more is 5 K more.
    pub(super) difference: bool,
}

/// How a value of one measure becomes one of another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fit {
    /// It is one already.
    Same,
    /// By this factor and offset.
    Convert(f64, f64),
    /// Not at all.
    Never,
}

impl Named {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            unit: Unit::parse(text),
            difference: false,
        }
    }

    /// Seconds, the measure of ages.
    pub(super) fn seconds() -> Self {
        Self {
            text: "s".to_owned(),
            unit: Some(SECOND),
            difference: false,
        }
    }

    fn effective(&self) -> Option<Unit> {
        if self.difference {
            self.unit.map(Unit::of_differences)
        } else {
            self.unit
        }
    }

    /// How a value of this unit becomes one of `other`.
    pub(super) fn fit(&self, other: &Self) -> Fit {
        // A number compared with a difference is one: `T1 - T2 > 5 degC`.
        let difference = self.difference || other.difference;
        let plain = |named: &Self| {
            let unit = named.effective();
            if difference {
                unit.map(Unit::of_differences)
            } else {
                unit
            }
        };
        match (plain(self), plain(other)) {
            (Some(from), Some(to)) => match from.convert(to) {
                Some((factor, offset)) if (factor - 1.0).abs() < 1e-12 && offset.abs() < 1e-9 => Fit::Same,
                Some((factor, offset)) => Fit::Convert(factor, offset),
                None => Fit::Never,
            },
            _ if self.text == other.text => Fit::Same,
            _ => Fit::Never,
        }
    }

    /// The unit of a change in a second.
    pub(super) fn per_second(&self) -> Self {
        Self {
            text: format!("{}/s", self.text),
            unit: self
                .unit
                .map(Unit::of_differences)
                .and_then(|unit| unit.divide(SECOND)),
            difference: true,
        }
    }

    /// The unit of a product or quotient; `None` where it is not known.
    pub(super) fn combined(&self, other: &Self, divided: bool) -> Option<Self> {
        let (mine, theirs) = (self.effective()?, other.effective()?);
        let (unit, sign) = if divided {
            (mine.divide(theirs)?, '/')
        } else {
            (mine.multiply(theirs)?, '*')
        };
        let text = if other.text.contains(['/', '*']) {
            format!("{}{sign}({})", self.text, other.text)
        } else {
            format!("{}{sign}{}", self.text, other.text)
        };
        Some(Self {
            text,
            unit: Some(unit),
            difference: false,
        })
    }
}
