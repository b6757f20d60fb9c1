//! Engineering units: which can be compared, and the factor between them. Unknown ones compare only with themselves.

/// Exponents of length, mass, time, current, temperature and amount of substance.
type Dimensions = [i8; 6];

/// Quantities of one dimension that must not be mixed all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    General,
    /// Pressure above that of the surrounding air.
    Gauge,
    /// Pressure above vacuum.
    Absolute,
    /// Volt-amperes: not watts unless the power factor is one.
    Apparent,
    /// Reactive volt-amperes.
    Reactive,
    /// Force times lever: not energy.
    Torque,
    /// Turns, not periods: a motor at 50 Hz does not make 50 turns a second.
    Rotation,
    Angle,
    /// A logarithm, which no factor converts.
    Acidity,
    /// A logarithm of a power ratio.
    Level,
    /// Gas volume at normal conditions.
    NormalVolume,
}

/// A unit: value in base units = value * scale + offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Unit {
    dimensions: Dimensions,
    kind: Kind,
    scale: f64,
    offset: f64,
}

const NONE: Dimensions = [0; 6];
const LENGTH: Dimensions = [1, 0, 0, 0, 0, 0];
const VOLUME: Dimensions = [3, 0, 0, 0, 0, 0];
const FLOW: Dimensions = [3, 0, -1, 0, 0, 0];
const MASS: Dimensions = [0, 1, 0, 0, 0, 0];
const TIME: Dimensions = [0, 0, 1, 0, 0, 0];
const FREQUENCY: Dimensions = [0, 0, -1, 0, 0, 0];
const CURRENT: Dimensions = [0, 0, 0, 1, 0, 0];
const TEMPERATURE: Dimensions = [0, 0, 0, 0, 1, 0];
const AMOUNT: Dimensions = [0, 0, 0, 0, 0, 1];
const PRESSURE: Dimensions = [-1, 1, -2, 0, 0, 0];
const FORCE: Dimensions = [1, 1, -2, 0, 0, 0];
const ENERGY: Dimensions = [2, 1, -2, 0, 0, 0];
const POWER: Dimensions = [2, 1, -3, 0, 0, 0];
const VOLTAGE: Dimensions = [2, 1, -3, -1, 0, 0];
const RESISTANCE: Dimensions = [2, 1, -3, -2, 0, 0];
const CONDUCTANCE: Dimensions = [-2, -1, 3, 2, 0, 0];

/// Decimal prefixes.
const PREFIXES: [(&str, f64); 11] = [
    ("G", 1e9),
    ("M", 1e6),
    ("k", 1e3),
    ("h", 1e2),
    ("d", 1e-1),
    ("c", 1e-2),
    ("m", 1e-3),
    ("µ", 1e-6),
    ("μ", 1e-6),
    ("u", 1e-6),
    ("n", 1e-9),
];

use Kind::{
    Absolute, Acidity, Angle, Apparent, Gauge, General, Level, NormalVolume, Reactive, Rotation, Torque,
};

/// Units that take decimal prefixes.
const PREFIXED: [(&str, Dimensions, Kind, f64); 25] = [
    ("m", LENGTH, General, 1.0),
    ("g", MASS, General, 1e-3),
    ("s", TIME, General, 1.0),
    ("A", CURRENT, General, 1.0),
    ("mol", AMOUNT, General, 1.0),
    ("l", VOLUME, General, 1e-3),
    ("L", VOLUME, General, 1e-3),
    ("V", VOLTAGE, General, 1.0),
    ("W", POWER, General, 1.0),
    ("VA", POWER, Apparent, 1.0),
    ("var", POWER, Reactive, 1.0),
    ("VAr", POWER, Reactive, 1.0),
    ("Wh", ENERGY, General, 3_600.0),
    ("VAh", ENERGY, Apparent, 3_600.0),
    ("varh", ENERGY, Reactive, 3_600.0),
    ("J", ENERGY, General, 1.0),
    ("cal", ENERGY, General, 4.1868),
    ("Hz", FREQUENCY, General, 1.0),
    ("Pa", PRESSURE, General, 1.0),
    ("bar", PRESSURE, General, 1e5),
    ("N", FORCE, General, 1.0),
    ("Nm", ENERGY, Torque, 1.0),
    ("ohm", RESISTANCE, General, 1.0),
    ("Ω", RESISTANCE, General, 1.0),
    ("S", CONDUCTANCE, General, 1.0),
];

