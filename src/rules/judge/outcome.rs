//! What each kind says, by what has happened.

use tapglass_model::SECOND;

use super::report::report_period;
use super::{Confirmed, Judge, Outcome, Trigger};
use crate::rules::evaluate::Notes;
use crate::rules::kinds::sbo::{Sbo, Selected};
use crate::rules::kinds::{Kind, Scene, sanity};
use crate::rules::verdict::{Cause, Report, Verdict, What};
use crate::rules::write::Write;
use crate::site::TagId;

impl Judge<'_, '_> {
    pub(super) fn outcome(&mut self, trigger: Trigger<'_>) -> Outcome {
        match trigger {
            Trigger::Write(write, selected) => self.write(write, selected),
            Trigger::Torn(write) => self.torn(write),
            Trigger::Accepted(write, confirmed) => self.accepted(write, confirmed),
            Trigger::Changed(tags) => self.changed(tags),
            Trigger::Due | Trigger::Begin | Trigger::Commanded => self.due(),
            Trigger::Rejected(_) => Outcome::Skip,
        }
    }

    fn write(&mut self, write: &Write, selected: Selected) -> Outcome {
        let own = self.instance.tag.and_then(|tag| write.of(tag));
        let notes = &mut self.notes;
        let scene = &self.scene;
        let commands = write.action.commands();
        let verdict = match (&mut self.instance.kind, own) {
            // A select commands nothing, but what may not be commanded may not be selected either.
            (Kind::Writers(kind), Some(written)) => kind.written(write, written),
            (Kind::Schedule(kind), Some(written)) => kind.written(scene, written, notes),
            (Kind::Permissive(kind), _) => kind.written(scene, write, notes),
            (Kind::Count(kind), _) => kind.written(scene, write),
            (Kind::Sequence(kind), _) => kind.written(scene, write, notes),
            (Kind::Sbo(kind), Some(written)) if Sbo::asks(write) => kind.operated(written, selected, notes),
            (Kind::Envelope(kind), Some(written)) if kind.on_write => kind.written(scene, written, notes),
            (Kind::Step(kind), Some(written)) => kind.written(scene, written, notes),
            (Kind::Domain(kind), Some(written)) => kind.written(written),
            (Kind::Baseline(kind), Some(written)) if commands => kind.written(scene, write, written),
            (Kind::Sanity, Some(written)) => sanity::written(written),
            _ if !commands => return Outcome::Skip,
            (Kind::LimitWrite(kind), Some(written)) => kind.written(write, written),
            (Kind::Bypass(kind), Some(written)) => kind.written(scene, written, notes),
            (Kind::Cycle(kind), own) => {
                let repeated = || self.instance.tag.and_then(|tag| write.of_or_repeated(tag));
                match own.or_else(repeated) {
                    Some(written) => match written.reading.value.number() {
                        Some(value) if written.counts || kind.count_same => {
                            kind.moved(scene.view.now, written.tag, value, write.frame)
                        }
                        Some(_) => Verdict::Skip,
                        None => Verdict::Unknown,
                    },
                    None => return Outcome::Skip,
                }
            }
            _ => return Outcome::Skip,
        };
        Outcome::Event(verdict)
    }

    fn torn(&mut self, write: &Write) -> Outcome {
        let Some(written) = self.instance.tag.and_then(|tag| write.of(tag)) else {
            return Outcome::Skip;
        };
        let notes = &mut self.notes;
        let verdict = match &mut self.instance.kind {
            Kind::Envelope(kind) if kind.on_write => kind.written(&self.scene, written, notes),
            Kind::Step(kind) => kind.written(&self.scene, written, notes),
            Kind::Domain(kind) => kind.written(written),
            Kind::Sanity => Verdict::Violated(
                Cause::new(What::Torn, Some(written.tag))
                    .value(written.reading.value.number())
                    .before(written.before.usable().number())
                    .severity(tapglass_model::Severity::Low),
            ),
            _ => return Outcome::Skip,
        };
        Outcome::Event(verdict)
    }

    fn accepted(&mut self, write: &Write, confirmed: Confirmed) -> Outcome {
        let Some(written) = self.instance.tag.and_then(|tag| write.of(tag)) else {
            return Outcome::Skip;
        };
        let notes = &mut self.notes;
        match &mut self.instance.kind {
            Kind::Walk(kind) => Outcome::Event(kind.accepted(self.scene.view.now, written)),
            Kind::Follows(kind) => {
                let stood = kind.standing;
                kind.accepted(&self.scene, written, confirmed == Confirmed::Yes, notes);
                if stood && !kind.standing {
                    self.report(Report::Inactive, None);
                }
                Outcome::Skip
            }
            Kind::Bypass(kind) => {
                let (truth, cause) = kind.stays(&self.scene, written.tag, notes);
                Outcome::Standing(truth, cause)
            }
            _ => Outcome::Skip,
        }
    }

