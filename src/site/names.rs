//! Names of a site and where they are written, for looking up and for suggesting.

use std::collections::HashMap;

use super::source::Span;
use super::{DeviceId, PrincipalId, Role, Site, State, Tag, TagId};

/// Names that are known, each with its place and where it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) devices: HashMap<String, (DeviceId, Span)>,
    pub(super) principals: HashMap<String, (PrincipalId, Span)>,
    pub(super) tags: HashMap<String, (TagId, Span)>,
    pub(super) zones: HashMap<String, Span>,
    pub(super) windows: HashMap<String, (u32, Span)>,
    pub(super) modes: HashMap<String, (u32, Span)>,
    /// How deep the condition of each mode is, once they are read.
    pub(super) mode_depths: Vec<usize>,
}

impl Names {
    pub(super) fn tag(&self, name: &str) -> Option<TagId> {
        self.tags.get(name).map(|(tag, _)| *tag)
    }

    pub(super) fn principal(&self, name: &str) -> Option<PrincipalId> {
        self.principals.get(name).map(|(principal, _)| *principal)
    }
}

/// The keys of a map in order, so that what is suggested does not depend on hashing.
pub(super) fn sorted<V>(map: &HashMap<String, V>) -> Vec<&str> {
    let mut names: Vec<&str> = map.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

impl Site {
    /// The tag of an id.
    #[must_use]
    pub fn tag(&self, id: TagId) -> Option<&Tag> {
        self.tags.get(id.0 as usize)
    }

    /// The tag of a name.
    #[must_use]
    pub fn tag_named(&self, name: &str) -> Option<TagId> {
        self.tags
            .iter()
            .position(|tag| tag.name == name)
            .and_then(|place| u32::try_from(place).ok())
            .map(TagId)
    }

    /// Every tag with its id.
    pub fn tag_ids(&self) -> impl Iterator<Item = (TagId, &Tag)> {
        (0..).map(TagId).zip(&self.tags)
    }

    /// The tags of a role.
    #[must_use]
    pub fn tags_of_role(&self, role: Role) -> Vec<TagId> {
        self.tag_ids()
            .filter(|(_, tag)| tag.role == Some(role))
            .map(|(id, _)| id)
            .collect()
    }

    /// The name of a tag, for messages.
    #[must_use]
    pub fn tag_name(&self, id: TagId) -> &str {
        self.tag(id).map_or("?", |tag| tag.name.as_str())
    }

    /// The name of a principal, for messages.
    #[must_use]
    pub fn principal_name(&self, id: PrincipalId) -> &str {
        self.principals
            .get(id.0 as usize)
            .map_or("?", |principal| principal.name.as_str())
    }
}

impl Tag {
    /// The number of a state, as expressions see it: relay operations by their position, other states by their number.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a handful of states
    pub fn state_number(&self, name: &str) -> Option<f64> {
        self.crob
            .states
            .iter()
            .position(|(state, _)| state == name)
            .map(|place| place as f64)
            .or_else(|| {
                self.states
                    .iter()
                    .find(|state| state.name == name)
                    .map(|state| state.number)
            })
    }

    /// The name of a state by its number.
    #[must_use]
    pub fn state_name(&self, number: f64) -> Option<&str> {
        self.named_states()
            .into_iter()
            .find(|(_, known)| *known == number)
            .map(|(name, _)| name)
    }

    /// Every state with its number, relay operations first.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a handful of states
    pub fn named_states(&self) -> Vec<(&str, f64)> {
        let relay = self
            .crob
            .states
            .iter()
            .enumerate()
            .map(|(place, (name, _))| (name.as_str(), place as f64));
        let plain = self
            .states
            .iter()
            .map(|State { number, name }| (name.as_str(), *number));
        relay.chain(plain).collect()
    }
}

/// Whether a name fits a pattern in which `*` stands for any letters and `?` for one.
pub fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut matched) = (0, 0);
    // After a mismatch, the last star takes one letter more: linear in practice, never exponential.
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        match pattern.get(matched) {
            Some('*') => {
                star = Some((matched, at));
                matched += 1;
            }
            Some(c) if *c == '?' || name.get(at) == Some(c) => {
                matched += 1;
                at += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    matched = place + 1;
                    at = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern
        .get(matched..)
        .is_none_or(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, expected) in [
            ("CB*.CMD", "CB52.CMD", true),
            ("CB*.CMD", "CB52.POS", false),
            ("CB??.CMD", "CB52.CMD", true),
            ("CB?.CMD", "CB52.CMD", false),
            ("*", "", true),
            ("*.SP", "AIC201.SP", true),
            ("*A*B*", "xAyABz", true),
            ("", "x", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