/// Units that stand for themselves.
const PLAIN: [(&str, Dimensions, Kind, f64, f64); 58] = [
    ("%", NONE, General, 1e-2, 0.0),
    ("‰", NONE, General, 1e-3, 0.0),
    ("ppm", NONE, General, 1e-6, 0.0),
    ("ppb", NONE, General, 1e-9, 0.0),
    ("min", TIME, General, 60.0, 0.0),
    ("h", TIME, General, 3_600.0, 0.0),
    ("hr", TIME, General, 3_600.0, 0.0),
    ("d", TIME, General, 86_400.0, 0.0),
    ("t", MASS, General, 1e3, 0.0),
    ("lb", MASS, General, 0.453_592_37, 0.0),
    ("lbs", MASS, General, 0.453_592_37, 0.0),
    ("oz", MASS, General, 0.028_349_523_125, 0.0),
    ("inch", LENGTH, General, 0.0254, 0.0),
    ("ft", LENGTH, General, 0.3048, 0.0),
    ("yd", LENGTH, General, 0.9144, 0.0),
    ("mi", LENGTH, General, 1_609.344, 0.0),
    ("gal", VOLUME, General, 3.785_411_784e-3, 0.0),
    ("bbl", VOLUME, General, 0.158_987_294_928, 0.0),
    ("cf", VOLUME, General, 0.028_316_846_592, 0.0),
    ("gpm", FLOW, General, 3.785_411_784e-3 / 60.0, 0.0),
    ("MGD", FLOW, General, 3_785.411_784 / 86_400.0, 0.0),
    ("cfm", FLOW, General, 0.028_316_846_592 / 60.0, 0.0),
    ("Nm3", VOLUME, NormalVolume, 1.0, 0.0),
    ("Nm³", VOLUME, NormalVolume, 1.0, 0.0),
    ("K", TEMPERATURE, General, 1.0, 0.0),
    ("degC", TEMPERATURE, General, 1.0, 273.15),
    ("°C", TEMPERATURE, General, 1.0, 273.15),
    ("C", TEMPERATURE, General, 1.0, 273.15),
    ("degF", TEMPERATURE, General, 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("°F", TEMPERATURE, General, 5.0 / 9.0, 459.67 * 5.0 / 9.0),
    ("barg", PRESSURE, Gauge, 1e5, 0.0),
    ("mbarg", PRESSURE, Gauge, 1e2, 0.0),
    ("kPag", PRESSURE, Gauge, 1e3, 0.0),
    ("psig", PRESSURE, Gauge, 6_894.757_293_168, 0.0),
    ("bara", PRESSURE, Absolute, 1e5, 0.0),
    ("mbara", PRESSURE, Absolute, 1e2, 0.0),
    ("kPaa", PRESSURE, Absolute, 1e3, 0.0),
    ("psia", PRESSURE, Absolute, 6_894.757_293_168, 0.0),
    ("psi", PRESSURE, General, 6_894.757_293_168, 0.0),
    ("atm", PRESSURE, General, 101_325.0, 0.0),
    ("mH2O", PRESSURE, General, 9_806.65, 0.0),
    ("mWC", PRESSURE, General, 9_806.65, 0.0),
    ("mmH2O", PRESSURE, General, 9.806_65, 0.0),
    ("inH2O", PRESSURE, General, 249.088_91, 0.0),
    ("mmHg", PRESSURE, General, 133.322_387_415, 0.0),
    ("inHg", PRESSURE, General, 3_386.389, 0.0),
    ("BTU", ENERGY, General, 1_055.055_852_62, 0.0),
    ("hp", POWER, General, 745.699_871_582, 0.0),
    ("lbf", FORCE, General, 4.448_221_615_260_5, 0.0),
    ("rpm", FREQUENCY, Rotation, 1.0 / 60.0, 0.0),
    ("rps", FREQUENCY, Rotation, 1.0, 0.0),
    ("deg", NONE, Angle, std::f64::consts::PI / 180.0, 0.0),
    ("°", NONE, Angle, std::f64::consts::PI / 180.0, 0.0),
    ("rad", NONE, Angle, 1.0, 0.0),
    ("pH", NONE, Acidity, 1.0, 0.0),
    ("dB", NONE, Level, 1.0, 0.0),
    ("kph", [1, 0, -1, 0, 0, 0], General, 1.0 / 3.6, 0.0),
    ("mph", [1, 0, -1, 0, 0, 0], General, 0.447_04, 0.0),
];

/// Second, the unit of ages.
pub(super) const SECOND: Unit = Unit {
    dimensions: TIME,
    kind: General,
    scale: 1.0,
    offset: 0.0,
};

impl Unit {
    /// The unit of a text such as `l/s`, `m3/h`, `degC`; `None` when it is not known.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let mut unit = product(parts.next()?)?;
        for part in parts {
            unit = unit.divide(product(part)?)?;
        }
        Some(unit)
    }

    /// True when a value of the unit has a zero of its own, as degrees Celsius do.
    pub(super) fn has_offset(self) -> bool {
        self.offset != 0.0
    }

    /// The unit without its zero: that of differences.
    pub(super) const fn of_differences(self) -> Self {
        Self { offset: 0.0, ..self }
    }

    /// True for units of time.
    pub(super) fn is_time(self) -> bool {
        self.dimensions == TIME
    }

    /// Product; `None` where it has no meaning.
    pub(super) fn multiply(self, other: Self) -> Option<Self> {
        self.combine(other, 1)
    }

    /// Quotient; `None` where it has no meaning.
    pub(super) fn divide(self, other: Self) -> Option<Self> {
        self.combine(other, -1)
    }

    fn combine(self, other: Self, sign: i8) -> Option<Self> {
        if self.has_offset() || other.has_offset() {
            return None;
        }
        let mut dimensions = self.dimensions;
        for (mine, theirs) in dimensions.iter_mut().zip(other.dimensions) {
            *mine = mine.checked_add(theirs.checked_mul(sign)?)?;
        }
        let kind = match (self.kind, other.kind) {
            (kind, General) | (General, kind) => kind,
            _ => General,
        };
        Some(Self {
            dimensions,
            kind,
            scale: if sign > 0 {
                self.scale * other.scale
            } else {
                self.scale / other.scale
            },
            offset: 0.0,
        })
    }

    /// Factor and offset that turn a value of this unit into one of `other`; `None` when they measure different things.
    pub(super) fn convert(self, other: Self) -> Option<(f64, f64)> {
        let pressure = self.dimensions == PRESSURE;
        // Plants often write `bar` for gauge pressure: the plain unit goes with either.
        let alike = self.kind == other.kind || pressure && (self.kind == General || other.kind == General);
        if self.dimensions != other.dimensions || !alike {
            return None;
        }
        Some((
            self.scale / other.scale,
            (self.offset - other.offset) / other.scale,
        ))
    }
}

