//! From a verdict to what is reported: coverage, delays on both sides, advice when a rule cannot tell.

use tapglass_model::SECOND;

use super::{Judge, Trigger};
use crate::plant::Truth;
use crate::plant::clock::{FOREVER, Moment, NEVER, span};
use crate::plant::tags::Why;
use crate::rules::condition::{OnDelay, Standing, Step};
use crate::rules::kinds::{Kind, Scene};
use crate::rules::set::OFF_DELAY;
use crate::rules::verdict::{Cause, Finding, Report, Verdict, What};
use crate::site::{OnUnknown, TagId};

impl Judge<'_, '_> {
    pub(super) fn event(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Skip => {}
            Verdict::Good => self.coverage.evaluated += 1,
            Verdict::Unknown => {
                self.coverage.unknown(self.notes.why);
                // Where the capture does not carry the reports at all, that is what is to be told, not an alarm.
                if self.info.on_unknown == OnUnknown::Alarm && !self.is_deaf() {
                    let cause = Cause::new(What::NotChecked { why: self.notes.why }, self.instance.tag);
                    self.report(Report::Event(cause), None);
                } else {
                    self.advise();
                }
            }
            Verdict::Violated(cause) => {
                self.violated();
                self.report(Report::Event(cause), None);
            }
        }
    }

    /// Nothing that the device of the unknown value says is in the capture: a mirror of one direction, or no traffic of it.
    fn is_deaf(&self) -> bool {
        let Some((Why::Never | Why::Stale | Why::Blind | Why::History, tag)) = self.notes.why else {
            return false;
        };
        let device = self.scene.device_of(tag);
        self.scene
            .view
            .pairs
            .of_device(device)
            .all(|pair| pair.heard[1].is_silent())
    }

    fn violated(&mut self) {
        self.coverage.evaluated += 1;
        self.coverage.violated += 1;
        self.coverage.violated_at = self.scene.view.now;
    }

    pub(super) fn standing(&mut self, trigger: Trigger<'_>, violated: Truth, cause: Cause) {
        let now = self.scene.view.now;
        let mut violated = violated;
        // What may have changed unseen does not convict: reports of it may be lost.
        if violated.is_true() && self.notes.shadowed {
            violated = Truth::Unknown;
            if let Some(tag) = cause.tag {
                self.notes.why = Some((Why::Blind, tag));
            }
        }
        let counted = !matches!(trigger, Trigger::Begin);
        match violated {
            Truth::Unknown => {
                if counted {
                    self.coverage.unknown(self.notes.why);
                }
                if self.info.on_unknown == OnUnknown::Alarm && !self.is_deaf() {
                    violated = Truth::True;
                } else if counted {
                    self.advise();
                }
            }
            Truth::True if counted => self.violated(),
            Truth::False if counted => self.coverage.evaluated += 1,
            _ => {}
        }
        // A sum that has passed its threshold has taken its time already.
        let drifted = matches!(cause.what, What::Drifted { .. });
        if violated.is_true() && !drifted && self.waits_for_samples() {
            return;
        }
        let on = if drifted {
            OnDelay::Time(0)
        } else {
            self.on_delay()
        };
        let off = self.off_delay();
        let (step, again) = self.instance.condition.update(violated, now, on, off);
        self.notes.again_at(again);
        if matches!(
            (on, self.instance.condition.standing()),
            (OnDelay::Samples { .. }, Standing::Pending { .. })
        ) {
            self.notes.waits = true;
        }
        match step {
            Step::Still => {}
            Step::Raise(since) => self.report(Report::Active(cause), Some(since)),
            Step::Again(since) => self.report(Report::Active(cause), Some(since)),
            Step::Return => self.report(Report::Inactive, None),
        }
    }

    /// Values that are compared must have been taken at about the same time, and each again since they differ: two polls
    /// of a process that moves differ by themselves.
    fn waits_for_samples(&mut self) -> bool {
        let since = match (&self.instance.kind, self.instance.condition.standing()) {
            (Kind::Mirror(_) | Kind::Balance(_), Standing::Pending { since, .. }) => since,
            _ => return false,
        };
        let now = self.scene.view.now;
        let delay = self.instance.on_delay.unwrap_or(0);
        if span(since, now) < delay {
            return false;
        }
        let (mut oldest, mut newest, mut longest) = (now, NEVER, SECOND);
        for tag in &self.instance.inputs {
            let state = self.scene.view.tag(*tag);
            let seen = if state.by_exception() { now } else { state.seen };
            oldest = oldest.min(seen);
            newest = newest.max(seen);
            longest = longest.max(state.period.known(2).unwrap_or(SECOND));
        }
        let together = span(oldest, newest) <= delay.max(longest / 2);
        if oldest > since && together {
            return false;
        }
        self.notes.waits = true;
        self.notes.again_at(now.saturating_add(longest));
        true
    }

    /// A prediction is an advice of its own: it never becomes more than low.
    pub(super) fn predicted(&mut self, soon: Truth, cause: Cause) {
        let now = self.scene.view.now;
        let on = OnDelay::Samples {
            seen: self
                .instance
                .tag
                .map_or(0, |tag| self.scene.view.tag(tag).samples),
            grace: FOREVER,
        };
        let (step, _) = self.instance.prediction.update(soon, now, on, OFF_DELAY);
        if let Step::Raise(since) = step {
            let cause = cause.severity(tapglass_model::Severity::Low);
            self.report(Report::Event(cause), Some(since));
        }
    }

    /// Two samples, unless the rule or its kind says a time.
    fn on_delay(&self) -> OnDelay {
        if let Some(delay) = self.instance.on_delay {
            return OnDelay::Time(delay);
        }
        match (&self.instance.kind, self.instance.tag) {
            (Kind::Envelope(_) | Kind::Baseline(_), Some(tag)) => {
                let state = self.scene.view.tag(tag);
                let usual = state.period.known(2).unwrap_or(SECOND);
                OnDelay::Samples {
                    seen: state.samples,
                    grace: if state.by_exception() {
                        report_period(&self.scene, tag)
                    } else {
                        // The second sample of a polled value is worth waiting for, but not for ever.
                        usual.saturating_mul(3).max(SECOND)
                    },
                }
            }
            _ => OnDelay::Time(0),
        }
    }

    fn off_delay(&self) -> i64 {
        self.instance.off_delay.unwrap_or_else(|| {
            let usual = self
                .instance
                .tag
                .and_then(|tag| self.scene.view.tag(tag).period.known(2))
                .unwrap_or(0);
            OFF_DELAY.max(usual.saturating_mul(6))
        })
    }

    /// Somebody should know that it could not be checked, once an hour.
    pub(super) fn advise(&mut self) {
        const HOUR: i64 = 3_600 * SECOND;
        let now = self.scene.view.now;
        if self.info.on_unknown == OnUnknown::Quiet
            || (self.coverage.advised != NEVER && span(self.coverage.advised, now) < HOUR)
        {
            return;
        }
        self.coverage.advised = now;
        self.report(Report::Advice(self.notes.why), None);
    }

    pub(super) fn report(&mut self, report: Report, since: Option<Moment>) {
        self.findings.push(Finding {
            instance: self.number,
            report,
            uncertain: self.notes.uncertain || self.notes.shadowed,
            since,
        });
    }
}

/// Two rounds of reports: the time in which a second sample of a value that is reported by exception would have come.
pub(super) fn report_period(scene: &Scene<'_>, tag: TagId) -> i64 {
    let state = scene.view.tag(tag);
    state
        .reported_by
        .and_then(|pair| scene.view.pairs.get(pair))
        .and_then(|pair| pair.heard[1].period.known(3))
        .map_or(5 * SECOND, |period| {
            period.saturating_mul(2).clamp(SECOND, 60 * SECOND)
        })
}
