//! Rules about commands and what the process makes of them: feedback, uncommanded.

use tapglass_model::SECOND;

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
        match self.look(scene, &pending, due) {
            Look::Decides => {}
            Look::Awaited(again) => {
                notes.waits = true;
                notes.again_at(again);
                return Verdict::Skip;
            }
            Look::Missing(why) => {
                self.pending = None;
                notes.why = Some((why, self.feedback.tag));
                return Verdict::Unknown;
            }
        }
        self.pending = None;
        if pending.unconfirmed || scene.view.blind || matches.is_unknown() {
            notes.why.get_or_insert((Why::Blind, self.feedback.tag));
            return Verdict::Unknown;
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

    /// Was the feedback looked at when its time was over? An older value may have changed since.
    fn look(&self, scene: &Scene<'_>, pending: &Pending, due: Moment) -> Look {
        let now = scene.view.now;
        let tag = self.feedback.tag;
        let state = scene.view.tag(tag);
        let period = state.period.known(2).unwrap_or(0);
        let soon = due.saturating_sub((period / 2).min(self.feedback.within / 2));
        if state.seen > pending.at && state.seen >= soon {
            return Look::Decides;
        }
        if !state.by_exception() {
            let last = state
                .fresh_until(scene.view.pairs)
                .max(due.saturating_add(state.max_age()));
            return if now > last {
                Look::Missing(Why::Stale)
            } else {
                Look::Awaited(now.saturating_add(state.max_age()).saturating_add(1))
            };
        }
        // No report means no change, if something was heard of the reporter since and nothing was lost.
        let Some(rhythm) = state
            .reported_by
            .and_then(|pair| scene.view.pairs.get(pair))
            .map(|pair| &pair.heard[1])
        else {
            return Look::Missing(Why::Never);
        };
        if rhythm.last < due {
            let pause = rhythm.period.known(2).unwrap_or(SECOND) / 2;
            return if rhythm.alive(now) {
                Look::Awaited(now.saturating_add(pause.clamp(SECOND / 5, 10 * SECOND)))
            } else {
                Look::Missing(Why::Stale)
            };
        }
        let device = scene.device_of(tag);
        if scene.view.pairs.reports_unseen(device, pending.at, now) {
            Look::Missing(Why::Blind)
        } else {
            Look::Decides
        }
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

/// What the last look at the feedback is worth.
enum Look {
    /// It shows what came of the command.
    Decides,
    /// The next look does; ask again then.
    Awaited(Moment),
    /// There will be none.
    Missing(Why),
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

    /// One of its commands was given, or was seen a little late.
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
        let Some((due, since, _)) = &self.waiting else {
            return Verdict::Skip;
        };
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
