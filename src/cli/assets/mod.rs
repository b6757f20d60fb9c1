//! `tapglass devices` and `tapglass conversations`: who is there, who talks to whom, and how exposed they are.

mod conversations;
mod devices;
mod table;

use std::path::PathBuf;

use clap::Args;
use tapglass_proto::Limits;

use super::output::Output;
use super::port::Ports;
use super::{Exit, keys, site, verdict};
use crate::engine::{Engine, Options};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::pipeline::{Pipeline, hints_of};
use crate::watch::{Beside, Census, Nobody, Watcher};

/// Arguments of both commands.
#[derive(Args)]
pub(super) struct Arguments {
    /// Captures to read: pcap or pcapng, plain, gzip or zstd; several are read in time order; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Directory with plant.toml: names, zones, and the list of those who are expected
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Print records as JSON Lines: all of them, with everything that is known
    #[arg(long)]
    json: bool,
    /// How many are listed for people
    #[arg(long, value_name = "COUNT", default_value_t = 200, conflicts_with = "json")]
    limit: usize,
    #[command(flatten)]
    keys: keys::Given,
    #[command(flatten)]
    ports: Ports,
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Devices,
    Conversations,
}

pub(super) fn run(subject: Subject, arguments: &Arguments) -> Exit {
    let Some(site) = site::load(arguments.site.as_deref()) else {
        return Exit::Usage;
    };
    let Some(keys) = arguments.keys.load() else {
        return Exit::Usage;
    };
    let mut input = match Input::with_keys(&arguments.files, &keys) {
        Ok(input) => input,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    let hints = arguments.ports.with(hints_of(&site));
    let mut pipeline = Pipeline::new(hints, FlowLimits::default(), Limits::default());
    pipeline.use_keys(input.keys());
    let mut watcher = Watcher::new(Engine::new(site, Options::default()), Nobody);
    watcher.census = Some(Census::default());
    while let Some(frame) = input.next() {
        pipeline.frame(&frame, &mut watcher);
        // Only the silence that it notices is of use here.
        drop(watcher.engine.drain());
    }
    pipeline.finish(&mut watcher);
    let last = watcher.counts.last.unwrap_or_default();
    watcher.engine.finish(last);
    let census = watcher.census.take().unwrap_or_default();
    let beside = Beside::new(&watcher.engine, last);
    let mut output = Output::new(false);
    if arguments.json {
        let captures = input.captures();
        match subject {
            Subject::Devices => census.write_devices(&mut output.bytes, &captures, &beside),
            Subject::Conversations => census.write_conversations(&mut output.bytes, &captures, &beside),
        }
        census.write_shortfall(&mut output.bytes, &captures);
    } else {
        let text = match subject {
            Subject::Devices => devices::text(&census, &beside, arguments.limit),
            Subject::Conversations => conversations::text(&census, &beside, arguments.limit),
        };
        output.bytes.extend_from_slice(text.as_bytes());
    }
    output.flush();
    if output.closed {
        return output.exit();
    }
    let damages = input.damages();
    let not_seen = verdict::not_seen(&pipeline.counters(), &mut input);
    let shortfall = census.shortfall();
    for sentence in damages.iter().chain(&shortfall) {
        eprintln!("tapglass: {sentence}");
    }
    for (name, count) in &not_seen {
        eprintln!("tapglass: {}", verdict::sentence(name, *count));
    }
    let blind: u64 = watcher.counts.blind_spots.values().sum();
    if blind > 0 {
        eprintln!(
            "tapglass: {blind} stretches of conversations were not seen; `tapglass decode --records blind_spot` lists them"
        );
    }
    let complete = damages.is_empty() && not_seen.is_empty() && shortfall.is_none() && blind == 0;
    if complete { Exit::Nothing } else { Exit::Incomplete }
}
