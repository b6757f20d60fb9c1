//! Rules about commands and what the process makes of them: feedback, uncommanded.

use tapglass_model::SECOND;

use super::Scene;
use crate::plant::clock::{Moment, span};
use crate::plant::tags::Why;
use crate::plant::{Interval, Truth};
use crate::rules::evaluate::Notes;
use crate::rules::verdict::{Cause, Verdict, What};
use crate::rules::write::Written;
use crate::site::{Comparison, Feedback, TagId};

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
    /// A command that asks again for what is already awaited, as a cyclic writer or a second attempt does, gives no more
    /// time, and an alarm that stands stays.
    pub fn accepted(&mut self, scene: &Scene<'_>, written: &Written, confirmed: bool, notes: &mut Notes) {
        let standing = std::mem::replace(&mut self.standing, false);
        let awaited = self.pending.take();
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
        if let Some(awaited) = awaited
            && awaited.expected == expected
            && (standing || !awaited.followed)
            // The first of them that was seen to be accepted begins the time.
            && (!confirmed || !awaited.unconfirmed)
        {
            self.pending = Some(awaited);
            self.standing = standing;
            return;
        }
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
