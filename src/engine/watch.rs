//! What needs no rule of the site: unknown controllers, restarts, reporting switched off, devices that fall silent.

use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::{Action, Outcome, SECOND, Severity, Station};

use super::Engine;
use super::silence::{SilenceRule, Together};
use super::step::{Evidence, Raise};
use crate::alarm::Key;
use crate::plant::clock::Moment;
use crate::plant::pairs::PairId;
use crate::records::operation::Target;
use crate::rules::built_in::id;
use crate::rules::kinds::Kind;
use crate::rules::set::RuleSet;
use crate::rules::timer::Due;
use crate::rules::verdict::{Cause, What};
use crate::rules::write::Write;
use crate::site::{DeviceId, RuleKind, Site, TagId};

/// The places of the built-in rules, and what they remember.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    begun: bool,
    unknown_controller: u32,
    restart: u32,
    block_reporting: u32,
    pub(super) silence: u32,
    /// Tags for which a rule says who may write.
    guarded: Vec<bool>,
    /// Devices with their own rule of silence.
    pub(super) devices: Vec<Option<SilenceRule>>,
    /// Reporting that was switched off and not on again.
    blocked: Vec<Blocked>,
    blocks: u32,
    /// Keys of alarms that were raised as events and return as conditions, by instance.
    event_keys: Vec<(u32, Key)>,
    /// When devices fell silent, for "many at once".
    pub(super) silenced: Vec<(Moment, DeviceId)>,
    /// The alarm about many of them.
    pub(super) together: Option<Together>,
    /// Selects are looked after.
    pub(super) selects_armed: bool,
}

#[derive(Clone, Debug)]
struct Blocked {
    number: u32,
    pair: PairId,
    write: Arc<Write>,
    refused: bool,
}

/// A master that starts switches reporting off and on again; it takes no longer than this.
const SWITCHED_ON_AGAIN: i64 = 60 * SECOND;
/// Blocks remembered.
const BLOCKS: usize = 256;

impl Watch {
    pub(super) fn new(site: &Site, rules: &RuleSet) -> Self {
        let place = |id: &str| rules.rule(id).unwrap_or(u32::MAX);
        let mut guarded = vec![false; site.tags.len()];
        for instance in &rules.instances {
            if let (Kind::Writers(_), Some(tag)) = (&instance.kind, instance.tag)
                && let Some(guarded) = guarded.get_mut(tag.0 as usize)
            {
                *guarded = true;
            }
        }
        let mut devices = vec![None; site.devices.len()];
        for (number, rule) in (0..).zip(&site.rules) {
            if let RuleKind::Silence {
                devices: of,
                longest,
                stations,
                ..
            } = &rule.kind
            {
                for device in of {
                    if let Some(place) = devices.get_mut(device.0 as usize) {
                        *place = Some(SilenceRule {
                            rule: number,
                            longest: *longest,
                            stations: *stations,
                        });
                    }
                }
            }
        }
        Self {
            begun: false,
            unknown_controller: place(id::UNKNOWN_CONTROLLER),
            restart: place(id::RESTART),
            block_reporting: place(id::BLOCK_REPORTING),
            silence: place(id::SILENCE),
            guarded,
            devices,
            blocked: Vec::new(),
            blocks: 0,
            event_keys: Vec::new(),
            silenced: Vec::new(),
            together: None,
            selects_armed: false,
        }
    }

    /// The first frame was seen.
    pub(super) const fn begun(&self) -> bool {
        self.begun
    }

    pub(super) fn begin(&mut self) {
        self.begun = true;
    }

    pub(super) fn event_key(&self, instance: u32) -> Option<Key> {
        self.event_keys
            .iter()
            .find(|known| known.0 == instance)
            .map(|known| known.1)
    }

    pub(super) fn remember_key(&mut self, instance: u32, key: Key) {
        self.event_keys.retain(|known| known.0 != instance);
        self.event_keys.push((instance, key));
    }

