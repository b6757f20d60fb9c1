//! `tapglass learn`: from ordinary captures to a site that a person reviews.

use std::path::{Path, PathBuf};

use clap::Args;
use tapglass_proto::Limits;

use super::port::Ports;
use super::{Exit, keys, site};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::keys::KeyRing;
use crate::learn::historian::{Survey, site_of};
use crate::learn::{Discovery, Files, Learner, Learning, balances, baseline, site_files};
use crate::pipeline::{Pipeline, hints_of};
use crate::site::Site;
use crate::watch::{Nobody, Watcher};

/// The files of a site that this command writes.
const WRITTEN: [&str; 3] = ["plant.toml", "tags.csv", "baseline.toml"];

/// Arguments of `learn`.
#[derive(Args)]
pub(super) struct Arguments {
    /// Captures of ordinary days: pcap or pcapng, plain, gzip or zstd; they are read twice
    #[arg(required_unless_present = "csv", conflicts_with = "csv", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Export of a historian instead of a capture: time in the first column, then a column for each tag, or rows of
    /// time, tag and value; can be given several times
    #[arg(long, value_name = "FILE")]
    csv: Vec<PathBuf>,
    /// A column of the export that is no tag
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    ignore: Vec<String>,
    /// Step to which exports round values, in their unit, such as 0.01: it becomes `res` of the tags
    #[arg(long, value_name = "STEP", requires = "csv")]
    resolution: Option<f64>,
    /// Directory to write plant.toml, tags.csv and baseline.toml into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A site whose tags are known: only baseline.toml is learned
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Replace files that are already there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    ports: Ports,
    #[command(flatten)]
    keys: keys::Given,
}

/// Runs `tapglass learn`.
pub(super) fn run(arguments: &Arguments) -> Exit {
    match learn(arguments) {
        Ok(said) => {
            print!("{said}");
            Exit::Nothing
        }
        Err(error) => {
            if !error.is_empty() {
                eprintln!("tapglass: {error}");
            }
            Exit::Usage
        }
    }
}

fn learn(arguments: &Arguments) -> Result<String, String> {
    if arguments.files.iter().any(|file| file.as_os_str() == "-") {
        return Err(
            "captures to learn from are read twice, standard input cannot be: name a file".to_owned(),
        );
    }
    let names: &[&str] = if arguments.site.is_some() {
        &["baseline.toml"]
    } else {
        &WRITTEN
    };
    free(&arguments.out, names, arguments.force)?;
    let keys = arguments.keys.load().ok_or_else(String::new)?;
    let mut learning = Learning {
        name: name_of(&arguments.out),
        captures: arguments
            .files
            .iter()
            .chain(&arguments.csv)
            .map(|file| file.display().to_string())
            .collect(),
        rows_apart: None,
    };
    if !arguments.csv.is_empty() {
        return exports(arguments, &mut learning);
    }
    let (files, known) = match &arguments.site {
        Some(directory) => (None, site::load(Some(directory)).ok_or_else(String::new)?),
        None => {
            let files = site_files(&discover(arguments, &keys)?, &learning);
            let site = loaded(&files)?;
            (Some(files), site)
        }
    };
    let tags = known.tags.len();
    if tags == 0 {
        return Err("no device reports a value in these captures: there is nothing to learn".to_owned());
    }
    let learner = listen(arguments, &keys, known)?;
    let balances = balances(&learner, false);
    let text = baseline::text(&learner, &learning, &balances);
    store(&arguments.out, files.as_ref(), &text)?;
    Ok(said(arguments, files.as_ref(), tags, balances.len()))
}

fn loaded(files: &Files) -> Result<Site, String> {
    Site::from_files(&[
        ("plant.toml", files.plant.as_bytes()),
        ("tags.csv", files.tags.as_bytes()),
    ])
    .map(|loaded| loaded.site)
    .map_err(|errors| format!("what was found makes no site: {errors}"))
}

