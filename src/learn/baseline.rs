//! baseline.toml: what is usual, with the margins under which it becomes a rule (site-and-rules 1.5).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::follows;
use super::linear::Balance;
use super::listen::Learner;
use super::text::{comment, duration, key, number, quoted, rounded};
use super::write::Learning;
use crate::engine::Seen;
use crate::plant::clock::Moment;
use crate::plant::history::{History, Records};
use crate::site::{Role, Site, Tag, TagId};

/// Margin of a range, as a share of its span.
const MARGIN: f64 = 0.02;
/// Margin of the fastest change.
const GRADIENT: f64 = 1.25;
/// Changes from which a fastest one is believed.
const CHANGES: u64 = 20;
/// Margin for each time that a value went from one side of its middle to the other, as a share of its span: after 250
/// turns it is [`MARGIN`].
const TURNS: f64 = 5.0;
/// Margin of a value that hardly turned.
const FARTHEST: f64 = 0.25;
/// Digits of limits.
const DIGITS: i32 = 5;

/// Writes what was learned.
#[must_use]
pub fn text(learner: &Learner, learning: &Learning, balances: &[Balance]) -> String {
    let site = learner.engine.site();
    let seen = learner.engine.seen();
    let middle = [learner.stretches.passed(2), learner.stretches.passed(4)];
    let mut out = String::from(
        "# What was usual while `tapglass learn` watched: limits of rules of kind `baseline` and `balance`, severity low\n\
         # unless it says otherwise here. No safe limits: those are written in plant.toml or tags.csv. Reviewed by a person,\n\
         # never changed by the running tool. Deleting an entry switches its rule off.\n\n[baseline]\n",
    );
    let captures: Vec<String> = learning.captures.iter().map(|name| quoted(name)).collect();
    let _ = writeln!(out, "captures = [{}]", captures.join(", "));
    if let Some(gap) = learning.rows_apart {
        // All values of a row are of one moment: nothing is gained by waiting for the next.
        let _ = writeln!(out, "on_delay = \"0s\"");
        let _ = writeln!(
            out,
            "off_delay = \"{}\"",
            duration(gap.saturating_mul(6).max(60_000_000_000))
        );
    }
    let _ = writeln!(out, "# watched for {}", duration(learner.stretches.length()));
    let pairs = follows::pairs(&seen);
    for seen in &seen {
        tag(&mut out, site, seen, middle, follows_exactly(&pairs, seen.tag));
    }
    talk(&mut out, learner);
    for (place, balance) in balances.iter().enumerate() {
        let _ = writeln!(out, "\n[[balance]]  # {}", comment(&balance.said(site)));
        let _ = writeln!(out, "id = \"{}\"", place + 1);
        let _ = writeln!(out, "residual = {}", quoted(&balance.expression(site)));
        let _ = writeln!(out, "limit = {}", number(rounded(balance.limit, DIGITS)));
        if balance.lasting > 0 {
            let _ = writeln!(out, "for = \"{}\"", duration(balance.lasting));
        }
    }
    if !pairs.is_empty() {
        out.push_str(
            "\n# Tags that followed a command every time: candidates for `feedback` of the command in tags.csv.\n",
        );
    }
    for pair in pairs {
        let _ = writeln!(out, "\n[[follows]]");
        let _ = writeln!(out, "command = {}", quoted(site.tag_name(pair.command)));
        let _ = writeln!(
            out,
            "feedback = {}{}",
            quoted(site.tag_name(pair.feedback)),
            if pair.same {
                "  # takes the number that is written"
            } else {
                ""
            }
        );
        let _ = writeln!(out, "within = \"{}\"", duration(pair.within));
        let _ = writeln!(out, "seen = {}", pair.times);
    }
    out
}

/// A band and how far beyond what was seen it may go, because the second half of the time still went beyond the first.
fn band(history: &History, [middle, quarter]: [Moment; 2]) -> Option<(f64, f64, f64)> {
    let (high, low) = (history.high.greatest()?, -history.low.greatest()?);
    let growth = |records: &Records| match (records.greatest(), records.until(middle)) {
        (Some(all), Some(half)) => (all - half).max(records.until(quarter).map_or(0.0, |early| half - early)),
        _ => 0.0,
    };
    let grown = growth(&history.high)
        .max(growth(&history.low))
        .max(unknown_yet(history, low, high));
    Some((low, high, ((high - low) * MARGIN).max(grown)))
}

/// How much further a value may go that has not been up and down often enough for its extremes to be known.
fn unknown_yet(history: &History, low: f64, high: f64) -> f64 {
    if history.count < CHANGES || !history.writers.is_empty() {
        return 0.0;
    }
    let mut values: Vec<f64> = history.changes.iter().map(|change| change.1).collect();
    values.sort_by(f64::total_cmp);
    let Some(middle) = values.get(values.len() / 2) else {
        return 0.0;
    };
    let span = high - low;
    let (mut turns, mut above) = (0_u32, None);
    for (_, value) in &history.changes {
        let side = (value - middle).abs() > span * 0.1;
        if side && above != Some(value > middle) {
            above = Some(value > middle);
            turns += 1;
        }
    }
    span * (TURNS / f64::from(turns.max(1))).min(FARTHEST)
}

