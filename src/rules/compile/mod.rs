//! From the rules of a site to instances: one for each tag where a tag has its own state.

mod baseline;
mod kinds;
mod local;

use tapglass_model::Severity;

use super::built_in;
use super::info::RuleInfo;
use super::kinds::Kind;
use super::kinds::uncommanded::Command;
use super::monitor::Monitor;
use super::pattern::Pattern;
use super::program::{CompileError, NodeId, Program, tags_with_modes};
use super::set::{Instance, RuleSet};
use crate::site::{Event, Expression, Role, Rule, RuleKind, Site, Tag, TagId};

/// Collects instances.
pub(crate) struct Builder<'a> {
    pub(super) site: &'a Site,
    pub(super) infos: Vec<RuleInfo>,
    program: Program,
    monitors: Vec<Monitor>,
    pub(super) instances: Vec<Instance>,
    /// Tags whose commands, accepted commands and changes each instance judges.
    on_write: Vec<(TagId, u32)>,
    on_accept: Vec<(TagId, u32)>,
    on_change: Vec<(TagId, u32)>,
    /// Tags for which a sanity rule is written.
    pub(super) sane: Vec<bool>,
    /// How many changes each replay rule may remember.
    horizon: usize,
    /// The tags that say that something is switched to local.
    switches: Vec<local::Switch>,
}

/// Changes that all replay rules together may remember, about ten bytes each.
const REPLAY_BUDGET: usize = 4_000_000;
/// Changes that one replay rule remembers at most.
const REPLAY_HORIZON: usize = 16_384;

/// Where an instance is called.
#[derive(Default)]
pub(super) struct Calls {
    pub(super) write: Vec<TagId>,
    pub(super) accept: Vec<TagId>,
    pub(super) change: Vec<TagId>,
    /// Tags that are only read.
    pub(super) inputs: Vec<TagId>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(site: &'a Site) -> Self {
        let replays: usize = site
            .rules
            .iter()
            .map(|rule| match &rule.kind {
                RuleKind::Replay { tags } => tags.tags().len(),
                _ => 0,
            })
            .sum();
        Self {
            site,
            infos: Vec::new(),
            program: Program::default(),
            monitors: Vec::new(),
            instances: Vec::new(),
            on_write: Vec::new(),
            on_accept: Vec::new(),
            on_change: Vec::new(),
            sane: vec![false; site.tags.len()],
            switches: local::switches(site),
            horizon: (REPLAY_BUDGET / replays.max(1)).clamp(32, REPLAY_HORIZON),
        }
    }

    pub(crate) fn finish(self) -> RuleSet {
        RuleSet::from_parts(
            self.site,
            self.infos,
            self.program,
            self.monitors,
            self.instances,
            [self.on_write, self.on_accept, self.on_change],
        )
    }

    /// The rules that need no site.
    pub(crate) fn built_in(&mut self) {
        built_in::add(self);
    }

    /// One rule.
    pub(crate) fn rule(&mut self, rule: &Rule) {
        let number = self.info(RuleInfo::new(rule));
        if let Err(error) = self.kind(number, rule) {
            let text = match error {
                CompileError::TooDeep => "its condition is nested too deeply",
                CompileError::NoSuchName => "it names what the site does not have",
            };
            if let Some(info) = self.infos.last_mut() {
                info.error = Some(text.to_owned());
            }
            // Its instances are the last ones; nothing may lead to them any more.
            self.instances.retain(|instance| instance.rule != number);
            let count = u32::try_from(self.instances.len()).unwrap_or(u32::MAX);
            for list in [&mut self.on_write, &mut self.on_accept, &mut self.on_change] {
                list.retain(|(_, instance)| *instance < count);
            }
        }
    }

    pub(super) fn info(&mut self, info: RuleInfo) -> u32 {
        self.infos.push(info);
        u32::try_from(self.infos.len() - 1).unwrap_or(u32::MAX)
    }

    fn compile(&mut self, expression: &Expression) -> Result<NodeId, CompileError> {
        self.program.compile(self.site, &mut self.monitors, expression)
    }

    fn optional(&mut self, expression: Option<&Expression>) -> Result<Option<NodeId>, CompileError> {
        expression.map(|expression| self.compile(expression)).transpose()
    }

    fn reads(&self, expressions: &[Option<&Expression>]) -> Vec<TagId> {
        let mut tags = Vec::new();
        for expression in expressions.iter().flatten() {
            for tag in tags_with_modes(self.site, expression) {
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
        }
        tags
    }

    fn tag(&self, tag: TagId) -> Result<&'a Tag, CompileError> {
        self.site.tags.get(tag.0 as usize).ok_or(CompileError::NoSuchName)
    }

