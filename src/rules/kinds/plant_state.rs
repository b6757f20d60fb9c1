//! Rules about the state of the plant: permissive, interlock, mirror, balance.

use super::Scene;
use crate::plant::clock::{Moment, NEVER, span};
use crate::plant::{Interval, Truth};
use crate::rules::evaluate::Notes;
use crate::rules::pattern::Pattern;
use crate::rules::program::NodeId;
use crate::rules::verdict::{Cause, Limit, Verdict, What};
use crate::rules::write::Write;
use crate::site::{Operator, TagId};

/// A command is allowed only while a condition holds.
#[derive(Clone, Debug)]
pub struct Permissive {
    /// The command.
    pub on: Pattern,
    /// The condition.
    pub require: NodeId,
}

impl Permissive {
    /// A command is given.
    pub fn written(&self, scene: &Scene<'_>, write: &Write, notes: &mut Notes) -> Verdict {
        if !self.on.takes(write.action) {
            return Verdict::Skip;
        }
        // Of several tags in one transaction, the one that most certainly is the command.
        let hit = write
            .tags
            .iter()
            .map(|written| {
                (
                    self.on
                        .matches(written.tag, written.reading.value, written.reading.tolerance),
                    written,
                )
            })
            .max_by_key(|(matches, _)| *matches);
        let Some((matches, written)) = hit.filter(|(matches, _)| !matches.is_false()) else {
            return Verdict::Skip;
        };
        match (matches, scene.view.truth(self.require, notes)) {
            (_, Truth::True) => Verdict::Good,
            (Truth::True, Truth::False) => Verdict::Violated(
                Cause::new(What::Permissive, Some(written.tag))
                    .value(written.reading.value.number())
                    .before(written.before.usable().number()),
            ),
            _ => Verdict::Unknown,
        }
    }
}

/// When a condition holds for some time, another must hold too.
#[derive(Clone, Debug)]
pub struct Interlock {
    /// The condition.
    pub condition: NodeId,
    /// What must hold.
    pub then: NodeId,
    /// Time to get there.
    pub within: i64,
    /// Since when the condition is true without a break.
    since: Moment,
    /// Since when what must hold does not.
    broken: Moment,
    /// The tags that what must hold reads.
    pub follows: Box<[TagId]>,
}

impl Interlock {
    /// An interlock without a past.
    #[must_use]
    pub const fn new(condition: NodeId, then: NodeId, within: i64, follows: Box<[TagId]>) -> Self {
        Self {
            condition,
            then,
            within,
            since: NEVER,
            broken: NEVER,
            follows,
        }
    }

    /// Was each of the polled values looked at when the time was over, or later? An older one may have changed since.
    fn looked_at(&self, scene: &Scene<'_>, due: Moment) -> bool {
        self.follows.iter().all(|tag| {
            let state = scene.view.tag(*tag);
            let period = state.period.known(2).unwrap_or(0);
            state.by_exception() || state.seen >= due.saturating_sub((period / 2).min(self.within / 2))
        })
    }

