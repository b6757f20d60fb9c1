//! What follows when nobody acts, and what to do now, where neither rule nor tag says it.

use super::sentence::Sentence;
use crate::rules::verdict::What;

impl Sentence<'_> {
    /// What happens when nobody acts, where the rule does not say.
    pub(super) fn consequence(&self) -> &'static str {
        match &self.cause.what {
            What::WrittenOutside | What::Step { .. } | What::Walk { .. } => {
                "The controller drives the process to this value."
            }
            What::ObservedOutside | What::WillLeave { .. } | What::Rate { .. } => {
                "The process leaves the range in which it is safe."
            }
            What::Detected(_) => "Whoever did it can go on.",
            What::NotAllowed | What::Transition | What::ForbiddenBits { .. } => {
                "The controller works in a state that nobody has foreseen."
            }
            What::Writer { .. } | What::UnknownController { .. } => {
                "Somebody other than the operators controls the process."
            }
            What::Permissive | What::Interlock { .. } | What::OutOfSequence | What::StepMissed { .. } => {
                "Equipment runs in a state against which it is not protected."
            }
            What::Reversed { .. } | What::TooOften { .. } | What::Chatters { .. } => {
                "Switching so often destroys the equipment."
            }
            What::Unselected { .. } | What::OrphanSelects { .. } => {
                "The check that protects against operating the wrong point is passed over."
            }
            What::Protected | What::BypassSet { .. } | What::BypassStays { .. } => {
                "A protection or an alarm may not act when it is needed."
            }
            What::NotFollowed { .. } | What::FellBack { .. } => {
                "The plant is not in the state that the operator believes."
            }
            What::Uncommanded => "Somebody or something operates the plant on a way that is not watched.",
            What::Differs { .. } | What::Unbalanced { .. } | What::Drifted { .. } => {
                "At least one measurement is wrong, and control acts on it."
            }
            What::Count { .. } => {
                "Many changes at a time are more than an operator does, and than a plant bears."
            }
            What::Frozen { .. } | What::Replay { .. } | What::Stuck { .. } => {
                "What the operator sees is not what the process does."
            }
            What::Silent { .. } | What::ReportingBlocked { .. } => "What the process does now is not seen.",
            What::SilentTogether { .. } => "What a whole part of the plant does now is not seen.",
            What::OffSchedule => "A change is made that nobody expects at this time.",
            What::NotANumber { .. } | What::Torn | What::EchoDiffers => {
                "The controller may calculate with a value that nobody meant."
            }
            What::Restarted { .. } => "Control is interrupted, and outputs go to their start-up state.",
            What::Boundary { .. } => "What should be kept apart can reach each other.",
            What::Security { .. } => "Values can be read and changed on the way.",
            What::Identity { .. } => "The device may not be the one that was approved.",
            What::Unusual(_) => "Nothing by itself: it is new, and somebody should know why.",
            What::Exposed(exposed) => exposed.consequence(),
            What::NotChecked { .. } => "A violation of this rule would not be noticed.",
        }
    }

    /// What to do now, where the rule does not say.
    pub(super) fn response(&self) -> Vec<String> {
        let tag = self.tag();
        let mut steps = Vec::new();
        match &self.cause.what {
            What::Writer { .. } | What::UnknownController { .. } => {
                steps.push("Find the machine that sent it, and whether anybody works there.".to_owned());
            }
            What::WrittenOutside
            | What::Step { .. }
            | What::Walk { .. }
            | What::NotAllowed
            | What::Transition
            | What::ForbiddenBits { .. }
            | What::Permissive
            | What::OutOfSequence
            | What::OffSchedule
            | What::NotANumber { written: true }
            | What::Torn => {
                steps.push(format!("Ask whether an operator is changing {tag} now."));
            }
            What::Protected | What::BypassSet { .. } | What::BypassStays { .. } => {
                steps.push(format!("Ask whether there is a permit for changing {tag}."));
            }
            What::Count { .. } | What::Reversed { .. } | What::TooOften { .. } | What::Unselected { .. } => {
                steps.push("Ask the control room who is operating.".to_owned());
            }
            What::NotFollowed { feedback, .. } | What::FellBack { feedback, .. } => {
                steps.push(format!(
                    "Look at {} on site or at another indicator.",
                    self.words.name(*feedback)
                ));
            }
            What::SilentTogether { .. } => {
                steps.push(
                    "Check what these devices share: network, power, the client that asks them.".to_owned(),
                );
            }
            What::Silent { .. } | What::ReportingBlocked { .. } | What::Stuck { .. } => {
                steps.push("Check the device and its connection.".to_owned());
            }
            What::Restarted { .. } => {
                steps.push("Check that the device runs and what state it started in.".to_owned())
            }
            What::Uncommanded => steps.push("Ask whether somebody operates on site.".to_owned()),
            What::Boundary { .. } => {
                steps.push("Find out who asks, and close the way or allow it.".to_owned())
            }
            What::Security { .. } => steps.push("Check the configuration of client and server.".to_owned()),
            What::Exposed(exposed) => steps.push(exposed.response().to_owned()),
            // Each detection says what to look at.
            What::Detected(_) => {}
            What::Identity { .. } => steps.push("Ask whether the device was replaced or updated.".to_owned()),
            _ => steps.push(format!("Compare {tag} with an independent indicator.")),
        }
        if let (Some(before), Some(tag)) = (self.cause.before, self.cause.tag)
            && matches!(
                self.cause.what,
                What::WrittenOutside
                    | What::Step { .. }
                    | What::Walk { .. }
                    | What::NotAllowed
                    | What::Writer { .. }
                    | What::NotANumber { written: true }
                    | What::Protected
            )
        {
            steps.push(format!(
                "If not, set {} back to {}.",
                self.words.name(tag),
                self.words.value(Some(tag), before)
            ));
        }
        steps
    }
}
