//! Rules and conditions as sentences, for people who did not write them.

mod condition;
mod kind;
mod learned;

use super::{Expression, PrincipalId, Rule, RuleSource, Site, TagId, TagSet};

/// More tags than this are counted, not listed.
const LISTED: usize = 6;

impl Rule {
    /// What the rule says, as one sentence.
    #[must_use]
    pub fn sentence(&self, site: &Site) -> String {
        let mut sentence = Speaker { site }.kind(&self.kind);
        if let Some(when) = &self.when {
            sentence = format!("while {}: {sentence}", Speaker { site }.condition(when));
        }
        capital(&sentence)
    }

    /// Everything about the rule, a few lines for people: the sentence, why, what it costs, where it is written.
    #[must_use]
    pub fn explanation(&self, site: &Site) -> String {
        let from = match &self.source {
            RuleSource::Written => format!("written in {}", self.location),
            RuleSource::Role(role) => format!("brought by role `{}`, {}", role.name(), self.location),
            RuleSource::Tag => format!("brought by `writers`, {}", self.location),
            RuleSource::Learned => format!("learned, {}", self.location),
            RuleSource::Pack => format!("part of a rule pack, {}", self.location),
            RuleSource::BuiltIn => "built in".to_owned(),
        };
        let mut lines = vec![
            format!(
                "{}  [{}, {}{}]",
                self.id,
                self.kind.name(),
                self.severity,
                if self.disabled { ", off" } else { "" }
            ),
            format!("  {}", self.sentence(site)),
        ];
        for (word, text) in [
            ("why", &self.why),
            ("check", &self.check),
            ("consequence", &self.consequence),
            ("change", &self.moc),
        ] {
            if !text.is_empty() {
                lines.push(format!("  {word}: {text}"));
            }
        }
        if !self.attack.is_empty() {
            lines.push(format!("  ATT&CK: {}", self.attack.join(", ")));
        }
        lines.push(format!("  cost: {}", self.cost()));
        lines.push(format!("  {from}"));
        lines.join("\n")
    }
}

impl Expression {
    /// The condition or quantity in words.
    #[must_use]
    pub fn words(&self, site: &Site) -> String {
        Speaker { site }.condition(self)
    }
}

impl std::fmt::Display for super::Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A first word of the language gets a capital; the name of a tag keeps its letters.
fn capital(text: &str) -> String {
    const FIRST: [&str; 15] = [
        "a", "an", "all", "any", "it", "for", "if", "in", "nobody", "not", "one", "only", "the", "what",
        "while",
    ];
    let word = text.split(' ').next().unwrap_or("");
    if !FIRST.contains(&word) && word != "whoever" {
        return text.to_owned();
    }
    let mut characters = text.chars();
    characters
        .next()
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}

fn joined(words: &[String], last: &str) -> String {
    match words {
        [] => "nobody".to_owned(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

pub(super) struct Speaker<'a> {
    site: &'a Site,
}

impl Speaker<'_> {
    fn name(&self, tag: TagId) -> String {
        self.site.tag_name(tag).to_owned()
    }

    fn tags(&self, tags: &TagSet) -> String {
        let names: Vec<String> = tags.tags().iter().map(|tag| self.name(*tag)).collect();
        match tags {
            TagSet::Role(role, _) => format!("any tag of role {}", role.name()),
            TagSet::Tags(tags) if tags.len() > LISTED => {
                format!("any of {} tags ({}, ...)", tags.len(), names[..LISTED].join(", "))
            }
            TagSet::Tags(_) => joined(&names, "or"),
        }
    }

    fn principals(&self, principals: &[PrincipalId]) -> String {
        let names: Vec<String> = principals
            .iter()
            .map(|principal| self.site.principal_name(*principal).to_owned())
            .collect();
        joined(&names, "or")
    }

    /// A number with the unit that all the tags have, or the name of their state.
    fn value(&self, number: f64, tags: &[TagId]) -> String {
        let mut known = tags.iter().filter_map(|tag| self.site.tag(*tag));
        let Some(first) = known.next() else {
            return number.to_string();
        };
        if let Some(state) = first.state_name(number) {
            return state.to_owned();
        }
        if first.unit.is_empty() || known.any(|tag| tag.unit != first.unit) {
            return number.to_string();
        }
        format!("{number} {}", first.unit)
    }
}
