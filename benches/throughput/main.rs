//! `cargo bench --bench throughput`: packets and bytes a second and peak memory of `tapglass check` and `tapglass decode`
//! on large captures of several mixes, beside the floor on the same file, `tcpdump -r FILE -w /dev/null`.
//!
//! The captures are the demo capture, or one of its protocols, repeated with new addresses and later times; and traffic
//! that has nothing of the three protocols. `TAPGLASS_BENCH_MB` is how large (200), `TAPGLASS_BENCH_BASE` a second program
//! to compare with, such as one built before a change, `TAPGLASS_BENCH_MIX` one mix instead of all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a benchmark may fail loudly

mod large;
mod measure;

use std::path::Path;

use large::Mix;
use measure::{Measured, Run};

/// Counted runs of each command, after one that is not counted.
const RUNS: usize = 5;

fn main() {
    if measure::once() {
        return;
    }
    let megabytes = std::env::var("TAPGLASS_BENCH_MB")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(200);
    let base = std::env::var("TAPGLASS_BENCH_BASE").ok();
    let only = std::env::var("TAPGLASS_BENCH_MIX").ok();
    println!(
        "{:<8} {:<18} {:>8} {:>8} {:>11} {:>7} {:>8} {:>8} {:>9}",
        "mix", "command", "cpu s", "wall s", "packets/s", "MB/s", "peak MB", "/ floor", "JSON MB/s"
    );
    for mix in Mix::ALL {
        if only.as_deref().is_none_or(|only| only == mix.name()) {
            measure_mix(mix, megabytes, base.as_deref());
        }
    }
}

fn measure_mix(mix: Mix, megabytes: u64, base: Option<&str>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let capture = folder.join(format!("large-{}-{megabytes}.pcap", mix.name()));
    let site = folder.join("large-site");
    let frames = large::make(mix, &capture, &site, megabytes << 20);
    let (file, site) = (capture.to_str().unwrap(), site.to_str().unwrap());
    let mut commands = vec![(
        "tcpdump -w".to_owned(),
        Measured {
            program: "tcpdump",
            arguments: vec!["-r", file, "-w", "/dev/null"],
        },
    )];
    let mut programs = vec![("", env!("CARGO_BIN_EXE_tapglass"))];
    programs.extend(base.map(|base| ("base ", base)));
    let of_tapglass: [(&str, Vec<&str>); 3] = [
        (
            "check --site",
            vec!["check", file, "--site", site, "--json", "--records", "summary"],
        ),
        ("check", vec!["check", file, "--json", "--records", "summary"]),
        ("decode", vec!["decode", file]),
    ];
    for (name, arguments) in &of_tapglass {
        for (prefix, program) in &programs {
            commands.push((
                format!("{prefix}{name}"),
                Measured {
                    program,
                    arguments: arguments.clone(),
                },
            ));
        }
    }
    let (names, commands): (Vec<String>, Vec<Measured<'_>>) = commands.into_iter().unzip();
    let runs = measure::run(&commands, RUNS);
    let mega = std::fs::metadata(&capture).unwrap().len() as f64 / 1e6;
    let floor = runs[0];
    for ((name, command), run) in names.iter().zip(&commands).zip(&runs) {
        let Some(run) = run else {
            println!("{:<8} {name:<18} cannot be run", mix.name());
            continue;
        };
        let json = if command.arguments[0] == "decode" {
            format!("{:.0}", measure::output(command) as f64 / 1e6 / run.cpu)
        } else {
            String::new()
        };
        row(mix, name, run, floor, frames as f64, mega, &json);
    }
}

fn row(mix: Mix, name: &str, run: &Run, floor: Option<Run>, frames: f64, mega: f64, json: &str) {
    let ratio = floor.map_or_else(|| "-".to_owned(), |floor| format!("{:.2}", run.cpu / floor.cpu));
    println!(
        "{:<8} {name:<18} {:>8.3} {:>8.3} {:>11.0} {:>7.0} {:>8.1} {ratio:>8} {json:>9}",
        mix.name(),
        run.cpu,
        run.wall,
        frames / run.cpu,
        mega / run.cpu,
        run.peak_kib / 1024.0,
    );
}
