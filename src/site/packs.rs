//! Rule packs: rules by role that fit any plant of a kind, part of the program (site-and-rules 1.11).

use super::toml_reader::{Table, Value, ValueKind};
use super::{Role, Site};

/// Every pack: its name, and its rules.
const PACKS: [(&str, &str); 4] = [
    ("common", include_str!("../../rulesets/packs/common.toml")),
    ("heating", include_str!("../../rulesets/packs/heating.toml")),
    ("power", include_str!("../../rulesets/packs/power.toml")),
    ("water", include_str!("../../rulesets/packs/water.toml")),
];

/// The names of all packs.
#[must_use]
pub fn names() -> [&'static str; PACKS.len()] {
    PACKS.map(|(name, _)| name)
}

/// The rules of a pack.
pub(super) fn text(name: &str) -> Option<&'static str> {
    PACKS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

/// Whether the site has what a rule of a pack is about: `role X` in its keys asks for a tag of that role.
pub(super) fn applies(rule: &Table, site: &Site) -> bool {
    ["tag", "on"]
        .into_iter()
        .filter_map(|key| rule.get(key))
        .all(|value| has_role(value, site))
}

fn has_role(value: &Value, site: &Site) -> bool {
    match &value.kind {
        ValueKind::List(items) => items.iter().all(|item| has_role(item, site)),
        ValueKind::Text(text) => {
            let mut words = text.split_whitespace();
            // The word after `role`, wherever it stands: `role cmd`, `write role cmd == 0`.
            while let Some(word) = words.next() {
                if word == "role" {
                    let named = words.next().unwrap_or("");
                    let role = Role::ALL.into_iter().find(|role| role.name() == named);
                    return role.is_some_and(|role| !site.tags_of_role(role).is_empty());
                }
            }
            true
        }
        _ => true,
    }
}
