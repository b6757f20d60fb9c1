//! All rules of a site, compiled: instances, operators and the indexes that lead to them.

use tapglass_model::SECOND;

use super::condition::Condition;
use super::coverage::Coverage;
use super::index::Index;
use super::info::RuleInfo;
use super::kinds::Kind;
use super::monitor::{Memory, Monitor};
use super::program::{NodeId, Program};
use super::timer::Timers;
use super::windows::Windows;
use crate::plant::clock::{FOREVER, Moment, NEVER};
use crate::site::{EventKind, Site, TagId};

/// A rule for one tag, or for the site as a whole.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Place of its rule.
    pub rule: u32,
    /// Its tag, where each tag has its own.
    pub tag: Option<TagId>,
    /// What it demands, with its memory.
    pub kind: Kind,
    /// Armed only while this is true.
    pub when: Option<NodeId>,
    /// The delays of a standing condition.
    pub condition: Condition,
    /// Violated for so long; `None` is the default of the kind.
    pub on_delay: Option<i64>,
    /// Good for so long; `None` is the default.
    pub off_delay: Option<i64>,
    /// How far inside its limits a value must come back.
    pub deadband: f64,
    /// When it is to be looked at next.
    pub due: Moment,
    /// When the newest event happened that it has counted.
    pub newest: Moment,
    /// The tags whose values it reads.
    pub inputs: Box<[TagId]>,
    /// It waits for commands: without any it is idle.
    pub waits_for_commands: bool,
    /// Its second condition: the prediction of an envelope.
    pub prediction: Condition,
}

/// Everything that is compiled.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// What is fixed about each rule.
    pub infos: Vec<RuleInfo>,
    /// What each rule has seen.
    pub coverage: Vec<Coverage>,
    /// Conditions.
    pub program: Program,
    /// Temporal operators.
    pub monitors: Vec<Monitor>,
    /// Instances in order of rule and tag: the order of judgement.
    pub instances: Vec<Instance>,
    /// Time windows.
    pub windows: Windows,
    /// Deadlines.
    pub timers: Timers,
    /// Instances by the tags whose commands they judge.
    pub on_write: Index,
    /// Instances by the tags whose accepted commands they await.
    pub on_accept: Index,
    /// Instances by the tags whose changes they judge.
    pub on_change: Index,
    /// Operators by the tags that they read.
    pub operators: Index,
    /// Operators that count commands, by tag.
    pub counters: Index,
    /// The tags of which a rule counts repeats too, in order.
    pub repeats: Vec<TagId>,
}

/// The default time for which a condition must be good: a minute, or six samples if that is longer (1.7).
pub const OFF_DELAY: i64 = 60 * SECOND;

impl RuleSet {
    /// Compiles the rules of a site.
    #[must_use]
    pub fn new(site: &Site) -> Self {
        let mut builder = super::compile::Builder::new(site);
        for rule in &site.rules {
            builder.rule(rule);
        }
        builder.built_in();
        builder.finish()
    }

    /// Completes a set from its parts.
    #[must_use]
    pub(crate) fn from_parts(
        site: &Site,
        infos: Vec<RuleInfo>,
        program: Program,
        monitors: Vec<Monitor>,
        instances: Vec<Instance>,
        [on_write, on_accept, on_change]: [Vec<(TagId, u32)>; 3],
    ) -> Self {
        let tags = site.tags.len();
        let mut operators = Vec::new();
        let mut counters = Vec::new();
        for (number, monitor) in (0_u32..).zip(&monitors) {
            let counts = match &monitor.memory {
                Memory::Count { pattern, .. } => pattern.kind() != EventKind::Change,
                _ => false,
            };
            for tag in &monitor.tags {
                if counts {
                    counters.push((*tag, number));
                } else {
                    operators.push((*tag, number));
                }
            }
        }
        let mut repeats: Vec<TagId> = instances
            .iter()
            .filter(|instance| matches!(&instance.kind, Kind::Cycle(cycle) if cycle.count_same))
            .filter_map(|instance| instance.tag)
            .collect();
        repeats.sort_unstable();
        Self {
            repeats,
            coverage: vec![Coverage::default(); infos.len()],
            infos,
            program,
            monitors,
            instances,
            windows: Windows::new(site),
            timers: Timers::default(),
            on_write: Index::new(tags, on_write),
            on_accept: Index::new(tags, on_accept),
            on_change: Index::new(tags, on_change),
            operators: Index::new(tags, operators),
            counters: Index::new(tags, counters),
        }
    }

    /// The place of a rule by its id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<u32> {
        self.infos
            .iter()
            .position(|info| info.id == id)
            .and_then(|place| u32::try_from(place).ok())
    }
}

impl Instance {
    /// An instance that has seen nothing.
    #[must_use]
    pub fn new(rule: u32, tag: Option<TagId>, kind: Kind) -> Self {
        Self {
            rule,
            tag,
            kind,
            when: None,
            condition: Condition::default(),
            on_delay: None,
            off_delay: None,
            deadband: 0.0,
            due: FOREVER,
            inputs: Box::from([]),
            waits_for_commands: false,
            newest: NEVER,
            prediction: Condition::default(),
        }
    }
}
