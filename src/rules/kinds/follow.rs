//! Rules about commands and what the process makes of them: feedback, uncommanded.

use super::Scene;
use crate::plant::clock::{Moment, NEVER, span};
use crate::plant::tags::Why;
use crate::plant::{Interval, Truth};
use crate::rules::evaluate::Notes;
use crate::rules::program::NodeId;
use crate::rules::verdict::{Cause, Verdict, What};
use crate::rules::write::Written;
use crate::site::{Comparison, DeviceId, Feedback, TagId};

/// The process follows an accepted command.
#[derive(Clone, Debug)]
pub struct Follows {
    /// What must follow.
    pub feedback: Feedback,
    /// What is being waited for.
    pending: Option<Pending>,
    /// The alarm stands: it has not followed yet.
    pub standing: bool,
}

/// One accepted command whose effect is awaited.
#[derive(Clone, Copy, Debug)]
struct Pending {
    /// What the feedback should be.
    expected: f64,
    /// What was commanded.
    commanded: f64,
    /// What it was before.
    before: Option<f64>,
    /// When it was accepted.
    at: Moment,
    /// It has followed, and must stay.
    followed: bool,
    /// Nobody saw the device accept it.
    unconfirmed: bool,
}

impl Follows {
    /// Nothing commanded yet.
    #[must_use]
    pub const fn new(feedback: Feedback) -> Self {
        Self {
            feedback,
            pending: None,
            standing: false,
        }
    }

    /// A command was accepted, or nobody can say whether it was.
    pub fn accepted(&mut self, scene: &Scene<'_>, written: &Written, confirmed: bool, notes: &mut Notes) {
        self.pending = None;
        let Some(commanded) = written.reading.value.number() else {
            return;
        };
        let mapped = self
            .feedback
            .map
            .iter()
            .find(|(command, _)| *command == commanded)
            .map(|(_, state)| *state);
        let expected = match mapped {
            Some(state) => state,
            // A command state without a counterpart asks for nothing.
            None if !self.feedback.map.is_empty() => return,
            None => commanded,
        };
        let now = scene.view.now;
        self.pending = Some(Pending {
            expected,
            commanded,
            before: written.before.usable().number(),
            at: now,
            followed: false,
            unconfirmed: !confirmed,
        });
        notes.again_at(now.saturating_add(self.feedback.within));
    }

    fn matches(&self, scene: &Scene<'_>, expected: f64, notes: &mut Notes) -> Truth {
        let value = scene.view.observed(self.feedback.tag, notes);
        let tolerance = self
            .feedback
            .tolerance
            .max(scene.view.tag(self.feedback.tag).observed.tolerance);
        value.compare(Comparison::Equal, Interval::exact(expected), tolerance)
    }

    /// Has it followed? Asked when the feedback changes and when its time is over.
    pub fn check(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let Some(mut pending) = self.pending else {
            return Verdict::Skip;
        };
        let now = scene.view.now;
        let state = scene.view.tag(self.feedback.tag);
        let matches = self.matches(scene, pending.expected, notes);
        let due = pending.at.saturating_add(self.feedback.within);
        let cause = |what| {
            Cause::new(what, Some(tag))
                .value(Some(pending.commanded))
                .before(pending.before)
        };
        if pending.followed {
            return self.stays(scene, tag, pending, matches, notes);
        }
        // What was seen before the command says nothing about its effect, but that it already is so does.
        if matches.is_true() && (state.seen >= pending.at || state.by_exception()) {
            pending.followed = true;
            let hold = self.feedback.hold.unwrap_or(0);
            if hold > 0 {
                notes.again_at(now.saturating_add(hold));
                self.pending = Some(pending);
            } else {
                self.pending = None;
            }
            return Verdict::Good;
        }
        if now < due {
            notes.again_at(due);
            return Verdict::Skip;
        }
        let feedback_device = scene.device_of(self.feedback.tag);
        let unseen = pending.unconfirmed
            || state.shadowed
            || scene.view.blind
            || scene.view.pairs.reports_unseen(feedback_device, pending.at, now);
        if state.by_exception() {
            // No report means no change, as long as reports come at all.
            self.pending = None;
            if unseen || matches.is_unknown() {
                notes.why = Some((Why::Blind, self.feedback.tag));
                return Verdict::Unknown;
            }
        } else {
            let period = state.period.known(2).unwrap_or(0);
            if state.seen < due.saturating_sub(period / 2) || state.seen <= pending.at {
                // It was not looked at since: the next look decides, unless nobody looks any more.
                if now
                    > state
                        .fresh_until(scene.view.pairs)
                        .max(due.saturating_add(state.max_age()))
                {
                    self.pending = None;
                    notes.why = Some((Why::Stale, self.feedback.tag));
                    return Verdict::Unknown;
                }
                notes.waits = true;
                notes.again_at(now.saturating_add(state.max_age()).saturating_add(1));
                return Verdict::Skip;
            }
            self.pending = None;
            if unseen || matches.is_unknown() {
                notes.why = Some((Why::Blind, self.feedback.tag));
                return Verdict::Unknown;
            }
        }
        // It is still awaited, so that the alarm can return when it comes late.
        self.pending = Some(Pending {
            followed: true,
            ..pending
        });
        self.standing = true;
        Verdict::Violated(cause(What::NotFollowed {
            feedback: self.feedback.tag,
            expected: Some(pending.expected),
            within: self.feedback.within,
        }))
    }

