//! What the engine has seen of each tag, for learning.

use super::Engine;
use crate::plant::clock::Moment;
use crate::plant::history::History;
use crate::rules::kinds::Kind;
use crate::site::TagId;

/// What was seen of one tag.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// The tag.
    pub tag: TagId,
    /// Its values, pace and writers.
    pub history: &'a History,
    /// The usual time from sample to sample, nanoseconds; `None` when it is reported by exception or hardly seen.
    pub poll: Option<i64>,
    /// Samples.
    pub samples: u64,
    /// Bits of entropy of one change.
    pub entropy: Option<f64>,
    /// Longest time at one value between two changes, nanoseconds.
    pub longest_run: Option<i64>,
}

impl Engine {
    /// The moment that is being worked on.
    #[must_use]
    pub const fn moment_now(&self) -> Moment {
        self.now
    }

    /// What was seen of the tags that are watched to learn from.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen<'_>> {
        let mut entropies = vec![None; self.tags.len()];
        let mut runs = vec![None; self.tags.len()];
        for instance in &self.rules.instances {
            let Some(place) = instance.tag.map(|tag| tag.0 as usize) else {
                continue;
            };
            match &instance.kind {
                Kind::Replay(kind) => {
                    if let Some(entropy) = entropies.get_mut(place) {
                        *entropy = kind.entropy();
                    }
                }
                Kind::Frozen(kind) => {
                    if let Some(run) = runs.get_mut(place) {
                        *run = Some(kind.longest()).filter(|run| *run > 0);
                    }
                }
                _ => {}
            }
        }
        self.rules
            .instances
            .iter()
            .filter_map(|instance| {
                let tag = instance.tag?;
                let Kind::Baseline(kind) = &instance.kind else {
                    return None;
                };
                let history = kind.history.as_deref()?;
                let place = tag.0 as usize;
                let state = self.tags.get(place)?;
                Some(Seen {
                    tag,
                    history,
                    poll: state
                        .period
                        .known(4)
                        .filter(|period| *period > 0 && !state.by_exception()),
                    samples: state.samples,
                    entropy: entropies.get(place).copied().flatten(),
                    longest_run: runs.get(place).copied().flatten(),
                })
            })
            .collect()
    }
}
