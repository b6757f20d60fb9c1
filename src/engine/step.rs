//! One step: operators and rules that are touched are judged once, and their findings become alarms.

use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::Severity;

use super::{Engine, Output};
use crate::alarm::{Again, Change, Key, Nature, Occasion};
use crate::conversation::Conversation;
use crate::plant::clock::{Moment, NEVER};
use crate::records::operation::{Actor, Target};
use crate::rules::judge::{PlantView, Trigger};
use crate::rules::kinds::Kind;
use crate::rules::verdict::{Cause, Finding, Report, What};
use crate::rules::write::Write;
use crate::site::{DeviceId, TagId};

/// What shows a finding.
#[derive(Clone, Copy, Default)]
pub(super) struct Evidence<'a> {
    pub(super) write: Option<&'a Write>,
    pub(super) conversation: Option<&'a Arc<Conversation>>,
    pub(super) frame: Option<u64>,
    /// Between whom, where no command shows it.
    pub(super) between: Option<(&'a Arc<Actor>, &'a Arc<Target>)>,
}

impl Engine {
    /// When that happened which is judged.
    fn happened(&self) -> Moment {
        if self.happened == NEVER {
            self.now
        } else {
            self.happened
        }
    }

    /// Looks again at the operators that read one of the touched tags.
    fn operate_touched(&mut self) {
        self.scratch.queue.clear();
        for tag in &self.scratch.touched {
            self.scratch
                .queue
                .extend_from_slice(self.rules.operators.of(*tag));
        }
        self.scratch.queue.sort_unstable();
        self.scratch.queue.dedup();
        let plant = PlantView {
            site: &self.site,
            tags: &self.tags,
            pairs: &self.pairs,
            now: self.now,
            happened: self.happened(),
            step: self.step,
            blind: self.blind,
        };
        for number in &self.scratch.queue {
            self.rules.operate(*number, plant);
        }
    }

    /// Observed values have changed: those of the touched tags.
    pub(super) fn changed(&mut self, evidence: Evidence<'_>) {
        if self.scratch.touched.is_empty() {
            return;
        }
        self.scratch.touched.sort_unstable();
        self.scratch.touched.dedup();
        let plant = PlantView {
            site: &self.site,
            tags: &self.tags,
            pairs: &self.pairs,
            now: self.now,
            happened: self.happened(),
            step: self.step,
            blind: self.blind,
        };
        for tag in &self.scratch.touched {
            self.rules.count_change(*tag, plant);
        }
        self.operate_touched();
        let touched = std::mem::take(&mut self.scratch.touched);
        self.judge_all(&touched, On::Change, Trigger::Changed(&touched));
        self.scratch.touched = touched;
        self.scratch.touched.clear();
        self.report_findings(evidence);
    }

    /// What was commanded or how far it is known has changed, without a new observation.
    pub(super) fn reconsider(&mut self, evidence: Evidence<'_>) {
        if self.scratch.touched.is_empty() {
            return;
        }
        self.scratch.touched.sort_unstable();
        self.scratch.touched.dedup();
        self.operate_touched();
        let touched = std::mem::take(&mut self.scratch.touched);
        self.judge_all(&touched, On::Change, Trigger::Commanded);
        self.scratch.touched = touched;
        self.scratch.touched.clear();
        self.report_findings(evidence);
    }

    /// Judges every instance that is called for one of the tags, each once, in order.
    pub(super) fn judge_all(&mut self, tags: &[TagId], on: On, trigger: Trigger<'_>) {
        self.scratch.queue.clear();
        let index = match on {
            On::Write => &self.rules.on_write,
            On::Accept => &self.rules.on_accept,
            On::Change => &self.rules.on_change,
        };
        for tag in tags {
            self.scratch.queue.extend_from_slice(index.of(*tag));
        }
        if self.scratch.queue.len() > 1 {
            self.scratch.queue.sort_unstable();
            self.scratch.queue.dedup();
        }
        let plant = PlantView {
            site: &self.site,
            tags: &self.tags,
            pairs: &self.pairs,
            now: self.now,
            happened: self.happened(),
            step: self.step,
            blind: self.blind,
        };
        for number in &self.scratch.queue {
            if self
                .rules
                .judge(*number, trigger, plant, &mut self.scratch.findings)
            {
                self.scratch.waiting.push(*number);
            }
        }
        self.await_looks();
    }

