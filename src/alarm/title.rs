//! What is wrong, in a few words.

use super::sentence::Sentence;
use crate::rules::verdict::What;

impl Sentence<'_> {
    /// What is wrong, in a few words.
    pub(super) fn title(&self) -> String {
        let tag = self.tag();
        match &self.cause.what {
            What::WrittenOutside => format!("{tag} written outside its band"),
            What::ObservedOutside => format!("{tag} outside its band"),
            What::WillLeave { .. } => format!("{tag} is about to leave its band"),
            What::Step { .. } => format!("{tag} changed too far in one write"),
            What::Walk { .. } => format!("{tag} moved too far in small steps"),
            What::Rate { .. } => format!("{tag} changes too fast"),
            What::Detected(detected) => detected.title.to_owned(),
            What::NotAllowed => format!("{tag} written with a value that is not allowed"),
            What::Transition => format!("{tag} sent to a state that may not follow"),
            What::ForbiddenBits { .. } => format!("{tag} written with bits that may not change"),
            What::Writer { who } if who.principal.is_some() && !who.differences.is_empty() => {
                format!("{tag} written under a false identity")
            }
            What::Writer { .. } => format!("{tag} written by somebody who may not"),
            What::UnknownController { .. } => "A device is commanded by somebody unknown".to_owned(),
            What::Permissive => format!("{tag} commanded while its condition does not hold"),
            What::Interlock { .. } => "Conditions that exclude each other hold".to_owned(),
            What::Reversed { .. } => format!("{tag} reversed too soon"),
            What::TooOften { .. } => format!("{tag} commanded too often"),
            What::Unselected { .. } => format!("{tag} operated without a proper select"),
            What::OrphanSelects { .. } => format!("{tag} selected and never operated"),
            What::Protected => format!("{tag} written: a protected setting"),
            What::BypassSet { together } if *together > 1 => {
                format!("{tag} set: {together} bypasses at a time")
            }
            What::BypassSet { .. } => format!("{tag} set: a protection is bypassed"),
            What::BypassStays { .. } => format!("{tag} stays bypassed"),
            What::NotFollowed { .. } => format!("The process does not follow {tag}"),
            What::FellBack { .. } => format!("The process fell back from {tag}"),
            What::Uncommanded => format!("{tag} moved without a command"),
            What::Differs { .. } => match self.inputs {
                [a, b, ..] => format!("{} and {} differ", self.words.name(*a), self.words.name(*b)),
                _ => "Two measurements of one quantity differ".to_owned(),
            },
            What::Unbalanced { .. } | What::Drifted { .. } => "A balance does not close".to_owned(),
            What::Count { .. } => "Too many commands in a short time".to_owned(),
            What::Chatters { .. } => format!("{tag} changes to and fro"),
            What::Frozen { .. } => format!("{tag} stands still"),
            What::Replay { .. } => format!("{tag} repeats its past"),
            What::Silent { .. } => match self.cause.tag {
                Some(_) => format!("{tag} is not heard of"),
                None => "A device is not heard of".to_owned(),
            },
            What::SilentTogether { count, .. } => format!("{count} devices are not heard of"),
            What::Stuck { .. } => format!("{tag} does not beat"),
            What::OutOfSequence => format!("{tag} out of sequence"),
            What::StepMissed { .. } => "A step of a sequence is missing".to_owned(),
            What::OffSchedule => format!("{tag} written when it may not be"),
            What::NotANumber { written: true } => format!("{tag} written with what is not a number"),
            What::NotANumber { written: false } => format!("{tag} reads as what is not a number"),
            What::EchoDiffers => "A device answered with other values than were written".to_owned(),
            What::Torn => format!("Half of {tag} was written"),
            What::Restarted { action, .. } => format!("A device was told to {}", action.name()),
            What::ReportingBlocked { .. } => "Reporting was switched off".to_owned(),
            What::Boundary { from, to, .. } => format!("Zone {from} talks to zone {to}"),
            What::Security { mode, .. } => format!("A device is used with message security {mode}"),
            What::Identity { part, .. } => format!("A device states another {part}"),
            What::Unusual(unusual) => self.unusual_title(unusual),
            What::Exposed(exposed) => exposed.title(),
            What::NotChecked { .. } => "A rule could not be checked".to_owned(),
        }
    }
}
