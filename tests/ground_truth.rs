//! Every message and every value of the shared captures against what an independent decoder sees in them, and the frames
//! that break a protocol against those that it calls malformed.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;

#[path = "ground_truth/explained.rs"]
mod explained;
#[path = "ground_truth/judge.rs"]
mod judge;
#[path = "ground_truth/malformed.rs"]
mod malformed;
#[path = "ground_truth/names.rs"]
mod names;
#[path = "ground_truth/values/mod.rs"]
mod values;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use explained::EXPLAINED;

/// The records of a capture.
fn decode(path: &Path, records: &str) -> Vec<serde_json::Value> {
    let output = support::tapglass(&["decode", "--records", records, path.to_str().unwrap()]);
    assert!(
        matches!(output.status.code(), Some(0 | 3)),
        "{}: {output:?}",
        path.display()
    );
    support::json_lines(&output.stdout)
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn truth(path: &Path) -> Vec<serde_json::Value> {
    support::json_lines(&std::fs::read(format!("{}.truth.jsonl", path.display())).unwrap())
}

/// A line of the table: messages expected, found, differing, values expected, differing.
fn line(name: &str, [expected, found, differing, values, wrong]: [usize; 5]) -> String {
    format!("{name:<62} {expected:>8} {found:>7} {differing:>9} {values:>8} {wrong:>9}\n")
}

#[test]
fn every_message_and_value_of_the_shared_captures_is_found_and_nothing_is_invented() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    let mut table = format!(
        "{:<62} {:>8} {:>7} {:>9} {:>8} {:>9}\n",
        "capture", "messages", "found", "differing", "values", "differing"
    );
    let mut total = [0; 5];
    let mut unexplained = String::new();
    let mut used = BTreeSet::new();
    for path in support::captures_with_truth(&folder) {
        let name = name(&path);
        let tally = judge::compare(&truth(&path), &decode(&path, "message"));
        let structural = tally
            .differences
            .iter()
            .filter(|difference| matches!(difference.member.as_str(), "missing" | "extra"));
        let row = [
            tally.expected,
            tally.found,
            structural.count(),
            tally.values,
            tally.values - tally.right,
        ];
        table.push_str(&line(name, row));
        for (total, here) in total.iter_mut().zip(row) {
            *total += here;
        }
        for difference in tally.differences {
            let explanation = EXPLAINED.iter().position(|known| {
                known.capture == name
                    && known.member == difference.member
                    && known.frames.contains(&difference.frame)
            });
            if let Some(place) = explanation {
                used.insert((place, difference.frame));
            } else {
                let _ = writeln!(
                    unexplained,
                    "{name} frame {}: {}: {}",
                    difference.frame, difference.member, difference.text
                );
            }
        }
    }
    println!("{table}{}", line("all", total));
    assert!(
        unexplained.is_empty(),
        "differences that nobody has explained:\n{unexplained}"
    );
    for (place, known) in EXPLAINED.iter().enumerate() {
        for frame in known.frames {
            assert!(
                used.contains(&(place, *frame)),
                "{} frame {frame} {}: explained, and there is nothing to explain any more",
                known.capture,
                known.member
            );
        }
    }
}

#[test]
fn nothing_is_found_in_captures_of_other_protocols() {
    let Some(folder) = support::shared("captures/other") else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "pcap" && extension != "pcapng")
        {
            continue;
        }
        let found = decode(&path, "message,anomaly");
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}
