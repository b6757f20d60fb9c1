//! Learned limits in words.

use super::super::{Learned, TagLimits};
use super::{Speaker, joined};

impl Speaker<'_> {
    pub(super) fn learned(&self, learned: &Learned) -> String {
        match learned {
            Learned::Tag(limits) => self.limits(limits),
            Learned::Talk(talks) => {
                let devices: Vec<String> = talks
                    .iter()
                    .filter_map(|talk| {
                        let device = self.site.devices.get(talk.device.0 as usize)?;
                        let functions: Vec<String> = talk.functions.iter().map(u32::to_string).collect();
                        Some(format!(
                            "{} asks {} for {}",
                            self.site.principal_name(talk.principal),
                            device.name,
                            if functions.is_empty() {
                                "anything".to_owned()
                            } else {
                                format!("function {}", joined(&functions, "or"))
                            }
                        ))
                    })
                    .collect();
                format!(
                    "nobody asks devices for more than was learned: {}.",
                    devices.join("; ")
                )
            }
            Learned::Watch { tag, .. } => format!("{} is watched, to learn from it.", self.name(*tag)),
            Learned::Listen => "who asks what is noted, to learn from it.".to_owned(),
        }
    }

    fn limits(&self, limits: &TagLimits) -> String {
        let tags = [limits.tag];
        let mut parts = Vec::new();
        if let Some((low, high)) = limits.range {
            parts.push(format!(
                "stays from {} to {}",
                self.value(low, &tags),
                self.value(high, &tags)
            ));
        }
        if let Some(gradient) = limits.gradient {
            parts.push(format!(
                "changes by {} a second at most",
                self.value(gradient, &tags)
            ));
        }
        if let Some(writers) = &limits.writers {
            let names: Vec<String> = writers
                .iter()
                .map(|(principal, _)| self.site.principal_name(*principal).to_owned())
                .collect();
            parts.push(format!("is written by {}", joined(&names, "or")));
        }
        format!(
            "{} {}, as was learned.",
            self.name(limits.tag),
            joined(&parts, "and")
        )
    }
}