    /// Is it violated? `settle` is the time after which one more sample would have come: a condition that was met and
    /// breaks later is given that long, as values do not arrive all at once.
    pub fn check(&mut self, scene: &Scene<'_>, settle: i64, notes: &mut Notes) -> (Truth, Cause) {
        let now = scene.view.now;
        let condition = scene.view.truth(self.condition, notes);
        let tag = self.follows.first().copied();
        let mut cause = Cause::new(What::Interlock { lasting: 0 }, tag);
        match condition {
            Truth::True if self.since == NEVER => self.since = now,
            Truth::True => {}
            Truth::False | Truth::Unknown => {
                self.since = NEVER;
                self.broken = NEVER;
                // Without the condition nothing is asked; if it cannot be told, neither can the verdict.
                return (condition, cause);
            }
        }
        let then = scene.view.truth(self.then, notes);
        match then {
            Truth::True => {
                self.broken = NEVER;
                return (Truth::False, cause);
            }
            Truth::False if self.broken == NEVER => self.broken = now,
            Truth::False => {}
            Truth::Unknown => self.broken = NEVER,
        }
        let due = self.since.saturating_add(self.within);
        if now < due {
            notes.again_at(due);
            return (Truth::False, cause);
        }
        if then.is_unknown() {
            return (Truth::Unknown, cause);
        }
        if !self.looked_at(scene, due) {
            // The next look decides; a value that nobody looks at any more becomes stale, and then unknown.
            notes.waits = true;
            notes.again_at(now.saturating_add(tapglass_model::SECOND));
            return (Truth::False, cause);
        }
        let settled = self.broken.saturating_add(settle.min(self.within));
        if now < settled {
            notes.again_at(settled);
            return (Truth::False, cause);
        }
        cause.what = What::Interlock {
            lasting: span(self.since, now),
        };
        cause.value = tag.and_then(|tag| scene.view.present(tag, &mut Notes::default()).number());
        (Truth::True, cause)
    }
}

/// Two paths to one quantity agree.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// One.
    pub a: NodeId,
    /// The other.
    pub b: NodeId,
    /// Allowed difference.
    pub tolerance: f64,
    /// The tag to name.
    pub tag: Option<TagId>,
    /// Since when they differ.
    since: Moment,
}

impl Mirror {
    /// Two paths without a past.
    #[must_use]
    pub const fn new(a: NodeId, b: NodeId, tolerance: f64, tag: Option<TagId>) -> Self {
        Self {
            a,
            b,
            tolerance,
            tag,
            since: NEVER,
        }
    }

    /// Do they differ?
    pub fn check(&mut self, scene: &Scene<'_>, notes: &mut Notes) -> (Truth, Cause) {
        let a = scene.view.quantity(self.a, notes);
        let b = scene.view.quantity(self.b, notes);
        let difference = a.calculate(Operator::Subtract, b).absolute();
        let differs = outside(difference, self.tolerance);
        let now = scene.view.now;
        self.since = match (differs, self.since) {
            (Truth::True, NEVER) => now,
            (Truth::True, since) => since,
            _ => NEVER,
        };
        let lasting = if self.since == NEVER {
            0
        } else {
            span(self.since, now)
        };
        let by = difference.number().unwrap_or(difference.low);
        (
            differs,
            Cause::new(What::Differs { by, lasting }, self.tag)
                .value(a.number())
                .before(b.number())
                .limit(Limit::One(self.tolerance)),
        )
    }
}

/// A residual stays small.
#[derive(Clone, Debug)]
pub struct Balance {
    /// The residual.
    pub residual: NodeId,
    /// Its limit.
    pub limit: f64,
    /// The tag to name.
    pub tag: Option<TagId>,
    /// CUSUM slack and threshold.
    pub cusum: Option<Cusum>,
    since: Moment,
}

impl Balance {
    /// A balance without a past.
    #[must_use]
    pub fn new(
        residual: NodeId,
        limit: f64,
        cusum: Option<(f64, f64, Option<i64>)>,
        tag: Option<TagId>,
    ) -> Self {
        Self {
            residual,
            limit,
            tag,
            cusum: cusum.map(|(slack, threshold, bias)| Cusum::new(slack, threshold, bias)),
            since: NEVER,
        }
    }

    /// Does it not close?
    pub fn check(&mut self, scene: &Scene<'_>, notes: &mut Notes) -> (Truth, Cause) {
        let residual = scene.view.quantity(self.residual, notes);
        let off = outside(residual.absolute(), self.limit);
        let now = scene.view.now;
        self.since = match (off, self.since) {
            (Truth::True, NEVER) => now,
            (Truth::True, since) => since,
            _ => NEVER,
        };
        let lasting = if self.since == NEVER {
            0
        } else {
            span(self.since, now)
        };
        let mut cause = Cause::new(What::Unbalanced { lasting }, self.tag)
            .value(residual.number())
            .limit(Limit::One(self.limit));
        // A sum is of samples, also of those that bring nothing new.
        notes.waits |= self.cusum.is_some();
        if let (Some(cusum), Some(number)) = (&mut self.cusum, residual.number())
            && let Some(sum) = cusum.add(number, now)
        {
            cause.what = What::Drifted { sum };
            return (Truth::True, cause);
        }
        (off, cause)
    }
}

