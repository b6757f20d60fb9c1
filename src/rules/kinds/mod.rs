//! The kinds of rules: what each remembers and how it judges (site-and-rules 1.5).

pub mod baseline;
pub mod change;
pub mod chatter;
pub mod count;
pub mod cycle;
pub mod domain;
pub mod follow;
pub mod plant_state;
pub mod replay;
pub mod sanity;
pub mod sbo;
pub mod sequence;
pub mod still;
pub mod uncommanded;
pub mod value;
pub mod who;

use super::evaluate::View;
use crate::plant::clock::Moment;
use crate::plant::reading::Reading;
use crate::site::{DeviceId, Site, TagId};

/// Everything a kind can ask.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The moment of the judgement, also where what is judged happened earlier.
    pub present: Moment,
    /// Values, at this moment.
    pub view: View<'a>,
    /// What the engineer wrote.
    pub site: &'a Site,
}

impl Scene<'_> {
    /// The device of a tag.
    #[must_use]
    pub fn device_of(&self, tag: TagId) -> DeviceId {
        self.site
            .tags
            .get(tag.0 as usize)
            .map_or(DeviceId(u32::MAX), |tag| tag.device)
    }

    /// What a tag was before, when its observed value has changed in this step (and was not only seen again).
    #[must_use]
    pub fn before(&self, tag: TagId) -> Option<Reading> {
        let state = self.view.tag(tag);
        (state.before_step == self.view.step && state.changed == self.present).then_some(state.before)
    }

    /// Was the capture running since then?
    #[must_use]
    pub fn listened_since(&self, _device: DeviceId, since: Moment) -> bool {
        self.view.pairs.started() <= since
    }
}

/// What a rule demands, with its memory.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `envelope`
    Envelope(Box<value::Envelope>),
    /// `step`
    Step(change::Step),
    /// `walk`
    Walk(Box<change::Walk>),
    /// `rate`
    Rate(Box<change::Rate>),
    /// `domain`
    Domain(Box<domain::Domain>),
    /// `writers`
    Writers(who::Writers),
    /// `limit-write`
    LimitWrite(who::LimitWrite),
    /// `schedule`
    Schedule(who::Schedule),
    /// `bypass`
    Bypass(Box<who::Bypass>),
    /// `permissive`
    Permissive(Box<plant_state::Permissive>),
    /// `interlock`
    Interlock(Box<plant_state::Interlock>),
    /// `mirror`
    Mirror(Box<plant_state::Mirror>),
    /// `balance`
    Balance(Box<plant_state::Balance>),
    /// `cycle`
    Cycle(Box<cycle::Cycle>),
    /// `chatter`
    Chatter(Box<chatter::Chatter>),
    /// `count`
    Count(Box<count::Count>),
    /// `sequence`
    Sequence(Box<sequence::Sequence>),
    /// `sbo`
    Sbo(Box<sbo::Sbo>),
    /// `feedback`
    Follows(Box<follow::Follows>),
    /// `uncommanded`
    Uncommanded(Box<uncommanded::Uncommanded>),
    /// `frozen`
    Frozen(Box<still::Frozen>),
    /// `silence`
    Silence(Box<still::Silence>),
    /// `replay`
    Replay(Box<replay::Replay>),
    /// `baseline`
    Baseline(Box<baseline::Baseline>),
    /// `sanity`
    Sanity,
    /// What is built in and not about a tag; judged by the engine itself.
    BuiltIn,
    /// It cannot be judged, and coverage says so.
    NotEvaluated(&'static str),
}
