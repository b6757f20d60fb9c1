//! What is not decoded, in a sentence.

use super::Table;

/// Protocols that are recognised, and conversations that none here knows; none when everything is decoded.
#[must_use]
pub fn not_decoded_line(table: &Table, unrecognised: u64) -> Option<String> {
    let mut parts: Vec<String> = table
        .each()
        .into_iter()
        .map(|(_, title, _, count)| {
            let conversations = plural(count.conversations, "conversation");
            format!(
                "{title} ({conversations}, {})",
                plural(count.traffic.frames, "frame")
            )
        })
        .collect();
    if unrecognised > 0 {
        parts.push(format!(
            "{} of no protocol that is known here",
            plural(unrecognised, "conversation")
        ));
    }
    (!parts.is_empty()).then(|| format!("Not decoded here: {}.", parts.join(", ")))
}

fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