    /// The next look at the values of these rules is told to them, also when it shows nothing new.
    fn await_looks(&mut self) {
        while let Some(number) = self.scratch.waiting.pop() {
            let Some(instance) = self.rules.instances.get(number as usize) else {
                continue;
            };
            for tag in &instance.inputs {
                if let Some(state) = self.tags.get_mut(tag.0 as usize) {
                    state.awaited = true;
                }
            }
        }
    }

    /// Judges one instance.
    pub(super) fn judge_one(&mut self, number: u32, trigger: Trigger<'_>) {
        let plant = PlantView {
            site: &self.site,
            tags: &self.tags,
            pairs: &self.pairs,
            now: self.now,
            happened: self.happened(),
            step: self.step,
            blind: self.blind,
        };
        if self
            .rules
            .judge(number, trigger, plant, &mut self.scratch.findings)
        {
            self.scratch.waiting.push(number);
            self.await_looks();
        }
    }

    /// Findings become alarms; returns the places of those that a command raised.
    pub(super) fn report_findings(&mut self, evidence: Evidence<'_>) -> Vec<(u64, Option<TagId>)> {
        let mut raised = Vec::new();
        self.next = self.next.min(self.rules.timers.next());
        if self.scratch.findings.is_empty() {
            return raised;
        }
        let mut findings = std::mem::take(&mut self.scratch.findings);
        for finding in findings.drain(..) {
            if let Some(place) = self.report_finding(&finding, evidence) {
                raised.push(place);
            }
        }
        self.scratch.findings = findings;
        self.tell();
        raised
    }

    fn report_finding(&mut self, finding: &Finding, evidence: Evidence<'_>) -> Option<(u64, Option<TagId>)> {
        let instance = self.rules.instances.get(finding.instance as usize)?;
        let (rule, tag) = (instance.rule, instance.tag);
        let standing_key = Key {
            rule,
            tag,
            principal: None,
            device: None,
            nature: Nature::Violation,
            place: None,
        };
        let (cause, key, standing) = match &finding.report {
            Report::Event(cause) => {
                // A storm is one alarm, whichever of its tags comes next, and of the site, whoever takes part.
                let counted = match &instance.kind {
                    Kind::Count(kind) => Some(kind.per_principal),
                    _ => None,
                };
                let key = Key {
                    rule,
                    tag: cause.tag.or(tag).filter(|_| counted.is_none()),
                    principal: evidence
                        .write
                        .map(|write| write.actor.ip)
                        .filter(|_| counted != Some(false)),
                    device: None,
                    nature: Nature::of(&cause.what),
                    place: None,
                };
                (cause.clone(), key, false)
            }
            Report::Active(cause) => (cause.clone(), standing_key, true),
            Report::Inactive => {
                let at = self.clock.wire(self.now);
                // A feedback alarm was raised as an event of whoever commanded.
                let keys: Vec<Key> = std::iter::once(standing_key)
                    .chain(self.watch.event_key(finding.instance))
                    .collect();
                for key in keys {
                    self.book.returned(&key, at, &mut self.scratch.transitions);
                }
                return None;
            }
            Report::Disarmed => {
                let at = self.clock.wire(self.now);
                self.book
                    .suppressed(&standing_key, at, &mut self.scratch.transitions);
                return None;
            }
            Report::Advice(why) => {
                let cause = Cause::new(What::NotChecked { why: *why }, tag).severity(Severity::Low);
                let key = Key {
                    nature: Nature::NotChecked,
                    ..standing_key
                };
                (cause, key, false)
            }
        };
        let inputs = std::mem::take(&mut self.rules.instances.get_mut(finding.instance as usize)?.inputs);
        let raise = Raise {
            rule,
            key,
            inputs: &inputs,
            devices: &[],
            standing,
            uncertain: finding.uncertain,
        };
        let place = self.raise(raise, &cause, evidence);
        if let Some(instance) = self.rules.instances.get_mut(finding.instance as usize) {
            instance.inputs = inputs;
        }
        if matches!(cause.what, What::NotFollowed { .. } | What::FellBack { .. }) {
            self.watch.remember_key(finding.instance, key);
        }
        Some((place?, cause.tag))
    }

