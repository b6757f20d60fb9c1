//! Written values, transitions and bits that are allowed.

use super::value::shown;
use crate::plant::{Interval, Truth};
use crate::rules::verdict::{Cause, Verdict, What};
use crate::rules::write::Written;

/// A written value is one of those allowed.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Allowed values; empty is any.
    pub allowed: Box<[f64]>,
    /// Allowed transitions; empty is any.
    pub transitions: Box<[(f64, f64)]>,
    /// Bits that a write may change.
    pub bits: Option<u64>,
}

impl Domain {
    /// A value is written.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn written(&self, written: &Written) -> Verdict {
        let value = written.reading.value;
        let equal = |a: Interval, b: f64| {
            a.compare(
                crate::site::Comparison::Equal,
                Interval::exact(b),
                written.reading.tolerance,
            )
        };
        let cause = |what| {
            Verdict::Violated(
                Cause::new(what, Some(written.tag))
                    .value(shown(value))
                    .before(written.before.usable().number()),
            )
        };
        let mut verdict = Truth::True;
        if !self.allowed.is_empty() {
            let listed = self
                .allowed
                .iter()
                .fold(Truth::False, |found, allowed| found.or(equal(value, *allowed)));
            if listed.is_false() {
                return cause(What::NotAllowed);
            }
            verdict = verdict.and(listed);
        }
        let before = written.before.usable();
        if !self.transitions.is_empty() {
            let stays = before.compare(crate::site::Comparison::Equal, value, written.reading.tolerance);
            let listed = self.transitions.iter().fold(stays, |found, (from, to)| {
                found.or(equal(before, *from).and(equal(value, *to)))
            });
            if listed.is_false() {
                return cause(What::Transition);
            }
            verdict = verdict.and(listed);
        }
        if let Some(allowed) = self.bits {
            match (value.number(), before.number()) {
                (Some(new), Some(old)) if new >= 0.0 && old >= 0.0 => {
                    let bits = (new as u64 ^ old as u64) & !allowed;
                    if bits != 0 {
                        return cause(What::ForbiddenBits { bits });
                    }
                }
                _ => verdict = verdict.and(Truth::Unknown),
            }
        }
        match verdict {
            Truth::True => Verdict::Good,
            _ => Verdict::Unknown,
        }
    }
}
