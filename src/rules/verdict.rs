//! What a rule says: good, violated and how, or that it cannot tell.

use std::net::IpAddr;

use tapglass_model::{Action, Severity};

use crate::plant::principals::Who;
use crate::plant::tags::Why;
use crate::site::{PrincipalId, TagId};

/// The verdict of one evaluation.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The rule has nothing to say to this.
    Skip,
    /// It holds.
    Good,
    /// It cannot tell.
    Unknown,
    /// It does not hold.
    Violated(Cause),
}

/// The limit that was passed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Limit {
    /// The rule has none.
    #[default]
    None,
    /// One number.
    One(f64),
    /// A band; an end that is infinite is not limited.
    Band(f64, f64),
}

impl Limit {
    /// In a few words; `None` without a limit.
    #[must_use]
    pub fn text(self) -> Option<String> {
        use crate::alarm::number;
        match self {
            Self::None => None,
            Self::One(one) => Some(number(one)),
            Self::Band(low, high) if low.is_finite() && high.is_finite() => {
                Some(format!("{}..{}", number(low), number(high)))
            }
            Self::Band(low, _) if low.is_finite() => Some(format!("at least {}", number(low))),
            Self::Band(_, high) if high.is_finite() => Some(format!("at most {}", number(high))),
            Self::Band(..) => None,
        }
    }
}

/// How a rule was violated, with the numbers an operator needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// What is wrong.
    pub what: What,
    /// The tag it is about.
    pub tag: Option<TagId>,
    /// The value that is wrong, in the tag's unit.
    pub value: Option<f64>,
    /// The value before.
    pub before: Option<f64>,
    /// The limit.
    pub limit: Limit,
    /// Overrides the severity of the rule.
    pub severity: Option<Severity>,
}

impl Cause {
    /// A cause without numbers.
    #[must_use]
    pub const fn new(what: What, tag: Option<TagId>) -> Self {
        Self {
            what,
            tag,
            value: None,
            before: None,
            limit: Limit::None,
            severity: None,
        }
    }

    /// With the value.
    #[must_use]
    pub const fn value(mut self, value: Option<f64>) -> Self {
        self.value = value;
        self
    }

    /// With the value before.
    #[must_use]
    pub const fn before(mut self, before: Option<f64>) -> Self {
        self.before = before;
        self
    }

    /// With the limit.
    #[must_use]
    pub const fn limit(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    /// With its own severity.
    #[must_use]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// What was not seen while learning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unusual {
    /// An observed value.
    Observed,
    /// A written value.
    Written,
    /// How fast it changes.
    Pace {
        /// Units per second.
        rate: f64,
    },
    /// Who writes.
    Writer,
    /// With which function a known writer writes.
    WriteFunction(u32),
    /// Who uses which function on a device.
    Talk {
        /// The client's address.
        client: IpAddr,
        /// The client, if the site names it.
        known: Option<PrincipalId>,
        /// Function code or service id.
        function: u32,
    },
}

/// What a built-in detection found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// What is wrong, in a few words.
    pub title: &'static str,
    /// A sentence without its full stop; `{who}` and `{device}` stand for the client and the device.
    pub text: &'static str,
    /// More about this occurrence; empty when there is no more.
    pub note: String,
    /// How often it happened.
    pub count: u32,
    /// Within this time.
    pub within: i64,
}

