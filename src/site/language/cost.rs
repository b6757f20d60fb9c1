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
        let many = |number: u32| if number == 1 { "" } else { "s" };
        write!(f, "{} node{}", self.nodes, many(self.nodes))?;
        if self.constant > 0 {
            write!(
                f,
                ", {} timed operator{} of O(1)",
                self.constant,
                many(self.constant)
            )?;
        }
        if self.windows > 0 {
            write!(
                f,
                ", {} window{} of amortised O(1)",
                self.windows,
                many(self.windows)
            )?;
        }
        Ok(())
    }
}

impl Expression {
    /// How deep it is nested, the modes it uses included: evaluation descends once for each level.
    pub(in super::super) fn depth(&self, modes: &[usize]) -> usize {
        let below = match self {
            Self::Once(a, ..)
            | Self::Held(a, ..)
            | Self::Rose(a, _)
            | Self::Fell(a, _)
            | Self::Absolute(a)
            | Self::Negative(a)
            | Self::Within(a, ..)
            | Self::Not(a) => a.depth(modes),
            Self::Since(a, b, _)
            | Self::Arithmetic(_, a, b)
            | Self::Compare(_, a, b)
            | Self::And(a, b)
            | Self::Or(a, b)
            | Self::Implies(a, b) => a.depth(modes).max(b.depth(modes)),
            Self::Mode(name) => modes.get(name.index as usize).copied().unwrap_or(0),
            _ => 0,
        };
        below.saturating_add(1)
    }

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
