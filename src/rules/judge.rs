//! Judging one rule at one moment: arming, verdict, coverage, delays, and what is to be reported.

use tapglass_model::SECOND;

use super::condition::{OnDelay, Standing, Step};
use super::coverage::Coverage;
use super::evaluate::{Notes, View};
use super::info::RuleInfo;
use super::kinds::sbo::{Sbo, Selected};
use super::kinds::{Kind, Scene, sanity};
use super::set::{Instance, OFF_DELAY, RuleSet};
use super::timer::{Due, Timers};
use super::verdict::{Cause, Finding, Report, Verdict, What};
use super::write::Write;
use crate::plant::Truth;
use crate::plant::clock::{FOREVER, Moment, NEVER, span};
use crate::plant::pairs::Pairs;
use crate::plant::tags::{TagState, Why};
use crate::site::{OnUnknown, Site, TagId};

/// Why a rule is judged.
#[derive(Clone, Copy)]
pub enum Trigger<'a> {
    /// A command was requested.
    Write(&'a Write, Selected),
    /// Half of a value was written and the rest did not follow: the value is judged as it is.
    Torn(&'a Write),
    /// A command was accepted, or nobody can say whether it was.
    Accepted(&'a Write, Confirmed),
    /// A device refused a command.
    Rejected(&'a Write),
    /// Observed values changed; the tags are in order.
    Changed(&'a [TagId]),
    /// What was commanded changed, so conditions over it may have.
    Commanded,
    /// Its time has come.
    Due,
    /// The capture begins: look once at everything, to know when to look again.
    Begin,
}

/// Whether the device was seen to accept a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// Its answer says so.
    Yes,
    /// No answer was seen, or none is expected.
    No,
}

/// The parts of the plant that rules read.
#[derive(Clone, Copy)]
pub struct PlantView<'a> {
    /// What the engineer wrote.
    pub site: &'a Site,
    /// The tags.
    pub tags: &'a [TagState],
    /// Who talks.
    pub pairs: &'a Pairs,
    /// The moment.
    pub now: Moment,
    /// The step.
    pub step: u64,
    /// The whole capture is blind.
    pub blind: bool,
}

/// What came of one judgement, before delays.
enum Outcome {
    /// Nothing to say.
    Skip,
    /// An event.
    Event(Verdict),
    /// A condition that stands or not.
    Standing(Truth, Cause),
}

impl RuleSet {
    /// Judges an instance and adds what is to be reported to `findings`. True when it waits for the next look at the
    /// values that it reads.
    pub fn judge(
        &mut self,
        number: u32,
        trigger: Trigger<'_>,
        plant: PlantView<'_>,
        findings: &mut Vec<Finding>,
    ) -> bool {
        let Some(instance) = self.instances.get_mut(number as usize) else {
            return false;
        };
        let (Some(info), Some(coverage)) = (
            self.infos.get(instance.rule as usize),
            self.coverage.get_mut(instance.rule as usize),
        ) else {
            return false;
        };
        if info.disabled || info.error.is_some() {
            return false;
        }
        let scene = Scene {
            view: View {
                program: &self.program,
                monitors: &self.monitors,
                tags: plant.tags,
                pairs: plant.pairs,
                windows: &self.windows,
                now: plant.now,
                step: plant.step,
                blind: plant.blind,
            },
            site: plant.site,
        };
        let mut judge = Judge {
            number,
            instance,
            info,
            coverage,
            scene,
            findings,
            notes: Notes::default(),
        };
        judge.run(trigger);
        let (again, waits) = (judge.notes.again, judge.notes.waits);
        schedule(&mut self.timers, instance, number, again, plant.now);
        waits
    }
}

/// An instance is looked at again at `again`, if that is sooner than it would be anyway.
fn schedule(timers: &mut Timers, instance: &mut Instance, number: u32, again: Moment, now: Moment) {
    if again == FOREVER {
        return;
    }
    // Never at this moment again: time must pass.
    let again = again.max(now.saturating_add(1));
    if again < instance.due {
        instance.due = again;
        timers.add(again, Due::Instance(number));
    }
}

struct Judge<'a, 'b> {
    number: u32,
    instance: &'b mut Instance,
    info: &'b RuleInfo,
    coverage: &'b mut Coverage,
    scene: Scene<'a>,
    findings: &'b mut Vec<Finding>,
    notes: Notes,
}

impl Judge<'_, '_> {
    fn run(&mut self, trigger: Trigger<'_>) {
        // What only keeps the memory of a kind up to date is done whether the rule is armed or not.
        self.remember(trigger);
        if let Some(when) = self.instance.when {
            let armed = self.scene.view.truth(when, &mut self.notes);
            if !armed.is_true() {
                self.not_armed(trigger, armed);
                return;
            }
        }
        match self.outcome(trigger) {
            Outcome::Skip => {}
            Outcome::Event(verdict) => self.event(verdict),
            Outcome::Standing(violated, cause) => self.standing(trigger, violated, cause),
        }
    }

    fn remember(&mut self, trigger: Trigger<'_>) {
        let now = self.scene.view.now;
        match (&mut self.instance.kind, trigger) {
            (Kind::Uncommanded(kind), Trigger::Write(write, _)) => {
                let commanded = write.action.commands()
                    && write
                        .tags
                        .iter()
                        .any(|written| kind.commands.contains(&written.tag));
                if commanded {
                    kind.commanded(now);
                }
            }
            (Kind::Frozen(kind), Trigger::Changed(tags)) => {
                if let Some(tag) = self.instance.tag.filter(|tag| tags.contains(tag)) {
                    kind.changed(&self.scene, tag, &mut self.notes);
                }
            }
            (Kind::Silence(kind), Trigger::Changed(tags)) => {
                let beat = self
                    .instance
                    .tag
                    .is_some_and(|tag| tags.contains(&tag) && self.scene.before(tag).is_some());
                if beat {
                    kind.changed(now, &mut self.notes);
                }
            }
            (Kind::Cycle(kind), Trigger::Rejected(write)) => kind.rejected(write.frame),
            _ => {}
        }
    }

    /// The rule is not armed: a standing alarm is suppressed by design, and nothing is judged.
    fn not_armed(&mut self, trigger: Trigger<'_>, armed: Truth) {
        let judged = matches!(trigger, Trigger::Write(..) | Trigger::Torn(_));
        if armed.is_unknown() && judged && !self.instance.condition.is_active() {
            self.coverage.unknown(self.notes.why);
            self.advise();
        }
        if armed.is_false() && self.instance.condition.reset() {
            self.report(Report::Disarmed, None);
        }
        if armed.is_false() {
            self.instance.prediction.reset();
        }
    }

    fn outcome(&mut self, trigger: Trigger<'_>) -> Outcome {
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
            (Kind::Sanity, Some(written)) => sanity::written(written),
            _ if !commands => return Outcome::Skip,
            (Kind::LimitWrite(kind), Some(written)) => kind.written(write, written),
            (Kind::Bypass(kind), Some(written)) => kind.written(scene, written, notes),
            (Kind::Cycle(kind), Some(written)) => match written.reading.value.number() {
                Some(value) if written.counts => kind.moved(scene.view.now, written.tag, value, write.frame),
                Some(_) => Verdict::Skip,
                None => Verdict::Unknown,
            },
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
                kind.standing = false;
                kind.accepted(&self.scene, written, confirmed == Confirmed::Yes, notes);
                if stood {
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
                    (Some(before), Some(value)) if before != value && kind.is_news(value) => {
                        kind.moved(scene.view.now, tag, value, 0)
                    }
                    _ => Verdict::Skip,
                }
            }
            (Kind::Count(kind), _) => {
                let mut last = Verdict::Skip;
                for tag in tags {
                    match kind.changed(scene, *tag, notes) {
                        Verdict::Skip => {}
                        verdict => last = verdict,
                    }
                }
                last
            }
            (Kind::Sequence(kind), _) => {
                let mut last = Verdict::Skip;
                for tag in tags {
                    match kind.changed(scene, *tag, notes) {
                        Verdict::Skip => {}
                        verdict => last = verdict,
                    }
                }
                last
            }
            (Kind::Uncommanded(kind), Some(tag)) => kind.changed(scene, tag, notes),
            (Kind::Uncommanded(_) | Kind::Follows(_), _) => return self.due(),
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

    fn event(&mut self, verdict: Verdict) {
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

    fn standing(&mut self, trigger: Trigger<'_>, violated: Truth, cause: Cause) {
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
                }
            }
            Truth::True if counted => self.violated(),
            Truth::False if counted => self.coverage.evaluated += 1,
            _ => {}
        }
        if violated.is_true() && self.waits_for_samples() {
            return;
        }
        let on = self.on_delay();
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
    fn predicted(&mut self, soon: Truth, cause: Cause) {
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
            (Kind::Envelope(_), Some(tag)) => {
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
    fn advise(&mut self) {
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

    fn report(&mut self, report: Report, since: Option<Moment>) {
        self.findings.push(Finding {
            instance: self.number,
            report,
            uncertain: self.notes.uncertain || self.notes.shadowed,
            since,
        });
    }
}

/// Two rounds of reports: the time in which a second sample of a value that is reported by exception would have come.
fn report_period(scene: &Scene<'_>, tag: TagId) -> i64 {
    let state = scene.view.tag(tag);
    state
        .reported_by
        .and_then(|pair| scene.view.pairs.get(pair))
        .and_then(|pair| pair.heard[1].period.known(3))
        .map_or(5 * SECOND, |period| {
            period.saturating_mul(2).clamp(SECOND, 60 * SECOND)
        })
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
