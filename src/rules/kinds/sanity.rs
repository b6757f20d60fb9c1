//! What no value should be, with or without a site: not a number, infinite, half written, not echoed.

use tapglass_model::Severity;

use super::Scene;
use crate::rules::verdict::{Cause, Verdict, What};
use crate::rules::write::Written;
use crate::site::TagId;

/// A value is written.
#[must_use]
pub fn written(written: &Written) -> Verdict {
    let value = written.reading.value;
    let odd = value.is_not_a_number() || value.number().is_some_and(odd);
    if odd {
        Verdict::Violated(
            Cause::new(What::NotANumber { written: true }, Some(written.tag))
                .value(Some(value.low))
                .before(written.before.usable().number())
                .severity(Severity::Medium),
        )
    } else {
        Verdict::Good
    }
}

/// A value is observed.
#[must_use]
pub fn observed(scene: &Scene<'_>, tag: TagId) -> Verdict {
    let value = scene.view.tag(tag).observed.value;
    if value.is_not_a_number() || value.number().is_some_and(f64::is_infinite) {
        Verdict::Violated(
            Cause::new(What::NotANumber { written: false }, Some(tag))
                .value(Some(value.low))
                .severity(Severity::Low),
        )
    } else {
        Verdict::Good
    }
}

/// Infinite, or so small that it is the pattern of a whole number taken for a fraction. (Single precision is given as
/// double, so its denormals are found by size.)
fn odd(value: f64) -> bool {
    value.is_infinite() || (value != 0.0 && value.abs() < 1.2e-38)
}
