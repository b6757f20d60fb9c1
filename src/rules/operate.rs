//! Keeping the memory of temporal operators up to date.

use super::evaluate::{Notes, View};
use super::judge::PlantView;
use super::kinds::Scene;
use super::monitor::{Memory, Monitor};
use super::set::RuleSet;
use super::timer::Due;
use super::write::Write;
use crate::plant::clock::FOREVER;
use crate::site::TagId;

impl RuleSet {
    /// Looks again at one operator: its condition may have changed.
    pub fn operate(&mut self, number: u32, plant: PlantView<'_>) {
        let place = number as usize;
        if place >= self.monitors.len() {
            return;
        }
        // An operator reads only those inside it, which come before it.
        let (inner, rest) = self.monitors.split_at_mut(place);
        let Some(monitor) = rest.first_mut() else {
            return;
        };
        let scene = Scene {
            present: plant.now,
            view: View {
                program: &self.program,
                monitors: inner,
                tags: plant.tags,
                pairs: plant.pairs,
                windows: &self.windows,
                now: plant.now,
                step: plant.step,
                blind: plant.blind,
            },
            site: plant.site,
        };
        let mut notes = Notes::default();
        update(monitor, &scene, &mut notes);
        if notes.again != FOREVER {
            let again = notes.again.max(plant.now.saturating_add(1));
            if again < monitor.due {
                monitor.due = again;
                self.timers.add(again, Due::Monitor(number));
            }
        }
    }

    /// Operators that count commands take this one.
    pub fn count_commands(&mut self, write: &Write) {
        for written in write.tags.iter().filter(|written| written.counts) {
            for number in self.counters.of(written.tag) {
                let Some(monitor) = self.monitors.get_mut(*number as usize) else {
                    continue;
                };
                if let Memory::Count { pattern, tally } = &mut monitor.memory
                    && pattern.takes(write.action)
                    && pattern
                        .matches(written.tag, written.reading.value, written.reading.tolerance)
                        .is_true()
                {
                    tally.happened(write.at);
                }
            }
        }
    }

    /// Operators that count changes take that of a tag.
    pub fn count_change(&mut self, tag: TagId, plant: PlantView<'_>) {
        for number in self.operators.of(tag) {
            let Some(monitor) = self.monitors.get_mut(*number as usize) else {
                continue;
            };
            if let Memory::Count { pattern, tally } = &mut monitor.memory {
                let state = &plant.tags[tag.0 as usize];
                let known = state.before_step == plant.step && state.before.usable().says_something();
                if known
                    && pattern
                        .matches(tag, state.observed.usable(), state.observed.tolerance)
                        .is_true()
                {
                    tally.happened(plant.now);
                }
            }
        }
    }
}

fn update(monitor: &mut Monitor, scene: &Scene<'_>, notes: &mut Notes) {
    let view = &scene.view;
    match &mut monitor.memory {
        Memory::Once {
            inner,
            trace,
            momentary,
            ..
        }
        | Memory::Held {
            inner,
            trace,
            momentary,
            ..
        } => {
            let present = view.truth(*inner, notes);
            let after = if *momentary {
                // An edge is over when its step is.
                let later = View {
                    step: u64::MAX,
                    ..*view
                };
                later.truth(*inner, notes)
            } else {
                present
            };
            trace.set(after, view.now);
            if present != after {
                trace.was(present, view.now);
            }
        }
        Memory::Since {
            ever,
            happened,
            verdict,
        } => {
            let q = view.truth(*happened, notes);
            let p = view.truth(*ever, notes);
            *verdict = q.or(p.and(*verdict));
        }
        Memory::Edge {
            inner,
            to,
            last,
            step,
        } => {
            let present = view.truth(*inner, notes);
            if present == *to && *last == to.not() {
                *step = view.step;
            }
            *last = present;
        }
        Memory::Changed {
            tag, last, at, known, ..
        } => {
            let value = view.observed(*tag, notes);
            if !value.says_something() {
                *known = FOREVER;
            } else {
                if *known == FOREVER {
                    *known = view.now;
                } else if last.says_something() && !last.same(value) {
                    *at = view.now;
                }
                *last = value;
            }
        }
        Memory::Signal {
            tag,
            of,
            duration,
            past,
        } => {
            let kept = match of {
                super::monitor::Statistic::Rate => view.slope_window(*tag, *duration),
                _ => *duration,
            };
            let value = view.observed(*tag, notes).number();
            past.set(view.now, value, kept);
        }
        Memory::Count { .. } => {}
    }
}
