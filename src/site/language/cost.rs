//! What a condition costs to evaluate, known before it runs.

use super::super::Expression;

/// Static cost of an expression: each evaluation visits every node once, each temporal operator keeps a bounded state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Nodes of the tree.
    pub nodes: u32,
    /// Operators that keep a few numbers (`once`, `held`, `rose`, `rate` ...), O(1) each.
    pub constant: u32,
    /// Operators that keep a window of samples (`min`, `max`, `avg`, `count`), amortised O(1), bounded memory.
    pub windows: u32,
}

impl Cost {
    /// Cost of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            constant: self.constant + other.constant,
            windows: self.windows + other.windows,
        }
    }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} nodes", self.nodes)?;
        if self.constant > 0 {
            write!(f, ", {} timed operators of O(1)", self.constant)?;
        }
        if self.windows > 0 {
            write!(f, ", {} windows of amortised O(1)", self.windows)?;
        }
        Ok(())
    }
}

impl Expression {
    /// What it costs to evaluate.
    #[must_use]
    pub fn cost(&self) -> Cost {
        let mut cost = Cost::default();
        self.walk(&mut |node| {
            cost.nodes += 1;
            match node {
                Self::Rate(..)
                | Self::Changed(..)
                | Self::Once(..)
                | Self::Held(..)
                | Self::Since(..)
                | Self::Rose(..)
                | Self::Fell(..) => cost.constant += 1,
                Self::Minimum(..) | Self::Maximum(..) | Self::Average(..) | Self::Count(..) => {
                    cost.windows += 1;
                }
                _ => {}
            }
        });
        cost
    }
}
