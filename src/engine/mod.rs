//! From operations to alarms: the process image, the rules over it, and the alarms they raise.
//!
//! [`Engine`] is the only door. It is driven in capture order by one thread, reads no clock, and speaks of operations,
//! points and stations, never of a protocol.

mod answer;
mod boundary;
mod command;
mod detect;
mod events;
mod exposure;
mod learned;
mod observe;
mod points;
mod records;
mod registers;
mod rehearse;
mod report;
mod row;
mod screens;
mod settle;
mod silence;
mod step;
mod talk;
mod time;
mod torn;
mod watch;

use std::sync::Arc;

use jiff::tz::TimeZone;

use tapglass_model::{CaptureTime, Station};
use tapglass_proto::{Answer, Blind, BlindReason, Direction, Operation};

use crate::alarm::{Book, Transition};
use crate::conversation::Context;
use crate::plant::bind::Binding;
use crate::plant::clock::{Clock, FOREVER, Moment, NEVER};
use crate::plant::device_clock::DeviceClock;
use crate::plant::learn::Period;
use crate::plant::pairs::{Pairs, Target};
use crate::plant::principals::Principals;
use crate::plant::reading::Coding;
use crate::plant::tags::TagState;
use crate::records::frame_number;
use crate::records::operation::OperationRecord;
use crate::rules::kinds::sbo::Selects;
use crate::rules::set::RuleSet;
use crate::rules::verdict::Finding;
use crate::site::{Site, TagId};

use answer::Pending;
use detect::Detect;
use exposure::Exposure;
use points::RawPoints;
use watch::Watch;

pub use learned::Seen;
pub use points::RawPoint;
pub use rehearse::{Rehearsal, rehearse};
pub use screens::{LastWrite, RuleView, TagView, Totals};

/// What the engine keeps beyond what the rules need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Make an [`Output::Operation`] for every point of every operation.
    pub operations: bool,
    /// Make one for every point of a command, not for what devices report.
    pub commands: bool,
    /// Remember points that have no tag, for the screens.
    pub raw_points: bool,
    /// Samples kept for each tag's trend; 0 keeps none.
    pub trend: usize,
}

/// What comes out of the engine, in the order in which it happened.
#[derive(Clone, Debug)]
pub enum Output {
    /// An alarm was raised or has changed.
    Alarm(Box<Transition>),
    /// Something was done to a point (only with [`Options::operations`]).
    Operation(Box<OperationRecord>),
}

/// Plant, rules and alarms of one site.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Shared by the copies of a replay: it never changes.
    site: Arc<Site>,
    options: Options,
    zone: TimeZone,
    clock: Clock,
    /// The moment that is being worked on; behind the clock while deadlines are done.
    now: Moment,
    /// When the events happened that are judged, by their device; [`NEVER`] when that is now.
    happened: Moment,
    /// One transaction or one deadline.
    step: u64,
    /// The capture was blind at `now`.
    blind: bool,
    /// The next deadline, or [`FOREVER`].
    next: Moment,
    /// Names the capture that is read, as frame numbers do.
    seen_in: u64,
    binding: Binding,
    codings: Vec<Coding>,
    tags: Vec<TagState>,
    pairs: Pairs,
    principals: Principals,
    clocks: Vec<DeviceClock>,
    rules: RuleSet,
    selects: Selects,
    pending: Pending,
    watch: Watch,
    /// Who uses which function, where that was learned or is being learned.
    talk: Option<Box<talk::Talk>>,
    detect: Detect,
    book: Book,
    raw: RawPoints,
    screens: screens::Kept,
    exposure: Exposure,
    outputs: Vec<Output>,
    scratch: Scratch,
}

/// Lists that are used again for every step, so that a step allocates nothing.
#[derive(Clone, Debug, Default)]
struct Scratch {
    touched: Vec<TagId>,
    found: Vec<TagId>,
    queue: Vec<u32>,
    waiting: Vec<u32>,
    findings: Vec<Finding>,
    transitions: Vec<Transition>,
}

impl Engine {
    /// An engine for a site; an empty site watches and raises only what needs no site.
    #[must_use]
    pub fn new(site: Site, options: Options) -> Self {
        let codings: Vec<Coding> = site.tags.iter().map(Coding::new).collect();
        let binding = Binding::new(&site, &codings);
        let tags: Vec<TagState> = site
            .tags
            .iter()
            .enumerate()
            .map(|(place, tag)| {
                let poll = site
                    .devices
                    .get(tag.device.0 as usize)
                    .and_then(|device| device.poll);
                let mut state = TagState::new(tag.max_age, poll);
                if let (None, Some(usual)) = (poll, site.usual.get(place).and_then(|usual| usual.poll)) {
                    state.period = Period::learned(usual);
                }
                state
            })
            .collect();
        let rules = RuleSet::new(&site);
        let zone = site.zone();
        Self {
            zone,
            clock: Clock::default(),
            now: 0,
            happened: NEVER,
            step: 1,
            blind: false,
            next: FOREVER,
            seen_in: 0,
            principals: Principals::new(&site),
            clocks: vec![DeviceClock::default(); site.devices.len()],
            screens: screens::Kept::new(&site, options.trend),
            watch: Watch::new(&site, &rules),
            talk: talk::Talk::new(&site),
            detect: Detect::new(&rules),
            raw: RawPoints::default(),
            pending: Pending::default(),
            selects: Selects::default(),
            book: Book::default(),
            exposure: Exposure::default(),
            pairs: Pairs::default(),
            outputs: Vec::new(),
            scratch: Scratch::default(),
            binding,
            codings,
            tags,
            rules,
            options,
            site: Arc::new(site),
        }
    }