    /// Adds an instance and where it is called.
    pub(super) fn add(&mut self, mut instance: Instance, calls: Calls) {
        let number = u32::try_from(self.instances.len()).unwrap_or(u32::MAX);
        let mut inputs = calls.inputs;
        for tag in &calls.change {
            if !inputs.contains(tag) {
                inputs.push(*tag);
            }
        }
        self.on_write.extend(calls.write.iter().map(|tag| (*tag, number)));
        self.on_accept
            .extend(calls.accept.iter().map(|tag| (*tag, number)));
        self.on_change
            .extend(calls.change.iter().map(|tag| (*tag, number)));
        instance.waits_for_commands = calls.change.is_empty();
        instance.inputs = inputs.into_boxed_slice();
        self.instances.push(instance);
    }

    /// An instance of a rule with what all kinds have.
    fn instance(
        &mut self,
        number: u32,
        rule: &Rule,
        tag: Option<TagId>,
        kind: Kind,
        when: Option<NodeId>,
        mut calls: Calls,
    ) {
        let mut instance = Instance::new(number, tag, kind);
        instance.when = when;
        instance.on_delay = rule.on_delay;
        instance.off_delay = rule.off_delay;
        if let Some(tag) = tag.and_then(|tag| self.site.tags.get(tag.0 as usize)) {
            instance.deadband = deadband(tag);
        }
        let armed_by = self.reads(&[rule.when.as_ref()]);
        if standing(&instance.kind) {
            // A standing condition is looked at again when its arming changes.
            for tag in armed_by {
                if !calls.change.contains(&tag) {
                    calls.change.push(tag);
                }
            }
        } else {
            for tag in armed_by {
                if !calls.inputs.contains(&tag) {
                    calls.inputs.push(tag);
                }
            }
        }
        self.add(instance, calls);
    }

    fn event(&self, event: &Event) -> Result<(Pattern, Vec<TagId>), CompileError> {
        for tag in event.tags.tags() {
            self.tag(*tag)?;
        }
        Ok((Pattern::new(event), event.tags.tags().to_vec()))
    }

    /// A mirror or balance has its own delay, which an `on_delay` replaces.
    fn delay_of_kind(&mut self, rule: &Rule) {
        let delay = match &rule.kind {
            RuleKind::Mirror { skew, .. } => *skew,
            RuleKind::Balance { lasting, .. } => *lasting,
            _ => return,
        };
        if let Some(last) = self.instances.last_mut() {
            last.on_delay = Some(rule.on_delay.unwrap_or(0).max(delay));
        }
    }

    pub(super) fn sanity(&mut self, number: u32, tag: TagId) {
        if let Some(sane) = self.sane.get_mut(tag.0 as usize) {
            *sane = true;
        }
        let calls = Calls {
            write: vec![tag],
            change: vec![tag],
            ..Calls::default()
        };
        self.add(Instance::new(number, Some(tag), Kind::Sanity), calls);
        if let Some(last) = self.instances.last_mut() {
            last.waits_for_commands = true;
            last.inputs = Box::from([]);
        }
    }

    /// The tags that command a feedback, with how it follows them.
    fn commands(&self, feedback: TagId, tags: &[TagId]) -> Box<[Command]> {
        let follows = |tag: &TagId| {
            let tag = self.site.tags.get(tag.0 as usize)?;
            tag.feedback.clone().filter(|follows| follows.tag == feedback)
        };
        tags.iter()
            .map(|tag| Command {
                tag: *tag,
                feedback: follows(tag),
            })
            .collect()
    }

    fn other_bypasses(&self, of: &Tag, id: TagId) -> Vec<TagId> {
        (0_u32..)
            .zip(&self.site.tags)
            .filter(|(number, tag)| {
                TagId(*number) != id
                    && tag.role == Some(Role::Bypass)
                    && tag.device == of.device
                    && tag.area == of.area
            })
            .map(|(number, _)| TagId(number))
            .collect()
    }

    /// A built-in rule.
    pub(super) fn built(&mut self, id: &str, kind: &'static str, severity: Severity, why: &str) -> u32 {
        let info = RuleInfo::built_in(id, kind, severity, why).amended(self.site);
        self.info(info)
    }
}

/// True for kinds whose alarm stands as long as a condition does.
#[must_use]
pub(crate) const fn standing(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Interlock(_)
            | Kind::Mirror(_)
            | Kind::Balance(_)
            | Kind::Envelope(_)
            | Kind::Frozen(_)
            | Kind::Silence(_)
            | Kind::Bypass(_)
            | Kind::Baseline(_)
    )
}

/// How far inside its limits a value must come back: stated, or one percent of the range (1.7).
fn deadband(tag: &Tag) -> f64 {
    tag.deadband.unwrap_or_else(|| {
        tag.range
            .or(tag.safe)
            .map_or(0.0, |(low, high)| ((high - low) * 0.01).abs())
    })
}
