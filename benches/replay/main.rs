//! `cargo bench --bench replay`: how long a step back, a jump and the first picture take on a large capture, and what the
//! checkpoints weigh. `TAPGLASS_BENCH_MB` is how large it is (1000).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark may fail loudly

#[allow(dead_code)] // one mix of several is used
#[path = "../throughput/large.rs"]
mod large;

use std::path::Path;
use std::time::{Duration, Instant};

use tapglass::keys::KeyRing;
use tapglass::model::CaptureTime;
use tapglass::model::snapshot::{Mode, Playback};
use tapglass::replay::{Captures, Player, Recording};
use tapglass::site::Site;

/// Steps back whose median is told.
const STEPS: usize = 51;

fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: f64 = text
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0.0);
    pages * 4096.0 / 1e6
}

fn timed(act: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    act();
    begun.elapsed()
}

fn steps_back(player: &mut Player, what: &str) {
    let mut times: Vec<Duration> = (0..STEPS)
        .map(|_| {
            timed(|| {
                player.step(-1);
                player.picture(Playback::Paused, 1.0, None);
            })
        })
        .collect();
    times.sort_unstable();
    println!(
        "{what:<44} median {:>9.1?}  worst {:>9.1?}",
        times[STEPS / 2],
        times[STEPS - 1]
    );
}

fn main() {
    let megabytes: u64 = std::env::var("TAPGLASS_BENCH_MB")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let capture = folder.join(format!("large-mixed-{megabytes}.pcap"));
    let site = folder.join("large-site");
    let frames = large::make(large::Mix::Mixed, &capture, &site, megabytes << 20);
    let recording = Recording {
        captures: Captures::Files(vec![capture]),
        site: Site::load(&site).unwrap().site,
        keys: KeyRing::default(),
        hints: Vec::new(),
    };
    println!("{frames} frames, {} tags", recording.site.tags.len());
    let mut player = Player::new(recording, Mode::Replay).unwrap();
    let before = resident();
    let all = timed(|| {
        player.advance(CaptureTime(i64::MAX), u64::MAX);
    });
    println!("read to the end                              {all:>16.1?}");
    println!(
        "checkpoints and state                        {:>13.0} MB",
        resident() - before
    );
    steps_back(&mut player, "steps back from the end");
    for share in [3, 1, 2] {
        let frame = frames / 4 * share;
        let jump = timed(|| player.seek_frame(frame));
        println!("jump to {share}/4                                  {jump:>16.1?}");
        steps_back(&mut player, "steps back there");
    }
}
