//! A site: who may talk, which points exist, what is safe (what an engineer writes, read and checked).

mod address;
mod amend;
mod attack;
mod baseline;
pub(crate) mod cells;
mod csv_reader;
mod device;
mod diagnostic;
mod duration;
mod english;
mod expression;
mod fields;
mod gaps;
mod language;
mod load;
mod names;
mod network;
mod overlap;
pub mod packs;
mod place;
mod read;
mod render;
pub mod report;
mod roles;
mod rule;
mod rule_kinds;
mod source;
pub(crate) mod suggest;
mod tag;
mod toml_reader;
mod unit;
mod written;

pub use amend::BuiltInChange;
pub use attack::{current_technique, former_technique};
pub use baseline::{Learned, TagLimits, Talk, Usual};
pub use device::{Conduit, Defaults, Device, Principal, Protocol, StationSpec, Window, Zone};
pub use diagnostic::{Diagnostic, DiagnosticSeverity, SiteErrors};
pub(crate) use duration::{parse as nanoseconds, text as duration_text};
pub use expression::{Comparison, Event, EventKind, Expression, Name, Operator, Slot, TagSet};
pub use gaps::{Gap, gaps};
pub use language::{Cost, tag_word};
pub use load::Loaded;
pub use names::fits;
pub use network::{Place, is_public};
pub use render::{RenderStyle, render};
pub use rule::{
    BinaryCommand, Distinct, EnvelopeOn, FeedbackMap, OnUnknown, Rule, RuleKind, RuleSource, RuleTest,
    SelectBeforeOperate, TestAction,
};
pub use source::SourceFile;
pub use tag::{Address, Bits, CrobStates, DataType, Feedback, OwnedNode, Role, Scale, State, Tag, WordOrder};

/// The words of the kinds of rules that a site can write.
pub fn rule_kinds() -> impl Iterator<Item = &'static str> {
    rule_kinds::KINDS.iter().map(|kind| kind.name)
}

/// Place of a device in [`Site::devices`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub u32);

/// Place of a principal in [`Site::principals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalId(pub u32);

/// Place of a tag in [`Site::tags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(pub u32);

/// Place of a rule in [`Site::rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// Where something is written: file (relative to the site), line and column from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// File name, such as `plant.toml`.
    pub file: String,
    /// Line from 1.
    pub line: u32,
    /// Column from 1, in characters.
    pub column: u32,
}

/// Everything an engineer wrote about a plant, checked, with role packs spelled out as rules.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Name for people.
    pub name: String,
    /// IANA time zone for windows and for people; UTC when empty.
    pub timezone: String,
    /// The devices.
    pub devices: Vec<Device>,
    /// Those who may write.
    pub principals: Vec<Principal>,
    /// The points.
    pub tags: Vec<Tag>,
    /// Every rule: written ones and those that a role brings.
    pub rules: Vec<Rule>,
    /// What it changes of rules that are built in.
    pub built_in: Vec<BuiltInChange>,
    /// Time windows by name.
    pub windows: Vec<Window>,
    /// Operating modes by name.
    pub modes: Vec<(String, Expression)>,
    /// Zones of the network.
    pub zones: Vec<Zone>,
    /// What may pass between zones.
    pub conduits: Vec<Conduit>,
    /// What holds for every rule that does not say otherwise; already part of the rules.
    pub defaults: Defaults,
    /// Rule packs to load beside the site's own rules.
    pub packs: Vec<String>,
    /// What was learned of tags beyond limits, by tag; empty without a `baseline.toml`.
    pub usual: Vec<Usual>,
    /// How many [`Slot`]s the expressions of this site use.
    pub slots: u32,
}
