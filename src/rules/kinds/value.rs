//! The value stays in its band: envelope, and where its trend leads.

use std::collections::VecDeque;

use tapglass_model::SECOND;

use super::Scene;
use crate::plant::clock::{Moment, span};
use crate::plant::{Interval, Truth};
use crate::rules::evaluate::Notes;
use crate::rules::program::NodeId;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::rules::write::Written;
use crate::site::TagId;

/// The value stays in [low, high].
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Lower limit; `None` is none.
    pub low: Option<NodeId>,
    /// Upper limit.
    pub high: Option<NodeId>,
    /// Judged when written.
    pub on_write: bool,
    /// Judged when observed.
    pub on_observation: bool,
    /// Advise when a limit would be reached within so long.
    pub predict: Option<i64>,
    /// The recent past, for the prediction.
    pub trend: Trend,
    /// It was last seen outside above (or below) its band.
    pub above: Option<bool>,
}

impl Envelope {
    fn limits(&self, scene: &Scene<'_>, notes: &mut Notes) -> (Interval, Interval) {
        let mut limit = |node: Option<NodeId>, none: f64| {
            node.map_or(Interval::exact(none), |node| scene.view.quantity(node, notes))
        };
        (
            limit(self.low, f64::NEG_INFINITY),
            limit(self.high, f64::INFINITY),
        )
    }

    /// A value is written.
    pub fn written(&self, scene: &Scene<'_>, written: &Written, notes: &mut Notes) -> Verdict {
        let (low, high) = self.limits(scene, notes);
        let value = written.reading.value;
        match within(value, low, high, written.reading.tolerance) {
            Truth::True => Verdict::Good,
            Truth::Unknown => Verdict::Unknown,
            Truth::False => Verdict::Violated(
                Cause::new(What::WrittenOutside, Some(written.tag))
                    .value(shown(value))
                    .before(written.before.usable().number())
                    .limit(Limit::Band(low.low, high.high)),
            ),
        }
    }

    /// Is the observed value outside? While the alarm stands it must come back by the deadband, on the side on which it
    /// went, and never further than a quarter of the band: what is good on the other side is good.
    pub fn observed(
        &mut self,
        scene: &Scene<'_>,
        tag: TagId,
        deadband: f64,
        standing: bool,
        notes: &mut Notes,
    ) -> (Truth, Cause) {
        let (low, high) = self.limits(scene, notes);
        let value = scene.view.observed(tag, notes);
        let tolerance = scene.view.tag(tag).observed.tolerance;
        let width = high.high - low.low;
        let deadband = if width.is_finite() {
            deadband.min(width / 4.0)
        } else {
            deadband
        };
        if value.low > high.high + tolerance {
            self.above = Some(true);
        } else if value.high < low.low - tolerance {
            self.above = Some(false);
        }
        let margin = |above: bool| {
            if standing && self.above == Some(above) {
                -deadband
            } else {
                tolerance
            }
        };
        let margin = (margin(false), margin(true));
        let cause = Cause::new(What::ObservedOutside, Some(tag))
            .value(shown(value))
            .limit(Limit::Band(low.low, high.high));
        (inside(value, low, high, margin).not(), cause)
    }

    /// Will it leave its band soon? Asked for each new value.
    pub fn predicted(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Option<(Truth, Cause)> {
        let ahead = self.predict?;
        let value = scene.view.observed(tag, notes).number()?;
        self.trend.add(scene.view.now, value);
        let (low, high) = self.limits(scene, notes);
        let (low, high) = (low.low, high.high);
        if value <= low || value >= high {
            return Some((Truth::False, Cause::new(What::WillLeave { within: 0 }, Some(tag))));
        }
        let Some(rate) = self.trend.steady() else {
            return Some((Truth::False, Cause::new(What::WillLeave { within: 0 }, Some(tag))));
        };
        let distance = if rate > 0.0 { high - value } else { low - value };
        let seconds = distance / rate;
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
        let (within, soon) = (
            (seconds * SECOND as f64) as i64,
            seconds * SECOND as f64 <= ahead as f64,
        );
        let cause = Cause::new(What::WillLeave { within }, Some(tag))
            .value(Some(value))
            .limit(Limit::Band(low, high));
        Some(((seconds.is_finite() && soon).into(), cause))
    }
}

/// Is a value in a band whose ends may not be known exactly?
fn within(value: Interval, low: Interval, high: Interval, tolerance: f64) -> Truth {
    inside(value, low, high, (tolerance, tolerance))
}

/// The same with a tolerance for each end.
fn inside(value: Interval, low: Interval, high: Interval, (below, above): (f64, f64)) -> Truth {
    if value.nan || low.nan || high.nan {
        return Truth::Unknown;
    }
    // A hair of binary fraction counts as inside.
    let slack = |limit: f64, tolerance: f64| {
        if limit.is_finite() {
            tolerance + limit.abs() * 1e-9
        } else {
            0.0
        }
    };
    if value.low >= low.high - slack(low.high, below) && value.high <= high.low + slack(high.low, above) {
        Truth::True
    } else if value.high < low.low - slack(low.low, below) || value.low > high.high + slack(high.high, above)
    {
        Truth::False
    } else {
        Truth::Unknown
    }
}

/// The number to show: the value itself, or the end that is certain of one known in part.
pub(super) fn shown(value: Interval) -> Option<f64> {
    if value.is_not_a_number() {
        return Some(f64::NAN);
    }
    value.number().or_else(|| {
        value
            .says_something()
            .then_some(value.low)
            .filter(|low| low.is_finite())
    })
}

/// The last few samples, to see a steady slope.
#[derive(Clone, Debug, Default)]
pub struct Trend {
    samples: VecDeque<(Moment, f64)>,
}

/// Samples that must agree before a slope is believed.
const STEADY: usize = 6;

impl Trend {
    fn add(&mut self, at: Moment, value: f64) {
        if self.samples.len() == STEADY {
            self.samples.pop_front();
        }
        self.samples.push_back((at, value));
    }

    /// Units per second, when all samples go the same way.
    #[allow(clippy::cast_precision_loss)]
    fn steady(&self) -> Option<f64> {
        let (first, last) = (self.samples.front()?, self.samples.back()?);
        let length = span(first.0, last.0);
        if self.samples.len() < STEADY || length <= 0 {
            return None;
        }
        let rising = last.1 > first.1;
        let agrees = self
            .samples
            .iter()
            .zip(self.samples.iter().skip(1))
            .all(|(a, b)| (b.1 > a.1) == rising && b.1 != a.1);
        agrees.then(|| (last.1 - first.1) / (length as f64 / SECOND as f64))
    }
}
