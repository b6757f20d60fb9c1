//! "Did you mean": the known word that is nearest to an unknown one.

/// The nearest known word, when it is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    // A third of the letters may differ: fewer finds too little, more suggests nonsense.
    let allowed = (folded.len() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| {
            let letters: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
            (distance(&folded, &letters, allowed), candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)))
        .map(|(_, candidate)| candidate)
}

/// Words of other tools and of full speech, with ours.
const SYNONYMS: [(&str, &str); 44] = [
    ("address", "at"),
    ("addr", "at"),
    ("description", "desc"),
    ("comment", "desc"),
    ("datatype", "type"),
    ("data_type", "type"),
    ("wordorder", "order"),
    ("word_order", "order"),
    ("byteorder", "order"),
    ("units", "unit"),
    ("engunit", "unit"),
    ("limits", "safe"),
    ("resolution", "res"),
    ("enum", "states"),
    ("principals", "writers"),
    ("ip", "host"),
    ("address_uri", "application_uri"),
    ("min", "lo"),
    ("low", "lo"),
    ("high", "hi"),
    ("tags", "tag"),
    ("tolerance", "tol"),
    ("duration", "for"),
    ("expr", "when"),
    ("condition", "when"),
    ("setpoint", "sp"),
    ("command", "cmd"),
    ("measurement", "pv"),
    ("feedback", "fb"),
    ("float", "f32"),
    ("float32", "f32"),
    ("real", "f32"),
    ("double", "f64"),
    ("word", "u16"),
    ("uint16", "u16"),
    ("uint", "u16"),
    ("int", "i16"),
    ("int16", "i16"),
    ("dint", "i32"),
    ("string", "str"),
    ("warning", "medium"),
    ("urgent", "critical"),
    ("opc-ua", "opcua"),
    ("modbus/tcp", "modbus"),
];

/// `did you mean X?`, or the known words when they are few, or nothing.
pub(super) fn help(word: &str, known: &[&str]) -> String {
    let folded = word.to_lowercase();
    let synonym = SYNONYMS
        .iter()
        .find(|(theirs, ours)| *theirs == folded && known.contains(ours));
    if let Some((_, ours)) = synonym {
        return format!("write `{ours}`");
    }
    if let Some(candidate) = nearest(word, known.iter().copied()) {
        return format!("did you mean `{candidate}`?");
    }
    if known.is_empty() || known.len() > 30 {
        return String::new();
    }
    format!("known are {}", list(known))
}

/// Words in back quotes, with commas.
pub(super) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}

/// Edit distance with transpositions (optimal string alignment); more than `most` is reported as `most + 1`.
fn distance(a: &[char], b: &[char], most: usize) -> usize {
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    let width = b.len() + 1;
    let mut before_last = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (row, left) in a.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, right) in b.iter().enumerate() {
            let replaced = last[column] + usize::from(left != right);
            let mut best = replaced.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *left == b[column - 1] && a[row - 1] == *right {
                best = best.min(before_last[column - 1] + 1);
            }
            current[column + 1] = best;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0).min(most + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_word_that_was_meant() {
        let known = ["safe", "scale", "step", "states", "writers", "feedback"];
        for (word, expected) in [
            ("saef", Some("safe")),
            ("SAFE", Some("safe")),
            ("writer", Some("writers")),
            ("feedbak", Some("feedback")),
            ("statse", Some("states")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn distance_counts_swapped_letters_once() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, expected) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "ab", 1),
            ("kitten", "sitting", 3),
            ("abc", "xyz", 3),
        ] {
            assert_eq!(distance(&letters(a), &letters(b), 5), expected, "{a} {b}");
        }
    }
}
