//! Whole-process figures of a command, each run measured alone.
//!
//! The system tells the peak memory of the greatest child only, so every run is the only child of a process of its own:
//! this program again, with `--once`.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

/// Figures of one run, or medians of several.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// User and system seconds.
    pub(crate) cpu: f64,
    /// Wall seconds.
    pub(crate) wall: f64,
    /// Largest resident size, KiB.
    pub(crate) peak_kib: f64,
}

/// A command that is measured.
pub(crate) struct Measured<'a> {
    pub(crate) program: &'a str,
    pub(crate) arguments: Vec<&'a str>,
}

/// The program was started to run and measure one command: does so, prints the figures and gives true.
pub(crate) fn once() -> bool {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some("--once") {
        return false;
    }
    let program = arguments.next().unwrap();
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let wall = start.elapsed().as_secs_f64();
    if status.is_err() {
        std::process::exit(2);
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    let cpu = seconds(usage.user_time()) + seconds(usage.system_time());
    println!("{cpu} {wall} {}", usage.max_rss());
    true
}

fn run_once(measured: &Measured<'_>) -> Option<Run> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--once", measured.program])
        .args(&measured.arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut figures = text.split_whitespace().map(|figure| figure.parse().unwrap());
    Some(Run {
        cpu: figures.next()?,
        wall: figures.next()?,
        peak_kib: figures.next()?,
    })
}

/// Medians of so many runs of each command, which take turns, so that a busy machine is as unkind to all; one run more
/// of each is not counted. `None` for a command that cannot be started.
pub(crate) fn run(commands: &[Measured<'_>], runs: usize) -> Vec<Option<Run>> {
    let mut all: Vec<Vec<Option<Run>>> = vec![Vec::new(); commands.len()];
    for counted in 0..=runs {
        for (command, runs) in commands.iter().zip(&mut all) {
            let run = run_once(command);
            if counted > 0 {
                runs.push(run);
            }
        }
    }
    let medians = |runs: Vec<Option<Run>>| {
        let runs: Option<Vec<Run>> = runs.into_iter().collect();
        let runs = runs?;
        let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
        Some(Run {
            cpu: of(|run| run.cpu),
            wall: of(|run| run.wall),
            peak_kib: of(|run| run.peak_kib),
        })
    };
    all.into_iter().map(medians).collect()
}

/// Bytes that a command writes to standard output.
pub(crate) fn output(command: &Measured<'_>) -> u64 {
    let mut child = Command::new(command.program)
        .args(&command.arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut buffer, mut bytes) = (vec![0; 1 << 20], 0);
    let mut stdout = child.stdout.take().unwrap();
    loop {
        match stdout.read(&mut buffer).unwrap() {
            0 => break,
            read => bytes += read as u64,
        }
    }
    child.wait().unwrap();
    bytes
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