    /// A conversation is over: what its client switched off does not matter any more.
    pub(super) fn closed(&mut self, pair: PairId, orderly: bool) {
        if orderly {
            self.blocked.retain(|blocked| blocked.pair != pair);
        }
    }
}

impl Engine {
    /// Raises the alarm of a built-in rule.
    pub(super) fn raise_built_in(
        &mut self,
        rule: u32,
        cause: &Cause,
        devices: &[DeviceId],
        evidence: Evidence<'_>,
    ) -> Option<(u64, Option<TagId>)> {
        if self
            .rules
            .infos
            .get(rule as usize)
            .is_none_or(|info| info.disabled)
        {
            return None;
        }
        if let Some(coverage) = self.rules.coverage.get_mut(rule as usize) {
            coverage.evaluated += 1;
            coverage.violated += 1;
            coverage.violated_at = self.now;
        }
        let mut key = Self::device_key(rule, evidence.write.map(|write| write.actor.ip), devices);
        key.tag = cause.tag;
        if devices.is_empty() {
            key.place = evidence.write.map(|write| place_of(&write.target));
        }
        let place = self.raise(
            Raise {
                rule,
                key,
                inputs: &[],
                devices,
                standing: false,
                uncertain: false,
            },
            cause,
            evidence,
        );
        self.tell();
        place.map(|place| (place, cause.tag))
    }

    /// A device is told something.
    pub(super) fn watch_command(
        &mut self,
        write: &Write,
        evidence: Evidence<'_>,
    ) -> Vec<(u64, Option<TagId>)> {
        let mut raised = Vec::new();
        // What stops a device matters also where the site does not know the device.
        if !write.devices.is_empty() {
            self.count_good(self.watch.unknown_controller);
        }
        if !write.devices.is_empty()
            && !write.who.is_genuine()
            && !self.principals.is_empty()
            && controls(write.action)
        {
            let unguarded = write.tags.iter().find(|written| {
                !self
                    .watch
                    .guarded
                    .get(written.tag.0 as usize)
                    .is_some_and(|known| *known)
            });
            // A tag whose writers are stated has its own alarm.
            if write.tags.is_empty() || unguarded.is_some() || write.untagged > 0 {
                let mut cause = Cause::new(
                    What::UnknownController {
                        who: write.who,
                        action: write.action,
                    },
                    unguarded.map(|written| written.tag),
                );
                if let Some(written) = unguarded {
                    cause = cause
                        .value(written.reading.value.number())
                        .before(written.before.usable().number());
                }
                raised.extend(self.raise_built_in(
                    self.watch.unknown_controller,
                    &cause,
                    &write.devices,
                    evidence,
                ));
            }
        }
        match write.action {
            Action::Restart | Action::Stop | Action::Start | Action::Program => {
                let mut cause = Cause::new(
                    What::Restarted {
                        action: write.action,
                        who: write.who,
                    },
                    None,
                );
                if write.who.is_genuine() {
                    // Engineers restart devices; somebody should still know.
                    cause = cause.severity(Severity::Medium);
                }
                raised.extend(self.raise_built_in(self.watch.restart, &cause, &write.devices, evidence));
            }
            Action::SetTime => {
                for device in &write.devices {
                    if let Some(clock) = self.clocks.get_mut(device.0 as usize) {
                        clock.set();
                    }
                }
            }
            Action::BlockReporting => self.reporting_blocked(write),
            Action::AllowReporting => {
                self.watch.blocked.retain(|blocked| {
                    blocked.write.devices != write.devices
                        || (write.devices.is_empty() && blocked.write.target != write.target)
                });
            }
            _ => {}
        }
        raised
    }

    pub(super) fn count_good(&mut self, rule: u32) {
        if let Some(coverage) = self.rules.coverage.get_mut(rule as usize) {
            coverage.evaluated += 1;
        }
    }

