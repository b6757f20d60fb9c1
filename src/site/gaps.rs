//! What a site leaves out: tags whose role could arm more than it does, and what would have to be said for it.

use super::{Address, Role, RuleKind, Site, Tag, TagId};
use std::collections::HashSet;
use tapglass_model::Table;

/// Something that a tag does not say, and what is not checked because of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The tag.
    pub tag: TagId,
    /// The key that would arm it.
    pub key: &'static str,
    /// What nobody checks meanwhile.
    pub unchecked: &'static str,
}

/// The gaps of a site, in the order of its tags.
#[must_use]
pub fn gaps(site: &Site) -> Vec<Gap> {
    let written = written(site);
    let mut gaps = Vec::new();
    for (id, tag) in site.tag_ids() {
        for (key, unchecked, kinds) in missing(tag) {
            if !kinds.iter().any(|kind| written.contains(&(*kind, id))) {
                gaps.push(Gap {
                    tag: id,
                    key,
                    unchecked,
                });
            }
        }
    }
    gaps
}

/// Kinds of the rules that are about each tag, written by hand.
fn written(site: &Site) -> HashSet<(&'static str, TagId)> {
    let mut written = HashSet::new();
    for rule in site.rules.iter().filter(|rule| !rule.disabled) {
        let tags: Vec<TagId> = match &rule.kind {
            RuleKind::Envelope { tags, .. }
            | RuleKind::Step { tags, .. }
            | RuleKind::Walk { tags, .. }
            | RuleKind::Rate { tags, .. }
            | RuleKind::Writers { tags, .. }
            | RuleKind::Domain { tags, .. } => tags.tags().to_vec(),
            RuleKind::Follows { tag, .. } => vec![*tag],
            _ => continue,
        };
        written.extend(tags.into_iter().map(|tag| (rule.kind.name(), tag)));
    }
    written
}

/// A key that is left out, what it leaves unchecked, and the kinds of written rules that make up for it.
type Missing = (&'static str, &'static str, &'static [&'static str]);

fn missing(tag: &Tag) -> Vec<Missing> {
    const WRITERS: Missing = ("writers", "who may write it", &["writers"]);
    const FEEDBACK: Missing = ("feedback", "that the process follows it", &["feedback"]);
    let Some(role) = tag.role else {
        return vec![("role", "its value: it is watched and never alarmed", &[])];
    };
    let quantity = is_quantity(tag);
    let mut found = Vec::new();
    let mut want = |absent: bool, missing: Missing| {
        if absent {
            found.push(missing);
        }
    };
    match role {
        Role::Setpoint => {
            want(
                quantity && tag.safe.is_none(),
                ("safe", "that what is written is within limits", &["envelope"]),
            );
            want(
                quantity && tag.step.is_none(),
                (
                    "step",
                    "that it is not changed too far at once",
                    &["step", "walk"],
                ),
            );
            want(tag.writers.is_none(), WRITERS);
            want(tag.feedback.is_none(), FEEDBACK);
        }
        Role::Command => {
            want(tag.writers.is_none(), WRITERS);
            want(tag.feedback.is_none(), FEEDBACK);
        }
        Role::Measurement => {
            want(
                quantity && tag.safe.is_none(),
                ("safe", "that it is within limits", &["envelope"]),
            );
            want(
                quantity && tag.rate.is_none(),
                ("rate", "that it does not change faster than it can", &["rate"]),
            );
        }
        Role::Mode => {
            want(
                tag.states.is_empty(),
                ("states", "that only modes that exist are written", &["domain"]),
            );
            want(tag.writers.is_none(), WRITERS);
        }
        Role::Limit | Role::AlarmEnable | Role::Tuning => want(tag.writers.is_none(), WRITERS),
        Role::Bypass => want(
            tag.max_bypass.is_none(),
            ("max_bypass", "that it is not set for too long", &[]),
        ),
        Role::Feedback | Role::Safety | Role::Heartbeat => {}
    }
    found
}

/// A number with limits, as far as the site tells, not a state.
fn is_quantity(tag: &Tag) -> bool {
    let bit = matches!(
        tag.address,
        Address::Indexed {
            table: Table::Coil
                | Table::Discrete
                | Table::BinaryInput
                | Table::BinaryOutput
                | Table::DoubleBitInput,
            ..
        }
    );
    !bit && tag.states.is_empty()
        && !matches!(tag.data_type, super::DataType::Bool | super::DataType::Str)
        && tag.bits.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(tags: &str, rules: &str) -> Vec<String> {
        let plant = format!(
            "[site]\nname = \"p\"\n[device.plc]\nproto = \"modbus\"\nhost = \"10.0.0.1\"\nunit = 1\nbase = 0\n\
             [principal.hmi]\nip = \"10.0.0.9\"\n{tags}"
        );
        let site = super::super::Site::from_files(&[
            ("plant.toml", plant.as_bytes()),
            ("rules.toml", rules.as_bytes()),
        ])
        .unwrap()
        .site;
        gaps(&site)
            .iter()
            .map(|gap| format!("{} {}", site.tag(gap.tag).unwrap().name, gap.key))
            .collect()
    }

    #[test]
    fn what_a_role_could_arm_and_does_not() {
        let bare = "[tag.SP]\nat = \"plc/holding:1\"\ntype = \"u16\"\nrole = \"sp\"\n[tag.X]\nat = \"plc/holding:2\"\ntype = \"u16\"\n";
        assert_eq!(
            said(bare, ""),
            ["SP safe", "SP step", "SP writers", "SP feedback", "X role"]
        );
        let whole = "[tag.SP]\nat = \"plc/holding:1\"\ntype = \"u16\"\nrole = \"sp\"\nsafe = [0, 10]\nstep = 2\nwriters = [\"hmi\"]\n\
             feedback = { tag = \"PV\", within = \"5s\", tol = 1 }\n[tag.PV]\nat = \"plc/input:1\"\ntype = \"u16\"\nrole = \"pv\"\n";
        assert_eq!(said(whole, ""), ["PV safe", "PV rate"]);
        let rule = "[[rule]]\nid = \"curve\"\nkind = \"envelope\"\ntag = \"PV\"\nlo = \"0\"\nhi = \"SP + 5\"\nwhy = \"w\"\n";
        assert_eq!(said(whole, rule), ["PV rate"]);
    }
}