/// The same from exports of a historian.
fn exports(arguments: &Arguments, learning: &mut Learning) -> Result<String, String> {
    let files = super::historian::open(&arguments.csv, &arguments.ignore)?;
    let survey = Survey::of(&files).map_err(|error| error.to_string())?;
    learning.rows_apart = Some(survey.gap);
    if survey.skipped > 0 {
        eprintln!(
            "tapglass: {} lines have no time, or one before that of the line above: they are left out",
            survey.skipped
        );
    }
    let (written, known) = match &arguments.site {
        Some(directory) => (None, site::load(Some(directory)).ok_or_else(String::new)?),
        None => {
            let written = site_of(&survey, learning, arguments.resolution);
            let site = loaded(&written)?;
            (Some(written), site)
        }
    };
    let tags = known.tags.len();
    let learner = Learner::of_exports(known, &files, &survey).map_err(|error| error.to_string())?;
    let balances = balances(&learner, true);
    let text = baseline::text(&learner, learning, &balances);
    store(&arguments.out, written.as_ref(), &text)?;
    Ok(said(arguments, written.as_ref(), tags, balances.len()))
}

fn said(arguments: &Arguments, files: Option<&Files>, tags: usize, balances: usize) -> String {
    let out = arguments.out.display();
    let found = files.map_or_else(
        || format!("learned what is usual of {tags} tags"),
        |files| {
            let [devices, clients, tags] = files.counts;
            format!("found {devices} devices, {clients} clients and {tags} tags")
        },
    );
    format!(
        "{found}; {balances} balances hold\nreview {out}, give names, units and safe limits, then\n  tapglass rules check --site {out}\n  tapglass check {}FILE --site {out}\n",
        if arguments.csv.is_empty() { "" } else { "--csv " }
    )
}

fn name_of(path: &Path) -> String {
    path.canonicalize()
        .as_deref()
        .unwrap_or(path)
        .file_name()
        .map_or_else(
            || "learned".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
}

/// Nothing that a person may have written is replaced without being asked.
fn free(out: &Path, names: &[&str], force: bool) -> Result<(), String> {
    if force {
        return Ok(());
    }
    let mut others = names.to_vec();
    if names.len() == WRITTEN.len() {
        others.push("rules.toml");
    }
    match others
        .iter()
        .find(|name| out.join(name).symlink_metadata().is_ok())
    {
        Some(name) => Err(format!(
            "there is a site already: {}; another directory, or --force to replace it",
            out.join(name).display()
        )),
        None => Ok(()),
    }
}

fn store(out: &Path, files: Option<&Files>, baseline: &str) -> Result<(), String> {
    let fail = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    std::fs::create_dir_all(out).map_err(|error| fail(out, error))?;
    let write = |name: &str, text: &str| {
        let path = out.join(name);
        std::fs::write(&path, text).map_err(|error| fail(&path, error))
    };
    if let Some(files) = files {
        write("plant.toml", &files.plant)?;
        write("tags.csv", &files.tags)?;
    }
    write("baseline.toml", baseline)
}

fn open(arguments: &Arguments, keys: &KeyRing) -> Result<Input, String> {
    Input::with_keys(&arguments.files, keys).map_err(|error| error.to_string())
}

fn discover(arguments: &Arguments, keys: &KeyRing) -> Result<Discovery, String> {
    let mut input = open(arguments, keys)?;
    let mut pipeline = Pipeline::new(
        arguments.ports.with(Vec::new()),
        FlowLimits::default(),
        Limits::default(),
    );
    pipeline.use_keys(input.keys());
    let mut found = Discovery::default();
    while let Some(frame) = input.next() {
        pipeline.frame(&frame, &mut found);
    }
    pipeline.finish(&mut found);
    for sentence in input.damages() {
        eprintln!("tapglass: {sentence}");
    }
    Ok(found)
}

fn listen(arguments: &Arguments, keys: &KeyRing, site: Site) -> Result<Learner, String> {
    let mut input = open(arguments, keys)?;
    let mut pipeline = Pipeline::new(
        arguments.ports.with(hints_of(&site)),
        FlowLimits::default(),
        Limits::default(),
    );
    pipeline.use_keys(input.keys());
    let Learner {
        engine,
        mut stretches,
    } = Learner::new(site);
    let mut watcher = Watcher::new(engine, Nobody);
    while let Some(frame) = input.next() {
        pipeline.frame(&frame, &mut watcher);
        stretches.hear(watcher.engine.moment_now());
        drop(watcher.engine.drain());
    }
    pipeline.finish(&mut watcher);
    let last = watcher.counts.last;
    let mut learner = Learner {
        engine: watcher.engine,
        stretches,
    };
    learner.finish(last);
    Ok(learner)
}
