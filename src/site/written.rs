//! What written rules and feedbacks say about each tag, looked up when roles are spelled out.

use std::collections::{HashMap, HashSet};

use super::{RuleKind, Site, TagId};

/// What is looked up for every tag, gathered once: a site has tens of thousands of them.
#[derive(Default)]
pub(super) struct Known {
    /// Kinds of written rules by tag: the engineer's word replaces the default.
    pub(super) written: HashSet<(&'static str, TagId)>,
    /// Commands by the tag that follows them.
    pub(super) commands: HashMap<TagId, Vec<TagId>>,
}

impl Known {
    pub(super) fn of(site: &Site) -> Self {
        let mut known = Self::default();
        for rule in &site.rules {
            let name = rule.kind.name();
            match &rule.kind {
                RuleKind::Cycle { tags, .. }
                | RuleKind::Chatter { tags, .. }
                | RuleKind::Frozen { tags, .. }
                | RuleKind::Replay { tags }
                | RuleKind::Sbo { tags, .. }
                | RuleKind::Silence { tags, .. } => {
                    known.written.extend(tags.tags().iter().map(|tag| (name, *tag)));
                }
                RuleKind::Uncommanded { tags, .. } => {
                    known.written.extend(tags.iter().map(|(tag, _)| (name, *tag)));
                }
                // Further limits of the same kind stand beside those of the role.
                _ => {}
            }
        }
        for (id, tag) in site.tag_ids() {
            if let Some(feedback) = &tag.feedback {
                known.commands.entry(feedback.tag).or_default().push(id);
            }
        }
        known
    }
}
