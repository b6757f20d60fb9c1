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
use crate::site::{Role, Site, Tag};

/// Margin of a range, as a share of its span.
const MARGIN: f64 = 0.02;
/// Margin of the fastest change.
const GRADIENT: f64 = 1.25;
/// Changes from which a fastest one is believed.
const CHANGES: u64 = 20;
/// Digits of limits.
const DIGITS: i32 = 5;

/// Writes what was learned.
#[must_use]
pub fn text(learner: &Learner, learning: &Learning, balances: &[Balance]) -> String {
    let site = learner.engine.site();
    let seen = learner.engine.seen();
    let middle = learner.stretches.middle();
    let mut out = String::from(
        "# What was usual while `tapglass learn` watched: limits of rules of kind `baseline` and `balance`, severity low\n\
         # unless it says otherwise here. No safe limits: those are written in plant.toml or tags.csv. Reviewed by a person,\n\
         # never changed by the running tool. Deleting an entry switches its rule off.\n\n[baseline]\n",
    );
    let captures: Vec<String> = learning.captures.iter().map(|name| quoted(name)).collect();
    let _ = writeln!(out, "captures = [{}]", captures.join(", "));
    let _ = writeln!(out, "# watched for {}", duration(learner.stretches.length()));
    for seen in &seen {
        tag(&mut out, site, seen, middle);
    }
    talk(&mut out, learner);
    for (place, balance) in balances.iter().enumerate() {
        let _ = writeln!(out, "\n[[balance]]  # {}", comment(&balance.said(site)));
        let _ = writeln!(out, "id = \"{}\"", place + 1);
        let _ = writeln!(out, "residual = {}", quoted(&balance.expression(site)));
        let _ = writeln!(out, "limit = {}", number(rounded(balance.limit, DIGITS)));
    }
    let pairs = follows::pairs(&seen);
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
fn band(history: &History, middle: Moment) -> Option<(f64, f64, f64)> {
    let (high, low) = (history.high.greatest()?, -history.low.greatest()?);
    let growth = |records: &Records| match (records.greatest(), records.until(middle)) {
        (Some(all), Some(half)) => all - half,
        _ => 0.0,
    };
    let grown = growth(&history.high).max(growth(&history.low));
    Some((low, high, ((high - low) * MARGIN).max(grown)))
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

fn two_states(history: &History) -> bool {
    history.whole
        && history.high.greatest().is_some_and(|high| high <= 1.0)
        && history.low.greatest().is_some_and(|low| low <= 0.0)
}

fn tag(out: &mut String, site: &Site, seen: &Seen<'_>, middle: Moment) {
    let Some(of) = site.tag(seen.tag) else { return };
    let history = seen.history;
    if history.high.greatest().is_none() && history.writers.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n[tag.{}]", key(&of.name));
    let _ = writeln!(out, "samples = {}", seen.samples);
    let _ = writeln!(out, "changes = {}", history.count);
    limits(out, of, history, middle);
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

fn limits(out: &mut String, of: &Tag, history: &History, middle: Moment) {
    let states = two_states(history) || !of.crob.states.is_empty();
    if counts(history) {
        out.push_str("# it counts up: no range, no gradient\n");
        return;
    }
    if states {
        out.push_str("# two states: no range\n");
        return;
    }
    let Some((low, high, margin)) = band(history, middle) else {
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
                "  # as far as the second half of the time went beyond the first"
            } else {
                ""
            }
        );
    }
    // A setpoint is moved by people, as far as they like; its steps are no property of the process.
    let moved_by_people =
        !history.writers.is_empty() || matches!(of.role, Some(Role::Setpoint | Role::Command));
    if moved_by_people || history.count < CHANGES {
        return;
    }
    if let Some(pace) = history.pace.greatest().filter(|pace| *pace > 0.0) {
        let half = history.pace.until(middle).unwrap_or(0.0);
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
