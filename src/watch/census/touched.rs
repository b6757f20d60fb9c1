//! Which points a conversation has read and written: runs of addresses and names of nodes, bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tapglass_model::{PointAddress, Station, Table};
use tapglass_proto::{Operation, Points};

/// Runs of addresses that are kept for one table of one station.
const RUNS: usize = 64;
/// Tables of stations.
const TABLES: usize = 256;
/// Nodes.
const NODES: usize = 256;

/// Points of one conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    runs: BTreeMap<(Station, Table), Vec<(u32, u32)>>,
    nodes: BTreeSet<Box<str>>,
    /// There are more than are kept.
    more: bool,
    /// Where the text of a node is made.
    scratch: String,
}

impl Touched {
    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.nodes.is_empty() && !self.more
    }

    /// There are more than are kept.
    pub(super) const fn has_more(&self) -> bool {
        self.more
    }

    /// The points of an operation.
    pub(super) fn add(&mut self, operation: &Operation<'_>) {
        let station = operation.station;
        match operation.points {
            // What was asked for and refused tells nothing of what is there.
            Points::None | Points::Range { .. } => {}
            Points::Registers { table, first, bytes } => {
                let count = u32::try_from(bytes.len() / 2).unwrap_or(u32::MAX);
                self.run(station, table, u32::from(first), count);
            }
            Points::Bits {
                table, first, count, ..
            } => self.run(station, table, u32::from(first), u32::from(count)),
            Points::Mask { register, .. } => self.run(station, Table::Holding, u32::from(register), 1),
            Points::Each(each) => each.each(&mut |point| match point.address {
                PointAddress::Indexed { table, index, .. } => self.run(station, table, index, 1),
                node @ PointAddress::Node { .. } => self.node(&node),
            }),
        }
    }

    fn node(&mut self, node: &PointAddress<'_>) {
        self.scratch.clear();
        // Writing into a string cannot fail.
        let _ = write!(self.scratch, "{node}");
        if self.nodes.contains(self.scratch.as_str()) {
            return;
        }
        if self.nodes.len() >= NODES {
            self.more = true;
        } else {
            self.nodes.insert(self.scratch.as_str().into());
        }
    }

    fn run(&mut self, station: Station, table: Table, first: u32, count: u32) {
        if count == 0 {
            return;
        }
        // The addresses of both ends of a DNP3 link are those of the conversation; its points are the outstation's.
        let station = match station {
            Station::Link { outstation, .. } => Station::Link {
                master: 0,
                outstation,
            },
            other => other,
        };
        if self.runs.len() >= TABLES && !self.runs.contains_key(&(station, table)) {
            self.more = true;
            return;
        }
        let runs = self.runs.entry((station, table)).or_default();
        self.more |= !join(runs, first, first.saturating_add(count - 1));
    }

    /// Every run and node as text.
    pub(super) fn each(&self, mut tell: impl FnMut(&str)) {
        for ((station, table), runs) in &self.runs {
            for (first, last) in runs {
                let station = station.to_string();
                let gap = if station.is_empty() { "" } else { " " };
                let table = table.name();
                if first == last {
                    tell(&format!("{station}{gap}{table}:{first}"));
                } else {
                    tell(&format!("{station}{gap}{table}:{first}..{last}"));
                }
            }
        }
        self.nodes.iter().for_each(|node| tell(node));
    }
}

/// Adds a run to those that are kept in order; false when there is no room for it.
fn join(runs: &mut Vec<(u32, u32)>, first: u32, last: u32) -> bool {
    // The first run that ends at or just before the new one, and the first that begins after it.
    let begin = runs.partition_point(|run| run.1.saturating_add(1) < first);
    let end = runs.partition_point(|run| run.0 <= last.saturating_add(1));
    let touching = runs.get(begin..end).unwrap_or_default();
    match (touching.first(), touching.last()) {
        (Some(&(low, _)), Some(&(_, high))) => {
            let joined = (low.min(first), high.max(last));
            if touching.len() == 1
                && let Some(run) = runs.get_mut(begin)
            {
                *run = joined;
            } else {
                runs.splice(begin..end, [joined]);
            }
            true
        }
        _ if runs.len() >= RUNS => false,
        _ => {
            runs.insert(begin, (first, last));
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_become_one_run() {
        for (added, expected) in [
            (&[(0, 3), (4, 7)][..], &[(0, 7)][..]),
            (&[(4, 7), (0, 3)], &[(0, 7)]),
            (&[(0, 1), (3, 4)], &[(0, 1), (3, 4)]),
            (&[(0, 1), (3, 4), (2, 2)], &[(0, 4)]),
            (&[(5, 5), (5, 5)], &[(5, 5)]),
            (&[(0, 0), (2, 2), (4, 4), (1, 5)], &[(0, 5)]),
            (&[(u32::MAX, u32::MAX), (0, 0)], &[(0, 0), (u32::MAX, u32::MAX)]),
        ] {
            let mut runs = Vec::new();
            for (first, last) in added {
                assert!(join(&mut runs, *first, *last));
            }
            assert_eq!(runs, expected, "{added:?}");
        }
    }

    #[test]
    fn a_full_list_says_that_there_is_more() {
        let mut runs = Vec::new();
        let whole = (0..RUNS as u32 + 1).all(|at| join(&mut runs, at * 2, at * 2));
        assert!(!whole);
        assert_eq!(runs.len(), RUNS);
        assert!(join(&mut runs, 1, 1), "what closes a gap needs no room");
    }

    proptest! {
        #[test]
        fn runs_hold_exactly_what_was_added(added in prop::collection::vec((0_u32..60, 0_u32..8), 0..30)) {
            let mut runs = Vec::new();
            let mut set = BTreeSet::new();
            for (first, more) in added {
                prop_assert!(join(&mut runs, first, first + more));
                set.extend(first..=first + more);
            }
            let held: BTreeSet<u32> = runs.iter().flat_map(|(first, last)| *first..=*last).collect();
            prop_assert_eq!(held, set);
            prop_assert!(runs.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
        }
    }
}