/// Is a size certainly greater than a limit?
fn outside(size: Interval, limit: f64) -> Truth {
    let slack = limit.abs() * 1e-9;
    if size.nan {
        Truth::Unknown
    } else if size.low > limit + slack {
        Truth::True
    } else if size.high <= limit + slack {
        Truth::False
    } else {
        Truth::Unknown
    }
}

/// Cumulative sum of a residual in units of its usual deviation (section 2).
#[derive(Clone, Debug)]
pub struct Cusum {
    slack: f64,
    threshold: f64,
    up: f64,
    down: f64,
    mean: f64,
    variance: f64,
    samples: u32,
    last: Moment,
    /// The time in which the running mean follows what is usual.
    bias: Option<i64>,
    /// The last residual, and the smallest step between two: finer than that it cannot be told apart.
    before: f64,
    resolution: f64,
}

/// Samples that are needed before a deviation is known.
const WARM: u32 = 60;
/// Share of a sample in the running mean where no time is stated.
const SHARE: f64 = 1.0 / 512.0;

impl Cusum {
    const fn new(slack: f64, threshold: f64, bias: Option<i64>) -> Self {
        Self {
            slack,
            threshold,
            up: 0.0,
            down: 0.0,
            mean: 0.0,
            variance: 0.0,
            samples: 0,
            last: NEVER,
            bias,
            before: f64::NAN,
            resolution: f64::INFINITY,
        }
    }

    /// The share of a sample in the mean: by the time that it stands for, where the site states one.
    #[allow(clippy::cast_precision_loss)]
    fn share(&self, passed: i64) -> f64 {
        match self.bias {
            Some(bias) if bias > 0 => -f64::exp_m1(-(passed as f64) / bias as f64),
            _ => SHARE,
        }
    }

    /// One more residual, at most one a second; the sum, when it has passed the threshold.
    fn add(&mut self, residual: f64, now: Moment) -> Option<f64> {
        if span(self.last, now) < tapglass_model::SECOND {
            return (self.up.max(self.down) > self.threshold).then_some(self.up.max(self.down));
        }
        let passed = span(self.last, now);
        self.last = now;
        self.samples = self.samples.saturating_add(1);
        let step = (residual - self.before).abs();
        // Not the last places of a sum of fractions.
        if step > residual.abs() * 1e-9 {
            self.resolution = self.resolution.min(step);
        }
        self.before = residual;
        if self.samples <= WARM {
            // Welford's method, until there is something to compare with.
            let before = residual - self.mean;
            self.mean += before / f64::from(self.samples);
            self.variance += before * (residual - self.mean) / f64::from(WARM);
            return None;
        }
        // A residual that stood still while the deviation was learned is known no better than its resolution.
        let floor = if self.resolution.is_finite() {
            self.resolution
        } else {
            0.0
        };
        let deviation = self.variance.sqrt().max(floor).max(1e-12);
        let step = ((residual - self.mean) / deviation).clamp(-6.0, 6.0);
        let cap = self.threshold * 2.0;
        self.up = (self.up + step - self.slack).clamp(0.0, cap);
        self.down = (self.down - step - self.slack).clamp(0.0, cap);
        let sum = self.up.max(self.down);
        // What is usual is not learned from what is not: frozen while it alarms and beyond four deviations.
        if sum <= self.threshold && step.abs() <= 4.0 {
            self.mean += self.share(passed) * (residual - self.mean);
        }
        (sum > self.threshold).then_some(sum)
    }
}
