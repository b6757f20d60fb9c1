//! Rules: what must hold, and what to tell the operator when it does not (site-and-rules 1.5).

use tapglass_model::Severity;

use super::{DeviceId, Event, EventKind, Expression, Feedback, Location, PrincipalId, TagId, TagSet};

/// What triggers an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnvelopeOn {
    /// Writes of the tag.
    Write,
    /// Observed values of the tag.
    Observation,
    /// Both.
    Both,
}

/// What a rule does when it cannot tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnknown {
    /// Counted in coverage only.
    Quiet,
    /// One low event an hour, counted in coverage.
    Advise,
    /// As if violated.
    Alarm,
}

/// Whether a point must be selected before it is operated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectBeforeOperate {
    /// A direct operate is a violation.
    Required,
    /// Only operate without a matching select is.
    Matching,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleSource {
    /// Written in a rules file.
    Written,
    /// Brought by the role of a tag.
    Role(super::Role),
    /// Brought by a key of a tag that has no role: its `writers`.
    Tag,
    /// Learned: it comes from `baseline.toml`.
    Learned,
    /// Part of a rule pack that the site loads.
    Pack,
    /// Built in, needs no site.
    BuiltIn,
}

/// Two states of a binary command that undo each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinaryCommand {
    /// One state.
    pub one: f64,
    /// The opposite.
    pub other: f64,
}

/// Command value to expected feedback value.
pub type FeedbackMap = Vec<(f64, f64)>;

/// What exactly must hold. Durations are nanoseconds. Each tag of a [`TagSet`] has its own state.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RuleKind {
    /// The value stays in [low, high].
    Envelope {
        /// Which tags.
        tags: TagSet,
        /// Lower limit.
        low: Option<Expression>,
        /// Upper limit.
        high: Option<Expression>,
        /// Triggered by.
        on: EnvelopeOn,
        /// Advise when the limit would be reached within so long.
        predict: Option<i64>,
    },
    /// One write changes the value by at most `step`.
    Step {
        /// Which tags.
        tags: TagSet,
        /// Engineering units.
        step: f64,
    },
    /// Accepted writes within a window stay within `limit` of each other.
    Walk {
        /// Which tags.
        tags: TagSet,
        /// Engineering units.
        limit: f64,
        /// Window.
        window: i64,
    },
    /// The observed value changes by at most `rate` in a second.
    Rate {
        /// Which tags.
        tags: TagSet,
        /// Engineering units per second.
        rate: f64,
    },
    /// A written value is one of those allowed.
    Domain {
        /// Which tags.
        tags: TagSet,
        /// Allowed values; empty is any.
        allowed: Vec<f64>,
        /// Allowed transitions from and to; empty is any.
        transitions: Vec<(f64, f64)>,
        /// Bits that a write may change; `None` is all.
        bits: Option<u64>,
    },
    /// Only these principals write.
    Writers {
        /// Which tags.
        tags: TagSet,
        /// Who may.
        allowed: Vec<PrincipalId>,
    },
    /// A command is allowed only while a condition holds.
    Permissive {
        /// The command.
        on: Event,
        /// The condition.
        require: Expression,
    },
    /// When a condition holds for some time, another must hold too.
    Interlock {
        /// If this is true without a break for `within` ...
        condition: Expression,
        /// ... and this is not true by then.
        then: Expression,
        /// Time to get there.
        within: i64,
    },
    /// A command is not reversed too soon or too often.
    Cycle {
        /// Which tags.
        tags: TagSet,
        /// Shortest time between opposite commands.
        min_gap: Option<i64>,
        /// At most so many commands ...
        max: Option<u32>,
        /// ... in this window.
        window: i64,
        /// Repeats of the same state count too.
        count_same: bool,
    },
    /// An observed state does not change to and fro.
    Chatter {
        /// Which tags.
        tags: TagSet,
        /// At most so many changes ...
        max: u32,
        /// ... in this window.
        window: i64,
    },
    /// Select before operate, on the points and on the association.
    Sbo {
        /// Which tags.
        tags: TagSet,
        /// Whether direct operate is allowed.
        need: SelectBeforeOperate,
        /// A select is good for so long.
        timeout: i64,
        /// Selects that are never operated: more than this an hour.
        orphans_per_hour: u32,
    },
    /// Any write to the tag is reported.
    LimitWrite {
        /// Which tags.
        tags: TagSet,
        /// Except by these.
        except: Vec<PrincipalId>,
    },
    /// A bypass that is set is reported; one that stays set for too long is reported again.
    Bypass {
        /// Which tags.
        tags: TagSet,
        /// Longest allowed bypass.
        longest: Option<i64>,
    },
    /// The process follows an accepted command.
    Follows {
        /// The commanded tag.
        tag: TagId,
        /// What must follow.
        feedback: Feedback,
    },
    /// A discrete feedback changes only after a command.
    Uncommanded {
        /// Feedback tags with their command tags.
        tags: Vec<(TagId, Vec<TagId>)>,
        /// How far back a command counts.
        window: i64,
        /// No alarm while this is true.
        unless: Option<Expression>,
    },
    /// Two paths to one quantity agree.
    Mirror {
        /// One.
        a: Expression,
        /// The other.
        b: Expression,
        /// Allowed difference.
        tolerance: f64,
        /// For longer than this.
        skew: i64,
    },
    /// A residual stays small.
    Balance {
        /// The residual.
        residual: Expression,
        /// Its limit.
        limit: f64,
        /// For longer than this.
        lasting: i64,
        /// CUSUM slack k, threshold h, and the time in which what is usual is followed, if it is stated.
        cusum: Option<(f64, f64, Option<i64>)>,
    },
    /// Not more than `max` events in a window.
    Count {
        /// The event.
        on: Event,
        /// Count tags (or devices), not events.
        distinct: Option<Distinct>,
        /// Allowed number.
        max: u32,
        /// Window.
        window: i64,
        /// Counted for each principal or for the site.
        per_principal: bool,
    },
    /// A measurement that moves with another does not stand still.
    Frozen {
        /// Which tags.
        tags: TagSet,
        /// For at least this long, where the site says; else learned.
        lasting: Option<i64>,
        /// The tag that drives it, and how far it must have moved.
        driver: Option<(TagId, f64)>,
    },
    /// A measurement does not repeat an earlier stretch.
    Replay {
        /// Which tags.
        tags: TagSet,
    },
    /// The device or tag is heard of regularly.
    Silence {
        /// Which tags, each by itself.
        tags: TagSet,
        /// Which devices as a whole.
        devices: Vec<DeviceId>,
        /// Longest silence; `None` is learned.
        longest: Option<i64>,
        /// So many devices within a minute make one alarm of the site, where it is stated.
        stations: Option<usize>,
    },
    /// Steps come in order and in time.
    Sequence {
        /// The steps.
        steps: Vec<Event>,
        /// An event that may not come before the first step.
        forbid_first: Option<Event>,
        /// Time for each step.
        deadline: i64,
    },
    /// Writes only in a window.
    Schedule {
        /// Which tags.
        tags: TagSet,
        /// Allowed while this is true.
        allowed: Expression,
    },
    /// Not a number, torn writes, echoes that differ.
    Sanity {
        /// Which tags.
        tags: TagSet,
    },
    /// Nothing that was not learned.
    Baseline(super::Learned),
}

