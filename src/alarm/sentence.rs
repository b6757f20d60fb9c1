//! What happened, in one sentence that an operator can act on; what follows from it; what to do now.

use super::text::{Words, duration, number};
use crate::plant::principals::{Difference, Who};
use crate::records::operation::Actor;
use crate::rules::verdict::{Cause, Detected, Limit, SelectFault, What};
use crate::site::{PrincipalId, TagId};

/// The sentences of one cause.
pub(super) struct Sentence<'a> {
    pub(super) words: &'a Words<'a>,
    pub(super) cause: &'a Cause,
    pub(super) actor: Option<&'a Actor>,
    /// The tags the rule reads.
    pub(super) inputs: &'a [TagId],
    /// Those tags with their values now.
    pub(super) live: &'a str,
    /// The first of its devices, by name; empty when it is about none.
    pub(super) asset: &'a str,
}

impl Sentence<'_> {
    /// The device it is about, by name.
    pub(super) fn device(&self) -> String {
        if self.asset.is_empty() {
            "a device".to_owned()
        } else {
            self.asset.to_owned()
        }
    }

    /// The limit, in the tag's unit where it is one number.
    fn limit_with_unit(&self) -> String {
        match self.cause.limit {
            Limit::One(limit) => self.value(limit),
            other => Words::limit(other).unwrap_or_default(),
        }
    }

    pub(super) fn tag(&self) -> &str {
        self.cause.tag.map_or("the device", |tag| self.words.name(tag))
    }

    pub(super) fn value(&self, value: f64) -> String {
        self.words.value(self.cause.tag, value)
    }

    pub(super) fn written(&self) -> String {
        self.cause
            .value
            .map_or_else(|| "a value".to_owned(), |value| self.value(value))
    }

    pub(super) fn who(&self) -> String {
        self.actor.map_or_else(|| "Somebody".to_owned(), Words::actor)
    }

    /// `, it was 100 ppm`
    pub(super) fn was(&self) -> String {
        self.cause
            .before
            .map_or_else(String::new, |before| format!(", it was {}", self.value(before)))
    }

    fn side(&self) -> String {
        let unit = self
            .cause
            .tag
            .and_then(|tag| self.words.tag(tag))
            .map_or("", |tag| tag.unit.as_str());
        let with_unit = |limit: f64| {
            if unit.is_empty() {
                number(limit)
            } else {
                format!("{} {unit}", number(limit))
            }
        };
        match (self.cause.limit, self.cause.value) {
            (Limit::Band(low, _), Some(value)) if value < low => {
                format!("below the limit of {}", with_unit(low))
            }
            (Limit::Band(_, high), Some(value)) if value > high => {
                format!("above the limit of {}", with_unit(high))
            }
            (limit, _) => Words::limit(limit).map_or_else(
                || "outside its limits".to_owned(),
                |limit| format!("outside {limit}"),
            ),
        }
    }

    fn principal(&self, principal: Option<PrincipalId>) -> Option<&str> {
        self.words
            .site
            .principals
            .get(principal?.0 as usize)
            .map(|principal| principal.name.as_str())
    }

    /// Why an actor may not.
    fn whoever(&self, who: Who) -> String {
        match self.principal(who.principal) {
            Some(name) if !who.differences.is_empty() => {
                let parts: Vec<&str> = who.differences.iter().map(Difference::name).collect();
                format!(
                    "it has the address of {name}, but not {name}'s {}",
                    parts.join(" and ")
                )
            }
            Some(name) => format!("{name} is not on the list of those who may"),
            None => "the site does not know this address".to_owned(),
        }
    }

    /// One sentence.
    #[allow(clippy::too_many_lines)] // one arm for each cause
    pub(super) fn explanation(&self) -> String {
        let tag = self.tag();
        let who = self.who();
        let value = self.written();
        let was = self.was();
        match &self.cause.what {
            What::WrittenOutside => format!("{who} wrote {tag} = {value}, {}{was}.", self.side()),
            What::ObservedOutside => format!("{tag} reads {value}, {}.", self.side()),
            What::WillLeave { within } => format!(
                "{tag} reads {value} and will leave its band {} in about {} if it goes on like this.",
                Words::limit(self.cause.limit).unwrap_or_default(),
                duration(*within)
            ),
            What::Step { by } => format!(
                "{who} changed {tag} by {} in one write to {value}{was}; one write may change it by {} at most.",
                self.value(*by),
                self.limit_with_unit()
            ),
            What::Walk { by, window } => format!(
                "{who} has moved {tag} by {} within {} in several accepted writes, now to {value}; {} is allowed.",
                self.value(*by),
                duration(*window),
                Words::limit(self.cause.limit).unwrap_or_default()
            ),
            What::Rate { rate } => format!(
                "{tag} changes by {} a second, now {value}{was}; {} a second is physically expected at most.",
                self.value(*rate),
                Words::limit(self.cause.limit).unwrap_or_default()
            ),
            What::Detected(detected) => self.detected(detected),
            What::NotAllowed => {
                format!("{who} wrote {tag} = {value}, which is not one of its allowed values{was}.")
            }
            What::Transition => {
                format!("{who} wrote {tag} = {value}, a state that may not follow the one before{was}.")
            }
            What::ForbiddenBits { bits } => {
                format!("{who} wrote {tag} = {value} and changed bits {bits:#x}, which must stay{was}.")
            }
            What::Writer { who: whom } => {
                format!("{who} wrote {tag} = {value}{was}, and {}.", self.whoever(*whom))
            }
            What::UnknownController { who: whom, action } => format!(
                "{who} sent {} to {}, and {}.",
                match action.name() {
                    "write" => "a write".to_owned(),
                    other => format!("the command {}", other.replace('_', " ")),
                },
                self.device(),
                self.whoever(*whom)
            ),
            What::Permissive => {
                format!(
                    "{who} commanded {tag} = {value} although the condition for it does not hold ({}){was}.",
                    self.live
                )
            }
            What::Interlock { lasting } => format!(
                "For {} the plant has been in a state that should not last: {}.",
                duration(*lasting),
                self.live
            ),
            What::Reversed { after } => format!(
                "{tag} was commanded to {value} only {} after the opposite command{was}.",
                duration(*after)
            ),
            What::TooOften { count, window } => format!(
                "{tag} was commanded {count} times within {}, now to {value}; {} times are allowed.",
                duration(*window),
                Words::limit(self.cause.limit).unwrap_or_default()
            ),
            What::Unselected { fault } => {
                let fault: SelectFault = *fault;
                format!("{who} operated {tag} = {value} {}{was}.", fault.text())
            }
            What::OrphanSelects { count } => {
                format!("{tag} was selected {count} times within an hour and not operated.")
            }
            What::Protected => format!("{who} wrote the protected setting {tag} = {value}{was}."),
            What::BypassSet { together } if self.actor.is_none() => {
                let others = if *together > 1 {
                    format!("; {together} bypasses of one protection are set at the same time")
                } else {
                    ": its protection does not act now".to_owned()
                };
                format!("The bypass {tag} is seen to be set, and nobody wrote it here{others}.")
            }
            What::BypassSet { together } if *together > 1 => {
                format!("{who} set {tag}; {together} bypasses of one protection are set at the same time.")
            }
            What::BypassSet { .. } => format!("{who} set the bypass {tag}: its protection does not act now."),
            What::BypassStays { lasting } => {
                format!(
                    "The bypass {tag} has been set for {}, longer than allowed.",
                    duration(*lasting)
                )
            }
            What::NotFollowed {
                feedback,
                expected,
                within,
            } => format!(
                "{tag} = {value} was accepted, but {} did not become {} within {}.",
                self.words.name(*feedback),
                expected.map_or_else(String::new, |expected| self
                    .words
                    .value(Some(*feedback), expected)),
                duration(*within)
            ),
            What::FellBack { feedback, expected } => format!(
                "After {tag} = {value}, {} became {} and fell back without a command.",
                self.words.name(*feedback),
                expected.map_or_else(String::new, |expected| self
                    .words
                    .value(Some(*feedback), expected)),
            ),
            What::Uncommanded => format!(
                "{tag} changed to {value}{was}, and no command for it was seen: local operation or a path that is not watched."
            ),
            What::Differs { by, lasting } => {
                let names: Vec<&str> = self
                    .inputs
                    .iter()
                    .take(4)
                    .map(|tag| self.words.name(*tag))
                    .collect();
                format!(
                    "{} should agree and have differed by {} for {}: {}.",
                    names.join(" and "),
                    self.value(*by),
                    duration(*lasting),
                    self.live
                )
            }
            What::Unbalanced { lasting } => format!(
                "What goes in and what comes out have differed by {} for {}, {} is allowed: {}.",
                self.cause.value.map_or_else(|| "too much".to_owned(), number),
                duration(*lasting),
                Words::limit(self.cause.limit).unwrap_or_default(),
                self.live
            ),
            What::Drifted { sum } => format!(
                "A small difference in one direction has lasted so long that it is no chance any more (sum {}).",
                number(*sum)
            ),
            What::Count { count, window, tags } => {
                let names: Vec<&str> = tags.iter().take(6).map(|tag| self.words.name(*tag)).collect();
                format!(
                    "{who} sent {count} such commands within {}: {}.",
                    duration(*window),
                    names.join(", ")
                )
            }
            What::Chatters { count, window } => format!(
                "{tag} changed its state {count} times within {}, now to {value}; {} times are allowed.",
                duration(*window),
                Words::limit(self.cause.limit).unwrap_or_default()
            ),
            What::Frozen { lasting } => format!(
                "{tag} has read exactly {value} for {}, although it usually moves.",
                duration(*lasting)
            ),
            What::Replay { samples, ago } => format!(
                "The last {samples} values of {tag} repeat those of {} ago exactly.",
                duration(*ago)
            ),
            What::Silent { lasting, usual } => {
                let what = self
                    .cause
                    .tag
                    .map_or_else(|| self.device(), |tag| self.words.name(tag).to_owned());
                let usual = if *usual > 0 {
                    format!("; usually it is heard of every {}", duration(*usual))
                } else {
                    String::new()
                };
                format!(
                    "Nothing has been heard of {what} for {}{usual}.",
                    duration(*lasting)
                )
            }
            What::SilentTogether { count, names } => {
                format!("{count} devices fell silent one after the other within a minute: {names}.")
            }
            What::Stuck { lasting } => format!(
                "{tag} has not changed for {}: the controller may have stopped, or its values are not its own.",
                duration(*lasting)
            ),
            What::OutOfSequence => {
                format!("{who} gave {tag} = {value} before the step that must come first.")
            }
            What::StepMissed { step, after } => {
                format!(
                    "Step {step} of the sequence did not come within {}.",
                    duration(*after)
                )
            }
            What::OffSchedule => format!(
                "{who} wrote {tag} = {value} at a time or in a mode in which it may not be written{was}."
            ),
            What::NotANumber { written: true } => {
                format!("{who} wrote {value} to {tag}{was}: controllers take that in unforeseen ways.")
            }
            What::NotANumber { written: false } => {
                format!("{tag} reads {value}: nothing can be concluded from it.")
            }
            What::EchoDiffers => format!(
                "The answer of {} to {who} does not repeat what was written.",
                self.device()
            ),
            What::Torn => format!(
                "{who} wrote only a part of {tag}, which now is {value}{was}; the rest did not follow."
            ),
            What::Restarted { action, who: whom } => format!(
                "{who} told {} to {}{}.",
                self.device(),
                action.name(),
                if whom.is_genuine() {
                    String::new()
                } else {
                    format!(", and {}", self.whoever(*whom))
                }
            ),
            What::ReportingBlocked { who: whom } => format!(
                "{who} switched off the reports of {} and not on again{}.",
                self.device(),
                if whom.is_genuine() {
                    String::new()
                } else {
                    format!(", and {}", self.whoever(*whom))
                }
            ),
            What::Boundary {
                from,
                to,
                protocol,
                client,
            } => format!("{client} of zone {from} talks {protocol} to zone {to}, which no conduit allows."),
            What::Security { mode, expected } => {
                format!("Messages are exchanged with security mode {mode}; the site expects {expected}.")
            }
            What::Identity {
                part,
                stated,
                expected,
            } => format!("The device states {part} {stated:?}; the site says {expected:?}."),
            What::Unusual(unusual) => self.unusual(unusual),
            What::Exposed(exposed) => exposed.explanation(),
            What::NotChecked { why } => match why {
                Some((why, of)) => format!(
                    "A rule on {tag} could not be checked: {} {}.",
                    self.words.name(*of),
                    why.said()
                ),
                None => format!("A rule on {tag} could not be checked."),
            },
        }
    }

    /// The sentence of a detection, with who, which device, and how often.
    fn detected(&self, detected: &Detected) -> String {
        let mut text = detected
            .text
            .replace("{who}", &self.who())
            .replace("{device}", &self.device());
        if !detected.note.is_empty() {
            text.push_str(&format!(" ({})", detected.note));
        }
        if detected.count > 1 {
            text.push_str(&format!(
                ", {} times within {}",
                detected.count,
                duration(detected.within)
            ));
        }
        text.push('.');
        text
    }

    /// The tags it is about, the most important first.
    pub(super) fn tags(&self) -> Vec<TagId> {
        let mut tags: Vec<TagId> = Vec::new();
        match &self.cause.what {
            What::Count { tags: involved, .. } => {
                tags.extend(self.cause.tag);
                tags.extend(involved.iter().rev());
            }
            What::NotFollowed { feedback, .. } | What::FellBack { feedback, .. } => {
                tags.extend(self.cause.tag);
                tags.push(*feedback);
            }
            What::Interlock { .. }
            | What::Differs { .. }
            | What::Unbalanced { .. }
            | What::Drifted { .. } => {
                tags.extend(self.cause.tag);
                tags.extend(self.inputs);
            }
            _ => tags.extend(self.cause.tag),
        }
        let mut seen = Vec::new();
        tags.retain(|tag| {
            let new = !seen.contains(tag);
            seen.push(*tag);
            new
        });
        tags
    }
}
