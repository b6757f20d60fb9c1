//! `tapglass check --diff OLD NEW`: which alarms a change of a site adds, removes or alters, on the same captures.
//!
//! Both sites are held against one decoding, so that nothing differs but the sites.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tapglass_proto::Limits;

use super::check::Ask;
use super::output::Output;
use super::{Exit, site, verdict};
use crate::alarm::Alarm;
use crate::engine::{Engine, Options, Output as Said};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::{Pipeline, hints_of};
use crate::records::Captures;
use crate::records::alarm::write_changed_alarm;
use crate::site::Site;
use crate::watch::{Both, Nobody, Watcher};

/// What a change of the site does to an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Removed,
    Added,
    Altered,
}

impl Change {
    const fn name(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Altered => "altered",
        }
    }

    const fn sign(self) -> char {
        match self {
            Self::Removed => '-',
            Self::Added => '+',
            Self::Altered => '~',
        }
    }
}

/// One site's engine and the alarms that it raised.
struct Side {
    watcher: Watcher<Nobody>,
    alarms: BTreeMap<u64, Arc<Alarm>>,
}

impl Side {
    fn new(site: Site) -> Self {
        Self {
            watcher: Watcher::new(Engine::new(site, Options::default()), Nobody),
            alarms: BTreeMap::new(),
        }
    }

    fn take(&mut self) {
        for said in self.watcher.engine.drain() {
            if let Said::Alarm(transition) = said {
                self.alarms.insert(transition.alarm.number, transition.alarm);
            }
        }
    }

    fn finish(&mut self) {
        if let Some(last) = self.watcher.counts.last {
            self.watcher.engine.finish(last);
        }
        self.take();
    }
}

/// Compares two sites on the captures: 0 when their alarms are the same, 1 when not.
pub(super) fn run(old: &Path, new: &Path, mut input: Input, ask: &Ask) -> Exit {
    let (Some(old), Some(new)) = (site::load(Some(old)), site::load(Some(new))) else {
        return Exit::Usage;
    };
    let mut hints = hints_of(&old);
    hints.extend(hints_of(&new));
    let mut pipeline = Pipeline::new(ask.ports.with(hints), FlowLimits::default(), Limits::default());
    pipeline.use_keys(input.keys());
    let captures = input.captures();
    let (mut old, mut new) = (Side::new(old), Side::new(new));
    while let Some(frame) = input.next() {
        pipeline.frame(&frame, &mut Both(&mut old.watcher, &mut new.watcher));
        for side in [&mut old, &mut new] {
            if side.watcher.engine.has_output() {
                side.take();
            }
        }
    }
    pipeline.finish(&mut Both(&mut old.watcher, &mut new.watcher));
    old.finish();
    new.finish();
    let changes = changes(&old.alarms, &new.alarms);
    let complete =
        verdict::not_seen(&pipeline.counters(), &mut input).is_empty() && input.damages().is_empty();
    let mut output = Output::new(false);
    for (change, alarm, before) in &changes {
        if ask.json {
            write_changed_alarm(
                &mut output.bytes,
                &captures,
                change.name(),
                alarm,
                before.as_deref(),
            );
        } else {
            print(
                &mut output.bytes,
                &captures,
                (*change, alarm, before.as_deref()),
                ask.long,
            );
        }
        output.record();
    }
    if !ask.json {
        let count = |wanted| changes.iter().filter(|(change, ..)| *change == wanted).count();
        let text = format!(
            "{} added, {} removed, {} altered; {} alarms with the old site, {} with the new.\n",
            count(Change::Added),
            count(Change::Removed),
            count(Change::Altered),
            old.alarms.len(),
            new.alarms.len(),
        );
        output.bytes.extend_from_slice(text.as_bytes());
    }
    output.flush();
    for damage in input.damages() {
        eprintln!("tapglass: {damage}");
    }
    if !changes.is_empty() {
        Exit::Alarm
    } else if !complete && !ask.allow_incomplete {
        Exit::Incomplete
    } else {
        Exit::Nothing
    }
}

/// What makes two alarms the same finding: the rule, what it is about, who did it, and the frame that first showed it.
fn identity(alarm: &Alarm) -> (String, String, Vec<String>, String, u64) {
    let actor = alarm
        .actor
        .as_ref()
        .map_or_else(String::new, |actor| actor.ip.to_string());
    (
        alarm.rule.clone(),
        alarm.asset.clone(),
        alarm.tags.clone(),
        actor,
        alarm.frames.first().copied().unwrap_or(0),
    )
}

/// The differences in time order; an altered alarm comes with what it was.
type Changed = (Change, Arc<Alarm>, Option<Arc<Alarm>>);

fn changes(old: &BTreeMap<u64, Arc<Alarm>>, new: &BTreeMap<u64, Arc<Alarm>>) -> Vec<Changed> {
    let mut before: BTreeMap<_, Vec<&Arc<Alarm>>> = BTreeMap::new();
    // Alarms without a frame of their own can share an identity: they are paired in the order of their time.
    for alarm in old.values().rev() {
        before.entry(identity(alarm)).or_default().push(alarm);
    }
    let mut changes: Vec<Changed> = Vec::new();
    for alarm in new.values() {
        match before.get_mut(&identity(alarm)).and_then(Vec::pop) {
            None => changes.push((Change::Added, Arc::clone(alarm), None)),
            Some(was) if differs(was, alarm) => {
                changes.push((Change::Altered, Arc::clone(alarm), Some(Arc::clone(was))));
            }
            Some(_) => {}
        }
    }
    let gone = before.into_values().flatten();
    changes.extend(gone.map(|alarm| (Change::Removed, Arc::clone(alarm), None)));
    changes.sort_by_key(|(change, alarm, _)| {
        (alarm.first_time, alarm.rule.clone(), *change as u8, alarm.number)
    });
    changes
}

fn differs(was: &Alarm, is: &Alarm) -> bool {
    was.severity != is.severity || was.count != is.count || was.explanation != is.explanation
}

fn print(
    out: &mut Vec<u8>,
    captures: &Captures,
    (change, alarm, before): (Change, &Alarm, Option<&Alarm>),
    long: bool,
) {
    out.extend_from_slice(format!("{} ", change.sign()).as_bytes());
    verdict::print_alarm(out, captures, alarm, long);
    if let Some(was) = before {
        let text = format!(
            "    was {} x{}: {}\n",
            was.severity.name().to_uppercase(),
            was.count,
            was.explanation
        );
        out.extend_from_slice(text.as_bytes());
    }
}