/// What `distinct` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    /// Tags.
    Tag,
    /// Devices.
    Device,
}

impl RuleKind {
    /// The word of site files and of `expected_any_of`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Envelope { .. } => "envelope",
            Self::Step { .. } => "step",
            Self::Walk { .. } => "walk",
            Self::Rate { .. } => "rate",
            Self::Domain { .. } => "domain",
            Self::Writers { .. } => "writers",
            Self::Permissive { .. } => "permissive",
            Self::Interlock { .. } => "interlock",
            Self::Cycle { .. } => "cycle",
            Self::Chatter { .. } => "chatter",
            Self::Sbo { .. } => "sbo",
            Self::LimitWrite { .. } => "limit-write",
            Self::Bypass { .. } => "bypass",
            Self::Follows { .. } => "feedback",
            Self::Uncommanded { .. } => "uncommanded",
            Self::Mirror { .. } => "mirror",
            Self::Balance { .. } => "balance",
            Self::Count { .. } => "count",
            Self::Frozen { .. } => "frozen",
            Self::Replay { .. } => "replay",
            Self::Silence { .. } => "silence",
            Self::Sequence { .. } => "sequence",
            Self::Schedule { .. } => "schedule",
            Self::Sanity { .. } => "sanity",
            Self::Baseline(_) => "baseline",
        }
    }
}

/// What happens in a test: `write AIC201.SP = 11100 by hmi1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestAction {
    /// What is done.
    pub kind: EventKind,
    /// To which tag.
    pub tag: TagId,
    /// With which value, in the tag's unit.
    pub value: f64,
    /// By whom; `None` is somebody whom the site does not know (`by stranger`).
    pub by: Option<PrincipalId>,
}

/// A test that a rule carries (site-and-rules 1.8).
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTest {
    /// Name.
    pub name: String,
    /// Values that hold before.
    pub given: Vec<(TagId, f64)>,
    /// What happens first, a second apart; what the rule says to that does not count.
    pub before: Vec<TestAction>,
    /// What happens, as written.
    pub event: String,
    /// What happens, resolved.
    pub action: TestAction,
    /// When it happens, nanoseconds since the epoch; `None` is a Tuesday at ten in the site's time.
    pub at: Option<i64>,
    /// `none` or the severity that must be raised.
    pub expect: Option<Severity>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id: as written, or `TAG/kind` when a role brings it.
    pub id: String,
    /// What must hold.
    pub kind: RuleKind,
    /// Where it comes from.
    pub source: RuleSource,
    /// Severity before arithmetic.
    pub severity: Severity,
    /// Armed only while this is true.
    pub when: Option<Expression>,
    /// What to do when it cannot tell.
    pub on_unknown: OnUnknown,
    /// Violated for so long before it alarms; `None` is the default of the kind (site-and-rules 1.7).
    pub on_delay: Option<i64>,
    /// Good for so long before it returns; `None` is the default.
    pub off_delay: Option<i64>,
    /// Why it matters.
    pub why: String,
    /// What to look at.
    pub check: String,
    /// What happens when nobody acts.
    pub consequence: String,
    /// ATT&CK for ICS ids.
    pub attack: Vec<String>,
    /// Who owns it.
    pub owner: String,
    /// Change record.
    pub moc: String,
    /// Switched off by the engineer.
    pub disabled: bool,
    /// Its tests.
    pub tests: Vec<RuleTest>,
    /// Where it is written (the tag's place when a role brings it).
    pub location: Location,
}
