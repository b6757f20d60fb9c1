//! Learned limits: one instance for each tag, and one rule for who asks what, which the engine judges itself.

use super::super::kinds::{Kind, baseline};
use super::super::program::{CompileError, NodeId};
use super::{Builder, Calls};
use crate::site::{Learned, Rule, TagId};

impl Builder<'_> {
    pub(super) fn baseline(
        &mut self,
        number: u32,
        rule: &Rule,
        when: Option<NodeId>,
        learned: &Learned,
    ) -> Result<(), CompileError> {
        let (tag, kind, change) = match learned {
            Learned::Tag(limits) => (
                limits.tag,
                baseline::Baseline::new((**limits).clone()),
                limits.range.is_some() || limits.gradient.is_some(),
            ),
            Learned::Watch { tag, history } => (*tag, baseline::Baseline::watch(*tag, *history), true),
            Learned::Talk(_) | Learned::Listen => return Ok(()),
        };
        self.tag(tag)?;
        let calls = Calls {
            write: vec![tag],
            change: if change { vec![tag] } else { Vec::new() },
            ..Calls::default()
        };
        self.instance(
            number,
            rule,
            Some(tag),
            Kind::Baseline(Box::new(kind)),
            when,
            calls,
        );
        Ok(())
    }

    /// What was learned of a tag, as the starting point of rules that learn while they run.
    pub(super) fn usual(&self, tag: TagId) -> crate::site::Usual {
        self.site.usual.get(tag.0 as usize).copied().unwrap_or_default()
    }
}
