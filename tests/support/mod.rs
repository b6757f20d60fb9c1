//! What several test programs need: the shared material beside the project, and running the program.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)] // each test program uses a part; a test may fail loudly

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
