//! Linear balances between tags that hold on the data: few terms, found one after the other, each the one that explains
//! most of what is left.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::grid::{Grid, grid};
use super::listen::Learner;
use super::solve;
use super::text::{duration, number, rounded};
use crate::site::{Site, TagId};

/// Terms beside the one that is explained.
const TERMS: usize = 4;
/// What a balance must explain of the movement of its first term.
const SHARE: f64 = 0.9;
/// A further term must take away so much of what is left.
const WORTH: f64 = 0.05;
/// Rows from which a balance is sought.
const ROWS: usize = 100;
/// Margin of the largest residual seen (site-and-rules 1.5).
const MARGIN: f64 = 1.5;
/// Digits of weights.
const DIGITS: usize = 9;

/// A sum that stays near zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// The tags with their weights; the first has weight 1.
    pub terms: Vec<(TagId, f64)>,
    /// What is added.
    pub constant: f64,
    /// Each tag is averaged over so long, nanoseconds.
    pub average: Option<i64>,
    /// Largest residual that is usual, margin included.
    pub limit: f64,
    /// Share of the movement of the first tag that the others explain.
    pub share: f64,
    /// Moments at which it was seen to hold.
    pub samples: usize,
    /// Values are not read at the same moment: it may be off for so long, nanoseconds.
    pub lasting: i64,
}

impl Balance {
    /// The residual as an expression of the rule language.
    #[must_use]
    pub fn expression(&self, site: &Site) -> String {
        let mut out = String::new();
        for (tag, weight) in &self.terms {
            let name = crate::site::tag_word(site.tag_name(*tag));
            let term = match self.average {
                Some(window) => format!("avg({name}, {})", duration(window)),
                None => name,
            };
            if out.is_empty() {
                let _ = write!(out, "{} * {term}", weight_text(*weight));
            } else {
                let sign = if *weight < 0.0 { '-' } else { '+' };
                let _ = write!(out, " {sign} {} * {term}", weight_text(weight.abs()));
            }
        }
        let sign = if self.constant < 0.0 { '-' } else { '+' };
        let _ = write!(out, " {sign} {}", weight_text(self.constant.abs()));
        out
    }

    /// The equation for a person.
    #[must_use]
    pub fn said(&self, site: &Site) -> String {
        let mut terms = self.terms.iter();
        let first = terms.next().map_or("", |(tag, _)| site.tag_name(*tag));
        let mut out = format!("{first} =");
        for (tag, weight) in terms {
            let weight = -weight;
            let sign = match (weight < 0.0, out.ends_with('=')) {
                (true, _) => " -",
                (false, true) => "",
                (false, false) => " +",
            };
            let _ = write!(
                out,
                "{sign} {} {}",
                number(rounded(weight.abs(), 4)),
                site.tag_name(*tag)
            );
        }
        let constant = -self.constant;
        let sign = if constant < 0.0 { '-' } else { '+' };
        let _ = write!(out, " {sign} {}", number(rounded(constant.abs(), 4)));
        let _ = write!(
            out,
            "{}; explains {:.2} % of its movement at {} moments",
            self.average.map_or_else(String::new, |window| format!(
                ", averaged over {}",
                duration(window)
            )),
            (self.share * 1e4).floor() / 100.0,
            self.samples
        );
        out
    }
}

/// A weight without exponent: the rule language reads plain numbers.
fn weight_text(value: f64) -> String {
    let exact: f64 = format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value);
    format!("{exact}")
}

/// The balances that hold. `together` says that the values of a row were taken at the same moment.
#[must_use]
pub fn balances(learner: &Learner, together: bool) -> Vec<Balance> {
    let grid = grid(learner);
    let lasting = if together { 0 } else { grid.step.saturating_mul(2) };
    let mut known = BTreeSet::new();
    let mut found = search(&grid, None, lasting, &mut known);
    if together && !grid.whole.is_empty() {
        let averaged = grid.averaged();
        let mut known = BTreeSet::new();
        found.extend(search(&averaged, Some(grid.window()), lasting, &mut known));
    }
    found
}

fn search(grid: &Grid, average: Option<i64>, lasting: i64, known: &mut BTreeSet<Vec<TagId>>) -> Vec<Balance> {
    let rows = grid.columns.first().map_or(0, Vec::len);
    if rows < ROWS {
        return Vec::new();
    }
    let moments = solve::Moments::new(&grid.columns);
    let mut found = Vec::new();
    for (target, smooth) in grid.smooth.iter().enumerate() {
        if !smooth || moments.deviation(target) == 0.0 {
            continue;
        }
        let Some(balance) = one(grid, &moments, target, average, lasting) else {
            continue;
        };
        let mut tags: Vec<TagId> = balance.terms.iter().map(|term| term.0).collect();
        tags.sort_unstable();
        // The same equation may be found from its other end.
        if known.insert(tags) {
            found.push(balance);
        }
    }
    found
}

fn one(
    grid: &Grid,
    moments: &solve::Moments,
    target: usize,
    average: Option<i64>,
    lasting: i64,
) -> Option<Balance> {
    let (chosen, weights, left) = moments.pursue(target, TERMS, WORTH)?;
    if 1.0 - left < SHARE {
        return None;
    }
    let tag = |column: usize| grid.tags.get(column).copied();
    let mut terms = vec![(tag(target)?, 1.0)];
    for (column, weight) in chosen.iter().zip(&weights) {
        terms.push((tag(*column)?, -weight));
    }
    let mut constant = -moments.constant(target, &chosen, &weights);
    if constant.abs() < moments.size(target) * 1e-9 {
        constant = 0.0;
    }
    let residual = |row: usize| -> Option<f64> {
        let mut sum = grid.columns.get(target)?.get(row)? + constant;
        for (column, weight) in chosen.iter().zip(&weights) {
            sum -= weight * grid.columns.get(*column)?.get(row)?;
        }
        Some(sum.abs())
    };
    let rows = grid.columns.get(target)?.len();
    let largest = (0..rows).filter_map(residual).fold(0.0, f64::max);
    // Weights are written with so many digits, and values carry rounding of their own.
    let rounding = moments.size(target) * 1e-7;
    Some(Balance {
        terms,
        constant,
        average,
        limit: (largest * MARGIN).max(rounding),
        share: 1.0 - left,
        samples: rows,
        lasting,
    })
}
