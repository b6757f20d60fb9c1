//! Comparisons whose outcome is known before anything is measured: most often a limit in another unit or a slip.

use super::super::unit::rounded;
use super::super::{Comparison, DataType, Expression, Tag};
use super::check::Checker;
use super::print::subject;
use super::syntax::Syntax;

impl Checker<'_> {
    /// Warns when a comparison of a tag with a number can only have one outcome.
    pub(super) fn warn_when_constant(
        &mut self,
        comparison: Comparison,
        left: &Expression,
        right: &Expression,
        syntax: &Syntax,
    ) {
        let (tag, number, comparison) = match (left, right) {
            (value, Expression::Number(number)) => (subject(value), *number, comparison),
            (Expression::Number(number), value) => (subject(value), *number, mirrored(comparison)),
            _ => return,
        };
        let Some(tag) = tag.and_then(|tag| self.site.tag(tag)) else {
            return;
        };
        let name = tag.name.clone();
        let states = tag.named_states();
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if equality && !states.is_empty() && !states.iter().any(|(_, known)| *known == number) {
            let known: Vec<String> = states
                .iter()
                .map(|(name, known)| format!("{known} {name}"))
                .collect();
            self.warning(syntax.range.clone(), format!("`{name}` has no state {number}"))
                .help(format!("its states are {}", known.join(", ")));
            return;
        }
        let Some((low, high)) = possible(tag) else {
            return;
        };
        if let Some(outcome) = outcome(comparison, number, low, high) {
            let word = if outcome { "always" } else { "never" };
            self.warning(
                syntax.range.clone(),
                format!("this is {word} true: `{name}` goes from {low} to {high}"),
            )
            .help("check the number, and `range`, `type` and `scale` of the tag");
        }
    }
}

const fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

/// What `x <comparison> number` is for every x in [low, high], when it is one and the same.
fn outcome(comparison: Comparison, number: f64, low: f64, high: f64) -> Option<bool> {
    let (never, always) = match comparison {
        Comparison::Less => (number <= low, number > high),
        Comparison::LessOrEqual => (number < low, number >= high),
        Comparison::Greater => (number >= high, number < low),
        Comparison::GreaterOrEqual => (number > high, number <= low),
        Comparison::Equal => (number < low || number > high, false),
        Comparison::NotEqual => (false, number < low || number > high),
    };
    if never {
        Some(false)
    } else if always {
        Some(true)
    } else {
        None
    }
}

/// Lowest and highest value of a tag: those of its instrument, else those of its type.
fn possible(tag: &Tag) -> Option<(f64, f64)> {
    tag.range.or_else(|| representable(tag))
}

/// Smallest and largest engineering value of the type, for types that have one worth checking.
pub(in super::super) fn representable(tag: &Tag) -> Option<(f64, f64)> {
    let (low, high) = match tag.data_type {
        DataType::Bool => (0.0, 1.0),
        DataType::U16 => (0.0, 65_535.0),
        DataType::I16 => (-32_768.0, 32_767.0),
        DataType::U32 => (0.0, f64::from(u32::MAX)),
        DataType::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        DataType::Bcd16 => (0.0, 9_999.0),
        DataType::Bcd32 => (0.0, 99_999_999.0),
        _ => return None,
    };
    let (low, high) = match tag.bits {
        // Some bits of a register make a number of their own.
        Some(bits) => (
            0.0,
            2_f64.powi(i32::from(bits.high) - i32::from(bits.low) + 1) - 1.0,
        ),
        None => (low, high),
    };
    let scaled = |raw: f64| rounded(raw.mul_add(tag.scale.gain, tag.scale.offset));
    let (one, other) = (scaled(low), scaled(high));
    Some((one.min(other), one.max(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_known_outside_the_range() {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        for (comparison, number, expected) in [
            (Less, 0.0, Some(false)),
            (Less, 0.1, None),
            (Less, 10.1, Some(true)),
            (LessOrEqual, 10.0, Some(true)),
            (LessOrEqual, 0.0, None),
            (Greater, 10.0, Some(false)),
            (Greater, -1.0, Some(true)),
            (GreaterOrEqual, 10.0, None),
            (GreaterOrEqual, 0.0, Some(true)),
            (Equal, 11.0, Some(false)),
            (Equal, 10.0, None),
            (NotEqual, 11.0, Some(true)),
        ] {
            assert_eq!(
                outcome(comparison, number, 0.0, 10.0),
                expected,
                "{comparison:?} {number}"
            );
        }
    }
}
