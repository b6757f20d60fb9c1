//! Commands and the tags that follow them: a readback, a position, a running pump.

use tapglass_model::SECOND;

use crate::engine::Seen;
use crate::plant::clock::{Moment, span};
use crate::site::TagId;

/// What follows later is not a consequence that anybody could tell from chance.
const WITHIN: i64 = 30 * SECOND;
/// Commands that must have been followed.
const FEW: usize = 2;
/// Commands of one tag that are looked at.
const LOOKED_AT: usize = 200;

/// A command and what follows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Follows {
    /// Commanded.
    pub command: TagId,
    /// Follows.
    pub feedback: TagId,
    /// Longest time that it took, nanoseconds.
    pub within: i64,
    /// Times seen.
    pub times: usize,
    /// It becomes the number that was commanded.
    pub same: bool,
}

/// The pairs that were seen without exception. Of several that follow one command, those that take its number come first.
#[must_use]
pub(super) fn pairs(seen: &[Seen<'_>]) -> Vec<Follows> {
    let mut found = Vec::new();
    for of in seen {
        let commands = turns(&of.history.commands);
        if commands.len() < FEW {
            continue;
        }
        let mut followers: Vec<Follows> = seen
            .iter()
            .filter(|other| other.tag != of.tag)
            .filter_map(|other| follows(of, &commands, other))
            .collect();
        followers.sort_by_key(|pair| (!pair.same, pair.within, pair.feedback));
        followers.truncate(3);
        found.extend(followers);
    }
    found
}

/// Commands that ask for something else than the one before.
fn turns(commands: &[(Moment, f64)]) -> Vec<(Moment, f64)> {
    let mut turns: Vec<(Moment, f64)> = Vec::new();
    for command in commands {
        if turns
            .last()
            .is_none_or(|last| last.1.to_bits() != command.1.to_bits())
        {
            turns.push(*command);
        }
        if turns.len() == LOOKED_AT {
            break;
        }
    }
    turns
}

fn follows(of: &Seen<'_>, commands: &[(Moment, f64)], other: &Seen<'_>) -> Option<Follows> {
    let changes = &other.history.changes;
    // What moves all the time follows everything.
    if other.history.count > 4 * commands.len() as u64 + 2 {
        return None;
    }
    let (mut within, mut times, mut same) = (0, 0, true);
    let mut known: Vec<(f64, f64)> = Vec::new();
    for (number, (at, value)) in commands.iter().enumerate() {
        let until = commands
            .get(number + 1)
            .map_or(Moment::MAX, |next| next.0)
            .min(at.saturating_add(WITHIN));
        let first = changes.partition_point(|change| change.0 <= *at);
        let before = first.checked_sub(1).and_then(|place| changes.get(place));
        let Some(change) = changes.get(first).filter(|change| change.0 <= until) else {
            // The first command may ask for what already is.
            if number == 0 && before.is_some_and(|before| before.1.to_bits() == value.to_bits()) {
                continue;
            }
            return None;
        };
        match known.iter().find(|pair| pair.0.to_bits() == value.to_bits()) {
            Some(pair) if pair.1.to_bits() != change.1.to_bits() => return None,
            Some(_) => {}
            None => known.push((*value, change.1)),
        }
        same &= (change.1 - value).abs() <= value.abs() * 1e-6;
        within = within.max(span(*at, change.0));
        times += 1;
    }
    // Without a command it must stand still, or it does not follow.
    let alone = changes.iter().skip(1).filter(|change| {
        !commands
            .iter()
            .any(|command| change.0 > command.0 && span(command.0, change.0) <= WITHIN)
    });
    (times >= FEW && known.len() >= FEW && alone.count() == 0).then_some(Follows {
        command: of.tag,
        feedback: other.tag,
        within,
        times,
        same,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plant::history::History;

    fn history(changes: &[(i64, f64)], commands: &[(i64, f64)]) -> History {
        let mut history = History::new(100);
        for (at, value) in changes {
            history.changed(at * SECOND, *value);
        }
        for (at, value) in commands {
            history.written(at * SECOND, None, 6, Some(*value));
        }
        history
    }

    #[test]
    fn a_feedback_follows_every_command_and_nothing_else() {
        let command = history(&[], &[(10, 1.0), (50, 0.0), (100, 1.0)]);
        // Its changes, whether it follows.
        type Case<'a> = (&'a str, &'a [(i64, f64)], bool);
        let cases: [Case<'_>; 5] = [
            ("each time", &[(1, 0.0), (12, 1.0), (53, 0.0), (102, 1.0)], true),
            ("one is missing", &[(1, 0.0), (12, 1.0), (102, 0.0)], false),
            (
                "once by itself",
                &[(1, 0.0), (12, 1.0), (53, 0.0), (95, 3.0), (102, 1.0)],
                false,
            ),
            (
                "not the same each time",
                &[(1, 0.0), (12, 1.0), (53, 0.0), (102, 7.0)],
                false,
            ),
            ("too late", &[(1, 0.0), (45, 1.0), (85, 0.0), (140, 1.0)], false),
        ];
        for (name, changes, expected) in cases {
            let feedback = history(changes, &[]);
            let seen = |tag, history| Seen {
                tag: TagId(tag),
                history,
                poll: None,
                samples: 0,
                entropy: None,
                longest_run: None,
            };
            let found = pairs(&[seen(0, &command), seen(1, &feedback)]);
            assert_eq!(!found.is_empty(), expected, "{name}: {found:?}");
            if let Some(pair) = found.first() {
                assert_eq!(
                    (pair.command, pair.feedback, pair.within),
                    (TagId(0), TagId(1), 3 * SECOND)
                );
            }
        }
    }
}
