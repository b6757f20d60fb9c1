//! Least squares over columns of values, from their covariances alone: orthogonal matching pursuit.

/// Means and covariances of columns.
#[derive(Clone, Debug)]
pub(super) struct Moments {
    means: Vec<f64>,
    deviations: Vec<f64>,
    /// Correlations, row by row.
    correlations: Vec<f64>,
    columns: usize,
}

/// Columns that are the same but for rounding; a sum with both would have weights of any size.
const ALIKE: f64 = 1e-10;

impl Moments {
    /// Of columns of the same length.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn new(columns: &[Vec<f64>]) -> Self {
        let rows = columns.first().map_or(1, |column| column.len().max(1)) as f64;
        let means: Vec<f64> = columns
            .iter()
            .map(|column| column.iter().sum::<f64>() / rows)
            .collect();
        let deviations: Vec<f64> = columns
            .iter()
            .zip(&means)
            .map(|(column, mean)| {
                let squares: f64 = column.iter().map(|value| (value - mean).powi(2)).sum();
                (squares / rows).sqrt()
            })
            .collect();
        let standard: Vec<Vec<f64>> = columns
            .iter()
            .zip(means.iter().zip(&deviations))
            .map(|(column, (mean, deviation))| {
                let scale = if *deviation > 0.0 { 1.0 / deviation } else { 0.0 };
                column.iter().map(|value| (value - mean) * scale).collect()
            })
            .collect();
        let mut correlations = vec![0.0; columns.len() * columns.len()];
        for (a, first) in standard.iter().enumerate() {
            for (b, second) in standard.iter().enumerate().skip(a) {
                let sum: f64 = first.iter().zip(second).map(|(x, y)| x * y).sum();
                for place in [a * columns.len() + b, b * columns.len() + a] {
                    if let Some(entry) = correlations.get_mut(place) {
                        *entry = sum / rows;
                    }
                }
            }
        }
        Self {
            means,
            deviations,
            correlations,
            columns: columns.len(),
        }
    }

    fn correlation(&self, a: usize, b: usize) -> f64 {
        self.correlations
            .get(a * self.columns + b)
            .copied()
            .unwrap_or(0.0)
    }

    /// How far a column moves.
    pub(super) fn deviation(&self, column: usize) -> f64 {
        self.deviations.get(column).copied().unwrap_or(0.0)
    }

    /// How large its values are.
    pub(super) fn size(&self, column: usize) -> f64 {
        self.means.get(column).map_or(0.0, |mean| mean.abs()) + self.deviation(column)
    }

    /// Explains a column by at most `terms` others: those, their weights, and the share of its variance that is left.
    pub(super) fn pursue(
        &self,
        target: usize,
        terms: usize,
        worth: f64,
    ) -> Option<(Vec<usize>, Vec<f64>, f64)> {
        let mut chosen: Vec<usize> = Vec::new();
        let mut weights: Vec<f64> = Vec::new();
        let mut left = 1.0;
        // What is left of an exact balance is rounding, and nothing explains that.
        while chosen.len() < terms && left > ALIKE {
            let next = (0..self.columns)
                .filter(|column| {
                    *column != target && !chosen.contains(column) && self.deviation(*column) > 0.0
                })
                .map(|column| {
                    let explained: f64 = chosen
                        .iter()
                        .zip(&weights)
                        .map(|(known, weight)| weight * self.correlation(column, *known))
                        .sum();
                    (column, (self.correlation(column, target) - explained).abs())
                })
                .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
            let Some(next) = next else { break };
            let mut tried = chosen.clone();
            tried.push(next.0);
            let Some(solved) = self.solve(target, &tried) else {
                break;
            };
            let explained: f64 = tried
                .iter()
                .zip(&solved)
                .map(|(column, weight)| weight * self.correlation(*column, target))
                .sum();
            let rest = (1.0 - explained).max(0.0);
            if rest > left * (1.0 - worth) {
                break;
            }
            (chosen, weights, left) = (tried, solved, rest);
        }
        if chosen.is_empty() {
            return None;
        }
        let scale = self.deviation(target);
        let weights = chosen
            .iter()
            .zip(&weights)
            .map(|(column, weight)| weight * scale / self.deviation(*column))
            .collect();
        Some((chosen, weights, left))
    }

    /// What is added to a sum of weighted columns so that it equals a column in the mean.
    pub(super) fn constant(&self, target: usize, chosen: &[usize], weights: &[f64]) -> f64 {
        let mean = |column: usize| self.means.get(column).copied().unwrap_or(0.0);
        mean(target)
            - chosen
                .iter()
                .zip(weights)
                .map(|(column, weight)| weight * mean(*column))
                .sum::<f64>()
    }

    /// Weights of standardised columns, by elimination of the normal equations.
    fn solve(&self, target: usize, chosen: &[usize]) -> Option<Vec<f64>> {
        let mut rows: Vec<Vec<f64>> = chosen
            .iter()
            .map(|a| {
                chosen
                    .iter()
                    .map(|b| self.correlation(*a, *b))
                    .chain([self.correlation(*a, target)])
                    .collect()
            })
            .collect();
        let size = chosen.len();
        for pivot in 0..size {
            let (above, below) = rows.split_at_mut(pivot + 1);
            let row = above.last()?;
            let head = *row.get(pivot)?;
            if head < ALIKE {
                return None;
            }
            for other in below {
                let factor = *other.get(pivot)? / head;
                for (entry, from) in other.iter_mut().zip(row).skip(pivot) {
                    *entry -= factor * from;
                }
            }
        }
        let mut weights = vec![0.0; size];
        for pivot in (0..size).rev() {
            let row = rows.get(pivot)?;
            let known: f64 = row
                .iter()
                .zip(&weights)
                .skip(pivot + 1)
                .map(|(entry, weight)| entry * weight)
                .sum();
            *weights.get_mut(pivot)? = (row.get(size)? - known) / row.get(pivot)?;
        }
        Some(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_balance_is_found_again(
            a in prop_oneof![-2.0_f64..-0.5, 0.5_f64..2.0], b in 2.0_f64..5.0, c in -100.0_f64..100.0, seed in 1_u64..u64::MAX
        ) {
            // Columns that have nothing to do with each other, as independent instruments.
            let mut state = seed;
            let mut column = |width: f64| -> Vec<f64> {
                (0..400)
                    .map(|_| {
                        state ^= state << 13;
                        state ^= state >> 7;
                        state ^= state << 17;
                        (state >> 11) as f64 / (1_u64 << 53) as f64 * width - width / 2.0
                    })
                    .collect()
            };
            let (x, y, noise) = (column(20.0), column(6.0), column(2.0));
            let sum: Vec<f64> = x.iter().zip(&y).map(|(x, y)| a * x + b * y + c).collect();
            let moments = Moments::new(&[sum, noise, x, y]);
            let (chosen, weights, left) = moments.pursue(0, 4, 0.05).unwrap();
            prop_assert!(left < 1e-9);
            let weight = |column| chosen.iter().position(|known| *known == column).map(|place| weights[place]);
            prop_assert!((weight(2).unwrap() - a).abs() < 1e-6);
            prop_assert!((weight(3).unwrap() - b).abs() < 1e-6);
            prop_assert!((moments.constant(0, &chosen, &weights) - c).abs() < 1e-4);
        }
    }

    #[test]
    fn columns_that_are_alike_or_still_make_no_balance_of_their_own() {
        let still = vec![1.0; 50];
        let moving: Vec<f64> = (0..50).map(|n| f64::from(n % 7)).collect();
        let moments = Moments::new(&[moving.clone(), still, moving.clone(), moving]);
        let (chosen, weights, left) = moments.pursue(0, 4, 0.05).unwrap();
        assert_eq!(chosen, [2]);
        assert!((weights[0] - 1.0).abs() < 1e-9 && left < 1e-9);
    }
}
