//! `cargo bench --bench throughput`: packets and bytes a second and peak memory of `tapglass check` on a large capture,
//! beside the floor on the same file, `tcpdump -r FILE -w /dev/null`.
//!
//! The capture is the demo capture, repeated with new addresses and later times until it has at least 200 MB.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark may fail loudly

mod large;
mod measure;

use std::path::Path;

/// Counted runs of each command, after one that is not counted.
const RUNS: usize = 5;

fn main() {
    let megabytes = std::env::var("TAPGLASS_BENCH_MB")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(200);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let capture = folder.join(format!("large-{megabytes}.pcap"));
    let site = folder.join("large-site");
    let frames = large::make(&capture, &site, megabytes << 20);
    let size = std::fs::metadata(&capture).unwrap().len();
    let mega = size as f64 / 1e6;
    println!(
        "{} frames, {mega:.0} MB, {} plants in the site",
        frames,
        large::PLANTS
    );

    let file = capture.to_str().unwrap();
    let tapglass = env!("CARGO_BIN_EXE_tapglass");
    let floor = measure::run("tcpdump", &["-r", file, "-w", "/dev/null"], RUNS);
    let commands: [(&str, Vec<&str>); 3] = [
        (
            "check --site",
            vec![
                "check",
                file,
                "--site",
                site.to_str().unwrap(),
                "--json",
                "--records",
                "summary",
            ],
        ),
        ("check", vec!["check", file, "--json", "--records", "summary"]),
        ("decode", vec!["decode", file]),
    ];
    println!(
        "{:<14} {:>9} {:>9} {:>12} {:>8} {:>10} {:>8}",
        "command", "cpu s", "wall s", "packets/s", "MB/s", "peak MB", "/ floor"
    );
    let row = |name: &str, run: &measure::Run| {
        let ratio = floor
            .as_ref()
            .map_or_else(|| "-".to_owned(), |floor| format!("{:.2}", run.cpu / floor.cpu));
        println!(
            "{name:<14} {:>9.3} {:>9.3} {:>12.0} {:>8.0} {:>10.1} {ratio:>8}",
            run.cpu,
            run.wall,
            frames as f64 / run.cpu,
            mega / run.cpu,
            run.peak_kib as f64 / 1024.0,
        );
    };
    for (name, arguments) in &commands {
        match measure::run(tapglass, arguments, RUNS) {
            Some(run) => row(name, &run),
            None => println!("{name:<14} could not be run"),
        }
    }
    match &floor {
        Some(floor) => row("tcpdump -w", floor),
        None => println!("tcpdump is not installed: no floor"),
    }
}
