//! A discrete feedback changes only after a command.

use tapglass_model::SECOND;

use super::Scene;
use crate::plant::clock::Moment;
use crate::plant::tags::Why;
use crate::plant::{Interval, Truth};
use crate::rules::evaluate::Notes;
use crate::rules::program::NodeId;
use crate::rules::verdict::{Cause, Verdict, What};
use crate::rules::write::Write;
use crate::site::{Comparison, DeviceId, Feedback, TagId};

/// A tag that commands a feedback.
#[derive(Clone, Debug)]
pub struct Command {
    /// The tag.
    pub tag: TagId,
    /// How the feedback follows it, where the site says so.
    pub feedback: Option<Feedback>,
}

impl Command {
    /// The state to which a command leads; `None` when the site does not say.
    fn leads_to(&self, commanded: Option<f64>) -> Option<f64> {
        let feedback = self.feedback.as_ref()?;
        let commanded = commanded?;
        if feedback.map.is_empty() {
            return Some(commanded);
        }
        feedback
            .map
            .iter()
            .find(|(command, _)| *command == commanded)
            .map(|(_, state)| *state)
    }

    /// Is the state one that is commanded, and not one that is only passed through, such as travel? Without a map, on
    /// and off are.
    fn is_target(&self, state: f64) -> bool {
        self.feedback.as_ref().is_some_and(|feedback| {
            if feedback.map.is_empty() {
                state == 0.0 || state == 1.0
            } else {
                feedback.map.iter().any(|(_, target)| *target == state)
            }
        })
    }
}

/// States of which the last command is remembered.
const STATES: usize = 8;

/// A discrete feedback changes only after a command.
#[derive(Clone, Debug)]
pub struct Uncommanded {
    /// The tags that command it.
    pub commands: Box<[Command]>,
    /// How far back a command counts.
    pub window: i64,
    /// No alarm while this is true.
    pub unless: Option<NodeId>,
    /// The tag that says that its device is switched to local, and then nothing is expected.
    pub local: Option<TagId>,
    /// When each state was commanded last; a command of which the site does not say where it leads is one of `None`.
    commanded: Vec<(Option<f64>, Moment)>,
    /// The change that waits for what may explain it: until when, since when a command would count, and what it is.
    waiting: Option<(Moment, Moment, Cause)>,
}

/// What explains a change may arrive a little later than the change: reports do not come all at once, and that a command
/// was lost is seen only with the next message of its sender.
const EXPLANATION: i64 = 5 * SECOND;

impl Uncommanded {
    /// Nothing has moved yet.
    #[must_use]
    pub const fn new(
        commands: Box<[Command]>,
        window: i64,
        unless: Option<NodeId>,
        local: Option<TagId>,
    ) -> Self {
        Self {
            commands,
            window,
            unless,
            local,
            commanded: Vec::new(),
            waiting: None,
        }
    }

    /// A command was accepted, or nobody can say whether it was. One that repeats what is so already, as a cyclic writer
    /// does, is none.
    pub fn accepted(&mut self, scene: &Scene<'_>, write: &Write) {
        for command in &self.commands {
            let Some(written) = write.of(command.tag).filter(|written| written.counts) else {
                continue;
            };
            // Of several points in one message, those that were refused are not commanded.
            if scene.view.tag(command.tag).commanded_at != scene.view.now {
                continue;
            }
            let state = command.leads_to(written.reading.value.number());
            self.commanded.retain(|known| known.0 != state);
            if self.commanded.len() == STATES {
                self.commanded.remove(0);
            }
            self.commanded.push((state, write.at));
        }
    }

    /// Was this state commanded since then?
    fn explains(&self, state: f64, since: Moment) -> bool {
        let target = self.commands.iter().any(|command| command.is_target(state));
        self.commanded
            .iter()
            .any(|(to, at)| *at >= since && (!target || to.is_none_or(|to| to == state)))
    }

    /// It has changed.
    pub fn changed(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let state = scene.view.tag(tag);
        let now = scene.view.now;
        let before = scene.before(tag).and_then(|before| before.usable().number());
        let (Some(old), Some(new)) = (before, scene.view.observed(tag, notes).number()) else {
            return Verdict::Skip;
        };
        if old == new {
            return Verdict::Skip;
        }
        // It moved at some time since it was last seen to be the old; a command counts that long before.
        let since = state.seen_before.min(now).saturating_sub(self.window);
        if self.explains(new, since) {
            self.waiting = None;
            return Verdict::Good;
        }
        let device = scene.device_of(tag);
        if scene.view.pairs.commands_unseen(device, since, now)
            || !scene.listened_since(device, since)
            || state.shadowed
        {
            notes.why = Some((Why::Blind, tag));
            return Verdict::Unknown;
        }
        if self.is_local(scene, device) {
            return Verdict::Good;
        }
        let cause = Cause::new(What::Uncommanded, Some(tag))
            .value(Some(new))
            .before(Some(old));
        match self.excused(scene, notes) {
            Truth::True => Verdict::Good,
            _ => {
                let due = now.saturating_add(EXPLANATION);
                self.waiting.get_or_insert((due, since, cause));
                notes.again_at(due);
                Verdict::Skip
            }
        }
    }

    /// The time in which an explanation may come is over.
    pub fn overdue(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let Some((due, since, cause)) = &self.waiting else {
            return Verdict::Skip;
        };
        // The answer to a command may come after its effect, or not at all.
        if cause.value.is_some_and(|state| self.explains(state, *since)) {
            self.waiting = None;
            return Verdict::Good;
        }
        let device = scene.device_of(tag);
        if scene.view.pairs.commands_unseen(device, *since, scene.view.now) {
            self.waiting = None;
            notes.why = Some((Why::Blind, tag));
            return Verdict::Unknown;
        }
        let excused = self.excused(scene, notes);
        if excused.is_true() || self.is_local(scene, device) {
            self.waiting = None;
            return Verdict::Good;
        }
        if scene.view.now < *due {
            notes.again_at(*due);
            return Verdict::Skip;
        }
        match self.waiting.take() {
            Some((.., cause)) if excused.is_false() => Verdict::Violated(cause),
            _ => Verdict::Unknown,
        }
    }

    fn excused(&self, scene: &Scene<'_>, notes: &mut Notes) -> Truth {
        self.unless
            .map_or(Truth::False, |unless| scene.view.truth(unless, notes))
    }

    fn is_local(&self, scene: &Scene<'_>, _device: DeviceId) -> bool {
        self.local.is_some_and(|tag| {
            let value = scene.view.present(tag, &mut Notes::default());
            value
                .compare(Comparison::NotEqual, Interval::exact(0.0), 0.0)
                .is_true()
        })
    }
}
