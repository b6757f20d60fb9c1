//! From the rules of a site to instances: one for each tag where a tag has its own state.

use tapglass_model::Severity;

use super::built_in;
use super::info::RuleInfo;
use super::kinds::{Kind, command, follow, plant_state, replay, sbo, still, value, who};
use super::monitor::Monitor;
use super::pattern::Pattern;
use super::program::{CompileError, NodeId, Program, tags_with_modes};
use super::set::{Instance, RuleSet};
use crate::site::{EnvelopeOn, Event, EventKind, Expression, Role, Rule, RuleKind, Site, Tag, TagId};

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

    #[allow(clippy::too_many_lines)] // one arm for each kind
    fn kind(&mut self, number: u32, rule: &Rule) -> Result<(), CompileError> {
        let when = self.optional(rule.when.as_ref())?;
        match &rule.kind {
            RuleKind::Envelope {
                tags,
                low,
                high,
                on,
                predict,
            } => {
                let limits = self.reads(&[low.as_ref(), high.as_ref()]);
                let (low, high) = (self.optional(low.as_ref())?, self.optional(high.as_ref())?);
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let on_write = matches!(on, EnvelopeOn::Write | EnvelopeOn::Both);
                    let on_observation = matches!(on, EnvelopeOn::Observation | EnvelopeOn::Both);
                    let kind = Kind::Envelope(Box::new(value::Envelope {
                        low,
                        high,
                        on_write,
                        on_observation,
                        predict: *predict,
                        trend: value::Trend::default(),
                    }));
                    let mut calls = Calls::default();
                    if on_write {
                        calls.write.push(tag);
                    }
                    if on_observation {
                        calls.change.push(tag);
                        calls.change.extend(&limits);
                    } else {
                        calls.inputs.extend(&limits);
                    }
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Step { tags, step } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        write: vec![tag],
                        inputs: vec![tag],
                        ..Calls::default()
                    };
                    let kind = Kind::Step(value::Step { step: *step });
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Walk { tags, limit, window } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        accept: vec![tag],
                        ..Calls::default()
                    };
                    let kind = Kind::Walk(Box::new(value::Walk::new(*limit, *window)));
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Rate { tags, rate } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Rate(Box::new(value::Rate::new(*rate)));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Domain {
                tags,
                allowed,
                transitions,
                bits,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Domain(Box::new(value::Domain {
                        allowed: allowed.clone().into_boxed_slice(),
                        transitions: transitions.clone().into_boxed_slice(),
                        bits: *bits,
                    }));
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::Writers { tags, allowed } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Writers(who::Writers {
                        allowed: allowed.clone().into_boxed_slice(),
                    });
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::LimitWrite { tags, except } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::LimitWrite(who::LimitWrite {
                        except: except.clone().into_boxed_slice(),
                    });
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::Schedule { tags, allowed } => {
                let inputs = self.reads(&[Some(allowed)]);
                let allowed = self.compile(allowed)?;
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        inputs: inputs.clone(),
                        ..written(tag)
                    };
                    let kind = Kind::Schedule(who::Schedule { allowed });
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Bypass { tags, longest } => {
                for &tag in tags.tags() {
                    let others = self.other_bypasses(self.tag(tag)?, tag);
                    let calls = Calls {
                        write: vec![tag],
                        accept: vec![tag],
                        change: vec![tag],
                        inputs: Vec::new(),
                    };
                    let kind = Kind::Bypass(Box::new(who::Bypass::new(*longest, others)));
                    self.instance(number, rule, Some(tag), kind, when, calls);
                }
            }
            RuleKind::Permissive { on, require } => {
                let inputs = self.reads(&[Some(require)]);
                let require = self.compile(require)?;
                let (on, tags) = self.event(on)?;
                let calls = Calls {
                    write: tags,
                    inputs,
                    ..Calls::default()
                };
                let kind = Kind::Permissive(Box::new(plant_state::Permissive { on, require }));
                self.instance(number, rule, None, kind, when, calls);
            }
            RuleKind::Interlock {
                condition,
                then,
                within,
            } => {
                let tags = self.reads(&[Some(condition), Some(then)]);
                let mut follows = self.reads(&[Some(then)]);
                if follows.is_empty() {
                    // `then = "false"`: the condition alone is what must not last.
                    follows.clone_from(&tags);
                }
                let (condition, then) = (self.compile(condition)?, self.compile(then)?);
                let kind = Kind::Interlock(Box::new(plant_state::Interlock::new(
                    condition,
                    then,
                    *within,
                    follows.into_boxed_slice(),
                )));
                self.instance(number, rule, None, kind, when, watched(tags));
            }
            RuleKind::Mirror { a, b, tolerance, .. } => {
                let tags = self.reads(&[Some(a), Some(b)]);
                let first = tags.first().copied();
                let (a, b) = (self.compile(a)?, self.compile(b)?);
                let kind = Kind::Mirror(Box::new(plant_state::Mirror::new(a, b, *tolerance, first)));
                self.instance(number, rule, None, kind, when, watched(tags));
                self.delay_of_kind(rule);
            }
            RuleKind::Balance {
                residual,
                limit,
                cusum,
                ..
            } => {
                let tags = self.reads(&[Some(residual)]);
                let first = tags.first().copied();
                let residual = self.compile(residual)?;
                let kind = Kind::Balance(Box::new(plant_state::Balance::new(
                    residual, *limit, *cusum, first,
                )));
                self.instance(number, rule, None, kind, when, watched(tags));
                self.delay_of_kind(rule);
            }
            RuleKind::Cycle {
                tags,
                min_gap,
                max,
                window,
                count_same,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let calls = Calls {
                        write: vec![tag],
                        change: vec![tag],
                        ..Calls::default()
                    };
                    let kind = Kind::Cycle(Box::new(command::Cycle::new(
                        *min_gap,
                        *max,
                        *window,
                        *count_same,
                    )));
                    self.instance(number, rule, Some(tag), kind, when, calls);
                    if let Some(last) = self.instances.last_mut() {
                        last.waits_for_commands = true;
                        last.inputs = Box::from([]);
                    }
                }
            }
            RuleKind::Count {
                on,
                distinct,
                max,
                window,
                per_principal,
            } => {
                let change = on.kind == EventKind::Change;
                let (on, tags) = self.event(on)?;
                let kind = Kind::Count(Box::new(command::Count::new(
                    on,
                    *distinct,
                    *max,
                    *window,
                    *per_principal,
                )));
                let mut calls = Calls::default();
                if change {
                    calls.change = tags;
                } else {
                    calls.write = tags;
                }
                self.instance(number, rule, None, kind, when, calls);
            }
            RuleKind::Sequence {
                steps,
                forbid_first,
                deadline,
            } => {
                let mut calls = Calls::default();
                let mut patterns = Vec::new();
                for event in steps.iter().chain(forbid_first) {
                    let (pattern, tags) = self.event(event)?;
                    if event.kind == EventKind::Change {
                        calls.change.extend(tags);
                    } else {
                        calls.write.extend(tags);
                    }
                    patterns.push(pattern);
                }
                let forbid = if forbid_first.is_some() {
                    patterns.pop()
                } else {
                    None
                };
                let kind = Kind::Sequence(Box::new(command::Sequence::new(patterns, forbid, *deadline)));
                self.instance(number, rule, None, kind, when, calls);
            }
            RuleKind::Sbo {
                tags,
                need,
                timeout,
                orphans_per_hour,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Sbo(Box::new(sbo::Sbo::new(*need, *timeout, *orphans_per_hour)));
                    self.instance(number, rule, Some(tag), kind, when, written(tag));
                }
            }
            RuleKind::Follows { tag, feedback } => {
                self.tag(*tag)?;
                self.tag(feedback.tag)?;
                let calls = Calls {
                    accept: vec![*tag],
                    change: vec![feedback.tag],
                    ..Calls::default()
                };
                let kind = Kind::Follows(Box::new(follow::Follows::new(feedback.clone())));
                self.instance(number, rule, Some(*tag), kind, when, calls);
            }
            RuleKind::Uncommanded { tags, window, unless } => {
                let excuse = self.reads(&[unless.as_ref()]);
                let unless = self.optional(unless.as_ref())?;
                for (tag, commands) in tags {
                    let local = self.local_switch(self.tag(*tag)?);
                    let mut change = vec![*tag];
                    change.extend(&excuse);
                    change.extend(local);
                    let calls = Calls {
                        write: commands.clone(),
                        change,
                        ..Calls::default()
                    };
                    let kind = Kind::Uncommanded(Box::new(follow::Uncommanded::new(
                        commands.clone().into_boxed_slice(),
                        *window,
                        unless,
                        local,
                    )));
                    self.instance(number, rule, Some(*tag), kind, when, calls);
                }
            }
            RuleKind::Frozen {
                tags,
                lasting,
                driver,
            } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Frozen(Box::new(still::Frozen::new(*lasting, *driver)));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Replay { tags } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    let kind = Kind::Replay(Box::new(replay::Replay::new(self.horizon)));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Silence { tags, longest, .. } => {
                for &tag in tags.tags() {
                    let heartbeat = self.tag(tag)?.role == Some(Role::Heartbeat);
                    let kind = Kind::Silence(Box::new(still::Silence::new(*longest, heartbeat)));
                    self.instance(number, rule, Some(tag), kind, when, changed(tag));
                }
            }
            RuleKind::Sanity { tags } => {
                for &tag in tags.tags() {
                    self.tag(tag)?;
                    self.sanity(number, tag);
                }
            }
            #[allow(unreachable_patterns)] // a kind that is new in the site and not yet known here
            other => {
                let text = format!("rules of kind {} are not judged by this version", other.name());
                if let Some(info) = self.infos.last_mut() {
                    info.error = Some(text);
                }
                let kind = Kind::NotEvaluated(other.name());
                self.instance(number, rule, None, kind, when, Calls::default());
            }
        }
        Ok(())
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

    /// The tag that says that a device is switched to local: a bit of the same device that is named so. (A site says it
    /// in words only; the convention is `X.LOCAL`, or `local` in the description of a bit.)
    fn local_switch(&self, of: &Tag) -> Option<TagId> {
        let named = |tag: &Tag| {
            let name = tag.name.to_ascii_lowercase();
            let last = name.rsplit(['.', '_', '-', ':', '/']).next().unwrap_or("");
            matches!(last, "local" | "loc" | "lr" | "localremote")
        };
        let described = |tag: &Tag| {
            let text = tag.description.to_ascii_lowercase();
            tag.role.is_none() && (text.contains("local/remote") || text.contains("local control"))
        };
        let same = || {
            (0_u32..)
                .zip(&self.site.tags)
                .filter(|(_, tag)| tag.device == of.device)
        };
        same()
            .find(|(_, tag)| named(tag))
            .or_else(|| same().find(|(_, tag)| described(tag)))
            .map(|(number, _)| TagId(number))
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
        self.info(RuleInfo::built_in(id, kind, severity, why))
    }
}

fn written(tag: TagId) -> Calls {
    Calls {
        write: vec![tag],
        ..Calls::default()
    }
}

fn changed(tag: TagId) -> Calls {
    Calls {
        change: vec![tag],
        ..Calls::default()
    }
}

/// Called for every change of what it reads, also by an accepted command.
fn watched(tags: Vec<TagId>) -> Calls {
    Calls {
        change: tags,
        ..Calls::default()
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
