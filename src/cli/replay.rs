//! `tapglass replay`: captures under a cursor, in the screens.

use std::path::PathBuf;

use clap::Args;
use tapglass_model::CaptureTime;
use tapglass_model::snapshot::Mode;

use super::port::Ports;
use super::screens::{self, Look};
use super::{Exit, duration, keys, site};
use crate::replay::{Captures, Player, Recording, ReplaySource, Start};

/// Arguments of `replay`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Captures: pcap or pcapng, plain, gzip or zstd; several are read in time order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Directory with plant.toml, tags.csv and rules.toml
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Put the cursor at this time first, such as 2026-11-22T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = duration::time)]
    at: Option<CaptureTime>,
    /// Seconds of capture for each second of the clock
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    speed: f64,
    /// Gaps longer than this are skipped when faster than 1
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration::duration)]
    idle: i64,
    /// Only rows with this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    #[command(flatten)]
    keys: keys::Given,
    #[command(flatten)]
    ports: Ports,
    #[command(flatten)]
    look: Look,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    if let Err(exit) = screens::check(&arguments.look) {
        return exit;
    }
    if arguments.files.iter().any(|file| file.as_os_str() == "-") {
        eprintln!(
            "tapglass: standard input cannot be replayed, because it cannot be read twice; write it to a file first"
        );
        return Exit::Usage;
    }
    let Some(site) = site::load(arguments.site.as_deref()) else {
        return Exit::Usage;
    };
    let Some(keys) = arguments.keys.load() else {
        return Exit::Usage;
    };
    let recording = Recording {
        hints: arguments.ports.with(Vec::new()),
        captures: Captures::Files(arguments.files.clone()),
        site,
        keys,
    };
    let player = match Player::new(recording, Mode::Replay) {
        Ok(player) => player,
        Err(error) => {
            eprintln!("tapglass: {error}");
            return Exit::Usage;
        }
    };
    let start = Start {
        at: arguments.at,
        speed: arguments.speed,
        idle: Some(arguments.idle),
        play: arguments.at.is_none(),
    };
    let mut source = ReplaySource::start(player, start);
    screens::show(&mut source, &arguments.look, &arguments.filter)
}
