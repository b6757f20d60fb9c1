//! Time: deadlines in order, and stretches in which the capture was blind.

use tapglass_model::SECOND;

use super::Engine;
use super::step::Evidence;
use crate::plant::clock::{FOREVER, Moment, Silence};
use crate::rules::compile::standing;
use crate::rules::judge::{PlantView, Trigger};
use crate::rules::kinds::Kind;
use crate::rules::timer::Due;

/// So much of a silence of the whole capture is gone through deadline by deadline.
const FOLLOWED: i64 = 900 * SECOND;

impl Engine {
    /// Time has passed and something is due, or the capture was silent, or it begins.
    #[cold]
    pub(super) fn pass(&mut self, silence: Option<Silence>) {
        if !self.watch.begun() {
            self.begin();
        }
        let until = self.clock.now();
        match silence {
            Some(silence) => {
                self.deadlines(silence.from);
                // In a silence of the whole capture nothing can be concluded from what does not come.
                self.blind = true;
                let last = silence.until.saturating_sub(1);
                self.deadlines(last.min(silence.from.saturating_add(FOLLOWED)));
                self.park(silence.until);
                self.blind = false;
                self.was_blind(silence);
            }
            None => self.deadlines(until.saturating_sub(1)),
        }
        self.now = until;
        self.next = self.rules.timers.next().min(self.book.due());
    }

    /// The capture ends: what is due now is done.
    pub(super) fn pass_all(&mut self) {
        if self.clock.started() {
            self.deadlines(self.clock.now());
            self.now = self.clock.now();
        }
    }

    /// Puts off what is due before a moment until then: a wrong time stamp can be years away, and nothing is learned by
    /// going through them.
    fn park(&mut self, until: Moment) {
        let mut parked = Vec::new();
        while let Some((moment, due)) = self.rules.timers.pop(until.saturating_sub(1)) {
            match due {
                Due::Instance(number) => match self.rules.instances.get_mut(number as usize) {
                    Some(instance) if instance.due == moment => instance.due = until,
                    _ => continue,
                },
                Due::Monitor(number) => match self.rules.monitors.get_mut(number as usize) {
                    Some(monitor) if monitor.due == moment => monitor.due = until,
                    _ => continue,
                },
                _ => {}
            }
            parked.push(due);
        }
        parked.sort_unstable();
        parked.dedup();
        for due in parked {
            self.rules.timers.add(until, due);
        }
    }

    fn begin(&mut self) {
        self.watch.begin();
        self.now = self.clock.now();
        self.pairs.start(self.now);
        self.step += 1;
        let plant = PlantView {
            site: &self.site,
            tags: &self.tags,
            pairs: &self.pairs,
            now: self.now,
            happened: self.now,
            step: self.step,
            blind: false,
        };
        for number in 0..self.rules.monitors.len() {
            self.rules
                .operate(u32::try_from(number).unwrap_or(u32::MAX), plant);
        }
        for number in 0..self.rules.instances.len() {
            if standing(&self.rules.instances[number].kind) {
                self.rules.judge(
                    u32::try_from(number).unwrap_or(u32::MAX),
                    Trigger::Begin,
                    plant,
                    &mut self.scratch.findings,
                );
            }
        }
        // Nothing was seen yet, so nothing can be found.
        self.scratch.findings.clear();
    }

    /// Does what is due up to and including `until`, in order.
    fn deadlines(&mut self, until: Moment) {
        loop {
            let book = self.book.due();
            if book <= until && book <= self.rules.timers.next() {
                self.now = book;
                let at = self.clock.wire(book);
                self.book.tick(book, at, &mut self.scratch.transitions);
                self.tell();
                continue;
            }
            let Some((moment, due)) = self.rules.timers.pop(until) else {
                return;
            };
            self.now = moment;
            self.due(moment, due);
        }
    }

    fn due(&mut self, moment: Moment, due: Due) {
        match due {
            Due::Writes => self.overdue(),
            Due::Torn(tag) => self.still_torn(crate::site::TagId(tag)),
            Due::Monitor(number) => {
                match self.rules.monitors.get_mut(number as usize) {
                    Some(monitor) if monitor.due == moment => monitor.due = FOREVER,
                    _ => return,
                }
                self.step += 1;
                self.operator_is_due(number);
            }
            Due::Instance(number) => {
                match self.rules.instances.get_mut(number as usize) {
                    Some(instance) if instance.due == moment => instance.due = FOREVER,
                    _ => return,
                }
                self.step += 1;
                self.judge_one(number, Trigger::Due);
                self.report_findings(Evidence::default());
            }
            Due::Pair(number) => self.silent_pair(number),
            Due::Selects => self.orphans(),
            Due::Blocked(number) => self.still_blocked(number),
            Due::Boundary(number) => self.look_at_pair(number),
        }
    }

    /// The verdict of an operator has changed with time: rules over it look for themselves, as they were told when.
    fn operator_is_due(&mut self, number: u32) {
        let plant = PlantView {
            site: &self.site,
            tags: &self.tags,
            pairs: &self.pairs,
            now: self.now,
            happened: self.now,
            step: self.step,
            blind: self.blind,
        };
        self.rules.operate(number, plant);
    }

    /// The whole capture was silent: what was not heard in that time does not count.
    fn was_blind(&mut self, silence: Silence) {
        let by = silence.until.saturating_sub(silence.from);
        self.pairs.everything.add(silence.from, silence.until);
        for pair in &mut self.pairs.list {
            for rhythm in &mut pair.heard {
                rhythm.shift(by);
            }
            for member in &mut pair.members {
                member.heard.shift(by);
            }
        }
        for instance in &mut self.rules.instances {
            if let Kind::Silence(kind) = &mut instance.kind {
                kind.shift(by);
            }
        }
        if by > 5 * SECOND {
            self.shadow(None);
        }
    }
}
