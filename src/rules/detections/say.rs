//! A detection in words, for people who did not write it.

use std::fmt::Write as _;

use super::{Detection, Distinct, On, Per};
use crate::rules::info::RuleInfo;
use crate::site::duration_text;

impl Detection {
    /// What it looks for, as one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let who = if self.unlisted {
            "a client that the site does not name"
        } else {
            "a client"
        };
        let mut text = self.text.replace("{who}", who).replace("{device}", "a device");
        if self.count > 1 {
            let _ = write!(
                text,
                ": {} {}within {} {}",
                self.count,
                match self.distinct {
                    None => "times ",
                    Some(Distinct::Station) => "different devices ",
                    Some(Distinct::Target) => "different targets ",
                    Some(Distinct::Function) => "different functions ",
                    Some(Distinct::Address) => "different addresses ",
                },
                duration_text(self.within),
                match self.per {
                    Per::Pair => "between one client and one device",
                    Per::Client => "by one client",
                    Per::Device => "of one device",
                    Per::Server => "between one client and one server",
                }
            );
        }
        text.push('.');
        if let Some(first) = text.get(..1) {
            let first = first.to_uppercase();
            text.replace_range(..1, &first);
        }
        text
    }

    /// Everything about it, a few lines.
    #[must_use]
    pub fn explanation(&self, rule: &RuleInfo) -> String {
        let mut lines = vec![
            format!(
                "{}  [{}, {}{}]",
                self.id,
                super::KIND,
                rule.severity,
                if rule.disabled { ", off" } else { "" }
            ),
            format!("  {}", self.sentence()),
            format!("  why: {}", rule.why),
            format!("  check: {}", rule.check),
        ];
        if !self.off.is_empty() {
            lines.push(format!("  off unless the site says `off = false`: {}", self.off));
        }
        if !rule.attack.is_empty() {
            lines.push(format!("  ATT&CK: {}", rule.attack.join(", ")));
        }
        lines.push(format!("  IEC 62443-3-3: {}", self.requirements.join(", ")));
        lines.push(format!("  covers: {}", self.covers.join(", ")));
        lines.push(format!(
            "  cost: {}",
            match self.on {
                On::Message | On::Indication => "one table lookup for each message that does not concern it",
                On::Operation => "one comparison for each command",
                On::Anomaly | On::Identity | On::Talk => "nothing until such a thing is seen",
                On::Engine => "kept with the conversation",
            }
        ));
        lines.push(if rule.place.is_empty() {
            "  built in".to_owned()
        } else {
            format!("  built in, changed in {}", rule.place)
        });
        lines.join("\n")
    }
}