    /// Raises an alarm, or repeats the one that stands.
    pub(super) fn raise(&mut self, raise: Raise<'_>, cause: &Cause, evidence: Evidence<'_>) -> Option<u64> {
        let at = self.clock.wire(self.now);
        if let Some(place) = self.book.current(&raise.key) {
            let again = Again {
                value: cause.value,
                frame: evidence.write.map(|write| write.frame).or(evidence.frame),
                severity: cause
                    .severity
                    .or_else(|| Some(self.rules.infos.get(raise.rule as usize)?.severity)),
                silent: raise.standing,
            };
            if let What::Count { tags, .. } = &cause.what {
                let names = tags.iter().filter_map(|tag| self.site.tags.get(tag.0 as usize));
                self.book.involve(place, names.map(|tag| tag.name.as_str()));
            }
            self.book
                .repeat(place, self.now, at, again, &mut self.scratch.transitions);
            return Some(place);
        }
        let alarm = self.occasion(raise, evidence)?.alarm(cause);
        if let Some(coverage) = self.rules.coverage.get_mut(raise.rule as usize) {
            coverage.alarms += 1;
        }
        let place = self.book.raise(raise.key, alarm, &mut self.scratch.transitions);
        self.look_at(self.book.due());
        Some(place)
    }

    fn occasion<'a>(&'a self, raise: Raise<'a>, evidence: Evidence<'a>) -> Option<Occasion<'a>> {
        Some(Occasion {
            site: &self.site,
            zone: &self.zone,
            tags: &self.tags,
            info: self.rules.infos.get(raise.rule as usize)?,
            inputs: raise.inputs,
            write: evidence.write,
            between: evidence.between,
            conversation: evidence.conversation,
            devices: raise.devices,
            frame: evidence.frame,
            seen_in: self.seen_in,
            now: self.now,
            at: self.clock.wire(self.now),
            uncertain: raise.uncertain,
            standing: raise.standing,
        })
    }

    /// An alarm that stands is about more devices than before.
    pub(super) fn widen(&mut self, place: u64, raise: Raise<'_>, cause: &Cause) {
        let Some(occasion) = self.occasion(raise, Evidence::default()) else {
            return;
        };
        let (fresh, at) = (occasion.alarm(cause), occasion.at);
        self.book.amend(
            place,
            at,
            Change::Amended,
            &mut self.scratch.transitions,
            |alarm| {
                alarm.devices = fresh.devices;
                alarm.title = fresh.title;
                alarm.what = fresh.what;
                alarm.headline = fresh.headline;
                alarm.lines = fresh.lines;
                (alarm.last, alarm.last_time) = (fresh.last, fresh.last_time);
            },
        );
    }

    /// Passes transitions on.
    pub(super) fn tell(&mut self) {
        for transition in self.scratch.transitions.drain(..) {
            self.outputs.push(Output::Alarm(Box::new(transition)));
        }
        let due = self.book.due();
        self.look_at(due);
        self.look_at(self.rules.timers.next());
    }

    /// The engine must wake at this moment at the latest.
    pub(super) fn look_at(&mut self, moment: Moment) {
        self.next = self.next.min(moment);
    }

    /// The devices' first, for keys of what is about no tag.
    pub(super) fn device_key(rule: u32, principal: Option<IpAddr>, devices: &[DeviceId]) -> Key {
        Key {
            rule,
            tag: None,
            principal,
            device: devices.first().copied(),
            nature: Nature::Violation,
            place: None,
        }
    }
}

/// Which of the lists of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    Write,
    Accept,
    Change,
}

/// What is raised, and under which key.
#[derive(Clone, Copy)]
pub(super) struct Raise<'a> {
    pub(super) rule: u32,
    pub(super) key: Key,
    pub(super) inputs: &'a [TagId],
    pub(super) devices: &'a [DeviceId],
    pub(super) standing: bool,
    pub(super) uncertain: bool,
}
