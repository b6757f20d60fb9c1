//! The tests that rules carry (site-and-rules 1.8): values that hold, what happens first, one thing that happens then, and
//! what is raised.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use jiff::civil::{DateTime, date};
use tapglass_model::{Action, CaptureTime, Outcome, Quality, QualityReasons, SECOND, Severity};

use super::step::Evidence;
use super::{Engine, Options, Output};
use crate::alarm::{Alarm, Change};
use crate::conversation::{Conversation, Party};
use crate::plant::Interval;
use crate::plant::principals::Who;
use crate::plant::reading::Reading;
use crate::records::operation::{Actor, Target};
use crate::rules::judge::Confirmed;
use crate::rules::kinds::sbo::Selected;
use crate::rules::write::{Write, Written};
use crate::site::{EventKind, PrincipalId, RuleTest, Site, TagId, TestAction};

/// What came of a test.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The alarm that the rule raised, if it raised one.
    pub raised: Option<Arc<Alarm>>,
    /// It is what the test expects.
    pub passed: bool,
}

impl Rehearsal {
    /// The severity of what was raised.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        self.raised.as_ref().map(|alarm| alarm.severity)
    }
}

/// When it happens unless the test says: a Tuesday at ten in the site's own time, for rules with windows.
const USUAL: DateTime = date(2026, 3, 3).at(10, 0, 0, 0);
/// Looks at all given values before anything happens, so that `held` has its past: ten hours.
const BEFORE: u32 = 1_200;
/// Time between two of them.
const LOOK: i64 = 30 * SECOND;
/// Looks afterwards, so that deadlines pass: ten minutes, a second apart.
const AFTER: u32 = 600;

/// Plays one test of the rule with this id.
#[must_use]
pub fn rehearse(site: &Site, rule: &str, test: &RuleTest) -> Rehearsal {
    let usual = || {
        let zoned = USUAL.to_zoned(site.zone()).ok()?;
        i64::try_from(zoned.timestamp().as_nanosecond()).ok()
    };
    let happens = test.at.or_else(usual).unwrap_or_default();
    let mut play = Play {
        engine: Engine::new(site.clone(), Options::default()),
        now: happens - i64::from(BEFORE) * LOOK - SECOND,
        given: test.given.clone(),
        conversation: conversation(),
    };
    for _ in 0..BEFORE {
        play.look(LOOK);
    }
    for (tag, value) in test.given.clone() {
        play.accepted_before(tag, value);
    }
    for action in &test.before {
        play.happens(*action);
    }
    play.engine.outputs.clear();
    play.happens(test.action);
    let mut raised: Option<Arc<Alarm>> = None;
    for round in 0..=AFTER {
        if round > 0 {
            play.look(SECOND);
        }
        for output in play.engine.drain() {
            if let Output::Alarm(transition) = output
                && transition.change == Change::Raised
                && transition.alarm.rule == rule
                && raised
                    .as_ref()
                    .is_none_or(|before| before.severity < transition.alarm.severity)
            {
                raised = Some(transition.alarm);
            }
        }
    }
    let severity = raised.as_ref().map(|alarm| alarm.severity);
    Rehearsal {
        passed: severity == test.expect,
        raised,
    }
}

fn conversation() -> Conversation {
    let party = |last| Party {
        mac: None,
        ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)),
        port: 0,
    };
    Conversation::new(0, "test", 6, party(1), party(2), Vec::new())
}

struct Play {
    engine: Engine,
    now: i64,
    given: Vec<(TagId, f64)>,
    conversation: Conversation,
}

impl Play {
    /// All given values are seen again.
    fn look(&mut self, passed: i64) {
        self.now += passed;
        self.engine.advance(CaptureTime(self.now));
        self.engine.step += 1;
        self.engine.scratch.touched.clear();
        let given = std::mem::take(&mut self.given);
        for (tag, value) in &given {
            self.seen(*tag, *value);
        }
        self.given = given;
        self.engine.changed(Evidence::default());
    }

