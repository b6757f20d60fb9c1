//! Was everything seen? Counters, and the sentences that say what makes the picture incomplete.

use tapglass_model::snapshot::{Health, Loss, ProtocolHealth, Rules};

use super::super::frames::protocol_name;
use super::super::{Tap, Watcher};
use super::Subject;
use crate::capture::Counters;
use crate::pipeline::Pipeline;
use crate::recognise::not_decoded_line;

/// Share of frames that were dropped, in percent.
#[allow(clippy::cast_precision_loss)] // a share
pub(super) fn drop_percent(counters: &[Counters]) -> Option<f64> {
    let frames: u64 = counters.iter().map(|counters| counters.frames).sum();
    let dropped: u64 = counters
        .iter()
        .map(|counters| counters.dropped_by_kernel + counters.dropped_by_interface)
        .sum();
    (frames + dropped > 0).then(|| dropped as f64 * 100.0 / (frames + dropped) as f64)
}

/// Everything about the watching itself.
pub(super) fn health<T: Tap>(
    watcher: &Watcher<T>,
    pipeline: &Pipeline,
    subject: &Subject,
    rules: &Rules,
) -> Health {
    let counters = pipeline.counters();
    let counts = &watcher.counts;
    let sum = |of: fn(&Counters) -> u64| subject.counters.iter().map(of).sum::<u64>();
    let loss = |place: &str, count: u64, counts: bool| Loss {
        place: place.to_owned(),
        count,
        counts,
        ..Loss::default()
    };
    let losses = vec![
        loss("kernel drops", sum(|counters| counters.dropped_by_kernel), true),
        loss(
            "interface drops",
            sum(|counters| counters.dropped_by_interface),
            true,
        ),
        loss("dropped by Tapglass", 0, true),
        loss("truncated frames", counters.truncated, true),
        loss("damaged headers", counters.damaged_headers, true),
        loss("not IP", counters.not_ip.values().sum(), false),
        loss("flows given up", counters.flows_given_up, true),
        loss("encrypted frames", counters.encrypted, true),
        loss("too many layers", counters.too_deep, true),
        loss("out of order", counters.streams.out_of_order, false),
        loss("repeated segments", counters.streams.repeated, false),
        loss("captured twice", counters.copies, false),
        loss("conflicting segments", counters.streams.conflicts, false),
    ];
    let protocols = counts
        .messages
        .iter()
        .map(|(name, messages)| ProtocolHealth {
            name: protocol_name(name).to_owned(),
            messages: *messages,
            errors: counts.anomalies.get(name).copied().unwrap_or(0),
            last_error: counts.last_anomaly.get(name).cloned().unwrap_or_default(),
            ..ProtocolHealth::default()
        })
        .collect();
    let mut exceptions: Vec<String> = subject.damages.clone();
    for loss in losses.iter().filter(|loss| loss.counts && loss.count > 0) {
        exceptions.push(format!("{} {}", loss.count, loss.place));
    }
    for (why, count) in &counts.blind_spots {
        exceptions.push(format!("{count} {}", blind_words(why)));
    }
    let blind = rules.cannot_fire();
    if blind > 0 {
        exceptions.push(format!("{blind} rules that cannot fire (6 Rules)"));
    }
    // A point that is only ever written is known by its writes.
    let stale = watcher
        .engine
        .tags()
        .filter(|tag| tag.why.is_some() && tag.writes.is_empty())
        .count();
    match stale {
        0 => {}
        1 => exceptions.push("1 point is stale or was never received (1 Process)".to_owned()),
        more => exceptions.push(format!(
            "{more} points are stale or were never received (1 Process)"
        )),
    }
    let points = u32::try_from(watcher.engine.site().tags.len()).unwrap_or(u32::MAX);
    Health {
        frames: counters.frames,
        bytes: counters.bytes,
        losses,
        streams: pipeline.open_flows() as u64,
        gaps: counters.gaps,
        truncated: counters.truncated,
        protocols,
        points_fresh: points.saturating_sub(u32::try_from(stale).unwrap_or(u32::MAX)),
        points,
        exceptions,
        more: not_decoded_line(&counters.recognised, counters.unrecognised)
            .map(|line| ("OTHERS".to_owned(), line))
            .into_iter()
            .collect(),
        ..Health::default()
    }
}

/// A reason for blindness in words.
fn blind_words(why: &str) -> &'static str {
    match why {
        "gap" => "holes in conversations",
        "start_in_the_middle" => "conversations joined in the middle",
        "resynchronised" => "stretches passed over",
        "encrypted" => "encrypted channels",
        "one_direction" => "conversations seen in one direction only",
        "limit" => "times a limit was reached",
        "truncated" => "truncated frames",
        "not_decoded" => "services not decoded",
        "silence" => "pauses of the whole capture",
        "time_backwards" => "times that run backwards",
        _ => "stretches not seen",
    }
}