    fn changed(&mut self, tags: &[TagId]) -> Outcome {
        let own = self.instance.tag;
        let mine = own.filter(|tag| tags.contains(tag));
        let notes = &mut self.notes;
        let scene = &self.scene;
        let verdict = match (&mut self.instance.kind, mine) {
            (Kind::Rate(kind), Some(tag)) => kind.observed(scene, tag, notes),
            (Kind::Sanity, Some(tag)) => match sanity::observed(scene, tag) {
                Verdict::Good => Verdict::Skip,
                verdict => verdict,
            },
            (Kind::Replay(kind), Some(tag)) => match scene.view.observed(tag, notes).number() {
                Some(value) if scene.view.tag(tag).observed.reasons.is_empty() => {
                    kind.changed(scene.view.now, tag, value)
                }
                _ => {
                    kind.forget();
                    Verdict::Skip
                }
            },
            (Kind::Cycle(kind), Some(tag)) => {
                let before = scene.before(tag).and_then(|before| before.usable().number());
                match (before, scene.view.observed(tag, notes).number()) {
                    // The first command sets the state from which the second is counted.
                    (Some(before), Some(value)) if before != value && kind.is_news(scene.view.now, value) => {
                        kind.moved(scene.view.now, tag, value, 0)
                    }
                    _ => Verdict::Skip,
                }
            }
            (Kind::Chatter(kind), Some(tag)) => kind.changed(scene, tag, notes),
            (Kind::Count(kind), _) => {
                let mut last = Verdict::Skip;
                for tag in tags {
                    match kind.changed(scene, *tag, notes) {
                        Verdict::Skip => {}
                        verdict => {
                            self.instance.newest = scene.view.now;
                            last = verdict;
                        }
                    }
                }
                last
            }
            (Kind::Sequence(kind), _) => {
                let mut last = Verdict::Skip;
                for tag in tags {
                    match kind.changed(scene, *tag, notes) {
                        Verdict::Skip => {}
                        verdict => {
                            self.instance.newest = scene.view.now;
                            last = verdict;
                        }
                    }
                }
                last
            }
            (Kind::Uncommanded(kind), Some(tag)) => kind.changed(scene, tag, notes),
            (Kind::Baseline(kind), Some(tag)) => {
                let pace = kind.moved(scene, tag, notes);
                let standing = self.instance.condition.is_active();
                let (truth, cause) = kind.observed(scene, tag, self.instance.deadband, standing, notes);
                if kind.history.is_some() {
                    return Outcome::Skip;
                }
                if matches!(pace, Verdict::Violated(_)) {
                    self.event(pace);
                }
                return Outcome::Standing(truth, cause);
            }
            (Kind::Uncommanded(_) | Kind::Follows(_), _) => return self.due(),
            (Kind::Bypass(kind), Some(tag)) => {
                let set = kind.observed(scene, tag, notes);
                self.event(set);
                return self.due();
            }
            (Kind::Envelope(kind), _) if kind.on_observation => {
                let Some(tag) = own else {
                    return Outcome::Skip;
                };
                let prediction = match mine {
                    Some(tag) => kind.predicted(scene, tag, &mut Notes::default()),
                    None => None,
                };
                let standing = self.instance.condition.is_active();
                let (truth, cause) = kind.observed(scene, tag, self.instance.deadband, standing, notes);
                if let Some((soon, cause)) = prediction {
                    self.predicted(soon, cause);
                }
                return Outcome::Standing(truth, cause);
            }
            _ => return self.due(),
        };
        Outcome::Event(verdict)
    }

    fn due(&mut self) -> Outcome {
        let own = self.instance.tag;
        let notes = &mut self.notes;
        let scene = &self.scene;
        match (&mut self.instance.kind, own) {
            (Kind::Interlock(kind), _) => {
                let settle = settle(scene, &self.instance.inputs);
                let (truth, cause) = kind.check(scene, settle, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Mirror(kind), _) => {
                let (truth, cause) = kind.check(scene, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Balance(kind), _) => {
                let (truth, cause) = kind.check(scene, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Envelope(kind), Some(tag)) if kind.on_observation => {
                let standing = self.instance.condition.is_active();
                let (truth, cause) = kind.observed(scene, tag, self.instance.deadband, standing, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Baseline(kind), Some(tag)) if kind.history.is_none() => {
                let standing = self.instance.condition.is_active();
                let (truth, cause) = kind.observed(scene, tag, self.instance.deadband, standing, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Frozen(kind), Some(tag)) => {
                let (truth, cause) = kind.check(scene, tag, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Silence(kind), Some(tag)) => {
                let (truth, cause) = kind.check(scene, tag, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Bypass(kind), Some(tag)) => {
                let (truth, cause) = kind.stays(scene, tag, notes);
                Outcome::Standing(truth, cause)
            }
            (Kind::Follows(kind), Some(tag)) => {
                let stood = kind.standing;
                let verdict = kind.check(scene, tag, notes);
                if stood && !kind.standing {
                    self.report(Report::Inactive, None);
                }
                Outcome::Event(verdict)
            }
            (Kind::Uncommanded(kind), Some(tag)) => Outcome::Event(kind.overdue(scene, tag, notes)),
            (Kind::Sequence(kind), _) => Outcome::Event(kind.overdue(scene.view.now, notes)),
            _ => Outcome::Skip,
        }
    }
}

/// The time after which one more sample of each input would have come.
fn settle(scene: &Scene<'_>, inputs: &[TagId]) -> i64 {
    inputs
        .iter()
        .map(|tag| {
            let state = scene.view.tag(*tag);
            if state.by_exception() {
                report_period(scene, *tag)
            } else {
                state
                    .period
                    .known(2)
                    .map_or(2 * SECOND, |period| period.saturating_mul(2))
            }
        })
        .max()
        .unwrap_or(0)
}