    fn reporting_blocked(&mut self, write: &Write) {
        self.count_good(self.watch.block_reporting);
        // The first of several counts, and no flood of them becomes a flood of deadlines.
        let known = self.watch.blocked.iter().any(|blocked| {
            blocked.pair == write.pair
                && blocked.write.devices == write.devices
                && (!write.devices.is_empty() || blocked.write.target == write.target)
        });
        if known || self.watch.blocked.len() == BLOCKS {
            return;
        }
        self.watch.blocks = self.watch.blocks.wrapping_add(1);
        let number = self.watch.blocks;
        self.watch.blocked.push(Blocked {
            number,
            pair: write.pair,
            write: Arc::new(write.clone()),
            refused: false,
        });
        let due = self.now.saturating_add(SWITCHED_ON_AGAIN);
        self.rules.timers.add(due, Due::Blocked(number));
    }

    /// A device has answered something that is no command of a point.
    pub(super) fn watch_answer(&mut self, write: &Write, outcome: Outcome) {
        if outcome == Outcome::Rejected && write.action == Action::BlockReporting {
            for blocked in &mut self.watch.blocked {
                blocked.refused |= blocked.write.frame == write.frame;
            }
        }
    }

    /// Reporting should be on again.
    pub(super) fn still_blocked(&mut self, number: u32) {
        let Some(place) = self
            .watch
            .blocked
            .iter()
            .position(|blocked| blocked.number == number)
        else {
            return;
        };
        let blocked = self.watch.blocked.remove(place);
        let unseen = blocked
            .write
            .devices
            .iter()
            .any(|device| self.pairs.commands_unseen(*device, blocked.write.at, self.now));
        if blocked.refused || unseen || self.blind {
            return;
        }
        let conversation = self
            .pairs
            .get(blocked.pair)
            .map(|pair| Arc::clone(&pair.conversation));
        let cause = Cause::new(
            What::ReportingBlocked {
                who: blocked.write.who,
            },
            None,
        );
        let evidence = Evidence {
            write: Some(&blocked.write),
            conversation: conversation.as_ref(),
            frame: Some(blocked.write.frame),
            between: None,
        };
        self.raise_built_in(
            self.watch.block_reporting,
            &cause,
            &blocked.write.devices,
            evidence,
        );
    }

    /// Selects are looked after from now on.
    pub(super) fn arm_selects(&mut self) {
        if !self.watch.selects_armed {
            self.watch.selects_armed = true;
            self.rules
                .timers
                .add(self.now.saturating_add(30 * SECOND), Due::Selects);
        }
    }

    /// Selects that nobody operated.
    pub(super) fn orphans(&mut self) {
        self.watch.selects_armed = false;
        let tags = self.selects.expire(self.now);
        for tag in tags {
            let numbers: Vec<u32> = self.rules.on_write.of(tag).to_vec();
            for number in numbers {
                let verdict = match self.rules.instances.get_mut(number as usize) {
                    Some(instance) if instance.tag == Some(tag) => match &mut instance.kind {
                        Kind::Sbo(kind) => kind.orphaned(self.now, tag),
                        _ => continue,
                    },
                    _ => continue,
                };
                if let crate::rules::verdict::Verdict::Violated(cause) = verdict {
                    self.scratch.findings.push(crate::rules::verdict::Finding {
                        instance: number,
                        report: crate::rules::verdict::Report::Event(cause),
                        uncertain: false,
                        since: None,
                    });
                }
            }
        }
        self.report_findings(Evidence::default());
        if self.selects.waits() {
            self.arm_selects();
        }
    }
}

/// Where a device is that the site does not know.
fn place_of(target: &Target) -> (IpAddr, Station) {
    let station = match (target.unit, target.link) {
        (Some(unit), _) => Station::Unit(unit),
        (_, Some(outstation)) => Station::Link {
            master: 0,
            outstation,
        },
        _ => Station::Server,
    };
    (target.ip, station)
}

/// What changes the process or the device; reading, asking and logging on do not.
pub(super) const fn controls(action: Action) -> bool {
    !matches!(
        action,
        Action::Report
            | Action::Identify
            | Action::Diagnose
            | Action::Login
            | Action::Browse
            | Action::Subscribe
            | Action::AllowReporting
            | Action::Other
    )
}
