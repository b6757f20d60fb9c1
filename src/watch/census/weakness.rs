//! What is weak about how an end or a conversation is protected, in words that do not change.

use std::collections::BTreeMap;

use crate::plant::account::is_default_account;

/// What facts about security and certificates amount to, each word once, in the order of the alphabet.
pub(super) fn weaknesses<'a>(facts: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = facts.filter_map(|(key, value)| weakness(key, value)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The facts of a certificate.
pub(super) fn facts<'a>(map: &'a BTreeMap<&'static str, String>) -> impl Iterator<Item = (&'a str, &'a str)> {
    map.iter().map(|(key, value)| (*key, value.as_str()))
}

fn weakness(key: &str, value: &str) -> Option<&'static str> {
    let any = |test: &dyn Fn(&str) -> bool| value.split(", ").any(test);
    Some(match key {
        "user_token" if any(&|one| one == "anonymous") => "anonymous_logon",
        "user" if any(&is_default_account) => "default_account",
        "user_password" if any(&|one| one == "in_clear") => "password_in_clear",
        "security_mode" if value == "None" => "no_message_security",
        // Withdrawn because of SHA-1 and short keys (OPC 10000-7).
        "security_policy" if matches!(value, "Basic128Rsa15" | "Basic256") => "withdrawn_policy",
        // RFC 8996
        "security_version" if matches!(value, "TLS 1.0" | "TLS 1.1" | "SSL 3.0") => "old_tls",
        "certificate_validity" if value == "expired" => "certificate_expired",
        "certificate_validity" if value == "not yet valid" => "certificate_not_yet_valid",
        "certificate_hash" if matches!(value, "MD2" | "MD5" | "SHA-1") => "weak_hash",
        "certificate_key" if rsa_bits(value).is_some_and(|bits| bits < 2048) => "weak_key",
        _ => return None,
    })
}

/// A weakness in a few words.
#[must_use]
pub fn weakness_text(word: &'static str) -> &'static str {
    match word {
        "anonymous_logon" => "anonymous logon",
        "default_account" => "an account that products come with is used",
        "password_in_clear" => "a password is readable on the way",
        "community_in_clear" => "an SNMP community is readable on the way",
        "no_message_security" => "messages are neither signed nor encrypted",
        "withdrawn_policy" => "a withdrawn security policy is used",
        "old_tls" => "an outdated version of TLS is used",
        "certificate_expired" => "a certificate has expired",
        "certificate_not_yet_valid" => "a certificate is not valid yet",
        "weak_key" => "the key of a certificate is short",
        "weak_hash" => "a certificate is signed with a weak hash",
        other => other,
    }
}

fn rsa_bits(key: &str) -> Option<u32> {
    key.strip_prefix("RSA ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_is_judged() {
        for (key, value, word) in [
            ("user_token", "anonymous", Some("anonymous_logon")),
            ("user_token", "user_name, anonymous", Some("anonymous_logon")),
            ("user_token", "certificate", None),
            ("user", "Admin", Some("default_account")),
            ("user", "administrate", None),
            ("user_password", "in_clear", Some("password_in_clear")),
            ("user_password", "encrypted", None),
            ("security_mode", "None", Some("no_message_security")),
            ("security_mode", "Sign", None),
            ("security_policy", "Basic256", Some("withdrawn_policy")),
            ("security_policy", "Basic256Sha256", None),
            ("security_version", "TLS 1.1", Some("old_tls")),
            ("security_version", "TLS 1.2", None),
            ("certificate_validity", "expired", Some("certificate_expired")),
            ("certificate_validity", "valid", None),
            ("certificate_hash", "SHA-1", Some("weak_hash")),
            ("certificate_hash", "SHA-256", None),
            ("certificate_key", "RSA 1024", Some("weak_key")),
            ("certificate_key", "RSA 2048", None),
            ("certificate_key", "EC P-256", None),
        ] {
            assert_eq!(weakness(key, value), word, "{key} {value}");
        }
        let twice = [("certificate_hash", "SHA-1"), ("certificate_hash", "MD5")];
        assert_eq!(weaknesses(twice.into_iter()), ["weak_hash"]);
    }
}
