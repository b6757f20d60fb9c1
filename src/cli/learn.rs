//! `tapglass learn`: from ordinary captures to a site that a person reviews.

use std::path::{Path, PathBuf};

use clap::Args;
use tapglass_proto::Limits;

use super::port::Ports;
use super::{Exit, keys, site};
use crate::flow::FlowLimits;
use crate::input::Input;
use crate::keys::KeyRing;
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
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
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
    let learning = Learning {
        name: name_of(&arguments.out),
        captures: arguments
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect(),
    };
    let (files, known) = match &arguments.site {
        Some(directory) => (None, site::load(Some(directory)).ok_or_else(String::new)?),
        None => {
            let found = discover(arguments, &keys)?;
            let files = site_files(&found, &learning);
            let loaded = Site::from_files(&[
                ("plant.toml", files.plant.as_bytes()),
                ("tags.csv", files.tags.as_bytes()),
            ])
            .map_err(|errors| format!("what was found makes no site: {errors}"))?;
            (Some(files), loaded.site)
        }
    };
    let tags = known.tags.len();
    if tags == 0 {
        return Err("no device reports a value in these captures: there is nothing to learn".to_owned());
    }
    let learner = listen(arguments, &keys, known)?;
    let balances = balances(&learner);
    let text = baseline::text(&learner, &learning, &balances);
    store(&arguments.out, files.as_ref(), &text)?;
    Ok(said(arguments, files.as_ref(), tags, balances.len()))
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
        "{found}; {balances} balances hold\nreview {out}, give names, units and safe limits, then\n  tapglass rules check {out}\n  tapglass check FILE --site {out}\n"
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