    /// The site.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Something was heard of a conversation: call for every message, also those without operations, before its
    /// operations, so that the engine knows which directions it sees and who has fallen silent.
    /// `station` is the one that it is from or for; `None` when it speaks for none, as a gateway's own words do.
    pub fn message(
        &mut self,
        context: &Context<'_>,
        from: Direction,
        station: Option<Station>,
        at: CaptureTime,
    ) {
        let moment = self.moment(at);
        let slot = self.pairs.slot(context.conversation);
        self.hear(slot, from, station, moment);
        self.watch_card(context, from, slot, moment);
    }

    /// An operation as its request states it, or values that a device reports.
    pub fn operation(&mut self, context: &Context<'_>, operation: &Operation<'_>) {
        let moment = self.moment(operation.at);
        self.seen_in = operation.frame - frame_number(operation.frame);
        let slot = self.pairs.slot(context.conversation);
        let target = self.devices_at(slot, operation.station);
        if self.talk.is_some() {
            self.talked(context, &target, operation);
        }
        if operation.action == tapglass_model::Action::Report {
            self.report(context, slot, &target, operation, moment);
        } else {
            self.watch_anonymous(context, slot, operation);
            self.command(context, slot, &target, operation, moment);
            if !operation.repeats {
                self.look_at_operation(context, slot, operation);
            }
        }
    }

    /// False when no rule, screen or record needs values that devices report: without a site there is nothing to hold
    /// them against.
    #[must_use]
    #[inline]
    pub fn wants_reports(&self) -> bool {
        !self.site.devices.is_empty()
            || self.options.raw_points
            || self.options.operations
            || self.talk.is_some()
    }

    /// The moment of something that happened, not later than now. What waited for a missing segment is told late and lies
    /// back; that does not set the clock, only frames do.
    fn moment(&mut self, at: CaptureTime) -> Moment {
        if self.clock.moment(at) > self.now || !self.clock.started() {
            self.advance(at);
        }
        self.clock.moment(at).min(self.now)
    }

    /// The devices behind a station of a conversation.
    fn devices_at(&mut self, slot: usize, station: Station) -> Target {
        let (binding, site) = (&self.binding, &self.site);
        self.pairs.devices(slot, station, |conversation| {
            binding.find(
                site,
                conversation.protocol,
                conversation.server.ip,
                conversation.server.port,
                station,
            )
        })
    }

    /// The answer to an operation of the same conversation.
    pub fn answer(&mut self, context: &Context<'_>, answer: &Answer<'_>) {
        self.moment(answer.at);
        self.answered(context, answer);
    }

    /// Time has come this far: call for every frame, before what the frame carries. Only comparisons when nothing is due.
    pub fn advance(&mut self, now: CaptureTime) {
        let offset = self.clock.offset();
        let silence = self.clock.advance(now);
        self.now = self.clock.now();
        if self.clock.offset() != offset {
            self.rules.windows.set_offset(self.clock.offset());
        }
        // What is due at this very moment waits for what this frame brings.
        if self.now > self.next || silence.is_some() || !self.watch.begun() {
            self.pass(silence);
        }
    }

    /// Something was not seen: of one conversation, or, without a context, of everything.
    pub fn blind(&mut self, context: Option<&Context<'_>>, blind: &Blind<'_>) {
        let from = self.clock.moment(blind.from).min(self.now);
        let until = self.clock.moment(blind.until).min(self.now).max(from);
        let Some(context) = context else {
            if matches!(blind.reason, BlindReason::CaptureDrop | BlindReason::Gap) {
                self.pairs.everything.add(from, until);
                self.shadow(None);
            }
            return;
        };
        let slot = self.pairs.slot(context.conversation);
        let Some(id) = self.pairs.pair_of(slot) else {
            return;
        };
        let Some(pair) = self.pairs.get_mut(id) else {
            return;
        };
        match blind.reason {
            BlindReason::Encrypted => {
                let first = !std::mem::replace(&mut pair.encrypted, true);
                if first {
                    self.await_boundary(id);
                }
            }
            // The other direction simply does not come; what follows from that is seen by listening.
            BlindReason::OneDirection => {}
            _ => {
                for direction in [Direction::FromClient, Direction::FromServer] {
                    if blind.direction.is_none_or(|lost| lost == direction) {
                        pair.blind[direction.index()].add(from, until);
                    }
                }
                // Without its request an answer may not be understood, so either direction counts.
                self.shadow(Some(id));
            }
        }
    }

    /// A station or client says who it is.
    pub fn identity(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        self.stated(context, of, station, key, value);
        self.look_at_statement(context, of, station, key, value);
    }

    /// A conversation is over; `orderly` when it was closed by its ends and not given up.
    pub fn conversation_closed(&mut self, number: u32, orderly: bool, now: CaptureTime) {
        self.moment(now);
        if let Some(pair) = self.pairs.close(number, orderly, self.now) {
            self.watch.closed(pair, orderly);
        }
    }

    /// The capture is over: what is still open is decided as far as it can be.
    pub fn finish(&mut self, now: CaptureTime) {
        self.advance(now);
        self.pass_all();
        self.look_at_the_rest();
        self.finish_pending();
    }

    /// True when [`Engine::drain`] would give something.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// Takes what has come out since the last call.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Output> {
        self.outputs.drain(..)
    }
}

#[cfg(test)]
mod tests;