/// What is wrong. Durations are nanoseconds.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A written value is outside its band.
    WrittenOutside,
    /// An observed value is outside its band.
    ObservedOutside,
    /// The value will leave its band.
    WillLeave {
        /// Within so long.
        within: i64,
    },
    /// One write changes too much.
    Step {
        /// By how much.
        by: f64,
    },
    /// Many writes together change too much.
    Walk {
        /// By how much.
        by: f64,
        /// In this window.
        window: i64,
    },
    /// The value changes too fast.
    Rate {
        /// Units per second.
        rate: f64,
    },
    /// One of the built-in detections.
    Detected(Box<Detected>),
    /// The written value is not one of those allowed.
    NotAllowed,
    /// The state may not be reached from the one before.
    Transition,
    /// The write changes bits that it may not.
    ForbiddenBits {
        /// Those bits.
        bits: u64,
    },
    /// Written by somebody who may not.
    Writer {
        /// Who it was.
        who: Who,
    },
    /// A device was told something by somebody the site does not know.
    UnknownController {
        /// Who it was.
        who: Who,
        /// What was told.
        action: Action,
    },
    /// A command although its condition does not hold.
    Permissive,
    /// Two conditions that exclude each other hold.
    Interlock {
        /// For so long.
        lasting: i64,
    },
    /// A command was reversed too soon.
    Reversed {
        /// After so long.
        after: i64,
    },
    /// Too many commands.
    TooOften {
        /// So many.
        count: u32,
        /// In this window.
        window: i64,
    },
    /// Operated without a select that matches.
    Unselected {
        /// What is wrong with the select.
        fault: SelectFault,
    },
    /// Selected again and again and never operated.
    OrphanSelects {
        /// So many in the last hour.
        count: u32,
    },
    /// A protected setting was written.
    Protected,
    /// A bypass was set.
    BypassSet {
        /// How many are set in the same area.
        together: u32,
    },
    /// A bypass stays set.
    BypassStays {
        /// For so long.
        lasting: i64,
    },
    /// The process does not follow an accepted command.
    NotFollowed {
        /// The tag that should have followed.
        feedback: TagId,
        /// What it should be.
        expected: Option<f64>,
        /// Within so long.
        within: i64,
    },
    /// It followed and fell back.
    FellBack {
        /// The tag that followed.
        feedback: TagId,
        /// What it should be.
        expected: Option<f64>,
    },
    /// It moved without a command.
    Uncommanded,
    /// Two paths to one quantity differ.
    Differs {
        /// By how much.
        by: f64,
        /// For so long.
        lasting: i64,
    },
    /// A balance does not close.
    Unbalanced {
        /// For so long.
        lasting: i64,
    },
    /// A balance is slightly off for very long (CUSUM).
    Drifted {
        /// The sum that passed its threshold.
        sum: f64,
    },
    /// A pattern of events was too frequent.
    Count {
        /// How often.
        count: u32,
        /// In this window.
        window: i64,
        /// The tags that took part, oldest first.
        tags: Vec<TagId>,
    },
    /// What was not seen while learning.
    Unusual(Unusual),
    /// A state changes to and fro.
    Chatters {
        /// How often.
        count: u32,
        /// In this window.
        window: i64,
    },
    /// A measurement stands still.
    Frozen {
        /// For so long.
        lasting: i64,
    },
    /// A measurement repeats an earlier stretch.
    Replay {
        /// So many samples.
        samples: u32,
        /// From so long ago.
        ago: i64,
    },
    /// Nothing is heard.
    Silent {
        /// For so long.
        lasting: i64,
        /// Usually heard of every so often.
        usual: i64,
    },
    /// Several devices have fallen silent in a short time.
    SilentTogether {
        /// So many.
        count: usize,
        /// Their names, the first of them.
        names: String,
    },
    /// A heartbeat does not beat.
    Stuck {
        /// For so long.
        lasting: i64,
    },
    /// A step came before it may.
    OutOfSequence,
    /// A step did not come in time.
    StepMissed {
        /// Its number, from 1.
        step: u32,
        /// After so long.
        after: i64,
    },
    /// Written outside the times or modes in which it is allowed.
    OffSchedule,
    /// Not a number, or infinite.
    NotANumber {
        /// Written, not read.
        written: bool,
    },
    /// The device's answer does not repeat the request.
    EchoDiffers,
    /// Half of a value was written.
    Torn,
    /// A device was restarted, stopped or started.
    Restarted {
        /// What was told.
        action: Action,
        /// By whom.
        who: Who,
    },
    /// Reporting was switched off and not on again.
    ReportingBlocked {
        /// By whom.
        who: Who,
    },
    /// Two zones talk that no conduit joins.
    Boundary {
        /// Zone of the one who asks, or `outside`.
        from: String,
        /// Zone of the one who answers, or `outside`.
        to: String,
        /// With what.
        protocol: &'static str,
        /// Who asks.
        client: std::net::IpAddr,
    },
    /// Messages are less protected than expected.
    Security {
        /// The mode in use.
        mode: String,
        /// What is expected.
        expected: String,
    },
    /// A device says that it is another.
    Identity {
        /// `vendor`, `product`, `firmware` ...
        part: &'static str,
        /// What it says.
        stated: String,
        /// What the site says.
        expected: String,
    },
    /// The picture of devices and conversations shows it.
    Exposed(Box<super::exposed::Exposed>),
    /// The rule could not be checked.
    NotChecked {
        /// Why.
        why: Option<(Why, TagId)>,
    },
}

/// What is wrong with a select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectFault {
    /// The point must be selected first and was operated directly.
    Direct,
    /// There was none.
    Missing,
    /// It was of other points or other parameters.
    Different,
    /// It is too old.
    Late,
    /// Its sequence number does not precede that of the operate.
    Sequence,
}

impl SelectFault {
    /// In words, after "operated".
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Direct => "directly, without select",
            Self::Missing => "without select",
            Self::Different => "differently from what was selected",
            Self::Late => "after its select had expired",
            Self::Sequence => "out of sequence with its select",
        }
    }
}

/// What becomes of a rule's alarm.
#[derive(Clone, Debug)]
pub enum Report {
    /// It happened, now.
    Event(Cause),
    /// The condition stands.
    Active(Cause),
    /// The condition is gone.
    Inactive,
    /// The rule is not armed any more while its alarm stands.
    Disarmed,
    /// It could not be checked, and somebody should know.
    Advice(Option<(Why, TagId)>),
}

/// What one rule has to report in one step.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The instance that reports.
    pub instance: u32,
    /// What.
    pub report: Report,
    /// It rests on a value that its device marks as uncertain, or that may be outdated.
    pub uncertain: bool,
    /// A standing condition was found again: no new alarm, only its values.
    pub since: Option<i64>,
}
