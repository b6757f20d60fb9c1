//! ATT&CK for ICS technique ids: the one table between the ids of version 18 and before and those of version 19.

/// Old id, new id. Ids that did not change are not listed.
const MOVED: [(&str, &str); 8] = [
    ("T0803", "T1691.001"),
    ("T0804", "T1691.002"),
    ("T0805", "T1695.001"),
    ("T0812", "T1694.001"),
    ("T0839", "T1693.002"),
    ("T0855", "T1692.001"),
    ("T0856", "T1692.002"),
    ("T0857", "T1693.001"),
];

/// The id in ATT&CK 19, which Tapglass writes into records.
#[must_use]
pub fn current_technique(id: &str) -> &str {
    MOVED
        .iter()
        .find(|(old, _)| *old == id)
        .map_or(id, |(_, new)| new)
}

/// The id in ATT&CK 18 and before, for tools that know those.
#[must_use]
pub fn former_technique(id: &str) -> &str {
    MOVED
        .iter()
        .find(|(_, new)| *new == id)
        .map_or(id, |(old, _)| old)
}

/// Whether a text has the form of a technique id: `T0836`, `T1692.001`.
pub(super) fn is_technique(text: &str) -> bool {
    let digits =
        |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(rest) = text.strip_prefix('T') else {
        return false;
    };
    match rest.split_once('.') {
        Some((technique, part)) => digits(technique, 4) && digits(part, 3),
        None => digits(rest, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_an_id_are_known() {
        assert_eq!(current_technique("T0855"), "T1692.001");
        assert_eq!(current_technique("T1692.001"), "T1692.001");
        assert_eq!(current_technique("T0836"), "T0836");
        assert_eq!(former_technique("T1692.001"), "T0855");
        assert_eq!(former_technique("T0836"), "T0836");
    }

    #[test]
    fn techniques_have_four_digits_and_perhaps_a_part() {
        for (text, expected) in [
            ("T0836", true),
            ("T1692.001", true),
            ("T836", false),
            ("0836", false),
            ("T0836.1", false),
            ("TA0105", false),
            ("", false),
        ] {
            assert_eq!(is_technique(text), expected, "{text}");
        }
    }
}
