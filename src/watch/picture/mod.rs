//! The picture that the screens show: one snapshot of everything at one moment of capture time.

pub(crate) mod alarms;
mod health;
mod hosts;
mod points;
mod rules;
mod writes;

use std::net::IpAddr;

use tapglass_model::snapshot::{Capture, Mode, Snapshot};

use super::{Census, Tap, Watcher, WriteLog, site_name};
use crate::capture::Counters;
use crate::engine::Engine;
use crate::pipeline::Pipeline;

/// What a picture is of, besides what the watcher knows.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Live, replay or demonstration.
    pub mode: Mode,
    /// Interface or file.
    pub source: String,
    /// The frame that is looked at.
    pub selected: Option<u64>,
    /// What the sources lost.
    pub counters: Vec<Counters>,
    /// What is wrong with the captures.
    pub damages: Vec<String>,
}

/// Draws the picture.
#[must_use]
pub fn picture<T: Tap>(
    watcher: &Watcher<T>,
    pipeline: &Pipeline,
    log: &WriteLog,
    subject: &Subject,
) -> Snapshot {
    let engine = &watcher.engine;
    let site = engine.site();
    let rules = rules::rules(engine);
    let health = health::health(watcher, pipeline, subject, &rules);
    let groups = points::groups(engine, log);
    let alarms = alarms::alarms(engine);
    let mut unacknowledged = tapglass_model::snapshot::Counts::default();
    for alarm in alarms.iter().filter(|alarm| alarm.state.is_unacknowledged()) {
        unacknowledged.add(alarm.severity);
    }
    let name = |ip: IpAddr| site_name(engine, ip);
    let frames = watcher.frames.as_ref();
    Snapshot {
        site: site.name.clone(),
        site_title: String::new(),
        mode: subject.mode,
        source: subject.source.clone(),
        as_of: watcher.counts.last.unwrap_or_default(),
        capture: Capture {
            complete: health.exceptions.is_empty(),
            drops: subject
                .counters
                .iter()
                .map(|counters| counters.dropped_by_kernel + counters.dropped_by_interface)
                .sum(),
            drop_percent: health::drop_percent(&subject.counters),
            gaps: pipeline.counters().gaps,
            reason: health.exceptions.first().cloned().unwrap_or_default(),
        },
        unacknowledged,
        acknowledge_off: String::new(),
        points_never_received: points::never_received(engine),
        groups,
        alarm_load: alarms::load(engine),
        alarms,
        writes: writes::lines(engine, log),
        write_totals: writes::totals(engine, log),
        hosts: watcher
            .census
            .as_ref()
            .map(|census| hosts::hosts(engine, census, watcher.counts.last.unwrap_or_default(), &name))
            .unwrap_or_default(),
        frames: frames
            .map(|frames| frames.lines(subject.selected, &name))
            .unwrap_or_default(),
        frame: frames.and_then(|frames| {
            let number = subject.selected.or_else(|| frames.newest())?;
            let mut decoded = frames.decoded(number)?;
            decoded.meaning = writes::meaning(engine, log, decoded.number);
            Some(decoded)
        }),
        messages: messages(
            engine,
            &health.exceptions,
            watcher.census.as_ref().and_then(Census::shortfall),
        ),
        rules,
        health,
        replay: None,
    }
}

/// Sentences for the message line.
fn messages(engine: &Engine, exceptions: &[String], unlisted: Option<String>) -> Vec<String> {
    let mut messages = Vec::new();
    if engine.site().name.is_empty() && engine.site().tags.is_empty() {
        messages.push(
            "No site: points are listed by address, and only built-in rules watch. --site DIR names them."
                .to_owned(),
        );
    }
    messages.extend(exceptions.iter().take(3).cloned());
    messages.extend(unlisted);
    messages
}