    /// It has followed (or its alarm stands): does it stay?
    fn stays(
        &mut self,
        scene: &Scene<'_>,
        tag: TagId,
        pending: Pending,
        matches: Truth,
        notes: &mut Notes,
    ) -> Verdict {
        if self.standing {
            if matches.is_true() {
                self.standing = false;
                self.pending = None;
                return Verdict::Good;
            }
            return Verdict::Skip;
        }
        let hold = self.feedback.hold.unwrap_or(0);
        if span(pending.at, scene.view.now) > hold.saturating_add(self.feedback.within) {
            self.pending = None;
            return Verdict::Skip;
        }
        if !matches.is_false() {
            return Verdict::Skip;
        }
        self.pending = None;
        let device = scene.device_of(tag);
        if scene
            .view
            .pairs
            .commands_unseen(device, pending.at, scene.view.now)
        {
            notes.why = Some((Why::Blind, tag));
            return Verdict::Unknown;
        }
        Verdict::Violated(
            Cause::new(
                What::FellBack {
                    feedback: self.feedback.tag,
                    expected: Some(pending.expected),
                },
                Some(tag),
            )
            .value(Some(pending.commanded))
            .before(pending.before),
        )
    }
}

/// A discrete feedback changes only after a command.
#[derive(Clone, Debug)]
pub struct Uncommanded {
    /// The tags that command it.
    pub commands: Box<[TagId]>,
    /// How far back a command counts.
    pub window: i64,
    /// No alarm while this is true.
    pub unless: Option<NodeId>,
    /// The tag that says that its device is switched to local, and then nothing is expected.
    pub local: Option<TagId>,
    /// A command was given at.
    commanded: Moment,
    /// The change that waits for what may explain it.
    waiting: Option<(Moment, Cause)>,
}

/// What explains a change may arrive a little later than the change: reports do not come all at once.
const EXPLANATION: i64 = 3 * tapglass_model::SECOND;

impl Uncommanded {
    /// Nothing has moved yet.
    #[must_use]
    pub const fn new(
        commands: Box<[TagId]>,
        window: i64,
        unless: Option<NodeId>,
        local: Option<TagId>,
    ) -> Self {
        Self {
            commands,
            window,
            unless,
            local,
            commanded: NEVER,
            waiting: None,
        }
    }

    /// One of its commands was given.
    pub fn commanded(&mut self, now: Moment) {
        self.commanded = now;
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
        if self.commanded != NEVER && self.commanded >= since {
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
        if self.unless.is_none() && self.local.is_none() {
            return Verdict::Violated(cause);
        }
        match self.excused(scene, notes) {
            Truth::True => Verdict::Good,
            _ => {
                let due = now.saturating_add(EXPLANATION);
                self.waiting.get_or_insert((due, cause));
                notes.again_at(due);
                Verdict::Skip
            }
        }
    }

    /// The time in which an explanation may come is over.
    pub fn overdue(&mut self, scene: &Scene<'_>, tag: TagId, notes: &mut Notes) -> Verdict {
        let Some((due, _)) = &self.waiting else {
            return Verdict::Skip;
        };
        let excused = self.excused(scene, notes);
        if excused.is_true() || self.is_local(scene, scene.device_of(tag)) {
            self.waiting = None;
            return Verdict::Good;
        }
        if scene.view.now < *due {
            notes.again_at(*due);
            return Verdict::Skip;
        }
        match self.waiting.take() {
            Some((_, cause)) if excused.is_false() => Verdict::Violated(cause),
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