/// It only counts up, perhaps beginning anew: its range says nothing.
fn counts(history: &History) -> bool {
    let span = history
        .high
        .greatest()
        .zip(history.low.greatest())
        .map_or(0.0, |(high, low)| high + low);
    history.count >= 8
        && (history.rises == history.count
            || history.rises * 10 >= history.count * 9 && history.largest_fall > span * 0.5)
}

/// It takes the number of a setpoint: its steps are those of people.
fn follows_exactly(pairs: &[follows::Follows], tag: TagId) -> bool {
    pairs.iter().any(|pair| pair.same && pair.feedback == tag)
}

fn two_states(history: &History) -> bool {
    // A state that was never left is another matter: it is usual.
    history.whole
        && history.count > 0
        && history.high.greatest().is_some_and(|high| high <= 1.0)
        && history.low.greatest().is_some_and(|low| low <= 0.0)
}

fn tag(out: &mut String, site: &Site, seen: &Seen<'_>, times: [Moment; 2], follower: bool) {
    let Some(of) = site.tag(seen.tag) else { return };
    let history = seen.history;
    if history.high.greatest().is_none() && history.writers.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n[tag.{}]", key(&of.name));
    let _ = writeln!(out, "samples = {}", seen.samples);
    let _ = writeln!(out, "changes = {}", history.count);
    limits(out, of, history, times, follower);
    if let Some(poll) = seen.poll {
        let _ = writeln!(out, "poll = \"{}\"", duration(poll));
    }
    if let Some(entropy) = seen.entropy {
        let _ = writeln!(out, "entropy = {}", number((entropy * 1_000.0).round() / 1_000.0));
    }
    if let Some(run) = seen.longest_run.filter(|_| history.count >= CHANGES) {
        let _ = writeln!(out, "longest_run = \"{}\"", duration(run));
    }
    writers(out, site, history);
}

fn limits(out: &mut String, of: &Tag, history: &History, times: [Moment; 2], follower: bool) {
    let states = two_states(history) || !of.crob.states.is_empty();
    if counts(history) {
        out.push_str("# it counts up: no range, no gradient\n");
        return;
    }
    if states {
        out.push_str("# two states: no range\n");
        return;
    }
    let Some((low, high, margin)) = band(history, times) else {
        return;
    };
    let _ = writeln!(out, "range = [{}, {}]", number(low), number(high));
    if margin > 0.0 {
        let grown = margin > (high - low) * MARGIN * (1.0 + 1e-9);
        let _ = writeln!(
            out,
            "margin = {}{}",
            number(rounded(margin, DIGITS)),
            if grown {
                "  # its extremes were still growing, or it has not turned often enough to know them"
            } else {
                ""
            }
        );
    }
    // A setpoint is moved by people, as far as they like; its steps are no property of the process.
    let moved_by_people =
        follower || !history.writers.is_empty() || matches!(of.role, Some(Role::Setpoint | Role::Command));
    if moved_by_people || history.count < CHANGES {
        return;
    }
    if let Some(pace) = history.pace.greatest().filter(|pace| *pace > 0.0) {
        let half = history.pace.until(times[0]).unwrap_or(0.0);
        let _ = writeln!(out, "gradient = {}", number(rounded(pace, DIGITS)));
        let factor = GRADIENT.max(1.0 + 2.0 * (pace - half) / pace);
        if factor > GRADIENT {
            let _ = writeln!(
                out,
                "gradient_margin = {}  # the fastest change of the first half was slower",
                number(rounded(factor, 3))
            );
        }
    }
}

fn writers(out: &mut String, site: &Site, history: &History) {
    let mut by: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut unknown = 0;
    for (who, function, times) in &history.writers {
        match who {
            Some(who) => by.entry(site.principal_name(*who)).or_default().push(*function),
            None => unknown += times,
        }
    }
    if unknown > 0 {
        let _ = writeln!(
            out,
            "# {unknown} writes of clients that the site does not name are not learned"
        );
    }
    let list: Vec<String> = by
        .iter_mut()
        .map(|(name, functions)| {
            functions.sort_unstable();
            functions.dedup();
            format!("{} = {functions:?}", key(name))
        })
        .collect();
    let _ = match list.as_slice() {
        [] => writeln!(out, "written_by = {{}}"),
        list => writeln!(out, "written_by = {{ {} }}", list.join(", ")),
    };
}

fn talk(out: &mut String, learner: &Learner) {
    let site = learner.engine.site();
    let mut by: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for (principal, device, function, _) in learner.engine.noted_talk() {
        if let (Some(principal), Some(device)) = (principal, site.devices.get(device.0 as usize)) {
            by.entry((site.principal_name(principal), &device.name))
                .or_default()
                .push(function);
        }
    }
    if !by.is_empty() {
        out.push_str("\n# Who uses which function or service of which device.\n");
    }
    for ((principal, device), functions) in by {
        let _ = writeln!(out, "\n[[talk]]");
        let _ = writeln!(out, "principal = {}", quoted(principal));
        let _ = writeln!(out, "device = {}", quoted(device));
        let _ = writeln!(out, "functions = {functions:?}");
    }
}
