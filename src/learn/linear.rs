//! Linear balances between tags that hold on the data.

use crate::site::{Site, TagId};

/// A part of a balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// The value of a tag.
    Value(TagId),
    /// How fast a tag changes, units a second.
    Rate(TagId),
}

/// A sum that stays near zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Balance {
    /// The parts with their weights; the first has weight 1.
    pub terms: Vec<(Term, f64)>,
    /// What is added.
    pub constant: f64,
    /// Largest residual that is usual, margin included.
    pub limit: f64,
    /// Share of the movement of the first part that the others explain.
    pub share: f64,
    /// Moments that it was seen at.
    pub samples: usize,
}

impl Balance {
    /// The residual as an expression of the rule language.
    #[must_use]
    pub fn expression(&self, site: &Site) -> String {
        let _ = site;
        String::new()
    }

    /// The equation for a person.
    #[must_use]
    pub fn said(&self, site: &Site) -> String {
        let _ = site;
        String::new()
    }
}

/// The balances that hold.
#[must_use]
pub fn balances(learner: &super::Learner) -> Vec<Balance> {
    let _ = learner;
    Vec::new()
}
