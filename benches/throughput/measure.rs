//! Whole-process figures of a command: the median of several runs.

use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// Medians of several runs.
pub(crate) struct Run {
    /// User and system seconds.
    pub(crate) cpu: f64,
    /// Wall seconds.
    pub(crate) wall: f64,
    /// Largest resident size of any child so far, KiB: measure the small ones first.
    pub(crate) peak_kib: i64,
}

fn cpu_of_children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// Runs a command once to warm up and `runs` times to count; `None` when it cannot be started.
pub(crate) fn run(program: &str, arguments: &[&str], runs: usize) -> Option<Run> {
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for counted in 0..=runs {
        let (before, start) = (cpu_of_children(), Instant::now());
        Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .ok()?;
        if counted > 0 {
            cpu.push(cpu_of_children() - before);
            wall.push(start.elapsed().as_secs_f64());
        }
    }
    let peak_kib = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    Some(Run {
        cpu: median(cpu),
        wall: median(wall),
        peak_kib,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
