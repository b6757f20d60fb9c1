//! Learned rules alone on exports of a water network, scored as the public challenge scores detectors:
//! S = 0.5 S_TTD + 0.5 S_CLF, S_TTD = 1 - mean(time to detection / length of the attack), S_CLF = (TPR + TNR) / 2.
//!
//! The challenge's own data are not part of this repository. With `TAPGLASS_WATER` naming a directory that holds its
//! `dataset03.csv` (training) and `test_dataset.csv` (labelled), their score is printed and must reach the reference.
//! Without it, a network that this test simulates is scored.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::indexing_slicing
)] // a test may fail loudly

use std::path::{Path, PathBuf};
use std::process::Command;

use tapglass::alarm::State;
use tapglass::engine::{Engine, Options, Output};
use tapglass::learn::historian::Historian;
use tapglass::site::{Site, TagId};

#[path = "water/network.rs"]
mod network;

/// The score that learned rules must reach on the challenge's data.
const REFERENCE: f64 = 0.957;

#[derive(Debug)]
struct Score {
    detection: f64,
    positives: f64,
    negatives: f64,
    /// Share of each attack that had passed when it was found; 1 when it was not.
    late: Vec<f64>,
}

impl Score {
    #[allow(clippy::cast_precision_loss)]
    fn of(found: &[bool], label: &[bool]) -> Self {
        assert_eq!(found.len(), label.len());
        let count = |which: bool, said: bool| {
            found
                .iter()
                .zip(label)
                .filter(|(found, label)| **label == which && **found == said)
                .count() as f64
        };
        let mut late = Vec::new();
        let mut at = 0;
        while at < label.len() {
            if !label[at] {
                at += 1;
                continue;
            }
            let length = label[at..].iter().take_while(|label| **label).count();
            let first = found[at..at + length]
                .iter()
                .position(|found| *found)
                .unwrap_or(length);
            late.push(first as f64 / length as f64);
            at += length;
        }
        Self {
            detection: 1.0 - late.iter().sum::<f64>() / late.len() as f64,
            positives: count(true, true) / (count(true, true) + count(true, false)),
            negatives: count(false, false) / (count(false, false) + count(false, true)),
            late,
        }
    }

    fn total(&self) -> f64 {
        0.5 * self.detection + 0.25 * (self.positives + self.negatives)
    }

    fn print(&self, name: &str) {
        let late: Vec<String> = self.late.iter().map(|late| format!("{late:.2}")).collect();
        println!(
            "{name}: S = {:.4}, S_TTD = {:.4}, TPR = {:.4}, TNR = {:.4}, found after [{}] of each attack",
            self.total(),
            self.detection,
            self.positives,
            self.negatives,
            late.join(", ")
        );
    }
}

fn learn(training: &Path, ignore: &str, out: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_tapglass"))
        .args(["learn", "--resolution", "0.01", "--ignore", ignore, "--csv"])
        .arg(training)
        .arg("--out")
        .arg(out)
        .status()
        .unwrap();
    assert!(status.success());
}

/// For each row of an export, whether an alarm stands at it.
fn alarms(site: &Path, export: &Path, ignore: &str) -> Vec<bool> {
    let site = Site::load(site).unwrap().site;
    let export = Historian::open(export, &[ignore.to_owned()]).unwrap();
    let tags: Vec<Option<TagId>> = export.names.iter().map(|name| site.tag_named(name)).collect();
    let mut engine = Engine::new(site, Options::default());
    let mut standing = std::collections::BTreeSet::new();
    let mut rows = Vec::new();
    export
        .each(|at, number, values| {
            let row: Vec<(TagId, f64)> = values
                .iter()
                .filter_map(|(place, value)| Some((tags[*place]?, *value)))
                .collect();
            engine.row(at, number, &row);
            let mut now = false;
            for output in engine.drain() {
                let Output::Alarm(transition) = output else {
                    continue;
                };
                let alarm = &transition.alarm;
                if alarm.advice {
                    continue;
                }
                if matches!(alarm.state, State::Unacknowledged | State::Acknowledged) {
                    standing.insert(alarm.number);
                    now |= alarm.last_time == at;
                } else {
                    standing.remove(&alarm.number);
                }
            }
            rows.push(now || !standing.is_empty());
        })
        .unwrap();
    rows
}

/// The last column of an export as labels.
fn labels(export: &Path) -> Vec<bool> {
    std::fs::read_to_string(export)
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap().trim().parse::<f64>().unwrap() > 0.0)
        .collect()
}

#[test]
fn the_formula_is_that_of_the_challenge() {
    let label = [false, true, true, true, true, false, false, true, true, false];
    let found = [false, false, true, true, true, true, false, false, false, false];
    let score = Score::of(&found, &label);
    assert_eq!(score.late, [0.25, 1.0]);
    assert!((score.detection - 0.375).abs() < 1e-12);
    assert!((score.positives - 0.5).abs() < 1e-12);
    assert!((score.negatives - 0.75).abs() < 1e-12);
    assert!((score.total() - 0.5).abs() < 1e-12);
}

#[test]
fn the_challenge_is_met() {
    let Some(data) = std::env::var_os("TAPGLASS_WATER").map(PathBuf::from) else {
        eprintln!("skipped: TAPGLASS_WATER names no directory with dataset03.csv and test_dataset.csv");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let site = directory.path().join("site");
    learn(&data.join("dataset03.csv"), "ATT_FLAG", &site);
    let test = data.join("test_dataset.csv");
    let score = Score::of(&alarms(&site, &test, "ATT_FLAG"), &labels(&test));
    score.print("challenge");
    assert!(score.total() >= REFERENCE, "{score:?}");
}

#[test]
fn a_simulated_network_is_watched() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    std::fs::write(at("training.csv"), network::export(1, 365 * 24, &[])).unwrap();
    std::fs::write(at("test.csv"), network::export(2, 80 * 24, &network::ATTACKS)).unwrap();
    std::fs::write(at("quiet.csv"), network::export(3, 110 * 24, &[])).unwrap();
    learn(&at("training.csv"), "ATTACK", &at("site"));
    let score = Score::of(
        &alarms(&at("site"), &at("test.csv"), "ATTACK"),
        &labels(&at("test.csv")),
    );
    score.print("simulated");
    assert!(score.total() >= 0.95, "{score:?}");
    assert!(score.late.iter().all(|late| *late < 0.5), "{score:?}");
    // At most 0.1 false episodes a day for each 100 tags on days that were not learned from.
    let quiet = alarms(&at("site"), &at("quiet.csv"), "ATTACK");
    let episodes = quiet.windows(2).filter(|pair| !pair[0] && pair[1]).count();
    let allowed = 0.1 * 110.0 * network::COLUMNS.len() as f64 / 100.0;
    println!("simulated: {episodes} false episodes on 110 days, {allowed:.2} are allowed");
    assert!(episodes as f64 <= allowed);
}
