//! What several test programs need: the shared material beside the project, and running the program.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // each test program uses a part; a test may fail loudly

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tapglass::conversation::Context;
use tapglass::flow::FlowLimits;
use tapglass::input::Input;
use tapglass::pipeline::{Handler, Pipeline};
use tapglass::proto::{Anomaly, Answer, Blind, Fields, Limits, Message, Operation, Points, Wants};
use tapglass::records::{Captures, write_anomaly, write_blind_spot, write_message};

/// The shared material, or `None` with a message when it is not here. In CI that is a failure.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(what);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "in CI ../shared/{what} must be there"
    );
    println!("skipped: ../shared/{what} is not here");
    None
}

/// Runs the program.
pub(crate) fn tapglass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tapglass"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The JSON lines of an output.
pub(crate) fn json_lines(output: &[u8]) -> Vec<serde_json::Value> {
    output
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            serde_json::from_slice(line)
                .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(line)))
        })
        .collect()
}

/// Every capture below a folder that has a truth beside it, in order.
pub(crate) fn captures_with_truth(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = path.to_str().and_then(|name| name.strip_suffix(".truth.jsonl")) {
                found.push(PathBuf::from(name));
            }
        }
    }
    found.sort();
    found
}

/// Writes every record of a run as lines, in this process.
pub(crate) struct Lines {
    pub(crate) bytes: Vec<u8>,
    captures: Captures,
}

impl Handler for Lines {
    fn wants(&self) -> Wants {
        Wants {
            messages: true,
            operations: true,
        }
    }

    fn message(&mut self, context: &Context<'_>, message: &Message<'_>) {
        let mut fields = Fields::new();
        message.body.fields(&mut fields);
        let mut summary = String::new();
        message.body.summary(&mut summary);
        for field in fields.into_vec() {
            let end = u64::from(field.start) + u64::from(field.length);
            assert!(
                end <= message.bytes.len() as u64,
                "{} ends at {end} of {}",
                field.name,
                message.bytes.len()
            );
        }
        write_message(&mut self.bytes, &self.captures, context, message);
    }

    fn operation(&mut self, _: &Context<'_>, operation: &Operation<'_>) {
        if let Points::Each(points) = operation.points {
            points.each(&mut |observation| {
                std::hint::black_box(observation);
            });
        }
    }

    fn answer(&mut self, _: &Context<'_>, _: &Answer<'_>) {}

    fn anomaly(&mut self, context: &Context<'_>, anomaly: &Anomaly<'_>) {
        write_anomaly(&mut self.bytes, &self.captures, context, anomaly);
    }

    fn blind(&mut self, context: &Context<'_>, blind: &Blind<'_>) {
        write_blind_spot(&mut self.bytes, &self.captures, Some(context), blind);
    }

    fn unseen(&mut self, blind: &Blind<'_>) {
        write_blind_spot(&mut self.bytes, &self.captures, None, blind);
    }
}

/// Decodes captures in this process; gives all records, or why a file is refused.
pub(crate) fn decode(paths: &[&Path]) -> Result<Vec<u8>, String> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    let mut input = Input::open(&paths).map_err(|error| error.to_string())?;
    // One name for all, so that the records of two runs can be compared.
    let captures = Captures::new(vec!["capture".to_owned(); paths.len()]);
    let mut lines = Lines {
        bytes: Vec::new(),
        captures,
    };
    let mut pipeline = Pipeline::new(Vec::new(), FlowLimits::default(), Limits::default());
    input.each(|frame| {
        pipeline.frame(frame, &mut lines);
        true
    });
    pipeline.finish(&mut lines);
    Ok(lines.bytes)
}