/// Six significant digits, for people.
pub(super) fn readable(number: f64) -> f64 {
    format!("{number:.5e}").parse().unwrap_or(number)
}

/// Twelve significant digits: what a conversion leaves beyond them is noise of binary fractions.
pub(super) fn rounded(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// One side of a fraction: atoms joined by `*` or `·`.
fn product(text: &str) -> Option<Unit> {
    if text == "1" {
        return Some(Unit {
            dimensions: NONE,
            kind: General,
            scale: 1.0,
            offset: 0.0,
        });
    }
    let mut parts = text.split(['*', '·']);
    let mut unit = power(parts.next()?)?;
    for part in parts {
        unit = unit.multiply(power(part)?)?;
    }
    Some(unit)
}

/// An atom, perhaps squared or cubed: `m3`, `m^3`, `m³`.
fn power(text: &str) -> Option<Unit> {
    if let Some(unit) = atom(text) {
        return Some(unit);
    }
    let (base, exponent) = [("2", 2), ("²", 2), ("3", 3), ("³", 3)]
        .into_iter()
        .find_map(|(suffix, exponent)| Some((text.strip_suffix(suffix)?, exponent)))?;
    let base = atom(base.strip_suffix('^').unwrap_or(base))?;
    let mut unit = base;
    for _ in 1..exponent {
        unit = unit.multiply(base)?;
    }
    Some(unit)
}

fn atom(text: &str) -> Option<Unit> {
    if let Some((_, dimensions, kind, scale, offset)) = PLAIN.iter().find(|plain| plain.0 == text) {
        return Some(Unit {
            dimensions: *dimensions,
            kind: *kind,
            scale: *scale,
            offset: *offset,
        });
    }
    let find = |name: &str, factor: f64| {
        PREFIXED
            .iter()
            .find(|known| known.0 == name)
            .map(|(_, dimensions, kind, scale)| Unit {
                dimensions: *dimensions,
                kind: *kind,
                scale: scale * factor,
                offset: 0.0,
            })
    };
    find(text, 1.0).or_else(|| {
        PREFIXES
            .iter()
            .find_map(|(prefix, factor)| find(text.strip_prefix(prefix)?, *factor))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(value: f64, from: &str, to: &str) -> Option<f64> {
        let (factor, offset) = Unit::parse(from)?.convert(Unit::parse(to)?)?;
        Some(rounded(value * factor + offset))
    }

    #[test]
    fn units_of_one_quantity_convert() {
        for (value, from, to, expected) in [
            (0.5, "m", "mm", 500.0),
            (0.3, "m", "mm", 300.0),
            (36.0, "m3/h", "l/s", 10.0),
            (36.0, "m³/h", "l/s", 10.0),
            (36.0, "m^3/h", "L/s", 10.0),
            (1.0, "bar", "kPa", 100.0),
            (1.0, "bar", "mbar", 1_000.0),
            (1.0, "bar", "barg", 1.0),
            (1.0, "kV", "V", 1_000.0),
            (1.0, "MW", "kW", 1_000.0),
            (1.0, "t/h", "kg/h", 1_000.0),
            (1.0, "%", "ppm", 10_000.0),
            (1.0, "mg/l", "g/m3", 1.0),
            (1.0, "µS/cm", "uS/cm", 1.0),
            (0.0, "degC", "K", 273.15),
            (212.0, "degF", "degC", 100.0),
            (1.0, "min", "s", 60.0),
            (1.0, "kWh", "MJ", 3.6),
            (1.0, "psi", "kPa", 6.894_757_293_17),
            (1.0, "gpm", "l/s", 0.063_090_196_4),
            (1.0, "Nm3/h", "Nm3/min", 0.016_666_666_666_7),
        ] {
            assert_eq!(
                converted(value, from, to),
                Some(expected),
                "{value} {from} in {to}"
            );
        }
    }

    #[test]
    fn units_of_different_quantities_do_not_convert() {
        for (from, to) in [
            ("m", "s"),
            ("bar", "m"),
            ("barg", "bara"),
            ("MW", "Mvar"),
            ("MW", "MVA"),
            ("Nm", "J"),
            ("rpm", "Hz"),
            ("pH", "%"),
            ("degC", "bar"),
            ("m3/h", "Nm3/h"),
            ("step", "step"),
            ("furlong", "m"),
        ] {
            assert_eq!(converted(1.0, from, to), None, "{from} in {to}");
        }
    }

    #[test]
    fn every_known_unit_is_found_as_itself() {
        for (name, dimensions, ..) in PLAIN {
            assert_eq!(
                Unit::parse(name).map(|unit| unit.dimensions),
                Some(dimensions),
                "{name}"
            );
        }
        for (name, dimensions, ..) in PREFIXED {
            assert_eq!(
                Unit::parse(name).map(|unit| unit.dimensions),
                Some(dimensions),
                "{name}"
            );
        }
        for text in ["", "/", "m/", "/s", "3", "^2", "kk", "m4", "*"] {
            assert_eq!(Unit::parse(text), None, "{text}");
        }
    }
}