    fn seen(&mut self, tag: TagId, value: f64) {
        let (step, now) = (self.engine.step, self.engine.now);
        let Some(state) = self.engine.tags.get_mut(tag.0 as usize) else {
            return;
        };
        let reading = good(value);
        if state.observed.same(&reading) {
            if super::observe::refresh(state, now) {
                self.engine.scratch.touched.push(tag);
            }
            return;
        }
        state.remember(step, now, &self.engine.pairs);
        state.observed = reading;
        state.changed = now;
        super::observe::refresh(state, now);
        self.engine.scratch.touched.push(tag);
    }

    /// A given value may have been commanded: a walk, for one, counts from there.
    fn accepted_before(&mut self, tag: TagId, value: f64) {
        let write = self.write(EventKind::Write, tag, value, None);
        self.accept(&Arc::new(write));
    }

    fn accept(&mut self, write: &Arc<Write>) {
        let tags: Vec<TagId> = write.tags.iter().map(|written| written.tag).collect();
        self.engine.accept_as_written(write, &tags, Confirmed::Yes);
    }

    fn happens(&mut self, action: TestAction) {
        self.now += SECOND;
        self.engine.advance(CaptureTime(self.now));
        self.engine.step += 1;
        if action.kind == EventKind::Change {
            self.given.retain(|(tag, _)| *tag != action.tag);
            self.given.push((action.tag, action.value));
            self.engine.scratch.touched.clear();
            self.seen(action.tag, action.value);
            self.engine.changed(Evidence::default());
            return;
        }
        let write = self.write(action.kind, action.tag, action.value, action.by);
        if let Some(state) = self.engine.tags.get_mut(action.tag.0 as usize) {
            state.candidate = good(action.value);
            state.candidate_step = self.engine.step;
        }
        let slot = self.engine.pairs.slot(&self.conversation);
        let selected = match write.action {
            // An operate in a test stands for one that was selected before.
            Action::Operate => Selected::Matches { age: 0 },
            _ => Selected::NotAsked,
        };
        self.engine.judge_command(&write, selected, slot);
        if write.action.commands() {
            self.accept(&Arc::new(write));
        }
    }

    fn write(&mut self, kind: EventKind, tag: TagId, value: f64, by: Option<PrincipalId>) -> Write {
        let site = &self.engine.site;
        let device = site.tags.get(tag.0 as usize).map(|tag| tag.device);
        let principal = by.and_then(|by| site.principals.get(by.0 as usize));
        let actor = Actor {
            name: principal.map(|principal| principal.name.clone()),
            mac: principal.and_then(|principal| principal.mac),
            ip: principal
                .and_then(|principal| principal.ips.first().copied())
                .unwrap_or(self.conversation.client.ip),
            port: 0,
            link: None,
            application: None,
            user: None,
        };
        let target = Target {
            name: device
                .and_then(|device| site.devices.get(device.0 as usize))
                .map(|device| device.name.clone()),
            mac: None,
            ip: self.conversation.server.ip,
            port: 0,
            unit: None,
            link: None,
        };
        let before = self
            .engine
            .tags
            .get(tag.0 as usize)
            .and_then(|state| state.newest_reading(self.engine.now, &self.engine.pairs))
            .copied()
            .unwrap_or_default();
        let slot = self.engine.pairs.slot(&self.conversation);
        let pair = self
            .engine
            .pairs
            .pair_of(slot)
            .unwrap_or(crate::plant::pairs::PairId(0));
        Write {
            at: self.engine.now,
            frame: 1,
            action: match kind {
                EventKind::Operate => Action::Operate,
                EventKind::Select => Action::Select,
                EventKind::Write | EventKind::Change => Action::Write,
            },
            function: (0, "test".to_owned()),
            who: Who {
                principal: by,
                ..Who::default()
            },
            actor: Arc::new(actor),
            target: Arc::new(target),
            pair,
            devices: device.into_iter().collect(),
            tags: vec![Written {
                tag,
                position: 0,
                reading: good(value),
                before,
                torn: false,
                counts: true,
            }],
            repeated: Vec::new(),
            untagged: 0,
            outcome: Outcome::Requested,
            sequence: None,
            fingerprint: 0,
            detail: String::new(),
        }
    }
}

const fn good(value: f64) -> Reading {
    Reading {
        value: Interval::exact(value),
        tolerance: 0.0,
        quality: Quality::Good,
        reasons: QualityReasons::none(),
    }
}
