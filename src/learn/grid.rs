//! Values of many tags at the same moments: what the balances are sought in.

use tapglass_model::SECOND;

use super::listen::Learner;
use crate::engine::Seen;
use crate::plant::clock::{Moment, span};
use crate::plant::history::History;
use crate::site::TagId;

/// Moments at most.
const ROWS: usize = 20_000;
/// Tags at most; those that move most often come first.
const COLUMNS: usize = 256;
/// Steps after a pause until every tag was read again.
const SETTLE: i64 = 3;
/// Changes from which a tag moves.
const MOVES: u64 = 20;
/// Samples of an average.
pub(super) const WINDOW: usize = 6;

/// A table of values: columns of the same length.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    /// The tags.
    pub(super) tags: Vec<TagId>,
    /// Their values.
    pub(super) columns: Vec<Vec<f64>>,
    /// Which columns move smoothly; the others are states, which explain and are not explained.
    pub(super) smooth: Vec<bool>,
    /// Time between two rows, nanoseconds.
    pub(super) step: i64,
    /// The rows at which [`WINDOW`] rows before belong to the same stretch.
    pub(super) whole: Vec<usize>,
}

fn moves(history: &History) -> bool {
    // What only counts up explains everything that drifts.
    history.count >= 2 && history.rises != history.count
}

/// The values of the tags that move, at moments that are as far apart as they are read.
pub(super) fn grid(learner: &Learner) -> Grid {
    let mut seen: Vec<Seen<'_>> = learner
        .engine
        .seen()
        .into_iter()
        .filter(|seen| moves(seen.history) && !seen.history.changes.is_empty())
        .collect();
    let Some(step) = step(&seen, learner) else {
        return Grid::default();
    };
    // A tag that is read more rarely than the rows are far apart shows its past.
    seen.retain(|seen| seen.poll.is_none_or(|poll| poll <= step.saturating_add(step / 2)));
    if seen.len() > COLUMNS {
        seen.sort_by_key(|seen| (std::cmp::Reverse(seen.history.count), seen.tag));
        seen.truncate(COLUMNS);
    }
    seen.sort_by_key(|seen| seen.tag);
    let (moments, whole) = moments(learner, &seen, step);
    let columns = seen.iter().map(|seen| held(seen.history, &moments)).collect();
    Grid {
        tags: seen.iter().map(|seen| seen.tag).collect(),
        smooth: seen
            .iter()
            .map(|seen| seen.history.count >= MOVES && !is_state(seen.history))
            .collect(),
        columns,
        step,
        whole,
    }
}

/// A few whole numbers: a state, a mode, a running pump.
fn is_state(history: &History) -> bool {
    let span = history
        .high
        .greatest()
        .zip(history.low.greatest())
        .map_or(0.0, |(high, low)| high + low);
    history.whole && span <= 8.0
}

fn step(seen: &[Seen<'_>], learner: &Learner) -> Option<i64> {
    let mut polls: Vec<i64> = seen.iter().filter_map(|seen| seen.poll).collect();
    polls.sort_unstable();
    let usual = polls.get(polls.len() / 2).copied().unwrap_or(SECOND);
    let thinned = seen.iter().map(|seen| seen.history.spacing()).max().unwrap_or(0);
    let rows = i64::try_from(ROWS).unwrap_or(i64::MAX);
    let step = usual.max(thinned).max(learner.stretches.length() / rows).max(1);
    (!seen.is_empty()).then_some(step)
}

fn moments(learner: &Learner, seen: &[Seen<'_>], step: i64) -> (Vec<Moment>, Vec<usize>) {
    // From when every tag has a value.
    let known = seen
        .iter()
        .filter_map(|seen| seen.history.changes.first())
        .map(|first| first.0)
        .max()
        .unwrap_or(0);
    let (mut moments, mut whole) = (Vec::new(), Vec::new());
    let several = learner.stretches.list.len() > 1;
    for (from, until) in &learner.stretches.list {
        let settle = if several { step.saturating_mul(SETTLE) } else { 0 };
        let mut at = from.saturating_add(settle).max(known);
        let mut run = 0;
        while at <= *until && moments.len() < ROWS * 2 {
            if run >= WINDOW {
                whole.push(moments.len());
            }
            moments.push(at);
            run += 1;
            at = at.saturating_add(step);
        }
    }
    (moments, whole)
}

/// What a tag was at each moment: its last change before.
fn held(history: &History, moments: &[Moment]) -> Vec<f64> {
    let mut changes = history.changes.iter().peekable();
    let mut value = history.changes.first().map_or(0.0, |first| first.1);
    moments
        .iter()
        .map(|moment| {
            while let Some(change) = changes.next_if(|change| change.0 <= *moment) {
                value = change.1;
            }
            value
        })
        .collect()
}

impl Grid {
    /// The same with averages over the rows before, as the rule language has them.
    pub(super) fn averaged(&self) -> Self {
        let columns = self
            .columns
            .iter()
            .map(|column| {
                self.whole
                    .iter()
                    .map(|row| {
                        let before = column.get(row.saturating_sub(WINDOW)..*row).unwrap_or(&[]);
                        #[allow(clippy::cast_precision_loss)] // a handful
                        let count = before.len().max(1) as f64;
                        before.iter().sum::<f64>() / count
                    })
                    .collect()
            })
            .collect();
        Self {
            columns,
            whole: Vec::new(),
            ..self.clone()
        }
    }

    /// Length of the window of averages, nanoseconds.
    pub(super) fn window(&self) -> i64 {
        span(0, self.step).saturating_mul(i64::try_from(WINDOW).unwrap_or(1))
    }
}
