//! Judging one rule at one moment: arming, verdict, coverage, delays, and what is to be reported.

mod outcome;
mod report;

use super::coverage::Coverage;
use super::evaluate::{Notes, View};
use super::info::RuleInfo;
use super::kinds::sbo::Selected;
use super::kinds::{Kind, Scene};
use super::set::{Instance, RuleSet};
use super::timer::{Due, Timers};
use super::verdict::{Cause, Finding, Report, Verdict};
use super::write::Write;
use crate::plant::Truth;
use crate::plant::clock::{FOREVER, Moment};
use crate::plant::pairs::Pairs;
use crate::plant::tags::TagState;
use crate::site::{Site, TagId};

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
    /// When that happened which is judged: earlier than now for events that their device has kept.
    pub happened: Moment,
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
        let now = if plant.happened == plant.now {
            plant.now
        } else {
            moment(instance, trigger, plant)
        };
        let scene = Scene {
            present: plant.now,
            view: View {
                program: &self.program,
                monitors: &self.monitors,
                tags: plant.tags,
                pairs: plant.pairs,
                windows: &self.windows,
                now,
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

/// What counts events in time lives by the time of the events, and that never runs backwards.
#[cold]
fn moment(instance: &Instance, trigger: Trigger<'_>, plant: PlantView<'_>) -> Moment {
    match (&instance.kind, trigger) {
        (Kind::Cycle(_), Trigger::Changed(_)) => plant.happened,
        (Kind::Count(_) | Kind::Sequence(_), Trigger::Changed(_)) => instance.newest.max(plant.happened),
        _ => plant.now,
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
            (Kind::Uncommanded(kind), Trigger::Accepted(write, _)) => kind.accepted(&self.scene, write),
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
            (Kind::Bypass(kind), Trigger::Rejected(_)) => kind.rejected(),
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
}
